//! Until when a file is to be used: a time, a day, an age, or without end.

use super::max_age;
use crate::doc::Timestamp;
use time::Duration;

/// What is said about a text that is none of them.
pub const EXPECTED: &str =
    "a time as 2027-01-31T12:00:00Z, a day as 2027-01-31, an age as 90d, 12w, 6m or 1y, or `never`";

/// When a file ends.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum When {
    /// It does not.
    Never,
    /// After this second.
    At(Timestamp),
    /// So long from now.
    In(Duration),
}

impl When {
    /// Reads `never`, an RFC 3339 time, a day (to its end, UTC), or an age as [`max_age`] reads it.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        if text == "never" {
            return Some(Self::Never);
        }
        if let Some(age) = max_age::parse(text) {
            return Some(Self::In(age));
        }
        let is_day = text.len() == "2027-01-31".len();
        let time = if is_day { format!("{text}T23:59:59Z") } else { text.to_owned() };
        Timestamp::parse_rfc3339(&time).map(|time| Self::At(time.to_utc_seconds()))
    }

    /// The last second of validity, counted from `now`; `None` for no end.
    #[must_use]
    pub fn from(self, now: Timestamp) -> Option<Timestamp> {
        match self {
            Self::Never => None,
            Self::At(time) => Some(time),
            // No age leads out of the calendar: see `max_age`.
            Self::In(age) => now.moment().checked_add(age).map(|end| Timestamp::new(end).to_utc_seconds()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::When;
    use crate::doc::Timestamp;

    fn end(text: &str) -> String {
        let now = Timestamp::parse_rfc3339("2026-11-22T08:00:00.5+02:00").unwrap();
        let when = When::parse(text).unwrap_or_else(|| panic!("{text}"));
        when.from(now).map_or_else(|| "never".to_owned(), |end| end.to_string())
    }

    #[test]
    fn times_days_and_ages_are_ends() {
        for (text, expected) in [
            ("never", "never"),
            ("2027-01-31", "2027-01-31T23:59:59Z"),
            ("2028-02-29", "2028-02-29T23:59:59Z"),
            ("2027-01-31T12:00:00Z", "2027-01-31T12:00:00Z"),
            ("2027-01-31T12:00:00.999+05:30", "2027-01-31T06:30:00Z"),
            ("1d", "2026-11-23T06:00:00Z"),
            ("12w", "2027-02-14T06:00:00Z"),
            ("1y", "2027-11-22T06:00:00Z"),
        ] {
            assert_eq!(end(text), expected, "{text}");
        }
    }

    #[test]
    fn anything_else_is_none() {
        for text in [
            "",
            "Never",
            "soon",
            "90",
            "0d",
            "2027-02-30",
            "2027-1-31",
            "2027-01-31T12:00:00",
            "31.01.2027",
            "27-01-31é",
        ] {
            assert_eq!(When::parse(text), None, "{text}");
        }
    }
}
