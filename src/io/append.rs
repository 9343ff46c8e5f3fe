//! A log that is only appended to.

use rustix::fs::OFlags;
use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

/// A file or pipe that lines are appended to, each with one write.
pub struct AppendLog(File);

impl AppendLog {
    /// Opens a file, or makes it for this user only. A symbolic link is not followed.
    ///
    /// # Errors
    /// The system refuses.
    pub fn open(path: &Path) -> io::Result<Self> {
        let flags = (OFlags::NOFOLLOW | OFlags::CLOEXEC | OFlags::NOCTTY).bits();
        let flags = i32::try_from(flags).map_err(io::Error::other)?;
        let file = OpenOptions::new().append(true).create(true).mode(0o600).custom_flags(flags).open(path)?;
        Ok(Self(file))
    }

    /// Opens what stands behind a descriptor of this process.
    ///
    /// # Errors
    /// It is not open, or not for writing.
    pub fn of_descriptor(number: i32) -> io::Result<Self> {
        let file = OpenOptions::new().append(true).open(format!("/proc/self/fd/{number}"))?;
        Ok(Self(file))
    }

    /// Appends a line.
    ///
    /// # Errors
    /// The system refuses.
    pub fn append(&self, line: &[u8]) -> io::Result<()> {
        (&self.0).write_all(line)
    }
}

impl AsFd for AppendLog {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

#[cfg(test)]
mod tests {
    use super::AppendLog;
    use crate::io::testing::Folder;
    use std::os::unix::fs::{PermissionsExt, symlink};

    #[test]
    fn lines_are_appended_and_links_refused() {
        let folder = Folder::new();
        let path = folder.path("log");
        for line in ["a\n", "b\n"] {
            AppendLog::open(&path).unwrap().append(line.as_bytes()).unwrap();
        }
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "a\nb\n");
        assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o600);
        symlink(&path, folder.path("link")).unwrap();
        assert!(AppendLog::open(&folder.path("link")).is_err());
        assert!(AppendLog::open(&folder.path("no/log")).is_err());
        assert!(AppendLog::of_descriptor(999).is_err());
    }
}
