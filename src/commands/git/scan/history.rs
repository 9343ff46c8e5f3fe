//! Everything that was ever committed, and what Git noted beside it.

use super::known::{Gathering, Hit, Search};
use super::located;
use crate::commands::check::Located;
use crate::commands::check::source::{File, unreadable};
use crate::commands::convert;
use crate::doc::Position;
use crate::error::Failure;
use crate::git::{GitError, Kind, ObjectId, Repository};
use crate::io;
use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use zeroize::Zeroizing;

/// Files of the store that hold texts of people, and conflicts that were resolved.
const NOTES: [&str; 5] = ["COMMIT_EDITMSG", "MERGE_MSG", "SQUASH_MSG", "TAG_EDITMSG", "rr-cache"];

/// An object with the name of a file.
type Object = (ObjectId, PathBuf);

/// A version that has a value: the object, what was found in it, and where.
type Version = (ObjectId, Hit, Position);

/// A file of the store with its content.
type Note = (PathBuf, Zeroizing<Vec<u8>>);

/// Hands all objects with texts to `visit`.
fn each(
    repository: &Repository,
    objects: &[Object],
    mut visit: impl FnMut(&Object, Kind, &[u8]) -> Result<(), Failure>,
) -> Result<(), Failure> {
    if objects.is_empty() {
        return Ok(());
    }
    let mut blobs = repository.blobs().map_err(|error| unreadable(&error))?;
    for object in objects {
        match blobs.read_text(&object.0, convert::limits().max_bytes) {
            Ok((kind, bytes)) => visit(object, kind, &bytes)?,
            // A tree, or what is too large for an encrypted file.
            Err(GitError::NoBlob(_) | GitError::TooLarge { .. }) => {}
            Err(error) => return Err(unreadable(&error)),
        }
    }
    Ok(())
}

/// Takes the values of all versions.
pub(super) fn gather(
    repository: &Repository,
    objects: &[Object],
    gathering: &mut Gathering<'_>,
) -> Result<(), Failure> {
    each(repository, objects, |(_, name), kind, bytes| match kind {
        Kind::Blob => gathering.take(&name.to_string_lossy(), bytes),
        Kind::Commit | Kind::Tag => Ok(()),
    })
}

/// Searches all versions, messages and notes: how many there are, and what was found.
pub(super) fn search(
    repository: &Repository,
    objects: &[Object],
    search: &Search,
) -> Result<(usize, Vec<Located>), Failure> {
    let mut found = Vec::new();
    // A value of a file, with the versions that have it.
    let mut versions: BTreeMap<(PathBuf, usize), Vec<Version>> = BTreeMap::new();
    let mut count = 0;
    each(repository, objects, |(id, name), kind, bytes| {
        count += 1;
        for hit in search.hits(bytes) {
            match kind {
                Kind::Blob => {
                    let version = (id.clone(), hit, Position::of(bytes, hit.2));
                    versions.entry((name.clone(), hit.0)).or_default().push(version);
                }
                Kind::Commit => {
                    let file = plain(&format!("commit {}", short(id)));
                    found.push(located(search, &file, hit, None, " in its message"));
                }
                Kind::Tag => {
                    let file = plain(&format!("tag {}", name.display()));
                    found.push(located(search, &file, hit, None, " in its message"));
                }
            }
        }
        Ok(())
    })?;
    if !versions.is_empty() {
        let commits = commits(repository).map_err(|error| unreadable(&error))?;
        for ((name, _), list) in versions {
            let commit = |id: &ObjectId| commits.get(id).map(|(_, place)| *place);
            // The oldest first; what no commit has comes last.
            let oldest = list.iter().max_by_key(|(id, ..)| commit(id));
            let Some((id, hit, place)) = oldest else { continue };
            let many = match list.len() {
                1 => String::new(),
                count => format!(", in {count} versions"),
            };
            let end = match commits.get(id) {
                Some((commit, _)) => format!("{many}, since commit {}", short(commit)),
                None => format!("{many}, in object {}, which no commit has", short(id)),
            };
            let name = name.display().to_string();
            found.push(located(search, &plain(&name), *hit, Some(*place), &end));
        }
    }
    for (path, bytes) in notes(repository).map_err(|error| unreadable(&error))? {
        count += 1;
        let file = plain(&path.display().to_string());
        let hits = search.hits(&bytes);
        found.extend(
            hits.into_iter().map(|hit| located(search, &file, hit, Some(Position::of(&bytes, hit.2)), "")),
        );
    }
    Ok((count, found))
}

/// The oldest commit that brought each blob, and its place in the history, the newest being 0.
fn commits(repository: &Repository) -> Result<HashMap<ObjectId, (ObjectId, usize)>, GitError> {
    let mut found = HashMap::new();
    for (place, version) in repository.all_history()?.enumerate() {
        let version = version?;
        if let Some(id) = version.new {
            found.insert(id, (version.commit, place));
        }
    }
    Ok(found)
}

/// The files of the store that hold texts.
fn notes(repository: &Repository) -> Result<Vec<Note>, GitError> {
    let mut found = Vec::new();
    let mut open: Vec<PathBuf> = Vec::new();
    for name in NOTES {
        open.push(repository.path_in_store(name)?);
    }
    while let Some(path) = open.pop() {
        if path.is_symlink() {
            continue;
        }
        if let Ok(entries) = path.read_dir() {
            open.extend(entries.filter_map(|entry| Some(entry.ok()?.path())));
        } else if let Ok(input) = io::read_file(&path, convert::limits().max_bytes) {
            found.push((path.strip_prefix("./").map(Path::to_path_buf).unwrap_or(path), input.bytes));
        }
    }
    found.sort_by(|a, b| a.0.cmp(&b.0));
    Ok(found)
}

fn short(id: &ObjectId) -> String {
    id.as_str().chars().take(12).collect()
}

fn plain(name: &str) -> Arc<File> {
    Arc::new(File {
        path: name.into(),
        shown: name.to_owned(),
        name: name.to_owned(),
        blob: None,
        past: None,
        beside: false,
    })
}
