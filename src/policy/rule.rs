//! Creation rules: which keys and which selection a new file gets (format description, section 8.2).

use super::lint::MATCH_ALL;
use super::problem::{Problem, Severity, Spot, below};
use super::reader::Reader;
use super::recipients::{self, pieces};
use crate::keys::{KeyGroup, KeyKind, MasterKey};
use crate::sops::selector::{Selector, SelectorKind};
use serde_yaml::Value;

/// A creation rule.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct CreationRule {
    /// Its position in the list, from 0.
    pub index: usize,
    /// Which files it is for; empty for all.
    pub path_regex: String,
    /// The keys of new files, without wrapped data keys. Without any key: one empty group. Of a rule by
    /// grants these are the keys that the grants give, whatever is written in the rule.
    pub groups: Vec<KeyGroup>,
    /// The keys that are written in the rule itself, outside of `key_groups`.
    pub written: Vec<MasterKey>,
    /// Whether its keys stand in `key_groups`.
    pub key_groups: bool,
    /// The position in [`super::Seal::grants`] of the grant that gives it its keys.
    pub grant: Option<usize>,
    /// The selectors that are set; a usable rule has one at most.
    pub selectors: Vec<Selector>,
    /// Whether the MAC covers encrypted values only.
    pub mac_only_encrypted: bool,
    /// How many groups are needed; 0 if not set.
    pub shamir_threshold: usize,
}

/// The fields of a creation rule.
pub(super) const FIELDS: [&str; 18] = [
    "path_regex",
    "age",
    "pgp",
    "kms",
    "gcp_kms",
    "hckms",
    "azure_keyvault",
    "hc_vault_transit_uri",
    "aws_profile",
    "key_groups",
    "shamir_threshold",
    "mac_only_encrypted",
    "unencrypted_suffix",
    "encrypted_suffix",
    "unencrypted_regex",
    "encrypted_regex",
    "unencrypted_comment_regex",
    "encrypted_comment_regex",
];

/// The fields of a key group.
const GROUP_FIELDS: [&str; 8] =
    ["merge", "age", "pgp", "kms", "gcp_kms", "hckms", "azure_keyvault", "hc_vault"];

/// The order of keys in flat rules and in groups.
const ORDER: [KeyKind; 7] = [
    KeyKind::Age,
    KeyKind::Pgp,
    KeyKind::Kms,
    KeyKind::GcpKms,
    KeyKind::HcKms,
    KeyKind::AzureKv,
    KeyKind::HcVault,
];

impl CreationRule {
    /// The selector, if one is set.
    #[must_use]
    pub fn selector(&self) -> Option<&Selector> {
        self.selectors.first()
    }

    /// Whether every file matches: it has no `path_regex`, or one that says nothing.
    #[must_use]
    pub fn takes_every_file(&self) -> bool {
        MATCH_ALL.contains(&self.path_regex.as_str())
    }

    /// Reads rule `index`.
    pub(super) fn read(reader: &mut Reader, index: usize, value: &Value) -> Self {
        let mut rule = Self { index, ..Self::default() };
        let profile = value.get("aws_profile").and_then(Value::as_str).unwrap_or_default();
        let mut flat = Vec::new();
        let mut groups = Vec::new();
        let mut flat_fields = Vec::new();
        reader.map(value, &FIELDS, |reader, name, value| match name {
            "path_regex" => rule.path_regex = reader.text(value).unwrap_or_default(),
            "mac_only_encrypted" => rule.mac_only_encrypted = reader.boolean(value).unwrap_or_default(),
            "shamir_threshold" => rule.shamir_threshold = threshold(reader, value),
            "key_groups" => groups = reader.list(value, group_with_keys),
            "aws_profile" => _ = reader.text(value),
            _ => match SelectorKind::from_field(name) {
                Some(kind) => {
                    let text = reader.text(value).filter(|text| !text.is_empty());
                    rule.selectors.extend(text.map(|text| Selector { kind, text }));
                }
                None => {
                    flat_fields.push(reader.path().clone());
                    flat.extend(flat_keys(reader, flat_kind(name), profile, value));
                }
            },
        });
        if groups.is_empty() {
            rule.written = sorted(flat);
            groups.push(KeyGroup::new(rule.written.clone()));
        } else {
            rule.key_groups = true;
            reader.problems.extend(flat_fields.into_iter().map(|path| {
                Problem::warning(path, "keys beside `key_groups` have no effect")
                    .hint("move them into a group of `key_groups`")
                    .spot(Spot::Key)
            }));
        }
        rule.groups = groups;
        rule
    }

    /// Finds a rule without any key, and a threshold that cannot be reached.
    pub(super) fn check_keys(&self, reader: &mut Reader, since: usize) {
        if reader.found_errors(since) {
            return;
        }
        let path = reader.path().clone();
        if self.groups.len() == 1 && self.groups[0].keys.is_empty() {
            let message = format!("creation rule {} has no keys", self.index + 1);
            reader.problems.push(Problem::new(Severity::NoKeys, path.clone(), message));
        }
        if self.shamir_threshold > self.groups.len() {
            let (needed, count) = (self.shamir_threshold, self.groups.len());
            let message = format!("`shamir_threshold` needs {needed} key groups, the rule has {count}");
            let path = below(&path, "shamir_threshold");
            reader.problems.push(Problem::new(Severity::NoKeys, path, message));
        }
    }
}

fn threshold(reader: &mut Reader, value: &Value) -> usize {
    let Some(number) = reader.integer(value) else { return 0 };
    usize::try_from(number).unwrap_or_else(|_| {
        reader.error("`shamir_threshold` must not be negative");
        0
    })
}

/// The fields of a rule that hold keys outside of `key_groups`, in the order of the keys.
pub(super) const FLAT_FIELDS: [&str; 7] =
    ["age", "pgp", "kms", "gcp_kms", "hckms", "azure_keyvault", "hc_vault_transit_uri"];

/// The kind of key that a flat field holds.
pub(super) fn flat_kind(field: &str) -> KeyKind {
    match field {
        "pgp" => KeyKind::Pgp,
        "kms" => KeyKind::Kms,
        "gcp_kms" => KeyKind::GcpKms,
        "hckms" => KeyKind::HcKms,
        "azure_keyvault" => KeyKind::AzureKv,
        "hc_vault_transit_uri" => KeyKind::HcVault,
        _ => KeyKind::Age,
    }
}

/// The keys in the order in which SOPS takes them from a rule.
pub(super) fn sorted(mut keys: Vec<MasterKey>) -> Vec<MasterKey> {
    keys.sort_by_key(|key| ORDER.iter().position(|kind| *kind == key.kind));
    keys
}

/// A comma-separated string or a list of strings.
fn flat_keys(reader: &mut Reader, kind: KeyKind, profile: &str, value: &Value) -> Vec<MasterKey> {
    match value {
        Value::String(text) if kind != KeyKind::HcKms => text_keys(reader, kind, profile, text),
        Value::Sequence(_) => string_list(reader, kind, profile, value),
        other if kind == KeyKind::HcKms => {
            reader.expected("a list of strings", other);
            Vec::new()
        }
        other => {
            reader.expected("a string or a list of strings", other);
            Vec::new()
        }
    }
}

pub(super) fn string_list(
    reader: &mut Reader,
    kind: KeyKind,
    profile: &str,
    value: &Value,
) -> Vec<MasterKey> {
    let lists = reader.list(value, |reader, _, value| {
        if let Value::String(text) = value {
            return Some(text_keys(reader, kind, profile, text));
        }
        reader.expected("a string", value);
        None
    });
    lists.into_iter().flatten().collect()
}

pub(super) fn text_keys(reader: &mut Reader, kind: KeyKind, profile: &str, text: &str) -> Vec<MasterKey> {
    pieces(text)
        .filter_map(|(at, piece)| {
            let key = recipients::master_key(kind, piece, profile);
            checked(reader, key, Spot::Character(at))
        })
        .collect()
}

/// Reports a key that is not well-formed, or may not be the one that was meant.
fn checked(reader: &mut Reader, key: Result<MasterKey, String>, spot: Spot) -> Option<MasterKey> {
    let path = reader.path().clone();
    match &key {
        Err(message) => {
            let problem = Problem::error(path, "a recipient is not well-formed");
            reader.problems.push(problem.detail(message.as_str()).spot(spot));
        }
        Ok(key) if key.kind == KeyKind::Pgp && !recipients::is_fingerprint(&key.recipient()) => {
            let problem =
                Problem::warning(path, "a PGP key is not named by its fingerprint of 40 hex digits");
            reader.problems.push(problem.hint("gpg --list-keys --with-colons").spot(spot));
        }
        Ok(_) => {}
    }
    key.ok()
}

/// A key group, which must have keys.
fn group_with_keys(reader: &mut Reader, index: usize, value: &Value) -> Option<KeyGroup> {
    let since = reader.problems.len();
    let group = group(reader, value);
    if group.keys.is_empty() && !reader.found_errors(since) {
        let message = format!("key group {} has no keys", index + 1);
        reader.problems.push(Problem::new(Severity::NoKeys, reader.path().clone(), message));
    }
    Some(group)
}

/// A key group: the keys of merged groups first, then its own, each once.
fn group(reader: &mut Reader, value: &Value) -> KeyGroup {
    let mut keys = Vec::new();
    let mut merged = Vec::new();
    reader.map(value, &GROUP_FIELDS, |reader, name, value| match name {
        "merge" => {
            let groups = reader.list(value, |reader, _, value| Some(group(reader, value).keys));
            merged.extend(groups.into_iter().flatten());
        }
        "kms" | "gcp_kms" | "hckms" | "azure_keyvault" => {
            let kind = flat_kind(name);
            keys.extend(reader.list(value, |reader, _, value| object_key(reader, kind, value)));
        }
        "hc_vault" => keys.extend(string_list(reader, KeyKind::HcVault, "", value)),
        _ => keys.extend(string_list(reader, flat_kind(name), "", value)),
    });
    merged.extend(sorted(keys));
    let mut unique: Vec<MasterKey> = Vec::with_capacity(merged.len());
    for key in merged {
        if !unique.contains(&key) {
            unique.push(key);
        }
    }
    KeyGroup::new(unique)
}

/// A key that is a map in a key group.
fn object_key(reader: &mut Reader, kind: KeyKind, value: &Value) -> Option<MasterKey> {
    let known: &[&str] = match kind {
        KeyKind::Kms => &["arn", "role", "context", "aws_profile"],
        KeyKind::AzureKv => &["vaultUrl", "key", "version"],
        KeyKind::HcKms => &["key_id"],
        _ => &["resource_id"],
    };
    if !value.is_mapping() {
        reader.expected("a map", value);
        return None;
    }
    let mut texts = vec![String::new(); known.len()];
    let mut context = Vec::new();
    reader.map(value, known, |reader, name, value| {
        if name == "context" {
            context = text_map(reader, value);
        } else if let Some(place) = known.iter().position(|other| *other == name) {
            texts[place] = reader.text(value).unwrap_or_default();
        }
    });
    let key = match kind {
        KeyKind::Kms => recipients::kms(&texts[0].replace(' ', ""), &texts[1], &context, &texts[3]),
        KeyKind::AzureKv => recipients::azure(&texts[0], &texts[1], &texts[2]),
        _ => recipients::master_key(kind, texts[0].trim(), ""),
    };
    checked(reader, key, Spot::Value)
}

/// A map of strings.
fn text_map(reader: &mut Reader, value: &Value) -> Vec<(String, String)> {
    let Value::Mapping(map) = value else {
        reader.expected("a map of strings", value);
        return Vec::new();
    };
    let texts = map.iter().filter_map(|(key, value)| Some((key.as_str()?.to_owned(), reader.text(value)?)));
    texts.collect()
}
