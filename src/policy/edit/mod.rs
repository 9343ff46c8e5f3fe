//! Changes of `.sops.yaml`: who is granted what, with everything else byte for byte as it was.
//!
//! Each change gives the configuration as it would be, with its text ([`Config::text`]) and not yet
//! written ([`Config::save`]), so that changes can follow each other. A change that would change nothing
//! gives the same text.
//!
//! ```text
//! config.add_recipient("dora", &keys)?.grant(Who::Name("dora"), Scope::Role("developer"))?.save()
//! ```
//!
//! **Self-check.** The new text is read again, and must mean what was asked for and nothing else; what is
//! written in a way that does not allow that (aliases, merge keys, odd layouts) is refused with its place.

mod change;
mod keys;
mod meaning;
mod page;

use super::Config;
use super::grants::section;
use super::problem::{below, creation_rule};
use super::seal::{Recipient, is_name};
use crate::doc::{KeyPath, Position};
use crate::error::{Code, Failure, Place};
use crate::keys::MasterKey;
use keys::nested;
use meaning::Meaning;
use page::{Page, Stuck};

/// Who is added or removed.
#[derive(Debug, Clone, Copy)]
pub enum Who<'a> {
    /// A recipient, or in a rule also a role, by its name.
    Name(&'a str),
    /// A key. Where names stand, it must be the only key of a named recipient.
    Key(&'a MasterKey),
}

/// Where somebody is added or removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope<'a> {
    /// A creation rule, by [`super::CreationRule::index`]: of a rule by grants the list of its grant, of a
    /// rule by keys the keys.
    Rule(usize),
    /// A role, by its name.
    Role(&'a str),
}

/// Why a configuration was not changed.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum EditError {
    /// No recipient or role has this name.
    #[error("`{name}` is not the name of a recipient or role")]
    Unknown {
        /// The word.
        name: String,
        /// What may be meant.
        nearest: Option<String>,
    },
    /// A key without a name is asked for where names stand, or one of several keys of a name.
    #[error("`{key}` is not the only key of a named recipient")]
    NeedsName {
        /// The key, shortened.
        key: String,
    },
    /// The recipient reads by a role of the grant.
    #[error("`{name}` reads by the role `{role}`")]
    ThroughRole {
        /// The recipient.
        name: String,
        /// The role.
        role: String,
    },
    /// There is no such rule.
    #[error("there is no creation rule {}", rule + 1)]
    NoRule {
        /// The position of the rule.
        rule: usize,
    },
    /// Nobody would be left.
    #[error("nobody could read the files of creation rule {} any more", rule + 1)]
    LastKey {
        /// The position of the rule.
        rule: usize,
    },
    /// The keys of the rule stand in key groups.
    #[error("the keys of creation rule {} stand in `key_groups`; change them by hand", rule + 1)]
    KeyGroups {
        /// The position of the rule.
        rule: usize,
    },
    /// The word cannot be a name, or is one already.
    #[error("`{name}` {reason}")]
    BadName {
        /// The word.
        name: String,
        /// Why.
        reason: &'static str,
    },
    /// The text is written in a way that no program should change.
    #[error("it is written there in a way that can only be changed by hand")]
    ByHand {
        /// Where.
        place: Place,
    },
}

impl From<&EditError> for Failure {
    fn from(error: &EditError) -> Self {
        let failure = Failure::new(Code::Generic, "cannot change the configuration; it is unchanged")
            .cause(error.to_string());
        match error {
            EditError::Unknown { nearest: Some(name), .. } => failure.hint(format!("did you mean `{name}`?")),
            EditError::NeedsName { .. } => {
                failure.hint("name it in `recipients` of the section `seal` first")
            }
            EditError::ThroughRole { role, .. } => failure
                .hint(format!("remove the recipient from the role `{role}`, or the role from the grant")),
            EditError::ByHand { place } => failure.at(place.clone()),
            _ => failure,
        }
    }
}

impl Config {
    /// Writes the keys of every rule by grants into the rule, where SOPS reads them, under a comment line
    /// that says so. Rules whose grant cannot be resolved stay as they are.
    ///
    /// # Errors
    /// [`EditError::ByHand`].
    pub fn write_granted_keys(&self) -> Result<Self, EditError> {
        let mut text = self.text().to_owned();
        let drift = self.drift();
        for rule in self.creation_rules.iter().flatten() {
            let (Some(grant), Some(Ok(granted))) = (self.grant_of(rule), self.granted(rule)) else {
                continue;
            };
            if granted.is_empty() {
                continue;
            }
            let path = creation_rule(rule.index);
            if let Some(drift) = drift.iter().find(|drift| drift.rule == rule.index) {
                text = self.with_keys(&text, &path, &drift.missing, &drift.extra)?;
            }
            text = keys::mark(&text, &path, &grant.to).map_err(|stuck| self.by_hand(&text, stuck))?;
        }
        let changed = self.checked(&text, &Meaning::of(self))?;
        if changed.drift().is_empty() { Ok(changed) } else { Err(self.by_hand(&text, Stuck(0))) }
    }

    /// Adds somebody to a rule or role, and writes the keys that follow from it.
    ///
    /// # Errors
    /// See [`EditError`].
    pub fn grant(&self, who: Who<'_>, scope: Scope<'_>) -> Result<Self, EditError> {
        self.change(who, scope, true)?.write_granted_keys()
    }

    /// Removes somebody from a rule or role, and writes the keys that follow from it.
    ///
    /// # Errors
    /// See [`EditError`].
    pub fn revoke(&self, who: Who<'_>, scope: Scope<'_>) -> Result<Self, EditError> {
        self.nobody_left_out(self.change(who, scope, false)?.write_granted_keys()?)
    }

    /// Removes a recipient from all roles, grants and rules by keys, or a role from all grants. The name stays in `recipients`, so that
    /// files that still have the key show it.
    ///
    /// # Errors
    /// See [`EditError`].
    pub fn revoke_everywhere(&self, who: Who<'_>) -> Result<Self, EditError> {
        let mut config = self.reread(self.text())?;
        // A key without a name, and a role, stand in one kind of rules only.
        let (name, by_grants, by_keys) = match who {
            Who::Name(name) if self.seal.role(name).is_some() => (Some(name), true, false),
            Who::Key(key) if self.seal.recipient_of(key).is_none() => (None, false, true),
            who => (Some(self.recipient_name(who)?), true, true),
        };
        for role in self.seal.roles.iter().filter(|_| by_grants && by_keys) {
            config = config.change(who, Scope::Role(&role.name), false)?;
        }
        for rule in self.creation_rules.iter().flatten() {
            if if rule.grant.is_some() { by_grants } else { by_keys } {
                let who = name.map_or(who, Who::Name);
                config = config.change(who, Scope::Rule(rule.index), false)?;
            }
        }
        self.nobody_left_out(config.write_granted_keys()?)
    }

    /// Gives keys a name.
    ///
    /// # Errors
    /// The word cannot be a name or is taken, or [`EditError::ByHand`].
    pub fn add_recipient(&self, name: &str, keys: &[MasterKey]) -> Result<Self, EditError> {
        let bad = |reason| Err(EditError::BadName { name: name.to_owned(), reason });
        match () {
            () if !is_name(name) => return bad("cannot be a name: use letters, digits and . _ - @ +"),
            () if self.seal.recipient(name).is_some() => return bad("is the name of a recipient already"),
            () if self.seal.role(name).is_some() => return bad("is the name of a role already"),
            () => {}
        }
        let mut meaning = Meaning::of(self);
        meaning.seal.recipients.push(Recipient { name: name.to_owned(), keys: keys.to_vec() });
        let text = self.text();
        let page = Page::new(text).map_err(|stuck| self.by_hand(text, stuck))?;
        let entry = |depth: usize| nested(&["seal", "recipients"][2 - depth..], name, keys);
        let place = (page.find(&section("recipients")), page.find(&below(&KeyPath::default(), "seal")));
        let changed = match place {
            (Ok(Some(recipients)), _) => page.put(recipients, None, &entry(0)),
            (Ok(None), Ok(Some(seal))) => page.put(seal, None, &entry(1)),
            (Ok(None), Ok(None)) => page.put_at_root(&entry(2)),
            (Err(stuck), _) | (_, Err(stuck)) => Err(stuck),
        };
        self.checked(&changed.map_err(|stuck| self.by_hand(text, stuck))?, &meaning)
    }

    /// The recipient's name.
    fn recipient_name<'n>(&'n self, who: Who<'n>) -> Result<&'n str, EditError> {
        match who {
            Who::Name(name) if self.seal.recipient(name).is_some() => Ok(name),
            Who::Name(name) => Err(self.unknown(name)),
            Who::Key(key) => match self.seal.recipient_of(key) {
                Some(recipient) if recipient.keys.len() == 1 => Ok(&recipient.name),
                _ => Err(EditError::NeedsName { key: key.short_recipient() }),
            },
        }
    }

    fn unknown(&self, name: &str) -> EditError {
        EditError::Unknown { name: name.to_owned(), nearest: self.seal.nearest(name).map(ToOwned::to_owned) }
    }

    fn by_hand(&self, text: &[u8], stuck: Stuck) -> EditError {
        let Position { line, column } = Position::of(text, stuck.0);
        EditError::ByHand { place: Place { file: self.name().to_owned(), line, column } }
    }
}

#[cfg(test)]
mod tests;
