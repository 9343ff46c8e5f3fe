//! The editor: which one, and how it is kept from leaving copies of a secret text.

mod known;

use crate::io::read_file;
use crate::words;
use known::Known;
use std::ffi::{OsStr, OsString};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What is looked for where nothing names an editor.
const USUAL: [&str; 3] = ["vim", "nano", "vi"];
/// Programs larger than this are not looked into.
const LARGEST_PROGRAM: usize = 32 << 20;

/// A program that edits a file and ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Editor {
    program: String,
    arguments: Vec<String>,
    known: Option<&'static Known>,
}

/// Why there is no editor.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EditorError {
    /// The command line is no words.
    #[error("{0}")]
    Words(&'static str),
    /// The command line is empty.
    #[error("the command is empty")]
    Empty,
    /// Nothing is named and nothing is there.
    #[error("none is named, and there is no {} on the path", USUAL.join(", "))]
    None,
}

/// What an editor needs from its surroundings.
pub struct Surroundings<'a> {
    /// The private folder that the text is in.
    pub folder: &'a Path,
    /// The home of the person.
    pub home: Option<&'a Path>,
    /// The person's directory for settings.
    pub config: Option<&'a Path>,
    /// Variables that the editor does not get.
    pub withheld: &'a [&'a str],
}

impl Editor {
    /// The editor of this command line; without one, the first of the usual ones on `path`.
    ///
    /// # Errors
    /// See [`EditorError`].
    pub fn find(line: Option<&str>, path: Option<&OsStr>) -> Result<Self, EditorError> {
        let Some(line) = line else {
            let found = USUAL.iter().find(|name| on_path(name, path).is_some());
            let program = (*found.ok_or(EditorError::None)?).to_owned();
            let known = known(&program, path);
            return Ok(Self { program, arguments: Vec::new(), known });
        };
        let mut words = words::split(line).map_err(EditorError::Words)?.into_iter();
        let program = words.next().filter(|word| !word.is_empty()).ok_or(EditorError::Empty)?;
        let known = known(&program, path);
        Ok(Self { program, arguments: words.collect(), known })
    }

    /// The program as it was named.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.program
    }

    /// What this editor may keep of a text that no switch turns off, with what helps against it.
    #[must_use]
    pub fn habit(&self, around: &Surroundings<'_>) -> Option<(&'static str, &'static str)> {
        self.known?.habit.filter(|habit| !habit.is_settled(around)).map(|habit| (habit.what, habit.remedy))
    }

    /// A file that the editor needs beside the text, with its name: settings that win over the person's.
    #[must_use]
    pub fn settings(&self, around: &Surroundings<'_>) -> Option<(&'static str, Vec<u8>)> {
        self.known?.settings(around)
    }

    /// The command that edits `file`.
    #[must_use]
    pub fn command(&self, file: &Path, around: &Surroundings<'_>) -> Command {
        // A path is one from here, wherever the program runs.
        let program = match std::path::absolute(&self.program) {
            Ok(path) if self.program.contains('/') => path,
            _ => PathBuf::from(&self.program),
        };
        let mut command = Command::new(program);
        if let Some(known) = self.known {
            // Before the person's own, which may end in `--`.
            command.args(known.switches(around.folder, &self.arguments));
            if known.stays_inside {
                command.current_dir(around.folder);
            }
        }
        command.args(&self.arguments).arg(file);
        around.withheld.iter().for_each(|name| {
            command.env_remove(name);
        });
        // Temporary files of filters and spell checkers. An editor that only sends the file to a running
        // one finds it by these variables.
        if !self.known.is_some_and(|known| known.is_client) {
            ["TMPDIR", "TMP", "TEMP"].iter().for_each(|name| {
                command.env(name, around.folder);
            });
        }
        command
    }
}

/// What is known of a program, by its name, or by that of the file it is a link to: `vi` is many things.
fn known(program: &str, path: Option<&OsStr>) -> Option<&'static Known> {
    let file = if program.contains('/') { Some(PathBuf::from(program)) } else { on_path(program, path) };
    let real = file.and_then(|file| file.canonicalize().ok());
    let named = stem(Path::new(program));
    if named != "vi" {
        return known::by_name(&named).or_else(|| known::by_name(&stem(real.as_deref()?)));
    }
    let real = real?;
    match stem(&real).as_str() {
        "vi" => known::by_name(if is_vim(&real) { "vim" } else { "vi" }),
        other => known::by_name(other),
    }
}

/// `/usr/bin/vim.basic` → `vim`.
fn stem(path: &Path) -> String {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    name.split('.').next().unwrap_or_default().to_owned()
}

/// Whether a program called `vi` is Vim, which has its runtime files.
fn is_vim(program: &Path) -> bool {
    let word = b"VIMRUNTIME";
    read_file(program, LARGEST_PROGRAM)
        .is_ok_and(|input| input.bytes.windows(word.len()).any(|window| window == word))
}

fn on_path(program: &str, path: Option<&OsStr>) -> Option<PathBuf> {
    let folders = std::env::split_paths(path?);
    let mut files = folders.map(|folder| folder.join(OsString::from(program)));
    files.find(|file| {
        file.metadata().is_ok_and(|metadata| metadata.is_file() && metadata.permissions().mode() & 0o111 != 0)
    })
}

#[cfg(test)]
mod tests;
