//! List elements that are comments: SOPS writes an encrypted comment of a list as an element
//! (format description, section 5.1.4).

use super::super::edits::Edits;
use super::super::tree::{Flags, Kind, NodeId, Span, Tree};
use super::lines::{column, eol_of, line_end, skip_gap};
use super::put::DEFAULT_STEP;
use super::site::indentation;

/// Puts a comment with `text` in the place of list element `id`.
///
/// The last element of a list of nothing but such elements leaves an empty list.
pub(super) fn to_comment(tree: &Tree<'_>, id: NodeId, text: &[u8], edits: &mut Edits) {
    let node = tree.node(id);
    if !matches!(tree.node(node.parent).kind, Kind::List) {
        return;
    }
    if node.flags.has(Flags::FLOW) { in_flow(tree, id, text, edits) } else { in_block(tree, id, text, edits) }
}

fn in_block(tree: &Tree<'_>, id: NodeId, text: &[u8], edits: &mut Edits) {
    let (node, source) = (tree.node(id), tree.source);
    let list = tree.node(node.parent);
    let at = column(source, node.entry as usize);
    edits.replace_with(Span { start: node.entry, end: node.span.end }, |out| {
        comment_lines(text, at, eol_of(source), out);
        let rest = &source[node.span.end as usize..line_end(source, node.span.end as usize)];
        if !rest.trim_ascii().is_empty() {
            // A comment of its own follows on the line.
            out.extend_from_slice(eol_of(source));
            out.extend(std::iter::repeat_n(b' ', at));
        }
        if node.end == list.end && tree.children(node.parent).all(|child| is_comment_token(tree, child)) {
            let nested = matches!(tree.node(list.parent).kind, Kind::List);
            let step = if nested { 2 } else { indentation(tree).unwrap_or(DEFAULT_STEP) };
            out.extend_from_slice(eol_of(source));
            out.extend(std::iter::repeat_n(b' ', column(source, list.entry as usize) + step));
            out.extend_from_slice(b"[]");
        }
    });
}

/// In brackets the comment ends its line, and the comma behind the element goes.
fn in_flow(tree: &Tree<'_>, id: NodeId, text: &[u8], edits: &mut Edits) {
    let (node, source) = (tree.node(id), tree.source);
    let mut end = node.span.end as usize;
    let next = skip_gap(source, end);
    if source.get(next) == Some(&b',') && !source[end..next].contains(&b'#') {
        end = next + 1;
    }
    let start = node.outer as usize;
    edits.replace_with(Span::new(start, end), |out| {
        if !matches!(source.get(start.wrapping_sub(1)), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            out.push(b' ');
        }
        comment_lines(text, 0, eol_of(source), out);
        out.extend_from_slice(eol_of(source));
    });
}

/// Appends `text` as comment lines at column `at`, the first where it stands, the last without its end.
fn comment_lines(text: &[u8], at: usize, eol: &[u8], out: &mut Vec<u8>) {
    for (i, line) in text.split(|b| matches!(b, b'\n' | b'\r')).enumerate() {
        if i > 0 {
            out.extend_from_slice(eol);
            out.extend(std::iter::repeat_n(b' ', at));
        }
        out.push(b'#');
        out.extend_from_slice(line);
    }
}

/// Whether the element is spelled as a ciphertext that says it is a comment.
fn is_comment_token(tree: &Tree<'_>, id: NodeId) -> bool {
    let node = tree.node(id);
    let text = tree.text(node.span).trim_ascii_end();
    let text = text.strip_suffix(b"\"").or_else(|| text.strip_suffix(b"'")).unwrap_or(text);
    matches!(node.kind, Kind::Leaf(_)) && text.ends_with(b",type:comment]")
}
