//! JSON (RFC 8259), with the order and the duplicates of its keys.

use crate::datum::Datum;

/// Reads one value and nothing after it.
pub(super) fn read(text: &[u8]) -> Result<Datum, String> {
    let text = std::str::from_utf8(text).map_err(|e| e.to_string())?;
    let mut reader = Reader { rest: text };
    let value = reader.value()?;
    reader.space();
    if reader.rest.is_empty() { Ok(value) } else { Err(reader.unexpected()) }
}

struct Reader<'t> {
    rest: &'t str,
}

impl Reader<'_> {
    fn unexpected(&self) -> String {
        format!("unexpected {:?}", self.rest.chars().take(20).collect::<String>())
    }

    fn space(&mut self) {
        self.rest = self.rest.trim_start_matches([' ', '\t', '\n', '\r']);
    }

    fn take(&mut self, token: &str) -> bool {
        self.space();
        match self.rest.strip_prefix(token) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    fn need(&mut self, token: &str) -> Result<(), String> {
        if self.take(token) { Ok(()) } else { Err(self.unexpected()) }
    }

    fn value(&mut self) -> Result<Datum, String> {
        for (word, value) in
            [("null", Datum::Null), ("true", Datum::Bool(true)), ("false", Datum::Bool(false))]
        {
            if self.take(word) {
                return Ok(value);
            }
        }
        if self.take("\"") {
            return self.string().map(|s| Datum::Str(s.into_bytes()));
        }
        if self.take("[") {
            return self.list();
        }
        if self.take("{") {
            return self.map();
        }
        self.number()
    }

    fn list(&mut self) -> Result<Datum, String> {
        let mut items = Vec::new();
        if self.take("]") {
            return Ok(Datum::List(items));
        }
        loop {
            items.push(self.value()?);
            if self.take("]") {
                return Ok(Datum::List(items));
            }
            self.need(",")?;
        }
    }

    fn map(&mut self) -> Result<Datum, String> {
        let mut items = Vec::new();
        if self.take("}") {
            return Ok(Datum::Map(items));
        }
        loop {
            self.need("\"")?;
            let key = self.string()?.into_bytes();
            self.need(":")?;
            items.push((key, self.value()?));
            if self.take("}") {
                return Ok(Datum::Map(items));
            }
            self.need(",")?;
        }
    }

    fn number(&mut self) -> Result<Datum, String> {
        let end = self.rest.find(|c: char| !c.is_ascii_digit() && !"+-.eE".contains(c));
        let (text, rest) = self.rest.split_at(end.unwrap_or(self.rest.len()));
        let number = match text.parse::<i128>() {
            Ok(n) if n.to_string() == text => Datum::Int(n),
            _ => Datum::Float(text.parse().map_err(|_e: std::num::ParseFloatError| self.unexpected())?),
        };
        self.rest = rest;
        Ok(number)
    }

    /// The rest of a string after its opening quote.
    fn string(&mut self) -> Result<String, String> {
        let mut units: Vec<u16> = Vec::new();
        let mut chars = self.rest.chars();
        loop {
            match chars.next().ok_or("a string does not end")? {
                '"' => break,
                '\\' => units.push(escape(&mut chars)?),
                c if c < ' ' => return Err(format!("a bare control character {c:?}")),
                c => units.extend(c.encode_utf16(&mut [0; 2]).iter()),
            }
        }
        self.rest = chars.as_str();
        Ok(String::from_utf16_lossy(&units))
    }
}

fn escape(chars: &mut std::str::Chars<'_>) -> Result<u16, String> {
    Ok(match chars.next().ok_or("a string does not end")? {
        'b' => 8,
        'f' => 12,
        'n' => 10,
        'r' => 13,
        't' => 9,
        'u' => {
            let digits: String = chars.by_ref().take(4).collect();
            u16::from_str_radix(&digits, 16).map_err(|e| format!("\\u{digits}: {e}"))?
        }
        c @ ('"' | '\\' | '/') => c as u16,
        c => return Err(format!("an unknown escape \\{c}")),
    })
}
