//! Why a folder is not taken as a target.

use crate::io::reason;
use std::io;

/// Why a folder is not taken. The rule of docs/containers.md stands before each. Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum TargetError {
    /// T1: it is missing, and would not be in memory.
    #[error("it does not exist")]
    Missing,
    /// T1: something else has its name.
    #[error("it is not a folder")]
    NotAFolder,
    /// T1: a link could lead anywhere, and elsewhere next time.
    #[error("it is a symbolic link")]
    Symlink,
    /// T2: what is written there could be found on a disk.
    #[error("it is on {file_system}, not in memory")]
    NotInMemory {
        /// The name of the file system, or its number in hex.
        file_system: String,
        /// The user of this process, for the line that mounts a tmpfs.
        uid: u32,
        /// The group of this process.
        gid: u32,
    },
    /// T3: the mount or the file system is read-only.
    #[error("it is read-only")]
    ReadOnly,
    /// T4: its owner could exchange what is in it.
    #[error("it belongs to user {uid}, who is neither this user nor root")]
    ForeignOwner {
        /// Its owner.
        uid: u32,
    },
    /// T8: others can write to it, exchange what is in it, and reach it from outside of a container.
    #[error("its mode {mode:04o} lets others write to it")]
    WritableByOthers {
        /// Its permission bits.
        mode: u32,
    },
    /// T10: another process writes to it.
    #[error("another writer holds it")]
    Busy,
    /// T12: it may be swapped, and must not.
    #[error("swap space is active and this tmpfs is mounted without `noswap`")]
    MayBeSwapped,
    /// The system refused.
    #[error("cannot {step}: {}", reason(source))]
    System {
        /// What was tried.
        step: &'static str,
        /// What the system says.
        source: io::Error,
    },
}

/// An error of the system at `step`.
pub(super) fn failed<E: Into<io::Error>>(step: &'static str) -> impl Fn(E) -> TargetError {
    move |error| TargetError::System { step, source: error.into() }
}
