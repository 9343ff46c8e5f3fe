//! Where comments belong in the tree.

use super::super::tree::{Comment, NodeId, Span, Tree};

/// Puts the comments at `marks` (from `#` to the end of the line, ascending) into the tree.
pub(super) fn place(tree: &mut Tree<'_>, marks: &[Span]) {
    tree.comments = marks.iter().map(|mark| beside(tree, *mark)).collect();
}

/// The comment by its place in the text alone.
fn beside(tree: &Tree<'_>, mark: Span) -> Comment {
    let span = Span { start: mark.start + 1, end: mark.end };
    let next = tree.nodes.partition_point(|node| node.entry < mark.start) as NodeId;
    let (parent, before) = match tree.nodes.get(next as usize) {
        Some(node) if node.parent != next => (node.parent, next),
        // Before the first document, or behind the last node of one.
        _ if next == 0 => (0, 1),
        _ => {
            let root = tree.documents.partition_point(|root| *root < next);
            (tree.documents[root - 1], next)
        }
    };
    Comment { span, parent, before }
}
