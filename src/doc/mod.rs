//! Lossless documents.
//!
//! A document is parsed to a [`Tree`] of nodes that know their place in the text; whoever changes it
//! collects [`Edits`]; [`Edits::apply`] makes the new text. No byte outside an edit ever changes; [`change`]
//! sets or removes what is at a path that way. This layer knows formats and typed values; it knows no cryptography and no files.

pub mod binary;
pub mod change;
pub mod data;
pub mod dotenv;
pub mod edits;
pub mod error;
pub mod flatten;
pub mod format;
mod formats;
pub mod ini;
pub mod json;
pub mod limits;
pub mod path;
mod source;
pub mod toml;
pub mod tree;
pub mod value;
pub mod yaml;

pub use data::Data;
pub use dotenv::Dialect;
pub use edits::Edits;
pub use error::{Error, ErrorKind, Position};
pub use format::{Format, FormatName, Layout};
pub use limits::Limits;
pub use path::KeyPath;
pub use source::{Source, Texts};
pub use tree::{Comment, Flags, Kind, Name, Node, NodeId, Span, Style, Tree, TreeBuilder};
pub use value::{Text, Timestamp, Value, go_float};
