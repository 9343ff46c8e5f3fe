//! Spelling of strings and other values in each style, and what each style can hold.

use super::super::value::{Value, go_float};
use super::resolve::implicit;
use std::io::Write as _;

/// Whether a character must be an escape in double quotes: control characters, line ends of Unicode, byte
/// order marks and non-characters.
pub(super) fn must_escape(c: char) -> bool {
    matches!(c, '\0'..='\x1f' | '\x7f'..='\u{9f}' | '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}')
}

/// Whether `text` may stand without quotes: it has the form, and reads as a string everywhere (also for
/// readers of YAML 1.1, to which `yes` is a truth value).
pub(super) fn fits_plain(text: &str, flow: bool) -> bool {
    has_plain_form(text, flow) && !is_ambiguous(text)
}

/// Whether `text` has the form of a plain scalar, whatever its type.
pub(super) fn has_plain_form(text: &str, flow: bool) -> bool {
    let bytes = text.as_bytes();
    let (Some(first), Some(last)) = (bytes.first(), bytes.last()) else { return false };
    let lone = matches!(bytes.get(1), None | Some(b' '));
    let starts_badly = match first {
        b',' | b'[' | b']' | b'{' | b'}' | b'#' | b'&' | b'*' | b'!' | b'|' | b'>' | b'\'' | b'"' | b'%'
        | b'@' | b'`' | b' ' => true,
        b'-' | b'?' | b':' => flow || lone,
        _ => text.starts_with("..."),
    };
    let is_bracket = |b: &u8| matches!(b, b',' | b'[' | b']' | b'{' | b'}');
    if starts_badly || text.starts_with("---") || matches!(last, b' ' | b':') {
        return false;
    }
    let holds_indicator =
        bytes.windows(2).any(|pair| matches!(pair, b": " | b" #")) || (flow && bytes.iter().any(is_bracket));
    !holds_indicator && !text.chars().any(must_escape)
}

/// Whether some reader takes the plain scalar `text` for another type than a string.
pub(super) fn is_ambiguous(text: &str) -> bool {
    !matches!(implicit(text.as_bytes(), true), Ok(None))
        || matches!(
            text,
            "<<" | "="
                | "y"
                | "Y"
                | "yes"
                | "Yes"
                | "YES"
                | "on"
                | "On"
                | "ON"
                | "n"
                | "N"
                | "no"
                | "No"
                | "NO"
                | "off"
                | "Off"
                | "OFF"
        )
        || is_base_60(text.as_bytes())
}

/// `[-+]?[0-9][0-9_]*(:[0-5]?[0-9])+(\.[0-9_]*)?`: a number to readers of YAML 1.1.
fn is_base_60(text: &[u8]) -> bool {
    let text = text.strip_prefix(b"-").or_else(|| text.strip_prefix(b"+")).unwrap_or(text);
    let end = text.iter().position(|b| *b == b'.').unwrap_or(text.len());
    if !text[end..].iter().skip(1).all(|b| b.is_ascii_digit() || *b == b'_') {
        return false;
    }
    let mut parts = text[..end].split(|b| *b == b':');
    let first = parts.next().unwrap_or_default();
    let mut count = 0;
    let sixty = |part: &[u8]| matches!(part, [b'0'..=b'5', b'0'..=b'9'] | [b'0'..=b'9']);
    let all = parts.all(|part| {
        count += 1;
        sixty(part)
    });
    count > 0
        && all
        && first.first().is_some_and(u8::is_ascii_digit)
        && first.iter().all(|b| b.is_ascii_digit() || *b == b'_')
}

/// Whether single quotes can hold `text` on one line.
pub(super) fn fits_single(text: &str) -> bool {
    !text.chars().any(|c| must_escape(c) && c != '\t')
}

/// Whether a literal block can hold `text` so that nobody loses a blank of it.
pub(super) fn fits_literal(text: &str) -> bool {
    let first = text.trim_start_matches('\n');
    !first.is_empty()
        && first.trim_start_matches(' ').chars().next().is_some_and(|c| c != '\t' && c != '\n')
        && !text.ends_with([' ', '\t'])
        && !text.contains(" \n")
        && !text.contains("\t\n")
        && !text.chars().any(|c| must_escape(c) && c != '\t' && c != '\n')
}

/// Appends `text` in single quotes.
pub(super) fn single(text: &str, out: &mut Vec<u8>) {
    out.push(b'\'');
    for byte in text.bytes() {
        if byte == b'\'' {
            out.push(b'\'');
        }
        out.push(byte);
    }
    out.push(b'\'');
}

/// Appends `text` in double quotes, with no more escapes than needed; with `narrow`, characters above
/// U+FFFF are escapes too, as SOPS writes them.
pub(super) fn double(text: &str, narrow: bool, out: &mut Vec<u8>) {
    out.push(b'"');
    let is_usual = |b: &u8| matches!(b, b' '..=b'~') && !matches!(b, b'"' | b'\\');
    let mut rest = text;
    loop {
        let run = rest.as_bytes().iter().take_while(|b| is_usual(b)).count();
        out.extend_from_slice(&rest.as_bytes()[..run]);
        rest = &rest[run..];
        let Some(c) = rest.chars().next() else { break };
        rest = &rest[c.len_utf8()..];
        let short = match c {
            '"' => b'"',
            '\\' => b'\\',
            '\0' => b'0',
            '\x07' => b'a',
            '\x08' => b'b',
            '\t' => b't',
            '\n' => b'n',
            '\x0b' => b'v',
            '\x0c' => b'f',
            '\r' => b'r',
            '\x1b' => b'e',
            '\u{85}' => b'N',
            '\u{2028}' => b'L',
            '\u{2029}' => b'P',
            _ if must_escape(c) || (narrow && c > '\u{ffff}') => {
                // Writing to a vector cannot fail.
                let _ = match u32::from(c) {
                    n @ 0..=0xff => write!(out, "\\x{n:02X}"),
                    n @ 0x100..=0xffff => write!(out, "\\u{n:04X}"),
                    n => write!(out, "\\U{n:08X}"),
                };
                continue;
            }
            _ => {
                out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
                continue;
            }
        };
        out.extend_from_slice(&[b'\\', short]);
    }
    out.push(b'"');
}

/// Appends a value that is not a string, so that it reads back with its type.
pub(super) fn plain_value(value: &Value<'_>, out: &mut Vec<u8>) {
    match value {
        Value::Null => out.extend_from_slice(b"null"),
        Value::Bool(b) => out.extend_from_slice(if *b { b"true" } else { b"false" }),
        Value::Float(x) if x.is_nan() => out.extend_from_slice(b".nan"),
        Value::Float(x) if x.is_infinite() => {
            out.extend_from_slice(if *x > 0.0 { b".inf" } else { b"-.inf" });
        }
        Value::Float(x) => {
            let text = go_float(*x);
            out.extend_from_slice(text.as_bytes());
            // Without a point or an exponent it would read as an integer.
            if !text.contains(['.', 'e']) {
                out.extend_from_slice(b".0");
            }
        }
        Value::Int(_) | Value::Time(_) | Value::Str(_) => value.canonical(out),
    }
}
