//! One part of a decrypted file (format description, section 9.5).

use super::convert;
use super::failure::Subject;
use crate::doc::{Data, FormatName, KeyPath, Kind, Layout, NodeId, Text, Value};
use crate::error::{Code, Failure};
use crate::sops::Opened;
use zeroize::Zeroizing;

/// The part of the first document at `path`: a string as it is, anything else in format `to`.
///
/// # Errors
/// The text is no path (91), there is nothing at it (1), or the format cannot hold it (4).
pub fn text(
    subject: Subject<'_>,
    opened: &Opened<'_>,
    path: &str,
    to: FormatName,
    layout: &Layout,
) -> Result<Zeroizing<Vec<u8>>, Failure> {
    let name = subject.name;
    let path = KeyPath::parse(path).map_err(|error| {
        Failure::new(Code::InvalidPath, "the path is not valid")
            .cause(error.to_string())
            .hint("paths look like db.password, hosts[0].name or [\"db\"][\"password\"]")
    })?;
    let tree = &opened.sealed().tree;
    let root = tree.documents.first().copied().unwrap_or_default();
    let found = path.find(tree, root).filter(|id| !tree.node(*id).flags.has(crate::doc::Flags::METADATA));
    let Some(id) = found else { return Err(missing(opened, name, &path, root)) };
    let data = match &tree.node(id).kind {
        Kind::Leaf(_) => match opened.value(id) {
            Some(Value::Str(text)) => return Ok(Zeroizing::new(text.to_vec())),
            Some(value) => Data::Value(value.to_static()),
            None => return Err(missing(opened, name, &path, root)),
        },
        _ => subtree(opened, id),
    };
    convert::plain(to).write(std::slice::from_ref(&data), None, layout).map_err(|error| {
        Failure::new(Code::CannotExpress, format!("cannot write `{path}` of `{name}`"))
            .cause(error.to_string())
    })
}

fn missing(opened: &Opened<'_>, name: &str, path: &KeyPath, root: NodeId) -> Failure {
    let mut failure = Failure::new(Code::Generic, format!("`{name}` has nothing at `{path}`"));
    // Name the first step that leads nowhere.
    let tree = &opened.sealed().tree;
    for length in (1..path.0.len()).rev() {
        let parent = KeyPath(path.0[..length].to_vec());
        if parent.find(tree, root).is_some() {
            failure = failure.cause(format!("`{parent}` is there, the next step is not"));
            break;
        }
    }
    failure
}

/// The plain data below `id`.
fn subtree(opened: &Opened<'_>, id: NodeId) -> Data {
    let tree = &opened.sealed().tree;
    let node = tree.node(id);
    let name = |child: NodeId| match &tree.node(child).name {
        crate::doc::Name::Key(key) => key.to_static(),
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
