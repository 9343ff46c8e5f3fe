//! The YAML parser, behind one door: its events with byte spans, and nothing else of it.
//!
//! No other file knows which parser this is.

use super::super::error::{Error, ErrorKind};
use super::super::limits::Limits;
use super::super::tree::{Span, Style};
use super::super::value::Text;
use super::resolve::Tag;
use granit_parser::{
    ErrorKind as Trouble, Event as Raw, Options, Parser, ScalarStyle, ScanError, Span as RawSpan, StrInput,
    StructureStyle,
};
use std::borrow::Cow;

/// The namespace of the tags that are written `!!name`.
const CORE: &str = "tag:yaml.org,2002:";

/// What is met in the text.
pub(super) enum What<'s> {
    /// A document begins; its span is that of `---`, or empty.
    Document,
    /// A document ends; its span is that of `...`, or empty.
    DocumentEnd,
    /// A scalar, with its quotes and escapes resolved. An empty span means there is no text: null.
    Scalar(Text<'s>, Style),
    /// `*name`, with the number of the anchor.
    Alias(usize),
    /// A list begins; its place is where its first token is, as well as known.
    List {
        /// In brackets.
        flow: bool,
    },
    /// A map begins.
    Map {
        /// In braces (or a single pair inside of brackets).
        flow: bool,
    },
    /// The innermost map or list ends.
    End,
    /// A comment, from its `#` to the end of the line.
    Comment,
}

/// An event with the properties of its node.
pub(super) struct Event<'s> {
    /// What it is.
    pub(super) what: What<'s>,
    /// Where.
    pub(super) span: Span,
    /// Number of its anchor, and where `&name` stands.
    pub(super) anchor: Option<(usize, Span)>,
    /// Its tag, and where that stands.
    pub(super) tag: Option<(Tag, Span)>,
}

/// The events of a text.
pub(super) struct Events<'s> {
    parser: Parser<'s, StrInput<'s>>,
    source: &'s str,
    limits: Limits,
}

impl<'s> Events<'s> {
    /// The events of `source`.
    pub(super) fn new(source: &'s str, limits: &Limits) -> Self {
        let mut options = Options::default();
        options.emit_anchor_events = true;
        options.max_buffered_comment_events = usize::MAX;
        options.flow_nesting_limit = limits.max_depth;
        options.block_nesting_limit = limits.max_depth;
        Self { parser: Parser::new_from_str_with_options(source, options), source, limits: *limits }
    }

    /// The next event; `None` at the end.
    ///
    /// # Errors
    /// The text is not YAML, or nested too deeply.
    pub(super) fn next(&mut self) -> Result<Option<Event<'s>>, Error> {
        loop {
            let Some(next) = self.parser.next_event() else { return Ok(None) };
            let (raw, span) = next.map_err(|trouble| self.error(&trouble))?;
            let (what, anchor, tag) = match raw {
                Raw::StreamStart | Raw::Anchor(..) => continue,
                Raw::StreamEnd => return Ok(None),
                Raw::DocumentStart(..) => return Ok(Some(self.marker(What::Document, &span, "---"))),
                Raw::DocumentEnd => return Ok(Some(self.marker(What::DocumentEnd, &span, "..."))),
                Raw::Alias(id) => (What::Alias(id), 0, None),
                Raw::Comment(..) => (What::Comment, 0, None),
                Raw::Scalar(text, style, anchor, tag) => {
                    (What::Scalar(take(text), style_of(style)), anchor, tag)
                }
                Raw::SequenceStart(style, anchor, tag) => (What::List { flow: is_flow(style) }, anchor, tag),
                Raw::MappingStart(style, anchor, tag) => (What::Map { flow: is_flow(style) }, anchor, tag),
                Raw::SequenceEnd | Raw::MappingEnd => (What::End, 0, None),
                _ => return Err(Error::syntax("a construct that is not known", place(&span).range().start)),
            };
            let tag = tag.map(|tag| {
                let span = span.tag_span().map_or_else(Span::default, |span| place(&span));
                let raw = self.source.get(span.range()).unwrap_or_default();
                let kind = match tag.suffix_in_namespace(CORE) {
                    _ if raw == "!" => Tag::None,
                    Some(suffix) => Tag::core(&suffix),
                    None => Tag::Other,
                };
                (kind, span)
            });
            let anchor = match anchor {
                0 => None,
                id => Some((id, self.anchor_span()?)),
            };
            return Ok(Some(Event { what, span: place(&span), anchor, tag }));
        }
    }

    /// The begin or end of a document: the parser may give the place of the next token for one that is not
    /// marked.
    fn marker(&self, what: What<'s>, span: &RawSpan, text: &str) -> Event<'s> {
        let mut span = place(span);
        if self.source.get(span.range()) != Some(text) {
            span.end = span.start;
        }
        Event { what, span, anchor: None, tag: None }
    }

    /// Where the anchor of the node just met stands; its event follows the node's.
    fn anchor_span(&mut self) -> Result<Span, Error> {
        match self.parser.peek() {
            Some(Ok((Raw::Anchor(..), span))) => Ok(place(span)),
            Some(Err(trouble)) => Err(self.error(&trouble)),
            _ => Err(Error::syntax("an anchor without a place", 0)),
        }
    }

    fn error(&self, trouble: &ScanError) -> Error {
        let at = trouble.marker().byte_offset().unwrap_or_default().min(self.source.len());
        match trouble.kind() {
            Trouble::RecursionLimitExceeded => {
                Error::new(ErrorKind::Limit { what: "the nesting depth", limit: self.limits.max_depth }, at)
            }
            // The parser's own words would show a character of the text.
            Trouble::UnexpectedCharacter { .. } => {
                Error::syntax("a character stands where no value can begin with it", at)
            }
            kind => Error::syntax(kind.to_string(), at),
        }
    }
}

fn place(span: &RawSpan) -> Span {
    let range = span.byte_range().unwrap_or_default();
    Span::new(range.start, range.end)
}

fn take(text: Cow<'_, str>) -> Text<'_> {
    match text {
        Cow::Borrowed(text) => Text::from(text),
        Cow::Owned(text) => Text::owned(text.into_bytes()),
    }
}

fn style_of(style: ScalarStyle) -> Style {
    match style {
        ScalarStyle::Plain => Style::Plain,
        ScalarStyle::SingleQuoted => Style::Single,
        ScalarStyle::DoubleQuoted => Style::Double,
        ScalarStyle::Literal => Style::Literal,
        ScalarStyle::Folded => Style::Folded,
    }
}

fn is_flow(style: StructureStyle) -> bool {
    style == StructureStyle::Flow
}
