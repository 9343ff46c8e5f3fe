//! Which tracked files are encrypted, by their content.

use super::plan::failed;
use crate::commands::{Context, convert};
use crate::doc::{FormatName, Limits};
use crate::error::{Failure, Warning};
use crate::git::{ObjectId, Repository, TrackedKind};
use crate::sops::Sealed;
use std::collections::{BTreeMap, HashSet};
use std::path::{Path, PathBuf};

/// Larger files are not looked at.
pub(in crate::commands::git) const LARGEST: usize = 32 << 20;

/// The encrypted files of the index, or of `HEAD` in a bare repository.
pub(in crate::commands::git) fn tracked(
    context: &Context,
    repository: &Repository,
) -> Result<BTreeMap<PathBuf, ObjectId>, Failure> {
    // In a partial clone these are those that are there: nothing is fetched.
    let candidates: HashSet<PathBuf> =
        repository.candidates().map_err(|error| failed(&error))?.into_iter().collect();
    let mut found = BTreeMap::new();
    if candidates.is_empty() {
        return Ok(found);
    }
    let entries = repository.entries().map_err(|error| failed(&error))?;
    let mut blobs = repository.blobs().map_err(|error| failed(&error))?;
    for entry in entries {
        if entry.kind != TrackedKind::File || !candidates.contains(&entry.name) {
            continue;
        }
        match blobs.read(&entry.id, LARGEST) {
            Ok(bytes) if is_sealed(&entry.name, &bytes) => _ = found.insert(entry.name, entry.id),
            Ok(_) => {}
            Err(error) => context.warn(&Warning {
                headline: format!("`{}` is not looked at: {error}", entry.name.display()),
                place: None,
                hints: Vec::new(),
            }),
        }
    }
    Ok(found)
}

/// Whether a file is an encrypted one.
pub(in crate::commands::git) fn is_sealed(name: &Path, bytes: &[u8]) -> bool {
    let format = FormatName::of_file(&name.to_string_lossy(), bytes);
    let whole = format == FormatName::Binary;
    Sealed::load(convert::sealed(format), bytes, whole, &Limits::default()).is_ok()
}
