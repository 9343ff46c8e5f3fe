//! What stands in a target: what is ours, and what is in the way (T9).

use super::error::{InstallError, failed};
use super::names::{DATA, NEXT, is_generation, visible_target};
use super::sys;
use crate::container::target::Target;
use crate::render::Bundle;
use rustix::fs::{AtFlags, Dir, FileType};
use rustix::io::Errno;
use std::collections::HashMap;
use std::os::fd::AsFd;

/// What stands in a target. Ours are, by name, kind and owner together:
/// generations that are folders, `..data` and `..data_tmp` that are links to such names, and links
/// `NAME -> ..data/NAME`.
#[derive(Debug, Default)]
pub(super) struct Survey {
    /// The generation that `..data` leads to, where it is there.
    pub(super) current: Option<String>,
    /// All other generations.
    pub(super) others: Vec<String>,
    /// Whether there is a `..data` of ours.
    pub(super) data: bool,
    /// Whether there is a `..data_tmp` of ours.
    pub(super) next: bool,
    /// Visible links, sorted.
    pub(super) links: Vec<String>,
    /// Everything else, with what it is.
    foreign: HashMap<String, &'static str>,
    /// Whether there is something whose name is not UTF-8.
    unnamed: bool,
}

impl Survey {
    /// Looks at a target.
    pub(super) fn of(target: &Target) -> Result<Self, InstallError> {
        Self::look(target, target.us.uid).map_err(failed("look at what is in the folder"))
    }

    fn look(target: &Target, uid: u32) -> Result<Self, Errno> {
        let mut seen = Self::default();
        let mut led_to = None;
        for entry in Dir::read_from(&target.folder)? {
            let entry = entry?;
            // Names of ours are UTF-8, and so are those of files.
            let Ok(name) = entry.file_name().to_str() else {
                seen.unnamed = true;
                continue;
            };
            if matches!(name, "." | "..") {
                continue;
            }
            let Some((kind, owner)) = kind(&target.folder, name)? else { continue };
            match kind {
                FileType::Directory if owner == uid && is_generation(name) => {
                    seen.others.push(name.to_owned());
                }
                FileType::Symlink if owner == uid => match (name, read_link(&target.folder, name)?) {
                    (DATA, Some(to)) if is_generation(&to) => {
                        seen.data = true;
                        led_to = Some(to);
                    }
                    (NEXT, Some(to)) if is_generation(&to) => seen.next = true,
                    (name, Some(to)) if to == visible_target(name) => seen.links.push(name.to_owned()),
                    _ => drop(seen.foreign.insert(name.to_owned(), "a symbolic link to something else")),
                },
                _ => drop(seen.foreign.insert(name.to_owned(), what(kind, owner == uid))),
            }
        }
        seen.links.sort();
        if let Some(name) = led_to
            && let Some(at) = seen.others.iter().position(|other| *other == name)
        {
            seen.current = Some(seen.others.swap_remove(at));
        }
        Ok(seen)
    }

    /// Whether there is anything that is not ours.
    pub(super) fn has_foreign(&self) -> bool {
        self.unnamed || !self.foreign.is_empty()
    }

    /// Refuses a target where something else has a name that a bundle needs.
    pub(super) fn refuse_foreign(&self, bundle: &Bundle) -> Result<(), InstallError> {
        let needed = bundle.entries.iter().map(|entry| entry.name.as_str()).chain([DATA, NEXT]);
        for name in needed {
            if let Some(what) = self.foreign.get(name) {
                return Err(InstallError::Foreign { name: name.to_owned(), what });
            }
        }
        Ok(())
    }

    /// Names that look like ours but belong to somebody else, or are of another kind.
    pub(super) fn left(&self) -> Vec<String> {
        let ours = |name: &&String| matches!(name.as_str(), DATA | NEXT) || is_generation(name);
        let mut left: Vec<String> = self.foreign.keys().filter(ours).cloned().collect();
        left.sort();
        left
    }
}

/// Kind and owner of what is called `name`, unless it has gone.
fn kind(folder: impl AsFd, name: &str) -> Result<Option<(FileType, u32)>, Errno> {
    match rustix::fs::statat(folder, name, AtFlags::SYMLINK_NOFOLLOW) {
        Ok(stat) => Ok(Some((FileType::from_raw_mode(stat.st_mode), stat.st_uid))),
        Err(Errno::NOENT) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Where a link leads, if it still is one, and in UTF-8.
pub(super) fn read_link(folder: impl AsFd, name: &str) -> Result<Option<String>, Errno> {
    match rustix::fs::readlinkat(folder, name, Vec::new()) {
        Ok(target) => Ok(target.into_string().ok()),
        Err(Errno::NOENT | Errno::INVAL) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Names in an open folder, without `.` and `..`; what is not UTF-8 is given as nothing.
pub(super) fn list(folder: impl AsFd) -> Result<Vec<Option<String>>, Errno> {
    let mut names = Vec::new();
    for entry in Dir::read_from(folder)? {
        let entry = entry?;
        match entry.file_name().to_str() {
            Ok("." | "..") => {}
            name => names.push(name.ok().map(str::to_owned)),
        }
    }
    Ok(names)
}

/// Makes a visible link, unless it is there and ours.
pub(super) fn make_link(target: &Target, name: &str) -> Result<(), InstallError> {
    let step = "make the link";
    match sys::link(&target.folder, name, &visible_target(name)) {
        Err(Errno::EXIST) => {}
        made => return made.map_err(super::error::failed_on(step, name)),
    }
    let seen = kind(&target.folder, name).map_err(super::error::failed_on(step, name))?;
    let (kind, owner) = seen.unwrap_or((FileType::Unknown, target.us.uid));
    let to = read_link(&target.folder, name).map_err(super::error::failed_on(step, name))?;
    if owner == target.us.uid && to.is_some_and(|to| to == visible_target(name)) {
        return Ok(());
    }
    Err(InstallError::Foreign { name: name.to_owned(), what: what(kind, owner == target.us.uid) })
}

/// What something is, in words.
fn what(kind: FileType, ours: bool) -> &'static str {
    match kind {
        FileType::RegularFile => "a file",
        FileType::Directory => "a folder",
        FileType::Symlink if ours => "a symbolic link to something else",
        FileType::Symlink => "a symbolic link of another user",
        FileType::Fifo => "a pipe",
        FileType::Socket => "a socket",
        FileType::CharacterDevice | FileType::BlockDevice => "a device",
        _ => "something else",
    }
}
