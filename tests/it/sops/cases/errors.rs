//! Files that do not open.

use super::super::case::{Case, case};
use super::super::side_by_side;

pub(super) const CASES: &[Case] = &[
    case("decrypt p.yaml"),
    case("decrypt p.json"),
    case("decrypt p.env"),
    case("decrypt p.ini"),
    case("decrypt p.bin"),
    case("decrypt empty.yaml"),
    case("decrypt empty.json"),
    case("decrypt empty.env"),
    case("decrypt empty.bin"),
    case("decrypt broken.yaml"),
    case("decrypt broken.json"),
    case("decrypt taken.yaml"),
    case("decrypt list.yaml"),
    case("decrypt number.yaml"),
    case("decrypt tampered.yaml"),
    case("decrypt badmac.yaml"),
    case("decrypt nomac.yaml"),
    case("decrypt noversion.yaml"),
    case("decrypt badversion.yaml"),
    case("decrypt nokeys.yaml"),
    case("decrypt unwrapped.yaml"),
    case("decrypt moved.yaml"),
    case("decrypt none.yaml"),
    case("decrypt ."),
    case("decrypt none/s.yaml"),
    case("decrypt s.yaml/x"),
    case("decrypt -i tampered.yaml"),
    case("decrypt -i badmac.yaml"),
    case("decrypt --output out.yaml badmac.yaml"),
    case("decrypt --extract '[\"name\"]' badmac.yaml"),
    case("decrypt clear-number.yaml"),
    case("decrypt two-selectors.yaml"),
];

#[test]
fn errors() {
    side_by_side(CASES);
}
