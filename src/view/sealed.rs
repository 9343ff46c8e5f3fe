//! Encrypted files that can be read.

use super::escape::escape;
use super::footer::{footer, key_id, line};
use super::token::{Shown, digests, has_tokens, replace};
use super::{File, LIMITS, Reader, Show, View, lines, unencrypted};
use crate::crypto::{hex, hmac_sha256};
use crate::doc::tree::Step;
use crate::doc::{Edits, Flags, Format, FormatName, Kind, Layout, NodeId, Tree, Value};
use crate::keys::DataKey;
use crate::sops::{Inspected, Sealed};
use std::collections::HashSet;
use zeroize::Zeroizing;

/// What the key for digests of values is derived for.
const MASK: &[u8] = b"seal/mask/v1";

/// What is said where the MAC does not hold.
pub(super) const MAC: &str = "MAC MISMATCH";
/// What is said where the strict record does not hold.
pub(super) const RECORD: &str = "STRICT RECORD MISMATCH";

/// A file with its values as they are asked for, or with digests where it does not open.
pub(super) fn view(sealed: &Sealed<'_>, format: FormatName, show: Show, reader: &Reader<'_>) -> View {
    let mut lines = footer(format, &sealed.metadata, reader);
    let reason = match show {
        Show::Structure => None,
        Show::Plain => match open(sealed, format, reader, &mut lines) {
            Ok(body) => return View { body, footer: lines, closed: None },
            Err(reason) => Some(reason),
        },
    };
    if let Some(reason) = &reason {
        lines.push(line(format, &format!("not decrypted: {reason}")));
    }
    View { body: structure(sealed), footer: lines, closed: reason }
}

fn open(
    sealed: &Sealed<'_>,
    format: FormatName,
    reader: &Reader<'_>,
    lines: &mut Vec<String>,
) -> Result<Zeroizing<Vec<u8>>, String> {
    let key = (reader.unlock)(&sealed.metadata)?;
    let inspected = sealed.inspect(&key).map_err(|error| error.to_string())?;
    let body = plain(&inspected, &key)?;
    lines.push(line(format, &format!("data key #{}", key_id(&key))));
    if inspected.mac.is_some() {
        lines.push(line(format, MAC));
    }
    if inspected.record.is_some() {
        lines.push(line(format, RECORD));
    }
    Ok(body)
}

/// The document of an opened file, without its metadata, safe to show. What did not decrypt is a digest.
///
/// # Errors
/// Why it cannot be shown: a value that the format cannot hold.
pub fn plain(inspected: &Inspected<'_>, key: &DataKey) -> Result<Zeroizing<Vec<u8>>, String> {
    let opened = &inspected.opened;
    let whole = opened.sealed().is_whole();
    let text = if whole {
        FormatName::Binary.plain().write(&opened.documents(), None, &Layout::default()).ok()
    } else {
        opened.text().ok()
    };
    let text = text.ok_or("a value cannot be written in this format")?;
    if whole && std::str::from_utf8(&text).is_err() {
        let mask = hmac_sha256(key.as_bytes(), &[MASK]);
        let digest = hex(&*hmac_sha256(&*mask, &[b"data\0str\0", &text]), 10);
        let shown = format!("BINARY<{} bytes #{digest}>\n", text.len());
        return Ok(Zeroizing::new(shown.into_bytes()));
    }
    let closed: HashSet<&[u8]> = inspected.closed.iter().map(|text| text.trim_ascii()).collect();
    let text = if closed.is_empty() {
        text
    } else {
        replace(&text, |token| closed.contains(token).then_some(Shown::Broken))
    };
    Ok(ended(escape(&text)))
}

/// The document of an encrypted file without its metadata, a digest in the place of each encrypted value. A
/// value that should be encrypted and is not is not shown.
#[must_use]
pub fn structure(sealed: &Sealed<'_>) -> Zeroizing<Vec<u8>> {
    let clear = match sealed.plan() {
        Ok(plan) => {
            let selected = plan.leaves().filter(|(_, selected)| *selected).map(|(id, _)| id);
            selected.filter(|id| is_clear(&sealed.tree, *id)).collect()
        }
        Err(_) => clear_leaves(&sealed.tree),
    };
    body(sealed.format, &sealed.tree, &clear)
}

/// A file whose metadata says nothing that can be used.
pub(super) fn unusable(file: File<'_>, show: Show) -> View {
    let store = file.format.sealed();
    let Ok(tree) = store.parse(file.bytes, &LIMITS) else { return unencrypted::view(file, show) };
    let body = body(store, &tree, &clear_leaves(&tree));
    let reason = (show == Show::Plain).then(|| "its SOPS metadata cannot be used".to_owned());
    let footer = reason.iter().map(|reason| line(file.format, &format!("not decrypted: {reason}")));
    View { body, footer: footer.collect(), closed: reason }
}

fn body(store: &dyn Format, tree: &Tree<'_>, hidden: &[NodeId]) -> Zeroizing<Vec<u8>> {
    let mut edits = Edits::default();
    for id in hidden {
        unencrypted::hide(store, tree, *id, &mut edits);
    }
    store.remove_metadata(tree, &mut edits);
    match edits.apply(tree.source) {
        Ok(text) => ended(escape(&digests(&text))),
        Err(_) => lines::body(store.name(), tree.source),
    }
}

/// The leaves outside of the metadata that are neither encrypted nor empty.
fn clear_leaves(tree: &Tree<'_>) -> Vec<NodeId> {
    let mut found = Vec::new();
    let walked: Result<(), std::convert::Infallible> = tree.walk(|step| {
        if let Step::Leaf(id) = step
            && is_clear(tree, id)
        {
            found.push(id);
        }
        Ok(())
    });
    match walked {
        Ok(()) => found,
    }
}

/// Whether a leaf has a text of its own that says something and is not encrypted.
fn is_clear(tree: &Tree<'_>, id: NodeId) -> bool {
    let node = tree.node(id);
    if node.flags.has(Flags::COPY) || node.flags.has(Flags::ALIAS) {
        return false;
    }
    match &node.kind {
        Kind::Leaf(Value::Null) | Kind::Map | Kind::List => false,
        Kind::Leaf(Value::Str(text)) => !text.is_empty() && !has_tokens(text),
        Kind::Leaf(_) => true,
    }
}

/// `text` with a line end at its end, unless it is empty.
pub(super) fn ended(mut text: Zeroizing<Vec<u8>>) -> Zeroizing<Vec<u8>> {
    if text.last().is_some_and(|byte| *byte != b'\n') {
        super::escape::push(&mut text, b"\n");
    }
    text
}
