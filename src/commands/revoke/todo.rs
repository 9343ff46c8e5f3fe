//! The list of what somebody could read, kept beside the configuration until all of it is changed. It
//! names files and keys; nothing in it is secret.

use super::super::rekey::policy::Person;
use super::readable::Readable;
use crate::doc::Timestamp;
use crate::error::{Code, Failure};
use crate::io::{self, Mode, ReadError};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// Where the lists are, from the folder of the configuration.
const FOLDER: &str = ".seal/revoked";
/// The largest list, in bytes.
const MAX_BYTES: usize = 64 << 20;

/// A kept list.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Todo {
    /// The version of this format: 1.
    v: u8,
    /// The name, or the recipient.
    pub(super) who: String,
    /// The recipients.
    pub(super) recipients: Vec<String>,
    /// When they were last revoked.
    pub(super) revoked: String,
    /// What they could read, by file.
    pub(super) readable: BTreeMap<String, BTreeSet<String>>,
}

impl Todo {
    pub(super) fn new(person: &Person, now: Timestamp, readable: &Readable) -> Self {
        Self {
            v: 1,
            who: person.word.clone(),
            recipients: person.keys.iter().map(|key| key.recipient()).collect(),
            revoked: now.to_seconds(),
            readable: readable.files.clone(),
        }
    }

    /// The list of `who`, if there is one.
    ///
    /// # Errors
    /// It cannot be read, or is none (1).
    pub(super) fn load(home: &Path, who: &str) -> Result<Option<Self>, Failure> {
        let path = place(home, who);
        let failed = |cause: String| {
            Failure::new(Code::Generic, format!("cannot read the list `{}`", path.display())).cause(cause)
        };
        let text = match io::read_file(&path, MAX_BYTES) {
            Ok(input) => input.bytes,
            Err(ReadError::NotFound) => return Ok(None),
            Err(error) => return Err(failed(error.to_string())),
        };
        let todo: Self = serde_json::from_slice(&text).map_err(|error| failed(error.to_string()))?;
        if todo.v == 1 { Ok(Some(todo)) } else { Err(failed(format!("its version is {}", todo.v))) }
    }

    /// The list together with what stands on an earlier one, where it can be written.
    ///
    /// # Errors
    /// The earlier one cannot be read (1), or there is no place for a list (3).
    pub(super) fn joined(mut self, home: &Path) -> Result<Self, Failure> {
        let path = place(home, &self.who);
        // A link in the repository would choose what is written, wherever that is.
        for part in [&home.join(".seal"), &home.join(FOLDER), &path] {
            let Ok(metadata) = part.symlink_metadata() else { continue };
            let fits = if part == &path { metadata.is_file() } else { metadata.is_dir() };
            if !fits {
                let headline =
                    format!("the list of what was readable cannot be kept in `{}`", path.display());
                let kind = if part == &path { "plain file" } else { "folder" };
                return Err(Failure::new(
                    Code::CannotWriteOutput,
                    format!("{headline}; nothing was changed"),
                )
                .cause(format!("`{}` is no {kind}", part.display()))
                .hint("move it away"));
            }
        }
        if let Some(earlier) = Self::load(home, &self.who)? {
            for (file, values) in earlier.readable {
                self.readable.entry(file).or_default().extend(values);
            }
        }
        Ok(self)
    }

    /// Writes the list, and gives its place.
    ///
    /// # Errors
    /// It cannot be written (3).
    pub(super) fn save(&self, home: &Path) -> Result<PathBuf, Failure> {
        let path = place(home, &self.who);
        let failed = |cause: String| {
            let headline = format!("the list of what was readable cannot be kept in `{}`", path.display());
            Failure::new(Code::CannotWriteOutput, headline)
                .cause(cause)
                .hint("the files have their new data keys; seal revoke again lists the values")
        };
        let mut text = serde_json::to_string_pretty(self).map_err(|error| failed(error.to_string()))?;
        text.push('\n');
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).map_err(|error| failed(io::reason(&error)))?;
        }
        io::replace(&path, text.as_bytes(), Mode::Shared, None).map_err(|error| failed(error.to_string()))?;
        Ok(path)
    }
}

/// The file of a list: its name is that of the person, with letters that could mean something to a file
/// system left out.
fn place(home: &Path, who: &str) -> PathBuf {
    let plain = |c: char| if c.is_alphanumeric() || "-_@+".contains(c) { c } else { '_' };
    let name: String = who.chars().take(100).map(plain).collect();
    let folder = if home == Path::new(".") { PathBuf::from(FOLDER) } else { home.join(FOLDER) };
    folder.join(format!("{name}.json"))
}
