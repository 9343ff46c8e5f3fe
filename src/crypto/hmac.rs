//! HMAC-SHA256 (RFC 2104), for keys that are derived and digests that tell nothing without the key.

use hmac::{Hmac, Mac as _};
use sha2_010::Sha256;
use zeroize::Zeroizing;

/// The HMAC-SHA256 under `key` of all `parts`, one after the other.
#[must_use]
pub fn hmac_sha256(key: &[u8], parts: &[&[u8]]) -> Zeroizing<[u8; 32]> {
    // A key of any size is taken.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key) else { return Zeroizing::default() };
    parts.iter().for_each(|part| mac.update(part));
    Zeroizing::new(mac.finalize().into_bytes().into())
}

#[cfg(test)]
mod tests {
    use super::hmac_sha256;

    /// RFC 4231, test case 2.
    #[test]
    fn the_test_vector_holds() {
        let digest = hmac_sha256(b"Jefe", &[b"what do ya want ", b"for nothing?"]);
        let hex: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(hex, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    }
}
