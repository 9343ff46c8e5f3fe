//! The adapter of the parser: its events become a [`Layout`], and that a tree.

use super::layout::{Id, Layout, Made, ROOT, Section, Step};
use super::scalar::{self, Decoded};
use super::{METADATA, tree};
use crate::doc::error::{Error, ErrorKind};
use crate::doc::limits::Limits;
use crate::doc::tree::{Kind, Span, Tree, TreeBuilder};
use std::borrow::Cow;
use toml_parser::decoder::Encoding;
use toml_parser::parser::{EventReceiver, RecursionGuard, ValidateWhitespace, parse_document};
use toml_parser::{ErrorSink, Expected, ParseError, Source};

const BYTE_ORDER_MARK: &str = "\u{feff}";

/// Tokens that a document may have for each node that it may have.
const TOKENS_PER_NODE: usize = 4;

/// The tree of `source`.
pub(super) fn parse<'s>(source: &'s [u8], limits: &Limits) -> Result<Tree<'s>, Error> {
    let builder = TreeBuilder::new(source, limits)?;
    tree::build(builder, &layout(source, limits)?)
}

/// What `source` holds.
///
/// # Errors
/// It is no TOML document, or nested more deeply than the limit.
pub(super) fn layout<'s>(source: &'s [u8], limits: &Limits) -> Result<Layout<'s>, Error> {
    let text = match std::str::from_utf8(source) {
        Ok(text) => text,
        Err(error) => return Err(Error::new(ErrorKind::NotUtf8, error.valid_up_to())),
    };
    let text = Source::new(text);
    let most = limits.max_nodes.saturating_mul(TOKENS_PER_NODE);
    let tokens: Vec<_> = text.lex().take(most.saturating_add(1)).collect();
    if let Some(token) = tokens.get(most) {
        let kind = ErrorKind::Limit { what: "the number of tokens", limit: most };
        return Err(Error::new(kind, token.span().start()));
    }
    let mut reader = Reader::new(text);
    let mut first: Option<ParseError> = None;
    {
        let mut checked = ValidateWhitespace::new(&mut reader, text);
        let depth = u32::try_from(limits.max_depth).unwrap_or(u32::MAX);
        let mut guard = RecursionGuard::new(&mut checked, depth);
        parse_document(&tokens, &mut guard, &mut first);
    }
    match (first, reader.error.take()) {
        (Some(error), _) => Err(syntax(&error, limits)),
        (None, Some(error)) => Err(error),
        (None, None) => Ok(reader.finish()),
    }
}

/// The parser's words name rules and what was expected, never what stands there.
fn syntax(error: &ParseError, limits: &Limits) -> Error {
    let at = error.unexpected().or(error.context()).map_or(0, |span| span.start());
    if error.description().contains("recursion") {
        return Error::new(ErrorKind::Limit { what: "the nesting depth", limit: limits.max_depth }, at);
    }
    let expected: Vec<String> = error
        .expected()
        .unwrap_or_default()
        .iter()
        .filter_map(|expected| match expected {
            Expected::Literal("\n") => Some("a line end".to_owned()),
            Expected::Literal(text) => Some(format!("`{text}`")),
            Expected::Description(text) => Some((*text).to_owned()),
            _ => None,
        })
        .collect();
    let mut message = error.description().to_owned();
    if let Some((last, others)) = expected.split_last() {
        message.push_str(", expected ");
        if !others.is_empty() {
            message.push_str(&others.join(", "));
            message.push_str(" or ");
        }
        message.push_str(last);
    }
    Error::syntax(message, at)
}

/// Takes the events of the parser. After an error it takes no more.
struct Reader<'s> {
    source: Source<'s>,
    layout: Layout<'s>,
    /// The table of the last header.
    table: Id,
    /// Whether that is in the metadata.
    in_metadata: bool,
    /// Arrays and inline tables that are open.
    open: Vec<Id>,
    /// The header that is open: where it begins, whether it is of a list.
    header: Option<(usize, bool)>,
    /// The steps of the key that is being read.
    steps: Vec<Step<'s>>,
    /// Where the next value belongs: its table and the last step of its key.
    target: Option<(Id, Step<'s>, usize)>,
    /// Comments that belong to what follows.
    pending: Vec<Span>,
    /// What ended last on this line, to which a comment belongs.
    on_line: Option<Id>,
    error: Option<Error>,
}

impl<'s> Reader<'s> {
    fn new(source: Source<'s>) -> Self {
        let text = source.input();
        let start = if text.starts_with(BYTE_ORDER_MARK) { BYTE_ORDER_MARK.len() } else { 0 };
        Self {
            source,
            layout: Layout::new(start, text.len()),
            table: ROOT,
            in_metadata: false,
            open: Vec::new(),
            header: None,
            steps: Vec::new(),
            target: None,
            pending: Vec::new(),
            on_line: None,
            error: None,
        }
    }

    fn finish(mut self) -> Layout<'s> {
        self.layout.items[self.table].last.append(&mut self.pending);
        self.layout
    }

    /// Keeps the first error.
    fn take<T>(&mut self, result: Result<T, Error>) -> Option<T> {
        match result {
            Ok(value) => Some(value),
            Err(error) => {
                self.error.get_or_insert(error);
                None
            }
        }
    }

    /// Adds a value in its place: behind the key, or at the end of the array.
    fn value(&mut self, kind: Kind<'s>, span: Span) -> Option<Id> {
        if self.error.is_some() {
            return None;
        }
        let id = match (self.target.take(), self.open.last()) {
            (Some((table, step, entry)), open) => {
                let top = open.is_none();
                let added = self.layout.entry(table, &step, kind, Made::Value, span);
                let id = self.take(added)?;
                self.layout.items[id].entry = entry;
                if top && let Some(section) = self.layout.sections.last_mut() {
                    section.values.push(id);
                }
                id
            }
            (None, Some(list)) => self.layout.element(*list, kind, Made::Value, span),
            // The parser has an error to tell.
            (None, None) => return None,
        };
        self.layout.items[id].above.append(&mut self.pending);
        Some(id)
    }

    fn open_value(&mut self, kind: Kind<'s>, span: toml_parser::Span) {
        // What cannot be added is left out with all that is in it.
        let id = self.value(kind, ours(span)).unwrap_or(ROOT);
        self.open.push(id);
        self.on_line = None;
    }

    fn close_value(&mut self, span: toml_parser::Span) {
        let Some(id) = self.open.pop() else { return };
        if self.error.is_some() {
            return;
        }
        let item = &mut self.layout.items[id];
        item.last.append(&mut self.pending);
        item.span.end = span.end() as u32;
        self.ended(id);
    }

    /// Item `id` ends on this line.
    fn ended(&mut self, id: Id) {
        self.on_line = Some(id);
        if self.open.is_empty()
            && let Some(section) = self.layout.sections.last_mut()
        {
            section.body = self.layout.items[id].span.end as usize;
        }
    }

    fn open_header(&mut self, span: toml_parser::Span, list: bool) {
        self.header = Some((span.start(), list));
        self.steps.clear();
    }

    fn close_header(&mut self, span: toml_parser::Span) {
        let Some((start, list)) = self.header.take() else { return };
        let steps = std::mem::take(&mut self.steps);
        if self.error.is_some() {
            return;
        }
        // Comments before the metadata are the last of the table before it.
        let metadata = steps.first().is_some_and(|step| step.key.as_bytes() == METADATA);
        if metadata && !self.in_metadata {
            self.layout.items[self.table].last.append(&mut self.pending);
        }
        let first = self.pending.first().map_or(start, |comment| comment.start as usize);
        let start_of_section = self.line_start(first);
        let made = self.layout.header(&steps, list, Span::new(start, span.end()));
        let Some(id) = self.take(made) else { return };
        (self.table, self.in_metadata) = (id, metadata);
        let item = &mut self.layout.items[id];
        item.above.append(&mut self.pending);
        if let Some(name) = steps.last() {
            item.key_end = name.span.end as usize;
        }
        if let Some(section) = self.layout.sections.last_mut() {
            section.end = start_of_section;
        }
        let (start, end) = (self.line_start(start), self.source.input().len());
        self.layout.sections.push(Section { table: id, start, body: span.end(), end, values: Vec::new() });
        self.on_line = Some(id);
    }

    fn line_start(&self, at: usize) -> usize {
        let before = &self.source.input()[..at];
        let start = before.rfind('\n').map_or(0, |end| end + 1);
        start.max(self.layout.sections[0].start)
    }

    fn key(&mut self, span: toml_parser::Span, kind: Option<Encoding>, error: &mut dyn ErrorSink) {
        let Some(raw) = self.source.input().get(span.start()..span.end()) else { return };
        let mut key = Cow::Borrowed("");
        toml_parser::Raw::new_unchecked(raw, kind, span).decode_key(&mut key, error);
        self.steps.push(Step { key, span: ours(span) });
    }

    fn key_is_complete(&mut self) {
        let steps = std::mem::take(&mut self.steps);
        let Some((last, way)) = steps.split_last() else { return };
        if self.error.is_some() {
            return;
        }
        let table = self.open.last().copied().unwrap_or(self.table);
        let entry = steps[0].span.start as usize;
        let found = self.layout.dotted(table, way, entry);
        self.target = self.take(found).map(|table| (table, last.clone(), entry));
    }

    fn scalar_value(&mut self, span: toml_parser::Span, kind: Option<Encoding>, error: &mut dyn ErrorSink) {
        let Some(raw) = self.source.input().get(span.start()..span.end()) else { return };
        let mut text = Decoded::new(raw.len());
        let found = toml_parser::Raw::new_unchecked(raw, kind, span).decode_scalar(&mut text, error);
        let Some(scalar) = self.take(scalar::scalar(found, kind, text, span.start())) else { return };
        let Some(id) = self.value(Kind::Leaf(scalar.value), ours(span)) else { return };
        let item = &mut self.layout.items[id];
        (item.style, item.local) = (scalar.style, scalar.local);
        self.ended(id);
    }
}

impl EventReceiver for Reader<'_> {
    fn std_table_open(&mut self, span: toml_parser::Span, _error: &mut dyn ErrorSink) {
        self.open_header(span, false);
    }

    fn std_table_close(&mut self, span: toml_parser::Span, _error: &mut dyn ErrorSink) {
        self.close_header(span);
    }

    fn array_table_open(&mut self, span: toml_parser::Span, _error: &mut dyn ErrorSink) {
        self.open_header(span, true);
    }

    fn array_table_close(&mut self, span: toml_parser::Span, _error: &mut dyn ErrorSink) {
        self.close_header(span);
    }

    fn inline_table_open(&mut self, span: toml_parser::Span, _error: &mut dyn ErrorSink) -> bool {
        self.open_value(Kind::Map, span);
        true
    }

    fn inline_table_close(&mut self, span: toml_parser::Span, _error: &mut dyn ErrorSink) {
        self.close_value(span);
    }

    fn array_open(&mut self, span: toml_parser::Span, _error: &mut dyn ErrorSink) -> bool {
        self.open_value(Kind::List, span);
        true
    }

    fn array_close(&mut self, span: toml_parser::Span, _error: &mut dyn ErrorSink) {
        self.close_value(span);
    }

    fn simple_key(&mut self, span: toml_parser::Span, kind: Option<Encoding>, error: &mut dyn ErrorSink) {
        self.key(span, kind, error);
    }

    fn key_val_sep(&mut self, _span: toml_parser::Span, _error: &mut dyn ErrorSink) {
        self.key_is_complete();
    }

    fn scalar(&mut self, span: toml_parser::Span, kind: Option<Encoding>, error: &mut dyn ErrorSink) {
        self.scalar_value(span, kind, error);
    }

    fn comment(&mut self, span: toml_parser::Span, _error: &mut dyn ErrorSink) {
        let text = Span::new(span.start() + 1, span.end());
        match self.on_line {
            Some(id) => self.layout.items[id].above.push(text),
            None => self.pending.push(text),
        }
    }

    fn newline(&mut self, _span: toml_parser::Span, _error: &mut dyn ErrorSink) {
        self.on_line = None;
    }
}

fn ours(span: toml_parser::Span) -> Span {
    Span::new(span.start(), span.end())
}
