//! Where nonces come from.

use super::aead::NONCE_LEN;
use super::{NoRandomness, hmac_sha256, random};
use zeroize::Zeroizing;

/// Nonces that are drawn from the kernel at once.
const BATCH: usize = 128;

/// A source of nonces.
pub struct Nonces(Source);

enum Source {
    /// Random bytes that are not used yet, and how many of a batch are needed next.
    Random { left: Zeroizing<Vec<u8>>, batch: usize },
    /// The key that nonces are derived with.
    Derived(Zeroizing<[u8; 32]>),
}

impl Nonces {
    /// Random nonces.
    #[must_use]
    pub fn random() -> Self {
        Self(Source::Random { left: Zeroizing::default(), batch: 1 })
    }

    /// Nonces that are the same for the same data key, place, type and plain text, and for nothing else:
    /// HMAC-SHA256 under a key that is derived from the data key. Whoever merges the same versions makes
    /// the same file.
    #[must_use]
    pub fn derived(data_key: &[u8]) -> Self {
        Self(Source::Derived(hmac_sha256(data_key, &[b"seal/iv/v1"])))
    }

    /// The nonce for `text` of type `label` at the place of `aad`.
    ///
    /// # Errors
    /// The kernel has no random bytes.
    pub fn next(&mut self, aad: &[u8], label: &str, text: &[u8]) -> Result<[u8; NONCE_LEN], NoRandomness> {
        match &mut self.0 {
            Source::Derived(key) => Ok(*hmac_sha256(&**key, &[aad, b"\0", label.as_bytes(), b"\0", text])),
            Source::Random { left, batch } => {
                if left.is_empty() {
                    *left = random(*batch * NONCE_LEN)?;
                    *batch = BATCH;
                }
                let at = left.len() - NONCE_LEN;
                let nonce = left[at..].try_into().unwrap_or([0; NONCE_LEN]);
                left.truncate(at);
                Ok(nonce)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Nonces;
    use std::collections::HashSet;

    #[test]
    fn random_nonces_differ_and_derived_ones_tell_their_place() {
        let mut random = Nonces::random();
        let drawn: HashSet<_> = (0..300).map(|_| random.next(b"a:", "str", b"x").unwrap()).collect();
        assert_eq!(drawn.len(), 300);
        let derived = |aad, label, text| Nonces::derived(&[7; 32]).next(aad, label, text).unwrap();
        assert_eq!(derived(b"a:", "str", b"x"), derived(b"a:", "str", b"x"));
        let others = [derived(b"b:", "str", b"x"), derived(b"a:", "int", b"x"), derived(b"a:", "str", b"y")];
        assert!(!others.contains(&derived(b"a:", "str", b"x")));
        assert_ne!(derived(b"a:", "str", b"x"), Nonces::derived(&[8; 32]).next(b"a:", "str", b"x").unwrap());
    }
}
