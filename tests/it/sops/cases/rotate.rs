//! `sops rotate`.

use super::super::case::{Case, case};
use super::super::side_by_side;

pub(super) const CASES: &[Case] = &[
    case("rotate s.yaml"),
    case("rotate s.json"),
    case("rotate s.env"),
    case("rotate s.ini"),
    case("rotate s.bin"),
    case("rotate -i s.yaml"),
    case("rotate --in-place s.json"),
    case("rotate -i regex.yaml"),
    case("rotate -i only.yaml"),
    case("rotate -i enc-comments.yaml"),
    case("rotate --output out.yaml s.yaml"),
    case("rotate -i --output out.yaml s.yaml"),
    case("rotate --output-type json s.yaml"),
    case("rotate -i --add-age {B} s.yaml"),
    case("rotate --add-age {B},{C} s.yaml"),
    case("rotate -i --add-age {A} s.yaml"),
    case("rotate -i --rm-age {B} ab.yaml"),
    case("rotate -i --rm-age {A} ab.yaml"),
    case("rotate -i --rm-age {A} --add-age {B} s.yaml"),
    case("rotate -i --rm-age {A} s.yaml"),
    case("rotate -i --rm-age {C} ab.yaml"),
    case("rotate -i --rm-age nonsense ab.yaml"),
    case("rotate -i --add-age nonsense s.yaml"),
    case("rotate -i --add-age {C} groups.yaml")
        .env(&[("SOPS_AGE_KEY_FILE", ""), ("SOPS_AGE_KEY_CMD", "cat {keys}/a.txt {keys}/b.txt")]),
    case("rotate -i groups.yaml").about("one identity of two"),
    case("rotate -i --rm-age {C} groups.yaml").env(&[("SOPS_AGE_KEY_CMD", "cat {keys}/b.txt")]),
    case("rotate -i b.yaml"),
    case("rotate -i badmac.yaml"),
    case("rotate -i tampered.yaml"),
    case("rotate -i p.yaml"),
    case("rotate -i none.yaml"),
    case("rotate --add-age {B} none.yaml"),
    case("rotate --rm-age {B} none.yaml"),
    case("rotate"),
    case("rotate --ignore-mac -i badmac.yaml"),
    case("rotate --filename-override x.yaml s.txt"),
    case("rotate --input-type yaml --output-type yaml s.txt"),
    case("rotate -i multi.enc.yaml"),
    case("rotate -i --add-pgp nonsense s.yaml"),
    case("rotate s.yaml s.json"),
];

#[test]
fn rotate() {
    side_by_side(CASES);
}
