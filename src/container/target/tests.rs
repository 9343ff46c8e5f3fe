//! Tests of opening a target: rules T1, T2 and T10 in folders of their own. What needs a mount is tested in
//! `super::super::generation::tests::mounts`.

use super::{Rules, Target, TargetError};
use crate::container::testing::Place;
use std::fs::{self, File, Permissions};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;

fn open(path: &Path) -> Result<Target, TargetError> {
    Target::open(path, &Rules::default())
}

#[test]
fn a_folder_in_memory_is_taken() {
    let memory = Place::in_memory();
    let target = open(&memory.0).unwrap();
    assert_eq!(target.facts().file_system, "tmpfs");
    assert_eq!(target.facts().path, memory.0);
    assert!(!target.facts().disk);
    assert_eq!(memory.list(), [""; 0]);
}

#[test]
fn t1_the_last_component_is_made_in_memory_only() {
    let (memory, disk) = (Place::in_memory(), Place::on_disk());
    let new = memory.path("new");
    open(&new).unwrap();
    assert_eq!(fs::metadata(&new).unwrap().permissions().mode() & 0o7777, 0o700);
    assert!(matches!(open(&memory.path("a/b")), Err(TargetError::Missing)));
    assert!(!memory.path("a").exists());
    let rules = Rules { allow_disk: true, ..Rules::default() };
    assert!(matches!(Target::open(&disk.path("new"), &rules), Err(TargetError::Missing)));
    assert!(matches!(open(Path::new("")), Err(TargetError::Missing)));
    assert!(disk.list().is_empty());
}

#[test]
fn t1_links_and_files_are_no_targets() {
    let memory = Place::in_memory();
    fs::create_dir(memory.path("folder")).unwrap();
    symlink("folder", memory.path("link")).unwrap();
    symlink("nowhere", memory.path("dangling")).unwrap();
    File::create(memory.path("file")).unwrap();
    // With a slash or a dot at the end, the system would follow the link.
    for name in ["link", "link/", "link/.", "link//", "dangling", "dangling/"] {
        assert!(matches!(open(&memory.path(name)), Err(TargetError::Symlink)), "{name}");
    }
    for name in ["file", "file/"] {
        assert!(matches!(open(&memory.path(name)), Err(TargetError::NotAFolder)), "{name}");
    }
    assert!(matches!(open(&memory.path("file/new")), Err(TargetError::Missing)));
    open(&memory.path("folder/")).unwrap();
    // A link further up is how `/var/run` leads to `/run`.
    fs::create_dir(memory.path("folder/inner")).unwrap();
    open(&memory.path("link/inner")).unwrap();
    assert!(!memory.path("nowhere").exists());
}

#[test]
fn t2_disks_are_allowed_by_name_only() {
    let disk = Place::on_disk();
    let here = crate::container::target::Us::now();
    let Err(TargetError::NotInMemory { file_system, uid, gid }) = open(&disk.0) else { panic!() };
    assert_ne!(file_system, "tmpfs");
    assert_eq!((uid, gid), (here.uid, here.gid));
    let rules = Rules { allow_disk: true, ..Rules::default() };
    let target = Target::open(&disk.0, &rules).unwrap();
    assert!(target.facts().disk);
    assert_eq!(target.notices(), [super::Notice::OnDisk]);
}

#[test]
fn t8_open_folders_inside_of_a_mount_are_refused() {
    let memory = Place::in_memory();
    for mode in [0o770, 0o777, 0o702] {
        fs::set_permissions(&memory.0, Permissions::from_mode(mode)).unwrap();
        assert!(matches!(open(&memory.0), Err(TargetError::WritableByOthers { mode: told }) if told == mode));
        assert_eq!(fs::metadata(&memory.0).unwrap().permissions().mode() & 0o7777, mode);
    }
    fs::set_permissions(&memory.0, Permissions::from_mode(0o1777)).unwrap();
    open(&memory.0).unwrap();
}

#[test]
fn t10_the_second_writer_is_refused_until_the_first_ends() {
    let memory = Place::in_memory();
    let first = open(&memory.0).unwrap();
    assert!(matches!(open(&memory.0), Err(TargetError::Busy)));
    assert!(matches!(Target::open_to_remove(&memory.0), Err(TargetError::Busy)));
    drop(first);
    open(&memory.0).unwrap();
}

#[test]
fn the_folder_is_closed_by_exec() {
    let memory = Place::in_memory();
    let target = open(&memory.0).unwrap();
    let flags = rustix::io::fcntl_getfd(&target.folder).unwrap();
    assert!(flags.contains(rustix::io::FdFlags::CLOEXEC));
}
