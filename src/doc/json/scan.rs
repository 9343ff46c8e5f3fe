//! The scanner: RFC 8259 text to a tree, without recursion.

use crate::doc::error::{Error, ErrorKind};
use crate::doc::limits::Limits;
use crate::doc::tree::{Flags, Kind, Name, Span, Style, Tree, TreeBuilder};
use crate::doc::value::{Text, Value};
use zeroize::Zeroizing;

struct Scanner<'s> {
    source: &'s [u8],
    at: usize,
}

/// Parses a whole JSON text whose top level is an object.
pub(super) fn parse<'s>(source: &'s [u8], limits: &Limits) -> Result<Tree<'s>, Error> {
    let mut builder = TreeBuilder::new(source, limits)?;
    if let Err(error) = std::str::from_utf8(source) {
        return Err(Error::new(ErrorKind::NotUtf8, error.valid_up_to()));
    }
    let start = if source.starts_with(b"\xef\xbb\xbf") { 3 } else { 0 };
    let mut s = Scanner { source, at: start };
    s.skip_space();
    match s.peek() {
        Some(b'{') => {}
        Some(b'[') => return Err(Error::new(ErrorKind::TopLevel("a list"), s.at)),
        Some(b'"' | b'-' | b'0'..=b'9' | b't' | b'f' | b'n') => {
            return Err(Error::new(ErrorKind::TopLevel("a scalar"), s.at));
        }
        _ => return Err(Error::syntax("expected `{`", s.at)),
    }
    builder.document(Span::new(s.at, s.at))?;
    s.at += 1;
    s.members(&mut builder)?;
    s.skip_space();
    match s.peek() {
        None => Ok(builder.finish()),
        Some(_) => Err(Error::syntax("expected the end of the text after the top-level object", s.at)),
    }
}

impl<'s> Scanner<'s> {
    fn peek(&self) -> Option<u8> {
        self.source.get(self.at).copied()
    }

    fn skip_space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    /// Everything after the `{` of the top level up to and with its `}`.
    fn members(&mut self, builder: &mut TreeBuilder<'s>) -> Result<(), Error> {
        // What is open inside the top-level object: true for an object.
        let mut open = vec![true];
        let mut first = true;
        while let Some(in_object) = open.last().copied() {
            self.skip_space();
            let closer = if in_object { b'}' } else { b']' };
            if self.peek() == Some(closer) {
                self.at += 1;
                builder.close(self.at);
                open.pop();
                first = false;
                continue;
            }
            if !first {
                if self.peek() != Some(b',') {
                    let wanted = if in_object { "expected `,` or `}`" } else { "expected `,` or `]`" };
                    return Err(Error::syntax(wanted, self.at));
                }
                self.at += 1;
                self.skip_space();
            }
            let (name, flags) = if in_object {
                let key = self.key()?;
                let metadata = open.len() == 1 && *key == *b"sops";
                (Name::Key(key), if metadata { Flags::METADATA } else { Flags::default() })
            } else {
                (builder.next_index(), Flags::default())
            };
            first = self.value(builder, name, flags, &mut open)?;
        }
        Ok(())
    }

    fn key(&mut self) -> Result<Text<'s>, Error> {
        if self.peek() != Some(b'"') {
            return Err(Error::syntax("expected a key in double quotes", self.at));
        }
        let key = self.string()?;
        self.skip_space();
        if self.peek() != Some(b':') {
            return Err(Error::syntax("expected `:`", self.at));
        }
        self.at += 1;
        self.skip_space();
        Ok(key)
    }

    /// Reads a value; true if it opened a container.
    fn value(
        &mut self,
        builder: &mut TreeBuilder<'s>,
        name: Name<'s>,
        flags: Flags,
        open: &mut Vec<bool>,
    ) -> Result<bool, Error> {
        let start = self.at;
        let (value, style) = match self.peek() {
            Some(b @ (b'{' | b'[')) => {
                let kind = if b == b'{' { Kind::Map } else { Kind::List };
                builder.open(name, kind, Span::new(start, start), flags)?;
                self.at += 1;
                open.push(b == b'{');
                return Ok(true);
            }
            Some(b'"') => (Value::Str(self.string()?), Style::Double),
            Some(b'-' | b'0'..=b'9') => (self.number()?, Style::Plain),
            Some(b't') => (self.word("true", Value::Bool(true))?, Style::Plain),
            Some(b'f') => (self.word("false", Value::Bool(false))?, Style::Plain),
            Some(b'n') => (self.word("null", Value::Null)?, Style::Plain),
            _ => return Err(Error::syntax("expected a value", start)),
        };
        builder.leaf(name, value, Span::new(start, self.at), style, flags)?;
        Ok(false)
    }

    fn word(&mut self, word: &str, value: Value<'s>) -> Result<Value<'s>, Error> {
        if !self.source[self.at..].starts_with(word.as_bytes()) {
            return Err(Error::syntax("expected a value", self.at));
        }
        self.at += word.len();
        Ok(value)
    }

    fn digits(&mut self) -> Result<(), Error> {
        if !matches!(self.peek(), Some(b'0'..=b'9')) {
            return Err(Error::syntax("expected a digit", self.at));
        }
        while matches!(self.peek(), Some(b'0'..=b'9')) {
            self.at += 1;
        }
        Ok(())
    }

    fn number(&mut self) -> Result<Value<'s>, Error> {
        let start = self.at;
        if self.peek() == Some(b'-') {
            self.at += 1;
        }
        if self.peek() == Some(b'0') {
            self.at += 1;
            if matches!(self.peek(), Some(b'0'..=b'9')) {
                return Err(Error::syntax("a number has a leading zero", self.at));
            }
        } else {
            self.digits()?;
        }
        let mut integer = true;
        if self.peek() == Some(b'.') {
            integer = false;
            self.at += 1;
            self.digits()?;
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            integer = false;
            self.at += 1;
            if matches!(self.peek(), Some(b'+' | b'-')) {
                self.at += 1;
            }
            self.digits()?;
        }
        let text = std::str::from_utf8(&self.source[start..self.at]).unwrap_or_default();
        if integer
            && text != "-0"
            && let Ok(number) = text.parse()
        {
            return Ok(Value::Int(number));
        }
        match text.parse::<f64>() {
            Ok(number) if number.is_finite() => Ok(Value::Float(number)),
            _ => Err(Error::new(ErrorKind::NumberRange, start)),
        }
    }

    /// Reads a string from its opening to its closing quote.
    fn string(&mut self) -> Result<Text<'s>, Error> {
        let opening = self.at;
        let start = opening + 1;
        let rest = &self.source[start..];
        let run = &rest[..memchr::memchr2(b'"', b'\\', rest).unwrap_or(rest.len())];
        self.at = start + run.len();
        // The smallest byte is found many at once, the first that is too small is not.
        if run.iter().copied().fold(u8::MAX, u8::min) < b' ' {
            self.at = start + run.iter().take_while(|byte| **byte >= b' ').count();
            return Err(self.raw_control());
        }
        match self.peek() {
            Some(b'"') => {
                self.at += 1;
                return Ok(Text::Borrowed(run));
            }
            Some(_) => {}
            None => return Err(Error::syntax("a string is never closed", opening)),
        }
        let mut out = Zeroizing::new(Vec::with_capacity(self.rest_of_string(opening)?));
        out.extend_from_slice(&self.source[start..self.at]);
        loop {
            match self.peek() {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(Text::Owned(out));
                }
                Some(b'\\') => self.escape(&mut out)?,
                Some(0..=0x1f) => return Err(self.raw_control()),
                Some(byte) => {
                    out.push(byte);
                    self.at += 1;
                }
                None => return Err(Error::syntax("a string is never closed", opening)),
            }
        }
    }

    fn raw_control(&self) -> Error {
        Error::syntax("a control character in a string must be escaped", self.at)
    }

    /// An upper bound of the string's length, so that its buffer never grows.
    fn rest_of_string(&self, opening: usize) -> Result<usize, Error> {
        let mut at = self.at;
        while let Some(byte) = self.source.get(at) {
            match byte {
                b'"' => return Ok(at - opening),
                b'\\' => at += 2,
                _ => at += 1,
            }
        }
        Err(Error::syntax("a string is never closed", opening))
    }

    fn escape(&mut self, out: &mut Vec<u8>) -> Result<(), Error> {
        let unknown = Error::syntax("unknown escape in a string", self.at + 1);
        self.at += 1;
        let byte = self.peek().ok_or(unknown.clone())?;
        self.at += 1;
        out.push(match byte {
            b'"' | b'\\' | b'/' => byte,
            b'b' => 8,
            b'f' => 12,
            b'n' => b'\n',
            b'r' => b'\r',
            b't' => b'\t',
            b'u' => {
                let high = self.hex4()?;
                let mut code = high;
                if (0xd800..0xdc00).contains(&high) && self.source[self.at..].starts_with(b"\\u") {
                    let before = self.at;
                    self.at += 2;
                    let low = self.hex4()?;
                    if (0xdc00..0xe000).contains(&low) {
                        code = 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00);
                    } else {
                        self.at = before;
                    }
                }
                // A lone surrogate is no character: U+FFFD, as SOPS reads it.
                let c = char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER);
                out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
                return Ok(());
            }
            _ => return Err(unknown),
        });
        Ok(())
    }

    fn hex4(&mut self) -> Result<u32, Error> {
        let digits = self.source.get(self.at..self.at + 4).filter(|d| d.iter().all(u8::is_ascii_hexdigit));
        let code = digits
            .and_then(|d| std::str::from_utf8(d).ok())
            .and_then(|d| u32::from_str_radix(d, 16).ok())
            .ok_or_else(|| Error::syntax("`\\u` needs four hexadecimal digits", self.at))?;
        self.at += 4;
        Ok(code)
    }
}
