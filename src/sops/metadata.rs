//! The `sops` block in the terms of the program (format description, section 4).

use super::selection::DEFAULT_SUFFIX;
use super::selector::{Selector, SelectorKind};
use crate::doc::{Data, Timestamp, Value};
use crate::keys::{KeyGroup, KeyKind, MasterKey};
use std::collections::{BTreeMap, HashSet};
use thiserror::Error;

/// The SOPS version whose format the program follows; written into new files.
pub const VERSION: &str = "3.13.2";

/// The field of the strict record, which SOPS ignores.
const RECORD: &str = "seal";

/// Why metadata cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum MetadataError {
    /// The block is not a map.
    #[error("the `sops` entry is not a map")]
    NotAMap,
    /// A field has the wrong type.
    #[error("the field `{0}` of the metadata is not {1}")]
    WrongType(String, &'static str),
    /// No master key anywhere.
    #[error("the metadata names no master key")]
    NoKeys,
    /// A field stands twice, so that readers disagree on what it says.
    #[error("the field `{0}` stands twice in the metadata")]
    Repeated(String),
    /// Two selectors at once.
    #[error("the metadata has two selectors, `{0}` and `{1}`; only one may be set")]
    TwoSelectors(&'static str, &'static str),
    /// `lastmodified` is not a date.
    #[error("the field `{0}` of the metadata is missing or not an RFC 3339 date")]
    BadDate(&'static str),
    /// `version` is not a version.
    #[error("the field `version` of the metadata is missing or not a version like 3.11.0")]
    BadVersion,
    /// A limit of the program.
    #[error("the metadata has more than {0} entries")]
    TooMany(usize),
}

/// Master keys of one file beyond which it is not believed.
const MAX_KEYS: usize = 10_000;

/// The metadata of an encrypted file.
#[derive(Debug, Clone)]
pub struct Metadata {
    /// The key groups; more than one share the data key (Shamir).
    pub groups: Vec<KeyGroup>,
    /// Groups needed; 0 if not said.
    pub threshold: usize,
    /// When the values were last encrypted; the AAD of the MAC.
    pub last_modified: Timestamp,
    /// The encrypted MAC, empty if missing.
    pub mac: String,
    /// The selector; none means the default suffix.
    pub selector: Option<Selector>,
    /// Whether the MAC covers the encrypted values only.
    pub mac_only_encrypted: bool,
    /// The SOPS version that made the file.
    pub version: String,
    /// The encrypted strict record.
    pub record: Option<String>,
    /// Fields that are not known, as they stand.
    pub unknown: Vec<(String, Data)>,
    /// The block as it was read, for the order of its fields and for those that say nothing.
    pub(super) original: Option<Data>,
}

impl Metadata {
    /// Reads the nested form.
    ///
    /// # Errors
    /// Whatever makes SOPS refuse the file: see [`MetadataError`].
    pub fn from_data(data: &Data) -> Result<Self, MetadataError> {
        let Data::Map(items) = data else { return Err(MetadataError::NotAMap) };
        refuse_repeated(data)?;
        let mut unknown = Vec::new();
        let mut selector: Option<Selector> = None;
        for (key, item) in items {
            let name = String::from_utf8_lossy(key).into_owned();
            if let Some(kind) = SelectorKind::from_field(&name) {
                let text = text(item, &name)?.unwrap_or_default();
                if text.is_empty() {
                    continue;
                }
                if let Some(other) = &selector {
                    return Err(MetadataError::TwoSelectors(other.kind.field(), kind.field()));
                }
                selector = Some(Selector { kind, text });
            } else if !KNOWN.contains(&name.as_str()) && KeyKind::of_name(&name).is_none() {
                unknown.push((name, item.clone()));
            }
        }
        let metadata = Self {
            groups: groups(data)?,
            threshold: threshold(data)?,
            last_modified: last_modified(data)?,
            mac: field(data, "mac")?.unwrap_or_default(),
            selector,
            mac_only_encrypted: flag(data, "mac_only_encrypted")?,
            version: version(data)?,
            record: field(data, RECORD)?.filter(|text| !text.is_empty()),
            unknown,
            original: Some(data.clone()),
        };
        let count: usize = metadata.groups.iter().map(|group| group.keys.len()).sum();
        match count {
            0 => Err(MetadataError::NoKeys),
            n if n > MAX_KEYS => Err(MetadataError::TooMany(MAX_KEYS)),
            _ => Ok(metadata),
        }
    }

    /// The nested form: in the order in which it was read, else sorted by name as SOPS does from 3.13 on.
    #[must_use]
    pub fn to_data(&self) -> Data {
        let mut fields: Vec<(String, Data)> = self.unknown.clone();
        let mut put = |name: &str, data: Data| fields.push((name.to_owned(), data));
        if let [group] = self.groups.as_slice() {
            for (name, list) in lists(group) {
                put(name, list);
            }
        } else {
            let original = match self.original.as_ref().and_then(|data| data.get("key_groups")) {
                Some(Data::List(groups)) => groups.as_slice(),
                _ => &[],
            };
            let groups = self.groups.iter().enumerate().map(|(i, group)| {
                map_like(
                    original.get(i),
                    lists(group).into_iter().map(|(name, list)| (name.to_owned(), list)),
                )
            });
            put("key_groups", Data::List(groups.collect()));
            put("shamir_threshold", Data::Value(Value::Int(self.threshold as i64)));
        }
        if let (1, Some(original)) = (self.groups.len(), &self.original)
            && original.get("key_groups").is_none_or(Data::is_nothing)
            && let Some(threshold) = original.get("shamir_threshold")
        {
            // It says nothing with one group, and stays.
            put("shamir_threshold", threshold.clone());
        }
        put("lastmodified", self.last_modified_data());
        put("mac", Data::str(self.mac.as_str()));
        if let Some(Selector { kind, text }) = &self.selector {
            put(kind.field(), Data::str(text.as_str()));
        }
        if self.mac_only_encrypted {
            put("mac_only_encrypted", Data::Value(Value::Bool(true)));
        }
        if let Some(record) = &self.record {
            put(RECORD, Data::str(record.as_str()));
        }
        put("version", Data::str(self.version.as_str()));
        map_like(self.original.as_ref(), fields.into_iter())
    }

    /// `lastmodified`, spelled as it was read while it is the same date.
    fn last_modified_data(&self) -> Data {
        let read = self.original.as_ref().filter(|data| last_modified(data) == Ok(self.last_modified));
        let spelled = read.and_then(|data| data.get("lastmodified")).cloned();
        spelled.unwrap_or_else(|| Data::str(self.last_modified.to_seconds()))
    }

    /// The selector as it applies: the default suffix if none is named.
    #[must_use]
    pub fn selector_or_default(&self) -> Selector {
        self.selector
            .clone()
            .unwrap_or(Selector { kind: SelectorKind::UnencryptedSuffix, text: DEFAULT_SUFFIX.to_owned() })
    }
}

/// A map of `fields`. Those that `original` has stand in their old places, a new
/// one before the first whose name is greater; an old field that says nothing stays.
fn map_like(original: Option<&Data>, fields: impl Iterator<Item = (String, Data)>) -> Data {
    let mut fields: BTreeMap<String, Data> = fields.collect();
    let mut ordered: Vec<(String, Data)> = Vec::with_capacity(fields.len());
    if let Some(Data::Map(original)) = original {
        for (name, old) in original {
            let name = String::from_utf8_lossy(name).into_owned();
            if let Some(new) = fields.remove(&name) {
                let data = if same_text(old, &new) { old.clone() } else { new };
                ordered.push((name, data));
            } else if old.is_nothing() || says_no(old) {
                ordered.push((name, old.clone()));
            }
        }
    }
    for (name, data) in fields {
        let greater = ordered.iter().position(|(other, _)| *other > name);
        ordered.insert(greater.unwrap_or(ordered.len()), (name, data));
    }
    let mut map = Data::map();
    ordered.into_iter().for_each(|(name, data)| map.push(&name, data));
    map
}

/// Whether two scalars have the same text: YAML reads an unquoted date as a date.
fn same_text(a: &Data, b: &Data) -> bool {
    let (Data::Value(a), Data::Value(b)) = (a, b) else { return a == b };
    let (mut left, mut right) = (Vec::new(), Vec::new());
    a.canonical(&mut left);
    b.canonical(&mut right);
    left == right
}

/// `false`, `0` and the empty text, which are what is meant where there is no field.
fn says_no(data: &Data) -> bool {
    match data {
        Data::Value(value) => *value == Value::Bool(false) || *value == Value::Int(0) || value.is_empty_str(),
        _ => false,
    }
}

const KNOWN: [&str; 7] =
    ["shamir_threshold", "key_groups", "lastmodified", "mac", "mac_only_encrypted", "version", RECORD];

/// Refuses a name that stands twice in `data` or a map below it. SOPS reads names of JSON without regard
/// to case and takes the last.
fn refuse_repeated(data: &Data) -> Result<(), MetadataError> {
    match data {
        Data::Map(items) => {
            let mut names = HashSet::with_capacity(items.len());
            items.iter().try_for_each(|(name, item)| {
                let name = String::from_utf8_lossy(name);
                // As Go folds case; the context of a KMS key is a map whose names are not SOPS's.
                let folded = name.to_lowercase().replace('\u{17f}', "s");
                let is_context = folded == "context";
                match names.insert(folded) {
                    false => Err(MetadataError::Repeated(name.into_owned())),
                    true if is_context => Ok(()),
                    true => refuse_repeated(item),
                }
            })
        }
        Data::List(items) => items.iter().try_for_each(refuse_repeated),
        _ => Ok(()),
    }
}

fn text(data: &Data, name: &str) -> Result<Option<String>, MetadataError> {
    match data {
        Data::Value(Value::Null) => Ok(None),
        Data::Value(Value::Str(text)) => Ok(Some(String::from_utf8_lossy(text).into_owned())),
        // YAML takes an unquoted text for a number, a truth value or a date.
        Data::Value(value) => {
            let mut text = Vec::new();
            value.canonical(&mut text);
            Ok(Some(String::from_utf8_lossy(&text).into_owned()))
        }
        _ => Err(MetadataError::WrongType(name.to_owned(), "a string")),
    }
}

fn field(data: &Data, name: &str) -> Result<Option<String>, MetadataError> {
    data.get(name).map_or(Ok(None), |item| text(item, name))
}

/// A truth value, or its text where a flat format holds it.
fn flag(data: &Data, name: &str) -> Result<bool, MetadataError> {
    match data.get(name) {
        None | Some(Data::Value(Value::Null)) => Ok(false),
        Some(Data::Value(Value::Bool(flag))) => Ok(*flag),
        Some(item) if item.as_str().is_some() => {
            Ok(matches!(item.as_str(), Some("true" | "TRUE" | "True" | "t" | "T" | "1")))
        }
        Some(_) => Err(MetadataError::WrongType(name.to_owned(), "true or false")),
    }
}

/// A number, or its text where a flat format holds it; old versions wrote `2.000000`.
fn threshold(data: &Data) -> Result<usize, MetadataError> {
    let wrong = || MetadataError::WrongType("shamir_threshold".to_owned(), "a small whole number");
    let number = match data.get("shamir_threshold") {
        None | Some(Data::Value(Value::Null)) => return Ok(0),
        Some(Data::Value(Value::Int(number))) => *number as f64,
        Some(Data::Value(Value::Float(number))) => *number,
        Some(item) => item.as_str().and_then(|text| text.parse().ok()).ok_or_else(wrong)?,
    };
    if number.fract() == 0.0 && (0.0..=255.0).contains(&number) { Ok(number as usize) } else { Err(wrong()) }
}

fn last_modified(data: &Data) -> Result<Timestamp, MetadataError> {
    match data.get("lastmodified") {
        Some(Data::Value(Value::Time(time))) => Ok(*time),
        Some(item) => {
            item.as_str().and_then(Timestamp::parse_rfc3339).ok_or(MetadataError::BadDate("lastmodified"))
        }
        None => Err(MetadataError::BadDate("lastmodified")),
    }
}

/// Three numbers, possibly after a `v`; anything that begins with `1.` is taken as it is.
fn version(data: &Data) -> Result<String, MetadataError> {
    let text = match data.get("version") {
        Some(item) => text(item, "version")?.unwrap_or_default(),
        None => String::new(),
    };
    let plain = text.strip_prefix('v').unwrap_or(&text);
    let numbers = plain.split(['-', '+']).next().unwrap_or_default().split('.');
    let is_version = numbers.clone().count() == 3
        && numbers.clone().all(|n| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit()));
    if is_version || text.starts_with("1.") { Ok(text) } else { Err(MetadataError::BadVersion) }
}

fn groups(data: &Data) -> Result<Vec<KeyGroup>, MetadataError> {
    let top = group(data)?;
    if !top.keys.is_empty() {
        return Ok(vec![top]);
    }
    match data.get("key_groups") {
        None | Some(Data::Value(Value::Null)) => Ok(Vec::new()),
        Some(Data::List(list)) => list.iter().map(group).collect(),
        Some(_) => Err(MetadataError::WrongType("key_groups".to_owned(), "a list")),
    }
}

fn group(data: &Data) -> Result<KeyGroup, MetadataError> {
    let mut keys = Vec::new();
    for kind in KeyKind::ALL {
        match data.get(kind.name()) {
            None | Some(Data::Value(Value::Null)) => {}
            Some(Data::List(entries)) => {
                for entry in entries {
                    keys.push(master_key(kind, entry)?);
                }
            }
            Some(_) => return Err(MetadataError::WrongType(kind.name().to_owned(), "a list")),
        }
    }
    Ok(KeyGroup { keys })
}

fn master_key(kind: KeyKind, entry: &Data) -> Result<MasterKey, MetadataError> {
    let wrong = || MetadataError::WrongType(kind.name().to_owned(), "a list of maps");
    let Data::Map(items) = entry else { return Err(wrong()) };
    let fields = items.iter().map(|(name, item)| (String::from_utf8_lossy(name).into_owned(), item.clone()));
    Ok(MasterKey { kind, fields: fields.collect() })
}

/// The key lists of a group that are not empty, sorted by name.
fn lists(group: &KeyGroup) -> Vec<(&'static str, Data)> {
    let mut lists: Vec<(&'static str, Data)> = Vec::new();
    for kind in KeyKind::ALL {
        let entries: Vec<Data> = group
            .keys
            .iter()
            .filter(|key| key.kind == kind)
            .map(|key| {
                let mut map = Data::map();
                key.fields.iter().for_each(|(name, item)| map.push(name, item.clone()));
                map
            })
            .collect();
        if !entries.is_empty() {
            lists.push((kind.name(), Data::List(entries)));
        }
    }
    lists.sort_by_key(|(name, _)| *name);
    lists
}
