//! Which files are looked at, and where their content, configurations and attributes are.

mod changes;
mod names;
mod snapshot;
mod updates;
mod worktree;

pub(in crate::commands) use changes::{Change, range};
pub(in crate::commands) use snapshot::{named, staged, tree};
pub(in crate::commands) use updates::{pre_push, pre_receive};

use crate::commands::input::Input;
use crate::error::{Code, Failure};
use crate::git::{Attributes, Blobs, Entry, GitError, ObjectId, Repository};
use names::Names;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use zeroize::Zeroizing;

/// A file that is looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    /// Opens it; rules look at it. Of a file in Git: where it would be in the worktree.
    pub path: PathBuf,
    /// As it is shown to a person in the current folder.
    pub shown: String,
    /// From the top of the repository, as other programs know it.
    pub name: String,
    /// Its content in Git.
    pub blob: Option<ObjectId>,
    /// The commit that brought a version that is no longer the one at the tip.
    pub past: Option<ObjectId>,
    /// Whether others are only compared with it.
    pub beside: bool,
}

/// Where the configurations are.
#[derive(Debug, Clone)]
pub(in crate::commands) enum PolicyPlace {
    /// In the worktree.
    Worktree,
    /// In Git: all files called `.sops.yaml`.
    Entries(Vec<Entry>),
    /// In one file, for files below this folder where it stands elsewhere.
    File(PathBuf),
}

/// The files, and the repository that they are in.
pub(in crate::commands) struct Source {
    pub(in crate::commands) files: Vec<Arc<File>>,
    pub(in crate::commands) repository: Option<Repository>,
    pub(in crate::commands) policies: PolicyPlace,
    /// Where attributes of the files are; none where they are not looked for.
    pub(in crate::commands) attributes: Option<Attributes>,
    /// Configurations that were changed on the way.
    pub(in crate::commands) changes: Vec<Change>,
    /// References that textconv keeps what it prints in, as they come from elsewhere.
    pub(in crate::commands) caches: Vec<String>,
    /// Whether it is a part of the files, so that what is not found may be elsewhere.
    pub(in crate::commands) is_part: bool,
    names: Names,
    blobs: Option<Mutex<Blobs>>,
}

impl Source {
    /// Files of Git.
    fn of_git(repository: &Repository, names: Names, policies: PolicyPlace) -> Result<Self, Failure> {
        let blobs = repository.blobs().map_err(|error| unreadable(&error))?;
        Ok(Self {
            files: Vec::new(),
            repository: Some(repository.clone()),
            policies,
            attributes: None,
            changes: Vec::new(),
            caches: Vec::new(),
            is_part: false,
            names,
            blobs: Some(Mutex::new(blobs)),
        })
    }

    /// Whether the files are those of the worktree.
    pub(in crate::commands) fn is_worktree(&self) -> bool {
        self.blobs.is_none()
    }

    /// The file at `path` with its names.
    pub(in crate::commands) fn file(&self, path: PathBuf) -> File {
        self.names.file(path, self.repository.as_ref().filter(|_| self.is_worktree()))
    }

    /// An entry of Git as a file.
    fn entry(&self, entry: &Entry) -> File {
        File { blob: Some(entry.id.clone()), ..self.names.entry(&entry.name) }
    }

    /// The file of an entry of Git, for findings in it.
    pub(in crate::commands) fn named(&self, name: &Path) -> File {
        self.names.entry(name)
    }

    /// The top of the repository; empty where there is none.
    pub(in crate::commands) fn top(&self) -> &Path {
        self.names.top()
    }

    /// Lets the configurations be those of `place`, whatever the files are.
    pub(in crate::commands) fn use_policies(&mut self, place: PolicyPlace) {
        if let (PolicyPlace::Entries(_), Some(repository)) = (&place, &self.repository) {
            // Rules look at files by their place in the repository.
            for file in &mut self.files {
                if let Some(name) = repository.name_of(&file.path) {
                    *file = Arc::new(File { path: self.names.path_of(&name), ..(**file).clone() });
                }
            }
        }
        self.policies = place;
    }

    /// Where the file called so, from the top of the repository, is or would be.
    pub(in crate::commands) fn path_of(&self, name: &Path) -> PathBuf {
        self.names.path_of(name)
    }

    /// Reads a file; none for one that is larger than the limit, if that is no failure.
    pub(in crate::commands) fn read(
        &self,
        file: &File,
        limit: usize,
        may_pass: bool,
    ) -> Result<Option<Input>, Failure> {
        let Some(blob) = &file.blob else {
            // What is too large to be encrypted is looked at only where it should be.
            let size = file.path.symlink_metadata().map_or(0, |metadata| metadata.len());
            if may_pass && size > limit as u64 {
                return Ok(None);
            }
            return Input::read(&file.path, limit).map(Some);
        };
        match self.blob(blob, limit) {
            Ok(bytes) => Ok(Some(Input { bytes, name: file.shown.clone(), ..Input::nothing() })),
            Err(GitError::TooLarge { .. }) if may_pass => Ok(None),
            Err(error) => Err(Failure::new(Code::CannotReadInput, format!("cannot read `{}`", file.shown))
                .cause(error.to_string())),
        }
    }

    /// Reads a blob.
    pub(in crate::commands) fn blob(
        &self,
        id: &ObjectId,
        limit: usize,
    ) -> Result<Zeroizing<Vec<u8>>, GitError> {
        match (&self.blobs, &self.repository) {
            (Some(blobs), _) => blobs.lock().unwrap_or_else(PoisonError::into_inner).read(id, limit),
            (None, Some(repository)) => repository.blobs()?.read(id, limit),
            (None, None) => Err(GitError::NoBlob(id.clone())),
        }
    }
}

/// The repository around the current folder.
fn repository(what: &str) -> Result<Repository, Failure> {
    match Repository::discover(Path::new(".")) {
        Ok(Some(repository)) => Ok(repository),
        Ok(None) => Err(no_repository(what)),
        Err(error) => Err(unreadable(&error)),
    }
}

/// There is no repository for `what`.
pub(in crate::commands) fn no_repository(what: &str) -> Failure {
    let headline = format!("there is no Git repository here, and `{what}` looks into one");
    Failure::new(Code::CannotReadInput, headline).hint("cd to the repository")
}

/// A repository that cannot be read.
pub(in crate::commands) fn unreadable(error: &GitError) -> Failure {
    Failure::new(Code::CannotReadInput, "cannot read the Git repository").cause(error.to_string())
}
