//! What two documents have differently, by key path.

use super::node::{Fingerprint, Leaf, Node};
use crate::doc::KeyPath;
use crate::doc::path::Segment;
use similar::{Algorithm, DiffOp, capture_diff_slices_deadline};
use std::collections::{HashMap, HashSet};
use std::fmt;
use std::time::{Duration, Instant};

/// The time for one list; beyond it the differences are coarser.
const LONGEST: Duration = Duration::from_millis(200);

/// A short value that stands under another name is no sign that it was moved.
const TELLING: usize = 8;

/// A key path in one of the documents of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The document, from 1, where there are several.
    pub document: Option<usize>,
    /// The way in it.
    pub path: KeyPath,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(document) = self.document {
            write!(f, "document {document}: ")?;
        }
        self.path.fmt(f)
    }
}

/// What became of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum What {
    /// It is new.
    Added,
    /// It is gone.
    Removed,
    /// It is another.
    Changed,
    /// It is the same under another name.
    Moved,
}

/// A change. The values are those of the compared documents.
pub struct Change<'d> {
    /// What.
    pub what: What,
    /// Where; of a removed value where it was.
    pub place: Place,
    /// Where a moved value was.
    pub from: Option<Place>,
    /// Before; of a map or list that is empty, or that moved, the node itself.
    pub old: Option<&'d Node>,
    /// After.
    pub new: Option<&'d Node>,
}

impl Change<'_> {
    /// The type of the value, as it is now.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        self.new.or(self.old).map_or("", Node::kind)
    }

    /// What happened to the encryption of the value, in words.
    #[must_use]
    pub fn sealing(&self) -> Option<&'static str> {
        let is_sealed = |node: Option<&Node>| match node {
            Some(Node::Leaf(Leaf { kind, plain, token: None })) => {
                // Nothing is never encrypted.
                let nothing = *kind == "null" || plain.as_ref().is_some_and(|plain| plain.is_empty());
                (!nothing).then_some(false)
            }
            Some(Node::Leaf(_)) => Some(true),
            Some(Node::Map(_) | Node::List(_)) | None => None,
        };
        match (is_sealed(self.old), is_sealed(self.new)) {
            (Some(true), Some(false)) => Some("now in clear"),
            (Some(false), Some(true)) => Some("now encrypted"),
            _ => None,
        }
    }
}

/// The changes from `old` to `new`, in the order of `new`, each removed value behind what stays of its map
/// or list. With `by_value`, values that were decrypted are compared, else ciphertexts.
#[must_use]
pub fn between<'d>(old: &'d [Node], new: &'d [Node], by_value: bool) -> Vec<Change<'d>> {
    let several = old.len() > 1 || new.len() > 1;
    let mut found = Found { by_value, ..Found::default() };
    for index in 0..old.len().max(new.len()) {
        found.document = several.then_some(index + 1);
        match (old.get(index), new.get(index)) {
            (Some(old), Some(new)) => found.compare(old, new),
            (Some(old), None) => found.gone(old),
            (None, Some(new)) => found.come(new),
            (None, None) => {}
        }
    }
    found.finish()
}

/// Something that came or went as a whole, with its number among all that was found.
struct Whole<'d> {
    place: Place,
    node: &'d Node,
    number: usize,
}

#[derive(Default)]
struct Found<'d> {
    by_value: bool,
    document: Option<usize>,
    path: Vec<Segment>,
    /// How much was found.
    count: usize,
    changes: Vec<(usize, Change<'d>)>,
    gone: Vec<Whole<'d>>,
    come: Vec<Whole<'d>>,
}

impl<'d> Found<'d> {
    fn place(&self) -> Place {
        Place { document: self.document, path: KeyPath(self.path.clone()) }
    }

    fn within(&mut self, segment: Segment, work: impl FnOnce(&mut Self)) {
        self.path.push(segment);
        work(self);
        self.path.pop();
    }

    fn whole(&mut self, node: &'d Node) -> Whole<'d> {
        self.count += 1;
        Whole { place: self.place(), node, number: self.count }
    }

    fn come(&mut self, node: &'d Node) {
        let whole = self.whole(node);
        self.come.push(whole);
    }

    fn gone(&mut self, node: &'d Node) {
        let whole = self.whole(node);
        self.gone.push(whole);
    }

    fn compare(&mut self, old: &'d Node, new: &'d Node) {
        match (old, new) {
            (Node::Map(a), Node::Map(b)) => self.maps(a, b),
            (Node::List(a), Node::List(b)) => self.lists(a, b),
            (Node::Leaf(a), Node::Leaf(b)) if a.same(b, self.by_value) => {}
            (Node::Leaf(_), Node::Leaf(_)) => {
                let place = self.place();
                let (old, new) = (Some(old), Some(new));
                self.count += 1;
                let change = Change { what: What::Changed, place, from: None, old, new };
                self.changes.push((self.count, change));
            }
            _ => {
                self.gone(old);
                self.come(new);
            }
        }
    }

    fn maps(&mut self, old: &'d [(Vec<u8>, Node)], new: &'d [(Vec<u8>, Node)]) {
        let mut before: HashMap<&[u8], &'d Node> =
            old.iter().map(|(key, node)| (key.as_slice(), node)).collect();
        for (key, node) in new {
            self.within(Segment::Key(key.clone()), |found| match before.remove(key.as_slice()) {
                Some(old) => found.compare(old, node),
                None => found.come(node),
            });
        }
        for (key, node) in old {
            if before.remove(key.as_slice()).is_some() {
                self.within(Segment::Key(key.clone()), |found| found.gone(node));
            }
        }
    }

    fn lists(&mut self, old: &'d [Node], new: &'d [Node]) {
        let by_value = self.by_value;
        let prints = |list: &[Node]| -> Vec<Fingerprint> {
            list.iter().map(|node| node.fingerprint(by_value)).collect()
        };
        let deadline = Some(Instant::now() + LONGEST);
        for op in capture_diff_slices_deadline(Algorithm::Myers, &prints(old), &prints(new), deadline) {
            let (before, after) = match op {
                DiffOp::Equal { .. } => continue,
                op => (op.old_range(), op.new_range()),
            };
            let both = before.len().min(after.len());
            for step in 0..before.len().max(after.len()) {
                let (a, b) = (before.start + step, after.start + step);
                let index = if step < after.len() { b } else { a };
                self.within(Segment::Index(index), |found| match (step < both, step < after.len()) {
                    (true, _) => found.compare(&old[a], &new[b]),
                    (false, true) => found.come(&new[b]),
                    (false, false) => found.gone(&old[a]),
                });
            }
        }
    }

    /// Finds what only moved, takes apart what did not, and puts all into order.
    fn finish(self) -> Vec<Change<'d>> {
        let mut lost = Lost::new(&self.gone, self.by_value);
        let mut all = self.changes;
        for whole in &self.come {
            let mut place = whole.place.clone();
            arrived(whole.node, &mut place, &mut lost, &mut |change| all.push((whole.number, change)));
        }
        for whole in &self.gone {
            let mut place = whole.place.clone();
            lost.left(whole.node, &mut place, &mut |change| all.push((whole.number, change)));
        }
        all.sort_by_key(|(number, _)| *number);
        all.into_iter().map(|(_, change)| change).collect()
    }
}

/// Emits what came with `node`: as moved where the same was lost, else value by value.
fn arrived<'d>(node: &'d Node, place: &mut Place, lost: &mut Lost<'d>, emit: &mut impl FnMut(Change<'d>)) {
    if let Some((from, old)) = lost.take(node, place) {
        let (from, new) = (Some(from), Some(node));
        return emit(Change { what: What::Moved, place: place.clone(), from, old: Some(old), new });
    }
    if !each_child(node, place, &mut |node, place| arrived(node, place, lost, emit)) {
        let (what, place) = (What::Added, place.clone());
        emit(Change { what, place, from: None, old: None, new: Some(node) });
    }
}

/// Visits what is in a map or list, with its place. Says whether there is anything.
fn each_child<'d>(node: &'d Node, place: &mut Place, visit: &mut impl FnMut(&'d Node, &mut Place)) -> bool {
    let mut visit = |segment: Segment, node: &'d Node| {
        place.path.0.push(segment);
        visit(node, place);
        place.path.0.pop();
    };
    match node {
        Node::Map(entries) => {
            entries.iter().for_each(|(key, node)| visit(Segment::Key(key.clone()), node));
            !entries.is_empty()
        }
        Node::List(elements) => {
            elements.iter().enumerate().for_each(|(index, node)| visit(Segment::Index(index), node));
            !elements.is_empty()
        }
        Node::Leaf(_) => false,
    }
}

/// What went, by what identifies it.
struct Lost<'d> {
    by_value: bool,
    places: HashMap<Fingerprint, Vec<(Place, &'d Node)>>,
    /// The nodes that were found again, by their address.
    taken: HashSet<*const Node>,
}

impl<'d> Lost<'d> {
    fn new(gone: &[Whole<'d>], by_value: bool) -> Self {
        let mut lost = Self { by_value, places: HashMap::new(), taken: HashSet::new() };
        gone.iter().for_each(|whole| lost.know(whole.node, &mut whole.place.clone()));
        lost
    }

    fn know(&mut self, node: &'d Node, place: &mut Place) {
        let print = node.fingerprint(self.by_value);
        self.places.entry(print).or_default().push((place.clone(), node));
        each_child(node, place, &mut |node, place| self.know(node, place));
    }

    /// The place where the same as `node` was, if there is just one and it tells.
    fn take(&mut self, node: &Node, place: &Place) -> Option<(Place, &'d Node)> {
        if self.places.is_empty() {
            return None;
        }
        let [(from, old)] = self.places.get(&node.fingerprint(self.by_value))?.as_slice() else {
            return None;
        };
        let same_name = from.path.0.last() == place.path.0.last();
        let tells = match node {
            Node::Map(entries) => !entries.is_empty(),
            Node::List(elements) => !elements.is_empty(),
            Node::Leaf(leaf) => {
                same_name || leaf.token.is_some() && leaf.plain.as_ref().is_none_or(|p| p.len() >= TELLING)
            }
        };
        let (from, old) = (from.clone(), *old);
        if !tells || self.taken.contains(&std::ptr::from_ref(old)) {
            return None;
        }
        self.mark(old);
        Some((from, old))
    }

    fn mark(&mut self, node: &Node) {
        self.taken.insert(std::ptr::from_ref(node));
        match node {
            Node::Map(entries) => entries.iter().for_each(|(_, node)| self.mark(node)),
            Node::List(elements) => elements.iter().for_each(|node| self.mark(node)),
            Node::Leaf(_) => {}
        }
    }

    /// Emits what of `node` did not move.
    fn left(&self, node: &'d Node, place: &mut Place, emit: &mut impl FnMut(Change<'d>)) {
        if self.taken.contains(&std::ptr::from_ref(node)) {
            return;
        }
        if !each_child(node, place, &mut |node, place| self.left(node, place, emit)) {
            let (what, place) = (What::Removed, place.clone());
            emit(Change { what, place, from: None, old: Some(node), new: None });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{What, between};
    use crate::doc::yaml::Yaml;
    use crate::doc::{Format as _, Limits};
    use crate::review::Node;

    /// The changes between two texts in clear, a line each.
    fn shown(old: &str, new: &str) -> String {
        let read =
            |text: &str| Node::documents(&Yaml.parse(text.as_bytes(), &Limits::default()).unwrap(), None);
        let (old, new) = (read(old), read(new));
        let lines = between(&old, &new, true).into_iter().map(|change| {
            let from = change.from.as_ref().map(|from| format!("{from} -> ")).unwrap_or_default();
            let mark = match change.what {
                What::Added => '+',
                What::Removed => '-',
                What::Changed => '~',
                What::Moved => '>',
            };
            format!("{mark}{from}{}", change.place)
        });
        lines.collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn changes_are_told_by_their_path() {
        for (old, new, wanted) in [
            ("a: 1\n", "a: 1\n", ""),
            ("a: 1\n", "a: 2\n", "~a"),
            ("a: 1\n", "a: '1'\n", "~a"),
            ("a: 1\nb: 2\n", "b: 2\nc: 3\n", "+c -a"),
            ("a: {x: 1, y: 2}\n", "a: 1\n", "-a.x -a.y +a"),
            ("a: {}\n", "a: {}\nb: []\n", "+b"),
            ("a: 1\n---\nb: 1\n", "a: 1\n---\nb: 2\n", "~document 2: b"),
            ("a: 1\n", "a: 1\n---\nb: 2\n", "+document 2: b"),
        ] {
            assert_eq!(shown(old, new), wanted, "{old:?} {new:?}");
        }
    }

    #[test]
    fn lists_are_aligned() {
        for (old, new, wanted) in [
            ("l: [a, b, c]\n", "l: [z, a, b, c]\n", "+l[0]"),
            ("l: [a, b, c]\n", "l: [a, c]\n", "-l[1]"),
            ("l: [a, b, c]\n", "l: [a, x, c]\n", "~l[1]"),
            ("l: [{n: 1, v: a}, {n: 2, v: b}]\n", "l: [{n: 1, v: a}, {n: 2, v: c}]\n", "~l[1].v"),
        ] {
            assert_eq!(shown(old, new), wanted, "{old:?} {new:?}");
        }
    }

    #[test]
    fn what_moved_is_told_once() {
        for (old, new, wanted) in [
            ("api: {k: 1, l: 2}\n", "service: {k: 1, l: 2}\n", ">api -> service"),
            ("api: {k: 1, l: 2}\n", "api: {l: 2}\nnew: {k: 1}\n", ">api.k -> new.k"),
            ("api: {k: 1}\n", "api: {q: 1}\n", "+api.q -api.k"),
            ("a: {k: 1}\nb: {k: 1}\n", "c: {k: 1}\n", "+c.k -a.k -b.k"),
        ] {
            assert_eq!(shown(old, new), wanted, "{old:?} {new:?}");
        }
    }
}
