//! Changes as data.

use super::changes::What;
use super::pair::{Pair, Status};
use crate::doc::KeyPath;
use serde_json::{Map, Value, json};
use zeroize::Zeroizing;

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
    if is_silent && pair.status() == Status::Modified && !pair.is_remarkable() {
        put("layout", json!(pair.has_other_text()));
    }
    put("notes", json!(pair.remarks().collect::<Vec<_>>()));
    Value::Object(file)
}

fn path(path: &KeyPath) -> String {
    path.to_string()
}

/// Data as text that can be shown: what could steer a terminal is written as its number.
#[must_use]
pub fn json_text(value: &Value) -> Zeroizing<String> {
    let text = Zeroizing::new(format!("{value:#}\n"));
    let steers = |c: char| {
        c.is_control() && c != '\n'
            || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}')
    };
    // Such characters stand in strings only, and have sixteen bits.
    let room = text.chars().map(|c| if steers(c) { 6 } else { c.len_utf8() }).sum();
    let mut out = Zeroizing::new(String::with_capacity(room));
    for c in text.chars() {
        if steers(c) {
            out.push_str(&format!("\\u{:04x}", u32::from(c)));
        } else {
            out.push(c);
        }
    }
    out
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
