//! Comments to nodes, as the YAML library of SOPS attaches them while it parses.
//!
//! The parser takes the comments that wait at a token with the next event that can hold some. What a node
//! ends up with is then moved where the library's tree builder moves it: feet of values to their keys, feet
//! before a dedented key to the key before.

use super::super::super::tree::{NodeId, Tree};
use super::tokens::{Kind, Line, Remark, Role, Token};
use std::collections::HashMap;

/// The comments of a node.
#[derive(Debug, Default)]
pub(super) struct Notes {
    pub(super) head: Vec<Line>,
    pub(super) line: Vec<Line>,
    pub(super) foot: Vec<Line>,
}

impl Notes {
    fn is_empty(&self) -> bool {
        self.head.is_empty() && self.line.is_empty() && self.foot.is_empty()
    }
}

/// The comments of all nodes, by the node that a key names, and by the node.
#[derive(Debug, Default)]
pub(super) struct Attached {
    pub(super) documents: Vec<Notes>,
    pub(super) keys: HashMap<NodeId, Notes>,
    pub(super) values: HashMap<NodeId, Notes>,
    /// By map: the comments of an entry behind the last that the tree knows, the metadata.
    pub(super) ends: HashMap<NodeId, Notes>,
}

/// The text is not what this reader expects; SOPS cannot read it either.
#[derive(Debug)]
pub(super) struct Unexpected;

/// Attaches `remarks` to the nodes of `tree`; `tokens` may hold a map entry more at the end of a document.
pub(super) fn attach(
    tree: &Tree<'_>,
    tokens: &[Token],
    remarks: Vec<Remark>,
) -> Result<Attached, Unexpected> {
    let mut remarks = remarks.into_iter().peekable();
    let mut reader = Reader {
        tree,
        tokens,
        next: 0,
        due: due(&mut remarks),
        remarks,
        waiting: Notes::default(),
        stem: None,
        found: Attached::default(),
    };
    reader.stream()?;
    Ok(reader.found)
}

type Remarks = std::iter::Peekable<std::vec::IntoIter<Remark>>;

/// Where the token begins that takes the next remark, or one behind it.
fn due(remarks: &mut Remarks) -> i64 {
    remarks.peek().map_or(i64::MAX, |remark| remark.token)
}

struct Reader<'t, 's> {
    tree: &'t Tree<'s>,
    tokens: &'t [Token],
    next: usize,
    /// Of `remarks`.
    due: i64,
    remarks: Remarks,
    waiting: Notes,
    stem: Option<Vec<Line>>,
    found: Attached,
}

impl Reader<'_, '_> {
    fn stream(&mut self) -> Result<(), Unexpected> {
        self.expect(Kind::StreamStart)?;
        let mut first = true;
        for root in self.tree.documents.clone() {
            let mut notes = Notes::default();
            while !first && self.peek()? == Kind::DocumentEnd {
                self.skip();
            }
            let implicit = !matches!(self.peek()?, Kind::Directive | Kind::DocumentStart | Kind::StreamEnd);
            if implicit {
                if !first {
                    return Err(Unexpected);
                }
                notes.head = self.document_head();
            } else {
                while self.peek()? == Kind::Directive {
                    self.skip();
                }
                self.expect(Kind::DocumentStart)?;
            }
            first = false;
            let ends = |kind| {
                matches!(kind, Kind::Directive | Kind::DocumentStart | Kind::DocumentEnd | Kind::StreamEnd)
            };
            if !ends(self.peek()?) {
                let root_notes = self.node(Some(root), false)?;
                self.keep(root, root_notes);
            }
            if self.peek()? == Kind::DocumentEnd {
                self.skip();
            }
            let end = self.take();
            notes.foot = if end.foot.is_empty() { end.head } else { end.foot };
            self.found.documents.push(notes);
        }
        Ok(())
    }

    /// The part of the waiting head that is the document's: up to the last blank line.
    fn document_head(&mut self) -> Vec<Line> {
        let head = &mut self.waiting.head;
        let Some(last) = head.iter().rposition(|line| line.gap) else { return Vec::new() };
        let rest = head.split_off(last + 1);
        std::mem::replace(head, rest)
    }

    /// Reads a node; its comments.
    fn node(&mut self, id: Option<NodeId>, indentless: bool) -> Result<Notes, Unexpected> {
        let mut bare = true;
        if self.peek()? == Kind::Alias {
            let notes = self.take();
            self.skip();
            return Ok(notes);
        }
        while self.peek()? == Kind::Property {
            self.skip();
            bare = false;
        }
        match self.peek()? {
            Kind::Dash if indentless => self.list(id, true, Vec::new()),
            Kind::Scalar => {
                let notes = self.take();
                self.skip();
                Ok(notes)
            }
            Kind::FlowListStart => self.flow_list(id),
            Kind::FlowMapStart => self.flow_map(id),
            Kind::BlockListStart => {
                let head = self.stem.take().unwrap_or_default();
                self.list(id, false, head)
            }
            Kind::BlockMapStart => {
                let head = self.stem.take().unwrap_or_default();
                self.map(id, head)
            }
            _ if !bare => Ok(Notes::default()),
            _ => Err(Unexpected),
        }
    }

    /// A block list; without a token for its begin and end if `indentless`.
    fn list(&mut self, id: Option<NodeId>, indentless: bool, head: Vec<Line>) -> Result<Notes, Unexpected> {
        if !indentless {
            self.peek()?;
            self.skip();
        }
        let mut children = Children::of(self.tree, id);
        while self.peek()? == Kind::Dash {
            let stem = self.waiting.head.len();
            self.skip();
            self.split_stem(stem)?;
            let child = children.next(self.tree);
            let empty = match self.peek()? {
                Kind::Dash | Kind::BlockEnd => true,
                Kind::Key | Kind::Value => indentless,
                _ => false,
            };
            if !empty {
                let notes = self.node(child, false)?;
                self.keep_some(child, notes);
            }
        }
        if !indentless {
            self.expect(Kind::BlockEnd)?;
        }
        Ok(Notes { head, ..Notes::default() })
    }

    /// What stood above the dash of a nested collection belongs to the collection, not to its first entry.
    fn split_stem(&mut self, count: usize) -> Result<(), Unexpected> {
        if count > 0 && matches!(self.peek()?, Kind::BlockListStart | Kind::BlockMapStart) {
            let rest = self.waiting.head.split_off(count);
            self.stem = Some(std::mem::replace(&mut self.waiting.head, rest));
        }
        Ok(())
    }

    fn map(&mut self, id: Option<NodeId>, head: Vec<Line>) -> Result<Notes, Unexpected> {
        self.peek()?;
        self.skip();
        let ends = |kind| matches!(kind, Kind::Key | Kind::Value | Kind::BlockEnd);
        let mut children = Children::of(self.tree, id);
        let mut last: Option<NodeId> = None;
        while self.peek()? == Kind::Key {
            let child = children.next(self.tree);
            self.skip();
            let mut key = Notes::default();
            if !ends(self.peek()?) {
                key = self.node(None, true)?;
            }
            if let Some(last) = last
                && !key.foot.is_empty()
            {
                self.found.keys.entry(last).or_default().foot = std::mem::take(&mut key.foot);
            }
            let mut value = Notes::default();
            if self.peek()? == Kind::Value {
                self.skip();
                if !ends(self.peek()?) {
                    value = self.node(child, true)?;
                }
            }
            last = child.or(last);
            self.entry(id, child, key, value);
        }
        self.expect(Kind::BlockEnd)?;
        let mut end = self.take();
        if !end.foot.is_empty() {
            let beyond = id.and_then(|id| self.found.ends.get_mut(&id));
            let key = match (beyond, last) {
                (Some(notes), _) => Some(notes),
                (None, Some(last)) => Some(self.found.keys.entry(last).or_default()),
                (None, None) => None,
            };
            if let Some(key) = key {
                key.foot = std::mem::take(&mut end.foot);
            }
        }
        Ok(Notes { head, line: end.line, foot: end.foot })
    }

    fn flow_list(&mut self, id: Option<NodeId>) -> Result<Notes, Unexpected> {
        let head = self.take().head;
        self.skip();
        let mut children = Children::of(self.tree, id);
        let mut first = true;
        while self.flow_entry(Kind::FlowListEnd, first)? {
            first = false;
            let child = children.next(self.tree);
            if self.peek()? == Kind::Key {
                self.skip();
                let ends = |kind| matches!(kind, Kind::Value | Kind::Comma | Kind::FlowListEnd);
                let inner = Children::of(self.tree, child).next(self.tree);
                self.flow_pair(child, inner, ends, Kind::FlowListEnd)?;
            } else {
                let notes = self.node(child, false)?;
                self.keep_some(child, notes);
            }
        }
        let end = self.take();
        self.skip();
        Ok(Notes { head, line: end.line, foot: end.foot })
    }

    fn flow_map(&mut self, id: Option<NodeId>) -> Result<Notes, Unexpected> {
        let head = self.take().head;
        self.skip();
        let mut children = Children::of(self.tree, id);
        let mut first = true;
        while self.flow_entry(Kind::FlowMapEnd, first)? {
            first = false;
            let child = children.next(self.tree);
            if self.peek()? == Kind::Key {
                self.skip();
                let ends = |kind| matches!(kind, Kind::Value | Kind::Comma | Kind::FlowMapEnd);
                self.flow_pair(id, child, ends, Kind::FlowMapEnd)?;
            } else {
                let key = self.node(None, false)?;
                self.peek()?;
                self.entry(id, child, key, Notes::default());
            }
        }
        let end = self.take();
        self.skip();
        Ok(Notes { head, line: end.line, foot: end.foot })
    }

    /// Whether an entry follows in brackets that end with `close`.
    fn flow_entry(&mut self, close: Kind, first: bool) -> Result<bool, Unexpected> {
        if !first && self.peek()? == Kind::Comma {
            self.skip();
        } else if !first && self.peek()? != close {
            return Err(Unexpected);
        }
        Ok(self.peek()? != close)
    }

    /// A key and its value in brackets, behind the token of the key.
    fn flow_pair(
        &mut self,
        map: Option<NodeId>,
        child: Option<NodeId>,
        ends: impl Fn(Kind) -> bool,
        close: Kind,
    ) -> Result<(), Unexpected> {
        let (mut key, mut value) = (Notes::default(), Notes::default());
        if !ends(self.peek()?) {
            key = self.node(None, false)?;
        }
        if self.peek()? == Kind::Value {
            self.skip();
            let kind = self.peek()?;
            if kind != Kind::Comma && kind != close {
                value = self.node(child, false)?;
            }
        }
        self.entry(map, child, key, value);
        Ok(())
    }

    /// Keeps the comments of an entry of `map`.
    fn entry(&mut self, map: Option<NodeId>, child: Option<NodeId>, mut key: Notes, mut value: Notes) {
        if key.foot.is_empty() {
            key.foot = std::mem::take(&mut value.foot);
        }
        match (map, child) {
            (_, Some(child)) => {
                if !key.is_empty() {
                    self.found.keys.insert(child, key);
                }
                self.keep(child, value);
            }
            (Some(map), None) => {
                key.line.append(&mut value.head);
                key.line.append(&mut value.line);
                self.found.ends.insert(map, key);
            }
            (None, None) => {}
        }
    }

    fn keep_some(&mut self, id: Option<NodeId>, notes: Notes) {
        if let Some(id) = id {
            self.keep(id, notes);
        }
    }

    fn keep(&mut self, id: NodeId, notes: Notes) {
        if !notes.is_empty() {
            self.found.values.insert(id, notes);
        }
    }

    /// The next token; the comments that wait for it are gathered.
    fn peek(&mut self) -> Result<Kind, Unexpected> {
        let token = *self.tokens.get(self.next).ok_or(Unexpected)?;
        if token.start < self.due {
            return Ok(token.kind);
        }
        while let Some(remark) = self.remarks.next_if(|remark| {
            // A head stays for what follows the end of a block.
            token.start >= remark.token && (remark.role != Role::Head || token.kind != Kind::BlockEnd)
        }) {
            match remark.role {
                Role::Head => self.waiting.head.extend(remark.lines),
                Role::Line => self.waiting.line.extend(remark.lines),
                Role::Foot => self.waiting.foot.extend(remark.lines),
            }
        }
        self.due = due(&mut self.remarks);
        Ok(token.kind)
    }

    fn expect(&mut self, kind: Kind) -> Result<(), Unexpected> {
        if self.peek()? != kind {
            return Err(Unexpected);
        }
        self.skip();
        Ok(())
    }

    fn skip(&mut self) {
        self.next += 1;
    }

    /// The comments that wait.
    fn take(&mut self) -> Notes {
        self.stem = None;
        std::mem::take(&mut self.waiting)
    }
}

/// The children of a node that need not exist.
struct Children {
    next: NodeId,
    end: NodeId,
}

impl Children {
    fn of(tree: &Tree<'_>, id: Option<NodeId>) -> Self {
        id.map_or(Self { next: 0, end: 0 }, |id| Self { next: id + 1, end: tree.node(id).end })
    }

    fn next(&mut self, tree: &Tree<'_>) -> Option<NodeId> {
        let child = (self.next < self.end).then_some(self.next)?;
        self.next = tree.node(child).end;
        Some(child)
    }
}
