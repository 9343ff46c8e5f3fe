//! Keys, elements and tables put, added and removed, in the layout that stands around them.

use super::super::data::Data;
use super::super::edits::Edits;
use super::super::error::Error;
use super::super::format::Spelling;
use super::super::tree::{Kind, Name, NodeId, Span, Style, Tree};
use super::super::value::{Text, Value};
use super::extent::{line_start, next_line, pieces};
use super::layout::{Id, Layout, Made, ROOT, Section};
use super::place::line_end_of;
use super::scalar::is_local;
use super::write::{self, is_table, is_tables};
use super::{cannot, inline, take};

/// Puts `data` in the place of node `node`.
pub(super) fn put(
    tree: &Tree<'_>,
    layout: &Layout<'_>,
    node: NodeId,
    data: &Data,
    how: Spelling,
    edits: &mut Edits,
) -> Result<(), Error> {
    let (id, source) = (layout.of_node(node), tree.source);
    let item = &layout.items[id];
    if item.made == Made::Value {
        return put_value(tree, layout, id, data, how, edits);
    }
    if id == ROOT {
        return Err(cannot("the top level of a TOML file can only be changed key by key"));
    }
    let pieces = pieces(source, layout, id);
    let fits = match item.kind {
        Kind::List => is_tables(data),
        _ => is_table(data) && item.made != Made::Dotted,
    };
    let section = layout.sections.iter().find(|section| layout.is_within(section.table, id));
    if let (true, Some(section)) = (fits, section) {
        let mut block = Vec::new();
        match &item.name {
            Name::Key(key) => {
                let entry = [(key.to_static(), data.clone())];
                write::push_table(&mut path(layout, item.parent), &entry, line_end_of(source), &mut block)?;
            }
            _ => {
                let list = [named(layout, item.parent, Data::List(vec![data.clone()]))];
                let outer = layout.items[item.parent].parent;
                write::push_table(&mut path(layout, outer), &list, line_end_of(source), &mut block)?;
            }
        }
        for piece in &pieces {
            if piece.start as usize == section.start {
                let end = piece.end as usize;
                edits.replace_with(*piece, |out| push_section(source, section.start, end, &block, out));
            } else {
                edits.replace(*piece, b"");
            }
        }
        return Ok(());
    }
    let (Name::Key(key), None) = (&item.name, pieces.get(1)) else {
        return Err(cannot("this table stands in the text in a way that has no place for another value"));
    };
    if item.made == Made::Dotted {
        // The key of the first line, up to this table.
        let values = inline::values(layout, id);
        if inline::container(layout, id).is_some() && values.len() > 1 {
            return Err(cannot("the keys of this table stand apart; remove them one by one"));
        }
        let end = values.last().map_or(item.key_end, |value| layout.items[*value].span.end as usize);
        let mut value = Vec::new();
        write::push_value(data, line_end_of(source), &mut value)?;
        edits.replace_with(Span::new(item.key_end, end), |out| {
            out.extend_from_slice(b" = ");
            out.extend_from_slice(&value);
        });
        return Ok(());
    }
    // What is put in comes before what is taken out at the same place.
    add_to(tree, layout, item.parent, Some(key), data, edits)?;
    take::lines(source, layout, id, Vec::new(), edits);
    Ok(())
}

fn put_value(
    tree: &Tree<'_>,
    layout: &Layout<'_>,
    id: Id,
    data: &Data,
    how: Spelling,
    edits: &mut Edits,
) -> Result<(), Error> {
    let (item, new_line) = (&layout.items[id], line_end_of(tree.source));
    let mut text = Vec::new();
    match data {
        // What was a date stays one.
        Data::Value(Value::Str(new)) if item.local && item.style == Style::Plain && is_local(new) => {
            text.extend_from_slice(new);
        }
        Data::Value(value @ Value::Str(_)) if how == Spelling::Kept && item.style != Style::Plain => {
            write::push_scalar(value, item.style, new_line, &mut text)?;
        }
        data if inline::container(layout, id).is_some() => write::push_inline(data, &mut text)?,
        data => write::push_value(data, new_line, &mut text)?,
    }
    edits.replace(item.span, &text);
    Ok(())
}

/// Adds an entry to the map or list `parent`.
pub(super) fn add(
    tree: &Tree<'_>,
    layout: &Layout<'_>,
    parent: NodeId,
    key: Option<&[u8]>,
    data: &Data,
    edits: &mut Edits,
) -> Result<(), Error> {
    add_to(tree, layout, layout.of_node(parent), key, data, edits)
}

fn add_to(
    tree: &Tree<'_>,
    layout: &Layout<'_>,
    table: Id,
    key: Option<&[u8]>,
    data: &Data,
    edits: &mut Edits,
) -> Result<(), Error> {
    let (source, new_line) = (tree.source, line_end_of(tree.source));
    let item = &layout.items[table];
    if item.made == Made::Value {
        return inline::add(source, layout, table, &[], key, data, edits);
    }
    if item.made == Made::Tables {
        if !is_table(data) {
            return Err(cannot("in a list of `[[tables]]` every element is a table"));
        }
        let list = [named(layout, table, Data::List(vec![data.clone()]))];
        let mut block = Vec::new();
        write::push_table(&mut path(layout, item.parent), &list, new_line, &mut block)?;
        return insert_section(source, layout, table, &block, edits);
    }
    let key = key.unwrap_or_default();
    let entry = [(Text::owned(key), data.clone())];
    if item.made == Made::Dotted {
        if let Some(outer) = inline::container(layout, table) {
            let way = steps(layout, outer, table);
            return inline::add(source, layout, outer, &way, Some(key), data, edits);
        }
        return add_dotted(source, layout, table, key, data, edits);
    }
    let mut block = Vec::new();
    if is_table(data) || is_tables(data) {
        write::push_table(&mut path(layout, table), &entry, new_line, &mut block)?;
        return insert_section(source, layout, table, &block, edits);
    }
    match layout.sections.iter().find(|section| section.table == table) {
        Some(section) => {
            let pair = pair(source, layout, section, &[key], data)?;
            insert_line(source, layout, section, &pair, edits);
            Ok(())
        }
        // A table that is only named on the way to others.
        None => {
            let way = path(layout, table);
            write::push_header(&way, false, new_line, &mut block);
            write::push_table(&mut way.clone(), &entry, new_line, &mut block)?;
            insert_section(source, layout, table, &block, edits)
        }
    }
}

/// `data` under the name of `list`.
fn named(layout: &Layout<'_>, list: Id, data: Data) -> (Text<'static>, Data) {
    match &layout.items[list].name {
        Name::Key(key) => (key.to_static(), data),
        _ => (Text::owned(""), data),
    }
}

/// Adds a key to a table of dotted keys, behind the last of them.
fn add_dotted(
    source: &[u8],
    layout: &Layout<'_>,
    table: Id,
    key: &[u8],
    data: &Data,
    edits: &mut Edits,
) -> Result<(), Error> {
    let holds = |section: &&Section| section.values.iter().any(|value| layout.is_within(*value, table));
    let Some(section) = layout.sections.iter().rfind(holds) else {
        return Err(cannot("this table has no line of its own"));
    };
    let last = section.values.iter().rfind(|value| layout.is_within(**value, table));
    let mut way = steps(layout, section.table, table);
    way.push(key);
    let pair = pair(source, layout, section, &way, data)?;
    let body = last.map_or(section.body, |value| layout.items[*value].span.end as usize);
    insert_line(source, layout, &Section { body, values: Vec::new(), ..*section }, &pair, edits);
    Ok(())
}

/// The line of a new key, without its end, spelled as the last of its section.
fn pair(
    source: &[u8],
    layout: &Layout<'_>,
    section: &Section,
    way: &[&[u8]],
    data: &Data,
) -> Result<Vec<u8>, Error> {
    let last = section.values.last().map(|value| &layout.items[*value]);
    let indent_of = last.map_or(section.start, |item| line_start(source, layout, item.entry));
    let indent = source[indent_of..].iter().take_while(|b| matches!(b, b' ' | b'\t')).count();
    let between = last.map_or(&b" = "[..], |item| &source[item.key_end..item.span.start as usize]);
    let mut pair = source[indent_of..indent_of + indent].to_vec();
    super::spell::push_path(way, &mut pair);
    pair.extend_from_slice(match between.first() {
        Some(b'=') if between.len() == 1 => b"=",
        _ => b" = ",
    });
    write::push_value(data, line_end_of(source), &mut pair)?;
    Ok(pair)
}

/// Puts a line behind the last statement of a section.
fn insert_line(source: &[u8], layout: &Layout<'_>, section: &Section, pair: &[u8], edits: &mut Edits) {
    let new_line = line_end_of(source);
    let nothing = section.body == layout.sections[0].start;
    // The first key of all stands before the first header, and before the comments above that.
    let at = if !nothing {
        next_line(source, section.body)
    } else if layout.sections.len() > 1 {
        section.body
    } else {
        source.len()
    };
    let last = at == source.len() && at > layout.sections[0].start;
    let incomplete = last && source.last().is_some_and(|b| *b != b'\n');
    edits.replace_with(Span::new(at, at), |out| {
        if incomplete {
            out.extend_from_slice(new_line);
        }
        out.extend_from_slice(pair);
        if !incomplete {
            out.extend_from_slice(new_line);
        }
        if nothing && layout.sections.len() > 1 {
            out.extend_from_slice(new_line);
        }
    });
}

/// Puts a block of lines that begins with a header behind all sections of `table`.
fn insert_section(
    source: &[u8],
    layout: &Layout<'_>,
    table: Id,
    block: &[u8],
    edits: &mut Edits,
) -> Result<(), Error> {
    let Some(last) = layout.sections.iter().rfind(|section| layout.is_within(section.table, table)) else {
        return Err(cannot("this table has no section of its own"));
    };
    let at = if table == ROOT { source.len() } else { last.end };
    edits.replace_with(Span::new(at, at), |out| {
        let new_line = line_end_of(source);
        if at < source.len() {
            return push_section(source, at, at, block, out);
        }
        let incomplete = source.last().is_some_and(|b| *b != b'\n');
        if incomplete {
            out.extend_from_slice(new_line);
        }
        if source.len() > layout.sections[0].start {
            out.extend_from_slice(new_line);
        }
        let kept = if incomplete { block.len() - new_line.len() } else { block.len() };
        out.extend_from_slice(&block[..kept]);
    });
    Ok(())
}

/// Appends a block in the place of the lines from `start` to `end`, with an empty line behind it if there is
/// one before it.
fn push_section(source: &[u8], start: usize, end: usize, block: &[u8], out: &mut Vec<u8>) {
    let new_line = line_end_of(source);
    let incomplete = end == source.len() && source.last().is_some_and(|b| *b != b'\n');
    let kept = if incomplete { block.len() - new_line.len() } else { block.len() };
    out.extend_from_slice(&block[..kept]);
    let before = source[..start].strip_suffix(new_line);
    if end < source.len() && before.is_none_or(|before| before.is_empty() || before.ends_with(b"\n")) {
        out.extend_from_slice(new_line);
    }
}

/// The names of the headers of `table`.
pub(super) fn path<'l>(layout: &'l Layout<'_>, table: Id) -> Vec<&'l [u8]> {
    steps(layout, ROOT, table)
}

/// The names on the way from `above` to `id`, without positions.
fn steps<'l>(layout: &'l Layout<'_>, above: Id, mut id: Id) -> Vec<&'l [u8]> {
    let mut names = Vec::new();
    while id != above && id != ROOT {
        if let Name::Key(key) = &layout.items[id].name {
            names.push(&**key);
        }
        id = layout.items[id].parent;
    }
    names.reverse();
    names
}
