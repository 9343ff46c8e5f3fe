//! `EnvironmentFile=` of systemd: a value may have several quoted parts, a backslash joins lines, and
//! nothing is expanded. There are no comments behind values.

use super::super::error::Error;
use super::dialect::Unspellable;
use super::scan::{Entry, NO_EQUALS, Scan, is_harmless, is_name, line_end};
use zeroize::Zeroizing;

/// What a backslash in double quotes makes literal; before anything else it stands for itself.
const ESCAPED: &[u8] = b"\"\\`$";

/// Where in a value the reader is.
#[derive(Clone, Copy, PartialEq)]
enum State {
    /// At its beginning, or behind quotes: blanks do not count, quotes begin.
    Open,
    /// In text without quotes.
    Bare,
    /// In single quotes, which began here.
    Single(usize),
    /// In double quotes, which began here.
    Double(usize),
}

pub(super) fn entry(source: &[u8], at: usize) -> Result<Entry, Error> {
    let mut scan = Scan::new(source, at);
    scan.blanks();
    let start = scan.at;
    let line = &source[start..line_end(source, start)];
    let Some(length) = line.iter().position(|byte| *byte == b'=') else {
        return Err(Error::syntax(NO_EQUALS, start));
    };
    let name = start..start + line[..length].trim_ascii_end().len();
    if !is_name(&source[name.clone()], b"") {
        let message = "systemd passes over this name: it knows no `export`, only letters, digits and `_`";
        return Err(Error::syntax(message, start));
    }
    scan.at = start + length + 1;
    scan.blanks();
    let begin = scan.at;
    let (value, spelled_end) = value(&mut scan)?;
    check(&value).map_err(|_unfit| Error::syntax("systemd refuses a file with this character", begin))?;
    let end = scan.at + usize::from(scan.peek() == Some(b'\r'));
    if !matches!(source.get(end), None | Some(b'\n')) {
        return Err(Error::syntax("a CR stands in the middle of a line", scan.at));
    }
    Ok(Entry { name, spelled: begin..spelled_end, value, end })
}

/// Reads a value up to its line end, and says where its spelling ends.
fn value(scan: &mut Scan<'_>) -> Result<(Zeroizing<Vec<u8>>, usize), Error> {
    let mut value = Zeroizing::new(Vec::with_capacity(scan.line_end() - scan.at));
    // Blanks at the end of bare text are no part of the value.
    let (mut kept, mut spelled_end) = (0, scan.at);
    let mut state = State::Open;
    while let Some(byte) = scan.peek() {
        match (state, byte) {
            (State::Open | State::Bare, b'\n' | b'\r') => break,
            (State::Open, b'\'') => state = State::Single(scan.at),
            (State::Open, b'"') => state = State::Double(scan.at),
            (State::Open, b' ' | b'\t') => {}
            (State::Bare, b' ' | b'\t') => value.push(byte),
            (State::Open | State::Bare, b'\\') => {
                scan.at += 1;
                match scan.peek() {
                    None => return Err(Error::syntax("a backslash ends the file", scan.at - 1)),
                    Some(b'\n' | b'\r') => {}
                    Some(byte) => value.push(byte),
                }
                (state, kept) = (State::Bare, value.len());
            }
            (State::Open | State::Bare, _) => {
                value.push(byte);
                (state, kept) = (State::Bare, value.len());
            }
            (State::Single(_), b'\'') | (State::Double(_), b'"') => {
                (state, kept) = (State::Open, value.len());
            }
            (State::Double(_), b'\\') => {
                scan.at += 1;
                match scan.peek() {
                    None => break,
                    Some(b'\n') => {}
                    Some(byte) if ESCAPED.contains(&byte) => value.push(byte),
                    Some(byte) => value.extend([b'\\', byte]),
                }
            }
            (State::Single(_) | State::Double(_), _) => value.push(byte),
        }
        scan.at += 1;
        if !matches!((state, byte), (State::Open | State::Bare, b' ' | b'\t')) {
            spelled_end = scan.at;
        }
    }
    if let State::Single(quote) | State::Double(quote) = state {
        return Err(Error::syntax("the quote that begins here does not end", quote));
    }
    value.truncate(kept);
    Ok((value, spelled_end.min(scan.at)))
}

/// systemd takes only characters that Unicode calls such, and no NUL.
fn check(value: &[u8]) -> Result<(), Unspellable> {
    let text = std::str::from_utf8(value).map_err(|_bytes| Unspellable::NotUtf8)?;
    let none = |c: char| matches!(u32::from(c), 0xfdd0..=0xfdef) || u32::from(c) & 0xfffe == 0xfffe;
    if text.chars().any(none) { Err(Unspellable::Character) } else { Ok(()) }
}

pub(super) fn spell(value: &[u8]) -> Result<Zeroizing<Vec<u8>>, Unspellable> {
    check(value)?;
    if value.iter().all(|byte| is_harmless(*byte)) {
        return Ok(Zeroizing::new(value.to_vec()));
    }
    let escapes = value.iter().filter(|byte| ESCAPED.contains(byte)).count();
    let mut out = Zeroizing::new(Vec::with_capacity(value.len() + escapes + 2));
    out.push(b'"');
    for byte in value {
        if ESCAPED.contains(byte) {
            out.push(b'\\');
        }
        out.push(*byte);
    }
    out.push(b'"');
    Ok(out)
}
