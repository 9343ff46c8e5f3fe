//! How old secrets may get: `90d`, `12w`, `6m`, `1y`.

use time::Duration;

/// What is said about a text that is no age.
pub const EXPECTED: &str = "a number of days, weeks, months or years, such as 90d, 12w, 6m or 1y";

/// The most that is believed, in days.
const MOST: i64 = 36_500;

/// Reads an age. Months have 30 days, years 365.
#[must_use]
pub fn parse(text: &str) -> Option<Duration> {
    let (number, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    let days: i64 = match unit {
        "d" => 1,
        "w" => 7,
        "m" => 30,
        "y" => 365,
        _ => return None,
    };
    let digits = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    let number = digits.then(|| number.parse::<i64>().ok())??;
    number.checked_mul(days).filter(|days| (1..=MOST).contains(days)).map(Duration::days)
}

#[cfg(test)]
mod tests {
    use super::parse;
    use time::Duration;

    #[test]
    fn ages_are_numbers_with_a_unit() {
        for (text, days) in [("90d", 90), ("2w", 14), ("6m", 180), ("1y", 365), ("100y", 36_500)] {
            assert_eq!(parse(text), Some(Duration::days(days)), "{text}");
        }
        for text in ["", "d", "90", "0d", "-1d", "+1d", "1.5y", "90 d", "101y", "9999999999999999999d", "1é"]
        {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
