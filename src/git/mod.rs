//! What a Git repository knows, read through the plumbing of the user's own `git`.
//!
//! For reading, but for [`config`], which lets `git` write settings, and [`Repository::add`]. `git` is
//! started without a shell and with fixed settings: no pager, no hook, no
//! file watcher, no optional locks, no network, no signature check, no replaced objects. File names are
//! bytes and are passed after `--`, taken as they stand. Works in linked worktrees, bare repositories,
//! shallow clones and with ids of either length.

mod blobs;
mod commits;
mod compare;
pub mod config;
mod entries;
mod error;
mod files;
pub mod filter;
mod history;
mod marks;
mod merge_file;
mod object;
mod process;
mod raw;
mod repository;
mod unmerged;

pub use blobs::{Blobs, Kind};
pub use commits::{Change, Commit, Commits, Selection};
pub use compare::States;
pub use entries::Entry;
pub use error::GitError;
pub use files::{Tracked, TrackedKind};
pub use history::{History, Version};
pub use marks::{Attributes, Driver};
pub use merge_file::{MergedText, TextMerge};
pub use object::ObjectId;
pub use raw::Content;
pub use repository::Repository;
pub use unmerged::UnmergedFile;

#[cfg(test)]
mod tests;
