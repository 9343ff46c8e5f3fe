//! A plain document becomes an encrypted one.

use super::layout::LayoutHints;
use super::metadata::{Metadata, VERSION};
use super::plan::Plan;
use super::reseal::Previous;
use super::sealing::{Expected, Tags, Work, disjoint, has_tag};
use super::selection::Selection;
use super::selector::Selector;
use super::strict::{self, Pointers, Record, SealError};
use super::values::Values;
use super::{aliases, check};
use crate::crypto::Nonces;
use crate::crypto::aead::Cipher;
use crate::crypto::envelope::Label;
use crate::doc::tree::Step;
use crate::doc::{
    self, Format, FormatName, KeyPath, Layout, Limits, Name, NodeId, Source, Timestamp, Tree, Value,
};
use crate::keys::{DataKey, KeyGroup};
use crate::threads;
use thiserror::Error;
use zeroize::Zeroizing;

/// Everything that encryption needs.
pub struct EncryptRequest<'a> {
    /// The format of the text; an ENV dialect is noted in the strict record.
    pub format: &'a dyn Format,
    /// The plain text, in that format.
    pub source: Source<'a>,
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
    /// The last moment at which the file is to be used, for the strict record; nothing without one.
    pub expires: Option<Timestamp>,
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
    encrypt_after(request, None)
}

/// Encrypts a document that takes over what it can from an earlier version.
pub(super) fn encrypt_after(
    mut request: EncryptRequest<'_>,
    previous: Option<&Previous<'_>>,
) -> Result<Zeroizing<Vec<u8>>, EncryptError> {
    let source = std::mem::replace(&mut request.source, Source::Text(b""));
    let mut tree = source.parse(request.format, &request.limits)?;
    if let Some(id) = tree.metadata().next() {
        return Err(EncryptError::AlreadyEncrypted { at: tree.node(id).span.start as usize });
    }
    refuse_repeated_keys(&request, &tree)?;
    if request.format.name() == FormatName::Ini && request.selection.is_by_comments() && previous.is_none() {
        let message = "in an INI file SOPS takes the comment of a key for that of the next one, so comments cannot tell what to encrypt; select by names";
        return Err(doc::Error::new(doc::ErrorKind::Inexpressible(message.to_owned()), 0).into());
    }
    if request.format.sealed().is_some() {
        read_clear(&request, &mut tree)?;
    }
    let aliases = aliases::to_expand(&tree, request.selection)?;
    if aliases.is_empty() {
        return encrypt_tree(&request, previous, &tree, &[]);
    }
    // Comments belong elsewhere once a collection stands in the place of an alias, so the text is
    // expanded first and encrypted as it then is. The nodes keep their numbers.
    let expanded = aliases::expand(request.format, &tree, &aliases)?;
    let expanded_tree = request.format.parse(&expanded, &request.limits)?;
    let spelled: Vec<(NodeId, Vec<u8>)> =
        aliases.iter().map(|id| (*id, tree.text(tree.node(*id).span).to_vec())).collect();
    encrypt_tree(&request, previous, &expanded_tree, &spelled)
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

/// Gives what stays in clear the names and values that are read there once the rest is encrypted. The
/// selection must pick the same of them.
fn read_clear(request: &EncryptRequest<'_>, tree: &mut Tree<'_>) -> Result<(), EncryptError> {
    let leaves: Vec<(NodeId, bool)> = Plan::of(tree, request.selection)?.leaves().collect();
    let clear: Vec<NodeId> = leaves.iter().filter(|(_, selected)| !selected).map(|(id, _)| *id).collect();
    request.format.read_clear(tree, &|id| clear.binary_search(&id).is_ok())?;
    let after = Plan::of(tree, request.selection)?;
    match leaves.into_iter().zip(after.leaves()).find(|(before, after)| before != after) {
        None => Ok(()),
        Some(((id, _), _)) => {
            let message = "the selection leaves this entry in clear, but picks it by the name that SOPS reads, with all that stands before `=`";
            let at = tree.node(id).entry as usize;
            Err(doc::Error::new(doc::ErrorKind::Inexpressible(message.to_owned()), at).into())
        }
    }
}

/// Encrypts a document in which no alias needs to be expanded; `restored` are nodes with the spelling
/// that their place is to get back.
fn encrypt_tree(
    request: &EncryptRequest<'_>,
    previous: Option<&Previous<'_>>,
    tree: &Tree<'_>,
    restored: &[(NodeId, Vec<u8>)],
) -> Result<Zeroizing<Vec<u8>>, EncryptError> {
    let plan = Plan::of(tree, request.selection)?;
    let mut metadata = match previous {
        Some(previous) => Metadata {
            last_modified: request.now,
            mac: String::new(),
            record: None,
            ..previous.metadata().clone()
        },
        None => new_metadata(request),
    };
    let cipher = Cipher::new(request.data_key.as_bytes()).map_err(SealError::from)?;
    let values = Values::of(request, previous, tree, &plan);
    let work = Work {
        request,
        previous,
        tree,
        plan: &plan,
        values: &values,
        cipher: &cipher,
        restored: disjoint(restored.iter().map(|(id, _)| *id..tree.node(*id).end)),
    };
    let unsealed = previous.and_then(Previous::unsealed);
    let (sealing, (mac, digest)) = threads::both(
        plan.steps.len(),
        || work.encrypt_items(),
        || {
            let mac = if unsealed.is_none() { values.mac(&plan, &metadata) } else { String::new() };
            let content = |index| values.content(index, tree, &plan);
            let has_record = request.record && unsealed.is_none();
            (mac, has_record.then(|| strict::digest(tree, &plan, &metadata, content)))
        },
    );
    let mut sealing = sealing?;
    let tokens = sealing.tags(tree);
    let mut edits = std::mem::take(&mut sealing.edits);
    let mut layout = LayoutHints::new(tree);
    if request.record {
        let raw = restored.iter().map(|(id, raw)| (*id, raw.clone().into()));
        sealing.spellings.into_iter().chain(raw).try_for_each(|(id, raw)| layout.add(id, raw))?;
    }
    let mut nonces = work.nonces();
    if let Some(old) = unsealed {
        (metadata.mac, metadata.last_modified) = (old.mac.clone(), old.last_modified);
        metadata.record.clone_from(&old.record);
    } else {
        match previous.and_then(|previous| previous.unchanged_mac(&mac, request.now)) {
            Some(old) => (metadata.mac, metadata.last_modified) = (old.mac.clone(), old.last_modified),
            None => metadata.mac = seal_mac(&cipher, &mut nonces, &metadata, &mac)?,
        }
    }
    if let Some(digest) = digest {
        let (expires, dialect) = (request.expires, request.format.dialect());
        let record = Record { digest, hints: layout.hints, expires, dialect };
        let old = previous.and_then(|previous| previous.unchanged_record(&record, &metadata));
        metadata.record = Some(match old {
            Some(old) => old.to_owned(),
            None => record.encrypt(&cipher, &mut nonces, &metadata)?,
        });
    }
    request.format.add_metadata(tree, &metadata.to_data(), &request.layout, &mut edits)?;
    let defect = |id: NodeId| EncryptError::SelfCheck {
        path: KeyPath::of(tree, id),
        at: tree.node(id).span.start as usize,
    };
    let Ok(text) = edits.apply(tree.source) else { return Err(defect(0)) };
    let sealed = request.format.sealed().unwrap_or(request.format);
    let Ok(read) = sealed.parse(&text, &request.limits) else { return Err(defect(0)) };
    let expected = Expected { tree, values: &values, tokens: &tokens };
    let (difference, moved) = threads::both(
        plan.steps.len(),
        || check::difference(tree, &read, |_| false, expected.comparison(&read)),
        || Plan::of(&read, request.selection).map(|new| moved_comment(&plan, tree, &new, &read, &tokens)),
    );
    if let Some(id) = difference {
        return Err(defect(id));
    }
    match moved? {
        Some(at) => Err(EncryptError::CommentMoves { at: at as usize }),
        None => Ok(text),
    }
}

/// The metadata of a new file, without MAC and record.
fn new_metadata(request: &EncryptRequest<'_>) -> Metadata {
    Metadata {
        groups: request.groups.clone(),
        threshold: request.threshold,
        last_modified: request.now,
        mac: String::new(),
        selector: request.selector.clone(),
        mac_only_encrypted: request.mac_only_encrypted,
        version: VERSION.to_owned(),
        record: None,
        unknown: Vec::new(),
        original: None,
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
        let same = match tokens.comment(index) {
            Some(tag) => has_tag(text, tag),
            None => text == tree.text(span),
        };
        if !same {
            return Some(span.start);
        }
    }
    None
}

/// Whether a selected value gets a ciphertext: null and the empty string do not.
pub(super) fn is_sealable(value: &Value<'_>) -> bool {
    *value != Value::Null && !value.is_empty_str()
}

/// Encrypts the MAC with `lastmodified` as its AAD (format description, section 2.3).
pub(super) fn seal_mac(
    cipher: &Cipher,
    nonces: &mut Nonces,
    metadata: &Metadata,
    mac: &str,
) -> Result<String, SealError> {
    let mut text = mac.as_bytes().to_vec();
    strict::seal(cipher, nonces, metadata.last_modified.to_seconds().as_bytes(), &mut text, Label::Str)
}
