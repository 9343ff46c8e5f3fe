//! Files that change in the ways that orchestrators change them.

use super::{Watcher, is_mount_point};
use crate::io::testing::Folder;
use rustix::event::{PollFd, PollFlags, poll};
use rustix::fs::Timespec;
use std::fs::{self, File};
use std::io::{self, Write};
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// So long that no test waits for it.
const NEVER: Duration = Duration::from_secs(3600);

/// How often the watcher says that something changed within this time, as a loop would ask it.
fn changes(watcher: &mut Watcher, time: Duration) -> u32 {
    let end = Instant::now() + time;
    let mut count = 0;
    while Instant::now() < end {
        let wait = watcher.due().min(end.saturating_duration_since(Instant::now()));
        let wait = Timespec::try_from(wait + Duration::from_millis(1)).unwrap();
        let events = watcher.events().unwrap();
        poll(&mut [PollFd::new(&events, PollFlags::IN)], Some(&wait)).unwrap();
        count += u32::from(watcher.changed());
    }
    count
}

/// Waits for one change, at most 10 s.
fn wait_for_change(watcher: &mut Watcher) {
    let end = Instant::now() + Duration::from_secs(10);
    while changes(watcher, Duration::from_millis(100)) == 0 {
        assert!(Instant::now() < end, "no change was seen");
    }
}

/// In place, as an editor without a second file does it.
fn write(path: impl AsRef<Path>, content: impl AsRef<[u8]>) -> io::Result<()> {
    File::create(path)?.write_all(content.as_ref())
}

fn replace(path: &Path, content: &str) {
    let new = path.with_extension("new");
    write(&new, content).unwrap();
    fs::rename(&new, path).unwrap();
}

fn watch(path: PathBuf) -> Watcher {
    Watcher::new(&[path], NEVER)
}

#[test]
fn renames_and_writes_in_place_are_seen_again_and_again() {
    let folder = Folder::new();
    let file = folder.file("app.yaml", b"0");
    let mut watcher = watch(file.clone());
    for round in 1..4 {
        replace(&file, &format!("renamed {round}"));
        wait_for_change(&mut watcher);
        write(&file, format!("in place {round}")).unwrap();
        wait_for_change(&mut watcher);
    }
    fs::remove_file(&file).unwrap();
    wait_for_change(&mut watcher);
    write(&file, "back").unwrap();
    wait_for_change(&mut watcher);
}

#[test]
fn a_burst_is_one_change_and_the_same_content_none() {
    let folder = Folder::new();
    let file = folder.file("app.yaml", b"0");
    let mut watcher = watch(file.clone());
    for round in 0..20 {
        write(&file, format!("{round}")).unwrap();
    }
    assert_eq!(changes(&mut watcher, Duration::from_millis(900)), 1);
    replace(&file, "19");
    write(folder.path("other"), "x").unwrap();
    assert_eq!(changes(&mut watcher, Duration::from_millis(500)), 0);
}

#[test]
fn names_beside_the_file_wake_nobody() {
    let folder = Folder::new();
    let watcher = watch(folder.file("app.yaml", b"0"));
    write(folder.path("other"), "x").unwrap();
    assert!(!watcher.read_events());
    write(folder.path("app.yaml"), "0").unwrap();
    assert!(watcher.read_events());
}

#[test]
fn a_link_that_is_switched_is_seen_again_and_again() {
    let folder = Folder::new();
    let generation = |number: u32| {
        let name = format!("..gen-{number}");
        fs::create_dir(folder.path(&name)).unwrap();
        write(folder.path(&name).join("app.yaml"), name.as_bytes()).unwrap();
        symlink(&name, folder.path("..data_tmp")).unwrap();
        fs::rename(folder.path("..data_tmp"), folder.path("..data")).unwrap();
    };
    generation(0);
    symlink("..data/app.yaml", folder.path("app.yaml")).unwrap();
    let mut watcher = watch(folder.path("app.yaml"));
    for number in 1..4 {
        generation(number);
        wait_for_change(&mut watcher);
        fs::remove_dir_all(folder.path(&format!("..gen-{}", number - 1))).unwrap();
        assert_eq!(changes(&mut watcher, Duration::from_millis(400)), 0);
    }
    // The file that is meant now is watched too.
    write(folder.path("..gen-3/app.yaml"), "in place").unwrap();
    wait_for_change(&mut watcher);
}

#[test]
fn without_events_the_content_is_compared() {
    let folder = Folder::new();
    let file = folder.file("app.yaml", b"0");
    let mut watcher = Watcher::new(std::slice::from_ref(&file), Duration::from_secs(1));
    watcher.events = None;
    write(&file, "1").unwrap();
    assert!(!watcher.changed(), "too early");
    std::thread::sleep(watcher.due());
    assert!(watcher.changed());
    std::thread::sleep(watcher.due());
    assert!(!watcher.changed());
}

#[test]
fn a_file_is_rarely_a_mount() {
    let folder = Folder::new();
    assert!(!is_mount_point(&folder.file("a", b"")));
    assert!(!is_mount_point(&folder.path("none")));
    assert!(is_mount_point(Path::new("/proc")));
}
