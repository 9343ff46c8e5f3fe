//! The section `seal` of `.sops.yaml`, which SOPS ignores: names for keys, roles, who is granted what.
//!
//! Names and roles are one space: a word of a grant is either. A role holds recipients, not roles.

use super::max_age;
use super::problem::{Problem, Spot};
use super::reader::{Reader, nearest};
use super::rule::{FLAT_FIELDS, flat_kind, sorted, string_list, text_keys};
use crate::keys::{KeyKind, MasterKey};
use serde_yaml::Value;
use time::Duration;

/// The section `seal`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Seal {
    /// Whether files without a strict record are refused.
    pub require_strict: bool,
    /// How old a data key may get.
    pub max_age: Option<Duration>,
    /// Names for keys, in the order of the file.
    pub recipients: Vec<Recipient>,
    /// Names for groups of recipients, in the order of the file.
    pub roles: Vec<Role>,
    /// Which rules get their keys from which roles and recipients, in the order of the file.
    pub grants: Vec<Grant>,
}

/// A person, service or machine with its keys.
#[derive(Debug, Clone, PartialEq)]
pub struct Recipient {
    /// What it is called.
    pub name: String,
    /// Its keys, without wrapped data keys.
    pub keys: Vec<MasterKey>,
}

/// A name for several recipients.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Role {
    /// What it is called.
    pub name: String,
    /// The names of its recipients.
    pub members: Vec<String>,
}

/// Who reads the files of a creation rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    /// Its position in the list of the file, from 0.
    pub index: usize,
    /// The `path_regex` of the creation rule; empty for the rule of all files.
    pub path_regex: String,
    /// Names of roles and recipients.
    pub to: Vec<String>,
}

const FIELDS: [&str; 7] = ["require_strict", "max_age", "recipients", "roles", "grants", "audit", "merge"];

impl Seal {
    /// Reads the section.
    pub(super) fn read(reader: &mut Reader, value: &Value) -> Self {
        let mut seal = Self::default();
        reader.map(value, &FIELDS, |reader, name, value| match name {
            // What cannot be read was meant to protect: it counts as said.
            "require_strict" => seal.require_strict = reader.boolean(value).unwrap_or(true),
            "max_age" => seal.max_age = read_max_age(reader, value),
            "recipients" => reader.names(value, |reader, name, value| {
                check_name(reader, name);
                seal.recipients.push(Recipient { name: name.to_owned(), keys: keys(reader, value) });
            }),
            "roles" => reader.names(value, |reader, name, value| {
                check_name(reader, name);
                seal.roles.push(Role { name: name.to_owned(), members: words(reader, value) });
            }),
            "grants" => {
                seal.grants = reader.list(value, |reader, index, value| Some(grant(reader, index, value)))
            }
            _ => {}
        });
        seal
    }

    /// The recipient of this name.
    #[must_use]
    pub fn recipient(&self, name: &str) -> Option<&Recipient> {
        self.recipients.iter().find(|recipient| recipient.name == name)
    }

    /// The role of this name.
    #[must_use]
    pub fn role(&self, name: &str) -> Option<&Role> {
        self.roles.iter().find(|role| role.name == name)
    }

    /// The recipient that has this key.
    #[must_use]
    pub fn recipient_of(&self, key: &MasterKey) -> Option<&Recipient> {
        self.recipients.iter().find(|recipient| recipient.keys.iter().any(|own| own.is_same_recipient(key)))
    }

    /// The roles that hold the recipient of this name.
    pub fn roles_of(&self, name: &str) -> impl Iterator<Item = &Role> {
        self.roles.iter().filter(move |role| role.members.iter().any(|member| member == name))
    }

    /// The names of the recipients behind a word of a grant: itself, or those of the role. Empty if there
    /// is neither.
    #[must_use]
    pub fn members(&self, word: &str) -> Vec<&Recipient> {
        match (self.recipient(word), self.role(word)) {
            (Some(recipient), _) => vec![recipient],
            (None, Some(role)) => role.members.iter().filter_map(|name| self.recipient(name)).collect(),
            (None, None) => Vec::new(),
        }
    }

    /// The keys behind words of a grant, each once, in the order in which SOPS takes them from a rule.
    #[must_use]
    pub fn keys_of(&self, words: &[String]) -> Vec<MasterKey> {
        let mut keys: Vec<MasterKey> = Vec::new();
        for key in words.iter().flat_map(|word| self.members(word)).flat_map(|recipient| &recipient.keys) {
            if !keys.iter().any(|other| other.is_same_recipient(key)) {
                keys.push(key.clone());
            }
        }
        sorted(keys)
    }

    /// The name most like `word`, of a recipient or role.
    #[must_use]
    pub fn nearest(&self, word: &str) -> Option<&str> {
        let recipients = self.recipients.iter().map(|recipient| recipient.name.as_str());
        let names: Vec<&str> = recipients.chain(self.roles.iter().map(|role| role.name.as_str())).collect();
        nearest(word, &names)
    }
}

/// Whether a word can be a name: it can stand unquoted in YAML lists and on command lines, and is no key.
#[must_use]
pub fn is_name(word: &str) -> bool {
    let known = |c: char| c.is_alphanumeric() || "._-@+".contains(c);
    word.chars().all(known)
        && word.chars().next().is_some_and(char::is_alphanumeric)
        && !word.starts_with("age1")
        && word.chars().count() <= 64
}

fn check_name(reader: &mut Reader, name: &str) {
    if !is_name(name) {
        let problem =
            Problem::error(reader.path().clone(), format!("`{}` cannot be a name", name.escape_debug()));
        let detail =
            "a name has letters, digits and . _ - @ + only, begins with a letter or digit, and is not a key";
        reader.problems.push(problem.detail(detail).spot(Spot::Key));
    }
}

/// The keys of a recipient: age recipients as a string or list, or a map with the key fields of a rule.
fn keys(reader: &mut Reader, value: &Value) -> Vec<MasterKey> {
    let since = reader.problems.len();
    let mut keys = Vec::new();
    if value.is_mapping() {
        reader.map(value, &FLAT_FIELDS, |reader, name, value| {
            keys.extend(keys_of_kind(reader, flat_kind(name), value));
        });
    } else {
        keys = keys_of_kind(reader, KeyKind::Age, value);
    }
    if keys.is_empty() && !reader.found_errors(since) {
        reader.error("a recipient has no key");
    }
    keys
}

fn keys_of_kind(reader: &mut Reader, kind: KeyKind, value: &Value) -> Vec<MasterKey> {
    match value {
        Value::String(text) => text_keys(reader, kind, "", text),
        Value::Sequence(_) => string_list(reader, kind, "", value),
        other => {
            reader.expected("a key, a list of keys or a map from kinds to keys", other);
            Vec::new()
        }
    }
}

/// A list of names, or a single one.
fn words(reader: &mut Reader, value: &Value) -> Vec<String> {
    match value {
        Value::String(word) => vec![word.clone()],
        _ => reader.list(value, |reader, _, value| reader.text(value)),
    }
}

fn grant(reader: &mut Reader, index: usize, value: &Value) -> Grant {
    let mut grant = Grant { index, path_regex: String::new(), to: Vec::new() };
    reader.map(value, &["path_regex", "to"], |reader, name, value| match name {
        "path_regex" => grant.path_regex = reader.text(value).unwrap_or_default(),
        _ => grant.to = words(reader, value),
    });
    grant
}

fn read_max_age(reader: &mut Reader, value: &Value) -> Option<Duration> {
    let age = value.as_str().and_then(max_age::parse);
    if age.is_none() {
        reader.error(format!("`max_age` must be {}", max_age::EXPECTED));
    }
    age
}
