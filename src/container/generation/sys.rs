//! The system calls that change a target, and the openings beneath it. All go through here, so that tests
//! can let each of them fail.

use rustix::fs::{AtFlags, Gid, Mode, OFlags, ResolveFlags, Uid};
use rustix::io::Errno;
use std::os::fd::{AsFd, OwnedFd};

type Done = Result<(), Errno>;

/// Opens the component `name` of a folder, not by a link, and not what is mounted over it.
pub(super) fn open(folder: impl AsFd, name: &str, flags: OFlags, mode: Mode) -> Result<OwnedFd, Errno> {
    let flags = flags | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    if flags.contains(OFlags::CREATE) {
        fault()?;
    }
    let resolve = ResolveFlags::BENEATH | ResolveFlags::NO_SYMLINKS | ResolveFlags::NO_XDEV;
    match rustix::fs::openat2(&folder, name, flags, mode, resolve) {
        // Kernels before 5.6 do not know it, and some sandboxes forbid it. A single component needs no more
        // than `O_NOFOLLOW`.
        Err(Errno::NOSYS | Errno::PERM) => rustix::fs::openat(&folder, name, flags, mode),
        opened => opened,
    }
}

/// Opens the folder `name` in a folder.
pub(super) fn open_folder(folder: impl AsFd, name: &str) -> Result<OwnedFd, Errno> {
    open(folder, name, OFlags::RDONLY | OFlags::DIRECTORY, Mode::empty())
}

/// Makes a file that was not there, for this user only.
pub(super) fn create(folder: impl AsFd, name: &str) -> Result<OwnedFd, Errno> {
    open(folder, name, OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL, Mode::RUSR | Mode::WUSR)
}

/// Writes all bytes.
pub(super) fn write(file: impl AsFd, mut bytes: &[u8]) -> Done {
    while !bytes.is_empty() {
        fault()?;
        match rustix::io::write(&file, bytes) {
            Ok(0) => return Err(Errno::IO),
            Ok(written) => bytes = &bytes[written..],
            Err(Errno::INTR) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// Gives an open file or folder to a user and a group.
pub(super) fn own(file: impl AsFd, uid: Option<u32>, gid: Option<u32>) -> Done {
    fault()?;
    rustix::fs::fchown(file, uid.map(Uid::from_raw), gid.map(Gid::from_raw))
}

/// Sets the permission bits of an open file or folder.
pub(super) fn set_mode(file: impl AsFd, mode: u32) -> Done {
    fault()?;
    rustix::fs::fchmod(file, Mode::from_raw_mode(mode))
}

/// Makes a folder that was not there, for this user only.
pub(super) fn make_folder(folder: impl AsFd, name: &str) -> Done {
    fault()?;
    rustix::fs::mkdirat(folder, name, Mode::RWXU)
}

/// Makes a link that was not there.
pub(super) fn link(folder: impl AsFd, name: &str, target: &str) -> Done {
    fault()?;
    rustix::fs::symlinkat(target, folder, name)
}

/// Puts `from` in the place of `to`, at once.
pub(super) fn rename(folder: impl AsFd, from: &str, to: &str) -> Done {
    fault()?;
    rustix::fs::renameat(folder.as_fd(), from, folder.as_fd(), to)
}

/// Removes a file or a link. That it is gone already is fine.
pub(super) fn remove(folder: impl AsFd, name: &str) -> Done {
    fault()?;
    gone(rustix::fs::unlinkat(folder, name, AtFlags::empty()))
}

/// Removes an empty folder. That it is gone already is fine.
pub(super) fn remove_folder(folder: impl AsFd, name: &str) -> Done {
    fault()?;
    gone(rustix::fs::unlinkat(folder, name, AtFlags::REMOVEDIR))
}

fn gone(removed: Done) -> Done {
    match removed {
        Err(Errno::NOENT) => Ok(()),
        removed => removed,
    }
}

#[cfg(not(test))]
#[expect(clippy::unnecessary_wraps, reason = "in tests it fails")]
fn fault() -> Done {
    Ok(())
}

#[cfg(test)]
use faults::fault;

/// Calls that fail on demand, for the thread that asks for it.
#[cfg(test)]
pub(super) mod faults {
    use rustix::io::Errno;
    use std::cell::RefCell;

    /// What happens at the call of a number, from 0.
    pub(in super::super) enum Fault {
        /// It fails; the ones after it do not.
        Error(usize, Errno),
        /// It fails, and so does all that follows: for the target, as if the process had been killed before.
        Death(usize),
        /// It works, after a function was called.
        Tell(usize, Box<dyn FnMut()>),
    }

    #[derive(Default)]
    struct Plan {
        fault: Option<Fault>,
        calls: usize,
    }

    thread_local! {
        static PLAN: RefCell<Plan> = RefCell::default();
    }

    /// Runs `work` under a fault. Gives its result and the number of calls it made.
    pub(in super::super) fn under<T>(fault: Option<Fault>, work: impl FnOnce() -> T) -> (T, usize) {
        PLAN.with_borrow_mut(|plan| *plan = Plan { fault, calls: 0 });
        let result = work();
        (result, PLAN.take().calls)
    }

    pub(super) fn fault() -> Result<(), Errno> {
        PLAN.with_borrow_mut(|plan| {
            let call = plan.calls;
            plan.calls += 1;
            match &mut plan.fault {
                Some(Fault::Error(at, errno)) if call == *at => Err(*errno),
                Some(Fault::Death(at)) if call >= *at => Err(Errno::IO),
                Some(Fault::Tell(at, tell)) if call == *at => {
                    tell();
                    Ok(())
                }
                _ => Ok(()),
            }
        })
    }
}
