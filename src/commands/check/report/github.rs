//! Annotations of GitHub Actions: lines of the log that show up beside the code.

use super::{Outcome, hint, text};

pub(super) fn render(outcome: &Outcome) -> String {
    let line = |located: &super::Located| {
        let finding = &located.finding;
        format!(
            "::{} file={},line={},col={},title={}::{}\n",
            finding.severity.word(),
            property(&located.file.name),
            finding.place.line,
            finding.place.column,
            finding.check.code(),
            message(&format!("{}\nhint: {}", text(located), hint(located))),
        )
    };
    outcome.findings.iter().map(line).collect()
}

fn message(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    message(text).replace(':', "%3A").replace(',', "%2C")
}
