//! Names of objects.

use std::fmt;
use std::sync::Arc;

/// The id of an object in full: 40 (SHA-1) or 64 (SHA-256) lower-case hex digits.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ObjectId(Arc<str>);

impl ObjectId {
    /// The id that is spelled so; `None` for what is no full id, and for the id of nothing, all zeros.
    #[must_use]
    pub fn parse(text: &[u8]) -> Option<Self> {
        let is_hex = text.iter().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(b));
        let is_nothing = text.iter().all(|b| *b == b'0');
        (matches!(text.len(), 40 | 64) && is_hex && !is_nothing)
            .then(|| Self(String::from_utf8_lossy(text).as_ref().into()))
    }

    /// Its hex digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ObjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
