//! The forms that a value may stand in.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use zeroize::Zeroizing;

/// Values of fewer bytes are everywhere.
const FEWEST: usize = 8;

/// So much of a value tells it.
const MOST: usize = 256;

/// A form of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    Plain,
    Base64,
    Url,
    Escaped,
}

impl Form {
    /// The end of a sentence.
    pub(super) fn words(self) -> &'static str {
        match self {
            Form::Plain => "in clear",
            Form::Base64 => "in Base64",
            Form::Url => "URL-encoded",
            Form::Escaped => "in clear, as JSON spells it",
        }
    }
}

/// What to look for, to find this value: nothing for one that is too short.
pub(super) fn of(value: &[u8]) -> Vec<(Form, Zeroizing<Vec<u8>>)> {
    let core = core(value);
    if core.len() < FEWEST {
        return Vec::new();
    }
    let mut forms = vec![(Form::Plain, Zeroizing::new(core.to_vec()))];
    let mut add = |form, text: Vec<u8>| {
        let text = Zeroizing::new(text);
        if forms.iter().all(|(_, other)| *other != text) {
            forms.push((form, text));
        }
    };
    for before in 0..3 {
        let encoded = base64(core, before);
        let url: Vec<u8> = encoded
            .iter()
            .map(|b| match b {
                b'+' => b'-',
                b'/' => b'_',
                b => *b,
            })
            .collect();
        add(Form::Base64, encoded.to_vec());
        add(Form::Base64, url);
    }
    let url = percent(core, false);
    // Forms spell a blank so.
    add(Form::Url, replace(&url, b"%20", b"+"));
    add(Form::Url, percent(core, true));
    add(Form::Url, url);
    if let Ok(text) = std::str::from_utf8(core)
        && let Ok(escaped) = serde_json::to_string(text)
    {
        add(Form::Escaped, escaped.as_bytes()[1..escaped.len() - 1].to_vec());
    }
    forms
}

/// What a value is known by: it, without blanks around it; the longest line of several, since they stand
/// indented elsewhere; no more than the beginning of a long one.
fn core(value: &[u8]) -> &[u8] {
    let lines = value.split(|b| *b == b'\n').map(<[u8]>::trim_ascii);
    // All keys have the same first and last line.
    let lines = lines.filter(|line| !line.starts_with(b"-----"));
    let longest = lines.rev().max_by_key(|line| line.len()).unwrap_or_default();
    &longest[..longest.len().min(MOST)]
}

/// The characters of Base64 that stand for `value` alone, after `before` other bytes in its group of three.
fn base64(value: &[u8], before: usize) -> Zeroizing<Vec<u8>> {
    let padded = Zeroizing::new([&vec![0; before][..], value].concat());
    let encoded = Zeroizing::new(STANDARD_NO_PAD.encode(&*padded).into_bytes());
    // Six bits a character: those shared with neighbours are left out.
    let first = (before * 8).div_ceil(6);
    let last = padded.len() * 8 / 6;
    Zeroizing::new(encoded.get(first..last).unwrap_or_default().to_vec())
}

fn percent(value: &[u8], lower: bool) -> Vec<u8> {
    let mut text = Vec::with_capacity(value.len());
    for byte in value {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => text.push(*byte),
            byte if lower => text.extend(format!("%{byte:02x}").into_bytes()),
            byte => text.extend(format!("%{byte:02X}").into_bytes()),
        }
    }
    text
}

fn replace(text: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.first() {
        if rest.starts_with(from) {
            out.extend_from_slice(to);
            rest = &rest[from.len()..];
        } else {
            out.push(*first);
            rest = &rest[1..];
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::{Form, of};
    use base64::Engine as _;
    use base64::engine::general_purpose::{STANDARD, URL_SAFE};

    fn found(value: &str, text: &[u8]) -> Option<Form> {
        let holds = |pattern: &[u8]| text.windows(pattern.len()).any(|window| window == pattern);
        of(value.as_bytes()).into_iter().find(|(_, pattern)| holds(pattern)).map(|(form, _)| form)
    }

    #[test]
    fn base64_is_found_wherever_the_value_begins() {
        let value = "p?>~ss~~~w0rd";
        for (before, after) in
            [("", ""), ("u:", ""), ("a", "x"), ("ab", "xy"), ("abc", "\n"), ("abcd", "xyz")]
        {
            let text = format!("{before}{value}{after}");
            assert_eq!(found(value, STANDARD.encode(&text).as_bytes()), Some(Form::Base64), "{text}");
            assert_eq!(found(value, URL_SAFE.encode(&text).as_bytes()), Some(Form::Base64), "{text}");
        }
        assert_eq!(found(value, STANDARD.encode("another password").as_bytes()), None);
    }

    #[test]
    fn other_forms_are_found() {
        for (value, text, form) in [
            ("hunter22", "x=hunter22;", Some(Form::Plain)),
            ("a b/c&d€", "?q=a%20b%2Fc%26d%E2%82%AC", Some(Form::Url)),
            ("a b/c&d€", "?q=a+b%2Fc%26d%E2%82%AC", Some(Form::Url)),
            ("a b/c&d€", "?q=a%20b%2fc%26d%e2%82%ac", Some(Form::Url)),
            ("say \"no\" now", r#"{"x": "say \"no\" now"}"#, Some(Form::Escaped)),
            (
                "-----BEGIN X\nthe longest line\nshort\n-----END X\n",
                "    the longest line\n",
                Some(Form::Plain),
            ),
            ("short", "short", None),
            ("   short   ", "   short   ", None),
            ("-----BEGIN X-----", "-----BEGIN X-----", None),
        ] {
            assert_eq!(found(value, text.as_bytes()), form, "{value}");
        }
    }
}
