//! What becomes of each value.

use super::sequence::{self, Run, Touching};
use super::version::{Entries, Mark, Version};
use super::{Choice, Side, emit, repair};
use crate::doc::path::Segment;
use crate::doc::{Format, KeyPath, Kind, Limits, NodeId, Tree};
use std::collections::{HashMap, HashSet};
use zeroize::Zeroizing;

/// Both sides changed the same place in other ways.
#[derive(Debug, Clone)]
pub struct Conflict {
    /// The document of a stream, from 0.
    pub document: usize,
    /// The place. Positions in lists are those of ours.
    pub path: KeyPath,
    pub(super) nodes: [Option<NodeId>; 3],
}

impl Conflict {
    /// What a version has there.
    #[must_use]
    pub fn node(&self, side: Side) -> Option<NodeId> {
        self.nodes[side as usize]
    }
}

/// What becomes of a place.
#[derive(Debug)]
pub(super) enum Decision {
    /// It is that of a version; the others may have it, too.
    Take(Side, [Option<NodeId>; 3]),
    /// Keys of both sides.
    Map { nodes: [Option<NodeId>; 3], entries: Vec<(Vec<u8>, Decision)> },
    /// Elements of both sides.
    List { nodes: [Option<NodeId>; 3], items: Vec<Decision> },
    /// The conflict of this number.
    Conflict(usize),
}

impl Decision {
    /// What was decided at the end of a way through maps.
    fn below(&mut self, segments: &[Segment]) -> Option<&mut Self> {
        let Some((first, rest)) = segments.split_first() else { return Some(self) };
        match (first, self) {
            (Segment::Key(key), Decision::Map { entries, .. }) => {
                entries.iter_mut().find(|(name, _)| name == key)?.1.below(rest)
            }
            _ => None,
        }
    }
}

/// What both sides started from.
#[derive(Clone, Copy)]
pub enum Base<'v> {
    /// Nothing: both made the file.
    Nothing,
    /// This.
    Known(&'v Version<'v>),
    /// Something that cannot be read: wherever the sides differ, they contradict.
    Unknown,
}

/// A merge of three versions.
pub struct Merge<'v> {
    is_base_known: bool,
    pub(super) versions: [Option<&'v Version<'v>>; 3],
    pub(super) documents: Vec<Decision>,
    /// What is left to decide.
    pub conflicts: Vec<Conflict>,
}

/// Documents of a stream are merged by their position; if both sides added or removed some, not at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("both sides added or removed documents")]
pub struct Documents;

impl<'v> Merge<'v> {
    /// Merges what `ours` and `theirs` made of `base`.
    ///
    /// # Errors
    /// Both sides have other numbers of documents than the base.
    pub fn of(base: Base<'v>, ours: &'v Version<'v>, theirs: &'v Version<'v>) -> Result<Self, Documents> {
        let known = if let Base::Known(version) = base { Some(version) } else { None };
        let mut merge = Self {
            is_base_known: !matches!(base, Base::Unknown),
            versions: [known, Some(ours), Some(theirs)],
            documents: Vec::new(),
            conflicts: Vec::new(),
        };
        let documents =
            |version: Option<&Version<'_>>| version.map_or(Vec::new(), |v| v.tree.documents.clone());
        let all = merge.versions.map(documents);
        let [base, ours, theirs] = all.each_ref().map(Vec::len);
        if ours != theirs && ours != base && theirs != base {
            return Err(Documents);
        }
        for number in 0..ours.max(theirs) {
            let nodes = all.each_ref().map(|documents| documents.get(number).copied());
            let mut way = Way { document: number, path: KeyPath::default() };
            if let Some(decision) = merge.decide(nodes, &mut way) {
                merge.documents.push(decision);
            }
        }
        Ok(merge)
    }

    /// The tree of a version.
    #[must_use]
    pub fn tree(&self, side: Side) -> Option<&'v Tree<'v>> {
        self.version(side).map(|version| version.tree)
    }

    pub(super) fn version(&self, side: Side) -> Option<&'v Version<'v>> {
        self.versions[side as usize]
    }

    fn mark(&self, nodes: [Option<NodeId>; 3], side: Side) -> Option<&'v Mark> {
        self.version(side).zip(nodes[side as usize]).map(|(version, id)| version.mark(id))
    }

    /// Whether ours and theirs are both of this kind.
    fn both(&self, nodes: [Option<NodeId>; 3], kind: &Kind<'_>) -> bool {
        let is = |side: Side| {
            self.version(side).zip(nodes[side as usize]).is_some_and(|(v, id)| v.tree.node(id).kind == *kind)
        };
        is(Side::Ours) && is(Side::Theirs)
    }

    /// Decides a place; `None` if nothing is left there.
    fn decide(&mut self, nodes: [Option<NodeId>; 3], way: &mut Way) -> Option<Decision> {
        let [base, ours, theirs] = [Side::Base, Side::Ours, Side::Theirs].map(|side| self.mark(nodes, side));
        if self.both(nodes, &Kind::Map) {
            return Some(self.decide_map(nodes, way));
        }
        if ours == theirs || (self.is_base_known && theirs == base) {
            return nodes[1].map(|_| Decision::Take(Side::Ours, nodes));
        }
        if self.is_base_known && ours == base {
            return nodes[2].map(|_| Decision::Take(Side::Theirs, nodes));
        }
        if self.both(nodes, &Kind::List)
            && let Some(decision) = self.decide_list(nodes, way)
        {
            return Some(decision);
        }
        let number = self.conflicts.len();
        self.conflicts.push(Conflict { document: way.document, path: way.path.clone(), nodes });
        Some(Decision::Conflict(number))
    }

    fn decide_map(&mut self, nodes: [Option<NodeId>; 3], way: &mut Way) -> Decision {
        let entries = [Side::Base, Side::Ours, Side::Theirs].map(|side| {
            match self.version(side).zip(nodes[side as usize]) {
                Some((version, id)) if version.is_map(id) => version.entries(id),
                _ => Entries::none(),
            }
        });
        let mut merged = Vec::new();
        for key in order(&entries) {
            way.path.0.push(Segment::Key(key.to_vec()));
            let nodes = entries.each_ref().map(|entries| entries.get(key));
            if let Some(decision) = self.decide(nodes, way) {
                merged.push((key.to_vec(), decision));
            }
            way.path.0.pop();
        }
        Decision::Map { nodes, entries: merged }
    }

    /// Merges two lists by their elements; `None` if they contradict.
    fn decide_list(&mut self, nodes: [Option<NodeId>; 3], way: &mut Way) -> Option<Decision> {
        let elements = [Side::Base, Side::Ours, Side::Theirs].map(|side| {
            match self.version(side).zip(nodes[side as usize]) {
                Some((version, id)) if version.is_list(id) => version.elements(id),
                _ => Vec::new(),
            }
        });
        let marks = |side: Side| -> Vec<Mark> {
            let version = self.version(side);
            elements[side as usize].iter().filter_map(|id| version.map(|v| *v.mark(*id))).collect()
        };
        let (base, ours, theirs) = (marks(Side::Base), marks(Side::Ours), marks(Side::Theirs));
        let mut items = Vec::new();
        let before = self.conflicts.len();
        for run in sequence::merge(&base, &ours, &theirs, Touching::Agrees) {
            match run {
                // Both have them: where a comment differs, it is found there.
                Run::Same { base, ours, theirs } => {
                    for ((b, o), t) in base.zip(ours).zip(theirs) {
                        let nodes = [Some(elements[0][b]), Some(elements[1][o]), Some(elements[2][t])];
                        items.extend(self.decide(nodes, way));
                    }
                }
                Run::Ours(range) => {
                    items.extend(
                        range.map(|i| Decision::Take(Side::Ours, [None, Some(elements[1][i]), None])),
                    );
                }
                Run::Theirs(range) => {
                    items.extend(
                        range.map(|i| Decision::Take(Side::Theirs, [None, None, Some(elements[2][i])])),
                    );
                }
                // Each element against the one in its place.
                Run::Conflict { base, ours, theirs }
                    if base.len() == ours.len() && base.len() == theirs.len() =>
                {
                    for ((b, o), t) in base.zip(ours).zip(theirs) {
                        way.path.0.push(Segment::Index(o));
                        let nodes = [Some(elements[0][b]), Some(elements[1][o]), Some(elements[2][t])];
                        items.extend(self.decide(nodes, way));
                        way.path.0.pop();
                    }
                }
                Run::Conflict { .. } => {
                    self.conflicts.truncate(before);
                    return None;
                }
            }
        }
        Some(Decision::List { nodes, items })
    }

    /// Makes a conflict of what was decided at `path`; `false` if that is not possible.
    pub fn contest(&mut self, path: &KeyPath) -> bool {
        let number = self.conflicts.len();
        for (document, decision) in self.documents.iter_mut().enumerate() {
            if let Some(at) = decision.below(&path.0)
                && let Decision::Take(_, nodes) = at
            {
                self.conflicts.push(Conflict { document, path: path.clone(), nodes: *nodes });
                *at = Decision::Conflict(number);
                return true;
            }
        }
        false
    }

    /// The decision of a conflict in terms of versions.
    pub(super) fn chosen(&self, number: usize, choice: Choice) -> Option<(Side, NodeId)> {
        match choice {
            Choice::Delete => None,
            Choice::Take(side) => self.conflicts[number].node(side).map(|id| (side, id)),
        }
    }
}

/// Where a decision is made.
struct Way {
    document: usize,
    path: KeyPath,
}

/// The order of the keys: that of the side that changed it, ours if none or both did. Keys that only the
/// other side has come after the nearest key before them that both have; ours first.
fn order<'k>(entries: &[Entries<'k>; 3]) -> Vec<&'k [u8]> {
    let [base, ours, theirs] = entries;
    let common = |entries: &Entries<'k>| -> Vec<&'k [u8]> {
        let all = [base, ours, theirs];
        entries.order.iter().copied().filter(|key| all.iter().all(|other| other.get(key).is_some())).collect()
    };
    let ours_as_base = common(ours) == common(base);
    if ours_as_base && common(theirs) != common(base) {
        return woven(theirs, ours, true);
    }
    woven(ours, theirs, false)
}

/// The keys of `frame` with those that only `other` has put between them, before or after keys that only
/// `frame` has in the same place.
fn woven<'k>(frame: &Entries<'k>, other: &Entries<'k>, other_first: bool) -> Vec<&'k [u8]> {
    // What only `other` has, by the key that it comes after.
    let mut after: HashMap<Option<&[u8]>, Vec<&'k [u8]>> = HashMap::new();
    let mut anchor = None;
    for key in &other.order {
        if frame.get(key).is_some() {
            anchor = Some(*key);
        } else {
            after.entry(anchor).or_default().push(key);
        }
    }
    let mut keys: Vec<&[u8]> = Vec::new();
    let mut put = HashSet::new();
    let mut waiting: Option<&[u8]> = None;
    let mut flush = |keys: &mut Vec<&'k [u8]>, anchor: Option<&'k [u8]>| {
        if put.insert(anchor)
            && let Some(list) = after.remove(&anchor)
        {
            keys.extend(list);
        }
    };
    for key in &frame.order {
        let is_common = other.get(key).is_some();
        if other_first || is_common {
            flush(&mut keys, waiting);
        }
        keys.push(key);
        if is_common {
            waiting = Some(*key);
        }
    }
    flush(&mut keys, waiting);
    keys
}

impl Merge<'_> {
    /// The merged text, its conflicts decided by `choice`; `None` if it cannot be written as decided: the
    /// versions are laid out in ways that do not go together.
    #[must_use]
    pub fn text(
        &self,
        format: &dyn Format,
        choice: &dyn Fn(usize) -> Choice,
        limits: &Limits,
    ) -> Option<Zeroizing<Vec<u8>>> {
        let together = emit::text(self, format.name(), choice);
        let ours = || self.version(Side::Ours).map(|version| Zeroizing::new(version.tree.source.to_vec()));
        repair::repaired(self, format, together, choice, limits)
            .or_else(|| repair::repaired(self, format, ours()?, choice, limits))
    }
}
