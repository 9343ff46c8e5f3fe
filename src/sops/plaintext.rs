//! Decrypted text to typed values (format description, section 1.4).

use crate::crypto::envelope::Label;
use crate::doc::{Timestamp, Value};

/// The typed value of decrypted bytes; `None` if they are not text of the type. Takes what SOPS takes:
/// more spellings than it writes.
#[must_use]
pub fn read(label: Label, text: &[u8]) -> Option<Value<'_>> {
    if label == Label::Str || label == Label::Comment {
        return Some(Value::Str(text.into()));
    }
    let text = std::str::from_utf8(text).ok()?;
    Some(match label {
        Label::Int => Value::Int(text.parse().ok()?),
        Label::Float => Value::Float(float(text)?),
        Label::Time => Value::Time(Timestamp::parse_rfc3339(text)?),
        _ => match text {
            "1" | "t" | "T" | "TRUE" | "true" | "True" => Value::Bool(true),
            "0" | "f" | "F" | "FALSE" | "false" | "False" => Value::Bool(false),
            _ => return None,
        },
    })
}

/// The label under which a value is encrypted; null is not.
#[must_use]
pub fn label(value: &Value<'_>) -> Option<Label> {
    Some(match value {
        Value::Null => return None,
        Value::Bool(_) => Label::Bool,
        Value::Int(_) => Label::Int,
        Value::Float(_) => Label::Float,
        Value::Time(_) => Label::Time,
        Value::Str(_) => Label::Str,
    })
}

fn float(text: &str) -> Option<f64> {
    let (negative, digits) = match text.as_bytes().first()? {
        b'-' => (true, &text[1..]),
        b'+' => (false, &text[1..]),
        _ => (false, text),
    };
    let size = match digits.get(..2) {
        Some("0x" | "0X") => hex_float(&digits[2..])?,
        _ if digits.starts_with(['+', '-']) => return None,
        _ => digits.parse::<f64>().ok()?,
    };
    // Too many digits are out of range, not infinite.
    if size.is_infinite() && digits.bytes().any(|b| b.is_ascii_digit()) {
        return None;
    }
    Some(if negative { -size } else { size })
}

/// `h.hhhp±d` after its `0x`: a mantissa of at most 15 digits, which is exact.
fn hex_float(text: &str) -> Option<f64> {
    let (mantissa, exponent) = text.split_once(['p', 'P'])?;
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = format!("{whole}{fraction}");
    if digits.is_empty() || digits.len() > 15 || !digits.bytes().all(|b| b.is_ascii_hexdigit()) {
        return None;
    }
    let mantissa = u64::from_str_radix(&digits, 16).ok()? as f64;
    let exponent: i32 = exponent.parse().ok()?;
    let shift = exponent.checked_sub(i32::try_from(fraction.len()).ok()?.checked_mul(4)?)?;
    Some(mantissa * 2f64.powi(shift))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn canonical(label: Label, text: &str) -> Option<String> {
        let mut out = Vec::new();
        read(label, text.as_bytes())?.canonical(&mut out);
        String::from_utf8(out).ok()
    }

    #[test]
    fn spellings_of_other_writers_are_read() {
        for (label, text, wanted) in [
            (Label::Int, "007", Some("7")),
            (Label::Int, "+12", Some("12")),
            (Label::Int, "-0", Some("0")),
            (Label::Int, "9223372036854775808", None),
            (Label::Int, "alpha", None),
            (Label::Int, "1_0", None),
            (Label::Float, "1e3", Some("1000")),
            (Label::Float, ".5", Some("0.5")),
            (Label::Float, "0x1.8p1", Some("3")),
            (Label::Float, "-infinity", Some("-Inf")),
            (Label::Float, "nAn", Some("NaN")),
            (Label::Float, "1e400", None),
            (Label::Float, "--1", None),
            (Label::Bool, "t", Some("True")),
            (Label::Bool, "FALSE", Some("False")),
            (Label::Bool, "yes", None),
            (Label::Time, "2001-12-14T00:00:00Z", Some("2001-12-14T00:00:00Z")),
            (Label::Time, "yesterday", None),
        ] {
            assert_eq!(canonical(label, text).as_deref(), wanted, "{label:?} {text}");
        }
    }
}
