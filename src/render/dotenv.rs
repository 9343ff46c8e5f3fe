//! Lines `NAME=value` for the readers of ENV files.

use super::document::{Document, Leaf};
use super::error::RenderError;
use crate::doc::Dialect;
use zeroize::Zeroizing;

/// A variable to be.
pub struct Variable<'d> {
    /// Its name: upper case, checked.
    pub name: String,
    /// Its value.
    pub value: &'d [u8],
    /// The document that the value is of.
    pub document: &'d Document,
    /// The leaf that the value is.
    pub leaf: &'d Leaf,
}

/// The file that holds `variables`, one after the other.
///
/// # Errors
/// [`RenderError::Value`]: a value that cannot be spelled so that it comes back.
pub fn env_text(variables: &[Variable<'_>], dialect: Dialect) -> Result<Zeroizing<Vec<u8>>, RenderError> {
    let mut spelled = Vec::with_capacity(variables.len());
    let mut size = 0;
    for variable in variables {
        let text = dialect.spell(variable.name.as_bytes(), variable.value).map_err(|problem| {
            let spot = Box::new(variable.document.spot(variable.leaf));
            RenderError::Value { spot, problem: problem.into() }
        })?;
        // `=` and the line end.
        size += variable.name.len() + text.len() + 2;
        spelled.push(text);
    }
    let mut out = Zeroizing::new(Vec::with_capacity(size));
    for (variable, text) in variables.iter().zip(&spelled) {
        out.extend_from_slice(variable.name.as_bytes());
        out.push(b'=');
        out.extend_from_slice(text);
        out.push(b'\n');
    }
    Ok(out)
}
