//! TOML documents (`docs/format.md`).
//!
//! Tables are maps under their names, `[[tables]]` and arrays are lists. The children of a table stand in the
//! tree in the order in which their names first appear in the text, so tables in pieces come together.
//! A comment line belongs to what follows it, a comment behind something to that, and stands in the tree
//! before it; comments at the end of an array are last in it, those at the end of the text last in its last
//! table.
//!
//! Dates and times without offset have no type in SOPS: they are strings with an empty tag, which the strict
//! record holds, and three single quotes around their ciphertext.

mod entries;
mod extent;
mod inline;
mod layout;
mod place;
mod scalar;
mod scan;
mod spell;
mod take;
mod tree;
mod write;

use super::data::Data;
use super::edits::Edits;
use super::error::{Error, ErrorKind};
use super::format::{Format, FormatName, Layout, Spelling};
use super::limits::Limits;
use super::tree::{Kind, NodeId, Style, Tree};
use super::value::Value;
use zeroize::Zeroizing;

/// The table of the metadata.
const METADATA: &[u8] = b"sops";

/// The version of a file that names none: rops writes none, and this is the one whose files were tried.
pub const ROPS: &str = "0.1.7";

/// The TOML format.
pub struct Toml;

impl Format for Toml {
    fn name(&self) -> FormatName {
        FormatName::Toml
    }

    fn parse<'s>(&self, source: &'s [u8], limits: &Limits) -> Result<Tree<'s>, Error> {
        scan::parse(source, limits)
    }

    /// The quotes around a string stay around its ciphertext; what has none gets double quotes.
    fn put_cipher(&self, tree: &Tree<'_>, id: NodeId, token: &str, edits: &mut Edits) {
        let quote = spell::quote(spell::sealed_style(tree.node(id).style, is_local(tree, id)));
        edits.replace_with(tree.node(id).span, |out| {
            out.extend_from_slice(quote);
            out.extend_from_slice(token.as_bytes());
            out.extend_from_slice(quote);
        });
    }

    fn layout_hint(&self, tree: &Tree<'_>, id: NodeId) -> Option<Vec<u8>> {
        let node = tree.node(id);
        let Kind::Leaf(value) = &node.kind else { return None };
        let raw = tree.text(node.span);
        let mut spelled = Zeroizing::new(Vec::with_capacity(raw.len() + 8));
        spell::push(value, spell::sealed_style(node.style, is_local(tree, id)), &mut spelled);
        (*spelled != raw).then(|| raw.to_vec())
    }

    fn put_plain(&self, tree: &Tree<'_>, id: NodeId, value: &Value<'_>, how: Spelling, edits: &mut Edits) {
        let node = tree.node(id);
        // A date keeps its form, which is its type, however the rest is spelled.
        let style = if how == Spelling::Kept || is_local(tree, id) { node.style } else { Style::Double };
        edits.replace_with(node.span, |out| spell::push(value, style, out));
    }

    fn put_hint(&self, tree: &Tree<'_>, id: NodeId, hint: &[u8], edits: &mut Edits) {
        edits.replace(tree.node(id).span, hint);
    }

    fn add_metadata(
        &self,
        tree: &Tree<'_>,
        metadata: &Data,
        _layout: &Layout,
        edits: &mut Edits,
    ) -> Result<(), Error> {
        place::add(tree.source, &layout_of(tree)?, metadata, edits)
    }

    fn remove_metadata(&self, tree: &Tree<'_>, edits: &mut Edits) {
        if let Ok(layout) = layout_of(tree) {
            place::remove(tree.source, &layout, edits);
        }
    }

    fn replace_metadata(
        &self,
        tree: &Tree<'_>,
        metadata: &Data,
        _layout: &Layout,
        edits: &mut Edits,
    ) -> Result<(), Error> {
        place::replace(tree.source, &layout_of(tree)?, metadata, edits)
    }

    fn metadata(&self, tree: &Tree<'_>) -> Option<Data> {
        let mut data = tree.metadata().next().map(|id| Data::of(tree, id))?;
        if data.get("version").is_none() {
            data.push("version", Data::str(ROPS));
        }
        Some(data)
    }

    fn write(
        &self,
        documents: &[Data],
        metadata: Option<&Data>,
        _layout: &Layout,
    ) -> Result<Zeroizing<Vec<u8>>, Error> {
        write::write(documents, metadata)
    }

    fn put_data(
        &self,
        tree: &Tree<'_>,
        id: NodeId,
        data: &Data,
        how: Spelling,
        edits: &mut Edits,
    ) -> Result<(), Error> {
        entries::put(tree, &layout_of(tree)?, id, data, how, edits)
    }

    fn add_entry(
        &self,
        tree: &Tree<'_>,
        parent: NodeId,
        key: Option<&[u8]>,
        data: &Data,
        _how: Spelling,
        edits: &mut Edits,
    ) -> Result<(), Error> {
        entries::add(tree, &layout_of(tree)?, parent, key, data, edits)
    }

    fn remove_entry(
        &self,
        tree: &Tree<'_>,
        id: NodeId,
        _how: Spelling,
        edits: &mut Edits,
    ) -> Result<(), Error> {
        take::remove(tree, &layout_of(tree)?, id, edits)
    }
}

fn cannot(message: impl Into<String>) -> Error {
    Error::new(ErrorKind::Inexpressible(message.into()), 0)
}

/// Whether a leaf is a date or time without offset, or holds the ciphertext of one.
fn is_local(tree: &Tree<'_>, id: NodeId) -> bool {
    tree.tags.binary_search_by_key(&id, |(node, _)| *node).is_ok()
}

/// Where the pieces of a tree stand.
fn layout_of<'s>(tree: &Tree<'s>) -> Result<layout::Layout<'s>, Error> {
    scan::layout(tree.source, &Limits::default())
}

#[cfg(test)]
pub(crate) mod tests;
