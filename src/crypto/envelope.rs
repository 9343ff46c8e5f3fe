//! The text of an encrypted value: `ENC[AES256_GCM,data:…,iv:…,tag:…,type:…]` (format description,
//! section 1.1).

use super::aead::{NONCE_LEN, TAG_LEN};
use base64::Engine as _;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};
use base64::engine::{DecodePaddingMode, general_purpose::STANDARD};

const PREFIX: &[u8] = b"ENC[AES256_GCM,data:";

/// Characters of a nonce and of a tag of the usual sizes.
const NONCE_TEXT: usize = NONCE_LEN.div_ceil(3) * 4;
const TAG_TEXT: usize = TAG_LEN.div_ceil(3) * 4;
/// Characters of the longest label.
const LONGEST_LABEL: usize = 7;

/// Padded base64 that tolerates trailing bits, as Go's decoder does.
const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &base64::alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::RequireCanonical),
);

/// The type label of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Label {
    /// A string.
    Str,
    /// An integer.
    Int,
    /// A double.
    Float,
    /// A truth value.
    Bool,
    /// A date and time.
    Time,
    /// A comment.
    Comment,
}

impl Label {
    /// The label's text.
    #[must_use]
    pub fn text(self) -> &'static str {
        match self {
            Label::Str => "str",
            Label::Int => "int",
            Label::Float => "float",
            Label::Bool => "bool",
            Label::Time => "time",
            Label::Comment => "comment",
        }
    }

    fn from_text(text: &[u8]) -> Option<Self> {
        [Label::Str, Label::Int, Label::Float, Label::Bool, Label::Time, Label::Comment]
            .into_iter()
            .find(|label| label.text().as_bytes() == text)
    }
}

/// Why a text is no encrypted value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EnvelopeError {
    /// Not of the form at all; a plain value, perhaps.
    #[error("it is not of the form ENC[AES256_GCM,data:…,iv:…,tag:…,type:…]")]
    NotEncrypted,
    /// A field is not base64.
    #[error("its field `{0}` is not base64")]
    Base64(&'static str),
    /// The label is not known.
    #[error("its type label is not known")]
    UnknownLabel,
}

/// The fields of an encrypted value, still encoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Envelope<'t> {
    data: &'t [u8],
    iv: &'t [u8],
    tag: &'t [u8],
    /// The type label.
    pub label: Label,
    /// Whether text follows the closing bracket, which SOPS ignores.
    pub trailing: bool,
}

impl<'t> Envelope<'t> {
    /// Splits a text into its fields. Text after the last `]` of its first line is ignored, as SOPS does.
    ///
    /// # Errors
    /// The text is not of the form, or the label is not known.
    pub fn parse(text: &'t [u8]) -> Result<Self, EnvelopeError> {
        Self::parse_any(text).and_then(|envelope| match envelope.data {
            [] => Err(EnvelopeError::NotEncrypted),
            _ => Ok(envelope),
        })
    }

    /// As [`Self::parse`], and takes an encrypted empty text too: SOPS has none, rops does.
    ///
    /// # Errors
    /// As [`Self::parse`].
    pub fn parse_any(text: &'t [u8]) -> Result<Self, EnvelopeError> {
        if let Some(envelope) = Self::usual(text) {
            return Ok(envelope);
        }
        Self::split_fields(text)
    }

    /// Splits any text.
    fn split_fields(text: &'t [u8]) -> Result<Self, EnvelopeError> {
        let rest = text.strip_prefix(PREFIX).ok_or(EnvelopeError::NotEncrypted)?;
        let line = rest.iter().position(|b| *b == b'\n').map_or(rest, |end| &rest[..end]);
        let close = line.iter().rposition(|b| *b == b']').ok_or(EnvelopeError::NotEncrypted)?;
        let (inner, label) = split(&line[..close], b",type:")?;
        let (inner, tag) = split(inner, b",tag:")?;
        let (data, iv) = split(inner, b",iv:")?;
        if iv.is_empty() || tag.is_empty() || label.is_empty() {
            return Err(EnvelopeError::NotEncrypted);
        }
        let label = Label::from_text(label).ok_or(EnvelopeError::UnknownLabel)?;
        // A block scalar ends its one line of ciphertext with a line end; that is no trailing text.
        let trailing = !text[PREFIX.len() + close + 1..].iter().all(u8::is_ascii_whitespace);
        Ok(Self { data, iv, tag, label, trailing })
    }

    /// Splits a text that is as SOPS writes it: one line, a nonce and a tag of the usual sizes, nothing behind.
    /// What it takes, the long way takes the same.
    fn usual(text: &'t [u8]) -> Option<Self> {
        let inner = text.strip_prefix(PREFIX)?.strip_suffix(b"]")?;
        let mark = inner.len().saturating_sub(LONGEST_LABEL + b",type:".len());
        let at = mark + memchr::memrchr(b',', &inner[mark..])?;
        let label = Label::from_text(inner[at..].strip_prefix(b",type:")?)?;
        let (inner, tag) = inner[..at].split_at_checked(at.checked_sub(TAG_TEXT)?)?;
        let (data, iv) = inner.strip_suffix(b",tag:")?.split_last_chunk::<NONCE_TEXT>()?;
        let data = data.strip_suffix(b",iv:")?;
        let ends = |field: &[u8]| memchr::memchr2(b',', b'\n', field).is_some();
        if ends(tag) || ends(iv) || memchr::memchr(b'\n', data).is_some() {
            return None;
        }
        Some(Self { data, iv, tag, label, trailing: false })
    }

    /// Whether the tag is `tag`.
    #[must_use]
    pub fn has_tag(&self, tag: &[u8; TAG_LEN]) -> bool {
        Small::decode(self.tag).is_some_and(|read| *read == *tag)
    }

    /// The nonce and the tag.
    ///
    /// # Errors
    /// One of them is not base64.
    pub fn nonce_and_tag(&self) -> Result<(Small, Small), EnvelopeError> {
        let iv = Small::decode(self.iv).ok_or(EnvelopeError::Base64("iv"))?;
        let tag = Small::decode(self.tag).ok_or(EnvelopeError::Base64("tag"))?;
        Ok((iv, tag))
    }

    /// Appends the ciphertext to `out` and returns the nonce and the tag.
    ///
    /// # Errors
    /// A field is not base64.
    pub fn decode(&self, out: &mut Vec<u8>) -> Result<(Small, Small), EnvelopeError> {
        decode(self.data, out).ok_or(EnvelopeError::Base64("data"))?;
        self.nonce_and_tag()
    }
}

/// Splits at the last occurrence of `mark`.
fn split<'t>(text: &'t [u8], mark: &[u8]) -> Result<(&'t [u8], &'t [u8]), EnvelopeError> {
    let at = (0..=text.len().saturating_sub(mark.len()))
        .rev()
        .find(|at| text[*at..].starts_with(mark))
        .ok_or(EnvelopeError::NotEncrypted)?;
    Ok((&text[..at], &text[at + mark.len()..]))
}

fn decode(text: &[u8], out: &mut Vec<u8>) -> Option<()> {
    if memchr::memchr(b'\r', text).is_some() {
        let text: Vec<u8> = text.iter().copied().filter(|b| *b != b'\r').collect();
        return LENIENT.decode_vec(text, out).ok();
    }
    LENIENT.decode_vec(text, out).ok()
}

/// A nonce or a tag: a few bytes, on the stack when they have the usual size.
#[derive(Debug, Clone)]
pub struct Small {
    bytes: [u8; 48],
    len: usize,
}

impl Small {
    fn decode(text: &[u8]) -> Option<Self> {
        let mut bytes = [0; 48];
        if text.len() <= 48 && memchr::memchr(b'\r', text).is_none() {
            let len = LENIENT.decode_slice(text, &mut bytes).ok()?;
            return Some(Self { bytes, len });
        }
        let mut long = Vec::new();
        decode(text, &mut long)?;
        // Longer than any nonce or tag that is supported: only the length matters for the message.
        let len = long.len().min(bytes.len());
        bytes[..len].copy_from_slice(&long[..len]);
        Some(Self { bytes, len })
    }
}

impl std::ops::Deref for Small {
    type Target = [u8];
    fn deref(&self) -> &[u8] {
        &self.bytes[..self.len]
    }
}

/// Appends the base64 of `bytes`.
fn encode(bytes: &[u8], out: &mut String) {
    // Most are short, for which the buffer of the library is much to clear.
    let mut text = [0; 128];
    match STANDARD.encode_slice(bytes, &mut text).map(|len| std::str::from_utf8(&text[..len])) {
        Ok(Ok(text)) => out.push_str(text),
        _ => STANDARD.encode_string(bytes, out),
    }
}

/// Appends the text of an encrypted value.
pub fn push(ciphertext: &[u8], nonce: &[u8; NONCE_LEN], tag: &[u8; TAG_LEN], label: Label, out: &mut String) {
    out.reserve(ciphertext.len() / 3 * 4 + 140);
    out.push_str("ENC[AES256_GCM,data:");
    encode(ciphertext, out);
    out.push_str(",iv:");
    encode(nonce, out);
    out.push_str(",tag:");
    encode(tag, out);
    out.push_str(",type:");
    out.push_str(label.text());
    out.push(']');
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const KNOWN: &str = "ENC[AES256_GCM,data:f6SdJOI=,iv:ICEiIyQlJicoKSorLC0uLzAxMjM0NTY3ODk6Ozw9Pj8=,tag:TEFu+ejkdT0ijPtelDWwfg==,type:str]";

    #[test]
    fn known_text_reads_and_writes() {
        let envelope = Envelope::parse(KNOWN.as_bytes()).unwrap();
        let mut data = Vec::new();
        let (iv, tag) = envelope.decode(&mut data).unwrap();
        assert_eq!((data.len(), iv.len(), tag.len(), envelope.trailing), (5, 32, 16, false));
        let mut text = String::new();
        push(&data, (&*iv).try_into().unwrap(), (&*tag).try_into().unwrap(), Label::Str, &mut text);
        assert_eq!(text, KNOWN);
    }

    #[test]
    fn what_sops_tolerates_is_tolerated() {
        for (tail, trailing) in [("\n", false), (" junk", true), ("\njunk", true)] {
            let text = format!("{KNOWN}{tail}");
            assert_eq!(Envelope::parse(text.as_bytes()).unwrap().trailing, trailing, "{tail:?}");
        }
    }

    #[test]
    fn what_is_no_ciphertext_is_refused() {
        for (text, error) in [
            ("hello", EnvelopeError::NotEncrypted),
            ("ENC[AES256_GCM,data:,iv:AA==,tag:AA==,type:str]", EnvelopeError::NotEncrypted),
            ("ENC[AES256_GCM,data:AA==,iv:AA==,type:str]", EnvelopeError::NotEncrypted),
            ("ENC[AES256_GCM,data:AA==,iv:AA==,tag:AA==,type:blob]", EnvelopeError::UnknownLabel),
            ("ENC[AES256_GCM,data:AA==,iv:AA==,tag:AA==,type:str", EnvelopeError::NotEncrypted),
        ] {
            assert_eq!(Envelope::parse(text.as_bytes()).unwrap_err(), error, "{text}");
        }
        let bad = Envelope::parse(b"ENC[AES256_GCM,data:!!!!,iv:AA==,tag:AA==,type:str]").unwrap();
        assert_eq!(bad.decode(&mut Vec::new()).unwrap_err(), EnvelopeError::Base64("data"));
    }

    proptest! {
        #[test]
        fn the_usual_way_agrees_with_the_long_one(
            text in "ENC\\[AES256_GCM,data:[A-Za-z,\\n=]{0,9}(,iv:(A{43}|[A,]{43})=)?,tag:(A{22}|[A,\\n]{22})==,type:(str|int|comment|x)\\]?[ \\n]?"
        ) {
            if let Some(usual) = Envelope::usual(text.as_bytes()) {
                prop_assert_eq!(Envelope::split_fields(text.as_bytes()), Ok(usual));
            }
        }

        #[test]
        fn garbage_never_panics(text in "(ENC\\[AES256_GCM,data:)?[A-Za-z=,:\\]]{0,80}") {
            if let Ok(envelope) = Envelope::parse(text.as_bytes()) {
                let _ = envelope.decode(&mut Vec::new());
            }
        }
    }
}
