//! Scalars as JSON text.

use crate::doc::value::Value;
use std::io::Write as _;

/// Appends a string in quotes with no more escapes than JSON demands. Bytes that are not UTF-8 become
/// U+FFFD, since JSON cannot hold them.
pub fn push_string(text: &[u8], out: &mut Vec<u8>) {
    push_escaped(text, false, out);
}

/// [`push_string`]; with `html`, also escapes what Go's encoder escapes: `<`, `>`, `&`, U+2028, U+2029.
pub(super) fn push_escaped(text: &[u8], html: bool, out: &mut Vec<u8>) {
    out.push(b'"');
    let is_usual = |b: &u8| *b >= b' ' && *b < 0x7f && !matches!(b, b'"' | b'\\' | b'<' | b'>' | b'&');
    let run = text.iter().take_while(|b| is_usual(b)).count();
    out.extend_from_slice(&text[..run]);
    for chunk in text[run..].utf8_chunks() {
        push_valid(chunk.valid(), html, out);
        if !chunk.invalid().is_empty() {
            out.extend_from_slice("\u{fffd}".as_bytes());
        }
    }
    out.push(b'"');
}

fn push_valid(text: &str, html: bool, out: &mut Vec<u8>) {
    let mut from = 0;
    for (i, c) in text.char_indices() {
        let short = match c {
            '"' => "\\\"",
            '\\' => "\\\\",
            '\n' => "\\n",
            '\r' => "\\r",
            '\t' => "\\t",
            '\u{8}' => "\\b",
            '\u{c}' => "\\f",
            '\0'..='\u{1f}' => "",
            '<' | '>' | '&' | '\u{2028}' | '\u{2029}' if html => "",
            _ => continue,
        };
        out.extend_from_slice(&text.as_bytes()[from..i]);
        if short.is_empty() {
            // Writing to a vector cannot fail.
            let _ = write!(out, "\\u{:04x}", c as u32);
        } else {
            out.extend_from_slice(short.as_bytes());
        }
        from = i + c.len_utf8();
    }
    out.extend_from_slice(&text.as_bytes()[from..]);
}

/// Appends a scalar. NaN and infinities have no JSON form and are written so that no parser takes them.
pub(super) fn push_value(value: &Value<'_>, out: &mut Vec<u8>) {
    match value {
        Value::Null => out.extend_from_slice(b"null"),
        Value::Bool(true) => out.extend_from_slice(b"true"),
        Value::Bool(false) => out.extend_from_slice(b"false"),
        Value::Str(text) => push_escaped(text, false, out),
        Value::Time(_) => {
            out.push(b'"');
            value.canonical(out);
            out.push(b'"');
        }
        Value::Float(x) => push_float(*x, out),
        Value::Int(_) => value.canonical(out),
    }
}

/// Plain digits between 1e-6 and 1e21, an exponent outside (format description, section 5.2).
fn push_float(x: f64, out: &mut Vec<u8>) {
    let size = x.abs();
    if x != 0.0 && x.is_finite() && !(1e-6..1e21).contains(&size) {
        let text = format!("{x:e}");
        let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
        let sign = if exponent.starts_with('-') { "" } else { "+" };
        let _ = write!(out, "{digits}e{sign}{exponent}");
    } else {
        Value::Float(x).canonical(out);
    }
}
