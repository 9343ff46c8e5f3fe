//! Lines for `docker run --env-file`, which knows no quotes.

use super::values::{Item, items};
use super::{Job, failure};
use crate::doc::dotenv::docker::LONGEST_LINE;
use crate::doc::{Dialect, FormatName};
use crate::error::Failure;
use crate::render::{Access, Origin, RenderError, Separator, Variable, env_text, names};
use std::collections::HashMap;
use zeroize::Zeroizing;

/// The variables, one a line. Those of ENV files keep their names, others are in upper case.
///
/// # Errors
/// A name or a value that does not fit (78).
pub(super) fn text(job: &Job<'_>) -> Result<Zeroizing<Vec<u8>>, Failure> {
    let sources = job.sources;
    let in_words = |error: RenderError| failure::render(sources, &error);
    let items = items(job.documents, job.selection, Separator::Underscore).map_err(in_words)?;
    let mut variables = Vec::with_capacity(items.len());
    let mut origins: HashMap<String, Origin> = HashMap::new();
    for item in &items {
        if item.access != Access::default() {
            return Err(failure::wish("mode, uid and gid are for values with a file of their own"));
        }
        let name = variable(item).map_err(in_words)?;
        if let Some(first) = origins.insert(name.clone(), item.origin()) {
            let (first, second) = (Box::new(first), Box::new(item.origin()));
            return Err(in_words(RenderError::Collision { name, first, second }));
        }
        if name.len() + item.bytes.len() + 2 > LONGEST_LINE {
            let cause = "docker reads no line that is so long".to_owned();
            return Err(failure::refused(job, item, "E_VALUE", cause));
        }
        variables.push(Variable { name, value: item.bytes, document: item.document, leaf: item.leaf });
    }
    env_text(&variables, Dialect::Docker).map_err(in_words)
}

/// The name of the variable that a value becomes.
fn variable(item: &Item<'_>) -> Result<String, RenderError> {
    if item.document.format() == FormatName::Binary && !item.is_named {
        return Err(RenderError::NoVariables(item.document.name().to_owned()));
    }
    let upper =
        names::variable(item.name.clone().into_bytes()).map_err(|(name, problem)| RenderError::Name {
            name: String::from_utf8_lossy(&name).into_owned(),
            origin: Box::new(item.origin()),
            problem,
        })?;
    Ok(if item.document.format() == FormatName::Dotenv { item.name.clone() } else { upper })
}
