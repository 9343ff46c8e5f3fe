//! The lines of a text as blocks, one for each node: what has to be taken along with it.
//!
//! A block is a gap (comments and blank lines before the entry) and a body. The body of a map or list that
//! has lines of its own is a head, the blocks of its entries, and a tail. Blocks follow each other without
//! holes, so that a text is the blocks of its documents.

use super::version::Version;
use crate::doc::{Flags, FormatName, Kind, Name, NodeId};
use std::ops::Range;

/// Where the parts of a block begin.
#[derive(Debug, Clone, Copy, Default)]
struct Block {
    start: usize,
    /// Where the gap ends.
    body: usize,
    end: usize,
    /// Whether entries are blocks of their own.
    is_open: bool,
}

/// A part of a block.
#[derive(Debug, Clone, Copy)]
pub(super) enum Part {
    /// Comments and blank lines before the entry.
    Gap,
    /// All that follows.
    Body,
    /// Of the body of an open map or list what stands before its first entry.
    Head,
    /// And what stands behind the last.
    Tail,
}

/// The blocks of a version.
pub(super) struct Blocks<'v> {
    version: &'v Version<'v>,
    format: FormatName,
    blocks: Vec<Block>,
}

impl<'v> Blocks<'v> {
    /// Finds the blocks of a plain text.
    pub(super) fn of(version: &'v Version<'v>, format: FormatName) -> Self {
        let blocks = vec![Block::default(); version.tree.nodes.len()];
        let mut all = Self { version, format, blocks };
        let mut start = 0;
        let documents = &version.tree.documents;
        for (number, root) in documents.iter().enumerate() {
            all.lay(*root, start);
            if number + 1 == documents.len() {
                all.blocks[*root as usize].end = version.tree.source.len();
            }
            start = all.blocks[*root as usize].end;
        }
        all
    }

    fn source(&self) -> &'v [u8] {
        self.version.tree.source
    }

    fn text(&self, range: Range<usize>) -> &'v [u8] {
        self.source().get(range).unwrap_or_default()
    }

    pub(super) fn is_open(&self, id: NodeId) -> bool {
        self.blocks[id as usize].is_open
    }

    /// A part of the block of a node.
    pub(super) fn part(&self, id: NodeId, part: Part) -> &'v [u8] {
        let block = &self.blocks[id as usize];
        let child = |id: NodeId| &self.blocks[id as usize];
        let mut children = self.version.tree.children(id);
        self.text(match part {
            Part::Gap => block.start..block.body,
            Part::Body => block.body..block.end,
            Part::Head => block.body..children.next().map_or(block.end, |first| child(first).start),
            Part::Tail => children.last().map_or(block.end, |last| child(last).end)..block.end,
        })
    }

    /// The column in which a block begins that does not begin its line.
    pub(super) fn column(&self, id: NodeId) -> usize {
        let start = self.blocks[id as usize].start;
        start - self.line_start(start)
    }

    fn line_start(&self, at: usize) -> usize {
        let before = &self.source()[..at.min(self.source().len())];
        before.iter().rposition(|b| *b == b'\n').map_or(0, |newline| newline + 1)
    }

    /// Where the line after the one with byte `at` begins.
    fn next_line(&self, at: usize) -> usize {
        let at = at.min(self.source().len());
        let rest = &self.source()[at..];
        rest.iter().position(|b| *b == b'\n').map_or(self.source().len(), |newline| at + newline + 1)
    }

    /// Gives node `id` and all below it their blocks; the one of `id` begins at `start`.
    fn lay(&mut self, id: NodeId, start: usize) {
        let tree = self.version.tree;
        let node = tree.node(id);
        let is_root = node.name == Name::Root;
        let body = if is_root { start } else { self.line_start(node.entry as usize).max(start) };
        let closed_end = self.next_line((node.span.end as usize).max(body)).max(body);
        self.blocks[id as usize] = Block { start, body, end: closed_end, is_open: false };
        let is_leaf = matches!(node.kind, Kind::Leaf(_));
        if is_leaf || node.flags.has(Flags::FLOW) || node.flags.has(Flags::ALIAS) {
            return;
        }
        if let Some(end) = self.lay_entries(id, body, is_root) {
            // Only JSON closes what it opens.
            let end = if self.format == FormatName::Json { end.max(closed_end) } else { end };
            self.blocks[id as usize] = Block { start, body, end, is_open: true };
        }
    }

    /// Lays out the entries of `id`; gives the end of the last one, or `None` if they are not in lines of
    /// their own, one after the other.
    fn lay_entries(&mut self, id: NodeId, body: usize, is_root: bool) -> Option<usize> {
        let tree = self.version.tree;
        let children: Vec<NodeId> = tree.children(id).collect();
        let first = *children.first()?;
        let entry = tree.node(first).entry as usize;
        let mut at = if is_root {
            self.root_head(body, entry)
        } else {
            let head_end = self.next_line((tree.node(id).entry as usize).max(body));
            // The first key of a map stands behind the dash.
            let behind_dash = matches!(tree.node(id).name, Name::Index(_)) && self.format == FormatName::Yaml;
            match (entry < head_end, behind_dash) {
                (false, _) => head_end,
                (true, true) => entry,
                (true, false) => return None,
            }
        };
        for child in children {
            let entry = tree.node(child).entry as usize;
            if entry < at {
                return None;
            }
            self.lay(child, at);
            at = self.blocks[child as usize].end;
        }
        Some(at)
    }

    /// Where the first entry of a document begins: behind `---`, and behind the comments that a blank line
    /// separates from it.
    fn root_head(&self, start: usize, entry: usize) -> usize {
        let entry = self.line_start(entry).max(start);
        let mut head = start;
        let mut line = start;
        while line < entry {
            let next = self.next_line(line).min(entry);
            let text = self.text(line..next).trim_ascii();
            if text.is_empty() || text.starts_with(b"---") || text == b"{" || text.starts_with(b"%") {
                head = next;
            }
            line = next;
        }
        head
    }
}
