//! Keys of a creation rule: adding one to and removing one from the fields where SOPS reads them.

use super::page::{Entry, Page, Stuck};
use crate::doc::{KeyPath, NodeId};
use crate::keys::{KeyKind, MasterKey};
use crate::policy::problem::below;
use crate::policy::recipients::master_key;
use crate::policy::rule::{FLAT_FIELDS, flat_kind};

/// The field of a creation rule that holds keys of this kind.
pub(super) fn field(kind: KeyKind) -> &'static str {
    FLAT_FIELDS.into_iter().find(|field| flat_kind(field) == kind).unwrap_or("age")
}

/// Adds keys of one kind to a rule.
pub(super) fn add(text: &[u8], rule: &KeyPath, kind: KeyKind, keys: &[&MasterKey]) -> Result<Vec<u8>, Stuck> {
    let page = Page::new(text)?;
    let Some(found) = page.find(&below(rule, field(kind)))? else {
        let map = page.find(rule)?.ok_or(Stuck(0))?;
        let after = last_of(&page, rule, &FLAT_FIELDS)?.or(last_of(&page, rule, &["path_regex"])?);
        return page.put(map, after, &entry(kind, keys));
    };
    let mut text = text.to_vec();
    for key in keys {
        let page = Page::new(&text)?;
        let found =
            if page.find(&below(rule, field(kind)))? == Some(found) { found } else { return Err(Stuck(0)) };
        let recipient = key.recipient();
        text = match page.string(found) {
            Some(_) => page.add_piece(found, &recipient)?,
            None => page.append(found, &scalar(&recipient, page.is_flow(found)))?,
        };
    }
    Ok(text)
}

/// Removes a key from a rule, wherever it stands; the field too if it was its last one.
pub(super) fn remove(text: &[u8], rule: &KeyPath, key: &MasterKey) -> Result<Vec<u8>, Stuck> {
    let mut text = text.to_vec();
    while let Some(changed) = remove_one(&text, rule, key)? {
        text = changed;
    }
    Ok(text)
}

fn remove_one(text: &[u8], rule: &KeyPath, key: &MasterKey) -> Result<Option<Vec<u8>>, Stuck> {
    let wanted =
        |piece: &str| master_key(key.kind, piece, "").is_ok_and(|other| other.is_same_recipient(key));
    let page = Page::new(text)?;
    let Some(found) = page.find(&below(rule, field(key.kind)))? else { return Ok(None) };
    if page.string(found).is_some() {
        return match page.find_piece(found, wanted)? {
            None => Ok(None),
            Some((_, true)) => page.cut(found).map(Some),
            Some((at, false)) => page.remove_piece(found, at).map(Some),
        };
    }
    let elements = page.children(found);
    for (index, element) in elements.iter().enumerate() {
        if page.string(*element).is_none() {
            continue;
        }
        match page.find_piece(*element, wanted)? {
            None => {}
            Some((_, true)) if elements.len() == 1 => return page.cut(found).map(Some),
            Some((_, true)) => return page.remove(found, index).map(Some),
            Some((at, false)) => return page.remove_piece(*element, at).map(Some),
        }
    }
    Ok(None)
}

/// What a line begins with that says where the keys below come from.
const MARK: &str = "# by seal from grants:";

/// Says above the keys of a rule from which grants they are. Rules in braces have no line for it.
pub(super) fn mark(text: &[u8], rule: &KeyPath, words: &[String]) -> Result<Vec<u8>, Stuck> {
    let page = Page::new(text)?;
    let node = page.find(rule)?.ok_or(Stuck(0))?;
    match first_of(&page, rule, &FLAT_FIELDS)? {
        Some(field) if !page.is_flow(node) => {
            page.mark(node, field, MARK, &format!("{MARK} {}", words.join(", ")))
        }
        _ => Ok(text.to_vec()),
    }
}

/// The entries of a rule that are among `fields`, in the order of the text.
fn entries(page: &Page<'_>, rule: &KeyPath, fields: &[&str]) -> Result<Vec<NodeId>, Stuck> {
    let found = fields.iter().map(|field| page.find(&below(rule, field))).collect::<Result<Vec<_>, _>>()?;
    let mut found: Vec<NodeId> = found.into_iter().flatten().collect();
    found.sort_unstable();
    Ok(found)
}

fn first_of(page: &Page<'_>, rule: &KeyPath, fields: &[&str]) -> Result<Option<NodeId>, Stuck> {
    Ok(entries(page, rule, fields)?.first().copied())
}

fn last_of(page: &Page<'_>, rule: &KeyPath, fields: &[&str]) -> Result<Option<NodeId>, Stuck> {
    Ok(entries(page, rule, fields)?.last().copied())
}

/// The field of a rule with its keys: one as a plain scalar, several one a line. `hckms` takes lists only.
fn entry(kind: KeyKind, keys: &[&MasterKey]) -> Entry {
    let name = field(kind);
    let texts: Vec<String> = keys.iter().map(|key| key.recipient()).collect();
    let quoted: Vec<String> = texts.iter().map(|text| scalar(text, true)).collect();
    let flow = format!("{name}: [{}]", quoted.join(", "));
    let lines = match &texts[..] {
        _ if kind == KeyKind::HcKms => vec![flow.clone()],
        [only] => vec![format!("{name}: {}", scalar(only, false))],
        _ => {
            let last = texts.len() - 1;
            let line = |(at, text): (usize, &String)| format!("  {text}{}", if at < last { "," } else { "" });
            std::iter::once(format!("{name}: >-")).chain(texts.iter().enumerate().map(line)).collect()
        }
    };
    Entry { lines, flow }
}

/// A text as a scalar of YAML: plain where that is surely the same text, else in single quotes.
pub(super) fn scalar(text: &str, flow: bool) -> String {
    let tame = |c: char| c.is_ascii_alphanumeric() || "-_./+=@".contains(c) || (!flow && ":, ".contains(c));
    let plain = text.chars().all(tame)
        && text.starts_with(|c: char| c.is_ascii_alphabetic())
        && !text.ends_with([':', ' '])
        && !text.contains(": ")
        && !["true", "false", "null", "yes", "no", "on", "off", "y", "n"]
            .contains(&text.to_ascii_lowercase().as_str());
    if plain { text.to_owned() } else { format!("'{}'", text.replace('\'', "''")) }
}

/// `name: keys`, below the maps that are missing around it.
pub(super) fn nested(around: &[&str], name: &str, keys: &[MasterKey]) -> Entry {
    let mut fields: Vec<String> = Vec::new();
    for kind in KeyKind::ALL {
        let texts: Vec<String> =
            keys.iter().filter(|key| key.kind == kind).map(|key| scalar(&key.recipient(), true)).collect();
        match &texts[..] {
            [] => {}
            [only] => fields.push(format!("{}: {only}", field(kind))),
            _ => fields.push(format!("{}: [{}]", field(kind), texts.join(", "))),
        }
    }
    let value = match keys {
        [only] if only.kind == KeyKind::Age => scalar(&only.recipient(), false),
        _ => format!("{{{}}}", fields.join(", ")),
    };
    let mut entry = Entry { lines: vec![format!("{name}: {value}")], flow: format!("{name}: {value}") };
    for key in around.iter().rev() {
        entry.lines.iter_mut().for_each(|line| line.insert_str(0, "  "));
        entry.lines.insert(0, format!("{key}:"));
        entry.flow = format!("{key}: {{{}}}", entry.flow);
    }
    entry
}
