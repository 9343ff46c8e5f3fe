//! The way from root to the user of the app, which is not to be gone back.

use super::users::User;
use nix::unistd::{Gid, Uid, getgroups, getresgid, getresuid, setgid, setgroups, setuid};
use rustix::thread::{CapabilitiesSecureBits, CapabilitySet, capabilities, capabilities_secure_bits};
use std::io;

/// Why the user could not be changed.
#[derive(Debug, thiserror::Error)]
pub enum DropError {
    /// The system refuses a step.
    #[error("cannot set the {step}: {}", crate::io::reason(.source))]
    Refused {
        /// Which: `groups`, `group` or `user`.
        step: &'static str,
        /// What the system says.
        source: io::Error,
    },
    /// The system agreed, and did something else.
    #[error("the system did not change the user completely")]
    Incomplete,
    /// After the change the process could become root again.
    #[error("the way back to root stayed open")]
    WayBack,
}

/// Whether this process can become `user`: it is that user already, or has the capabilities that it takes.
#[must_use]
pub fn may_become(user: User) -> bool {
    let needed = CapabilitySet::SETUID | CapabilitySet::SETGID;
    is(user) || capabilities(None).is_ok_and(|sets| sets.effective.contains(needed))
}

/// Becomes `user` for good, in all threads: without other groups, and without a way back.
///
/// # Errors
/// The change was refused, or did not do what it should. The process must then not go on to the app.
pub fn become_user(user: User) -> Result<(), DropError> {
    if !is(user) {
        let gid = Gid::from_raw(user.gid);
        setgroups(&[]).map_err(|error| refused("groups", error))?;
        setgid(gid).map_err(|error| refused("group", error))?;
        setuid(Uid::from_raw(user.uid)).map_err(|error| refused("user", error))?;
        if !is(user) {
            return Err(DropError::Incomplete);
        }
    }
    if user.uid != 0 && setuid(Uid::from_raw(0)).is_ok() {
        return Err(DropError::WayBack);
    }
    Ok(())
}

/// What is to be done and known before a child becomes `user`; whether there is anything to become.
///
/// # Errors
/// A step was refused, or the way back would stay open.
pub(super) fn prepare_for_child(user: User) -> Result<bool, DropError> {
    if is(user) {
        return Ok(false);
    }
    let kept = CapabilitiesSecureBits::KEEP_CAPS | CapabilitiesSecureBits::NO_SETUID_FIXUP;
    if user.uid != 0 && capabilities_secure_bits().is_ok_and(|bits| bits.intersects(kept)) {
        return Err(DropError::WayBack);
    }
    // Children of root lose their groups in the standard library, those of others here.
    if !Uid::current().is_root() {
        setgroups(&[]).map_err(|error| refused("groups", error))?;
    }
    Ok(true)
}

fn refused(step: &'static str, error: nix::Error) -> DropError {
    DropError::Refused { step, source: error.into() }
}

/// Whether all numbers of this process are those of `user`, and no others.
fn is(user: User) -> bool {
    let (uid, gid) = (Uid::from_raw(user.uid), Gid::from_raw(user.gid));
    let users = getresuid().is_ok_and(|ids| ids.real == uid && ids.effective == uid && ids.saved == uid);
    let groups = getresgid().is_ok_and(|ids| ids.real == gid && ids.effective == gid && ids.saved == gid);
    users && groups && getgroups().is_ok_and(|others| others.iter().all(|other| *other == gid))
}
