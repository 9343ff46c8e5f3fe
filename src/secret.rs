//! Bytes that must not outlive their use.

use std::fmt;
use std::ops::Deref;
use zeroize::Zeroizing;

/// Secret bytes: wiped on drop, never printed.
///
/// No `Clone`, `Display` or `PartialEq`: a secret is moved or lent. Comparison is [`Secret::same_as`],
/// in constant time.
pub struct Secret(Zeroizing<Vec<u8>>);

impl Secret {
    /// Takes ownership of `bytes`; the caller's vector becomes the secret's only copy.
    #[must_use]
    pub fn new(bytes: Vec<u8>) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// Compares in a time that depends on the lengths only.
    #[must_use]
    pub fn same_as(&self, other: &[u8]) -> bool {
        use subtle::ConstantTimeEq;
        self.0.as_slice().ct_eq(other).into()
    }
}

impl Deref for Secret {
    type Target = [u8];
    fn deref(&self) -> &[u8] {
        &self.0
    }
}

impl From<Zeroizing<Vec<u8>>> for Secret {
    fn from(bytes: Zeroizing<Vec<u8>>) -> Self {
        Self(bytes)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::Secret;

    #[test]
    fn debug_shows_nothing() {
        assert_eq!(format!("{:?}", Secret::new(b"hunter2".to_vec())), "Secret(..)");
    }

    #[test]
    fn comparison_sees_content_and_length() {
        let secret = Secret::new(b"hunter2".to_vec());
        assert!(secret.same_as(b"hunter2"));
        assert!(!secret.same_as(b"hunter3"));
        assert!(!secret.same_as(b"hunter"));
    }
}
