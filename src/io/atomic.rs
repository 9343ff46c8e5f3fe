//! Atomic writes: after [`replace`] a file has its old content or its new one, whatever happens.
//!
//! The new content is written to a private file on the same file system, made durable, and renamed over
//! the target. If the machine stops, a file that was replaced a moment ago may be the old one again. Where the file system can hold a file without a name (`O_TMPFILE`), a new file gets its
//! final name at once, and one that replaces another has a temporary name between two system calls only.
//! Temporary names are given in a `shelter`, where Git does not see them should the process be killed.
//!
//! What a rename cannot keep: other hard links to the target keep the old content, and access control
//! lists and extended attributes are not copied.

use super::{Fingerprint, reason};
use rustix::fs::{Access, AtFlags, CWD, Mode as Bits, OFlags};
use rustix::io::Errno;
use shelter::Shelter;
use std::ffi::{OsStr, OsString};
use std::fs::{self, File, Metadata};
use std::io::{self, ErrorKind, Write};
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

/// The permissions of a file that did not exist. One that did keeps its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// For plain text: 0600.
    Private,
    /// For encrypted text: 0666 minus the umask.
    Shared,
    /// For a program: 0777 minus the umask.
    Program,
}

/// Why a file was not written; it is as it was before, or still missing. The caller names the file.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// The target is a folder.
    #[error("it is a folder")]
    Folder,
    /// The target is a device, a pipe or a socket.
    #[error("it is not a regular file")]
    NotRegular,
    /// The target is not as it was when it was read.
    #[error("it was changed by another program in the meantime")]
    Changed,
    /// The system refused.
    #[error("cannot {step}: {}", reason(source))]
    Io {
        /// What was tried.
        step: &'static str,
        /// What the system says.
        source: io::Error,
    },
}

/// Makes a failure of the system one of `step`.
fn failed<E: Into<io::Error>>(step: &'static str) -> impl Fn(E) -> WriteError {
    move |error| WriteError::Io { step, source: error.into() }
}

/// Replaces the content of the file at `path` by `bytes`, or creates it.
///
/// Symbolic links are followed and stay; a dangling one gets its target. The mode stays, and so do
/// owner and group where the process may set them; a group that cannot be kept loses its access.
/// With `expected` the file must still be the one that was read.
///
/// # Errors
/// See [`WriteError`]. Nothing is changed and nothing is left behind.
pub fn replace(
    path: &Path,
    bytes: &[u8],
    mode: Mode,
    expected: Option<&Fingerprint>,
) -> Result<(), WriteError> {
    let (target, existing) = resolve(path)?;
    let name = target.file_name().ok_or(WriteError::Folder)?;
    if existing.is_some() {
        may_write(&target)?;
    }
    let folder = open_folder(&target)?;
    let mut temporary = Temporary::new(&folder, creation_mode(existing.as_ref(), mode))?;
    if let Some(existing) = &existing {
        take_over(&temporary.file, existing)?;
    }
    temporary.file.write_all(bytes).map_err(failed("write the new content"))?;
    temporary.file.sync_all().map_err(failed("write the new content"))?;
    if existing.is_some() || expected.is_some() || !temporary.appear(name) {
        temporary.give_name(bytes)?;
    }
    if let Some(expected) = expected {
        let now = fs::symlink_metadata(&target).ok().map(|metadata| Fingerprint::of(&metadata));
        if now.as_ref() != Some(expected) {
            return Err(WriteError::Changed);
        }
    }
    temporary.rename(name)?;
    if existing.is_some() {
        // Should the machine stop now, there is the old file or the new one.
        return Ok(());
    }
    // A new name would be lost. Some file systems cannot sync a folder; the content is safe by now.
    match rustix::fs::fsync(&folder) {
        Err(error) if error != Errno::INVAL => Err(failed("sync the folder")(error)),
        _ => Ok(()),
    }
}

/// Removes the file at `path`, which must still be the one that was read. A symbolic link is none.
///
/// # Errors
/// See [`WriteError`].
pub fn remove(path: &Path, expected: &Fingerprint) -> Result<(), WriteError> {
    let now = fs::symlink_metadata(path).ok().map(|metadata| Fingerprint::of(&metadata));
    if now.as_ref() != Some(expected) {
        return Err(WriteError::Changed);
    }
    fs::remove_file(path).map_err(failed("remove it"))
}

/// Writes `bytes` to `path` as a command's output: [`replace`] for files, a plain write to devices,
/// pipes and the standard streams.
///
/// # Errors
/// See [`WriteError`].
pub fn write_to(path: &Path, bytes: &[u8], mode: Mode) -> Result<(), WriteError> {
    let step = "write";
    if ["/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"].iter().any(|name| path == Path::new(name)) {
        let stdout = rustix::io::dup(rustix::stdio::stdout()).map_err(failed(step))?;
        return File::from(stdout).write_all(bytes).map_err(failed(step));
    }
    match fs::metadata(path) {
        Ok(metadata) if !metadata.is_file() && !metadata.is_dir() => {
            let mut device = fs::OpenOptions::new().write(true).open(path).map_err(failed("open"))?;
            device.write_all(bytes).map_err(failed(step))
        }
        _ => replace(path, bytes, mode, None),
    }
}

/// The real place of `path` behind symbolic links, and what is there.
fn resolve(path: &Path) -> Result<(PathBuf, Option<Metadata>), WriteError> {
    let existing = match fs::metadata(path) {
        Ok(metadata) if metadata.is_dir() => return Err(WriteError::Folder),
        Ok(metadata) if !metadata.is_file() => return Err(WriteError::NotRegular),
        Ok(metadata) => Some(metadata),
        Err(error) if error.kind() == ErrorKind::NotFound => None,
        Err(error) => return Err(failed("look at it")(error)),
    };
    let mut target = path.to_owned();
    for _ in 0..40 {
        let Ok(link) = fs::read_link(&target) else { break };
        target.pop();
        target.push(link);
    }
    // Links of /proc lead to files that their text does not name.
    let same = match (&existing, fs::symlink_metadata(&target)) {
        (Some(a), Ok(b)) => a.dev() == b.dev() && a.ino() == b.ino(),
        (None, Err(_)) => true,
        _ => false,
    };
    if same { Ok((target, existing)) } else { Err(WriteError::Changed) }
}

/// Refuses a file without write permission: a rename would not ask for it.
fn may_write(target: &Path) -> Result<(), WriteError> {
    match rustix::fs::accessat(CWD, target, Access::WRITE_OK, AtFlags::EACCESS) {
        Err(error @ (Errno::ACCESS | Errno::ROFS | Errno::PERM)) => Err(failed("write to it")(error)),
        // A system that cannot answer the question: the folder decides.
        _ => Ok(()),
    }
}

fn open_folder(target: &Path) -> Result<OwnedFd, WriteError> {
    let folder = target.parent().filter(|parent| !parent.as_os_str().is_empty());
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    rustix::fs::open(folder.unwrap_or(Path::new(".")), flags, Bits::empty())
        .map_err(failed("open the folder"))
}

fn creation_mode(existing: Option<&Metadata>, mode: Mode) -> Bits {
    match (existing, mode) {
        (None, Mode::Shared) => Bits::from_raw_mode(0o666),
        (None, Mode::Program) => Bits::from_raw_mode(0o777),
        _ => Bits::from_raw_mode(0o600),
    }
}

/// Gives the new file the owner, group and mode of the old one.
fn take_over(file: &File, old: &Metadata) -> Result<(), WriteError> {
    let step = "set the permissions";
    let new = file.metadata().map_err(failed(step))?;
    let mut bits = old.mode() & 0o7777;
    // Only root may give a file away; everybody else becomes its owner, as with editors.
    if new.uid() != old.uid() && std::os::unix::fs::fchown(file, Some(old.uid()), None).is_err() {
        bits &= !0o4000;
    }
    if new.gid() != old.gid() && std::os::unix::fs::fchown(file, None, Some(old.gid())).is_err() {
        bits &= !0o2070;
    }
    file.set_permissions(fs::Permissions::from_mode(bits)).map_err(failed(step))
}

/// The new file before it has its final name. Removed on drop.
struct Temporary<'f> {
    file: File,
    folder: &'f OwnedFd,
    mode: Bits,
    /// Its name in `shelter`, else in `folder`; none so far, or no more.
    name: Option<OsString>,
    shelter: Option<Shelter<'f>>,
}

impl<'f> Temporary<'f> {
    fn new(folder: &'f OwnedFd, mode: Bits) -> Result<Self, WriteError> {
        #[cfg(target_os = "linux")]
        {
            let flags = OFlags::WRONLY | OFlags::TMPFILE | OFlags::CLOEXEC;
            if let Ok(file) = rustix::fs::openat(folder, ".", flags, mode) {
                return Ok(Self { file: File::from(file), folder, mode, name: None, shelter: None });
            }
        }
        Self::named(folder, mode)
    }

    fn named(folder: &'f OwnedFd, mode: Bits) -> Result<Self, WriteError> {
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        if let Some(shelter) = Shelter::enter(folder)
            && let Ok(file) = rustix::fs::openat(&shelter.inner, shelter::WAITING, flags, mode)
        {
            let name = Some(shelter::WAITING.into());
            return Ok(Self { file: File::from(file), folder, mode, name, shelter: Some(shelter) });
        }
        let name = random_name()?;
        let file =
            rustix::fs::openat(folder, &name, flags, mode).map_err(failed("create a file in the folder"))?;
        Ok(Self { file: File::from(file), folder, mode, name: Some(name), shelter: None })
    }

    /// Gives a file without a name its final one, if nothing has that name yet.
    fn appear(&self, target: &OsStr) -> bool {
        self.name.is_none() && link(&self.file, self.folder, target).is_ok()
    }

    /// Links the finished file under a temporary name; writes `bytes` again where links are refused.
    fn give_name(&mut self, bytes: &[u8]) -> Result<(), WriteError> {
        if self.name.is_some() {
            return Ok(());
        }
        if let Some(shelter) = Shelter::enter(self.folder)
            && link(&self.file, &shelter.inner, shelter::WAITING.as_ref()).is_ok()
        {
            (self.name, self.shelter) = (Some(shelter::WAITING.into()), Some(shelter));
            return Ok(());
        }
        let name = random_name()?;
        if link(&self.file, self.folder, &name).is_ok() {
            self.name = Some(name);
            return Ok(());
        }
        let metadata = self.file.metadata().map_err(failed("set the permissions"))?;
        let mut other = Self::named(self.folder, self.mode)?;
        take_over(&other.file, &metadata)?;
        other.file.write_all(bytes).map_err(failed("write the new content"))?;
        other.file.sync_all().map_err(failed("write the new content"))?;
        *self = other;
        Ok(())
    }

    /// Moves the file from the shelter to the folder of the target.
    fn leave_shelter(&mut self) -> Result<(), WriteError> {
        let name = random_name()?;
        link(&self.file, self.folder, &name).map_err(failed("create a file in the folder"))?;
        (self.name, self.shelter) = (Some(name), None);
        Ok(())
    }

    fn rename(mut self, target: &OsStr) -> Result<(), WriteError> {
        let step = failed("rename the new file");
        if let (Some(name), Some(shelter)) = (&self.name, &self.shelter) {
            if rustix::fs::renameat(&shelter.inner, name, self.folder, target).is_ok() {
                self.name = None;
                return Ok(());
            }
            // There are sandboxes and file systems that do not move a file to another folder.
            self.leave_shelter()?;
        }
        if let Some(name) = &self.name {
            rustix::fs::renameat(self.folder, name, self.folder, target).map_err(step)?;
        }
        self.name = None;
        Ok(())
    }
}

/// Gives an open file a name, or another one.
fn link(file: &File, folder: &OwnedFd, name: &OsStr) -> Result<(), Errno> {
    let by_number = format!("/proc/self/fd/{}", file.as_raw_fd());
    match rustix::fs::linkat(CWD, &by_number, folder, name, AtFlags::SYMLINK_FOLLOW) {
        Err(error) if error != Errno::EXIST => {
            rustix::fs::linkat(file.as_fd(), "", folder, name, AtFlags::EMPTY_PATH)
        }
        result => result,
    }
}

impl Drop for Temporary<'_> {
    fn drop(&mut self) {
        // What is in a shelter goes with it.
        if let (Some(name), None) = (&self.name, &self.shelter) {
            let _ = rustix::fs::unlinkat(self.folder, name, AtFlags::empty());
        }
    }
}

fn random_name() -> Result<OsString, WriteError> {
    let mut bytes = [0; 8];
    getrandom::getrandom(&mut bytes)
        .ok()
        .ok_or_else(|| failed("get random bytes")(io::Error::from(ErrorKind::Unsupported)))?;
    Ok(format!(".seal-{:016x}.tmp", u64::from_ne_bytes(bytes)).into())
}

mod shelter;

#[cfg(test)]
mod tests;
