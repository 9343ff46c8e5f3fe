//! `seal set`: one value of an encrypted file.

use super::change::{self, Plain, Target};
use super::context::Context;
use super::convert;
use super::value::{self, Source, ValueType};
use crate::doc::change::set_in;
use crate::doc::{Data, Kind, Value};
use crate::error::{Failure, Warning};

/// What `seal set` is asked to do.
pub struct Request {
    /// Where.
    pub target: Target,
    /// The value.
    pub source: Source,
    /// What its text is.
    pub kind: ValueType,
}

/// Sets a value. The file is not touched if it is there already.
///
/// # Errors
/// The path or the value is none (7), the file cannot be opened or written, or the format has no place for
/// the value (4).
pub fn run(context: &Context, request: &Request) -> Result<(), Failure> {
    change::run(context, &request.target, |plain| {
        let data = value::read(&request.source, request.kind, plain.subject.format, plain.path)?;
        let text = set_in(plain.format, plain.tree, plain.path, &data, &convert::limits(), plain.texts)
            .map_err(|error| change::refused(plain, &error))?;
        if request.kind == ValueType::Auto && !plain.subject.format.knows_text_only() {
            warn_of_type(context, plain, &data);
        }
        Ok(text)
    })
}

/// A text that becomes a number may break who reads it.
fn warn_of_type(context: &Context, plain: &Plain<'_, '_>, data: &Data) {
    let tree = &plain.opened.sealed().tree;
    let found = plain.path.find(tree, tree.documents.first().copied().unwrap_or_default());
    let Some(id) = found.filter(|id| matches!(tree.node(*id).kind, Kind::Leaf(_))) else { return };
    let what = match data {
        Data::Value(Value::Bool(_)) => "true or false",
        Data::Value(Value::Int(_) | Value::Float(_)) => "a number",
        Data::Value(Value::Null) => "null",
        _ => return,
    };
    if matches!(plain.opened.value(id), Some(Value::Str(_))) {
        context.warn(&Warning {
            headline: format!("`{}` was text and is {what} now", plain.path),
            place: None,
            hints: vec!["to keep it text, set it again with --string".to_owned()],
        });
    }
}
