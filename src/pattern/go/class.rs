//! Classes and escapes of Go's syntax.

use super::{NEVER, Translator};
use crate::pattern::PatternError;
use std::fmt::Write as _;

impl<'p> Translator<'p> {
    /// `[...]`.
    pub(super) fn class(&mut self) -> Result<(), PatternError> {
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
    pub(super) fn escaped_class(&mut self) -> Result<Option<String>, PatternError> {
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
    pub(super) fn escaped_char(&mut self) -> Result<u32, PatternError> {
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
