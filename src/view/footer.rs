//! The lines below a document: who can read it, which values are encrypted, which data key it has.
//!
//! What changes with every write is not among them, so that it makes no difference.

use super::Reader;
use super::escape::one_line;
use crate::crypto::{hex, hmac_sha256};
use crate::doc::FormatName;
use crate::keys::DataKey;
use crate::sops::selection::DEFAULT_SUFFIX;
use crate::sops::{Metadata, SelectorKind};

/// What the identity of a data key is derived for.
const KEY_ID: &[u8] = b"seal/key-id/v1";

/// What comments begin with in the text that is shown of a file.
#[must_use]
pub fn leader(format: FormatName) -> &'static str {
    match format {
        FormatName::Ini => ";",
        FormatName::Json | FormatName::Binary => "//",
        FormatName::Yaml | FormatName::Dotenv | FormatName::Toml => "#",
    }
}

/// What tells a data key from others, and nothing of it.
#[must_use]
pub fn key_id(key: &DataKey) -> String {
    hex(&*hmac_sha256(key.as_bytes(), &[KEY_ID]), 8)
}

/// The lines about recipients and selectors.
#[must_use]
pub fn footer(format: FormatName, metadata: &Metadata, reader: &Reader<'_>) -> Vec<String> {
    let mut lines = Vec::new();
    let several = metadata.groups.len() > 1;
    for (index, group) in metadata.groups.iter().enumerate() {
        for key in &group.keys {
            let mut text = format!("recipient {} {}", key.kind, key.recipient());
            if let Some(name) = (reader.name_of)(key) {
                text.push_str(&format!(" ({name})"));
            }
            if several {
                text.push_str(&format!(" group {}", index + 1));
            }
            lines.push(line(format, &text));
        }
    }
    if several && metadata.threshold != 0 {
        lines.push(line(format, &format!("shamir threshold {}", metadata.threshold)));
    }
    if let Some(selector) = &metadata.selector
        && !(selector.kind == SelectorKind::UnencryptedSuffix && selector.text == DEFAULT_SUFFIX)
    {
        lines.push(line(format, &format!("rule {}={}", selector.kind.field(), selector.text)));
    }
    if metadata.mac_only_encrypted {
        lines.push(line(format, "rule mac_only_encrypted=true"));
    }
    lines
}

/// A line below a document.
pub(super) fn line(format: FormatName, text: &str) -> String {
    let text = one_line(text.as_bytes());
    format!("{} seal: {}", leader(format), String::from_utf8_lossy(&text))
}
