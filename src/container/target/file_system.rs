//! File systems by the number that `fstatfs` gives.

/// Numbers of `statfs(2)` and the kernel's `magic.h`.
const TMPFS: u32 = 0x0102_1994;
const RAMFS: u32 = 0x8584_58f6;

/// What people call the file systems that a container may have a folder on.
const NAMES: [(u32, &str); 34] = [
    (TMPFS, "tmpfs"),
    (RAMFS, "ramfs"),
    (0x794c_7630, "overlayfs"),
    (0x6173_7566, "aufs"),
    (0xef53, "ext4"),
    (0x5846_5342, "xfs"),
    (0x9123_683e, "btrfs"),
    (0x2fc1_2fc1, "zfs"),
    (0xca45_1a4e, "bcachefs"),
    (0xf2f5_2010, "f2fs"),
    (0xe0f5_e1e2, "erofs"),
    (0x7371_7368, "squashfs"),
    (0x4d44, "vfat"),
    (0x2011_bab0, "exfat"),
    (0x5346_544e, "ntfs"),
    (0x7366_746e, "ntfs3"),
    (0x9660, "iso9660"),
    (0x3153_464a, "jfs"),
    (0x5265_4973, "reiserfs"),
    (0x6969, "nfs"),
    (0xff53_4d42, "cifs"),
    (0xfe53_4d42, "smb2"),
    (0x0102_1997, "9p"),
    (0x6573_5546, "fuse"),
    (0x6a65_6a63, "virtiofs"),
    (0x00c3_6400, "ceph"),
    (0x0116_1970, "gfs2"),
    (0x7461_636f, "ocfs2"),
    (0x786f_4256, "vboxsf"),
    (0xf15f, "ecryptfs"),
    (0x0bd0_0bd0, "lustre"),
    (0x9fa0, "proc"),
    (0x6265_6572, "sysfs"),
    (0x9584_58f6, "hugetlbfs"),
];

/// The name, or the number in hex.
pub(super) fn name(magic: u32) -> String {
    NAMES
        .iter()
        .find(|(number, _)| *number == magic)
        .map_or_else(|| format!("0x{magic:x}"), |(_, name)| (*name).to_owned())
}

/// Whether its files are in memory and nowhere else.
pub(super) fn is_memory(magic: u32) -> bool {
    matches!(magic, TMPFS | RAMFS)
}

/// Whether its pages never reach swap space, however it is mounted.
pub(super) fn never_swaps(magic: u32) -> bool {
    magic == RAMFS
}

#[cfg(test)]
mod tests {
    use super::{NAMES, is_memory, name, never_swaps};

    #[test]
    fn known_numbers_have_names_and_others_stay_numbers() {
        assert_eq!(name(0x0102_1994), "tmpfs");
        assert_eq!(name(0x794c_7630), "overlayfs");
        assert_eq!(name(0x6573_5546), "fuse");
        assert_eq!(name(0xdead_beef), "0xdeadbeef");
    }

    #[test]
    fn no_number_and_no_name_is_listed_twice() {
        for (index, (number, name)) in NAMES.iter().enumerate() {
            assert!(NAMES[..index].iter().all(|(n, text)| n != number && text != name), "{name}");
        }
    }

    #[test]
    fn two_are_in_memory_and_one_never_swaps() {
        let memory: Vec<&str> = NAMES.iter().filter(|(n, _)| is_memory(*n)).map(|(_, name)| *name).collect();
        assert_eq!(memory, ["tmpfs", "ramfs"]);
        let locked: Vec<&str> =
            NAMES.iter().filter(|(n, _)| never_swaps(*n)).map(|(_, name)| *name).collect();
        assert_eq!(locked, ["ramfs"]);
    }
}
