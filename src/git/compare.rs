//! Which files differ between two states: commits, the index, the worktree.

use super::commits::{Change, change, checked, field};
use super::error::GitError;
use super::process::Process;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Two states.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum States {
    /// The index and the worktree.
    Unstaged,
    /// A commit, `HEAD` by default, and the index.
    Staged(Option<String>),
    /// A commit and the worktree.
    Since(String),
    /// Two commits.
    Between(String, String),
    /// Where two commits parted, and the second.
    Parted(String, String),
}

/// The changes, sorted by name.
pub(super) fn changes(folder: &Path, states: &States, paths: &[PathBuf]) -> Result<Vec<Change>, GitError> {
    const USUAL: [&str; 6] =
        ["--raw", "-z", "--no-abbrev", "--no-renames", "--no-ext-diff", "--ignore-submodules=all"];
    let (command, own): (&'static str, Vec<String>) = match states {
        States::Unstaged => ("diff-files", Vec::new()),
        States::Staged(commit) => {
            let tree = match commit {
                Some(commit) => checked(commit)?.to_owned(),
                None => head_or_nothing(folder)?,
            };
            ("diff-index", vec!["--cached".to_owned(), tree])
        }
        States::Since(commit) => ("diff-index", vec![checked(commit)?.to_owned()]),
        States::Between(a, b) => {
            ("diff-tree", vec!["-r".to_owned(), checked(a)?.to_owned(), checked(b)?.to_owned()])
        }
        States::Parted(a, b) => {
            let base = printed(folder, "merge-base", &[checked(a)?, checked(b)?])?;
            ("diff-tree", vec!["-r".to_owned(), base, checked(b)?.to_owned()])
        }
    };
    let mut arguments: Vec<&str> = USUAL.to_vec();
    arguments.extend(own.iter().map(String::as_str));
    if paths.is_empty() {
        arguments.push("--");
    }
    let printed = Process::printed(folder, command, &arguments, paths)?;
    let mut input = printed.as_slice();
    let mut next = || field(&mut input).map_err(|source| GitError::Run { command, source });
    // A file in conflict is told twice: as such, and with what the worktree has.
    let mut found: BTreeMap<PathBuf, Change> = BTreeMap::new();
    while let Some(item) = next()? {
        let mut change = change(&item, &mut next).map_err(|e| e.unwrap_or(GitError::Output { command }))?;
        if let Some(other) = found.remove(&change.name) {
            let unmerged = other.unmerged || change.unmerged;
            if change.unmerged {
                change = other;
            }
            change.unmerged = unmerged;
        }
        found.insert(change.name.clone(), change);
    }
    Ok(found.into_values().collect())
}

/// `HEAD`, or the empty tree where there is no commit yet.
fn head_or_nothing(folder: &Path) -> Result<String, GitError> {
    match Process::printed::<&str>(folder, "rev-parse", &["--verify", "--quiet", "HEAD"], &[]) {
        Ok(_) => Ok("HEAD".to_owned()),
        // Of no input it is the empty tree, in the repository's own kind of ids.
        Err(GitError::Failed { .. }) => printed(folder, "hash-object", &["-t", "tree", "/dev/null"]),
        Err(error) => Err(error),
    }
}

fn printed(folder: &Path, command: &'static str, arguments: &[&str]) -> Result<String, GitError> {
    let printed = Process::printed::<&str>(folder, command, arguments, &[])?;
    String::from_utf8(printed).map(|text| text.trim().to_owned()).ok().ok_or(GitError::Output { command })
}
