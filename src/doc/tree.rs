//! The tree of a document: nodes in document order, each with its place in the text.
//!
//! Nodes stand in one vector in pre-order; a node's descendants are the nodes from its own index + 1 up
//! to [`Node::end`]. Comments stand in a vector of their own, each with the node it comes before, in the
//! order in which SOPS sees them (format description, section 5.1.4).

use super::error::{Error, ErrorKind};
use super::limits::Limits;
use super::value::{Text, Value};

/// Index of a node in [`Tree::nodes`].
pub type NodeId = u32;

/// A range of bytes of the source.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Span {
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

impl Span {
    /// The span from `start` to `end`. Sources are below 4 GiB ([`Limits::max_bytes`]).
    #[must_use]
    pub fn new(start: usize, end: usize) -> Self {
        Self { start: start as u32, end: end as u32 }
    }

    /// The span as a range of indices.
    #[must_use]
    pub fn range(self) -> std::ops::Range<usize> {
        self.start as usize..self.end as usize
    }

    /// Whether no byte is inside.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.start == self.end
    }
}

/// What a node is called in its parent.
#[derive(Debug, Clone, PartialEq)]
pub enum Name<'s> {
    /// The root of a document.
    Root,
    /// The value of a key of a map.
    Key(Text<'s>),
    /// An element of a list, by its position from 0.
    Index(u32),
}

/// What a node is.
#[derive(Debug, Clone, PartialEq)]
pub enum Kind<'s> {
    /// An ordered map.
    Map,
    /// A list.
    List,
    /// A scalar.
    Leaf(Value<'s>),
}

/// How a leaf is spelled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Style {
    /// Without quotes; ENV values; numbers, booleans and null of JSON.
    #[default]
    Plain,
    /// In single quotes.
    Single,
    /// In double quotes; strings of JSON.
    Double,
    /// YAML's literal block, `|`.
    Literal,
    /// YAML's folded block, `>`.
    Folded,
    /// INI's back quotes.
    Back,
    /// Three double quotes of INI and TOML.
    Triple,
    /// TOML's three single quotes.
    TripleSingle,
}

/// Marks of a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Flags(u8);

impl Flags {
    /// Inside (or itself) a flow collection of YAML.
    pub const FLOW: Flags = Flags(1);
    /// Spelled as an alias; the node and its descendants are a copy of the anchored node. The span of
    /// the node is that of `*name`.
    pub const ALIAS: Flags = Flags(2);
    /// Below a node with [`Flags::ALIAS`]: has no text of its own.
    pub const COPY: Flags = Flags(4);
    /// The SOPS metadata: the top-level key `sops`, or a line whose key begins with `sops_`.
    pub const METADATA: Flags = Flags(8);

    /// Whether all marks of `other` are set.
    #[must_use]
    pub fn has(self, other: Flags) -> bool {
        self.0 & other.0 == other.0
    }

    /// Both sets of marks.
    #[must_use]
    pub fn with(self, other: Flags) -> Flags {
        Flags(self.0 | other.0)
    }
}

/// A node of the tree.
#[derive(Debug, Clone, PartialEq)]
pub struct Node<'s> {
    /// The containing map or list; a root is its own parent.
    pub parent: NodeId,
    /// One past the last descendant.
    pub end: NodeId,
    /// Its name in the parent.
    pub name: Name<'s>,
    /// Map, list or scalar with its value.
    pub kind: Kind<'s>,
    /// Where the value stands. For a YAML block scalar: its content lines, without the header and
    /// without trailing line ends. For a map or list: where it begins and ends, as well as known.
    pub span: Span,
    /// Where the node begins with its properties (YAML tag, anchor) or block header; else `span.start`.
    pub outer: u32,
    /// Where the entry begins: the key of a YAML map (or its `?`), the dash of a YAML list; else `outer`.
    pub entry: u32,
    /// Spelling of a leaf.
    pub style: Style,
    /// Marks.
    pub flags: Flags,
}

/// A comment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comment {
    /// The text after the marker, to the end of the line.
    pub span: Span,
    /// The containing map or list.
    pub parent: NodeId,
    /// The node before which it stands in tree order; [`Node::end`] of the parent if it is last.
    pub before: NodeId,
}

/// A parsed document, or several in one YAML stream.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Tree<'s> {
    /// The source text.
    pub source: &'s [u8],
    /// All nodes, in document order.
    pub nodes: Vec<Node<'s>>,
    /// The roots, one per document.
    pub documents: Vec<NodeId>,
    /// All comments, in tree order ([`Comment::before`] ascending).
    pub comments: Vec<Comment>,
    /// Alias nodes and the anchored nodes they copy: node `alias + k` is a copy of node `target + k`.
    pub aliases: Vec<(NodeId, NodeId)>,
    /// YAML tags that are not of the core schema, by node; the empty tag of a TOML date without offset.
    pub tags: Vec<(NodeId, Span)>,
    /// What changes the meaning of YAML keys, by the node of their value: their tag, or `<<` where it is
    /// spelled so that it does not merge.
    pub key_marks: Vec<(NodeId, Span)>,
    /// YAML values with the tag `!!binary`.
    pub binary: Vec<NodeId>,
    /// YAML directives (lines that begin with `%`), by the root of their document.
    pub directives: Vec<(NodeId, Span)>,
    /// ENV dialects: the bytes of whole entries, by node, with comments behind the value and with the lines
    /// around it that SOPS could not read.
    pub entries: Vec<(NodeId, Span)>,
    /// Things a reader may want to know, with their byte offset: constructs that SOPS reads otherwise.
    pub notes: Vec<(usize, String)>,
}

/// A step of [`Tree::walk`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// A map or list begins (roots included).
    Enter(NodeId),
    /// A map or list ends.
    Leave(NodeId),
    /// A scalar.
    Leaf(NodeId),
    /// A comment, by its index.
    Comment(usize),
}

impl<'s> Tree<'s> {
    /// The node `id`.
    #[must_use]
    pub fn node(&self, id: NodeId) -> &Node<'s> {
        &self.nodes[id as usize]
    }

    /// The text of `span`.
    #[must_use]
    pub fn text(&self, span: Span) -> &'s [u8] {
        &self.source[span.range()]
    }

    /// How leaf `id` is spelled, with its tag and anchor; in an ENV dialect the whole entry.
    #[must_use]
    pub fn spelling(&self, id: NodeId) -> &'s [u8] {
        if let Ok(at) = self.entries.binary_search_by_key(&id, |(node, _)| *node) {
            return self.text(self.entries[at].1);
        }
        let node = self.node(id);
        self.source.get(node.outer as usize..node.span.end as usize).unwrap_or_default()
    }

    /// The children of `id`, in order.
    pub fn children(&self, id: NodeId) -> impl Iterator<Item = NodeId> + '_ {
        let end = self.node(id).end;
        let mut next = id + 1;
        std::iter::from_fn(move || {
            if next >= end {
                return None;
            }
            let child = next;
            next = self.node(child).end;
            Some(child)
        })
    }

    /// The first child of the map `id` that is called `key`.
    #[must_use]
    pub fn child(&self, id: NodeId, key: &[u8]) -> Option<NodeId> {
        self.children(id).find(|child| matches!(&self.node(*child).name, Name::Key(name) if **name == *key))
    }

    /// The number of the document whose root is `root`, from 0.
    #[must_use]
    pub fn document_number(&self, root: NodeId) -> usize {
        self.documents.binary_search(&root).unwrap_or(0)
    }

    /// The metadata nodes, over all documents.
    pub fn metadata(&self) -> impl Iterator<Item = NodeId> + '_ {
        self.documents
            .iter()
            .flat_map(|root| self.children(*root))
            .filter(|id| self.node(*id).flags.has(Flags::METADATA))
    }

    /// Visits everything but the metadata in tree order.
    ///
    /// # Errors
    /// Passes on the first error of `visit`.
    pub fn walk<E>(&self, mut visit: impl FnMut(Step) -> Result<(), E>) -> Result<(), E> {
        let mut open: Vec<NodeId> = Vec::new();
        let mut comments = self.comments.iter().enumerate().peekable();
        let mut id: NodeId = 0;
        loop {
            // Comments at a position belong before the containers that end there are left, if they are
            // inside of them; the builder keeps the deeper ones first.
            while let Some((index, comment)) = comments.peek() {
                if comment.before > id {
                    break;
                }
                while open.last().is_some_and(|top| *top != comment.parent && self.node(*top).end <= id) {
                    visit(Step::Leave(open.pop().unwrap_or_default()))?;
                }
                visit(Step::Comment(*index))?;
                comments.next();
            }
            while open.last().is_some_and(|top| self.node(*top).end <= id) {
                visit(Step::Leave(open.pop().unwrap_or_default()))?;
            }
            let Some(node) = self.nodes.get(id as usize) else { return Ok(()) };
            if node.flags.has(Flags::METADATA) {
                while comments.peek().is_some_and(|(_, c)| c.parent >= id && c.parent < node.end) {
                    comments.next();
                }
                id = node.end;
                continue;
            }
            if let Kind::Leaf(_) = node.kind {
                visit(Step::Leaf(id))?;
            } else {
                visit(Step::Enter(id))?;
                open.push(id);
            }
            id += 1;
        }
    }
}

/// Builds a [`Tree`] in document order.
///
/// Limits are kept here, so that every format keeps them.
pub struct TreeBuilder<'s> {
    tree: Tree<'s>,
    open: Vec<(NodeId, u32)>,
    limits: Limits,
}

impl<'s> TreeBuilder<'s> {
    /// A builder for `source`.
    ///
    /// # Errors
    /// The source is larger than the limit.
    pub fn new(source: &'s [u8], limits: &Limits) -> Result<Self, Error> {
        if source.len() > limits.max_bytes {
            let kind = ErrorKind::Limit { what: "the size in bytes", limit: limits.max_bytes };
            return Err(Error::new(kind, limits.max_bytes));
        }
        Ok(Self { tree: Tree { source, ..Tree::default() }, open: Vec::new(), limits: *limits })
    }

    /// Begins a document; everything up to the matching [`Self::close`] is inside.
    ///
    /// # Errors
    /// Too many nodes.
    pub fn document(&mut self, span: Span) -> Result<NodeId, Error> {
        let id = self.add(Name::Root, Kind::Map, span, Flags::default())?;
        self.tree.documents.push(id);
        self.open.push((id, 0));
        Ok(id)
    }

    /// Begins a map or list; `span.end` may be corrected by [`Self::close`].
    ///
    /// # Errors
    /// Too many nodes, or nested too deeply.
    pub fn open(
        &mut self,
        name: Name<'s>,
        kind: Kind<'s>,
        span: Span,
        flags: Flags,
    ) -> Result<NodeId, Error> {
        if self.open.len() >= self.limits.max_depth {
            let kind = ErrorKind::Limit { what: "the nesting depth", limit: self.limits.max_depth };
            return Err(Error::new(kind, span.start as usize));
        }
        let id = self.add(name, kind, span, flags)?;
        self.open.push((id, 0));
        Ok(id)
    }

    /// Ends the innermost open map, list or document at byte `end`.
    pub fn close(&mut self, end: usize) {
        if let Some((id, _)) = self.open.pop() {
            let next = self.tree.nodes.len() as NodeId;
            let node = &mut self.tree.nodes[id as usize];
            node.end = next;
            node.span.end = end as u32;
        }
    }

    /// Adds a leaf.
    ///
    /// # Errors
    /// Too many nodes.
    pub fn leaf(
        &mut self,
        name: Name<'s>,
        value: Value<'s>,
        span: Span,
        style: Style,
        flags: Flags,
    ) -> Result<NodeId, Error> {
        let id = self.add(name, Kind::Leaf(value), span, flags)?;
        self.tree.nodes[id as usize].style = style;
        Ok(id)
    }

    /// Adds a comment to the innermost open container, before the next node.
    pub fn comment(&mut self, span: Span) {
        let parent = self.parent();
        let before = self.tree.nodes.len() as NodeId;
        self.comment_at(span, parent, before);
    }

    /// Adds a comment of `parent` before node `before`.
    ///
    /// Comments may come a little out of order (YAML's inline comments); [`Self::finish`] sorts them.
    pub fn comment_at(&mut self, span: Span, parent: NodeId, before: NodeId) {
        self.tree.comments.push(Comment { span, parent, before });
    }

    /// The next position of an element in the innermost open list.
    pub fn next_index(&mut self) -> Name<'s> {
        match self.open.last_mut() {
            Some((_, next)) => {
                *next += 1;
                Name::Index(*next - 1)
            }
            None => Name::Root,
        }
    }

    /// The innermost open container.
    #[must_use]
    pub fn parent(&self) -> NodeId {
        self.open.last().map_or(0, |(id, _)| *id)
    }

    /// How many containers are open.
    #[must_use]
    pub fn depth(&self) -> usize {
        self.open.len()
    }

    /// What has been built so far.
    #[must_use]
    pub fn tree(&self) -> &Tree<'s> {
        &self.tree
    }

    /// What has been built so far, to be completed.
    pub fn tree_mut(&mut self) -> &mut Tree<'s> {
        &mut self.tree
    }

    /// The tree.
    #[must_use]
    pub fn finish(mut self) -> Tree<'s> {
        let end = self.tree.source.len();
        while !self.open.is_empty() {
            self.close(end);
        }
        if !self.tree.comments.is_sorted_by_key(|c| c.before) {
            self.tree.comments.sort_by_key(|c| c.before);
        }
        self.tree
    }

    fn add(&mut self, name: Name<'s>, kind: Kind<'s>, span: Span, flags: Flags) -> Result<NodeId, Error> {
        if self.tree.nodes.len() >= self.limits.max_nodes {
            let kind = ErrorKind::Limit { what: "the number of values", limit: self.limits.max_nodes };
            return Err(Error::new(kind, span.start as usize));
        }
        let id = self.tree.nodes.len() as NodeId;
        let parent = self.open.last().map_or(id, |(id, _)| *id);
        self.tree.nodes.push(Node {
            parent,
            end: id + 1,
            name,
            kind,
            span,
            outer: span.start,
            entry: span.start,
            style: Style::Plain,
            flags,
        });
        Ok(id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_walk_visits_comments_where_they_stand() {
        let mut b = TreeBuilder::new(b"", &Limits::default()).unwrap();
        let root = b.document(Span::default()).unwrap();
        b.comment(Span::new(0, 0));
        let key = |name: &'static str| Name::Key(Text::from(name));
        let a = b.open(key("a"), Kind::Map, Span::default(), Flags::default()).unwrap();
        let leaf = b.leaf(key("x"), Value::Null, Span::default(), Style::Plain, Flags::default()).unwrap();
        b.comment(Span::new(1, 1)); // last in a
        b.close(0);
        b.comment(Span::new(2, 2)); // before m
        let m = b.open(key("sops"), Kind::Map, Span::default(), Flags::METADATA).unwrap();
        b.comment(Span::new(3, 3));
        b.close(0);
        b.comment(Span::new(4, 4)); // last in the root
        let tree = b.finish();
        let mut steps = Vec::new();
        tree.walk::<()>(|step| {
            steps.push(step);
            Ok(())
        })
        .unwrap();
        assert_eq!(
            steps,
            [
                Step::Enter(root),
                Step::Comment(0),
                Step::Enter(a),
                Step::Leaf(leaf),
                Step::Comment(1),
                Step::Leave(a),
                Step::Comment(2),
                Step::Comment(4),
                Step::Leave(root),
            ]
        );
        assert_eq!(tree.metadata().collect::<Vec<_>>(), [m]);
    }
}
