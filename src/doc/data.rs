//! Plain ordered data, free of any text: what conversion between formats and the metadata block work on.

use super::tree::{Kind, Name, NodeId, Step, Tree};
use super::value::{Text, Value};

/// An ordered tree of values.
#[derive(Debug, Clone, PartialEq)]
pub enum Data {
    /// A map. A comment stands in it under an empty key.
    Map(Vec<(Text<'static>, Data)>),
    /// A list. A comment stands in it as an element.
    List(Vec<Data>),
    /// A scalar.
    Value(Value<'static>),
    /// A comment's text, without its marker.
    Comment(Text<'static>),
}

impl Data {
    /// A string.
    #[must_use]
    pub fn str(text: impl Into<Vec<u8>>) -> Self {
        Data::Value(Value::Str(Text::owned(text)))
    }

    /// An empty map.
    #[must_use]
    pub fn map() -> Self {
        Data::Map(Vec::new())
    }

    /// Appends `key: value` to a map; does nothing to anything else.
    pub fn push(&mut self, key: &str, value: Data) {
        if let Data::Map(items) = self {
            items.push((Text::owned(key), value));
        }
    }

    /// The value of `key` in a map.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Data> {
        match self {
            Data::Map(items) => items
                .iter()
                .find(|(name, value)| **name == *key.as_bytes() && !matches!(value, Data::Comment(_)))
                .map(|(_, value)| value),
            _ => None,
        }
    }

    /// The text of a UTF-8 string.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Data::Value(Value::Str(text)) => text.as_str(),
            _ => None,
        }
    }

    /// Whether it is null, an empty list or an empty map.
    #[must_use]
    pub fn is_nothing(&self) -> bool {
        match self {
            Data::Map(items) => items.is_empty(),
            Data::List(items) => items.is_empty(),
            Data::Value(value) => *value == Value::Null,
            Data::Comment(_) => true,
        }
    }

    /// The data of the subtree `id`, its comments left out.
    #[must_use]
    pub fn of(tree: &Tree<'_>, id: NodeId) -> Self {
        let node = tree.node(id);
        match &node.kind {
            Kind::Leaf(value) => Data::Value(value.to_static()),
            Kind::List => Data::List(tree.children(id).map(|child| Data::of(tree, child)).collect()),
            Kind::Map => Data::Map(
                tree.children(id)
                    .map(|child| {
                        let key = match &tree.node(child).name {
                            Name::Key(key) => key.to_static(),
                            _ => Text::owned(""),
                        };
                        (key, Data::of(tree, child))
                    })
                    .collect(),
            ),
        }
    }

    /// The data of all documents without their metadata, with `leaf` and `comment` giving what stands
    /// in the place of each scalar and comment.
    ///
    /// # Errors
    /// Passes on the first error of `leaf` or `comment`.
    pub fn documents<E>(
        tree: &Tree<'_>,
        mut leaf: impl FnMut(NodeId) -> Result<Data, E>,
        mut comment: impl FnMut(usize) -> Result<Data, E>,
    ) -> Result<Vec<Data>, E> {
        let mut done = Vec::new();
        let mut open: Vec<Data> = Vec::new();
        tree.walk(|step| {
            let (key, item) = match step {
                Step::Enter(id) => {
                    open.push(match tree.node(id).kind {
                        Kind::List => Data::List(Vec::new()),
                        _ => Data::map(),
                    });
                    return Ok(());
                }
                Step::Leave(id) => match open.pop() {
                    Some(item) if open.is_empty() => {
                        done.push(item);
                        return Ok(());
                    }
                    Some(item) => (&tree.node(id).name, item),
                    None => return Ok(()),
                },
                Step::Leaf(id) => (&tree.node(id).name, leaf(id)?),
                Step::Comment(index) => (&Name::Root, comment(index)?),
            };
            match open.last_mut() {
                Some(Data::Map(items)) => {
                    let key = match key {
                        Name::Key(key) => key.to_static(),
                        _ => Text::owned(""),
                    };
                    items.push((key, item));
                }
                Some(Data::List(items)) => items.push(item),
                _ => {}
            }
            Ok(())
        })?;
        Ok(done)
    }
}
