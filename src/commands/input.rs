//! The file or stream a command works on.

use super::failure::{STDIN, Subject};
use crate::doc::FormatName;
use crate::doc::dotenv::restore_line_ends;
use crate::error::{Code, Failure};
use crate::io::{self, Fingerprint, ReadError};
use crate::secret::wipe;
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

/// What a command reads, whole.
pub struct Input {
    /// As the user named it; `<stdin>` for standard input.
    pub name: String,
    /// Where it came from; `None` for standard input.
    pub path: Option<PathBuf>,
    /// Its bytes.
    pub bytes: Zeroizing<Vec<u8>>,
    /// What the file was like.
    pub fingerprint: Option<Fingerprint>,
}

impl Input {
    /// Reads a file, or standard input for `-`.
    ///
    /// # Errors
    /// It does not exist (100), or cannot be read (2).
    pub fn read(path: &Path, limit: usize) -> Result<Self, Failure> {
        if path == Path::new("-") {
            let name = STDIN.to_owned();
            let bytes = io::read_stdin(limit).map_err(|error| failure(&name, &error))?;
            return Ok(Self { name, path: None, bytes, fingerprint: None });
        }
        let name = path.display().to_string();
        let input = io::read_file(path, limit).map_err(|error| failure(&name, &error))?;
        Ok(Self { name, path: Some(path.to_owned()), bytes: input.bytes, fingerprint: input.fingerprint })
    }

    /// Reads a file, but nothing that could be waited for: no pipe, no device, no standard input.
    ///
    /// # Errors
    /// It does not exist (100), is no file, or cannot be read (2).
    #[cfg(target_os = "linux")]
    pub fn read_at_once(path: &Path, limit: usize) -> Result<Self, Failure> {
        let name = path.display().to_string();
        let input = io::read_regular_file(path, limit).map_err(|error| failure(&name, &error))?;
        Ok(Self { name, path: Some(path.to_owned()), bytes: input.bytes, fingerprint: input.fingerprint })
    }

    /// No input, for commands that only print.
    #[must_use]
    pub fn nothing() -> Self {
        Self { name: String::new(), path: None, bytes: Zeroizing::default(), fingerprint: None }
    }

    /// Makes good what was done to the line ends of an encrypted file in `format`.
    #[must_use]
    pub fn as_sealed(mut self, format: FormatName) -> Self {
        if format == FormatName::Dotenv
            && let Some(bytes) = restore_line_ends(&self.bytes)
        {
            self.bytes = bytes;
        }
        self
    }

    /// Wipes the bytes, faster than by dropping them.
    pub fn wipe(mut self) {
        wipe(&mut self.bytes);
    }

    /// For messages about it.
    #[must_use]
    pub fn subject(&self, format: FormatName) -> Subject<'_> {
        Subject { name: &self.name, source: &self.bytes, format }
    }
}

fn failure(name: &str, error: &ReadError) -> Failure {
    let code = match error {
        ReadError::NotFound => Code::NoFile,
        _ => Code::CannotReadInput,
    };
    Failure::new(code, format!("cannot read `{name}`")).named("E_SOURCE").cause(error.to_string())
}
