//! The dialects of ENV files: who reads them, what they read, and how a value is spelled for them.

use super::super::error::Error;
use super::super::format::Format;
use super::plain::Plain;
use super::scan::{self, Entry};
use super::{docker, quoted, shell, systemd};
use std::fmt;
use thiserror::Error as ThisError;
use zeroize::Zeroizing;

/// Who reads an ENV file. SOPS itself reads none of these: it takes the rest of each line as it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Dialect {
    /// Dotenv libraries: python-dotenv, dotenv of Node, dotenvy of Rust; what they read alike.
    Dotenv,
    /// `docker run --env-file`.
    Docker,
    /// `env_file:` of Compose.
    Compose,
    /// `EnvironmentFile=` of systemd.
    Systemd,
    /// Shells, by `. ./file`.
    Shell,
}

/// Why a value or name cannot be spelled so that its reader sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ThisError)]
pub enum Unspellable {
    /// A NUL, which ends every variable.
    #[error("it holds a NUL byte")]
    Nul,
    /// Other bytes than UTF-8.
    #[error("it is not UTF-8")]
    NotUtf8,
    /// A line end where there is no way to write one.
    #[error("it holds a line end")]
    LineEnd,
    /// The line would be too long, in bytes with its end.
    #[error("no line is read that has {0} bytes or more")]
    TooLong(usize),
    /// A character that the reader does not take.
    #[error("it holds a character that is refused")]
    Character,
    /// No spelling that all readers of the dialect read alike.
    #[error("no spelling of it is read alike by all readers of dotenv files")]
    NoSpelling,
    /// The name is none to the reader.
    #[error("the name cannot be that of a variable there")]
    Name,
}

impl Dialect {
    /// All of them.
    pub const ALL: [Dialect; 5] =
        [Dialect::Dotenv, Dialect::Docker, Dialect::Compose, Dialect::Systemd, Dialect::Shell];

    /// Its name on the command line and in the strict record.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Dialect::Dotenv => "dotenv",
            Dialect::Docker => "docker",
            Dialect::Compose => "compose",
            Dialect::Systemd => "systemd",
            Dialect::Shell => "shell",
        }
    }

    /// The dialect called `name`.
    #[must_use]
    pub fn of_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|dialect| dialect.name() == name)
    }

    /// Who reads it, for messages.
    #[must_use]
    pub fn reader(self) -> &'static str {
        match self {
            Dialect::Dotenv => "dotenv libraries",
            Dialect::Docker => "docker",
            Dialect::Compose => "Compose",
            Dialect::Systemd => "systemd",
            Dialect::Shell => "shells",
        }
    }

    /// The format of plain texts in this dialect.
    #[must_use]
    pub fn format(self) -> &'static dyn Format {
        match self {
            Dialect::Dotenv => &Plain(Dialect::Dotenv),
            Dialect::Docker => &Plain(Dialect::Docker),
            Dialect::Compose => &Plain(Dialect::Compose),
            Dialect::Systemd => &Plain(Dialect::Systemd),
            Dialect::Shell => &Plain(Dialect::Shell),
        }
    }

    /// How `value` is written behind `name=`, so that the reader sees exactly it and expands nothing.
    ///
    /// # Errors
    /// There is no such spelling, or the name is none.
    pub fn spell(self, name: &[u8], value: &[u8]) -> Result<Zeroizing<Vec<u8>>, Unspellable> {
        if !self.is_name(name) {
            return Err(Unspellable::Name);
        }
        if value.contains(&0) {
            return Err(Unspellable::Nul);
        }
        if std::str::from_utf8(value).is_err() {
            return Err(Unspellable::NotUtf8);
        }
        match self {
            Dialect::Dotenv => quoted::LIBRARIES.spell(value),
            Dialect::Docker => docker::spell(name, value),
            Dialect::Compose => quoted::COMPOSE.spell(value),
            Dialect::Systemd => systemd::spell(value),
            Dialect::Shell => Ok(shell::spell(value)),
        }
    }

    fn is_name(self, name: &[u8]) -> bool {
        match self {
            Dialect::Dotenv => scan::is_name(name, quoted::LIBRARIES.names.more),
            Dialect::Docker => docker::is_name(name),
            Dialect::Compose => scan::is_name(name, quoted::COMPOSE.names.more),
            Dialect::Systemd => scan::is_name(name, b""),
            Dialect::Shell => scan::is_name(name, b"") && !shell::is_reserved(name),
        }
    }

    /// Reads the entry whose line begins at byte `at`.
    pub(super) fn entry(self, source: &[u8], at: usize) -> Result<Entry, Error> {
        let entry = match self {
            Dialect::Dotenv => quoted::LIBRARIES.entry(source, at),
            Dialect::Docker => docker::entry(source, at),
            Dialect::Compose => quoted::COMPOSE.entry(source, at),
            Dialect::Systemd => systemd::entry(source, at),
            Dialect::Shell => shell::entry(source, at),
        }?;
        // The line end of the text would be part of the entry; the next line to be added would be, too.
        if entry.end == source.len() && source.ends_with(b"\n") {
            let backslash = source.iter().rposition(|byte| *byte == b'\\').unwrap_or(at);
            return Err(Error::syntax(
                "the backslash joins the last line to one that is not there",
                backslash,
            ));
        }
        Ok(entry)
    }
}

impl fmt::Display for Dialect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
