//! Changes as data.

use super::changes::What;
use super::pair::{Pair, Status};
use crate::doc::KeyPath;
use serde_json::{Map, Value, json};

/// The changes of a file. Values are in it only in the form that the pair has.
#[must_use]
pub fn json(pair: &Pair<'_>) -> Value {
    let mut file = Map::new();
    let mut put = |name: &str, value: Value| file.insert(name.to_owned(), value);
    put("name", json!(pair.name));
    if let Some(from) = &pair.from {
        put("old_name", json!(from));
    }
    put("status", json!(if pair.status() == Status::Added { "added" } else { pair.status().word() }));
    put("decrypted", json!(pair.is_decrypted()));
    let changes: Vec<Value> = pair
        .changes()
        .iter()
        .map(|change| {
            let mut entry = Map::new();
            let mut put = |name: &str, value: Value| entry.insert(name.to_owned(), value);
            put("change", json!(word(change.what)));
            put("path", json!(path(&change.place.path)));
            if let Some(document) = change.place.document {
                put("document", json!(document));
            }
            if let Some(from) = &change.from {
                put("old_path", json!(path(&from.path)));
            }
            put("type", json!(change.kind()));
            if let Some(words) = change.sealing() {
                put("encryption", json!(words));
            }
            let before = change.from.as_ref().unwrap_or(&change.place);
            if let Some(value) = pair.value(before, change.old) {
                put("old", json!(value.as_str()));
            }
            if let Some(value) = pair.value(&change.place, change.new) {
                put("new", json!(value.as_str()));
            }
            Value::Object(entry)
        })
        .collect();
    let is_silent = changes.is_empty() && pair.facts().is_empty() && !pair.is_rotated();
    put("changes", json!(changes));
    let facts: Vec<Value> = pair.facts().into_iter().map(|fact| {
        json!({"change": if fact.holds { "added" } else { "removed" }, "what": fact.what, "text": fact.text})
    }).collect();
    put("settings", json!(facts));
    put("data_key_rotated", json!(pair.is_rotated()));
    if is_silent && pair.status() == Status::Modified {
        put("layout", json!(pair.has_other_text()));
    }
    put("notes", json!(pair.notes));
    Value::Object(file)
}

fn path(path: &KeyPath) -> String {
    path.to_string()
}

/// A change in a word.
pub(super) fn word(what: What) -> &'static str {
    match what {
        What::Added => "added",
        What::Removed => "removed",
        What::Changed => "changed",
        What::Moved => "moved",
    }
}
