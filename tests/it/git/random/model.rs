//! Plain data, edits of it, and a three-way merge that shares nothing with the one of the program.

use crate::generate::Random;
use serde_json::{Value, json};

/// Plain data.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Node {
    Map(Vec<(String, Node)>),
    List(Vec<Node>),
    Text(String),
    Number(i64),
}

impl Node {
    pub(super) fn to_json(&self) -> Value {
        match self {
            Node::Map(entries) => {
                Value::Object(entries.iter().map(|(key, node)| (key.clone(), node.to_json())).collect())
            }
            Node::List(items) => Value::Array(items.iter().map(Node::to_json).collect()),
            Node::Text(text) => json!(text),
            Node::Number(number) => json!(number),
        }
    }

    fn get(&self, key: &str) -> Option<&Node> {
        match self {
            Node::Map(entries) => entries.iter().find(|(name, _)| name == key).map(|(_, node)| node),
            _ => None,
        }
    }

    /// The same data; the order of keys does not matter.
    fn equals(&self, other: &Node) -> bool {
        self.to_json() == other.to_json()
    }
}

/// Values and names that were never used before.
pub(super) struct Fresh {
    index: u64,
    count: u64,
}

impl Fresh {
    pub(super) fn new(index: u64) -> Self {
        Self { index, count: 0 }
    }

    fn next(&mut self) -> String {
        self.count += 1;
        format!("{}-secret-{}", self.index, self.count)
    }
}

/// What a format can hold.
#[derive(Clone, Copy)]
pub(super) struct Shape {
    /// Maps below the top.
    depth: usize,
    /// Whether every value stands in a section.
    sections: bool,
    lists: bool,
    numbers: bool,
    /// Whether a map may become a value.
    changes_kind: bool,
}

impl Shape {
    pub(super) fn of(format: &str) -> Self {
        let deep = Self { depth: 2, sections: false, lists: true, numbers: true, changes_kind: true };
        match format {
            "env" => Self { depth: 0, lists: false, numbers: false, changes_kind: false, ..deep },
            "ini" => Self { depth: 1, sections: true, lists: false, numbers: false, changes_kind: false },
            "toml" => Self { changes_kind: false, ..deep },
            _ => deep,
        }
    }

    /// A tree with some entries.
    pub(super) fn tree(self, random: &mut Random, fresh: &mut Fresh) -> Node {
        self.map(self.depth, random, fresh)
    }

    fn map(self, depth: usize, random: &mut Random, fresh: &mut Fresh) -> Node {
        let count = 2 + random.below(4);
        let entries = (0..count).map(|number| {
            let key = format!("k{number}");
            (key, self.value(depth, random, fresh))
        });
        Node::Map(entries.collect())
    }

    fn value(self, depth: usize, random: &mut Random, fresh: &mut Fresh) -> Node {
        if depth > 0 && (random.chance(35) || (self.sections && depth == self.depth)) {
            return self.map(depth - 1, random, fresh);
        }
        if self.lists && random.chance(25) {
            return Node::List((0..1 + random.below(5)).map(|_| self.element(random, fresh)).collect());
        }
        self.leaf(random, fresh)
    }

    fn leaf(self, random: &mut Random, fresh: &mut Fresh) -> Node {
        if self.numbers && random.chance(15) {
            // As rare as the other values, so that none comes twice.
            fresh.count += 1;
            return Node::Number((fresh.index * 1000 + fresh.count) as i64);
        }
        Node::Text(fresh.next())
    }

    fn element(self, random: &mut Random, fresh: &mut Fresh) -> Node {
        if random.chance(30) {
            let entries = ["name", "pw", "tag"].iter();
            return Node::Map(entries.map(|key| ((*key).to_owned(), Node::Text(fresh.next()))).collect());
        }
        Node::Text(fresh.next())
    }

    /// The tree after some edits; at least one entry stays everywhere.
    pub(super) fn edited(self, tree: &Node, random: &mut Random, fresh: &mut Fresh) -> Node {
        let mut tree = tree.clone();
        for _ in 0..random.below(4) {
            self.edit(&mut tree, self.depth, random, fresh);
        }
        tree
    }

    fn edit(self, node: &mut Node, depth: usize, random: &mut Random, fresh: &mut Fresh) {
        match node {
            Node::Map(entries) => {
                let choice = random.below(10);
                let at = random.below(entries.len());
                let is_section = self.sections && depth == self.depth;
                match choice {
                    0 if entries.len() > 1 => drop(entries.remove(at)),
                    1 | 2 => {
                        // Both sides may come upon the same name.
                        let key = format!("n{}", random.below(6));
                        if entries.iter().all(|(name, _)| *name != key) {
                            let value = self.value(depth, random, fresh);
                            entries.insert(random.below(entries.len() + 1), (key, value));
                        }
                    }
                    3 if self.changes_kind => entries[at].1 = self.value(depth, random, fresh),
                    4 => {
                        let entry = entries.remove(at);
                        entries.insert(random.below(entries.len() + 1), entry);
                    }
                    _ => match &mut entries[at].1 {
                        Node::Text(_) | Node::Number(_) if !is_section => {
                            entries[at].1 = self.leaf(random, fresh);
                        }
                        below => self.edit(below, depth.saturating_sub(1), random, fresh),
                    },
                }
            }
            Node::List(items) => {
                let at = random.below(items.len() + 1);
                match random.below(4) {
                    0 if items.len() > 1 && at < items.len() => drop(items.remove(at)),
                    1 if at < items.len() => items[at] = self.element(random, fresh),
                    2 if at < items.len() => {
                        if let Node::Map(entries) = &mut items[at] {
                            let field = random.below(entries.len());
                            entries[field].1 = Node::Text(fresh.next());
                        }
                    }
                    _ => {
                        let element = self.element(random, fresh);
                        items.insert(at, element);
                    }
                }
            }
            Node::Text(_) | Node::Number(_) => {}
        }
    }
}

/// What a merge should come to, with ours where the sides contradict.
pub(super) struct Wanted {
    pub(super) tree: Option<Node>,
    pub(super) conflicts: usize,
}

impl Wanted {
    fn clean(tree: Option<&Node>) -> Self {
        Self { tree: tree.cloned(), conflicts: 0 }
    }
}

fn same(a: Option<&Node>, b: Option<&Node>) -> bool {
    match (a, b) {
        (Some(a), Some(b)) => a.equals(b),
        (None, None) => true,
        _ => false,
    }
}

/// Merges what both sides made of `base`.
pub(super) fn merge(base: Option<&Node>, ours: Option<&Node>, theirs: Option<&Node>) -> Wanted {
    if let (Some(Node::Map(a)), Some(Node::Map(b))) = (ours, theirs) {
        let mut keys: Vec<&String> = a.iter().chain(b).map(|(key, _)| key).collect();
        keys.sort();
        keys.dedup();
        let (mut entries, mut conflicts) = (Vec::new(), 0);
        for key in keys {
            let of = |node: Option<&'_ Node>| node.and_then(|node| node.get(key)).cloned();
            let (base, ours, theirs) = (of(base), of(ours), of(theirs));
            let merged = merge(base.as_ref(), ours.as_ref(), theirs.as_ref());
            conflicts += merged.conflicts;
            entries.extend(merged.tree.map(|tree| (key.clone(), tree)));
        }
        return Wanted { tree: Some(Node::Map(entries)), conflicts };
    }
    if same(ours, theirs) || same(base, theirs) {
        return Wanted::clean(ours);
    }
    if same(base, ours) {
        return Wanted::clean(theirs);
    }
    if let (Some(Node::List(b)), Some(Node::List(o)), Some(Node::List(t))) = (base, ours, theirs)
        && let Some(merged) = merge_lists(b, o, t)
    {
        return merged;
    }
    Wanted { tree: ours.cloned(), conflicts: 1 }
}

/// A place in a list: elements `from..to` of the base have become `new`.
#[derive(Clone)]
struct Change {
    from: usize,
    to: usize,
    new: Vec<Node>,
}

/// The changes of a list whose elements are all different, in order.
fn changes(base: &[Node], side: &[Node]) -> Vec<Change> {
    let mut found: Vec<Change> = Vec::new();
    let (mut at, mut change) = (0, Change { from: 0, to: 0, new: Vec::new() });
    for item in side {
        match base[at..].iter().position(|other| other.equals(item)) {
            Some(offset) => {
                change.to = at + offset;
                if change.to > change.from || !change.new.is_empty() {
                    found.push(change);
                }
                at += offset + 1;
                change = Change { from: at, to: at, new: Vec::new() };
            }
            None => change.new.push(item.clone()),
        }
    }
    change.to = base.len();
    if change.to > change.from || !change.new.is_empty() {
        found.push(change);
    }
    found
}

/// Whether two changes are about the same place.
fn clash(a: &Change, b: &Change) -> bool {
    match (a.from == a.to, b.from == b.to) {
        (true, true) => a.from == b.from,
        (true, false) => b.from < a.from && a.from < b.to,
        (false, true) => a.from < b.from && b.from < a.to,
        (false, false) => a.from < b.to && b.from < a.to,
    }
}

fn merge_lists(base: &[Node], ours: &[Node], theirs: &[Node]) -> Option<Wanted> {
    let (mut a, mut b) = (changes(base, ours), changes(base, theirs));
    let (mut items, mut conflicts, mut at) = (Vec::new(), 0, 0);
    loop {
        let start =
            a.first().into_iter().chain(b.first()).map(|change| (change.from, change.to > change.from)).min();
        let Some((start, _)) = start else { break };
        items.extend(base[at..start.max(at)].iter().cloned());
        // New elements come before changes of the element that stands there; ours before theirs.
        let first = |list: &[Change]| list.first().map(|change| (change.from, change.to > change.from));
        let ours_first = first(&b).is_none_or(|theirs| first(&a).is_some_and(|ours| ours <= theirs));
        let (mut mine, mut yours) = (Vec::new(), Vec::new());
        if ours_first {
            mine.push(a.remove(0))
        } else {
            yours.push(b.remove(0))
        }
        loop {
            if let Some(next) = b.first()
                && mine.iter().any(|change| clash(change, next))
            {
                yours.push(b.remove(0));
            } else if let Some(next) = a.first()
                && yours.iter().any(|change| clash(change, next))
            {
                mine.push(a.remove(0));
            } else {
                break;
            }
        }
        let all = || mine.iter().chain(&yours);
        let (from, to) = (all().map(|c| c.from).min()?, all().map(|c| c.to).max()?);
        let (mine, yours) = (applied(base, from, to, &mine), applied(base, from, to, &yours));
        let changed = |list: &[Node]| !equal(list, &base[from..to]);
        if !changed(&yours) || equal(&mine, &yours) {
            items.extend(mine);
        } else if !changed(&mine) {
            items.extend(yours);
        } else if mine.len() == to - from && yours.len() == to - from {
            for ((base, ours), theirs) in base[from..to].iter().zip(&mine).zip(&yours) {
                let merged = merge(Some(base), Some(ours), Some(theirs));
                conflicts += merged.conflicts;
                items.extend(merged.tree);
            }
        } else {
            return None;
        }
        at = to;
    }
    items.extend(base[at..].iter().cloned());
    Some(Wanted { tree: Some(Node::List(items)), conflicts })
}

fn equal(a: &[Node], b: &[Node]) -> bool {
    a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.equals(b))
}

/// The elements `from..to` after changes that lie there.
fn applied(base: &[Node], from: usize, to: usize, changes: &[Change]) -> Vec<Node> {
    let (mut items, mut at) = (Vec::new(), from);
    for change in changes {
        items.extend(base[at..change.from].iter().cloned());
        items.extend(change.new.iter().cloned());
        at = change.to;
    }
    items.extend(base[at..to].iter().cloned());
    items
}
