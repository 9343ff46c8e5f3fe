//! What an encrypted text says besides its secrets: recipients, groups, selectors, and which values are
//! encrypted. Two programs that did the same agree in these.

use super::ground::all_identities;
use super::run::Side;
use crate::bed::{Bed, Done, testdata};
use crate::datum::{Datum, difference};
use crate::read::{self, Format};
use std::collections::{BTreeMap, BTreeSet};

/// The format of an encrypted text; none if it is not one.
pub(super) fn format(text: &[u8]) -> Option<Format> {
    let Ok(text) = std::str::from_utf8(text) else { return None };
    let line = |start: &str| text.lines().any(|line| line.starts_with(start));
    if let Ok(documents) = read::documents(Format::Json, text.as_bytes())
        && let Datum::Map(entries) = &documents[0]
    {
        let keys: Vec<&[u8]> = entries.iter().map(|(key, _)| key.as_slice()).collect();
        return match keys[..] {
            [b"data", b"sops"] => Some(Format::Binary),
            _ => keys.contains(&b"sops".as_slice()).then_some(Format::Json),
        };
    }
    if !text.contains("ENC[AES256_GCM,") {
        None
    } else if line("sops:") || line("{\"sops\":") {
        Some(Format::Yaml)
    } else if line("sops_version=") {
        Some(Format::Dotenv)
    } else if line("[sops]") {
        Some(Format::Ini)
    } else {
        None
    }
}

/// What differs in two encrypted texts, that came of `before` if it was encrypted.
pub(super) fn compare(theirs: &[u8], ours: &[u8], before: Option<&[u8]>) -> Option<String> {
    let format = format(theirs)?;
    if self::format(ours) != Some(format) {
        return Some(format!("not encrypted {format:?}: {}", String::from_utf8_lossy(ours)));
    }
    // The real sops opens both; ours opens theirs.
    match (open(Side::Theirs, format, theirs), open(Side::Theirs, format, ours)) {
        (Ok(plain), Ok(ours)) => {
            let theirs = match open(Side::Ours, format, theirs) {
                Ok(theirs) => theirs,
                Err(done) => return Some(format!("ours cannot open theirs: {done}")),
            };
            let found = same_data(format, &plain, &ours).or_else(|| same_data(format, &theirs, &ours));
            if found.is_some() {
                return found;
            }
        }
        // No secret can be compared, as nobody can open it.
        (Err(theirs), Err(ours)) if theirs.code == ours.code => {}
        (theirs, ours) => {
            let said = |side: Result<Vec<u8>, Done>| match side {
                Ok(_) => "opens".to_owned(),
                Err(done) => format!("exit {:?}, {}", done.code, done.stderr.trim()),
            };
            return Some(format!("opened by sops: theirs {}; ours {}", said(theirs), said(ours)));
        }
    }
    let (theirs, ours) = (facts(format, theirs, before), facts(format, ours, before));
    let differing: Vec<_> = theirs.symmetric_difference(&ours).collect();
    (!differing.is_empty()).then(|| format!("facts that only one has: {differing:?}"))
}

/// What differs in two plain texts of a format.
pub(super) fn same_data(format: Format, theirs: &[u8], ours: &[u8]) -> Option<String> {
    if theirs == ours {
        return None;
    }
    match (read::documents(format, theirs), read::documents(format, ours)) {
        (Ok(theirs), Ok(ours)) => difference(&Datum::List(theirs), &Datum::List(ours)),
        (theirs, ours) => Some(format!("theirs: {:?}; ours: {:?}", theirs.err(), ours.err())),
    }
}

fn open(side: Side, format: Format, text: &[u8]) -> Result<Vec<u8>, Done> {
    let bed = Bed::new();
    let identities = all_identities(&bed);
    bed.write("file", text);
    let types = ["decrypt", "--input-type", format.name(), "--output-type", format.name(), "file"];
    let ssh = testdata().join("vectors/keys/id_ed25519");
    let run = bed.run(side.program(), &types).env("SOPS_AGE_KEY_FILE", identities);
    let done = run.env("SOPS_AGE_SSH_PRIVATE_KEY_FILE", ssh).done();
    if done.code == Some(0) { Ok(done.stdout) } else { Err(done) }
}

/// What is said in clear, as lines: metadata, the paths of encrypted values, and what was kept of `before`.
///
/// Whether a key was wrapped anew only counts if the values were encrypted anew; what means the same as
/// nothing is left out.
fn facts(format: Format, text: &[u8], before: Option<&[u8]>) -> BTreeSet<String> {
    let leaves = leaves(format, text);
    let old = before.and_then(|text| Some(self::leaves(self::format(text)?, text))).unwrap_or_default();
    let is_mac = |path: &str| ["sops_mac", "sops__map_mac"].contains(&path);
    let resealed = leaves.iter().any(|(path, value)| is_mac(path) && old.get(path) != Some(value));
    let groups = leaves.keys().any(|path| path.contains("key_groups"));
    let mut facts = BTreeSet::new();
    for (path, value) in leaves {
        let kept = if old.get(&path) == Some(&value) { "kept" } else { "new" };
        let metadata = path.starts_with("sops");
        let last = path.rsplit("__").next().unwrap_or_default();
        let last = last.trim_start_matches("map_").trim_start_matches("sops_");
        match last {
            // Written by each program as its own.
            "version" | "seal" if metadata => {}
            // An empty list of an older writer.
            _ if metadata && value == "null" => {}
            "unencrypted_suffix" if metadata && value == "_unencrypted" => {}
            "shamir_threshold" if metadata && !groups => {}
            "enc" if metadata && !resealed => {}
            "enc" | "lastmodified" | "mac" | "created_at" if metadata => {
                facts.insert(format!("{path} {kept}"));
            }
            _ if value.starts_with("ENC[") => {
                facts.insert(format!("{path} encrypted, {kept}"));
            }
            _ => {
                facts.insert(format!("{path} = {value}"));
            }
        }
    }
    facts
}

/// The leaves of an encrypted text, by path, as they stand there. The metadata of all formats is spelled
/// as in flat ones.
fn leaves(format: Format, text: &[u8]) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let reader = if format == Format::Binary { Format::Json } else { format };
    let documents = read::documents(reader, text).unwrap_or_else(|e| panic!("{e}"));
    for (number, document) in documents.iter().enumerate() {
        let mut leaves = BTreeMap::new();
        walk("", document, &mut leaves);
        // Each document repeats the metadata of the first.
        leaves.retain(|path, _| number == 0 || !path.starts_with("sops__map_"));
        found.extend(leaves.into_iter().map(|(path, value)| {
            (if number == 0 { path } else { format!("document {number}, {path}") }, value)
        }));
    }
    found
}

fn walk(path: &str, datum: &Datum, found: &mut BTreeMap<String, String>) {
    match datum {
        Datum::Map(entries) => {
            for (key, value) in entries {
                let key = String::from_utf8_lossy(key);
                let separator = if path.is_empty() || path.ends_with('_') { "" } else { "__map_" };
                walk(&format!("{path}{separator}{key}"), value, found);
            }
        }
        Datum::List(items) => {
            for (index, item) in items.iter().enumerate() {
                walk(&format!("{path}__list_{index}"), item, found);
            }
        }
        Datum::Str(text) => {
            found.insert(path.to_owned(), String::from_utf8_lossy(text).into_owned());
        }
        other => {
            found.insert(path.to_owned(), format!("{other:?}"));
        }
    }
}
