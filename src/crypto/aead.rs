//! AES-GCM as SOPS uses it (NIST SP 800-38D; format description, section 1.2).
//!
//! The nonce has 32 bytes, not the usual 12. Files may hold values with nonces of other sizes, and data
//! keys of 16 or 24 bytes; these are read, never written.

use aes_gcm::aead::consts::{U8, U12, U16, U24, U32};
use aes_gcm::aead::{AeadInOut, KeyInit};
use aes_gcm::aes::{Aes128, Aes192, Aes256};
use aes_gcm::{AesGcm, Tag};

/// Bytes of the nonces that are written.
pub const NONCE_LEN: usize = 32;
/// Bytes of a tag.
pub const TAG_LEN: usize = 16;

/// Why bytes do not decrypt.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AeadError {
    /// The key has a size that AES does not know.
    #[error("the data key has {0} bytes; AES needs 32")]
    KeySize(usize),
    /// The nonce has a size that is not supported.
    #[error("the nonce has {0} bytes; 32 are expected")]
    NonceSize(usize),
    /// The tag does not have 16 bytes.
    #[error("the tag has {0} bytes; 16 are expected")]
    TagSize(usize),
    /// Tampered, or of another key or place.
    #[error("the authentication tag does not match: the value was changed, moved, or belongs to another key")]
    Mismatch,
}

/// A cipher under one data key, set up once for a file.
pub struct Cipher(Keyed);

enum Keyed {
    Aes256(Box<AesGcm<Aes256, U32>>, zeroize::Zeroizing<Vec<u8>>),
    Other(zeroize::Zeroizing<Vec<u8>>),
}

impl Cipher {
    /// The cipher for `key`: 32 bytes, or 16 or 24 for files that hold such a key.
    ///
    /// # Errors
    /// Another size.
    pub fn new(key: &[u8]) -> Result<Self, AeadError> {
        let kept = zeroize::Zeroizing::new(key.to_vec());
        match key.len() {
            32 => match AesGcm::<Aes256, U32>::new_from_slice(key) {
                Ok(cipher) => Ok(Self(Keyed::Aes256(Box::new(cipher), kept))),
                Err(_size) => Err(AeadError::KeySize(key.len())),
            },
            16 | 24 => Ok(Self(Keyed::Other(kept))),
            size => Err(AeadError::KeySize(size)),
        }
    }

    /// Encrypts `buffer` in place and returns the tag. Only 32-byte keys encrypt.
    ///
    /// # Errors
    /// The key is not a 32-byte key, or the buffer is larger than GCM allows (64 GiB).
    pub fn seal(
        &self,
        nonce: &[u8; NONCE_LEN],
        aad: &[u8],
        buffer: &mut [u8],
    ) -> Result<[u8; TAG_LEN], AeadError> {
        match &self.0 {
            Keyed::Aes256(cipher, _) => match cipher.encrypt_inout_detached(nonce.into(), aad, buffer.into())
            {
                Ok(tag) => Ok(tag.into()),
                Err(_too_large) => Err(AeadError::Mismatch),
            },
            Keyed::Other(key) => Err(AeadError::KeySize(key.len())),
        }
    }

    /// Decrypts `buffer` in place. On an error its content is of no use.
    ///
    /// # Errors
    /// A size that is not supported, or the tag does not match.
    pub fn open(&self, nonce: &[u8], aad: &[u8], buffer: &mut [u8], tag: &[u8]) -> Result<(), AeadError> {
        let Ok(tag) = <&[u8; TAG_LEN]>::try_from(tag) else { return Err(AeadError::TagSize(tag.len())) };
        let tag = Tag::from(*tag);
        macro_rules! open_with {
            ($cipher:expr, $nonce_size:ty) => {{
                let Ok(nonce) = <&aes_gcm::Nonce<$nonce_size>>::try_from(nonce) else {
                    return Err(AeadError::NonceSize(nonce.len()));
                };
                match $cipher.decrypt_inout_detached(nonce, aad, buffer.into(), &tag) {
                    Ok(()) => Ok(()),
                    Err(_mismatch) => Err(AeadError::Mismatch),
                }
            }};
        }
        macro_rules! open_fresh {
            ($aes:ty, $nonce_size:ty, $key:expr) => {
                match AesGcm::<$aes, $nonce_size>::new_from_slice($key) {
                    Ok(cipher) => open_with!(cipher, $nonce_size),
                    Err(_size) => Err(AeadError::KeySize($key.len())),
                }
            };
        }
        macro_rules! open_sized {
            ($aes:ty, $key:expr) => {
                match nonce.len() {
                    8 => open_fresh!($aes, U8, $key),
                    12 => open_fresh!($aes, U12, $key),
                    16 => open_fresh!($aes, U16, $key),
                    24 => open_fresh!($aes, U24, $key),
                    32 => open_fresh!($aes, U32, $key),
                    size => Err(AeadError::NonceSize(size)),
                }
            };
        }
        match &self.0 {
            Keyed::Aes256(cipher, _) if nonce.len() == NONCE_LEN => open_with!(cipher, U32),
            Keyed::Aes256(_, key) => open_sized!(Aes256, key),
            Keyed::Other(key) if key.len() == 16 => open_sized!(Aes128, key),
            Keyed::Other(key) => open_sized!(Aes192, key),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cipher() -> (Cipher, [u8; 32]) {
        let key: Vec<u8> = (0..32).collect();
        let nonce: Vec<u8> = (32..64).collect();
        (Cipher::new(&key).unwrap(), nonce.try_into().unwrap())
    }

    /// The known answer of the format description, section 13.
    #[test]
    fn known_answer() {
        let (cipher, nonce) = cipher();
        let mut text = b"hello".to_vec();
        let tag = cipher.seal(&nonce, b"a:b:", &mut text).unwrap();
        assert_eq!(text, [0x7f, 0xa4, 0x9d, 0x24, 0xe2]);
        assert_eq!(tag[..4], [0x4c, 0x41, 0x6e, 0xf9]);
        cipher.open(&nonce, b"a:b:", &mut text, &tag).unwrap();
        assert_eq!(text, b"hello");
    }

    #[test]
    fn any_change_is_noticed() {
        let (cipher, nonce) = cipher();
        let mut text = b"hello".to_vec();
        let tag = cipher.seal(&nonce, b"a:", &mut text).unwrap();
        let mut wrong_tag = tag;
        wrong_tag[0] ^= 1;
        assert_eq!(cipher.open(&nonce, b"b:", &mut text.clone(), &tag), Err(AeadError::Mismatch));
        assert_eq!(cipher.open(&nonce, b"a:", &mut text.clone(), &wrong_tag), Err(AeadError::Mismatch));
        assert_eq!(cipher.open(&nonce[..31], b"a:", &mut text.clone(), &tag), Err(AeadError::NonceSize(31)));
        assert_eq!(cipher.open(&nonce, b"a:", &mut text.clone(), &tag[..8]), Err(AeadError::TagSize(8)));
        assert!(matches!(Cipher::new(&[0; 31]), Err(AeadError::KeySize(31))));
    }
}
