//! Changes as lines for people.

use super::changes::What;
use super::pair::{Pair, Status};
use zeroize::Zeroizing;

/// One line for each change, indented below the name of the file. Empty if there is nothing to tell.
#[must_use]
pub fn keys(pair: &Pair<'_>, indent: &str) -> String {
    let mut lines = Vec::new();
    for change in pair.changes() {
        let place = shown(&change.place.to_string());
        let sealing = change.sealing().map(|words| format!(" ({words})")).unwrap_or_default();
        lines.push(match (change.what, &change.from) {
            (What::Added, _) => format!("+ {place}"),
            (What::Removed, _) => format!("- {place}"),
            (What::Moved, Some(from)) => format!("> {} -> {place}{sealing}", shown(&from.to_string())),
            _ => format!("~ {place}{sealing}"),
        });
    }
    let mut facts = pair.facts();
    // Who can read it first.
    facts.sort_by_key(|fact| fact.what != "recipient");
    for fact in facts {
        let sign = if fact.holds { '+' } else { '-' };
        lines.push(format!("{} {sign} {}", fact.what, fact.text));
    }
    if pair.is_rotated() {
        lines.push("data key rotated".to_owned());
    }
    let status = pair.status();
    if lines.is_empty() && status == Status::Modified && !pair.is_remarkable() {
        if !pair.has_other_text() {
            return String::new();
        }
        lines.push("comments or layout".to_owned());
    }
    lines.extend(pair.remarks().map(|note| format!("note: {note}")));
    let mut text = format!("{indent}{}{}\n", pair.name, suffix(pair));
    for line in lines {
        text.push_str(&format!("{indent}  {line}\n"));
    }
    text
}

fn suffix(pair: &Pair<'_>) -> String {
    match (pair.status(), &pair.from) {
        (Status::Modified, _) => String::new(),
        (Status::Renamed, Some(from)) => format!(" (renamed from {from})"),
        (status, _) => format!(" ({})", status.word()),
    }
}

/// The unified diff of the texts of both sides. Empty if there is nothing to tell.
#[must_use]
pub fn diff(pair: &Pair<'_>) -> Zeroizing<Vec<u8>> {
    let hunks = pair.hunks();
    let status = pair.status();
    if hunks.is_empty() && status == Status::Modified && !pair.is_remarkable() {
        return hunks;
    }
    let name = &pair.name;
    let from = pair.from.as_ref().unwrap_or(name);
    let mut head = format!("diff a/{from} b/{name}\n");
    match status {
        Status::Added => head.push_str("new file\n"),
        Status::Deleted => head.push_str("deleted file\n"),
        Status::Renamed => head.push_str(&format!("rename from {from}\nrename to {name}\n")),
        Status::Modified => {}
    }
    for note in pair.remarks() {
        head.push_str(&format!("note: {note}\n"));
    }
    if !hunks.is_empty() {
        let old = if status == Status::Added { "/dev/null".to_owned() } else { format!("a/{from}") };
        let new = if status == Status::Deleted { "/dev/null".to_owned() } else { format!("b/{name}") };
        head.push_str(&format!("--- {old}\n+++ {new}\n"));
    }
    let mut text = Zeroizing::new(Vec::with_capacity(head.len() + hunks.len()));
    text.extend_from_slice(head.as_bytes());
    text.extend_from_slice(&hunks);
    text
}

/// A key path that can be shown on a line.
pub(super) fn shown(text: &str) -> String {
    String::from_utf8_lossy(&crate::view::one_line(text.as_bytes())).into_owned()
}
