//! Every way a write can end, and what is on disk then.

use super::*;
use crate::io::testing::Folder;
use std::os::unix::fs::symlink;

fn mode(path: &Path) -> u32 {
    fs::symlink_metadata(path).unwrap().mode() & 0o7777
}

fn chmod(path: &Path, bits: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(bits)).unwrap();
}

fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

#[test]
fn a_new_file_has_the_mode_of_its_kind() {
    let folder = Folder::new();
    let (plain, sealed, usual) = (folder.path("plain"), folder.path("sealed"), folder.file("usual", b""));
    replace(&plain, b"p", Mode::Private, None).unwrap();
    replace(&sealed, b"s", Mode::Shared, None).unwrap();
    assert_eq!(mode(&plain), 0o600);
    assert_eq!(mode(&sealed), mode(&usual));
    assert_eq!(fs::read(&plain).unwrap(), b"p");
    assert_eq!(folder.list(), ["plain", "sealed", "usual"]);
}

#[test]
fn mode_and_owner_of_an_old_file_stay() {
    let folder = Folder::new();
    let path = folder.file("a", b"old");
    for bits in [0o600, 0o640, 0o755, 0o2664] {
        if is_root() {
            std::os::unix::fs::chown(&path, Some(1234), Some(4321)).unwrap();
        }
        chmod(&path, bits);
        let before = fs::metadata(&path).unwrap();
        replace(&path, b"new", Mode::Private, None).unwrap();
        let after = fs::metadata(&path).unwrap();
        assert_eq!(mode(&path), bits);
        assert_eq!((before.uid(), before.gid()), (after.uid(), after.gid()));
        assert_ne!(before.ino(), after.ino());
    }
    assert_eq!(fs::read(&path).unwrap(), b"new");
    assert_eq!(folder.list(), ["a"]);
}

#[test]
fn links_are_followed_and_stay() {
    let folder = Folder::new();
    fs::create_dir(folder.path("sub")).unwrap();
    let real = folder.file("sub/real", b"old");
    symlink("sub/middle", folder.path("first")).unwrap();
    symlink("../sub/real", folder.path("sub/middle")).unwrap();
    replace(&folder.path("first"), b"new", Mode::Private, None).unwrap();
    assert_eq!(fs::read(&real).unwrap(), b"new");
    assert!(folder.path("first").is_symlink() && folder.path("sub/middle").is_symlink());
    assert_eq!(folder.list(), ["first", "sub"]);
}

#[test]
fn a_dangling_link_gets_its_target() {
    let folder = Folder::new();
    symlink("later", folder.path("link")).unwrap();
    replace(&folder.path("link"), b"new", Mode::Private, None).unwrap();
    assert_eq!(fs::read(folder.path("later")).unwrap(), b"new");
    assert!(folder.path("link").is_symlink());
}

#[test]
fn what_is_no_file_is_refused() {
    let folder = Folder::new();
    symlink("loop", folder.path("loop")).unwrap();
    let refused = |path: &Path| replace(path, b"x", Mode::Private, None).unwrap_err();
    assert!(matches!(refused(&folder.0), WriteError::Folder));
    assert!(matches!(refused(Path::new("/dev/null")), WriteError::NotRegular));
    assert!(matches!(refused(&folder.path("loop")), WriteError::Io { .. }));
    assert!(matches!(refused(&folder.path("no/such")), WriteError::Io { step: "open the folder", .. }));
    assert!(matches!(refused(&folder.path("a/..")), WriteError::Folder | WriteError::Io { .. }));
    assert_eq!(folder.list(), ["loop"]);
}

#[test]
fn a_file_that_changed_is_refused() {
    let folder = Folder::new();
    let path = folder.file("a", b"old");
    let read = crate::io::read_file(&path, 100).unwrap().fingerprint.unwrap();
    fs::OpenOptions::new().append(true).open(&path).unwrap().write_all(b"er").unwrap();
    assert!(matches!(replace(&path, b"new", Mode::Private, Some(&read)), Err(WriteError::Changed)));
    assert_eq!(fs::read(&path).unwrap(), b"older");
    fs::remove_file(&path).unwrap();
    assert!(matches!(replace(&path, b"new", Mode::Private, Some(&read)), Err(WriteError::Changed)));
    assert!(folder.list().is_empty());
    folder.file("a", b"old");
    let read = crate::io::read_file(&path, 100).unwrap().fingerprint;
    replace(&path, b"new", Mode::Private, read.as_ref()).unwrap();
    assert_eq!(fs::read(&path).unwrap(), b"new");
}

#[test]
fn a_folder_or_file_without_permission_stays_as_it_is() {
    if is_root() {
        return read_only_as_root();
    }
    let folder = Folder::new();
    let path = folder.file("a", b"old");
    chmod(&path, 0o400);
    assert!(matches!(
        replace(&path, b"new", Mode::Private, None),
        Err(WriteError::Io { step: "write to it", .. })
    ));
    chmod(&path, 0o600);
    chmod(&folder.0, 0o500);
    assert!(replace(&path, b"new", Mode::Private, None).is_err());
    assert_eq!(fs::read(&path).unwrap(), b"old");
    assert_eq!(folder.list(), ["a"]);
}

/// Permissions do not bind root; a folder that takes no files at all does.
fn read_only_as_root() {
    let refused = replace(Path::new("/proc/seal-test"), b"x", Mode::Private, None);
    assert!(matches!(refused, Err(WriteError::Io { .. })), "{refused:?}");
}

#[test]
fn a_nameless_file_is_written_again_under_a_name_where_links_fail() {
    let folder = Folder::new();
    let handle = open_folder(&folder.path("x")).unwrap();
    // A file that another link may not be made of: one that is gone already.
    let mut temporary = Temporary::named(&handle, Bits::from_raw_mode(0o600)).unwrap();
    chmod(&folder.path(".seal.tmp/new"), 0o640);
    (temporary.name, temporary.shelter) = (None, None);
    temporary.give_name(b"again").unwrap();
    temporary.rename(OsStr::new("done")).unwrap();
    assert_eq!(fs::read(folder.path("done")).unwrap(), b"again");
    assert_eq!(mode(&folder.path("done")), 0o640);
    assert_eq!(folder.list(), ["done"]);
}

#[test]
fn output_goes_to_devices_and_pipes_directly() {
    let folder = Folder::new();
    write_to(Path::new("/dev/null"), b"x", Mode::Private).unwrap();
    assert!(matches!(write_to(&folder.0, b"x", Mode::Private), Err(WriteError::Folder)));
    write_to(&folder.path("a"), b"x", Mode::Private).unwrap();
    assert_eq!(fs::read(folder.path("a")).unwrap(), b"x");
    let pipe = folder.path("pipe");
    rustix::fs::mknodat(CWD, &pipe, rustix::fs::FileType::Fifo, Bits::from_raw_mode(0o600), 0).unwrap();
    let reader = std::thread::spawn({
        let pipe = pipe.clone();
        move || fs::read(pipe).unwrap()
    });
    write_to(&pipe, b"through", Mode::Private).unwrap();
    assert_eq!(reader.join().unwrap(), b"through");
    assert!(matches!(replace(&pipe, b"x", Mode::Private, None), Err(WriteError::NotRegular)));
}

/// What a process leaves that is killed before the rename.
fn leave_behind(folder: &Folder) {
    fs::create_dir(folder.path(".seal.tmp")).unwrap();
    chmod(&folder.path(".seal.tmp"), 0o700);
    folder.file(".seal.tmp/new", b"half");
    folder.file(".seal.tmp/.gitignore", b"*\n");
}

#[test]
fn what_a_killed_process_left_is_removed_by_the_next_write() {
    let folder = Folder::new();
    let path = folder.file("a", b"old");
    leave_behind(&folder);
    replace(&path, b"new", Mode::Private, None).unwrap();
    assert_eq!(folder.list(), ["a"]);
    assert_eq!(fs::read(&path).unwrap(), b"new");
}

#[test]
fn a_waiting_file_is_where_git_does_not_look() {
    let folder = Folder::new();
    let handle = open_folder(&folder.path("x")).unwrap();
    let temporary = Temporary::named(&handle, Bits::from_raw_mode(0o600)).unwrap();
    assert_eq!(folder.list(), [".seal.tmp"]);
    assert_eq!(mode(&folder.path(".seal.tmp")), 0o700);
    assert_eq!(fs::read(folder.path(".seal.tmp/.gitignore")).unwrap(), b"*\n");
    drop(temporary);
    assert!(folder.list().is_empty());
}

#[test]
fn a_hidden_folder_of_somebody_else_is_left_alone() {
    for strange in ["open", "file", "link", "full"] {
        let folder = Folder::new();
        let path = folder.file("a", b"old");
        let hidden = folder.path(".seal.tmp");
        match strange {
            "file" => drop(folder.file(".seal.tmp", b"mine")),
            "link" => symlink("elsewhere", &hidden).unwrap(),
            _ => fs::create_dir(&hidden).unwrap(),
        }
        if strange == "open" {
            chmod(&hidden, 0o777);
        } else if strange == "full" {
            chmod(&hidden, 0o700);
            folder.file(".seal.tmp/mine", b"mine");
        }
        replace(&path, b"new", Mode::Private, None).unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"new", "{strange}");
        assert_eq!(folder.list(), [".seal.tmp", "a"], "{strange}");
        if strange == "full" {
            assert_eq!(fs::read(hidden.join("mine")).unwrap(), b"mine");
        }
    }
}

#[test]
fn writers_in_one_folder_take_turns() {
    let folder = Folder::new();
    let names = ["a", "b", "c", "d"];
    std::thread::scope(|scope| {
        for name in names {
            let path = folder.file(name, b"old");
            scope.spawn(move || {
                for round in 0..50 {
                    replace(&path, &[round; 100], Mode::Private, None).unwrap();
                }
            });
        }
    });
    assert_eq!(folder.list(), names);
    names.iter().for_each(|name| assert_eq!(fs::read(folder.path(name)).unwrap(), [49; 100]));
}

#[test]
fn a_process_that_never_ends_its_turn_is_not_waited_for() {
    let folder = Folder::new();
    let path = folder.file("a", b"old");
    leave_behind(&folder);
    let other = File::open(folder.path(".seal.tmp")).unwrap();
    rustix::fs::flock(&other, rustix::fs::FlockOperation::LockExclusive).unwrap();
    replace(&path, b"new", Mode::Private, None).unwrap();
    assert_eq!(fs::read(&path).unwrap(), b"new");
    assert_eq!(fs::read(folder.path(".seal.tmp/new")).unwrap(), b"half", "it is that process's");
}

#[test]
fn a_file_leaves_the_shelter_where_it_cannot_be_renamed_from_there() {
    let folder = Folder::new();
    let handle = open_folder(&folder.path("x")).unwrap();
    let mut temporary = Temporary::named(&handle, Bits::from_raw_mode(0o600)).unwrap();
    temporary.file.write_all(b"content").unwrap();
    temporary.leave_shelter().unwrap();
    assert!(matches!(folder.list().as_slice(), [name] if name.starts_with(".seal-")));
    temporary.rename(OsStr::new("done")).unwrap();
    assert_eq!(folder.list(), ["done"]);
    assert_eq!(fs::read(folder.path("done")).unwrap(), b"content");
}

#[test]
fn a_new_file_does_not_replace_one_that_came_first() {
    let folder = Folder::new();
    folder.file("a", b"first");
    let handle = open_folder(&folder.path("a")).unwrap();
    let temporary = Temporary::new(&handle, Bits::from_raw_mode(0o600)).unwrap();
    assert!(!temporary.appear(OsStr::new("a")));
    assert_eq!(fs::read(folder.path("a")).unwrap(), b"first");
}
