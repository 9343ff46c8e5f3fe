//! Whether a text says what was decided; and changes of it at the places where it does not.

use super::decide::{Decision, Merge};
use super::version::Version;
use super::{Choice, Side};
use crate::doc::change::{set, unset};
use crate::doc::path::Segment;
use crate::doc::{Data, Flags, Format, KeyPath, Kind, Limits, NodeId, Text};
use zeroize::Zeroizing;

/// Changes beyond which a text is given up.
const MOST_CHANGES: usize = 400;

/// What a text has to be changed in.
struct Fix {
    document: usize,
    path: KeyPath,
    /// What belongs there; nothing if it has to go.
    data: Option<Data>,
}

/// The text, changed until it says what was decided; `None` if that cannot be done.
pub(super) fn repaired(
    merge: &Merge<'_>,
    format: &dyn Format,
    mut text: Zeroizing<Vec<u8>>,
    choice: &dyn Fn(usize) -> Choice,
    limits: &Limits,
) -> Option<Zeroizing<Vec<u8>>> {
    let judge = Judge { merge, choice };
    for _ in 0..MOST_CHANGES {
        let fix = {
            let tree = format.parse(&text, limits).ok()?;
            judge.first_fix(&Version::new(&tree))
        };
        let Some(fix) = fix else { return Some(text) };
        if fix.document > 0 {
            return None;
        }
        text = match &fix.data {
            Some(data) => set(format, &text, &fix.path, data, limits).ok()??,
            None => unset(format, &text, &fix.path, limits).ok()?,
        };
    }
    None
}

struct Judge<'a, 'v> {
    merge: &'a Merge<'v>,
    choice: &'a dyn Fn(usize) -> Choice,
}

impl Judge<'_, '_> {
    /// The first place where `read` is not what was decided.
    fn first_fix(&self, read: &Version<'_>) -> Option<Fix> {
        let roots = &read.tree.documents;
        for (number, decision) in self.merge.documents.iter().enumerate() {
            let mut way = Fix { document: number, path: KeyPath::default(), data: None };
            let Some(root) = roots.get(number) else {
                return Some(Fix { document: number.max(1), ..way });
            };
            if let Some(data) = self.wrong(decision, read, *root, &mut way.path) {
                return Some(Fix { data, ..way });
            }
        }
        // More documents than were decided cannot be made good.
        let more = roots.len() > self.merge.documents.len().max(1);
        more.then(|| Fix { document: 1, path: KeyPath::default(), data: None })
    }

    /// What has to be put at `path`, which is extended, to make `id` of `read` what was decided.
    fn wrong(
        &self,
        decision: &Decision,
        read: &Version<'_>,
        id: NodeId,
        path: &mut KeyPath,
    ) -> Option<Option<Data>> {
        match decision {
            Decision::Take(side, nodes) => self.wrong_leaf(*side, nodes[*side as usize]?, read, id),
            Decision::Conflict(number) => {
                let (side, node) = self.merge.chosen(*number, (self.choice)(*number))?;
                self.wrong_leaf(side, node, read, id)
            }
            Decision::Map { entries, .. } => {
                if !read.is_map(id) {
                    return Some(self.data(decision));
                }
                let present = read.entries(id);
                let entries: Vec<(&[u8], &Decision)> = entries
                    .iter()
                    .filter(|(_, entry)| self.is_there(entry))
                    .map(|(key, entry)| (&**key, entry))
                    .collect();
                for (key, entry) in &entries {
                    path.0.push(Segment::Key(key.to_vec()));
                    let found = match present.get(key) {
                        Some(child) => self.wrong(entry, read, child, path),
                        None => Some(self.data(entry)),
                    };
                    if found.is_some() {
                        return found;
                    }
                    path.0.pop();
                }
                let wanted: std::collections::HashSet<&[u8]> = entries.iter().map(|(key, _)| *key).collect();
                let needless = present.order.iter().find(|key| !wanted.contains(**key))?;
                path.0.push(Segment::Key(needless.to_vec()));
                Some(None)
            }
            Decision::List { items, .. } => {
                let items: Vec<&Decision> = items.iter().filter(|item| self.is_there(item)).collect();
                let elements = read.elements(id);
                if !read.is_list(id) || items.len() != elements.len() {
                    return Some(self.data(decision));
                }
                for (number, (item, element)) in items.into_iter().zip(elements).enumerate() {
                    path.0.push(Segment::Index(number));
                    let found = self.wrong(item, read, element, path);
                    if found.is_some() {
                        return found;
                    }
                    path.0.pop();
                }
                None
            }
        }
    }

    fn wrong_leaf(&self, side: Side, node: NodeId, read: &Version<'_>, id: NodeId) -> Option<Option<Data>> {
        let version = self.merge.version(side)?;
        let is_right = version.mark(node) == read.mark(id) || is_same(version, node, read, id);
        (!is_right).then(|| Some(Data::of(version.tree, node)))
    }

    fn is_there(&self, decision: &Decision) -> bool {
        match decision {
            Decision::Conflict(number) => self.merge.chosen(*number, (self.choice)(*number)).is_some(),
            _ => true,
        }
    }

    /// What was decided as data.
    fn data(&self, decision: &Decision) -> Option<Data> {
        match decision {
            Decision::Take(side, nodes) => {
                Some(Data::of(self.merge.version(*side)?.tree, nodes[*side as usize]?))
            }
            Decision::Conflict(number) => {
                let (side, node) = self.merge.chosen(*number, (self.choice)(*number))?;
                Some(Data::of(self.merge.version(side)?.tree, node))
            }
            Decision::Map { entries, .. } => {
                let entries = entries.iter();
                let entries =
                    entries.filter_map(|(key, entry)| Some((Text::owned(key.clone()), self.data(entry)?)));
                Some(Data::Map(entries.collect()))
            }
            Decision::List { items, .. } => {
                Some(Data::List(items.iter().filter_map(|item| self.data(item)).collect()))
            }
        }
    }
}

/// Whether two values are the same but for aliases, which stand for the same place in both.
fn is_same(one: &Version<'_>, a: NodeId, other: &Version<'_>, b: NodeId) -> bool {
    if one.mark(a) == other.mark(b) {
        return true;
    }
    let (node, twin) = (one.tree.node(a), other.tree.node(b));
    if node.flags.has(Flags::ALIAS) || twin.flags.has(Flags::ALIAS) {
        return match (target(one, a), target(other, b)) {
            (Some(target), Some(same)) => target == same,
            _ => false,
        };
    }
    match (&node.kind, &twin.kind) {
        (Kind::Map, Kind::Map) => {
            let (entries, twins) = (one.entries(a), other.entries(b));
            entries.order.len() == twins.order.len()
                && entries.order.iter().all(|key| {
                    entries.get(key).zip(twins.get(key)).is_some_and(|(a, b)| is_same(one, a, other, b))
                })
        }
        (Kind::List, Kind::List) => {
            let (items, twins) = (one.elements(a), other.elements(b));
            items.len() == twins.len() && items.into_iter().zip(twins).all(|(a, b)| is_same(one, a, other, b))
        }
        _ => false,
    }
}

/// The path of what an alias stands for.
fn target(version: &Version<'_>, alias: NodeId) -> Option<KeyPath> {
    let (_, target) = version.tree.aliases.iter().find(|(id, _)| *id == alias)?;
    Some(KeyPath::of(version.tree, *target))
}
