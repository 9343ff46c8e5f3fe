//! Plain ENV texts in a dialect. Encrypted they are ENV files of SOPS: each selected entry becomes one line
//! `NAME=ENC[...]` without `export`, whose value is what the reader of the dialect sees.

use super::super::data::Data;
use super::super::edits::Edits;
use super::super::error::{Error, ErrorKind};
use super::super::format::{Format, FormatName, Layout, Spelling};
use super::super::limits::Limits;
use super::super::tree::{Flags, Kind, Name, NodeId, Span, Style, Tree, TreeBuilder};
use super::super::value::{Text, Value};
use super::dialect::Dialect;
use super::scan::{line_end, no_lone_cr};
use super::{Dotenv, PREFIX, cannot, key_of, last_line, line_of, push_line, push_value, read};
use zeroize::Zeroizing;

/// The format of plain texts in one dialect.
pub(super) struct Plain(pub(super) Dialect);

/// What a line is.
enum Line {
    Empty,
    /// `#` and a text.
    Comment,
    /// Nothing to the reader of the dialect, and an error to SOPS: blanks, a comment behind blanks.
    Odd,
    Entry,
}

impl Plain {
    fn line(&self, line: &[u8]) -> Line {
        let text = line.strip_suffix(b"\r").filter(|_| self.0 != Dialect::Shell).unwrap_or(line);
        let text = match text.iter().position(|byte| !matches!(byte, b' ' | b'\t')) {
            None if line.is_empty() => return Line::Empty,
            None => return Line::Odd,
            Some(blanks) => &text[blanks..],
        };
        match text.first() {
            Some(b'#') if line.first() == Some(&b'#') => Line::Comment,
            Some(b'#') => Line::Odd,
            Some(b';') if self.0 == Dialect::Systemd => Line::Odd,
            _ => Line::Entry,
        }
    }

    /// Refuses a line without an entry in which a reader might see one.
    fn check_comment(&self, source: &[u8], at: usize, end: usize) -> Result<(), Error> {
        no_lone_cr(source, at, end)?;
        if self.0 == Dialect::Systemd && source[at..end].trim_ascii_end().ends_with(b"\\") {
            let message = "systemd before 254 joins the next line to a comment that ends in a backslash";
            return Err(Error::syntax(message, at));
        }
        Ok(())
    }

    /// The line `NAME=value`.
    fn push(&self, name: &[u8], value: &Value<'_>, out: &mut Vec<u8>) -> Result<(), Error> {
        let mut text = Zeroizing::new(Vec::new());
        let spelled = self.0.spell(name, text_of(value, &mut text)).map_err(|problem| {
            let name = String::from_utf8_lossy(name);
            cannot(format!("`{name}` has no spelling for {}: {problem}", self.0.reader()))
        })?;
        out.extend_from_slice(name);
        out.push(b'=');
        out.extend_from_slice(&spelled);
        Ok(())
    }
}

/// The bytes of a value that may be no string.
fn text_of<'v>(value: &'v Value<'_>, scratch: &'v mut Vec<u8>) -> &'v [u8] {
    match value {
        Value::Str(text) => text,
        value => {
            super::push_typed(value, scratch);
            scratch
        }
    }
}

/// The bytes of an entry with all that belongs to it.
fn entry_of(tree: &Tree<'_>, id: NodeId) -> Span {
    let at = tree.entries.binary_search_by_key(&id, |(node, _)| *node);
    at.map_or_else(|_none| line_of(tree, id), |at| tree.entries[at].1)
}

/// An entry without what stands above and below it.
fn own_lines(tree: &Tree<'_>, id: NodeId) -> Span {
    let node = tree.node(id);
    Span::new(node.entry as usize, line_end(tree.source, node.span.end as usize))
}

impl Format for Plain {
    fn name(&self) -> FormatName {
        FormatName::Dotenv
    }

    fn dialect(&self) -> Option<Dialect> {
        Some(self.0)
    }

    fn sealed(&self) -> Option<&'static dyn Format> {
        Some(&Dotenv)
    }

    fn parse<'s>(&self, source: &'s [u8], limits: &Limits) -> Result<Tree<'s>, Error> {
        let mut builder = TreeBuilder::new(source, limits)?;
        check_text(source)?;
        if self.0 == Dialect::Dotenv && matches!(source.last(), Some(b' ' | b'\t')) {
            return Err(Error::syntax(
                "some dotenv libraries refuse a file that ends in blanks",
                source.len() - 1,
            ));
        }
        builder.document(Span::new(0, source.len()))?;
        let mut entries: Vec<(NodeId, Span)> = Vec::new();
        let (mut at, mut odd) = (0, None);
        while at < source.len() {
            let end = line_end(source, at);
            match self.line(&source[at..end]) {
                Line::Empty => {}
                Line::Comment => {
                    self.check_comment(source, at, end)?;
                    if odd.is_none() {
                        builder.comment(Span::new(at + 1, end));
                    }
                }
                Line::Odd => {
                    self.check_comment(source, at, end)?;
                    odd.get_or_insert(at);
                }
                Line::Entry => {
                    let entry = self.0.entry(source, at)?;
                    let name = &source[entry.name.clone()];
                    let flags =
                        if name.starts_with(PREFIX.as_bytes()) { Flags::METADATA } else { Flags::default() };
                    let span = Span::new(entry.spelled.start, entry.spelled.end);
                    let same = *entry.value == source[entry.spelled];
                    let value =
                        if same { Text::Borrowed(&source[span.range()]) } else { Text::Owned(entry.value) };
                    let id =
                        builder.leaf(Name::Key(name.into()), Value::Str(value), span, Style::Plain, flags)?;
                    builder.tree_mut().nodes[id as usize].entry = at as u32;
                    entries.push((id, Span::new(odd.take().unwrap_or(at), entry.end)));
                    at = entry.end + 1;
                    continue;
                }
            }
            at = end + 1;
        }
        let mut tree = builder.finish();
        if let Some(odd) = odd {
            // Below the last entry there is none that it could go with.
            let Some((_, last)) = entries.last_mut() else {
                return Err(Error::syntax("a line of blanks, or a comment behind blanks, and no entry", odd));
            };
            last.end = (source.len() - usize::from(source.ends_with(b"\n"))) as u32;
            tree.comments.retain(|comment| comment.span.start < last.start);
        }
        tree.entries = entries;
        Ok(tree)
    }

    fn read_clear(&self, tree: &mut Tree<'_>, is_clear: &dyn Fn(NodeId) -> bool) -> Result<(), Error> {
        let source = tree.source;
        for (id, span) in tree.entries.iter().filter(|(id, _)| is_clear(*id)) {
            let node = &mut tree.nodes[*id as usize];
            let line = &source[span.range()];
            if line.contains(&b'\n') {
                let what = if node.entry == span.start {
                    "over several lines"
                } else {
                    "with such lines above or below it"
                };
                let message =
                    format!("an entry {what} cannot stay in clear; SOPS reads every line for itself");
                return Err(Error::new(ErrorKind::Inexpressible(message), span.start as usize));
            }
            let equals = line.iter().position(|byte| *byte == b'=').unwrap_or(line.len());
            node.name = Name::Key(line[..equals].into());
            node.kind = Kind::Leaf(read(line.get(equals + 1..).unwrap_or_default()));
        }
        Ok(())
    }

    fn put_cipher(&self, tree: &Tree<'_>, id: NodeId, token: &str, edits: &mut Edits) {
        edits.replace_with(entry_of(tree, id), |out| {
            out.extend_from_slice(key_of(tree, id));
            out.push(b'=');
            out.extend_from_slice(token.as_bytes());
        });
    }

    fn layout_hint(&self, tree: &Tree<'_>, id: NodeId) -> Option<Vec<u8>> {
        let node = tree.node(id);
        let Kind::Leaf(value) = &node.kind else { return None };
        let entry = tree.text(entry_of(tree, id));
        let mut plain = Zeroizing::new(Vec::with_capacity(entry.len()));
        let same = self.push(key_of(tree, id), value, &mut plain).is_ok() && **plain == *entry;
        (!same).then(|| entry.to_vec())
    }

    /// A value without a spelling leaves a text that does not read back.
    fn put_plain(&self, tree: &Tree<'_>, id: NodeId, value: &Value<'_>, _how: Spelling, edits: &mut Edits) {
        edits.replace_with(line_of(tree, id), |out| {
            let _unspelled = self.push(key_of(tree, id), value, out);
        });
    }

    fn put_hint(&self, tree: &Tree<'_>, id: NodeId, hint: &[u8], edits: &mut Edits) {
        edits.replace(line_of(tree, id), hint);
    }

    fn add_metadata(
        &self,
        tree: &Tree<'_>,
        metadata: &Data,
        layout: &Layout,
        edits: &mut Edits,
    ) -> Result<(), Error> {
        Dotenv.add_metadata(tree, metadata, layout, edits)
    }

    fn remove_metadata(&self, tree: &Tree<'_>, edits: &mut Edits) {
        Dotenv.remove_metadata(tree, edits);
    }

    fn metadata(&self, _tree: &Tree<'_>) -> Option<Data> {
        None
    }

    fn write(
        &self,
        documents: &[Data],
        _metadata: Option<&Data>,
        _layout: &Layout,
    ) -> Result<Zeroizing<Vec<u8>>, Error> {
        super::write_lines(documents, |key, value, out| self.push(key, value, out))
    }

    fn put_data(
        &self,
        tree: &Tree<'_>,
        id: NodeId,
        data: &Data,
        _how: Spelling,
        edits: &mut Edits,
    ) -> Result<(), Error> {
        let mut line = Zeroizing::new(Vec::new());
        let name = key_of(tree, id);
        self.push(name, value_of(data)?, &mut line)?;
        edits.replace(tree.node(id).span, &line[name.len() + 1..]);
        Ok(())
    }

    /// The line goes behind the last entry and the comments that follow it at once, with `export` if that
    /// has it.
    fn add_entry(
        &self,
        tree: &Tree<'_>,
        _parent: NodeId,
        key: Option<&[u8]>,
        data: &Data,
        _how: Spelling,
        edits: &mut Edits,
    ) -> Result<(), Error> {
        let mut line = Zeroizing::new(Vec::new());
        let (last, end) = match tree.entries.last() {
            Some((id, span)) => (tree.text(own_lines(tree, *id)).trim_ascii_start(), span.end as usize),
            None => (&b""[..], tree.source.len()),
        };
        if self.0 != Dialect::Docker
            && last
                .strip_prefix(b"export")
                .is_some_and(|rest| rest.starts_with(b" ") || rest.starts_with(b"\t"))
        {
            line.extend_from_slice(b"export ");
        }
        self.push(key.unwrap_or_default(), value_of(data)?, &mut line)?;
        push_line(tree.source, last_line(tree.source, end), &line, edits);
        Ok(())
    }

    fn remove_entry(
        &self,
        tree: &Tree<'_>,
        id: NodeId,
        _how: Spelling,
        edits: &mut Edits,
    ) -> Result<(), Error> {
        super::remove_line(tree.source, own_lines(tree, id), edits);
        Ok(())
    }

    fn same_value(&self, wanted: &Value<'_>, read: &Value<'_>) -> bool {
        let mut text = Zeroizing::new(Vec::new());
        matches!(read, Value::Str(read) if **read == *text_of(wanted, &mut text))
    }
}

/// What no dialect can hold.
fn check_text(source: &[u8]) -> Result<(), Error> {
    if source.starts_with(b"\xef\xbb\xbf") {
        return Err(Error::syntax(
            "the file begins with a byte order mark, which some readers take for a part of the first name",
            0,
        ));
    }
    if let Err(error) = std::str::from_utf8(source) {
        return Err(Error::new(ErrorKind::NotUtf8, error.valid_up_to()));
    }
    match source.iter().position(|byte| *byte == 0) {
        Some(nul) => Err(Error::syntax("there is a NUL byte", nul)),
        None => Ok(()),
    }
}

fn value_of(data: &Data) -> Result<&Value<'static>, Error> {
    match data {
        Data::Value(value) => Ok(value),
        _ => Err(cannot(super::ONE_VALUE)),
    }
}

/// The plain text of `tree` as `to` reads it, or SOPS: every entry is spelled anew, comments and blank lines
/// stay.
///
/// # Errors
/// A name or value has no spelling there; the place is that in the text of the tree.
pub fn respell(tree: &Tree<'_>, to: Option<Dialect>) -> Result<Zeroizing<Vec<u8>>, Error> {
    let mut edits = Edits::default();
    for id in 1..tree.nodes.len() as NodeId {
        let Kind::Leaf(value) = &tree.node(id).kind else { continue };
        let name = key_of(tree, id);
        let own = if tree.entries.is_empty() { line_of(tree, id) } else { own_lines(tree, id) };
        let (span, written) = match to {
            Some(dialect) => (own, respelled(name, |line| Plain(dialect).push(name, value, line))),
            None => (entry_of(tree, id), respelled(name, |line| plain_line(name, value, line))),
        };
        let line = written.map_err(|error| Error::new(error.kind, own.start as usize))?;
        edits.replace(span, &line);
    }
    let text = edits.apply(tree.source).map_err(|overlap| cannot(overlap.to_string()))?;
    let format: &dyn Format = to.map_or(&Dotenv, Dialect::format);
    let read = format.parse(&text, &Limits::default())?;
    for id in 1..tree.nodes.len().max(read.nodes.len()) as NodeId {
        let same = match (tree.nodes.get(id as usize), read.nodes.get(id as usize)) {
            (Some(a), Some(b)) => a.name == b.name && a.kind == b.kind,
            _ => false,
        };
        if !same {
            let at = tree.nodes.get(id as usize).map_or(0, |node| node.entry as usize);
            return Err(Error::new(
                cannot("the text around an entry means something to the other reader").kind,
                at,
            ));
        }
    }
    Ok(text)
}

fn respelled(
    name: &[u8],
    push: impl FnOnce(&mut Vec<u8>) -> Result<(), Error>,
) -> Result<Zeroizing<Vec<u8>>, Error> {
    let mut line = Zeroizing::new(Vec::with_capacity(name.len() + 64));
    push(&mut line).map(|()| line)
}

fn plain_line(name: &[u8], value: &Value<'_>, line: &mut Vec<u8>) -> Result<(), Error> {
    super::refuse_backslash_n(value)
        .map_err(|error| cannot(format!("`{}` cannot be written: {error}", String::from_utf8_lossy(name))))?;
    line.extend_from_slice(name);
    line.push(b'=');
    push_value(value, line);
    Ok(())
}

#[cfg(test)]
mod tests;
