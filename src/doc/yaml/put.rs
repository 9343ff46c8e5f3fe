//! Putting ciphertexts, values and layout hints in the place of leaves.

use super::super::edits::Edits;
use super::super::format::Spelling;
use super::super::tree::{Flags, Kind, NodeId, Span, Style, Tree};
use super::super::value::Value;
use super::block::{Block, Chomp};
use super::site::{Properties, Site, indentation};
use super::spell::{Spelled, spell};

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
    let spelled = spell(&site, site.cipher_style(), value, Spelling::Kept, || step(tree));
    let same = match &spelled {
        Spelled::Token { text, tag: None } => site.block.is_none() && **text == *original,
        Spelled::Lines { header: None, lines } => **lines == *original,
        _ => false,
    };
    (!same).then(|| original.to_vec())
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
    match spell(&site, site.style, value, how, || step(tree)) {
        Spelled::Lines { header, lines } => {
            let Some(block) = site.block else { return };
            if let Some(header) = header {
                edits.replace(block.header, &header);
            }
            edits.replace(block.content, &lines);
        }
        Spelled::Token { text, tag } => {
            let scalar = site.block.map_or(site.span, |block| block.header);
            let span = match tag {
                None => scalar,
                Some(_) => Span { start: site.outer as u32, end: scalar.end },
            };
            edits.replace_with(span, |out| {
                separate(&site, span, out);
                if let Some(tag) = tag {
                    let anchor = site.properties.anchor.map(|span| tree.text(span)).unwrap_or_default();
                    for part in [anchor, tag.as_bytes()].into_iter().filter(|part| !part.is_empty()) {
                        out.extend_from_slice(part);
                        out.push(b' ');
                    }
                }
                out.extend_from_slice(&text);
            });
            if let Some(block) = site.block {
                edits.replace(lines_of(&block), b"");
            }
        }
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
