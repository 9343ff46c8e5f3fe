//! Entries removed, with their lines.

use super::super::data::Data;
use super::super::edits::Edits;
use super::super::error::Error;
use super::super::format::Spelling;
use super::super::tree::{Flags, Kind, NodeId, Span, Tree};
use super::extent::entry_end;
use super::flow;
use super::lines::{column, eol_len, eol_of, line_start, next_line, spaces};
use super::place::ends_with_eol;
use super::put::DEFAULT_STEP;
use super::put_data;
use super::site::indentation;

/// Removes entry `id` from its map or list.
///
/// # Errors
/// The entry is written in a way that cannot be taken apart.
pub(super) fn remove(tree: &Tree<'_>, id: NodeId, how: Spelling, edits: &mut Edits) -> Result<(), Error> {
    let (node, source) = (tree.node(id), tree.source);
    let parent = tree.node(node.parent);
    if parent.flags.has(Flags::FLOW) {
        flow::remove(tree, id, edits);
        return Ok(());
    }
    let entry = node.entry as usize;
    let line = line_start(source, entry);
    let end = entry_end(tree, id);
    let only = tree.children(node.parent).nth(1).is_none();
    if only {
        return last(tree, id, line, end, how, edits);
    }
    if !source[line..entry].iter().all(|b| *b == b' ') {
        // Behind a dash: what follows moves up.
        let blanks = source[end..].iter().take_while(|b| b.is_ascii_whitespace()).count();
        edits.replace(Span::new(entry, end + blanks), b"");
        return Ok(());
    }
    let (mut start, mut end) = (line, end);
    match how {
        Spelling::Kept if end == source.len() && !ends_with_eol(source) => start -= eol_before(source, start),
        Spelling::Kept => {}
        // The text before may be one to which blank lines belong.
        Spelling::Safe => {
            while end < source.len() && eol_len(source, end + spaces(source, end)) > 0 {
                end = next_line(source, end);
            }
        }
    }
    edits.replace(Span::new(start, end), b"");
    Ok(())
}

/// Removes the only entry, on the lines from `line` to `end`, of a block map or list: an empty one stays, in
/// its place if comments stand before it.
fn last(
    tree: &Tree<'_>,
    id: NodeId,
    line: usize,
    end: usize,
    how: Spelling,
    edits: &mut Edits,
) -> Result<(), Error> {
    let (node, source) = (tree.node(id), tree.source);
    let parent = tree.node(node.parent);
    let (list, is_root) = (parent.kind == Kind::List, parent.parent == node.parent);
    let first = next_line(source, parent.entry as usize);
    let between = |at: u32| (first..line).contains(&(at as usize));
    if !is_root && !tree.comments.iter().any(|comment| between(comment.span.start)) {
        let nothing = if list { Data::List(Vec::new()) } else { Data::map() };
        return put_data::put(tree, node.parent, &nothing, how, edits);
    }
    let at = column(source, node.entry as usize);
    // Dashes may stand below the first letter of their key; brackets may not.
    let least = if is_root { 0 } else { column(source, parent.entry as usize) + 1 };
    edits.replace_with(Span::new(node.entry as usize, end), |out| {
        if at < least {
            out.resize(out.len() + indentation(tree).unwrap_or(DEFAULT_STEP), b' ');
        }
        out.extend_from_slice(if list { b"[]" } else { b"{}" });
        if end < source.len() || ends_with_eol(source) {
            out.extend_from_slice(eol_of(source));
        }
    });
    Ok(())
}

/// Length of the line end before `at`.
fn eol_before(source: &[u8], at: usize) -> usize {
    match at.checked_sub(2) {
        Some(before) if eol_len(source, before) == 2 => 2,
        _ => at.checked_sub(1).map_or(0, |before| eol_len(source, before)),
    }
}
