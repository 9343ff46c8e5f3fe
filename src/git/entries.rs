//! What stands in the index, in trees, and between commits.

use super::error::GitError;
use super::history::{History, change};
use super::object::ObjectId;
use super::process::Process;
use super::repository::{Repository, path_of};
use std::path::PathBuf;

/// A file or symbolic link of the index or of a tree. Submodules are none.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Entry {
    /// The file, from the top of the worktree.
    pub name: PathBuf,
    /// Its content; of a link where it leads to.
    pub id: ObjectId,
    /// Whether it is a symbolic link.
    pub link: bool,
}

impl Repository {
    /// All files and links of the index, by name. A file in conflict is there once for each side.
    ///
    /// # Errors
    /// There is no worktree.
    pub fn index(&self) -> Result<Vec<Entry>, GitError> {
        const COMMAND: &str = "ls-files";
        let root = [self.root().ok_or(GitError::NoWorktree)?];
        let printed = Process::printed(&self.folder, COMMAND, &["--stage", "-z", "--full-name"], &root)?;
        // MODE ID STAGE
        entries(COMMAND, &printed, 1)
    }

    /// The files, but no links, of the index that are not so in `HEAD`: what the next commit brings.
    ///
    /// # Errors
    /// There is no worktree.
    pub fn staged(&self) -> Result<Vec<Entry>, GitError> {
        const COMMAND: &str = "diff-index";
        self.root().ok_or(GitError::NoWorktree)?;
        let arguments = [
            "--cached",
            "--raw",
            "-z",
            "--no-abbrev",
            "--no-renames",
            "--no-ext-diff",
            "--no-textconv",
            "--no-color",
            "HEAD",
            "--",
        ];
        let printed = match Process::printed::<&str>(&self.folder, COMMAND, &arguments, &[]) {
            // No commit yet: everything is new.
            Err(GitError::Failed { .. }) if self.commits(&["HEAD"])?[0].is_none() => {
                let mut all = self.index()?;
                all.retain(|entry| !entry.link);
                return Ok(all);
            }
            printed => printed?,
        };
        let not_understood = || GitError::Output { command: COMMAND };
        let mut fields = printed.split(|b| *b == 0);
        let mut found = Vec::new();
        while let Some(field) = fields.next().filter(|field| !field.is_empty()) {
            let (_, new) = change(field).ok_or_else(not_understood)?;
            let name = path_of(fields.next().ok_or_else(not_understood)?);
            found.extend(new.map(|id| Entry { name, id, link: false }));
        }
        Ok(found)
    }

    /// All files and links of a commit or tree, by name.
    ///
    /// # Errors
    /// It is neither.
    pub fn tree(&self, id: &ObjectId) -> Result<Vec<Entry>, GitError> {
        const COMMAND: &str = "ls-tree";
        let printed =
            Process::printed::<&str>(&self.folder, COMMAND, &["-r", "-z", "--full-tree", id.as_str()], &[])?;
        // MODE KIND ID
        entries(COMMAND, &printed, 2)
    }

    /// The commits that these revisions lead to; none for one that leads to no commit.
    ///
    /// # Errors
    /// `git` cannot be run.
    pub fn commits(&self, revisions: &[&str]) -> Result<Vec<Option<ObjectId>>, GitError> {
        self.objects(revisions, "commit")
    }

    /// The tree that a revision leads to.
    ///
    /// # Errors
    /// `git` cannot be run.
    pub fn tree_of(&self, revision: &str) -> Result<Option<ObjectId>, GitError> {
        Ok(self.objects(&[revision], "tree")?.pop().flatten())
    }

    fn objects(&self, revisions: &[&str], kind: &str) -> Result<Vec<Option<ObjectId>>, GitError> {
        const COMMAND: &str = "cat-file";
        // A line end in a revision would make two of it.
        let line = |revision: &&str| {
            format!("{}^{{{kind}}}\n", revision.replace(['\n', '\0'], "\u{fffd}")).into_bytes()
        };
        let input = revisions.iter().flat_map(line).collect();
        let printed = Process::answered::<&str>(&self.folder, COMMAND, &["--batch-check"], &[], input)?;
        let found: Vec<_> = printed
            .split_inclusive(|b| *b == b'\n')
            .map(|line| {
                let mut words = line.trim_ascii_end().split(|b| *b == b' ');
                let id = words.next().and_then(ObjectId::parse)?;
                (words.next() == Some(kind.as_bytes())).then_some(id)
            })
            .collect();
        match found.len() == revisions.len() {
            true => Ok(found),
            false => Err(GitError::Output { command: COMMAND }),
        }
    }

    /// What the commits bring that lead to `tips` and are not known: those that lead to `known`, and those
    /// that the options of `git log` in `others` stand for, as `--all`.
    ///
    /// # Errors
    /// `git` cannot be run.
    pub fn brought(
        &self,
        tips: &[ObjectId],
        known: &[ObjectId],
        others: Option<&str>,
    ) -> Result<History, GitError> {
        if tips.is_empty() {
            return Ok(History::none());
        }
        let lines = tips.iter().map(ToString::to_string).chain(known.iter().map(|id| format!("^{id}")));
        let input = lines.flat_map(|line| format!("{line}\n").into_bytes()).collect();
        let others: Vec<&str> = others.into_iter().flat_map(|others| ["--not", others]).collect();
        History::listed(&self.folder, &others, input)
    }

    /// Everything that something leads to: a reference, an entry of its log, the index. Each object with the
    /// name of a file that it is the content of, if it is one.
    ///
    /// # Errors
    /// `git` cannot be run.
    pub fn reachable(&self) -> Result<Vec<(ObjectId, PathBuf)>, GitError> {
        const COMMAND: &str = "rev-list";
        // What a partial clone lacks cannot be looked at.
        let arguments = ["--objects", "--all", "--reflog", "--indexed-objects", "--missing=allow-any"];
        let printed = Process::printed::<&str>(&self.folder, COMMAND, &arguments, &[])?;
        let mut found = Vec::new();
        for line in printed.split(|b| *b == b'\n').filter(|line| !line.is_empty()) {
            let end = line.iter().position(|b| *b == b' ').unwrap_or(line.len());
            let id = ObjectId::parse(&line[..end]).ok_or(GitError::Output { command: COMMAND })?;
            found.push((id, path_of(line.get(end + 1..).unwrap_or_default())));
        }
        Ok(found)
    }

    /// What all commits bring that a reference or an entry of its log leads to.
    ///
    /// # Errors
    /// `git` cannot be run.
    pub fn all_history(&self) -> Result<History, GitError> {
        History::listed(&self.folder, &["--all", "--reflog"], Vec::new())
    }

    /// Where a file of the store is that belongs to this worktree or to all of them.
    ///
    /// # Errors
    /// `git` cannot be run.
    pub fn path_in_store(&self, name: &str) -> Result<PathBuf, GitError> {
        let printed = Process::printed::<&str>(&self.folder, "rev-parse", &["--git-path", name], &[])?;
        Ok(self.folder.join(path_of(printed.strip_suffix(b"\n").unwrap_or(&printed))))
    }
}

/// Reads `MODE … ID … TAB NAME`, ended by NUL, where the id is word `at`.
fn entries(command: &'static str, printed: &[u8], at: usize) -> Result<Vec<Entry>, GitError> {
    let mut found = Vec::new();
    for line in printed.split(|b| *b == 0) {
        let link = line.starts_with(b"120");
        if !link && !line.starts_with(b"100") {
            continue;
        }
        let tab = line.iter().position(|b| *b == b'\t').ok_or(GitError::Output { command })?;
        let id = line[..tab].split(|b| *b == b' ').nth(at).and_then(ObjectId::parse);
        let id = id.ok_or(GitError::Output { command })?;
        found.push(Entry { name: path_of(&line[tab + 1..]), id, link });
    }
    Ok(found)
}
