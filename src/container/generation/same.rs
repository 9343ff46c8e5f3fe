//! Whether the current generation is what a bundle would give.

use super::modes::{Modes, Perm};
use super::names::EXPIRES;
use super::survey::{list, read_link};
use super::sys;
use crate::render::{Bundle, Entry};
use rustix::fs::{FileType, Mode, OFlags, Stat};
use rustix::io::Errno;
use std::os::fd::{AsFd, OwnedFd};
use zeroize::Zeroizing;

/// Whether names, bytes, owners, modes and the time of the end are the same. What cannot be read is not.
pub(super) fn is_same(target: impl AsFd, generation: &str, bundle: &Bundle, modes: &Modes) -> bool {
    compare(target, generation, bundle, modes).unwrap_or(false)
}

fn compare(target: impl AsFd, generation: &str, bundle: &Bundle, modes: &Modes) -> Result<bool, Errno> {
    let folder = sys::open_folder(target, generation)?;
    if !has(&rustix::fs::fstat(&folder)?, modes.generation) {
        return Ok(false);
    }
    let names = list(&folder)?;
    if names.len() != bundle.entries.len() + usize::from(bundle.expires.is_some())
        || read_link(&folder, EXPIRES)? != bundle.expires
    {
        return Ok(false);
    }
    let mut buffer = Zeroizing::new([0_u8; 16384]);
    for entry in &bundle.entries {
        if !is_same_file(&folder, entry, modes.file(entry.access), &mut *buffer)? {
            return Ok(false);
        }
    }
    Ok(true)
}

fn has(stat: &Stat, perm: Perm) -> bool {
    stat.st_mode & 0o7777 == perm.mode && stat.st_uid == perm.uid && stat.st_gid == perm.gid
}

fn is_same_file(folder: &OwnedFd, entry: &Entry, perm: Perm, buffer: &mut [u8]) -> Result<bool, Errno> {
    // A pipe in its place is not waited for.
    let file = sys::open(folder, &entry.name, OFlags::RDONLY | OFlags::NONBLOCK, Mode::empty())?;
    let stat = rustix::fs::fstat(&file)?;
    if FileType::from_raw_mode(stat.st_mode) != FileType::RegularFile
        || !has(&stat, perm)
        || u64::try_from(stat.st_size).ok() != Some(entry.content.len() as u64)
    {
        return Ok(false);
    }
    let mut rest = entry.content.as_slice();
    loop {
        let read = match rustix::io::read(&file, &mut *buffer) {
            Err(Errno::INTR) => continue,
            read => read?,
        };
        match (read, rest.split_at_checked(read)) {
            (0, _) => return Ok(rest.is_empty()),
            (_, Some((part, after))) if part == &buffer[..read] => rest = after,
            _ => return Ok(false),
        }
    }
}
