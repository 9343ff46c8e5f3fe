//! What `dotenvy`, a reader of dotenv files, sees in a plain ENV text.

use super::context::Context;
use super::failure::Subject;
use crate::doc::{Kind, Name, NodeId, Tree, Value};
use crate::error::{Code, Failure, Warning};
use zeroize::Zeroizing;

/// Warns of a text, read as SOPS reads it, in which dotenv libraries see other values.
pub(super) fn warn(context: &Context, subject: Subject<'_>, tree: &Tree<'_>) {
    let others: Vec<NodeId> = entries(tree).filter(|id| is_read_otherwise(tree, *id)).collect();
    let Some(first) = others.first() else { return };
    let what = match others.len() {
        1 => "1 entry".to_owned(),
        count => format!("{count} entries"),
    };
    context.warn(&Warning {
        headline: format!(
            "`{}`: {what} would be read otherwise by dotenv libraries; for SOPS quotes and `export` are part of values and names",
            subject.name
        ),
        place: Some(subject.place(tree.node(*first).span.start as usize)),
        hints: vec![
            "to encrypt what the app sees: --dialect dotenv, docker, compose, systemd or shell".to_owned(),
            "if it is right as it is: --dialect sops".to_owned(),
        ],
    });
}

/// Refuses a text in the dialect of dotenv libraries in which `dotenvy` sees other values than `tree` has.
///
/// # Errors
/// It does (2): readers differ on a construct that the dialect should not take.
pub(super) fn check(subject: Subject<'_>, tree: &Tree<'_>) -> Result<(), Failure> {
    let mut read = dotenvy::from_read_iter(subject.source);
    for id in entries(tree) {
        // The error of the library holds the line.
        let same = match read.next() {
            Some(Ok((name, value))) => is(tree, id, &name, &Zeroizing::new(value)),
            _ => false,
        };
        if !same {
            return Err(differs(subject, tree.node(id).entry as usize));
        }
    }
    match read.next() {
        None => Ok(()),
        Some(_) => Err(differs(subject, subject.source.len())),
    }
}

fn differs(subject: Subject<'_>, at: usize) -> Failure {
    Failure::new(
        Code::CannotReadInput,
        format!("`{}` is not read alike by all dotenv libraries", subject.name),
    )
    .cause("dotenvy sees something else here")
    .at(subject.place(at))
    .hint("put the value in single quotes on one line")
}

fn entries(tree: &Tree<'_>) -> impl Iterator<Item = NodeId> {
    1..tree.nodes.len() as NodeId
}

/// Whether a line has quotes or `export`, and is another entry to `dotenvy`. Values with `$` are left out: it
/// would put variables of the environment in their place.
fn is_read_otherwise(tree: &Tree<'_>, id: NodeId) -> bool {
    let node = tree.node(id);
    let Name::Key(key) = &node.name else { return false };
    let value = tree.text(node.span);
    let marked =
        key.starts_with(b"export ") || matches!(value.trim_ascii_start().first(), Some(b'"' | b'\''));
    if !marked || value.contains(&b'$') {
        return false;
    }
    let mut line = Zeroizing::new(Vec::with_capacity(key.len() + value.len() + 1));
    line.extend_from_slice(key);
    line.push(b'=');
    line.extend_from_slice(value);
    match dotenvy::from_read_iter(line.as_slice()).next() {
        Some(Ok((name, value))) => !is(tree, id, &name, &Zeroizing::new(value)),
        _ => false,
    }
}

fn is(tree: &Tree<'_>, id: NodeId, name: &str, value: &str) -> bool {
    let node = tree.node(id);
    let same_name = matches!(&node.name, Name::Key(key) if **key == *name.as_bytes());
    same_name && matches!(&node.kind, Kind::Leaf(Value::Str(text)) if **text == *value.as_bytes())
}
