//! Changing a plain document at a path, losslessly: everything else keeps its text.
//!
//! The new text is parsed and compared with the old: the same documents, keys, values, comments and marks in
//! the same order, but for exactly the change. What does not pass is not given out.

use super::data::Data;
use super::edits::Edits;
use super::error::Error;
use super::format::{Format, Spelling};
use super::limits::Limits;
use super::path::{KeyPath, Segment};
use super::source::Texts;
use super::tree::{Flags, Kind, NodeId, Tree};
use super::value::{Text, Value};
use thiserror::Error as ThisError;
use zeroize::Zeroizing;

mod check;

/// Why a document was not changed. Names paths, never values.
#[derive(Debug, Clone, PartialEq, Eq, ThisError)]
pub enum ChangeError {
    /// The text cannot be read, or the format has no place for the data.
    #[error("{0}")]
    Document(Error),
    /// There is nothing at the path to remove.
    #[error("there is nothing at `{0}`")]
    Missing(KeyPath),
    /// The path goes on where the document does not.
    #[error("{} is {found}", place(.at))]
    InTheWay {
        /// Where.
        at: KeyPath,
        /// What stands there.
        found: &'static str,
    },
    /// What would change is shown elsewhere by an alias.
    #[error("{} is an alias of {}, which would change with it", place(.alias), place(.of))]
    Shared {
        /// The alias.
        alias: KeyPath,
        /// What it stands for.
        of: KeyPath,
    },
    /// The path belongs to the metadata.
    #[error("`{0}` belongs to the metadata")]
    Reserved(KeyPath),
    /// The new text does not read as it should.
    #[error("the text around the place is written in a way that cannot be changed without changing more")]
    SelfCheck,
}

fn place(path: &KeyPath) -> String {
    if path.0.is_empty() { "the top level".to_owned() } else { format!("`{path}`") }
}

/// The text of `source` with `data` at `path` of its first document, maps and lists on the way made as
/// needed; a position at or past the end of a list appends. `None` if that is there already.
///
/// # Errors
/// See [`ChangeError`].
pub fn set(
    format: &dyn Format,
    source: &[u8],
    path: &KeyPath,
    data: &Data,
    limits: &Limits,
) -> Result<Option<Zeroizing<Vec<u8>>>, ChangeError> {
    let (tree, texts) = (format.parse(source, limits).map_err(ChangeError::Document)?, Texts::default());
    Ok(set_in(format, &tree, path, data, limits, &texts)?.map(|new| Zeroizing::new(new.source.to_vec())))
}

/// As [`set`] for a document that is parsed already. The new text is kept in `texts`.
///
/// # Errors
/// See [`ChangeError`].
pub fn set_in<'t>(
    format: &dyn Format,
    tree: &Tree<'_>,
    path: &KeyPath,
    data: &Data,
    limits: &Limits,
    texts: &'t Texts,
) -> Result<Option<Tree<'t>>, ChangeError> {
    let root = tree.documents.first().copied().unwrap_or_default();
    let found = walk(tree, root, path)?;
    let id = found.id;
    let attempt = |change| attempt(format, tree, change, path, limits, texts).map(Some);
    if found.depth == path.0.len() {
        if check::holds(format, data, tree, id) {
            return Ok(None);
        }
        return attempt(Change::Put { id, data });
    }
    let (next, rest) = (&path.0[found.depth], &path.0[found.depth + 1..]);
    if matches!((next, &tree.node(id).kind), (Segment::Key(_), Kind::Map) | (Segment::Index(_), Kind::List)) {
        let data = nested(rest, data.clone());
        let key = if let Segment::Key(key) = next { Some(&**key) } else { None };
        return attempt(Change::Add { parent: id, key, data: &data });
    }
    let data = nested(&path.0[found.depth..], data.clone());
    attempt(Change::Put { id, data: &data })
}

/// The text of `source` without the entry at `path` of its first document.
///
/// # Errors
/// See [`ChangeError`].
pub fn unset(
    format: &dyn Format,
    source: &[u8],
    path: &KeyPath,
    limits: &Limits,
) -> Result<Zeroizing<Vec<u8>>, ChangeError> {
    let (tree, texts) = (format.parse(source, limits).map_err(ChangeError::Document)?, Texts::default());
    unset_in(format, &tree, path, limits, &texts).map(|new| Zeroizing::new(new.source.to_vec()))
}

/// As [`unset`] for a document that is parsed already. The new text is kept in `texts`.
///
/// # Errors
/// See [`ChangeError`].
pub fn unset_in<'t>(
    format: &dyn Format,
    tree: &Tree<'_>,
    path: &KeyPath,
    limits: &Limits,
    texts: &'t Texts,
) -> Result<Tree<'t>, ChangeError> {
    let root = tree.documents.first().copied().unwrap_or_default();
    if path.find(tree, root).is_none() {
        return Err(ChangeError::Missing(path.clone()));
    }
    let id = walk(tree, root, path)?.id;
    attempt(format, tree, Change::Remove { id }, path, limits, texts)
}

/// A change of one place.
#[derive(Clone, Copy)]
enum Change<'c> {
    /// Data in the place of a node.
    Put { id: NodeId, data: &'c Data },
    /// An entry at the end of a map or list.
    Add { parent: NodeId, key: Option<&'c [u8]>, data: &'c Data },
    /// An entry less.
    Remove { id: NodeId },
}

impl Change<'_> {
    /// The nodes that go; where the new ones come. Empty for a new entry.
    fn span(&self, tree: &Tree<'_>) -> std::ops::Range<NodeId> {
        match self {
            Change::Put { id, .. } | Change::Remove { id } => *id..tree.node(*id).end,
            Change::Add { parent, .. } => tree.node(*parent).end..tree.node(*parent).end,
        }
    }

    /// The innermost node that is another afterwards.
    fn touched(&self, tree: &Tree<'_>) -> NodeId {
        match self {
            Change::Put { id, .. } => *id,
            Change::Add { parent, .. } => *parent,
            Change::Remove { id } => tree.node(*id).parent,
        }
    }
}

/// How far a path leads.
struct Found {
    /// The last node on the way.
    id: NodeId,
    /// How many steps lead there.
    depth: usize,
}

/// Follows `path` as far as there are nodes.
fn walk(tree: &Tree<'_>, root: NodeId, path: &KeyPath) -> Result<Found, ChangeError> {
    let mut id = root;
    for (depth, segment) in path.0.iter().enumerate() {
        let node = tree.node(id);
        // Below an alias there is no text of its own.
        if node.flags.has(Flags::ALIAS) {
            return Err(shared(tree, id));
        }
        let next = match (segment, &node.kind) {
            (Segment::Key(key), Kind::Map) => tree.child(id, key),
            (Segment::Index(index), Kind::List) => tree.children(id).nth(*index),
            (_, Kind::Leaf(Value::Null)) => None,
            (_, kind) => {
                let found = match kind {
                    Kind::Map => "a map, which has keys and no positions",
                    Kind::List => "a list, which has positions and no keys",
                    Kind::Leaf(_) => "a single value",
                };
                return Err(ChangeError::InTheWay { at: KeyPath(path.0[..depth].to_vec()), found });
            }
        };
        match next {
            Some(next) => id = next,
            None => return Ok(Found { id, depth }),
        }
    }
    Ok(Found { id, depth: path.0.len() })
}

fn shared(tree: &Tree<'_>, alias: NodeId) -> ChangeError {
    let of = tree.aliases.iter().find(|(id, _)| *id == alias).map(|(_, of)| KeyPath::of(tree, *of));
    ChangeError::Shared { alias: KeyPath::of(tree, alias), of: of.unwrap_or_default() }
}

/// `data` in the maps and lists that the steps name.
fn nested(steps: &[Segment], data: Data) -> Data {
    steps.iter().rev().fold(data, |data, step| match step {
        Segment::Key(key) => Data::Map(vec![(Text::owned(key.clone()), data)]),
        Segment::Index(_) => Data::List(vec![data]),
    })
}

/// Makes the change in the document's style, else in the style that can hold anything.
fn attempt<'t>(
    format: &dyn Format,
    tree: &Tree<'_>,
    change: Change<'_>,
    path: &KeyPath,
    limits: &Limits,
    texts: &'t Texts,
) -> Result<Tree<'t>, ChangeError> {
    // An alias elsewhere stands for what is touched, or for a part of what goes.
    let (gone, touched) = (change.span(tree), change.touched(tree));
    let elsewhere = tree.aliases.iter().find(|(alias, of)| {
        let within = *of <= touched && touched < tree.node(*of).end;
        !gone.contains(alias) && (within || gone.contains(of))
    });
    if let Some((alias, _)) = elsewhere {
        return Err(shared(tree, *alias));
    }
    for how in [Spelling::Kept, Spelling::Safe] {
        let mut edits = Edits::default();
        let put = match change {
            Change::Put { id, data } => format.put_data(tree, id, data, how, &mut edits),
            Change::Add { parent, key, data } => format.add_entry(tree, parent, key, data, how, &mut edits),
            Change::Remove { id } => format.remove_entry(tree, id, how, &mut edits),
        };
        put.map_err(ChangeError::Document)?;
        let Ok(text) = edits.apply(tree.source) else { continue };
        let Ok(new) = format.parse(texts.keep(text), limits) else { continue };
        if new.metadata().next().is_some() {
            return Err(ChangeError::Reserved(path.clone()));
        }
        if check::only(format, tree, &new, change) {
            return Ok(new);
        }
    }
    Err(ChangeError::SelfCheck)
}

#[cfg(test)]
mod tests;
