//! Keys that appear twice in one map.

use super::super::super::error::{Error, ErrorKind};
use super::super::super::tree::{Name, NodeId, Tree};
use super::super::super::value::Text;
use super::{MOST_NOTES, Reader};
use std::hash::BuildHasher as _;

/// Above this many keys of a map, repeated keys are looked for by hash.
const FEW_KEYS: usize = 16;

impl<'s> Reader<'s> {
    /// Refuses a key that the innermost map has already; in later documents only notes it, since SOPS
    /// takes it there (format description, section 5.1.1).
    pub(super) fn check_repeated(&mut self, key: &Text<'s>, at: usize) -> Result<(), Error> {
        let tree = self.builder.tree();
        let Some(frame) = self.frames.last_mut() else { return Ok(()) };
        let same = |id: NodeId| matches!(&tree.node(id).name, Name::Key(name) if *name == *key);
        frame.count += 1;
        let repeated = if frame.count <= FEW_KEYS {
            children_so_far(tree, frame.id).any(same)
        } else {
            if frame.seen.is_empty() {
                frame.seen.extend(children_so_far(tree, frame.id).filter_map(
                    |id| match &tree.node(id).name {
                        Name::Key(name) => Some(self.hasher.hash_one(&**name)),
                        _ => None,
                    },
                ));
            }
            // A note, in contrast to an error, need not look again at all keys.
            let noted = tree.documents.len() > 1;
            !frame.seen.insert(self.hasher.hash_one(&**key))
                && (noted || children_so_far(tree, frame.id).any(same))
        };
        if !repeated {
            return Ok(());
        }
        let shown = String::from_utf8_lossy(key).into_owned();
        if tree.documents.len() <= 1 {
            return Err(Error::new(ErrorKind::DuplicateKey(shown), at));
        }
        let notes = &mut self.builder.tree_mut().notes;
        if notes.len() < MOST_NOTES {
            notes.push((at, format!("the key `{shown}` appears twice in one map")));
        }
        Ok(())
    }
}

/// The children of `id`, which may still be open.
fn children_so_far<'t>(tree: &'t Tree<'_>, id: NodeId) -> impl Iterator<Item = NodeId> + 't {
    let end = tree.nodes.len() as NodeId;
    let mut next = id + 1;
    std::iter::from_fn(move || {
        let child = (next < end).then_some(next)?;
        next = tree.node(child).end;
        Some(child)
    })
}
