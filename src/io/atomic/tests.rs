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
fn a_named_temporary_file_is_removed_on_drop() {
    let folder = Folder::new();
    let handle = open_folder(&folder.path("x")).unwrap();
    let temporary = Temporary::named(&handle, Bits::from_raw_mode(0o600)).unwrap();
    assert_eq!(folder.list().len(), 1);
    drop(temporary);
    assert!(folder.list().is_empty());
}

#[test]
fn a_nameless_file_is_written_again_under_a_name_where_links_fail() {
    let folder = Folder::new();
    let handle = open_folder(&folder.path("x")).unwrap();
    // A file that another link may not be made of: one that is gone already.
    let mut temporary = Temporary::named(&handle, Bits::from_raw_mode(0o600)).unwrap();
    chmod(&folder.path(&folder.list()[0]), 0o640);
    let name = temporary.name.take().unwrap();
    fs::remove_file(folder.0.join(name)).unwrap();
    temporary.give_name(&handle, b"again").unwrap();
    temporary.rename(&handle, std::ffi::OsStr::new("done")).unwrap();
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
