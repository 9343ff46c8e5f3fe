//! Removing everything that is ours from a target.

use super::error::{InstallError, failed_on};
use super::names::{DATA, NEXT};
use super::survey::Survey;
use super::{remove, sys};
use crate::container::target::{Target, TargetError};
use std::path::Path;
use std::sync::PoisonError;

/// What was removed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Cleared {
    /// Visible names, sorted.
    pub names: Vec<String>,
    /// How many generations, finished or not.
    pub generations: usize,
    /// What looks like ours but is another user's, or something else: it was not touched. Sorted.
    pub left: Vec<String>,
}

/// Why a target is not cleared.
#[derive(Debug, thiserror::Error)]
pub enum ClearError {
    /// It cannot be opened, or another process writes to it.
    #[error(transparent)]
    Target(#[from] TargetError),
    /// Something could not be removed; the rest is removed by another try.
    #[error(transparent)]
    Remove(#[from] InstallError),
}

/// Removes everything that this user's processes made in the folder at `path`, and nothing else.
///
/// # Errors
/// See [`ClearError`].
pub fn clear(path: &Path) -> Result<Cleared, ClearError> {
    Ok(Target::open_to_remove(path)?.clear()?)
}

impl Target {
    /// Removes everything of ours. Readers find nothing from the first step on.
    ///
    /// # Errors
    /// The system refuses.
    pub fn clear(&self) -> Result<Cleared, InstallError> {
        let seen = Survey::of(self)?;
        let remove = |name: &str| sys::remove(&self.folder, name).map_err(failed_on("remove", name));
        if seen.data {
            remove(DATA)?;
        }
        if seen.next {
            remove(NEXT)?;
        }
        let generations = seen.current.iter().chain(&seen.others);
        for name in generations.clone() {
            remove::generation(&self.folder, name, self.us.uid).map_err(failed_on("remove", name))?;
        }
        for name in &seen.links {
            remove::link(&self.folder, name).map_err(failed_on("remove", name))?;
        }
        self.retired.lock().unwrap_or_else(PoisonError::into_inner).clear();
        Ok(Cleared { generations: generations.count(), left: seen.left(), names: seen.links })
    }
}
