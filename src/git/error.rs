//! Why a repository cannot be read.

use super::object::ObjectId;
use crate::io::reason;
use std::io;
use thiserror::Error;

/// Why a repository cannot be read.
#[derive(Debug, Error)]
pub enum GitError {
    /// There is no `git`.
    #[error("the program `git` is not installed, or not on the PATH")]
    Missing,
    /// `git` cannot be started or talked to.
    #[error("cannot run `git {command}`: {}", reason(source))]
    Run {
        /// The command of git.
        command: &'static str,
        /// Why.
        source: io::Error,
    },
    /// `git` refused.
    #[error("`git {command}` failed: {message}")]
    Failed {
        /// The command of git.
        command: &'static str,
        /// The first line of what it said.
        message: String,
    },
    /// `git` said something that is not understood.
    #[error("the output of `git {command}` is not understood")]
    Output {
        /// The command of git.
        command: &'static str,
    },
    /// The repository has no files outside its store, or the folder is inside the store.
    #[error("the repository has no worktree here")]
    NoWorktree,
    /// What should be a revision is none.
    #[error("`{}` is no revision", shown(.0))]
    Revision(String),
    /// The repository does not have this blob.
    #[error("the repository has no blob {0}")]
    NoBlob(ObjectId),
    /// A blob is larger than the limit.
    #[error("blob {id} is larger than the limit of {limit} bytes")]
    TooLarge {
        /// Which.
        id: ObjectId,
        /// The limit in bytes.
        limit: usize,
    },
}

/// The text without what could steer a terminal.
fn shown(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}
