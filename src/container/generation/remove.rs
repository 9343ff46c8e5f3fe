//! Removal of generations and links, and of nothing else.

use super::names::visible_target;
use super::survey::{list, read_link};
use super::sys;
use rustix::io::Errno;
use std::os::fd::AsFd;

/// Removes a generation with the files in it, if it belongs to `uid`. That it is gone already is fine; what
/// is not a file or a link in it was not made here, and makes this fail.
pub(super) fn generation(folder: impl AsFd, name: &str, uid: u32) -> Result<(), Errno> {
    let inside = match sys::open_folder(&folder, name) {
        Err(Errno::NOENT) => return Ok(()),
        opened => opened?,
    };
    if rustix::fs::fstat(&inside)?.st_uid != uid {
        return Err(Errno::PERM);
    }
    // Its mode forbids its owner to change it, unless that is root.
    sys::set_mode(&inside, 0o700)?;
    for name in list(&inside)? {
        sys::remove(&inside, &name.ok_or(Errno::ILSEQ)?)?;
    }
    sys::remove_folder(&folder, name)
}

/// Removes a visible link, if it is one.
pub(super) fn link(folder: impl AsFd, name: &str) -> Result<(), Errno> {
    if read_link(&folder, name)?.is_some_and(|to| to == visible_target(name)) {
        sys::remove(&folder, name)?;
    }
    Ok(())
}
