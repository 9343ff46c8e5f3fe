//! Generations: complete sets of files, of which one is current, switched at once.
//!
//! ```text
//! DIR/..data          -> ..gen-<ms>-<random>     the only thing that is ever switched
//! DIR/..gen-<ms>-<r>/    app.yaml, db.password   a complete set
//! DIR/app.yaml        -> ..data/app.yaml         the visible names
//! ```
//!
//! The layout of secret volumes of Kubernetes, so that what watches those works here. See docs/containers.md,
//! "Ownership and modes" and "Atomicity".

mod check;
mod clear;
mod error;
mod fill;
mod install;
mod modes;
mod names;
mod remove;
mod same;
mod space;
mod survey;
mod sys;
mod undo;

pub use check::{CheckError, Checked, check};
pub use clear::{ClearError, Cleared, clear};
pub use error::InstallError;
pub use install::Installed;
pub use space::Space;
pub use undo::Undo;

#[cfg(test)]
mod tests;
