//! Data as JSON text, laid out as SOPS does (format description, section 5.2).

use super::spell::{push_escaped, push_value};
use crate::doc::data::Data;
use crate::doc::error::{Error, ErrorKind};
use crate::doc::format::Layout;
use crate::doc::value::{Text, Value};
use zeroize::Zeroizing;

/// How nested text is laid out.
#[derive(Debug, Clone, Default)]
pub(super) struct Indent {
    /// Before every line.
    pub(super) base: String,
    /// Per level.
    pub(super) unit: String,
    /// LF or CR LF.
    pub(super) line_end: &'static str,
    /// All on one line.
    pub(super) compact: bool,
    /// Between a key and its value.
    pub(super) colon: String,
    /// Behind a comma, where all is on one line.
    pub(super) gap: String,
    /// Escapes are those that JSON demands, not all of Go's encoder.
    pub(super) bare: bool,
}

/// The JSON text of one document. A tab per level by default, a final newline, comments dropped.
pub(super) fn write(
    documents: &[Data],
    metadata: Option<&Data>,
    layout: &Layout,
) -> Result<Zeroizing<Vec<u8>>, Error> {
    let [document] = documents else {
        let message = format!("JSON holds one document, the input has {}", documents.len());
        return Err(Error::new(ErrorKind::Inexpressible(message), 0));
    };
    check(document)?;
    let unit = layout.indent.map_or_else(|| "\t".to_owned(), |n| " ".repeat(n));
    let indent = Indent { unit, line_end: "\n", colon: ": ".to_owned(), ..Indent::default() };
    let mut out = Zeroizing::new(Vec::new());
    match (document, metadata) {
        (Data::Map(items), Some(metadata)) => {
            let mut items = items.clone();
            items.push((Text::owned("sops"), metadata.clone()));
            push_data(&Data::Map(items), &indent, 0, &mut out);
        }
        _ => push_data(document, &indent, 0, &mut out),
    }
    out.push(b'\n');
    Ok(out)
}

fn check(data: &Data) -> Result<(), Error> {
    match data {
        Data::Map(items) => items.iter().try_for_each(|(_, item)| check(item)),
        Data::List(items) => items.iter().try_for_each(check),
        Data::Value(Value::Float(x)) if !x.is_finite() => {
            let message = "JSON has no form for infinity and NaN".to_owned();
            Err(Error::new(ErrorKind::Inexpressible(message), 0))
        }
        _ => Ok(()),
    }
}

/// Appends `data`, whose first line stands at `depth`.
pub(super) fn push_data(data: &Data, indent: &Indent, depth: usize, out: &mut Vec<u8>) {
    match data {
        Data::Map(items) => {
            let items = items.iter().filter(|(_, item)| !matches!(item, Data::Comment(_)));
            push_items(b"{}", items, indent, depth, out, |(key, item), out| {
                push_escaped(key, !indent.bare, out);
                out.extend_from_slice(indent.colon.as_bytes());
                push_data(item, indent, depth + 1, out);
            });
        }
        Data::List(items) => {
            let items = items.iter().filter(|item| !matches!(item, Data::Comment(_)));
            push_items(b"[]", items, indent, depth, out, |item, out| push_data(item, indent, depth + 1, out));
        }
        Data::Value(Value::Str(text)) => push_escaped(text, !indent.bare, out),
        Data::Value(value) => push_value(value, out),
        Data::Comment(_) => {}
    }
}

fn push_items<T>(
    brackets: &[u8; 2],
    items: impl Iterator<Item = T>,
    indent: &Indent,
    depth: usize,
    out: &mut Vec<u8>,
    mut push: impl FnMut(T, &mut Vec<u8>),
) {
    let line = |depth: usize, out: &mut Vec<u8>| {
        if !indent.compact {
            out.extend_from_slice(indent.line_end.as_bytes());
            out.extend_from_slice(indent.base.as_bytes());
            (0..depth).for_each(|_| out.extend_from_slice(indent.unit.as_bytes()));
        }
    };
    out.push(brackets[0]);
    let mut first = true;
    for item in items {
        if !first {
            out.push(b',');
            out.extend_from_slice(indent.gap.as_bytes());
        }
        first = false;
        line(depth + 1, out);
        push(item, out);
    }
    if !first {
        line(depth, out);
    }
    out.push(brackets[1]);
}
