//! Events to tree: names, places, types, aliases.

mod anchors;
mod keys;
mod scalars;

use super::super::error::{Error, ErrorKind};
use super::super::limits::Limits;
use super::super::tree::{Flags, Kind, Name, Node, NodeId, Span, Style, Tree, TreeBuilder};
use super::super::value::{Text, Value};
use super::events::{Event, Events, What};
use super::lines::{blank_or_end, bom_len, check_characters, column, skip_gap};
use super::quirks;
use super::resolve::Tag;
use anchors::Anchor;
use scalars::type_words;
use std::collections::HashSet;
use std::collections::hash_map::RandomState;

/// Parses a YAML stream.
///
/// # Errors
/// Not UTF-8, not YAML, not a stream of maps with string keys, or beyond a limit.
pub(super) fn parse<'s>(source: &'s [u8], limits: &Limits) -> Result<Tree<'s>, Error> {
    let builder = TreeBuilder::new(source, limits)?;
    let text =
        std::str::from_utf8(source).map_err(|error| Error::new(ErrorKind::NotUtf8, error.valid_up_to()))?;
    let separators = check_characters(text)?;
    let reader = Reader {
        source,
        events: Events::new(text, limits),
        builder,
        limits: *limits,
        cursor: bom_len(source),
        frames: Vec::new(),
        anchors: Vec::new(),
        hasher: RandomState::new(),
        comments: Vec::new(),
        separators,
        alias_nodes: 0,
        alias_bytes: 0,
    };
    reader.run()
}

/// An open map or list.
struct Frame<'s> {
    id: NodeId,
    list: bool,
    flow: bool,
    /// A single pair in a flow list, without braces of its own.
    bare: bool,
    /// The column of its keys or dashes, once the first is met.
    column: Option<usize>,
    /// A key that waits for its value, where its entry begins, and what else tells its meaning.
    key: Option<(Text<'s>, usize, Option<Span>)>,
    /// Hashes of the keys, kept from the moment there are many.
    seen: HashSet<u64>,
    count: usize,
}

struct Reader<'s> {
    source: &'s [u8],
    events: Events<'s>,
    builder: TreeBuilder<'s>,
    limits: Limits,
    /// Everything before is read.
    cursor: usize,
    frames: Vec<Frame<'s>>,
    anchors: Vec<Option<Anchor<'s>>>,
    hasher: RandomState,
    comments: Vec<Span>,
    /// The text holds U+2028 or U+2029.
    separators: bool,
    alias_nodes: usize,
    /// Bytes of keys and texts that aliases stand for.
    alias_bytes: usize,
}

/// More notes on one text are of no use.
const MOST_NOTES: usize = 100;

impl<'s> Reader<'s> {
    fn run(mut self) -> Result<Tree<'s>, Error> {
        while let Some(event) = self.events.next()? {
            match event.what {
                What::Comment => {
                    self.refuse_separators(event.span)?;
                    self.comments.push(event.span);
                }
                What::Document => self.document(event.span),
                What::DocumentEnd => {
                    if self.builder.depth() > 0 {
                        self.builder.close(self.cursor);
                    }
                    if !event.span.is_empty() {
                        self.cursor = event.span.end as usize;
                    }
                }
                What::End => self.end(),
                _ => self.node(event)?,
            }
        }
        if self.builder.tree().documents.is_empty() {
            return Err(match self.comments.first() {
                None => Error::new(ErrorKind::NoDocument, 0),
                Some(_) => Error::syntax("the file holds only comments; it needs a document", 0),
            });
        }
        let Self { builder, mut comments, .. } = self;
        let mut tree = builder.finish();
        comments.sort_unstable_by_key(|span| span.start);
        super::comments::place(&mut tree, &comments);
        Ok(tree)
    }

    /// A document begins, with `---` at `span`.
    fn document(&mut self, span: Span) {
        let first = self.builder.tree().documents.is_empty();
        let note = quirks::document(self.source, self.cursor, span.start as usize, !span.is_empty(), first);
        self.note(note);
        // The root is the next node.
        let tree = self.builder.tree_mut();
        let root = tree.nodes.len() as NodeId;
        let lines = quirks::directives(self.source, self.cursor, span.start as usize);
        tree.directives.extend(lines.map(|line| (root, line)));
        self.cursor = self.cursor.max(span.end as usize);
    }

    /// A scalar, alias, or beginning of a map or list: a root, a key, a value or an element.
    fn node(&mut self, event: Event<'s>) -> Result<(), Error> {
        let Some(frame) = self.frames.last() else { return self.root(event) };
        let (list, flow, waiting) = (frame.list, frame.flow, frame.key.is_some());
        if !flow && !waiting {
            self.note_tabs(false);
        }
        if list {
            let entry = if flow { self.skip(b',') } else { self.indicator(b'-') };
            let name = self.builder.next_index();
            if !flow {
                self.note_tabs(true);
            }
            self.value(name, entry.filter(|_| !flow), event)
        } else if waiting {
            self.indicator(b':');
            let key = self.frames.last_mut().and_then(|frame| frame.key.take());
            let (name, entry, mark) =
                key.map_or((Name::Root, 0, None), |(key, entry, mark)| (Name::Key(key), entry, mark));
            // The value is the next node.
            let tree = self.builder.tree_mut();
            tree.key_marks.extend(mark.map(|mark| (tree.nodes.len() as NodeId, mark)));
            self.value(name, Some(entry), event)
        } else {
            if flow {
                self.skip(b',');
            }
            self.key(event)
        }
    }

    fn root(&mut self, event: Event<'s>) -> Result<(), Error> {
        let at = event.span.start as usize;
        let wrong = |what| Err(Error::new(ErrorKind::TopLevel(what), at));
        match event.what {
            What::Map { .. } => self.collection(None, None, &event),
            What::List { .. } => wrong("a list"),
            What::Scalar(..) => {
                let leaf = self.scalar(event)?;
                if leaf.value != Value::Null {
                    return wrong(type_words(&leaf.value));
                }
                let id = self.builder.document(leaf.span)?;
                self.node_mut(id).outer = leaf.outer as u32;
                Ok(())
            }
            _ => wrong("an alias"),
        }
    }

    fn key(&mut self, event: Event<'s>) -> Result<(), Error> {
        let start = skip_gap(self.source, self.cursor);
        let flow = self.frames.last().is_some_and(|frame| frame.flow);
        if !flow && self.source[..start].last() == Some(&b'\t') {
            return Err(Error::syntax("a tab stands where only spaces may indent", start - 1));
        }
        let explicit = self.indicator(b'?');
        let (at, anchor) = (event.span.start as usize, event.anchor);
        let wrong = |what, at| Err(Error::new(ErrorKind::NonStringKey(what), at));
        let (tag, plain, alias) = (event.tag, event.span, matches!(event.what, What::Alias(_)));
        let mut quoted = false;
        let (outer, value) = match event.what {
            What::Map { .. } => return wrong("a map", at),
            What::List { .. } => return wrong("a list", at),
            What::Alias(id) => {
                self.cursor = event.span.end as usize;
                (at, self.alias_text(id, at)?)
            }
            _ => {
                let leaf = self.scalar(event)?;
                let simple = explicit.is_none();
                self.note(quirks::scalar(self.source, leaf.span, leaf.style, flow, simple));
                quoted = leaf.style != Style::Plain;
                (leaf.outer, Some(leaf.value))
            }
        };
        let entry = explicit.unwrap_or(outer);
        let Some(Value::Str(text)) = value else {
            return wrong(value.as_ref().map_or("an alias of a map or list", type_words), entry);
        };
        if let Some((id, _)) = anchor {
            self.name(id, Anchor::Key(text.clone()));
        }
        self.first_entry(entry);
        self.check_repeated(&text, entry)?;
        // A plain `<<` merges; in quotes, with a tag or as an alias it is a key like any other.
        let mark = match tag {
            Some((Tag::None | Tag::Str, span)) => (*text == *b"<<").then_some(span),
            Some((_, span)) => Some(span),
            None => ((quoted || alias) && *text == *b"<<").then_some(plain),
        };
        if let Some(frame) = self.frames.last_mut() {
            frame.key = Some((text, entry, mark));
        }
        Ok(())
    }

    fn value(&mut self, name: Name<'s>, entry: Option<usize>, event: Event<'s>) -> Result<(), Error> {
        if matches!(name, Name::Index(_))
            && let Some(dash) = entry
        {
            self.first_entry(dash);
        }
        match event.what {
            What::Map { .. } | What::List { .. } => self.collection(Some(name), entry, &event),
            What::Alias(anchor) => self.alias(name, entry, anchor, event.span),
            _ => {
                let (anchor, tag) = (event.anchor, event.tag);
                let leaf = self.scalar(event)?;
                let flags = self.flow_flag(false);
                let flow = flags.has(Flags::FLOW);
                self.note(quirks::scalar(self.source, leaf.span, leaf.style, flow, false));
                let id = self.builder.leaf(name, leaf.value, leaf.span, leaf.style, flags)?;
                let node = self.node_mut(id);
                node.outer = leaf.outer as u32;
                node.entry = entry.unwrap_or(leaf.outer) as u32;
                self.properties(id, anchor, tag);
                self.mark_metadata(id);
                Ok(())
            }
        }
    }

    /// Begins a map or list: the root if it has no name.
    fn collection(
        &mut self,
        name: Option<Name<'s>>,
        entry: Option<usize>,
        event: &Event<'s>,
    ) -> Result<(), Error> {
        let (list, flow) = match event.what {
            What::List { flow } => (true, flow),
            What::Map { flow } => (false, flow),
            _ => (false, false),
        };
        let outer = self.pass_properties(event);
        let start = skip_gap(self.source, self.cursor);
        let bare = flow && self.source.get(start) != Some(if list { &b'[' } else { &b'{' });
        if flow && !bare {
            self.cursor = start + 1;
        }
        let span = Span::new(start, start);
        let flags = self.flow_flag(flow);
        let id = match name {
            Some(name) => {
                let kind = if list { Kind::List } else { Kind::Map };
                self.builder.open(name, kind, span, flags)?
            }
            None => {
                let id = self.builder.document(span)?;
                self.node_mut(id).flags = flags;
                id
            }
        };
        let outer = outer.unwrap_or(start);
        let node = self.node_mut(id);
        node.outer = outer as u32;
        node.entry = entry.unwrap_or(outer) as u32;
        self.properties(id, event.anchor, event.tag);
        self.mark_metadata(id);
        self.frames.push(Frame {
            id,
            list,
            flow,
            bare,
            column: None,
            key: None,
            seen: HashSet::new(),
            count: 0,
        });
        Ok(())
    }

    fn end(&mut self) {
        let Some(frame) = self.frames.pop() else { return };
        if frame.flow && !frame.bare {
            self.skip(b',');
            self.cursor = (skip_gap(self.source, self.cursor) + 1).min(self.source.len());
        }
        if !self.frames.is_empty() {
            self.builder.close(self.cursor);
        } else {
            // The document is closed at its end event.
            self.node_mut(frame.id).span.end = self.cursor as u32;
        }
    }

    /// Notes where the entries of the innermost collection stand, at its first.
    fn first_entry(&mut self, entry: usize) {
        let Some(frame) = self.frames.last_mut() else { return };
        if frame.column.is_some() || (frame.flow && !frame.bare) {
            return;
        }
        // Nothing in brackets asks for a column, and their lines may be long.
        frame.column = Some(if frame.flow { 0 } else { column(self.source, entry) });
        let id = frame.id;
        let node = self.node_mut(id);
        let (bare, start) = (node.outer == node.span.start, entry as u32);
        node.span.start = start;
        if bare {
            node.outer = start;
        }
    }

    /// Keeps a note, if there is one, up to a number.
    fn note(&mut self, note: Option<quirks::Note>) {
        if let Some((at, text)) = note {
            let notes = &mut self.builder.tree_mut().notes;
            if notes.len() < MOST_NOTES {
                notes.push((at, text.to_owned()));
            }
        }
    }

    /// Notes tabs in the indentation of the next token.
    fn note_tabs(&mut self, dash: bool) {
        let next = skip_gap(self.source, self.cursor);
        self.note(quirks::gap(self.source, self.cursor, next, dash));
    }

    /// Marks the top-level key `sops`.
    fn mark_metadata(&mut self, id: NodeId) {
        let tree = self.builder.tree_mut();
        let Some(root) = tree.documents.last().copied() else { return };
        let node = &mut tree.nodes[id as usize];
        if node.parent == root && matches!(&node.name, Name::Key(key) if **key == *b"sops") {
            node.flags = node.flags.with(Flags::METADATA);
        }
    }

    /// Moves behind `byte`, if it is the next token.
    fn skip(&mut self, byte: u8) -> Option<usize> {
        let at = skip_gap(self.source, self.cursor);
        (self.source.get(at) == Some(&byte)).then(|| {
            self.cursor = at + 1;
            at
        })
    }

    /// Moves behind the indicator `byte`, if it is the next token.
    fn indicator(&mut self, byte: u8) -> Option<usize> {
        let at = skip_gap(self.source, self.cursor);
        let flow = self.frames.last().is_some_and(|frame| frame.flow);
        let stands = blank_or_end(self.source, at + 1) || (flow && byte == b':');
        if stands { self.skip(byte) } else { None }
    }

    fn flow_flag(&self, flow: bool) -> Flags {
        match flow || self.frames.last().is_some_and(|frame| frame.flow) {
            true => Flags::FLOW,
            false => Flags::default(),
        }
    }

    fn node_mut(&mut self, id: NodeId) -> &mut Node<'s> {
        &mut self.builder.tree_mut().nodes[id as usize]
    }
}
