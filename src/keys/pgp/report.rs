//! What `gpg` reports: words for people, and lines for programs that are the same in every language.

use super::error::{GpgCause, GpgError};
use crate::keys::KeyError;
use crate::keys::program::printable;

/// The mark of a line for programs.
const MARK: &str = "[GNUPG:] ";
/// How much of its words is shown, in characters.
const MAX_WORDS: usize = 600;

/// What it said in a run.
pub(super) struct Report {
    /// The words, on one line.
    pub(super) words: String,
    /// The lines for programs, without their mark.
    lines: Vec<String>,
}

impl Report {
    /// Takes standard error apart.
    pub(super) fn read(bytes: &[u8]) -> Self {
        let text = String::from_utf8_lossy(bytes);
        let (mut words, mut lines) = (Vec::new(), Vec::new());
        for line in text.lines() {
            match line.split_once(MARK) {
                // What was printed without a line end stands before the mark.
                Some((before, line)) => {
                    words.push(before);
                    lines.push(line.to_owned());
                }
                None => words.push(line),
            }
        }
        let words = words.into_iter().map(|line| printable(line.trim().trim_start_matches("gpg: ")));
        let words: Vec<String> = words.filter(|line| !line.is_empty()).collect();
        Self { words: words.join("; ").chars().take(MAX_WORDS).collect(), lines }
    }

    fn has(&self, start: &str) -> bool {
        self.lines.iter().any(|line| line.starts_with(start))
    }

    /// Whether the agent is what fails: all translations call it so.
    fn names_agent(&self) -> bool {
        self.words.to_lowercase().contains("agent")
    }

    /// Why a message was not made.
    pub(super) fn encrypting(&self) -> GpgCause {
        if self.has("INV_RECP 1 ") {
            GpgCause::UnknownKey
        } else if self.has("INV_RECP ") {
            GpgCause::Unusable(Validity::CannotEncrypt)
        } else if self.has("ERROR add_keyblock_resource") {
            GpgCause::Home
        } else {
            GpgCause::Other
        }
    }

    /// Why a message was not opened.
    pub(super) fn decrypting(&self, has_terminal: bool) -> KeyError {
        let cause = if self.has("ERROR pkdecrypt_failed") {
            if has_terminal { GpgCause::NotUnlocked } else { GpgCause::NoTerminal }
        } else if self.has("ERROR add_keyblock_resource") {
            GpgCause::Home
        } else if self.has("NO_SECKEY ") {
            if self.names_agent() { GpgCause::Agent } else { GpgCause::NoSecretKey }
        } else if self.has("DECRYPTION_KEY ") || self.has("NODATA ") {
            return KeyError::Malformed(format!("gpg says: {}", self.words));
        } else {
            GpgCause::Other
        };
        GpgError::new(cause, &self.words).into()
    }

    /// Whether what was printed was not encrypted. A program that reports nothing is believed.
    pub(super) fn is_clear(&self) -> bool {
        self.has("PLAINTEXT ") && !self.has("DECRYPTION_OKAY")
    }
}

/// Why nothing is encrypted to a key that gpg has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Validity {
    /// It is past its time.
    Expired,
    /// It was revoked.
    Revoked,
    /// The user switched it off.
    Disabled,
    /// No part of it that is valid can encrypt.
    CannotEncrypt,
}

impl Validity {
    /// From what `--with-colons --list-keys` prints.
    fn of_field(field: &str) -> Option<Self> {
        match field {
            "e" => Some(Self::Expired),
            "r" => Some(Self::Revoked),
            "d" => Some(Self::Disabled),
            _ => None,
        }
    }

    /// From what `--with-colons --list-keys` prints: the second field of the first key.
    pub(super) fn read(listed: &[u8]) -> Self {
        let text = String::from_utf8_lossy(listed);
        let key = text.lines().find_map(|line| line.strip_prefix("pub:"));
        key.and_then(|rest| Self::of_field(rest.split(':').next()?)).unwrap_or(Self::CannotEncrypt)
    }
}
