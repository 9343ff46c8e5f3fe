//! Whether a changed document differs from the old one by the change alone.

use super::super::data::Data;
use super::super::format::Format;
use super::super::tree::{Comment, Flags, Kind, Name, NodeId, Span, Tree};
use super::Change;

/// Whether node `id` is `data`.
pub(super) fn holds(format: &dyn Format, data: &Data, tree: &Tree<'_>, id: NodeId) -> bool {
    match (data, &tree.node(id).kind) {
        (Data::Value(wanted), Kind::Leaf(read)) => format.same_value(wanted, read),
        (Data::List(items), Kind::List) => {
            tree.children(id).count() == items.len()
                && tree.children(id).zip(items).all(|(child, item)| holds(format, item, tree, child))
        }
        (Data::Map(items), Kind::Map) => {
            tree.children(id).count() == items.len()
                && tree.children(id).zip(items).all(|(child, (key, item))| {
                    is_called(tree, child, Some(&**key)) && holds(format, item, tree, child)
                })
        }
        _ => false,
    }
}

fn is_called(tree: &Tree<'_>, id: NodeId, wanted: Option<&[u8]>) -> bool {
    match (&tree.node(id).name, wanted) {
        (Name::Key(key), Some(wanted)) => **key == *wanted,
        (Name::Index(_), None) => true,
        _ => false,
    }
}

/// Whether `new` is `old` with `change`, and nothing else.
pub(super) fn only(format: &dyn Format, old: &Tree<'_>, new: &Tree<'_>, change: Change<'_>) -> bool {
    let gone = change.span(old);
    let Some(come) = arrived(format, old, new, change, gone.start) else { return false };
    let map = Map { gone, come };
    nodes(old, new, &map) && marks(old, new, &map) && comments(old, new, &map)
}

/// The new nodes, if they are what the change says. A key may come in another place of its map: those of a
/// TOML table stand before the tables below it.
fn arrived(
    format: &dyn Format,
    old: &Tree<'_>,
    new: &Tree<'_>,
    change: Change<'_>,
    at: NodeId,
) -> Option<std::ops::Range<NodeId>> {
    let (name, data) = match change {
        Change::Remove { .. } => return Some(at..at),
        Change::Put { id, data } => (&old.node(id).name, data),
        Change::Add { key: Some(key), data, .. } => (&Name::Key(key.into()), data),
        Change::Add { key: None, data, .. } => (&Name::Index(0), data),
    };
    let wanted = if let Name::Key(key) = name { Some(&**key) } else { None };
    let parent = match change {
        Change::Add { parent, .. } => parent,
        Change::Put { id, .. } | Change::Remove { id } => old.node(id).parent,
    };
    let is_root = old.documents.contains(&at) && parent == at;
    let at = match wanted {
        Some(key) if !is_root && (parent as usize) < new.nodes.len() => new.child(parent, key)?,
        _ => at,
    };
    let node = new.nodes.get(at as usize)?;
    let named = is_root || (is_called(new, at, wanted) && node.parent == parent);
    (named && holds(format, data, new, at)).then_some(at..node.end)
}

/// Which node of the new tree an old one is.
struct Map {
    /// Nodes of the old tree that are no more.
    gone: std::ops::Range<NodeId>,
    /// Nodes of the new tree that were not there.
    come: std::ops::Range<NodeId>,
}

impl Map {
    fn of(&self, id: NodeId) -> Option<NodeId> {
        let size = |range: &std::ops::Range<NodeId>| range.end - range.start;
        let kept = match id {
            id if id < self.gone.start => id,
            id if id < self.gone.end => return None,
            id => id - size(&self.gone),
        };
        Some(if kept < self.come.start { kept } else { kept + size(&self.come) })
    }
}

fn nodes(old: &Tree<'_>, new: &Tree<'_>, map: &Map) -> bool {
    let kept = old.nodes.len() - map.gone.len();
    let same = |(id, a): (usize, &super::super::tree::Node<'_>)| {
        let Some(twin) = map.of(id as NodeId) else { return true };
        let Some(b) = new.nodes.get(twin as usize) else { return false };
        let named = match (&a.name, &b.name) {
            (Name::Key(a), Name::Key(b)) => a == b,
            (Name::Index(_), Name::Index(_)) | (Name::Root, Name::Root) => true,
            _ => false,
        };
        let alias = |flags: Flags| (flags.has(Flags::ALIAS), flags.has(Flags::COPY));
        named && a.kind == b.kind && alias(a.flags) == alias(b.flags) && map.of(a.parent) == Some(b.parent)
    };
    new.nodes.len() - map.come.len() == kept && old.nodes.iter().enumerate().all(same)
}

/// Documents, aliases, tags and the like belong to the same nodes.
fn marks(old: &Tree<'_>, new: &Tree<'_>, map: &Map) -> bool {
    let roots = |root: &NodeId| map.of(*root).unwrap_or(map.come.start);
    let pairs = |list: &[(NodeId, NodeId)]| {
        list.iter().filter_map(|(a, b)| Some((map.of(*a)?, map.of(*b)?))).collect::<Vec<_>>()
    };
    let new_pairs: Vec<_> =
        new.aliases.iter().filter(|(alias, _)| !map.come.contains(alias)).copied().collect();
    let texts = |list: &[(NodeId, Span)], other: &[(NodeId, Span)]| {
        let was: Vec<_> =
            list.iter().filter_map(|(id, span)| Some((map.of(*id)?, old.text(*span)))).collect();
        let is: Vec<_> = other
            .iter()
            .filter(|(id, _)| !map.come.contains(id))
            .map(|(id, span)| (*id, new.text(*span)))
            .collect();
        was == is
    };
    let binary: Vec<_> = old.binary.iter().filter_map(|id| map.of(*id)).collect();
    let new_binary: Vec<_> = new.binary.iter().filter(|id| !map.come.contains(id)).copied().collect();
    old.documents.iter().map(roots).eq(new.documents.iter().copied())
        && pairs(&old.aliases) == new_pairs
        && texts(&old.tags, &new.tags)
        && texts(&old.key_marks, &new.key_marks)
        && texts(&old.directives, &new.directives)
        && binary == new_binary
}

/// Ways to tell equal comments apart beyond which nothing is believed.
const MOST_WAYS: usize = 64;

/// All comments are there in the same order, but for those that stood with what is gone.
fn comments(old: &Tree<'_>, new: &Tree<'_>, map: &Map) -> bool {
    let ordered = |tree: &Tree<'_>| {
        let mut comments = tree.comments.clone();
        comments.sort_by_key(|comment| comment.span.start);
        comments
    };
    let (was, is) = (ordered(old), ordered(new));
    let gone = |comment: &Comment| {
        let from = old.node(map.gone.start).entry;
        let to = old.nodes.get(map.gone.end as usize).map_or(u32::MAX, |node| node.entry);
        map.gone.contains(&comment.parent)
            || map.gone.contains(&comment.before)
            || (from..to).contains(&comment.span.start)
    };
    let may_go = |comment: &Comment| !map.gone.is_empty() && gone(comment);
    // How many of the new comments the old ones up to here may be.
    let mut matched = vec![0];
    for comment in &was {
        let text = old.text(comment.span);
        let mut next: Vec<usize> = Vec::with_capacity(matched.len() + 1);
        for count in matched {
            if may_go(comment) && next.last() != Some(&count) {
                next.push(count);
            }
            if is.get(count).is_some_and(|new_comment| new.text(new_comment.span) == text) {
                next.push(count + 1);
            }
        }
        if next.len() > MOST_WAYS {
            return false;
        }
        matched = next;
    }
    matched.contains(&is.len())
}
