//! A version of a document, with a digest of each of its values.

use crate::doc::{Kind, Name, NodeId, Tree, Value};
use sha2::{Digest as _, Sha256};
use std::collections::HashMap;
use zeroize::Zeroizing;

/// What two values have in common if they are the same: type, content, and for maps not the order of keys.
pub(super) type Mark = [u8; 32];

/// A version of a document.
pub struct Version<'t> {
    pub(super) tree: &'t Tree<'t>,
    /// Whether the source of the tree is the plain text; else blocks of it are of no use.
    pub(super) is_text: bool,
    marks: Vec<Mark>,
}

impl<'t> Version<'t> {
    /// A version in plain text.
    #[must_use]
    pub fn new(tree: &'t Tree<'t>) -> Self {
        Self { tree, is_text: true, marks: marks(tree, &HashMap::new()) }
    }

    /// A version of which some values only are known: those of `values`, by leaf, stand in the place of
    /// what the tree has; `None` is a value that equals no other.
    #[must_use]
    pub fn with_values(tree: &'t Tree<'t>, values: &HashMap<NodeId, Option<Value<'_>>>) -> Self {
        Self { tree, is_text: false, marks: marks(tree, values) }
    }

    /// Whether all documents hold the same values under the same keys.
    #[must_use]
    pub fn says_the_same(&self, other: &Version<'_>) -> bool {
        let marks = |version: &Version<'_>| -> Vec<Mark> {
            version.tree.documents.iter().map(|root| *version.mark(*root)).collect()
        };
        marks(self) == marks(other)
    }

    pub(super) fn mark(&self, id: NodeId) -> &Mark {
        &self.marks[id as usize]
    }

    pub(super) fn is_map(&self, id: NodeId) -> bool {
        self.tree.node(id).kind == Kind::Map
    }

    pub(super) fn is_list(&self, id: NodeId) -> bool {
        self.tree.node(id).kind == Kind::List
    }

    /// The entries of a map in order, by key. Of a key that stands twice the first counts.
    pub(super) fn entries(&self, id: NodeId) -> Entries<'_> {
        let mut entries = Entries { order: Vec::new(), by_key: HashMap::new() };
        for child in self.tree.children(id) {
            if let Name::Key(key) = &self.tree.node(child).name {
                entries.by_key.entry(key).or_insert_with(|| {
                    entries.order.push(&**key);
                    child
                });
            }
        }
        entries
    }

    /// The elements of a list.
    pub(super) fn elements(&self, id: NodeId) -> Vec<NodeId> {
        self.tree.children(id).collect()
    }
}

/// The entries of a map.
pub(super) struct Entries<'v> {
    pub(super) order: Vec<&'v [u8]>,
    by_key: HashMap<&'v [u8], NodeId>,
}

impl Entries<'_> {
    pub(super) fn get(&self, key: &[u8]) -> Option<NodeId> {
        self.by_key.get(key).copied()
    }

    /// No entries: those of what is no map.
    pub(super) fn none() -> Self {
        Self { order: Vec::new(), by_key: HashMap::new() }
    }
}

/// The marks of all nodes, children before their parents.
fn marks(tree: &Tree<'_>, values: &HashMap<NodeId, Option<Value<'_>>>) -> Vec<Mark> {
    let mut marks = vec![Mark::default(); tree.nodes.len()];
    let mut scratch: Zeroizing<Vec<u8>> = Zeroizing::default();
    for id in (0..tree.nodes.len() as NodeId).rev() {
        let mut hash = Sha256::new();
        match &tree.node(id).kind {
            Kind::Leaf(value) => {
                scratch.clear();
                match values.get(&id) {
                    Some(Some(value)) => of_value(value, &mut hash, &mut scratch),
                    Some(None) => {
                        hash.update([b'?', id as u8, (id >> 8) as u8, (id >> 16) as u8, (id >> 24) as u8])
                    }
                    None => of_value(value, &mut hash, &mut scratch),
                }
            }
            Kind::List => {
                hash.update(b"L");
                tree.children(id).for_each(|child| hash.update(marks[child as usize]));
            }
            Kind::Map => {
                hash.update(b"M");
                let mut members: Vec<(&[u8], &Mark)> = tree
                    .children(id)
                    .map(|child| match &tree.node(child).name {
                        Name::Key(key) => (&**key, &marks[child as usize]),
                        _ => (&b""[..], &marks[child as usize]),
                    })
                    .collect();
                members.sort_by(|a, b| a.0.cmp(b.0));
                for (key, mark) in members {
                    hash.update((key.len() as u64).to_be_bytes());
                    hash.update(key);
                    hash.update(mark);
                }
            }
        }
        marks[id as usize] = hash.finalize().into();
    }
    marks
}

fn of_value(value: &Value<'_>, hash: &mut Sha256, scratch: &mut Vec<u8>) {
    hash.update(value.type_name());
    hash.update(b"\0");
    value.canonical(scratch);
    hash.update(&*scratch);
}
