//! Why `gpg` did not wrap or unwrap, in its words and ours.

use super::report::Validity;
use crate::keys::KeyError;
use std::fmt;

/// What is known of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GpgCause {
    /// There is no such program.
    Missing,
    /// The recipient is not a fingerprint.
    NotAFingerprint,
    /// The recipient is a key id that many keys may share.
    TooShort,
    /// The public key is not in the keyring.
    UnknownKey,
    /// The public key is there but not to be used.
    Unusable(Validity),
    /// The secret key is not there.
    NoSecretKey,
    /// The secret key is there, but nobody can be asked for its passphrase or card.
    NoTerminal,
    /// The secret key is there, but was not unlocked.
    NotUnlocked,
    /// The agent, which has the secret keys, is not reached.
    Agent,
    /// Its folder cannot be used.
    Home,
    /// It ended well and printed nothing.
    Nothing,
    /// It ended well and did not print a message.
    NoMessage,
    /// Something else.
    Other,
}

/// Why `gpg` failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GpgError {
    cause: GpgCause,
    /// What it said, cleaned and bounded; may be empty.
    words: String,
    /// The program or the recipient that it is about; may be empty.
    about: String,
}

impl GpgError {
    pub(super) fn new(cause: GpgCause, words: &str) -> Self {
        Self { cause, words: words.to_owned(), about: String::new() }
    }

    /// Names the program or the recipient.
    pub(super) fn about(mut self, what: &str) -> Self {
        what.clone_into(&mut self.about);
        self
    }

    /// What is known of it.
    #[must_use]
    pub fn cause(&self) -> GpgCause {
        self.cause
    }

    /// What to run or to change next.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        let hint = match self.cause {
            GpgCause::Missing => "install GnuPG, or name its program in SOPS_GPG_EXEC",
            GpgCause::NotAFingerprint | GpgCause::TooShort => {
                "gpg --list-keys shows fingerprints; all 40 digits name a key for sure"
            }
            GpgCause::UnknownKey => {
                let name = self.about.trim_end_matches('!');
                return Some(format!("gpg --recv-keys {name}, or gpg --import FILE"));
            }
            GpgCause::Unusable(Validity::Expired) => {
                let name = self.about.trim_end_matches('!');
                return Some(format!("if its owner has prolonged it: gpg --refresh-keys {name}"));
            }
            GpgCause::Unusable(_) => "ask its owner for another key",
            GpgCause::NoSecretKey => "gpg --list-secret-keys shows yours; GNUPGHOME says where gpg looks",
            GpgCause::NoTerminal => {
                "run this in a terminal, or give its passphrase to the agent before: it keeps it for a while"
            }
            GpgCause::NotUnlocked => "if no question appeared: export GPG_TTY=$(tty)",
            GpgCause::Agent => {
                "gpgconf --launch gpg-agent says why; the folder of GNUPGHOME must be writable and its path shorter than 80 characters"
            }
            GpgCause::Home => "GNUPGHOME says where gpg looks, else it is ~/.gnupg; the folder must be yours",
            GpgCause::Nothing | GpgCause::NoMessage => {
                "look what program SOPS_GPG_EXEC or `gpg` on the PATH is"
            }
            GpgCause::Other => return None,
        };
        Some(hint.to_owned())
    }
}

impl fmt::Display for GpgError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.cause {
            GpgCause::Missing => write!(f, "there is no program `{}`", self.about)?,
            GpgCause::NotAFingerprint => f.write_str("it is not a fingerprint")?,
            GpgCause::TooShort => f.write_str("it is too short to name one key: anybody can make another")?,
            GpgCause::UnknownKey => f.write_str("your gpg does not have this key")?,
            GpgCause::Unusable(Validity::Expired) => f.write_str("the key has expired")?,
            GpgCause::Unusable(Validity::Revoked) => f.write_str("the key was revoked")?,
            GpgCause::Unusable(Validity::Disabled) => f.write_str("the key is disabled in your gpg")?,
            GpgCause::Unusable(Validity::CannotEncrypt) => {
                f.write_str("the key has no valid part that can encrypt")?;
            }
            GpgCause::NoSecretKey => f.write_str("your gpg has no secret key for it")?,
            GpgCause::NoTerminal => {
                f.write_str("its secret key is locked, and there is no terminal to ask on")?;
            }
            GpgCause::NotUnlocked => f.write_str("its secret key was not unlocked")?,
            GpgCause::Agent => f.write_str("gpg does not reach its agent")?,
            GpgCause::Home => f.write_str("gpg cannot use its folder")?,
            GpgCause::Nothing => f.write_str("gpg ended well and printed nothing")?,
            GpgCause::NoMessage => f.write_str("gpg ended well and did not print a message")?,
            GpgCause::Other => f.write_str("gpg failed")?,
        }
        if self.words.is_empty() { Ok(()) } else { write!(f, "; gpg says: {}", self.words) }
    }
}

impl std::error::Error for GpgError {}

impl From<GpgError> for KeyError {
    fn from(error: GpgError) -> Self {
        KeyError::Gpg(error)
    }
}
