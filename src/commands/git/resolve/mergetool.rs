//! `seal git mergetool`: the same for `git mergetool`, which hands over files.

use super::{Decisions, Outcome, decided, tell_left};
use crate::commands::context::Context;
use crate::commands::convert;
use crate::commands::git::merge::engine::Versions;
use crate::error::{Code, Failure};
use crate::io::{self, Mode};
use std::path::Path;
use zeroize::Zeroizing;

/// Resolves the conflicts of files: the common ancestor, ours, theirs, and where the result is written.
/// Gives 0, or 1 if conflicts are left.
///
/// # Errors
/// A file cannot be read, opened or written.
pub fn run(context: &Context, [base, ours, theirs]: [&Path; 3], merged: &Path) -> Result<u8, Failure> {
    let name = merged.display().to_string();
    let versions = Versions::new(name.clone(), [read(base)?, read(ours)?, read(theirs)?]);
    match decided(context, &versions, &Decisions::default())? {
        Outcome::Left(paths) => {
            tell_left(context, &name, &paths);
            Ok(super::LEFT)
        }
        Outcome::Resolved(text) => {
            io::replace(merged, &text, Mode::Private, None).map_err(|error| {
                Failure::new(Code::CannotWriteOutput, format!("cannot write `{name}`; it is unchanged"))
                    .cause(error.to_string())
            })?;
            Ok(0)
        }
    }
}

fn read(path: &Path) -> Result<Zeroizing<Vec<u8>>, Failure> {
    // Without a common ancestor there may be no file.
    match io::read_file(path, convert::limits().max_bytes) {
        Ok(input) => Ok(input.bytes),
        Err(io::ReadError::NotFound) => Ok(Zeroizing::default()),
        Err(error) => Err(Failure::new(Code::CannotReadInput, format!("cannot read `{}`", path.display()))
            .cause(error.to_string())),
    }
}
