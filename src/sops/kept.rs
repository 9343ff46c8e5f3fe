//! The ciphertexts of an opened file, to be used again for values that stay.
//!
//! A value stays if its path, type and text do. Of equal values at one path (the elements of a list) each
//! keeps its own ciphertext, in their order.

use super::decrypt::{Opened, Slot};
use super::plan::Planned;
use super::strict::Pointers;
use crate::crypto::aead::{Cipher, NONCE_LEN};
use crate::crypto::envelope::{Envelope, Label};
use crate::doc::tree::Step;
use crate::doc::{Flags, Kind, NodeId, Tree, Value};
use crate::threads;
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::atomic::{AtomicUsize, Ordering};
use zeroize::Zeroizing;

/// A ciphertext that can be used again, and how its value was and is spelled.
pub(super) struct Kept<'o> {
    /// The `ENC[...]` text.
    pub(super) token: &'o str,
    /// Its tag.
    pub(super) tag: [u8; 16],
    /// The leaf; none for a comment.
    pub(super) leaf: Option<KeptLeaf<'o>>,
}

/// The leaf of a ciphertext.
pub(super) struct KeptLeaf<'o> {
    /// The encrypted file.
    pub(super) tree: &'o Tree<'o>,
    /// Its node there.
    pub(super) id: NodeId,
    /// Its spelling in the plain text of that file, tag and anchor included.
    pub(super) spelling: &'o [u8],
    /// The spelling that the record of that file has for it.
    pub(super) hint: Option<&'o [u8]>,
}

/// Path as AAD, type, plain text.
type Key<'o> = (&'o [u8], &'static str, &'o [u8]);

/// The ciphertexts of a file by what they stand for.
pub(super) struct KeptTokens<'o> {
    all: Vec<Kept<'o>>,
    by_content: HashMap<Key<'o>, Queue>,
}

/// Positions in [`KeptTokens::all`] of what has the same content. Most queues have one.
struct Queue {
    first: usize,
    others: Vec<usize>,
    /// How many were taken.
    used: AtomicUsize,
}

impl Queue {
    fn positions(&self) -> impl Iterator<Item = &usize> {
        std::iter::once(&self.first).chain(&self.others)
    }
}

impl<'o> KeptTokens<'o> {
    /// None.
    pub(super) fn none() -> Self {
        Self { all: Vec::new(), by_content: HashMap::new() }
    }

    /// Those of `opened`, whose plain text is that of `plain`, where spellings matter.
    pub(super) fn of(opened: &'o Opened<'o>, cipher: &Cipher, plain: Option<&'o Tree<'o>>) -> Self {
        let mut kept = Self::none();
        kept.add(opened, cipher, plain);
        kept
    }

    /// Adds those of another file under the same data key, behind those that are there.
    pub(super) fn add(&mut self, opened: &'o Opened<'o>, cipher: &Cipher, plain: Option<&'o Tree<'o>>) {
        let is_first = self.all.is_empty();
        let tree = &opened.sealed.tree;
        let pointers = (!opened.hints.is_empty()).then(|| Pointers::new(tree));
        let mut plain_leaves = plain.map(leaves).unwrap_or_default().into_iter();
        self.by_content.reserve(opened.slots.len());
        let tokens = threads::pieces(&opened.plan.steps, |first, steps| {
            let tokens = steps.iter().zip(&opened.slots[first..]);
            tokens.map(|(planned, slot)| reusable(opened, cipher, planned, slot)).collect::<Vec<_>>()
        });
        let steps = opened.plan.steps.iter().zip(&opened.slots);
        for ((planned, slot), token) in steps.zip(tokens.into_iter().flatten()) {
            let leaf = match planned.step {
                Step::Leaf(id) => {
                    if !matches!(tree.node(id).kind, Kind::Leaf(Value::Str(_))) {
                        plain_leaves.next();
                        continue;
                    }
                    match slot {
                        Slot::Comment(_) => None,
                        _ => plain_leaves.next().map(|twin| {
                            let hint = pointers.as_ref().and_then(|pointers| {
                                opened.hints.get(&pointers.of(id)).map(|hint| hint.as_slice())
                            });
                            KeptLeaf {
                                tree,
                                id,
                                spelling: plain.map_or(b"", |plain| spelling(plain, twin)),
                                hint,
                            }
                        }),
                    }
                }
                Step::Comment(_) => None,
                Step::Enter(_) | Step::Leave(_) => continue,
            };
            let (label, span) = match slot {
                Slot::Clear => continue,
                Slot::Value(label, span) => (*label, *span),
                Slot::Comment(span) => (Label::Comment, *span),
            };
            let aad = opened.plan.aad(planned);
            let Some((token, tag)) = token else { continue };
            let key = (aad, label.text(), &opened.plain[span.range()]);
            match self.by_content.entry(key) {
                Entry::Vacant(place) => {
                    let first = self.all.len();
                    place.insert(Queue { first, others: Vec::new(), used: AtomicUsize::new(0) });
                }
                Entry::Occupied(mut queue) => {
                    // The same ciphertext in two versions is one.
                    if !is_first && queue.get().positions().any(|at| self.all[*at].token == token) {
                        continue;
                    }
                    queue.get_mut().others.push(self.all.len());
                }
            }
            self.all.push(Kept { token, tag, leaf });
        }
    }

    /// Whether no two stand for the same.
    pub(super) fn are_distinct(&self) -> bool {
        self.by_content.len() == self.all.len()
    }

    /// Whether there is a ciphertext for `text` as a value of type `label` at the path of `aad`.
    pub(super) fn has(&self, aad: &[u8], label: Label, text: &[u8]) -> bool {
        self.by_content.contains_key(&(aad, label.text(), text))
    }

    /// The next ciphertext for `text` as a value of type `label` at the path of `aad`.
    pub(super) fn take(&self, aad: &[u8], label: Label, text: &[u8]) -> Option<&Kept<'o>> {
        let queue = self.by_content.get(&(aad, label.text(), text))?;
        let next = queue.positions().nth(queue.used.fetch_add(1, Ordering::Relaxed))?;
        self.all.get(*next)
    }
}

/// The token at a step, and its tag, if there is nothing odd about it. Comments may have been encrypted at
/// another path than the one that they have here, so they are tried.
fn reusable<'o>(
    opened: &'o Opened<'o>,
    cipher: &Cipher,
    planned: &Planned,
    slot: &Slot,
) -> Option<(&'o str, [u8; 16])> {
    let tree = &opened.sealed.tree;
    let text = match (planned.step, slot) {
        (_, Slot::Clear) => return None,
        (Step::Leaf(id), _) => match &tree.node(id).kind {
            Kind::Leaf(Value::Str(text)) => &**text,
            _ => return None,
        },
        (Step::Comment(index), _) => tree.text(tree.comments[index].span),
        (Step::Enter(_) | Step::Leave(_), _) => return None,
    };
    // A block scalar ends with a line end.
    let token = std::str::from_utf8(text).ok()?.trim_end();
    let envelope = Envelope::parse(token.as_bytes()).ok().filter(|envelope| !envelope.trailing)?;
    let (nonce, tag) = envelope.nonce_and_tag().ok()?;
    if nonce.len() != NONCE_LEN {
        return None;
    }
    if let Slot::Comment(_) = slot {
        let aad = opened.plan.aad(planned);
        let mut content: Zeroizing<Vec<u8>> = Zeroizing::new(Vec::with_capacity(token.len()));
        envelope.decode(&mut content).ok()?;
        cipher.open(&nonce, aad, &mut content, &tag).ok()?;
    }
    Some((token, <[u8; 16]>::try_from(&tag[..]).ok()?))
}

/// The leaves of a plain document, in order.
fn leaves(tree: &Tree<'_>) -> Vec<NodeId> {
    let mut leaves = Vec::with_capacity(tree.nodes.len());
    let walked: Result<(), std::convert::Infallible> = tree.walk(|step| {
        if let Step::Leaf(id) = step {
            leaves.push(id);
        }
        Ok(())
    });
    match walked {
        Ok(()) => leaves,
    }
}

/// How a leaf is spelled, with its tag and anchor; nothing for one that an alias stands for.
pub(super) fn spelling<'t>(tree: &'t Tree<'_>, id: NodeId) -> &'t [u8] {
    let node = tree.node(id);
    if node.flags.has(Flags::ALIAS) || node.flags.has(Flags::COPY) {
        return b"";
    }
    tree.spelling(id)
}
