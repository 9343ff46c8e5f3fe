//! A private folder for plaintext, on a file system that is proven to be in memory.
//!
//! The folder has a random name and is this user's alone. It is locked as long as this process, or a
//! program started from it, lives: a folder without a lock was left by a process that was killed, and is
//! removed by the next one that makes such a folder. On the way out it is removed with all it holds.

use crate::io::reason;
use rustix::fs::{AtFlags, CWD, FileType, FlockOperation, Mode, OFlags, Stat};
use rustix::io::{Errno, FdFlags};
use rustix::process::getuid;
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

/// Folders of running programs are called this and a random number.
const RUNNING: &str = "seal-private-";
/// Folders that are to stay, because the text in them could be kept nowhere else.
const KEPT: &str = "seal-kept-";

/// Why there is no private folder, or why a file of it cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TmpfsError {
    /// No candidate is in memory.
    #[error("none of {} is a folder in memory (tmpfs)", shown(.0))]
    NoneInMemory(Vec<PathBuf>),
    /// Something else is where the text was.
    #[error("{0} is in its place")]
    NotAFile(&'static str),
    /// The text is gone.
    #[error("it was removed")]
    Gone,
    /// The text is larger than anything that could be read.
    #[error("it is larger than the limit of {0} bytes")]
    TooLarge(usize),
    /// The system refused.
    #[error("cannot {step}: {}", reason(source))]
    Io {
        /// What was tried.
        step: &'static str,
        /// What the system says.
        source: io::Error,
    },
}

fn shown(paths: &[PathBuf]) -> String {
    let names: Vec<_> = paths.iter().map(|path| format!("`{}`", path.display())).collect();
    names.join(", ")
}

fn failed<E: Into<io::Error>>(step: &'static str) -> impl Fn(E) -> TmpfsError {
    move |error| TmpfsError::Io { step, source: error.into() }
}

/// A folder for plaintext. Removed with all it holds on drop, unless it is [kept](Self::keep).
pub struct PrivateFolder {
    path: PathBuf,
    folder: OwnedFd,
    on_disk: bool,
}

impl PrivateFolder {
    /// Makes a folder in the first of `candidates` that is in memory; where none is, in `disk` if that is
    /// allowed. Folders that killed processes left there are removed.
    ///
    /// # Errors
    /// See [`TmpfsError`]; nothing was made.
    pub fn create(candidates: &[PathBuf], disk: Option<&Path>) -> Result<Self, TmpfsError> {
        let mut refused = None;
        for parent in candidates {
            let Some(parent_fd) = open_parent(parent).filter(is_in_memory) else { continue };
            remove_stale(parent, &parent_fd);
            match Self::make(parent, &parent_fd, false) {
                Ok(folder) => return Ok(folder),
                Err(error) => refused = refused.or(Some(error)),
            }
        }
        match (disk, refused) {
            (Some(parent), _) => {
                let step = "open the folder for temporary files";
                let parent_fd = open_parent(parent).ok_or_else(|| failed(step)(Errno::ACCESS))?;
                remove_stale(parent, &parent_fd);
                let on_disk = !is_in_memory(&parent_fd);
                Self::make(parent, &parent_fd, on_disk)
            }
            (None, Some(error)) => Err(error),
            (None, None) => Err(TmpfsError::NoneInMemory(candidates.to_vec())),
        }
    }

    fn make(parent: &Path, parent_fd: &OwnedFd, on_disk: bool) -> Result<Self, TmpfsError> {
        let step = "make a folder in memory";
        for _ in 0..16 {
            let name = random_name(RUNNING)?;
            match rustix::fs::mkdirat(parent_fd, &name, Mode::RWXU) {
                Err(Errno::EXIST) => continue,
                made => made.map_err(failed(step))?,
            }
            let opened = rustix::fs::openat(parent_fd, &name, FOLDER, Mode::empty()).map_err(failed(step))?;
            // Between the two calls another process may have taken it for a stale one.
            if lock(&opened) && is_same(parent_fd, &name, &opened) {
                let folder = Self { path: parent.join(&name), folder: opened, on_disk };
                // What was proven of the parent must hold for the folder: nothing is mounted over it.
                if on_disk || is_in_memory(&folder.folder) {
                    return Ok(folder);
                }
                return Err(failed(step)(Errno::XDEV));
            }
        }
        Err(failed(step)(Errno::AGAIN))
    }

    /// Its path.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Whether it is on a disk, which was allowed.
    #[must_use]
    pub fn is_on_disk(&self) -> bool {
        self.on_disk
    }

    /// Makes the file `name` with `content`, for this user only.
    ///
    /// # Errors
    /// It is there already, or the memory is full.
    pub fn write(&self, name: &str, content: &[u8]) -> Result<PathBuf, TmpfsError> {
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let step = "write the text into the private folder";
        let file =
            rustix::fs::openat(&self.folder, name, flags, Mode::RUSR | Mode::WUSR).map_err(failed(step))?;
        File::from(file).write_all(content).map_err(failed(step))?;
        Ok(self.path.join(name))
    }

    /// Makes the named pipe `name`, for this user only.
    ///
    /// # Errors
    /// It is there already, or the system has none.
    pub fn pipe(&self, name: &str) -> Result<PathBuf, TmpfsError> {
        let step = "make a pipe in the private folder";
        #[cfg(target_os = "linux")]
        rustix::fs::mknodat(&self.folder, name, FileType::Fifo, Mode::RUSR | Mode::WUSR, 0)
            .map_err(failed(step))?;
        #[cfg(not(target_os = "linux"))]
        return Err(failed(step)(Errno::NOTSUP));
        #[cfg(target_os = "linux")]
        Ok(self.path.join(name))
    }

    /// Reads the file `name`, at most `limit` bytes.
    ///
    /// # Errors
    /// It is gone, or no plain file any more, or too large.
    pub fn read(&self, name: &str, limit: usize) -> Result<Zeroizing<Vec<u8>>, TmpfsError> {
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let step = "read the text in the private folder";
        let file = match rustix::fs::openat(&self.folder, name, flags, Mode::empty()) {
            Ok(file) => File::from(file),
            Err(Errno::NOENT) => return Err(TmpfsError::Gone),
            Err(Errno::LOOP) => return Err(TmpfsError::NotAFile("a symbolic link")),
            Err(error) => return Err(failed(step)(error)),
        };
        let metadata = file.metadata().map_err(failed(step))?;
        if metadata.is_dir() {
            return Err(TmpfsError::NotAFile("a folder"));
        }
        if !metadata.is_file() {
            return Err(TmpfsError::NotAFile("a device or pipe"));
        }
        // One buffer, large enough from the start: a vector that grows leaves copies behind.
        let size = usize::try_from(metadata.len()).unwrap_or(usize::MAX);
        if size > limit {
            return Err(TmpfsError::TooLarge(limit));
        }
        let mut bytes = Zeroizing::new(Vec::with_capacity(size));
        file.take(size as u64).read_to_end(&mut bytes).map_err(failed(step))?;
        Ok(bytes)
    }

    /// Lets the folder stay, under a name that no later run removes, and gives that name.
    #[must_use]
    pub fn keep(mut self) -> PathBuf {
        let kept = self.path.parent().and_then(|parent| Some(parent.join(random_name(KEPT).ok()?)));
        if let Some(kept) = kept
            && fs::rename(&self.path, &kept).is_ok()
        {
            self.path = kept;
        }
        // Empty: nothing to remove.
        std::mem::take(&mut self.path)
    }
}

impl Drop for PrivateFolder {
    fn drop(&mut self) {
        if !self.path.as_os_str().is_empty() {
            remove(&self.path, &self.folder, self.on_disk);
        }
    }
}

const FOLDER: OFlags = OFlags::RDONLY.union(OFlags::DIRECTORY).union(OFlags::NOFOLLOW).union(OFlags::CLOEXEC);

/// Opens a folder that nobody but this user and root can take files out of.
fn open_parent(path: &Path) -> Option<OwnedFd> {
    if !path.is_absolute() {
        return None;
    }
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let folder = rustix::fs::openat(CWD, path, flags, Mode::empty()).ok()?;
    let stat = rustix::fs::fstat(&folder).ok()?;
    let owned = stat.st_uid == getuid().as_raw() || stat.st_uid == 0;
    let mode = Mode::from_raw_mode(stat.st_mode);
    let shared = mode.intersects(Mode::WGRP | Mode::WOTH) && !mode.contains(Mode::SVTX);
    (owned && !shared).then_some(folder)
}

/// Whether the file system of an open folder keeps its files in memory.
#[cfg(target_os = "linux")]
fn is_in_memory(folder: &OwnedFd) -> bool {
    use rustix::fs::FsWord;
    /// `statfs(2)`: tmpfs and ramfs.
    const IN_MEMORY: [FsWord; 2] = [0x0102_1994, 0x8584_58f6_u32 as FsWord];
    rustix::fs::fstatfs(folder).is_ok_and(|stat| IN_MEMORY.contains(&stat.f_type))
}

/// Other systems have no file system in memory that could be told from a disk.
#[cfg(not(target_os = "linux"))]
fn is_in_memory(_: &OwnedFd) -> bool {
    false
}

/// Locks a folder, and lets programs that are started share the lock: while one of them lives, the text is
/// in use.
fn lock(folder: &OwnedFd) -> bool {
    rustix::fs::flock(folder, FlockOperation::NonBlockingLockExclusive).is_ok()
        && rustix::io::fcntl_setfd(folder, FdFlags::empty()).is_ok()
}

fn is_same(parent: &OwnedFd, name: &str, folder: &OwnedFd) -> bool {
    let named = rustix::fs::statat(parent, name, AtFlags::SYMLINK_NOFOLLOW);
    match (named, rustix::fs::fstat(folder)) {
        (Ok(a), Ok(b)) => a.st_dev == b.st_dev && a.st_ino == b.st_ino && is_ours(&b),
        _ => false,
    }
}

fn is_ours(stat: &Stat) -> bool {
    stat.st_uid == getuid().as_raw() && FileType::from_raw_mode(stat.st_mode) == FileType::Directory
}

/// Removes the folders of ours that nobody holds a lock on.
fn remove_stale(parent: &Path, parent_fd: &OwnedFd) {
    let Ok(entries) = fs::read_dir(parent) else { return };
    for entry in entries.flatten() {
        let name = entry.file_name();
        if !name.as_bytes().starts_with(RUNNING.as_bytes()) {
            continue;
        }
        let Ok(folder) = rustix::fs::openat(parent_fd, &name, FOLDER, Mode::empty()) else { continue };
        let ours = rustix::fs::fstat(&folder).is_ok_and(|stat| is_ours(&stat));
        if ours && rustix::fs::flock(&folder, FlockOperation::NonBlockingLockExclusive).is_ok() {
            remove(&entry.path(), &folder, !is_in_memory(&folder));
        }
    }
}

/// Removes a folder with all it holds. A program that is just ending may still write: several tries.
fn remove(path: &Path, folder: &OwnedFd, on_disk: bool) {
    // The name must still be that of the folder that was made.
    let named = fs::symlink_metadata(path).is_ok_and(|metadata| {
        use std::os::unix::fs::MetadataExt;
        rustix::fs::fstat(folder)
            .is_ok_and(|stat| metadata.ino() == stat.st_ino && metadata.dev() == stat.st_dev)
    });
    if !named {
        return;
    }
    let _ = fs::set_permissions(path, fs::Permissions::from_mode(0o700));
    if on_disk {
        overwrite(path, 8);
    }
    for _ in 0..20 {
        match fs::remove_dir_all(path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                std::thread::sleep(std::time::Duration::from_millis(10));
            }
            _ => return,
        }
    }
}

/// Puts zeros over what a disk would keep. Best effort: what a file system or a drive wrote elsewhere is
/// out of reach.
fn overwrite(folder: &Path, depth: usize) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let Ok(kind) = entry.file_type() else { continue };
        if kind.is_dir() && depth > 0 {
            overwrite(&entry.path(), depth - 1);
        } else if kind.is_file() {
            let _ = zero(&entry.path());
        }
    }
}

fn zero(path: &Path) -> io::Result<()> {
    use std::os::unix::fs::MetadataExt;
    let flags = OFlags::WRONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let mut file = File::from(rustix::fs::open(path, flags, Mode::empty())?);
    let metadata = file.metadata()?;
    // A file with another name somewhere is not only ours.
    if !metadata.is_file() || metadata.nlink() != 1 {
        return Ok(());
    }
    io::copy(&mut io::repeat(0).take(metadata.len()), &mut file)?;
    file.sync_data()
}

fn random_name(prefix: &str) -> Result<String, TmpfsError> {
    let mut bytes = [0; 8];
    getrandom::getrandom(&mut bytes)
        .ok()
        .ok_or_else(|| failed("get random bytes")(io::Error::from(io::ErrorKind::Unsupported)))?;
    Ok(format!("{prefix}{:016x}", u64::from_ne_bytes(bytes)))
}

#[cfg(test)]
mod tests;
