//! Master keys of age: wrapping to recipients, unwrapping with the identities of the user.
//!
//! `enc` is an armored age file for one recipient whose content is the data key or a share of it (format
//! description, section 6.1). The age crate does the work; the post-quantum recipients, which it lacks,
//! are in `hybrid`.

mod bech32;
mod callbacks;
mod command;
mod hybrid;
mod identity;
mod keygen;
mod keyring;
mod memory;
mod passphrase;
mod recipient;
mod sources;
mod ssh;
#[cfg(test)]
pub(super) mod testing;
#[cfg(test)]
mod tests;

pub use identity::IdentityError;
pub use keygen::{Algorithm, Generated, generate, recipients_of};
pub use recipient::{AgeRecipientError, check_recipient};
pub use sources::IdentitySources;

use super::{Ask, Effort, KeyError, KeyKind, KeyService, MasterKey};
use crate::secret::Secret;
use age::armor::ArmoredReader;
use age::{DecryptError, Decryptor};
use keyring::{Attempt, Keyring};
use recipient::Recipient;
use std::io::Read;
use std::sync::Arc;
use zeroize::Zeroizing;

/// Largest wrapped key that is looked at, in bytes.
const MAX_ENC_BYTES: usize = 256 << 10;
/// Largest content of a wrapped key, in bytes. Data keys have 32, shares 33.
const MAX_SECRET_BYTES: usize = 256;
const ARMOR_BEGIN: &str = "-----BEGIN AGE ENCRYPTED FILE-----";

/// The service for age keys.
pub struct AgeService {
    keyring: Keyring,
}

impl AgeService {
    /// A service with these identities. Nothing is read before the first unwrapping; what is read then
    /// serves the whole run.
    #[must_use]
    pub fn new(sources: IdentitySources, ask: Arc<dyn Ask>) -> Self {
        Self { keyring: Keyring::new(sources, ask) }
    }
}

impl KeyService for AgeService {
    fn handles(&self, kind: KeyKind) -> bool {
        kind == KeyKind::Age
    }

    fn wrap(&self, key: &MasterKey, secret: &[u8]) -> Result<String, KeyError> {
        let recipient = Recipient::parse(&key.recipient());
        let recipient = recipient.map_err(|error| KeyError::Recipient(error.to_string()))?;
        recipient.wrap(secret, self.keyring.ask())
    }

    fn unwrap(&self, key: &MasterKey, effort: Effort) -> Result<Secret, KeyError> {
        let malformed = |what: &str| KeyError::Malformed(what.to_owned());
        let enc = key.enc().ok_or_else(|| malformed("there is none"))?.trim();
        if enc.len() > MAX_ENC_BYTES {
            return Err(malformed("it is larger than 256 KiB"));
        }
        if !enc.starts_with(ARMOR_BEGIN) {
            return Err(malformed("it is not an armored age file"));
        }
        let recipient = key.recipient();
        let attempt = Attempt::new(&self.keyring, &recipient, effort);
        let opened = Decryptor::new(ArmoredReader::new(enc.as_bytes()))
            .and_then(|file| file.decrypt(std::iter::once(&attempt as &dyn age::Identity)));
        match opened {
            Ok(content) => content_of(content),
            Err(DecryptError::NoMatchingKeys) => Err(attempt.into_error()),
            Err(DecryptError::InvalidMac) => Err(malformed("its age header was altered")),
            Err(DecryptError::UnknownFormat) => Err(malformed("it is of an unknown version of age")),
            Err(_) => Err(malformed("its age header is invalid")),
        }
    }
}

/// The content of an opened age file.
fn content_of(content: impl Read) -> Result<Secret, KeyError> {
    let mut buffer = Zeroizing::new(Vec::with_capacity(MAX_SECRET_BYTES + 1));
    let limit = u64::try_from(MAX_SECRET_BYTES + 1).unwrap_or(u64::MAX);
    let read = content.take(limit).read_to_end(&mut buffer);
    match read {
        Ok(1..=MAX_SECRET_BYTES) => Ok(Secret::from(buffer)),
        Ok(0) => Err(KeyError::Malformed("it holds nothing".to_owned())),
        Ok(_) => Err(KeyError::Malformed("it holds more than a data key".to_owned())),
        Err(_why) => Err(KeyError::Malformed("its age file is damaged or cut".to_owned())),
    }
}
