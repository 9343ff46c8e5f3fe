//! Versions of files, each read, parsed and decrypted once.

use super::keyring::Keyring;
use super::unreadable;
use crate::commands::context::Context;
use crate::commands::convert;
use crate::error::Failure;
use crate::git::{Attributes, Blobs, Change, Content, ObjectId, Repository};
use crate::io;
use crate::review::{Nature, Needs, Side, Version, Viewer};
use crate::view::has_tokens;
use rayon::prelude::*;
use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

/// A version of a file, by its content and its name, which tells its format. Content of the worktree has no
/// id.
type Key = (Option<ObjectId>, PathBuf);

/// The driver of encrypted files in `.gitattributes`.
const DRIVER: &str = "seal";

/// The versions that are in use.
pub(super) struct Versions<'c> {
    repository: Repository,
    keyring: Keyring<'c>,
    needs: Needs,
    blobs: Option<Blobs>,
    /// Whether Git is told to show changes of a file by `seal`.
    ours: HashMap<PathBuf, bool>,
    /// `None` for what is no encrypted file and is not to be one.
    known: HashMap<Key, Option<Version>>,
}

impl<'c> Versions<'c> {
    pub(super) fn new(
        context: &'c Context,
        repository: Repository,
        needs: Needs,
        asks: bool,
    ) -> Result<Self, Failure> {
        let keyring = Keyring::new(context, asks)?;
        Ok(Self { repository, keyring, needs, blobs: None, ours: HashMap::new(), known: HashMap::new() })
    }

    /// Reads the versions of these changes that are not known yet; forgets those that are not among them.
    pub(super) fn read<'a>(
        &mut self,
        changes: impl Iterator<Item = &'a Change> + Clone,
    ) -> Result<(), Failure> {
        let wanted: HashSet<Key> = changes.clone().flat_map(keys).collect();
        self.known.retain(|key, _| wanted.contains(key));
        let missing = wanted.into_iter().filter(|key| !self.known.contains_key(key)).collect();
        self.add(missing, false)?;
        // The other side of an encrypted file, whatever it is.
        let others: HashSet<Key> = changes.filter(|change| self.concerns(change)).flat_map(keys).collect();
        let others = others.into_iter().filter(|key| matches!(self.known.get(key), Some(None))).collect();
        self.add(others, true)
    }

    /// Reads versions: of encrypted files and of those that are to be, or of any.
    fn add(&mut self, mut keys: Vec<Key>, any: bool) -> Result<(), Failure> {
        keys.sort();
        let contents = self.contents(&keys)?;
        let is_sealed = |bytes: &Option<Zeroizing<Vec<u8>>>| bytes.as_ref().is_some_and(|b| has_tokens(b));
        if !any {
            let others = keys.iter().zip(&contents).filter(|(_, bytes)| !is_sealed(bytes));
            self.ask(others.map(|((_, name), _)| name.clone()).collect::<Vec<_>>().into_iter())?;
        }
        let mut work = Vec::with_capacity(keys.len());
        for (key, bytes) in keys.into_iter().zip(contents) {
            let Some(bytes) = bytes else { continue };
            if any || has_tokens(&bytes) || self.ours.get(&key.1) == Some(&true) {
                work.push((key, bytes));
            } else {
                self.known.insert(key, None);
            }
        }
        let needs = self.needs;
        let viewer = Viewer {
            unlock: &|metadata| self.keyring.unlock(metadata),
            name_of: &|key| self.keyring.name_of(key),
        };
        let read: Vec<(Key, Version)> = work
            .into_par_iter()
            .map(|(key, bytes)| {
                let version = Version::read(&key.1.to_string_lossy(), bytes, needs, &viewer);
                (key, version)
            })
            .collect();
        self.known.extend(read.into_iter().map(|(key, version)| (key, Some(version))));
        Ok(())
    }

    fn contents(&mut self, keys: &[Key]) -> Result<Vec<Option<Zeroizing<Vec<u8>>>>, Failure> {
        let limit = convert::limits().max_bytes;
        let ids: Vec<ObjectId> = keys.iter().filter_map(|(id, _)| id.clone()).collect();
        let mut blobs = Vec::new();
        if !ids.is_empty() {
            if self.blobs.is_none() {
                self.blobs = Some(self.repository.blobs().map_err(|error| unreadable(&error))?);
            }
            if let Some(reader) = &mut self.blobs {
                blobs = reader.read_all(&ids, limit).map_err(|error| unreadable(&error))?;
            }
        }
        let mut blobs = blobs.into_iter();
        let root = self.repository.root().unwrap_or(Path::new(".")).to_owned();
        let content = |(id, name): &Key| match id {
            Some(_) => blobs.next().flatten(),
            None => io::read_regular_file(&root.join(name), limit).ok().map(|input| input.bytes),
        };
        Ok(keys.iter().map(content).collect())
    }

    /// Asks which of these files Git is told to show by `seal`.
    fn ask(&mut self, names: impl Iterator<Item = PathBuf>) -> Result<(), Failure> {
        let unknown: HashSet<PathBuf> = names.filter(|name| !self.ours.contains_key(name)).collect();
        if unknown.is_empty() {
            return Ok(());
        }
        let names: Vec<&Path> = unknown.iter().map(PathBuf::as_path).collect();
        let answers = self.repository.attributes(&Attributes::Worktree, &names);
        let answers = answers.map_err(|error| unreadable(&error))?;
        let is_ours = answers.into_iter().map(|[diff, _]| diff.as_deref() == Some(DRIVER));
        self.ours.extend(unknown.iter().cloned().zip(is_ours).collect::<Vec<_>>());
        Ok(())
    }

    /// The version that stands at `name`; none for nothing, and for what is no encrypted file.
    pub(super) fn get(&self, entry: &Content, name: &Path) -> Option<&Version> {
        self.known.get(&key(entry, name)?)?.as_ref()
    }

    /// What stands on a side of a change.
    pub(super) fn side(&self, entry: &Content, name: &Path) -> Side<'_> {
        match (entry, self.get(entry, name)) {
            (Content::Nothing, _) => Side::Nothing,
            (_, Some(version)) => Side::Version(version),
            (_, None) => Side::Unknown,
        }
    }

    /// Whether a change concerns encrypted files: one side is one, or Git is told that it should be.
    pub(super) fn concerns(&self, change: &Change) -> bool {
        change.old.iter().chain([&change.new]).any(|entry| self.get(entry, &change.name).is_some())
    }

    /// Whether a version was not decrypted, though that was wanted.
    pub(super) fn closed(&self) -> usize {
        self.known.values().flatten().filter(|version| version.closed.is_some()).count()
    }

    /// Whether a version is an encrypted file.
    pub(super) fn is_sealed(version: Option<&Version>) -> bool {
        version.is_some_and(|version| version.nature == Nature::Sealed)
    }
}

fn keys(change: &Change) -> impl Iterator<Item = Key> + '_ {
    change.old.iter().chain([&change.new]).filter_map(|entry| key(entry, &change.name))
}

fn key(entry: &Content, name: &Path) -> Option<Key> {
    match entry {
        Content::Blob(id) => Some((Some(id.clone()), name.to_owned())),
        Content::Worktree => Some((None, name.to_owned())),
        Content::Nothing | Content::Other => None,
    }
}
