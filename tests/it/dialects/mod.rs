//! The dialects of ENV files against the programs that read them.

mod commands;
#[cfg(target_os = "linux")]
mod docker;
mod files;
pub(crate) mod readers;
pub(crate) mod spelled;

use seal::doc::{Dialect, Kind, Limits, Name, Value};
use std::collections::BTreeMap;

/// What `seal` reads in a text: the last of equal names counts, as for every reader. The place of the error
/// if it refuses the text.
fn read(dialect: Dialect, text: &[u8]) -> Result<BTreeMap<String, String>, String> {
    let tree = dialect.format().parse(text, &Limits::default()).map_err(|error| error.to_string())?;
    let pair = |id| match (&tree.node(id).name, &tree.node(id).kind) {
        (Name::Key(name), Kind::Leaf(Value::Str(value))) => {
            (name.as_str().unwrap().to_owned(), value.as_str().unwrap().to_owned())
        }
        other => panic!("no entry: {other:?}"),
    };
    Ok((1..tree.nodes.len()).map(|id| pair(u32::try_from(id).unwrap())).collect())
}
