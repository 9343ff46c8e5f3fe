//! All identities of a run, and the order in which they are tried on an age file: those at hand first,
//! then those that take a program, last those that take a passphrase.

use super::identity::Native;
use super::passphrase::Locked;
use super::sources::{IdentitySources, Loaded, Plugin};
use super::ssh::{self, Answer, SshKey};
use crate::keys::{Ask, Effort, KeyError, Tried};
use age::DecryptError;
use age_core::format::{FileKey, Stanza};
use std::cell::RefCell;
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

/// The identities, each source read at most once.
pub(super) struct Keyring {
    sources: IdentitySources,
    ask: Arc<dyn Ask>,
    plain: OnceLock<Loaded>,
    /// What the key command printed, by the recipient it was asked for.
    commanded: Mutex<Vec<(String, Arc<Loaded>)>>,
    ssh_files: OnceLock<Vec<SshKey>>,
    ssh_commanded: OnceLock<Result<SshKey, Tried>>,
}

impl Keyring {
    pub(super) fn new(sources: IdentitySources, ask: Arc<dyn Ask>) -> Self {
        Self {
            sources,
            ask,
            plain: OnceLock::new(),
            commanded: Mutex::default(),
            ssh_files: OnceLock::new(),
            ssh_commanded: OnceLock::new(),
        }
    }

    pub(super) fn ask(&self) -> &Arc<dyn Ask> {
        &self.ask
    }

    fn plain(&self) -> &Loaded {
        self.plain.get_or_init(|| self.sources.load_plain())
    }

    fn ssh_files(&self) -> &[SshKey] {
        self.ssh_files.get_or_init(|| self.sources.ssh_files())
    }

    /// What the key command has printed so far.
    fn commanded(&self) -> Vec<Arc<Loaded>> {
        let commanded = self.commanded.lock().unwrap_or_else(PoisonError::into_inner);
        commanded.iter().map(|(_, loaded)| loaded.clone()).collect()
    }

    /// What the key command prints for a recipient, if there is a command.
    fn command_for(&self, recipient: &str) -> Option<Arc<Loaded>> {
        let line = self.sources.key_command.as_ref()?;
        let mut commanded = self.commanded.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, loaded)) = commanded.iter().find(|(other, _)| other == recipient) {
            return Some(loaded.clone());
        }
        let loaded = Arc::new(self.sources.load_command(line, recipient));
        commanded.push((recipient.to_owned(), loaded.clone()));
        Some(loaded)
    }

    fn has_command_left(&self, recipient: &str) -> bool {
        let commanded = self.commanded.lock().unwrap_or_else(PoisonError::into_inner);
        self.sources.key_command.is_some() && !commanded.iter().any(|(other, _)| other == recipient)
    }

    fn ssh_commanded(&self) -> Option<&Result<SshKey, Tried>> {
        let line = self.sources.ssh_key_command.as_ref()?;
        Some(self.ssh_commanded.get_or_init(|| self.sources.ssh_of_command(line)))
    }
}

/// One age file on which the identities are tried.
pub(super) struct Attempt<'a> {
    keyring: &'a Keyring,
    recipient: &'a str,
    effort: Effort,
    notes: RefCell<Notes>,
}

/// What is noticed on the way.
#[derive(Default)]
struct Notes {
    ssh_keys: usize,
    plugin_missing: Vec<String>,
    malformed: bool,
    postponed: bool,
    failed: Vec<Tried>,
    empty: Vec<Tried>,
}

impl age::Identity for Attempt<'_> {
    fn unwrap_stanza(&self, stanza: &Stanza) -> Option<Result<FileKey, DecryptError>> {
        self.unwrap_stanzas(std::slice::from_ref(stanza))
    }

    fn unwrap_stanzas(&self, stanzas: &[Stanza]) -> Option<Result<FileKey, DecryptError>> {
        let at_hand = self.at_hand(stanzas);
        if at_hand.is_none() && self.effort == Effort::Quiet && self.could_do_more(stanzas) {
            self.notes.borrow_mut().postponed = true;
            return None;
        }
        // If quietly no more can be done, this only notes why.
        at_hand.or_else(|| self.with_effort(stanzas)).map(Ok)
    }
}

impl<'a> Attempt<'a> {
    pub(super) fn new(keyring: &'a Keyring, recipient: &'a str, effort: Effort) -> Self {
        Self { keyring, recipient, effort, notes: RefCell::default() }
    }

    /// Why no identity opened the file.
    pub(super) fn into_error(self) -> KeyError {
        let identities = self.count();
        let notes = self.notes.into_inner();
        let named = |name: &String| self.recipient.starts_with(&format!("age1{name}1"));
        if notes.postponed {
            KeyError::Postponed
        } else if notes.malformed {
            KeyError::Malformed("its age header is invalid".to_owned())
        } else if let Some(name) = notes.plugin_missing.iter().find(|name| named(name)) {
            KeyError::PluginMissing(format!("age-plugin-{name}"))
        } else if identities == 0 && notes.failed.is_empty() {
            KeyError::NoCredentials { what: "identity", tried: notes.empty }
        } else {
            KeyError::NoMatch { identities, failed: notes.failed }
        }
    }

    /// Native identities that are loaded or unlocked, and ssh keys without a passphrase.
    fn at_hand(&self, stanzas: &[Stanza]) -> Option<FileKey> {
        let native = |loaded: &Loaded| self.natives(loaded, stanzas);
        native(self.keyring.plain())
            .or_else(|| self.keyring.commanded().iter().find_map(|loaded| native(loaded)))
            .or_else(|| self.ssh_keys_at_hand(stanzas))
    }

    /// Whether plugins, commands or passphrases are left to try.
    fn could_do_more(&self, stanzas: &[Stanza]) -> bool {
        let in_loaded = |loaded: &Loaded| {
            let mut locked = loaded.locked.iter().filter(|locked| locked.peek().is_none());
            !loaded.plugins.is_empty() || Native::any_stanza(stanzas) && locked.next().is_some()
        };
        let keyring = self.keyring;
        in_loaded(keyring.plain())
            || keyring.commanded().iter().any(|loaded| in_loaded(loaded))
            || keyring.has_command_left(self.recipient)
            || ssh::any_stanza(stanzas) && self.could_do_more_with_ssh(stanzas)
    }

    fn could_do_more_with_ssh(&self, stanzas: &[Stanza]) -> bool {
        let locked = |key: &SshKey| matches!(key.open(stanzas, None), Answer::Locked);
        let command_left =
            self.keyring.sources.ssh_key_command.is_some() && self.keyring.ssh_commanded.get().is_none();
        command_left || self.ssh_files_for(stanzas).any(locked)
    }

    /// Programs, then passphrases.
    fn with_effort(&self, stanzas: &[Stanza]) -> Option<FileKey> {
        self.keyring.command_for(self.recipient);
        let mut all = vec![self.keyring.plain()];
        let commanded = self.keyring.commanded();
        all.extend(commanded.iter().map(|loaded| &**loaded));
        self.note_sources(&all);
        let each = |step: &dyn Fn(&Loaded) -> Option<FileKey>| all.iter().find_map(|loaded| step(loaded));
        each(&|loaded| self.natives(loaded, stanzas))
            .or_else(|| each(&|loaded| self.plugins(&loaded.plugins, stanzas)))
            .or_else(|| self.ssh_of_command(stanzas))
            .or_else(|| each(&|loaded| self.locked(&loaded.locked, stanzas)))
            .or_else(|| self.ssh_keys(stanzas))
    }

    fn note_sources(&self, all: &[&Loaded]) {
        let mut notes = self.notes.borrow_mut();
        for loaded in all {
            notes.failed.extend(loaded.failed.iter().cloned());
            notes.empty.extend(loaded.empty.iter().cloned());
        }
    }

    /// Natives of the sources, those of unlocked files included.
    fn natives(&self, loaded: &Loaded, stanzas: &[Stanza]) -> Option<FileKey> {
        natives_of(loaded).find_map(|native| self.native(native, stanzas))
    }

    fn native(&self, native: &Native, stanzas: &[Stanza]) -> Option<FileKey> {
        match native.unwrap(stanzas)? {
            Ok(key) => Some(key),
            Err(_why) => {
                self.notes.borrow_mut().malformed = true;
                None
            }
        }
    }

    fn plugins(&self, plugins: &[Plugin], stanzas: &[Stanza]) -> Option<FileKey> {
        plugins.iter().find_map(|plugin| {
            let place = || format!("age-plugin-{}", plugin.name);
            let Ok(program) = plugin.find(self.keyring.ask()) else {
                let mut notes = self.notes.borrow_mut();
                notes.failed.push(Tried::new(place(), "is not on the PATH"));
                notes.plugin_missing.push(plugin.name.clone());
                return None;
            };
            match age::Identity::unwrap_stanzas(&program, stanzas)? {
                Ok(key) => Some(key),
                Err(error) => {
                    let reason = match &error {
                        DecryptError::Plugin(errors) => super::callbacks::messages(errors),
                        DecryptError::Io(error) => super::callbacks::broken(error),
                        error => crate::keys::program::printable(&error.to_string()),
                    };
                    self.notes.borrow_mut().failed.push(Tried::new(place(), reason));
                    None
                }
            }
        })
    }

    /// Encrypted identity files. They hold natives alone, so other stanzas are no reason to ask.
    fn locked(&self, locked: &[Locked], stanzas: &[Stanza]) -> Option<FileKey> {
        if !Native::any_stanza(stanzas) {
            return None;
        }
        locked.iter().find_map(|locked| match locked.unlock(&**self.keyring.ask()) {
            Ok(identities) => identities.natives.iter().find_map(|native| self.native(native, stanzas)),
            Err(reason) => {
                self.notes.borrow_mut().failed.push(Tried::new(&locked.place, reason));
                None
            }
        })
    }

    /// Ssh keys in files, without questions and notes.
    fn ssh_keys_at_hand(&self, stanzas: &[Stanza]) -> Option<FileKey> {
        let mut files = self.ssh_files_for(stanzas);
        files.find_map(|key| match key.open(stanzas, None) {
            Answer::Key(key) => Some(key),
            _ => None,
        })
    }

    /// Ssh keys in files, with questions.
    fn ssh_keys(&self, stanzas: &[Stanza]) -> Option<FileKey> {
        let mut files = self.ssh_files_for(stanzas);
        files.find_map(|key| self.note_answer(key, key.open(stanzas, Some(&**self.keyring.ask()))))
    }

    /// The ssh key that a command prints. It cannot have a passphrase.
    fn ssh_of_command(&self, stanzas: &[Stanza]) -> Option<FileKey> {
        if !ssh::any_stanza(stanzas) {
            return None;
        }
        match self.keyring.ssh_commanded()? {
            Ok(key) => match key.open(stanzas, None) {
                Answer::Locked => {
                    let reason = "is protected by a passphrase, which a key from a command must not be";
                    self.note_answer(key, Answer::Failed(reason.to_owned()))
                }
                answer => self.note_answer(key, answer),
            },
            Err(tried) => {
                self.notes.borrow_mut().failed.push(tried.clone());
                None
            }
        }
    }

    /// The ssh keys in files, none if no stanza is for such a key.
    fn ssh_files_for(&self, stanzas: &[Stanza]) -> impl Iterator<Item = &'a SshKey> + use<'a> {
        let keyring = self.keyring;
        let files =
            ssh::any_stanza(stanzas).then(|| keyring.plain().ssh_keys.iter().chain(keyring.ssh_files()));
        files.into_iter().flatten()
    }

    fn note_answer(&self, key: &SshKey, answer: Answer) -> Option<FileKey> {
        let mut notes = self.notes.borrow_mut();
        match answer {
            Answer::Key(key) => return Some(key),
            Answer::NotMine | Answer::Locked => notes.ssh_keys += 1,
            Answer::Missing => notes.empty.push(Tried::new(&key.place, "does not exist")),
            Answer::Failed(reason) => notes.failed.push(Tried::new(&key.place, reason)),
        }
        None
    }

    /// How many different identities there are.
    fn count(&self) -> usize {
        let commanded = self.keyring.commanded();
        let all = || std::iter::once(self.keyring.plain()).chain(commanded.iter().map(|loaded| &**loaded));
        let natives: BTreeSet<String> = all().flat_map(natives_of).map(Native::recipient).collect();
        let plugins: usize = all().flat_map(|loaded| &loaded.plugins).map(|p| p.identities.len()).sum();
        natives.len() + plugins + self.notes.borrow().ssh_keys
    }
}

fn natives_of(loaded: &Loaded) -> impl Iterator<Item = &Native> {
    let unlocked = loaded.locked.iter().filter_map(|locked| locked.peek()?.as_ref().ok());
    loaded.natives.iter().chain(unlocked.flat_map(|identities| &identities.natives))
}
