//! One part of a decrypted file (format description, section 9.5).

use super::convert;
use super::failure::Subject;
use crate::doc::path::Segment;
use crate::doc::{Data, Flags, FormatName, KeyPath, Kind, Layout, Name, NodeId, Text, Tree, Value};
use crate::error::{Code, Failure};
use crate::policy::nearest;
use crate::sops::Opened;
use std::borrow::Cow;
use zeroize::Zeroizing;

/// The part of the first document at `path`: a string as it is, anything else in format `to`. With `bare`
/// only an object of JSON ends in a line end, as SOPS has it.
///
/// # Errors
/// The text is no path (91), there is nothing at it (1), or the format cannot hold it (4).
pub fn text(
    subject: Subject<'_>,
    opened: &Opened<'_>,
    path: &str,
    to: FormatName,
    layout: &Layout,
    bare: bool,
) -> Result<Zeroizing<Vec<u8>>, Failure> {
    let name = subject.name;
    let path = self::path(path, Code::InvalidPath)?;
    let tree = &opened.sealed().tree;
    let root = tree.documents.first().copied().unwrap_or_default();
    let found = path.find(tree, root).filter(|id| !tree.node(*id).flags.has(Flags::METADATA));
    let Some(id) = found else { return Err(missing(opened, name, &path)) };
    let data = match &tree.node(id).kind {
        Kind::Leaf(_) => match opened.value(id) {
            Some(Value::Str(text)) => return Ok(Zeroizing::new(text.to_vec())),
            Some(value) => Data::Value(value.to_static()),
            None => return Err(missing(opened, name, &path)),
        },
        _ => subtree(opened, id),
    };
    let written = convert::plain(to).write(std::slice::from_ref(&data), None, layout);
    let mut written = written.map_err(|error| {
        Failure::new(Code::CannotExpress, format!("cannot write `{path}` of `{name}`"))
            .cause(error.to_string())
    })?;
    if bare && to == FormatName::Json && !matches!(data, Data::Map(_)) {
        written.pop();
    }
    Ok(written)
}

/// The path that an argument is; `code` if it is none.
pub(super) fn path(text: &str, code: Code) -> Result<KeyPath, Failure> {
    KeyPath::parse(text).map_err(|error| {
        Failure::new(code, "the path is not valid")
            .cause(error.to_string())
            .hint("paths look like db.password, hosts[0].name or [\"db\"][\"password\"]")
    })
}

/// Names the first step that leads nowhere. The names of keys are not secret.
pub(super) fn missing(opened: &Opened<'_>, name: &str, path: &KeyPath) -> Failure {
    let failure = Failure::new(Code::Generic, format!("`{name}` has nothing at `{path}`"));
    let tree = &opened.sealed().tree;
    let root = tree.documents.first().copied().unwrap_or_default();
    let deepest = (0..path.0.len()).rev().find_map(|length| {
        let parent = KeyPath(path.0[..length].to_vec());
        parent.find(tree, root).map(|id| (parent, id))
    });
    let Some((parent, id)) = deepest else { return failure };
    let place = if parent.0.is_empty() { "the top level".to_owned() } else { format!("`{parent}`") };
    match (&tree.node(id).kind, &path.0[parent.0.len()]) {
        (Kind::Map, Segment::Key(key)) => {
            let failure =
                failure.cause(format!("{place} is a map without the key `{}`", String::from_utf8_lossy(key)));
            failure.hints(near(tree, id, key).map(|near| format!("did you mean `{near}`?")))
        }
        (Kind::Map, Segment::Index(_)) => failure.cause(format!("{place} is a map: name a key")),
        (Kind::List, Segment::Index(_)) => failure.cause(match tree.children(id).count() {
            0 => format!("{place} is an empty list"),
            1 => format!("{place} is a list of one element, [0]"),
            count => format!("{place} is a list of {count} elements, [0] to [{}]", count - 1),
        }),
        (Kind::List, Segment::Key(_)) => failure.cause(format!("{place} is a list: name a position, [0]")),
        (Kind::Leaf(_), _) => failure.cause(format!("{place} is a single value")),
    }
}

/// The key of map `id` that `key` is most likely meant to be.
fn near(tree: &Tree<'_>, id: NodeId, key: &[u8]) -> Option<String> {
    let names: Vec<_> = tree.children(id).filter_map(|child| key_of(tree, child)).collect();
    let names: Vec<&str> = names.iter().map(AsRef::as_ref).collect();
    nearest(&String::from_utf8_lossy(key), &names).map(str::to_owned)
}

fn key_of<'t>(tree: &'t Tree<'_>, id: NodeId) -> Option<Cow<'t, str>> {
    match &tree.node(id).name {
        Name::Key(name) if !tree.node(id).flags.has(Flags::METADATA) => Some(String::from_utf8_lossy(name)),
        _ => None,
    }
}

/// The plain data below `id`.
fn subtree(opened: &Opened<'_>, id: NodeId) -> Data {
    let tree = &opened.sealed().tree;
    let node = tree.node(id);
    let name = |child: NodeId| match &tree.node(child).name {
        Name::Key(key) => key.to_static(),
        _ => Text::owned(""),
    };
    match &node.kind {
        Kind::Leaf(_) => match opened.value(id) {
            Some(value) => Data::Value(value.to_static()),
            None => Data::Comment(Text::owned("")),
        },
        Kind::List => Data::List(tree.children(id).map(|child| subtree(opened, child)).collect()),
        Kind::Map => {
            Data::Map(tree.children(id).map(|child| (name(child), subtree(opened, child))).collect())
        }
    }
}
