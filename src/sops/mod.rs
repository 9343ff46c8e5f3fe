//! The SOPS file format, and the strict record that `seal` adds to it.
//!
//! The only place that knows SOPS's spellings. Everything here is pure: the data key, the clock and the
//! settings are arguments.

mod aliases;
pub mod check;
pub mod decrypt;
pub mod encrypt;
mod layout;
pub mod metadata;
pub mod plaintext;
pub mod plan;
mod reveal;
pub mod sealed;
pub mod selection;
pub mod selector;
pub mod strict;

pub use decrypt::{DecryptError, Opened};
pub use encrypt::{EncryptError, EncryptRequest};
pub use metadata::{Metadata, MetadataError};
pub use sealed::{LoadError, Sealed};
pub use selection::Selection;
pub use selector::{Selector, SelectorKind};

#[cfg(test)]
mod tests;
