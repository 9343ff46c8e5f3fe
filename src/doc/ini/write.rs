//! Documents from data, as SOPS lays them out.

use super::super::data::Data;
use super::super::edits::Edits;
use super::super::error::Error;
use super::super::limits::Limits;
use super::super::tree::Style;
use super::super::value::Text;
use super::entries::{no_quotes, single};
use super::{DEFAULT, cannot, place, scan, spell};
use zeroize::Zeroizing;

/// Writes a document of sections.
pub(super) fn write(documents: &[Data], metadata: Option<&Data>) -> Result<Zeroizing<Vec<u8>>, Error> {
    let [Data::Map(items)] = documents else {
        return Err(cannot(format!("an INI file holds one document, the input has {}", documents.len())));
    };
    let mut out = Zeroizing::new(Vec::new());
    let mut sections = 0;
    for (name, item) in items {
        let keys = match item {
            Data::Comment(text) => {
                push_comment(text, &mut out);
                continue;
            }
            Data::Map(keys) => keys,
            _ => {
                let name = String::from_utf8_lossy(name);
                return Err(cannot(format!("`{name}` is no map; an INI file holds its values in sections")));
            }
        };
        if name.is_empty() || name.contains(&b'\n') {
            return Err(cannot("the name of a section is not empty and has no line end"));
        }
        sections += 1;
        // The first keys may stand without a header.
        if sections > 1 || **name != *DEFAULT.as_bytes() {
            if sections > 1 && !out.is_empty() {
                out.push(b'\n');
            }
            out.push(b'[');
            out.extend_from_slice(name);
            out.extend_from_slice(b"]\n");
        }
        push_keys(keys, &mut out)?;
    }
    let Some(metadata) = metadata else { return Ok(out) };
    let tree = scan::parse(&out, &Limits::default())?;
    let mut edits = Edits::default();
    place::add(&tree, metadata, &mut edits)?;
    edits.apply(&out).map_err(|overlap| cannot(overlap.to_string()))
}

fn push_keys(items: &[(Text<'static>, Data)], out: &mut Vec<u8>) -> Result<(), Error> {
    let mut spelled = Vec::with_capacity(items.len());
    for (key, item) in items {
        let mut name = Vec::new();
        if !matches!(item, Data::Comment(_)) && !spell::push_key(key, &mut name) {
            return Err(cannot(
                "a key of an INI file is not empty, not `-`, has no line end and no white space around it",
            ));
        }
        spelled.push(name);
    }
    let width = spelled.iter().map(Vec::len).max().unwrap_or_default();
    for ((_, item), name) in items.iter().zip(&spelled) {
        if let Data::Comment(text) = item {
            push_comment(text, out);
            continue;
        }
        let value = single(item)?;
        out.extend_from_slice(name);
        out.extend(std::iter::repeat_n(b' ', width - name.len()));
        out.extend_from_slice(b" = ");
        if !spell::push(value, Some(Style::Plain), out) {
            return Err(no_quotes());
        }
        out.push(b'\n');
    }
    Ok(())
}

/// A comment, each line with a marker.
fn push_comment(text: &[u8], out: &mut Vec<u8>) {
    for line in text.split(|b| *b == b'\n') {
        let line = super::space::trim(line);
        if !matches!(line.first(), Some(b'#' | b';')) {
            out.extend_from_slice(b"; ");
        }
        out.extend_from_slice(line);
        out.push(b'\n');
    }
}

/// Data of an INI document as other formats have it: comments before the key that they belong to, each line
/// one of its own.
#[must_use]
pub fn with_comments_in_front(documents: Vec<Data>) -> Vec<Data> {
    documents
        .into_iter()
        .map(|document| match document {
            Data::Map(items) => Data::Map(in_front(items)),
            other => other,
        })
        .collect()
}

fn in_front(items: Vec<(Text<'static>, Data)>) -> Vec<(Text<'static>, Data)> {
    let mut ordered: Vec<(Text<'static>, Data)> = Vec::with_capacity(items.len());
    // Where the last key stands, behind which its comments come.
    let mut key = 0;
    for (name, item) in items {
        match item {
            Data::Comment(text) => {
                let at = key.min(ordered.len());
                let lines = comment_lines(&text);
                key = at + lines.len();
                ordered.splice(at..at, lines.into_iter().map(|line| (Text::owned(""), line)));
            }
            Data::Map(inner) => ordered.push((name, Data::Map(in_front(inner)))),
            item => {
                key = ordered.len();
                ordered.push((name, item));
            }
        }
    }
    ordered
}

fn comment_lines(text: &[u8]) -> Vec<Data> {
    let line = |line: &[u8]| {
        let line = super::space::trim(line);
        let skip = line.iter().take_while(|b| matches!(b, b'#' | b';' | b' ')).count();
        let mut text = Vec::with_capacity(line.len() + 1);
        if skip < line.len() {
            text.push(b' ');
            text.extend_from_slice(&line[skip..]);
        }
        Data::Comment(Text::owned(text))
    };
    text.split(|b| *b == b'\n').map(line).collect()
}
