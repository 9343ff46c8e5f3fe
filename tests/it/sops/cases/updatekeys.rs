//! `sops updatekeys`.

use super::super::case::{Case, case};
use super::super::side_by_side;

const fn told(line: &'static str) -> Case {
    case(line).words()
}

/// What sops tells of changes stands on standard output; ours on standard error.
pub(super) const CASES: &[Case] = &[
    told("updatekeys -y stale.yaml").within("ruled"),
    told("updatekeys --yes stale.yaml").within("ruled"),
    told("updatekeys -y old.json").within("ruled"),
    told("updatekeys stale.yaml").about("y").within("ruled").stdin("y\n"),
    told("updatekeys stale.yaml").about("yes").within("ruled").stdin("yes\n"),
    told("updatekeys stale.yaml").about("Y").within("ruled").stdin("Y\n"),
    told("updatekeys stale.yaml").about("n").within("ruled").stdin("n\n"),
    told("updatekeys stale.yaml").about("nonsense, then y").within("ruled").stdin("what\ny\n"),
    told("updatekeys stale.yaml").about("no answer").within("ruled"),
    told("updatekeys -y current.yaml").within("ruled"),
    told("updatekeys current.yaml").about("nothing to ask").within("ruled"),
    told("updatekeys -y stale.yaml old.json").within("ruled"),
    told("updatekeys -y none.yaml stale.yaml").within("ruled"),
    told("updatekeys -y none.yaml").within("ruled"),
    told("updatekeys -y p.yaml").about("a plain file").within("ruled"),
    told("updatekeys -y shared").about("a folder").within("ruled"),
    told("updatekeys").within("ruled"),
    told("updatekeys -y shared/g.yaml").within("ruled"),
    told("updatekeys -y ruled/stale.yaml").about("no rules here"),
    told("--config ruled/.sops.yaml updatekeys -y ruled/stale.yaml"),
    told("updatekeys -y ruled/stale.yaml").about("SOPS_CONFIG").env(&[("SOPS_CONFIG", "ruled/.sops.yaml")]),
    told("--config none.yaml updatekeys -y ruled/stale.yaml"),
    told("--config ruled/.sops.yaml updatekeys -y s.txt"),
    told("--config ruled/.sops.yaml updatekeys -y --input-type yaml s.txt"),
    told("--config ruled/.sops.yaml updatekeys -y b.yaml").about("another's file"),
    told("--config ruled/.sops.yaml updatekeys -y badmac.yaml"),
    told("--config ruled/.sops.yaml updatekeys -y groups.yaml")
        .env(&[("SOPS_AGE_KEY_CMD", "cat {keys}/b.txt")]),
    told("--config groups.sops.yaml updatekeys -y s.yaml"),
    told("--config groups.sops.yaml updatekeys -y groups.yaml"),
    told("--config ruled/.sops.yaml updatekeys stale.yaml")
        .about("y after the file name, none there")
        .stdin("y\n"),
    told("updatekeys stale.yaml -y").about("the flag after the file").within("ruled"),
    told("updatekeys -y p.txt").about("no rule for it").within("ruled"),
];

#[test]
fn updatekeys() {
    side_by_side(CASES);
}
