//! The spellings of values that go into the strict record.

use super::plan::{path_bytes_limit, too_long};
use super::strict::{Hints, Pointers};
use crate::doc::{Error, NodeId, Tree};
use zeroize::Zeroizing;

/// The spellings that go into the record. Paths are looked up only if there are any.
pub(super) struct LayoutHints<'a> {
    tree: &'a Tree<'a>,
    pointers: Option<Pointers<'a>>,
    pub(super) hints: Hints,
    path_bytes: usize,
}

impl<'a> LayoutHints<'a> {
    pub(super) fn new(tree: &'a Tree<'a>) -> Self {
        Self { tree, pointers: None, hints: Hints::new(), path_bytes: 0 }
    }

    pub(super) fn add(&mut self, id: NodeId, raw: Zeroizing<Vec<u8>>) -> Result<(), Error> {
        let tree = self.tree;
        let path = self.pointers.get_or_insert_with(|| Pointers::new(tree)).of(id);
        self.path_bytes += path.len();
        let limit = path_bytes_limit(tree);
        if self.path_bytes > limit {
            return Err(too_long(limit));
        }
        self.hints.insert(path, raw);
        Ok(())
    }
}
