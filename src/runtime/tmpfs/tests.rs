//! The private folder: where it is made, and that it goes.

use super::{KEPT, PrivateFolder, RUNNING, TmpfsError};
use crate::io::testing::Folder;
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};

/// A folder in memory for one test: candidates of it are proven as any other.
struct Memory(PathBuf);

impl Memory {
    fn new(name: &str) -> Self {
        let path = Path::new("/dev/shm").join(format!("test-{name}-{}", std::process::id()));
        fs::create_dir(&path).unwrap();
        Self(path)
    }

    fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(&self.0).unwrap();
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
    }
}

impl Drop for Memory {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

#[test]
fn a_folder_is_private_and_goes_with_everything_in_it() {
    let memory = Memory::new("private");
    let folder = PrivateFolder::create(std::slice::from_ref(&memory.0), None).unwrap();
    assert!(!folder.is_on_disk());
    let path = folder.path().to_owned();
    assert!(path.starts_with(&memory.0));
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o7777, 0o700);
    let file = folder.write("x.yaml", b"secret").unwrap();
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o7777, 0o600);
    assert!(folder.write("x.yaml", b"other").is_err());
    assert_eq!(**folder.read("x.yaml", 6).unwrap(), *b"secret");
    assert!(matches!(folder.read("x.yaml", 5), Err(TmpfsError::TooLarge(5))));
    fs::create_dir_all(path.join("a/b")).unwrap();
    fs::copy(&file, path.join("a/b/.x.yaml.swp")).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o000)).unwrap();
    drop(folder);
    assert!(memory.names().is_empty());
}

#[test]
fn disks_are_refused_unless_allowed() {
    let disk = Folder::new();
    let candidates = [disk.0.clone(), disk.path("missing"), PathBuf::from("relative")];
    // Where the folder for temporary files is in memory, there is no disk to refuse.
    if let Ok(folder) = PrivateFolder::create(&candidates, None) {
        assert!(!folder.is_on_disk());
        return;
    }
    assert!(disk.list().is_empty());
    let folder = PrivateFolder::create(&candidates, Some(&disk.0)).unwrap();
    assert!(folder.is_on_disk());
    folder.write("x", b"secret").unwrap();
    drop(folder);
    assert!(disk.list().is_empty());
}

#[test]
fn a_folder_that_others_may_empty_is_no_place() {
    let memory = Memory::new("shared");
    fs::set_permissions(&memory.0, fs::Permissions::from_mode(0o777)).unwrap();
    assert!(PrivateFolder::create(std::slice::from_ref(&memory.0), None).is_err());
    fs::set_permissions(&memory.0, fs::Permissions::from_mode(0o1777)).unwrap();
    assert!(PrivateFolder::create(std::slice::from_ref(&memory.0), None).is_ok());
}

#[test]
fn what_a_killed_process_left_is_removed_and_what_is_in_use_is_not() {
    let memory = Memory::new("stale");
    let candidates = std::slice::from_ref(&memory.0);
    let stale = memory.0.join(format!("{RUNNING}0123456789abcdef"));
    fs::create_dir(&stale).unwrap();
    fs::copy("Cargo.toml", stale.join("x.yaml")).unwrap();
    let elsewhere = memory.0.join("elsewhere");
    fs::create_dir(&elsewhere).unwrap();
    symlink(&elsewhere, memory.0.join(format!("{RUNNING}link"))).unwrap();
    let first = PrivateFolder::create(candidates, None).unwrap();
    assert!(!stale.exists() && elsewhere.exists());
    let second = PrivateFolder::create(candidates, None).unwrap();
    assert!(first.path().exists() && second.path().exists());
}

#[test]
fn only_a_plain_file_is_read_back() {
    let memory = Memory::new("back");
    let folder = PrivateFolder::create(std::slice::from_ref(&memory.0), None).unwrap();
    let path = folder.write("x", b"secret").unwrap();
    fs::remove_file(&path).unwrap();
    assert!(matches!(folder.read("x", 9), Err(TmpfsError::Gone)));
    symlink("/etc/passwd", &path).unwrap();
    assert!(matches!(folder.read("x", 9), Err(TmpfsError::NotAFile("a symbolic link"))));
    fs::remove_file(&path).unwrap();
    fs::create_dir(&path).unwrap();
    assert!(matches!(folder.read("x", 9), Err(TmpfsError::NotAFile("a folder"))));
}

#[test]
fn a_kept_folder_stays() {
    let memory = Memory::new("kept");
    let candidates = std::slice::from_ref(&memory.0);
    let folder = PrivateFolder::create(candidates, None).unwrap();
    folder.write("x", b"secret").unwrap();
    let kept = folder.keep();
    assert!(kept.file_name().unwrap().to_str().unwrap().starts_with(KEPT));
    drop(PrivateFolder::create(candidates, None).unwrap());
    assert_eq!(fs::read(kept.join("x")).unwrap(), b"secret");
}
