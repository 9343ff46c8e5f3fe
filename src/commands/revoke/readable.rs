//! What somebody could ever read: every value of every version, on any branch, that was encrypted to one
//! of their keys.

use super::super::context::Context;
use super::super::convert;
use super::super::files::{Files, may_be_sealed};
use crate::doc::tree::Step;
use crate::doc::{FormatName, KeyPath, Kind, Value};
use crate::error::{Code, Failure};
use crate::git::{GitError, ObjectId, Repository};
use crate::keys::MasterKey;
use crate::sops::Sealed;
use serde_json::{Map, json};
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

/// Values by file; files by their name from the folder of the configuration.
#[derive(Debug, Default)]
pub(super) struct Readable {
    /// The paths of the values of each file, in the order of their text.
    pub(super) files: BTreeMap<String, BTreeSet<String>>,
    /// Whether the history was cut off.
    pub(super) shallow: bool,
}

impl Readable {
    /// What `keys` could read below `home`, in the worktree and in the history; of `paths` only, if there
    /// are any.
    ///
    /// # Errors
    /// Git cannot be read (1).
    pub(super) fn by(
        context: &Context,
        home: &Path,
        keys: &[MasterKey],
        paths: &[PathBuf],
    ) -> Result<Self, Failure> {
        let mut readable = Self::default();
        readable.shallow = versions(context, home, keys, paths, |file, sealed, _| {
            let values = sealed_values(sealed);
            if !values.is_empty() {
                readable.files.entry(file.to_owned()).or_default().extend(values);
            }
        })?;
        Ok(readable)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.files.is_empty()
    }

    pub(super) fn count(&self) -> usize {
        self.files.values().map(BTreeSet::len).sum()
    }

    /// A line for each value, below its file.
    pub(super) fn lines(&self) -> String {
        let mut text = String::new();
        for (file, values) in &self.files {
            text.push_str(&format!("{}\n", crate::ui::escaped(file)));
            values.iter().for_each(|value| text.push_str(&format!("  {}\n", crate::ui::escaped(value))));
        }
        text
    }

    pub(super) fn json(&self) -> serde_json::Value {
        let files = self.files.iter().map(|(file, values)| (file.clone(), json!(values)));
        serde_json::Value::Object(files.collect::<Map<_, _>>())
    }
}

/// Hands every version that is encrypted to one of `keys` to `visit`: the file's name from `home`, the
/// version, and whether it is that of the worktree. Says whether the history is cut off.
///
/// # Errors
/// Git cannot be read (1).
pub(super) fn versions(
    context: &Context,
    home: &Path,
    keys: &[MasterKey],
    paths: &[PathBuf],
    mut visit: impl FnMut(&str, &Sealed<'_>, bool),
) -> Result<bool, Failure> {
    let mut look = |file: &str, bytes: &[u8], current: bool| {
        if !may_be_sealed(bytes) {
            return;
        }
        let format = FormatName::of_file(file, bytes);
        let whole = format == FormatName::Binary;
        let Ok(sealed) = Sealed::load(convert::sealed(format), bytes, whole, &convert::limits()) else {
            return;
        };
        let mut recipients = sealed.metadata.groups.iter().flat_map(|group| &group.keys);
        if recipients.any(|key| keys.iter().any(|own| own.is_same_recipient(key))) {
            visit(file, &sealed, current);
        }
    };
    let everything = [home.to_owned()];
    let paths = if paths.is_empty() { &everything } else { paths };
    let found = Files::collect(paths)?;
    let current = context.current_dir()?;
    let folder = current.join(home.strip_prefix(".").unwrap_or(home));
    for path in found.named.iter().chain(&found.found) {
        let Ok(input) = crate::io::read_file(path, convert::limits().max_bytes) else { continue };
        let whole = current.join(path.strip_prefix(".").unwrap_or(path));
        let name = whole.strip_prefix(&folder).unwrap_or(path);
        look(&name.to_string_lossy(), &input.bytes, true);
    }
    history(home, paths, |file, bytes| look(file, bytes, false)).map_err(|error| {
        Failure::new(Code::Generic, "cannot read the history of the files; nothing was changed")
            .cause(error.to_string())
    })
}

/// Hands every version of the history to `look`. Says whether the history is cut off.
fn history(home: &Path, paths: &[PathBuf], mut look: impl FnMut(&str, &[u8])) -> Result<bool, GitError> {
    let Some(repository) = Repository::discover(home)? else { return Ok(false) };
    let folder = repository.name_of(home).unwrap_or_default();
    let mut seen: HashSet<(PathBuf, ObjectId)> = HashSet::new();
    for version in repository.history_of_all(paths)? {
        let version = version?;
        if let Some(id) = version.new {
            seen.insert((version.name, id));
        }
    }
    let mut ordered: Vec<_> = seen.into_iter().collect();
    ordered.sort();
    let mut blobs = repository.blobs()?;
    for (name, id) in ordered {
        let bytes: Zeroizing<Vec<u8>> = match blobs.read(&id, convert::limits().max_bytes) {
            Ok(bytes) => bytes,
            // Nothing that could be an encrypted file.
            Err(GitError::TooLarge { .. }) => continue,
            Err(error) => return Err(error),
        };
        let name = name.strip_prefix(&folder).unwrap_or(&name);
        look(&name.to_string_lossy(), &bytes);
    }
    Ok(repository.is_shallow())
}

/// The paths of the encrypted values of a file.
pub(super) fn sealed_values(sealed: &Sealed<'_>) -> Vec<String> {
    let tree = &sealed.tree;
    let mut values = Vec::new();
    let walked: Result<(), std::convert::Infallible> = tree.walk(|step| {
        if let Step::Leaf(id) = step
            && let Kind::Leaf(Value::Str(text)) = &tree.node(id).kind
            && crate::crypto::envelope::Envelope::parse(text).is_ok()
        {
            values.push(KeyPath::of(tree, id).to_string());
        }
        Ok(())
    });
    match walked {
        Ok(()) => values,
    }
}
