//! How flags are spelled, and what is wrong with them.

use super::super::case::{Case, case};
use super::super::side_by_side;

pub(super) const CASES: &[Case] = &[
    case("decrypt s.yaml --output-type json"),
    case("decrypt s.yaml -i"),
    case("decrypt -output-type json s.yaml"),
    case("decrypt -output-type=json s.yaml"),
    case("decrypt --output-type=json s.yaml"),
    case("decrypt --output-type= s.yaml"),
    case("decrypt --in-place=true s.yaml"),
    case("decrypt --in-place=false s.yaml"),
    case("decrypt --in-place=1 s.yaml"),
    case("decrypt --in-place=nonsense s.yaml").words(),
    case("decrypt -i=true s.yaml"),
    case("decrypt -i true s.yaml"),
    case("decrypt -- s.yaml"),
    case("decrypt -- -s.yaml").files(&[("-s.yaml", "a: hush\n")]),
    case("decrypt s.yaml -- --output-type json"),
    case("decrypt ./s.yaml"),
    case("decrypt {work}/s.yaml"),
    case("decrypt --nonsense s.yaml").words(),
    case("decrypt s.yaml --nonsense").words(),
    case("--nonsense decrypt s.yaml").words(),
    case("--nonsense").words(),
    case("-x s.yaml").words(),
    case("-di s.yaml").words(),
    case("decrypt --output-type").words(),
    case("decrypt s.yaml --output-type").words(),
    case("decrypt --age {A} s.yaml").words(),
    case("encrypt --extract x p.yaml").words(),
    case("encrypt --rm-age {A} p.yaml").words(),
    case("rotate --age {A} s.yaml").words(),
    case("filestatus --output-type json s.yaml").words(),
    case("encrypt --shamir-secret-sharing-threshold nonsense --age {A} p.yaml").words(),
    case("decrypt --output-type json --output-type yaml s.yaml"),
    case("encrypt --age={A} p.yaml"),
    case("encrypt -a={A} p.yaml"),
    case("encrypt -age {A} p.yaml"),
    case("encrypt p.yaml --age {A}"),
    case("encrypt p.yaml -i --age {A}"),
    case("rotate s.yaml -i --add-age {B}"),
    case("set s.yaml '[\"name\"]' '\"hush-new\"' --idempotent"),
    case("exec-env flat.enc.yaml 'echo $NAME' --pristine"),
    case("decrypt --decryption-order age s.yaml"),
    case("decrypt --decryption-order pgp,age s.yaml"),
    case("decrypt --decryption-order age,age s.yaml"),
    case("decrypt --decryption-order nonsense s.yaml"),
    case("decrypt --decryption-order '' s.yaml"),
    case("decrypt s.yaml").about("SOPS_DECRYPTION_ORDER").env(&[("SOPS_DECRYPTION_ORDER", "pgp,age")]),
    case("decrypt s.yaml").about("SOPS_DECRYPTION_ORDER twice").env(&[("SOPS_DECRYPTION_ORDER", "age,age")]),
    case("-d s.yaml").about("SOPS_DECRYPTION_ORDER twice").env(&[("SOPS_DECRYPTION_ORDER", "age,age")]),
    case("decrypt --enable-local-keyservice=false s.yaml"),
    case("decrypt --enable-local-keyservice s.yaml"),
    case("decrypt --enable-local-keyservice=nonsense s.yaml").words(),
    case("decrypt s.yaml")
        .about("SOPS_ENABLE_LOCAL_KEYSERVICE false")
        .env(&[("SOPS_ENABLE_LOCAL_KEYSERVICE", "false")]),
    case("decrypt s.yaml")
        .about("SOPS_ENABLE_LOCAL_KEYSERVICE 1")
        .env(&[("SOPS_ENABLE_LOCAL_KEYSERVICE", "1")]),
    case("decrypt s.yaml")
        .about("SOPS_ENABLE_LOCAL_KEYSERVICE nonsense")
        .env(&[("SOPS_ENABLE_LOCAL_KEYSERVICE", "nonsense")])
        .words(),
    case("decrypt s.yaml")
        .about("SOPS_ENABLE_LOCAL_KEYSERVICE empty")
        .env(&[("SOPS_ENABLE_LOCAL_KEYSERVICE", "")]),
    case("encrypt --enable-local-keyservice=false --age {A} p.yaml"),
    case("decrypt --keyservice nonsense s.yaml"),
    case("decrypt --keyservice unix:///none/sock s.yaml").about("nobody there, the local one answers"),
    case("decrypt --keyservice unix:///none/sock b.yaml").about("nobody there, nobody answers"),
    case("decrypt --enable-local-keyservice=false --keyservice unix:///none/sock s.yaml"),
    case("encrypt --enable-local-keyservice=false --keyservice unix:///none/sock --age {A} p.yaml"),
    case("encrypt --keyservice unix:///none/sock --age {A} p.yaml"),
    case("decrypt s.yaml")
        .about("SOPS_KEYSERVICE, nobody there")
        .env(&[("SOPS_KEYSERVICE", "unix:///none/sock")]),
    case("decrypt s.yaml")
        .about("SOPS_DISABLE_VERSION_CHECK nonsense")
        .env(&[("SOPS_DISABLE_VERSION_CHECK", "nonsense")])
        .words(),
    case("encrypt p.yaml").about("SOPS_PGP_FP nonsense").env(&[("SOPS_PGP_FP", "nonsense")]),
    case("--disable-version-check decrypt s.yaml"),
    case("decrypt --disable-version-check s.yaml").words(),
    case("decrypt --verbose s.yaml").words(),
    case("encrypt --encryption-context nonsense --age {A} p.yaml"),
    case("encrypt --encryption-context a:b --age {A} p.yaml"),
];

#[test]
fn flags() {
    side_by_side(CASES);
}
