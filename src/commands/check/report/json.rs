//! One JSON document with everything.

use super::{Outcome, hint};
use crate::check::Severity;
use serde_json::json;

pub(super) fn render(outcome: &Outcome) -> String {
    let findings: Vec<_> = outcome
        .findings
        .iter()
        .zip(outcome.fingerprints())
        .map(|(located, fingerprint)| {
            let finding = &located.finding;
            json!({
                "code": finding.check.code(),
                "severity": finding.severity.word(),
                "title": finding.check.title(),
                "path": located.file.shown,
                "name": located.file.name,
                "line": finding.place.line,
                "column": finding.place.column,
                "key_path": finding.path,
                "message": finding.message,
                "hint": hint(located),
                "fingerprint": fingerprint,
            })
        })
        .collect();
    let document = json!({
        "findings": findings,
        "files": outcome.files,
        "errors": outcome.count(Severity::Error),
        "warnings": outcome.count(Severity::Warning),
        "ignored": outcome.suppressed,
    });
    format!("{document:#}\n")
}
