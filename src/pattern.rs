//! Regular expressions as SOPS means them: RE2 syntax, searched, case-sensitive.
//!
//! `.sops.yaml` and the metadata of files hold patterns written for Go. `go` reads that syntax and
//! writes what Rust's engine takes; the few shapes that most rules have need no engine at all.

mod glob;
mod go;

pub use glob::globs;

use std::borrow::Cow;

/// The largest pattern, in bytes.
const MAX_PATTERN: usize = 64 * 1024;
/// The largest compiled pattern, in bytes.
const MAX_COMPILED: usize = 10 << 20;

/// A compiled pattern.
#[derive(Debug, Clone)]
pub struct Pattern(Matcher);

#[derive(Debug, Clone)]
enum Matcher {
    Literals(Vec<Literal>),
    Engine(regex::Regex),
}

/// A text to look for, perhaps tied to the start or the end.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Literal {
    text: String,
    at_start: bool,
    at_end: bool,
}

/// Why a text is not a pattern.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct PatternError {
    /// What is wrong, without the pattern's text.
    pub message: &'static str,
    /// Where, in characters from 0.
    pub at: usize,
}

impl Pattern {
    /// Compiles `text`.
    ///
    /// # Errors
    /// The text is not a pattern of RE2, or too large.
    pub fn new(text: &str) -> Result<Self, PatternError> {
        if text.len() > MAX_PATTERN {
            return Err(PatternError { message: "the pattern is longer than 64 KiB", at: 0 });
        }
        if let Some(literals) = literals(text) {
            return Ok(Self(Matcher::Literals(literals)));
        }
        let engine = regex::RegexBuilder::new(&go::translate(text)?)
            .size_limit(MAX_COMPILED)
            .nest_limit(go::MAX_GROUPS * 5)
            .build()
            .ok()
            .ok_or(PatternError { message: "the pattern is too large when compiled", at: 0 })?;
        Ok(Self(Matcher::Engine(engine)))
    }

    /// Whether the pattern is found in `text`. A byte that is not UTF-8 counts as U+FFFD, as in Go.
    #[must_use]
    pub fn is_match(&self, text: &[u8]) -> bool {
        match &self.0 {
            Matcher::Literals(list) => list.iter().any(|literal| literal.is_in(text)),
            Matcher::Engine(engine) => engine.is_match(&decode(text)),
        }
    }
}

impl Literal {
    fn is_in(&self, text: &[u8]) -> bool {
        let wanted = self.text.as_bytes();
        match (self.at_start, self.at_end) {
            (true, true) => text == wanted,
            (true, false) => text.starts_with(wanted),
            (false, true) => text.ends_with(wanted),
            (false, false) => wanted.is_empty() || text.windows(wanted.len()).any(|window| window == wanted),
        }
    }
}

/// The text with one U+FFFD for every byte that is not part of a character.
fn decode(text: &[u8]) -> Cow<'_, str> {
    if let Ok(text) = std::str::from_utf8(text) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 8);
    for chunk in text.utf8_chunks() {
        out.push_str(chunk.valid());
        out.extend(chunk.invalid().iter().map(|_| char::REPLACEMENT_CHARACTER));
    }
    Cow::Owned(out)
}

/// Reads alternatives of plain text: `a`, `^a`, `a$|^b$`, `^(a|b)$`, `^(?:a|b)`. `None` for all else.
fn literals(pattern: &str) -> Option<Vec<Literal>> {
    let (at_start, inner) = cut_start(pattern);
    let (at_end, inner) = cut_end(inner);
    let group = inner.strip_prefix("(?:").or_else(|| inner.strip_prefix('('));
    match group.and_then(|inner| inner.strip_suffix(')')) {
        Some(group) => {
            group.split('|').map(|text| Some(Literal { text: plain(text)?, at_start, at_end })).collect()
        }
        None => pattern
            .split('|')
            .map(|part| {
                let (at_start, part) = cut_start(part);
                let (at_end, part) = cut_end(part);
                Some(Literal { text: plain(part)?, at_start, at_end })
            })
            .collect(),
    }
}

fn cut_start(text: &str) -> (bool, &str) {
    text.strip_prefix('^').map_or((false, text), |rest| (true, rest))
}

fn cut_end(text: &str) -> (bool, &str) {
    text.strip_suffix('$').filter(|rest| !rest.ends_with('\\')).map_or((false, text), |rest| (true, rest))
}

/// The characters that `text` stands for, if it has no operator.
fn plain(text: &str) -> Option<String> {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => out.push(chars.next().filter(char::is_ascii_punctuation)?),
            '.' | '^' | '$' | '|' | '(' | ')' | '[' | '{' | '*' | '+' | '?' => return None,
            // A search of bytes would find it only where it is spelled out.
            char::REPLACEMENT_CHARACTER => return None,
            c => out.push(c),
        }
    }
    Some(out)
}

#[cfg(test)]
mod tests;
