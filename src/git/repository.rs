//! The repository around a folder, and its files.

use super::blobs::Blobs;
use super::commits::{Change, Commits, Selection};
use super::compare::{self, States};
use super::error::GitError;
use super::history::History;
use super::process::Process;
use std::collections::HashSet;
use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt as _;
use std::path::{Component, Path, PathBuf};

/// What `git` says first where there is no repository.
const NO_REPOSITORY: &str = "not a git repository";

/// A repository, seen from a folder. Paths that are given and handed out are those that open files from
/// the current folder, unless they are called names: those begin at the top of the worktree.
#[derive(Debug, Clone)]
pub struct Repository {
    pub(super) folder: PathBuf,
    store: PathBuf,
    root: Option<PathBuf>,
    shallow: bool,
}

impl Repository {
    /// The repository that `from` (a folder) is in, as `git` finds it.
    ///
    /// # Errors
    /// There is no `git`, or it refuses to look at the repository.
    pub fn discover(from: &Path) -> Result<Option<Self>, GitError> {
        const COMMAND: &str = "rev-parse";
        let facts = [
            "--is-inside-work-tree",
            "--is-shallow-repository",
            // The last one may hold line ends.
            "--absolute-git-dir",
        ];
        let printed = match Process::printed::<&str>(from, COMMAND, &facts, &[]) {
            Err(GitError::Failed { message, .. }) if message.starts_with(NO_REPOSITORY) => return Ok(None),
            other => other?,
        };
        let mut lines = printed.splitn(3, |b| *b == b'\n');
        let mut next = || lines.next().ok_or(GitError::Output { command: COMMAND });
        let (has_worktree, shallow, store) = (next()? == b"true", next()? == b"true", next()?);
        let root = if has_worktree {
            Some(path(&Process::printed::<&str>(from, COMMAND, &["--show-toplevel"], &[])?))
        } else {
            None
        };
        Ok(Some(Self { folder: from.to_owned(), store: path(store), root, shallow }))
    }

    /// The top of the worktree; none in a bare repository and in the store itself.
    #[must_use]
    pub fn root(&self) -> Option<&Path> {
        self.root.as_deref()
    }

    /// The folder of the store: `.git`, that of a linked worktree, or the bare repository.
    #[must_use]
    pub fn store(&self) -> &Path {
        &self.store
    }

    /// Whether the history was cut off: what seems to begin in the oldest commit may be older.
    #[must_use]
    pub fn is_shallow(&self) -> bool {
        self.shallow
    }

    /// The tracked files at or below `paths`, or all, sorted by name. Symbolic links, submodules and what
    /// is not in the worktree are left out.
    ///
    /// # Errors
    /// There is no worktree, or a path is outside of it.
    pub fn tracked(&self, paths: &[PathBuf]) -> Result<Vec<PathBuf>, GitError> {
        const COMMAND: &str = "ls-files";
        let root = self.root().ok_or(GitError::NoWorktree)?;
        let all = [root.to_owned()];
        let paths = if paths.is_empty() { &all } else { paths };
        // From the folder where paths begin, so that `git` makes them relative to it.
        let printed = Process::printed(&self.folder, COMMAND, &["--stage", "-z"], paths)?;
        let mut found = Vec::new();
        for entry in printed.split(|b| *b == 0).filter(|entry| !entry.is_empty()) {
            let tab = entry.iter().position(|b| *b == b'\t').ok_or(GitError::Output { command: COMMAND })?;
            if entry.starts_with(b"100") {
                found.push(self.openable(&path_of(&entry[tab + 1..])));
            }
        }
        // A conflict has an entry for each side.
        let mut seen = HashSet::with_capacity(found.len());
        found.retain(|path| {
            seen.insert(path.clone()) && path.symlink_metadata().is_ok_and(|metadata| metadata.is_file())
        });
        Ok(found)
    }

    /// The changes of the files at or below `paths`, or of all, in the commits up to `HEAD`, in the order
    /// of `git log`: newest first. Files are not followed through renames: a renamed file begins anew.
    ///
    /// # Errors
    /// A path is outside the worktree.
    pub fn history(&self, paths: &[PathBuf]) -> Result<History, GitError> {
        if !self.is_born()? {
            return Ok(History::none());
        }
        History::start(&self.folder, "HEAD", self.names(paths)?, paths)
    }

    /// As [`Self::history`], in the commits of all branches, tags, remotes and stashes.
    ///
    /// # Errors
    /// A path is outside the worktree.
    pub fn history_of_all(&self, paths: &[PathBuf]) -> Result<History, GitError> {
        History::start(&self.folder, "--all", self.names(paths)?, paths)
    }

    /// The commits of `selection` with what they did to the files at or below `paths`, or to all. Files are
    /// not followed through renames.
    ///
    /// # Errors
    /// `git` cannot be started, or a revision is none.
    pub fn log(&self, selection: &Selection, paths: &[PathBuf]) -> Result<Commits, GitError> {
        if selection.is_from_head() && !self.is_born()? {
            return Ok(Commits::none());
        }
        Commits::start(&self.folder, selection, paths)
    }

    /// What two states have differently, of the files at or below `paths`, or of all; sorted by name.
    ///
    /// # Errors
    /// A revision is none, or there is no worktree where one is needed.
    pub fn changes(&self, states: &States, paths: &[PathBuf]) -> Result<Vec<Change>, GitError> {
        compare::changes(&self.folder, states, paths)
    }

    /// The program that shows long outputs, as a command of the shell: by `GIT_PAGER`, `core.pager`, `PAGER`
    /// or what Git was built with.
    ///
    /// # Errors
    /// `git` cannot be started.
    pub fn pager(&self) -> Result<String, GitError> {
        let printed = Process::printed::<&str>(&self.folder, "var", &["GIT_PAGER"], &[])?;
        Ok(String::from_utf8_lossy(&printed).trim().to_owned())
    }

    /// Whether there is a commit.
    fn is_born(&self) -> Result<bool, GitError> {
        match Process::printed::<&str>(&self.folder, "rev-parse", &["--verify", "--quiet", "HEAD"], &[]) {
            Ok(_) => Ok(true),
            Err(GitError::Failed { .. }) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// A reader of blobs.
    ///
    /// # Errors
    /// `git` cannot be started.
    pub fn blobs(&self) -> Result<Blobs, GitError> {
        Blobs::start(&self.folder)
    }

    /// The name of the file at `path`, as [`super::Version`] has it; none for what is outside.
    #[must_use]
    pub fn name_of(&self, path: &Path) -> Option<PathBuf> {
        let Some(root) = self.root() else { return Some(path.to_owned()) };
        // The folder may have been entered through links, the file be a link itself.
        let folder = self.folder.canonicalize().ok()?;
        let below = |path: &Path| Some(clean(path).strip_prefix(root).ok()?.to_owned());
        below(&folder.join(path)).or_else(|| {
            let parent = folder.join(path).parent()?.canonicalize().ok()?;
            below(&parent.join(path.file_name()?))
        })
    }

    fn names(&self, paths: &[PathBuf]) -> Result<Vec<PathBuf>, GitError> {
        let outside = |path: &PathBuf| GitError::Failed {
            command: "log",
            message: format!("`{}` is outside the repository", path.display()),
        };
        paths.iter().map(|path| self.name_of(path).ok_or_else(|| outside(path))).collect()
    }

    /// Where `git` is run.
    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    /// A path from the repository's folder as one from the current folder.
    pub(super) fn openable(&self, path: &Path) -> PathBuf {
        if self.folder == Path::new(".") { path.to_owned() } else { clean(&self.folder.join(path)) }
    }
}

/// The path without `.` and, where a folder stands before it, `..`.
fn clean(path: &Path) -> PathBuf {
    let mut clean = PathBuf::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir if matches!(clean.components().next_back(), Some(Component::Normal(_))) => {
                clean.pop();
            }
            component => clean.push(component),
        }
    }
    clean
}

/// The path that was printed as the last line.
fn path(line: &[u8]) -> PathBuf {
    path_of(line.strip_suffix(b"\n").unwrap_or(line))
}

/// A path of any bytes.
pub(super) fn path_of(bytes: &[u8]) -> PathBuf {
    OsString::from_vec(bytes.to_owned()).into()
}
