//! SARIF 2.1.0, which code scanning tools read.

use super::{Outcome, hint, text};
use crate::check::Check;
use serde_json::{Value, json};
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

const SCHEMA: &str = "https://json.schemastore.org/sarif-2.1.0.json";

pub(super) fn render(outcome: &Outcome) -> String {
    let rules: Vec<Value> = Check::ALL
        .iter()
        .map(|check| {
            json!({
                "id": check.code(),
                "shortDescription": { "text": check.title() },
                "defaultConfiguration": { "level": check.severity().word() },
            })
        })
        .collect();
    let document = json!({
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [{
            "tool": {
                "driver": { "name": "seal", "version": env!("CARGO_PKG_VERSION"), "rules": rules },
            },
            "columnKind": "unicodeCodePoints",
            "results": results(outcome),
        }],
    });
    format!("{document:#}\n")
}

fn results(outcome: &Outcome) -> Vec<Value> {
    let result = |(located, fingerprint): (&super::Located, String)| {
        let finding = &located.finding;
        let mut location = json!({
            "physicalLocation": {
                "artifactLocation": { "uri": uri(&located.file.name), "uriBaseId": "%SRCROOT%" },
                "region": { "startLine": finding.place.line, "startColumn": finding.place.column },
            },
        });
        if let Some(path) = &finding.path {
            location["logicalLocations"] = json!([{ "fullyQualifiedName": path }]);
        }
        json!({
            "ruleId": finding.check.code(),
            "ruleIndex": Check::ALL.iter().position(|check| *check == finding.check),
            "level": finding.severity.word(),
            "message": { "text": format!("{}\nhint: {}", text(located), hint(located)) },
            "locations": [location],
            "partialFingerprints": { "seal/v1": fingerprint },
        })
    };
    outcome.findings.iter().zip(outcome.fingerprints()).map(result).collect()
}

/// A path as a relative reference.
fn uri(name: &str) -> String {
    let mut uri = String::with_capacity(name.len());
    for byte in Path::new(name).as_os_str().as_bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(byte) {
            uri.push(char::from(*byte));
        } else {
            uri.push_str(&format!("%{byte:02X}"));
        }
    }
    uri
}
