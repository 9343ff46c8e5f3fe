//! The data key: what the values of a file are encrypted with.

use crate::secret::Secret;
use std::fmt;

/// The key of one file: 32 random bytes when made here. Wiped on drop, never printed.
pub struct DataKey(Secret);

impl DataKey {
    /// Bytes of a key made by [`Self::generate`].
    pub const LENGTH: usize = 32;

    /// Makes a new key from the system's random source.
    ///
    /// # Errors
    /// The system gives no random bytes.
    pub fn generate() -> Result<Self, getrandom::Error> {
        let mut key = zeroize::Zeroizing::new(vec![0; Self::LENGTH]);
        getrandom::getrandom(&mut key)?;
        Ok(Self(key.into()))
    }

    /// Takes a key that was unwrapped. SOPS files may hold 16 or 24 bytes too; the length is kept, and
    /// the cipher refuses what it cannot use.
    #[must_use]
    pub fn from_secret(secret: Secret) -> Self {
        Self(secret)
    }

    /// The bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// Whether both are the same key, in constant time.
    #[must_use]
    pub fn same_as(&self, other: &DataKey) -> bool {
        self.0.same_as(other.as_bytes())
    }
}

impl fmt::Debug for DataKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DataKey(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::DataKey;
    use crate::secret::Secret;

    #[test]
    fn keys_are_long_and_different() {
        let (a, b) = (DataKey::generate().unwrap(), DataKey::generate().unwrap());
        assert_eq!(a.as_bytes().len(), DataKey::LENGTH);
        assert!(!a.same_as(&b));
        assert_eq!(format!("{a:?}"), "DataKey(..)");
    }

    #[test]
    fn the_length_of_a_foreign_key_is_kept() {
        assert_eq!(DataKey::from_secret(Secret::new(vec![7; 16])).as_bytes(), [7; 16]);
    }
}
