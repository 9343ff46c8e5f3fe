//! Which files are looked at.
//!
//! Today these are files of the worktree. Another source hands out the same [`File`]s and reads their
//! content from elsewhere.

use crate::commands::context::Context;
use crate::commands::files::Files;
use crate::error::{Code, Failure, Warning};
use crate::git::{GitError, Repository};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A file that is looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    /// Opens it.
    pub path: PathBuf,
    /// As it is shown to a person in the current folder.
    pub shown: String,
    /// From the top of the repository, as other programs know it.
    pub name: String,
}

/// The files, and the repository that they are in.
pub(super) struct Source {
    pub(super) files: Vec<Arc<File>>,
    pub(super) repository: Option<Repository>,
}

impl Source {
    /// The files and the files below the folders of `paths`; without any all tracked files, or, where
    /// there is no repository, all files below the current folder. Symbolic links are left out.
    pub(super) fn worktree(context: &Context, paths: &[PathBuf]) -> Result<Self, Failure> {
        let repository = match Repository::discover(Path::new(".")) {
            Ok(repository) => repository,
            Err(error @ GitError::Missing) => {
                let headline = format!("no repository is looked for: {error}");
                context.warn(&Warning { headline, place: None, hints: Vec::new() });
                None
            }
            Err(error) => return Err(unreadable(&error)),
        };
        let files = match &repository {
            Some(repository) if paths.is_empty() => {
                let tracked = repository.tracked(&[]).map_err(|error| unreadable(&error))?;
                if tracked.is_empty() {
                    context.warn(&Warning {
                        headline: "no file is tracked, so there is nothing to check".to_owned(),
                        place: None,
                        hints: vec!["git add the files, or name them: seal check .".to_owned()],
                    });
                }
                tracked
            }
            _ => {
                let here = [PathBuf::from(".")];
                let paths = if paths.is_empty() { &here } else { paths };
                // Links go first: else one would stand for the file that it leads to. Those to folders stay.
                let is_link = |path: &PathBuf| {
                    path.symlink_metadata().is_ok_and(|metadata| metadata.is_symlink()) && !path.is_dir()
                };
                let paths: Vec<PathBuf> = paths.iter().filter(|path| !is_link(path)).cloned().collect();
                let Files { named, found } = Files::collect(&paths)?;
                named.into_iter().chain(found).collect()
            }
        };
        let source = Self { files: Vec::new(), repository };
        let mut files: Vec<_> = files.into_iter().map(|path| Arc::new(source.file(path))).collect();
        files.sort_by(|a, b| a.name.cmp(&b.name));
        files.dedup_by(|a, b| a.name == b.name);
        Ok(Self { files, ..source })
    }

    /// The file at `path` with its names.
    pub(super) fn file(&self, path: PathBuf) -> File {
        let name = self.repository.as_ref().and_then(|repository| repository.name_of(&path));
        let shown = path.display().to_string();
        File { name: name.map_or_else(|| shown.clone(), |name| name.display().to_string()), shown, path }
    }
}

/// A repository that cannot be read.
pub(super) fn unreadable(error: &GitError) -> Failure {
    Failure::new(Code::CannotReadInput, "cannot read the Git repository").cause(error.to_string())
}
