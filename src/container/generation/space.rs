//! Whether a generation has space: T11.

use super::error::InstallError;
use super::names::{DATA, NEXT, visible_target};
use crate::render::Bundle;
use rustix::io::Errno;
use std::fmt;
use std::os::fd::AsFd;

/// Space of a file system.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Space {
    /// Bytes; `u64::MAX` where there is no limit.
    pub bytes: u64,
    /// Files, folders and links together; `u64::MAX` where there is no limit.
    pub inodes: u64,
}

impl fmt::Display for Space {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.bytes, self.inodes) {
            (u64::MAX, u64::MAX) => f.write_str("no limit"),
            (u64::MAX, inodes) => write!(f, "{inodes} files"),
            (bytes, u64::MAX) => write!(f, "{} KiB", bytes / 1024),
            (bytes, inodes) => write!(f, "{} KiB and {inodes} files", bytes / 1024),
        }
    }
}

/// A file takes whole steps of at least this, in bytes.
const STEP: u64 = 4096;
/// A link of tmpfs that is shorter, in bytes, takes no step.
const SHORT_LINK: usize = 128;

/// What a bundle needs besides what is there, where `links` are the visible names that are missing.
pub(super) fn needed(bundle: &Bundle, links: &[&str], step: u64) -> Space {
    let files: u64 = bundle.entries.iter().map(|entry| (entry.content.len() as u64).div_ceil(step)).sum();
    let long = links.iter().filter(|name| visible_target(name).len() >= SHORT_LINK).count() as u64;
    // The folder, and the link that is renamed over the one before.
    let own = 2 + u64::from(bundle.expires.is_some());
    debug_assert!(DATA.len() + NEXT.len() < SHORT_LINK);
    Space { bytes: (files + long) * step, inodes: bundle.entries.len() as u64 + links.len() as u64 + own }
}

/// What the file system of an open folder has, and the step in which it gives it.
pub(super) fn free(folder: impl AsFd) -> Result<(Space, u64), Errno> {
    let stat = rustix::fs::fstatvfs(folder)?;
    // tmpfs without a limit, and ramfs, count nothing.
    let bytes = if stat.f_blocks == 0 { u64::MAX } else { stat.f_bavail.saturating_mul(stat.f_frsize) };
    let inodes = if stat.f_files == 0 { u64::MAX } else { stat.f_favail };
    Ok((Space { bytes, inodes }, stat.f_frsize.max(STEP)))
}

/// Refuses a bundle that does not fit.
pub(super) fn check(folder: impl AsFd, bundle: &Bundle, links: &[&str]) -> Result<(), InstallError> {
    let (free, step) = free(folder).map_err(super::error::failed("look at the free space"))?;
    let needed = needed(bundle, links, step);
    if needed.bytes > free.bytes || needed.inodes > free.inodes {
        return Err(InstallError::NoSpace { needed, free });
    }
    Ok(())
}

/// An error of a system call as one of space, if it is one: somebody else may have been faster.
pub(super) fn or_full(
    error: InstallError,
    folder: impl AsFd,
    bundle: &Bundle,
    links: &[&str],
) -> InstallError {
    const FULL: [Errno; 2] = [Errno::NOSPC, Errno::DQUOT];
    match &error {
        InstallError::System { source, .. }
            if FULL.iter().any(|errno| source.raw_os_error() == Some(errno.raw_os_error())) => {}
        _ => return error,
    }
    match free(folder) {
        Ok((free, step)) => InstallError::NoSpace { needed: needed(bundle, links, step), free },
        Err(_) => error,
    }
}

#[cfg(test)]
mod tests {
    use super::{Space, needed};
    use crate::container::generation::tests::bundle;

    #[test]
    fn files_take_whole_steps_and_everything_takes_an_inode() {
        let mut bundle = bundle(&[("a", &[1; 4097]), ("b", b""), ("c", b"x")]);
        assert_eq!(needed(&bundle, &["a", "b"], 4096), Space { bytes: 3 * 4096, inodes: 3 + 2 + 2 });
        bundle.expires = Some("2030-01-01T00:00:00Z".to_owned());
        assert_eq!(needed(&bundle, &[], 65536), Space { bytes: 2 * 65536, inodes: 3 + 3 });
    }

    #[test]
    fn long_links_take_a_step() {
        let bundle = bundle(&[]);
        let (short, long) = ("x".repeat(120), "x".repeat(121));
        assert_eq!(needed(&bundle, &[&short], 4096).bytes, 0);
        assert_eq!(needed(&bundle, &[&long], 4096).bytes, 4096);
    }

    #[test]
    fn space_is_told_in_words() {
        let told = |bytes, inodes| Space { bytes, inodes }.to_string();
        assert_eq!(told(8192, 3), "8 KiB and 3 files");
        assert_eq!(told(8192, u64::MAX), "8 KiB");
        assert_eq!(told(u64::MAX, 3), "3 files");
        assert_eq!(told(u64::MAX, u64::MAX), "no limit");
    }
}
