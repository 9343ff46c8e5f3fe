//! Texts with places for values: `{{ seal "db.password" | json }}`.
//!
//! Only `{{`, blanks and the word `seal` begin a place; everything else, other languages of templates
//! included, stays as it is. What is put in is never looked at again.

use super::document::{Document, NullRule};
use super::error::{RenderError, TemplateProblem};
use super::filter::Filter;
use super::find::find;
use crate::doc::{KeyPath, Position};
use std::ops::Range;
use zeroize::Zeroizing;

/// A text to fill in.
pub struct Template {
    /// The name that the result gets.
    pub name: String,
    /// What the template is called, for messages.
    pub source_name: String,
    /// Its text.
    pub text: Zeroizing<Vec<u8>>,
}

/// A place for a value.
struct Hole {
    /// From the first brace to behind the last.
    range: Range<usize>,
    file: Option<String>,
    path: KeyPath,
    /// Byte offset of the key.
    at: usize,
    filters: Vec<Filter>,
}

/// A problem and its byte offset.
type Trouble = (TemplateProblem, usize);

impl Template {
    /// The text with the values in their places. A null that is skipped is an empty text.
    ///
    /// # Errors
    /// [`RenderError::Template`].
    pub fn fill(
        &self,
        documents: &[Document],
        null: NullRule,
        sealed_only: bool,
    ) -> Result<Zeroizing<Vec<u8>>, RenderError> {
        self.filled(documents, null, sealed_only).map_err(|(problem, at)| {
            let Position { line, column } = Position::of(&self.text, at);
            RenderError::Template {
                template: self.source_name.clone(),
                line,
                column,
                problem: Box::new(problem),
            }
        })
    }

    fn filled(
        &self,
        documents: &[Document],
        null: NullRule,
        sealed_only: bool,
    ) -> Result<Zeroizing<Vec<u8>>, Trouble> {
        let holes = holes(&self.text)?;
        let mut values = Vec::with_capacity(holes.len());
        let mut size = self.text.len();
        for hole in &holes {
            let value = value(hole, documents, null, sealed_only).map_err(|problem| (problem, hole.at))?;
            size += value.len();
            values.push(value);
        }
        let mut out = Zeroizing::new(Vec::with_capacity(size));
        let mut done = 0;
        for (hole, value) in holes.iter().zip(&values) {
            out.extend_from_slice(&self.text[done..hole.range.start]);
            out.extend_from_slice(value);
            done = hole.range.end;
        }
        out.extend_from_slice(&self.text[done..]);
        Ok(out)
    }
}

/// What goes into a hole.
fn value(
    hole: &Hole,
    documents: &[Document],
    null: NullRule,
    sealed_only: bool,
) -> Result<Zeroizing<Vec<u8>>, TemplateProblem> {
    let wrap = |error| TemplateProblem::Find(Box::new(error));
    let (document, leaf) = find(documents, &hole.path, hole.file.as_deref()).map_err(wrap)?;
    if sealed_only && !leaf.sealed {
        return Err(wrap(RenderError::NotSealed(Box::new(document.spot(leaf)))));
    }
    let bytes = leaf.bytes(document, null).map_err(wrap)?.unwrap_or_default();
    let mut value = Zeroizing::new(bytes.to_vec());
    for filter in &hole.filters {
        value = filter.apply(&value).map_err(|problem| TemplateProblem::Value {
            path: hole.path.clone(),
            filter: filter.name(),
            problem,
        })?;
    }
    Ok(value)
}

/// All places for values, in order.
fn holes(text: &[u8]) -> Result<Vec<Hole>, Trouble> {
    let mut holes = Vec::new();
    let mut at = 0;
    while let Some(found) = text[at..].windows(2).position(|pair| pair == b"{{") {
        let start = at + found;
        let mut scan = Scan { text, at: start + 2 };
        scan.blanks();
        if scan.word() == b"seal" {
            let hole = scan.hole(start)?;
            at = hole.range.end;
            holes.push(hole);
        } else {
            // Of three braces, the last two may begin a place.
            at = start + 1;
        }
    }
    Ok(holes)
}

/// What is left of a template.
struct Scan<'t> {
    text: &'t [u8],
    at: usize,
}

impl<'t> Scan<'t> {
    fn rest(&self) -> &'t [u8] {
        &self.text[self.at..]
    }

    fn take(&mut self, token: &[u8]) -> bool {
        let there = self.rest().starts_with(token);
        if there {
            self.at += token.len();
        }
        there
    }

    fn blanks(&mut self) {
        self.at += self.rest().iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
    }

    /// Letters, digits and `_`.
    fn word(&mut self) -> &'t [u8] {
        let rest = self.rest();
        let length = rest.iter().take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'_').count();
        self.at += length;
        &rest[..length]
    }

    /// What follows the word `seal`.
    fn hole(&mut self, start: usize) -> Result<Hole, Trouble> {
        self.blanks();
        let mut at = self.at;
        let mut text = self.quoted()?.ok_or((TemplateProblem::NoKey, at))?;
        self.blanks();
        let mut file = None;
        let second = self.at;
        if let Some(path) = self.quoted()? {
            file = Some(std::mem::replace(&mut text, path));
            at = second;
        }
        let path = KeyPath::parse(&text).map_err(|_error| (TemplateProblem::Path(text), at))?;
        let mut filters = Vec::new();
        loop {
            self.blanks();
            if self.take(b"}}") {
                return Ok(Hole { range: start..self.at, file, path, at, filters });
            }
            if !self.take(b"|") {
                return Err((TemplateProblem::Unclosed, self.at));
            }
            self.blanks();
            let place = self.at;
            let name = self.word();
            let Some(filter) = Filter::ALL.into_iter().find(|filter| filter.name().as_bytes() == name) else {
                return Err((TemplateProblem::Filter, place));
            };
            filters.push(filter);
        }
    }

    /// A text in double quotes, if one begins here; it ends on its line.
    fn quoted(&mut self) -> Result<Option<String>, Trouble> {
        let start = self.at;
        if !self.take(b"\"") {
            return Ok(None);
        }
        let mut bytes = Vec::new();
        loop {
            match self.rest() {
                [] | [b'\n' | b'\r', ..] => return Err((TemplateProblem::OpenQuote, start)),
                [b'"', ..] => {
                    self.at += 1;
                    let text = String::from_utf8(bytes);
                    return text.map(Some).map_err(|_error| (TemplateProblem::NoKey, start));
                }
                [b'\\', byte @ (b'"' | b'\\'), ..] => {
                    bytes.push(*byte);
                    self.at += 2;
                }
                [b'\\', ..] => return Err((TemplateProblem::Escape, self.at)),
                [byte, ..] => {
                    bytes.push(*byte);
                    self.at += 1;
                }
            }
        }
    }
}
