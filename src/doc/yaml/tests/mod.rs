//! Tests of the format as a whole: encrypt with a token that stands for any ciphertext, and come back.

mod cases;
pub(crate) mod documents;
mod hostile;
mod places;

use super::Yaml;
use crate::doc::format::Spelling;
use crate::doc::{Data, Edits, Flags, Format as _, Kind, Layout, Limits, NodeId, Tree, Value};
use std::collections::HashMap;
use zeroize::Zeroizing;

/// Stands for a ciphertext.
pub(super) const TOKEN: &str = "ENC[AES256_GCM,data:AA==,iv:AA==,tag:AA==,type:str]";

pub(super) fn parse(source: &[u8]) -> Tree<'_> {
    Yaml.parse(source, &Limits::default()).unwrap_or_else(|error| {
        panic!("{error} at {}: {}", error.at, String::from_utf8_lossy(source));
    })
}

pub(super) fn metadata() -> Data {
    let mut key = Data::map();
    key.push("recipient", Data::str("age1xyz"));
    key.push("enc", Data::str("-----BEGIN-----\nabc\n-----END-----\n"));
    let mut metadata = Data::map();
    metadata.push("age", Data::List(vec![key]));
    metadata.push("lastmodified", Data::str("2026-11-21T20:59:26Z"));
    metadata.push("mac", Data::str(TOKEN));
    metadata.push("version", Data::str("3.13.2"));
    metadata
}

/// The nodes that a document of SOPS encrypts, aliases as one.
fn selected<'t>(tree: &'t Tree<'_>) -> impl Iterator<Item = NodeId> + 't {
    let mut id = 0;
    std::iter::from_fn(move || {
        while (id as usize) < tree.nodes.len() {
            let (this, node) = (id, tree.node(id));
            let whole = node.flags.has(Flags::METADATA) || node.flags.has(Flags::ALIAS);
            id = if whole { node.end } else { id + 1 };
            if node.flags.has(Flags::ALIAS) || (!whole && is_secret(&node.kind)) {
                return Some(this);
            }
        }
        None
    })
}

fn is_secret(kind: &Kind<'_>) -> bool {
    matches!(kind, Kind::Leaf(value) if *value != Value::Null && !value.is_empty_str())
}

/// Writes all aliases out, then encrypts everything; the text and the hints by node.
pub(super) fn protect(tree: &Tree<'_>) -> (Zeroizing<Vec<u8>>, HashMap<NodeId, Vec<u8>>) {
    let is_alias = |id: NodeId| tree.node(id).flags.has(Flags::ALIAS);
    let mut edits = Edits::default();
    selected(tree).filter(|id| is_alias(*id)).for_each(|id| Yaml.expand_alias(tree, id, &mut edits));
    let expanded = edits.apply(tree.source).unwrap();
    let expanded = parse(&expanded);
    let mut hints = HashMap::new();
    for id in selected(tree) {
        let hint = if is_alias(id) { Yaml.layout_hint(tree, id) } else { Yaml.layout_hint(&expanded, id) };
        hint.and_then(|hint| hints.insert(id, hint));
    }
    let mut edits = Edits::default();
    for (id, node) in expanded.nodes.iter().enumerate() {
        if is_secret(&node.kind) {
            Yaml.put_cipher(&expanded, id as NodeId, TOKEN, &mut edits);
        }
    }
    Yaml.add_metadata(&expanded, &metadata(), &Layout::default(), &mut edits).unwrap();
    (edits.apply(expanded.source).unwrap(), hints)
}

/// Decrypts what [`protect`] made of `plain`.
pub(super) fn reveal(
    plain: &Tree<'_>,
    encrypted: &[u8],
    hints: &HashMap<NodeId, Vec<u8>>,
    how: Spelling,
) -> Zeroizing<Vec<u8>> {
    let tree = parse(encrypted);
    let twins = twins(&tree);
    assert_eq!(twins.len(), plain.nodes.len());
    let mut edits = Edits::default();
    for id in selected(plain) {
        let node = plain.node(id);
        match (hints.get(&id), &node.kind) {
            (Some(hint), _) => Yaml.put_hint(&tree, twins[id as usize], hint, &mut edits),
            (None, Kind::Leaf(value)) => Yaml.put_plain(&tree, twins[id as usize], value, how, &mut edits),
            _ => panic!("an alias without a hint"),
        }
    }
    Yaml.remove_metadata(&tree, &mut edits);
    edits.apply(encrypted).unwrap()
}

/// The nodes of a tree without the metadata.
fn twins(tree: &Tree<'_>) -> Vec<NodeId> {
    let mut found = Vec::new();
    let mut id = 0;
    while (id as usize) < tree.nodes.len() {
        if tree.node(id).flags.has(Flags::METADATA) {
            id = tree.node(id).end;
        } else {
            found.push(id);
            id += 1;
        }
    }
    found
}

/// Checks that `source` comes back byte for byte, and its values without any hint.
pub(super) fn check_round_trip(source: &[u8]) {
    let plain = parse(source);
    let (encrypted, hints) = protect(&plain);
    let again = parse(&encrypted);
    let twins = twins(&again);
    for id in selected(&plain).filter(|id| !plain.node(*id).flags.has(Flags::ALIAS)) {
        let Kind::Leaf(Value::Str(text)) = &again.node(twins[id as usize]).kind else {
            panic!("a leaf is not encrypted");
        };
        assert!(text.starts_with(TOKEN.as_bytes()));
    }
    assert_eq!(plain.comments.len(), again.comments.len());
    // A comment behind an alias moves into what the alias becomes.
    for (comment, twin) in plain.comments.iter().zip(&again.comments).filter(|_| plain.aliases.is_empty()) {
        assert_eq!(twins[comment.parent as usize], twin.parent, "{}", String::from_utf8_lossy(source));
    }
    let back = reveal(&plain, &encrypted, &hints, Spelling::Kept);
    assert_eq!(String::from_utf8_lossy(&back), String::from_utf8_lossy(source));
    for how in [Spelling::Kept, Spelling::Safe] {
        let aliases: HashMap<_, _> = hints
            .iter()
            .filter(|(id, _)| plain.node(**id).flags.has(Flags::ALIAS))
            .map(|(id, hint)| (*id, hint.clone()))
            .collect();
        let back = reveal(&plain, &encrypted, &aliases, how);
        let values = parse(&back);
        assert_eq!(values.nodes.len(), plain.nodes.len());
        let changed = Yaml.value_before_metadata(&plain);
        for (id, (a, b)) in plain.nodes.iter().zip(&values.nodes).enumerate() {
            assert!(a.kind == b.kind || changed == Some(id as NodeId), "{}", String::from_utf8_lossy(&back));
        }
    }
}
