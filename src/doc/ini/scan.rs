//! The scanner: INI text to a tree, by the rules of the reader that SOPS uses.
//!
//! What that reader would drop or mistake is refused with its place: a key twice in a section, the key `-`,
//! text behind a closing quote or bracket.

use super::super::error::{Error, ErrorKind};
use super::super::limits::Limits;
use super::super::tree::{Flags, Kind, Name, NodeId, Span, Style, Tree, TreeBuilder};
use super::super::value::{Text, Value};
use super::space::{line_end, rfind, trim, trim_end, trim_start};
use super::{DEFAULT, METADATA};
use std::collections::HashSet;
use zeroize::Zeroizing;

/// A value as it stands behind its delimiter.
pub(super) struct Read<'s> {
    /// What it says.
    pub(super) value: Value<'s>,
    /// Its text with quotes and continuation lines.
    pub(super) span: Span,
    /// Its quotes.
    pub(super) style: Style,
    /// The comment behind it, with its marker.
    pub(super) comment: Option<Span>,
    /// Where the next line begins.
    pub(super) next: usize,
}

/// Reads a document.
pub(super) fn parse<'s>(source: &'s [u8], limits: &Limits) -> Result<Tree<'s>, Error> {
    let mut builder = TreeBuilder::new(source, limits)?;
    if source.starts_with(b"\xfe\xff") || source.starts_with(b"\xff\xfe") {
        return Err(Error::new(ErrorKind::NotUtf8, 0));
    }
    builder.document(Span::new(0, source.len()))?;
    let mut scan = Scan { source, builder, block: None, names: HashSet::new() };
    let mut at = if source.starts_with(b"\xef\xbb\xbf") { 3 } else { 0 };
    while at < source.len() {
        let end = line_end(source, at);
        let start = at + trim_start(&source[at..end]);
        at = match source[start..end].first() {
            None => end,
            Some(b'#' | b';') => {
                let block = scan.block.get_or_insert(Span::new(start, start));
                block.end = (start + trim_end(&source[start..end])) as u32;
                end
            }
            Some(b'[') => {
                scan.section(start, end)?;
                end
            }
            Some(_) => scan.key(start, end)?,
        };
    }
    // Comments at the end belong to no key; they stay with the last section.
    scan.take_block();
    Ok(scan.builder.finish())
}

struct Scan<'s> {
    source: &'s [u8],
    builder: TreeBuilder<'s>,
    /// The comment lines since the last key or section, from the first marker on.
    block: Option<Span>,
    /// The keys of the section.
    names: HashSet<&'s [u8]>,
}

impl<'s> Scan<'s> {
    fn section(&mut self, start: usize, end: usize) -> Result<(), Error> {
        let source = self.source;
        let close = source[start..end].iter().rposition(|b| *b == b']').map(|n| start + n);
        let close = close.ok_or_else(|| Error::syntax("a section name has no closing `]`", start))?;
        let name = &source[start + 1..close];
        if name.is_empty() {
            return Err(Error::syntax("a section has no name", start));
        }
        let comment = behind(source, close + 1, end, "there is text behind the `]` of a section")?;
        let is_metadata = name == METADATA;
        if is_metadata {
            // What stands before the metadata is no part of it.
            self.take_block();
        }
        let entry = self.block.map_or(start, |block| block.start as usize);
        if self.builder.depth() > 1 {
            self.builder.close(entry);
        }
        let flags = if is_metadata { Flags::METADATA } else { Flags::default() };
        let id = self.builder.open(Name::Key(name.into()), Kind::Map, Span::new(start, end), flags)?;
        self.enter(id, entry);
        self.names.clear();
        self.take_block();
        self.inline(comment);
        Ok(())
    }

    /// A key with its value; where the next line begins.
    fn key(&mut self, start: usize, end: usize) -> Result<usize, Error> {
        let source = self.source;
        let (name, delimiter) = key_name(source, start, end)?;
        let entry = self.block.map_or(start, |block| block.start as usize);
        if self.builder.depth() == 1 {
            let name = Name::Key(DEFAULT.into());
            self.builder.open(name, Kind::Map, Span::new(entry, end), Flags::default())?;
        }
        if name.is_empty() {
            return Err(Error::syntax("a line has no key before its `=` or `:`", start));
        }
        if name == b"-" {
            return Err(Error::syntax("the key `-` is a number that SOPS does not write back", start));
        }
        if !self.names.insert(name) {
            let kind = ErrorKind::DuplicateKey(String::from_utf8_lossy(name).into_owned());
            return Err(Error::new(kind, start));
        }
        let read = value(source, delimiter, end)?;
        if let (Style::Plain, Value::Str(text), Some(_)) = (read.style, &read.value, read.comment)
            && matches!(text.first(), Some(b'"' | b'\''))
        {
            let note = "`#` and `;` begin a comment, in single and double quotes too; only back quotes and triple quotes hold them";
            self.builder.tree_mut().notes.push((read.span.start as usize, note.to_owned()));
        }
        let id =
            self.builder.leaf(Name::Key(name.into()), read.value, read.span, read.style, Flags::default())?;
        self.enter(id, entry);
        self.take_block();
        self.inline(read.comment);
        Ok(read.next)
    }

    fn enter(&mut self, id: NodeId, entry: usize) {
        self.builder.tree_mut().nodes[id as usize].entry = entry as u32;
    }

    /// The lines that wait, as a comment of what is open.
    fn take_block(&mut self) {
        if let Some(span) = self.block.take().and_then(|block| comment_span(self.source, block)) {
            self.builder.comment(span);
        }
    }

    fn inline(&mut self, comment: Option<Span>) {
        if let Some(span) = comment.and_then(|comment| comment_span(self.source, comment)) {
            self.builder.comment(span);
        }
    }
}

fn is_marking(byte: u8) -> bool {
    matches!(byte, b'#' | b';' | b' ' | b'\t' | b'\r')
}

/// Whether a comment's text is one whose first line says nothing, with the marker of that line.
///
/// SOPS cannot write a comment that begins with an empty line, so such a text keeps its first marker.
pub(super) fn is_complete(text: &[u8]) -> bool {
    let Some(first) = text.iter().position(|b| *b == b'\n') else { return false };
    matches!(text.first(), Some(b'#' | b';')) && text[..first].iter().all(|b| is_marking(*b))
}

/// The text of the comment lines in `block`, which begins with a marker: what follows the markers of the
/// first line, or all of it if that is nothing. `None` if no line says anything.
fn comment_span(source: &[u8], block: Span) -> Option<Span> {
    let text = &source[block.range()];
    if text.iter().all(|b| is_marking(*b) || *b == b'\n') {
        return None;
    }
    if is_complete(text) {
        return Some(block);
    }
    let marker = *text.first()?;
    let skip = text.iter().take_while(|b| **b == marker || **b == b' ').count();
    Some(Span { start: block.start + skip as u32, end: block.end })
}

/// The comment between `at` and the end of a line, before which there must be nothing.
fn behind(source: &[u8], at: usize, end: usize, complaint: &str) -> Result<Option<Span>, Error> {
    let rest = &source[at..end];
    let marker = rest.iter().position(|b| matches!(b, b'#' | b';'));
    let before = &rest[..marker.unwrap_or(rest.len())];
    let skip = trim_start(before);
    if skip < before.len() {
        return Err(Error::syntax(complaint, at + skip));
    }
    Ok(marker.map(|n| Span::new(at + n, at + trim_end(rest))))
}

/// The name of the key on a line, and where the text behind its delimiter begins.
pub(super) fn key_name(source: &[u8], start: usize, end: usize) -> Result<(&[u8], usize), Error> {
    let line = &source[start..end];
    let quote: &[u8] = match line {
        [b'"', b'"', b'"', ..] if line.len() > 6 => b"\"\"\"",
        [b'"', ..] => b"\"",
        [b'`', ..] => b"`",
        _ => b"",
    };
    let (name, behind) = if quote.is_empty() {
        (line, 0)
    } else {
        let inner = &line[quote.len()..];
        let close = inner.windows(quote.len()).position(|w| w == quote);
        let close = close.ok_or_else(|| Error::syntax("a quoted key does not end", start))?;
        (&inner[..close], quote.len() + close + quote.len())
    };
    let delimiter = memchr::memchr2(b'=', b':', &line[behind..]);
    let delimiter = behind + delimiter.ok_or_else(|| Error::syntax("a line has no `=` and no `:`", start))?;
    let name = if quote.is_empty() { &line[..delimiter] } else { name };
    Ok((trim(name), start + delimiter + 1))
}

/// The value that begins at `at` in a line that ends at `end`.
pub(super) fn value(source: &[u8], at: usize, end: usize) -> Result<Read<'_>, Error> {
    let start = at + trim_start(&source[at..end]);
    let rest = &source[start..end];
    if rest.is_empty() {
        let start = if matches!(source.get(at), Some(b' ' | b'\t')) { at + 1 } else { at };
        let (value, span) = (Value::Str(Text::Borrowed(b"")), Span::new(start, start));
        return Ok(Read { value, span, style: Style::Plain, comment: None, next: end });
    }
    match rest {
        [b'"', b'"', b'"', _, ..] => return quoted(source, start, end, b"\"\"\"", Style::Triple),
        [b'`', ..] => return quoted(source, start, end, b"`", Style::Back),
        b"\"\"\"" => return Err(Error::syntax("a value is three quotes and nothing else", start)),
        _ => {}
    }
    let line = trim(rest);
    if let Some((b'\\', first)) = line.split_last() {
        return Ok(continued(source, start, first, end));
    }
    let marker = memchr::memchr2(b'#', b';', line);
    let text = &line[..marker.map_or(line.len(), |n| trim_end(&line[..n]))];
    let comment = marker.map(|n| Span::new(start + n, start + line.len()));
    let surrounded = |quote: u8| {
        text.len() >= 2
            && text[0] == quote
            && text[1..].iter().position(|b| *b == quote) == Some(text.len() - 2)
    };
    let (value, style) = match (surrounded(b'\''), surrounded(b'"')) {
        (true, _) => (&text[1..text.len() - 1], Style::Single),
        (_, true) => (&text[1..text.len() - 1], Style::Double),
        _ => (text, Style::Plain),
    };
    let span = Span::new(start, start + text.len());
    Ok(Read { value: Value::Str(value.into()), span, style, comment, next: end })
}

/// A value in back or triple quotes, on one line or several.
fn quoted<'s>(
    source: &'s [u8],
    start: usize,
    mut end: usize,
    quote: &[u8],
    style: Style,
) -> Result<Read<'s>, Error> {
    let body = start + quote.len();
    let mut line = body;
    let close = loop {
        if let Some(found) = rfind(&source[line..end], quote) {
            break line + found;
        }
        if end == source.len() {
            return Err(Error::syntax("a quoted value does not end", start));
        }
        line = end;
        end = line_end(source, line);
    };
    let after = close + quote.len();
    let comment = behind(source, after, end, "there is text behind the closing quote of a value")?;
    if let (Some(comment), true) = (comment, line == body) {
        let complaint = "there is a comment behind a quoted value, which SOPS does not read";
        return Err(Error::syntax(complaint, comment.start as usize));
    }
    let (value, span) = (Value::Str((&source[body..close]).into()), Span::new(start, after));
    Ok(Read { value, span, style, comment, next: end })
}

/// A value that goes on behind a backslash at the end of its line.
fn continued<'s>(source: &'s [u8], start: usize, first: &[u8], mut end: usize) -> Read<'s> {
    let mut last = start + first.len() + 1;
    // The lines of the value are looked at first: a buffer that grows leaves copies.
    let mut parts: Vec<&[u8]> = vec![first];
    while end < source.len() {
        let line = end;
        end = line_end(source, line);
        let next = trim(&source[line..end]);
        if next.is_empty() {
            break;
        }
        last = line + trim_end(&source[line..end]);
        match next.split_last() {
            Some((b'\\', next)) => parts.push(next),
            _ => {
                parts.push(next);
                break;
            }
        }
    }
    let mut text = Zeroizing::new(Vec::with_capacity(parts.iter().map(|part| part.len()).sum()));
    parts.iter().for_each(|part| text.extend_from_slice(part));
    let (value, span) = (Value::Str(Text::Owned(text)), Span::new(start, last));
    Read { value, span, style: Style::Plain, comment: None, next: end }
}
