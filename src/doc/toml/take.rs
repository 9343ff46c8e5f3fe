//! Entries removed, with their lines.

use super::super::edits::Edits;
use super::super::error::Error;
use super::super::tree::{NodeId, Span, Tree};
use super::entries::path;
use super::extent::pieces;
use super::layout::{Id, Layout, Made};
use super::place::line_end_of;
use super::{cannot, inline, write};

/// Removes an entry with its lines.
pub(super) fn remove(
    tree: &Tree<'_>,
    layout: &Layout<'_>,
    node: NodeId,
    edits: &mut Edits,
) -> Result<(), Error> {
    let (id, source) = (layout.of_node(node), tree.source);
    let item = &layout.items[id];
    let parent = &layout.items[item.parent];
    if moves(layout, id) {
        return Err(cannot(
            "without it the rest of its table would come behind other tables; first move the keys of that table together",
        ));
    }
    let only = parent.children.len() == 1;
    if only && parent.made == Made::Dotted {
        // The table that the key is in stays, without it.
        let values = inline::values(layout, id);
        let place = |value: &Id| layout.items[*value].entry..layout.items[*value].span.end as usize;
        let end = match &values[..] {
            [value] if place(value).contains(&parent.key_end) => place(value).end,
            _ => return Err(cannot("the keys of this table stand apart; remove them one by one")),
        };
        edits.replace(Span::new(parent.key_end, end), b" = {}");
        return Ok(());
    }
    if let Some(container) = inline::container(layout, id) {
        return inline::remove(source, layout, container, id, edits);
    }
    if only && parent.made == Made::Tables {
        return Err(cannot("the last of the `[[tables]]` goes only with their list; remove that"));
    }
    let mut header = Vec::new();
    if only && parent.made == Made::Passing {
        write::push_header(&path(layout, item.parent), false, line_end_of(source), &mut header);
    }
    lines(source, layout, id, header, edits);
    Ok(())
}

/// Removes the lines of an entry; `header` stays in the place of the first.
pub(super) fn lines(source: &[u8], layout: &Layout<'_>, id: Id, mut header: Vec<u8>, edits: &mut Edits) {
    let item = &layout.items[id];
    for piece in pieces(source, layout, id) {
        let (mut start, mut end) = (piece.start as usize, piece.end as usize);
        if end == source.len() && header.is_empty() {
            start = tail_start(source, layout, start, item.made != Made::Value);
        }
        let first = &layout.sections[0];
        if start == first.start && first.values.as_slice() == [id] && layout.sections.len() > 1 {
            // The empty line behind what was the only key before all headers.
            end += [&b"\n"[..], b"\r\n"]
                .iter()
                .find(|eol| source[end..].starts_with(eol))
                .map_or(0, |e| e.len());
        }
        let kept = if end < source.len() && !header.is_empty() && item.made != Made::Value {
            // The empty line before the next header.
            [&header[..], line_end_of(source)].concat()
        } else {
            header.clone()
        };
        edits.replace(Span::new(start, end), &kept);
        header.clear();
    }
}

/// Whether `id` is where a table first appears, whose rest stands behind what comes next: without `id` the
/// order of the tree would be another.
fn moves(layout: &Layout<'_>, id: Id) -> bool {
    let (mut child, mut rest) = (id, None);
    loop {
        let parent = layout.items[child].parent;
        let item = &layout.items[parent];
        let in_pieces = matches!(item.made, Made::Dotted | Made::Passing | Made::Tables);
        if !in_pieces || item.children.first() != Some(&child) {
            return false;
        }
        let others = item.children[1..].iter().map(|other| layout.items[*other].entry);
        rest = others.chain(rest).min();
        let mut siblings = layout.items[item.parent].children.iter().skip_while(|other| **other != parent);
        let next = siblings.nth(1).map(|next| layout.items[*next].entry);
        if let (Some(rest), Some(next)) = (rest, next)
            && next < rest
        {
            return true;
        }
        child = parent;
    }
}

/// Where lines that are last begin, with the empty line before a header, and with the line end before them
/// if there is none behind them.
fn tail_start(source: &[u8], layout: &Layout<'_>, mut start: usize, section: bool) -> usize {
    let least = layout.sections[0].start;
    let before = &source[least..start];
    let blank = before.ends_with(b"\n\n") || before.ends_with(b"\n\r\n");
    for wanted in [section && blank, source.last().is_some_and(|b| *b != b'\n')] {
        let before = &source[least..start];
        if wanted && before.ends_with(b"\n") {
            start -= if before.ends_with(b"\r\n") { 2 } else { 1 };
        }
    }
    start
}
