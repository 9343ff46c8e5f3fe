//! The data keys of many versions: each wrapped key is unwrapped once.

use crate::commands::context::Context;
use crate::error::Failure;
use crate::keys::{self, DataKey, KeyKind, MasterKey, Services};
use crate::policy::Names;
use crate::sops::Metadata;
use sha2::{Digest as _, Sha256};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

/// The time for a program that asks nobody.
const LONGEST: Duration = Duration::from_secs(2);

type Unwrapped = Arc<OnceLock<Result<Arc<DataKey>, String>>>;

/// What recipients are called, each looked for once.
struct Called {
    names: Names,
    known: HashMap<String, Option<String>>,
}

/// Unwraps data keys, and remembers them as long as it lives.
pub(super) struct Keyring<'c> {
    context: &'c Context,
    /// The key services that ask nobody, where nobody is to be asked.
    quiet: Option<Services>,
    order: Vec<KeyKind>,
    names: Mutex<Called>,
    known: Mutex<HashMap<[u8; 32], Unwrapped>>,
}

impl<'c> Keyring<'c> {
    /// With `asks` a person may be asked for a passphrase, and programs may.
    pub(super) fn new(context: &'c Context, asks: bool) -> Result<Self, Failure> {
        let order = context.decryption_order()?;
        // A broken configuration is not what stands in the way here.
        let config = context.config().ok().flatten();
        let names = config.map(|config| Names::of(config.text(), config.folder())).unwrap_or_default();
        let names = Mutex::new(Called { names, known: HashMap::new() });
        let quiet = if asks { None } else { Some(context.unattended_services(LONGEST, false)) };
        Ok(Self { context, quiet, order, names, known: Mutex::new(HashMap::new()) })
    }

    /// The data key of a file, or why there is none, in a few words.
    pub(super) fn unlock(&self, metadata: &Metadata) -> Result<Arc<DataKey>, String> {
        let known = Arc::clone(
            self.known.lock().unwrap_or_else(PoisonError::into_inner).entry(identity(metadata)).or_default(),
        );
        known.get_or_init(|| self.unwrap(metadata)).clone()
    }

    fn unwrap(&self, metadata: &Metadata) -> Result<Arc<DataKey>, String> {
        let services = self.quiet.as_ref().unwrap_or_else(|| self.context.services());
        match keys::recover(&metadata.groups, metadata.threshold, services, &self.order) {
            Ok(key) => Ok(Arc::new(key)),
            Err(error) if error.has_identities() => Err("no key of yours opens it".to_owned()),
            Err(error) if error.timed_out() => Err("a key service did not answer".to_owned()),
            Err(_) => Err("no key".to_owned()),
        }
    }

    /// What a recipient is called.
    pub(super) fn name_of(&self, key: &MasterKey) -> Option<String> {
        let mut called = self.names.lock().unwrap_or_else(PoisonError::into_inner);
        let Called { names, known } = &mut *called;
        known.entry(key.recipient()).or_insert_with(|| names.name_of(key)).clone()
    }
}

/// What tells wrapped data keys from others.
fn identity(metadata: &Metadata) -> [u8; 32] {
    let mut hash = Sha256::new();
    let mut part = |bytes: &[u8]| {
        hash.update((bytes.len() as u64).to_le_bytes());
        hash.update(bytes);
    };
    part(&metadata.threshold.to_le_bytes());
    for group in &metadata.groups {
        part(&group.keys.len().to_le_bytes());
        for key in &group.keys {
            part(key.kind.name().as_bytes());
            part(key.recipient().as_bytes());
            part(key.enc().unwrap_or_default().as_bytes());
        }
    }
    hash.finalize().into()
}
