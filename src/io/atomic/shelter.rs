//! A hidden folder in which a finished file waits for its rename.
//!
//! A file cannot replace another without having had a name of its own. A process that is killed while it
//! has one leaves it behind, and the next `git add` takes it along. So the file gets its name in a folder
//! that Git passes over, as that holds a `.gitignore` for everything in it. It is there for a moment only;
//! one that a killed process left is used and removed by the next write beside it.

use super::link;
use rustix::fs::{AtFlags, FlockOperation, Mode as Bits, OFlags};
use rustix::io::Errno;
use std::fs::File;
use std::io::Write;
use std::os::fd::OwnedFd;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// The folder's name.
const NAME: &str = ".seal.tmp";
/// What tells Git to pass over it.
const IGNORE: &str = ".gitignore";
/// The name of the file that waits in it.
pub(super) const WAITING: &str = "new";

/// How often, and for how long, another process is waited for that has its turn in the same folder.
const TRIES: u32 = 200;
const PAUSE: Duration = Duration::from_millis(5);

/// The hidden folder while this process has it for itself. Removed on drop, with what is in it.
pub(super) struct Shelter<'f> {
    folder: &'f OwnedFd,
    pub(super) inner: OwnedFd,
    /// Threads wait for each other here, processes at the lock on the folder.
    _turn: MutexGuard<'static, ()>,
}

impl<'f> Shelter<'f> {
    /// Makes the hidden folder in `folder`, or takes over the one that a killed process left. There is
    /// none where the file system or its owner does not let us.
    pub(super) fn enter(folder: &'f OwnedFd) -> Option<Self> {
        static TURN: Mutex<()> = Mutex::new(());
        let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
        let inner = (0..TRIES).find_map(|_| match own(folder) {
            Ok(Some(inner)) => Some(Some(inner)),
            Ok(None) => {
                std::thread::sleep(PAUSE);
                None
            }
            // It was removed between two steps.
            Err(Errno::NOENT) => None,
            Err(_) => Some(None),
        });
        let shelter = Self { folder, inner: inner??, _turn: turn };
        let _ = rustix::fs::unlinkat(&shelter.inner, WAITING, AtFlags::empty());
        shelter.hide().then_some(shelter)
    }

    /// Puts `.gitignore` there, whole from the first moment where the file system can do that.
    fn hide(&self) -> bool {
        let bits = Bits::from_raw_mode(0o600);
        let write = |file: OwnedFd| {
            let mut file = File::from(file);
            file.write_all(b"*\n").ok().map(|()| file)
        };
        #[cfg(target_os = "linux")]
        {
            let flags = OFlags::WRONLY | OFlags::TMPFILE | OFlags::CLOEXEC;
            if let Some(file) = rustix::fs::openat(&self.inner, ".", flags, bits).ok().and_then(write)
                && matches!(link(&file, &self.inner, IGNORE.as_ref()), Ok(()) | Err(Errno::EXIST))
            {
                return true;
            }
        }
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::TRUNC | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        rustix::fs::openat(&self.inner, IGNORE, flags, bits).ok().and_then(write).is_some()
    }
}

impl Drop for Shelter<'_> {
    fn drop(&mut self) {
        for name in [WAITING, IGNORE] {
            let _ = rustix::fs::unlinkat(&self.inner, name, AtFlags::empty());
        }
        let _ = rustix::fs::unlinkat(self.folder, NAME, AtFlags::REMOVEDIR);
    }
}

/// The hidden folder, locked; none while another process has it.
fn own(folder: &OwnedFd) -> Result<Option<OwnedFd>, Errno> {
    match rustix::fs::mkdirat(folder, NAME, Bits::from_raw_mode(0o700)) {
        Ok(()) | Err(Errno::EXIST) => {}
        Err(error) => return Err(error),
    }
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let inner = rustix::fs::openat(folder, NAME, flags, Bits::empty())?;
    let stat = rustix::fs::fstat(&inner)?;
    // Whoever can write to it could put another file in the place of ours.
    if stat.st_uid != rustix::process::geteuid().as_raw() || stat.st_mode & 0o077 != 0 {
        return Err(Errno::PERM);
    }
    match rustix::fs::flock(&inner, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => {}
        Err(Errno::WOULDBLOCK) => return Ok(None),
        Err(error) => return Err(error),
    }
    // The one before us may have removed it since it was opened.
    let now = rustix::fs::statat(folder, NAME, AtFlags::SYMLINK_NOFOLLOW)?;
    if (now.st_dev, now.st_ino) == (stat.st_dev, stat.st_ino) { Ok(Some(inner)) } else { Err(Errno::NOENT) }
}
