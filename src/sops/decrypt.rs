//! An encrypted document is opened: its values, its plain text.

use super::plaintext;
use super::plan::Plan;
use super::sealed::Sealed;
use super::strict::{self, Content, Hints, Record, RecordError};
use crate::crypto::aead::{AeadError, Cipher};
use crate::crypto::envelope::{Envelope, EnvelopeError, Label};
use crate::crypto::mac::Mac;
use crate::doc::tree::Step;
use crate::doc::{self, Dialect, Format, KeyPath, Kind, NodeId, Span, Text, Timestamp, Value};
use crate::keys::DataKey;
use crate::secret::Wiped;
use crate::threads;
use std::sync::OnceLock;
use thiserror::Error;
use zeroize::Zeroizing;

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

impl Sealed<'_> {
    /// Decrypts all values and checks the MAC and the strict record; `ignore_mac` checks neither.
    ///
    /// # Errors
    /// See [`DecryptError`].
    pub fn open(&self, key: &DataKey, ignore_mac: bool) -> Result<Opened<'_>, DecryptError> {
        let cipher = Cipher::new(key.as_bytes()).map_err(DecryptError::DataKey)?;
        let mut opened = self.unopened(key)?;
        opened.decrypt_steps(&cipher, false)?;
        let (mac, record) = threads::both(
            opened.plan.steps.len(),
            || (!ignore_mac).then(|| opened.check_mac(&cipher)).transpose(),
            || opened.check_record(&cipher, ignore_mac),
        );
        opened.mac = mac?;
        if ignore_mac {
            opened.strictness = Strictness::Ignored;
        }
        opened.take_record(record?);
        Ok(opened)
    }

    /// What [`Self::open`] fills.
    pub(super) fn unopened(&self, key: &DataKey) -> Result<Opened<'_>, DecryptError> {
        let mut opened = Opened {
            sealed: self,
            plan: Plan::of(&self.tree, &self.selection)?,
            plain: Wiped::with_capacity(0),
            slots: Vec::new(),
            remarks: Vec::new(),
            strictness: Strictness::Absent,
            mac: None,
            record: None,
            hints: Hints::new(),
            expires: None,
            dialect: None,
            leaves: OnceLock::new(),
        };
        if key.as_bytes().len() != 32 {
            let text = format!("the data key has {} bytes; SOPS makes keys of 32", key.as_bytes().len());
            opened.remarks.push(Remark { text, at: None });
        }
        Ok(opened)
    }
}

/// What a step of the plan holds in plain.
#[derive(Debug, Clone, Copy)]
pub(super) enum Slot {
    /// What the text says.
    Clear,
    /// A value, as bytes of [`Opened::plain`].
    Value(Label, Span),
    /// A comment, or a list element that is one.
    Comment(Span),
}

/// A decrypted and verified document. Its plaintext is wiped on drop.
pub struct Opened<'a> {
    pub(super) sealed: &'a Sealed<'a>,
    pub(super) plan: Plan,
    pub(super) plain: Wiped,
    pub(super) slots: Vec<Slot>,
    /// What nobody vouches for.
    pub remarks: Vec<Remark>,
    /// What the strict record says.
    pub strictness: Strictness,
    /// The MAC, if it was checked.
    pub(super) mac: Option<String>,
    /// The digest of the strict record, if it was checked.
    pub(super) record: Option<String>,
    /// The spellings of the strict record.
    pub(super) hints: Hints,
    /// What the strict record says of the end of the file.
    pub(super) expires: Option<Timestamp>,
    /// What the strict record says of the reader of the plain text.
    pub(super) dialect: Option<Dialect>,
    pub(super) leaves: OnceLock<Vec<(NodeId, Slot)>>,
}

impl<'a> Opened<'a> {
    pub(super) fn check_mac(&self, cipher: &Cipher) -> Result<String, DecryptError> {
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
        let fitting = |integers_as_floats| -> Option<String> {
            let mac = self.mac(integers_as_floats);
            bool::from(mac.as_bytes().ct_eq(stored.as_slice())).then_some(mac)
        };
        // SOPS before 3.13.2 takes every number of JSON for a double; with integers beyond 2^53 in clear
        // that gives another MAC.
        fitting(false)
            .or_else(|| self.has_long_integers().then(|| fitting(true)).flatten())
            .ok_or(problem(MacProblem::Mismatch))
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

    /// Reads the strict record, if there is one, and checks it unless `ignore`.
    pub(super) fn check_record(
        &self,
        cipher: &Cipher,
        ignore: bool,
    ) -> Result<Option<(Record, Strictness)>, DecryptError> {
        let metadata = &self.sealed.metadata;
        let Some(encrypted) = &metadata.record else { return Ok(None) };
        let record = match Record::decrypt(encrypted, cipher, metadata) {
            Ok(record) => record,
            Err(_unreadable) if ignore => return Ok(None),
            Err(error) => return Err(DecryptError::Record(RecordProblem::Unreadable(error))),
        };
        if ignore {
            return Ok(Some((record, Strictness::Ignored)));
        }
        let digest = strict::digest(&self.sealed.tree, &self.plan, metadata, |index| self.content(index));
        use subtle::ConstantTimeEq;
        if !bool::from(digest.as_bytes().ct_eq(record.digest.as_bytes())) {
            return Err(DecryptError::Record(RecordProblem::Mismatch));
        }
        Ok(Some((record, Strictness::Verified)))
    }

    /// Takes over what the record says.
    pub(super) fn take_record(&mut self, checked: Option<(Record, Strictness)>) {
        let Some((record, strictness)) = checked else { return };
        if strictness == Strictness::Verified {
            self.record = Some(record.digest);
        }
        self.strictness = strictness;
        self.hints = record.hints;
        self.expires = record.expires;
        self.dialect = record.dialect.filter(|_| self.sealed.format.name() == doc::FormatName::Dotenv);
    }

    pub(super) fn content(&self, index: usize) -> Content<'_> {
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

    pub(super) fn value_of(&self, id: NodeId, slot: &Slot) -> Value<'_> {
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

    /// The last moment at which the file is to be used, in UTC and whole seconds, as its strict record says
    /// (`docs/format.md`). `None` for a file without an end, and for one whose record is not there: by SOPS,
    /// or stripped.
    #[must_use]
    pub fn expires(&self) -> Option<Timestamp> {
        self.expires
    }

    /// The dialect of the plain text of an ENV file, as its strict record says; `None` for the reading of
    /// SOPS.
    #[must_use]
    pub fn dialect(&self) -> Option<Dialect> {
        self.dialect
    }

    /// The format of the plain text.
    pub(super) fn plain_format(&self) -> &dyn Format {
        match self.dialect {
            Some(dialect) => dialect.format(),
            None => self.sealed.format,
        }
    }

    /// When the file ended, if that was before `now`.
    #[must_use]
    pub fn expired(&self, now: Timestamp) -> Option<Timestamp> {
        self.expires.filter(|end| end.moment() < now.moment())
    }

    /// How many values and comments were encrypted.
    #[must_use]
    pub fn encrypted_count(&self) -> usize {
        self.slots.iter().filter(|slot| !matches!(slot, Slot::Clear)).count()
    }
}
