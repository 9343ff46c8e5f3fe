//! Entries in brackets and braces.

use super::super::data::Data;
use super::super::edits::Edits;
use super::super::format::Spelling;
use super::super::tree::{Kind, NodeId, Span, Tree};
use super::super::value::Value;
use super::lines::{column, eol_of, line_end, line_start, next_line, skip_gap};
use super::scalar::{double, fits_plain, plain_value};
use super::write;

/// Appends `data` on one line; with `quoted`, all strings in double quotes.
pub(super) fn push(data: &Data, quoted: bool, out: &mut Vec<u8>) {
    match data {
        Data::Map(items) if !quoted => {
            out.push(b'{');
            for (i, (key, value)) in items.iter().enumerate() {
                out.extend_from_slice(if i > 0 { b", " } else { b"" });
                string(key, quoted, out);
                out.extend_from_slice(b": ");
                push(value, quoted, out);
            }
            out.push(b'}');
        }
        Data::List(items) if !quoted => {
            out.push(b'[');
            for (i, item) in items.iter().enumerate() {
                out.extend_from_slice(if i > 0 { b", " } else { b"" });
                push(item, quoted, out);
            }
            out.push(b']');
        }
        Data::Value(Value::Str(text)) => string(text, quoted, out),
        Data::Value(value) => plain_value(value, out),
        _ => write::flow(data, out),
    }
}

fn string(bytes: &[u8], quoted: bool, out: &mut Vec<u8>) {
    let text = String::from_utf8_lossy(bytes);
    if !quoted && fits_plain(&text, true) && !text.contains(':') {
        out.extend_from_slice(text.as_bytes());
    } else {
        double(&text, false, out);
    }
}

/// Whether the keys (or elements) around node `id` are in double quotes.
pub(super) fn is_quoted(tree: &Tree<'_>, id: NodeId) -> bool {
    let of = if matches!(tree.node(id).kind, Kind::Leaf(_)) { tree.node(id).parent } else { id };
    let first = tree.children(of).next().or_else(|| tree.children(tree.node(of).parent).next());
    first.is_some_and(|first| tree.source.get(tree.node(first).entry as usize) == Some(&b'"'))
}

/// Adds an entry at the end of flow map or list `parent`.
pub(super) fn add(
    tree: &Tree<'_>,
    parent: NodeId,
    key: Option<&[u8]>,
    data: &Data,
    how: Spelling,
    edits: &mut Edits,
) {
    let (node, source) = (tree.node(parent), tree.source);
    let quoted = how == Spelling::Safe || is_quoted(tree, parent);
    let entry = |out: &mut Vec<u8>| {
        if let Some(key) = key {
            string(key, quoted, out);
            out.extend_from_slice(b": ");
        }
        push(data, quoted, out);
    };
    let Some(last) = tree.children(parent).last() else {
        let close = node.span.end as usize - 1;
        edits.replace_with(Span::new(close, close), entry);
        return;
    };
    let (start, end) = (tree.node(last).entry as usize, tree.node(last).span.end as usize);
    let next = skip_gap(source, end);
    let comma = source.get(next) == Some(&b',');
    let behind = if comma { next + 1 } else { end };
    let own_line = source[line_start(source, start)..start].trim_ascii().is_empty()
        && skip_gap(source, behind) >= next_line(source, behind)
        && line_start(source, start) > node.span.start as usize;
    if !own_line {
        edits.replace_with(Span::new(end, end), |out| {
            out.extend_from_slice(b", ");
            entry(out);
        });
        return;
    }
    if !comma {
        edits.replace(Span::new(end, end), b",");
    }
    let at = line_end(source, behind);
    edits.replace_with(Span::new(at, at), |out| {
        out.extend_from_slice(eol_of(source));
        out.resize(out.len() + column(source, start), b' ');
        entry(out);
        out.extend_from_slice(if comma { b"," } else { b"" });
    });
}

/// Removes entry `id` of a flow map or list, with the comma that joins it.
pub(super) fn remove(tree: &Tree<'_>, id: NodeId, edits: &mut Edits) {
    let (node, source) = (tree.node(id), tree.source);
    let parent = tree.node(node.parent);
    let siblings: Vec<NodeId> = tree.children(node.parent).collect();
    let position = siblings.iter().position(|sibling| *sibling == id).unwrap_or_default();
    let (start, end) = (node.entry as usize, node.span.end as usize);
    let before = position.checked_sub(1).map(|n| tree.node(siblings[n]).span.end as usize);
    let after = siblings.get(position + 1).map(|next| tree.node(*next).entry as usize);
    let next = skip_gap(source, end);
    let comma = (source.get(next) == Some(&b',')).then_some(next);
    let behind = comma.map_or(end, |comma| comma + 1);
    let line = line_start(source, start);
    let inner = parent.span.start as usize + 1;
    let alone = source[line..start].trim_ascii().is_empty()
        && line >= inner
        && skip_gap(source, behind) >= next_line(source, behind);
    let joined = before.map(|before| (before, skip_gap(source, before)));
    match (joined, after) {
        (_, Some(_)) if alone => edits.replace(Span::new(line, next_line(source, behind)), b""),
        (Some((_, joint)), None) if alone => {
            if comma.is_none() {
                edits.replace(Span::new(joint, joint + 1), b"");
            }
            edits.replace(Span::new(line, next_line(source, behind)), b"");
        }
        (Some((before, _)), _) if !source[before..start].contains(&b'#') => {
            edits.replace(Span::new(before, end), b"");
        }
        (Some((_, joint)), None) => {
            edits.replace(Span::new(joint, joint + 1), b"");
            edits.replace(Span::new(start, end), b"");
        }
        (_, Some(after)) if !source[behind..after].contains(&b'#') => {
            edits.replace(Span::new(start, after), b"");
        }
        (_, Some(_)) => edits.replace(Span::new(start, behind), b""),
        (None, None) => {
            let close = parent.span.end as usize - 1;
            let all = Span::new(inner, close);
            let commented = source[inner..start].contains(&b'#') || source[behind..close].contains(&b'#');
            edits.replace(if commented { Span::new(start, behind) } else { all }, b"");
        }
    }
}
