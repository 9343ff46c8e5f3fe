//! `sops groups`.

use super::super::case::{Case, case};
use super::super::side_by_side;

pub(super) const CASES: &[Case] = &[
    case("groups add -f s.yaml --age {B}"),
    case("groups add -f s.yaml --age {B} -i"),
    case("groups add --file s.yaml --age {B} --in-place"),
    case("groups add -f s.yaml --age {B} --age {C} -i"),
    case("groups add -f s.yaml --age {B},{C} -i"),
    case("groups add -f s.json --age {B} -i"),
    case("groups add -f s.env --age {B} -i"),
    case("groups add -f s.ini --age {B} -i"),
    case("groups add -f s.yaml --age {B} -i --shamir-secret-sharing-threshold 1"),
    case("groups add -f s.yaml --age {B} -i --shamir-secret-sharing-threshold 2"),
    case("groups add -f s.yaml --age {B} -i --shamir-secret-sharing-threshold 3"),
    case("groups add -f s.yaml -i").about("an empty group"),
    case("groups add -f s.yaml --age nonsense -i"),
    case("groups add -f none.yaml --age {B} -i"),
    case("groups add -f p.yaml --age {B} -i"),
    case("groups add -f b.yaml --age {A} -i"),
    case("groups add --age {B} -i").about("no file"),
    case("groups add -f groups.yaml --age {A} -i").env(&[("SOPS_AGE_KEY_CMD", "cat {keys}/b.txt")]),
    case("groups add -f badmac.yaml --age {B} -i"),
    case("groups delete -f groups.yaml -i 2").env(&[("SOPS_AGE_KEY_CMD", "cat {keys}/b.txt")]),
    case("groups delete -f groups.yaml 0").env(&[("SOPS_AGE_KEY_CMD", "cat {keys}/b.txt")]),
    case("groups delete -f groups.yaml -i 1").about("one identity of two"),
    case("groups delete -f groups.yaml -i --shamir-secret-sharing-threshold 1 0")
        .env(&[("SOPS_AGE_KEY_CMD", "cat {keys}/b.txt")]),
    case("groups delete -f groups.yaml -i --shamir-secret-sharing-threshold 3 0")
        .env(&[("SOPS_AGE_KEY_CMD", "cat {keys}/b.txt")]),
    case("groups delete -f groups.yaml -i 9").env(&[("SOPS_AGE_KEY_CMD", "cat {keys}/b.txt")]),
    case("groups delete -f groups.yaml -i -1").env(&[("SOPS_AGE_KEY_CMD", "cat {keys}/b.txt")]),
    case("groups delete -f groups.yaml -i x").env(&[("SOPS_AGE_KEY_CMD", "cat {keys}/b.txt")]),
    case("groups delete -f groups.yaml -i"),
    case("groups delete -i 0").about("no file"),
    case("groups delete -f s.yaml -i 0"),
    case("groups delete -f none.yaml -i 0"),
    case("groups delete -f groups.yaml -i 0 1"),
    case("groups").words(),
    case("groups nonsense"),
    case("groups --help").words(),
    case("groups add --help").words(),
    case("groups delete -h").words(),
];

#[test]
fn groups() {
    side_by_side(CASES);
}
