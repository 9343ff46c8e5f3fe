//! Watches files for new content.
//!
//! The system tells of changes in the folders where they, or links to them, have their names, and of the
//! files themselves; and their content is compared from time to time, as shared folders and mounted files
//! tell nothing. Only another content counts.

mod pace;
mod places;

use pace::Pace;
use places::{name_places, open_quietly};
use rustix::fs::inotify::{self, CreateFlags, ReadFlags, Reader, WatchFlags};
use rustix::fs::{AtFlags, StatxAttributes, StatxFlags};
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::io::{self, Read};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// No more of a file is compared, in bytes.
const LIMIT: u64 = 256 << 20;

/// Files that are watched.
pub struct Watcher {
    files: Vec<PathBuf>,
    contents: Vec<Content>,
    events: Option<OwnedFd>,
    watches: BTreeMap<i32, Names>,
    pace: Pace,
}

/// What a file was when it was last looked at.
#[derive(PartialEq, Eq)]
enum Content {
    Bytes([u8; 32]),
    /// It could not be read, and why.
    None(io::ErrorKind),
}

/// Which events of a watch matter.
#[derive(Default)]
struct Names {
    /// Those of what is watched.
    own: bool,
    /// Those of these names in the folder that is watched.
    inside: BTreeSet<OsString>,
}

impl Watcher {
    /// Watches `files` from now on, and compares their content every `poll` (at least 1 s). To be made before
    /// they are read for the first time, so that no change falls between.
    #[must_use]
    pub fn new(files: &[PathBuf], poll: Duration) -> Self {
        let mut watcher = Self {
            files: files.to_vec(),
            contents: Vec::new(),
            events: inotify::init(CreateFlags::CLOEXEC | CreateFlags::NONBLOCK).ok(),
            watches: BTreeMap::new(),
            pace: Pace::new(poll, Instant::now()),
        };
        watcher.arm();
        watcher.contents = watcher.look();
        watcher
    }

    /// Readable if there may be news; `None` if the system tells none, so that only the comparison finds them.
    #[must_use]
    pub fn events(&self) -> Option<BorrowedFd<'_>> {
        self.events.as_ref().map(AsFd::as_fd)
    }

    /// How long until [`Watcher::changed`] should be called though nothing is readable.
    #[must_use]
    pub fn due(&self) -> Duration {
        self.pace.due(Instant::now())
    }

    /// Whether the content of a file is another than at the last change, or it has come or gone. To be called
    /// whenever there is an event or the time is up; a burst of events is answered once, when it is over.
    pub fn changed(&mut self) -> bool {
        if self.read_events() {
            self.pace.event(Instant::now());
        }
        if !self.pace.take(Instant::now()) {
            return false;
        }
        // First the watches, then the look: what happens between is seen twice and not never.
        self.arm();
        let contents = self.look();
        let changed = contents != self.contents;
        self.contents = contents;
        changed
    }

    /// Watches the files that the paths mean now, and where their names are.
    fn arm(&mut self) {
        let Some(events) = &self.events else { return };
        let folder = WatchFlags::CLOSE_WRITE
            | WatchFlags::MOVE
            | WatchFlags::CREATE
            | WatchFlags::DELETE
            | WatchFlags::ATTRIB
            | WatchFlags::DELETE_SELF
            | WatchFlags::MOVE_SELF;
        let file =
            WatchFlags::CLOSE_WRITE | WatchFlags::ATTRIB | WatchFlags::DELETE_SELF | WatchFlags::MOVE_SELF;
        let mut watches: BTreeMap<i32, Names> = BTreeMap::new();
        for path in &self.files {
            // What cannot be watched is still compared.
            for (place, name) in name_places(path) {
                if let Ok(watch) = inotify::add_watch(events, &place, folder | WatchFlags::ONLYDIR) {
                    let names = watches.entry(watch).or_default();
                    names.own = true;
                    names.inside.insert(name);
                }
            }
            if let Ok(watch) = inotify::add_watch(events, path, file) {
                watches.entry(watch).or_default().own = true;
            }
        }
        for gone in self.watches.keys().filter(|watch| !watches.contains_key(watch)) {
            // The system has removed those whose file is no more.
            let _ = inotify::remove_watch(events, *gone);
        }
        self.watches = watches;
    }

    /// Takes all events; whether one matters.
    fn read_events(&self) -> bool {
        let Some(events) = &self.events else { return false };
        let mut buffer = [MaybeUninit::uninit(); 4096];
        let mut reader = Reader::new(events, &mut buffer);
        let mut matters = false;
        while let Ok(event) = reader.next() {
            // A watch that was removed tells so, and events of it may wait still.
            let names = self.watches.get(&event.wd());
            matters |= event.events().contains(ReadFlags::QUEUE_OVERFLOW)
                || names.is_some_and(|names| match event.file_name() {
                    Some(name) => names.inside.contains(std::ffi::OsStr::from_bytes(name.to_bytes())),
                    None => names.own,
                });
        }
        matters
    }

    fn look(&self) -> Vec<Content> {
        self.files
            .iter()
            .map(|file| digest(file).map_or_else(|error| Content::None(error.kind()), Content::Bytes))
            .collect()
    }
}

/// Whether `file` is mounted by itself, so that another file put in its place will not be seen. `false` if the
/// system does not know.
#[must_use]
pub fn is_mount_point(file: &Path) -> bool {
    rustix::fs::statx(rustix::fs::CWD, file, AtFlags::empty(), StatxFlags::empty())
        .is_ok_and(|found| found.stx_attributes.contains(StatxAttributes::MOUNT_ROOT))
}

fn digest(path: &Path) -> io::Result<[u8; 32]> {
    let mut file = open_quietly(path)?.take(LIMIT);
    let mut hash = Sha256::new();
    let mut buffer = [0; 16 * 1024];
    loop {
        match file.read(&mut buffer) {
            Ok(0) => return Ok(hash.finalize().into()),
            Ok(count) => hash.update(&buffer[..count]),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

#[cfg(test)]
mod tests;
