//! Lines and characters of YAML text. A line ends with LF, CR LF or CR.

use super::super::error::Error;
use super::super::tree::Span;

/// Length of the line end at `at`; 0 if there is none.
pub(super) fn eol_len(source: &[u8], at: usize) -> usize {
    match source.get(at) {
        Some(b'\n') => 1,
        Some(b'\r') if source.get(at + 1) == Some(&b'\n') => 2,
        Some(b'\r') => 1,
        _ => 0,
    }
}

/// Where the text of the line that holds `at` ends: before its line end, or at the end of the source.
pub(super) fn line_end(source: &[u8], at: usize) -> usize {
    memchr::memchr2(b'\n', b'\r', &source[at..]).map_or(source.len(), |n| at + n)
}

/// Where the line after the one that holds `at` begins.
pub(super) fn next_line(source: &[u8], at: usize) -> usize {
    let end = line_end(source, at);
    end + eol_len(source, end)
}

/// Where the line that holds `at` begins. A byte order mark is not part of the first line.
pub(super) fn line_start(source: &[u8], at: usize) -> usize {
    let start = memchr::memrchr2(b'\n', b'\r', &source[..at]).map_or(0, |n| n + 1);
    if start == 0 { bom_len(source).min(at) } else { start }
}

/// The column of `at`, in bytes from 0.
pub(super) fn column(source: &[u8], at: usize) -> usize {
    at - line_start(source, at)
}

/// Length of a byte order mark at the start.
pub(super) fn bom_len(source: &[u8]) -> usize {
    if source.starts_with(b"\xef\xbb\xbf") { 3 } else { 0 }
}

/// The line end that the source uses first; LF if it has none.
pub(super) fn eol_of(source: &[u8]) -> &'static [u8] {
    let end = line_end(source, 0);
    match source.get(end..end + eol_len(source, end)) {
        Some(b"\r\n") => b"\r\n",
        Some(b"\r") => b"\r",
        _ => b"\n",
    }
}

/// How many spaces stand at `at`.
pub(super) fn spaces(source: &[u8], at: usize) -> usize {
    source[at..].iter().take_while(|b| **b == b' ').count()
}

/// Whether a blank, a line end or the end of the source is at `at`.
pub(super) fn blank_or_end(source: &[u8], at: usize) -> bool {
    matches!(source.get(at), None | Some(b' ' | b'\t' | b'\n' | b'\r'))
}

/// Skips blanks, line ends and comments from `at`, to the next token or the end.
pub(super) fn skip_gap(source: &[u8], mut at: usize) -> usize {
    loop {
        match source.get(at) {
            Some(b' ' | b'\t' | b'\n' | b'\r') => at += 1,
            Some(b'#') => at = line_end(source, at),
            Some(0xef) if at == 0 && bom_len(source) > 0 => at = 3,
            _ => return at,
        }
    }
}

/// Bytes that are looked at together.
const BLOCK: usize = 32;

/// Refuses what the YAML reader of SOPS refuses outside of escapes: control characters, U+0085, marks of
/// byte order. Tells whether the text holds a line separator of Unicode (U+2028, U+2029).
pub(super) fn check_characters(text: &str) -> Result<bool, Error> {
    let bytes = text.as_bytes();
    let mut at = bom_len(bytes);
    let mut separators = false;
    while at < bytes.len() {
        if let Some(block) = bytes[at..].first_chunk::<BLOCK>()
            && block.iter().fold(true, |usual, byte| usual & (matches!(byte, 0x20..0x7f) | (*byte == b'\n')))
        {
            at += BLOCK;
            continue;
        }
        let byte = bytes[at];
        if (0x20..0x7f).contains(&byte) || matches!(byte, b'\n' | b'\t' | b'\r') {
            at += 1;
            continue;
        }
        let wrong = match byte {
            0..=0x7f => true,
            0xc2 => bytes[at + 1] < 0xa0,
            0xef => matches!((bytes[at + 1], bytes[at + 2]), (0xbf, 0xbe..) | (0xbb, 0xbf)),
            _ => false,
        };
        if wrong {
            let message = "a control character stands in the text; write it as an escape in double quotes";
            return Err(Error::syntax(message, at));
        }
        separators |= is_separator(bytes, at);
        at += match byte {
            0..=0x7f => 1,
            0x80..=0xdf => 2,
            0xe0..=0xef => 3,
            0xf0.. => 4,
        };
    }
    Ok(separators)
}

/// Whether U+2028 or U+2029 is at `at`.
pub(super) fn is_separator(bytes: &[u8], at: usize) -> bool {
    matches!(bytes.get(at..at + 3), Some(&[0xe2, 0x80, 0xa8 | 0xa9]))
}

/// Where the first U+2028 or U+2029 of `span` stands.
pub(super) fn find_separator(bytes: &[u8], span: Span) -> Option<usize> {
    span.range().find(|at| is_separator(bytes, *at))
}
