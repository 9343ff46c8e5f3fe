//! Scalars as typed values.

use super::super::error::{Error, ErrorKind};
use super::super::tree::Style;
use super::super::value::{Text, Timestamp, Value};
use std::fmt::Write as _;
use time::{Date, Month, OffsetDateTime, PrimitiveDateTime, Time, UtcOffset};
use toml_datetime::{Datetime, Offset};
use toml_parser::decoder::{Encoding, ScalarKind, StringBuilder};
use zeroize::Zeroizing;

/// What a ciphertext begins with.
const TOKEN: &[u8] = b"ENC[";

/// Text as the parser gives it out: a slice of the source, or pieces put together in a buffer that never
/// grows and is wiped. A line end of the source is LF, whatever it is there.
pub(super) struct Decoded<'s> {
    slice: &'s str,
    pieces: Option<Zeroizing<String>>,
    room: usize,
}

impl<'s> Decoded<'s> {
    /// Nothing yet of a text that has at most `room` bytes.
    pub(super) fn new(room: usize) -> Self {
        Self { slice: "", pieces: None, room }
    }

    pub(super) fn as_str(&self) -> &str {
        self.pieces.as_ref().map_or(self.slice, |pieces| pieces.as_str())
    }

    pub(super) fn into_text(self) -> Text<'s> {
        match self.pieces {
            None => Text::Borrowed(self.slice.as_bytes()),
            Some(mut pieces) => Text::Owned(Zeroizing::new(std::mem::take(&mut *pieces).into_bytes())),
        }
    }

    fn pieces(&mut self) -> &mut String {
        let (slice, room) = (self.slice, self.room);
        self.pieces.get_or_insert_with(|| {
            let mut pieces = Zeroizing::new(String::with_capacity(room.max(slice.len())));
            pieces.push_str(slice);
            pieces
        })
    }
}

impl<'s> StringBuilder<'s> for Decoded<'s> {
    fn clear(&mut self) {
        (self.slice, self.pieces) = ("", None);
    }

    fn push_str(&mut self, append: &'s str) -> bool {
        if append.contains('\r') {
            let pieces = self.pieces();
            append.split("\r\n").enumerate().for_each(|(i, line)| {
                pieces.push_str(if i > 0 { "\n" } else { "" });
                pieces.push_str(line);
            });
        } else if self.pieces.is_none() && self.slice.is_empty() {
            self.slice = append;
        } else {
            self.pieces().push_str(append);
        }
        true
    }

    fn push_char(&mut self, append: char) -> bool {
        self.pieces().push(append);
        true
    }
}

/// A scalar with its spelling.
pub(super) struct Scalar<'s> {
    pub(super) value: Value<'s>,
    pub(super) style: Style,
    /// Whether it is a date or time without offset, or holds the ciphertext of one.
    pub(super) local: bool,
}

/// The scalar at byte `at` that decodes to `text`.
///
/// # Errors
/// A number that has no place in 64 bits, or a date that there is not.
pub(super) fn scalar<'s>(
    kind: ScalarKind,
    encoding: Option<Encoding>,
    text: Decoded<'s>,
    at: usize,
) -> Result<Scalar<'s>, Error> {
    let plain = |value| Ok(Scalar { value, style: Style::Plain, local: false });
    match kind {
        ScalarKind::String => {
            let style = style(encoding);
            let local = style == Style::TripleSingle && text.as_str().as_bytes().starts_with(TOKEN);
            Ok(Scalar { value: Value::Str(text.into_text()), style, local })
        }
        ScalarKind::Boolean(value) => plain(Value::Bool(value)),
        ScalarKind::Integer(radix) => match i64::from_str_radix(text.as_str(), radix.value()) {
            Ok(number) => plain(Value::Int(number)),
            Err(_too_large) => Err(Error::new(ErrorKind::IntegerRange, at)),
        },
        ScalarKind::Float => match text.as_str().parse::<f64>() {
            Ok(number) if number.is_infinite() && text.as_str().contains(|c: char| c.is_ascii_digit()) => {
                Err(Error::new(ErrorKind::NumberRange, at))
            }
            Ok(number) => plain(Value::Float(number)),
            Err(_never) => Err(Error::syntax("this is no number", at)),
        },
        ScalarKind::DateTime => {
            let Ok(read) = text.as_str().parse::<Datetime>() else {
                return Err(Error::syntax("there is no such date or time", at));
            };
            if let Some(offset) = read.offset {
                let Some(moment) = moment(&read, offset) else {
                    let message = "a second 60 cannot be kept as a time; quote the value to keep it as text";
                    return Err(Error::syntax(message, at));
                };
                return plain(Value::Time(Timestamp::new(moment)));
            }
            Ok(Scalar { value: Value::Str(Text::owned(local(&read))), style: Style::Plain, local: true })
        }
    }
}

fn style(encoding: Option<Encoding>) -> Style {
    match encoding {
        None => Style::Plain,
        Some(Encoding::BasicString) => Style::Double,
        Some(Encoding::LiteralString) => Style::Single,
        Some(Encoding::MlBasicString) => Style::Triple,
        Some(Encoding::MlLiteralString) => Style::TripleSingle,
    }
}

fn moment(read: &Datetime, offset: Offset) -> Option<OffsetDateTime> {
    let (date, time) = (read.date?, read.time?);
    let date =
        Date::from_calendar_date(i32::from(date.year), Month::try_from(date.month).ok()?, date.day).ok()?;
    let nanosecond = time.nanosecond.unwrap_or_default();
    let time =
        Time::from_hms_nano(time.hour, time.minute, time.second.unwrap_or_default(), nanosecond).ok()?;
    let minutes = match offset {
        Offset::Z => 0,
        Offset::Custom { minutes } => minutes,
    };
    let offset = UtcOffset::from_whole_seconds(i32::from(minutes) * 60).ok()?;
    Some(PrimitiveDateTime::new(date, time).assume_offset(offset))
}

/// The canonical text of a date or time without offset: `T` between date and time, seconds always, no more
/// digits behind them than needed.
fn local(read: &Datetime) -> String {
    let mut text = String::new();
    if let Some(date) = read.date {
        // Writing to a string cannot fail.
        let _ = write!(text, "{date}");
    }
    if let Some(time) = read.time {
        if read.date.is_some() {
            text.push('T');
        }
        let second = time.second.unwrap_or_default();
        let _ = write!(text, "{:02}:{:02}:{second:02}", time.hour, time.minute);
        if let Some(nanosecond) = time.nanosecond.filter(|n| *n > 0) {
            let digits = format!("{nanosecond:09}");
            let _ = write!(text, ".{}", digits.trim_end_matches('0'));
        }
    }
    text
}

/// Whether `text` is a date or time without offset in its canonical spelling.
pub(super) fn is_local(text: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(text) else { return false };
    text.starts_with(|c: char| c.is_ascii_digit())
        && text.parse::<Datetime>().is_ok_and(|read| read.offset.is_none() && local(&read) == text)
}

#[cfg(test)]
mod tests {
    use super::is_local;

    #[test]
    fn local_dates_have_one_spelling() {
        for text in ["1979-05-27", "07:32:00", "1979-05-27T07:32:00.5", "00:00:00.000001"] {
            assert!(is_local(text.as_bytes()), "{text}");
        }
        for text in [
            "",
            "x",
            "1979-05-27 07:32:00",
            "07:32",
            "07:32:00.50",
            "1979-05-27T07:32:00Z",
            "1979-02-30",
            " 07:32:00",
            "24:00:00",
        ] {
            assert!(!is_local(text.as_bytes()), "{text}");
        }
    }
}
