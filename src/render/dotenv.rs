//! Lines `NAME=value` for the readers of dotenv files, in spellings that all of them read alike.
//!
//! Readers: python-dotenv, dotenv of Node, dotenvy of Rust, shells; `docker run --env-file`, which knows
//! no quotes, in a dialect of its own.

use super::document::{Document, Leaf};
use super::error::{RenderError, ValueProblem};
use zeroize::Zeroizing;

/// Who reads the lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Dialect {
    /// Dotenv libraries.
    #[default]
    Dotenv,
    /// `docker run --env-file`: everything behind `=` as it stands.
    Docker,
}

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
    let mut quotes = Vec::with_capacity(variables.len());
    let mut size = 0;
    for variable in variables {
        let quote = match dialect {
            Dialect::Dotenv => quote(variable.value),
            Dialect::Docker => bare(variable.value),
        };
        let quote = quote.map_err(|problem| RenderError::Value {
            spot: Box::new(variable.document.spot(variable.leaf)),
            problem,
        })?;
        quotes.push(quote);
        // `=`, two quotes, the line end.
        size += variable.name.len() + variable.value.len() + 4;
    }
    let mut out = Zeroizing::new(Vec::with_capacity(size));
    for (variable, quote) in variables.iter().zip(quotes) {
        out.extend_from_slice(variable.name.as_bytes());
        out.push(b'=');
        out.extend(quote);
        out.extend_from_slice(variable.value);
        out.extend(quote);
        out.push(b'\n');
    }
    Ok(out)
}

/// Docker's lines: no quotes, and its reader takes a CR from their ends.
fn bare(value: &[u8]) -> Result<Option<u8>, ValueProblem> {
    text(value)?;
    if value.iter().any(|byte| matches!(byte, b'\n' | b'\r')) {
        return Err(ValueProblem::LineEnd);
    }
    Ok(None)
}

/// The quotes that `value` needs. Nothing inside is ever escaped: what one reader takes for an escape,
/// another takes for two characters.
fn quote(value: &[u8]) -> Result<Option<u8>, ValueProblem> {
    let text = text(value)?;
    // Node reads a CR as a line end, wherever it stands. Python puts other variables in the place of
    // `${...}`, whatever the quotes.
    if text.contains('\r') || has_reference(text) {
        return Err(ValueProblem::NoSpelling);
    }
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_-./:@%+,=".contains(&byte);
    if value.iter().all(|byte| plain(*byte)) {
        return Ok(None);
    }
    if !text.contains('\'') {
        // Two backslashes are one to Python; one before the quote hides the quote from it and from Node.
        if text.contains("\\\\") || text.ends_with('\\') {
            return Err(ValueProblem::NoSpelling);
        }
        return Ok(Some(b'\''));
    }
    // A shell runs what stands in backticks.
    if text.contains(['"', '\\', '$', '`']) { Err(ValueProblem::NoSpelling) } else { Ok(Some(b'"')) }
}

fn text(value: &[u8]) -> Result<&str, ValueProblem> {
    if value.contains(&0) {
        return Err(ValueProblem::Nul);
    }
    std::str::from_utf8(value).map_err(|_not_utf8| ValueProblem::NotUtf8)
}

/// Whether there is a `${` and a `}` somewhere behind it.
fn has_reference(text: &str) -> bool {
    text.find("${").is_some_and(|at| text[at..].contains('}'))
}
