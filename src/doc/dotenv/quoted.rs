//! Dotenv libraries and Compose: values in single quotes, in double quotes with escapes, or as they stand.
//!
//! There are several readers of each, which differ. An entry is read here only if all of them see the same
//! value; else it is refused with what to write instead.

use super::super::error::Error;
use super::dialect::Unspellable;
use super::scan::{Entry, NameRules, Scan, is_harmless};
use zeroize::Zeroizing;

/// What the readers of a dialect agree on.
pub(super) struct Readers {
    /// How names look.
    pub(super) names: NameRules,
    /// Whether a value without quotes may have blanks inside.
    spaces: bool,
    /// Whether `\'` in single quotes is a quote.
    escaped_quote: bool,
    /// Characters behind a backslash in double quotes, and what they become.
    escapes: &'static [(u8, u8)],
}

/// python-dotenv, dotenv of Node, dotenvy of Rust.
pub(super) const LIBRARIES: Readers = Readers {
    names: NameRules { more: b".", blanks: true },
    spaces: false,
    escaped_quote: false,
    escapes: &[(b'n', b'\n')],
};

/// docker-compose 1.29, without what the documentation of Compose 2 says otherwise.
pub(super) const COMPOSE: Readers = Readers {
    names: NameRules { more: b".-", blanks: true },
    spaces: true,
    escaped_quote: true,
    escapes: &[(b'n', b'\n'), (b'r', b'\r'), (b't', b'\t'), (b'"', b'"'), (b'\\', b'\\')],
};

const SECOND: &str = "something follows the closing quote";

impl Readers {
    pub(super) fn entry(&self, source: &[u8], at: usize) -> Result<Entry, Error> {
        let mut scan = Scan::new(source, at);
        let name = scan.name(&self.names)?;
        let begin = scan.at;
        let mut value = Zeroizing::new(Vec::with_capacity(scan.line_end() - begin));
        match scan.peek() {
            Some(b'\'') => self.single(&mut scan, &mut value)?,
            Some(b'"') => self.double(&mut scan, &mut value)?,
            _ => self.bare(&mut scan, &mut value)?,
        }
        if has_reference(&value) {
            let message = "`${…}` is replaced by some readers, whatever the quotes";
            return Err(Error::syntax(message, begin));
        }
        let spelled = begin..scan.at;
        let end = scan.rest_of_line(SECOND)?;
        self.check_rest(source, spelled.end, end)?;
        Ok(Entry { name, spelled, value, end })
    }

    /// What dotenvy reads otherwise: quotes in a comment behind a value.
    fn check_rest(&self, source: &[u8], from: usize, end: usize) -> Result<(), Error> {
        let rest = &source[from..end];
        if self.spaces {
            return Ok(());
        }
        match rest.iter().position(|byte| matches!(byte, b'\'' | b'"' | b'\\')) {
            Some(quote) => Err(Error::syntax(
                "some dotenv libraries read quotes in a comment; put the comment on a line of its own",
                from + quote,
            )),
            None => Ok(()),
        }
    }

    /// A value without quotes: what ends it for one reader and not for another is refused.
    fn bare(&self, scan: &mut Scan<'_>, value: &mut Vec<u8>) -> Result<(), Error> {
        let begin = scan.at;
        while !scan.is_line_end() {
            let stop = scan.at;
            if scan.blanks() {
                if scan.is_line_end() || (scan.peek() == Some(b'#') && !value.is_empty()) {
                    scan.at = stop;
                    return Ok(());
                }
                if !self.spaces {
                    let message =
                        "some dotenv libraries refuse blanks in a value without quotes; put it in quotes";
                    return Err(Error::syntax(message, stop));
                }
                value.extend_from_slice(&scan.source[stop..scan.at]);
            }
            let Some(c) = scan.character() else { break };
            match c {
                '$' => return Err(expanded(scan.at)),
                '#' if !self.spaces || scan.at == begin => {
                    return Err(Error::syntax(
                        "some readers take `#` for a comment here; put the value in quotes",
                        scan.at,
                    ));
                }
                '\'' | '"' | '`' | '\\' => {
                    let message =
                        "readers differ on this character in a value without quotes; put the value in quotes";
                    return Err(Error::syntax(message, scan.at));
                }
                '\u{feff}' => return Err(blank(scan.at)),
                c if c.is_control() || c.is_whitespace() => return Err(blank(scan.at)),
                c => {
                    value.extend_from_slice(&scan.source[scan.at..scan.at + c.len_utf8()]);
                    scan.at += c.len_utf8();
                }
            }
        }
        Ok(())
    }

    fn single(&self, scan: &mut Scan<'_>, value: &mut Vec<u8>) -> Result<(), Error> {
        let quote = scan.at;
        scan.at += 1;
        while let Some(byte) = scan.peek() {
            match (byte, scan.next()) {
                (b'\'', _) => {
                    scan.at += 1;
                    return Ok(());
                }
                (b'\r', _) => return Err(cr(scan.at)),
                (b'\\', Some(b'\'')) if self.escaped_quote => {
                    value.push(b'\'');
                    scan.at += 1;
                }
                (b'\\', Some(b'\'' | b'\\')) => {
                    let message = "readers differ on this backslash in single quotes";
                    return Err(Error::syntax(message, scan.at));
                }
                _ => value.push(byte),
            }
            scan.at += 1;
        }
        Err(Error::syntax("the quote that begins here does not end", quote))
    }

    fn double(&self, scan: &mut Scan<'_>, value: &mut Vec<u8>) -> Result<(), Error> {
        let quote = scan.at;
        scan.at += 1;
        while let Some(byte) = scan.peek() {
            match byte {
                b'"' => {
                    scan.at += 1;
                    return Ok(());
                }
                b'\r' => return Err(cr(scan.at)),
                b'$' => return Err(expanded(scan.at)),
                b'\\' => {
                    let known = self.escapes.iter().find(|(escape, _)| Some(*escape) == scan.next());
                    let Some((_, byte)) = known else {
                        let message =
                            "readers differ on this backslash in double quotes; single quotes keep it";
                        return Err(Error::syntax(message, scan.at));
                    };
                    value.push(*byte);
                    scan.at += 1;
                    // python-dotenv looks for the end before it looks at escapes.
                    if *byte == b'\\' && scan.next() == Some(b'"') {
                        let message =
                            "some readers take the quote behind this backslash for a part of the value";
                        return Err(Error::syntax(message, scan.at));
                    }
                }
                _ => value.push(byte),
            }
            scan.at += 1;
        }
        Err(Error::syntax("the quote that begins here does not end", quote))
    }

    /// The spelling that all readers agree on: without quotes, in single ones, in double ones.
    pub(super) fn spell(&self, value: &[u8]) -> Result<Zeroizing<Vec<u8>>, Unspellable> {
        let text = std::str::from_utf8(value).map_err(|_bytes| Unspellable::NotUtf8)?;
        if has_reference(value) {
            return Err(Unspellable::NoSpelling);
        }
        if value.iter().all(|byte| is_harmless(*byte)) {
            return Ok(Zeroizing::new(value.to_vec()));
        }
        let quoted = |quote: u8, escape: &dyn Fn(u8) -> Option<u8>| {
            let escapes = value.iter().filter(|byte| escape(**byte).is_some()).count();
            let mut out = Zeroizing::new(Vec::with_capacity(value.len() + escapes + 2));
            out.push(quote);
            for byte in value {
                match escape(*byte) {
                    Some(escaped) => out.extend([b'\\', escaped]),
                    None => out.push(*byte),
                }
            }
            out.push(quote);
            out
        };
        let single = !text.contains("\\\\")
            && !text.ends_with('\\')
            && !text.contains('\r')
            && (!text.contains('\'') || (self.escaped_quote && !text.contains("\\'")));
        if single {
            return Ok(quoted(b'\'', &|byte| (byte == b'\'').then_some(b'\'')));
        }
        // What needs an escape that the readers do not share. A shell runs what stands in backticks.
        let escaped =
            |byte: u8| self.escapes.iter().find(|(_, becomes)| *becomes == byte).map(|(escape, _)| *escape);
        let lacks = |byte: u8| matches!(byte, b'"' | b'\\' | b'\r') && escaped(byte).is_none();
        if text.ends_with('\\') || value.iter().any(|byte| matches!(byte, b'$' | b'`') || lacks(*byte)) {
            return Err(Unspellable::NoSpelling);
        }
        Ok(quoted(b'"', &|byte| escaped(byte).filter(|_| matches!(byte, b'"' | b'\\' | b'\r'))))
    }
}

fn expanded(at: usize) -> Error {
    Error::syntax(
        "`$` is replaced by the value of a variable; put the value in single quotes to keep it as it is",
        at,
    )
}

fn blank(at: usize) -> Error {
    Error::syntax("some readers take this character for a blank; put the value in quotes", at)
}

fn cr(at: usize) -> Error {
    Error::syntax("some readers turn a CR in quotes into a line end", at)
}

/// Whether there is a `${` and a `}` somewhere behind it.
fn has_reference(value: &[u8]) -> bool {
    let begin = value.windows(2).position(|pair| pair == b"${");
    begin.is_some_and(|at| value[at..].contains(&b'}'))
}
