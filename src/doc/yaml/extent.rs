//! How far entries reach: indicators, last lines, the comments that belong to them.

use super::super::tree::{Flags, Kind, NodeId, Style, Tree};
use super::block::Chomp;
use super::lines::{blank_or_end, column, line_end, next_line, skip_gap, spaces};
use super::site::{Properties, Site};

/// The end of the last text of node `id`.
pub(super) fn content_end(tree: &Tree<'_>, id: NodeId) -> usize {
    let last = last_node(tree, id);
    match block_end(tree, last) {
        Some((content, _)) => content,
        None => tree.node(last).span.end as usize,
    }
}

/// Where the line after the last one of node `id` begins; behind the blank lines that are part of its value.
pub(super) fn lines_end(tree: &Tree<'_>, id: NodeId) -> usize {
    let last = last_node(tree, id);
    match block_end(tree, last) {
        Some((_, Some(lines))) => lines,
        _ => next_line(tree.source, content_end(tree, id)),
    }
}

/// The end of the content of a block scalar, and of its lines if they are part of the value.
fn block_end(tree: &Tree<'_>, id: NodeId) -> Option<(usize, Option<usize>)> {
    if !matches!(tree.node(id).style, Style::Literal | Style::Folded) {
        return None;
    }
    let block = Site::of(tree, id).block?;
    let content = if block.content.is_empty() { block.header.end } else { block.content.end };
    Some((content as usize, (block.chomp == Chomp::Keep).then_some(block.lines.end as usize)))
}

/// The last node below `id` with text of its own.
fn last_node(tree: &Tree<'_>, mut id: NodeId) -> NodeId {
    while !tree.node(id).flags.has(Flags::FLOW)
        && !tree.node(id).flags.has(Flags::ALIAS)
        && let Some(last) = tree.children(id).last()
    {
        id = last;
    }
    id
}

/// Behind the `:` or `-` of entry `id` of a block map or list.
pub(super) fn indicator_end(tree: &Tree<'_>, id: NodeId) -> Option<usize> {
    let (node, source) = (tree.node(id), tree.source);
    let entry = node.entry as usize;
    if matches!(tree.node(node.parent).kind, Kind::List) {
        return Some(entry + 1);
    }
    if source[entry] == b'?' && blank_or_end(source, entry + 1) {
        // The `:` begins a line below the `?`.
        let at = column(source, entry);
        let mut line = next_line(source, entry);
        while line < node.outer as usize {
            if spaces(source, line) == at && source.get(line + at) == Some(&b':') {
                return Some(line + at + 1);
            }
            line = next_line(source, line);
        }
        return None;
    }
    let start = Properties::scan(source, entry, false).rest;
    let mut at = match source.get(start)? {
        b'"' => quoted_end(source, start, b'"'),
        b'\'' => quoted_end(source, start, b'\''),
        _ => start,
    };
    while at < node.outer as usize {
        if source[at] == b':' && blank_or_end(source, at + 1) {
            return Some(at + 1);
        }
        at += 1;
    }
    None
}

/// Behind the closing quote of a key that begins at `at`.
fn quoted_end(source: &[u8], at: usize, quote: u8) -> usize {
    let mut end = at + 1;
    while end < source.len() {
        if source[end] == b'\\' && quote == b'"' {
            end += 1;
        } else if source[end] == quote {
            if quote == b'"' || source.get(end + 1) != Some(&quote) {
                return end + 1;
            }
            end += 1;
        }
        end += 1;
    }
    source.len()
}

/// The comment on the line of entry `id`, from the blanks before it, where text may follow `indicator`.
pub(super) fn line_comment<'s>(tree: &Tree<'s>, id: NodeId, indicator: usize) -> &'s [u8] {
    let (node, source) = (tree.node(id), tree.source);
    let collection = !matches!(node.kind, Kind::Leaf(_)) && !node.flags.has(Flags::FLOW);
    let from = if node.flags.has(Flags::ALIAS) {
        node.span.end as usize
    } else if matches!(node.style, Style::Literal | Style::Folded) {
        Site::of(tree, id).block.map_or(indicator, |block| block.header.end as usize)
    } else if collection {
        let found = Properties::scan(source, node.outer as usize, false);
        let own = |end: &u32| node.outer != node.span.start && *end <= node.span.start;
        let tag = found.tag.map(|(_, span)| span.end).filter(own);
        let anchor = found.anchor.map(|span| span.end).filter(own);
        tag.max(anchor).map_or(indicator, |end| end as usize)
    } else {
        node.span.end as usize
    };
    let rest = &source[from..line_end(source, from)];
    if rest.trim_ascii_start().starts_with(b"#") { rest.trim_ascii_end() } else { b"" }
}

/// Where a new last entry of the block map or list `parent`, whose entries stand at column `at`, begins:
/// behind the comments that follow its last line at once, unless they belong to what comes next.
pub(super) fn end_of_entries(tree: &Tree<'_>, parent: NodeId, at: usize) -> usize {
    let source = tree.source;
    let mut end = lines_end(tree, parent);
    let next = skip_gap(source, end);
    let marker = [&b"---"[..], b"..."].iter().any(|mark| source[next..].starts_with(mark));
    let next = (next < source.len() && !marker).then(|| column(source, next));
    while end < source.len() {
        let indent = spaces(source, end);
        let comment = source.get(end + indent) == Some(&b'#');
        if !comment || indent < at || next.is_some_and(|next| indent <= next) {
            break;
        }
        end = next_line(source, end);
    }
    end
}

/// Where the lines of entry `id` end, with the comments below that belong to what is in it.
pub(super) fn entry_end(tree: &Tree<'_>, id: NodeId) -> usize {
    let node = tree.node(id);
    let (source, end) = (tree.source, lines_end(tree, id));
    let next = tree.nodes.get(node.end as usize).map_or(source.len(), |next| next.entry as usize);
    let at = column(source, node.entry as usize);
    // A comment that is not indented more may be about what comes next, wherever SOPS counts it.
    let inside = tree.comments.iter().filter(|comment| {
        let mark = comment.span.start as usize - 1;
        (id..node.end).contains(&comment.parent) && mark < next && column(source, mark) > at
    });
    inside.map(|comment| next_line(source, comment.span.end as usize)).fold(end, usize::max)
}
