//! Any bytes as one value: what a file is that has no format of its own.
//!
//! Encrypted, the value stands under `data` in a JSON document (format description, section 5.5), so
//! this format has a plain side only.

use super::data::Data;
use super::edits::Edits;
use super::error::{Error, ErrorKind};
use super::format::{Format, FormatName, Layout, Spelling};
use super::limits::Limits;
use super::tree::{Flags, Name, NodeId, Span, Style, Tree, TreeBuilder};
use super::value::Value;
use zeroize::Zeroizing;

/// The key of the one value.
pub const KEY: &str = "data";

/// The binary format.
pub struct Binary;

impl Format for Binary {
    fn name(&self) -> FormatName {
        FormatName::Binary
    }

    fn parse<'s>(&self, source: &'s [u8], limits: &Limits) -> Result<Tree<'s>, Error> {
        let mut builder = TreeBuilder::new(source, limits)?;
        let span = Span::new(0, source.len());
        builder.document(span)?;
        builder.leaf(
            Name::Key(KEY.into()),
            Value::Str(source.into()),
            span,
            Style::Plain,
            Flags::default(),
        )?;
        Ok(builder.finish())
    }

    fn put_cipher(&self, tree: &Tree<'_>, id: NodeId, token: &str, edits: &mut Edits) {
        edits.replace(tree.node(id).span, token.as_bytes());
    }

    fn layout_hint(&self, _tree: &Tree<'_>, _id: NodeId) -> Option<Vec<u8>> {
        None
    }

    fn put_plain(&self, tree: &Tree<'_>, id: NodeId, value: &Value<'_>, _how: Spelling, edits: &mut Edits) {
        edits.replace_with(tree.node(id).span, |out| value.canonical(out));
    }

    fn put_hint(&self, tree: &Tree<'_>, id: NodeId, hint: &[u8], edits: &mut Edits) {
        edits.replace(tree.node(id).span, hint);
    }

    fn add_metadata(
        &self,
        _tree: &Tree<'_>,
        _metadata: &Data,
        _layout: &Layout,
        _edits: &mut Edits,
    ) -> Result<(), Error> {
        Err(Error::new(ErrorKind::Inexpressible("a binary file has no place for metadata".to_owned()), 0))
    }

    fn remove_metadata(&self, _tree: &Tree<'_>, _edits: &mut Edits) {}

    fn metadata(&self, _tree: &Tree<'_>) -> Option<Data> {
        None
    }

    fn put_data(
        &self,
        _tree: &Tree<'_>,
        _id: NodeId,
        _data: &Data,
        _how: Spelling,
        _edits: &mut Edits,
    ) -> Result<(), Error> {
        Err(one_value())
    }

    fn add_entry(
        &self,
        _tree: &Tree<'_>,
        _parent: NodeId,
        _key: Option<&[u8]>,
        _data: &Data,
        _how: Spelling,
        _edits: &mut Edits,
    ) -> Result<(), Error> {
        Err(one_value())
    }

    fn remove_entry(
        &self,
        _tree: &Tree<'_>,
        _id: NodeId,
        _how: Spelling,
        _edits: &mut Edits,
    ) -> Result<(), Error> {
        Err(one_value())
    }

    /// Writes the bytes of the top-level string `data`, and nothing else.
    fn write(
        &self,
        documents: &[Data],
        _metadata: Option<&Data>,
        _layout: &Layout,
    ) -> Result<Zeroizing<Vec<u8>>, Error> {
        match documents.first().and_then(|document| document.get(KEY)) {
            Some(Data::Value(Value::Str(text))) => Ok(Zeroizing::new(text.to_vec())),
            _ => {
                let message =
                    "binary output needs a top-level string `data`; choose an --output-type".to_owned();
                Err(Error::new(ErrorKind::Inexpressible(message), 0))
            }
        }
    }
}

fn one_value() -> Error {
    let message = "a binary file is one value and has no keys".to_owned();
    Error::new(ErrorKind::Inexpressible(message), 0)
}
