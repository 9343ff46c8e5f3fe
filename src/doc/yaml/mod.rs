//! YAML, with SOPS's rules where they differ from the standard (format description, section 5.1).
//!
//! | file | what it holds |
//! | --- | --- |
//! | `events` | the parser, behind one door |
//! | `lines`, `block`, `resolve` | characters and lines; block scalars; typing |
//! | `parse`, `comments`, `quirks` | events to tree; where comments belong; what SOPS reads otherwise |
//! | `fast` | the subset that most large files are in, without the parser |
//! | `site`, `scalar`, `spell` | the place of a leaf; styles; a value in a place |
//! | `put`, `alias`, `elements` | ciphertexts, values, hints; expanded aliases; comments of lists |
//! | `put_data`, `take`, `flow`, `extent` | entries set and removed; those in brackets; how far entries reach |
//! | `place` | the metadata |
//! | `write` | data from elsewhere, laid out as SOPS does |

mod alias;
mod block;
mod comments;
mod elements;
mod events;
mod extent;
mod fast;
mod flow;
mod lines;
mod parse;
mod place;
mod put;
mod put_data;
mod quirks;
mod resolve;
mod scalar;
mod site;
mod spell;
mod take;
#[cfg(test)]
pub(crate) mod tests;
mod write;

use super::data::Data;
use super::edits::Edits;
use super::error::Error;
use super::format::{Format, FormatName, Layout, Spelling};
use super::limits::Limits;
use super::tree::{NodeId, Tree};
use super::value::Value;
use zeroize::Zeroizing;

/// The YAML format.
#[derive(Debug, Clone, Copy, Default)]
pub struct Yaml;

impl Format for Yaml {
    fn name(&self) -> FormatName {
        FormatName::Yaml
    }

    fn parse<'s>(&self, source: &'s [u8], limits: &Limits) -> Result<Tree<'s>, Error> {
        match fast::parse(source, limits) {
            Some(tree) => Ok(tree),
            None => parse::parse(source, limits),
        }
    }

    fn put_cipher(&self, tree: &Tree<'_>, id: NodeId, token: &str, edits: &mut Edits) {
        put::cipher(tree, id, token, edits);
    }

    fn put_cipher_like(
        &self,
        tree: &Tree<'_>,
        id: NodeId,
        model: (&Tree<'_>, NodeId),
        token: &str,
        edits: &mut Edits,
    ) {
        put::cipher_like(tree, id, model, token, edits);
    }

    fn layout_hint(&self, tree: &Tree<'_>, id: NodeId) -> Option<Vec<u8>> {
        put::hint(tree, id)
    }

    fn put_plain(&self, tree: &Tree<'_>, id: NodeId, value: &Value<'_>, how: Spelling, edits: &mut Edits) {
        put::plain(tree, id, value, how, edits);
    }

    fn put_hint(&self, tree: &Tree<'_>, id: NodeId, hint: &[u8], edits: &mut Edits) {
        put::restore(tree, id, hint, edits);
    }

    fn expand_alias(&self, tree: &Tree<'_>, id: NodeId, edits: &mut Edits) {
        alias::expand(tree, id, edits);
    }

    fn element_to_comment(&self, tree: &Tree<'_>, id: NodeId, text: &[u8], edits: &mut Edits) {
        elements::to_comment(tree, id, text, edits);
    }

    fn add_metadata(
        &self,
        tree: &Tree<'_>,
        metadata: &Data,
        layout: &Layout,
        edits: &mut Edits,
    ) -> Result<(), Error> {
        place::add(tree, metadata, layout, edits)
    }

    fn remove_metadata(&self, tree: &Tree<'_>, edits: &mut Edits) {
        place::remove(tree, edits);
    }

    fn replace_metadata(
        &self,
        tree: &Tree<'_>,
        metadata: &Data,
        layout: &Layout,
        edits: &mut Edits,
    ) -> Result<(), Error> {
        place::replace(tree, metadata, layout, edits)
    }

    fn value_before_metadata(&self, tree: &Tree<'_>) -> Option<NodeId> {
        place::value_before_metadata(tree)
    }

    fn metadata(&self, tree: &Tree<'_>) -> Option<Data> {
        let root = *tree.documents.first()?;
        tree.child(root, b"sops").map(|id| Data::of(tree, id))
    }

    fn write(
        &self,
        documents: &[Data],
        metadata: Option<&Data>,
        layout: &Layout,
    ) -> Result<Zeroizing<Vec<u8>>, Error> {
        write::write(documents, metadata, layout)
    }

    fn put_data(
        &self,
        tree: &Tree<'_>,
        id: NodeId,
        data: &Data,
        how: Spelling,
        edits: &mut Edits,
    ) -> Result<(), Error> {
        put_data::put(tree, id, data, how, edits)
    }

    fn add_entry(
        &self,
        tree: &Tree<'_>,
        parent: NodeId,
        key: Option<&[u8]>,
        data: &Data,
        how: Spelling,
        edits: &mut Edits,
    ) -> Result<(), Error> {
        put_data::add(tree, parent, key, data, how, edits)
    }

    fn remove_entry(
        &self,
        tree: &Tree<'_>,
        id: NodeId,
        how: Spelling,
        edits: &mut Edits,
    ) -> Result<(), Error> {
        take::remove(tree, id, how, edits)
    }
}
