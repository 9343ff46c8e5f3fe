//! What a text holds by the rules of TOML: which table each key is in, and where its pieces stand.
//!
//! A table may stand in pieces (`[a]`, `[b]`, `[a.c]`), so items keep their children in the order in which
//! their names first appear; that order is the order of the tree.

use crate::doc::error::{Error, ErrorKind};
use crate::doc::tree::{Kind, Name, NodeId, Span, Style};
use crate::doc::value::Text;
use std::borrow::Cow;
use std::collections::HashMap;

/// Index of an item in [`Layout::items`].
pub(super) type Id = usize;
/// The table at the top level.
pub(super) const ROOT: Id = 0;

/// What made an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Made {
    /// A table that is only named on the way to another: `a` of `[a.b]`.
    Passing,
    /// A table made by a dotted key: `a` of `a.b = 1`.
    Dotted,
    /// The top level, `[name]`, or one `[[name]]`.
    Header,
    /// The list that the tables `[[name]]` are in.
    Tables,
    /// What stands behind `=` or in an array.
    Value,
}

/// A table, a list or a scalar.
#[derive(Debug)]
pub(super) struct Item<'s> {
    pub(super) parent: Id,
    pub(super) name: Name<'s>,
    pub(super) kind: Kind<'s>,
    pub(super) made: Made,
    pub(super) children: Vec<Id>,
    /// The value, or the header where the item first appears.
    pub(super) span: Span,
    /// Where its entry begins: the key, with all its steps.
    pub(super) entry: usize,
    /// Where its key ends.
    pub(super) key_end: usize,
    pub(super) style: Style,
    /// Whether it is a date or time without offset, or holds the ciphertext of one.
    pub(super) local: bool,
    /// Texts of the comments before it, that on its line included.
    pub(super) above: Vec<Span>,
    /// Texts of the comments at its end.
    pub(super) last: Vec<Span>,
}

/// A header with the lines below it; the first has no header.
#[derive(Debug)]
pub(super) struct Section {
    /// The table that its keys are in.
    pub(super) table: Id,
    /// Where the line of the header begins.
    pub(super) start: usize,
    /// Where its last statement ends: a value, or the header.
    pub(super) body: usize,
    /// Where the next section begins, with its comments.
    pub(super) end: usize,
    /// The values of its keys.
    pub(super) values: Vec<Id>,
}

/// A step of a key.
#[derive(Debug, Clone)]
pub(super) struct Step<'s> {
    pub(super) key: Cow<'s, str>,
    pub(super) span: Span,
}

/// See the module.
#[derive(Debug)]
pub(super) struct Layout<'s> {
    pub(super) items: Vec<Item<'s>>,
    pub(super) sections: Vec<Section>,
    keys: HashMap<(Id, Cow<'s, str>), Id>,
}

impl<'s> Layout<'s> {
    /// An empty document; its text begins at `start`, behind a byte order mark.
    pub(super) fn new(start: usize, end: usize) -> Self {
        let mut layout = Self { items: Vec::new(), sections: Vec::new(), keys: HashMap::new() };
        let span = Span::new(0, end);
        layout.items.push(item(ROOT, Name::Root, Kind::Map, Made::Header, span));
        layout.sections.push(Section { table: ROOT, start, body: start, end, values: Vec::new() });
        layout
    }

    /// The item under `key` in `table`.
    pub(super) fn child(&self, table: Id, key: Cow<'s, str>) -> Option<Id> {
        self.keys.get(&(table, key)).copied()
    }

    /// Adds an element of `list`.
    pub(super) fn element(&mut self, list: Id, kind: Kind<'s>, made: Made, span: Span) -> Id {
        let index = self.items[list].children.len() as u32;
        self.push(item(list, Name::Index(index), kind, made, span))
    }

    /// Adds `step` to `table`.
    ///
    /// # Errors
    /// The key is there already.
    pub(super) fn entry(
        &mut self,
        table: Id,
        step: &Step<'s>,
        kind: Kind<'s>,
        made: Made,
        span: Span,
    ) -> Result<Id, Error> {
        let next = self.items.len();
        if self.keys.insert((table, step.key.clone()), next).is_some() {
            return Err(duplicate(step));
        }
        let key = match &step.key {
            Cow::Borrowed(key) => Text::Borrowed(key.as_bytes()),
            Cow::Owned(key) => Text::owned(key.as_bytes()),
        };
        let mut new = item(table, Name::Key(key), kind, made, span);
        (new.entry, new.key_end) = (step.span.start as usize, step.span.end as usize);
        Ok(self.push(new))
    }

    fn push(&mut self, item: Item<'s>) -> Id {
        let id = self.items.len();
        self.items[item.parent].children.push(id);
        self.items.push(item);
        id
    }

    /// The table that the last step of a dotted key is in, made as needed.
    ///
    /// # Errors
    /// The key leads into what was not made by dotted keys.
    pub(super) fn dotted(&mut self, mut table: Id, steps: &[Step<'s>], entry: usize) -> Result<Id, Error> {
        for step in steps {
            table = match self.child(table, step.key.clone()) {
                None => {
                    let new = self.entry(table, step, Kind::Map, Made::Dotted, step.span)?;
                    self.items[new].entry = entry;
                    new
                }
                Some(id) => match self.items[id].made {
                    Made::Dotted => id,
                    Made::Passing => {
                        self.items[id].made = Made::Dotted;
                        id
                    }
                    _ => return Err(duplicate(step)),
                },
            };
        }
        Ok(table)
    }

    /// The table of the header `[steps]`, or the new one of `[[steps]]`.
    ///
    /// # Errors
    /// The table is there already, or no table can be there.
    pub(super) fn header(&mut self, steps: &[Step<'s>], list: bool, span: Span) -> Result<Id, Error> {
        let Some((name, way)) = steps.split_last() else {
            return Err(Error::syntax("a header has no name", span.start as usize));
        };
        let mut table = ROOT;
        for step in way {
            table = match self.child(table, step.key.clone()) {
                None => {
                    let new = self.entry(table, step, Kind::Map, Made::Passing, span)?;
                    self.items[new].entry = span.start as usize;
                    new
                }
                Some(id) => match (self.items[id].made, self.items[id].children.last()) {
                    (Made::Value, _) => return Err(duplicate(step)),
                    (Made::Tables, Some(last)) => *last,
                    _ => id,
                },
            };
        }
        let at = match (self.child(table, name.key.clone()), list) {
            (None, false) => self.entry(table, name, Kind::Map, Made::Header, span)?,
            (None, true) => {
                let tables = self.entry(table, name, Kind::List, Made::Tables, span)?;
                self.items[tables].entry = span.start as usize;
                self.element(tables, Kind::Map, Made::Header, span)
            }
            (Some(id), true) if self.items[id].made == Made::Tables => {
                self.element(id, Kind::Map, Made::Header, span)
            }
            (Some(id), false) if self.items[id].made == Made::Passing => id,
            _ => return Err(duplicate(name)),
        };
        let item = &mut self.items[at];
        (item.made, item.span, item.entry) = (Made::Header, span, span.start as usize);
        Ok(at)
    }

    /// Whether `id` is `above`, or below it.
    pub(super) fn is_within(&self, mut id: Id, above: Id) -> bool {
        // An item comes after its parent.
        while id > above {
            id = self.items[id].parent;
        }
        id == above
    }

    /// The items by the number of their node in the tree.
    pub(super) fn in_tree_order(&self) -> Vec<Id> {
        let mut order = Vec::with_capacity(self.items.len());
        let mut open = vec![ROOT];
        while let Some(id) = open.pop() {
            order.push(id);
            open.extend(self.items[id].children.iter().rev());
        }
        order
    }

    /// The item of node `node`.
    pub(super) fn of_node(&self, node: NodeId) -> Id {
        self.in_tree_order().get(node as usize).copied().unwrap_or(ROOT)
    }
}

fn item<'s>(parent: Id, name: Name<'s>, kind: Kind<'s>, made: Made, span: Span) -> Item<'s> {
    let entry = span.start as usize;
    Item {
        parent,
        name,
        kind,
        made,
        children: Vec::new(),
        span,
        entry,
        key_end: entry,
        style: Style::Plain,
        local: false,
        above: Vec::new(),
        last: Vec::new(),
    }
}

fn duplicate(step: &Step<'_>) -> Error {
    Error::new(ErrorKind::DuplicateKey(step.key.clone().into_owned()), step.span.start as usize)
}
