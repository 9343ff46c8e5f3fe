//! Data in the place of nodes, and new entries, in the style of the document.

use super::super::data::Data;
use super::super::edits::Edits;
use super::super::error::{Error, ErrorKind};
use super::super::format::Spelling;
use super::super::tree::{Flags, Kind, NodeId, Span, Tree};
use super::block::Chomp;
use super::extent::{content_end, end_of_entries, indicator_end, line_comment};
use super::flow;
use super::lines::{column, eol_len, eol_of, line_end, line_start};
use super::place::{self, Gap};
use super::put::{self, DEFAULT_STEP};
use super::scalar::double;
use super::site::{Site, dashes, indentation};
use super::write::Writer;
use zeroize::Zeroizing;

/// Puts `data` in the place of node `id`.
///
/// # Errors
/// The place is of a kind that takes no such data.
pub(super) fn put(
    tree: &Tree<'_>,
    id: NodeId,
    data: &Data,
    how: Spelling,
    edits: &mut Edits,
) -> Result<(), Error> {
    let node = tree.node(id);
    if node.parent == id {
        return put_root(tree, id, data, how, edits);
    }
    let in_flow = tree.node(node.parent).flags.has(Flags::FLOW);
    if let (Kind::Leaf(_), Data::Value(value)) = (&node.kind, data)
        && (in_flow || !breaks_lines(tree, id, data, how))
    {
        put::plain(tree, id, value, how, edits);
        return Ok(());
    }
    let collection = |data: &Data| !matches!(data, Data::Value(_)) && !data.is_nothing();
    let keeps_flow = node.flags.has(Flags::FLOW) && node.end > id + 1 && collection(data);
    if in_flow || keeps_flow {
        let span = match Site::of(tree, id).block {
            Some(block) => Span::new(node.outer as usize, (block.content.end).max(block.header.end) as usize),
            None => Span::new(node.outer as usize, content_end(tree, id)),
        };
        edits.replace_with(span, |out| {
            let before = tree.source[..span.start as usize].last();
            if !matches!(before, None | Some(b' ' | b'\t' | b'\n' | b'\r' | b'[' | b'{')) {
                out.push(b' ');
            }
            flow::push(data, how == Spelling::Safe || flow::is_quoted(tree, id), out);
        });
        return Ok(());
    }
    let indicator = indicator_end(tree, id).ok_or_else(|| no_place(node.entry))?;
    let comment = line_comment(tree, id, indicator);
    let element = matches!(tree.node(node.parent).kind, Kind::List);
    let eol = eol_of(tree.source);
    let mut text = Zeroizing::new(Vec::new());
    let at = column(tree.source, node.entry as usize);
    match how {
        Spelling::Kept => writer(tree, &mut text).behind(data, at, element, !comment.is_empty()),
        Spelling::Safe => {
            text.push(b' ');
            flow::push(data, true, &mut text);
        }
    }
    place::trim_eol(&mut text);
    let first = text.windows(eol.len()).position(|w| w == eol).unwrap_or(text.len());
    let end = line_end(tree.source, content_end(tree, id));
    edits.replace_with(Span::new(indicator, end), |out| {
        out.extend_from_slice(&text[..first]);
        out.extend_from_slice(comment);
        out.extend_from_slice(&text[first..]);
    });
    Ok(())
}

/// Whether a text of several lines takes the place of a leaf that is on one, and can have lines of its own.
fn breaks_lines(tree: &Tree<'_>, id: NodeId, data: &Data, how: Spelling) -> bool {
    let long = data.as_str().is_some_and(|text| text.contains('\n'));
    let node = tree.node(id);
    // A tag stays where the value alone is replaced.
    let bare = node.outer == node.span.start && !tree.text(node.span).contains(&b'\n');
    long && bare && how == Spelling::Kept
}

/// Puts the entries of a map in the place of a document's root, which has none.
fn put_root(
    tree: &Tree<'_>,
    root: NodeId,
    data: &Data,
    how: Spelling,
    edits: &mut Edits,
) -> Result<(), Error> {
    let (node, Data::Map(items)) = (tree.node(root), data) else {
        return Err(Error::new(ErrorKind::TopLevel("a single value or a list"), 0));
    };
    let mut text = Zeroizing::new(Vec::new());
    for (key, value) in items {
        entry(tree, 0, Some(key), value, how, &mut text);
    }
    if !node.flags.has(Flags::FLOW) {
        let Gap::Lines { at, .. } = place::gap(tree, root)? else { return Err(no_place(node.entry)) };
        insert_lines(tree, at, &mut text, edits);
        return Ok(());
    }
    place::trim_eol(&mut text);
    let span = Span { start: node.outer, end: node.span.end };
    let first = tree.source[line_start(tree.source, span.start as usize)..span.start as usize].is_empty();
    edits.replace_with(span, |out| {
        if !first {
            out.extend_from_slice(eol_of(tree.source));
        }
        out.extend_from_slice(&text);
    });
    Ok(())
}

/// Adds an entry at the end of map or list `parent`.
///
/// # Errors
/// As [`put`].
pub(super) fn add(
    tree: &Tree<'_>,
    parent: NodeId,
    key: Option<&[u8]>,
    data: &Data,
    how: Spelling,
    edits: &mut Edits,
) -> Result<(), Error> {
    let node = tree.node(parent);
    let first = tree.children(parent).next();
    let flow = node.flags.has(Flags::FLOW);
    let blank = || tree.text(node.span).iter().skip(1).rev().skip(1).all(u8::is_ascii_whitespace);
    if flow && (first.is_some() || !blank()) {
        flow::add(tree, parent, key, data, how, edits);
        return Ok(());
    }
    let Some(first) = first else {
        let whole = match key {
            Some(key) => Data::Map(vec![(super::super::value::Text::owned(key), data.clone())]),
            None => Data::List(vec![data.clone()]),
        };
        return put(tree, parent, &whole, how, edits);
    };
    let at = column(tree.source, tree.node(first).entry as usize);
    let mut text = Zeroizing::new(Vec::new());
    entry(tree, at, key, data, how, &mut text);
    insert_lines(tree, end_of_entries(tree, parent, at), &mut text, edits);
    Ok(())
}

/// Appends the lines of an entry at column `at`.
fn entry(tree: &Tree<'_>, at: usize, key: Option<&[u8]>, data: &Data, how: Spelling, out: &mut Vec<u8>) {
    if how == Spelling::Kept {
        let mut writer = writer(tree, out);
        match key {
            Some(key) => writer.entries([(key, data)].into_iter(), at, true),
            None => writer.elements(std::slice::from_ref(data), at, true),
        }
        return;
    }
    out.resize(out.len() + at, b' ');
    match key {
        Some(key) => double(&String::from_utf8_lossy(key), false, out),
        None => out.push(b'-'),
    }
    out.extend_from_slice(if key.is_some() { b": " } else { b" " });
    flow::push(data, true, out);
    out.extend_from_slice(eol_of(tree.source));
}

/// Inserts whole lines at `at`. A text without a final line end has none afterwards.
fn insert_lines(tree: &Tree<'_>, at: usize, text: &mut Vec<u8>, edits: &mut Edits) {
    let complete = place::ends_with_eol(&tree.source[..at]);
    if !complete {
        keep_without_end(tree, edits);
        place::trim_eol(text);
    }
    edits.replace_with(Span::new(at, at), |out| {
        if !complete {
            out.extend_from_slice(eol_of(tree.source));
        }
        out.extend_from_slice(text);
    });
}

/// A block scalar at the end of a text without a final line end has none in its value, and keeps it so.
fn keep_without_end(tree: &Tree<'_>, edits: &mut Edits) {
    let Some(block) = place::value_before_metadata(tree).and_then(|id| Site::of(tree, id).block) else {
        return;
    };
    let header = &tree.source[block.header.range()];
    if block.chomp != Chomp::Strip && eol_len(tree.source, block.content.end as usize) == 0 {
        edits.replace_with(block.header, |out| {
            out.extend(header.iter().filter(|b| **b != b'+'));
            out.push(b'-');
        });
    }
}

fn writer<'o>(tree: &Tree<'_>, out: &'o mut Vec<u8>) -> Writer<'o> {
    let step = indentation(tree).unwrap_or(DEFAULT_STEP);
    Writer { base: 0, step, eol: eol_of(tree.source), dash: dashes(tree), exact: true, out }
}

fn no_place(at: u32) -> Error {
    let what = "the entry is written in a way that takes no other value".to_owned();
    Error::new(ErrorKind::Inexpressible(what), at as usize)
}
