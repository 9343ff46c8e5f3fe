//! Files of the worktree.

use super::names::Names;
use super::{PolicyPlace, Source, unreadable};
use crate::commands::context::Context;
use crate::commands::files::Files;
use crate::error::{Failure, Warning};
use crate::git::{Attributes, GitError, Repository};
use std::path::{Path, PathBuf};
use std::sync::Arc;

impl Source {
    /// The files and the files below the folders of `paths`; without any all tracked files, or, where
    /// there is no repository, all files below the current folder. Symbolic links are left out.
    pub(in crate::commands) fn worktree(context: &Context, paths: &[PathBuf]) -> Result<Self, Failure> {
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
        let current = context.current_dir()?;
        let source = Self {
            files: Vec::new(),
            names: repository.as_ref().map(|repository| Names::new(repository, &current)).unwrap_or_default(),
            attributes: repository.as_ref().map(|_| Attributes::Worktree),
            repository,
            policies: PolicyPlace::Worktree,
            changes: Vec::new(),
            caches: Vec::new(),
            is_part: false,
            blobs: None,
        };
        let mut files: Vec<_> = files.into_iter().map(|path| Arc::new(source.file(path))).collect();
        files.sort_by(|a, b| a.name.cmp(&b.name));
        files.dedup_by(|a, b| a.name == b.name);
        Ok(Self { files, ..source })
    }
}
