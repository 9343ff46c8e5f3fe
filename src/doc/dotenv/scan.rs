//! Reading the entries of ENV dialects byte by byte.

use super::super::error::Error;
use std::ops::Range;
use zeroize::Zeroizing;

/// One assignment, as a dialect reads it. All places are bytes of the source.
pub(super) struct Entry {
    /// Its name.
    pub(super) name: Range<usize>,
    /// The value as it is spelled, quotes included, without blanks and comments around it.
    pub(super) spelled: Range<usize>,
    /// The value that its reader sees.
    pub(super) value: Zeroizing<Vec<u8>>,
    /// The LF behind it, or the end of the source.
    pub(super) end: usize,
}

/// A place in a source.
pub(super) struct Scan<'s> {
    pub(super) source: &'s [u8],
    pub(super) at: usize,
}

/// What stands before a value.
pub(super) struct NameRules {
    /// Characters of names besides letters, digits and `_`, but not at their beginning.
    pub(super) more: &'static [u8],
    /// Whether blanks may stand around `=`.
    pub(super) blanks: bool,
}

impl<'s> Scan<'s> {
    pub(super) fn new(source: &'s [u8], at: usize) -> Self {
        Self { source, at }
    }

    pub(super) fn peek(&self) -> Option<u8> {
        self.source.get(self.at).copied()
    }

    pub(super) fn next(&self) -> Option<u8> {
        self.source.get(self.at + 1).copied()
    }

    /// The character that begins here; the source is UTF-8.
    pub(super) fn character(&self) -> Option<char> {
        let rest = &self.source[self.at..(self.at + 4).min(self.source.len())];
        rest.utf8_chunks().next().and_then(|chunk| chunk.valid().chars().next())
    }

    /// Passes over spaces and tabs, and says whether there were any.
    pub(super) fn blanks(&mut self) -> bool {
        let start = self.at;
        while matches!(self.peek(), Some(b' ' | b'\t')) {
            self.at += 1;
        }
        self.at > start
    }

    /// Whether the line ends here, with LF, CR LF or the source.
    pub(super) fn is_line_end(&self) -> bool {
        matches!((self.peek(), self.next()), (None | Some(b'\n'), _) | (Some(b'\r'), Some(b'\n')))
    }

    /// The LF that ends this line, or the end of the source.
    pub(super) fn line_end(&self) -> usize {
        line_end(self.source, self.at)
    }

    /// Reads `NAME=`, with `export` before it.
    pub(super) fn name(&mut self, rules: &NameRules) -> Result<Range<usize>, Error> {
        self.blanks();
        let mut name = self.word(rules.more)?;
        if &self.source[name.clone()] == b"export" && self.blanks() {
            name = self.word(rules.more)?;
        }
        let behind = self.at;
        let blanks = self.blanks();
        if self.peek() != Some(b'=') {
            return Err(match self.is_line_end() {
                true => Error::syntax(NO_EQUALS, name.start),
                false => Error::syntax("this character cannot be part of a name", behind),
            });
        }
        self.at += 1;
        let ahead = matches!(self.peek(), Some(b' ' | b'\t')) && !self.rest_is_empty();
        if !rules.blanks && (blanks || ahead) {
            return Err(Error::syntax("no blanks may stand around `=`", behind));
        }
        if rules.blanks {
            self.blanks();
        }
        Ok(name)
    }

    fn word(&mut self, more: &[u8]) -> Result<Range<usize>, Error> {
        let start = self.at;
        while let Some(byte) = self.peek()
            && (is_name_byte(byte, self.at == start) || (self.at > start && more.contains(&byte)))
        {
            self.at += 1;
        }
        match self.at > start {
            true => Ok(start..self.at),
            false => Err(Error::syntax("a name begins with a letter or `_`", start)),
        }
    }

    /// Whether nothing but blanks and a comment follow on this line.
    fn rest_is_empty(&self) -> bool {
        let mut ahead = Scan::new(self.source, self.at);
        ahead.blanks();
        ahead.is_line_end() || ahead.peek() == Some(b'#')
    }

    /// Reads what may follow a value: blanks, and behind them a comment. `second` says what is wrong with
    /// anything else.
    pub(super) fn rest_of_line(&mut self, second: &'static str) -> Result<usize, Error> {
        let blanks = self.blanks();
        if self.is_line_end() || (blanks && self.peek() == Some(b'#')) {
            let end = self.line_end();
            no_lone_cr(self.source, self.at, end)?;
            return Ok(end);
        }
        Err(Error::syntax(second, self.at))
    }
}

/// For a line that is nothing to its reader.
pub(super) const NO_EQUALS: &str = "a line has no `=` and is no comment";

/// The LF that ends the line of byte `at`, or the end of the source.
pub(super) fn line_end(source: &[u8], at: usize) -> usize {
    memchr::memchr(b'\n', &source[at..]).map_or(source.len(), |length| at + length)
}

/// Refuses a CR in the line from `at` to `end` that is no part of its end: some readers begin a new line.
pub(super) fn no_lone_cr(source: &[u8], at: usize, end: usize) -> Result<(), Error> {
    let line = &source[at..end];
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    match memchr::memchr(b'\r', line) {
        Some(cr) => Err(Error::syntax("a CR stands in the middle of a line", at + cr)),
        None => Ok(()),
    }
}

/// Whether `name` is what shells take for the name of a variable, `more` characters allowed.
pub(super) fn is_name(name: &[u8], more: &[u8]) -> bool {
    !name.is_empty()
        && name
            .iter()
            .enumerate()
            .all(|(at, byte)| is_name_byte(*byte, at == 0) || (at > 0 && more.contains(byte)))
}

fn is_name_byte(byte: u8, first: bool) -> bool {
    byte == b'_' || byte.is_ascii_alphabetic() || (!first && byte.is_ascii_digit())
}

/// Whether no reader sees anything special in `byte`.
pub(super) fn is_harmless(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"_-./:@%+,=".contains(&byte)
}
