//! The metadata in its section, and ciphertexts of comments in their lines.

use super::super::data::Data;
use super::super::edits::Edits;
use super::super::error::{Error, ErrorKind};
use super::super::flatten::{flatten, unflatten};
use super::super::tree::{Kind, Name, NodeId, Span, Style, Tree};
use super::super::value::Value;
use super::scan::is_complete;
use super::space::line_end;
use super::{METADATA, cannot, line_end_of, spell};
use std::collections::BTreeMap;

/// Appends the section of the metadata, behind an empty line.
pub(super) fn add(tree: &Tree<'_>, metadata: &Data, edits: &mut Edits) -> Result<(), Error> {
    let (source, lines) = (tree.source, Lines::of(metadata)?);
    let ends_in_line = source.last().is_some_and(|b| *b != b'\n');
    let new_line = line_end_of(source);
    edits.replace_with(Span::new(source.len(), source.len()), |out| {
        if ends_in_line {
            out.extend_from_slice(new_line);
        }
        if !is_blank(source) {
            out.extend_from_slice(new_line);
        }
        out.push(b'[');
        out.extend_from_slice(METADATA);
        out.push(b']');
        out.extend_from_slice(new_line);
        lines.push(new_line, out);
        // Without a final line end before, without one after.
        if ends_in_line {
            out.truncate(out.len() - new_line.len());
        }
    });
    Ok(())
}

/// Removes the section of the metadata, and what [`add`] put before it if it is the last.
pub(super) fn remove(tree: &Tree<'_>, edits: &mut Edits) {
    let source = tree.source;
    for id in tree.metadata() {
        let (mut start, end) = section(tree, id);
        if end == source.len() {
            // The line end of the header is the one that was written before it too.
            let header = &source[..line_end(source, start)];
            let new_line: &[u8] = if header.ends_with(b"\r\n") { b"\r\n" } else { b"\n" };
            let added = if source.ends_with(b"\n") { 1 } else { 2 };
            for _ in 0..added {
                if source[..start].ends_with(new_line) {
                    start -= new_line.len();
                }
            }
        }
        edits.replace(Span::new(start, end), b"");
    }
}

/// Puts other metadata into the section that is there. Lines that say the same stay as they are, others keep
/// their place and quotes.
pub(super) fn replace(tree: &Tree<'_>, metadata: &Data, edits: &mut Edits) -> Result<(), Error> {
    let Some(id) = tree.metadata().next() else { return add(tree, metadata, edits) };
    let source = tree.source;
    let header = line_end(source, tree.node(id).span.start as usize);
    let new_line: &[u8] = if source[..header].ends_with(b"\r\n") { b"\r\n" } else { b"\n" };
    let mut fields: BTreeMap<String, String> = flatten(metadata).into_iter().collect();
    let mut places: Vec<(String, usize)> = Vec::new();
    let (mut end, mut width) = (header, 0);
    for child in tree.children(id) {
        let node = tree.node(child);
        let Some((name, old)) = field(tree, child) else { continue };
        let (start, key) = line_of(tree, child);
        end = line_end(source, node.span.end as usize);
        width = width.max(key);
        let Some(text) = fields.remove(&name) else {
            edits.replace(Span::new(start, end), b"");
            continue;
        };
        places.push((name, start));
        if text == old {
            continue;
        }
        // SOPS 3.13.0 and 3.13.1 wrote real line ends between three quotes.
        let spread = tree.text(node.span).contains(&b'\n');
        let text = if spread { text } else { text.replace('\n', "\\n") };
        let mut fits = false;
        edits.replace_with(node.span, |out| {
            fits = spell::push(&Value::Str(text.as_bytes().into()), Some(node.style), out);
        });
        if !fits {
            return Err(unfit(&places[places.len() - 1].0));
        }
    }
    for (name, text) in fields {
        let at = places.iter().find(|(other, _)| *other > name).map_or(end, |(_, start)| *start);
        let (key, value) = line(&name, &text)?;
        edits.replace_with(Span::new(at, at), |out| {
            let complete = at == 0 || source[at - 1] == b'\n';
            if !complete {
                out.extend_from_slice(new_line);
            }
            push_line(&key, width, &value, out);
            if complete {
                out.extend_from_slice(new_line);
            }
        });
    }
    Ok(())
}

/// Where the line of a key begins, and the width to which its key is padded.
fn line_of(tree: &Tree<'_>, id: NodeId) -> (usize, usize) {
    let value = tree.node(id).span.start as usize;
    let start = tree.source[..value].iter().rposition(|b| *b == b'\n').map_or(0, |n| n + 1);
    let before = &tree.source[start..value];
    let delimiter = before.iter().position(|b| *b == b'=').unwrap_or_default();
    (start, delimiter.saturating_sub(1))
}

/// Name and text of a field.
fn field(tree: &Tree<'_>, id: NodeId) -> Option<(String, String)> {
    let node = tree.node(id);
    let (Name::Key(name), Kind::Leaf(Value::Str(text))) = (&node.name, &node.kind) else { return None };
    let text = String::from_utf8_lossy(text).replace("\\n", "\n");
    Some((std::str::from_utf8(name).ok()?.to_owned(), text))
}

/// The metadata in its nested form.
pub(super) fn read(tree: &Tree<'_>) -> Option<Data> {
    let section = tree.metadata().next()?;
    let pairs: Vec<(String, String)> = tree.children(section).filter_map(|id| field(tree, id)).collect();
    Some(unflatten(pairs.iter().map(|(name, text)| (name.as_str(), text.as_str()))))
}

/// Where a section begins, header or first key, and where it ends: before the comments of the next one.
pub(super) fn section(tree: &Tree<'_>, id: NodeId) -> (usize, usize) {
    let node = tree.node(id);
    let end = tree.nodes.get(node.end as usize).map_or(tree.source.len(), |next| next.entry as usize);
    // Up to the line of the next header or of the first comment before it.
    let in_line = tree.source[..end].iter().rposition(|b| *b == b'\n').map_or(0, |n| n + 1);
    let end = if end == tree.source.len() { end } else { in_line };
    (node.span.start as usize, end)
}

/// Before a text that is empty or a mere byte order mark there is no empty line.
fn is_blank(source: &[u8]) -> bool {
    matches!(source, b"" | b"\xef\xbb\xbf")
}

/// The lines of the metadata, keys padded to one width.
struct Lines {
    lines: Vec<(Vec<u8>, Vec<u8>)>,
    width: usize,
}

impl Lines {
    fn of(metadata: &Data) -> Result<Self, Error> {
        let mut lines = Vec::new();
        for (name, text) in flatten(metadata) {
            lines.push(line(&name, &text)?);
        }
        let width = lines.iter().map(|(key, _)| key.len()).max().unwrap_or_default();
        Ok(Self { lines, width })
    }

    fn push(&self, new_line: &[u8], out: &mut Vec<u8>) {
        for (key, value) in &self.lines {
            push_line(key, self.width, value, out);
            out.extend_from_slice(new_line);
        }
    }
}

/// Key and value of a field as they are spelled.
fn line(name: &str, text: &str) -> Result<(Vec<u8>, Vec<u8>), Error> {
    let (mut key, mut value) = (Vec::new(), Vec::new());
    let text = text.replace('\n', "\\n");
    let text = Value::Str(text.as_bytes().into());
    if spell::push_key(name.as_bytes(), &mut key) && spell::push(&text, Some(Style::Plain), &mut value) {
        return Ok((key, value));
    }
    Err(unfit(name))
}

fn push_line(key: &[u8], width: usize, value: &[u8], out: &mut Vec<u8>) {
    out.extend_from_slice(key);
    out.extend(std::iter::repeat_n(b' ', width.saturating_sub(key.len())));
    out.extend_from_slice(b" = ");
    out.extend_from_slice(value);
}

fn unfit(name: &str) -> Error {
    cannot(format!("the field `{name}` of the metadata fits no line of an INI file"))
}

fn is_space_only(line: &[u8]) -> bool {
    line.iter().all(|b| matches!(b, b' ' | b'\t' | b'\r' | 0x0b | 0x0c))
}

/// A line without any character makes SOPS crash when it writes the comment, so empty lines get a space more.
pub(super) fn seal_comment(text: &mut Vec<u8>) {
    let mut at = 0;
    while at <= text.len() {
        let end = text[at..].iter().position(|b| *b == b'\n').map_or(text.len(), |n| at + n);
        let mut next = end + 1;
        if is_space_only(&text[at..end]) {
            text.insert(at, b' ');
            next += 1;
        }
        at = next;
    }
}

/// The reverse of [`seal_comment`] from byte `from` on.
pub(super) fn open_comment(text: &mut Vec<u8>, from: usize) {
    let mut at = from;
    while at <= text.len() {
        let end = text[at..].iter().position(|b| *b == b'\n').map_or(text.len(), |n| at + n);
        let mut next = end + 1;
        if text[at..end].starts_with(b" ") && is_space_only(&text[at..end]) {
            text.remove(at);
            next -= 1;
        }
        at = next;
    }
}

/// The marker stays before the token; a text with a marker of its own has it from there.
pub(super) fn put_comment_cipher(
    tree: &Tree<'_>,
    index: usize,
    token: &str,
    edits: &mut Edits,
) -> Result<(), Error> {
    let span = tree.comments[index].span;
    let source = tree.source;
    let line = source[..span.start as usize].iter().rposition(|b| *b == b'\n').map_or(0, |n| n + 1);
    let header = source[line..].iter().position(|b| !b.is_ascii_whitespace());
    if header.is_some_and(|n| source[line + n] == b'[') {
        let message = "a comment behind the name of a section cannot be encrypted there, as readers look for the last `]` of the line; put it on a line of its own";
        return Err(Error::new(ErrorKind::Inexpressible(message.to_owned()), span.start as usize));
    }
    edits.replace_with(span, |out| {
        if is_complete(tree.text(span)) {
            out.push(source[span.start as usize]);
        }
        out.extend_from_slice(token.as_bytes());
    });
    Ok(())
}

/// The reverse of [`put_comment_cipher`].
pub(super) fn put_comment_plain(tree: &Tree<'_>, index: usize, text: &[u8], edits: &mut Edits) {
    let mut span = tree.comments[index].span;
    let before = tree.source[..span.start as usize].last();
    if is_complete(text) && before.is_some_and(|b| matches!(b, b'#' | b';')) {
        span.start -= 1;
    }
    edits.replace(span, text);
}
