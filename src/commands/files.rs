//! The files that a command works on, where it also takes folders.

use crate::error::{Code, Failure};
use crate::git::{GitError, Repository};
use std::collections::HashSet;
use std::path::{Path, PathBuf};

/// Files as they were named, and the files below the folders that were named.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Files {
    /// Named one by one: a command says why it does not work on one of them.
    pub named: Vec<PathBuf>,
    /// Found below a folder, sorted: a command passes over those that are not its business.
    pub found: Vec<PathBuf>,
}

impl Files {
    /// Looks through the folders among `paths`. What Git ignores is left out, unless it is tracked
    /// nevertheless, and so is `.git`; links are not followed. A file that is there twice, by a link or in two folders, is taken once.
    ///
    /// # Errors
    /// A folder cannot be read (2).
    pub fn collect(paths: &[PathBuf]) -> Result<Self, Failure> {
        let mut files = Self::default();
        let mut adds_ignored = false;
        for path in paths {
            if !path.is_dir() {
                files.named.push(path.clone());
                continue;
            }
            let repository = Repository::discover(path);
            let walk = ignore::WalkBuilder::new(path)
                .hidden(false)
                // Files of the name `.ignore` mean nothing to Git, and those called `.gitignore` nothing
                // outside of its repository. Where Git cannot be asked what is tracked, nothing is left out.
                .ignore(false)
                .require_git(matches!(repository, Ok(Some(_))))
                .git_ignore(!is_unreadable(&repository))
                .filter_entry(|entry| entry.file_name() != ".git")
                .sort_by_file_name(Ord::cmp)
                .build();
            let before = files.found.len();
            for entry in walk {
                let entry = entry.map_err(|error| {
                    Failure::new(Code::CannotReadInput, format!("cannot look through `{}`", path.display()))
                        .cause(error.to_string())
                })?;
                if entry.file_type().is_some_and(|kind| kind.is_file()) {
                    let found = entry.path();
                    // `.` was named for the sake of its content.
                    files.found.push(found.strip_prefix("./").unwrap_or(found).to_owned());
                }
            }
            if let Ok(Some(repository)) = repository {
                let below = repository.tracked(&[PathBuf::from(".")]).unwrap_or_default();
                let walked: HashSet<&PathBuf> = files.found[before..].iter().collect();
                let ignored: Vec<PathBuf> = below.into_iter().filter(|file| !walked.contains(file)).collect();
                adds_ignored |= !ignored.is_empty();
                files.found.extend(ignored);
                files.found[before..].sort();
            }
        }
        if paths.len() > 1 || adds_ignored {
            let mut seen = HashSet::new();
            let mut is_new = |path: &PathBuf| path.canonicalize().map_or(true, |path| seen.insert(path));
            // A file goes by its own name rather than by that of a link to it.
            files.named.retain(|path| path.is_symlink() || is_new(path));
            files.found.retain(&mut is_new);
            files.named.retain(|path| !path.is_symlink() || is_new(path));
        }
        Ok(files)
    }
}

/// Whether there is a repository that Git does not read, as one of another user.
fn is_unreadable(repository: &Result<Option<Repository>, GitError>) -> bool {
    matches!(repository, Err(error) if !matches!(error, GitError::Missing))
}

/// Whether a file may be an encrypted one: a look that is cheap and never wrong in saying no.
#[must_use]
pub fn may_be_sealed(bytes: &[u8]) -> bool {
    let holds = |word: &[u8]| bytes.windows(word.len()).any(|window| window == word);
    holds(b"sops") && holds(b"ENC[")
}

/// Whether the folder-relative `path` is one that nobody encrypts: the configuration itself.
#[must_use]
pub fn is_configuration(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name == ".sops.yaml")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::io::testing::Folder;

    #[test]
    fn folders_are_looked_through_without_what_git_ignores() {
        let folder = Folder::new();
        for dir in [".git", "a/b", "out"] {
            std::fs::create_dir_all(folder.path(dir)).unwrap();
        }
        folder.file(".git/config.yaml", b"x");
        folder.file(".gitignore", b"out/\n*.tmp\n");
        folder.file("out/z.yaml", b"x");
        folder.file("a/b/y.tmp", b"x");
        let (deep, top) = (folder.file("a/b/x.yaml", b"x"), folder.file("k.env", b"x"));
        let named = folder.file("out/named.yaml", b"x");
        let files = Files::collect(&[folder.0.clone(), named.clone(), top.clone()]).unwrap();
        assert_eq!(files.named, [named, top]);
        assert_eq!(files.found, [folder.path(".gitignore"), deep.clone()]);
        let link = folder.path("link");
        std::os::unix::fs::symlink(&deep, &link).unwrap();
        let files = Files::collect(&[link.clone(), folder.path("a"), folder.path("a/b")]).unwrap();
        assert_eq!((files.named, files.found), (vec![], vec![deep.clone()]));
        let files = Files::collect(&[link.clone(), deep.clone(), deep.clone()]).unwrap();
        assert_eq!(files.named, [deep]);
        assert_eq!(Files::collect(std::slice::from_ref(&link)).unwrap().named, [link]);
    }
}
