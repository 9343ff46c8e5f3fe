//! Formats on the way in and out.

use crate::doc::binary::{self, Binary};
use crate::doc::ini::with_comments_in_front;
use crate::doc::tree::Step;
use crate::doc::{self, Data, Format, FormatName, Kind, Layout, Limits, Text, Tree, Value};
use zeroize::Zeroizing;

/// The format of a plain text called `name`.
#[must_use]
pub fn plain(name: FormatName) -> &'static dyn Format {
    name.plain()
}

/// The format that an encrypted file called `name` is written in: binary stands in a JSON envelope.
#[must_use]
pub fn sealed(name: FormatName) -> &'static dyn Format {
    name.sealed()
}

/// A plain text converted to the format of its encrypted file, with the typed values it had.
pub struct Converted<'s> {
    /// The text, with the values spelled as the format can.
    pub text: Zeroizing<Vec<u8>>,
    /// The values of all leaves, in order.
    pub values: Vec<Value<'s>>,
}

/// Converts a parsed plain text of the format `from` to the sealed format of `to`.
///
/// # Errors
/// The format cannot express it.
pub fn to_sealed<'s>(
    from: FormatName,
    tree: &Tree<'s>,
    to: FormatName,
    layout: &Layout,
) -> Result<Converted<'s>, doc::Error> {
    let documents = if to == FormatName::Binary { vec![envelope(tree)?] } else { documents(from, tree) };
    let mut values = Vec::new();
    let walked: Result<(), std::convert::Infallible> = tree.walk(|step| {
        if let Step::Leaf(id) = step
            && let Kind::Leaf(value) = &tree.node(id).kind
        {
            values.push(value.clone());
        }
        Ok(())
    });
    match walked {
        Ok(()) => Ok(Converted { text: sealed(to).write(&documents, None, layout)?, values }),
    }
}

/// The plain data of a tree, comments included.
#[must_use]
pub fn documents(from: FormatName, tree: &Tree<'_>) -> Vec<Data> {
    let documents: Result<Vec<Data>, std::convert::Infallible> = Data::documents(
        tree,
        |id| {
            Ok(match &tree.node(id).kind {
                Kind::Leaf(value) => Data::Value(value.to_static()),
                _ => Data::Value(Value::Null),
            })
        },
        |index| Ok(Data::Comment(Text::owned(tree.text(tree.comments[index].span)))),
    );
    match documents {
        Ok(documents) if from == FormatName::Ini => with_comments_in_front(documents),
        Ok(documents) => documents,
    }
}

/// The envelope of a binary file. Its one value is put in when it is encrypted; what stands here only
/// says whether there is anything.
fn envelope(tree: &Tree<'_>) -> Result<Data, doc::Error> {
    let content = tree.child(0, binary::KEY.as_bytes()).map(|id| &tree.node(id).kind);
    let Some(Kind::Leaf(Value::Str(content))) = content else {
        return Binary.write(&[], None, &Layout::default()).map(|_| Data::map());
    };
    let mut data = Data::map();
    data.push(binary::KEY, Data::str(if content.is_empty() { "" } else { "-" }));
    Ok(data)
}

/// Bounds on every input.
#[must_use]
pub fn limits() -> Limits {
    Limits::default()
}
