//! A line for each finding, as compilers print them; what to do below those it is about.

use super::{Outcome, hint, text};
use crate::check::Severity;
use crate::ui::escaped;

pub(super) fn render(outcome: &Outcome) -> String {
    let mut out = String::new();
    let mut findings = outcome.findings.iter().peekable();
    while let Some(located) = findings.next() {
        let finding = &located.finding;
        let (line, column) = (finding.place.line, finding.place.column);
        let mild = if finding.severity == Severity::Warning { " (warning)" } else { "" };
        let (file, code, text) = (escaped(&located.file.shown), finding.check.code(), text(located));
        out.push_str(&format!("{file}:{line}:{column}: {code} {}{mild}\n", escaped(&text)));
        let own = hint(located);
        let again = |next: &&super::Located| next.file == located.file && hint(next) == own;
        if findings.peek().is_none_or(|next| !again(next)) {
            out.push_str(&format!("  hint: {}\n", escaped(&own)));
        }
    }
    out
}
