//! Go's regular expression syntax (RE2, package `regexp/syntax`, Perl flags), written for Rust's `regex`.
//!
//! Everything is spelled so that it cannot mean two things: literals that are not letters, digits or
//! `_` as `\x{..}`, classes of ASCII as their ranges, flags in full. Captures, names, lazy marks and the
//! flag `U` are left out: they do not change whether there is a match.
//!
//! Refused although Go takes it: a repetition that follows a lone flag group or an empty quotation after
//! another repetition, as in `a(?i)*` and `a*\Q\E*`.

mod class;

use super::PatternError;
use std::fmt::Write as _;

/// The deepest nesting of groups.
pub(super) const MAX_GROUPS: u32 = 200;
/// The largest count in `{n,m}`, and the largest product of nested counts.
const MAX_REPEAT: u32 = 1000;
/// A class that no character is in.
const NEVER: &str = r"[^\x{0}-\x{10FFFF}]";

/// Writes the Go pattern `text` in Rust's syntax.
///
/// # Errors
/// Go refuses the pattern.
pub(super) fn translate(text: &str) -> Result<String, PatternError> {
    let mut translator = Translator {
        text,
        rest: text,
        out: String::with_capacity(text.len() * 2),
        group: Group::default(),
        outer: Vec::new(),
    };
    translator.pattern()?;
    Ok(translator.out)
}

struct Translator<'p> {
    text: &'p str,
    rest: &'p str,
    out: String,
    group: Group,
    outer: Vec<Group>,
}

/// The innermost open group, or the whole pattern.
#[derive(Default)]
struct Group {
    /// Where it was opened, in bytes.
    opened: usize,
    flags: Flags,
    last: Last,
    /// The largest product of counts inside, without [`Group::last`].
    repeats: u32,
}

#[derive(Default, Clone, Copy)]
struct Flags {
    fold_case: bool,
    multi_line: bool,
    dot_newline: bool,
}

/// What a repetition operator would apply to.
#[derive(Default, Clone, Copy)]
enum Last {
    #[default]
    Nothing,
    /// Something with this product of counts inside.
    Atom(u32),
    Repeated(u32),
}

impl<'p> Translator<'p> {
    fn pattern(&mut self) -> Result<(), PatternError> {
        while let Some(c) = self.rest.chars().next() {
            match c {
                '(' => self.open()?,
                ')' => self.close()?,
                '|' => {
                    self.settle(Last::Nothing);
                    self.copy(1);
                }
                '^' | '$' | '.' => {
                    self.settle(Last::Atom(1));
                    self.copy(1);
                }
                '[' => {
                    self.settle(Last::Atom(1));
                    self.class()?;
                }
                '*' | '+' | '?' => self.repeat(1, 1)?,
                '{' => self.counted()?,
                '\\' => self.escape()?,
                c => {
                    self.rest = &self.rest[c.len_utf8()..];
                    self.literal(c as u32);
                }
            }
        }
        if self.outer.is_empty() {
            Ok(())
        } else {
            Err(self.error_at("a group opened here is never closed", self.group.opened))
        }
    }

    fn error_at(&self, message: &'static str, byte: usize) -> PatternError {
        PatternError { message, at: self.text[..byte].chars().count() }
    }

    fn error(&self, message: &'static str) -> PatternError {
        self.error_at(message, self.byte())
    }

    fn byte(&self) -> usize {
        self.text.len() - self.rest.len()
    }

    /// Moves `bytes` of ASCII from the input to the output.
    fn copy(&mut self, bytes: usize) {
        self.out.push_str(&self.rest[..bytes]);
        self.rest = &self.rest[bytes..];
    }

    fn settle(&mut self, next: Last) {
        if let Last::Atom(repeats) | Last::Repeated(repeats) = self.group.last {
            self.group.repeats = self.group.repeats.max(repeats);
        }
        self.group.last = next;
    }

    fn literal(&mut self, code: u32) {
        self.settle(Last::Atom(1));
        match char::from_u32(code) {
            Some(c) => push_char(&mut self.out, c),
            None => self.out.push_str(NEVER),
        }
    }

    fn open(&mut self) -> Result<(), PatternError> {
        let opened = self.byte();
        let mut flags = self.group.flags;
        if self.rest.starts_with("(?P<") || self.rest.starts_with("(?<") {
            self.name()?;
        } else if self.rest.starts_with("(?") {
            let end;
            (flags, end) = self.flags()?;
            let alone = self.rest[end..].starts_with(')');
            self.rest = &self.rest[end + 1..];
            if alone {
                self.settle(Last::Nothing);
                self.group.flags = flags;
                let _ = write!(self.out, "(?{flags})");
                return Ok(());
            }
        } else {
            self.rest = &self.rest[1..];
        }
        if self.outer.len() >= MAX_GROUPS as usize {
            return Err(self.error_at("groups are nested too deeply", opened));
        }
        self.settle(Last::Nothing);
        let _ = write!(self.out, "(?{flags}:");
        let inner = Group { opened, flags, last: Last::Nothing, repeats: 1 };
        self.outer.push(std::mem::replace(&mut self.group, inner));
        Ok(())
    }

    /// Skips `(?P<name>` or `(?<name>`.
    fn name(&mut self) -> Result<(), PatternError> {
        let (start, _) = self.rest.split_once('<').unwrap_or(("", ""));
        let name = &self.rest[start.len() + 1..];
        let end = name.find('>').ok_or_else(|| self.error("the name of a group is never closed"))?;
        let valid = end > 0 && name[..end].chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        if !valid {
            return Err(self.error("the name of a group must be letters, digits and `_`"));
        }
        self.rest = &self.rest[start.len() + end + 2..];
        Ok(())
    }

    /// The flags after `(?` and the distance of the closing `)` or `:`.
    fn flags(&self) -> Result<(Flags, usize), PatternError> {
        let mut flags = self.group.flags;
        let (mut value, mut seen) = (true, true);
        for (i, c) in self.rest.char_indices().skip(2) {
            match c {
                'i' => flags.fold_case = value,
                'm' => flags.multi_line = value,
                's' => flags.dot_newline = value,
                'U' => {}
                '-' if value => (value, seen) = (false, false),
                ')' | ':' if seen => return Ok((flags, i)),
                _ => return Err(self.error("unknown group `(?...`; look-around is not supported")),
            }
            seen |= c != '-';
        }
        Err(self.error("a group opened here is never closed"))
    }

    fn close(&mut self) -> Result<(), PatternError> {
        self.settle(Last::Nothing);
        let outer = self.outer.pop().ok_or_else(|| self.error("`)` without a group to close"))?;
        let inner = std::mem::replace(&mut self.group, outer);
        self.settle(Last::Atom(inner.repeats));
        self.copy(1);
        Ok(())
    }

    /// `*`, `+`, `?` or a count of `length` bytes that multiplies what is before by `count`.
    fn repeat(&mut self, length: usize, count: u32) -> Result<(), PatternError> {
        let product = match self.group.last {
            Last::Nothing => return Err(self.error("nothing to repeat")),
            Last::Repeated(_) => return Err(self.error("a repetition cannot be repeated")),
            Last::Atom(_) if count == 0 => 0,
            Last::Atom(inside) => inside.saturating_mul(count),
        };
        if product > MAX_REPEAT {
            return Err(self.error("repeated more than 1000 times"));
        }
        self.group.last = Last::Repeated(product);
        self.copy(length);
        self.rest = self.rest.strip_prefix('?').unwrap_or(self.rest);
        Ok(())
    }

    /// `{n}`, `{n,}` or `{n,m}`; any other brace is a literal.
    fn counted(&mut self) -> Result<(), PatternError> {
        let Some((inside, _)) = self.rest[1..].split_once('}') else { return self.brace() };
        let length = inside.len() + 2;
        let (min, max) = match inside.split_once(',') {
            Some((min, "")) => (number(min), Some(None)),
            Some((min, max)) => (number(min), number(max).map(Some)),
            None => (number(inside), number(inside).map(Some)),
        };
        let (Some(min), Some(max)) = (min, max) else { return self.brace() };
        if min > MAX_REPEAT || max.is_some_and(|max| max > MAX_REPEAT) {
            return Err(self.error("repeated more than 1000 times"));
        }
        if max.is_some_and(|max| max < min) {
            return Err(self.error("the smaller count must come first"));
        }
        let count = match max {
            Some(max) => max,
            None => min.max(1),
        };
        self.repeat(length, count)
    }

    fn brace(&mut self) -> Result<(), PatternError> {
        self.rest = &self.rest[1..];
        self.literal(u32::from(b'{'));
        Ok(())
    }

    /// A backslash outside a class.
    fn escape(&mut self) -> Result<(), PatternError> {
        let assertion = match self.rest.as_bytes().get(1) {
            Some(b'A') => r"\A",
            Some(b'z') => r"\z",
            Some(b'b') => r"(?-u:\b)",
            Some(b'B') => r"(?-u:\B)",
            Some(b'Q') => {
                let quoted = &self.rest[2..];
                let (text, rest) = quoted.split_once(r"\E").unwrap_or((quoted, ""));
                text.chars().for_each(|c| self.literal(c as u32));
                self.rest = rest;
                return Ok(());
            }
            _ => "",
        };
        if !assertion.is_empty() {
            self.settle(Last::Atom(1));
            self.out.push_str(assertion);
            self.rest = &self.rest[2..];
            return Ok(());
        }
        if let Some(class) = self.escaped_class()? {
            self.settle(Last::Atom(1));
            self.out.push_str(&class);
            return Ok(());
        }
        let code = self.escaped_char()?;
        self.literal(code);
        Ok(())
    }
}

/// All flags, as `i-ms`.
impl std::fmt::Display for Flags {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let all = [('i', self.fold_case), ('m', self.multi_line), ('s', self.dot_newline)];
        let named = |wanted: bool| all.iter().filter(move |flag| flag.1 == wanted).map(|flag| flag.0);
        named(true).try_for_each(|c| write!(f, "{c}"))?;
        if all.iter().any(|flag| !flag.1) {
            f.write_str("-")?;
        }
        named(false).try_for_each(|c| write!(f, "{c}"))
    }
}

fn push_char(out: &mut String, c: char) {
    if c == '_' || c.is_ascii_alphanumeric() || !c.is_ascii() {
        out.push(c);
    } else {
        let _ = write!(out, r"\x{{{:x}}}", c as u32);
    }
}

/// A count without leading zeros; too many digits saturate.
fn number(text: &str) -> Option<u32> {
    let canonical = text == "0" || !text.starts_with('0');
    let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    (canonical && digits).then(|| text.parse().unwrap_or(u32::MAX))
}
