//! The commits that changed files, as `git log --raw` streams them.

use super::error::GitError;
use super::object::ObjectId;
use super::process::Process;
use super::raw;
use super::repository::path_of;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::ChildStdout;

/// Paths beyond this many bytes are not put on the command line; the commits are sifted here.
const LONGEST_ARGUMENTS: usize = 64 << 10;

/// What one commit did to one file. A merge counts if its result is none of the merged versions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Version {
    /// The commit.
    pub commit: ObjectId,
    /// When the change was made, in seconds since 1970.
    pub authored: i64,
    /// When the commit was made.
    pub committed: i64,
    /// The file, from the top of the worktree.
    pub name: PathBuf,
    /// The content before, in each parent; none for a file that is new, a link or a submodule.
    pub old: Vec<Option<ObjectId>>,
    /// The content after; none for a file that is gone, a link or a submodule.
    pub new: Option<ObjectId>,
}

/// The versions of files, newest first. Stopping early is cheap.
pub struct History {
    process: Option<Process>,
    output: Option<BufReader<ChildStdout>>,
    /// What is wanted, where the whole history is read; empty for everything.
    sift: Vec<PathBuf>,
    commit: Option<(ObjectId, i64, i64)>,
}

impl History {
    /// Reads what leads to `tips`, a revision or an option that stands for some.
    pub(super) fn start(
        folder: &Path,
        tips: &str,
        names: Vec<PathBuf>,
        paths: &[PathBuf],
    ) -> Result<Self, GitError> {
        Self::with(folder, &[tips], None, names, paths)
    }

    /// Reads what leads to the revisions that `input` lists, a line each, and not to those that `others` say.
    pub(super) fn listed(folder: &Path, others: &[&str], input: Vec<u8>) -> Result<Self, GitError> {
        let tips = [&["--ignore-missing", "--stdin"], others].concat();
        Self::with(folder, &tips, Some(input), Vec::new(), &[])
    }

    fn with(
        folder: &Path,
        tips: &[&str],
        input: Option<Vec<u8>>,
        names: Vec<PathBuf>,
        paths: &[PathBuf],
    ) -> Result<Self, GitError> {
        let arguments = [
            "--raw",
            "-z",
            "-c",
            "--root",
            "--no-abbrev",
            "--no-renames",
            "--no-ext-diff",
            "--no-textconv",
            "--no-color",
            "--format=%H %at %ct",
        ];
        let arguments = [&arguments[..], tips].concat();
        let length: usize = paths.iter().map(|path| path.as_os_str().len() + 1).sum();
        let too_long = length > LONGEST_ARGUMENTS;
        let paths = if too_long { &[][..] } else { paths };
        let mut process = Process::start(folder, "log", &arguments, paths)?;
        input.into_iter().for_each(|input| process.feed(input));
        let output = process.output.take().map(BufReader::new);
        let sift = if too_long { names } else { Vec::new() };
        Ok(Self { process: Some(process), output, sift, commit: None })
    }

    /// The history of a repository without commits.
    pub(super) fn none() -> Self {
        Self { process: None, output: None, sift: Vec::new(), commit: None }
    }

    /// The next version; none at the end.
    fn version(&mut self) -> Result<Option<Version>, GitError> {
        loop {
            let Some(field) = self.field()? else { return self.finish() };
            // A line end stands between the line of the commit and its changes.
            let field = field.strip_prefix(b"\n").unwrap_or(&field);
            if field.is_empty() {
                continue;
            }
            if !field.starts_with(b":") {
                self.commit = Some(commit(field).ok_or_else(|| self.confused())?);
                continue;
            }
            let (old, new) = change(field).ok_or_else(|| self.confused())?;
            let name = self.field()?.ok_or_else(|| self.confused())?;
            let (commit, authored, committed) = self.commit.clone().ok_or_else(|| self.confused())?;
            let name = path_of(&name);
            if self.sift.is_empty() || self.sift.iter().any(|wanted| name.starts_with(wanted)) {
                return Ok(Some(Version { commit, authored, committed, name, old, new }));
            }
        }
    }

    /// The bytes up to the next NUL.
    fn field(&mut self) -> Result<Option<Vec<u8>>, GitError> {
        let Some(output) = &mut self.output else { return Ok(None) };
        let mut field = Vec::new();
        match output.read_until(0, &mut field) {
            Ok(0) => Ok(None),
            Ok(_) => {
                field.pop_if(|last| *last == 0);
                Ok(Some(field))
            }
            Err(source) => Err(match &mut self.process {
                Some(process) => process.broken(source),
                None => GitError::Run { command: "log", source },
            }),
        }
    }

    fn finish(&mut self) -> Result<Option<Version>, GitError> {
        self.output = None;
        self.process.take().map_or(Ok(()), |mut process| process.finish()).map(|()| None)
    }

    fn confused(&self) -> GitError {
        GitError::Output { command: "log" }
    }
}

impl Iterator for History {
    type Item = Result<Version, GitError>;

    fn next(&mut self) -> Option<Self::Item> {
        let next = self.version().transpose();
        if matches!(next, Some(Err(_))) {
            (self.process, self.output) = (None, None);
        }
        next
    }
}

/// `ID AUTHORED COMMITTED`.
fn commit(field: &[u8]) -> Option<(ObjectId, i64, i64)> {
    let mut words = field.split(|b| *b == b' ');
    let id = ObjectId::parse(words.next()?)?;
    let mut time = || std::str::from_utf8(words.next()?).ok()?.parse().ok();
    Some((id, time()?, time()?))
}

/// The contents before and after, of what is a file.
pub(super) fn change(field: &[u8]) -> Option<(Vec<Option<ObjectId>>, Option<ObjectId>)> {
    let raw = raw::parse(field)?;
    Some((raw.old.iter().map(|entry| entry.blob().cloned()).collect(), raw.new.blob().cloned()))
}

impl std::fmt::Debug for History {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("History").field("commit", &self.commit).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::{change, commit};

    #[test]
    fn what_is_no_change_is_refused() {
        let id = "1".repeat(40);
        let zero = "0".repeat(40);
        let (old, new) = change(format!(":100644 000000 {id} {zero} D").as_bytes()).unwrap();
        assert!(old[0].is_some() && new.is_none());
        let merge = format!("::100644 120000 100755 {id} {id} {id} MM");
        let (old, new) = change(merge.as_bytes()).unwrap();
        assert!(old[0].is_some() && old[1].is_none() && new.is_some());
        for text in ["", ":", ":100644", ":100644 100644 12 34 M extra words here"] {
            assert!(change(text.as_bytes()).is_none(), "{text}");
        }
        assert!(commit(b"12 34 56").is_none());
        assert_eq!(commit(format!("{id} -5 7").as_bytes()).map(|(_, a, c)| (a, c)), Some((-5, 7)));
    }
}
