//! ENV documents, in the grammar of SOPS (format description, section 5.3).
//!
//! A line is a comment if `#` is its first character, else everything before the first `=` is the key
//! and everything after it the value, both as they stand: quotes, spaces and `export` belong to them.
//! The two characters `\n` in a value are a line break.
//!
//! Others read ENV files otherwise: [`Dialect`].

mod dialect;
pub mod docker;
mod plain;
mod quoted;
mod scan;
mod shell;
mod systemd;
#[cfg(test)]
mod tests;

pub use dialect::{Dialect, Unspellable};
pub use plain::respell;

use super::data::Data;
use super::edits::Edits;
use super::error::{Error, ErrorKind};
use super::flatten::{flatten, unflatten};
use super::format::{Format, FormatName, Layout, Spelling};
use super::limits::Limits;
use super::tree::{Flags, Name, NodeId, Span, Style, Tree, TreeBuilder};
use super::value::{Text, Value, go_float};
use zeroize::Zeroizing;

const PREFIX: &str = "sops_";
const ONE_VALUE: &str = "an ENV file holds single values, no maps and no lists";

/// The ENV format.
pub struct Dotenv;

impl Format for Dotenv {
    fn name(&self) -> FormatName {
        FormatName::Dotenv
    }

    fn parse<'s>(&self, source: &'s [u8], limits: &Limits) -> Result<Tree<'s>, Error> {
        let mut builder = TreeBuilder::new(source, limits)?;
        builder.document(Span::new(0, source.len()))?;
        let mut at = 0;
        while at < source.len() {
            let end = memchr::memchr(b'\n', &source[at..]).map_or(source.len(), |n| at + n);
            let line = &source[at..end];
            if let Some(b'#') = line.first() {
                builder.comment(Span::new(at + 1, end));
            } else if !line.is_empty() {
                let equals = memchr::memchr(b'=', line)
                    .ok_or_else(|| Error::syntax("a line has no `=` and is no comment", at))?;
                let (key, value) = (&line[..equals], &line[equals + 1..]);
                let metadata = key.starts_with(PREFIX.as_bytes());
                let flags = if metadata { Flags::METADATA } else { Flags::default() };
                let span = Span::new(at + equals + 1, end);
                builder.leaf(Name::Key(key.into()), read(value), span, Style::Plain, flags)?;
            }
            at = end + 1;
        }
        Ok(builder.finish())
    }

    fn put_cipher(&self, tree: &Tree<'_>, id: NodeId, token: &str, edits: &mut Edits) {
        edits.replace(tree.node(id).span, token.as_bytes());
    }

    fn layout_hint(&self, _tree: &Tree<'_>, _id: NodeId) -> Option<Vec<u8>> {
        None
    }

    fn put_plain(&self, tree: &Tree<'_>, id: NodeId, value: &Value<'_>, _how: Spelling, edits: &mut Edits) {
        edits.replace_with(tree.node(id).span, |out| push_value(value, out));
    }

    fn put_hint(&self, tree: &Tree<'_>, id: NodeId, hint: &[u8], edits: &mut Edits) {
        edits.replace(tree.node(id).span, hint);
    }

    fn add_metadata(
        &self,
        tree: &Tree<'_>,
        metadata: &Data,
        _layout: &Layout,
        edits: &mut Edits,
    ) -> Result<(), Error> {
        let end = tree.source.len();
        let ends_in_line = end > 0 && tree.source[end - 1] != b'\n';
        edits.replace_with(Span::new(end, end), |out| {
            if ends_in_line {
                out.push(b'\n');
            }
            push_metadata(metadata, out);
            // Without a final line end before, without one after.
            if ends_in_line {
                out.pop();
            }
        });
        Ok(())
    }

    fn remove_metadata(&self, tree: &Tree<'_>, edits: &mut Edits) {
        let source = tree.source;
        let lines: Vec<Span> = tree.metadata().map(|id| line_of(tree, id)).collect();
        // The trailing run of metadata lines, if the text ends in one without a line end, takes the
        // line end before it along.
        let mut run_start = source.len();
        for line in lines.iter().rev() {
            let end = line.end as usize;
            if end != run_start && end + 1 != run_start {
                break;
            }
            run_start = line.start as usize;
        }
        let no_final_newline = source.last().is_some_and(|b| *b != b'\n');
        for line in &lines {
            let (mut start, mut end) = (line.start as usize, line.end as usize);
            if start == run_start && no_final_newline && start > 0 {
                start -= 1;
            }
            if end < source.len() {
                end += 1;
            }
            edits.replace(Span::new(start, end), b"");
        }
    }

    fn metadata(&self, tree: &Tree<'_>) -> Option<Data> {
        let pairs: Vec<(String, String)> = tree
            .metadata()
            .filter_map(|id| {
                let Name::Key(key) = &tree.node(id).name else { return None };
                let value = tree.text(tree.node(id).span);
                // An editor may have given the file CR LF line ends.
                let value = value.strip_suffix(b"\r").unwrap_or(value);
                let name = std::str::from_utf8(key.get(PREFIX.len()..)?).ok()?.to_owned();
                let text = String::from_utf8_lossy(value).replace("\\n", "\n");
                Some((name, text))
            })
            .collect();
        if pairs.is_empty() {
            return None;
        }
        Some(unflatten(pairs.iter().map(|(name, text)| (name.as_str(), text.as_str()))))
    }

    fn write(
        &self,
        documents: &[Data],
        metadata: Option<&Data>,
        _layout: &Layout,
    ) -> Result<Zeroizing<Vec<u8>>, Error> {
        let mut out = write_lines(documents, |key, value, out| {
            if key.iter().any(|b| matches!(b, b'=' | b'\n')) || key.starts_with(b"#") {
                return Err(cannot("a key holds `=` or a line break, or begins with `#`"));
            }
            out.extend_from_slice(key);
            out.push(b'=');
            push_value(value, out);
            Ok(())
        })?;
        if let Some(metadata) = metadata {
            push_metadata(metadata, &mut out);
        }
        Ok(out)
    }

    fn put_data(
        &self,
        tree: &Tree<'_>,
        id: NodeId,
        data: &Data,
        _how: Spelling,
        edits: &mut Edits,
    ) -> Result<(), Error> {
        let value = single(data)?;
        edits.replace_with(tree.node(id).span, |out| push_value(value, out));
        Ok(())
    }

    /// The line goes behind the last one and the comments that follow it at once.
    fn add_entry(
        &self,
        tree: &Tree<'_>,
        _parent: NodeId,
        key: Option<&[u8]>,
        data: &Data,
        _how: Spelling,
        edits: &mut Edits,
    ) -> Result<(), Error> {
        let (source, key) = (tree.source, key.unwrap_or_default());
        let value = single(data)?;
        if key.is_empty() || key.starts_with(b"#") || key.iter().any(|b| matches!(b, b'=' | b'\n' | b'\r')) {
            return Err(cannot(
                "a key of an ENV file is not empty, has no `=` and no line end, and begins with no `#`",
            ));
        }
        let last = match tree.nodes.as_slice() {
            [_, .., last] => last.span.end as usize,
            _ => source.len(),
        };
        let mut line = Zeroizing::new(key.to_vec());
        line.push(b'=');
        push_value(value, &mut line);
        push_line(source, last_line(source, last), &line, edits);
        Ok(())
    }

    fn remove_entry(
        &self,
        tree: &Tree<'_>,
        id: NodeId,
        _how: Spelling,
        edits: &mut Edits,
    ) -> Result<(), Error> {
        remove_line(tree.source, line_of(tree, id), edits);
        Ok(())
    }

    /// Every value is read back as a string.
    fn same_value(&self, wanted: &Value<'_>, read: &Value<'_>) -> bool {
        match (wanted, read) {
            (Value::Str(a), Value::Str(b)) => a == b,
            (_, Value::Str(b)) => {
                let mut text = Vec::new();
                push_value(wanted, &mut text);
                *text == **b
            }
            _ => false,
        }
    }
}

/// An encrypted ENV file whose line ends an editor or Git has turned into CR LF, with its own line ends
/// back; `None` if its metadata lines end in LF. A CR is part of the value otherwise.
#[must_use]
pub fn restore_line_ends(source: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    memchr::memchr(b'\r', source)?;
    let mut metadata =
        source.split(|b| *b == b'\n').filter(|line| line.starts_with(PREFIX.as_bytes())).peekable();
    metadata.peek()?;
    if !metadata.all(|line| line.ends_with(b"\r")) {
        return None;
    }
    let mut out = Zeroizing::new(Vec::with_capacity(source.len()));
    for (i, line) in source.split(|b| *b == b'\n').enumerate() {
        if i > 0 {
            out.push(b'\n');
        }
        out.extend_from_slice(line.strip_suffix(b"\r").unwrap_or(line));
    }
    Some(out)
}

fn cannot(message: impl Into<String>) -> Error {
    Error::new(ErrorKind::Inexpressible(message.into()), 0)
}

/// The key of an entry.
fn key_of<'t>(tree: &'t Tree<'_>, id: NodeId) -> &'t [u8] {
    match &tree.node(id).name {
        Name::Key(key) => key,
        _ => b"",
    }
}

/// The line of an entry, without its end.
fn line_of(tree: &Tree<'_>, id: NodeId) -> Span {
    let value = tree.node(id).span;
    Span::new((value.start as usize).saturating_sub(1 + key_of(tree, id).len()), value.end as usize)
}

/// The end of the line behind which a new entry goes, where the last one ends in the line of byte `at`:
/// the comments below it are passed over.
fn last_line(source: &[u8], mut at: usize) -> usize {
    let line_end = |at: usize| source[at..].iter().position(|b| *b == b'\n').map(|n| at + n);
    while let Some(end) = line_end(at).filter(|end| source.get(end + 1) == Some(&b'#')) {
        at = line_end(end + 1).unwrap_or(source.len());
    }
    at
}

/// Adds a line behind the one that ends at `at`.
fn push_line(source: &[u8], at: usize, line: &[u8], edits: &mut Edits) {
    let complete = at == source.len() && matches!(source.last(), None | Some(b'\n'));
    edits.replace_with(Span::new(at, at), |out| {
        if !complete {
            out.push(b'\n');
        }
        out.extend_from_slice(line);
        if complete {
            out.push(b'\n');
        }
    });
}

/// Removes a line with its end; without a final line end before, there is none after.
fn remove_line(source: &[u8], line: Span, edits: &mut Edits) {
    let (mut start, mut end) = (line.start as usize, line.end as usize);
    match end < source.len() {
        true => end += 1,
        false => start = start.saturating_sub(1),
    }
    edits.replace(Span::new(start, end), b"");
}

/// The lines of a flat document; `entry` writes those of values, without their ends.
fn write_lines(
    documents: &[Data],
    mut entry: impl FnMut(&[u8], &Value<'_>, &mut Vec<u8>) -> Result<(), Error>,
) -> Result<Zeroizing<Vec<u8>>, Error> {
    let [Data::Map(items)] = documents else {
        return Err(cannot(format!("an ENV file holds one document, the input has {}", documents.len())));
    };
    let mut out = Zeroizing::new(Vec::new());
    for (key, item) in items {
        match item {
            Data::Comment(text) => {
                out.push(b'#');
                push_escaped(text, &mut out);
            }
            Data::Value(value) => entry(key, value, &mut out)?,
            Data::Map(_) | Data::List(_) => {
                let key = String::from_utf8_lossy(key);
                return Err(cannot(format!("`{key}` is a map or a list; an ENV file is flat")));
            }
        }
        out.push(b'\n');
    }
    Ok(out)
}

/// The value to put on a line.
fn single(data: &Data) -> Result<&Value<'static>, Error> {
    match data {
        Data::Value(value) => refuse_backslash_n(value).map(|()| value),
        _ => Err(cannot(ONE_VALUE)),
    }
}

/// Refuses a value that would come back with a line end in it.
fn refuse_backslash_n(value: &Value<'_>) -> Result<(), Error> {
    match value {
        Value::Str(text) if text.windows(2).any(|w| w == b"\\n") => {
            Err(cannot("the value holds a backslash before an `n`, which an ENV file reads as a line end"))
        }
        _ => Ok(()),
    }
}

fn read(value: &[u8]) -> Value<'_> {
    if memchr::memchr(b'\\', value).is_none() {
        return Value::Str(value.into());
    }
    let mut out = Zeroizing::new(Vec::with_capacity(value.len()));
    let mut rest = value;
    while let Some((first, after)) = rest.split_first() {
        if rest.starts_with(b"\\n") {
            out.push(b'\n');
            rest = &rest[2..];
        } else {
            out.push(*first);
            rest = after;
        }
    }
    Value::Str(Text::Owned(out))
}

fn push_escaped(text: &[u8], out: &mut Vec<u8>) {
    for byte in text {
        match byte {
            b'\n' => out.extend_from_slice(b"\\n"),
            _ => out.push(*byte),
        }
    }
}

fn push_value(value: &Value<'_>, out: &mut Vec<u8>) {
    match value {
        Value::Str(text) => push_escaped(text, out),
        value => push_typed(value, out),
    }
}

/// The text of a value where all are text: in ENV files, and in variables of a program. Null has none.
#[must_use]
pub fn typed_text(value: &Value<'_>) -> Vec<u8> {
    let mut out = Vec::new();
    push_typed(value, &mut out);
    out
}

/// A value that may be no string, as the formats write it that know strings only.
pub(super) fn push_typed(value: &Value<'_>, out: &mut Vec<u8>) {
    match value {
        Value::Null => {}
        Value::Bool(b) => out.extend_from_slice(if *b { b"true" } else { b"false" }),
        Value::Str(text) => out.extend_from_slice(text),
        Value::Int(_) => value.canonical(out),
        Value::Time(time) => out.extend_from_slice(time.to_seconds().as_bytes()),
        Value::Float(x) => {
            let text = go_float(*x).to_uppercase();
            match text.as_str() {
                "NAN" => out.extend_from_slice(b"NaN"),
                "+INF" => out.extend_from_slice(b"+Inf"),
                "-INF" => out.extend_from_slice(b"-Inf"),
                text => {
                    out.extend_from_slice(text.as_bytes());
                    if !text.contains(['.', 'E']) {
                        out.extend_from_slice(b".0");
                    }
                }
            }
        }
    }
}

fn push_metadata(metadata: &Data, out: &mut Vec<u8>) {
    for (name, text) in flatten(metadata) {
        out.extend_from_slice(PREFIX.as_bytes());
        out.extend_from_slice(name.as_bytes());
        out.push(b'=');
        push_escaped(text.as_bytes(), out);
        out.push(b'\n');
    }
}
