//! The way from root to the user of the app, which is not to be gone back.

use super::users::User;
use nix::unistd::{Gid, Uid, getgroups, getresgid, getresuid, setgid, setgroups, setuid};
use rustix::process::{DumpableBehavior, set_dumpable_behavior};
use rustix::thread::{self, CapabilitySet, capabilities};
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
    is(user, &[]) || capabilities(None).is_ok_and(|sets| sets.effective.contains(needed))
}

/// Becomes `user` for good, in all threads: without other groups, and without a way back.
///
/// # Errors
/// The change was refused, or did not do what it should. The process must then not go on to the app.
pub fn become_user(user: User) -> Result<(), DropError> {
    become_account(user, &[])
}

/// As [`become_user`], but with these other `groups`.
///
/// # Errors
/// As [`become_user`].
pub fn become_account(user: User, groups: &[u32]) -> Result<(), DropError> {
    if !is(user, groups) || !groups.is_empty() {
        let listed: Vec<Gid> = groups.iter().copied().map(Gid::from_raw).collect();
        setgroups(&listed).map_err(|error| refused("groups", error.into()))?;
        setgid(Gid::from_raw(user.gid)).map_err(|error| refused("group", error.into()))?;
        setuid(Uid::from_raw(user.uid)).map_err(|error| refused("user", error.into()))?;
        stay_closed();
    }
    verify(user, groups, || setuid(Uid::from_raw(0)).is_ok())
}

/// Becomes `user` for good, as [`become_user`] does, but in the calling thread only and in the children that
/// it starts. The thread should do nothing else afterwards.
///
/// # Errors
/// The change was refused, or did not do what it should. No app must be started then.
pub(super) fn become_user_in_thread(user: User) -> Result<(), DropError> {
    if !is(user, &[]) {
        let (uid, gid) = (thread::Uid::from_raw(user.uid), thread::Gid::from_raw(user.gid));
        thread::set_thread_groups(&[]).map_err(|error| refused("groups", error.into()))?;
        thread::set_thread_res_gid(gid, gid, gid).map_err(|error| refused("group", error.into()))?;
        thread::set_thread_res_uid(uid, uid, uid).map_err(|error| refused("user", error.into()))?;
        stay_closed();
    }
    verify(user, &[], || thread::set_thread_uid(thread::Uid::ROOT).is_ok())
}

/// A change of the user opens the memory of the whole process as far as `fs.suid_dumpable` says: to the
/// collector of core files of many systems. It is closed again; an app that is executed opens its own.
fn stay_closed() {
    let _ = set_dumpable_behavior(DumpableBehavior::NotDumpable);
}

fn verify(user: User, groups: &[u32], way_back: impl Fn() -> bool) -> Result<(), DropError> {
    if !is(user, groups) {
        return Err(DropError::Incomplete);
    }
    if user.uid != 0 && way_back() {
        return Err(DropError::WayBack);
    }
    Ok(())
}

fn refused(step: &'static str, source: io::Error) -> DropError {
    DropError::Refused { step, source }
}

/// Whether all numbers of this thread are those of `user` and `groups`, and no others.
fn is(user: User, groups: &[u32]) -> bool {
    let (uid, gid) = (Uid::from_raw(user.uid), Gid::from_raw(user.gid));
    let users = getresuid().is_ok_and(|ids| ids.real == uid && ids.effective == uid && ids.saved == uid);
    let is_ours = |other: &Gid| *other == gid || groups.contains(&other.as_raw());
    let only_ours = getresgid().is_ok_and(|ids| ids.real == gid && ids.effective == gid && ids.saved == gid);
    users && only_ours && getgroups().is_ok_and(|others| others.iter().all(is_ours))
}
