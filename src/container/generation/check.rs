//! Whether a complete generation is there: for health checks, without a key, and without a change.

use super::names::{DATA, EXPIRES, is_generation, is_visible, visible_target};
use super::survey::{list, read_link};
use super::sys;
use crate::container::target::{TargetError, Us, open_folder};
use crate::io::reason;
use rustix::fs::{AtFlags, FileType};
use rustix::io::Errno;
use std::io;
use std::os::fd::OwnedFd;
use std::path::Path;
use std::thread::sleep;
use std::time::Duration;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// What is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checked {
    /// The name of the current generation.
    pub generation: String,
    /// Visible names, sorted.
    pub names: Vec<String>,
    /// When the files expire, in RFC 3339.
    pub expires: Option<String>,
}

/// Why what is there is not good.
#[derive(Debug, thiserror::Error)]
pub enum CheckError {
    /// The folder cannot be opened.
    #[error(transparent)]
    Target(#[from] TargetError),
    /// Nothing was installed, or it was removed.
    #[error("there are no files in it")]
    Nothing,
    /// Part of it is missing, or belongs to a stranger.
    #[error("`{0}` is incomplete")]
    Incomplete(String),
    /// The time of the files is over.
    #[error("its files expired at {0}")]
    Expired(String),
    /// The system refuses.
    #[error("cannot look at what is in it: {}", reason(.0))]
    System(#[source] io::Error),
}

impl From<Errno> for CheckError {
    fn from(errno: Errno) -> Self {
        Self::System(errno.into())
    }
}

/// How often a set that seems incomplete is looked at, because it may be switched just now.
const TRIES: u32 = 5;
/// The time between.
const PAUSE: Duration = Duration::from_millis(20);

/// Whether a complete generation that has not expired is in the folder at `path`. Any user can ask who may
/// read the folder.
///
/// # Errors
/// See [`CheckError`].
pub fn check(path: &Path) -> Result<Checked, CheckError> {
    let folder = open_folder(path)?;
    for _ in 1..TRIES {
        match look(&folder) {
            Err(CheckError::Nothing | CheckError::Incomplete(_)) => sleep(PAUSE),
            seen => return seen,
        }
    }
    look(&folder)
}

fn look(folder: &OwnedFd) -> Result<Checked, CheckError> {
    let incomplete = |name: &str| CheckError::Incomplete(name.to_owned());
    let Some(generation) = read_link(folder, DATA)? else { return Err(CheckError::Nothing) };
    if !is_generation(&generation) {
        return Err(incomplete(DATA));
    }
    let inside = match sys::open_folder(folder, &generation) {
        Err(Errno::NOENT | Errno::NOTDIR | Errno::LOOP) => return Err(incomplete(DATA)),
        opened => opened?,
    };
    let writer = writer(folder, &inside)?.ok_or_else(|| incomplete(DATA))?;
    let mut names = Vec::new();
    for name in list(folder)?.into_iter().flatten() {
        if !is_visible(&name) || read_link(folder, &name)? != Some(visible_target(&name)) {
            continue;
        }
        let is_theirs = is(folder, &name, FileType::Symlink, Some(writer))?;
        if !is_theirs || !is(&inside, &name, FileType::RegularFile, None)? {
            return Err(incomplete(&name));
        }
        names.push(name);
    }
    names.sort();
    // Who may pass the generation only cannot list it.
    match list(&inside) {
        Err(Errno::ACCESS) => {}
        listed => {
            for name in listed?.into_iter().flatten().filter(|name| name != EXPIRES) {
                if names.binary_search(&name).is_err() {
                    return Err(incomplete(&name));
                }
            }
        }
    }
    let expires = read_link(&inside, EXPIRES)?;
    if let Some(text) = &expires {
        let end = OffsetDateTime::parse(text, &Rfc3339).ok().ok_or_else(|| incomplete(EXPIRES))?;
        if end <= OffsetDateTime::now_utc() {
            return Err(CheckError::Expired(text.clone()));
        }
    }
    Ok(Checked { generation, names, expires })
}

/// The owner of a generation, if it may be one: this user, root or the owner of the target, and the same as
/// that of the link to it.
fn writer(folder: &OwnedFd, inside: &OwnedFd) -> Result<Option<u32>, Errno> {
    let uid = rustix::fs::fstat(inside)?.st_uid;
    let trusted = uid == 0 || uid == Us::now().uid || uid == rustix::fs::fstat(folder)?.st_uid;
    Ok((trusted && is(folder, DATA, FileType::Symlink, Some(uid))?).then_some(uid))
}

fn is(folder: &OwnedFd, name: &str, kind: FileType, uid: Option<u32>) -> Result<bool, Errno> {
    match rustix::fs::statat(folder, name, AtFlags::SYMLINK_NOFOLLOW) {
        Ok(stat) => {
            Ok(FileType::from_raw_mode(stat.st_mode) == kind && uid.is_none_or(|uid| stat.st_uid == uid))
        }
        Err(Errno::NOENT) => Ok(false),
        Err(error) => Err(error),
    }
}
