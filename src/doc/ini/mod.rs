//! INI documents, in the grammar of SOPS (format description, section 5.4).
//!
//! A section is a map under its name; keys before the first section are in `DEFAULT`. Sections of one name
//! stay apart. All values are strings. Comment lines belong to the key or section that follows them, and
//! stand in the tree behind that key, or first in that section.

mod entries;
mod place;
mod scan;
mod space;
mod spell;
mod write;

pub use write::with_comments_in_front;

use super::data::Data;
use super::edits::Edits;
use super::error::{Error, ErrorKind};
use super::format::{Format, FormatName, Layout, Spelling};
use super::limits::Limits;
use super::tree::{Kind, NodeId, Span, Style, Tree};
use super::value::Value;
use zeroize::Zeroizing;

/// The section of keys that stand before any section.
const DEFAULT: &str = "DEFAULT";
/// The section of the metadata.
const METADATA: &[u8] = b"sops";

/// The INI format.
pub struct Ini;

impl Format for Ini {
    fn name(&self) -> FormatName {
        FormatName::Ini
    }

    fn parse<'s>(&self, source: &'s [u8], limits: &Limits) -> Result<Tree<'s>, Error> {
        scan::parse(source, limits)
    }

    /// The quotes around a value stay around its ciphertext.
    fn put_cipher(&self, tree: &Tree<'_>, id: NodeId, token: &str, edits: &mut Edits) {
        let node = tree.node(id);
        let quote = if loses_quotes(tree, id) { 0 } else { spell::quote(node.style).len() };
        let range = node.span.range();
        edits.replace(Span::new(range.start + quote, range.end - quote), token.as_bytes());
    }

    fn layout_hint(&self, tree: &Tree<'_>, id: NodeId) -> Option<Vec<u8>> {
        let node = tree.node(id);
        let Kind::Leaf(value) = &node.kind else { return None };
        let raw = tree.text(node.span);
        let mut spelled = Zeroizing::new(Vec::with_capacity(raw.len() + 6));
        spell::push(value, Some(node.style), &mut spelled);
        (*spelled != raw || loses_quotes(tree, id)).then(|| raw.to_vec())
    }

    fn put_plain(&self, tree: &Tree<'_>, id: NodeId, value: &Value<'_>, how: Spelling, edits: &mut Edits) {
        let node = tree.node(id);
        let style = (how == Spelling::Kept).then_some(node.style);
        edits.replace_with(node.span, |out| {
            spell::push(value, style, out);
        });
    }

    fn put_hint(&self, tree: &Tree<'_>, id: NodeId, hint: &[u8], edits: &mut Edits) {
        edits.replace(tree.node(id).span, hint);
    }

    fn seal_comment(&self, text: &mut Vec<u8>) {
        place::seal_comment(text);
    }

    fn open_comment(&self, text: &mut Vec<u8>, from: usize) {
        place::open_comment(text, from);
    }

    fn put_comment_cipher(
        &self,
        tree: &Tree<'_>,
        index: usize,
        token: &str,
        edits: &mut Edits,
    ) -> Result<(), Error> {
        place::put_comment_cipher(tree, index, token, edits)
    }

    fn put_comment_plain(&self, tree: &Tree<'_>, index: usize, text: &[u8], edits: &mut Edits) {
        place::put_comment_plain(tree, index, text, edits);
    }

    fn add_metadata(
        &self,
        tree: &Tree<'_>,
        metadata: &Data,
        _layout: &Layout,
        edits: &mut Edits,
    ) -> Result<(), Error> {
        place::add(tree, metadata, edits)
    }

    fn remove_metadata(&self, tree: &Tree<'_>, edits: &mut Edits) {
        place::remove(tree, edits);
    }

    fn replace_metadata(
        &self,
        tree: &Tree<'_>,
        metadata: &Data,
        _layout: &Layout,
        edits: &mut Edits,
    ) -> Result<(), Error> {
        place::replace(tree, metadata, edits)
    }

    fn metadata(&self, tree: &Tree<'_>) -> Option<Data> {
        place::read(tree)
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
        entries::put(tree, id, data, how, edits)
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
        entries::add(tree, parent, key.unwrap_or_default(), data, edits)
    }

    /// The comment lines above go with a key or section.
    fn remove_entry(
        &self,
        tree: &Tree<'_>,
        id: NodeId,
        _how: Spelling,
        edits: &mut Edits,
    ) -> Result<(), Error> {
        entries::remove(tree, id, edits);
        Ok(())
    }

    /// Every value is read back as a string.
    fn same_value(&self, wanted: &Value<'_>, read: &Value<'_>) -> bool {
        let mut typed = Zeroizing::default();
        matches!(read, Value::Str(read) if *spell::text(wanted, &mut typed) == **read)
    }
}

fn cannot(message: impl Into<String>) -> Error {
    Error::new(ErrorKind::Inexpressible(message.into()), 0)
}

/// Whether a value stands on several lines before a comment: on one line no comment may follow its quotes.
fn loses_quotes(tree: &Tree<'_>, id: NodeId) -> bool {
    let node = tree.node(id);
    let end = node.span.end as usize;
    let line = &tree.source[end..space::line_end(tree.source, end)];
    matches!(node.style, Style::Back | Style::Triple)
        && tree.text(node.span).contains(&b'\n')
        && !space::trim(line).is_empty()
}

/// The line end of the document: that of its first line.
fn line_end_of(source: &[u8]) -> &'static [u8] {
    match source.iter().position(|b| *b == b'\n') {
        Some(at) if at > 0 && source[at - 1] == b'\r' => b"\r\n",
        _ => b"\n",
    }
}

#[cfg(test)]
mod tests;
