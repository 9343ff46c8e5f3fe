//! Anchors, and the copies that aliases stand for.

use super::super::super::error::{Error, ErrorKind};
use super::super::super::tree::{Flags, Kind, Name, NodeId, Span, Style};
use super::super::super::value::{Text, Value};
use super::super::events::Event;
use super::super::quirks;
use super::super::resolve::Tag;
use super::Reader;

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
        Ok(id)
    }

    /// The value of a scalar that an alias in a key's place stands for.
    pub(super) fn alias_text(&self, number: usize) -> Option<Value<'s>> {
        match self.anchors.get(number)?.as_ref()? {
            Anchor::Key(text) => Some(Value::Str(text.clone())),
            Anchor::Node(id) => match &self.builder.tree().node(*id).kind {
                Kind::Leaf(value) => Some(value.clone()),
                _ => None,
            },
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
        if let Some((Tag::Other, span)) = tag {
            self.builder.tree_mut().tags.push((id, span));
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
