//! A document as data of its own: what is compared, free of text and layout.

use crate::check::tokens;
use crate::doc::tree::Step;
use crate::doc::{Kind, Name, NodeId, Tree, Value};
use crate::sops::Opened;
use sha2::{Digest as _, Sha256};
use std::convert::Infallible;
use zeroize::Zeroizing;

/// A part of a document.
pub enum Node {
    /// An ordered map.
    Map(Vec<(Vec<u8>, Node)>),
    /// A list.
    List(Vec<Node>),
    /// A value.
    Leaf(Leaf),
}

/// A value.
pub struct Leaf {
    /// Its type, by the name that encrypted values have in their text.
    pub kind: &'static str,
    /// Its ciphertext; none for a clear value.
    pub token: Option<Vec<u8>>,
    /// What it says; none for an encrypted value that was not decrypted.
    pub plain: Option<Zeroizing<Vec<u8>>>,
}

/// What identifies a part: equal parts have equal ones.
pub(super) type Fingerprint = [u8; 32];

impl Node {
    /// The documents of a file, with the values of `opened`.
    #[must_use]
    pub fn documents(tree: &Tree<'_>, opened: Option<&Opened<'_>>) -> Vec<Node> {
        let mut done: Vec<Node> = Vec::with_capacity(tree.documents.len());
        let mut open: Vec<(NodeId, Node)> = Vec::new();
        let walked: Result<(), Infallible> = tree.walk(|step| {
            match step {
                Step::Enter(id) => open.push((id, Node::empty(&tree.node(id).kind))),
                Step::Leave(_) => {
                    let Some((id, node)) = open.pop() else { return Ok(()) };
                    match open.last_mut() {
                        Some((_, parent)) => parent.put(&tree.node(id).name, node),
                        None => done.push(node),
                    }
                }
                Step::Leaf(id) => {
                    let leaf = leaf(tree, opened, id);
                    if let (Some((_, parent)), Some(leaf)) = (open.last_mut(), leaf) {
                        parent.put(&tree.node(id).name, Node::Leaf(leaf));
                    }
                }
                Step::Comment(_) => {}
            }
            Ok(())
        });
        match walked {
            Ok(()) => done,
        }
    }

    fn empty(kind: &Kind<'_>) -> Self {
        match kind {
            Kind::List => Node::List(Vec::new()),
            Kind::Map | Kind::Leaf(_) => Node::Map(Vec::new()),
        }
    }

    fn put(&mut self, name: &Name<'_>, node: Node) {
        match (self, name) {
            (Node::Map(entries), Name::Key(key)) => entries.push((key.to_vec(), node)),
            (Node::List(elements), _) => elements.push(node),
            // A document that is one value.
            (Node::Map(entries), _) => entries.push((Vec::new(), node)),
            (Node::Leaf(_), _) => {}
        }
    }

    /// What is called `map`, `list`, or the type of a value.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Node::Map(_) => "map",
            Node::List(_) => "list",
            Node::Leaf(leaf) => leaf.kind,
        }
    }

    /// What identifies it; by the values if `by_value`, else by the ciphertexts.
    #[must_use]
    pub fn fingerprint(&self, by_value: bool) -> [u8; 32] {
        let mut hash = Sha256::new();
        self.feed(&mut hash, by_value);
        hash.finalize().into()
    }

    fn feed(&self, hash: &mut Sha256, by_value: bool) {
        let mut part = |mark: &[u8], bytes: &[u8]| {
            hash.update(mark);
            hash.update((bytes.len() as u64).to_le_bytes());
            hash.update(bytes);
        };
        match self {
            Node::Map(entries) => {
                part(b"m", &(entries.len() as u64).to_le_bytes());
                for (key, node) in entries {
                    part_of(hash, key);
                    node.feed(hash, by_value);
                }
            }
            Node::List(elements) => {
                part(b"l", &(elements.len() as u64).to_le_bytes());
                elements.iter().for_each(|node| node.feed(hash, by_value));
            }
            Node::Leaf(leaf) => {
                part(b"v", leaf.kind.as_bytes());
                match (&leaf.token, &leaf.plain) {
                    (Some(token), None) => part(b"t", token),
                    (Some(token), Some(_)) if !by_value => part(b"t", token),
                    (Some(_), Some(plain)) => part(b"s", plain),
                    (None, plain) => part(b"c", plain.as_deref().map_or(&[], Vec::as_slice)),
                }
            }
        }
    }
}

fn part_of(hash: &mut Sha256, key: &[u8]) {
    hash.update((key.len() as u64).to_le_bytes());
    hash.update(key);
}

impl Leaf {
    /// Whether both say the same, and both in clear or both encrypted.
    #[must_use]
    pub fn same(&self, other: &Leaf, by_value: bool) -> bool {
        match (&self.token, &other.token) {
            (Some(a), Some(b)) if a == b => true,
            (Some(_), Some(_)) if by_value && self.plain.is_some() && other.plain.is_some() => {
                self.kind == other.kind && self.plain == other.plain
            }
            (None, None) => self.kind == other.kind && self.plain == other.plain,
            _ => false,
        }
    }
}

/// The value of a leaf; none for an element that is an encrypted comment.
fn leaf(tree: &Tree<'_>, opened: Option<&Opened<'_>>, id: NodeId) -> Option<Leaf> {
    let Kind::Leaf(stands) = &tree.node(id).kind else { return None };
    let token = match stands {
        Value::Str(text) => tokens::in_text(text).next().filter(|token| text.starts_with(token)),
        _ => None,
    };
    let canonical = |value: &Value<'_>| {
        let mut plain = Zeroizing::new(Vec::new());
        value.canonical(&mut plain);
        plain
    };
    let Some(token) = token else {
        return Some(Leaf { kind: kind(stands), token: None, plain: Some(canonical(stands)) });
    };
    let label = label(token);
    let value = match opened {
        Some(opened) => Some(opened.value(id)?),
        None if label == "comment" => return None,
        None => None,
    };
    let kind = value.as_ref().map_or(label, kind);
    Some(Leaf { kind, token: Some(token.to_vec()), plain: value.as_ref().map(canonical) })
}

/// The type of a value, as SOPS names it.
fn kind(value: &Value<'_>) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "bool",
        Value::Int(_) => "int",
        Value::Float(_) => "float",
        Value::Time(_) => "time",
        Value::Str(_) => "str",
    }
}

/// The type that a ciphertext names.
#[must_use]
pub(super) fn label(token: &[u8]) -> &'static str {
    use crate::crypto::envelope::Envelope;
    Envelope::parse_any(token).map_or("unknown", |envelope| envelope.label.text())
}
