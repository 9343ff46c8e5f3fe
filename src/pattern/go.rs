//! Go's regular expression syntax (RE2, package `regexp/syntax`, Perl flags), written for Rust's `regex`.
//!
//! Everything is spelled so that it cannot mean two things: literals that are not letters, digits or
//! `_` as `\x{..}`, classes of ASCII as their ranges, flags in full. Captures, names, lazy marks and the
//! flag `U` are left out: they do not change whether there is a match.
//!
//! Refused although Go takes it: a repetition that follows a lone flag group, as in `a(?i)*`.

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
        names: Vec::new(),
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
    names: Vec<&'p str>,
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
        let name = &name[..end];
        if self.names.contains(&name) {
            return Err(self.error("two groups have the same name"));
        }
        self.names.push(name);
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

    /// `[...]`.
    fn class(&mut self) -> Result<(), PatternError> {
        let opened = self.byte();
        self.rest = &self.rest[1..];
        let negated = self.rest.starts_with('^');
        self.rest = self.rest.strip_prefix('^').unwrap_or(self.rest);
        let mut items = String::new();
        let mut first = true;
        while first || !self.rest.starts_with(']') {
            first = false;
            if let Some(class) = self.posix_class()? {
                items.push_str(class);
            } else if let Some(class) = self.escaped_class()? {
                items.push_str(&class);
            } else {
                self.range(&mut items, opened)?;
            }
        }
        self.rest = &self.rest[1..];
        match (items.is_empty(), negated) {
            (true, false) => self.out.push_str(NEVER),
            (true, true) => self.out.push_str(r"[\x{0}-\x{10FFFF}]"),
            (false, false) => self.out.extend(["[", &items, "]"]),
            (false, true) => self.out.extend(["[^", &items, "]"]),
        }
        Ok(())
    }

    /// `[:name:]` inside a class.
    fn posix_class(&mut self) -> Result<Option<&'p str>, PatternError> {
        let Some((name, rest)) = self.rest.strip_prefix("[:").and_then(|inner| inner.split_once(":]")) else {
            return Ok(None);
        };
        match name.strip_prefix('^').unwrap_or(name) {
            "alnum" | "alpha" | "ascii" | "blank" | "cntrl" | "digit" | "graph" | "lower" | "print"
            | "punct" | "space" | "upper" | "word" | "xdigit" => {
                let class = &self.rest[..name.len() + 4];
                self.rest = rest;
                Ok(Some(class))
            }
            _ => Err(self.error("unknown class `[:...:]`")),
        }
    }

    /// One character or a range inside a class that was opened at byte `opened`.
    fn range(&mut self, items: &mut String, opened: usize) -> Result<(), PatternError> {
        let start = self.rest;
        let low = self.class_char(opened)?;
        let mut high = low;
        if self.rest.starts_with('-') && self.rest.len() > 1 && !self.rest.starts_with("-]") {
            self.rest = &self.rest[1..];
            high = self.class_char(opened)?;
            if high < low {
                let at = self.text.len() - start.len();
                return Err(self.error_at("a range that runs backwards", at));
            }
        }
        // Go lets surrogates stand in a class; no text has them.
        let low = if (0xd800..0xe000).contains(&low) { 0xe000 } else { low };
        let high = if (0xd800..0xe000).contains(&high) { 0xd7ff } else { high };
        if low <= high {
            let _ = write!(items, r"\x{{{low:x}}}-\x{{{high:x}}}");
        }
        Ok(())
    }

    fn class_char(&mut self, opened: usize) -> Result<u32, PatternError> {
        match self.rest.chars().next() {
            None => Err(self.error_at("a class opened here is never closed", opened)),
            Some('\\') => self.escaped_char(),
            Some(c) => {
                self.rest = &self.rest[c.len_utf8()..];
                Ok(c as u32)
            }
        }
    }

    /// `\d`, `\s`, `\w`, `\p{..}` and their opposites, in a form that may stand in a class.
    fn escaped_class(&mut self) -> Result<Option<String>, PatternError> {
        let class = match self.rest.as_bytes() {
            [b'\\', b'p' | b'P', ..] => return self.unicode_class().map(Some),
            [b'\\', b'd', ..] => "[0-9]",
            [b'\\', b'D', ..] => "[^0-9]",
            [b'\\', b's', ..] => r"[\t\n\f\r\x20]",
            [b'\\', b'S', ..] => r"[^\t\n\f\r\x20]",
            [b'\\', b'w', ..] => "[0-9A-Za-z_]",
            [b'\\', b'W', ..] => "[^0-9A-Za-z_]",
            _ => return Ok(None),
        };
        self.rest = &self.rest[2..];
        Ok(Some(class.to_owned()))
    }

    /// `\pN`, `\p{Name}`, `\p{^Name}` and their opposites.
    fn unicode_class(&mut self) -> Result<String, PatternError> {
        let unknown = "unknown Unicode class";
        let after = &self.rest[2..];
        let (name, rest) = match after.strip_prefix('{') {
            Some(inner) => {
                inner.split_once('}').ok_or_else(|| self.error("a Unicode class is never closed"))?
            }
            None => after.split_at(after.chars().next().map_or(0, char::len_utf8)),
        };
        let mut negated = self.rest.starts_with(r"\P");
        let bare = name.strip_prefix('^').inspect(|_| negated = !negated).unwrap_or(name);
        let plain = bare.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, ' ' | '_' | '-'));
        // Rust reads `isGreek` as `Greek`; Go does not.
        let prefixed = bare.get(..2).is_some_and(|start| start.eq_ignore_ascii_case("is"));
        let class = format!(r"\{}{{{bare}}}", if negated { 'P' } else { 'p' });
        if bare.is_empty() || !plain || prefixed || regex_syntax::parse(&class).is_err() {
            return Err(self.error(unknown));
        }
        self.rest = rest;
        Ok(class)
    }

    /// A backslash and what makes one character with it.
    fn escaped_char(&mut self) -> Result<u32, PatternError> {
        let bytes = &self.rest.as_bytes()[1..];
        let octal = |count: usize| bytes.iter().take(count).take_while(|b| matches!(b, b'0'..=b'7')).count();
        let (code, length) = match *bytes {
            [] => return Err(self.error("a backslash at the end")),
            [b'0', ..] | [b'1'..=b'7', b'0'..=b'7', ..] => {
                let digits = octal(3);
                (bytes[..digits].iter().fold(0, |n, b| n * 8 + u32::from(b - b'0')), digits)
            }
            [b'1'..=b'9', ..] => return Err(self.error("back-references are not supported")),
            [b'x', ..] => self.hex().ok_or_else(|| self.error(r"expected hex digits after `\x`"))?,
            [b'a', ..] => (7, 1),
            [b'f', ..] => (12, 1),
            [b'n', ..] => (10, 1),
            [b'r', ..] => (13, 1),
            [b't', ..] => (9, 1),
            [b'v', ..] => (11, 1),
            [byte, ..] if byte.is_ascii() && !byte.is_ascii_alphanumeric() => (u32::from(byte), 1),
            _ => return Err(self.error("unknown escape")),
        };
        self.rest = &self.rest[1 + length..];
        Ok(code)
    }

    /// The code of `\xFF` or `\x{10FFFF}` and its length without the backslash.
    fn hex(&self) -> Option<(u32, usize)> {
        let digits = &self.rest[2..];
        let (digits, around) = match digits.strip_prefix('{') {
            Some(inner) => (inner.split_once('}')?.0, 3),
            None => (digits.get(..2)?, 1),
        };
        if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_hexdigit()) {
            return None;
        }
        let significant = digits.trim_start_matches('0');
        let code = if significant.is_empty() { 0 } else { u32::from_str_radix(significant, 16).ok()? };
        (code <= 0x10_ffff).then_some((code, digits.len() + around))
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
