//! Drafts: edited text that could not be saved, encrypted to the recipients of its file.
//!
//! A draft is an ordinary encrypted binary file with the data key and the recipients of its file, so that
//! it is written without any key service, and opened by whoever opens the file. Its name tells the path of
//! the file and the content that the edit began with, both as digests. It stands where Git does not look.

use crate::commands::context::Context;
use crate::commands::convert;
use crate::commands::input::Input;
use crate::commands::open::{self, Unlocking};
use crate::commands::rewrite;
use crate::doc::{FormatName, Layout};
use crate::error::Failure;
use crate::io::{self, Mode};
use crate::keys::{DataKey, KeyGroup};
use crate::sops::Selection;
use crate::sops::encrypt::{EncryptRequest, encrypt};
use sha2::{Digest, Sha256};
use std::fs::{self, DirBuilder};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

/// What a draft is encrypted with.
pub(super) struct Keyring<'k> {
    pub(super) groups: &'k [KeyGroup],
    pub(super) threshold: usize,
    pub(super) data_key: &'k DataKey,
}

/// The drafts of one file.
pub(super) struct Drafts {
    /// Folders that a draft may be in, the best first.
    places: Vec<PathBuf>,
    /// What the names of the file's drafts begin with.
    stem: String,
}

/// A draft that was found.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Draft {
    pub(super) path: PathBuf,
    base: String,
}

impl Drafts {
    /// The drafts of `file`: in the user's directory for state, else in the Git directory of the file.
    pub(super) fn of(file: &Path, state_home: Option<&Path>) -> Self {
        let file = absolute(file);
        let mut places: Vec<PathBuf> = state_home.map(|home| home.join("seal/drafts")).into_iter().collect();
        places.extend(git_directory(&file).map(|git| git.join("seal/drafts")));
        Self { places, stem: digest(file.as_os_str().as_bytes()) }
    }

    /// The newest draft, if there is one.
    pub(super) fn find(&self) -> Option<Draft> {
        let newest = |draft: &Draft| fs::metadata(&draft.path).and_then(|metadata| metadata.modified()).ok();
        self.all().max_by_key(newest)
    }

    fn all(&self) -> impl Iterator<Item = Draft> + '_ {
        let entries = self.places.iter().filter_map(|place| fs::read_dir(place).ok()).flatten().flatten();
        entries.filter_map(|entry| {
            let name = entry.file_name();
            let base = name.to_str()?.strip_prefix(&self.stem)?.strip_prefix('-')?.strip_suffix(".draft")?;
            Some(Draft { path: entry.path(), base: base.to_owned() })
        })
    }

    /// Writes `text` as the draft of the file whose content was `base`; earlier drafts go. `None` if it can
    /// be written nowhere.
    pub(super) fn keep(
        &self,
        context: &Context,
        text: &[u8],
        base: Option<&[u8]>,
        keyring: &Keyring<'_>,
    ) -> Option<PathBuf> {
        let sealed = seal(context, text, keyring)?;
        let name = format!("{}-{}.draft", self.stem, base_digest(base));
        let written = self.places.iter().map(|place| (place, place.join(&name))).find(|(place, path)| {
            DirBuilder::new().recursive(true).mode(0o700).create(place).is_ok()
                && io::replace(path, &sealed, Mode::Private, None).is_ok()
        });
        let (_, written) = written?;
        self.all().filter(|draft| draft.path != written).for_each(|draft| {
            let _ = fs::remove_file(draft.path);
        });
        Some(written)
    }

    /// Removes all drafts of the file.
    pub(super) fn discard(&self) {
        self.all().for_each(|draft| {
            let _ = fs::remove_file(draft.path);
        });
    }
}

impl Draft {
    /// Whether the draft was made of a file with this content; `None` for a file that did not exist.
    pub(super) fn is_of(&self, base: Option<&[u8]>) -> bool {
        self.base == base_digest(base)
    }

    /// The text, opened with the data key of its file, or else with whatever identity there is.
    ///
    /// # Errors
    /// It cannot be read or opened.
    pub(super) fn open(&self, context: &Context, data_key: &DataKey) -> Result<Zeroizing<Vec<u8>>, Failure> {
        let input = Input::read(&self.path, convert::limits().max_bytes)?;
        let subject = input.subject(FormatName::Binary);
        let sealed = open::load(subject)?;
        let opened = match sealed.open(data_key, false) {
            Ok(opened) => opened,
            Err(_) => open::open(context, subject, &sealed, &Unlocking::default())?,
        };
        rewrite::plain_text(subject, &opened)
    }
}

fn seal(context: &Context, text: &[u8], keyring: &Keyring<'_>) -> Option<Zeroizing<Vec<u8>>> {
    let layout = Layout::default();
    let tree = convert::plain(FormatName::Binary).parse(text, &convert::limits()).ok()?;
    let envelope = convert::to_sealed(FormatName::Binary, &tree, FormatName::Binary, &layout).ok()?;
    encrypt(EncryptRequest {
        format: convert::sealed(FormatName::Binary),
        source: envelope.text.as_slice().into(),
        values: Some(&envelope.values),
        selection: &Selection::everything(),
        selector: None,
        mac_only_encrypted: false,
        groups: keyring.groups.to_vec(),
        threshold: keyring.threshold,
        data_key: keyring.data_key,
        now: context.now(),
        record: true,
        expires: None,
        allow_nothing: true,
        layout,
        limits: convert::limits(),
    })
    .ok()
}

fn digest(bytes: &[u8]) -> String {
    Sha256::digest(bytes)[..16].iter().map(|byte| format!("{byte:02x}")).collect()
}

fn base_digest(base: Option<&[u8]>) -> String {
    base.map_or_else(|| "new".to_owned(), digest)
}

/// The file behind links, or where it would be once it and the folders above it are there.
fn absolute(file: &Path) -> PathBuf {
    let file = std::path::absolute(file).unwrap_or_else(|_| file.to_owned());
    let real = file.ancestors().find_map(|above| Some((above, above.canonicalize().ok()?)));
    match real {
        Some((above, real)) => file
            .strip_prefix(above)
            .map_or(real.clone(), |rest| if rest.as_os_str().is_empty() { real } else { real.join(rest) }),
        None => file,
    }
}

/// The Git directory of the working tree that a file is in: `.git`, or what a file of that name points to.
fn git_directory(file: &Path) -> Option<PathBuf> {
    let found = file.ancestors().skip(1).map(|folder| folder.join(".git")).find(|git| git.exists())?;
    if found.is_dir() {
        return Some(found);
    }
    let text = io::read_file(&found, 4096).ok()?;
    let target = std::str::from_utf8(&text.bytes).ok()?.strip_prefix("gitdir:")?.trim().to_owned();
    let target = found.parent()?.join(target);
    target.is_dir().then_some(target)
}
