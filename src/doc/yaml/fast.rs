//! The fast path: the subset of YAML that most large files are in, read line by line.
//!
//! Block maps and lists, plain and quoted scalars of one line, block scalars, comments, empty flow
//! collections, one document, LF line ends. At anything else it gives up and the full parser decides, so
//! it may be strict at will, but what it does read it must read as the full parser does: the tests
//! compare the two on random and real documents.

use super::super::limits::Limits;
use super::super::tree::{Flags, Kind, Name, NodeId, Span, Style, Tree, TreeBuilder};
use super::super::value::{Text, Value};
use super::block::Block;
use super::lines::check_characters;
use super::resolve::{Tag, resolve};
use comments::Comments;
use std::collections::HashSet;
use zeroize::Zeroizing;

mod comments;
mod pieces;

/// Longest key, in bytes: beyond about a thousand YAML wants `?`.
const MAX_KEY: usize = 512;
/// Up to this many keys of a map, repeated ones are looked for one by one.
const FEW_KEYS: usize = 16;

/// The tree of `source`, if it is in the subset. Large texts are read in pieces.
pub(super) fn parse<'s>(source: &'s [u8], limits: &Limits) -> Option<Tree<'s>> {
    if source.starts_with(b"\xef\xbb\xbf") {
        return None;
    }
    pieces::parse(source, limits, pieces::SIZE)
}

/// Whether all of `text`, which is a part of a text, is allowed and is what this reader knows.
fn check(text: &[u8]) -> Option<()> {
    let text = std::str::from_utf8(text).ok()?;
    if memchr::memchr(b'\r', text.as_bytes()).is_some() {
        return None;
    }
    // U+2028 and U+2029 are allowed in some places only.
    if !text.is_ascii() && text.contains(['\u{2028}', '\u{2029}']) {
        return None;
    }
    check_characters(text).ok().map(drop)
}

/// An open map or list.
struct Frame<'s> {
    list: bool,
    /// Column of its keys or dashes.
    column: usize,
    /// A key or dash that waits for its value.
    waiting: Option<Waiting<'s>>,
    keys: Vec<&'s [u8]>,
    many_keys: HashSet<&'s [u8]>,
}

struct Waiting<'s> {
    name: Name<'s>,
    /// Where the key or dash stands.
    entry: usize,
    /// Behind the colon or dash.
    after: usize,
}

struct Reader<'s> {
    source: &'s [u8],
    builder: TreeBuilder<'s>,
    frames: Vec<Frame<'s>>,
    /// Behind the last token.
    cursor: usize,
    comments: Comments,
}

/// A scalar of one line, or a block.
struct Scalar<'s> {
    value: Value<'s>,
    span: Span,
    style: Style,
    flags: Flags,
    /// The container it opens and closes at once, for `[]` and `{}`.
    empty: Option<Kind<'s>>,
    /// Where reading goes on.
    next: usize,
}

impl<'s> Reader<'s> {
    fn new(source: &'s [u8], limits: &Limits) -> Option<Self> {
        let builder = TreeBuilder::new(source, limits).ok()?;
        Some(Self { source, builder, frames: Vec::new(), cursor: 0, comments: Comments::new() })
    }

    /// Reads the lines from `start` to `end`, and closes all but the root. `None` anywhere: not in the subset.
    fn lines(&mut self, start: usize, end: usize) -> Option<()> {
        let mut at = start;
        while at < end {
            let column = self.source[at..].iter().take_while(|b| **b == b' ').count();
            let start = at + column;
            at = match self.source.get(start) {
                None => break,
                Some(b'\n') => {
                    self.comments.blank();
                    start + 1
                }
                Some(b'#') => {
                    let mark = Span::new(start, self.line_end(start));
                    self.comments.line(mark, column);
                    mark.end as usize + 1
                }
                Some(b'-' | b'.') if column == 0 && self.is_marker(start) => return None,
                Some(_) => {
                    self.descend(column, start)?;
                    self.comments_above(column, start);
                    self.entry(column, start)?
                }
            };
        }
        while self.frames.len() > 1 {
            self.close()?;
        }
        match self.frames.last()?.waiting {
            Some(_) => self.null(),
            None => Some(()),
        }
    }

    /// Whether a line begins like a document marker.
    fn is_marker(&self, at: usize) -> bool {
        matches!(self.source.get(at..at + 3), Some(b"---" | b"..."))
    }

    fn line_end(&self, at: usize) -> usize {
        memchr::memchr(b'\n', &self.source[at..]).map_or(self.source.len(), |n| at + n)
    }

    /// Gives the comments above the entry at `start` to it.
    fn comments_above(&mut self, column: usize, start: usize) {
        let id = self.next_id();
        if self.comments.wait() && self.is_dash(start) {
            // Those above a dash without a value go further.
            let value = self.skip_spaces(start + 1);
            if matches!(self.source.get(value), None | Some(b'\n' | b'#')) {
                self.comments.give_up();
            }
        }
        self.comments.entry(start, column, self.builder.parent(), id);
    }

    /// The node that comes next.
    fn next_id(&self) -> NodeId {
        self.builder.tree().nodes.len() as NodeId
    }

    fn is_dash(&self, at: usize) -> bool {
        self.source.get(at) == Some(&b'-') && matches!(self.source.get(at + 1), None | Some(b' ' | b'\n'))
    }

    /// Closes and opens collections until the innermost is the one of the entry at `start`.
    fn descend(&mut self, column: usize, start: usize) -> Option<()> {
        let dash = self.is_dash(start);
        if self.builder.tree().documents.is_empty() {
            if dash {
                return None;
            }
            self.builder.document(Span::new(start, start)).ok()?;
            self.push(false, column);
            return Some(());
        }
        loop {
            let frame = self.frames.last_mut()?;
            let (list, own) = (frame.list, frame.column);
            if frame.waiting.is_some() {
                if column > own || (column == own && dash && !list) {
                    let waiting = frame.waiting.take()?;
                    return self.open(waiting.name, waiting.entry, dash, column, start);
                }
                self.null()?;
            } else if column == own && dash == list {
                return Some(());
            } else if column < own || (column == own && list) {
                self.close()?;
            } else {
                return None;
            }
        }
    }

    fn push(&mut self, list: bool, column: usize) {
        self.frames.push(Frame { list, column, waiting: None, keys: Vec::new(), many_keys: HashSet::new() });
    }

    fn open(&mut self, name: Name<'s>, entry: usize, list: bool, column: usize, start: usize) -> Option<()> {
        let kind = if list { Kind::List } else { Kind::Map };
        let flags = self.flags(&name);
        let id = self.builder.open(name, kind, Span::new(start, start), flags).ok()?;
        self.builder.tree_mut().nodes[id as usize].entry = entry as u32;
        self.push(list, column);
        Some(())
    }

    fn close(&mut self) -> Option<()> {
        if self.frames.last()?.waiting.is_some() {
            self.null()?;
        }
        self.frames.pop();
        self.builder.close(self.cursor);
        Some(())
    }

    /// Gives null to the key or dash that waits.
    fn null(&mut self) -> Option<()> {
        let waiting = self.frames.last_mut()?.waiting.take()?;
        let span = Span::new(waiting.after, waiting.after);
        let flags = self.flags(&waiting.name);
        let id = self.builder.leaf(waiting.name, Value::Null, span, Style::Plain, flags).ok()?;
        self.builder.tree_mut().nodes[id as usize].entry = waiting.entry as u32;
        Some(())
    }

    /// The marks of a node of the innermost collection.
    fn flags(&self, name: &Name<'s>) -> Flags {
        match name {
            Name::Key(key) if self.frames.len() == 1 && **key == *b"sops" => Flags::METADATA,
            _ => Flags::default(),
        }
    }

    /// Reads an entry of the innermost collection; where the next line begins.
    fn entry(&mut self, mut column: usize, mut start: usize) -> Option<usize> {
        loop {
            let list = self.frames.last()?.list;
            let (name, after) = if list {
                (self.builder.next_index(), start + 1)
            } else {
                let (key, after) = self.key(start)?;
                self.check_new(key)?;
                (Name::Key(Text::Borrowed(key)), after)
            };
            self.cursor = after;
            let value = self.skip_spaces(after);
            match self.source.get(value) {
                None | Some(b'\n') => {
                    self.frames.last_mut()?.waiting = Some(Waiting { name, entry: start, after });
                    return Some(value + 1);
                }
                Some(b'#') => {
                    self.frames.last_mut()?.waiting = Some(Waiting { name, entry: start, after });
                    let mark = Span::new(value, self.line_end(value));
                    self.comments.elsewhere(mark);
                    return Some(mark.end as usize + 1);
                }
                Some(_) => {}
            }
            let nested_list = self.is_dash(value);
            if list && (nested_list || self.key(value).is_some()) {
                column += value - start;
                self.open(name, start, nested_list, column, value)?;
                start = value;
                continue;
            }
            let scalar = self.scalar(value)?;
            let outer = value as u32;
            let flags = self.flags(&name).with(scalar.flags);
            let id = match scalar.empty {
                Some(kind) => {
                    let id = self.builder.open(name, kind, scalar.span, flags).ok()?;
                    self.builder.close(scalar.span.end as usize);
                    id
                }
                None => self.builder.leaf(name, scalar.value, scalar.span, scalar.style, flags).ok()?,
            };
            let node = &mut self.builder.tree_mut().nodes[id as usize];
            (node.outer, node.entry) = (outer, start as u32);
            return Some(scalar.next);
        }
    }

    fn skip_spaces(&self, at: usize) -> usize {
        at + self.source[at..].iter().take_while(|b| **b == b' ').count()
    }

    /// The key at `at`, and what follows its colon.
    fn key(&self, at: usize) -> Option<(&'s [u8], usize)> {
        let source = self.source;
        let first = *source.get(at)?;
        let (key, colon) = if matches!(first, b'"' | b'\'') {
            let length = source[at + 1..].iter().take(MAX_KEY).position(|b| *b == first)?;
            let key = &source[at + 1..at + 1 + length];
            if key.contains(&b'\\') || key.contains(&b'\n') || source.get(at + length + 2) == Some(&b'\'') {
                return None;
            }
            // In quotes it does not merge, which is for the full parser to note.
            if *key == *b"<<" {
                return None;
            }
            (key, at + length + 2)
        } else {
            if !first.is_ascii_alphabetic() && first != b'_' {
                return None;
            }
            let in_key = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.' | b'/');
            let length = source[at..].iter().take(MAX_KEY + 1).take_while(|b| in_key(b)).count();
            let key = &source[at..at + length];
            if length > MAX_KEY || !matches!(resolve(key.into(), true, Tag::None), Ok(Value::Str(_))) {
                return None;
            }
            (key, at + length)
        };
        let ends = matches!(source.get(colon + 1), None | Some(b' ' | b'\n'));
        (source.get(colon) == Some(&b':') && ends).then_some((key, colon + 1))
    }

    /// Repeated keys are for the full parser to report.
    fn check_new(&mut self, key: &'s [u8]) -> Option<()> {
        let frame = self.frames.last_mut()?;
        if frame.keys.len() < FEW_KEYS {
            if frame.keys.contains(&key) {
                return None;
            }
            frame.keys.push(key);
            return Some(());
        }
        if frame.many_keys.is_empty() {
            frame.many_keys.extend(&frame.keys);
        }
        frame.many_keys.insert(key).then_some(())
    }

    /// A value at `at`, after which the line ends.
    fn scalar(&mut self, at: usize) -> Option<Scalar<'s>> {
        let scalar = match *self.source.get(at)? {
            b'"' => self.double(at)?,
            b'\'' => self.single(at)?,
            b'|' | b'>' => return self.block(at),
            open @ (b'[' | b'{') => self.empty(at, open)?,
            _ => self.plain(at)?,
        };
        let end = scalar.span.end as usize;
        self.cursor = end;
        let rest = self.skip_spaces(end);
        let next = match self.source.get(rest) {
            None | Some(b'\n') => rest + 1,
            Some(b'#') if rest > end => {
                let mark = Span::new(rest, self.line_end(rest));
                match scalar.empty {
                    Some(_) => self.comments.elsewhere(mark),
                    None => self.comments.behind(mark, end, self.builder.parent(), self.next_id()),
                }
                mark.end as usize + 1
            }
            Some(_) => return None,
        };
        Some(Scalar { next, ..scalar })
    }

    fn leaf(value: Value<'s>, start: usize, end: usize, style: Style) -> Scalar<'s> {
        Scalar { value, span: Span::new(start, end), style, flags: Flags::default(), empty: None, next: 0 }
    }

    fn empty(&self, at: usize, open: u8) -> Option<Scalar<'s>> {
        let (close, kind) = if open == b'[' { (b']', Kind::List) } else { (b'}', Kind::Map) };
        (self.source.get(at + 1) == Some(&close)).then(|| Scalar {
            flags: Flags::FLOW,
            empty: Some(kind),
            ..Self::leaf(Value::Null, at, at + 2, Style::Plain)
        })
    }

    fn plain(&self, at: usize) -> Option<Scalar<'s>> {
        let line = &self.source[at..self.line_end(at)];
        match line[0] {
            b',' | b'[' | b']' | b'{' | b'}' | b'#' | b'&' | b'*' | b'!' | b'%' | b'@' | b'`' | b'\t' => {
                return None;
            }
            b'-' | b'?' | b':' if matches!(line.get(1), None | Some(b' ' | b'\t')) => return None,
            _ => {}
        }
        let mut end = line.len();
        if !line.starts_with(b"ENC[AES256_GCM,data:")
            || line.last() != Some(&b']')
            || memchr::memchr(b' ', line).is_some()
        {
            for (i, byte) in line.iter().enumerate() {
                match byte {
                    b'\t' => return None,
                    b':' if matches!(line.get(i + 1), None | Some(b' ')) => return None,
                    b'#' if i > 0 && line[i - 1] == b' ' => {
                        end = i;
                        break;
                    }
                    _ => {}
                }
            }
            end = line[..end].iter().rposition(|b| *b != b' ')? + 1;
        }
        let text = &line[..end];
        let value = resolve(Text::Borrowed(text), true, Tag::None).ok()?;
        Some(Self::leaf(value, at, at + end, Style::Plain))
    }

    fn single(&self, at: usize) -> Option<Scalar<'s>> {
        let line = &self.source[at + 1..self.line_end(at)];
        let length = memchr::memchr(b'\'', line)?;
        if line.get(length + 1) == Some(&b'\'') || line[..length].contains(&b'\t') {
            return None;
        }
        let value = Value::Str(Text::Borrowed(&line[..length]));
        Some(Self::leaf(value, at, at + length + 2, Style::Single))
    }

    fn double(&self, at: usize) -> Option<Scalar<'s>> {
        let line = &self.source[at + 1..self.line_end(at)];
        let first = memchr::memchr3(b'"', b'\\', b'\t', line)?;
        if line[first] == b'"' {
            let value = Value::Str(Text::Borrowed(&line[..first]));
            return Some(Self::leaf(value, at, at + first + 2, Style::Double));
        }
        let mut text = Zeroizing::new(Vec::with_capacity(line.len()));
        let mut rest = line.iter().enumerate();
        while let Some((i, byte)) = rest.next() {
            match byte {
                b'"' => {
                    let value = Value::Str(Text::Owned(text));
                    return Some(Self::leaf(value, at, at + i + 2, Style::Double));
                }
                b'\t' => return None,
                b'\\' => text.push(match rest.next()?.1 {
                    b'"' => b'"',
                    b'\\' => b'\\',
                    b'n' => b'\n',
                    b't' => b'\t',
                    b'r' => b'\r',
                    _ => return None,
                }),
                byte => text.push(*byte),
            }
        }
        None
    }

    fn block(&mut self, at: usize) -> Option<Scalar<'s>> {
        let header = &self.source[at + 1..self.line_end(at)];
        if !matches!(header, b"" | b"-" | b"+") {
            return None;
        }
        let block = Block::scan(self.source, at, self.frames.last().map(|frame| frame.column));
        let content = &self.source[block.lines.range()];
        // Tabs where indentation may end and lines that are only spaces are for the full parser.
        if block.content.is_empty() || content.contains(&b'\t') || content.windows(2).any(|w| w == b" \n") {
            return None;
        }
        let style = if block.folded { Style::Folded } else { Style::Literal };
        self.cursor = block.lines.end as usize;
        let leaf = Self::leaf(Value::Str(block.value(self.source)), 0, 0, style);
        Some(Scalar { span: block.content, next: block.lines.end as usize, ..leaf })
    }
}

#[cfg(test)]
mod tests;
