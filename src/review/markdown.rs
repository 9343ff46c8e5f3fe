//! Changes as Markdown, for comments on a merge request.

use super::Form;
use super::data::word;
use super::pair::{Pair, Status};
use super::text::shown;

/// The most characters: forges refuse longer comments.
const MOST: usize = 60_000;
/// Characters of a value that are shown.
const LONGEST: usize = 200;

/// A table for each file, folded. What does not fit is counted. Values are in it only if the pairs have the
/// form [`Form::Plain`].
#[must_use]
pub fn markdown(pairs: &[Pair<'_>]) -> String {
    let mut out = String::new();
    let mut length = 0;
    for (index, pair) in pairs.iter().enumerate() {
        let rest = pairs.len() - index;
        // Room for the words about the rest.
        let room = MOST.saturating_sub(length + 200);
        let Some(text) = file(pair, room) else {
            let files = if rest == 1 { "file is" } else { "files are" };
            out.push_str(&format!("{rest} more changed {files} not shown.\n"));
            return out;
        };
        length += text.chars().count();
        out.push_str(&text);
    }
    if pairs.is_empty() {
        out.push_str("No encrypted file was changed.\n");
    }
    out
}

/// The table of a file in at most `room` characters; none if not even its frame fits.
fn file(pair: &Pair<'_>, room: usize) -> Option<String> {
    const END: &str = "\n</details>\n\n";
    let rows = rows(pair);
    let mut status = match (pair.status(), &pair.from) {
        (Status::Modified, _) => String::new(),
        (Status::Renamed, Some(from)) => format!(", renamed from <code>{}</code>", html(from)),
        (status, _) => format!(", {}", status.word()),
    };
    status.push_str(&format!(": {} change{}", rows.len(), if rows.len() == 1 { "" } else { "s" }));
    let mut text = format!("<details><summary><code>{}</code>{status}</summary>\n\n", html(&pair.name));
    for note in pair.remarks() {
        text.push_str(&format!("**Note:** {}\n\n", code(&note)));
    }
    let with_values = pair.form == Form::Plain;
    if !rows.is_empty() {
        text.push_str(if with_values {
            "| change | key path | type | old | new |\n| --- | --- | --- | --- | --- |\n"
        } else {
            "| change | key path | type |\n| --- | --- | --- |\n"
        });
    }
    let mut length = text.chars().count() + END.len() + 100;
    if length > room {
        return None;
    }
    for (index, row) in rows.iter().enumerate() {
        length += row.chars().count();
        if length > room {
            text.push_str(&format!("\n{} more changes are not shown.\n", rows.len() - index));
            break;
        }
        text.push_str(row);
    }
    text.push_str(END);
    Some(text)
}

fn rows(pair: &Pair<'_>) -> Vec<String> {
    let with_values = pair.form == Form::Plain;
    let mut rows = Vec::new();
    for change in pair.changes() {
        let place = code(&shown(&change.place.to_string()));
        let place = match &change.from {
            Some(from) => format!("{} → {place}", code(&shown(&from.to_string()))),
            None => place,
        };
        let sealing = change.sealing().map(|words| format!(", **{words}**")).unwrap_or_default();
        let mut row = format!("| {}{sealing} | {place} | {} |", word(change.what), change.kind());
        if with_values {
            let before = change.from.as_ref().unwrap_or(&change.place);
            for value in [pair.value(before, change.old), pair.value(&change.place, change.new)] {
                let cell = value.map(|value| code(&shown(&cut(&value)))).unwrap_or_default();
                row.push_str(&format!(" {cell} |"));
            }
        }
        rows.push(row);
    }
    let mut other = |what: &str, text: &str| {
        let values = if with_values { " | |" } else { "" };
        let text = if text.is_empty() { String::new() } else { code(text) };
        rows.push(format!("| {what} | {text} | |{values}"));
    };
    for fact in pair.facts() {
        let verb = if fact.holds { "added" } else { "removed" };
        other(&format!("{} {verb}", fact.what), &fact.text);
    }
    if pair.is_rotated() {
        other("data key rotated", "");
    }
    if rows.is_empty() && pair.status() == Status::Modified && !pair.is_remarkable() {
        let values = if with_values { " | |" } else { "" };
        rows.push(format!("| comments or layout | | |{values}"));
    }
    rows.iter_mut().for_each(|row| row.push('\n'));
    rows
}

fn cut(value: &str) -> String {
    match value.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &value[..end]),
        None => value.to_owned(),
    }
}

/// A text on one line as code that a cell of a table can hold. Nothing in it is taken for Markdown.
fn code(text: &str) -> String {
    if text.trim().is_empty() {
        return format!("<code>{}</code>", html(text));
    }
    let mut longest = 0;
    let mut run = 0;
    for c in text.chars() {
        run = if c == '`' { run + 1 } else { 0 };
        longest = longest.max(run);
    }
    let fence = "`".repeat(longest + 1);
    // A blank beside a fence is taken off, if there is one on both sides.
    let pad = if text.starts_with(['`', ' ']) || text.ends_with(['`', ' ']) { " " } else { "" };
    format!("{fence}{pad}{}{pad}{fence}", text.replace('|', "\\|"))
}

/// A text as HTML.
fn html(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '`' | '*' | '_' | '[' | ']' | '\\' | '~' | '@' | '#' | ':' | '|' | '!' => {
                out.push_str(&format!("&#{};", u32::from(c)));
            }
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::{code, html};

    #[test]
    fn nothing_is_taken_for_markdown() {
        for (text, wanted) in [
            ("db.password", "`db.password`"),
            ("a|b", "`a\\|b`"),
            ("a`b", "``a`b``"),
            ("`x`", "`` `x` ``"),
            (" ", "<code> </code>"),
            ("<b>", "`<b>`"),
        ] {
            assert_eq!(code(text), wanted);
        }
        assert_eq!(html("<x> @a [b](c)"), "&lt;x&gt; &#64;a &#91;b&#93;(c)");
    }
}
