//! The metadata: the table `[sops]` at the end.

use super::super::data::Data;
use super::super::edits::Edits;
use super::super::error::Error;
use super::super::tree::Span;
use super::layout::{Layout, ROOT};
use super::{METADATA, write};
use std::borrow::Cow;

/// Appends the metadata, behind an empty line.
pub(super) fn add(
    source: &[u8],
    layout: &Layout<'_>,
    metadata: &Data,
    edits: &mut Edits,
) -> Result<(), Error> {
    let new_line = line_end_of(source);
    let mut block = Vec::new();
    write::push_metadata(metadata, new_line, &mut block)?;
    let ends_in_line = source.last().is_some_and(|b| *b != b'\n');
    let is_blank = source.len() == layout.sections[0].start;
    edits.replace_with(Span::new(source.len(), source.len()), |out| {
        if ends_in_line && !is_blank {
            out.extend_from_slice(new_line);
        }
        if !is_blank {
            out.extend_from_slice(new_line);
        }
        out.extend_from_slice(&block);
        // Without a final line end before, without one after.
        if ends_in_line && !is_blank {
            out.truncate(out.len() - new_line.len());
        }
    });
    Ok(())
}

/// Removes the metadata, and what [`add`] put before it if it is last.
pub(super) fn remove(source: &[u8], layout: &Layout<'_>, edits: &mut Edits) {
    for span in pieces(source, layout) {
        let mut start = span.start as usize;
        if span.end as usize == source.len() {
            let header =
                source[start..].iter().position(|b| *b == b'\n').map_or(source.len(), |n| start + n + 1);
            // The line end of the header is the one that was written before it too.
            let new_line: &[u8] = if source[..header].ends_with(b"\r\n") { b"\r\n" } else { b"\n" };
            for _ in 0..if source.ends_with(b"\n") { 1 } else { 2 } {
                if source[..start].ends_with(new_line) {
                    start -= new_line.len();
                }
            }
        }
        edits.replace(Span::new(start, span.end as usize), b"");
    }
}

/// Puts other metadata in the place of that which is there, if it is last; else it goes to the end.
pub(super) fn replace(
    source: &[u8],
    layout: &Layout<'_>,
    metadata: &Data,
    edits: &mut Edits,
) -> Result<(), Error> {
    let pieces = pieces(source, layout);
    let new_line = line_end_of(source);
    let [.., last] = pieces.as_slice() else { return add(source, layout, metadata, edits) };
    let mut block = Vec::new();
    write::push_metadata(metadata, new_line, &mut block)?;
    let at_end = last.end as usize == source.len();
    for piece in &pieces {
        if piece != last || !at_end {
            edits.replace(*piece, b"");
        }
    }
    if !at_end {
        return add(source, layout, metadata, edits);
    }
    if !source.ends_with(b"\n") {
        block.truncate(block.len() - new_line.len());
    }
    edits.replace(*last, &block);
    Ok(())
}

/// The lines of the metadata, as spans in order; what touches is one.
fn pieces(source: &[u8], layout: &Layout<'_>) -> Vec<Span> {
    match std::str::from_utf8(METADATA).ok().and_then(|key| layout.child(ROOT, Cow::Borrowed(key))) {
        Some(id) => super::extent::pieces(source, layout, id),
        None => Vec::new(),
    }
}

/// The line end of a document: that of its first line.
pub(super) fn line_end_of(source: &[u8]) -> &'static [u8] {
    match source.iter().position(|b| *b == b'\n') {
        Some(at) if at > 0 && source[at - 1] == b'\r' => b"\r\n",
        _ => b"\n",
    }
}
