//! Annotations of GitHub Actions: lines of the log that show up beside the code.

use super::{Outcome, hint, text};
use crate::ui::escaped;

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

/// Line ends as GitHub reads them; what else could steer whoever shows the log is escaped.
fn message(text: &str) -> String {
    let lines: Vec<_> = text.split('\n').map(escaped).collect();
    encoded(&lines.join("\n"))
}

/// The name of a file stays what it is, so that GitHub finds it.
fn property(text: &str) -> String {
    encoded(text).replace(':', "%3A").replace(',', "%2C")
}

fn encoded(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}
