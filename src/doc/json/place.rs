//! Where the metadata goes in a JSON text, and how it goes away.

use super::write::{Indent, push_data};
use crate::doc::data::Data;
use crate::doc::edits::Edits;
use crate::doc::format::Layout;
use crate::doc::tree::{NodeId, Span, Tree};

/// Adds `"sops": {…}` as the last member of the top-level object, laid out as the file is.
pub(super) fn add(tree: &Tree<'_>, metadata: &Data, layout: &Layout, edits: &mut Edits) {
    let indent = indent(tree, layout);
    let last = tree.children(0).last();
    let at = last.map_or(tree.node(0).span.start as usize + 1, |id| tree.node(id).span.end as usize);
    edits.replace_with(Span::new(at, at), |out| {
        if last.is_some() {
            out.push(b',');
            if !indent.compact {
                out.extend_from_slice(indent.line_end.as_bytes());
                out.extend_from_slice(indent.base.as_bytes());
            }
        }
        out.extend_from_slice(b"\"sops\"");
        out.extend_from_slice(indent.colon.as_bytes());
        push_data(metadata, &indent, 0, out);
    });
}

/// Puts other metadata in the place of member `id`.
pub(super) fn replace(tree: &Tree<'_>, id: NodeId, metadata: &Data, layout: &Layout, edits: &mut Edits) {
    let indent = indent(tree, layout);
    edits.replace_with(tree.node(id).span, |out| push_data(metadata, &indent, 0, out));
}

/// How the members of the top-level object are laid out: on lines of their own, or behind each other.
fn indent(tree: &Tree<'_>, layout: &Layout) -> Indent {
    let inner = tree.node(0).span.start as usize + 1;
    let gap = &tree.source[inner..skip_space(tree.source, inner)];
    // Only the line break before the first member tells the layout; an empty object has none.
    let line_break = tree.children(0).next().and_then(|_| gap.iter().rposition(|b| *b == b'\n'));
    let Some(line_break) = line_break else {
        return Indent { compact: true, colon: ":".to_owned(), ..Indent::default() };
    };
    let base = String::from_utf8_lossy(&gap[line_break + 1..]).into_owned();
    let line_end = if gap.windows(2).any(|w| w == b"\r\n") { "\r\n" } else { "\n" };
    Indent { unit: unit(tree, &base, layout), base, line_end, colon: ": ".to_owned(), ..Indent::default() }
}

/// One level of indentation: what the members have more than the closing brace.
fn unit(tree: &Tree<'_>, base: &str, layout: &Layout) -> String {
    let close = tree.node(0).span.end as usize - 1;
    let line = tree.source[..close].iter().rposition(|b| *b == b'\n').map_or(0, |at| at + 1);
    let outer = String::from_utf8_lossy(&tree.source[line..close]).into_owned();
    match base.strip_prefix(&outer) {
        Some(unit) if !unit.is_empty() && outer.trim().is_empty() => unit.to_owned(),
        _ if !base.is_empty() => base.to_owned(),
        _ => layout.indent.map_or(String::new(), |n| " ".repeat(n)),
    }
}

/// Removes every top-level member `sops`, with the comma that joins it.
pub(super) fn remove(tree: &Tree<'_>, edits: &mut Edits) {
    let members: Vec<NodeId> = tree.children(0).collect();
    let inner = tree.node(0).span.start as usize + 1;
    let close = tree.node(0).span.end as usize - 1;
    let is_block = |id: &NodeId| tree.node(*id).flags.has(crate::doc::Flags::METADATA);
    let end_of = |id: &NodeId| tree.node(*id).span.end as usize;
    if members.iter().all(is_block) {
        if let (Some(first), Some(last)) = (members.first(), members.last()) {
            let key = skip_space(tree.source, inner);
            let own_line = key > inner && tree.node(*first).span.start as usize > key;
            // On lines of its own the block takes its white space along; else only itself.
            let span = if own_line { Span::new(inner, close) } else { Span::new(inner, end_of(last)) };
            edits.replace(span, b"");
        }
        return;
    }
    let mut kept: Option<NodeId> = None;
    for (i, id) in members.iter().enumerate() {
        if !is_block(id) {
            kept = Some(*id);
        } else if let Some(before) = kept {
            let from =
                if i > 0 && is_block(&members[i - 1]) { end_of(&members[i - 1]) } else { end_of(&before) };
            edits.replace(Span::new(from, end_of(id)), b"");
        } else {
            let from = key_start(tree, i, &members, inner);
            let to = key_start(tree, i + 1, &members, inner);
            edits.replace(Span::new(from, to), b"");
        }
    }
}

/// Where the key of the member at position `i` begins.
fn key_start(tree: &Tree<'_>, i: usize, members: &[NodeId], inner: usize) -> usize {
    match i.checked_sub(1).and_then(|before| members.get(before)) {
        None => skip_space(tree.source, inner),
        Some(before) => {
            let comma = skip_space(tree.source, tree.node(*before).span.end as usize);
            skip_space(tree.source, comma + 1)
        }
    }
}

pub(super) fn skip_space(source: &[u8], mut at: usize) -> usize {
    while matches!(source.get(at), Some(b' ' | b'\t' | b'\n' | b'\r')) {
        at += 1;
    }
    at
}
