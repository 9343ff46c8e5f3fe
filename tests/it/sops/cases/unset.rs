//! `sops unset`.

use super::super::case::{Case, case};
use super::super::side_by_side;

pub(super) const CASES: &[Case] = &[
    case("unset s.yaml '[\"name\"]'"),
    case("unset s.yaml '[\"db\"][\"password\"]'"),
    case("unset s.yaml '[\"db\"]'"),
    case("unset s.yaml '[\"db\"][\"replicas\"][0]'"),
    case("unset s.yaml '[\"db\"][\"replicas\"]'"),
    case("unset s.json '[\"db\"][\"list\"][1]'"),
    case("unset s.json '[\"name\"]'"),
    case("unset s.env '[\"NAME\"]'"),
    case("unset s.ini '[\"db\"][\"user\"]'"),
    case("unset s.ini '[\"db\"]'"),
    case("unset s.yaml '[\"port_unencrypted\"]'"),
    case("unset multi.enc.yaml '[\"a\"]'"),
    case("unset multi.enc.yaml '[\"b\"]'"),
    case("unset s.yaml '[\"missing\"]'"),
    case("unset s.yaml '[\"missing\"][\"below\"]'"),
    case("unset s.yaml '[\"name\"][\"below\"]'"),
    case("unset s.yaml '[\"db\"][\"replicas\"][9]'"),
    case("unset s.yaml '[\"db\"][\"replicas\"][-1]'"),
    case("unset --idempotent s.yaml '[\"missing\"]'"),
    case("unset --idempotent s.yaml '[\"name\"]'"),
    case("unset --idempotent s.yaml '[\"db\"][\"replicas\"][9]'"),
    case("unset s.yaml --idempotent '[\"missing\"]'"),
    case("unset s.yaml name"),
    case("unset s.yaml '[name]'"),
    case("unset s.yaml ''"),
    case("unset"),
    case("unset s.yaml"),
    case("unset s.yaml '[\"name\"]' more"),
    case("unset none.yaml '[\"name\"]'"),
    case("unset p.yaml '[\"name\"]'"),
    case("unset b.yaml '[\"name\"]'"),
    case("unset badmac.yaml '[\"name\"]'"),
    case("unset tampered.yaml '[\"name\"]'"),
    case("unset --ignore-mac badmac.yaml '[\"name\"]'"),
    case("unset --input-type yaml --output-type yaml s.txt '[\"name\"]'"),
];

#[test]
fn unset() {
    side_by_side(CASES);
}
