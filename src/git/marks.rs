//! What the settings and attributes of a repository say of its files.

use super::error::GitError;
use super::object::ObjectId;
use super::process::Process;
use super::repository::Repository;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

/// Where attributes are read from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Attributes {
    /// Files of the worktree.
    Worktree,
    /// The index.
    Index,
    /// A tree; `git` 2.40 and newer.
    Tree(ObjectId),
}

/// What is set for a diff driver.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Driver {
    /// Its name.
    pub name: String,
    /// The command that makes texts of files.
    pub textconv: Option<String>,
    /// Whether what it prints is kept in the repository.
    pub keeps: bool,
}

impl Repository {
    /// The diff drivers that have a command or keep what one prints.
    ///
    /// # Errors
    /// `git` cannot be run.
    pub fn drivers(&self) -> Result<Vec<Driver>, GitError> {
        let pattern = r"^diff\..*\.(textconv|cachetextconv)$";
        let mut drivers: Vec<Driver> = Vec::new();
        for (key, value) in self.settings(pattern)? {
            let Some((name, variable)) = key.strip_prefix("diff.").and_then(|rest| rest.rsplit_once('.'))
            else {
                continue;
            };
            if drivers.iter().all(|driver| driver.name != name) {
                drivers.push(Driver { name: name.to_owned(), ..Driver::default() });
            }
            for driver in drivers.iter_mut().filter(|driver| driver.name == name) {
                // The last one counts.
                match variable {
                    "textconv" => driver.textconv = value.clone(),
                    _ => driver.keeps = value.as_deref().is_none_or(is_true),
                }
            }
        }
        Ok(drivers)
    }

    /// The settings whose names match a pattern, with their values: one without a value means "true".
    fn settings(&self, pattern: &str) -> Result<Vec<(String, Option<String>)>, GitError> {
        let mut process =
            Process::start::<&str>(&self.folder, "config", &["-z", "--get-regexp", pattern], &[])?;
        let printed = process.read_all()?;
        // 1 means that there are none.
        process.finish_with_code()?;
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let settings = printed.split(|b| *b == 0).filter(|entry| !entry.is_empty()).map(|entry| match entry
            .iter()
            .position(|b| *b == b'\n')
        {
            Some(at) => (text(&entry[..at]), Some(text(&entry[at + 1..]))),
            None => (text(entry), None),
        });
        Ok(settings.collect())
    }

    /// The names of the references below `prefix`.
    ///
    /// # Errors
    /// `git` cannot be run.
    pub fn references(&self, prefix: &str) -> Result<Vec<String>, GitError> {
        let printed =
            Process::printed::<&str>(&self.folder, "for-each-ref", &["--format=%(refname)", prefix], &[])?;
        Ok(String::from_utf8_lossy(&printed).lines().map(str::to_owned).collect())
    }

    /// The attributes `diff` and `merge` of files, each named from the top of the worktree: their values;
    /// none where one is not set.
    ///
    /// # Errors
    /// `git` cannot be run, or cannot read attributes from there.
    pub fn attributes(
        &self,
        from: &Attributes,
        names: &[&Path],
    ) -> Result<Vec<[Option<String>; 2]>, GitError> {
        const COMMAND: &str = "check-attr";
        let source;
        let mut arguments = vec!["-z", "--stdin"];
        match from {
            Attributes::Worktree => {}
            Attributes::Index => arguments.push("--cached"),
            Attributes::Tree(id) => {
                source = format!("--source={id}");
                arguments.push(&source);
            }
        }
        arguments.extend(["diff", "merge"]);
        let input = names.iter().flat_map(|name| [name.as_os_str().as_bytes(), b"\0"].concat()).collect();
        // Names are taken from the current folder.
        let top = self.root().unwrap_or(&self.folder);
        let printed = Process::answered::<&str>(top, COMMAND, &arguments, &[], input)?;
        let fields: Vec<&[u8]> = printed.split(|b| *b == 0).collect();
        // NAME, ATTRIBUTE, VALUE for each of the two.
        let value = |field: &[u8]| match field {
            b"unspecified" | b"unset" | b"set" => None,
            value => Some(String::from_utf8_lossy(value).into_owned()),
        };
        let found: Vec<_> = fields.chunks_exact(6).map(|six| [value(six[2]), value(six[5])]).collect();
        match found.len() == names.len() {
            true => Ok(found),
            false => Err(GitError::Output { command: COMMAND }),
        }
    }
}

/// Whether a setting means yes.
fn is_true(value: &str) -> bool {
    matches!(value.to_ascii_lowercase().as_str(), "true" | "yes" | "on" | "1")
}
