//! What can be wrong with a document, and where.
//!
//! Messages name positions and rules, never the content of a value: a document may hold secrets.

use thiserror::Error as ThisError;

/// A document that cannot be used, with the byte offset of the reason.
#[derive(Debug, Clone, PartialEq, Eq, ThisError)]
#[error("{kind}")]
pub struct Error {
    /// What is wrong.
    pub kind: ErrorKind,
    /// Byte offset in the source text.
    pub at: usize,
}

impl Error {
    /// An error of `kind` at byte `at`.
    #[must_use]
    pub fn new(kind: ErrorKind, at: usize) -> Self {
        Self { kind, at }
    }

    /// A syntax error at byte `at`; `message` must not quote values.
    #[must_use]
    pub fn syntax(message: impl Into<String>, at: usize) -> Self {
        Self::new(ErrorKind::Syntax(message.into()), at)
    }
}

/// The kinds of trouble; the caller maps them to exit codes.
#[derive(Debug, Clone, PartialEq, Eq, ThisError)]
pub enum ErrorKind {
    /// Not text of the format.
    #[error("{0}")]
    Syntax(String),
    /// The text is not UTF-8 where the format demands it.
    #[error("the text is not UTF-8")]
    NotUtf8,
    /// There is no document at all (an empty YAML file).
    #[error("the file is empty; it must contain at least one document")]
    NoDocument,
    /// The top level is not a map.
    #[error("the top level is {0}, not a map")]
    TopLevel(&'static str),
    /// The same key twice in one map.
    #[error("the key `{0}` appears twice in one map")]
    DuplicateKey(String),
    /// A key that is not a string.
    #[error("a key is {0}; only string keys can be used")]
    NonStringKey(&'static str),
    /// An integer outside the signed 64-bit range.
    #[error("an integer is outside the signed 64-bit range; quote it to keep it as text")]
    IntegerRange,
    /// A number that no double can hold.
    #[error("a number is too large for a double")]
    NumberRange,
    /// The document cannot be written in the asked-for format.
    #[error("{0}")]
    Inexpressible(String),
    /// A limit of [`super::Limits`] is exceeded.
    #[error("{what} exceeds the limit of {limit}")]
    Limit {
        /// What was counted.
        what: &'static str,
        /// The limit.
        limit: usize,
    },
}

/// A place people can find: line and column from 1, the column in characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Position {
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
}

impl Position {
    /// Line and column of byte `at` in `source`. Lines end with LF, CR LF or CR.
    #[must_use]
    pub fn of(source: &[u8], at: usize) -> Self {
        let before = &source[..at.min(source.len())];
        let mut line = 1;
        let mut start = 0;
        for (i, byte) in before.iter().enumerate() {
            let ends = match byte {
                b'\n' => true,
                b'\r' => source.get(i + 1) != Some(&b'\n'),
                _ => false,
            };
            if ends {
                line += 1;
                start = i + 1;
            }
        }
        let bom = if start == 0 && before.starts_with(b"\xef\xbb\xbf") { 3 } else { 0 };
        let column = before[start + bom..].iter().filter(|b| (**b & 0xc0) != 0x80).count() + 1;
        Self { line, column }
    }
}

#[cfg(test)]
mod tests {
    use super::Position;

    #[test]
    fn positions_count_lines_and_characters() {
        let text = "a: 1\r\nb: ä2\n".as_bytes();
        assert_eq!(Position::of(text, 0), Position { line: 1, column: 1 });
        assert_eq!(Position::of(text, 6), Position { line: 2, column: 1 });
        assert_eq!(Position::of(text, 11), Position { line: 2, column: 5 });
        assert_eq!(Position::of(text, 99), Position { line: 3, column: 1 });
    }
}
