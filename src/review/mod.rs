//! What was changed in encrypted files, for those who review it: by key path, by line, as data.
//!
//! Pure: versions of files in, texts out. Values are in a text only where [`Form::Plain`] asks for them.

mod changes;
mod data;
mod markdown;
mod node;
mod pair;
mod text;
mod version;

pub use changes::{Change, Place, What, between};
pub use data::{json, json_text};
pub use markdown::markdown;
pub use node::{Leaf, Node};
pub use pair::{Pair, Side, Status};
pub use text::{diff, keys};
pub use version::{Masks, Nature, Needs, Version, Viewer};

/// How values are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// What they are.
    Plain,
    /// Digests of the values.
    Masked,
    /// Digests of the ciphertexts, which need no key.
    Structure,
    /// Not at all: the key paths only.
    Keys,
}
