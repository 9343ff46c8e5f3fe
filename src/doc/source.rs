//! Documents on their way through several hands: parsed once, and kept as long as anybody looks at them.

use super::error::Error;
use super::format::Format;
use super::limits::Limits;
use super::tree::Tree;
use crate::secret::wipe;
use std::cell::OnceCell;
use zeroize::Zeroizing;

/// A document: its text, or what was read from it already.
pub enum Source<'s> {
    /// A text.
    Text(&'s [u8]),
    /// A text that was parsed.
    Tree(Box<Tree<'s>>),
}

impl<'s> Source<'s> {
    /// The text.
    #[must_use]
    pub fn text(&self) -> &'s [u8] {
        match self {
            Source::Text(text) => text,
            Source::Tree(tree) => tree.source,
        }
    }

    /// The tree. A tree that is here already must have been read in the same format.
    ///
    /// # Errors
    /// The text is no document of the format, or beyond the limits.
    pub fn parse(self, format: &dyn Format, limits: &Limits) -> Result<Tree<'s>, Error> {
        match self {
            Source::Text(text) => format.parse(text, limits),
            Source::Tree(tree) => Ok(*tree),
        }
    }
}

impl<'s> From<&'s [u8]> for Source<'s> {
    fn from(text: &'s [u8]) -> Self {
        Source::Text(text)
    }
}

impl<'s> From<Tree<'s>> for Source<'s> {
    fn from(tree: Tree<'s>) -> Self {
        Source::Tree(Box::new(tree))
    }
}

/// Texts that are made one after the other and live as long as the trees that borrow from them. They are
/// wiped on drop.
#[derive(Default)]
pub struct Texts {
    first: OnceCell<Box<Kept>>,
}

struct Kept {
    text: Zeroizing<Vec<u8>>,
    next: OnceCell<Box<Kept>>,
}

impl Texts {
    /// Keeps `text`.
    pub fn keep(&self, text: Zeroizing<Vec<u8>>) -> &[u8] {
        let mut place = &self.first;
        while let Some(kept) = place.get() {
            place = &kept.next;
        }
        &place.get_or_init(|| Box::new(Kept { text, next: OnceCell::new() })).text
    }
}

impl Drop for Kept {
    fn drop(&mut self) {
        wipe(&mut self.text);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doc::json::Json;

    #[test]
    fn texts_stay_where_they_are() {
        let texts = Texts::default();
        let first = texts.keep(Zeroizing::new(b"{}".to_vec()));
        let second = texts.keep(Zeroizing::new(b"{\"a\": 1}".to_vec()));
        let tree = Source::from(second).parse(&Json, &Limits::default()).unwrap();
        assert_eq!((first, Source::from(tree).text()), (b"{}".as_slice(), b"{\"a\": 1}".as_slice()));
    }
}
