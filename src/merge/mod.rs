//! Three-way merge of plain documents by key path: texts and trees in, a text and conflicts out. Knows no
//! cryptography and no files.
//!
//! [`Merge::of`] decides value by value, on the trees. [`Merge::text`] then writes the decisions in our
//! layout: blocks of lines are taken from the versions with their comments (`blocks`, `emit`); what cannot
//! be put together that way is changed at its place in the text (`repair`); and nothing is given out that
//! does not read as was decided.

mod blocks;
mod decide;
mod emit;
pub mod lines;
pub mod markers;
mod repair;
mod sequence;
mod version;

pub use decide::{Base, Conflict, Documents, Merge};
pub use version::Version;

/// One of the versions that are merged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Side {
    /// The common ancestor.
    Base,
    /// Ours.
    Ours,
    /// Theirs.
    Theirs,
}

/// How a conflict is decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Choice {
    /// What this version has there, which may be nothing.
    Take(Side),
    /// Nothing.
    Delete,
}

#[cfg(test)]
mod tests;
