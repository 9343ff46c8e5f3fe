//! Why a generation is not installed.

use super::space::Space;
use crate::io::reason;
use std::io;

/// Why a generation is not installed, or not removed. What was made for it is gone again, and the one before
/// is the current one still. The rule of docs/containers.md stands before each.
#[derive(Debug, thiserror::Error)]
pub enum InstallError {
    /// T9: a name that is needed is taken by something that is not ours. It was not touched.
    #[error("`{name}` is there and is {what}")]
    Foreign {
        /// The name in the target.
        name: String,
        /// What it is: "a file", "a folder", "a symbolic link", …
        what: &'static str,
    },
    /// T5: it is open to others, who have something in it: to close it would shut them out.
    #[error("others can write to it, and have something in it")]
    Shared,
    /// T11: the file system is too full.
    #[error("{needed} needed, {free} free")]
    NoSpace {
        /// What the new generation takes, besides the one that is there.
        needed: Space,
        /// What is there for it.
        free: Space,
    },
    /// A name that is no name of a file, or means something else here.
    #[error("`{0}` cannot be the name of a file")]
    BadName(String),
    /// A mode with bits for writing or for all users, or with others than permission bits.
    #[error("`{name}`: mode {mode:04o} lets others write, or all read")]
    TooOpen {
        /// The name of the file.
        name: String,
        /// The mode that was asked for.
        mode: u32,
    },
    /// Its reader could not pass the folders that lead to it, unless all users could.
    #[error("`{name}`: its folder can be opened to one group, not to {reader} as well")]
    Unreachable {
        /// The name of the file.
        name: String,
        /// "group 1000" or "user 1000 of an unknown group".
        reader: String,
    },
    /// Whoever was asked before the switch said no.
    #[error("it was stopped before the switch")]
    Stopped,
    /// The system refused.
    #[error("cannot {step}: {}", reason(source))]
    System {
        /// What was tried, with the name that it was tried on.
        step: String,
        /// What the system says.
        source: io::Error,
    },
}

/// An error of the system at `step`.
pub(super) fn failed<E: Into<io::Error>>(step: &str) -> impl Fn(E) -> InstallError {
    move |error| InstallError::System { step: step.to_owned(), source: error.into() }
}

/// An error of the system at `step` on `name`.
pub(super) fn failed_on<E: Into<io::Error>>(step: &str, name: &str) -> impl Fn(E) -> InstallError {
    move |error| InstallError::System { step: format!("{step} `{name}`"), source: error.into() }
}
