//! The SOPS file format, and the strict record that `seal` adds to it.
//!
//! The only place that knows SOPS's spellings. Everything here is pure: the data key, the clock and the
//! settings are arguments.

mod aliases;
pub mod check;
pub mod decrypt;
pub mod encrypt;
pub mod inspect;
mod kept;
mod layout;
pub mod merged;
pub mod metadata;
pub mod plaintext;
pub mod plan;
pub mod rekey;
pub mod reseal;
mod reveal;
pub mod sealed;
mod sealing;
pub mod selection;
pub mod selector;
pub mod strict;
mod unsealing;
mod values;

pub use decrypt::{DecryptError, Opened};
pub use encrypt::{EncryptError, EncryptRequest};
pub use inspect::Inspected;
pub use merged::Merged;
pub use metadata::{Metadata, MetadataError};
pub use rekey::{Rekey, RekeyError, rewrap, rotate};
pub use reseal::{Reseal, reseal};
pub use sealed::{LoadError, Sealed};
pub use selection::Selection;
pub use selector::{Selector, SelectorKind};

#[cfg(test)]
mod tests;
