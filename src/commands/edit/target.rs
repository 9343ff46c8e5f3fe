//! What is edited: an encrypted file, or one that is to be.

use super::draft::Keyring;
use super::example;
use super::metadata::Shown;
use crate::commands::context::Context;
use crate::commands::failure::Subject;
use crate::commands::input::Input;
use crate::commands::new_file::NewFile;
use crate::commands::open::Unlocked;
use crate::commands::output::Output;
use crate::commands::{convert, rewrite};
use crate::doc::{Format, FormatName};
use crate::error::{Code, Failure};
use crate::io::Mode;
use std::path::Path;
use zeroize::Zeroizing;

/// What is edited.
pub(super) enum Target<'a> {
    /// A file that is there.
    Existing(Existing<'a>),
    /// One that is to be.
    New(New<'a>),
}

/// An opened file.
pub(super) struct Existing<'a> {
    pub(super) input: &'a Input,
    pub(super) subject: Subject<'a>,
    pub(super) unlocked: &'a Unlocked<'a>,
    /// Its plain text.
    pub(super) before: Zeroizing<Vec<u8>>,
    /// Whether to write the strict record.
    pub(super) record: bool,
    /// The metadata, where it is to be shown.
    pub(super) shown: Option<Shown>,
}

/// A file that is to be.
pub(super) struct New<'a> {
    pub(super) path: &'a Path,
    pub(super) name: &'a str,
    pub(super) format: FormatName,
    pub(super) file: NewFile,
}

impl Target<'_> {
    /// The file as messages name it.
    pub(super) fn name(&self) -> &str {
        match self {
            Self::Existing(target) => target.subject.name,
            Self::New(target) => target.name,
        }
    }

    pub(super) fn format(&self) -> FormatName {
        match self {
            Self::Existing(target) => target.subject.format,
            Self::New(target) => target.format,
        }
    }

    /// The format of the plain text.
    pub(super) fn plain(&self) -> &'static dyn Format {
        match self {
            Self::Existing(target) => rewrite::plain_format(target.subject, &target.unlocked.opened),
            Self::New(target) => target.file.plain(),
        }
    }

    pub(super) fn path(&self) -> &Path {
        match self {
            Self::Existing(target) => target.input.path.as_deref().unwrap_or(Path::new("")),
            Self::New(target) => target.path,
        }
    }

    /// The text before it is edited.
    pub(super) fn before(&self) -> &[u8] {
        match self {
            Self::Existing(target) => &target.before,
            Self::New(target) => example::text(target.format).as_bytes(),
        }
    }

    /// What the editor is to open for the text `plain`.
    ///
    /// # Errors
    /// It has no place for the metadata (4).
    pub(super) fn in_editor(&self, plain: &[u8]) -> Result<Zeroizing<Vec<u8>>, Failure> {
        match self.shown() {
            Some(shown) => shown.put(plain),
            None => Ok(Zeroizing::new(plain.to_vec())),
        }
    }

    /// The text that the editor has left.
    pub(super) fn plain_of(&self, left: Zeroizing<Vec<u8>>) -> Zeroizing<Vec<u8>> {
        match self.shown() {
            Some(shown) => shown.take(left),
            None => left,
        }
    }

    fn shown(&self) -> Option<&Shown> {
        match self {
            Self::Existing(target) => target.shown.as_ref(),
            Self::New(_) => None,
        }
    }

    /// The encrypted content that the edit began with.
    pub(super) fn base(&self) -> Option<&[u8]> {
        match self {
            Self::Existing(target) => Some(&target.input.bytes),
            Self::New(_) => None,
        }
    }

    /// What a draft is encrypted with.
    pub(super) fn keyring(&self) -> Keyring<'_> {
        match self {
            Self::Existing(target) => {
                let metadata = &target.unlocked.opened.sealed().metadata;
                Keyring {
                    groups: &metadata.groups,
                    threshold: metadata.threshold,
                    data_key: &target.unlocked.data_key,
                }
            }
            Self::New(target) => {
                let (groups, threshold) = target.file.groups();
                Keyring { groups, threshold, data_key: target.file.data_key() }
            }
        }
    }

    /// The encrypted file with this plain text.
    ///
    /// # Errors
    /// The text cannot be encrypted, in words about the text.
    pub(super) fn seal(&self, context: &Context, text: &[u8]) -> Result<Zeroizing<Vec<u8>>, Failure> {
        let sealed = if text.is_empty() && !self.before().is_empty() {
            Err(Failure::new(Code::NoDocument, "").cause("the text is empty"))
        } else {
            match self {
                Self::Existing(target) => rewrite::resealed(
                    context,
                    target.subject,
                    target.unlocked,
                    target.before.as_slice().into(),
                    text.into(),
                    target.record,
                ),
                Self::New(target) => {
                    let subject = Subject { name: target.name, source: text, format: target.format };
                    target.file.seal_text(context, subject)
                }
            }
        };
        sealed.map_err(|failure| self.unusable(failure))
    }

    /// A failure of the text, which is not the file that the layers below take it for.
    fn unusable(&self, failure: Failure) -> Failure {
        let state = if self.base().is_some() { "the file is unchanged" } else { "nothing was created" };
        let headline = format!("the edited text of `{}` cannot be saved; {state}", self.name());
        let mut causes = failure.causes;
        if causes.is_empty() {
            causes.push(failure.headline);
        }
        let failure = Failure { headline, causes, hints: Vec::new(), ..failure };
        if self.shown().is_some() { Shown::explain(failure) } else { failure }
    }

    /// Writes the file. `false` if it is that already.
    ///
    /// # Errors
    /// Somebody else changed or created it in the meantime, or it cannot be written (3); it is as it was.
    pub(super) fn save(&self, sealed: &[u8]) -> Result<bool, Failure> {
        let changed = |cause: &str| {
            Failure::new(
                Code::CannotWriteOutput,
                format!("cannot write `{}`; it is as somebody else left it", self.name()),
            )
            .cause(cause)
        };
        match self {
            Self::Existing(target) => {
                let now = Input::read(self.path(), convert::limits().max_bytes)
                    .map_err(|failure| changed(&failure.causes.join(": ")))?
                    .as_sealed(target.subject.format);
                if now.bytes != target.input.bytes {
                    return Err(changed("it was changed by another program in the meantime"));
                }
                rewrite::write_back(&now, sealed)
            }
            Self::New(target) => {
                if target.path.symlink_metadata().is_ok() {
                    return Err(changed("it was created by another program in the meantime"));
                }
                let nothing =
                    Input { name: String::new(), path: None, bytes: Default::default(), fingerprint: None };
                Output::File(target.path.to_owned()).write(&nothing, sealed, Mode::Shared)?;
                Ok(true)
            }
        }
    }
}
