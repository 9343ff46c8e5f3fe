//! Identity files that are age files themselves, encrypted with a passphrase.

use super::callbacks::secret_string;
use super::identity::{Identities, Spacing};
use super::memory;
use crate::keys::{Ask, read};
use age::armor::ArmoredReader;
use age::{DecryptError, Decryptor};
use age_core::format::{FileKey, Stanza};
use std::cell::RefCell;
use std::sync::OnceLock;

/// Largest work factor that is tried: 2^22, which takes 4 GiB.
const MAX_LOG_N: u8 = 22;

/// An encrypted identity file. It is unlocked at most once; a failure is remembered as well.
pub(super) struct Locked {
    /// The place it comes from.
    pub(super) place: String,
    data: Vec<u8>,
    unlocked: OnceLock<Result<Identities, String>>,
}

impl Locked {
    /// Takes an identity source that is an age file.
    pub(super) fn recognise(place: &str, data: &[u8]) -> Option<Self> {
        let is_age_file = data.starts_with(b"age-encryption") || data.starts_with(b"-----BEGIN AGE");
        is_age_file.then(|| Self { place: place.to_owned(), data: data.to_vec(), unlocked: OnceLock::new() })
    }

    /// What it holds, if it was unlocked before.
    pub(super) fn peek(&self) -> Option<&Result<Identities, String>> {
        self.unlocked.get()
    }

    /// What it holds; asks for the passphrase the first time.
    pub(super) fn unlock(&self, ask: &dyn Ask) -> &Result<Identities, String> {
        self.unlocked.get_or_init(|| self.decrypt(ask))
    }

    fn decrypt(&self, ask: &dyn Ask) -> Result<Identities, String> {
        let broken = |_why: DecryptError| "is not a readable age file".to_owned();
        let decryptor = Decryptor::new(ArmoredReader::new(self.data.as_slice())).map_err(broken)?;
        let key = PassphraseKey { place: &self.place, ask, failure: RefCell::new(None) };
        let opened = decryptor.decrypt(std::iter::once(&key as &dyn age::Identity));
        let plain = opened.map_err(|_why| {
            key.failure.take().unwrap_or_else(|| "is not encrypted with a passphrase".to_owned())
        })?;
        let plain = read::all(plain, self.data.len()).map_err(|_why| "is damaged".to_owned())?;
        let identities = Identities::parse(&plain, Spacing::Lines).map_err(|error| error.to_string())?;
        if identities.plugins.is_empty() {
            Ok(identities)
        } else {
            Err("plugin identities cannot stand in an encrypted identity file".to_owned())
        }
    }
}

/// Asks for the passphrase once the header shows that one can help.
struct PassphraseKey<'a> {
    place: &'a str,
    ask: &'a dyn Ask,
    failure: RefCell<Option<String>>,
}

impl PassphraseKey<'_> {
    fn file_key(&self, stanza: &Stanza) -> Result<FileKey, String> {
        let log_n = stanza.args.get(1).and_then(|text| text.parse::<u8>().ok());
        check_memory(log_n.ok_or("has a malformed header")?, memory::available())?;
        let prompt = format!("Enter passphrase for identity '{}'", self.place);
        let passphrase = self
            .ask
            .passphrase(&prompt)
            .map_err(|error| format!("is protected by a passphrase, and {error}"))?;
        let mut identity = age::scrypt::Identity::new(secret_string(passphrase));
        identity.set_max_work_factor(MAX_LOG_N);
        match age::Identity::unwrap_stanza(&identity, stanza) {
            Some(Ok(key)) => Ok(key),
            Some(Err(DecryptError::InvalidHeader)) => Err("has a malformed header".to_owned()),
            _ => Err("the passphrase is wrong".to_owned()),
        }
    }
}

impl age::Identity for PassphraseKey<'_> {
    fn unwrap_stanza(&self, _stanza: &Stanza) -> Option<Result<FileKey, DecryptError>> {
        None
    }

    fn unwrap_stanzas(&self, stanzas: &[Stanza]) -> Option<Result<FileKey, DecryptError>> {
        let [stanza] = stanzas else { return None };
        if stanza.tag != "scrypt" {
            return None;
        }
        match self.file_key(stanza) {
            Ok(key) => Some(Ok(key)),
            Err(reason) => {
                self.failure.replace(Some(reason));
                Some(Err(DecryptError::KeyDecryptionFailed))
            }
        }
    }
}

/// Whether scrypt with N = 2^`log_n` fits: it takes 128 * r * N bytes, with r = 8.
fn check_memory(log_n: u8, available: Option<u64>) -> Result<(), String> {
    if log_n > MAX_LOG_N {
        return Err(format!("its scrypt work factor, {log_n}, is above the limit of {MAX_LOG_N}"));
    }
    let needed = 1024u64 << log_n;
    match available {
        Some(available) if available < needed => Err(format!(
            "unlocking it takes {} MiB of memory (scrypt work factor {log_n}), and only {} MiB are left",
            needed >> 20,
            available >> 20
        )),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::{Locked, check_memory};
    use crate::keys::Nobody;
    use crate::keys::age::testing::{Scripted, text};

    #[test]
    fn only_age_files_are_taken() {
        assert!(Locked::recognise("x", b"AGE-SECRET-KEY-1").is_none());
        assert!(Locked::recognise("x", text("a-passphrase.age").as_bytes()).is_some());
        assert!(Locked::recognise("x", b"age-encryption.org/v1\n").is_some());
    }

    #[test]
    fn files_that_a_passphrase_cannot_open_are_told_without_asking() {
        let ask = Scripted::new("x");
        let reason = |data: &str| {
            let locked = Locked::recognise("x", data.as_bytes()).unwrap();
            locked.unlock(&*ask).as_ref().err().cloned().unwrap()
        };
        assert_eq!(reason(&text("enc/recipients-2-1.age")), "is not encrypted with a passphrase");
        assert_eq!(reason("age-encryption.org/v1\n"), "is not a readable age file");
        assert_eq!(ask.asked(), [""; 0]);
    }

    #[test]
    fn nobody_to_ask_is_remembered() {
        let locked = Locked::recognise("x", text("a-passphrase.age").as_bytes()).unwrap();
        assert!(locked.peek().is_none());
        assert!(locked.unlock(&Nobody).is_err());
        assert!(locked.peek().is_some());
    }

    #[test]
    fn the_memory_that_scrypt_takes_is_counted_before() {
        assert_eq!(check_memory(18, None), Ok(()));
        assert_eq!(check_memory(18, Some(256 << 20)), Ok(()));
        let reason = check_memory(18, Some((256 << 20) - 1)).unwrap_err();
        assert!(reason.contains("takes 256 MiB") && reason.contains("only 255 MiB"), "{reason}");
        assert!(check_memory(23, None).unwrap_err().contains("above the limit of 22"));
        assert!(check_memory(255, Some(1)).is_err());
    }
}
