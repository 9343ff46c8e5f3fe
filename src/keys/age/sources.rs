//! Where identities of age come from (format description, section 7.1).

use super::callbacks::Callbacks;
use super::command;
use super::identity::{Identities, Native, Spacing};
use super::passphrase::Locked;
use super::ssh::{Origin, SshKey};
use crate::keys::{Ask, Tried, read};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use zeroize::Zeroizing;

/// The sources of a run. All that are set are read and merged, none before one is needed; a failing one
/// does not stop the others. Where the format description names a variable, its value stands here.
#[derive(Default)]
pub struct IdentitySources {
    /// `SOPS_AGE_SSH_PRIVATE_KEY_FILE`: an OpenSSH private key.
    pub ssh_key_file: Option<PathBuf>,
    /// `SOPS_AGE_SSH_PRIVATE_KEY_CMD`: a command that prints one.
    pub ssh_key_command: Option<String>,
    /// The home directory, for `.ssh/id_ed25519` and `.ssh/id_rsa`.
    pub home: Option<PathBuf>,
    /// `SOPS_AGE_KEY`: identities as text.
    pub key: Option<Zeroizing<String>>,
    /// `SOPS_AGE_KEY_FILE`: an identity file.
    pub key_file: Option<PathBuf>,
    /// `SOPS_AGE_KEY_CMD`: a command that prints identities; it gets the recipient that is tried in
    /// `SOPS_AGE_RECIPIENT`.
    pub key_command: Option<String>,
    /// The identity file that is read if it exists: `sops/age/keys.txt` in the configuration directory.
    pub default_file: Option<PathBuf>,
    /// Further identity files, named on the command line. They may be OpenSSH private keys too.
    pub identity_files: Vec<PathBuf>,
    /// A text that was read already, with the name of its place: the others are then not set.
    pub given: Option<(String, Zeroizing<Vec<u8>>)>,
    /// How long a command may take that prints identities.
    pub timeout: Option<Duration>,
    /// Places that the caller looked at before, in vain.
    pub before: Vec<Tried>,
}

/// What some sources hold.
#[derive(Default)]
pub(super) struct Loaded {
    pub(super) natives: Vec<Native>,
    pub(super) plugins: Vec<Plugin>,
    pub(super) locked: Vec<Locked>,
    pub(super) ssh_keys: Vec<SshKey>,
    /// Sources that could not be read.
    pub(super) failed: Vec<Tried>,
    /// Sources without identities.
    pub(super) empty: Vec<Tried>,
}

/// The identities of one plugin.
pub(super) struct Plugin {
    pub(super) name: String,
    pub(super) identities: Vec<age::plugin::Identity>,
}

impl Plugin {
    /// Finds the program.
    pub(super) fn find(
        &self,
        ask: &Arc<dyn Ask>,
    ) -> Result<age::plugin::IdentityPluginV1<Callbacks>, age::plugin::ResolveError> {
        age::plugin::IdentityPluginV1::new(&self.name, &self.identities, Callbacks::new(ask.clone()))
    }
}

impl IdentitySources {
    /// Reads the sources that need neither a program nor an ssh key.
    pub(super) fn load_plain(&self) -> Loaded {
        let mut loaded = Loaded::default();
        if let Some((place, text)) = &self.given {
            loaded.take_named(place, text.clone(), Spacing::Words);
            return loaded;
        }
        loaded.empty.extend(self.before.iter().cloned());
        match &self.key {
            Some(text) => loaded.take("SOPS_AGE_KEY", text.as_bytes(), Spacing::Words),
            None => loaded.unset("SOPS_AGE_KEY"),
        }
        match &self.key_file {
            Some(path) => loaded.take_file(&format!("SOPS_AGE_KEY_FILE={}", path.display()), path, true),
            None => loaded.unset("SOPS_AGE_KEY_FILE"),
        }
        for path in &self.identity_files {
            loaded.take_named_file(&path.display().to_string(), path);
        }
        if let Some(path) = &self.default_file {
            loaded.take_file(&path.display().to_string(), path, false);
        }
        loaded
    }

    /// Runs the command that prints identities.
    pub(super) fn load_command(&self, line: &str, recipient: &str) -> Loaded {
        const PLACE: &str = "SOPS_AGE_KEY_CMD";
        let mut loaded = Loaded::default();
        match command::run(line, Some(recipient), self.timeout) {
            Ok(text) => loaded.take(PLACE, &text, Spacing::Lines),
            Err(error) => loaded.failed.push(error.tried(PLACE)),
        }
        loaded
    }

    /// The ssh keys in files of their own. Nothing is read yet.
    pub(super) fn ssh_files(&self) -> Vec<SshKey> {
        let named = self.ssh_key_file.iter().map(|path| {
            let place = format!("SOPS_AGE_SSH_PRIVATE_KEY_FILE={}", path.display());
            SshKey::new(place, Origin::File(path.clone()))
        });
        let homes = self.home.iter().flat_map(|home| {
            ["id_ed25519", "id_rsa"].map(|name| {
                let path = home.join(".ssh").join(name);
                SshKey::new(path.display().to_string(), Origin::DefaultFile(path))
            })
        });
        named.chain(homes).collect()
    }

    /// Runs the command that prints an ssh key.
    pub(super) fn ssh_of_command(&self, line: &str) -> Result<SshKey, Tried> {
        const PLACE: &str = "SOPS_AGE_SSH_PRIVATE_KEY_CMD";
        match command::run(line, None, self.timeout) {
            Ok(text) => Ok(SshKey::new(PLACE.to_owned(), Origin::Text(text))),
            Err(error) => Err(error.tried(PLACE)),
        }
    }
}

impl Loaded {
    fn unset(&mut self, place: &str) {
        self.empty.push(Tried::new(place, "not set"));
    }

    fn take_named_file(&mut self, place: &str, path: &Path) {
        match read::file(path) {
            Ok(text) => self.take_named(place, text, Spacing::Lines),
            Err(error) => self.failed.push(Tried::new(place, read::in_words(&error))),
        }
    }

    fn take_named(&mut self, place: &str, text: Zeroizing<Vec<u8>>, spacing: Spacing) {
        if SshKey::recognise(&text) {
            self.ssh_keys.push(SshKey::new(place.to_owned(), Origin::Text(text)));
        } else {
            self.take(place, &text, spacing);
        }
    }

    fn take_file(&mut self, place: &str, path: &Path, must_exist: bool) {
        match read::file(path) {
            Ok(data) => self.take(place, &data, Spacing::Lines),
            Err(error) if error.kind() == io::ErrorKind::NotFound && !must_exist => {
                self.empty.push(Tried::new(place, "does not exist"));
            }
            Err(error) => self.failed.push(Tried::new(place, read::in_words(&error))),
        }
    }

    fn take(&mut self, place: &str, data: &[u8], spacing: Spacing) {
        if let Some(locked) = Locked::recognise(place, data) {
            self.locked.push(locked);
            return;
        }
        match Identities::parse(data, spacing) {
            Ok(identities) if identities.count() == 0 => {
                self.empty.push(Tried::new(place, "holds no identity"));
            }
            Ok(identities) => {
                self.natives.extend(identities.natives);
                identities.plugins.into_iter().for_each(|identity| self.add_plugin(identity));
            }
            Err(error) => self.failed.push(Tried::new(place, error.to_string())),
        }
    }

    fn add_plugin(&mut self, identity: age::plugin::Identity) {
        let name = identity.plugin().to_owned();
        match self.plugins.iter_mut().find(|plugin| plugin.name == name) {
            Some(plugin) => plugin.identities.push(identity),
            None => self.plugins.push(Plugin { name, identities: vec![identity] }),
        }
    }
}
