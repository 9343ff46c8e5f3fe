//! A walk over a document, done once: every step with its AAD and whether it is selected.
//!
//! Encryption and decryption both follow a plan, so that they cannot disagree.

use super::selection::{Follower, Selection};
use crate::doc::tree::Step;
use crate::doc::{Error, ErrorKind, Kind, Name, NodeId, Span, Tree, Value};

/// A step of the walk.
#[derive(Debug, Clone, Copy)]
pub struct Planned {
    /// What is visited.
    pub step: Step,
    /// Whether the leaf or comment is encrypted.
    pub selected: bool,
    aad: Span,
}

impl Planned {
    /// Bytes of the text of the leaf or comment, or a few more.
    #[must_use]
    pub fn text_len(&self, tree: &Tree<'_>) -> usize {
        match self.step {
            Step::Leaf(id) => match &tree.node(id).kind {
                // What an alias stands for is longer than its name.
                Kind::Leaf(Value::Str(text)) => text.len().max(tree.node(id).span.range().len()),
                _ => tree.node(id).span.range().len(),
            },
            Step::Comment(index) => tree.comments[index].span.range().len(),
            Step::Enter(_) | Step::Leave(_) => 0,
        }
    }
}

/// All steps of a document, in tree order, metadata left out.
#[derive(Debug)]
pub struct Plan {
    /// The steps.
    pub steps: Vec<Planned>,
    aads: Vec<u8>,
}

impl Plan {
    /// Plans `tree` under `selection`.
    ///
    /// # Errors
    /// All key paths together are out of proportion to the text (a very long key above many values).
    pub fn of(tree: &Tree<'_>, selection: &Selection) -> Result<Self, Error> {
        let (limit, total_limit) = (path_bytes_limit(tree), total_path_limit(tree));
        let mut total = 0_usize;
        let mut follower = Follower::new(selection, tree);
        let mut plan =
            Self { steps: Vec::with_capacity(tree.nodes.len() + tree.comments.len() + 8), aads: Vec::new() };
        // The AAD of the open containers: that of comments in them and the beginning of their keys'.
        let mut open: Vec<Span> = Vec::new();
        tree.walk(|step| {
            if plan.aads.len() > limit {
                return Err(too_long(limit));
            }
            let selected = follower.step(step);
            let aad = match step {
                Step::Enter(id) => {
                    let aad = plan.aad_of(tree, id, &open);
                    open.push(aad);
                    aad
                }
                Step::Leave(_) => open.pop().unwrap_or_default(),
                Step::Leaf(id) => plan.aad_of(tree, id, &open),
                Step::Comment(_) => open.last().copied().unwrap_or_default(),
            };
            if selected {
                total += aad.range().len();
                if total > total_limit {
                    return Err(too_long(total_limit));
                }
            }
            plan.steps.push(Planned { step, selected, aad });
            Ok(())
        })?;
        Ok(plan)
    }

    /// The leaves in order, each with whether it is encrypted.
    pub fn leaves(&self) -> impl Iterator<Item = (NodeId, bool)> + '_ {
        self.steps.iter().filter_map(|planned| match planned.step {
            Step::Leaf(id) => Some((id, planned.selected)),
            _ => None,
        })
    }

    /// The additional authenticated data of a step: the keys on its way, each followed by `:` (format
    /// description, section 1.3).
    #[must_use]
    pub fn aad(&self, planned: &Planned) -> &[u8] {
        &self.aads[planned.aad.range()]
    }

    fn aad_of(&mut self, tree: &Tree<'_>, id: NodeId, open: &[Span]) -> Span {
        let container = open.last().copied();
        let start = self.aads.len();
        match (&tree.node(id).name, container) {
            // Positions in lists are no part of the path.
            (Name::Index(_), Some(container)) => return container,
            (Name::Key(key), Some(container)) => {
                if open.len() > 1 {
                    self.aads.extend_from_within(container.range());
                }
                self.aads.extend_from_slice(key);
                self.aads.push(b':');
            }
            _ => self.aads.push(b':'),
        }
        Span::new(start, self.aads.len())
    }
}

/// Bytes that all key paths of a document may have together.
#[must_use]
pub fn path_bytes_limit(tree: &Tree<'_>) -> usize {
    (64 << 20) + tree.source.len().saturating_mul(16).min(1 << 31)
}

/// Bytes of key paths that are authenticated for all values together. The elements of a list share the
/// path of the list, which is stored once but read for each of them.
#[must_use]
pub fn total_path_limit(tree: &Tree<'_>) -> usize {
    path_bytes_limit(tree).saturating_mul(16)
}

/// The error for paths beyond [`path_bytes_limit`].
#[must_use]
pub fn too_long(limit: usize) -> Error {
    Error::new(ErrorKind::Limit { what: "the length of all key paths in bytes", limit }, 0)
}

/// The AADs under which a comment may have been encrypted, should its own not fit: those of the
/// containers around it. Other writers attach comments elsewhere. `budget` is the number of bytes of AADs
/// that may still be tried in this document.
#[must_use]
pub fn other_comment_aads<'p>(plan: &'p Plan, at: usize, budget: &mut usize) -> Vec<&'p [u8]> {
    const REACH: usize = 8;
    const MOST: usize = 64;
    let mut aads: Vec<&[u8]> = vec![b":"];
    for planned in &plan.steps[at.saturating_sub(REACH)..(at + REACH).min(plan.steps.len())] {
        let aad = plan.aad(planned);
        // Every path that leads to a neighbour, the neighbour included.
        for end in aad.iter().enumerate().filter(|(_, b)| **b == b':').map(|(i, _)| i + 1) {
            if aads.len() == MOST || *budget < end {
                return aads;
            }
            if !aads.contains(&&aad[..end]) {
                *budget -= end;
                aads.push(&aad[..end]);
            }
        }
        *budget = budget.saturating_sub(aad.len());
    }
    aads
}
