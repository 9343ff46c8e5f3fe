//! Events to tree: names, places, types, aliases.

use super::super::error::{Error, ErrorKind};
use super::super::format::Limits;
use super::super::tree::{Flags, Kind, Name, NodeId, Span, Style, Tree, TreeBuilder};
use super::super::value::{Text, Value};
use super::block::Block;
use super::events::{Event, Events, What};
use super::lines::{blank_or_end, bom_len, check_characters, column, find_separator, is_separator, skip_gap};
use super::quirks;
use super::resolve::{Mismatch, Tag, resolve};
use std::collections::HashSet;
use std::collections::hash_map::RandomState;
use std::hash::BuildHasher as _;

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
    /// A key that waits for its value, and where its entry begins.
    key: Option<(Text<'s>, usize)>,
    /// Hashes of the keys, kept from the moment there are many.
    seen: HashSet<u64>,
    count: usize,
}

/// What an anchor names.
enum Anchor<'s> {
    Node(NodeId),
    Key(Text<'s>),
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
}

/// Above this many keys of a map, repeated keys are looked for by hash.
const FEW_KEYS: usize = 16;

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
            let (name, entry) = key.map_or((Name::Root, 0), |(key, entry)| (Name::Key(key), entry));
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
        let (outer, value) = match event.what {
            What::Map { .. } => return wrong("a map", at),
            What::List { .. } => return wrong("a list", at),
            What::Alias(id) => {
                self.cursor = event.span.end as usize;
                (at, self.alias_text(id))
            }
            _ => {
                let leaf = self.scalar(event)?;
                let simple = explicit.is_none();
                self.note(quirks::scalar(self.source, leaf.span, leaf.style, flow, simple));
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
        if let Some(frame) = self.frames.last_mut() {
            frame.key = Some((text, entry));
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

    /// Reads a scalar and moves behind it.
    fn scalar(&mut self, event: Event<'s>) -> Result<Leaf<'s>, Error> {
        let outer = self.pass_properties(&event);
        let What::Scalar(text, style) = event.what else {
            return Err(Error::syntax("a scalar is expected", event.span.start as usize));
        };
        let tag = event.tag.map_or(Tag::None, |(tag, _)| tag);
        let start = event.span.start as usize;
        let (text, span, outer) = match style {
            Style::Literal | Style::Folded => {
                let header = skip_gap(self.source, self.cursor);
                let block = Block::scan(self.source, header, self.frames.last().and_then(|f| f.column));
                let value = block.value(self.source);
                if *value != *text && text.strip_suffix(b"\n") != Some(&*value) {
                    return Err(Error::syntax("a block scalar can be read in two ways", header));
                }
                self.cursor = block.lines.end as usize;
                (value, block.content, outer.unwrap_or(header))
            }
            Style::Plain if event.span.is_empty() => {
                let at = self.cursor;
                (Text::from(""), Span::new(at, at), outer.unwrap_or(at))
            }
            _ => {
                self.cursor = event.span.end as usize;
                (text, event.span, outer.unwrap_or(start))
            }
        };
        let text = match style {
            Style::Single if self.separators => self.single_with_separators(text, span)?,
            _ => {
                self.refuse_separators(span)?;
                text
            }
        };
        let value = resolve(text, style == Style::Plain, tag).map_err(|mismatch| match mismatch {
            Mismatch::IntegerRange => Error::new(ErrorKind::IntegerRange, start),
            Mismatch::Tag => Error::syntax("a value does not fit its tag", outer),
            Mismatch::Offset => Error::syntax("the offset of a date from UTC is a day or more", start),
        })?;
        Ok(Leaf { value, style, span, outer })
    }

    /// U+2028 and U+2029 are line ends to SOPS. It writes them in single quotes only, on a line of their own.
    fn refuse_separators(&self, span: Span) -> Result<(), Error> {
        match self.separators.then(|| find_separator(self.source, span)).flatten() {
            None => Ok(()),
            Some(at) => {
                let message = "a line separator stands in the text; write it as an escape in double quotes";
                Err(Error::syntax(message, at))
            }
        }
    }

    /// The text in single quotes at `span`, where a line separator takes the blanks around it with it.
    fn single_with_separators(&self, text: Text<'s>, span: Span) -> Result<Text<'s>, Error> {
        if find_separator(self.source, span).is_none() {
            return Ok(text);
        }
        if self.source[span.range()].iter().any(|b| matches!(b, b'\n' | b'\r')) {
            self.refuse_separators(span)?;
        }
        let mut out: Vec<u8> = Vec::with_capacity(text.len());
        let mut at = 0;
        while at < text.len() {
            if is_separator(&text, at) {
                out.truncate(out.len() - blanks(out.iter().rev()));
                out.extend_from_slice(&text[at..at + 3]);
                at += 3 + blanks(text[at + 3..].iter());
            } else {
                out.push(text[at]);
                at += 1;
            }
        }
        Ok(Text::owned(out))
    }

    /// Adds a copy of what the anchor `number` names.
    fn alias(
        &mut self,
        name: Name<'s>,
        entry: Option<usize>,
        number: usize,
        span: Span,
    ) -> Result<(), Error> {
        self.note(quirks::name(self.source, span));
        self.cursor = span.end as usize;
        let at = span.start as usize;
        let flags = self.flow_flag(false).with(Flags::ALIAS);
        let target = match self.anchors.get(number).and_then(Option::as_ref) {
            Some(Anchor::Node(target)) => *target,
            Some(Anchor::Key(text)) => {
                let value = Value::Str(text.clone());
                let id = self.builder.leaf(name, value, span, Style::Plain, flags)?;
                self.node_mut(id).entry = entry.unwrap_or(at) as u32;
                self.mark_metadata(id);
                return Ok(());
            }
            None => return Err(Error::syntax("an alias without its anchor", at)),
        };
        if self.frames.iter().any(|frame| frame.id == target) {
            return Err(Error::syntax("an alias stands inside of what it stands for", at));
        }
        let id = self.copy(name, target, span, flags)?;
        self.node_mut(id).entry = entry.unwrap_or(at) as u32;
        self.builder.tree_mut().aliases.push((id, target));
        self.mark_metadata(id);
        Ok(())
    }

    /// Copies the nodes from `target` to its end behind the last node.
    fn copy(&mut self, name: Name<'s>, target: NodeId, span: Span, flags: Flags) -> Result<NodeId, Error> {
        let at = span.start as usize;
        let parent = self.builder.parent();
        let depth = self.builder.depth();
        let (max_alias_nodes, max_depth) = (self.limits.max_alias_nodes, self.limits.max_depth);
        let limit = |what, limit| Error::new(ErrorKind::Limit { what, limit }, at);
        let tree = self.builder.tree_mut();
        let end = tree.node(target).end;
        let count = (end - target) as usize;
        self.alias_nodes += count;
        if self.alias_nodes > max_alias_nodes {
            return Err(limit("the number of values that aliases stand for", max_alias_nodes));
        }
        if tree.nodes.len() + count > self.limits.max_nodes {
            return Err(limit("the number of values", self.limits.max_nodes));
        }
        let id = tree.nodes.len() as NodeId;
        let mut name = Some(name);
        let mut ends: Vec<NodeId> = Vec::new();
        for from in target..end {
            let mut node = tree.node(from).clone();
            while ends.last().is_some_and(|end| *end <= from) {
                ends.pop();
            }
            if !matches!(node.kind, Kind::Leaf(_)) {
                ends.push(node.end);
                if depth + ends.len() > max_depth {
                    return Err(limit("the nesting depth", max_depth));
                }
            }
            node.parent = if from == target { parent } else { node.parent - target + id };
            node.end = node.end - target + id;
            node.flags = if from == target { flags } else { Flags::COPY };
            node.span = span;
            (node.outer, node.entry) = (span.start, span.start);
            if let Some(name) = name.take() {
                node.name = name;
            }
            tree.nodes.push(node);
        }
        Ok(id)
    }

    /// The value of a scalar that an alias in a key's place stands for.
    fn alias_text(&self, number: usize) -> Option<Value<'s>> {
        match self.anchors.get(number)?.as_ref()? {
            Anchor::Key(text) => Some(Value::Str(text.clone())),
            Anchor::Node(id) => match &self.builder.tree().node(*id).kind {
                Kind::Leaf(value) => Some(value.clone()),
                _ => None,
            },
        }
    }

    /// Moves behind tag and anchor; where the first of them begins.
    fn pass_properties(&mut self, event: &Event<'s>) -> Option<usize> {
        let tag = event.tag.map(|(_, span)| span);
        let anchor = event.anchor.map(|(_, span)| span);
        self.note(anchor.and_then(|span| quirks::name(self.source, span)));
        let end = tag.into_iter().chain(anchor).map(|span| span.end as usize).max()?;
        self.cursor = self.cursor.max(end);
        tag.into_iter().chain(anchor).map(|span| span.start as usize).min()
    }

    fn properties(&mut self, id: NodeId, anchor: Option<(usize, Span)>, tag: Option<(Tag, Span)>) {
        if let Some((number, _)) = anchor {
            self.name(number, Anchor::Node(id));
        }
        if let Some((Tag::Other, span)) = tag {
            self.builder.tree_mut().tags.push((id, span));
        }
    }

    fn name(&mut self, number: usize, anchor: Anchor<'s>) {
        if self.anchors.len() <= number {
            self.anchors.resize_with(number + 1, || None);
        }
        self.anchors[number] = Some(anchor);
    }

    /// Notes where the entries of the innermost collection stand, at its first.
    fn first_entry(&mut self, entry: usize) {
        let Some(frame) = self.frames.last_mut() else { return };
        if frame.column.is_some() || (frame.flow && !frame.bare) {
            return;
        }
        frame.column = Some(column(self.source, entry));
        let id = frame.id;
        let node = self.node_mut(id);
        let (bare, start) = (node.outer == node.span.start, entry as u32);
        node.span.start = start;
        if bare {
            node.outer = start;
        }
    }

    /// Refuses a key that the innermost map has already; in later documents only notes it, since SOPS
    /// takes it there (format description, section 5.1.1).
    fn check_repeated(&mut self, key: &Text<'s>, at: usize) -> Result<(), Error> {
        let tree = self.builder.tree();
        let Some(frame) = self.frames.last_mut() else { return Ok(()) };
        let same = |id: NodeId| matches!(&tree.node(id).name, Name::Key(name) if *name == *key);
        frame.count += 1;
        let repeated = if frame.count <= FEW_KEYS {
            children_so_far(tree, frame.id).any(same)
        } else {
            if frame.seen.is_empty() {
                frame.seen.extend(children_so_far(tree, frame.id).filter_map(
                    |id| match &tree.node(id).name {
                        Name::Key(name) => Some(self.hasher.hash_one(&**name)),
                        _ => None,
                    },
                ));
            }
            !frame.seen.insert(self.hasher.hash_one(&**key)) && children_so_far(tree, frame.id).any(same)
        };
        if !repeated {
            return Ok(());
        }
        let shown = String::from_utf8_lossy(key).into_owned();
        if tree.documents.len() <= 1 {
            return Err(Error::new(ErrorKind::DuplicateKey(shown), at));
        }
        let notes = &mut self.builder.tree_mut().notes;
        if notes.len() < MOST_NOTES {
            notes.push((at, format!("the key `{shown}` appears twice in one map")));
        }
        Ok(())
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

    fn node_mut(&mut self, id: NodeId) -> &mut super::super::tree::Node<'s> {
        &mut self.builder.tree_mut().nodes[id as usize]
    }
}

/// A scalar that has been read.
struct Leaf<'s> {
    value: Value<'s>,
    style: Style,
    span: Span,
    outer: usize,
}

/// The children of `id`, which may still be open.
fn children_so_far<'t>(tree: &'t Tree<'_>, id: NodeId) -> impl Iterator<Item = NodeId> + 't {
    let end = tree.nodes.len() as NodeId;
    let mut next = id + 1;
    std::iter::from_fn(move || {
        let child = (next < end).then_some(next)?;
        next = tree.node(child).end;
        Some(child)
    })
}

fn blanks<'b>(bytes: impl Iterator<Item = &'b u8>) -> usize {
    bytes.take_while(|b| matches!(b, b' ' | b'\t')).count()
}

/// What a value is, in words.
fn type_words(value: &Value<'_>) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a truth value",
        Value::Int(_) | Value::Float(_) => "a number",
        Value::Time(_) => "a date",
        Value::Str(_) => "a string",
    }
}
