//! Typed values and their canonical text.
//!
//! The canonical text of a value is the plain text that is encrypted and the bytes that enter the MAC.

use std::fmt::{self, Write as _};
use std::ops::Deref;
use time::format_description::well_known::Rfc3339;
use time::{OffsetDateTime, UtcOffset};
use zeroize::{Zeroize, Zeroizing};

/// Text of a document: a slice of it, or text of our own that is wiped on drop. Not always UTF-8.
pub enum Text<'s> {
    /// A slice of the source, or of a buffer that somebody else wipes.
    Borrowed(&'s [u8]),
    /// Text that stands nowhere as it is, for example a string with its escapes resolved.
    Owned(Zeroizing<Vec<u8>>),
}

impl Text<'_> {
    /// Text of our own.
    #[must_use]
    pub fn owned(bytes: impl Into<Vec<u8>>) -> Text<'static> {
        Text::Owned(Zeroizing::new(bytes.into()))
    }

    /// A copy that does not borrow.
    #[must_use]
    pub fn to_static(&self) -> Text<'static> {
        Text::owned(self.to_vec())
    }

    /// The text as UTF-8, if it is that.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        std::str::from_utf8(self).ok()
    }
}

impl Deref for Text<'_> {
    type Target = [u8];
    fn deref(&self) -> &[u8] {
        match self {
            Text::Borrowed(bytes) => bytes,
            Text::Owned(bytes) => bytes,
        }
    }
}

impl<'s> From<&'s str> for Text<'s> {
    fn from(text: &'s str) -> Self {
        Text::Borrowed(text.as_bytes())
    }
}

impl<'s> From<&'s [u8]> for Text<'s> {
    fn from(text: &'s [u8]) -> Self {
        Text::Borrowed(text)
    }
}

impl Clone for Text<'_> {
    fn clone(&self) -> Self {
        match self {
            Text::Borrowed(bytes) => Text::Borrowed(bytes),
            Text::Owned(bytes) => Text::Owned(bytes.clone()),
        }
    }
}

impl PartialEq for Text<'_> {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

impl Eq for Text<'_> {}

/// Shows the length only: a text may be a secret.
impl fmt::Debug for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Text({} bytes)", self.len())
    }
}

/// A date and time with its offset from UTC.
#[derive(Debug, Clone, Copy)]
pub struct Timestamp(OffsetDateTime);

impl Timestamp {
    /// Wraps a moment.
    #[must_use]
    pub fn new(moment: OffsetDateTime) -> Self {
        Self(moment)
    }

    /// Reads RFC 3339 text.
    #[must_use]
    pub fn parse_rfc3339(text: &str) -> Option<Self> {
        OffsetDateTime::parse(text, &Rfc3339).ok().map(Self)
    }

    /// The moment.
    #[must_use]
    pub fn moment(&self) -> OffsetDateTime {
        self.0
    }

    /// The same second in UTC, without a fraction.
    #[must_use]
    pub fn to_utc_seconds(self) -> Self {
        let utc = self.0.to_offset(UtcOffset::UTC);
        Self(utc.replace_nanosecond(0).unwrap_or(utc))
    }

    /// `YYYY-MM-DDThh:mm:ss` with the offset, without a fraction: the form the MAC is bound to.
    #[must_use]
    pub fn to_seconds(self) -> String {
        Self(self.0.replace_nanosecond(0).unwrap_or(self.0)).to_string()
    }
}

/// RFC 3339 with as many fraction digits as needed, `Z` for offset zero.
impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let t = self.0;
        write!(
            f,
            "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}",
            t.year(),
            u8::from(t.month()),
            t.day(),
            t.hour(),
            t.minute(),
            t.second()
        )?;
        if t.nanosecond() != 0 {
            let digits = format!("{:09}", t.nanosecond());
            write!(f, ".{}", digits.trim_end_matches('0'))?;
        }
        if t.offset() == UtcOffset::UTC {
            return f.write_char('Z');
        }
        let (hours, minutes, _) = t.offset().as_hms();
        let sign = if t.offset().is_negative() { '-' } else { '+' };
        write!(f, "{sign}{:02}:{:02}", hours.abs(), minutes.abs())
    }
}

impl PartialEq for Timestamp {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0 && self.0.offset() == other.0.offset()
    }
}

/// A scalar of the tree.
#[derive(Clone)]
pub enum Value<'s> {
    /// Null: never encrypted, never in the MAC.
    Null,
    /// A truth value.
    Bool(bool),
    /// A signed 64-bit integer.
    Int(i64),
    /// A double.
    Float(f64),
    /// A date and time.
    Time(Timestamp),
    /// A byte string; UTF-8 except in ENV and binary files and from YAML's `!!binary`.
    Str(Text<'s>),
}

impl Value<'_> {
    /// Appends the canonical text. Null has none.
    pub fn canonical(&self, out: &mut Vec<u8>) {
        match self {
            Value::Null => {}
            Value::Bool(true) => out.extend_from_slice(b"True"),
            Value::Bool(false) => out.extend_from_slice(b"False"),
            Value::Int(n) => append(out, format_args!("{n}")),
            Value::Float(x) if x.is_infinite() => {
                out.extend_from_slice(if *x > 0.0 { b"+Inf" } else { b"-Inf" });
            }
            Value::Float(x) => append(out, format_args!("{x}")),
            Value::Time(t) => append(out, format_args!("{t}")),
            Value::Str(text) => out.extend_from_slice(text),
        }
    }

    /// The type label of `ENC[...]`; null has none and is called `null`.
    #[must_use]
    pub fn type_name(&self) -> &'static str {
        match self {
            Value::Null => "null",
            Value::Bool(_) => "bool",
            Value::Int(_) => "int",
            Value::Float(_) => "float",
            Value::Time(_) => "time",
            Value::Str(_) => "str",
        }
    }

    /// Whether the value is the empty string, which is never encrypted.
    #[must_use]
    pub fn is_empty_str(&self) -> bool {
        matches!(self, Value::Str(text) if text.is_empty())
    }

    /// A copy that does not borrow.
    #[must_use]
    pub fn to_static(&self) -> Value<'static> {
        match self {
            Value::Null => Value::Null,
            Value::Bool(b) => Value::Bool(*b),
            Value::Int(n) => Value::Int(*n),
            Value::Float(x) => Value::Float(*x),
            Value::Time(t) => Value::Time(*t),
            Value::Str(text) => Value::Str(text.to_static()),
        }
    }
}

/// A double with the shortest digits that read back, and an exponent of at least two digits below 1e-4
/// and from 1e6 on (format description, section 5.1.5).
#[must_use]
pub fn go_float(x: f64) -> String {
    if x.is_nan() {
        return "NaN".to_owned();
    }
    if x.is_infinite() {
        return if x > 0.0 { "+Inf" } else { "-Inf" }.to_owned();
    }
    let text = format!("{x:e}");
    let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if x != 0.0 && !(-4..6).contains(&exponent) {
        let sign = if exponent < 0 { '-' } else { '+' };
        return format!("{digits}e{sign}{:02}", exponent.abs());
    }
    format!("{x}")
}
fn append(out: &mut Vec<u8>, text: fmt::Arguments<'_>) {
    use std::io::Write as _;
    // Writing to a vector cannot fail.
    let _ = out.write_fmt(text);
}

/// Same type and same value; floats by their bits, so that NaN equals NaN and -0 differs from 0.
impl PartialEq for Value<'_> {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Value::Null, Value::Null) => true,
            (Value::Bool(a), Value::Bool(b)) => a == b,
            (Value::Int(a), Value::Int(b)) => a == b,
            (Value::Float(a), Value::Float(b)) => a.to_bits() == b.to_bits() || (a.is_nan() && b.is_nan()),
            (Value::Time(a), Value::Time(b)) => a == b,
            (Value::Str(a), Value::Str(b)) => a == b,
            _ => false,
        }
    }
}

/// Shows the type only: a value may be a secret.
impl fmt::Debug for Value<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.type_name())
    }
}

impl Zeroize for Text<'_> {
    fn zeroize(&mut self) {
        if let Text::Owned(bytes) = self {
            bytes.zeroize();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Timestamp, Value};

    fn canonical(value: &Value<'_>) -> String {
        let mut out = Vec::new();
        value.canonical(&mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn floats_never_use_an_exponent() {
        for (x, text) in [
            (1.0, "1"),
            (1.1, "1.1"),
            (1e10, "10000000000"),
            (0.000_000_15, "0.00000015"),
            (-0.0, "-0"),
            (1e21, "1000000000000000000000"),
            (f64::INFINITY, "+Inf"),
            (f64::NEG_INFINITY, "-Inf"),
            (f64::NAN, "NaN"),
        ] {
            assert_eq!(canonical(&Value::Float(x)), text);
        }
    }

    #[test]
    fn times_keep_their_offset_and_needed_digits() {
        for text in
            ["2001-12-14T00:00:00Z", "2001-12-14T21:59:43.1-05:00", "2001-12-14T21:59:43.123456789+05:30"]
        {
            let time = Timestamp::parse_rfc3339(text).unwrap();
            assert_eq!(canonical(&Value::Time(time)), text);
        }
        let time = Timestamp::parse_rfc3339("2001-12-14T21:59:43.1-05:00").unwrap();
        assert_eq!(time.to_seconds(), "2001-12-14T21:59:43-05:00");
    }

    #[test]
    fn debug_shows_no_value() {
        assert_eq!(format!("{:?}", Value::Str("hunter2".into())), "str");
    }
}
