//! An encrypted file that is read but not opened: what can be known without a key.

use super::metadata::{Metadata, MetadataError};
use super::plan::Plan;
use super::selection::Selection;
use crate::doc::{self, Flags, Format, Limits, NodeId, Tree};
use crate::pattern::PatternError;
use thiserror::Error;

/// Why an encrypted file cannot even be looked at.
#[derive(Debug, Error)]
pub enum LoadError {
    /// The text cannot be used.
    #[error(transparent)]
    Document(#[from] doc::Error),
    /// There is no metadata.
    #[error("it has no SOPS metadata, so it is not encrypted")]
    NotEncrypted,
    /// The metadata cannot be used.
    #[error(transparent)]
    Metadata(#[from] MetadataError),
    /// The selector is a pattern that does not compile.
    #[error("the selector `{field}` of the metadata is not a valid pattern: {cause}")]
    Selector {
        /// The metadata field.
        field: &'static str,
        /// What is wrong with it.
        cause: PatternError,
    },
}

/// An encrypted file, read but not opened.
pub struct Sealed<'s> {
    /// Its format when encrypted.
    pub format: &'s dyn Format,
    /// The document, values still encrypted.
    pub tree: Tree<'s>,
    /// The metadata.
    pub metadata: Metadata,
    pub(super) selection: Selection,
}

impl<'s> Sealed<'s> {
    /// Reads an encrypted file. `whole` for the binary format, which has no selector.
    ///
    /// # Errors
    /// See [`LoadError`].
    pub fn load(
        format: &'s dyn Format,
        source: &'s [u8],
        whole: bool,
        limits: &Limits,
    ) -> Result<Self, LoadError> {
        Self::of(format, format.parse(source, limits)?, whole)
    }

    /// The encrypted file that was parsed as `tree`.
    ///
    /// # Errors
    /// See [`LoadError`].
    pub fn of(format: &'s dyn Format, tree: Tree<'s>, whole: bool) -> Result<Self, LoadError> {
        let data = format.metadata(&tree).ok_or(LoadError::NotEncrypted)?;
        let nested = format.name() != doc::FormatName::Dotenv;
        let is_metadata = |id: &NodeId| tree.node(*id).flags.has(Flags::METADATA);
        if nested && tree.children(0).filter(is_metadata).nth(1).is_some() {
            return Err(MetadataError::Repeated("sops".to_owned()).into());
        }
        let metadata = Metadata::from_data(&data)?;
        // Without a selector rops encrypts what SOPS would leave in clear too.
        let by_rops = format.name() == doc::FormatName::Toml && metadata.version == doc::toml::ROPS;
        let selection = match (&metadata.selector, whole) {
            (_, true) => Selection::everything(),
            (None, false) if by_rops => Selection::everything(),
            (selector, false) => Selection::new(selector.as_ref()).map_err(|cause| LoadError::Selector {
                field: metadata.selector_or_default().kind.field(),
                cause,
            })?,
        };
        Ok(Self { format, tree, metadata, selection })
    }

    /// What is encrypted.
    #[must_use]
    pub fn selection(&self) -> &Selection {
        &self.selection
    }

    /// Whether it is a binary file: one value that stands for a whole file.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.format.name() == doc::FormatName::Json && self.selection.is_everything()
    }

    /// Every value and comment in order, each with its path and whether it must be encrypted.
    ///
    /// # Errors
    /// All key paths together are too long.
    pub fn plan(&self) -> Result<Plan, doc::Error> {
        Plan::of(&self.tree, &self.selection)
    }
}
