//! Where comments belong in the tree: where SOPS's reader will have them once the file is encrypted.
//!
//! The library that SOPS reads YAML with attaches comments to nodes ([`tokens`], [`attach`]), and SOPS turns
//! these into items of the tree (format description, section 5.1.4). The path of the map or list in which a
//! comment ends up is authenticated with it, so the attachment is repeated exactly, on the text with its
//! metadata: that is what SOPS reads.

mod attach;
mod tokens;

use super::super::tree::{Comment, Flags, Kind, NodeId, Span, Tree};
use super::lines::{bom_len, eol_of};
use super::place::{Gap, gap};
use crate::secret::wipe;
use attach::{Attached, Notes, attach};
use tokens::Line;
use zeroize::Zeroizing;

/// Room for the metadata's stand-in, if its map is not indented much.
const STUB: usize = 64;

/// Puts the comments at `marks` (from `#` to the end of the line, ascending) into the tree.
pub(super) fn place(tree: &mut Tree<'_>, marks: &[Span]) {
    if marks.is_empty() {
        return;
    }
    let text = Encrypted::of(tree);
    let starts: Vec<usize> = marks.iter().map(|mark| text.place_of(mark.start as usize)).collect();
    let (tokens, remarks) = tokens::scan(text.source(), bom_len(text.source()));
    let mut items =
        Items { tree, marks, starts: &starts, placed: vec![false; marks.len()], found: Vec::new() };
    if let Ok(attached) = attach(tree, &tokens, remarks) {
        items.documents(&attached);
    }
    let Items { placed, mut found, .. } = items;
    found.extend(marks.iter().zip(placed).filter(|(_, placed)| !placed).map(|(mark, _)| beside(tree, *mark)));
    found.sort_by_key(|comment| comment.before);
    tree.comments = found;
}

/// The text with its metadata, as far as it matters for the comments.
struct Encrypted<'s> {
    plain: &'s [u8],
    /// With what was added; empty if nothing was.
    longer: Zeroizing<Vec<u8>>,
    /// Places in the plain text where something was added, and the length added up to there.
    added: Vec<(usize, usize)>,
}

impl Drop for Encrypted<'_> {
    fn drop(&mut self) {
        wipe(&mut self.longer);
    }
}

impl<'s> Encrypted<'s> {
    fn of(tree: &Tree<'s>) -> Self {
        let mut text = Self { plain: tree.source, longer: Zeroizing::default(), added: Vec::new() };
        let mut from = 0;
        for root in &tree.documents {
            let has_metadata = tree.children(*root).any(|id| tree.node(id).flags.has(Flags::METADATA));
            let Ok(gap) = gap(tree, *root) else { continue };
            if has_metadata {
                continue;
            }
            let at = match gap {
                Gap::Lines { at, .. } | Gap::Flow { at, .. } => at,
            };
            if text.added.is_empty() {
                text.longer.reserve_exact(tree.source.len() + tree.documents.len() * STUB);
            }
            text.longer.extend_from_slice(&tree.source[from..at]);
            from = at;
            text.stub(gap, eol_of(tree.source));
            text.added.push((at, text.longer.len() - at));
        }
        if !text.added.is_empty() {
            text.longer.extend_from_slice(&tree.source[from..]);
        }
        text
    }

    fn source(&self) -> &[u8] {
        if self.added.is_empty() { self.plain } else { &self.longer }
    }

    fn stub(&mut self, gap: Gap, eol: &[u8]) {
        match gap {
            Gap::Flow { first, .. } => {
                self.longer.extend_from_slice(if first { b"\"sops\": 1" } else { b", \"sops\": 1" });
            }
            Gap::Lines { column, .. } => {
                if !matches!(self.longer.last(), None | Some(b'\n' | b'\r')) {
                    self.longer.extend_from_slice(eol);
                }
                self.longer.extend(std::iter::repeat_n(b' ', column));
                self.longer.extend_from_slice(b"sops: 1");
                self.longer.extend_from_slice(eol);
            }
        }
    }

    /// Where byte `at` of the plain text is in this one.
    fn place_of(&self, at: usize) -> usize {
        let before = self.added.partition_point(|(place, _)| *place <= at);
        at + before.checked_sub(1).map_or(0, |last| self.added[last].1)
    }
}

/// Turns attached comments into items of the tree, in the order of SOPS.
struct Items<'t, 's> {
    tree: &'t Tree<'s>,
    marks: &'t [Span],
    starts: &'t [usize],
    placed: Vec<bool>,
    found: Vec<Comment>,
}

impl Items<'_, '_> {
    fn documents(&mut self, attached: &Attached) {
        for (root, notes) in self.tree.documents.iter().zip(&attached.documents) {
            let end = self.tree.node(*root).end;
            self.put(&notes.head, *root, root + 1);
            self.collection(attached, *root, false);
            self.put(&notes.foot, *root, end);
        }
    }

    /// The comments in map or list `id`; its own too unless its parent has them (`handled`).
    fn collection(&mut self, attached: &Attached, id: NodeId, handled: bool) {
        let node = self.tree.node(id);
        let own = attached.values.get(&id).filter(|_| !handled);
        if let Some(notes) = own {
            self.put(&notes.head, id, id + 1);
            self.put(&notes.line, id, id + 1);
        }
        let mut child = id + 1;
        while child < node.end {
            let next = self.tree.node(child).end;
            let value = attached.values.get(&child);
            if node.kind == Kind::List {
                self.item(attached, id, child, value, true);
            } else {
                let key = attached.keys.get(&child);
                if let Some(key) = key {
                    self.put(&key.head, id, child);
                    self.put(&key.line, id, child);
                }
                let node = self.tree.node(child);
                let scalar = matches!(node.kind, Kind::Leaf(_)) || node.flags.has(Flags::ALIAS);
                self.item(attached, id, child, value.filter(|_| scalar), scalar);
                if let Some(key) = key {
                    self.put(&key.foot, id, next);
                }
            }
            child = next;
        }
        if let Some(notes) = attached.ends.get(&id) {
            self.put(&notes.head, id, node.end);
            self.put(&notes.line, id, node.end);
            self.put(&notes.foot, id, node.end);
        }
        if let Some(notes) = own {
            self.put(&notes.foot, id, node.end);
        }
    }

    /// Child `child` of `id`, with comments of its own that stand beside it.
    fn item(&mut self, attached: &Attached, id: NodeId, child: NodeId, notes: Option<&Notes>, handled: bool) {
        if let Some(notes) = notes {
            self.put(&notes.head, id, child);
            self.put(&notes.line, id, child);
        }
        let node = self.tree.node(child);
        if !matches!(node.kind, Kind::Leaf(_)) && !node.flags.has(Flags::ALIAS) {
            self.collection(attached, child, handled);
        }
        if let Some(notes) = notes {
            self.put(&notes.foot, id, node.end);
        }
    }

    fn put(&mut self, lines: &[Line], parent: NodeId, before: NodeId) {
        for line in lines {
            let Ok(index) = self.starts.binary_search(&line.at) else { continue };
            if !std::mem::replace(&mut self.placed[index], true) {
                let Span { start, end } = self.marks[index];
                self.found.push(Comment { span: Span { start: start + 1, end }, parent, before });
            }
        }
    }
}

/// A comment that SOPS loses, by its place in the text alone.
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
