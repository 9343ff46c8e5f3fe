//! What every format can do, and which format a file has.

use super::data::Data;
use super::dotenv::Dialect;
use super::edits::Edits;
use super::error::Error;
use super::limits::Limits;
use super::tree::{NodeId, Tree};
use super::value::Value;
use std::fmt;
use zeroize::Zeroizing;

/// How new text is laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Layout {
    /// Columns per level where `.sops.yaml` (`stores`) or `--indent` says so; else as the file is, else
    /// the format's default.
    pub indent: Option<usize>,
}

/// The formats, by the names that `--input-type` takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FormatName {
    /// YAML.
    Yaml,
    /// JSON.
    Json,
    /// ENV lines.
    Dotenv,
    /// INI sections.
    Ini,
    /// TOML.
    Toml,
    /// Any bytes, in a JSON envelope when encrypted.
    Binary,
}

impl FormatName {
    /// The format a file's name tells, as SOPS decides (format description, section 5.7).
    #[must_use]
    pub fn of_path(path: &str) -> Self {
        if path.ends_with(".yaml") || path.ends_with(".yml") {
            FormatName::Yaml
        } else if path.ends_with(".json") {
            FormatName::Json
        } else if path.ends_with(".env") {
            FormatName::Dotenv
        } else if path.ends_with(".ini") {
            FormatName::Ini
        } else if path.ends_with(".toml") {
            FormatName::Toml
        } else {
            FormatName::Binary
        }
    }

    /// The format of a file with this name and content: what the name tells, but a `.toml` file that is the
    /// JSON of an encrypted binary file is that. SOPS knows no TOML, and makes such files of it.
    #[must_use]
    pub fn of_file(path: &str, content: &[u8]) -> Self {
        match Self::of_path(path) {
            // No TOML document begins with a brace.
            FormatName::Toml if is_envelope(content) => FormatName::Binary,
            format => format,
        }
    }

    /// Whether all its values are texts, so that what looks like a number stays as it is written.
    #[must_use]
    pub fn knows_text_only(self) -> bool {
        matches!(self, FormatName::Dotenv | FormatName::Ini)
    }
}

/// Whether `content` is, or was before it was damaged, the JSON of an encrypted binary file.
fn is_envelope(content: &[u8]) -> bool {
    let text = content.strip_prefix(b"\xef\xbb\xbf").unwrap_or(content).trim_ascii_start();
    let names = |name: &[u8]| text.windows(name.len()).any(|window| window == name);
    text.starts_with(b"{") && names(b"\"data\"") && names(b"\"sops\"")
}

impl fmt::Display for FormatName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            FormatName::Yaml => "yaml",
            FormatName::Json => "json",
            FormatName::Dotenv => "dotenv",
            FormatName::Ini => "ini",
            FormatName::Toml => "toml",
            FormatName::Binary => "binary",
        })
    }
}

impl std::str::FromStr for FormatName {
    type Err = ();
    fn from_str(text: &str) -> Result<Self, ()> {
        match text {
            "yaml" => Ok(FormatName::Yaml),
            "json" => Ok(FormatName::Json),
            "dotenv" | "env" => Ok(FormatName::Dotenv),
            "ini" => Ok(FormatName::Ini),
            "toml" => Ok(FormatName::Toml),
            "binary" => Ok(FormatName::Binary),
            _ => Err(()),
        }
    }
}

/// How [`Format::put_plain`] spells a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Spelling {
    /// In the style that stands around the ciphertext.
    Kept,
    /// In the style that can hold any value, should the other not read back.
    Safe,
}

/// A lossless format.
///
/// The methods that take a tree and edits never write: they add edits for the tree's source.
pub trait Format: Sync {
    /// Its name.
    fn name(&self) -> FormatName;

    /// The ENV dialect of its texts, if it is one.
    fn dialect(&self) -> Option<Dialect> {
        None
    }

    /// The format of the encrypted text, if that is another. Then [`Self::put_plain`], [`Self::put_hint`]
    /// and [`Self::remove_metadata`] are given trees of that one.
    fn sealed(&self) -> Option<&'static dyn Format> {
        None
    }

    /// Gives the leaves that stay in clear the name and value that the format of the encrypted text reads
    /// where they stand.
    ///
    /// # Errors
    /// That format cannot read such a leaf.
    fn read_clear(&self, _tree: &mut Tree<'_>, _is_clear: &dyn Fn(NodeId) -> bool) -> Result<(), Error> {
        Ok(())
    }

    /// Parses `source`. The SOPS metadata is parsed like everything else and marked
    /// [`super::Flags::METADATA`].
    ///
    /// # Errors
    /// The text is not of the format, or exceeds a limit.
    fn parse<'s>(&self, source: &'s [u8], limits: &Limits) -> Result<Tree<'s>, Error>;

    /// Puts the one-line `token` (an `ENC[...]` text) in the place of leaf `id`, which is a plain value
    /// or another token. What it leaves around the token decides how [`Self::put_plain`] spells.
    fn put_cipher(&self, tree: &Tree<'_>, id: NodeId, token: &str, edits: &mut Edits);

    /// As [`Self::put_cipher`], but in the style of a leaf of another tree, its second part, which holds
    /// the same token. Only formats that give one value several styles do other than that.
    fn put_cipher_like(
        &self,
        tree: &Tree<'_>,
        id: NodeId,
        model: (&Tree<'_>, NodeId),
        token: &str,
        edits: &mut Edits,
    ) {
        let _ = model;
        self.put_cipher(tree, id, token, edits);
    }

    /// The spelling of leaf `id` that [`Self::put_plain`] could not restore from the value and from
    /// what [`Self::put_cipher`] leaves of the style; `None` if it could.
    fn layout_hint(&self, tree: &Tree<'_>, id: NodeId) -> Option<Vec<u8>>;

    /// Puts `value` in the place of leaf `id`, which holds a token.
    fn put_plain(&self, tree: &Tree<'_>, id: NodeId, value: &Value<'_>, how: Spelling, edits: &mut Edits);

    /// Puts a spelling from [`Self::layout_hint`] in the place of leaf (or expanded alias) `id`.
    fn put_hint(&self, tree: &Tree<'_>, id: NodeId, hint: &[u8], edits: &mut Edits);

    /// Turns the text of a comment into what is encrypted of it: a form that SOPS can write back.
    fn seal_comment(&self, _text: &mut Vec<u8>) {}

    /// The reverse of [`Self::seal_comment`], for the bytes of `text` from `from` on.
    fn open_comment(&self, _text: &mut Vec<u8>, _from: usize) {}

    /// Puts the one-line `token` in the place of the text of comment `index`.
    ///
    /// # Errors
    /// Readers would take the token for something else in this place.
    fn put_comment_cipher(
        &self,
        tree: &Tree<'_>,
        index: usize,
        token: &str,
        edits: &mut Edits,
    ) -> Result<(), Error> {
        edits.replace(tree.comments[index].span, token.as_bytes());
        Ok(())
    }

    /// Puts `text` in the place of comment `index`, which holds a token.
    fn put_comment_plain(&self, tree: &Tree<'_>, index: usize, text: &[u8], edits: &mut Edits) {
        edits.replace(tree.comments[index].span, text);
    }

    /// Replaces alias node `id` by a copy of what it stands for. Only formats with aliases are asked.
    fn expand_alias(&self, _tree: &Tree<'_>, _id: NodeId, _edits: &mut Edits) {}

    /// Turns the list element `id`, whose token decrypted to a comment, into a comment with `text`.
    fn element_to_comment(&self, tree: &Tree<'_>, id: NodeId, text: &[u8], edits: &mut Edits) {
        let _ = text;
        edits.replace(tree.node(id).span, b"null");
    }

    /// Adds the metadata to every document that wants it.
    ///
    /// # Errors
    /// The document has no place for it.
    fn add_metadata(
        &self,
        tree: &Tree<'_>,
        metadata: &Data,
        layout: &Layout,
        edits: &mut Edits,
    ) -> Result<(), Error>;

    /// Removes the metadata.
    fn remove_metadata(&self, tree: &Tree<'_>, edits: &mut Edits);

    /// Puts other metadata in the place of that which stands there; adds it to documents without any.
    ///
    /// # Errors
    /// The document has no place for it.
    fn replace_metadata(
        &self,
        tree: &Tree<'_>,
        metadata: &Data,
        layout: &Layout,
        edits: &mut Edits,
    ) -> Result<(), Error> {
        self.remove_metadata(tree, edits);
        self.add_metadata(tree, metadata, layout, edits)
    }

    /// The leaf whose value is another once the metadata follows: a YAML block scalar at the end of a text
    /// without a final line end.
    fn value_before_metadata(&self, _tree: &Tree<'_>) -> Option<NodeId> {
        None
    }

    /// Reads the metadata of the tree: the nested form that all formats share. `None` if there is none.
    fn metadata(&self, tree: &Tree<'_>) -> Option<Data>;

    /// Writes data that came from another format, as SOPS lays it out. `metadata` goes into every
    /// document.
    ///
    /// # Errors
    /// The data cannot be expressed in this format.
    fn write(
        &self,
        documents: &[Data],
        metadata: Option<&Data>,
        layout: &Layout,
    ) -> Result<Zeroizing<Vec<u8>>, Error>;

    /// Puts `data` in the place of node `id`, laid out as the document is.
    ///
    /// # Errors
    /// The format has no form for the data, or none in this place.
    fn put_data(
        &self,
        tree: &Tree<'_>,
        id: NodeId,
        data: &Data,
        how: Spelling,
        edits: &mut Edits,
    ) -> Result<(), Error>;

    /// Adds `data` as the last entry of map (under `key`) or list (without a key) `parent`.
    ///
    /// # Errors
    /// As [`Self::put_data`].
    fn add_entry(
        &self,
        tree: &Tree<'_>,
        parent: NodeId,
        key: Option<&[u8]>,
        data: &Data,
        how: Spelling,
        edits: &mut Edits,
    ) -> Result<(), Error>;

    /// Removes entry `id` from its map or list, with what stands on its lines; the last one leaves an empty
    /// map or list.
    ///
    /// # Errors
    /// The format has no entries.
    fn remove_entry(
        &self,
        tree: &Tree<'_>,
        id: NodeId,
        how: Spelling,
        edits: &mut Edits,
    ) -> Result<(), Error>;

    /// Whether `read`, which this format's parser gave, is what `wanted` becomes when it is written.
    fn same_value(&self, wanted: &Value<'_>, read: &Value<'_>) -> bool {
        wanted == read
    }
}
