//! The self-check: what is about to be written is read again and compared.

use crate::doc::tree::Step;
use crate::doc::{Kind, Name, NodeId, Tree};

/// Compares two trees but for comments and metadata: same documents, same structure, same keys, and
/// leaves of which `same` says that they agree. Returns the first node of `wanted` that differs, if any.
/// Nodes of `wanted` for which `skip` holds are left out.
pub fn difference(
    wanted: &Tree<'_>,
    read: &Tree<'_>,
    skip: impl Fn(NodeId) -> bool,
    mut same: impl FnMut(NodeId, NodeId) -> bool,
) -> Option<NodeId> {
    let steps = |tree: &Tree<'_>, skip: &dyn Fn(NodeId) -> bool| {
        let mut steps = Vec::with_capacity(tree.nodes.len() + 8);
        let walked: Result<(), std::convert::Infallible> = tree.walk(|step| {
            match step {
                Step::Leaf(id) if skip(id) => {}
                Step::Comment(_) => {}
                step => steps.push(step),
            }
            Ok(())
        });
        match walked {
            Ok(()) => steps,
        }
    };
    let wanted_steps = steps(wanted, &skip);
    let read_steps = steps(read, &|_| false);
    for (a, b) in wanted_steps.iter().zip(&read_steps) {
        let agrees = match (a, b) {
            (Step::Enter(a), Step::Enter(b)) => same_container(wanted, *a, read, *b),
            (Step::Leave(_), Step::Leave(_)) => true,
            (Step::Leaf(a), Step::Leaf(b)) => same_name(wanted, *a, read, *b) && same(*a, *b),
            _ => false,
        };
        if !agrees {
            return Some(node_of(a));
        }
    }
    if wanted_steps.len() == read_steps.len() { None } else { Some(0) }
}

fn node_of(step: &Step) -> NodeId {
    match step {
        Step::Enter(id) | Step::Leave(id) | Step::Leaf(id) => *id,
        Step::Comment(_) => 0,
    }
}

fn same_container(a: &Tree<'_>, ia: NodeId, b: &Tree<'_>, ib: NodeId) -> bool {
    let is_list = |tree: &Tree<'_>, id| matches!(tree.node(id).kind, Kind::List);
    is_list(a, ia) == is_list(b, ib) && same_name(a, ia, b, ib)
}

/// Positions follow from the order and may shift where a comment stood as an element.
fn same_name(a: &Tree<'_>, ia: NodeId, b: &Tree<'_>, ib: NodeId) -> bool {
    match (&a.node(ia).name, &b.node(ib).name) {
        (Name::Key(a), Name::Key(b)) => a == b,
        (Name::Index(_), Name::Index(_)) | (Name::Root, Name::Root) => true,
        _ => false,
    }
}
