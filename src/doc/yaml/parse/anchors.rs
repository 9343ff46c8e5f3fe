//! Anchors, and the copies that aliases stand for.

use super::super::super::error::{Error, ErrorKind};
use super::super::super::tree::{Flags, Kind, Name, Node, NodeId, Span, Style};
use super::super::super::value::{Text, Value};
use super::super::events::Event;
use super::super::quirks;
use super::super::resolve::Tag;
use super::Reader;

/// Text that aliases may stand for altogether, in bytes: a long text behind many aliases must not fill
/// the memory.
const MAX_ALIAS_BYTES: usize = 64 << 20;
const ALIAS_BYTES: &str = "the length of all texts that aliases stand for in bytes";

/// Gives the copies of `nodes`, the first of which is `to`, the marks of these nodes.
fn copy_marks(marks: &mut Vec<(NodeId, Span)>, nodes: std::ops::Range<NodeId>, to: NodeId) {
    let first = marks.partition_point(|(node, _)| *node < nodes.start);
    let count = marks[first..].partition_point(|(node, _)| *node < nodes.end);
    marks.extend_from_within(first..first + count);
    let moved = marks.len() - count;
    marks[moved..].iter_mut().for_each(|(node, _)| *node = *node - nodes.start + to);
}

fn bytes_of(node: &Node<'_>) -> usize {
    let name = if let Name::Key(key) = &node.name { key.len() } else { 0 };
    let value = if let Kind::Leaf(value) = &node.kind { value_bytes(value) } else { 0 };
    name + value
}

fn value_bytes(value: &Value<'_>) -> usize {
    if let Value::Str(text) = value { text.len() } else { 0 }
}

/// What an anchor names.
pub(super) enum Anchor<'s> {
    /// A node.
    Node(NodeId),
    /// A key.
    Key(Text<'s>),
}

impl<'s> Reader<'s> {
    /// Adds a copy of what the anchor `number` names.
    pub(super) fn alias(
        &mut self,
        name: Name<'s>,
        entry: Option<usize>,
        number: usize,
        span: Span,
    ) -> Result<(), Error> {
        self.note(quirks::name(self.source, span));
        self.cursor = span.end as usize;
        let at = span.start as usize;
        let flags = self.flow_flag(false).with(Flags::ALIAS);
        let target = match self.anchors.get(number).and_then(Option::as_ref) {
            Some(Anchor::Node(target)) => *target,
            Some(Anchor::Key(text)) => {
                let value = Value::Str(text.clone());
                self.count_copied(&value, at)?;
                let id = self.builder.leaf(name, value, span, Style::Plain, flags)?;
                self.node_mut(id).entry = entry.unwrap_or(at) as u32;
                self.mark_metadata(id);
                return Ok(());
            }
            None => return Err(Error::syntax("an alias without its anchor", at)),
        };
        if self.frames.iter().any(|frame| frame.id == target) {
            return Err(Error::syntax("an alias stands inside of what it stands for", at));
        }
        let id = self.copy(name, target, span, flags)?;
        self.node_mut(id).entry = entry.unwrap_or(at) as u32;
        self.builder.tree_mut().aliases.push((id, target));
        self.mark_metadata(id);
        Ok(())
    }

    /// Copies the nodes from `target` to its end behind the last node.
    fn copy(&mut self, name: Name<'s>, target: NodeId, span: Span, flags: Flags) -> Result<NodeId, Error> {
        let at = span.start as usize;
        let parent = self.builder.parent();
        let depth = self.builder.depth();
        let (max_alias_nodes, max_depth) = (self.limits.max_alias_nodes, self.limits.max_depth);
        let limit = |what, limit| Error::new(ErrorKind::Limit { what, limit }, at);
        let tree = self.builder.tree_mut();
        let end = tree.node(target).end;
        let count = (end - target) as usize;
        self.alias_nodes += count;
        if self.alias_nodes > max_alias_nodes {
            return Err(limit("the number of values that aliases stand for", max_alias_nodes));
        }
        if tree.nodes.len() + count > self.limits.max_nodes {
            return Err(limit("the number of values", self.limits.max_nodes));
        }
        let id = tree.nodes.len() as NodeId;
        let mut name = Some(name);
        let mut ends: Vec<NodeId> = Vec::new();
        for from in target..end {
            let mut node = tree.node(from).clone();
            self.alias_bytes += bytes_of(&node);
            if self.alias_bytes > MAX_ALIAS_BYTES {
                return Err(limit(ALIAS_BYTES, MAX_ALIAS_BYTES));
            }
            while ends.last().is_some_and(|end| *end <= from) {
                ends.pop();
            }
            if !matches!(node.kind, Kind::Leaf(_)) {
                ends.push(node.end);
                if depth + ends.len() > max_depth {
                    return Err(limit("the nesting depth", max_depth));
                }
            }
            node.parent = if from == target { parent } else { node.parent - target + id };
            node.end = node.end - target + id;
            node.flags = if from == target { flags } else { Flags::COPY };
            node.span = span;
            (node.outer, node.entry) = (span.start, span.start);
            if let Some(name) = name.take() {
                node.name = name;
            }
            tree.nodes.push(node);
        }
        copy_marks(&mut tree.tags, target..end, id);
        copy_marks(&mut tree.key_marks, target + 1..end, id + 1);
        let first = tree.binary.partition_point(|node| *node < target);
        let count = tree.binary[first..].partition_point(|node| *node < end);
        tree.binary.extend_from_within(first..first + count);
        let moved = tree.binary.len() - count;
        tree.binary[moved..].iter_mut().for_each(|node| *node = *node - target + id);
        Ok(id)
    }

    /// The value of a scalar that an alias in a key's place, at byte `at`, stands for.
    pub(super) fn alias_text(&mut self, number: usize, at: usize) -> Result<Option<Value<'s>>, Error> {
        let value = match self.anchors.get(number).and_then(Option::as_ref) {
            Some(Anchor::Key(text)) => Value::Str(text.clone()),
            Some(Anchor::Node(id)) => match &self.builder.tree().node(*id).kind {
                Kind::Leaf(value) => value.clone(),
                _ => return Ok(None),
            },
            None => return Ok(None),
        };
        self.count_copied(&value, at)?;
        Ok(Some(value))
    }

    fn count_copied(&mut self, value: &Value<'_>, at: usize) -> Result<(), Error> {
        self.alias_bytes += value_bytes(value);
        match self.alias_bytes > MAX_ALIAS_BYTES {
            true => Err(Error::new(ErrorKind::Limit { what: ALIAS_BYTES, limit: MAX_ALIAS_BYTES }, at)),
            false => Ok(()),
        }
    }

    /// Moves behind tag and anchor; where the first of them begins.
    pub(super) fn pass_properties(&mut self, event: &Event<'s>) -> Option<usize> {
        let tag = event.tag.map(|(_, span)| span);
        let anchor = event.anchor.map(|(_, span)| span);
        self.note(anchor.and_then(|span| quirks::name(self.source, span)));
        let end = tag.into_iter().chain(anchor).map(|span| span.end as usize).max()?;
        self.cursor = self.cursor.max(end);
        tag.into_iter().chain(anchor).map(|span| span.start as usize).min()
    }

    /// Keeps anchor and tag of node `id`.
    pub(super) fn properties(&mut self, id: NodeId, anchor: Option<(usize, Span)>, tag: Option<(Tag, Span)>) {
        if let Some((number, _)) = anchor {
            self.name(number, Anchor::Node(id));
        }
        match tag {
            Some((Tag::Other, span)) => self.builder.tree_mut().tags.push((id, span)),
            Some((Tag::Binary, _)) => self.builder.tree_mut().binary.push(id),
            _ => {}
        }
    }

    /// Keeps what anchor `number` names.
    pub(super) fn name(&mut self, number: usize, anchor: Anchor<'s>) {
        if self.anchors.len() <= number {
            self.anchors.resize_with(number + 1, || None);
        }
        self.anchors[number] = Some(anchor);
    }
}
