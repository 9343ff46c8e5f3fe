//! Entries of arrays and inline tables.

use super::super::data::Data;
use super::super::edits::Edits;
use super::super::error::Error;
use super::super::tree::{Kind, Span};
use super::extent::line_start;
use super::layout::{Id, Layout, Made, ROOT};
use super::place::line_end_of;
use super::{cannot, spell, write};

/// The innermost array or inline table that `id` is in.
pub(super) fn container(layout: &Layout<'_>, mut id: Id) -> Option<Id> {
    while id != ROOT {
        id = layout.items[id].parent;
        if layout.items[id].made == Made::Value {
            return Some(id);
        }
    }
    None
}

/// The values that stand in `id`, also those of dotted keys, in the order of the text; `id` itself if it is one.
pub(super) fn values(layout: &Layout<'_>, id: Id) -> Vec<Id> {
    if layout.items[id].made == Made::Value {
        return vec![id];
    }
    below(layout, id)
}

/// As [`values`], of what is in `id`.
fn below(layout: &Layout<'_>, id: Id) -> Vec<Id> {
    let (mut found, mut open) = (Vec::new(), layout.items[id].children.clone());
    while let Some(id) = open.pop() {
        match layout.items[id].made {
            Made::Value => found.push(id),
            _ => open.extend(&layout.items[id].children),
        }
    }
    found.sort_by_key(|id| layout.items[*id].span.start);
    found
}

/// Adds an entry at the end of the array or inline table `container`; `way` leads to its table inside.
pub(super) fn add(
    source: &[u8],
    layout: &Layout<'_>,
    container: Id,
    way: &[&[u8]],
    key: Option<&[u8]>,
    data: &Data,
    edits: &mut Edits,
) -> Result<(), Error> {
    let item = &layout.items[container];
    let mut text = Vec::new();
    if let Some(key) = key {
        spell::push_path(&[way, &[key]].concat(), &mut text);
        text.extend_from_slice(b" = ");
    }
    write::push_inline(data, &mut text)?;
    let new_line = line_end_of(source);
    let (open, close) = (item.span.start as usize + 1, item.span.end as usize - 1);
    let Some(last) = below(layout, container).last().map(|id| &layout.items[*id]) else {
        if source[open..close].iter().all(u8::is_ascii_whitespace) {
            let gap: &[u8] = if item.kind == Kind::Map { b" " } else { b"" };
            edits.replace(Span::new(open, close), &[gap, &text, gap].concat());
        } else {
            // Before the bracket, behind the comments.
            edits.replace(Span::new(close, close), &[&text, new_line].concat());
        }
        return Ok(());
    };
    let end = last.span.end as usize;
    let comma = comma_behind(source, end, close);
    let line = line_start(source, layout, last.entry);
    let own_line = line > open && source[line..last.entry].iter().all(u8::is_ascii_whitespace);
    if !own_line {
        match comma {
            Some(comma) => edits.replace(Span::new(comma + 1, comma + 1), &[b" ", &text[..], b","].concat()),
            None => edits.replace(Span::new(end, end), &[b", ", &text[..]].concat()),
        }
        return Ok(());
    }
    let text = [new_line, &source[line..last.entry], &text].concat();
    let behind = comma.map_or(end, |comma| comma + 1);
    let line_end = source[behind..].iter().position(|b| *b == b'\n').map_or(close, |n| behind + n);
    let line_end = if source[..line_end].ends_with(b"\r") { line_end - 1 } else { line_end };
    // Behind a comment on the line, unless the bracket stands on it.
    let on = |at: usize| if line_end >= close { at } else { line_end };
    match comma {
        Some(comma) => edits.replace(Span::new(on(comma + 1), on(comma + 1)), &[&text[..], b","].concat()),
        None => {
            edits.replace(Span::new(end, end), b",");
            edits.replace(Span::new(on(end), on(end)), &text);
        }
    }
    Ok(())
}

/// Where the comma behind the value that ends at `at` is, if there is one before `close`.
fn comma_behind(source: &[u8], mut at: usize, close: usize) -> Option<usize> {
    while at < close {
        match source[at] {
            b',' => return Some(at),
            b'#' => at += source[at..].iter().position(|b| *b == b'\n')?,
            b if b.is_ascii_whitespace() => at += 1,
            _ => return None,
        }
    }
    None
}

/// Removes an entry with the comma that joins it, and with its lines if nothing else is on them.
pub(super) fn remove(
    source: &[u8],
    layout: &Layout<'_>,
    container: Id,
    id: Id,
    edits: &mut Edits,
) -> Result<(), Error> {
    let [value] = values(layout, id)[..] else {
        return Err(cannot("the keys of this table stand apart; remove them one by one"));
    };
    let outer = &layout.items[container];
    let (open, close) = (outer.span.start as usize + 1, outer.span.end as usize - 1);
    let (start, end) = (layout.items[value].entry, layout.items[value].span.end as usize);
    let values = below(layout, container);
    let comma = comma_behind(source, end, close);
    if values.len() == 1 && !source[open..start].contains(&b'#') && !source[end..close].contains(&b'#') {
        edits.replace(Span::new(open, close), b"");
        return Ok(());
    }
    let before =
        values.iter().map(|value| layout.items[*value].span.end as usize).filter(|e| *e <= start).max();
    let behind = comma.map_or(end, |comma| comma + 1);
    let line = line_start(source, layout, start);
    let rest = source[behind..close].iter().position(|b| *b == b'\n').map(|n| behind + n);
    let is_blank = |text: &[u8]| text.iter().all(u8::is_ascii_whitespace);
    if let Some(next) = rest
        && line > open
        && is_blank(&source[line..start])
        && (is_blank(&source[behind..next]) || source[behind..next].trim_ascii_start().starts_with(b"#"))
    {
        // Where the last has no comma, the one before gives up its own.
        if let (None, Some(before)) = (comma, before)
            && let Some(joins) = comma_behind(source, before, start)
        {
            edits.replace(Span::new(joins, joins + 1), b"");
        }
        edits.replace(Span::new(line, next + 1), b"");
        return Ok(());
    }
    let last = values.iter().all(|value| layout.items[*value].span.end as usize <= end);
    let joins = before.and_then(|before| comma_behind(source, before, start));
    let span = match (comma, before) {
        (Some(comma), Some(_)) if last && joins.is_some_and(|at| !source[at..start].contains(&b'#')) => {
            Span::new(joins.map_or(start, |at| at + 1), comma + 1)
        }
        (Some(comma), _) => {
            let blanks = source[comma + 1..].iter().take_while(|b| matches!(b, b' ' | b'\t')).count();
            Span::new(start, comma + 1 + blanks)
        }
        (None, Some(before)) if !source[before..start].contains(&b'#') => Span::new(before, end),
        _ => Span::new(start, end),
    };
    edits.replace(span, b"");
    Ok(())
}
