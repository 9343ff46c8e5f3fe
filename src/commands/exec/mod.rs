//! `seal exec-env` and `seal exec-file`: a command of the shell that gets the content of a file, as SOPS
//! runs it (format description, section 9.8).
//!
//! What the shell and its children see of this process is what SOPS shows them: its whole environment,
//! key variables too, since such commands often call the program again. `seal run` shows less.

mod account;
mod child;
mod env;
mod file;

pub use env::{Env, run as env};
pub use file::{File, run as file};

use super::context::Context;
use super::convert;
use super::failure::Subject;
use super::input::Input;
use super::open::{self, Unlocking};
use super::types::Types;
use crate::doc::FormatName;
use crate::error::{Code, Failure};
use crate::sops::Opened;
use std::ffi::OsString;
use std::path::PathBuf;

/// What both verbs are asked to do.
pub struct Job {
    /// The encrypted file.
    pub file: PathBuf,
    /// Formats.
    pub types: Types,
    /// What the shell runs.
    pub command: OsString,
    /// Whom it runs as, if not as this process.
    pub user: Option<String>,
    /// Do not wait for its end.
    pub background: bool,
    /// How the file is opened.
    pub unlocking: Unlocking,
    /// The soft limit for core files in bytes that the command gets back, `None` being no limit.
    pub core: Option<u64>,
}

impl Job {
    /// Opens the file, and gives what `take` makes of it and of the format of the output.
    fn open<T>(
        &self,
        context: &Context,
        take: impl FnOnce(Subject<'_>, &Opened<'_>, FormatName) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        let input = Input::read(&self.file, convert::limits().max_bytes)
            .map_err(|failure| Failure { code: Code::CannotReadInput, ..failure })?;
        let (format, to) = (self.types.input(&input), self.types.output(&input));
        let input = input.as_sealed(format);
        let subject = input.subject(format);
        let sealed = open::load(subject)?;
        take(subject, &open::open_valid(context, subject, &sealed, &self.unlocking)?, to)
    }
}
