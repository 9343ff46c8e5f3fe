//! The files of a repository, for those who set it up: entries, attributes, line ends, candidates.

use super::error::GitError;
use super::object::ObjectId;
use super::process::{Manner, Process};
use super::repository::{Repository, path_of};
use std::collections::HashMap;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

/// What every encrypted file of SOPS holds: its MAC, at least.
const MARK: &str = "ENC[AES256_GCM,";

/// Names with more bytes than this together are not put on one command line.
const LONGEST_ARGUMENTS: usize = 64 << 10;

/// An entry of the index, or of `HEAD` in a bare repository.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tracked {
    /// The name from the top.
    pub name: PathBuf,
    /// What it is.
    pub kind: TrackedKind,
    /// The object.
    pub id: ObjectId,
}

/// What an entry is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TrackedKind {
    /// A file.
    File,
    /// A symbolic link.
    Link,
    /// A submodule.
    Submodule,
}

impl Repository {
    /// The version of `git`, its first two numbers.
    ///
    /// # Errors
    /// `git` cannot be run.
    pub fn git_version() -> Result<(u32, u32), GitError> {
        const COMMAND: &str = "version";
        let printed = Process::printed::<&str>(Path::new("/"), COMMAND, &[], &[])?;
        version(&String::from_utf8_lossy(&printed)).ok_or(GitError::Output { command: COMMAND })
    }

    /// Whether there is no worktree at all.
    ///
    /// # Errors
    /// `git` cannot be run.
    pub fn is_bare(&self) -> Result<bool, GitError> {
        Ok(self.asked(&["--is-bare-repository"])? == b"true")
    }

    /// The folder that all worktrees share.
    ///
    /// # Errors
    /// `git` cannot be run.
    pub fn common_store(&self) -> Result<PathBuf, GitError> {
        Ok(self.folder().join(path_of(&self.asked(&["--git-common-dir"])?)))
    }

    /// The file `name` of the store, where Git looks for it.
    ///
    /// # Errors
    /// `git` cannot be run.
    pub fn store_file(&self, name: &str) -> Result<PathBuf, GitError> {
        Ok(self.folder().join(path_of(&self.asked(&["--git-path", name])?)))
    }

    fn asked(&self, question: &[&str]) -> Result<Vec<u8>, GitError> {
        let mut answer = Process::printed::<&str>(self.folder(), "rev-parse", question, &[])?;
        answer.pop_if(|last| *last == b'\n');
        Ok(answer)
    }

    /// What the shell that Git runs commands with takes for `program`; none if it is not found.
    ///
    /// # Errors
    /// `git` cannot be run.
    pub fn resolved(folder: &Path, program: &'static str) -> Result<Option<PathBuf>, GitError> {
        let alias = format!("alias.seal-resolve=!command -v {program} #");
        let manner = Manner { setting: Some(&alias), ..Manner::default() };
        let mut process = Process::start_in::<&str>(manner, folder, "seal-resolve", &[], &[])?;
        let mut printed = process.read_all()?;
        let found = process.finish_with_code()? == 0;
        printed.pop_if(|last| *last == b'\n');
        Ok(Some(path_of(&printed)).filter(|path| found && path.is_absolute()))
    }

    /// The file of attributes that a person has for all repositories, if Git tells.
    ///
    /// # Errors
    /// `git` cannot be run.
    pub fn personal_attributes(folder: &Path) -> Result<Option<PathBuf>, GitError> {
        // `git config` knows how to read paths; the usual place is told since 2.42.
        for (command, arguments) in
            [("config", &["--type=path", "--get", "core.attributesFile"][..]), ("var", &["GIT_ATTR_GLOBAL"])]
        {
            let mut process = Process::start::<&str>(folder, command, arguments, &[])?;
            let mut printed = process.read_all()?;
            printed.pop_if(|last| *last == b'\n');
            if matches!(process.finish_with_code(), Ok(0)) && !printed.is_empty() {
                return Ok(Some(path_of(&printed)));
            }
        }
        Ok(None)
    }

    /// The entries of the index, or of `HEAD` in a bare repository, sorted by name, each once.
    ///
    /// # Errors
    /// `git` cannot be run.
    pub fn entries(&self) -> Result<Vec<Tracked>, GitError> {
        let (command, printed) = match self.root() {
            Some(root) => ("ls-files", Process::printed::<&str>(root, "ls-files", &["--stage", "-z"], &[])?),
            None if self.has_head() => {
                let arguments = ["-r", "-z", "--full-tree", "HEAD"];
                ("ls-tree", Process::printed::<&str>(self.folder(), "ls-tree", &arguments, &[])?)
            }
            None => return Ok(Vec::new()),
        };
        let mut entries = Vec::new();
        for line in printed.split(|b| *b == 0).filter(|line| !line.is_empty()) {
            entries.extend(entry(line).ok_or(GitError::Output { command })?);
        }
        entries.dedup_by(|a, b| a.name == b.name);
        Ok(entries)
    }

    fn has_head(&self) -> bool {
        let arguments = ["--verify", "--quiet", "HEAD^{commit}"];
        Process::printed::<&str>(self.folder(), "rev-parse", &arguments, &[]).is_ok()
    }

    /// The names of the entries whose content may be an encrypted file.
    ///
    /// # Errors
    /// `git` cannot be run.
    pub fn candidates(&self) -> Result<Vec<PathBuf>, GitError> {
        let common = ["-l", "-z", "-a", "-F", "--no-textconv", "--no-recurse-submodules", "--no-color"];
        let mut arguments = common.to_vec();
        let folder = match self.root() {
            Some(root) => {
                arguments.extend(["--cached", "-e", MARK]);
                root
            }
            None if self.has_head() => {
                arguments.extend(["-e", MARK, "HEAD"]);
                self.folder()
            }
            None => return Ok(Vec::new()),
        };
        let mut process = Process::start::<&str>(folder, "grep", &arguments, &[])?;
        let printed = process.read_all()?;
        // 1 means that there are none.
        process.finish_with_code()?;
        let names = printed.split(|b| *b == 0).filter(|name| !name.is_empty());
        let from_head = self.root().is_none();
        Ok(names.map(|name| path_of(if from_head { cut(name, b"HEAD:") } else { name })).collect())
    }

    /// The tracked files that one of these patterns of `.gitattributes` is for.
    ///
    /// # Errors
    /// There is no worktree, or a pattern is none.
    pub fn matching(&self, patterns: &[&str]) -> Result<Vec<PathBuf>, GitError> {
        let root = self.root().ok_or(GitError::NoWorktree)?;
        if patterns.is_empty() {
            return Ok(Vec::new());
        }
        let specs: Vec<String> = patterns.iter().map(|pattern| pathspec(pattern)).collect();
        let manner = Manner { patterns: true, ..Manner::default() };
        let mut process = Process::start_in(manner, root, "ls-files", &["-z"], &specs)?;
        let printed = process.read_all()?;
        process.finish()?;
        let mut names: Vec<_> = printed.split(|b| *b == 0).filter(|name| !name.is_empty()).collect();
        names.dedup();
        Ok(names.into_iter().map(path_of).collect())
    }

    /// Those of these files that have lines with CR LF as they are tracked.
    ///
    /// # Errors
    /// `git` cannot be run.
    pub fn with_carriage_returns<'n>(
        &self,
        names: impl IntoIterator<Item = &'n PathBuf>,
    ) -> Result<Vec<PathBuf>, GitError> {
        let Some(root) = self.root() else { return Ok(Vec::new()) };
        let mut names = names.into_iter().peekable();
        let mut found = Vec::new();
        while names.peek().is_some() {
            let (mut some, mut length) = (Vec::new(), 0);
            while let Some(name) =
                names.next_if(|name| length == 0 || length + name.as_os_str().len() < LONGEST_ARGUMENTS)
            {
                length += name.as_os_str().len() + 1;
                some.push(name);
            }
            let printed = Process::printed(root, "ls-files", &["--eol", "-z"], &some)?;
            let lines = printed.split(|b| *b == 0);
            let with = lines.filter(|line| line.starts_with(b"i/crlf") || line.starts_with(b"i/mixed"));
            let name =
                |line: &[u8]| line.iter().position(|b| *b == b'\t').map(|tab| path_of(&line[tab + 1..]));
            found.extend(with.filter_map(name));
        }
        found.dedup();
        Ok(found)
    }

    /// The values of `attributes` of each file, as Git knows them in the worktree.
    ///
    /// # Errors
    /// There is no worktree, or `git` cannot be run.
    pub fn attribute_values(
        &self,
        names: &[PathBuf],
        attributes: &[&str],
    ) -> Result<HashMap<PathBuf, HashMap<String, String>>, GitError> {
        const COMMAND: &str = "check-attr";
        let root = self.root().ok_or(GitError::NoWorktree)?;
        let arguments: Vec<&str> = ["-z", "--stdin"].into_iter().chain(attributes.iter().copied()).collect();
        let input = names.iter().flat_map(|name| [name.as_os_str().as_bytes(), b"\0"]).flatten();
        let printed = Process::answered::<&str>(root, COMMAND, &arguments, &[], input.copied().collect())?;
        let mut found: HashMap<PathBuf, HashMap<String, String>> = HashMap::new();
        let mut fields = printed.split(|b| *b == 0);
        while let (Some(name), Some(attribute), Some(value)) = (fields.next(), fields.next(), fields.next()) {
            let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
            found.entry(path_of(name)).or_default().insert(text(attribute), text(value));
        }
        Ok(found)
    }

    /// Deletes a reference.
    ///
    /// # Errors
    /// `git` cannot be run, or refuses.
    pub fn delete_reference(&self, name: &str) -> Result<(), GitError> {
        Process::printed::<&str>(self.folder(), "update-ref", &["-d", name], &[]).map(|_| ())
    }
}

/// `git version 2.47.3`
fn version(text: &str) -> Option<(u32, u32)> {
    let mut numbers = text.strip_prefix("git version ")?.split(|c: char| !c.is_ascii_digit());
    Some((numbers.next()?.parse().ok()?, numbers.next()?.parse().ok()?))
}

/// `MODE ID STAGE TAB NAME` of the index, `MODE KIND ID TAB NAME` of a tree.
fn entry(line: &[u8]) -> Option<Option<Tracked>> {
    let tab = line.iter().position(|b| *b == b'\t')?;
    let words: Vec<&[u8]> = line[..tab].split(|b| *b == b' ').collect();
    let &[mode, second, third] = words.as_slice() else { return None };
    let kind = match mode {
        b"100644" | b"100755" | b"100664" => TrackedKind::File,
        b"120000" => TrackedKind::Link,
        b"160000" => TrackedKind::Submodule,
        // A folder of a sparse index.
        _ => return Some(None),
    };
    let id = ObjectId::parse(second).or_else(|| ObjectId::parse(third))?;
    Some(Some(Tracked { name: path_of(&line[tab + 1..]), kind, id }))
}

fn cut<'b>(bytes: &'b [u8], prefix: &[u8]) -> &'b [u8] {
    bytes.strip_prefix(prefix).unwrap_or(bytes)
}

/// A pattern of `.gitattributes` as a pathspec: one without a slash is for names in all folders.
fn pathspec(pattern: &str) -> String {
    match pattern.strip_prefix('/') {
        Some(rest) => format!(":(top,glob){rest}"),
        None if pattern.contains('/') => format!(":(top,glob){pattern}"),
        None => format!(":(top,glob)**/{pattern}"),
    }
}

#[cfg(test)]
mod tests {
    use super::{TrackedKind, entry, pathspec, version};

    #[test]
    fn versions_are_read() {
        assert_eq!(version("git version 2.47.3\n"), Some((2, 47)));
        assert_eq!(version("git version 2.54.0.rc1 (Apple Git-154)"), Some((2, 54)));
        assert_eq!(version("hub 2"), None);
    }

    #[test]
    fn entries_of_index_and_tree_are_read() {
        let id = "1".repeat(40);
        let one = entry(format!("100644 {id} 0\ta b").as_bytes()).unwrap().unwrap();
        assert_eq!((one.name.to_str(), one.kind), (Some("a b"), TrackedKind::File));
        let one = entry(format!("160000 commit {id}\tsub").as_bytes()).unwrap().unwrap();
        assert_eq!(one.kind, TrackedKind::Submodule);
        assert!(entry(format!("040000 {id} 0\tfolder/").as_bytes()).unwrap().is_none());
        assert!(entry(b"100644 x").is_none());
    }

    #[test]
    fn patterns_become_pathspecs() {
        assert_eq!(pathspec("*.enc.yaml"), ":(top,glob)**/*.enc.yaml");
        assert_eq!(pathspec("/a"), ":(top,glob)a");
        assert_eq!(pathspec("a/*"), ":(top,glob)a/*");
    }
}
