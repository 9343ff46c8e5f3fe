//! Setting, adding and removing keys and sections.

use super::super::data::Data;
use super::super::edits::Edits;
use super::super::error::Error;
use super::super::format::Spelling;
use super::super::tree::{Kind, Name, NodeId, Span, Style, Tree};
use super::super::value::Value;
use super::place::section;
use super::space::line_end;
use super::{cannot, line_end_of, scan, spell};

/// Puts `data` in the place of a value.
pub(super) fn put(
    tree: &Tree<'_>,
    id: NodeId,
    data: &Data,
    how: Spelling,
    edits: &mut Edits,
) -> Result<(), Error> {
    let node = tree.node(id);
    if !matches!(node.kind, Kind::Leaf(_)) {
        return Err(cannot("a section is changed key by key"));
    }
    let value = single(data)?;
    let style = match how {
        Spelling::Kept => Some(node.style),
        Spelling::Safe => None,
    };
    // A value of several lines that becomes one of one line leaves no line behind.
    let mut fits = false;
    edits.replace_with(node.span, |out| {
        // Behind `key =` without a space the value keeps a distance.
        let bare = node.span.is_empty() && tree.source[..node.span.start as usize].ends_with(b" =");
        if bare {
            out.push(b' ');
        }
        fits = spell::push(value, style, out);
    });
    if fits { Ok(()) } else { Err(no_quotes()) }
}

/// Adds a key to a section, or a section with its keys to the document.
pub(super) fn add(
    tree: &Tree<'_>,
    parent: NodeId,
    key: &[u8],
    data: &Data,
    edits: &mut Edits,
) -> Result<(), Error> {
    if tree.documents.contains(&parent) {
        add_section(tree, key, data, edits)
    } else {
        add_key(tree, parent, key, data, edits)
    }
}

/// The new line goes behind that of the last key, else behind the header.
fn add_key(tree: &Tree<'_>, parent: NodeId, key: &[u8], data: &Data, edits: &mut Edits) -> Result<(), Error> {
    let source = tree.source;
    let last = tree.children(parent).last();
    let mut line = Vec::new();
    let end = match last {
        Some(last) => {
            line.extend_from_slice(indent(tree, last));
            line_end(source, tree.node(last).span.end as usize)
        }
        None => line_end(source, tree.node(parent).span.start as usize),
    };
    push_line(key, data, last.map_or(&b" = "[..], |last| separator(tree, last)), &mut line)?;
    let new_line = line_end_of(source);
    edits.replace_with(Span::new(end, end), |out| {
        // Without a final line end before, without one after.
        if end > 0 && source[end - 1] == b'\n' {
            out.extend_from_slice(&line);
            out.extend_from_slice(new_line);
        } else {
            out.extend_from_slice(new_line);
            out.extend_from_slice(&line);
        }
    });
    Ok(())
}

fn add_section(tree: &Tree<'_>, name: &[u8], data: &Data, edits: &mut Edits) -> Result<(), Error> {
    let Data::Map(items) = data else {
        return Err(cannot("an INI file holds its values in sections; the path needs a section and a key"));
    };
    if name.is_empty() || name.contains(&b'\n') {
        return Err(cannot("the name of a section is not empty and has no line end"));
    }
    let source = tree.source;
    let (new_line, end) = (line_end_of(source), source.len());
    let mut lines: Vec<u8> = Vec::new();
    lines.push(b'[');
    lines.extend_from_slice(name);
    lines.push(b']');
    for (key, item) in items {
        lines.extend_from_slice(new_line);
        push_line(key, item, b" = ", &mut lines)?;
    }
    edits.replace_with(Span::new(end, end), |out| {
        let complete = matches!(source.last(), None | Some(b'\n'));
        if !complete {
            out.extend_from_slice(new_line);
        }
        if !source.is_empty() {
            out.extend_from_slice(new_line);
        }
        out.extend_from_slice(&lines);
        if complete {
            out.extend_from_slice(new_line);
        }
    });
    Ok(())
}

/// Removes a key with its lines, or a section with its keys, and the comments above.
pub(super) fn remove(tree: &Tree<'_>, id: NodeId, edits: &mut Edits) {
    let (source, node) = (tree.source, tree.node(id));
    let line_start = |at: usize| source[..at].iter().rposition(|b| *b == b'\n').map_or(0, |n| n + 1);
    let bom = if source.starts_with(b"\xef\xbb\xbf") { 3 } else { 0 };
    let mut start = line_start(node.entry as usize).max(bom);
    let end = match node.kind {
        Kind::Leaf(_) => line_end(source, node.span.end as usize),
        _ => section(tree, id).1.max(start),
    };
    // Without a final line end before, without one after.
    if end == source.len() && source.last().is_some_and(|b| *b != b'\n') {
        if source[..start].ends_with(b"\n") {
            start -= 1;
        }
        if source[..start].ends_with(b"\r") {
            start -= 1;
        }
    }
    edits.replace(Span::new(start, end), b"");
}

/// Appends a line without its end.
pub(super) fn push_line(key: &[u8], data: &Data, separator: &[u8], out: &mut Vec<u8>) -> Result<(), Error> {
    let value = single(data)?;
    if !spell::push_key(key, out) {
        return Err(cannot(
            "a key of an INI file is not empty, not `-`, has no line end and no white space around it",
        ));
    }
    out.extend_from_slice(separator);
    if spell::push(value, Some(Style::Plain), out) { Ok(()) } else { Err(no_quotes()) }
}

pub(super) fn no_quotes() -> Error {
    cannot("no quotes of an INI file can hold the value")
}

pub(super) fn single(data: &Data) -> Result<&Value<'static>, Error> {
    match data {
        Data::Value(value) => Ok(value),
        _ => Err(cannot("a section of an INI file holds single values, no maps and no lists")),
    }
}

/// What stands between key and value, without padding.
fn separator(tree: &Tree<'_>, id: NodeId) -> &'static [u8] {
    let (start, end) = key_place(tree, id);
    let Ok((_, delimiter)) = scan::key_name(tree.source, start, end) else { return b" = " };
    let before = tree.source.get(delimiter - 2);
    let behind = tree.source.get(delimiter);
    match (tree.source[delimiter - 1], before, behind) {
        (b':', _, Some(b' ')) => b": ",
        (b':', ..) => b":",
        (_, Some(b' ' | b'\t'), _) => b" = ",
        (_, _, Some(b' ')) => b"= ",
        _ => b"=",
    }
}

fn indent<'s>(tree: &Tree<'s>, id: NodeId) -> &'s [u8] {
    let (start, _) = key_place(tree, id);
    let line = tree.source[..start].iter().rposition(|b| *b == b'\n').map_or(0, |n| n + 1);
    let indent = &tree.source[line..start];
    if indent.iter().all(|b| matches!(b, b' ' | b'\t')) { indent } else { b"" }
}

/// Where the key of a value begins, and its line ends.
fn key_place(tree: &Tree<'_>, id: NodeId) -> (usize, usize) {
    let source = tree.source;
    let value = tree.node(id).span.start as usize;
    let line = source[..value].iter().rposition(|b| *b == b'\n').map_or(0, |n| n + 1);
    let end = line_end(source, value);
    let bom = if line == 0 && source.starts_with(b"\xef\xbb\xbf") { 3 } else { 0 };
    let line = line + bom;
    debug_assert!(matches!(tree.node(id).name, Name::Key(_)), "values of INI files have keys");
    (line + super::space::trim_start(&source[line..end]), end)
}
