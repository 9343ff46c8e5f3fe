//! Aliases of encrypted values (YAML).
//!
//! A value is bound to its own path, so an alias cannot share the ciphertext of its anchor: it is written
//! out, and the record remembers how it was spelled.

use super::encrypt::{EncryptError, is_sealable};
use super::plan::Plan;
use super::selection::Selection;
use crate::doc::tree::Step;
use crate::doc::{Edits, Error, Flags, Format, KeyPath, Kind, NodeId, Tree};
use std::collections::HashSet;
use zeroize::Zeroizing;

/// The aliases that stand for something encrypted, in order.
///
/// # Errors
/// An alias shows in clear what is encrypted at its anchor, or key paths are too long.
pub(super) fn to_expand(tree: &Tree<'_>, selection: &Selection) -> Result<Vec<NodeId>, EncryptError> {
    if !tree.nodes.iter().any(|node| node.flags.has(Flags::ALIAS)) {
        return Ok(Vec::new());
    }
    let sealed: HashSet<NodeId> = Plan::of(tree, selection)?
        .steps
        .iter()
        .filter_map(|planned| match planned.step {
            Step::Leaf(id) if planned.selected => match &tree.node(id).kind {
                Kind::Leaf(value) if is_sealable(value) => Some(id),
                _ => None,
            },
            _ => None,
        })
        .collect();
    for (alias, target) in &tree.aliases {
        let reveals = |id: NodeId| !sealed.contains(&id) && sealed.contains(&(target + (id - alias)));
        if (*alias..tree.node(*alias).end).any(reveals) {
            let at = tree.node(*alias).span.start as usize;
            return Err(EncryptError::AliasReveals { path: KeyPath::of(tree, *alias), at });
        }
    }
    let aliases = tree.nodes.iter().enumerate().filter(|(_, node)| node.flags.has(Flags::ALIAS));
    let written = aliases.filter(|(id, node)| (*id as NodeId..node.end).any(|id| sealed.contains(&id)));
    Ok(written.map(|(id, _)| id as NodeId).collect())
}

/// The text with `aliases` written out in plain.
///
/// # Errors
/// The text cannot be changed so: a defect of the program.
pub(super) fn expand(
    format: &dyn Format,
    tree: &Tree<'_>,
    aliases: &[NodeId],
) -> Result<Zeroizing<Vec<u8>>, EncryptError> {
    let mut edits = Edits::default();
    for id in aliases {
        format.expand_alias(tree, *id, &mut edits);
    }
    edits.apply(tree.source).map_err(|overlap| {
        EncryptError::Document(Error::syntax("an alias cannot be written out here", overlap.0))
    })
}
