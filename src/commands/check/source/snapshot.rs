//! The index, and the files of a revision.

use super::names::Names;
use super::{File, PolicyPlace, Source, repository, unreadable};
use crate::commands::context::Context;
use crate::doc::FormatName;
use crate::error::{Code, Failure};
use crate::git::{Attributes, Entry, ObjectId, Repository};
use crate::policy;
use std::collections::HashSet;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// What configurations are called.
const CONFIGURATION: &str = ".sops.yaml";

/// The most bytes that a link leads to.
const LONGEST_PATH: usize = 4096;

/// The most files that others are compared with.
const MOST_BESIDE: usize = 200;

/// What the next commit brings: the files of the index that are not so in `HEAD`. All of the index, if a
/// configuration is among them, for it may mean others.
pub(in crate::commands) fn staged(context: &Context) -> Result<Source, Failure> {
    let repository = repository("--staged")?;
    let staged = repository.staged().map_err(|error| unreadable(&error))?;
    let index = repository.index().map_err(|error| unreadable(&error))?;
    let policies = PolicyPlace::Entries(configurations(&repository, &index)?);
    let names = Names::new(&repository, &context.current_dir()?);
    let mut source = Source::of_git(&repository, names, policies)?;
    if staged.iter().any(|entry| is_configuration(&entry.name)) {
        source.take(index);
    } else {
        let beside = beside(&index, &staged);
        source.take(staged);
        source.take_beside(&beside);
    }
    source.is_part = true;
    source.attributes = Some(Attributes::Index);
    Ok(source)
}

/// All files of a revision.
pub(in crate::commands) fn tree(context: &Context, revision: &str) -> Result<Source, Failure> {
    let repository = repository("--tree")?;
    let id = tree_of(&repository, revision)?;
    let entries = repository.tree(&id).map_err(|error| unreadable(&error))?;
    let names = Names::new(&repository, &context.current_dir()?);
    let policies = PolicyPlace::Entries(configurations(&repository, &entries)?);
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
    Ok(PolicyPlace::Entries(configurations(repository, &entries)?))
}

/// Those of the entries that are configurations. A link counts as the file that it leads to.
pub(super) fn configurations(repository: &Repository, entries: &[Entry]) -> Result<Vec<Entry>, Failure> {
    let (links, mut found): (Vec<Entry>, Vec<Entry>) =
        entries.iter().filter(|entry| is_configuration(&entry.name)).cloned().partition(|entry| entry.link);
    for link in links {
        let mut blobs = repository.blobs().map_err(|error| unreadable(&error))?;
        let target = blobs.read(&link.id, LONGEST_PATH).map_err(|error| unreadable(&error))?;
        // Seen from the top, which nothing leads out of.
        let folder = Path::new("/").join(link.name.parent().unwrap_or(Path::new("")));
        let target = policy::absolute(Path::new(OsStr::from_bytes(&target)), &folder);
        let leads = |entry: &&Entry| !entry.link && Path::new("/").join(&entry.name) == target;
        let Some(file) = entries.iter().find(leads) else {
            let headline = format!("`{}` is a link to no file of the repository", link.name.display());
            return Err(Failure::new(Code::CannotReadInput, headline)
                .hint("make it a file, or name the rules: --policy FILE"));
        };
        found.push(Entry { id: file.id.clone(), link: false, ..link });
    }
    found.sort();
    Ok(found)
}

/// Files that may be the encrypted version of one of `chosen`, or the plain one: those of the same name in
/// other folders, and those beside it that are called so up to the first dot.
pub(super) fn beside<'e>(all: impl IntoIterator<Item = &'e Entry>, chosen: &[Entry]) -> Vec<Entry> {
    let names = |entry: &Entry| {
        let base = entry.name.file_name()?.to_string_lossy().into_owned();
        // Only formats with key paths.
        if FormatName::of_path(&base) == FormatName::Binary {
            return None;
        }
        let stem = base.trim_start_matches('.').split('.').next().unwrap_or_default().to_owned();
        Some((base, entry.name.with_file_name(stem)))
    };
    let (bases, stems): (HashSet<String>, HashSet<PathBuf>) = chosen.iter().filter_map(names).unzip();
    let chosen: HashSet<&Entry> = chosen.iter().collect();
    let is_beside = |entry: &&Entry| {
        !entry.link
            && names(entry).is_some_and(|(base, stem)| bases.contains(&base) || stems.contains(&stem))
            && !chosen.contains(*entry)
    };
    all.into_iter().filter(is_beside).take(MOST_BESIDE).cloned().collect()
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
    /// Takes these entries only to compare others with them.
    pub(super) fn take_beside(&mut self, entries: &[Entry]) {
        let file = |entry: &Entry| Arc::new(File { beside: true, ..self.entry(entry) });
        let mut files: Vec<Arc<File>> = entries.iter().map(file).collect();
        self.files.append(&mut files);
        self.files.sort_by(|a, b| a.name.cmp(&b.name));
    }

    /// Takes these entries, once each; links are none.
    pub(super) fn take(&mut self, mut entries: Vec<Entry>) {
        entries.retain(|entry| !entry.link);
        entries.sort();
        entries.dedup();
        self.files = entries.iter().map(|entry| Arc::new(self.entry(entry))).collect();
    }
}
