//! The strict record: what the SOPS MAC leaves open, bound under the data key (`docs/format.md`).
//!
//! The record is one encrypted metadata field that SOPS ignores. Its plain text is JSON: `v`, `strict`
//! (a digest of the whole document), `layout` (the spelling of values that their text does not tell),
//! `expires` (until when the file is to be used) and `dialect` (who reads the plain text of an ENV file).

use super::metadata::Metadata;
use super::plan::Plan;
use crate::crypto::aead::{AeadError, Cipher};
use crate::crypto::envelope::{Envelope, EnvelopeError, Label, push};
use crate::crypto::{NoRandomness, Nonces, hex};
use crate::doc::json::{Json, push_string};
use crate::doc::tree::Step;
use crate::doc::{Data, Dialect, Format, Kind, Limits, Name, NodeId, Timestamp, Tree, Value};
use crate::keys::KeyKind;
use sha2::{Digest as _, Sha256};
use std::collections::HashMap;
use zeroize::Zeroizing;

/// Spellings by the path of their value ([`Pointers`]).
pub type Hints = HashMap<String, Zeroizing<Vec<u8>>>;

/// A record as it is inside its ciphertext.
#[derive(Default)]
pub struct Record {
    /// Lower-case hexadecimal SHA-256 ([`digest`]).
    pub digest: String,
    /// Spellings.
    pub hints: Hints,
    /// The last moment at which the file is to be used, in UTC and whole seconds, if it ends.
    pub expires: Option<Timestamp>,
    /// The dialect of the plain text, if it is one.
    pub dialect: Option<Dialect>,
}

/// Why a record cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RecordError {
    /// Its text is no ciphertext.
    #[error("the strict record is no ciphertext: {0}")]
    Envelope(#[from] EnvelopeError),
    /// It does not decrypt.
    #[error("the strict record does not decrypt: {0}")]
    Aead(#[from] AeadError),
    /// It decrypts to something else.
    #[error("the strict record is not of version 1")]
    Unknown,
    /// Its `expires` is no time, or not spelled as it must be.
    #[error("the strict record says in no known way until when the file is valid")]
    Expiry,
    /// Its `dialect` is none that is known.
    #[error("the strict record names a dialect that this version does not know")]
    Dialect,
}

fn aad(metadata: &Metadata) -> String {
    format!("seal:{}", metadata.last_modified.to_seconds())
}

impl Record {
    /// The encrypted record for a file with `metadata`.
    ///
    /// # Errors
    /// No randomness, or a data key that does not encrypt.
    pub fn encrypt(
        &self,
        cipher: &Cipher,
        nonces: &mut Nonces,
        metadata: &Metadata,
    ) -> Result<String, SealError> {
        let size: usize = self.hints.iter().map(|(path, raw)| path.len() + 6 * raw.len() + 8).sum();
        let mut text = Zeroizing::new(Vec::with_capacity(size + 192));
        text.extend_from_slice(b"{\"v\":1,\"strict\":");
        push_string(self.digest.as_bytes(), &mut text);
        if !self.hints.is_empty() {
            text.extend_from_slice(b",\"layout\":{");
            let mut paths: Vec<&String> = self.hints.keys().collect();
            paths.sort();
            for (i, path) in paths.into_iter().enumerate() {
                if i > 0 {
                    text.push(b',');
                }
                push_string(path.as_bytes(), &mut text);
                text.push(b':');
                push_string(&self.hints[path], &mut text);
            }
            text.push(b'}');
        }
        if let Some(expires) = self.expires {
            text.extend_from_slice(b",\"expires\":");
            push_string(expires.to_utc_seconds().to_string().as_bytes(), &mut text);
        }
        if let Some(dialect) = self.dialect {
            text.extend_from_slice(b",\"dialect\":");
            push_string(dialect.name().as_bytes(), &mut text);
        }
        text.push(b'}');
        seal(cipher, nonces, aad(metadata).as_bytes(), &mut text, Label::Str)
    }

    /// Reads the record of a file with `metadata`, where `encrypted` is its text.
    ///
    /// # Errors
    /// It does not decrypt under this data key and `lastmodified`, is of another version, or has an expiry
    /// or dialect that cannot be read.
    pub fn decrypt(encrypted: &str, cipher: &Cipher, metadata: &Metadata) -> Result<Self, RecordError> {
        let mut text = Zeroizing::new(Vec::with_capacity(encrypted.len()));
        let (nonce, tag) = Envelope::parse(encrypted.as_bytes())?.decode(&mut text)?;
        cipher.open(&nonce, aad(metadata).as_bytes(), &mut text, &tag)?;
        let Ok(tree) = Json.parse(&text, &Limits::default()) else { return Err(RecordError::Unknown) };
        let data = Data::of(&tree, 0);
        let digest = data.get("strict").and_then(Data::as_str);
        let (Some(Data::Value(Value::Int(1))), Some(digest)) = (data.get("v"), digest) else {
            return Err(RecordError::Unknown);
        };
        let mut hints = Hints::new();
        if let Some(Data::Map(items)) = data.get("layout") {
            for (path, item) in items {
                if let (Some(path), Data::Value(Value::Str(raw))) = (path.as_str(), item) {
                    hints.insert(path.to_owned(), Zeroizing::new(raw.to_vec()));
                }
            }
        }
        let expires = data.get("expires").map(|data| expiry(data).ok_or(RecordError::Expiry)).transpose()?;
        let named = |data: &Data| data.as_str().and_then(Dialect::of_name).ok_or(RecordError::Dialect);
        let dialect = data.get("dialect").map(named).transpose()?;
        Ok(Self { digest: digest.to_owned(), hints, expires, dialect })
    }
}

/// The time of `expires`; only its one spelling counts.
fn expiry(data: &Data) -> Option<Timestamp> {
    let text = data.as_str()?;
    let expires = Timestamp::parse_rfc3339(text)?.to_utc_seconds();
    (expires.to_string() == text).then_some(expires)
}

/// Why nothing could be encrypted: an environment without randomness, or a key of another size.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    /// No randomness.
    #[error(transparent)]
    Random(#[from] NoRandomness),
    /// The cipher refuses.
    #[error(transparent)]
    Aead(#[from] AeadError),
}

/// Encrypts `text` in place and gives its `ENC[...]` text.
///
/// # Errors
/// No randomness, or a data key that does not encrypt.
pub fn seal(
    cipher: &Cipher,
    nonces: &mut Nonces,
    aad: &[u8],
    text: &mut [u8],
    label: Label,
) -> Result<String, SealError> {
    let nonce = nonces.next(aad, label.text(), text)?;
    let tag = cipher.seal(&nonce, aad, text)?;
    let mut out = String::new();
    push(text, &nonce, &tag, label, &mut out);
    Ok(out)
}

/// The paths of a tree's nodes as texts: a JSON pointer (RFC 6901) after the number of the document. A key
/// that stands in its map for the second time has `~+1` appended, and so on.
pub struct Pointers<'t> {
    tree: &'t Tree<'t>,
    /// How many members of the same name come before, where there are any.
    repeated: HashMap<NodeId, usize>,
}

impl<'t> Pointers<'t> {
    /// Looks for repeated keys once.
    #[must_use]
    pub fn new(tree: &'t Tree<'t>) -> Self {
        let mut seen: HashMap<(NodeId, &[u8]), usize> = HashMap::new();
        let mut repeated = HashMap::new();
        for (id, node) in tree.nodes.iter().enumerate() {
            if let Name::Key(key) = &node.name {
                let count = seen.entry((node.parent, key)).and_modify(|count| *count += 1).or_insert(0);
                if *count > 0 {
                    repeated.insert(id as NodeId, *count);
                }
            }
        }
        Self { tree, repeated }
    }

    /// The first node, in document order, whose name its map has already.
    #[must_use]
    pub fn first_repeated(&self) -> Option<NodeId> {
        self.repeated.keys().min().copied()
    }

    /// The path of node `id`.
    #[must_use]
    pub fn of(&self, id: NodeId) -> String {
        let mut steps: Vec<String> = Vec::new();
        let mut at = id;
        loop {
            let node = self.tree.node(at);
            match &node.name {
                Name::Root => break,
                Name::Index(index) => steps.push(index.to_string()),
                Name::Key(key) => {
                    let mut text = String::from_utf8_lossy(key).replace('~', "~0").replace('/', "~1");
                    if let Some(count) = self.repeated.get(&at) {
                        text.push_str(&format!("~+{count}"));
                    }
                    steps.push(text);
                }
            }
            at = node.parent;
        }
        let document = self.tree.document_number(at);
        steps.reverse();
        steps.iter().fold(document.to_string(), |path, step| path + "/" + step)
    }
}

/// What stands at a step of the plan, in plain.
pub enum Content<'v> {
    /// A scalar.
    Value(Value<'v>),
    /// A comment, or a list element that is one.
    Comment(&'v [u8]),
}

/// A hash of tokens, which are short: they are gathered, and hashed many at once.
struct Hash {
    state: Sha256,
    gathered: Zeroizing<[u8; GATHERED]>,
    len: usize,
}

/// Bytes that are gathered before they are hashed.
const GATHERED: usize = 2048;

impl Hash {
    fn new() -> Self {
        Self { state: Sha256::new(), gathered: Zeroizing::new([0; GATHERED]), len: 0 }
    }

    fn token(&mut self, tag: u8, bytes: &[u8]) {
        let mut head = [tag; 9];
        head[1..].copy_from_slice(&(bytes.len() as u64).to_be_bytes());
        self.put(&head);
        self.put(bytes);
    }

    fn put(&mut self, bytes: &[u8]) {
        if bytes.len() > GATHERED - self.len {
            self.state.update(&self.gathered[..self.len]);
            self.len = 0;
            if bytes.len() > GATHERED {
                self.state.update(bytes);
                return;
            }
        }
        self.gathered[self.len..self.len + bytes.len()].copy_from_slice(bytes);
        self.len += bytes.len();
    }

    /// The digest as lower-case hexadecimal digits.
    fn finish(mut self) -> String {
        self.state.update(&self.gathered[..self.len]);
        hex(&self.state.finalize(), 64)
    }
}

/// The digest of a document and its settings, as `docs/format.md` defines it. `content` gives what stands
/// at a leaf or comment of `plan`, by the index of its step.
pub fn digest<'v>(
    tree: &Tree<'_>,
    plan: &Plan,
    metadata: &Metadata,
    mut content: impl FnMut(usize) -> Content<'v>,
) -> String {
    let mut hash = Hash::new();
    hash.token(b'#', b"seal strict 1");
    settings(&mut hash, metadata);
    let mut scratch: Zeroizing<Vec<u8>> = Zeroizing::default();
    let mut path: Vec<NodeId> = Vec::new();
    for (index, planned) in plan.steps.iter().enumerate() {
        if metadata.mac_only_encrypted && !planned.selected {
            // The path alone is needed to place the encrypted values.
            match planned.step {
                Step::Enter(id) => path.push(id),
                Step::Leave(_) => drop(path.pop()),
                _ => {}
            }
            continue;
        }
        match planned.step {
            Step::Enter(id) => {
                name(&mut hash, tree, id);
                let tag = if matches!(tree.node(id).kind, Kind::List) { b'L' } else { b'M' };
                hash.token(tag, b"");
            }
            Step::Leave(_) => hash.token(b'E', b""),
            Step::Leaf(_) | Step::Comment(_) => {
                let what = content(index);
                if metadata.mac_only_encrypted {
                    if let Content::Value(value) = &what
                        && (*value == Value::Null || value.is_empty_str())
                    {
                        continue;
                    }
                    path.iter().for_each(|id| name(&mut hash, tree, *id));
                }
                match what {
                    Content::Value(value) => {
                        if let Step::Leaf(id) = planned.step {
                            name(&mut hash, tree, id);
                            // A ciphertext cannot have this tag.
                            if !planned.selected && tree.binary.binary_search(&id).is_ok() {
                                hash.token(b'T', b"!!binary");
                            }
                        }
                        scratch.clear();
                        value.canonical(&mut scratch);
                        hash.token(b'V', value.type_name().as_bytes());
                        hash.token(b'=', &scratch);
                    }
                    Content::Comment(text) if planned.selected && !text.is_empty() => hash.token(b'C', text),
                    Content::Comment(_) => {}
                }
            }
        }
    }
    hash.finish()
}

/// The name of a node and its tag, if it has one that the value does not tell.
fn name(hash: &mut Hash, tree: &Tree<'_>, id: NodeId) {
    match &tree.node(id).name {
        Name::Root => {
            hash.token(b'D', tree.document_number(id).to_string().as_bytes());
            let first = tree.directives.partition_point(|(root, _)| *root < id);
            let own = tree.directives[first..].iter().take_while(|(root, _)| *root == id);
            own.for_each(|(_, line)| hash.token(b'P', tree.text(*line)));
        }
        Name::Key(key) => {
            hash.token(b'K', key);
            if let Ok(at) = tree.key_marks.binary_search_by_key(&id, |(node, _)| *node) {
                hash.token(b'Q', tree.text(tree.key_marks[at].1));
            }
        }
        Name::Index(_) => hash.token(b'I', b""),
    }
    if let Ok(at) = tree.tags.binary_search_by_key(&id, |(node, _)| *node) {
        hash.token(b'T', tree.text(tree.tags[at].1));
    }
}

fn settings(hash: &mut Hash, metadata: &Metadata) {
    let selector = metadata.selector_or_default();
    hash.token(b'S', selector.kind.field().as_bytes());
    hash.token(b'=', selector.text.as_bytes());
    hash.token(b'O', if metadata.mac_only_encrypted { b"1" } else { b"0" });
    let threshold = if metadata.groups.len() > 1 { metadata.threshold } else { 0 };
    hash.token(b'N', threshold.to_string().as_bytes());
    for group in &metadata.groups {
        hash.token(b'G', b"");
        for kind in KeyKind::ALL {
            for key in group.keys.iter().filter(|key| key.kind == kind) {
                hash.token(b'R', kind.name().as_bytes());
                hash.token(b'=', key.recipient().as_bytes());
            }
        }
    }
}
