//! The program called as `sops`, side by side with the real sops: the same command line in the same bed
//! must come to the same exit code, output and files.

mod case;
mod cases;
mod clients;
mod compare;
mod differences;
mod ground;
mod run;
mod sealed;
mod table;

use case::Case;
use differences::DIFFERENCES;
use run::{Side, run};
use std::collections::BTreeSet;

/// Runs cases with both programs, and compares.
fn side_by_side(cases: &[Case]) {
    let mut wrong = Vec::new();
    for case in cases {
        let (theirs, ours) = (run(case, Side::Theirs), run(case, Side::Ours));
        let found = compare::compare(case, &theirs, &ours);
        let what: BTreeSet<_> = found.iter().map(|(what, _)| *what).collect();
        let id = case.id();
        let expected = DIFFERENCES.iter().find(|difference| difference.case == id);
        let expected_what = expected.map(|d| d.what.iter().copied().collect()).unwrap_or_default();
        let code_is_right = expected.is_none_or(|d| ours.code == Some(d.code));
        if what != expected_what || !code_is_right {
            let differences: String =
                found.iter().map(|(what, text)| format!("    {what:?}: {text}\n")).collect();
            wrong.push(format!(
                "sops {id}\n    exit {:?} against {:?}, expected to differ in {expected_what:?}\n{differences}    \
                 theirs said: {}\n    ours said: {}\n",
                theirs.code,
                ours.code,
                theirs.stderr.trim(),
                ours.stderr.trim(),
            ));
        }
    }
    assert!(wrong.is_empty(), "{} of {} cases differ:\n{}", wrong.len(), cases.len(), wrong.join("\n"));
}

#[test]
fn every_case_has_a_name_of_its_own_and_every_difference_a_case() {
    let mut ids = BTreeSet::new();
    for case in cases::ALL.iter().flat_map(|cases| cases.iter()) {
        assert!(ids.insert(case.id()), "two cases are called {:?}: say what one is about", case.id());
    }
    for difference in DIFFERENCES {
        assert!(ids.contains(difference.case), "no such case: {}", difference.case);
    }
}
