//! The forms, for findings with awkward names.

use super::{Form, Outcome};
use crate::check::{Check, Finding};
use crate::commands::check::Located;
use crate::commands::check::source::File;
use std::sync::Arc;

fn outcome() -> Outcome {
    let name = "a,b:c %é\x1b.yaml";
    let file = File {
        path: name.into(),
        shown: name.to_owned(),
        name: name.to_owned(),
        blob: None,
        past: None,
        beside: false,
    };
    let file = Arc::new(file);
    let finding = |check, path: Option<&str>| Located {
        file: file.clone(),
        finding: Finding { path: path.map(str::to_owned), ..Finding::new(check, "wrong\nhere") },
        rule: None,
    };
    let findings = vec![
        finding(Check::NotEncrypted, None),
        finding(Check::OtherSelectors, Some("a.b")),
        finding(Check::OtherSelectors, Some("a.b")),
    ];
    Outcome { findings, files: 3, suppressed: 0 }
}

#[test]
fn nothing_in_a_line_steers_a_terminal() {
    let text = Form::Human.render(&outcome());
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines[0], "a,b:c %é\\u{1b}.yaml:1:1: S001 wrong\\nhere");
    assert!(lines[2].ends_with(" (warning)"), "{text}");
    // One hint for both of the same kind.
    assert_eq!(lines.len(), 5, "{text}");
    assert_eq!(outcome().summary(), "1 error, 2 warnings in 3 files");
}

#[test]
fn github_wants_its_own_escapes() {
    let text = Form::Github.render(&outcome());
    let first = text.lines().next().unwrap();
    assert!(
        first.starts_with(
            "::error file=a%2Cb%3Ac %25é\u{1b}.yaml,line=1,col=1,title=S001::wrong%0Ahere%0Ahint: "
        ),
        "{first}"
    );
    assert_eq!(text.lines().count(), 3);
}

#[test]
fn fingerprints_are_told_apart_and_stay() {
    let fingerprints = outcome().fingerprints();
    let unique: std::collections::HashSet<_> = fingerprints.iter().collect();
    assert_eq!(unique.len(), 3);
    let mut moved = outcome();
    moved.findings[1].finding.place.line = 99;
    assert_eq!(moved.fingerprints(), fingerprints);
}

#[test]
fn paths_are_references_in_sarif() {
    let document: serde_json::Value = serde_json::from_str(&Form::Sarif.render(&outcome())).unwrap();
    let location = &document["runs"][0]["results"][0]["locations"][0]["physicalLocation"];
    assert_eq!(location["artifactLocation"]["uri"], "a%2Cb%3Ac%20%25%C3%A9%1B.yaml");
}
