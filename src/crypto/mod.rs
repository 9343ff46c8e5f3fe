//! Cryptography: bytes in, bytes out.

pub mod aead;
pub mod envelope;
mod hex;
mod hmac;
pub mod mac;
mod nonces;
pub mod shamir;

pub use hex::hex;
pub use hmac::hmac_sha256;
pub use nonces::Nonces;

use zeroize::Zeroizing;

/// The kernel gave no random bytes.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the operating system gave no random bytes")]
pub struct NoRandomness;

/// `count` random bytes from the kernel.
///
/// # Errors
/// The kernel has none to give.
pub fn random(count: usize) -> Result<Zeroizing<Vec<u8>>, NoRandomness> {
    let mut bytes = Zeroizing::new(vec![0; count]);
    match getrandom::getrandom(&mut bytes) {
        Ok(()) => Ok(bytes),
        Err(_unavailable) => Err(NoRandomness),
    }
}
