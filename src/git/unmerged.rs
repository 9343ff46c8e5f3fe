//! Files with a merge that is not done.

use super::error::GitError;
use super::object::ObjectId;
use super::process::Process;
use super::repository::{Repository, path_of};
use std::path::{Path, PathBuf};

/// A file with a merge that is not done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnmergedFile {
    /// Opens it.
    pub path: PathBuf,
    /// Its common ancestor, ours and theirs, where it has them.
    pub stages: [Option<ObjectId>; 3],
}

impl Repository {
    /// The files at or below `paths`, or all, with a merge that is not done.
    ///
    /// # Errors
    /// There is no worktree, or a path is outside of it.
    pub fn unmerged(&self, paths: &[PathBuf]) -> Result<Vec<UnmergedFile>, GitError> {
        const COMMAND: &str = "ls-files";
        let root = self.root().ok_or(GitError::NoWorktree)?;
        let all = [root.to_owned()];
        let paths = if paths.is_empty() { &all } else { paths };
        let printed = Process::printed(self.folder(), COMMAND, &["--unmerged", "-z"], paths)?;
        let mut found: Vec<UnmergedFile> = Vec::new();
        for entry in printed.split(|b| *b == 0).filter(|entry| !entry.is_empty()) {
            let (path, id, stage) = parse(entry).ok_or(GitError::Output { command: COMMAND })?;
            let path = self.openable(&path);
            if found.last().is_none_or(|last| last.path != path) {
                found.push(UnmergedFile { path, stages: [None, None, None] });
            }
            if let Some(file) = found.last_mut() {
                file.stages[stage] = Some(id);
            }
        }
        Ok(found)
    }

    /// Those of the files whose attribute `merge` has this value.
    ///
    /// # Errors
    /// `git` cannot be run.
    pub fn with_merge_driver(&self, paths: &[PathBuf], driver: &str) -> Result<Vec<PathBuf>, GitError> {
        const COMMAND: &str = "check-attr";
        if paths.is_empty() {
            return Ok(Vec::new());
        }
        let printed = Process::printed(self.folder(), COMMAND, &["-z", "merge"], paths)?;
        let fields: Vec<&[u8]> = printed.split(|b| *b == 0).collect();
        let entries = fields.as_chunks::<3>().0;
        Ok(entries
            .iter()
            .filter(|[_, _, value]| *value == driver.as_bytes())
            .map(|e| path_of(e[0]))
            .collect())
    }

    /// Puts the file at `path` as it is into the index; a merge of it is done.
    ///
    /// # Errors
    /// `git` refuses.
    pub fn add(&self, path: &Path) -> Result<(), GitError> {
        Process::printed(self.folder(), "add", &[], &[path]).map(drop)
    }
}

/// `MODE ID STAGE\tPATH`
fn parse(entry: &[u8]) -> Option<(PathBuf, ObjectId, usize)> {
    let tab = entry.iter().position(|b| *b == b'\t')?;
    let mut words = entry[..tab].split(|b| *b == b' ').skip(1);
    let id = ObjectId::parse(words.next()?)?;
    let stage = match words.next()? {
        b"1" => 0,
        b"2" => 1,
        b"3" => 2,
        _ => return None,
    };
    Some((path_of(&entry[tab + 1..]), id, stage))
}
