//! Throwaway keys for the unit tests. Never use them for anything else.

/// An X25519 identity.
pub(crate) const IDENTITY_A: &str =
    "AGE-SECRET-KEY-1X3XWMCS3WDSM87Y7UNHT6CX3L7K9WUE8W7KFY65MFAVCGKSPX8EQ4GDJDV";
/// Its recipient.
pub(crate) const RECIPIENT_A: &str = "age1rh8vkdkhqetmk6qs8v8jxuxlky0c9s2c8aeflydjyv87cs5tgaqq9ynmu3";
/// Another one.
pub(crate) const IDENTITY_B: &str =
    "AGE-SECRET-KEY-1HQF30GC0CVG7XJAN8FGUQE0M9SGSC2DK850YA295PQGL3SXN3EAQDAAE55";
/// Its recipient.
pub(crate) const RECIPIENT_B: &str = "age1jhtfnxg0f4pn5v2kh2yy7k8k5ct406ckxxqcnmg8me2k9akelplqlslnvp";
/// A post-quantum identity.
pub(crate) const PQ_IDENTITY: &str =
    "AGE-SECRET-KEY-PQ-19LQQCUE625VNM88ESHLDVYMV2S6VJHJCWQX3JSGDUWLYTRQ7GCPSKJC6YP";
/// Its recipient.
pub(crate) const PQ_RECIPIENT: &str = include_str!("../../../testdata/keys/pq.pub");

use super::{AgeService, IdentitySources};
use crate::keys::{Ask, AskError, MasterKey};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use zeroize::Zeroizing;

/// A file of `testdata/keys`.
pub(crate) fn path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/keys").join(name)
}

/// Its text.
pub(crate) fn text(name: &str) -> String {
    std::fs::read_to_string(path(name)).unwrap()
}

/// The entry of a file made by SOPS, see `testdata/keys/README.md`.
pub(crate) fn entry(recipient: &str, name: &str) -> MasterKey {
    let mut key = MasterKey::age(recipient);
    key.set_enc(text(&format!("enc/{name}.age")));
    key
}

/// A service with `SOPS_AGE_KEY` alone.
pub(crate) fn service(identities: &str) -> AgeService {
    let key = Some(Zeroizing::new(identities.to_owned()));
    AgeService::new(IdentitySources { key, ..IdentitySources::default() }, Arc::new(crate::keys::Nobody))
}

/// Somebody who answers every question for a passphrase with the same one, and writes the questions
/// down.
#[derive(Default)]
pub(crate) struct Scripted {
    pub(crate) answer: String,
    pub(crate) asked: Mutex<Vec<String>>,
}

impl Scripted {
    pub(crate) fn new(answer: &str) -> Arc<Self> {
        Arc::new(Self { answer: answer.to_owned(), asked: Mutex::default() })
    }

    pub(crate) fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

impl Ask for Scripted {
    fn passphrase(&self, prompt: &str) -> Result<Zeroizing<String>, AskError> {
        self.asked.lock().unwrap().push(prompt.to_owned());
        Ok(Zeroizing::new(self.answer.clone()))
    }

    fn text(&self, _: &str) -> Result<String, AskError> {
        Err(AskError::NoTerminal)
    }

    fn confirm(&self, _: &str, _: &str, _: Option<&str>) -> Result<bool, AskError> {
        Err(AskError::NoTerminal)
    }

    fn message(&self, _: &str) {}
}
