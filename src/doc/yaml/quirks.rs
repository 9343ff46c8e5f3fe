//! Valid YAML that SOPS's reader refuses or takes for something else.

use super::super::tree::{Span, Style};

/// A remark on the text: where, and what is there.
pub(super) type Note = (usize, &'static str);

/// A scalar at `span`. `flow`: inside of brackets; `simple_key`: a key without `?`.
pub(super) fn scalar(source: &[u8], span: Span, style: Style, flow: bool, simple_key: bool) -> Option<Note> {
    let (at, text) = (span.start as usize, &source[span.range()]);
    match style {
        Style::Double if text.contains(&b'\\') => {
            if let Some(note) = escapes(text) {
                return Some((at + note.0, note.1));
            }
        }
        Style::Plain if flow && text.starts_with(b"?") => {
            return Some((at, "SOPS drops the `?` at the start of a scalar in brackets"));
        }
        Style::Plain if flow && text.starts_with(b":") => {
            return Some((at, "SOPS refuses a scalar in brackets that begins with `:`"));
        }
        _ => {}
    }
    (simple_key && text.iter().any(|b| matches!(b, b'\n' | b'\r')))
        .then_some((at, "SOPS refuses a key of several lines"))
}

fn escapes(text: &[u8]) -> Option<Note> {
    let mut at = 0;
    while at + 1 < text.len() {
        if text[at] != b'\\' {
            at += 1;
            continue;
        }
        match &text[at + 1..] {
            [b'/', ..] => return Some((at, "SOPS refuses the escape `\\/`")),
            [b'u', b'd' | b'D', b'8' | b'9' | b'a' | b'b' | b'A' | b'B', ..] => {
                return Some((
                    at,
                    "SOPS refuses an escape of two halves (`\\u....\\u....`); write `\\U0001F600`",
                ));
            }
            _ => at += 2,
        }
    }
    None
}

/// The name of an anchor or alias, at `span` with its `&` or `*`.
pub(super) fn name(source: &[u8], span: Span) -> Option<Note> {
    let known = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-');
    let odd = !source[span.range()].iter().skip(1).all(known);
    odd.then_some((
        span.start as usize,
        "SOPS reads names of anchors up to the first other character than letters, digits, `_` and `-`",
    ))
}

/// The text from `from` up to a document at `start`, which is `explicit` if it begins with `---`.
pub(super) fn document(
    source: &[u8],
    from: usize,
    start: usize,
    explicit: bool,
    first: bool,
) -> Option<Note> {
    if !explicit && !first {
        return Some((from, "SOPS needs `---` before every document but the first"));
    }
    let mut at = from;
    while at < start {
        let line = &source[at..super::lines::line_end(source, at)];
        let known = line.starts_with(b"%TAG") || line.trim_ascii_end() == b"%YAML 1.1";
        if line.starts_with(b"%") && !known {
            return Some((at, "SOPS refuses directives other than `%YAML 1.1` and `%TAG`"));
        }
        at = super::lines::next_line(source, at);
    }
    None
}

/// The directives of the document at `start`, from the end of the one before.
pub(super) fn directives(source: &[u8], from: usize, start: usize) -> impl Iterator<Item = Span> + '_ {
    let mut at = from;
    std::iter::from_fn(move || {
        while at < start {
            let line = at;
            let text = &source[line..super::lines::line_end(source, line)];
            at = super::lines::next_line(source, line);
            if text.starts_with(b"%") {
                return Some(Span::new(line, line + text.trim_ascii_end().len()));
            }
        }
        None
    })
}

/// The gap from `from` to the token at `to`, in block context; `dash` if it is behind a dash.
pub(super) fn gap(source: &[u8], from: usize, to: usize, dash: bool) -> Option<Note> {
    let text = &source[from..to];
    if !text.contains(&b'\t') {
        return None;
    }
    let mut indents = dash;
    for (i, byte) in text.iter().enumerate() {
        match byte {
            b'\n' | b'\r' => indents = true,
            b' ' => {}
            b'\t' if indents => return Some((from + i, "SOPS refuses a tab in the indentation")),
            _ => indents = false,
        }
    }
    None
}
