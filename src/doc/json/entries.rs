//! Members and elements put, added and removed, in the layout that stands around them.

use super::place::skip_space;
use super::spell::push_escaped;
use super::write::{Indent, push_data};
use crate::doc::data::Data;
use crate::doc::edits::Edits;
use crate::doc::tree::{NodeId, Span, Tree};
use crate::doc::value::Text;

/// SOPS's indentation, where nothing tells another.
const DEFAULT_UNIT: &str = "\t";

/// Puts `data` in the place of node `id`.
pub(super) fn put(tree: &Tree<'_>, id: NodeId, data: &Data, edits: &mut Edits) {
    let node = tree.node(id);
    let mut indent = if node.parent == id { root_layout(tree) } else { layout(tree, node.parent) };
    // What was on one line stays so.
    let one_line = node.end > id + 1 && !tree.text(node.span).contains(&b'\n');
    if one_line && !indent.compact {
        indent = Indent { base: String::new(), ..layout(tree, id) };
    }
    edits.replace_with(node.span, |out| push_data(data, &indent, 0, out));
}

/// Adds an entry at the end of object or array `parent`.
pub(super) fn add(tree: &Tree<'_>, parent: NodeId, key: Option<&[u8]>, data: &Data, edits: &mut Edits) {
    let Some(last) = tree.children(parent).last() else {
        let whole = match key {
            Some(key) => Data::Map(vec![(Text::owned(key), data.clone())]),
            None => Data::List(vec![data.clone()]),
        };
        return put(tree, parent, &whole, edits);
    };
    let indent = layout(tree, parent);
    let at = tree.node(last).span.end as usize;
    edits.replace_with(Span::new(at, at), |out| {
        out.push(b',');
        if indent.compact {
            out.extend_from_slice(indent.gap.as_bytes());
        } else {
            out.extend_from_slice(indent.line_end.as_bytes());
            out.extend_from_slice(indent.base.as_bytes());
        }
        if let Some(key) = key {
            push_escaped(key, false, out);
            out.extend_from_slice(indent.colon.as_bytes());
        }
        push_data(data, &indent, 0, out);
    });
}

/// Removes entry `id`, with the comma that joins it.
pub(super) fn remove(tree: &Tree<'_>, id: NodeId, edits: &mut Edits) {
    let node = tree.node(id);
    let parent = tree.node(node.parent);
    let siblings: Vec<NodeId> = tree.children(node.parent).collect();
    let position = siblings.iter().position(|sibling| *sibling == id).unwrap_or_default();
    let end = node.span.end as usize;
    let span = match (position.checked_sub(1), siblings.get(position + 1)) {
        (Some(before), _) => Span::new(tree.node(siblings[before]).span.end as usize, end),
        (None, Some(_)) => Span::new(entry_start(tree, id, None), entry_start(tree, siblings[1], Some(id))),
        (None, None) => Span::new(parent.span.start as usize + 1, parent.span.end as usize - 1),
    };
    edits.replace(span, b"");
}

/// Where the key of a member or an element begins; `before` is the entry before it.
fn entry_start(tree: &Tree<'_>, id: NodeId, before: Option<NodeId>) -> usize {
    let source = tree.source;
    match before {
        Some(before) => {
            let comma = skip_space(source, tree.node(before).span.end as usize);
            skip_space(source, comma + 1)
        }
        None => skip_space(source, tree.node(tree.node(id).parent).span.start as usize + 1),
    }
}

/// How the entries of object or array `id` are laid out, and what is put into it.
fn layout(tree: &Tree<'_>, id: NodeId) -> Indent {
    let (node, source) = (tree.node(id), tree.source);
    let mut children = tree.children(id);
    let Some(first) = children.next() else {
        if node.parent == id {
            return root_layout(tree);
        }
        let mut indent = layout(tree, node.parent);
        indent.base.push_str(&indent.unit);
        return indent;
    };
    let inner = node.span.start as usize + 1;
    let start = entry_start(tree, first, None);
    let colon = colon(tree);
    let Some(line) = source[inner..start].iter().rposition(|b| *b == b'\n') else {
        let gap = children.next().map(|second| {
            let comma = skip_space(source, tree.node(first).span.end as usize);
            text(&source[comma + 1..entry_start(tree, second, Some(first))])
        });
        let gap = gap.filter(|gap| !gap.contains('\n'));
        let gap = gap.unwrap_or_else(|| if colon.ends_with(' ') { " ".to_owned() } else { String::new() });
        return Indent { compact: true, colon, gap, bare: true, ..Indent::default() };
    };
    let base = text(&source[inner + line + 1..start]);
    let unit = base.strip_prefix(&indentation(source, inner - 1)).filter(|unit| !unit.is_empty());
    Indent {
        unit: unit.unwrap_or(DEFAULT_UNIT).to_owned(),
        line_end: if source[inner..start].windows(2).any(|w| w == b"\r\n") { "\r\n" } else { "\n" },
        base,
        colon,
        bare: true,
        ..Indent::default()
    }
}

/// The layout of what is put in the place of the top-level object: on one line, unless it is on several.
fn root_layout(tree: &Tree<'_>) -> Indent {
    let inside = tree.text(tree.node(0).span);
    let compact = !inside.contains(&b'\n');
    Indent {
        compact,
        unit: DEFAULT_UNIT.to_owned(),
        line_end: if inside.windows(2).any(|w| w == b"\r\n") { "\r\n" } else { "\n" },
        colon: colon(tree),
        gap: if compact { " ".to_owned() } else { String::new() },
        bare: true,
        ..Indent::default()
    }
}

/// What stands between the first key of the text and its value.
fn colon(tree: &Tree<'_>) -> String {
    let usual = ": ".to_owned();
    let Some(first) = tree.children(0).next() else { return usual };
    let value = tree.node(first).span.start as usize;
    // Behind the key there are only blanks and the colon.
    let Some(quote) = tree.source[..value].iter().rposition(|b| *b == b'"') else { return usual };
    let between = text(&tree.source[quote + 1..value]);
    if between.contains('\n') { usual } else { between }
}

/// The blanks at the start of the line that holds `at`.
fn indentation(source: &[u8], at: usize) -> String {
    let line = source[..at].iter().rposition(|b| *b == b'\n').map_or(0, |n| n + 1);
    let blanks = source[line..at].iter().take_while(|b| matches!(b, b' ' | b'\t')).count();
    text(&source[line..line + blanks])
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
