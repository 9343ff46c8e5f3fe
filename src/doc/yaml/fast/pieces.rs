//! Large texts in pieces, several read at once, and the trees of the pieces as one.
//!
//! A text is cut before keys of its outermost map, where nothing is open but that map and nobody has to know
//! what comes before: what is read of the pieces is what is read of the whole. If a piece is not in the subset,
//! or the pieces do not fit together, the text is read once more as a whole, which decides.

use super::super::super::limits::Limits;
use super::super::super::tree::{NodeId, Span, Tree};
use super::{Reader, check};
use crate::threads;
use std::ops::Range;

/// Bytes of a piece, or a few more; a text of two pieces is worth a second thread.
pub(super) const SIZE: usize = 160 << 10;

/// Reads `source` in pieces of about `size` bytes.
pub(super) fn parse<'s>(source: &'s [u8], limits: &Limits, size: usize) -> Option<Tree<'s>> {
    let pieces = cut(source, size);
    match join(threads::each(&pieces, |piece| read(source, piece, limits)), limits) {
        None if pieces.len() > 1 => {
            let whole = 0..source.len();
            join([read(source, &whole, limits)], limits)
        }
        tree => tree,
    }
}

/// Cuts a text into pieces of at least `size` bytes.
fn cut(source: &[u8], size: usize) -> Vec<Range<usize>> {
    let mut pieces = Vec::new();
    let mut start = 0;
    while source.len() - start >= 2 * size {
        let Some(next) = key_behind(source, start + size) else { break };
        pieces.push(start..next);
        start = next;
    }
    pieces.push(start..source.len());
    pieces
}

/// Where the next line begins, behind byte `at`, that has a key in the first column. The line above is neither
/// blank nor a comment, which might belong to that key.
fn key_behind(source: &[u8], at: usize) -> Option<usize> {
    let mut line = memchr::memrchr(b'\n', &source[..at]).map_or(0, |end| end + 1);
    loop {
        let next = line + memchr::memchr(b'\n', &source[line..])? + 1;
        let first = source[line..next].iter().find(|byte| **byte != b' ');
        let is_key = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'"' | b'\'');
        if !matches!(first, Some(b'#' | b'\n')) && source.get(next).is_some_and(is_key) {
            return Some(next);
        }
        line = next;
    }
}

/// Reads a piece; one that is not the first begins in the outermost map.
fn read<'s>(source: &'s [u8], piece: &Range<usize>, limits: &Limits) -> Option<Reader<'s>> {
    check(&source[piece.clone()])?;
    let mut reader = Reader::new(source, limits)?;
    if piece.start > 0 {
        reader.builder.document(Span::new(piece.start, piece.start)).ok()?;
        reader.push(false, 0);
    }
    reader.lines(piece.start, piece.end)?;
    Some(reader)
}

/// The tree of all pieces.
fn join<'s>(pieces: impl IntoIterator<Item = Option<Reader<'s>>>, limits: &Limits) -> Option<Tree<'s>> {
    let mut pieces = pieces.into_iter();
    let mut first = pieces.next()??;
    for piece in pieces {
        first.append(piece?, limits)?;
    }
    first.close()?;
    let Reader { builder, comments, .. } = first;
    let mut tree = builder.finish();
    comments.finish(&mut tree);
    Some(tree)
}

impl<'s> Reader<'s> {
    /// Adds what was read of the next piece.
    fn append(&mut self, mut next: Self, limits: &Limits) -> Option<()> {
        let (root, next_root) = (self.frames.last_mut()?, next.frames.pop()?);
        if root.list || root.column != next_root.column || self.comments.wait() {
            return None;
        }
        // Few keys are not in the set.
        root.many_keys.extend(root.keys.drain(..));
        let few = if next_root.many_keys.is_empty() { next_root.keys } else { Vec::new() };
        if !few.into_iter().chain(next_root.many_keys).all(|key| root.many_keys.insert(key)) {
            return None;
        }
        let before = (self.builder.tree().nodes.len() - 1) as NodeId;
        let nodes = next.builder.tree_mut().nodes.drain(1..);
        let tree = self.builder.tree_mut();
        if tree.nodes.len() + nodes.len() > limits.max_nodes {
            return None;
        }
        // The root is the same, all others have new numbers.
        let moved = |id: NodeId| if id == 0 { 0 } else { id + before };
        tree.nodes.extend(nodes.map(|mut node| {
            (node.parent, node.end) = (moved(node.parent), moved(node.end));
            node
        }));
        self.comments.append(next.comments, moved);
        self.cursor = next.cursor;
        Some(())
    }
}
