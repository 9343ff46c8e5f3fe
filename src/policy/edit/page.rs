//! Small changes of a YAML text: elements of lists, entries of maps, pieces of comma-separated strings.
//! Everything else stays as it is, byte for byte.
//!
//! What is spelled in a way that these changes do not know is refused with [`Stuck`], never guessed at.

use crate::doc::yaml::Yaml;
use crate::doc::{Edits, Flags, Format, KeyPath, Kind, Limits, NodeId, Span, Style, Tree, Value};

/// A place in the text that cannot be changed by program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Stuck(pub(super) usize);

/// An entry to be put into a map.
pub(super) struct Entry {
    /// `key: value`, then the lines below, indented from the key.
    pub(super) lines: Vec<String>,
    /// The same on one line, for maps in braces.
    pub(super) flow: String,
}

/// A text with its tree.
pub(super) struct Page<'t> {
    tree: Tree<'t>,
    source: &'t [u8],
}

type Changed = Result<Vec<u8>, Stuck>;

impl<'t> Page<'t> {
    /// The page of a text that is YAML.
    pub(super) fn new(source: &'t [u8]) -> Result<Self, Stuck> {
        let mut lines = source.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii);
        if lines.all(|line| line.is_empty() || line.starts_with(b"#")) {
            return Ok(Self { tree: Tree::default(), source });
        }
        let tree = Yaml.parse(source, &Limits::default()).map_err(|error| Stuck(error.at))?;
        Ok(Self { tree, source })
    }

    /// The node at a path of the first document; refused if it is written elsewhere in the text.
    pub(super) fn find(&self, path: &KeyPath) -> Result<Option<NodeId>, Stuck> {
        let Some(mut at) = self.tree.documents.first().copied() else { return Ok(None) };
        for length in 1..=path.0.len() {
            let Some(next) = KeyPath(path.0[length - 1..length].to_vec()).find(&self.tree, at) else {
                return Ok(None);
            };
            if self.tree.node(next).flags.has(Flags::ALIAS) {
                return Err(self.stuck(next));
            }
            at = next;
        }
        Ok(Some(at))
    }

    /// The children of a map or list.
    pub(super) fn children(&self, id: NodeId) -> Vec<NodeId> {
        self.tree.children(id).collect()
    }

    /// Whether the node is a list.
    pub(super) fn is_list(&self, id: NodeId) -> bool {
        matches!(self.tree.node(id).kind, Kind::List)
    }

    /// The text of a string leaf.
    pub(super) fn string(&self, id: NodeId) -> Option<&str> {
        match &self.tree.node(id).kind {
            Kind::Leaf(Value::Str(text)) => text.as_str(),
            _ => None,
        }
    }

    /// Where the entry of a node begins.
    pub(super) fn entry(&self, id: NodeId) -> usize {
        self.tree.node(id).entry as usize
    }

    /// Whether the node stands inside of brackets or braces, or is a list or map of this kind.
    pub(super) fn is_flow(&self, id: NodeId) -> bool {
        self.tree.node(id).flags.has(Flags::FLOW)
    }

    /// Appends an element to a list; makes one of a single string or of nothing.
    pub(super) fn append(&self, list: NodeId, word: &str) -> Changed {
        let node = self.tree.node(list);
        let children = self.children(list);
        match (&node.kind, &children[..]) {
            (Kind::List, [.., last]) if !self.is_flow(list) => {
                let dash = self.indented(self.tree.node(*last).entry as usize).ok_or(self.stuck(*last))?;
                self.insert_lines(self.end(*last), &[format!("{}- {word}", " ".repeat(dash))])
            }
            (Kind::List, [.., before, last]) => {
                let (end, start) = (self.end(*before), self.tree.node(*last).outer as usize);
                let gap = String::from_utf8_lossy(&self.source[end..start]).into_owned();
                let gap = if gap.contains('#') { ", ".to_owned() } else { gap };
                self.insert(self.end(*last), &format!("{gap}{word}"))
            }
            (Kind::List, [last]) => self.insert(self.end(*last), &format!(", {word}")),
            (Kind::List, []) => self.insert(self.closing(list, b']')?, word),
            (Kind::Leaf(Value::Null), _) => self.fill(list, &format!("[{word}]")),
            (Kind::Leaf(Value::Str(_)), _) if self.is_one_line(list) => {
                let text = String::from_utf8_lossy(self.tree.text(node.span)).into_owned();
                self.replace(node.span.range(), &format!("[{text}, {word}]"))
            }
            _ => Err(self.stuck(list)),
        }
    }

    /// Removes an element of a list; a list that was written as its only word becomes an empty one.
    pub(super) fn remove(&self, list: NodeId, index: usize) -> Changed {
        let node = self.tree.node(list);
        if matches!(node.kind, Kind::Leaf(Value::Str(_))) && self.is_one_line(list) {
            return self.replace(node.span.range(), "[]");
        }
        let children = self.children(list);
        let element = *children.get(index).ok_or(self.stuck(list))?;
        if self.is_flow(list) {
            return self.cut_flow(&children, index, |id| self.tree.node(id).outer as usize);
        }
        let entry = self.tree.node(element).entry as usize;
        self.indented(entry).ok_or(self.stuck(element))?;
        let lines = self.line_start(entry)..self.next_line(self.end(element));
        if children.len() > 1 {
            return self.replace(lines, "");
        }
        // The list stays, empty: behind its key.
        let key = self.source[..lines.start].trim_ascii_end();
        if !key.ends_with(b":") {
            return Err(self.stuck(list));
        }
        let rest = String::from_utf8_lossy(&self.source[key.len()..lines.start]).into_owned();
        self.replace(key.len()..lines.end, &format!(" []{rest}"))
    }

    /// Adds a piece to a comma-separated string, spaced as the pieces there are.
    pub(super) fn add_piece(&self, leaf: NodeId, piece: &str) -> Changed {
        let odd = |c: char| c.is_control() || "'\"\\#,".contains(c);
        let block = matches!(self.tree.node(leaf).style, Style::Literal | Style::Folded);
        if self.string(leaf).is_none() || piece.contains(odd) || piece.contains(": ") {
            return Err(self.stuck(leaf));
        }
        let pieces = self.pieces(leaf)?;
        let Some(last) = pieces.iter().rfind(|piece| !piece.is_empty()) else { return Err(self.stuck(leaf)) };
        let gap = match &pieces[..] {
            [first, second, ..] if !second.is_empty() => {
                String::from_utf8_lossy(&self.source[first.end + 1..second.start]).into_owned()
            }
            _ if block => {
                let start = self.tree.node(leaf).span.start as usize;
                let indent = self.source[start..].iter().take_while(|b| **b == b' ').count();
                format!("{}{}", self.eol(), " ".repeat(indent))
            }
            _ => String::new(),
        };
        match self.source.get(last.end) {
            // A final comma stays the last.
            Some(b',') => self.insert(last.end + 1, &format!("{gap}{piece},")),
            _ => self.insert(last.end, &format!(",{gap}{piece}")),
        }
    }

    /// The first piece of a comma-separated string that is `wanted`, and whether it is the only one.
    pub(super) fn find_piece(
        &self,
        leaf: NodeId,
        wanted: impl Fn(&str) -> bool,
    ) -> Result<Option<(usize, bool)>, Stuck> {
        let pieces = self.pieces(leaf)?;
        let text = |at: usize| std::str::from_utf8(&self.source[pieces[at].clone()]).unwrap_or_default();
        let found = (0..pieces.len()).find(|at| !pieces[*at].is_empty() && wanted(text(*at)));
        let full = pieces.iter().filter(|piece| !piece.is_empty()).count();
        Ok(found.map(|at| (at, full == 1)))
    }

    /// Removes a piece of a comma-separated string, with the comma that joins it to its neighbour.
    pub(super) fn remove_piece(&self, leaf: NodeId, index: usize) -> Changed {
        let pieces = self.pieces(leaf)?;
        match index {
            0 => {
                let next = pieces.get(1).ok_or(self.stuck(leaf))?;
                self.replace(pieces[0].start..next.start, "")
            }
            _ => self.replace(pieces[index - 1].end..pieces[index].end, ""),
        }
    }

    /// Puts an entry into a map: behind the child `after`, else as the last one.
    pub(super) fn put(&self, map: NodeId, after: Option<NodeId>, entry: &Entry) -> Changed {
        let node = self.tree.node(map);
        let children = self.children(map);
        let after = after.or(children.last().copied());
        match (&node.kind, after) {
            (Kind::Map, Some(after)) if self.is_flow(map) => {
                self.insert(self.end(after), &format!(", {}", entry.flow))
            }
            (Kind::Map, Some(after)) => {
                let entry_at = self.tree.node(children[0]).entry as usize;
                let column = entry_at - self.line_start(entry_at);
                self.insert_lines(self.end(after), &self.at_column(entry, column))
            }
            (Kind::Map, None) if self.is_flow(map) => self.insert(self.closing(map, b'}')?, &entry.flow),
            (Kind::Leaf(Value::Null), _) if self.is_flow(map) => {
                self.fill(map, &format!("{{{}}}", entry.flow))
            }
            (Kind::Leaf(Value::Null), _) if node.span.is_empty() => {
                let entry_at = node.entry as usize;
                let column = entry_at - self.line_start(entry_at) + 2;
                self.insert_lines(entry_at, &self.at_column(entry, column))
            }
            _ => Err(self.stuck(map)),
        }
    }

    /// Puts an entry at the end of the first document.
    pub(super) fn put_at_root(&self, entry: &Entry) -> Changed {
        match self.tree.documents.first() {
            Some(root) if self.tree.children(*root).next().is_some() => self.put(*root, None, entry),
            _ => self.insert_lines(self.source.len(), &entry.lines),
        }
    }

    /// Removes an entry of a map that has others.
    pub(super) fn cut(&self, entry: NodeId) -> Changed {
        let children = self.children(self.tree.node(entry).parent);
        let index = children.iter().position(|id| *id == entry).ok_or(self.stuck(entry))?;
        let start = self.entry(entry);
        if self.is_flow(children[0]) && self.is_flow(self.tree.node(entry).parent) {
            return self.cut_flow(&children, index, |id| self.entry(id));
        }
        if self.indented(start).is_some() {
            return self.replace(self.line_start(start)..self.next_line(self.end(entry)), "");
        }
        // Behind the dash of a list: the next entry takes the place.
        let next = self.entry(*children.get(index + 1).ok_or(self.stuck(entry))?);
        if self.source[self.end(entry)..next].contains(&b'#') {
            return Err(self.stuck(entry));
        }
        self.replace(start..next, "")
    }

    /// Makes `line` the line above `entry`, or the text of the comment line of `node` that begins with
    /// `prefix`.
    pub(super) fn mark(&self, node: NodeId, entry: NodeId, prefix: &str, line: &str) -> Changed {
        let first = self.line_start(self.entry(node));
        let mut at = first.checked_sub(1).map_or(first, |end| self.line_start(end));
        let last = self.end(node);
        while at < last {
            let next = self.next_line(at);
            let text = self.source[at..next].trim_ascii();
            if text.starts_with(prefix.as_bytes()) {
                let start = at + self.source[at..next].iter().take_while(|b| **b == b' ').count();
                return self.replace(start..start + text.len(), line);
            }
            at = next;
        }
        let start = self.line_start(self.entry(entry));
        let indent = self.source[start..].iter().take_while(|b| **b == b' ').count();
        self.insert(start, &format!("{}{line}{}", " ".repeat(indent), self.eol()))
    }

    fn stuck(&self, id: NodeId) -> Stuck {
        Stuck(self.tree.node(id).outer as usize)
    }

    /// The pieces of a comma-separated string, blank ones too, without the blanks around them.
    fn pieces(&self, leaf: NodeId) -> Result<Vec<std::ops::Range<usize>>, Stuck> {
        let node = self.tree.node(leaf);
        if self.string(leaf).is_none() {
            return Err(self.stuck(leaf));
        }
        let mut range = node.span.range();
        if matches!(node.style, Style::Single | Style::Double) {
            range = range.start + 1..range.end - 1;
        }
        let mut start = range.start;
        let split = self.source[range].split(|byte| *byte == b',').map(|piece| {
            let blanks = piece.len() - piece.trim_ascii_start().len();
            let text = start + blanks..start + blanks + piece.trim_ascii().len();
            start += piece.len() + 1;
            text
        });
        Ok(split.collect())
    }

    /// Cuts an element or entry that begins at `start` out of brackets, with its comma.
    fn cut_flow(&self, children: &[NodeId], index: usize, start: impl Fn(NodeId) -> usize) -> Changed {
        let range = match (index, children.get(index + 1)) {
            (0, None) => start(children[0])..self.end(children[0]),
            (0, Some(next)) => start(children[0])..start(*next),
            _ => self.end(children[index - 1])..self.end(children[index]),
        };
        if self.source[range.clone()].contains(&b'#') {
            return Err(self.stuck(children[index]));
        }
        self.replace(range, "")
    }

    /// Writes a value where null stands.
    fn fill(&self, id: NodeId, text: &str) -> Changed {
        let range = self.tree.node(id).span.range();
        let blank = matches!(self.source[..range.start].last(), None | Some(b' ' | b'\n'));
        self.replace(range, &format!("{}{text}", if blank { "" } else { " " }))
    }

    /// The closing bracket of an empty list or map.
    fn closing(&self, id: NodeId, bracket: u8) -> Result<usize, Stuck> {
        let end = self.tree.node(id).span.end as usize;
        let at = end.checked_sub(1).filter(|at| self.source.get(*at) == Some(&bracket));
        at.ok_or(self.stuck(id))
    }

    fn is_one_line(&self, leaf: NodeId) -> bool {
        let node = self.tree.node(leaf);
        !matches!(node.style, Style::Literal | Style::Folded) && !self.tree.text(node.span).contains(&b'\n')
    }

    /// The end of the last text of a node.
    fn end(&self, id: NodeId) -> usize {
        let last = self.tree.children(id).last().filter(|_| !self.is_flow(id));
        last.map_or(self.tree.node(id).span.end as usize, |last| self.end(last))
    }

    /// The column of `at` if only spaces stand before it on its line.
    fn indented(&self, at: usize) -> Option<usize> {
        let start = self.line_start(at);
        self.source[start..at].iter().all(|byte| *byte == b' ').then_some(at - start)
    }

    fn at_column(&self, entry: &Entry, column: usize) -> Vec<String> {
        entry.lines.iter().map(|line| format!("{}{line}", " ".repeat(column))).collect()
    }

    fn line_start(&self, at: usize) -> usize {
        let start = self.source[..at].iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
        if start == 0 && self.source.starts_with(b"\xef\xbb\xbf") { 3.min(at) } else { start }
    }

    fn next_line(&self, at: usize) -> usize {
        self.source[at..].iter().position(|byte| *byte == b'\n').map_or(self.source.len(), |n| at + n + 1)
    }

    fn eol(&self) -> &'static str {
        if self.source[..self.next_line(0)].ends_with(b"\r\n") { "\r\n" } else { "\n" }
    }

    /// Inserts lines behind the line that holds `at`.
    fn insert_lines(&self, at: usize, lines: &[String]) -> Changed {
        let at = self.next_line(at);
        let text: String = lines.iter().map(|line| format!("{line}{}", self.eol())).collect();
        match self.source[..at].last() {
            None | Some(b'\n') => self.insert(at, &text),
            _ => self.insert(at, &format!("{}{}", self.eol(), text.trim_end())),
        }
    }

    fn insert(&self, at: usize, text: &str) -> Changed {
        self.replace(at..at, text)
    }

    fn replace(&self, range: std::ops::Range<usize>, text: &str) -> Changed {
        let mut edits = Edits::default();
        edits.replace(Span::new(range.start, range.end), text.as_bytes());
        let changed = edits.apply(self.source).map_err(|overlap| Stuck(overlap.0))?;
        Ok(changed.to_vec())
    }
}
