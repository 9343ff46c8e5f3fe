//! What files are called, and where they would be.

use super::File;
use crate::git::Repository;
use std::path::{Component, Path, PathBuf};

/// The top of the repository, and the current folder in it.
#[derive(Debug, Clone, Default)]
pub(super) struct Names {
    /// The top of the worktree. In a bare repository its own folder stands for one.
    top: PathBuf,
    /// The current folder, from the top.
    below: PathBuf,
}

impl Names {
    pub(super) fn new(repository: &Repository, current: &Path) -> Self {
        let top = repository.root().unwrap_or_else(|| repository.store()).to_owned();
        let current = current.canonicalize().unwrap_or_else(|_| current.to_owned());
        let below = current.strip_prefix(&top).ok().filter(|_| repository.root().is_some());
        Self { below: below.unwrap_or(Path::new("")).to_owned(), top }
    }

    /// Where the file called so is or would be.
    pub(super) fn path_of(&self, name: &Path) -> PathBuf {
        self.top.join(name)
    }

    /// The top of the repository.
    pub(super) fn top(&self) -> &Path {
        &self.top
    }

    /// The file of this name.
    pub(super) fn entry(&self, name: &Path) -> File {
        File {
            path: self.path_of(name),
            shown: relative(name, &self.below).display().to_string(),
            name: name.display().to_string(),
            blob: None,
            past: None,
            beside: false,
        }
    }

    /// The file at `path`, in the worktree of `repository` or, without one, where it would be.
    pub(super) fn file(&self, path: PathBuf, repository: Option<&Repository>) -> File {
        if repository.is_none()
            && !self.top.as_os_str().is_empty()
            && let Ok(name) = path.strip_prefix(&self.top)
        {
            return self.entry(name);
        }
        let name = repository.and_then(|repository| repository.name_of(&path));
        let shown = path.display().to_string();
        let name = name.map_or_else(|| shown.clone(), |name| name.display().to_string());
        File { name, shown, path, blob: None, past: None, beside: false }
    }
}

/// `name` as it is reached from the folder `below`, both from the same top.
fn relative(name: &Path, below: &Path) -> PathBuf {
    let shared = name.components().zip(below.components()).take_while(|(a, b)| a == b).count();
    let up = below.components().skip(shared).map(|_| Component::ParentDir);
    up.chain(name.components().skip(shared)).collect()
}

#[cfg(test)]
mod tests {
    use super::relative;
    use std::path::Path;

    #[test]
    fn names_are_reached_from_anywhere() {
        for (name, below, wanted) in [
            ("a/b.yaml", "", "a/b.yaml"),
            ("a/b.yaml", "a", "b.yaml"),
            ("b.yaml", "a/c", "../../b.yaml"),
            ("a/d/b.yaml", "a/c", "../d/b.yaml"),
        ] {
            assert_eq!(relative(Path::new(name), Path::new(below)), Path::new(wanted));
        }
    }
}
