//! The index, and the files of a revision.

use super::names::Names;
use super::{PolicyPlace, Source, repository, unreadable};
use crate::commands::context::Context;
use crate::error::{Code, Failure};
use crate::git::{Attributes, Entry, ObjectId, Repository};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// What configurations are called.
const CONFIGURATION: &str = ".sops.yaml";

/// What the next commit brings: the files of the index that are not so in `HEAD`. All of the index, if a
/// configuration is among them, for it may mean others.
pub(in crate::commands) fn staged(context: &Context) -> Result<Source, Failure> {
    let repository = repository("--staged")?;
    let staged = repository.staged().map_err(|error| unreadable(&error))?;
    let index = repository.index().map_err(|error| unreadable(&error))?;
    let policies = PolicyPlace::Entries(configurations(&index));
    let names = Names::new(&repository, &context.current_dir()?);
    let mut source = Source::of_git(&repository, names, policies)?;
    let entries = if staged.iter().any(|entry| is_configuration(&entry.name)) { index } else { staged };
    source.take(entries);
    source.attributes = Some(Attributes::Index);
    Ok(source)
}

/// All files of a revision.
pub(in crate::commands) fn tree(context: &Context, revision: &str) -> Result<Source, Failure> {
    let repository = repository("--tree")?;
    let id = tree_of(&repository, revision)?;
    let entries = repository.tree(&id).map_err(|error| unreadable(&error))?;
    let names = Names::new(&repository, &context.current_dir()?);
    let policies = PolicyPlace::Entries(configurations(&entries));
    let mut source = Source::of_git(&repository, names, policies)?;
    source.take(entries);
    source.attributes = Some(Attributes::Tree(id));
    Ok(source)
}

/// The configurations that `--policy` names: a file, or those of a revision.
pub(in crate::commands) fn named(
    repository: Option<&Repository>,
    named: &str,
) -> Result<PolicyPlace, Failure> {
    let path = PathBuf::from(named);
    let (true, Some(repository)) = (!path.is_file(), repository) else { return Ok(PolicyPlace::File(path)) };
    let id = tree_of(repository, named)
        .map_err(|failure| failure.hint(format!("there is no file `{named}` either")))?;
    let entries = repository.tree(&id).map_err(|error| unreadable(&error))?;
    Ok(PolicyPlace::Entries(configurations(&entries)))
}

/// Those of the entries that are configurations.
pub(super) fn configurations(entries: &[Entry]) -> Vec<Entry> {
    entries.iter().filter(|entry| is_configuration(&entry.name)).cloned().collect()
}

/// Whether the file of this name is a configuration.
pub(super) fn is_configuration(name: &Path) -> bool {
    name.file_name().is_some_and(|name| name == CONFIGURATION)
}

fn tree_of(repository: &Repository, revision: &str) -> Result<ObjectId, Failure> {
    let found = repository.tree_of(revision).map_err(|error| unreadable(&error))?;
    found.ok_or_else(|| no_revision(revision))
}

/// What is no revision of the repository.
pub(super) fn no_revision(revision: &str) -> Failure {
    Failure::new(Code::CannotReadInput, format!("there is no revision `{revision}` in the repository"))
        .hint("git fetch it; a shallow clone has few: git fetch --unshallow")
}

impl Source {
    /// Takes these entries, once each.
    pub(super) fn take(&mut self, mut entries: Vec<Entry>) {
        entries.sort();
        entries.dedup();
        self.files = entries.iter().map(|entry| Arc::new(self.entry(entry))).collect();
    }
}
