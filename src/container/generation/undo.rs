//! What has to go if a generation is not finished, known at every moment.

use super::error::{InstallError, failed};
use super::names::NEXT;
use super::{remove, sys};
use crate::container::target::Target;
use std::os::fd::OwnedFd;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Knows what an installation has made so far. Shared between the thread that installs and the one that
/// waits for signals.
///
/// Each step of [`Target::install`] happens under the lock in here and notes what it made. So
/// [`abort`](Self::abort) always finds a complete list.
#[derive(Default)]
pub struct Undo {
    made: Mutex<Made>,
}

impl Undo {
    /// Nothing has been made.
    #[must_use]
    pub fn new() -> Arc<Self> {
        Arc::default()
    }

    /// Removes what an unfinished installation has made, and lets none go on: each waits for good at its next
    /// step, and so does one that starts. The caller is to end the process. Removes nothing once the new
    /// generation is the current one.
    pub fn abort(&self) {
        let mut made = self.hold();
        made.remove();
        // The lock is never given back.
        std::mem::forget(made);
    }

    /// Does one step of an installation.
    pub(super) fn step<T>(
        &self,
        work: impl FnOnce(&mut Made) -> Result<T, InstallError>,
    ) -> Result<T, InstallError> {
        work(&mut self.hold())
    }

    /// Removes what an installation that failed has made.
    pub(super) fn roll_back(&self) {
        self.hold().remove();
    }

    fn hold(&self) -> MutexGuard<'_, Made> {
        // A list that a panic left behind is complete all the same: things are noted at once.
        self.made.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What has been made and is not in use yet.
#[derive(Default)]
pub(super) struct Made {
    /// The target, open, while there is an installation.
    folder: Option<OwnedFd>,
    /// Its owner: this process.
    uid: u32,
    /// The generation that is being filled.
    pub(super) generation: Option<String>,
    /// Whether `..data_tmp` is there.
    pub(super) next: bool,
    /// Visible links that lead to nothing without the generation.
    pub(super) links: Vec<String>,
}

impl Made {
    /// Begins an installation.
    pub(super) fn begin(&mut self, target: &Target) -> Result<(), InstallError> {
        let folder = target.folder.try_clone().map_err(failed("hold the folder open"))?;
        *self = Self { folder: Some(folder), uid: target.us.uid, ..Self::default() };
        Ok(())
    }

    /// All that was made is in use.
    pub(super) fn end(&mut self) {
        *self = Self::default();
    }

    /// Best effort: what cannot be removed has no name that readers follow, and the next run tries again.
    fn remove(&mut self) {
        if let Some(folder) = &self.folder {
            if self.next {
                let _ = sys::remove(folder, NEXT);
            }
            for name in &self.links {
                let _ = remove::link(folder, name);
            }
            if let Some(name) = &self.generation {
                let _ = remove::generation(folder, name, self.uid);
            }
        }
        self.end();
    }
}
