//! Commits with their authors, words and changes, as `git log --raw` streams them.

use super::error::GitError;
use super::object::ObjectId;
use super::process::Process;
use super::raw::{self, Content};
use super::repository::path_of;
use std::io::BufReader;
use std::path::{Path, PathBuf};
use std::process::ChildStdout;

/// What a commit did to one file, or what two states have differently.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The file, from the top of the worktree.
    pub name: PathBuf,
    /// What stood there before, in each parent.
    pub old: Vec<Content>,
    /// What stands there after.
    pub new: Content,
    /// Whether the index has it in conflict.
    pub unmerged: bool,
}

/// A commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Commit {
    /// Its id.
    pub id: ObjectId,
    /// Its parents.
    pub parents: Vec<ObjectId>,
    /// Who made the change.
    pub author: String,
    /// Their address.
    pub email: String,
    /// When, in ISO 8601.
    pub date: String,
    /// The message.
    pub message: String,
    /// The files that it changed. Of a merge those whose result is none of the merged versions, or, along
    /// first parents, all that it brought.
    pub changes: Vec<Change>,
}

/// Which commits. Nothing here can make `git` run or write anything.
#[derive(Debug, Clone, Default)]
pub struct Selection {
    /// Revisions and ranges; `HEAD` if there is none.
    pub revisions: Vec<String>,
    /// `--all`
    pub all: bool,
    /// `--branches`
    pub branches: bool,
    /// `--tags`
    pub tags: bool,
    /// `--remotes`
    pub remotes: bool,
    /// `--max-count`
    pub max_count: Option<u64>,
    /// `--skip`
    pub skip: Option<u64>,
    /// `--since`
    pub since: Option<String>,
    /// `--until`
    pub until: Option<String>,
    /// `--author`
    pub authors: Vec<String>,
    /// `--committer`
    pub committers: Vec<String>,
    /// `--grep`
    pub words: Vec<String>,
    /// `--regexp-ignore-case`
    pub ignore_case: bool,
    /// `--merges` or `--no-merges`
    pub merges: Option<bool>,
    /// `--first-parent`
    pub first_parent: bool,
    /// `--reverse`
    pub reverse: bool,
}

impl Selection {
    /// Whether the commits that are looked at begin at `HEAD` because nothing else is named.
    pub(super) fn is_from_head(&self) -> bool {
        self.revisions.is_empty() && !(self.all || self.branches || self.tags || self.remotes)
    }

    fn arguments(&self) -> Result<Vec<String>, GitError> {
        let mut arguments: Vec<String> = Vec::new();
        let flags = [
            (self.all, "--all"),
            (self.branches, "--branches"),
            (self.tags, "--tags"),
            (self.remotes, "--remotes"),
            (self.ignore_case, "--regexp-ignore-case"),
            (self.merges == Some(true), "--merges"),
            (self.merges == Some(false), "--no-merges"),
            (self.reverse, "--reverse"),
            // The changes of merges: all that they brought, or what is theirs alone.
            (self.first_parent, "--first-parent"),
            (self.first_parent, "-m"),
            (!self.first_parent, "-c"),
        ];
        arguments.extend(flags.iter().filter(|(is_set, _)| *is_set).map(|(_, flag)| (*flag).to_owned()));
        let numbers = [("--max-count", self.max_count), ("--skip", self.skip)];
        arguments.extend(numbers.iter().filter_map(|(flag, n)| n.map(|n| format!("{flag}={n}"))));
        let since = self.since.iter().map(|text| ("--since", text));
        let until = self.until.iter().map(|text| ("--until", text));
        let authors = self.authors.iter().map(|text| ("--author", text));
        let committers = self.committers.iter().map(|text| ("--committer", text));
        let words = self.words.iter().map(|text| ("--grep", text));
        let texts = since.chain(until).chain(authors).chain(committers).chain(words);
        arguments.extend(texts.map(|(flag, text)| format!("{flag}={text}")));
        for revision in &self.revisions {
            arguments.push(checked(revision)?.to_owned());
        }
        Ok(arguments)
    }
}

/// A revision or range, if it cannot be taken for an option.
///
/// # Errors
/// It begins with a dash.
pub(super) fn checked(revision: &str) -> Result<&str, GitError> {
    if revision.is_empty() || revision.starts_with('-') {
        return Err(GitError::Revision(revision.to_owned()));
    }
    Ok(revision)
}

/// Commits, in the order of `git log`. Stopping early is cheap.
pub struct Commits {
    process: Option<Process>,
    output: Option<BufReader<ChildStdout>>,
    /// The id of the next commit, which was read already.
    next: Option<ObjectId>,
}

impl Commits {
    pub(super) fn start(folder: &Path, selection: &Selection, paths: &[PathBuf]) -> Result<Self, GitError> {
        let mut arguments: Vec<&str> = vec![
            "--raw",
            "-z",
            "--root",
            "--no-abbrev",
            "--no-renames",
            "--no-ext-diff",
            "--no-textconv",
            "--no-color",
            "--encoding=UTF-8",
            "--format=%H%x00%P%x00%aN%x00%aE%x00%aI%x00%B",
        ];
        let selected = selection.arguments()?;
        arguments.extend(selected.iter().map(String::as_str));
        if paths.is_empty() {
            // What stands before is no file.
            arguments.push("--");
        }
        let mut process = Process::start(folder, "log", &arguments, paths)?;
        let output = process.output.take().map(BufReader::new);
        Ok(Self { process: Some(process), output, next: None })
    }

    /// No commits.
    pub(super) fn none() -> Self {
        Self { process: None, output: None, next: None }
    }

    fn commit(&mut self) -> Result<Option<Commit>, GitError> {
        let id = match self.next.take() {
            Some(id) => id,
            None => match self.item()? {
                None => return self.finish().map(|()| None),
                Some(item) => ObjectId::parse(&item).ok_or_else(confused)?,
            },
        };
        let parents = self.text()?;
        let parents = parents.split(' ').filter(|word| !word.is_empty());
        let mut commit = Commit {
            id,
            parents: parents
                .map(|word| ObjectId::parse(word.as_bytes()).ok_or_else(confused))
                .collect::<Result<_, _>>()?,
            author: self.text()?,
            email: self.text()?,
            date: self.text()?,
            message: self.text()?,
            changes: Vec::new(),
        };
        while let Some(item) = self.item()? {
            if !item.starts_with(b":") {
                self.next = Some(ObjectId::parse(&item).ok_or_else(confused)?);
                break;
            }
            commit.changes.push(change(&item, || self.field()).map_err(|e| e.unwrap_or_else(confused))?);
        }
        Ok(Some(commit))
    }

    /// The next field that is no separator: the beginning of a commit or of a change.
    fn item(&mut self) -> Result<Option<Vec<u8>>, GitError> {
        loop {
            let Some(field) = self.field()? else { return Ok(None) };
            let field = field.strip_prefix(b"\n").unwrap_or(&field);
            if !field.is_empty() {
                return Ok(Some(field.to_owned()));
            }
        }
    }

    fn text(&mut self) -> Result<String, GitError> {
        let field = self.field()?.ok_or_else(confused)?;
        Ok(String::from_utf8_lossy(&field).into_owned())
    }

    /// The bytes up to the next NUL.
    fn field(&mut self) -> Result<Option<Vec<u8>>, GitError> {
        let Some(output) = &mut self.output else { return Ok(None) };
        field(output).map_err(|source| match &mut self.process {
            Some(process) => process.broken(source),
            None => GitError::Run { command: "log", source },
        })
    }

    fn finish(&mut self) -> Result<(), GitError> {
        self.output = None;
        self.process.take().map_or(Ok(()), |mut process| process.finish())
    }
}

impl Iterator for Commits {
    type Item = Result<Commit, GitError>;

    fn next(&mut self) -> Option<Self::Item> {
        let next = self.commit().transpose();
        if matches!(next, Some(Err(_))) {
            (self.process, self.output, self.next) = (None, None, None);
        }
        next
    }
}

impl std::fmt::Debug for Commits {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Commits").field("next", &self.next).finish_non_exhaustive()
    }
}

fn confused() -> GitError {
    GitError::Output { command: "log" }
}

/// The bytes up to the next NUL, or to the end.
pub(super) fn field(input: &mut impl std::io::BufRead) -> std::io::Result<Option<Vec<u8>>> {
    let mut field = Vec::new();
    if input.read_until(0, &mut field)? == 0 {
        return Ok(None);
    }
    field.pop_if(|last| *last == 0);
    Ok(Some(field))
}

/// The change that `item` begins; its name is the next field. No error is output that is not understood.
pub(super) fn change(
    item: &[u8],
    mut next: impl FnMut() -> Result<Option<Vec<u8>>, GitError>,
) -> Result<Change, Option<GitError>> {
    let raw = raw::parse(item).ok_or(None)?;
    let name = next().map_err(Some)?.ok_or(None)?;
    Ok(Change { name: path_of(&name), old: raw.old, new: raw.new, unmerged: raw.unmerged })
}
