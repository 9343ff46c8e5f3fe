//! A new generation: its folder, its files, their owners and modes.

use super::error::{InstallError, failed, failed_on};
use super::modes::Modes;
use super::names::{EXPIRES, new_generation};
use super::sys;
use super::undo::Undo;
use crate::container::target::Target;
use crate::render::{Bundle, Entry};
use rustix::fs::FileType;
use rustix::io::Errno;
use std::os::fd::OwnedFd;

/// Makes a generation that nothing leads to yet, and gives its name.
pub(super) fn fill(
    target: &Target,
    bundle: &Bundle,
    modes: &Modes,
    undo: &Undo,
) -> Result<String, InstallError> {
    let (name, folder) = make_folder(target, undo)?;
    for entry in &bundle.entries {
        undo.step(|_| write(&folder, entry, modes))?;
    }
    if let Some(expires) = &bundle.expires {
        undo.step(|_| sys::link(&folder, EXPIRES, expires).map_err(failed("note when the files expire")))?;
    }
    undo.step(|_| {
        let perm = modes.generation;
        let step = "set owner and mode of the new generation";
        sys::own(&folder, None, Some(perm.gid)).map_err(failed(step))?;
        sys::set_mode(&folder, perm.mode).map_err(failed(step))
    })?;
    Ok(name)
}

fn make_folder(target: &Target, undo: &Undo) -> Result<(String, OwnedFd), InstallError> {
    let step = "make a folder for the new generation";
    undo.step(|made| {
        let name = loop {
            let name = new_generation().map_err(failed(step))?;
            match sys::make_folder(&target.folder, &name) {
                Err(Errno::EXIST) => {}
                done => break done.map(|()| name).map_err(failed(step))?,
            }
        };
        made.generation = Some(name.clone());
        let folder = sys::open_folder(&target.folder, &name).map_err(failed(step))?;
        // Where all can write to the target, somebody may have put another folder in its place.
        let stat = rustix::fs::fstat(&folder).map_err(failed(step))?;
        if stat.st_uid != target.us.uid || FileType::from_raw_mode(stat.st_mode) != FileType::Directory {
            return Err(InstallError::Foreign { name, what: "a folder of another user" });
        }
        Ok((name, folder))
    })
}

fn write(folder: &OwnedFd, entry: &Entry, modes: &Modes) -> Result<(), InstallError> {
    let failed = |step| failed_on(step, &entry.name);
    let perm = modes.file(entry.access);
    let file = sys::create(folder, &entry.name).map_err(failed("make the file"))?;
    sys::write(&file, &entry.content).map_err(failed("write the file"))?;
    sys::own(&file, Some(perm.uid), Some(perm.gid)).map_err(failed("set the owner of"))?;
    sys::set_mode(&file, perm.mode).map_err(failed("set the mode of"))
}
