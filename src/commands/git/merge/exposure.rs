//! Values that a merged selection would bring into the open.

use super::unmerged::Unmerged;
use crate::doc::path::Segment;
use crate::doc::tree::Step;
use crate::doc::{KeyPath, Kind, NodeId, Tree, Value};
use crate::sops::Selection;
use crate::sops::plan::Plan;
use sha2::{Digest as _, Sha256};
use std::collections::HashMap;
use zeroize::Zeroizing;

type Digest = [u8; 32];

/// What the sides show already: of each value at its keys, and of each comment, whether a side has it in
/// clear.
#[derive(Default)]
pub(super) struct Exposure {
    values: HashMap<(Vec<Segment>, Digest), bool>,
    comments: HashMap<Digest, bool>,
}

impl Exposure {
    /// Notes what a side shows by its own selection.
    pub(super) fn add(&mut self, tree: &Tree<'_>, selection: &Selection) {
        let Ok(plan) = Plan::of(tree, selection) else { return };
        for planned in &plan.steps {
            match planned.step {
                Step::Leaf(id) => {
                    *self.values.entry((keys(tree, id), digest(tree, id))).or_default() |= !planned.selected;
                }
                Step::Comment(index) => {
                    *self.comments.entry(comment(tree, index)).or_default() |= !planned.selected;
                }
                Step::Enter(_) | Step::Leave(_) => {}
            }
        }
    }

    /// Refuses a document in which something stands in clear that is encrypted on every side that has it.
    pub(super) fn refuse_more(&self, tree: &Tree<'_>, selection: &Selection) -> Result<(), Unmerged> {
        let plan = Plan::of(tree, selection).map_err(|error| Unmerged::Layout(error.to_string()))?;
        for planned in plan.steps.iter().filter(|planned| !planned.selected) {
            match planned.step {
                Step::Leaf(id) if !is_nothing(tree, id) && !self.shows(tree, id) => {
                    return Err(Unmerged::Downgrade(KeyPath::of(tree, id)));
                }
                Step::Comment(index) if self.comments.get(&comment(tree, index)) == Some(&false) => {
                    return Err(Unmerged::ClearComment(KeyPath::of(tree, tree.comments[index].parent)));
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// Whether a side has this value in clear.
    fn shows(&self, tree: &Tree<'_>, id: NodeId) -> bool {
        self.values.get(&(keys(tree, id), digest(tree, id))) == Some(&true)
    }
}

/// Null and the empty string are in clear everywhere.
fn is_nothing(tree: &Tree<'_>, id: NodeId) -> bool {
    match &tree.node(id).kind {
        Kind::Leaf(value) => *value == Value::Null || value.is_empty_str(),
        Kind::Map | Kind::List => true,
    }
}

/// A digest of what a leaf says, with its type.
fn digest(tree: &Tree<'_>, id: NodeId) -> Digest {
    let mut text = Zeroizing::new(Vec::new());
    if let Kind::Leaf(value) = &tree.node(id).kind {
        text.extend_from_slice(value.type_name().as_bytes());
        text.push(0);
        value.canonical(&mut text);
    }
    Sha256::digest(&*text).into()
}

fn comment(tree: &Tree<'_>, index: usize) -> Digest {
    Sha256::digest(tree.text(tree.comments[index].span)).into()
}

/// The keys on the way to a node; positions in lists change with their neighbours.
fn keys(tree: &Tree<'_>, id: NodeId) -> Vec<Segment> {
    let mut path = KeyPath::of(tree, id).0;
    path.retain(|segment| matches!(segment, Segment::Key(_)));
    path
}
