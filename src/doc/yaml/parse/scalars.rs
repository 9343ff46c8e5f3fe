//! Scalars: where they stand, and their values.

use super::super::super::error::{Error, ErrorKind};
use super::super::super::tree::{Span, Style};
use super::super::super::value::{Text, Value};
use super::super::block::Block;
use super::super::events::{Event, What};
use super::super::lines::{find_separator, is_separator, skip_gap};
use super::super::resolve::{Mismatch, Tag, resolve};
use super::Reader;

/// A scalar that has been read.
pub(super) struct Leaf<'s> {
    pub(super) value: Value<'s>,
    pub(super) style: Style,
    pub(super) span: Span,
    /// Where its properties or block header begin.
    pub(super) outer: usize,
}

impl<'s> Reader<'s> {
    /// Reads a scalar and moves behind it.
    pub(super) fn scalar(&mut self, event: Event<'s>) -> Result<Leaf<'s>, Error> {
        let outer = self.pass_properties(&event);
        let What::Scalar(text, style) = event.what else {
            return Err(Error::syntax("a scalar is expected", event.span.start as usize));
        };
        let tag = event.tag.map_or(Tag::None, |(tag, _)| tag);
        let start = event.span.start as usize;
        let (text, span, outer) = match style {
            Style::Literal | Style::Folded => {
                let header = skip_gap(self.source, self.cursor);
                if !matches!(self.source.get(header), Some(b'|' | b'>')) {
                    return Err(Error::syntax("a block scalar can be read in two ways", start));
                }
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
    pub(super) fn refuse_separators(&self, span: Span) -> Result<(), Error> {
        match self.separators.then(|| find_separator(self.source, span)).flatten() {
            None => Ok(()),
            Some(at) => {
                let message = "a line separator stands in the text; write it as an escape in double quotes";
                Err(Error::syntax(message, at))
            }
        }
    }

    /// The text in single quotes at `span`, where a line separator takes the blanks around it with it.
    pub(super) fn single_with_separators(&self, text: Text<'s>, span: Span) -> Result<Text<'s>, Error> {
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
}

fn blanks<'b>(bytes: impl Iterator<Item = &'b u8>) -> usize {
    bytes.take_while(|b| matches!(b, b' ' | b'\t')).count()
}

/// What a value is, in words.
pub(super) fn type_words(value: &Value<'_>) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a truth value",
        Value::Int(_) | Value::Float(_) => "a number",
        Value::Time(_) => "a date",
        Value::Str(_) => "a string",
    }
}
