//! A plain document becomes an encrypted one.

use super::layout::LayoutHints;
use super::metadata::{Metadata, VERSION};
use super::plaintext::label;
use super::plan::{Plan, Planned};
use super::selection::Selection;
use super::selector::Selector;
use super::strict::{self, Content, Pointers, Record, SealError};
use super::{aliases, check};
use crate::crypto::aead::{Cipher, NONCE_LEN};
use crate::crypto::envelope::{self, Label};
use crate::crypto::mac::Mac;
use crate::crypto::random;
use crate::doc::tree::Step;
use crate::doc::{
    self, Edits, Format, FormatName, KeyPath, Kind, Layout, Limits, Name, NodeId, Timestamp, Tree, Value,
};
use crate::keys::{DataKey, KeyGroup};
use std::collections::HashMap;
use std::ops::Range;
use thiserror::Error;
use zeroize::Zeroizing;

/// Everything that encryption needs.
pub struct EncryptRequest<'a> {
    /// The format of the text.
    pub format: &'a dyn Format,
    /// The plain text.
    pub source: &'a [u8],
    /// The values to encrypt in the place of those of the text, one for each leaf in order: where the
    /// text was converted from another format whose types are to be kept.
    pub values: Option<&'a [Value<'a>]>,
    /// What is encrypted.
    pub selection: &'a Selection,
    /// The selector to write down; none writes none.
    pub selector: Option<Selector>,
    /// Whether the MAC covers the encrypted values only.
    pub mac_only_encrypted: bool,
    /// The key groups, already wrapped.
    pub groups: Vec<KeyGroup>,
    /// Groups needed, if there are several.
    pub threshold: usize,
    /// The data key.
    pub data_key: &'a DataKey,
    /// The time.
    pub now: Timestamp,
    /// Whether to write the strict record.
    pub record: bool,
    /// Whether a document of which nothing is encrypted will do.
    pub allow_nothing: bool,
    /// How new text is laid out.
    pub layout: Layout,
    /// Bounds on the input.
    pub limits: Limits,
}

/// Why a document is not encrypted. Nothing was written.
#[derive(Debug, Error)]
pub enum EncryptError {
    /// The text cannot be used.
    #[error(transparent)]
    Document(#[from] doc::Error),
    /// There is a `sops` entry already.
    #[error("it has an entry `sops` already")]
    AlreadyEncrypted {
        /// Byte offset of the entry.
        at: usize,
    },
    /// The selection picks no value.
    #[error("the selection picks none of its {values} values")]
    NothingSelected {
        /// Values that could have been encrypted.
        values: usize,
    },
    /// An alias would show in clear what is encrypted elsewhere.
    #[error("the alias of `{path}` would show in clear a value that is encrypted where it is defined")]
    AliasReveals {
        /// Path of the alias.
        path: KeyPath,
        /// Byte offset of the alias.
        at: usize,
    },
    /// The ciphertext of a comment matches the pattern that leaves in clear.
    #[error("the ciphertext of a comment matches `unencrypted_comment_regex`, so it could not be decrypted")]
    CommentMistaken {
        /// Byte offset of the comment.
        at: usize,
    },
    /// No randomness, or a key of the wrong size.
    #[error(transparent)]
    Seal(#[from] SealError),
    /// Behind the metadata a comment would belong elsewhere.
    #[error("once the metadata follows, a comment would belong to another place of the document")]
    CommentMoves {
        /// Byte offset of the comment.
        at: usize,
    },
    /// The new text does not read back as meant: a defect of the program.
    #[error(
        "the encrypted text would not read back the same at `{path}`; this is a defect of seal, please report it"
    )]
    SelfCheck {
        /// Path of the first difference.
        path: KeyPath,
        /// Byte offset in the plain text.
        at: usize,
    },
}

/// Encrypts a document; see [`EncryptRequest`].
///
/// # Errors
/// See [`EncryptError`].
pub fn encrypt(request: EncryptRequest<'_>) -> Result<Zeroizing<Vec<u8>>, EncryptError> {
    let tree = request.format.parse(request.source, &request.limits)?;
    refuse_repeated_keys(&request, &tree)?;
    let aliases = aliases::to_expand(&tree, &Plan::of(&tree, request.selection)?)?;
    if aliases.is_empty() {
        return encrypt_tree(&request, &tree, &[]);
    }
    // Comments belong elsewhere once a collection stands in the place of an alias, so the text is
    // expanded first and encrypted as it then is. The nodes keep their numbers.
    let expanded = aliases::expand(request.format, &tree, &aliases)?;
    let expanded_tree = request.format.parse(&expanded, &request.limits)?;
    let request = EncryptRequest { source: &expanded, ..request };
    let spelled: Vec<(NodeId, Vec<u8>)> =
        aliases.iter().map(|id| (*id, tree.text(tree.node(*id).span).to_vec())).collect();
    encrypt_tree(&request, &expanded_tree, &spelled)
}

/// Refuses a YAML key that stands twice in its map. The parser does so for the first document; in later
/// ones SOPS reads it, so it is read, but no new file should have it.
fn refuse_repeated_keys(request: &EncryptRequest<'_>, tree: &Tree<'_>) -> Result<(), EncryptError> {
    if request.format.name() != FormatName::Yaml || tree.documents.len() < 2 {
        return Ok(());
    }
    let Some(id) = Pointers::new(tree).first_repeated() else { return Ok(()) };
    let node = tree.node(id);
    let Name::Key(key) = &node.name else { return Ok(()) };
    let kind = doc::ErrorKind::DuplicateKey(String::from_utf8_lossy(key).into_owned());
    Err(doc::Error::new(kind, node.entry as usize).into())
}

/// Encrypts a document in which no alias needs to be expanded; `restored` are nodes with the spelling
/// that their place is to get back.
fn encrypt_tree(
    request: &EncryptRequest<'_>,
    tree: &Tree<'_>,
    restored: &[(NodeId, Vec<u8>)],
) -> Result<Zeroizing<Vec<u8>>, EncryptError> {
    if let Some(id) = tree.metadata().next() {
        return Err(EncryptError::AlreadyEncrypted { at: tree.node(id).span.start as usize });
    }
    let plan = Plan::of(tree, request.selection)?;
    let mut metadata = Metadata {
        groups: request.groups.clone(),
        threshold: request.threshold,
        last_modified: request.now,
        mac: String::new(),
        selector: request.selector.clone(),
        mac_only_encrypted: request.mac_only_encrypted,
        version: VERSION.to_owned(),
        record: None,
        unknown: Vec::new(),
    };
    let cipher = Cipher::new(request.data_key.as_bytes()).map_err(SealError::from)?;
    let values = Values::of(request, tree, &plan);
    let mut work = Work {
        request,
        tree,
        plan: &plan,
        values: &values,
        cipher: &cipher,
        edits: Edits::default(),
        layout: LayoutHints::new(tree),
        restored: disjoint(restored.iter().map(|(id, _)| *id..tree.node(*id).end)),
        tokens: Tags::default(),
    };
    work.encrypt_items()?;
    if request.record {
        restored.iter().try_for_each(|(id, raw)| work.layout.add(*id, raw.clone()))?;
    }
    let Work { mut edits, layout, tokens, .. } = work;
    metadata.mac = seal_mac(&cipher, &metadata, &values.mac(&plan, &metadata))?;
    if request.record {
        let digest = strict::digest(tree, &plan, &metadata, |index| values.content(index, tree, &plan));
        metadata.record = Some(Record { digest, hints: layout.hints }.encrypt(&cipher, &metadata)?);
    }
    request.format.add_metadata(tree, &metadata.to_data(), &request.layout, &mut edits)?;
    let defect = |id: NodeId| EncryptError::SelfCheck {
        path: KeyPath::of(tree, id),
        at: tree.node(id).span.start as usize,
    };
    let Ok(text) = edits.apply(request.source) else { return Err(defect(0)) };
    let Ok(read) = request.format.parse(&text, &request.limits) else { return Err(defect(0)) };
    let expected = Expected { tree, values: &values, tokens: &tokens };
    if let Some(id) = check::difference(tree, &read, |_| false, expected.comparison(&read)) {
        return Err(defect(id));
    }
    match moved_comment(&plan, tree, &Plan::of(&read, request.selection)?, &read, &tokens) {
        Some(at) => Err(EncryptError::CommentMoves { at: at as usize }),
        None => Ok(text),
    }
}

/// Where a comment stands that a reader of the new text would find in another place of the tree.
fn moved_comment(
    plan: &Plan,
    tree: &Tree<'_>,
    read_plan: &Plan,
    read: &Tree<'_>,
    tokens: &Tags,
) -> Option<u32> {
    let wanted = plan.steps.iter().map(|planned| planned.step);
    let found = read_plan.steps.iter().map(|planned| planned.step);
    for (wanted, found) in wanted.zip(found) {
        let Step::Comment(index) = wanted else { continue };
        let span = tree.comments[index].span;
        let Step::Comment(twin) = found else { return Some(span.start) };
        let text = read.text(read.comments[twin].span);
        let same = match tokens.comments.get(&index) {
            Some(tag) => has_tag(text, tag),
            None => text == tree.text(span),
        };
        if !same {
            return Some(span.start);
        }
    }
    None
}

/// Whether `text` is the token that ends in `tag`.
fn has_tag(text: &[u8], tag: &[u8; 16]) -> bool {
    envelope::Envelope::parse(text)
        .ok()
        .and_then(|envelope| envelope.decode(&mut Vec::new()).ok())
        .is_some_and(|(_, read)| *read == *tag)
}

/// Whether a selected value gets a ciphertext: null and the empty string do not.
pub(super) fn is_sealable(value: &Value<'_>) -> bool {
    *value != Value::Null && !value.is_empty_str()
}

/// Bytes of a token with its quotes, where its plain text has `plain` bytes.
fn token_size(plain: usize) -> usize {
    plain.div_ceil(3) * 4 + 140
}

/// Encrypts the MAC with `lastmodified` as its AAD (format description, section 2.3).
fn seal_mac(cipher: &Cipher, metadata: &Metadata, mac: &str) -> Result<String, SealError> {
    let mut text = mac.as_bytes().to_vec();
    strict::seal(cipher, metadata.last_modified.to_seconds().as_bytes(), &mut text, Label::Str)
}

/// The values of the leaves as the encrypted file will give them back.
struct Values<'a> {
    tree: &'a Tree<'a>,
    replaced: HashMap<NodeId, Value<'a>>,
}

impl<'a> Values<'a> {
    fn of(request: &EncryptRequest<'a>, tree: &'a Tree<'a>, plan: &Plan) -> Self {
        let mut replaced = HashMap::new();
        if let Some(values) = request.values {
            let leaves = plan.steps.iter().filter_map(|planned| match planned.step {
                Step::Leaf(id) => Some((id, planned.selected)),
                _ => None,
            });
            for ((id, selected), value) in leaves.zip(values) {
                // A clear value is what the text says.
                if selected {
                    replaced.insert(id, value.clone());
                }
            }
        }
        if let Some(id) = request.format.value_before_metadata(tree)
            && let Kind::Leaf(Value::Str(text)) = &tree.node(id).kind
        {
            let in_clear = |p: &Planned| !p.selected && p.step == Step::Leaf(id);
            if plan.steps.iter().rev().any(in_clear) {
                let mut text = text.to_vec();
                text.push(b'\n');
                replaced.insert(id, Value::Str(doc::Text::owned(text)));
            }
        }
        Self { tree, replaced }
    }

    fn value(&self, id: NodeId) -> &Value<'a> {
        const NULL: &Value<'_> = &Value::Null;
        if !self.replaced.is_empty()
            && let Some(value) = self.replaced.get(&id)
        {
            return value;
        }
        match &self.tree.node(id).kind {
            Kind::Leaf(value) => value,
            _ => NULL,
        }
    }

    fn mac(&self, plan: &Plan, metadata: &Metadata) -> String {
        let mut mac = Mac::new(metadata.mac_only_encrypted);
        let mut scratch: Zeroizing<Vec<u8>> = Zeroizing::default();
        for planned in &plan.steps {
            if let Step::Leaf(id) = planned.step
                && (planned.selected || !metadata.mac_only_encrypted)
            {
                scratch.clear();
                self.value(id).canonical(&mut scratch);
                mac.update(&scratch);
            }
        }
        mac.finish()
    }

    fn content<'v>(&'v self, index: usize, tree: &Tree<'v>, plan: &Plan) -> Content<'v> {
        match plan.steps[index].step {
            Step::Leaf(id) => Content::Value(self.value(id).clone()),
            Step::Comment(comment) => Content::Comment(tree.text(tree.comments[comment].span)),
            Step::Enter(_) | Step::Leave(_) => Content::Comment(b""),
        }
    }
}

/// The ranges, which begin in order, without those that lie in another.
fn disjoint(ranges: impl Iterator<Item = Range<NodeId>>) -> Vec<Range<NodeId>> {
    let mut kept: Vec<Range<NodeId>> = Vec::new();
    for range in ranges {
        if kept.last().is_none_or(|last| last.end <= range.start) {
            kept.push(range);
        }
    }
    kept
}

/// The tag of each token by leaf, to compare with what is read back without keeping all tokens.
#[derive(Default)]
struct Tags {
    leaves: HashMap<NodeId, [u8; 16]>,
    comments: HashMap<usize, [u8; 16]>,
}

struct Work<'a> {
    request: &'a EncryptRequest<'a>,
    tree: &'a Tree<'a>,
    plan: &'a Plan,
    values: &'a Values<'a>,
    cipher: &'a Cipher,
    edits: Edits,
    layout: LayoutHints<'a>,
    /// Nodes below an expanded alias, whose spelling comes back with it: in order, without overlap.
    restored: Vec<Range<NodeId>>,
    tokens: Tags,
}

impl Work<'_> {
    /// The steps that get a ciphertext.
    fn is_sealed(&self, planned: &Planned) -> bool {
        planned.selected
            && match planned.step {
                Step::Leaf(id) => is_sealable(self.values.value(id)),
                Step::Comment(index) => !self.tree.comments[index].span.is_empty(),
                _ => false,
            }
    }

    fn encrypt_items(&mut self) -> Result<(), EncryptError> {
        let sealed: Vec<&Planned> = self.plan.steps.iter().filter(|p| self.is_sealed(p)).collect();
        self.refuse_nothing(&sealed)?;
        let size = sealed.iter().map(|planned| token_size(self.plain_size(planned))).sum();
        self.edits = Edits::with_capacity(sealed.len(), size);
        let nonces = random(sealed.len() * NONCE_LEN).map_err(SealError::from)?;
        let mut text: Zeroizing<Vec<u8>> = Zeroizing::default();
        let mut token = String::new();
        for (planned, nonce) in sealed.into_iter().zip(nonces.as_chunks::<NONCE_LEN>().0) {
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
            let tag = self.cipher.seal(nonce, self.plan.aad(planned), &mut text).map_err(SealError::from)?;
            token.clear();
            envelope::push(&text, nonce, &tag, kind, &mut token);
            self.place(planned.step, &token, &tag)?;
        }
        Ok(())
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

    fn place(&mut self, step: Step, token: &str, tag: &[u8; 16]) -> Result<(), EncryptError> {
        match step {
            Step::Comment(index) => {
                let span = self.tree.comments[index].span;
                if self.request.selection.mistakes_ciphertext(token) {
                    return Err(EncryptError::CommentMistaken { at: span.start as usize });
                }
                self.tokens.comments.insert(index, *tag);
                self.edits.replace(span, token.as_bytes());
            }
            Step::Leaf(id) | Step::Enter(id) | Step::Leave(id) => {
                self.tokens.leaves.insert(id, *tag);
                self.request.format.put_cipher(self.tree, id, token, &mut self.edits);
                if self.request.record
                    && !self.is_restored(id)
                    && let Some(raw) = self.request.format.layout_hint(self.tree, id)
                {
                    self.layout.add(id, raw)?;
                }
            }
        }
        Ok(())
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
struct Expected<'a> {
    tree: &'a Tree<'a>,
    values: &'a Values<'a>,
    tokens: &'a Tags,
}

impl Expected<'_> {
    fn comparison<'b>(&'b self, read: &'b Tree<'b>) -> impl FnMut(NodeId, NodeId) -> bool + 'b {
        move |wanted, got| {
            let Kind::Leaf(got) = &read.node(got).kind else { return false };
            match self.tokens.leaves.get(&wanted) {
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
