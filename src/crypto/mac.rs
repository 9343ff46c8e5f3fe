//! The MAC over the values of a file (format description, section 2).

use sha2::{Digest, Sha512};

/// SHA-256 of `sops`: what the MAC begins with when it covers the encrypted values only.
const ENCRYPTED_ONLY: [u8; 32] = [
    0x8a, 0x3f, 0xd2, 0xad, 0x54, 0xce, 0x66, 0x52, 0x7b, 0x10, 0x34, 0xf3, 0xd1, 0x47, 0xbe, 0x0b, 0x0b,
    0x97, 0x5b, 0x3b, 0xf4, 0x4f, 0x72, 0xc6, 0xfd, 0xad, 0xec, 0x81, 0x76, 0xf2, 0x7d, 0x69,
];

/// A running MAC.
#[derive(Clone)]
pub struct Mac(Sha512);

impl Mac {
    /// An empty MAC; `encrypted_only` for files with `mac_only_encrypted`.
    #[must_use]
    pub fn new(encrypted_only: bool) -> Self {
        let mut hash = Sha512::new();
        if encrypted_only {
            hash.update(ENCRYPTED_ONLY);
        }
        Self(hash)
    }

    /// Adds the canonical text of a value.
    pub fn update(&mut self, canonical: &[u8]) {
        self.0.update(canonical);
    }

    /// The MAC as it is stored: 128 upper-case hexadecimal digits.
    #[must_use]
    pub fn finish(self) -> String {
        hex_upper(&self.0.finalize())
    }
}

fn hex_upper(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    bytes
        .iter()
        .flat_map(|b| [DIGITS[usize::from(b >> 4)], DIGITS[usize::from(b & 15)]])
        .map(char::from)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::Mac;

    /// The known answers of the format description, section 13.
    #[test]
    fn known_answers() {
        assert!(Mac::new(false).finish().starts_with("CF83E1357EEFB8BDF1542850D66D8007"));
        let mut mac = Mac::new(false);
        for text in ["hello", "42", "True"] {
            mac.update(text.as_bytes());
        }
        assert!(mac.finish().starts_with("BF1494391A064ACD74287133C3513E6D"));
        let mut mac = Mac::new(true);
        mac.update(b"hello");
        assert!(mac.finish().starts_with("AB53BE959DEF78AB23AB9F9A75E13450"));
    }
}
