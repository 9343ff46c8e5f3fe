//! The metadata of a file, shown in the editor below its text.
//!
//! SOPS lets people change it there, without wrapping a key anew. Here it is only shown: a change is refused.

use crate::commands::convert;
use crate::doc::{Data, Edits, Format, Layout};
use crate::error::{Code, Failure};
use crate::sops::Metadata;
use zeroize::Zeroizing;

/// A text with the metadata in it, and the way back.
pub(super) struct Shown {
    format: &'static dyn Format,
    metadata: Data,
}

impl Shown {
    /// The metadata that is to be shown in texts of `format`.
    pub(super) fn new(format: &'static dyn Format, metadata: &Metadata) -> Self {
        Self { format, metadata: metadata.to_data() }
    }

    /// `plain` with the metadata.
    ///
    /// # Errors
    /// The text has no place for it (4).
    pub(super) fn put(&self, plain: &[u8]) -> Result<Zeroizing<Vec<u8>>, Failure> {
        let limits = convert::limits();
        let mut edits = Edits::default();
        let put = self
            .format
            .parse(plain, &limits)
            .and_then(|tree| self.format.add_metadata(&tree, &self.metadata, &Layout::default(), &mut edits));
        put.map_err(|error| Self::no_place(error.to_string()))?;
        edits.apply(plain).map_err(|_overlap| Self::no_place("there is no place for it".to_owned()))
    }

    /// A text that cannot have the metadata in it.
    pub(super) fn no_place(why: String) -> Failure {
        Failure::new(Code::CannotExpress, "the metadata cannot be shown; the file is unchanged")
            .cause(why)
            .hint("edit it without --show-master-keys; seal who shows its recipients")
    }

    /// The text without the metadata; as it is if it is none, or if the metadata is not what was shown.
    pub(super) fn take(&self, text: Zeroizing<Vec<u8>>) -> Zeroizing<Vec<u8>> {
        let mut edits = Edits::default();
        let Ok(tree) = self.format.parse(&text, &convert::limits()) else { return text };
        if self.format.metadata(&tree).as_ref() != Some(&self.metadata) {
            return text;
        }
        self.format.remove_metadata(&tree, &mut edits);
        edits.apply(&text).unwrap_or(text.clone())
    }

    /// Says what is wrong with a text that still has metadata.
    pub(super) fn explain(failure: Failure) -> Failure {
        if failure.code != Code::AlreadyEncrypted {
            return failure;
        }
        Failure {
            causes: vec!["the metadata is only shown, and cannot be changed here".to_owned()],
            ..failure
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Shown;
    use crate::doc::{Data, FormatName};
    use zeroize::Zeroizing;

    fn shown(format: FormatName) -> Shown {
        let mut metadata = Data::map();
        metadata.push("mac", Data::str("m"));
        metadata.push("version", Data::str("3.13.2"));
        Shown { format: crate::commands::convert::plain(format), metadata }
    }

    #[test]
    fn what_is_shown_goes_again_unless_it_was_changed() {
        for (format, plain) in [
            (FormatName::Yaml, "a: 1 # c\nb:\n- x"),
            (FormatName::Json, "{\"a\": 1}"),
            (FormatName::Dotenv, "A=1\n\n"),
            (FormatName::Ini, "[a]\nb = c\n"),
        ] {
            let shown = shown(format);
            let text = shown.put(plain.as_bytes()).unwrap();
            let read = String::from_utf8(text.to_vec()).unwrap();
            assert!(read.contains("3.13.2"), "{read}");
            assert_eq!(*shown.take(text), plain.as_bytes());
            let changed = Zeroizing::new(read.replace("3.13.2", "3.13.3").into_bytes());
            assert_eq!(*shown.take(changed.clone()), *changed);
            let broken = Zeroizing::new(b"\tbroken: [".to_vec());
            assert_eq!(*shown.take(broken.clone()), *broken);
        }
    }
}
