//! What is not ours stays as it is, and is not written through: T9.

use super::{InstallError, Reader, Rules, Target, Undo, bundle, dump, install, mode, new, old};
use crate::container::testing::Place;
use std::ffi::OsStr;
use std::fs::{self, File, Permissions};
use std::io::Write;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::Path;
use std::process::Command;

/// What [`plant`] makes.
pub(super) const NAMES: [&str; 9] = [
    "..2024_01_01",
    "..gen-2-0123456789abcdef",
    "..gen-3-0123456789abcdef",
    "..gen-x",
    ".hidden",
    "elsewhere",
    "folder",
    "link",
    "victim",
];

/// Puts things into a folder that look a little like ours.
pub(super) fn plant(folder: &Path) {
    let file = |name: &str| {
        File::create(folder.join(name)).unwrap().write_all(b"precious").unwrap();
    };
    file("victim");
    file(".hidden");
    file("..gen-3-0123456789abcdef");
    fs::create_dir(folder.join("folder")).unwrap();
    fs::create_dir(folder.join("..gen-x")).unwrap();
    fs::create_dir(folder.join("..2024_01_01")).unwrap();
    symlink("folder", folder.join("..gen-2-0123456789abcdef")).unwrap();
    symlink("victim", folder.join("link")).unwrap();
    symlink("..data/other", folder.join("elsewhere")).unwrap();
}

#[test]
fn what_is_not_in_the_way_stays() {
    let place = Place::in_memory();
    plant(&place.0);
    let before = dump(&place.0);
    install(&place.0, &old()).unwrap();
    install(&place.0, &new()).unwrap();
    let after = dump(&place.0);
    assert!(before.iter().all(|line| after.contains(line)));
    assert_eq!(after.len(), before.len() + 2 + new().entries.len());
}

#[test]
fn what_is_in_the_way_is_told_and_not_touched() {
    type Plant = fn(&Path);
    let plants: [(&str, Plant); 7] = [
        ("a file", |path| drop(File::create(path).unwrap())),
        ("a folder", |path| fs::create_dir(path).unwrap()),
        ("a symbolic link to something else", |path| symlink("victim", path).unwrap()),
        ("a symbolic link to something else", |path| symlink("nowhere", path).unwrap()),
        ("a symbolic link to something else", |path| symlink("..data/victim", path).unwrap()),
        ("a pipe", |path| assert!(Command::new("mkfifo").arg(path).status().unwrap().success())),
        ("a socket", |path| drop(std::os::unix::net::UnixListener::bind(path).unwrap())),
    ];
    for installed in [false, true] {
        for name in ["comes", "..data", "..data_tmp"] {
            for (what, plant) in plants {
                let place = Place::in_memory();
                File::create(place.path("victim")).unwrap().write_all(b"precious").unwrap();
                if installed {
                    install(&place.0, &old()).unwrap();
                    let _ = fs::remove_file(place.path(name));
                }
                plant(&place.path(name));
                let before = dump(&place.0);
                let error = install(&place.0, &new()).unwrap_err();
                assert_eq!(error.to_string(), format!("`{name}` is there and is {what}"));
                assert!(matches!(error, InstallError::Foreign { .. }));
                assert_eq!(dump(&place.0), before);
            }
        }
    }
}

#[test]
fn a_folder_with_something_else_in_it_stays_open() {
    let (reader, gid) = (Reader::Group(65_532), 65_532);
    let root = rustix::process::geteuid().is_root();
    for name in [OsStr::new("socket"), OsStr::from_bytes(b"\xff")] {
        let place = Place::in_memory();
        File::create(place.0.join(name)).unwrap();
        fs::set_permissions(&place.0, Permissions::from_mode(0o755)).unwrap();
        let owner = place.0.metadata().unwrap().gid();
        install(&place.0, &old()).unwrap();
        assert_eq!(mode(&place.0), 0o755);
        if root {
            let target = |reader| Target::open(&place.0, &Rules { reader, ..Rules::default() }).unwrap();
            target(reader).install(&old(), &Undo::new()).unwrap();
            assert_eq!((mode(&place.0), place.0.metadata().unwrap().gid()), (0o755, owner));
            fs::set_permissions(&place.0, Permissions::from_mode(0o711)).unwrap();
            target(reader).install(&old(), &Undo::new()).unwrap();
            assert_eq!((mode(&place.0), place.0.metadata().unwrap().gid()), (0o751, gid));
        }
    }
}

#[test]
fn a_link_into_a_volume_of_kubernetes_is_not_ours() {
    let place = Place::in_memory();
    fs::create_dir(place.path("..2024_01_01")).unwrap();
    symlink("..2024_01_01", place.path("..data")).unwrap();
    let before = dump(&place.0);
    assert!(matches!(install(&place.0, &old()), Err(InstallError::Foreign { name, .. }) if name == "..data"));
    assert_eq!(dump(&place.0), before);
}

#[test]
fn strange_things_in_a_generation_are_not_removed() {
    let place = Place::in_memory();
    let left = place.path("..gen-1-0123456789abcdef");
    fs::create_dir_all(left.join("folder/inner")).unwrap();
    let error = install(&place.0, &bundle(&[("a", b"x")])).unwrap_err();
    assert!(matches!(error, InstallError::System { .. }), "{error}");
    assert!(left.join("folder/inner").exists());
    assert_eq!(place.list(), ["..gen-1-0123456789abcdef"]);
}

#[test]
fn a_link_in_a_generation_is_removed_and_not_followed() {
    let (place, other) = (Place::in_memory(), Place::in_memory());
    File::create(other.path("victim")).unwrap().write_all(b"precious").unwrap();
    let left = place.path("..gen-1-0123456789abcdef");
    fs::create_dir(&left).unwrap();
    symlink(other.path("victim"), left.join("a")).unwrap();
    symlink(&other.0, left.join("b")).unwrap();
    install(&place.0, &bundle(&[("a", b"x")])).unwrap();
    assert!(!left.exists());
    assert_eq!(fs::read(other.path("victim")).unwrap(), b"precious");
}
