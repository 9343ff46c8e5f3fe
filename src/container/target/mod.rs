//! The target: the folder that receives plaintext, opened once and held under a lock.
//!
//! The rules of docs/containers.md, "Target rules": T1 to T8, T10 and T12 are decided here, on the open
//! folder and never on its path. What stands in the folder (T9) and the space it has (T11) is looked at by
//! [`super::generation`], which writes.

mod error;
mod file_system;
mod rules;
mod swap;

pub use error::TargetError;

use error::failed;
use rustix::fs::{AtFlags, CWD, FlockOperation, Mode, OFlags, Stat, StatVfsMountFlags};
use rustix::io::Errno;
use rustix::process::{getegid, geteuid};
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::Instant;

/// Who is to read the files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reader {
    /// The user of this process (`run` without `--user`).
    Same,
    /// The user that `run --user` drops to; this process is root.
    User {
        /// Their number.
        uid: u32,
        /// The number of their group, which the folders and files are given to.
        gid: u32,
    },
    /// A group (`mount --group`), by its number.
    Group(u32),
}

/// What the caller allows and demands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rules {
    /// A target that is not in memory is taken, with a notice (`--allow-disk`).
    pub allow_disk: bool,
    /// A target that could reach swap space is refused (`--require-noswap`).
    pub require_noswap: bool,
    /// Files may have bits for writing and for all users, and folders may be passed by all (`--allow-world`).
    pub allow_world: bool,
    /// The generation before stays after a switch until [`Target::sweep`] takes it (`--watch`).
    pub keep_previous: bool,
    /// Who is to read the files.
    pub reader: Reader,
}

impl Default for Rules {
    /// For the user of this process, in memory.
    fn default() -> Self {
        Self {
            allow_disk: false,
            require_noswap: false,
            allow_world: false,
            keep_previous: false,
            reader: Reader::Same,
        }
    }
}

/// What was found out about the target, as the events of the audit tell it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facts {
    /// The path that was opened, as it was named.
    pub path: PathBuf,
    /// The file system: `tmpfs`, `overlayfs`, … or the number of an unknown one in hex.
    pub file_system: String,
    /// Its pages never reach swap space: ramfs, or tmpfs with the option `noswap`.
    pub noswap: bool,
    /// It is not in memory, which was allowed.
    pub disk: bool,
}

/// What the user should hear of, though the target is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Notice {
    /// T2: it is not in memory.
    OnDisk,
    /// T7: it belongs to root, and all who have this mount can write to it.
    WritableByOthers,
    /// T12: swap space is active, and this tmpfs may use it.
    MayBeSwapped,
    /// It belongs to root, and its mode keeps the group that is to read out of it.
    ClosedToReader {
        /// The group.
        gid: u32,
    },
}

/// Who this process is, for the kernel's checks of files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::container) struct Us {
    pub(in crate::container) uid: u32,
    pub(in crate::container) gid: u32,
}

impl Us {
    pub(in crate::container) fn now() -> Self {
        Self { uid: geteuid().as_raw(), gid: getegid().as_raw() }
    }
}

/// The open folder, locked against other writers as long as this lives. Closed by `exec`.
pub struct Target {
    pub(in crate::container) folder: OwnedFd,
    pub(in crate::container) rules: Rules,
    pub(in crate::container) us: Us,
    /// Generations that this process replaced, with the time of the switch; oldest first.
    pub(in crate::container) retired: Mutex<Vec<(String, Instant)>>,
    facts: Facts,
    notices: Vec<Notice>,
}

impl Target {
    /// Opens the folder at `path` and locks it. Makes the last component of the path where it is missing
    /// inside a file system in memory; changes nothing else.
    ///
    /// # Errors
    /// A rule forbids the folder, another writer holds it, or the system refuses.
    pub fn open(path: &Path, rules: &Rules) -> Result<Self, TargetError> {
        let us = Us::now();
        let plain = plain(path);
        let folder = match open_folder(&plain) {
            Err(TargetError::Missing) => {
                make_in_memory(&plain)?;
                open_folder(&plain)?
            }
            opened => opened?,
        };
        let stat = rustix::fs::fstat(&folder).map_err(failed("look at the folder"))?;
        let mut notices = Vec::new();
        let magic = magic(&folder)?;
        let disk = !file_system::is_memory(magic);
        let file_system = file_system::name(magic);
        if disk && !rules.allow_disk {
            return Err(TargetError::NotInMemory { file_system, uid: us.uid, gid: us.gid });
        }
        if disk {
            notices.push(Notice::OnDisk);
        }
        let mount = rustix::fs::fstatvfs(&folder).map_err(failed("look at its file system"))?;
        if mount.f_flag.contains(StatVfsMountFlags::RDONLY) {
            return Err(TargetError::ReadOnly);
        }
        let seen =
            rules::Seen { uid: stat.st_uid, mode: stat.st_mode, mount_root: is_mount_root(&folder, &stat)? };
        notices.extend(rules::permissions(seen, us)?);
        notices.extend(rules::reader(&stat, rules.reader, us));
        let noswap = file_system::never_swaps(magic) || swap::has_noswap(&stat);
        if !disk && !noswap && swap::is_active() {
            if rules.require_noswap {
                return Err(TargetError::MayBeSwapped);
            }
            notices.push(Notice::MayBeSwapped);
        }
        lock(&folder)?;
        let facts = Facts { path: path.to_owned(), file_system, noswap, disk };
        Ok(Self { folder, rules: *rules, us, retired: Mutex::default(), facts, notices })
    }

    /// What was found out.
    #[must_use]
    pub fn facts(&self) -> &Facts {
        &self.facts
    }

    /// What to warn of.
    #[must_use]
    pub fn notices(&self) -> &[Notice] {
        &self.notices
    }

    /// Opens the folder at `path` and locks it, whatever it is: nothing is to be written there.
    pub(in crate::container) fn open_to_remove(path: &Path) -> Result<Self, TargetError> {
        let folder = open_folder(&plain(path))?;
        lock(&folder)?;
        let facts = Facts {
            path: path.to_owned(),
            file_system: file_system::name(magic(&folder)?),
            noswap: false,
            disk: false,
        };
        let (rules, notices) = (Rules::default(), Vec::new());
        Ok(Self { folder, rules, us: Us::now(), retired: Mutex::default(), facts, notices })
    }
}

impl Drop for Target {
    /// Gives the lock back. To close the folder would not, while a program that is just being started has a
    /// copy of it.
    fn drop(&mut self) {
        let _ = rustix::fs::flock(&self.folder, FlockOperation::Unlock);
    }
}

/// A path without slashes and dots at its end: with them, the kernel would follow a link in spite of
/// `O_NOFOLLOW`.
fn plain(path: &Path) -> PathBuf {
    path.components().collect()
}

const FOLDER: OFlags = OFlags::RDONLY.union(OFlags::DIRECTORY).union(OFlags::CLOEXEC);

/// Opens a folder, not by a link.
pub(in crate::container) fn open_folder(path: &Path) -> Result<OwnedFd, TargetError> {
    let path = plain(path);
    match rustix::fs::openat(CWD, &path, FOLDER | OFlags::NOFOLLOW, Mode::empty()) {
        Ok(folder) => Ok(folder),
        Err(Errno::NOENT) => Err(TargetError::Missing),
        // Looked at again for the words only.
        Err(Errno::NOTDIR | Errno::LOOP) => match rustix::fs::readlinkat(CWD, &path, Vec::new()) {
            Ok(_) => Err(TargetError::Symlink),
            Err(Errno::INVAL) => Err(TargetError::NotAFolder),
            // Something above it is no folder.
            Err(_) => Err(TargetError::Missing),
        },
        Err(error) => Err(failed("open it")(error)),
    }
}

/// Makes the last component of a path, if the folder above is in memory.
fn make_in_memory(path: &Path) -> Result<(), TargetError> {
    let Some(name) = path.file_name() else { return Err(TargetError::Missing) };
    let parent = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    let parent = match rustix::fs::openat(CWD, parent, FOLDER, Mode::empty()) {
        Ok(parent) => parent,
        Err(Errno::NOENT | Errno::NOTDIR) => return Err(TargetError::Missing),
        Err(error) => return Err(failed("open the folder above it")(error)),
    };
    if !file_system::is_memory(magic(&parent)?) {
        return Err(TargetError::Missing);
    }
    match rustix::fs::mkdirat(&parent, name, Mode::RWXU) {
        Ok(()) | Err(Errno::EXIST) => Ok(()),
        Err(Errno::ROFS) => Err(TargetError::ReadOnly),
        Err(error) => Err(failed("make it")(error)),
    }
}

/// The number of the file system of an open folder.
fn magic(folder: &OwnedFd) -> Result<u32, TargetError> {
    let stat = rustix::fs::fstatfs(folder).map_err(failed("look at its file system"))?;
    // All numbers have 32 bits; the field has more, and a sign on some machines.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "32 bits are the number")]
    Ok(stat.f_type as u32)
}

/// Whether a folder is the root of a mount. Where the kernel is too old to say (before 5.8), a folder of
/// another device than the one above it is; a bind mount from the same device is then held for none, which
/// is the stricter answer.
fn is_mount_root(folder: &OwnedFd, stat: &Stat) -> Result<bool, TargetError> {
    use rustix::fs::{StatxAttributes, StatxFlags, statx};
    if let Ok(seen) = statx(folder, c"", AtFlags::EMPTY_PATH, StatxFlags::empty())
        && seen.stx_attributes_mask.contains(StatxAttributes::MOUNT_ROOT)
    {
        return Ok(seen.stx_attributes.contains(StatxAttributes::MOUNT_ROOT));
    }
    let above =
        rustix::fs::statat(folder, c"..", AtFlags::empty()).map_err(failed("look at the folder above it"))?;
    Ok(above.st_dev != stat.st_dev || above.st_ino == stat.st_ino)
}

fn lock(folder: &OwnedFd) -> Result<(), TargetError> {
    match rustix::fs::flock(folder, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => Ok(()),
        Err(Errno::WOULDBLOCK) => Err(TargetError::Busy),
        Err(error) => Err(failed("lock it")(error)),
    }
}

#[cfg(test)]
mod tests;
