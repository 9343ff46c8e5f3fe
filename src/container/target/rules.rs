//! What owner and mode of a folder mean: T4 to T8.

use super::{Notice, Reader, TargetError, Us};
use rustix::fs::Stat;

/// What was seen of a folder.
#[derive(Debug, Clone, Copy)]
pub(super) struct Seen {
    pub(super) uid: u32,
    /// With or without the bits of its type.
    pub(super) mode: u32,
    /// Whether it is the root of a mount.
    pub(super) mount_root: bool,
}

/// Decides by owner and mode. A folder of ours that is open to others is taken, because it is tightened
/// before anything is written (T5).
pub(super) fn permissions(seen: Seen, us: Us) -> Result<Option<Notice>, TargetError> {
    if seen.uid != us.uid && seen.uid != 0 {
        return Err(TargetError::ForeignOwner { uid: seen.uid });
    }
    let sticky = seen.mode & 0o1000 != 0;
    if seen.mode & 0o022 == 0 || (sticky && seen.uid != us.uid) {
        return Ok(None);
    }
    if !sticky && !seen.mount_root {
        return Err(TargetError::WritableByOthers { mode: seen.mode & 0o7777 });
    }
    Ok((seen.uid != us.uid).then_some(Notice::WritableByOthers))
}

/// Whether a folder that is not ours, so that its mode stays, keeps the group out that is to read.
pub(super) fn reader(stat: &Stat, reader: Reader, us: Us) -> Option<Notice> {
    let Reader::Group(gid) = reader else { return None };
    let bit = if stat.st_gid == gid { 0o010 } else { 0o001 };
    (stat.st_uid != us.uid && stat.st_mode & bit == 0).then_some(Notice::ClosedToReader { gid })
}

#[cfg(test)]
mod tests {
    use super::{Seen, permissions};
    use crate::container::target::{Notice, TargetError, Us};

    const US: Us = Us { uid: 1000, gid: 1000 };

    fn decide(uid: u32, mode: u32, mount_root: bool) -> Result<Option<Notice>, TargetError> {
        permissions(Seen { uid, mode, mount_root }, US)
    }

    #[test]
    fn t4_only_this_user_and_root_are_owners() {
        assert!(matches!(decide(1001, 0o700, true), Err(TargetError::ForeignOwner { uid: 1001 })));
        assert!(matches!(decide(1001, 0o1777, true), Err(TargetError::ForeignOwner { uid: 1001 })));
        assert!(matches!(decide(1000, 0o700, false), Ok(None)));
        assert!(matches!(decide(0, 0o755, false), Ok(None)));
    }

    #[test]
    fn t5_a_mount_of_ours_may_be_open() {
        for mode in [0o1777, 0o777, 0o770, 0o2777] {
            assert!(matches!(decide(1000, mode, true), Ok(None)), "{mode:o}");
        }
        assert!(matches!(decide(1000, 0o1777, false), Ok(None)), "sticky: others remove nothing of ours");
    }

    #[test]
    fn t6_a_sticky_mount_of_root_is_taken() {
        assert!(matches!(decide(0, 0o1777, true), Ok(None)));
    }

    #[test]
    fn t7_an_open_mount_of_root_is_taken_with_a_notice() {
        for mode in [0o777, 0o2777, 0o775, 0o702] {
            assert!(matches!(decide(0, mode, true), Ok(Some(Notice::WritableByOthers))), "{mode:o}");
        }
    }

    #[test]
    fn t8_an_open_folder_inside_of_a_mount_is_refused() {
        for (uid, mode) in [(1000, 0o770), (1000, 0o777), (0, 0o777), (0, 0o702)] {
            let Err(TargetError::WritableByOthers { mode: told }) = decide(uid, mode, false) else {
                panic!("{uid} {mode:o}");
            };
            assert_eq!(told, mode);
        }
    }
}
