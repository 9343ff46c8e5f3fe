//! Ordinary files: bounded reads, atomic writes. The only module that opens them.

pub mod append;
pub mod atomic;
pub mod input;

#[cfg(test)]
pub(crate) mod testing;

pub use append::AppendLog;
pub use atomic::{Mode, WriteError, remove, replace, write_to};
pub use input::{Input, ReadError, read_file, read_regular_file, read_stdin};

use std::io;
use std::os::unix::fs::MetadataExt;

/// Which content a file had when it was read: enough to notice that somebody else changed it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fingerprint {
    device: u64,
    inode: u64,
    modified: (i64, i64),
    length: u64,
}

impl Fingerprint {
    /// The fingerprint of the file that `metadata` describes.
    #[must_use]
    pub fn of(metadata: &std::fs::Metadata) -> Self {
        Self {
            device: metadata.dev(),
            inode: metadata.ino(),
            modified: (metadata.mtime(), metadata.mtime_nsec()),
            length: metadata.len(),
        }
    }
}

/// What the system says about an error, in the form of our messages: lower case, without its number.
#[must_use]
pub fn reason(error: &io::Error) -> String {
    let text = error.to_string();
    let text = text.split(" (os error").next().unwrap_or(&text);
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_lowercase().chain(chars).collect())
}

#[cfg(test)]
mod tests {
    use super::reason;
    use std::io::Error;

    #[test]
    fn reasons_read_like_our_messages() {
        assert_eq!(reason(&Error::from_raw_os_error(13)), "permission denied");
        assert_eq!(reason(&Error::other("Disk on fire")), "disk on fire");
        assert_eq!(reason(&Error::other("")), "");
    }
}
