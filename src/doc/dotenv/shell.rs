//! Shells that read a file with `. ./file`: one assignment a line, `export` before it or not, of parts with
//! and without quotes. What a shell would expand or run is refused: then the value would be another.

use super::super::error::Error;
use super::scan::{Entry, NameRules, Scan, is_harmless};
use zeroize::Zeroizing;

const NAMES: NameRules = NameRules { more: b"", blanks: false };

/// Variables that bash or dash keep to themselves: an assignment fails, or what is read is another value.
const RESERVED: &[&str] = &[
    "BASHOPTS",
    "BASHPID",
    "BASH_ALIASES",
    "BASH_ARGC",
    "BASH_ARGV",
    "BASH_ARGV0",
    "BASH_CMDS",
    "BASH_COMMAND",
    "BASH_LINENO",
    "BASH_SOURCE",
    "BASH_SUBSHELL",
    "BASH_VERSINFO",
    "COMP_WORDBREAKS",
    "DIRSTACK",
    "EPOCHREALTIME",
    "EPOCHSECONDS",
    "EUID",
    "FUNCNAME",
    "GROUPS",
    "HISTCMD",
    "IFS",
    "LINENO",
    "OPTIND",
    "PIPESTATUS",
    "PPID",
    "RANDOM",
    "SECONDS",
    "SHELLOPTS",
    "SRANDOM",
    "UID",
    "_",
];

pub(super) fn entry(source: &[u8], at: usize) -> Result<Entry, Error> {
    let mut scan = Scan::new(source, at);
    let name = scan.name(&NAMES)?;
    if is_reserved(&source[name.clone()]) {
        return Err(Error::syntax("shells keep this name to themselves", name.start));
    }
    let begin = scan.at;
    let mut value = Zeroizing::new(Vec::with_capacity(scan.line_end() - begin));
    while let Some(byte) = scan.peek().filter(|byte| !matches!(byte, b' ' | b'\t' | b'\n')) {
        match byte {
            b'\'' => single(&mut scan, &mut value)?,
            b'"' => double(&mut scan, &mut value)?,
            b'\\' => match scan.next() {
                None => return Err(Error::syntax("a backslash ends the file", scan.at)),
                Some(next) => {
                    if next != b'\n' {
                        value.push(next);
                    }
                    scan.at += 2;
                }
            },
            b'\r' => {
                return Err(Error::syntax("a shell takes the CR before a line end into the value", scan.at));
            }
            b'$' | b'`' => return Err(expanded(scan.at)),
            _ if is_special(byte) => {
                let message = "this character means something to a shell; put the value in single quotes";
                return Err(Error::syntax(message, scan.at));
            }
            _ => {
                value.push(byte);
                scan.at += 1;
            }
        }
    }
    let spelled = begin..scan.at;
    let second = "a shell would run or set what follows the value; put the value in single quotes";
    let end = scan.rest_of_line(second)?;
    if source[..end].ends_with(b"\r") && !source[spelled.end..end].contains(&b'#') {
        return Err(Error::syntax("a shell takes the CR before a line end into the value", end - 1));
    }
    Ok(Entry { name, spelled, value, end })
}

/// What stands in single quotes is the value.
fn single(scan: &mut Scan<'_>, value: &mut Vec<u8>) -> Result<(), Error> {
    let begin = scan.at + 1;
    let Some(length) = scan.source[begin..].iter().position(|byte| *byte == b'\'') else {
        return Err(Error::syntax("the quote that begins here does not end", scan.at));
    };
    value.extend_from_slice(&scan.source[begin..begin + length]);
    scan.at = begin + length + 1;
    Ok(())
}

/// In double quotes a backslash makes four characters literal, and joins lines.
fn double(scan: &mut Scan<'_>, value: &mut Vec<u8>) -> Result<(), Error> {
    let quote = scan.at;
    scan.at += 1;
    while let Some(byte) = scan.peek() {
        match (byte, scan.next()) {
            (b'"', _) => {
                scan.at += 1;
                return Ok(());
            }
            (b'$' | b'`', _) => return Err(expanded(scan.at)),
            (b'\\', Some(next @ (b'"' | b'\\' | b'$' | b'`'))) => {
                value.push(next);
                scan.at += 1;
            }
            (b'\\', Some(b'\n')) => scan.at += 1,
            _ => value.push(byte),
        }
        scan.at += 1;
    }
    Err(Error::syntax("the quote that begins here does not end", quote))
}

fn expanded(at: usize) -> Error {
    Error::syntax(
        "a shell would put something else here; put the value in single quotes to keep it as it is",
        at,
    )
}

/// Operators, patterns, braces, the tilde, controls: what a shell may take for more than a character.
fn is_special(byte: u8) -> bool {
    byte.is_ascii_control() || b";&|<>()*?[{~".contains(&byte)
}

pub(super) fn is_reserved(name: &[u8]) -> bool {
    RESERVED.iter().any(|reserved| reserved.as_bytes() == name)
}

/// The value in single quotes, outside of which a quote in it is.
pub(super) fn spell(value: &[u8]) -> Zeroizing<Vec<u8>> {
    if value.iter().all(|byte| is_harmless(*byte)) {
        return Zeroizing::new(value.to_vec());
    }
    let quotes = value.iter().filter(|byte| **byte == b'\'').count();
    let mut out = Zeroizing::new(Vec::with_capacity(value.len() + 3 * quotes + 2));
    out.push(b'\'');
    for byte in value {
        match byte {
            b'\'' => out.extend_from_slice(b"'\\''"),
            _ => out.push(*byte),
        }
    }
    out.push(b'\'');
    out
}
