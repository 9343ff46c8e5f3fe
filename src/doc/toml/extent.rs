//! Which lines an item stands on.

use super::super::tree::Span;
use super::layout::{Id, Layout};

/// The lines of `id` and all below it, in order; what touches is one span.
pub(super) fn pieces(source: &[u8], layout: &Layout<'_>, id: Id) -> Vec<Span> {
    let mut pieces: Vec<Span> = Vec::new();
    let mut add = |start: usize, end: usize| match pieces.last_mut() {
        Some(last) if last.end as usize == start => last.end = end as u32,
        _ => pieces.push(Span::new(start, end)),
    };
    for section in &layout.sections {
        if layout.is_within(section.table, id) {
            add(section.start, section.end);
            continue;
        }
        for value in section.values.iter().filter(|value| layout.is_within(**value, id)) {
            let item = &layout.items[*value];
            add(line_start(source, layout, item.entry), next_line(source, item.span.end as usize));
        }
    }
    pieces
}

/// Where the line that holds `at` begins, behind a byte order mark.
pub(super) fn line_start(source: &[u8], layout: &Layout<'_>, at: usize) -> usize {
    let start = source[..at].iter().rposition(|b| *b == b'\n').map_or(0, |n| n + 1);
    start.max(layout.sections[0].start)
}

/// Where the line after that of `at` begins.
pub(super) fn next_line(source: &[u8], at: usize) -> usize {
    source[at..].iter().position(|b| *b == b'\n').map_or(source.len(), |n| at + n + 1)
}
