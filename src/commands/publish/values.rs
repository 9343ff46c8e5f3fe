//! The values to publish, each with the name it asks for.

use super::Selection;
use crate::doc::FormatName;
use crate::render::{Access, Document, Leaf, Origin, RenderError, SecretSpec, find, names};
use std::collections::HashMap;

/// A value to publish.
pub(super) struct Item<'d> {
    /// Its name: as it was asked for, else its path, joined. One component of a path, as for a file.
    pub(super) name: String,
    /// Whether the name was asked for.
    pub(super) is_named: bool,
    /// The document it is of.
    pub(super) document: &'d Document,
    /// Where it is there.
    pub(super) leaf: &'d Leaf,
    /// Its bytes.
    pub(super) bytes: &'d [u8],
    /// Who may read it, where that can be said.
    pub(super) access: Access,
}

impl Item<'_> {
    /// The value, for messages.
    pub(super) fn origin(&self) -> Origin {
        Origin::Leaf(self.document.spot(self.leaf))
    }
}

/// The values of a selection in order, no name twice. `separator` joins paths, unless the selection says
/// another.
///
/// # Errors
/// A value that is not there, a null, a name that is none, or two values with one name.
pub(super) fn items<'d>(
    documents: &'d [Document],
    selection: &Selection,
    separator: names::Separator,
) -> Result<Vec<Item<'d>>, RenderError> {
    let separator = selection.separator.unwrap_or(separator).as_str();
    let mut items = Vec::new();
    let mut origins: HashMap<String, Origin> = HashMap::new();
    for (document, leaf, spec) in picks(documents, selection)? {
        let Some(bytes) = leaf.bytes(document, selection.null)? else { continue };
        let origin = Origin::Leaf(document.spot(leaf));
        let asked = spec.and_then(|spec| spec.target.clone());
        let is_named = asked.is_some();
        let wanted = match (asked, document.format()) {
            (Some(target), _) => target.into_bytes(),
            (None, FormatName::Binary) => {
                let name = names::file_name(document.name());
                name.ok_or_else(|| RenderError::NoName(document.name().to_owned()))?.into_bytes()
            }
            (None, _) => names::joined(&leaf.path, separator),
        };
        let name = names::check(wanted).map_err(|(name, problem)| RenderError::Name {
            name: String::from_utf8_lossy(&name).into_owned(),
            origin: Box::new(origin.clone()),
            problem,
        })?;
        if let Some(first) = origins.insert(name.clone(), origin.clone()) {
            return Err(RenderError::Collision { name, first: Box::new(first), second: Box::new(origin) });
        }
        let access = spec.map(|spec| spec.access).unwrap_or_default();
        items.push(Item { name, is_named, document, leaf, bytes, access });
    }
    Ok(items)
}

type Pick<'d, 's> = (&'d Document, &'d Leaf, Option<&'s SecretSpec>);

fn picks<'d, 's>(
    documents: &'d [Document],
    selection: &'s Selection,
) -> Result<Vec<Pick<'d, 's>>, RenderError> {
    if selection.secrets.is_empty() {
        let all =
            documents.iter().flat_map(|document| document.leaves().map(move |leaf| (document, leaf, None)));
        return Ok(all.filter(|(_, leaf, _)| leaf.sealed || !selection.sealed_only).collect());
    }
    let one = |spec: &'s SecretSpec| {
        let (document, leaf) = find(documents, &spec.source, spec.file.as_deref())?;
        match selection.sealed_only && !leaf.sealed {
            true => Err(RenderError::NotSealed(Box::new(document.spot(leaf)))),
            false => Ok((document, leaf, Some(spec))),
        }
    };
    selection.secrets.iter().map(one).collect()
}
