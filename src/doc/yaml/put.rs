//! Putting ciphertexts, values and layout hints in the place of leaves.

use super::super::edits::Edits;
use super::super::format::Spelling;
use super::super::tree::{Flags, Kind, NodeId, Span, Style, Tree};
use super::super::value::{Text, Value};
use super::block::{Block, Chomp};
use super::scalar::fits_plain;
use super::site::{Properties, Site, indentation};
use super::spell::{Spelled, buffer, spell};

/// Columns per level where nothing tells: SOPS's default.
pub(super) const DEFAULT_STEP: usize = 4;

/// Puts `token` in the place of leaf `id`.
pub(super) fn cipher(tree: &Tree<'_>, id: NodeId, token: &str, edits: &mut Edits) {
    let site = Site::of(tree, id);
    if let Some((tag, span)) = site.properties.tag
        && tag.breaks_cipher()
    {
        let removed = Span { start: span.start, end: tag_end(&site, span) };
        edits.replace(removed, b"");
    }
    let quoted = |quote: u8, out: &mut Vec<u8>| {
        out.push(quote);
        out.extend_from_slice(token.as_bytes());
        out.push(quote);
    };
    let span = site.cipher_span();
    edits.replace_with(span, |out| {
        separate(&site, span, out);
        match (site.cipher_style(), site.block) {
            (Style::Single, _) => quoted(b'\'', out),
            (Style::Double, _) => quoted(b'"', out),
            (Style::Literal | Style::Folded, Some(block)) => {
                out.resize(out.len() + block.indent, b' ');
                out.extend_from_slice(token.as_bytes());
            }
            _ => out.extend_from_slice(token.as_bytes()),
        }
    });
}

/// Puts `token` in the place of leaf `id`, in the style that it has in the tree of `model`.
pub(super) fn cipher_like(
    tree: &Tree<'_>,
    id: NodeId,
    model: (&Tree<'_>, NodeId),
    token: &str,
    edits: &mut Edits,
) {
    let (site, theirs) = (Site::of(tree, id), Site::of(model.0, model.1));
    // A block of blank lines only keeps them behind the ciphertext.
    let as_usual =
        site.block.is_none_or(|block| block.content.is_empty()) && theirs.style == site.cipher_style();
    if as_usual || theirs.block.is_some() || site.properties.tag.is_some() || site.flow != theirs.flow {
        return cipher(tree, id, token, edits);
    }
    let scalar = site.block.map_or(site.span, |block| block.header);
    edits.replace_with(scalar, |out| {
        separate(&site, scalar, out);
        let quote: &[u8] = match theirs.style {
            Style::Single => b"'",
            Style::Double => b"\"",
            _ => b"",
        };
        for part in [quote, token.as_bytes(), quote] {
            out.extend_from_slice(part);
        }
    });
    if let Some(block) = site.block {
        let mut lines = lines_of(&block);
        if block.chomp == Chomp::Keep {
            // The blank lines behind it are part of the value.
            let end = trimmed_end(&site.source[..block.lines.end as usize]);
            lines.end = lines.end.max(end as u32);
        }
        edits.replace(lines, b"");
    }
}

/// The length of `text` without its last line end.
fn trimmed_end(text: &[u8]) -> usize {
    let text = text.strip_suffix(b"\n").unwrap_or(text);
    text.strip_suffix(b"\r").unwrap_or(text).len()
}

/// The spelling of leaf or alias `id` that [`plain`] would not bring back.
pub(super) fn hint(tree: &Tree<'_>, id: NodeId) -> Option<Vec<u8>> {
    let node = tree.node(id);
    if node.flags.has(Flags::ALIAS) {
        return Some(tree.text(node.span).to_vec());
    }
    let Kind::Leaf(value) = &node.kind else { return None };
    if node.flags.has(Flags::COPY) {
        return None;
    }
    let site = Site::of(tree, id);
    if site.properties.kind().breaks_cipher() {
        return tagged_hint(&site);
    }
    let span = site.cipher_span();
    let original = tree.text(span);
    let same = || {
        let mut text = buffer(value);
        match spell(&site, site.cipher_style(), value, Spelling::Kept, || step(tree), &mut text) {
            Spelled::Token { tag: None } => site.block.is_none() && *text == original,
            Spelled::Lines { header: None, lines } => *lines == original,
            _ => false,
        }
    };
    if is_usual(&site, value, original) {
        debug_assert!(same());
        return None;
    }
    (!same()).then(|| original.to_vec())
}

/// Whether it can be seen, without spelling it, that the value of a scalar brings its text back.
fn is_usual(site: &Site<'_>, value: &Value<'_>, text: &[u8]) -> bool {
    if site.block.is_some() || site.properties.rest != site.outer || site.cipher_style() != site.style {
        return false;
    }
    match (value, site.style) {
        // What is borrowed stands there as it is, between its quotes.
        (Value::Str(Text::Borrowed(string)), Style::Double | Style::Single) => {
            string.iter().all(|byte| matches!(byte, b' '..=b'~'))
        }
        (Value::Str(Text::Borrowed(string)), Style::Plain) => {
            std::str::from_utf8(string).is_ok_and(|string| fits_plain(string, site.flow))
        }
        (Value::Bool(true), Style::Plain) => text == b"true",
        (Value::Bool(false), Style::Plain) => text == b"false",
        (Value::Int(_), Style::Plain) => match text.strip_prefix(b"-").unwrap_or(text) {
            [b'1'..=b'9', rest @ ..] => rest.iter().all(u8::is_ascii_digit),
            _ => false,
        },
        _ => false,
    }
}

/// The end of what goes with the tag at `span`: the blanks behind it, and the line ends too if only they
/// stand between the tag and its scalar, so that a hint can put all of it back in one place.
fn tag_end(site: &Site<'_>, span: Span) -> u32 {
    let gap = site.source.get(span.end as usize..site.span.start as usize);
    if site.block.is_none() && gap.is_some_and(|gap| gap.iter().all(u8::is_ascii_whitespace)) {
        return site.span.start;
    }
    behind_blanks(site.source, span).end
}

/// The spelling with a tag that no ciphertext can have: properties and scalar. Line ends are kept only
/// directly between tag and scalar.
fn tagged_hint(site: &Site<'_>) -> Option<Vec<u8>> {
    let kept = match site.properties.tag {
        Some((_, span)) if tag_end(site, span) == site.span.start => span.end as usize,
        _ => site.properties.rest,
    };
    let gap = &site.source[site.outer..kept];
    if gap.iter().any(|b| matches!(b, b'\n' | b'\r')) {
        return None;
    }
    let Some(block) = site.block.filter(|block| !block.content.is_empty()) else {
        return Some(site.source[site.outer..site.cipher_span().end as usize].to_vec());
    };
    let mut hint = site.source[site.outer..block.header.end as usize].to_vec();
    hint.extend_from_slice(site.eol());
    hint.extend_from_slice(&site.source[block.content.range()]);
    Some(hint)
}

/// Puts `value` in the place of leaf `id`.
pub(super) fn plain(tree: &Tree<'_>, id: NodeId, value: &Value<'_>, how: Spelling, edits: &mut Edits) {
    let site = Site::of(tree, id);
    let scalar = site.block.map_or(site.span, |block| block.header);
    let mut block_lines = None;
    edits.replace_found(|out| {
        let start = out.len();
        separate(&site, scalar, out);
        let text = out.len();
        match spell(&site, site.style, value, how, || step(tree), out) {
            Spelled::Token { tag: None } => Some(scalar),
            Spelled::Token { tag: Some(tag) } => {
                let span = Span { start: site.outer as u32, end: scalar.end };
                let anchor = site.properties.anchor.map(|span| tree.text(span)).unwrap_or_default();
                let mut before = Vec::with_capacity(anchor.len() + tag.len() + 3);
                separate(&site, span, &mut before);
                for part in [anchor, tag.as_bytes()].into_iter().filter(|part| !part.is_empty()) {
                    before.extend_from_slice(part);
                    before.push(b' ');
                }
                out.splice(start..text, before);
                Some(span)
            }
            Spelled::Lines { header, lines } => {
                out.truncate(start);
                block_lines = Some((header, lines));
                None
            }
        }
    });
    let Some(block) = site.block else { return };
    match block_lines {
        Some((header, lines)) => {
            if let Some(header) = header {
                edits.replace(block.header, &header);
            }
            edits.replace(block.content, &lines);
        }
        None => edits.replace(lines_of(&block), b""),
    }
}

/// Puts a spelling from [`hint`] in the place of node `id`.
pub(super) fn restore(tree: &Tree<'_>, id: NodeId, hint: &[u8], edits: &mut Edits) {
    let node = tree.node(id);
    let all = Span { start: node.outer, end: node.span.end };
    if hint.first() == Some(&b'*') {
        edits.replace(all, hint);
        return;
    }
    if !matches!(node.kind, Kind::Leaf(_)) {
        return;
    }
    let site = Site::of(tree, id);
    if !matches!(hint.first(), Some(b'!' | b'&')) {
        edits.replace_with(site.span, |out| {
            separate(&site, site.span, out);
            out.extend_from_slice(hint);
        });
        return;
    }
    let Some(block) = site.block else {
        edits.replace(all, hint);
        return;
    };
    // The header's line may hold a comment, which is not part of the hint.
    let theirs = Block::scan(hint, Properties::scan(hint, 0, false).rest, Some(0));
    edits.replace(Span { start: node.outer, end: block.header.end }, &hint[..theirs.header.end as usize]);
    edits.replace(block.content, &hint[theirs.lines.start as usize..]);
}

/// A blank between an indicator and a value that is put where none was.
fn separate(site: &Site<'_>, span: Span, out: &mut Vec<u8>) {
    let before = site.source[..span.start as usize].last();
    if span.is_empty() && !matches!(before, None | Some(b' ' | b'\t' | b'\n' | b'\r')) {
        out.push(b' ');
    }
}

/// The lines of a block, from the end of the header's line, if it has any.
fn lines_of(block: &Block) -> Span {
    let end = if block.content.is_empty() { block.head_end } else { block.content.end as usize };
    Span::new(block.head_end, end)
}

/// `span` with the blanks behind it.
fn behind_blanks(source: &[u8], span: Span) -> Span {
    let blanks = source[span.end as usize..].iter().take_while(|b| matches!(b, b' ' | b'\t')).count();
    Span { start: span.start, end: span.end + blanks as u32 }
}

fn step(tree: &Tree<'_>) -> usize {
    indentation(tree).unwrap_or(DEFAULT_STEP)
}
