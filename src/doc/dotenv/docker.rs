//! `docker run --env-file`: what stands behind `=` is the value, to the end of the line; nothing is quoted.

use super::super::error::Error;
use super::dialect::Unspellable;
use super::scan::{Entry, NO_EQUALS, Scan};
use zeroize::Zeroizing;

/// Docker reads no line that is this long, in bytes with its end.
pub const LONGEST_LINE: usize = 64 << 10;

const TOO_LONG: &str = "docker reads no line that is so long";

pub(super) fn entry(source: &[u8], at: usize) -> Result<Entry, Error> {
    let mut scan = Scan::new(source, at);
    let end = scan.line_end();
    if end - at >= LONGEST_LINE {
        return Err(Error::syntax(TOO_LONG, at));
    }
    scan.blanks();
    let start = scan.at;
    let Some(length) = source[start..end].iter().position(|byte| *byte == b'=') else {
        let message = "a line has no `=`: docker takes its value from its own environment";
        return Err(if end > start {
            Error::syntax(message, start)
        } else {
            Error::syntax(NO_EQUALS, start)
        });
    };
    let name = start..start + length;
    if !is_name(&source[name.clone()]) {
        return Err(Error::syntax("docker knows no `export`, and no blanks in names", start));
    }
    let value = start + length + 1;
    let line = &source[value..end];
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    Ok(Entry { name, spelled: value..value + line.len(), value: Zeroizing::new(line.to_vec()), end })
}

pub(super) fn is_name(name: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(name) else { return false };
    !text.is_empty()
        && !text.starts_with('#')
        && !text.chars().any(|c| c == '=' || c == '\u{feff}' || c.is_whitespace() || c.is_control())
}

/// The value itself. Docker takes one CR from the end of a line.
pub(super) fn spell(name: &[u8], value: &[u8]) -> Result<Zeroizing<Vec<u8>>, Unspellable> {
    if value.contains(&b'\n') || value.ends_with(b"\r") {
        return Err(Unspellable::LineEnd);
    }
    if name.len() + value.len() + 2 > LONGEST_LINE {
        return Err(Unspellable::TooLong(LONGEST_LINE));
    }
    Ok(Zeroizing::new(value.to_vec()))
}
