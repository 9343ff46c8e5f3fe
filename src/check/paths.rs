//! What the values of a file are called, for files that are copies of each other.

use super::{Subject, secrets, tokens};
use crate::doc::tree::Step;
use crate::doc::{Kind, Name, NodeId, Tree, Value};
use std::convert::Infallible;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

/// The paths of encrypted values, if there are some; else those of values that are worth something.
pub(super) fn of(tree: &Tree<'_>, subject: Subject<'_>) -> Vec<u64> {
    if subject.whole {
        return Vec::new();
    }
    let (mut sealed, mut clear) = (Vec::new(), Vec::new());
    let walked: Result<(), Infallible> = tree.walk(|step| {
        if let Step::Leaf(id) = step {
            let found = match &tree.node(id).kind {
                Kind::Leaf(Value::Str(text)) if tokens::begins(text) => &mut sealed,
                Kind::Leaf(Value::Str(text)) if text.is_empty() || secrets::stands_for_another(text) => {
                    return Ok(());
                }
                Kind::Leaf(Value::Null) => return Ok(()),
                _ => &mut clear,
            };
            found.push(number(tree, id));
        }
        Ok(())
    });
    match walked {
        Ok(()) => {}
    }
    let mut found = if sealed.is_empty() { clear } else { sealed };
    found.sort_unstable();
    found.dedup();
    found
}

/// The path of a node as a number.
fn number(tree: &Tree<'_>, id: NodeId) -> u64 {
    let mut hasher = DefaultHasher::new();
    let mut at = id;
    loop {
        let node = tree.node(at);
        match &node.name {
            Name::Root => return hasher.finish(),
            Name::Key(key) => key[..].hash(&mut hasher),
            Name::Index(index) => index.hash(&mut hasher),
        }
        at = node.parent;
    }
}
