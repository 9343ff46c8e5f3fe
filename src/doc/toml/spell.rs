//! How values and keys are spelled.

use super::super::tree::Style;
use super::super::value::Value;
use super::scalar::is_local;
use std::io::Write as _;

/// The style that the quotes around the ciphertext of a leaf tell.
///
/// Three single quotes stand around what has no quotes of its own and no type of its own in SOPS: dates and
/// times without offset. A text in three single quotes has three double ones around its ciphertext.
pub(super) fn sealed_style(style: Style, local: bool) -> Style {
    match style {
        _ if local => Style::TripleSingle,
        Style::Plain => Style::Double,
        Style::TripleSingle => Style::Triple,
        style => style,
    }
}

/// What stands around a string.
pub(super) fn quote(style: Style) -> &'static [u8] {
    match style {
        Style::Plain => b"",
        Style::Single => b"'",
        Style::Triple => b"\"\"\"",
        Style::TripleSingle => b"'''",
        _ => b"\"",
    }
}

/// Appends a value. A string is spelled as the quotes around its ciphertext tell, if it can be.
pub(super) fn push(value: &Value<'_>, style: Style, out: &mut Vec<u8>) {
    match value {
        Value::Str(text) if style == Style::TripleSingle && is_local(text) => out.extend_from_slice(text),
        Value::Str(text) => push_string(text, style, out),
        Value::Bool(true) => out.extend_from_slice(b"true"),
        Value::Bool(false) => out.extend_from_slice(b"false"),
        Value::Float(x) => push_float(*x, out),
        Value::Int(_) | Value::Time(_) => value.canonical(out),
        // There is no null; nobody asks for one.
        Value::Null => out.extend_from_slice(b"\"\""),
    }
}

fn push_float(x: f64, out: &mut Vec<u8>) {
    // Writing to a vector cannot fail.
    let _ = match x {
        x if x.is_nan() => out.write_all(b"nan"),
        // Digits with a point or an exponent, as few as read back; `inf`.
        x => write!(out, "{x:?}"),
    };
}

/// Appends a string; bytes that are not UTF-8 become U+FFFD.
fn push_string(text: &[u8], style: Style, out: &mut Vec<u8>) {
    let lines = text.contains(&b'\n');
    let as_it_is = |b: &u8| *b == b'\t' || (*b >= 0x20 && *b != 0x7f);
    match style {
        Style::Single if !text.contains(&b'\'') && text.iter().all(as_it_is) => {
            out.push(b'\'');
            out.extend_from_slice(text);
            out.push(b'\'');
        }
        Style::TripleSingle
            if text.iter().all(|b| *b == b'\n' || as_it_is(b))
                && !text.windows(3).any(|w| w == b"'''")
                && !text.ends_with(b"'") =>
        {
            out.extend_from_slice(b"'''");
            out.extend_from_slice(if lines { b"\n" } else { b"" });
            out.extend_from_slice(text);
            out.extend_from_slice(b"'''");
        }
        Style::Triple => {
            out.extend_from_slice(b"\"\"\"");
            // The first line end is none of the text's.
            out.extend_from_slice(if lines { b"\n" } else { b"" });
            push_escaped(text, true, out);
            out.extend_from_slice(b"\"\"\"");
        }
        _ => {
            out.push(b'"');
            push_escaped(text, false, out);
            out.push(b'"');
        }
    }
}

fn push_escaped(text: &[u8], lines: bool, out: &mut Vec<u8>) {
    for chunk in text.utf8_chunks() {
        push_valid(chunk.valid(), lines, out);
        if !chunk.invalid().is_empty() {
            out.extend_from_slice("\u{fffd}".as_bytes());
        }
    }
}

/// Between three double quotes lines stand as they are, and one or two quotes inside of a line.
fn push_valid(text: &str, lines: bool, out: &mut Vec<u8>) {
    let (mut from, mut quotes) = (0, 0);
    for (i, c) in text.char_indices() {
        quotes = if c == '"' { quotes + 1 } else { 0 };
        let short = match c {
            '"' if lines && quotes < 3 && i + 1 < text.len() => continue,
            '\n' if lines => continue,
            '"' => "\\\"",
            '\\' => "\\\\",
            '\n' => "\\n",
            '\r' => "\\r",
            '\t' => "\\t",
            '\u{8}' => "\\b",
            '\u{c}' => "\\f",
            '\0'..='\u{1f}' | '\u{7f}' => "",
            _ => continue,
        };
        quotes = 0;
        out.extend_from_slice(&text.as_bytes()[from..i]);
        if short.is_empty() {
            let _ = write!(out, "\\u{:04X}", c as u32);
        } else {
            out.extend_from_slice(short.as_bytes());
        }
        from = i + c.len_utf8();
    }
    out.extend_from_slice(&text.as_bytes()[from..]);
}

/// Appends a key: bare if it can be.
pub(super) fn push_key(key: &[u8], out: &mut Vec<u8>) {
    let bare = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_');
    if !key.is_empty() && key.iter().all(bare) {
        out.extend_from_slice(key);
    } else {
        push_string(key, Style::Double, out);
    }
}

/// Appends the steps of a key, joined by points.
pub(super) fn push_path(path: &[&[u8]], out: &mut Vec<u8>) {
    for (i, step) in path.iter().enumerate() {
        if i > 0 {
            out.push(b'.');
        }
        push_key(step, out);
    }
}
