//! The ciphertexts of a document: made, or kept from an earlier version, and put in their places.

use super::encrypt::{EncryptError, EncryptRequest, is_sealable};
use super::kept::{Kept, spelling};
use super::plaintext::label;
use super::plan::{Plan, Planned};
use super::reseal::Previous;
use super::strict::SealError;
use super::values::Values;
use crate::crypto::Nonces;
use crate::crypto::aead::Cipher;
use crate::crypto::envelope::{self, Envelope, Label};
use crate::doc::tree::Step;
use crate::doc::{Edits, Kind, NodeId, Tree, Value};
use crate::threads;
use std::ops::Range;
use zeroize::Zeroizing;

/// The ranges, which begin in order, without those that lie in another.
pub(super) fn disjoint(ranges: impl Iterator<Item = Range<NodeId>>) -> Vec<Range<NodeId>> {
    let mut kept: Vec<Range<NodeId>> = Vec::new();
    for range in ranges {
        if kept.last().is_none_or(|last| last.end <= range.start) {
            kept.push(range);
        }
    }
    kept
}

/// Bytes of a token with its quotes, where its plain text has `plain` bytes.
fn token_size(plain: usize) -> usize {
    plain.div_ceil(3) * 4 + 140
}

/// Whether `text` is the token that ends in `tag`.
pub(super) fn has_tag(text: &[u8], tag: &[u8; 16]) -> bool {
    Envelope::parse(text).is_ok_and(|envelope| envelope.has_tag(tag))
}

/// The tag of each token, to compare with what is read back without keeping all tokens.
pub(super) struct Tags {
    leaves: Vec<Option<[u8; 16]>>,
    comments: Vec<Option<[u8; 16]>>,
}

impl Tags {
    /// The tag of leaf `id`, if it got a token.
    pub(super) fn leaf(&self, id: NodeId) -> Option<&[u8; 16]> {
        self.leaves.get(id as usize)?.as_ref()
    }

    /// The tag of comment `index`, if it got a token.
    pub(super) fn comment(&self, index: usize) -> Option<&[u8; 16]> {
        self.comments.get(index)?.as_ref()
    }
}

/// The work on one document.
pub(super) struct Work<'a, 'p> {
    pub(super) request: &'a EncryptRequest<'a>,
    pub(super) previous: Option<&'a Previous<'p>>,
    pub(super) tree: &'a Tree<'a>,
    pub(super) plan: &'a Plan,
    pub(super) values: &'a Values<'a>,
    pub(super) cipher: &'a Cipher,
    /// Nodes below an expanded alias, whose spelling comes back with it: in order, without overlap.
    pub(super) restored: Vec<Range<NodeId>>,
}

/// What comes of the work, or of a stretch of it.
#[derive(Default)]
pub(super) struct Sealing {
    /// The ciphertexts in their places.
    pub(super) edits: Edits,
    /// The tags of their leaves and comments, in order.
    leaves: Vec<(NodeId, [u8; 16])>,
    comments: Vec<(usize, [u8; 16])>,
    /// The spellings of leaves that would not come back from their values, for the record.
    pub(super) spellings: Vec<(NodeId, Zeroizing<Vec<u8>>)>,
}

impl Sealing {
    /// The tags, to be asked for.
    pub(super) fn tags(&self, tree: &Tree<'_>) -> Tags {
        let mut tags =
            Tags { leaves: vec![None; tree.nodes.len()], comments: vec![None; tree.comments.len()] };
        self.leaves.iter().for_each(|(id, tag)| tags.leaves[*id as usize] = Some(*tag));
        self.comments.iter().for_each(|(index, tag)| tags.comments[*index] = Some(*tag));
        tags
    }

    /// Adds what comes of the next stretch.
    fn append(&mut self, next: Self) {
        self.edits.append(next.edits);
        self.leaves.extend(next.leaves);
        self.comments.extend(next.comments);
        self.spellings.extend(next.spellings);
    }
}

impl Work<'_, '_> {
    /// A source of nonces: a merge makes the same ones whenever it is done.
    pub(super) fn nonces(&self) -> Nonces {
        match self.previous {
            Some(previous) if previous.is_merged() => Nonces::derived(self.request.data_key.as_bytes()),
            _ => Nonces::random(),
        }
    }

    /// The steps that get a ciphertext.
    fn is_sealed(&self, planned: &Planned) -> bool {
        planned.selected
            && match planned.step {
                Step::Leaf(id) => is_sealable(self.values.value(id)),
                Step::Comment(index) => !self.tree.comments[index].span.is_empty(),
                _ => false,
            }
    }

    /// Encrypts everything that is selected.
    pub(super) fn encrypt_items(&self) -> Result<Sealing, EncryptError> {
        let sealed: Vec<&Planned> = self.plan.steps.iter().filter(|p| self.is_sealed(p)).collect();
        self.refuse_nothing(&sealed)?;
        let mut parts = match self.previous {
            // Equal values take the ciphertexts that there were in their order.
            Some(previous) if !previous.tokens.are_distinct() => vec![self.encrypt_steps(&sealed)],
            _ => threads::pieces(&sealed, |_, steps| self.encrypt_steps(steps)),
        }
        .into_iter();
        let mut sealing = parts.next().unwrap_or_else(|| Ok(Sealing::default()))?;
        parts.try_for_each(|part| part.map(|part| sealing.append(part)))?;
        if self.request.format.sealed().is_some() {
            self.place_empty(&mut sealing);
        }
        Ok(sealing)
    }

    /// Encrypts these steps.
    fn encrypt_steps(&self, steps: &[&Planned]) -> Result<Sealing, EncryptError> {
        let size = steps.iter().map(|planned| token_size(self.plain_size(planned))).sum();
        let mut sealing = Sealing { edits: Edits::with_capacity(steps.len(), size), ..Sealing::default() };
        let mut nonces = self.nonces();
        let mut text: Zeroizing<Vec<u8>> = Zeroizing::default();
        let mut token = String::new();
        for planned in steps {
            text.clear();
            let kind = match planned.step {
                Step::Comment(index) => {
                    text.extend_from_slice(self.tree.text(self.tree.comments[index].span));
                    Label::Comment
                }
                Step::Leaf(id) | Step::Enter(id) | Step::Leave(id) => {
                    let value = self.values.value(id);
                    value.canonical(&mut text);
                    label(value).unwrap_or(Label::Str)
                }
            };
            let aad = self.plan.aad(planned);
            if let Some(kept) = self.previous.and_then(|previous| previous.tokens.take(aad, kind, &text)) {
                self.place_kept(planned.step, kept, &mut sealing)?;
                continue;
            }
            if kind == Label::Comment {
                self.request.format.seal_comment(&mut text);
            }
            let nonce = nonces.next(aad, kind.text(), &text).map_err(SealError::from)?;
            let tag = self.cipher.seal(&nonce, aad, &mut text).map_err(SealError::from)?;
            token.clear();
            envelope::push(&text, &nonce, &tag, kind, &mut token);
            self.place(planned.step, &token, &tag, &mut sealing)?;
        }
        Ok(sealing)
    }

    /// Puts nothing in the place of empty values, which may be spelled with quotes that another format would
    /// take for a value.
    fn place_empty(&self, sealing: &mut Sealing) {
        for (id, selected) in self.plan.leaves() {
            if selected && !is_sealable(self.values.value(id)) {
                self.request.format.put_cipher(self.tree, id, "", &mut sealing.edits);
                self.keep_spelling(id, sealing);
            }
        }
    }

    fn is_restored(&self, id: NodeId) -> bool {
        let next = self.restored.partition_point(|nodes| nodes.start <= id);
        next > 0 && self.restored[next - 1].contains(&id)
    }

    /// Bytes of the plain text of a step, or a little more.
    fn plain_size(&self, planned: &Planned) -> usize {
        match planned.step {
            Step::Comment(index) => self.tree.comments[index].span.range().len(),
            Step::Leaf(id) | Step::Enter(id) | Step::Leave(id) => match self.values.value(id) {
                Value::Str(text) => text.len(),
                _ => 32,
            },
        }
    }

    /// Puts a ciphertext of the previous version in its place. A leaf whose spelling did not change looks
    /// as it did there: SOPS spells ciphertexts otherwise.
    fn place_kept(&self, step: Step, kept: &Kept<'_>, sealing: &mut Sealing) -> Result<(), EncryptError> {
        let (Step::Leaf(id), Some(leaf)) = (step, &kept.leaf) else {
            return self.place(step, kept.token, &kept.tag, sealing);
        };
        let model = leaf.tree;
        // Lines without a spelling in the record come back with the line ends of the document.
        let as_there = !leaf.spelling.iter().any(|b| matches!(b, b'\n' | b'\r'))
            || first_line_end(model.source) == first_line_end(self.tree.source);
        let same = !leaf.spelling.is_empty() && as_there && leaf.spelling == spelling(self.tree, id);
        if !same || self.is_restored(id) {
            return self.place(step, kept.token, &kept.tag, sealing);
        }
        sealing.leaves.push((id, kept.tag));
        let model = (model, leaf.id);
        self.request.format.put_cipher_like(self.tree, id, model, kept.token, &mut sealing.edits);
        if let Some(hint) = leaf.hint {
            sealing.spellings.push((id, hint.to_vec().into()));
        }
        Ok(())
    }

    fn place(
        &self,
        step: Step,
        token: &str,
        tag: &[u8; 16],
        sealing: &mut Sealing,
    ) -> Result<(), EncryptError> {
        match step {
            Step::Comment(index) => {
                let span = self.tree.comments[index].span;
                if self.request.selection.mistakes_ciphertext(token) {
                    return Err(EncryptError::CommentMistaken { at: span.start as usize });
                }
                sealing.comments.push((index, *tag));
                self.request.format.put_comment_cipher(self.tree, index, token, &mut sealing.edits)?;
            }
            Step::Leaf(id) | Step::Enter(id) | Step::Leave(id) => {
                sealing.leaves.push((id, *tag));
                self.request.format.put_cipher(self.tree, id, token, &mut sealing.edits);
                self.keep_spelling(id, sealing);
            }
        }
        Ok(())
    }

    /// Lets the record have the spelling of a leaf that would not come back from its value.
    fn keep_spelling(&self, id: NodeId, sealing: &mut Sealing) {
        if self.request.record
            && !self.is_restored(id)
            && let Some(raw) = self.request.format.layout_hint(self.tree, id)
        {
            sealing.spellings.push((id, raw.into()));
        }
    }

    fn refuse_nothing(&self, sealed: &[&Planned]) -> Result<(), EncryptError> {
        let is_leaf = |planned: &Planned| matches!(planned.step, Step::Leaf(_));
        if self.request.allow_nothing || sealed.iter().any(|p| is_leaf(p)) {
            return Ok(());
        }
        let values = self.plan.steps.iter().filter(|planned| match planned.step {
            Step::Leaf(id) => is_sealable(self.values.value(id)),
            _ => false,
        });
        match values.count() {
            0 => Ok(()),
            values => Err(EncryptError::NothingSelected { values }),
        }
    }
}

/// What the self-check expects to read.
pub(super) struct Expected<'a> {
    pub(super) tree: &'a Tree<'a>,
    pub(super) values: &'a Values<'a>,
    pub(super) tokens: &'a Tags,
}

impl Expected<'_> {
    /// Whether what is read back is what was meant.
    pub(super) fn comparison<'b>(&'b self, read: &'b Tree<'b>) -> impl FnMut(NodeId, NodeId) -> bool + 'b {
        move |wanted, got| {
            let Kind::Leaf(got) = &read.node(got).kind else { return false };
            match self.tokens.leaf(wanted) {
                None => {
                    *self.values.value(wanted) == *got
                        || self.tree.node(wanted).kind == Kind::Leaf(got.clone())
                }
                Some(tag) => match got {
                    Value::Str(text) => has_tag(text, tag),
                    _ => false,
                },
            }
        }
    }
}

/// The first line end of a text, which is that of its new lines.
fn first_line_end(source: &[u8]) -> &[u8] {
    let start = source.iter().take_while(|b| !matches!(b, b'\n' | b'\r')).count();
    let rest = &source[start..];
    if rest.starts_with(b"\r\n") { &rest[..2] } else { &rest[..rest.len().min(1)] }
}
