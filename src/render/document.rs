//! An opened document, on its own: its plain text, and its leaves as bytes.

use super::error::{RenderError, Spot};
use super::find::Index;
use crate::doc::binary::Binary;
use crate::doc::path::Segment;
use crate::doc::tree::Step;
use crate::doc::{
    Flags, Format as _, FormatName, KeyPath, Kind, Layout, Limits, NodeId, Style, Text, Tree, Value,
};
use crate::sops::plan::{path_bytes_limit, too_long};
use crate::sops::{DecryptError, Opened};
use sha2::{Digest as _, Sha256};
use std::fmt::Write as _;
use std::ops::Range;
use std::str::FromStr;
use std::sync::OnceLock;
use zeroize::Zeroizing;

/// What becomes of a null.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum NullRule {
    /// It is an error.
    #[default]
    Refuse,
    /// It is left out.
    Skip,
    /// It is an empty text.
    Empty,
}

impl FromStr for NullRule {
    type Err = &'static str;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "refuse" => Ok(NullRule::Refuse),
            "skip" => Ok(NullRule::Skip),
            "empty" => Ok(NullRule::Empty),
            _ => Err("it takes refuse, skip or empty"),
        }
    }
}

/// A scalar of a document.
#[derive(Debug, Clone)]
pub struct Leaf {
    /// The way to it, as in the plain text.
    pub path: KeyPath,
    /// Byte offset in the sealed text, for messages.
    pub at: usize,
    /// Whether it is encrypted in the file.
    pub sealed: bool,
    /// SHA-256 of its text in the sealed file, in lower hex: stays while the ciphertext does. A name for
    /// versions that tells nothing about an encrypted value.
    pub version: String,
    content: Content,
}

/// Where the bytes of a leaf are.
#[derive(Debug, Clone)]
enum Content {
    /// Nowhere: it is null.
    Null,
    /// The whole text: a binary document.
    Whole,
    /// In [`Document::values`].
    Part(Range<usize>),
}

impl Leaf {
    /// Its bytes: a string as it is, a number, truth value or date as its plain text spells it. `None` for
    /// a null that is to be skipped. `document` is the one it is of.
    ///
    /// # Errors
    /// [`RenderError::Null`].
    pub fn bytes<'d>(&self, document: &'d Document, null: NullRule) -> Result<Option<&'d [u8]>, RenderError> {
        match (&self.content, null) {
            (Content::Whole, _) => Ok(Some(&document.text)),
            (Content::Part(range), _) => Ok(document.values.get(range.clone())),
            (Content::Null, NullRule::Refuse) => Err(RenderError::Null(Box::new(document.spot(self)))),
            (Content::Null, NullRule::Skip) => Ok(None),
            (Content::Null, NullRule::Empty) => Ok(Some(b"")),
        }
    }

    /// Whether it is null.
    #[must_use]
    pub fn is_null(&self) -> bool {
        matches!(self.content, Content::Null)
    }
}

/// An opened file, as it is rendered: plain text and leaves. Both are wiped on drop.
pub struct Document {
    name: String,
    format: FormatName,
    text: Zeroizing<Vec<u8>>,
    values: Zeroizing<Vec<u8>>,
    leaves: Vec<Leaf>,
    pub(super) index: OnceLock<Index>,
}

impl Document {
    /// What `opened` holds. `name` is how the file was named, `-` for standard input.
    ///
    /// # Errors
    /// [`RenderError::Inexpressible`]: the plain text cannot be written.
    pub fn of(name: &str, format: FormatName, opened: &Opened<'_>) -> Result<Self, RenderError> {
        let mut document = Self {
            name: name.to_owned(),
            format,
            text: Zeroizing::default(),
            values: Zeroizing::default(),
            leaves: Vec::new(),
            index: OnceLock::new(),
        };
        match format {
            FormatName::Binary => document.take_whole(opened)?,
            _ => {
                document.text = opened.text()?;
                document.take_leaves(opened)?;
            }
        }
        Ok(document)
    }

    /// How it was named.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its format.
    #[must_use]
    pub fn format(&self) -> FormatName {
        self.format
    }

    /// Its leaves, in document order, over all documents of a YAML stream.
    pub fn leaves(&self) -> std::slice::Iter<'_, Leaf> {
        self.leaves.iter()
    }

    /// Byte for byte what `seal decrypt` prints.
    #[must_use]
    pub fn text(&self) -> &[u8] {
        &self.text
    }

    /// A leaf of this document, for messages.
    #[must_use]
    pub fn spot(&self, leaf: &Leaf) -> Spot {
        Spot { document: self.name.clone(), path: leaf.path.clone(), at: leaf.at }
    }

    pub(super) fn leaf(&self, at: usize) -> Option<&Leaf> {
        self.leaves.get(at)
    }

    /// A binary document: its one value.
    fn take_whole(&mut self, opened: &Opened<'_>) -> Result<(), RenderError> {
        let written = Binary.write(&opened.documents(), None, &Layout::default());
        self.text = written.map_err(DecryptError::Document)?;
        let tree = &opened.sealed().tree;
        self.leaves = opened
            .values()
            .filter(|(id, _)| *id == tree.child(0, crate::doc::binary::KEY.as_bytes()).unwrap_or_default())
            .map(|(id, sealed)| leaf(tree, id, sealed, KeyPath::of(tree, id), Content::Whole))
            .collect();
        Ok(())
    }

    /// The leaves of the plain text, side by side with those of the sealed one.
    fn take_leaves(&mut self, opened: &Opened<'_>) -> Result<(), RenderError> {
        let sealed = &opened.sealed().tree;
        let format = opened.sealed().format;
        let plain = format.parse(&self.text, &Limits::default()).map_err(DecryptError::Document)?;
        let ids = leaves(&plain);
        let twins: Vec<(NodeId, bool)> = opened.values().collect();
        if ids.len() != twins.len() {
            // The text was compared with the values when it was made; this cannot be.
            return Err(DecryptError::Inexpressible { path: KeyPath::default() }.into());
        }
        let spelled: Vec<Option<Text<'_>>> = ids.iter().map(|id| spelled(&plain, *id)).collect();
        let size = spelled.iter().flatten().map(|text| text.len()).sum();
        let mut values = Zeroizing::new(Vec::with_capacity(size));
        self.leaves.reserve_exact(ids.len());
        // The elements of a list share its path while they are decrypted; here each has its own.
        let mut path_bytes = 0;
        for ((id, twin), text) in ids.iter().zip(&twins).zip(&spelled) {
            let content = match text {
                None => Content::Null,
                Some(text) => {
                    let start = values.len();
                    values.extend_from_slice(text);
                    Content::Part(start..values.len())
                }
            };
            let path = KeyPath::of(&plain, *id);
            path_bytes += path.0.iter().map(size_of_step).sum::<usize>();
            let limit = path_bytes_limit(&plain);
            if path_bytes > limit {
                return Err(DecryptError::Document(too_long(limit)).into());
            }
            self.leaves.push(leaf(sealed, twin.0, twin.1, path, content));
        }
        drop(spelled);
        self.values = values;
        Ok(())
    }
}

fn size_of_step(step: &Segment) -> usize {
    match step {
        Segment::Key(key) => key.len() + size_of::<Segment>(),
        Segment::Index(_) => size_of::<Segment>(),
    }
}

fn leaf(sealed: &Tree<'_>, id: NodeId, is_sealed: bool, path: KeyPath, content: Content) -> Leaf {
    let span = sealed.node(original(sealed, id)).span;
    let at = sealed.node(placed(sealed, id)).span.start as usize;
    let mut version = String::with_capacity(64);
    for byte in Sha256::digest(sealed.text(span)) {
        // Writing to a string cannot fail.
        let _ = write!(version, "{byte:02x}");
    }
    Leaf { path, at, sealed: is_sealed, version, content }
}

/// All leaves but the metadata, in order.
fn leaves(tree: &Tree<'_>) -> Vec<NodeId> {
    let mut found = Vec::new();
    let walked: Result<(), std::convert::Infallible> = tree.walk(|step| {
        if let Step::Leaf(id) = step {
            found.push(id);
        }
        Ok(())
    });
    match walked {
        Ok(()) => found,
    }
}

/// The bytes of leaf `id` of a plain tree; `None` if it is null.
fn spelled<'t>(tree: &'t Tree<'_>, id: NodeId) -> Option<Text<'t>> {
    let node = tree.node(id);
    match &node.kind {
        Kind::Leaf(Value::Str(text)) => Some(Text::Borrowed(text)),
        Kind::Leaf(Value::Null) | Kind::Map | Kind::List => None,
        Kind::Leaf(value) => Some(as_written(tree, original(tree, id)).unwrap_or_else(|| {
            let mut text = Vec::with_capacity(32);
            value.canonical(&mut text);
            Text::owned(text)
        })),
    }
}

/// The text of a number, truth value or date, without the quotes that YAML allows around one with a tag;
/// `None` if it is spelled with escapes or over several lines.
fn as_written<'t>(tree: &Tree<'t>, id: NodeId) -> Option<Text<'t>> {
    let node = tree.node(id);
    let text = tree.text(node.span);
    let text = match node.style {
        Style::Single => text.strip_prefix(b"'")?.strip_suffix(b"'")?,
        Style::Double => text.strip_prefix(b"\"")?.strip_suffix(b"\"")?,
        _ => text.trim_ascii(),
    };
    let simple = !text.is_empty() && !text.iter().any(|byte| matches!(byte, b'\n' | b'\r' | b'\\'));
    simple.then_some(Text::Borrowed(text))
}

/// The alias through which node `id` is there, or itself: what has a place in the text.
fn placed(tree: &Tree<'_>, mut id: NodeId) -> NodeId {
    while tree.node(id).flags.has(Flags::COPY) {
        id = tree.node(id).parent;
    }
    id
}

/// The node that `id` is a copy of, or itself: what has the text.
fn original(tree: &Tree<'_>, mut id: NodeId) -> NodeId {
    loop {
        let alias = placed(tree, id);
        if !tree.node(alias).flags.has(Flags::ALIAS) {
            return id;
        }
        match tree.aliases.binary_search_by_key(&alias, |(alias, _)| *alias) {
            // An anchor stands before its aliases, so this comes to an end.
            Ok(at) if tree.aliases[at].1 < alias => id = tree.aliases[at].1 + (id - alias),
            _ => return id,
        }
    }
}
