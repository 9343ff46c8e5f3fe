//! The same work for many files, several at once.

use super::super::context::Context;
use super::super::files::{Files, may_be_sealed};
use super::target::Target;
use crate::commands::types::Types;
use crate::error::{Code, Failure};
use crate::io::{self, ReadError};
use crate::ui::Progress;
use rayon::prelude::{IntoParallelRefIterator as _, ParallelIterator as _};
use std::path::{Path, PathBuf};

/// Does `work` for every file and gives the results in their order. The first file is done alone: should
/// it need a passphrase, it is asked for once.
pub(in crate::commands) fn each<P: AsRef<Path> + Sync, T: Send>(
    context: &Context,
    what: &'static str,
    files: &[P],
    work: impl Fn(&Path) -> T + Sync,
) -> Vec<T> {
    let Some((first, others)) = files.split_first() else { return Vec::new() };
    let progress = Progress::new(what, files.len(), context.is_quiet());
    let counted = |path: &P| {
        let result = work(path.as_ref());
        progress.step();
        result
    };
    let mut results = vec![counted(first)];
    results.extend(others.par_iter().map(counted).collect::<Vec<_>>());
    results
}

/// A file with what was found in it.
pub(in crate::commands) type Found<T> = (PathBuf, Result<T, Failure>);

/// The encrypted files that `paths` name or hold, and what `look` finds in each of them. What is found
/// below a folder and is not encrypted is passed over.
///
/// # Errors
/// A folder cannot be read (2).
pub(in crate::commands) fn survey<T: Send>(
    context: &Context,
    paths: &[PathBuf],
    types: &Types,
    look: impl Fn(&Target) -> Result<T, Failure> + Sync,
) -> Result<Vec<Found<T>>, Failure> {
    let files = Files::collect(paths)?;
    let named = each(context, "reading", &files.named, |path| {
        Some(Target::read(path, types).and_then(|target| look(&target)))
    });
    let found = each(context, "reading", &files.found, |path| {
        match io::read_file(path, super::super::convert::limits().max_bytes) {
            Ok(input) if !may_be_sealed(&input.bytes) => return None,
            // It is gone by now, or none that could be opened.
            Err(ReadError::NotFound | ReadError::TooLarge { .. }) => return None,
            // What else cannot be read is told by what reads it below.
            _ => {}
        }
        let target = Target::read(path, types);
        if target.as_ref().is_ok_and(|target| !target.is_likely()) {
            return None;
        }
        match target.and_then(|target| look(&target)) {
            Err(failure) if failure.code == Code::NotEncrypted => None,
            result => Some(result),
        }
    });
    let all = files.named.into_iter().zip(named).chain(files.found.into_iter().zip(found));
    Ok(all.filter_map(|(path, result)| Some((path, result?))).collect())
}

/// The first failure of several, the others reported at once.
pub(in crate::commands) fn first_failure(
    context: &Context,
    failures: impl IntoIterator<Item = Failure>,
) -> Result<(), Failure> {
    let mut first = None;
    for failure in failures {
        context.report(&failure);
        first = first.or(Some(Failure { reported: true, ..failure }));
    }
    first.map_or(Ok(()), Err)
}
