//! Edits of a text, and the splice: the only way a document's text changes.

use super::tree::Span;
use crate::secret::wipe;
use zeroize::Zeroizing;

/// Replacements of spans of a source. The new texts may be secret and are wiped.
#[derive(Default)]
pub struct Edits {
    /// New texts; the last one grows.
    texts: Vec<Zeroizing<Vec<u8>>>,
    list: Vec<Edit>,
}

/// A replacement.
#[derive(Clone, Copy)]
struct Edit {
    replaced: Span,
    /// Which of the texts has the new one, and where.
    text: u32,
    by: Span,
}

/// Two edits touch the same bytes; a defect of the program.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("two edits overlap at byte {0}")]
pub struct Overlap(pub usize);

impl Edits {
    /// No edits, with room for `bytes` of new text.
    #[must_use]
    pub fn with_capacity(count: usize, bytes: usize) -> Self {
        Self { texts: vec![Zeroizing::new(Vec::with_capacity(bytes))], list: Vec::with_capacity(count) }
    }

    /// Replaces `span` by `text`. An empty span inserts; insertions at one place keep their order.
    pub fn replace(&mut self, span: Span, text: &[u8]) {
        self.replace_with(span, |out| out.extend_from_slice(text));
    }

    /// Replaces `span` by what `write` appends.
    pub fn replace_with(&mut self, span: Span, write: impl FnOnce(&mut Vec<u8>)) {
        self.replace_found(|out| {
            write(out);
            Some(span)
        });
    }

    /// Replaces the span that `write` finds by what it appends; nothing if it finds none.
    pub fn replace_found(&mut self, write: impl FnOnce(&mut Vec<u8>) -> Option<Span>) {
        if self.texts.is_empty() {
            self.texts.push(Zeroizing::default());
        }
        let last = self.texts.len() - 1;
        let text = &mut self.texts[last];
        let start = text.len();
        if let Some(replaced) = write(text) {
            self.list.push(Edit { replaced, text: last as u32, by: Span::new(start, text.len()) });
        }
    }

    /// Makes the edits of `next` too, behind these.
    pub fn append(&mut self, mut next: Self) {
        let before = self.texts.len() as u32;
        self.texts.append(&mut next.texts);
        self.list.extend(next.list.iter().map(|edit| Edit { text: edit.text + before, ..*edit }));
    }

    /// Whether there is nothing to change.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// How many edits there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.list.len()
    }

    /// What is replaced, in the order in which it was asked for.
    pub fn spans(&self) -> impl Iterator<Item = Span> + '_ {
        self.list.iter().map(|edit| edit.replaced)
    }

    /// The new text: `source` with all edits made, allocated once.
    ///
    /// # Errors
    /// Two edits overlap.
    pub fn apply(mut self, source: &[u8]) -> Result<Zeroizing<Vec<u8>>, Overlap> {
        if !self.list.is_sorted_by_key(|edit| edit.replaced.start) {
            self.list.sort_by_key(|edit| (edit.replaced.start, edit.replaced.end));
        }
        let removed: usize = self.list.iter().map(|edit| edit.replaced.range().len()).sum();
        let added: usize = self.texts.iter().map(|text| text.len()).sum();
        let size = (source.len() + added).saturating_sub(removed);
        let mut out = Zeroizing::new(Vec::with_capacity(size));
        let mut at = 0;
        for edit in &self.list {
            let range = edit.replaced.range();
            if range.start < at || range.end > source.len() {
                return Err(Overlap(range.start));
            }
            out.extend_from_slice(&source[at..range.start]);
            out.extend_from_slice(&self.texts[edit.text as usize][edit.by.range()]);
            at = range.end;
        }
        out.extend_from_slice(&source[at..]);
        Ok(out)
    }
}

impl Drop for Edits {
    fn drop(&mut self) {
        self.texts.iter_mut().for_each(wipe);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn overlapping_edits_are_refused() {
        let mut edits = Edits::default();
        edits.replace(Span::new(0, 3), b"x");
        edits.replace(Span::new(2, 4), b"y");
        assert_eq!(edits.apply(b"abcdef"), Err(Overlap(2)));
    }

    proptest! {
        #[test]
        fn text_outside_edits_survives(pieces in prop::collection::vec((".{0,8}", ".{0,8}", ".{0,8}"), 0..12)) {
            let (mut source, mut wanted) = (Vec::new(), Vec::new());
            let mut list = Vec::new();
            for (kept, old, new) in &pieces {
                source.extend_from_slice(kept.as_bytes());
                let start = source.len();
                source.extend_from_slice(old.as_bytes());
                list.push((Span::new(start, source.len()), new));
                wanted.extend_from_slice(kept.as_bytes());
                wanted.extend_from_slice(new.as_bytes());
            }
            let mut edits = Edits::default();
            for (span, new) in &list {
                edits.replace(*span, new.as_bytes());
            }
            prop_assert_eq!(&*edits.apply(&source).unwrap(), &wanted);
        }
    }
}
