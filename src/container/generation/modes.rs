//! Owners and modes: which bits the files, their folder and the target get. Nothing is touched here.
//!
//! The folders are opened to one group at most: the one that is to read everything (`--user`, `--group`), or
//! else the one that a file is given to. That group may pass them; it may list them only if everything is
//! meant for it. A file for a user of another group, or of none that is known, would need folders that all
//! users may pass, which is refused unless the caller allows it. For a file `uid=U,gid=G`, U is taken to be
//! in G. Root needs no bits.

use super::error::InstallError;
use crate::container::target::{Reader, Rules, Us};
use crate::render::{Access, Bundle};

/// Owner and mode of a file or folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Perm {
    pub(super) mode: u32,
    pub(super) uid: u32,
    pub(super) gid: u32,
}

/// Owners and modes of a generation and the target around it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Modes {
    /// The folder of the generation.
    pub(super) generation: Perm,
    /// Bits that the target may keep.
    keep: u32,
    /// Bits that the target gets.
    add: u32,
    /// The group that the target gets, if any.
    pub(super) target_gid: Option<u32>,
    reader: Reader,
    us: Us,
}

impl Modes {
    /// The smallest modes that let the files of a bundle be read by whom they are for.
    pub(super) fn of(bundle: &Bundle, rules: &Rules, us: Us) -> Result<Self, InstallError> {
        let mut group = match rules.reader {
            Reader::Same => None,
            Reader::User { gid, .. } | Reader::Group(gid) => Some(gid),
        };
        let mut world = false;
        for entry in &bundle.entries {
            let perm = file(entry.access, rules.reader, us);
            let forbidden = if rules.allow_world { !0o777 } else { !0o777 | 0o227 };
            if perm.mode & forbidden != 0 {
                return Err(InstallError::TooOpen { name: entry.name.clone(), mode: perm.mode });
            }
            for need in needs(perm, entry.access, rules.reader, us).into_iter().flatten() {
                let reader = match need {
                    Need::Group(gid) if *group.get_or_insert(gid) == gid => continue,
                    Need::Group(gid) => format!("group {gid}"),
                    Need::User(uid) => format!("user {uid} of an unknown group"),
                    Need::World => "all users".to_owned(),
                };
                if !rules.allow_world {
                    return Err(InstallError::Unreachable { name: entry.name.clone(), reader });
                }
                world = true;
            }
        }
        Ok(Self::with(rules.reader, us, group, world))
    }

    fn with(reader: Reader, us: Us, group: Option<u32>, world: bool) -> Self {
        let (base, listed) = match reader {
            Reader::Same => (0o700, 0),
            Reader::User { .. } | Reader::Group(_) => (0o750, 0o050),
        };
        // A member of the folder's group is not one of the others: the group passes where all do.
        let pass = if world { 0o011 } else { u32::from(group.is_some()) * 0o010 };
        let generation =
            Perm { mode: (base & 0o500) | listed | pass, uid: us.uid, gid: group.unwrap_or(us.gid) };
        Self { generation, keep: base, add: listed | pass, target_gid: group, reader, us }
    }

    /// Owner and mode of a file.
    pub(super) fn file(&self, access: Access) -> Perm {
        file(access, self.reader, self.us)
    }

    /// The permission bits of the target, if it is ours, from those it has.
    pub(super) fn target(&self, mode: u32) -> u32 {
        (mode & self.keep) | self.add
    }

    /// The same for a target that holds something else, too: nobody is shut out of it.
    pub(super) fn shared_target(&self, mode: u32) -> u32 {
        // What a reader may do in any group needs no other group.
        let for_all = mode & mode >> 3 & 0o005;
        if self.add & !(for_all << 3 | for_all) == 0 { mode } else { mode | self.add }
    }
}

fn file(access: Access, reader: Reader, us: Us) -> Perm {
    let (mode, gid) = match reader {
        Reader::Same => (0o400, us.gid),
        Reader::User { gid, .. } | Reader::Group(gid) => (0o440, gid),
    };
    Perm {
        mode: access.mode.unwrap_or(mode),
        uid: access.uid.unwrap_or(us.uid),
        gid: access.gid.unwrap_or(gid),
    }
}

/// Who has to pass the folders, besides their owner.
enum Need {
    Group(u32),
    User(u32),
    World,
}

fn needs(perm: Perm, access: Access, reader: Reader, us: Us) -> [Option<Need>; 3] {
    let other_owner = perm.mode & 0o400 != 0 && perm.uid != us.uid && perm.uid != 0;
    let owner = other_owner.then_some(match (reader, access.gid) {
        (Reader::User { uid, gid }, _) if uid == perm.uid => Need::Group(gid),
        (_, Some(gid)) => Need::Group(gid),
        _ => Need::User(perm.uid),
    });
    let group = (perm.mode & 0o040 != 0).then_some(Need::Group(perm.gid));
    let world = (perm.mode & 0o004 != 0).then_some(Need::World);
    [owner, group, world]
}

#[cfg(test)]
mod tests;
