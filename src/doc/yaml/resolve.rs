//! Typing of scalars: the rules of the YAML library that SOPS uses (format description, section 5.1.2).
//!
//! The MAC depends on them, also for clear values: they are followed to the letter, odd corners included.

use super::super::value::{Text, Timestamp, Value};
use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use std::borrow::Cow;
use time::{Date, Month, OffsetDateTime, PrimitiveDateTime, Time, UtcOffset};
use zeroize::Zeroize;

/// What an explicit tag makes of a scalar.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Tag {
    /// No tag, or the non-specific `!`, which changes nothing.
    #[default]
    None,
    /// `!!str`.
    Str,
    /// `!!int`.
    Int,
    /// `!!float`.
    Float,
    /// `!!bool`.
    Bool,
    /// `!!null`.
    Null,
    /// `!!timestamp`.
    Timestamp,
    /// `!!binary`: base64 of bytes.
    Binary,
    /// Another tag of the core schema: the scalar is a string.
    Core,
    /// A tag that is not of the core schema: the scalar is a string.
    Other,
}

impl Tag {
    /// The tag whose name in the core schema is `suffix`.
    pub(super) fn core(suffix: &str) -> Self {
        match suffix {
            "str" => Tag::Str,
            "int" => Tag::Int,
            "float" => Tag::Float,
            "bool" => Tag::Bool,
            "null" => Tag::Null,
            "timestamp" => Tag::Timestamp,
            "binary" => Tag::Binary,
            "map" | "seq" => Tag::Core,
            // `!!set`, `!!omap` and their like mean something to readers of YAML 1.1.
            _ => Tag::Other,
        }
    }

    /// Whether SOPS cannot read a ciphertext behind this tag.
    pub(super) fn breaks_cipher(self) -> bool {
        !matches!(self, Tag::None | Tag::Str | Tag::Core | Tag::Other)
    }

    /// Whether every scalar with this tag is the string it spells.
    pub(super) fn makes_string(self) -> bool {
        matches!(self, Tag::Str | Tag::Core | Tag::Other)
    }
}

/// A scalar without a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mismatch {
    /// An integer from 2^63 to 2^64 - 1.
    IntegerRange,
    /// The tag demands another type.
    Tag,
    /// A date whose offset from UTC is a day or more: it has no canonical text.
    Offset,
}

/// The value of a scalar that spells `text`; `plain` if it stands without quotes and is no block.
pub(super) fn resolve<'s>(text: Text<'s>, plain: bool, tag: Tag) -> Result<Value<'s>, Mismatch> {
    match tag {
        Tag::Str | Tag::Core | Tag::Other => return Ok(Value::Str(text)),
        Tag::None if !plain => return Ok(Value::Str(text)),
        Tag::Binary => return binary(&text).map(|bytes| Value::Str(Text::owned(bytes))).ok_or(Mismatch::Tag),
        _ => {}
    }
    let found = implicit(&text, matches!(tag, Tag::None | Tag::Timestamp)).map_err(|mismatch| match tag {
        Tag::Float => Mismatch::Tag,
        _ => mismatch,
    })?;
    match (tag, found) {
        (Tag::None, Some(value)) => Ok(value),
        (Tag::None, None) => Ok(Value::Str(text)),
        (Tag::Float, Some(Value::Int(n))) => Ok(Value::Float(n as f64)),
        (Tag::Int, Some(value @ Value::Int(_)))
        | (Tag::Float, Some(value @ Value::Float(_)))
        | (Tag::Bool, Some(value @ Value::Bool(_)))
        | (Tag::Null, Some(value @ Value::Null))
        | (Tag::Timestamp, Some(value @ Value::Time(_))) => Ok(value),
        _ => Err(Mismatch::Tag),
    }
}

/// The value that plain `text` has if it is not a string.
pub(super) fn implicit(text: &[u8], times: bool) -> Result<Option<Value<'static>>, Mismatch> {
    let Some(first) = text.first() else { return Ok(Some(Value::Null)) };
    Ok(match first {
        b'~' | b'n' | b'N' => matches!(text, b"~" | b"null" | b"Null" | b"NULL").then_some(Value::Null),
        b't' | b'T' => matches!(text, b"true" | b"True" | b"TRUE").then_some(Value::Bool(true)),
        b'f' | b'F' => matches!(text, b"false" | b"False" | b"FALSE").then_some(Value::Bool(false)),
        b'.' => match text {
            b".nan" | b".NaN" | b".NAN" => Some(Value::Float(f64::NAN)),
            b".inf" | b".Inf" | b".INF" => Some(Value::Float(f64::INFINITY)),
            _ => point_float(text).map(Value::Float),
        },
        b'+' | b'-' | b'0'..=b'9' => return number(text, times),
        _ => None,
    })
}

/// What a text that begins with a digit or a sign is.
fn number(text: &[u8], times: bool) -> Result<Option<Value<'static>>, Mismatch> {
    match text {
        b"+.inf" | b"+.Inf" | b"+.INF" => return Ok(Some(Value::Float(f64::INFINITY))),
        b"-.inf" | b"-.Inf" | b"-.INF" => return Ok(Some(Value::Float(f64::NEG_INFINITY))),
        _ => {}
    }
    if times && let Some(time) = timestamp(text) {
        let fits = time.moment().offset().whole_hours().abs() < 24;
        return if fits { Ok(Some(Value::Time(time))) } else { Err(Mismatch::Offset) };
    }
    let mut digits = match text.contains(&b'_') {
        true => Cow::Owned(text.iter().copied().filter(|b| *b != b'_').collect::<Vec<u8>>()),
        false => Cow::Borrowed(text),
    };
    let found = match integer(&digits) {
        Integer::Signed(n) => Ok(Some(Value::Int(n))),
        Integer::Unsigned => Err(Mismatch::IntegerRange),
        Integer::No => Ok(decimal_float(&digits).map(Value::Float)),
    };
    if let Cow::Owned(bytes) = &mut digits {
        bytes.zeroize();
    }
    found
}

/// What an integer's text stands for.
enum Integer {
    /// Inside the signed 64-bit range.
    Signed(i64),
    /// From 2^63 to 2^64 - 1.
    Unsigned,
    /// Not an integer, or larger.
    No,
}

/// Reads an integer with the prefixes `0x`, `0o`, `0b` and `0` (octal), as Go does.
fn integer(text: &[u8]) -> Integer {
    let (negative, signed, body) = match text {
        [b'-', rest @ ..] => (true, true, rest),
        [b'+', rest @ ..] => (false, true, rest),
        _ => (false, false, text),
    };
    let (radix, digits): (u32, &[u8]) = match body {
        [b'0', b'x' | b'X', rest @ ..] if !rest.is_empty() => (16, rest),
        [b'0', b'o' | b'O', rest @ ..] if !rest.is_empty() => (8, rest),
        [b'0', b'b' | b'B', rest @ ..] if !rest.is_empty() => (2, rest),
        [b'0', rest @ ..] => (8, rest),
        [] => return Integer::No,
        _ => (10, body),
    };
    // `0b` and `0o` may be followed by a second sign: the reader tries the rest as a number of its own.
    if let (false, b'b' | b'o', [sign @ (b'-' | b'+'), rest @ ..]) =
        (signed, body.get(1).copied().unwrap_or_default(), digits)
        && body[0] == b'0'
    {
        return magnitude(rest, radix).map_or(Integer::No, |n| signed_value(*sign == b'-', n, false));
    }
    match magnitude(digits, radix) {
        None if digits.is_empty() && body == b"0" => Integer::Signed(0),
        None => Integer::No,
        Some(n) => signed_value(negative, n, true),
    }
}

/// The value of `digits`; `None` if there are none, one does not belong, or it exceeds 64 bits.
fn magnitude(digits: &[u8], radix: u32) -> Option<u64> {
    if digits.is_empty() {
        return None;
    }
    digits.iter().try_fold(0u64, |n, digit| {
        let digit = char::from(*digit).to_digit(radix)?;
        n.checked_mul(u64::from(radix))?.checked_add(u64::from(digit))
    })
}

fn signed_value(negative: bool, magnitude: u64, unsigned_counts: bool) -> Integer {
    let value = if negative { 0i64.checked_sub_unsigned(magnitude) } else { i64::try_from(magnitude).ok() };
    match value {
        Some(n) => Integer::Signed(n),
        None if !negative && unsigned_counts => Integer::Unsigned,
        None => Integer::No,
    }
}

/// `[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?`, inside the range of a double.
fn decimal_float(text: &[u8]) -> Option<f64> {
    let mut rest = text.strip_prefix(b"-").or_else(|| text.strip_prefix(b"+")).unwrap_or(text);
    let whole = take_digits(&mut rest);
    if let [b'.', after @ ..] = rest {
        rest = after;
        if take_digits(&mut rest) == 0 && whole == 0 {
            return None;
        }
    } else if whole == 0 {
        return None;
    }
    if let [b'e' | b'E', after @ ..] = rest {
        rest = after.strip_prefix(b"-").or_else(|| after.strip_prefix(b"+")).unwrap_or(after);
        if take_digits(&mut rest) == 0 {
            return None;
        }
    }
    if !rest.is_empty() {
        return None;
    }
    let x: f64 = std::str::from_utf8(text).ok()?.parse().ok()?;
    x.is_finite().then_some(x)
}

fn take_digits(rest: &mut &[u8]) -> usize {
    let count = rest.iter().take_while(|b| b.is_ascii_digit()).count();
    *rest = &rest[count..];
    count
}

/// A float that begins with its point. Underscores may stand between digits.
fn point_float(text: &[u8]) -> Option<f64> {
    if !text.contains(&b'_') {
        return decimal_float(text);
    }
    let between =
        |i: usize| i > 0 && text[i - 1].is_ascii_digit() && text.get(i + 1).is_some_and(u8::is_ascii_digit);
    if !(0..text.len()).all(|i| text[i] != b'_' || between(i)) {
        return None;
    }
    let mut digits: Vec<u8> = text.iter().copied().filter(|b| *b != b'_').collect();
    let x = decimal_float(&digits);
    digits.zeroize();
    x
}

/// `2001-1-2`, `2001-1-2 3:4:5.6`, `2001-1-2T3:4:5.6Z`, `2001-1-2t3:4:5+01:00`.
fn timestamp(text: &[u8]) -> Option<Timestamp> {
    let (year, rest) = text.split_at_checked(4)?;
    if !year.iter().all(u8::is_ascii_digit) || rest.first() != Some(&b'-') {
        return None;
    }
    let mut at = Scan(rest);
    at.expect(b'-')?;
    let month = at.short()?;
    at.expect(b'-')?;
    let day = at.short()?;
    let year = year.iter().fold(0, |n, d| n * 10 + i32::from(d - b'0'));
    let date = Date::from_calendar_date(year, Month::try_from(month).ok()?, day).ok()?;
    if at.0.is_empty() {
        return Some(Timestamp::new(PrimitiveDateTime::new(date, Time::MIDNIGHT).assume_utc()));
    }
    let zoned = match at.next()? {
        b'T' | b't' => true,
        b' ' => {
            while at.0.first() == Some(&b' ') {
                at.next();
            }
            false
        }
        _ => return None,
    };
    let hour = at.short()?;
    at.expect(b':')?;
    let minute = at.short()?;
    at.expect(b':')?;
    let second = at.short()?;
    let nano = at.fraction();
    let time = Time::from_hms_nano(hour, minute, second, nano).ok()?;
    let offset = if zoned { at.zone()? } else { UtcOffset::UTC };
    at.0.is_empty().then(|| Timestamp::new(OffsetDateTime::new_in_offset(date, time, offset)))
}

/// The rest of a timestamp.
struct Scan<'t>(&'t [u8]);

impl Scan<'_> {
    fn next(&mut self) -> Option<u8> {
        let (first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(*first)
    }

    fn expect(&mut self, byte: u8) -> Option<()> {
        (self.next()? == byte).then_some(())
    }

    fn digit(&mut self) -> Option<u8> {
        let digit = self.0.first().filter(|b| b.is_ascii_digit())?;
        let value = digit - b'0';
        self.0 = &self.0[1..];
        Some(value)
    }

    /// One or two digits.
    fn short(&mut self) -> Option<u8> {
        let first = self.digit()?;
        Some(self.digit().map_or(first, |second| first * 10 + second))
    }

    fn pair(&mut self) -> Option<u8> {
        Some(self.digit()? * 10 + self.digit()?)
    }

    /// A fraction of a second in nanoseconds; digits behind the ninth are dropped. Zero without one.
    fn fraction(&mut self) -> u32 {
        if !matches!(self.0, [b'.' | b',', b'0'..=b'9', ..]) {
            return 0;
        }
        self.next();
        let (mut nano, mut weight) = (0, 100_000_000);
        while let Some(digit) = self.digit() {
            nano += u32::from(digit) * weight;
            weight /= 10;
        }
        nano
    }

    /// `Z` or `+hh:mm`.
    fn zone(&mut self) -> Option<UtcOffset> {
        let negative = match self.next()? {
            b'Z' => return Some(UtcOffset::UTC),
            b'+' => false,
            b'-' => true,
            _ => return None,
        };
        let hours = self.pair()?;
        self.expect(b':')?;
        let minutes = self.pair()?;
        if hours > 24 || minutes > 60 {
            return None;
        }
        let seconds = i32::from(hours) * 3600 + i32::from(minutes) * 60;
        UtcOffset::from_whole_seconds(if negative { -seconds } else { seconds }).ok()
    }
}

/// Decodes base64; line ends inside are skipped.
fn binary(text: &[u8]) -> Option<Vec<u8>> {
    let config = GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::RequireCanonical);
    let engine = GeneralPurpose::new(&STANDARD, config);
    let mut compact: Vec<u8> = text.iter().copied().filter(|b| !matches!(b, b'\n' | b'\r')).collect();
    let bytes = engine.decode(&compact).ok();
    compact.zeroize();
    bytes
}

#[cfg(test)]
mod tests {
    use crate::doc::yaml::Yaml;
    use crate::doc::{ErrorKind, Format as _, Kind, Limits};

    /// What SOPS makes of scalars: spelling, type and canonical text, as its ciphertexts show. Of errors,
    /// the reason.
    const TABLE: &str = include_str!("resolve.tsv");

    #[test]
    fn scalars_have_the_types_that_sops_gives_them() {
        let (mut rows, mut wrong) = (0, Vec::new());
        for row in TABLE.lines() {
            let mut fields = row.split('\t');
            let (text, kind, canonical) =
                (fields.next().unwrap(), fields.next().unwrap(), fields.next().unwrap());
            let source = format!("k: {text}\nz: 1\n");
            let found = match Yaml.parse(source.as_bytes(), &Limits::default()) {
                Ok(tree) => {
                    let Kind::Leaf(value) = &tree.node(1).kind else { panic!("{text}") };
                    let mut bytes = Vec::new();
                    value.canonical(&mut bytes);
                    (value.type_name(), bytes.escape_ascii().to_string())
                }
                Err(error) => ("error", reason(&error.kind).to_owned()),
            };
            if (found.0, &*found.1) != (kind, canonical) {
                wrong.push(format!("`{text}` is {} {}, not {kind} {canonical}", found.0, found.1));
            }
            rows += 1;
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
        assert!(rows > 350);
    }

    fn reason(kind: &ErrorKind) -> &'static str {
        match kind {
            ErrorKind::IntegerRange => "range",
            ErrorKind::Syntax(message) if message.contains("tag") => "tag",
            ErrorKind::Syntax(message) if message.contains("offset") => "offset",
            _ => "other",
        }
    }
}
