//! The metadata in the text: the last key of every document (format description, section 4.3).

use super::super::data::Data;
use super::super::edits::Edits;
use super::super::error::{Error, ErrorKind};
use super::super::format::Layout;
use super::super::tree::{Flags, Kind, Name, NodeId, Span, Style, Tree};
use super::block::Block;
use super::lines::{bom_len, column, eol_len, eol_of, line_start, next_line, skip_gap};
use super::put::DEFAULT_STEP;
use super::site::{Properties, indentation};
use super::write::{Writer, flow};
use std::collections::HashMap;

/// Metadata of all documents of a text together, in bytes.
const MAX_METADATA: usize = 1 << 30;

/// Where a document takes an entry more, and in which form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Gap {
    /// A block of lines at byte `at`, indented by `column`. If the text before has no final line end, one
    /// comes first and none last.
    Lines {
        /// Byte.
        at: usize,
        /// Column of the root's keys.
        column: usize,
    },
    /// Flow text behind byte `at`, `first` if nothing stands before it in the braces.
    Flow {
        /// Byte.
        at: usize,
        /// Whether the braces are empty before it.
        first: bool,
    },
}

/// Where the document with root `root` takes the metadata.
///
/// # Errors
/// The document is an explicit null.
pub(super) fn gap(tree: &Tree<'_>, root: NodeId) -> Result<Gap, Error> {
    let (node, source) = (tree.node(root), tree.source);
    let last = tree.children(root).filter(|child| !tree.node(*child).flags.has(Flags::METADATA)).last();
    if node.flags.has(Flags::FLOW) {
        let at = last.map_or(node.span.start as usize + 1, |child| tree.node(child).span.end as usize);
        return Ok(Gap::Flow { at, first: last.is_none() });
    }
    let first = tree.children(root).next();
    if first.is_none() && node.outer != node.span.end {
        let what = "the document is an explicit null; write `{}` in its place".to_owned();
        return Err(Error::new(ErrorKind::Inexpressible(what), node.outer as usize));
    }
    let at = skip_gap(source, node.span.end as usize);
    // A marker or directive stands at the start of its line.
    let column = first.map_or(0, |child| column(source, tree.node(child).entry as usize));
    Ok(Gap::Lines { at, column })
}

/// Adds the metadata to every document.
pub(super) fn add(tree: &Tree<'_>, metadata: &Data, layout: &Layout, edits: &mut Edits) -> Result<(), Error> {
    // A long record in each of very many documents is out of all proportion.
    let mut text = Vec::new();
    flow(metadata, &mut text);
    if text.len().saturating_mul(tree.documents.len()) > MAX_METADATA {
        let what = "the length of the metadata of all documents in bytes";
        return Err(Error::new(ErrorKind::Limit { what, limit: MAX_METADATA }, 0));
    }
    for root in &tree.documents {
        insert(tree, gap(tree, *root)?, metadata, layout, edits);
    }
    Ok(())
}

/// Removes the metadata of every document.
pub(super) fn remove(tree: &Tree<'_>, edits: &mut Edits) {
    for id in tree.metadata().collect::<Vec<_>>() {
        let root = tree.node(id).parent;
        if tree.node(root).flags.has(Flags::FLOW) {
            edits.replace(flow_extent(tree, id), b"");
            continue;
        }
        let extent = lines_extent(tree, id);
        if tree.node(root).end == tree.node(id).end
            && id == root + 1
            && !has_marker(tree, root, extent.start as usize)
        {
            // Nothing else is in the document; without a marker it would be none.
            let text = tree.text(extent);
            edits.replace_with(extent, |out| {
                if eol_len(text, 0) > 0 {
                    out.extend_from_slice(eol_of(tree.source));
                }
                out.extend_from_slice(b"{}");
                if ends_with_eol(text) {
                    out.extend_from_slice(eol_of(tree.source));
                }
            });
        } else {
            edits.replace(extent, b"");
        }
    }
}

/// Puts other metadata in the place of that which stands there.
pub(super) fn replace(
    tree: &Tree<'_>,
    metadata: &Data,
    layout: &Layout,
    edits: &mut Edits,
) -> Result<(), Error> {
    for root in &tree.documents {
        let mut found = tree.children(*root).filter(|id| tree.node(*id).flags.has(Flags::METADATA));
        let Some(id) = found.next() else {
            insert(tree, gap(tree, *root)?, metadata, layout, edits);
            continue;
        };
        let node = tree.node(id);
        let start = node.entry as usize;
        let span = Span::new(start, content_end(tree, id));
        let mut text = Vec::new();
        if tree.node(*root).flags.has(Flags::FLOW) {
            text.extend_from_slice(b"\"sops\": ");
            flow(metadata, &mut text);
        } else {
            if !fields(tree, id, metadata, layout, &mut text) {
                block(tree, column(tree.source, start), metadata, layout, &mut text);
            }
            trim_eol(&mut text);
        }
        let first = text.iter().position(|b| *b != b' ').unwrap_or_default();
        edits.replace(span, &text[first..]);
    }
    Ok(())
}

/// The block scalar whose value gains a final newline once a line follows it.
pub(super) fn value_before_metadata(tree: &Tree<'_>) -> Option<NodeId> {
    let root = *tree.documents.last()?;
    let id = tree.nodes.len().checked_sub(1)? as NodeId;
    let node = tree.node(id);
    if !matches!(node.style, Style::Literal | Style::Folded) || id == root {
        return None;
    }
    let source = tree.source;
    let header = Properties::scan(source, node.outer as usize, false).rest;
    let block = Block::scan(source, header, Some(column(source, node.entry as usize)));
    if block.lines.end as usize != source.len() || ends_with_eol(source) {
        return None;
    }
    let longer = [source, eol_of(source)].concat();
    let again = Block::scan(&longer, header, Some(column(source, node.entry as usize)));
    (again.value(&longer) != block.value(source)).then_some(id)
}

fn insert(tree: &Tree<'_>, gap: Gap, metadata: &Data, layout: &Layout, edits: &mut Edits) {
    match gap {
        Gap::Flow { at, first } => edits.replace_with(Span::new(at, at), |out| {
            out.extend_from_slice(if first { b"\"sops\": " } else { b", \"sops\": " });
            flow(metadata, out);
        }),
        Gap::Lines { at, column } => edits.replace_with(Span::new(at, at), |out| {
            let complete = ends_with_eol(&tree.source[..at]);
            if !complete {
                out.extend_from_slice(eol_of(tree.source));
            }
            block(tree, column, metadata, layout, out);
            if !complete {
                trim_eol(out);
            }
        }),
    }
}

/// Appends the block `sops:`, with its final line end.
fn block(tree: &Tree<'_>, column: usize, metadata: &Data, layout: &Layout, out: &mut Vec<u8>) {
    writer(tree, column, layout, out).entries([(b"sops".as_slice(), metadata)].into_iter(), 0, true);
}

fn writer<'o>(tree: &Tree<'o>, column: usize, layout: &Layout, out: &'o mut Vec<u8>) -> Writer<'o> {
    let step =
        indentation(tree).unwrap_or_else(|| layout.indent.map_or(DEFAULT_STEP, |step| step.clamp(2, 9)));
    Writer { base: column, step, eol: eol_of(tree.source), dash: None, exact: false, out }
}

/// Appends the block `sops:` of entry `id`, in which a field that says the same keeps its lines: versions of
/// SOPS quote and indent in their own ways. False, and nothing, if it is not a plain block of fields.
fn fields(tree: &Tree<'_>, id: NodeId, metadata: &Data, layout: &Layout, out: &mut Vec<u8>) -> bool {
    let (source, node) = (tree.source, tree.node(id));
    let Data::Map(items) = metadata else { return false };
    let odd = |flags: Flags| flags.has(Flags::FLOW) || flags.has(Flags::ALIAS) || flags.has(Flags::COPY);
    let Some(first) = tree.children(id).next() else { return false };
    let start = line_start(source, tree.node(first).entry as usize);
    let margin = column(source, tree.node(first).entry as usize);
    let head = line_start(source, node.entry as usize);
    if node.kind != Kind::Map || odd(node.flags) || start <= head {
        return false;
    }
    let mut old: HashMap<&[u8], NodeId> = HashMap::new();
    for child in tree.children(id) {
        let Name::Key(key) = &tree.node(child).name else { return false };
        old.insert(key, child);
    }
    // An alias may lead to a field that goes.
    if (id..node.end).any(|below| tree.node(below).flags.has(Flags::ALIAS)) {
        return false;
    }
    out.extend_from_slice(&source[head..start]);
    for (name, data) in items {
        match old.get(&**name).filter(|child| Data::of(tree, **child) == *data) {
            Some(child) => {
                let from = line_start(source, tree.node(*child).entry as usize);
                let lines = &source[from..next_line(source, content_end(tree, *child))];
                out.extend_from_slice(lines);
                if !ends_with_eol(lines) {
                    out.extend_from_slice(eol_of(source));
                }
            }
            None => writer(tree, margin, layout, out).entries([(&**name, data)].into_iter(), 0, true),
        }
    }
    true
}

/// The lines of entry `id` of a block root; with the line end before them if the text ends without one.
fn lines_extent(tree: &Tree<'_>, id: NodeId) -> Span {
    let source = tree.source;
    let mut start = line_start(source, tree.node(id).entry as usize);
    let end = next_line(source, content_end(tree, id));
    if end == source.len() && !ends_with_eol(source) && start > 0 {
        let before = start - 1;
        let crlf = source[before] == b'\n' && before > 0 && source[before - 1] == b'\r';
        if eol_len(source, before) > 0 {
            start = if crlf { before - 1 } else { before };
        }
    }
    Span::new(start, end)
}

/// Entry `id` of a flow root, with the comma that joins it to its neighbour.
fn flow_extent(tree: &Tree<'_>, id: NodeId) -> Span {
    let (node, source) = (tree.node(id), tree.source);
    let (start, end) = (node.entry as usize, node.span.end as usize);
    let before = source[..start].iter().rposition(|b| !matches!(b, b' ' | b'\t' | b'\n' | b'\r'));
    if let Some(at) = before.filter(|at| source[*at] == b',') {
        return Span::new(at, end);
    }
    let after = skip_gap(source, end);
    if source.get(after) == Some(&b',')
        && id + 1 != tree.node(node.parent).end
        && node.end != tree.node(node.parent).end
    {
        let blanks = source[after + 1..].iter().take_while(|b| **b == b' ').count();
        return Span::new(start, after + 1 + blanks);
    }
    Span::new(start, end)
}

/// The end of the last text of node `id`.
fn content_end(tree: &Tree<'_>, id: NodeId) -> usize {
    let mut id = id;
    while !tree.node(id).flags.has(Flags::FLOW)
        && let Some(last) = tree.children(id).last()
    {
        id = last;
    }
    tree.node(id).span.end as usize
}

/// Whether the document that holds the entry at byte `at` begins with `---`.
fn has_marker(tree: &Tree<'_>, root: NodeId, at: usize) -> bool {
    let before = tree.document_number(root).checked_sub(1).map(|number| &tree.documents[number]);
    let mut line = before
        .map_or(bom_len(tree.source), |other| next_line(tree.source, tree.node(*other).span.end as usize));
    while line < at {
        if tree.source[line..].starts_with(b"---") {
            return true;
        }
        line = next_line(tree.source, line);
    }
    false
}

/// Whether a line that begins behind `text` is whole.
pub(super) fn ends_with_eol(text: &[u8]) -> bool {
    matches!(text.last(), None | Some(b'\n' | b'\r'))
}

/// Takes a line end at the end away.
pub(super) fn trim_eol(out: &mut Vec<u8>) {
    if out.last() == Some(&b'\n') {
        out.pop();
    }
    if out.last() == Some(&b'\r') {
        out.pop();
    }
}
