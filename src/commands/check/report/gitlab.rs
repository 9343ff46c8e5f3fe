//! A Code Quality report of GitLab.

use super::{Outcome, text};
use crate::check::Severity;
use serde_json::{Value, json};

pub(super) fn render(outcome: &Outcome) -> String {
    let findings = outcome.findings.iter().zip(outcome.fingerprints()).map(|(located, fingerprint)| {
        let finding = &located.finding;
        json!({
            "description": format!("{}: {}", finding.check.code(), text(located)),
            "check_name": finding.check.code(),
            "fingerprint": fingerprint,
            "severity": if finding.severity == Severity::Error { "critical" } else { "minor" },
            "location": { "path": located.file.name, "lines": { "begin": finding.place.line } },
        })
    });
    format!("{:#}\n", Value::Array(findings.collect()))
}
