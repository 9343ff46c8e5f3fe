//! Data as TOML text.
//!
//! The order of the data stays. Keys of a table stand before the tables below it, so a map that comes before
//! a scalar is written with dotted keys (`map.key = 1`), and only what comes behind gets a header.

use super::super::data::Data;
use super::super::edits::Edits;
use super::super::error::Error;
use super::super::limits::Limits;
use super::super::tree::Style;
use super::super::value::{Text, Value};
use super::{METADATA, cannot, place, scan, spell};
use zeroize::Zeroizing;

/// The entries of a map.
pub(super) type Entries = [(Text<'static>, Data)];

/// One level in an array over several lines.
const INDENT: &[u8] = b"    ";

/// Writes a document.
pub(super) fn write(documents: &[Data], metadata: Option<&Data>) -> Result<Zeroizing<Vec<u8>>, Error> {
    let [document] = documents else {
        return Err(cannot(format!("TOML holds one document, the input has {}", documents.len())));
    };
    let mut out = Zeroizing::new(Vec::new());
    let Data::Map(entries) = document else {
        // A part of a document, to be shown.
        push_value(document, b"\n", &mut out)?;
        out.push(b'\n');
        return Ok(out);
    };
    push_table(&mut Vec::new(), entries, b"\n", &mut out)?;
    let Some(metadata) = metadata else { return Ok(out) };
    let layout = scan::layout(&out, &Limits::default())?;
    let mut edits = Edits::default();
    place::add(&out, &layout, metadata, &mut edits)?;
    edits.apply(&out).map_err(|overlap| cannot(overlap.to_string()))
}

/// Appends the metadata under its header: scalars first.
pub(super) fn push_metadata(metadata: &Data, line_end: &[u8], out: &mut Vec<u8>) -> Result<(), Error> {
    let Data::Map(entries) = metadata else { return Err(cannot("the metadata is no map")) };
    let (tables, scalars): (Vec<_>, Vec<_>) =
        entries.iter().cloned().partition(|(_, data)| is_table(data) || is_tables(data));
    let ordered = [scalars, tables].concat();
    push_header(&[METADATA], false, line_end, out);
    push_table(&mut vec![METADATA], &ordered, line_end, out)
}

/// Appends what is in the table at `path`, its own header left out.
pub(super) fn push_table<'d>(
    path: &mut Vec<&'d [u8]>,
    entries: &'d Entries,
    line_end: &[u8],
    out: &mut Vec<u8>,
) -> Result<(), Error> {
    let behind = |(_, data): &(Text<'_>, Data)| !(is_table(data) || is_tables(data) || is_comment(data));
    // Comments before the first table belong to it.
    let mut tables = entries.iter().rposition(behind).map_or(0, |last| last + 1);
    if !entries[tables..].iter().any(|(_, data)| is_table(data) || is_tables(data)) {
        tables = entries.len();
    }
    for (key, data) in &entries[..tables] {
        push_pair(&mut vec![&**key], data, line_end, out)?;
    }
    let mut comments: Vec<&[u8]> = Vec::new();
    for (key, data) in &entries[tables..] {
        path.push(key);
        match data {
            Data::Comment(text) => comments.push(text),
            Data::Map(inner) => {
                begin(&mut comments, line_end, out);
                push_header(path, false, line_end, out);
                push_table(path, inner, line_end, out)?;
            }
            Data::List(items) => {
                for item in items {
                    match item {
                        Data::Comment(text) => comments.push(text),
                        Data::Map(inner) => {
                            begin(&mut comments, line_end, out);
                            push_header(path, true, line_end, out);
                            push_table(path, inner, line_end, out)?;
                        }
                        _ => {}
                    }
                }
            }
            Data::Value(_) => {}
        }
        path.pop();
    }
    comments.iter().for_each(|text| push_comment(text, b"", line_end, out));
    Ok(())
}

/// Begins a header: an empty line, and the comments that belong to it.
fn begin(comments: &mut Vec<&[u8]>, line_end: &[u8], out: &mut Vec<u8>) {
    if !out.is_empty() {
        out.extend_from_slice(line_end);
    }
    comments.drain(..).for_each(|text| push_comment(text, b"", line_end, out));
}

pub(super) fn push_header(path: &[&[u8]], list: bool, line_end: &[u8], out: &mut Vec<u8>) {
    out.extend_from_slice(if list { b"[[" } else { b"[" });
    spell::push_path(path, out);
    out.extend_from_slice(if list { b"]]" } else { b"]" });
    out.extend_from_slice(line_end);
}

/// Appends a line `key = value`, or one for each value of a map.
fn push_pair<'d>(
    path: &mut Vec<&'d [u8]>,
    data: &'d Data,
    line_end: &[u8],
    out: &mut Vec<u8>,
) -> Result<(), Error> {
    match data {
        Data::Comment(text) => push_comment(text, b"", line_end, out),
        Data::Map(inner) if inner.iter().any(|(_, data)| !is_comment(data)) => {
            for (key, data) in inner {
                path.push(key);
                push_pair(path, data, line_end, out)?;
                path.pop();
            }
        }
        data => {
            check_key(path.last().copied().unwrap_or_default())?;
            spell::push_path(path, out);
            out.extend_from_slice(b" = ");
            push_value(data, line_end, out)?;
            out.extend_from_slice(line_end);
        }
    }
    Ok(())
}

/// Appends a value behind `key = `.
pub(super) fn push_value(data: &Data, line_end: &[u8], out: &mut Vec<u8>) -> Result<(), Error> {
    match data {
        Data::Value(value @ Value::Str(text)) if text.contains(&b'\n') => {
            push_scalar(value, Style::Triple, line_end, out)
        }
        Data::List(items) if items.iter().any(is_comment) => {
            out.push(b'[');
            for item in items {
                out.extend_from_slice(line_end);
                out.extend_from_slice(INDENT);
                match item {
                    Data::Comment(text) => push_comment(text, INDENT, line_end, out),
                    item => {
                        push_inline(item, out)?;
                        out.push(b',');
                    }
                }
                if out.ends_with(line_end) {
                    out.truncate(out.len() - line_end.len());
                }
            }
            out.extend_from_slice(line_end);
            out.push(b']');
            Ok(())
        }
        data => push_inline(data, out),
    }
}

/// Appends a scalar in `style`, over several lines if that has them.
pub(super) fn push_scalar(
    value: &Value<'_>,
    style: Style,
    line_end: &[u8],
    out: &mut Vec<u8>,
) -> Result<(), Error> {
    check(value)?;
    let size = if let Value::Str(text) = value { text.len() } else { 0 };
    let mut lines = Zeroizing::new(Vec::with_capacity(6 * size + 32));
    spell::push(value, style, &mut lines);
    for (i, line) in lines.split(|b| *b == b'\n').enumerate() {
        out.extend_from_slice(if i > 0 { line_end } else { b"" });
        out.extend_from_slice(line);
    }
    Ok(())
}

/// Appends data on one line, comments left out.
pub(super) fn push_inline(data: &Data, out: &mut Vec<u8>) -> Result<(), Error> {
    match data {
        Data::Value(value) => {
            check(value)?;
            spell::push(value, Style::Double, out);
        }
        Data::List(items) => {
            out.push(b'[');
            for (i, item) in items.iter().filter(|item| !is_comment(item)).enumerate() {
                out.extend_from_slice(if i > 0 { b", " } else { b"" });
                push_inline(item, out)?;
            }
            out.push(b']');
        }
        Data::Map(entries) => {
            let before = out.len();
            for (key, item) in entries.iter().filter(|(_, item)| !is_comment(item)) {
                check_key(key)?;
                out.extend_from_slice(if out.len() > before { b", " } else { b"{ " });
                spell::push_key(key, out);
                out.extend_from_slice(b" = ");
                push_inline(item, out)?;
            }
            out.extend_from_slice(if out.len() > before { b" }" } else { b"{}" });
        }
        Data::Comment(_) => {}
    }
    Ok(())
}

/// A comment, each line with a marker.
fn push_comment(text: &[u8], indent: &[u8], line_end: &[u8], out: &mut Vec<u8>) {
    for (i, line) in text.split(|b| *b == b'\n').enumerate() {
        out.extend_from_slice(if i > 0 { indent } else { b"" });
        out.push(b'#');
        out.extend_from_slice(line.strip_suffix(b"\r").unwrap_or(line));
        out.extend_from_slice(line_end);
    }
}

fn check(value: &Value<'_>) -> Result<(), Error> {
    match value {
        Value::Null => Err(cannot("TOML has no null; leave the key out, or use an empty text")),
        Value::Str(text) if text.as_str().is_none() => {
            Err(cannot("a value is not UTF-8, and TOML holds nothing else"))
        }
        _ => Ok(()),
    }
}

fn check_key(key: &[u8]) -> Result<(), Error> {
    match std::str::from_utf8(key) {
        Ok(_) => Ok(()),
        Err(_not_text) => Err(cannot("a key is not UTF-8, and TOML holds nothing else")),
    }
}

fn is_comment(data: &Data) -> bool {
    matches!(data, Data::Comment(_))
}

/// Whether it can have a header.
pub(super) fn is_table(data: &Data) -> bool {
    matches!(data, Data::Map(_))
}

/// Whether it can be `[[tables]]`.
pub(super) fn is_tables(data: &Data) -> bool {
    let Data::List(items) = data else { return false };
    items.iter().any(is_table) && items.iter().all(|item| is_table(item) || is_comment(item))
}
