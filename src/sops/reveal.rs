//! What an opened document shows: its plain text, its data, single values.

use super::check;
use super::decrypt::{DecryptError, Opened, Slot};
use super::plan::Planned;
use super::strict::Pointers;
use crate::doc::format::{FormatName, Spelling};
use crate::doc::ini::with_comments_in_front;
use crate::doc::tree::{Span, Step};
use crate::doc::{Data, Edits, KeyPath, Kind, Limits, NodeId, Text, Texts, Tree, Value};
use crate::threads;
use zeroize::Zeroizing;

impl Opened<'_> {
    /// The plain text in the layout of the encrypted file, without metadata.
    ///
    /// # Errors
    /// [`DecryptError::Inexpressible`]: a value that the format cannot hold.
    pub fn text(&self) -> Result<Zeroizing<Vec<u8>>, DecryptError> {
        self.first_that_fits(|with_hints, how| {
            let text = self.spell(with_hints, how)?;
            self.read_back(&text).map(drop)?;
            Ok(text)
        })
    }

    /// As [`Self::text`], read in the format of the plain text; the text is kept in `texts`.
    ///
    /// # Errors
    /// As [`Self::text`].
    pub fn plain<'t>(&self, texts: &'t Texts) -> Result<Tree<'t>, DecryptError> {
        self.first_that_fits(|with_hints, how| {
            let text = texts.keep(self.spell(with_hints, how)?);
            let tree = self.read_back(text)?;
            match self.plain_format().sealed() {
                None => Ok(tree),
                // What stands in clear was given another reading.
                Some(_) => self.plain_format().parse(text, &Limits::default()).map_err(|_unreadable| 0),
            }
        })
    }

    /// The first result of several ways to spell the values; each tells the node that does not read back.
    fn first_that_fits<T>(
        &self,
        attempt: impl Fn(bool, Spelling) -> Result<T, NodeId>,
    ) -> Result<T, DecryptError> {
        let mut first_difference = 0;
        for (with_hints, how) in [(true, Spelling::Kept), (false, Spelling::Kept), (false, Spelling::Safe)] {
            match attempt(with_hints, how) {
                Ok(found) => return Ok(found),
                Err(at) => first_difference = at,
            }
        }
        Err(DecryptError::Inexpressible { path: KeyPath::of(&self.sealed.tree, first_difference) })
    }

    /// One attempt at the plain text; the node that cannot be spelled otherwise.
    fn spell(&self, with_hints: bool, how: Spelling) -> Result<Zeroizing<Vec<u8>>, NodeId> {
        let tree = &self.sealed.tree;
        let mut edits = Edits::default();
        if with_hints && !self.hints.is_empty() {
            // What comes back with a spelling may be more than one step.
            edits = self.spell_steps(0, &self.plan.steps, Some(&Pointers::new(tree)), how);
        } else {
            let spell = |first, steps: &[Planned]| self.spell_steps(first, steps, None, how);
            threads::pieces(&self.plan.steps, spell).into_iter().for_each(|piece| edits.append(piece));
        }
        self.plain_format().remove_metadata(tree, &mut edits);
        edits.apply(tree.source).map_err(|_overlap| 0)
    }

    /// Puts the values of `steps`, which begin at step `first` of the plan, in their places.
    fn spell_steps(
        &self,
        first: usize,
        steps: &[Planned],
        pointers: Option<&Pointers<'_>>,
        how: Spelling,
    ) -> Edits {
        let (tree, format) = (&self.sealed.tree, self.plain_format());
        let slots = &self.slots[first..first + steps.len()];
        // A ciphertext has room for the value that comes in its place.
        let size = steps.iter().map(|planned| planned.text_len(tree)).sum();
        let mut edits = Edits::with_capacity(steps.len(), size);
        // The node after the last that came back with a spelling, and the texts that did, in order. A
        // comment may stand before a node that it follows in the tree, or on the first line of a block.
        let mut restored_until: NodeId = 0;
        let mut restored: Vec<Span> = Vec::new();
        let is_restored = |restored: &[Span], at: u32| {
            let next = restored.partition_point(|span| span.start <= at);
            next > 0 && at < restored[next - 1].end
        };
        for (planned, slot) in steps.iter().zip(slots) {
            let id = match (planned.step, slot) {
                (Step::Comment(comment), Slot::Comment(span)) => {
                    if !is_restored(&restored, tree.comments[comment].span.start) {
                        format.put_comment_plain(tree, comment, &self.plain[span.range()], &mut edits);
                    }
                    continue;
                }
                (Step::Leaf(id) | Step::Enter(id), _) => id,
                _ => continue,
            };
            if id < restored_until {
                continue;
            }
            let may_have_hint = planned.selected || matches!(planned.step, Step::Enter(_));
            if may_have_hint
                && let Some(pointers) = pointers
                && let Some(hint) = self.hints.get(&pointers.of(id))
            {
                let before = edits.len();
                format.put_hint(tree, id, hint, &mut edits);
                restored_until = tree.node(id).end;
                restored.extend(edits.spans().skip(before));
                continue;
            }
            match (planned.step, slot) {
                (Step::Leaf(_), Slot::Value(..)) => {
                    format.put_plain(tree, id, &self.value_of(id, slot), how, &mut edits);
                }
                (Step::Leaf(_), Slot::Comment(span)) => {
                    format.element_to_comment(tree, id, &self.plain[span.range()], &mut edits);
                }
                _ => {}
            }
        }
        edits
    }

    /// Reads a plain text; the node that is not what it should be otherwise.
    fn read_back<'t>(&self, text: &'t [u8]) -> Result<Tree<'t>, NodeId> {
        let (tree, format) = (&self.sealed.tree, self.plain_format());
        let values: Vec<(NodeId, Slot)> = (self.plan.steps.iter().zip(&self.slots))
            .filter_map(|(planned, slot)| match planned.step {
                Step::Leaf(id) => Some((id, *slot)),
                _ => None,
            })
            .collect();
        let Ok(mut read) = format.parse(text, &Limits::default()) else { return Err(0) };
        if format.sealed().is_some() {
            // The document is flat: its leaves are the nodes behind the root.
            let clear: Vec<bool> = self.plan.leaves().map(|(_, selected)| !selected).collect();
            let is_clear = |id: NodeId| clear.get(id as usize - 1).copied().unwrap_or_default();
            format.read_clear(&mut read, &is_clear).map_err(|_unreadable| 0_u32)?;
        }
        let mut wanted = values.iter().filter(|(_, slot)| !matches!(slot, Slot::Comment(_)));
        let is_comment = |id: NodeId| {
            values
                .binary_search_by_key(&id, |(id, _)| *id)
                .is_ok_and(|at| matches!(values[at].1, Slot::Comment(_)))
        };
        let last_clear = format.value_before_metadata(&read);
        let difference = check::difference(tree, &read, is_comment, |id, got| {
            let (Some((_, slot)), Kind::Leaf(value)) = (wanted.next(), &read.node(got).kind) else {
                return false;
            };
            let same = format.same_value(&self.value_of(id, slot), value);
            // What was encrypted in a block at the end of the text had no line end then and has none now.
            same || last_clear == Some(got)
        });
        match difference {
            Some(id) => Err(id),
            None => Ok(read),
        }
    }

    /// The plain data of all documents, comments included: what conversion writes.
    #[must_use]
    pub fn documents(&self) -> Vec<Data> {
        let mut slots = self.plan.steps.iter().zip(&self.slots).filter_map(|(planned, slot)| {
            matches!(planned.step, Step::Leaf(_) | Step::Comment(_)).then_some(slot)
        });
        // The steps of the plan are those of the walk; leaves and comments take their slots in turn.
        let slots = std::cell::RefCell::new(&mut slots);
        let next = || slots.borrow_mut().next().copied().unwrap_or(Slot::Clear);
        let documents: Result<Vec<Data>, std::convert::Infallible> = Data::documents(
            &self.sealed.tree,
            |id| {
                Ok(match next() {
                    Slot::Comment(span) => Data::Comment(Text::owned(&self.plain[span.range()])),
                    slot => Data::Value(self.value_of(id, &slot).to_static()),
                })
            },
            |comment| {
                Ok(Data::Comment(match next() {
                    Slot::Comment(span) => Text::owned(&self.plain[span.range()]),
                    _ => Text::owned(self.sealed.tree.text(self.sealed.tree.comments[comment].span)),
                }))
            },
        );
        match documents {
            Ok(documents) if self.sealed.format.name() == FormatName::Ini => {
                with_comments_in_front(documents)
            }
            Ok(documents) => documents,
        }
    }

    /// The values in order, each with whether it was encrypted. What decrypts to a comment is none.
    pub fn values(&self) -> impl Iterator<Item = (NodeId, bool)> + '_ {
        self.plan.steps.iter().zip(&self.slots).filter_map(|(planned, slot)| match (planned.step, slot) {
            (Step::Leaf(id), Slot::Clear) => Some((id, false)),
            (Step::Leaf(id), Slot::Value(..)) => Some((id, true)),
            _ => None,
        })
    }

    /// The plain value of leaf `id`.
    #[must_use]
    pub fn value(&self, id: NodeId) -> Option<Value<'_>> {
        let leaves = self.leaves.get_or_init(|| {
            let slots = self.plan.steps.iter().zip(&self.slots);
            slots
                .filter_map(|(p, slot)| if let Step::Leaf(id) = p.step { Some((id, *slot)) } else { None })
                .collect()
        });
        let at = leaves.binary_search_by_key(&id, |(id, _)| *id).ok()?;
        match &leaves[at].1 {
            Slot::Comment(_) => None,
            slot => Some(self.value_of(id, slot)),
        }
    }
}
