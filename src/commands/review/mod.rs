//! `seal diff`, `seal log`, `seal blame`: what was changed in encrypted files, when and by whom.
//!
//! One `git log` or `git diff-…`, one `git cat-file`, one `git check-attr`; everything else happens here, in
//! parallel. Nothing of it is written anywhere.

pub mod blame;
pub mod diff;
mod keyring;
pub mod log;
mod pager;
mod paint;
mod renames;
mod versions;

use super::context::Context;
use crate::error::{Code, Failure};
use crate::git::{GitError, Repository};
use crate::review::{Form, Needs};
use std::io::IsTerminal as _;
use std::path::Path;

/// The repository around the current folder.
fn repository(verb: &str) -> Result<Repository, Failure> {
    match Repository::discover(Path::new(".")) {
        Ok(Some(repository)) => Ok(repository),
        Ok(None) => {
            let headline = format!("`seal {verb}` needs a Git repository, and there is none here");
            Err(Failure::new(Code::CannotReadInput, headline).hint("run it in the repository"))
        }
        Err(error) => Err(unreadable(&error)),
    }
}

/// The failure of a `git` that was asked.
fn unreadable(error: &GitError) -> Failure {
    let failure =
        Failure::new(Code::CannotReadInput, "the repository cannot be read").cause(error.to_string());
    match error {
        GitError::Revision(_) => failure.hint("names of files stand behind `--`"),
        _ => failure,
    }
}

/// How values are shown: as asked for, else by `SEAL_GIT_SHOW`, else in plain to a person at a terminal and by
/// their structure otherwise.
fn form(context: &Context, asked: Option<Form>, for_people: bool) -> Form {
    let git = &context.settings().git;
    let named = git.show.as_ref().and_then(|name| match name.to_str()? {
        "plain" => Some(Form::Plain),
        "masked" => Some(Form::Masked),
        "structure" => Some(Form::Structure),
        "keys" => Some(Form::Keys),
        _ => None,
    });
    let usual = || match for_people && !git.ci && std::io::stdout().is_terminal() {
        true => Form::Plain,
        false => Form::Structure,
    };
    asked.or(named).unwrap_or_else(usual)
}

/// What versions are read for, to be shown in `form`: as texts or by their paths.
fn needs(form: Form, as_text: bool) -> Needs {
    Needs {
        values: form != Form::Structure,
        text: as_text && form == Form::Plain || form == Form::Keys,
        nodes: !as_text || matches!(form, Form::Masked | Form::Keys),
    }
}
