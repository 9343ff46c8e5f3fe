//! What a value goes through on its way into a template.

use super::error::ValueProblem;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

/// A spelling of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Filter {
    /// A JSON string.
    Json,
    /// A double-quoted scalar of YAML.
    Yaml,
    /// A word of a shell, in single quotes.
    Sh,
    /// Percent-encoded, but for what RFC 3986 leaves unreserved.
    Uri,
    /// RFC 4648, section 4, with padding, on one line.
    Base64,
}

impl Filter {
    pub(super) const ALL: [Filter; 5] = [Filter::Json, Filter::Yaml, Filter::Sh, Filter::Uri, Filter::Base64];

    pub(super) fn name(self) -> &'static str {
        match self {
            Filter::Json => "json",
            Filter::Yaml => "yaml",
            Filter::Sh => "sh",
            Filter::Uri => "uri",
            Filter::Base64 => "base64",
        }
    }

    /// The spelling of `value`.
    ///
    /// # Errors
    /// JSON and YAML hold no other bytes than UTF-8; no word of a shell holds a NUL.
    pub(super) fn apply(self, value: &[u8]) -> Result<Zeroizing<Vec<u8>>, ValueProblem> {
        // The longest spelling that a byte can get, so that the buffer never moves.
        let per_byte = match self {
            Filter::Json | Filter::Yaml => 6,
            Filter::Sh => 4,
            Filter::Uri => 3,
            Filter::Base64 => 2,
        };
        let mut out = Zeroizing::new(Vec::with_capacity(value.len() * per_byte + 4));
        match self {
            Filter::Json | Filter::Yaml => quoted(value, &mut out)?,
            Filter::Sh => word(value, &mut out)?,
            Filter::Uri => percent(value, &mut out),
            Filter::Base64 => {
                out.resize(value.len().div_ceil(3) * 4, 0);
                let written = STANDARD.encode_slice(value, &mut out).unwrap_or_default();
                out.truncate(written);
            }
        }
        Ok(out)
    }
}

/// A string that JSON and YAML read alike: YAML takes no control characters, no byte order mark and no
/// line separators as they are.
fn quoted(value: &[u8], out: &mut Vec<u8>) -> Result<(), ValueProblem> {
    let text = std::str::from_utf8(value).map_err(|_not_utf8| ValueProblem::NotUtf8)?;
    out.push(b'"');
    for char in text.chars() {
        match char {
            '"' => out.extend_from_slice(b"\\\""),
            '\\' => out.extend_from_slice(b"\\\\"),
            '\n' => out.extend_from_slice(b"\\n"),
            '\r' => out.extend_from_slice(b"\\r"),
            '\t' => out.extend_from_slice(b"\\t"),
            '\u{0}'..='\u{1f}'
            | '\u{7f}'..='\u{9f}'
            | '\u{2028}'
            | '\u{2029}'
            | '\u{feff}'
            | '\u{fffe}'
            | '\u{ffff}' => {
                let code = char as u32;
                out.extend_from_slice(b"\\u");
                out.extend([12, 8, 4, 0].map(|shift| HEX[(code >> shift & 15) as usize]));
            }
            char => out.extend_from_slice(char.encode_utf8(&mut [0; 4]).as_bytes()),
        }
    }
    out.push(b'"');
    Ok(())
}

const HEX: [u8; 16] = *b"0123456789ABCDEF";

fn word(value: &[u8], out: &mut Vec<u8>) -> Result<(), ValueProblem> {
    if value.contains(&0) {
        return Err(ValueProblem::Nul);
    }
    out.push(b'\'');
    for byte in value {
        match byte {
            b'\'' => out.extend_from_slice(b"'\\''"),
            byte => out.push(*byte),
        }
    }
    out.push(b'\'');
    Ok(())
}

fn percent(value: &[u8], out: &mut Vec<u8>) {
    for byte in value {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => out.push(*byte),
            byte => {
                out.extend_from_slice(&[b'%', HEX[usize::from(byte >> 4)], HEX[usize::from(byte & 15)]]);
            }
        }
    }
}
