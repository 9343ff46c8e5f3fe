//! An encrypted document is opened: its values, its plain text.

use super::check;
use super::metadata::{Metadata, MetadataError};
use super::plaintext;
use super::plan::{Plan, other_comment_aads};
use super::selection::Selection;
use super::strict::{self, Content, Hints, Pointers, Record, RecordError};
use crate::crypto::aead::{AeadError, Cipher, NONCE_LEN};
use crate::crypto::envelope::{self, Envelope, EnvelopeError, Label};
use crate::crypto::mac::Mac;
use crate::doc::format::Spelling;
use crate::doc::tree::Step;
use crate::doc::{self, Data, Edits, Flags, Format, KeyPath, Kind, Limits, NodeId, Span, Text, Tree, Value};
use crate::keys::DataKey;
use crate::pattern::PatternError;
use std::cell::OnceCell;
use thiserror::Error;
use zeroize::Zeroizing;

/// Why an encrypted file cannot even be looked at.
#[derive(Debug, Error)]
pub enum LoadError {
    /// The text cannot be used.
    #[error(transparent)]
    Document(#[from] doc::Error),
    /// There is no metadata.
    #[error("it has no SOPS metadata, so it is not encrypted")]
    NotEncrypted,
    /// The metadata cannot be used.
    #[error(transparent)]
    Metadata(#[from] MetadataError),
    /// The selector is a pattern that does not compile.
    #[error("the selector `{field}` of the metadata is not a valid pattern: {cause}")]
    Selector {
        /// The metadata field.
        field: &'static str,
        /// What is wrong with it.
        cause: PatternError,
    },
}

/// Why an encrypted file does not decrypt. No plaintext was released.
#[derive(Debug, Error)]
pub enum DecryptError {
    /// The document exceeds a limit.
    #[error(transparent)]
    Document(#[from] doc::Error),
    /// A value is no ciphertext where one is expected.
    #[error("the value of `{path}` should be encrypted, but {cause}")]
    NotCiphertext {
        /// Path of the value.
        path: KeyPath,
        /// Byte offset of the value.
        at: usize,
        /// What it is.
        cause: String,
    },
    /// A value does not decrypt.
    #[error("the value of `{path}` does not decrypt: {cause}")]
    Value {
        /// Path of the value.
        path: KeyPath,
        /// Byte offset of the value.
        at: usize,
        /// Why.
        cause: AeadError,
    },
    /// A value decrypts, but not to its type.
    #[error("the value of `{path}` is not a valid {label}")]
    Type {
        /// Path of the value.
        path: KeyPath,
        /// Byte offset of the value.
        at: usize,
        /// The type it claims.
        label: &'static str,
    },
    /// The data key has a size that AES does not know.
    #[error(transparent)]
    DataKey(AeadError),
    /// The MAC is missing, does not decrypt, or differs.
    #[error("{0}")]
    Mac(MacProblem),
    /// The strict record does not decrypt, or does not fit the document.
    #[error("{0}")]
    Record(RecordProblem),
    /// The plain text cannot be written in this format.
    #[error("the value of `{path}` cannot be written in this format")]
    Inexpressible {
        /// Path of the value.
        path: KeyPath,
    },
}

/// What is wrong with the MAC.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum MacProblem {
    /// There is none.
    #[error("it has no MAC")]
    Missing,
    /// It is no ciphertext.
    #[error("its MAC is no ciphertext: {0}")]
    NotCiphertext(EnvelopeError),
    /// It does not decrypt.
    #[error("its MAC does not decrypt: it is of another file, or `lastmodified` was changed")]
    Undecryptable,
    /// It is not that of the values.
    #[error("values were added, removed or reordered, or a clear value was changed by hand")]
    Mismatch,
}

/// What is wrong with the strict record.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum RecordProblem {
    /// It does not decrypt.
    #[error(transparent)]
    Unreadable(RecordError),
    /// The document is not the one it was made for.
    #[error(
        "key names, structure, types, empty values, selectors or recipients are not those that were encrypted"
    )]
    Mismatch,
}

/// What the strict record says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Strictness {
    /// There is none: a file by SOPS, or stripped.
    Absent,
    /// There is one and it holds.
    Verified,
    /// It was not looked at, or does not hold and that was to be ignored.
    Ignored,
}

/// Something about an encrypted file that SOPS accepts and nobody vouches for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remark {
    /// What, in words for people.
    pub text: String,
    /// Byte offset, if it is a place.
    pub at: Option<usize>,
}

/// An encrypted file, read but not opened.
pub struct Sealed<'s> {
    /// Its format when encrypted.
    pub format: &'s dyn Format,
    /// The document, values still encrypted.
    pub tree: Tree<'s>,
    /// The metadata.
    pub metadata: Metadata,
    selection: Selection,
}

impl<'s> Sealed<'s> {
    /// Reads an encrypted file. `whole` for the binary format, which has no selector.
    ///
    /// # Errors
    /// See [`LoadError`].
    pub fn load(
        format: &'s dyn Format,
        source: &'s [u8],
        whole: bool,
        limits: &Limits,
    ) -> Result<Self, LoadError> {
        let tree = format.parse(source, limits)?;
        let data = format.metadata(&tree).ok_or(LoadError::NotEncrypted)?;
        let metadata = Metadata::from_data(&data)?;
        let selection = match (&metadata.selector, whole) {
            (_, true) => Selection::everything(),
            (selector, false) => Selection::new(selector.as_ref()).map_err(|cause| LoadError::Selector {
                field: metadata.selector_or_default().kind.field(),
                cause,
            })?,
        };
        Ok(Self { format, tree, metadata, selection })
    }

    /// Decrypts all values and checks the MAC and the strict record; `ignore_mac` checks neither.
    ///
    /// # Errors
    /// See [`DecryptError`].
    pub fn open(&self, key: &DataKey, ignore_mac: bool) -> Result<Opened<'_>, DecryptError> {
        let cipher = Cipher::new(key.as_bytes()).map_err(DecryptError::DataKey)?;
        let mut opened = Opened {
            sealed: self,
            plan: Plan::of(&self.tree, &self.selection)?,
            plain: Zeroizing::new(Vec::with_capacity(self.tree.source.len())),
            slots: Vec::new(),
            remarks: Vec::new(),
            strictness: Strictness::Absent,
            hints: Hints::new(),
            leaves: OnceCell::new(),
        };
        if key.as_bytes().len() != 32 {
            let text = format!("the data key has {} bytes; SOPS makes keys of 32", key.as_bytes().len());
            opened.remarks.push(Remark { text, at: None });
        }
        opened.decrypt_steps(&cipher)?;
        if ignore_mac {
            opened.strictness = Strictness::Ignored;
        } else {
            opened.check_mac(&cipher)?;
        }
        opened.check_record(&cipher, ignore_mac)?;
        Ok(opened)
    }
}

/// What a step of the plan holds in plain.
#[derive(Debug, Clone, Copy)]
enum Slot {
    /// What the text says.
    Clear,
    /// A value, as bytes of [`Opened::plain`].
    Value(Label, Span),
    /// A comment, or a list element that is one.
    Comment(Span),
}

/// A decrypted and verified document. Its plaintext is wiped on drop.
pub struct Opened<'a> {
    sealed: &'a Sealed<'a>,
    plan: Plan,
    plain: Zeroizing<Vec<u8>>,
    slots: Vec<Slot>,
    /// What nobody vouches for.
    pub remarks: Vec<Remark>,
    /// What the strict record says.
    pub strictness: Strictness,
    hints: Hints,
    leaves: OnceCell<Vec<(NodeId, Slot)>>,
}

impl<'a> Opened<'a> {
    fn decrypt_steps(&mut self, cipher: &Cipher) -> Result<(), DecryptError> {
        self.slots = Vec::with_capacity(self.plan.steps.len());
        for index in 0..self.plan.steps.len() {
            let planned = self.plan.steps[index];
            let slot = match planned.step {
                Step::Leaf(id) if planned.selected => self.decrypt_leaf(cipher, index, id)?,
                Step::Comment(comment) if planned.selected => self.decrypt_comment(cipher, index, comment),
                _ => Slot::Clear,
            };
            self.slots.push(slot);
        }
        Ok(())
    }

    fn decrypt_leaf(&mut self, cipher: &Cipher, index: usize, id: NodeId) -> Result<Slot, DecryptError> {
        let sealed = self.sealed;
        let tree = &sealed.tree;
        let node = tree.node(id);
        let at = node.span.start as usize;
        let path = || KeyPath::of(tree, id);
        let not_ciphertext = |cause: String| DecryptError::NotCiphertext { path: path(), at, cause };
        let text = match &node.kind {
            Kind::Leaf(Value::Null) => return Ok(Slot::Clear),
            Kind::Leaf(Value::Str(text)) if text.is_empty() => return Ok(Slot::Clear),
            Kind::Leaf(Value::Str(text)) => text,
            Kind::Leaf(value) => return Err(not_ciphertext(format!("it is a clear {}", value.type_name()))),
            Kind::Map | Kind::List => return Ok(Slot::Clear),
        };
        let envelope = Envelope::parse(text).map_err(|cause| not_ciphertext(cause.to_string()))?;
        let start = self.plain.len();
        let (nonce, tag) =
            envelope.decode(&mut self.plain).map_err(|cause| not_ciphertext(cause.to_string()))?;
        cipher
            .open(&nonce, self.plan.aad(&self.plan.steps[index]), &mut self.plain[start..], &tag)
            .map_err(|cause| DecryptError::Value { path: path(), at, cause })?;
        let span = Span::new(start, self.plain.len());
        if envelope.trailing {
            self.remark(format!("text after the ciphertext of `{}` is ignored", path()), at);
        }
        if nonce.len() != NONCE_LEN {
            let text = format!("the nonce of `{}` has {} bytes; SOPS writes 32", path(), nonce.len());
            self.remark(text, at);
        }
        if envelope.label == Label::Comment {
            return Ok(Slot::Comment(span));
        }
        let Some(value) = plaintext::read(envelope.label, &self.plain[span.range()]) else {
            return Err(DecryptError::Type { path: path(), at, label: envelope.label.text() });
        };
        if envelope.label != Label::Str {
            let mut canonical: Zeroizing<Vec<u8>> = Zeroizing::default();
            value.canonical(&mut canonical);
            if *canonical != self.plain[span.range()] {
                self.remark(format!("the value of `{}` is not spelled as SOPS spells it", path()), at);
            }
        }
        Ok(Slot::Value(envelope.label, span))
    }

    /// A comment that does not decrypt is kept as it is: old versions of SOPS left comments in clear.
    fn decrypt_comment(&mut self, cipher: &Cipher, index: usize, comment: usize) -> Slot {
        let span = self.sealed.tree.comments[comment].span;
        let text = self.sealed.tree.text(span);
        if text.is_empty() {
            return Slot::Clear;
        }
        let at = span.start as usize;
        let Ok(envelope) = Envelope::parse(text) else {
            self.remark(
                "a comment that should be encrypted is in clear, or not as SOPS wrote it".to_owned(),
                at,
            );
            return Slot::Clear;
        };
        let start = self.plain.len();
        let own = self.plan.aad(&self.plan.steps[index]);
        for aad in std::iter::once(own).chain(other_comment_aads(&self.plan, index)) {
            self.plain.truncate(start);
            let Ok((nonce, tag)) = envelope.decode(&mut self.plain) else { break };
            if cipher.open(&nonce, aad, &mut self.plain[start..], &tag).is_ok() {
                return Slot::Comment(Span::new(start, self.plain.len()));
            }
        }
        self.plain.truncate(start);
        self.remark("a comment does not decrypt and is kept as it is".to_owned(), at);
        Slot::Clear
    }

    fn remark(&mut self, text: String, at: usize) {
        self.remarks.push(Remark { text, at: Some(at) });
    }

    fn check_mac(&self, cipher: &Cipher) -> Result<(), DecryptError> {
        let metadata = &self.sealed.metadata;
        let problem = |problem| DecryptError::Mac(problem);
        if metadata.mac.is_empty() {
            return Err(problem(MacProblem::Missing));
        }
        let mut stored: Zeroizing<Vec<u8>> = Zeroizing::default();
        let envelope =
            Envelope::parse(metadata.mac.as_bytes()).map_err(|e| problem(MacProblem::NotCiphertext(e)))?;
        let (nonce, tag) = envelope.decode(&mut stored).map_err(|e| problem(MacProblem::NotCiphertext(e)))?;
        let aad = metadata.last_modified.to_seconds();
        if cipher.open(&nonce, aad.as_bytes(), &mut stored, &tag).is_err() {
            return Err(problem(MacProblem::Undecryptable));
        }
        use subtle::ConstantTimeEq;
        let fits = |integers_as_floats| -> bool {
            self.mac(integers_as_floats).as_bytes().ct_eq(stored.as_slice()).into()
        };
        // SOPS before 3.13.2 takes every number of JSON for a double; with integers beyond 2^53 in clear
        // that gives another MAC.
        if fits(false) || (self.has_long_integers() && fits(true)) {
            return Ok(());
        }
        Err(problem(MacProblem::Mismatch))
    }

    fn has_long_integers(&self) -> bool {
        self.sealed.format.name() == doc::FormatName::Json
            && self
                .sealed
                .tree
                .nodes
                .iter()
                .any(|node| matches!(node.kind, Kind::Leaf(Value::Int(n)) if n.unsigned_abs() > 1 << 53))
    }

    fn mac(&self, integers_as_floats: bool) -> String {
        let only_encrypted = self.sealed.metadata.mac_only_encrypted;
        let mut mac = Mac::new(only_encrypted);
        let mut scratch: Zeroizing<Vec<u8>> = Zeroizing::default();
        for (planned, slot) in self.plan.steps.iter().zip(&self.slots) {
            let Step::Leaf(id) = planned.step else { continue };
            match slot {
                Slot::Comment(_) => {}
                Slot::Value(Label::Str, span) => mac.update(&self.plain[span.range()]),
                _ if only_encrypted && !planned.selected => {}
                slot => {
                    scratch.clear();
                    match (self.value_of(id, slot), slot) {
                        (Value::Int(n), Slot::Clear) if integers_as_floats => {
                            Value::Float(n as f64).canonical(&mut scratch);
                        }
                        (value, _) => value.canonical(&mut scratch),
                    }
                    mac.update(&scratch);
                }
            }
        }
        mac.finish()
    }

    fn check_record(&mut self, cipher: &Cipher, ignore: bool) -> Result<(), DecryptError> {
        let metadata = &self.sealed.metadata;
        let Some(encrypted) = &metadata.record else { return Ok(()) };
        let record = match Record::decrypt(encrypted, cipher, metadata) {
            Ok(record) => record,
            Err(_unreadable) if ignore => return Ok(()),
            Err(error) => return Err(DecryptError::Record(RecordProblem::Unreadable(error))),
        };
        if !ignore {
            let digest = strict::digest(&self.sealed.tree, &self.plan, metadata, |index| self.content(index));
            use subtle::ConstantTimeEq;
            if !bool::from(digest.as_bytes().ct_eq(record.digest.as_bytes())) {
                return Err(DecryptError::Record(RecordProblem::Mismatch));
            }
            self.strictness = Strictness::Verified;
        }
        self.hints = record.hints;
        Ok(())
    }

    fn content(&self, index: usize) -> Content<'_> {
        let slot = &self.slots[index];
        match (self.plan.steps[index].step, slot) {
            (_, Slot::Comment(span)) => Content::Comment(&self.plain[span.range()]),
            (Step::Leaf(id), slot) => Content::Value(self.value_of(id, slot)),
            (Step::Comment(comment), _) => {
                Content::Comment(self.sealed.tree.text(self.sealed.tree.comments[comment].span))
            }
            _ => Content::Comment(b""),
        }
    }

    fn value_of(&self, id: NodeId, slot: &Slot) -> Value<'_> {
        match slot {
            Slot::Value(label, span) => {
                plaintext::read(*label, &self.plain[span.range()]).unwrap_or(Value::Null)
            }
            _ => match &self.sealed.tree.node(id).kind {
                Kind::Leaf(Value::Str(text)) => Value::Str(Text::Borrowed(text)),
                Kind::Leaf(value) => value.clone(),
                _ => Value::Null,
            },
        }
    }

    /// The file this was.
    #[must_use]
    pub fn sealed(&self) -> &Sealed<'a> {
        self.sealed
    }

    /// The plain text in the layout of the encrypted file, without metadata.
    ///
    /// # Errors
    /// [`DecryptError::Inexpressible`]: a value that the format cannot hold.
    pub fn text(&self) -> Result<Zeroizing<Vec<u8>>, DecryptError> {
        let mut first_difference = 0;
        for (with_hints, how) in [(true, Spelling::Kept), (false, Spelling::Kept), (false, Spelling::Safe)] {
            match self.spell(with_hints, how) {
                Ok(text) => return Ok(text),
                Err(at) => first_difference = at,
            }
        }
        Err(DecryptError::Inexpressible { path: KeyPath::of(&self.sealed.tree, first_difference) })
    }

    /// One attempt at the plain text; the node that does not read back otherwise.
    fn spell(&self, with_hints: bool, how: Spelling) -> Result<Zeroizing<Vec<u8>>, NodeId> {
        let (tree, format) = (&self.sealed.tree, self.sealed.format);
        let mut edits = Edits::with_capacity(self.plan.steps.len(), tree.source.len());
        let pointers = (with_hints && !self.hints.is_empty()).then(|| Pointers::new(tree));
        let mut values: Vec<(NodeId, Slot)> = Vec::new();
        // The node after the last that came back with a spelling, and where that ends in the text.
        let (mut restored_until, mut restored_end): (NodeId, u32) = (0, 0);
        for (planned, slot) in self.plan.steps.iter().zip(&self.slots) {
            let id = match (planned.step, slot) {
                (Step::Comment(comment), Slot::Comment(span)) => {
                    if tree.comments[comment].span.start >= restored_end {
                        edits.replace(tree.comments[comment].span, &self.plain[span.range()]);
                    }
                    continue;
                }
                (Step::Leaf(id), slot) => {
                    values.push((id, *slot));
                    id
                }
                (Step::Enter(id), _) => id,
                _ => continue,
            };
            if id < restored_until {
                continue;
            }
            let may_have_hint = planned.selected || matches!(planned.step, Step::Enter(_));
            if may_have_hint
                && let Some(pointers) = &pointers
                && let Some(hint) = self.hints.get(&pointers.of(id))
            {
                format.put_hint(tree, id, hint, &mut edits);
                (restored_until, restored_end) = (tree.node(id).end, tree.node(id).span.end);
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
        format.remove_metadata(tree, &mut edits);
        let Ok(text) = edits.apply(tree.source) else { return Err(0) };
        let Ok(read) = format.parse(&text, &Limits::default()) else { return Err(0) };
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
            None => Ok(text),
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
            Ok(documents) => documents,
        }
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

    /// How many values and comments were encrypted.
    #[must_use]
    pub fn encrypted_count(&self) -> usize {
        self.slots.iter().filter(|slot| !matches!(slot, Slot::Clear)).count()
    }
}

/// Whether a value is spelled like a ciphertext.
#[must_use]
pub fn looks_encrypted(text: &[u8]) -> bool {
    envelope::looks_encrypted(text)
}

/// Whether node `id` of `tree` belongs to the metadata.
#[must_use]
pub fn is_metadata(tree: &Tree<'_>, id: NodeId) -> bool {
    tree.node(id).flags.has(Flags::METADATA)
}
