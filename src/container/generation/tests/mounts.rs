//! Rules that need a mount: T3 to T7, T11, T12, each in a mount namespace of its own.

use super::{InstallError, Undo, assert_clean, bundle, dump, install, mode, new, old, open, view, view_of};
use crate::container::generation::Space;
use crate::container::target::{Notice, Reader, Rules, Target, TargetError, Us};
use crate::container::testing::in_namespace;
use std::path::Path;

/// Where the test `name` is, for the harness.
fn full(name: &str) -> String {
    format!("container::generation::tests::mounts::{name}")
}

/// Whether this is root, outside of a namespace of users, or the test that it started.
fn is_root(name: &str) -> bool {
    let root = Us::now().uid == 0 || crate::container::testing::folder_of_child().is_some();
    if !root {
        println!("{name}: not tested, as it needs root");
    }
    root
}

#[test]
fn t3_read_only_mounts() {
    let script = "mount -t tmpfs -o ro,mode=0700 seal \"$DIR\"; exec";
    in_namespace(&full("t3_read_only_mounts"), script, |folder| {
        let rules = Rules::default();
        assert!(matches!(Target::open(folder, &rules), Err(TargetError::ReadOnly)));
        assert!(matches!(Target::open(&folder.join("new"), &rules), Err(TargetError::ReadOnly)));
    });
}

#[test]
fn t4_owners() {
    if !is_root("t4_owners") {
        return;
    }
    let script = "mount -t tmpfs -o mode=0700,uid=65531 seal \"$DIR\"; exec";
    in_namespace(&full("t4_owners"), script, |folder| {
        let opened = Target::open(folder, &Rules::default());
        assert!(matches!(opened, Err(TargetError::ForeignOwner { uid: 65_531 })));
    });
}

#[test]
fn t5_open_mounts_of_ours_are_tightened() {
    let script = "mount -t tmpfs -o mode=1777 seal \"$DIR\"; exec";
    in_namespace(&full("t5_open_mounts_of_ours_are_tightened"), script, |folder| {
        let target = open(folder);
        assert_eq!(mode(folder), 0o1777, "not before something is written");
        target.install(&old(), &Undo::new()).unwrap();
        assert_eq!(mode(folder), 0o700);
        drop(target);
        std::fs::set_permissions(folder, std::os::unix::fs::PermissionsExt::from_mode(0o777)).unwrap();
        let rules = Rules { reader: Reader::Group(Us::now().gid), ..Rules::default() };
        Target::open(folder, &rules).unwrap().install(&old(), &Undo::new()).unwrap();
        assert_eq!(mode(folder), 0o750);
        assert_clean(folder, &old());
    });
}

#[test]
fn t5_open_mounts_that_others_use_are_left_alone() {
    let script = "mount -t tmpfs -o mode=1777 seal \"$DIR\"; touch \"$DIR/other\"; exec";
    in_namespace(&full("t5_open_mounts_that_others_use_are_left_alone"), script, |folder| {
        let error = open(folder).install(&old(), &Undo::new()).unwrap_err();
        assert!(matches!(error, InstallError::Shared));
        assert_eq!(mode(folder), 0o1777);
        // A folder of its own, made there, will do.
        let own = folder.join("secrets");
        open(&own).install(&old(), &Undo::new()).unwrap();
        assert_clean(&own, &old());
        assert_eq!(mode(folder), 0o1777);
    });
}

/// A mount of root, used by somebody else.
fn as_other(options: &str) -> String {
    format!(
        "mount -t tmpfs -o {options} seal \"$DIR\"; ln -s ..data/goes \"$DIR/planted\"; \
         exec setpriv --reuid=65532 --regid=65532 --clear-groups"
    )
}

fn used_by_other(folder: &Path, expected: &[Notice]) {
    let before = mode(folder);
    let target = open(folder);
    let notices: Vec<_> = target.notices().iter().filter(|n| **n != Notice::MayBeSwapped).copied().collect();
    assert_eq!(notices, expected);
    target.install(&old(), &Undo::new()).unwrap();
    target.install(&new(), &Undo::new()).unwrap();
    assert_eq!(mode(folder), before);
    assert_eq!(view(folder), view_of(&new()));
    // A link that would do, made by another user, who may exchange it.
    let error = target.install(&bundle(&[("planted", b"x")]), &Undo::new()).unwrap_err();
    assert!(matches!(error, InstallError::Foreign { name, .. } if name == "planted"));
    drop(target);
    let rules = Rules { reader: Reader::Group(65_532), ..Rules::default() };
    let target = Target::open(folder, &rules).unwrap();
    assert!(!target.notices().contains(&Notice::ClosedToReader { gid: 65_532 }));
}

#[test]
fn t6_sticky_mounts_of_root() {
    if !is_root("t6_sticky_mounts_of_root") {
        return;
    }
    let script = as_other("mode=1777");
    in_namespace(&full("t6_sticky_mounts_of_root"), &script, |folder| used_by_other(folder, &[]));
}

#[test]
fn t7_open_mounts_of_root() {
    if !is_root("t7_open_mounts_of_root") {
        return;
    }
    let script = as_other("mode=0777");
    in_namespace(&full("t7_open_mounts_of_root"), &script, |folder| {
        used_by_other(folder, &[Notice::WritableByOthers]);
    });
}

#[test]
fn mounts_that_keep_the_reader_out() {
    if !is_root("mounts_that_keep_the_reader_out") {
        return;
    }
    let script = as_other("mode=0770,gid=65532");
    in_namespace(&full("mounts_that_keep_the_reader_out"), &script, |folder| {
        let notices = |gid| {
            let rules = Rules { reader: Reader::Group(gid), ..Rules::default() };
            Target::open(folder, &rules).unwrap().notices().to_vec()
        };
        assert!(notices(7).contains(&Notice::ClosedToReader { gid: 7 }));
        assert!(!notices(65_532).contains(&Notice::ClosedToReader { gid: 65_532 }));
    });
}

#[test]
fn t11_too_few_pages() {
    let script = "mount -t tmpfs -o size=16k,mode=0700 seal \"$DIR\"; exec";
    in_namespace(&full("t11_too_few_pages"), script, |folder| {
        let five = bundle(&[("a", &[1; 4097]), ("b", &[1; 8193])]);
        let InstallError::NoSpace { needed, free } = install(folder, &five).unwrap_err() else { panic!() };
        assert_eq!((needed.bytes, free.bytes), (5 * 4096, 4 * 4096));
        assert_eq!(dump(folder), [""; 0]);

        // While it is replaced, the old set takes its space still.
        let (two, three) = (bundle(&[("a", &[1; 5000])]), bundle(&[("a", &[2; 9000])]));
        let first = install(folder, &two).unwrap();
        let before = dump(folder);
        let error = install(folder, &three).unwrap_err();
        assert_eq!(error.to_string().split(" and ").next(), Some("12 KiB"), "{error}");
        assert_eq!(dump(folder), before);

        // What is kept for readers gives way.
        let target = Target::open(folder, &Rules { keep_previous: true, ..Rules::default() }).unwrap();
        let other = bundle(&[("a", &[3; 5000])]);
        let second = target.install(&other, &Undo::new()).unwrap();
        assert_eq!(second.previous, Some(first.generation.clone()));
        target.install(&two, &Undo::new()).unwrap();
        assert!(!folder.join(first.generation).exists());
        assert_eq!(view(folder), view_of(&two));
    });
}

#[test]
fn t11_too_few_inodes() {
    let script = "mount -t tmpfs -o nr_inodes=4,mode=0700 seal \"$DIR\"; exec";
    in_namespace(&full("t11_too_few_inodes"), script, |folder| {
        let InstallError::NoSpace { needed, free } = install(folder, &old()).unwrap_err() else { panic!() };
        assert_eq!(needed, Space { bytes: 3 * 4096, inodes: 8 });
        assert_eq!(free.inodes, 3);
        assert_eq!(dump(folder), [""; 0]);
    });
}

#[test]
fn t11_no_limit() {
    let script = "mount -t tmpfs -o size=0,nr_inodes=0,mode=0700 seal \"$DIR\"; exec";
    in_namespace(&full("t11_no_limit"), script, |folder| {
        install(folder, &old()).unwrap();
        assert_clean(folder, &old());
    });
}

#[test]
fn ramfs_never_swaps() {
    if !is_root("ramfs_never_swaps") {
        return;
    }
    let script = "mount -t ramfs -o mode=0700 seal \"$DIR\"; exec";
    in_namespace(&full("ramfs_never_swaps"), script, |folder| {
        let target = Target::open(folder, &Rules { require_noswap: true, ..Rules::default() }).unwrap();
        assert!(target.facts().noswap);
        assert_eq!(target.facts().file_system, "ramfs");
        target.install(&old(), &Undo::new()).unwrap();
        assert_clean(folder, &old());
    });
}

#[test]
fn t12_the_option_of_the_mount_is_seen() {
    if !is_root("t12_the_option_of_the_mount_is_seen") {
        return;
    }
    // Kernels before 6.4 do not know the option: then there is nothing to be seen.
    let script =
        "mount -t tmpfs -o mode=0700,noswap seal \"$DIR\" || mount -t tmpfs -o mode=0700 seal \"$DIR\"; exec";
    in_namespace(&full("t12_the_option_of_the_mount_is_seen"), script, |folder| {
        let mounts = std::fs::read_to_string("/proc/self/mountinfo").unwrap();
        let line = mounts.lines().find(|line| line.contains(folder.to_str().unwrap())).unwrap();
        assert_eq!(open(folder).facts().noswap, line.contains("noswap"), "{line}");
    });
}

#[test]
fn nothing_is_written_beneath_a_mount_over_a_generation() {
    let script = "mount -t tmpfs -o mode=0700 seal \"$DIR\"; mkdir \"$DIR/..gen-1-0123456789abcdef\"; \
                  mount -t tmpfs seal \"$DIR/..gen-1-0123456789abcdef\"; \
                  echo precious > \"$DIR/..gen-1-0123456789abcdef/a\"; exec";
    in_namespace(&full("nothing_is_written_beneath_a_mount_over_a_generation"), script, |folder| {
        assert!(matches!(install(folder, &old()), Err(InstallError::System { .. })));
        assert_eq!(std::fs::read(folder.join("..gen-1-0123456789abcdef/a")).unwrap(), b"precious\n");
        assert!(view(folder).is_empty());
    });
}
