//! Master keys of OpenPGP: wrapped and unwrapped by the user's `gpg`, with its keyrings, its agent, its
//! smart cards and its way to ask for a passphrase.
//!
//! `enc` is an armored message for one key whose content is the data key or a share of it (format
//! description, section 6.2). The recipient is what the entry names and nothing else: no default keys of
//! the user are added, and the trust database is neither asked nor written. Who is to read a file is said
//! by the fingerprint.

mod error;
mod gpg;
mod report;
#[cfg(test)]
mod tests;

pub use error::{GpgCause, GpgError};
pub use gpg::GpgSettings;

use super::{Effort, KeyError, KeyKind, KeyService, MasterKey};
use crate::secret::Secret;
use gpg::Gpg;

/// Largest wrapped key that is looked at, in bytes.
const MAX_ENC_BYTES: usize = 256 << 10;
/// Largest content of a wrapped key, in bytes. Data keys have 32, shares 33.
const MAX_SECRET_BYTES: usize = 256;
const ARMOR_BEGIN: &str = "-----BEGIN PGP MESSAGE-----";
const ARMOR_END: &str = "-----END PGP MESSAGE-----";
/// Digits of the shortest name of a key that others cannot easily make a key for.
const LEAST_DIGITS: usize = 16;
/// Digits of the longest fingerprint.
const MOST_DIGITS: usize = 64;

/// The service for PGP keys.
pub struct PgpService {
    gpg: Gpg,
}

impl PgpService {
    /// A service with the `gpg` of these settings, which is started when a key is wrapped or unwrapped.
    #[must_use]
    pub fn new(settings: GpgSettings) -> Self {
        Self { gpg: Gpg::new(settings) }
    }
}

impl KeyService for PgpService {
    fn handles(&self, kind: KeyKind) -> bool {
        kind == KeyKind::Pgp
    }

    fn wrap(&self, key: &MasterKey, secret: &[u8]) -> Result<String, KeyError> {
        let recipient = key.recipient();
        check_name(&recipient)?;
        let message = self.gpg.encrypt(&recipient, secret)?;
        let message = std::str::from_utf8(&message).unwrap_or_default().trim();
        if !(message.starts_with(ARMOR_BEGIN) && message.ends_with(ARMOR_END)) {
            return Err(GpgError::new(GpgCause::NoMessage, "").into());
        }
        Ok(message.to_owned())
    }

    fn unwrap(&self, key: &MasterKey, effort: Effort) -> Result<Secret, KeyError> {
        let malformed = |what: &str| KeyError::Malformed(what.to_owned());
        let enc = key.enc().ok_or_else(|| malformed("there is none"))?.trim();
        if enc.len() > MAX_ENC_BYTES {
            return Err(malformed("it is larger than 256 KiB"));
        }
        if !enc.starts_with(ARMOR_BEGIN) {
            return Err(malformed("it is not an armored PGP message"));
        }
        if effort == Effort::Quiet {
            return Err(KeyError::Postponed);
        }
        let content = self.gpg.decrypt(enc)?;
        match content.len() {
            0 => Err(GpgError::new(GpgCause::Nothing, "").into()),
            1..=MAX_SECRET_BYTES => Ok(Secret::from(content)),
            _ => Err(malformed("it holds more than a data key")),
        }
    }
}

/// Whether a recipient names one key for sure: hexadecimal digits, and `!` at the end for exactly this
/// subkey. gpg takes names and addresses too, which anybody can put into a key of their own.
fn check_name(recipient: &str) -> Result<(), KeyError> {
    let digits = recipient.strip_suffix('!').unwrap_or(recipient);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) || digits.len() > MOST_DIGITS
    {
        return Err(GpgError::new(GpgCause::NotAFingerprint, "").into());
    }
    if digits.len() < LEAST_DIGITS {
        return Err(GpgError::new(GpgCause::TooShort, "").into());
    }
    Ok(())
}
