//! A file that is made of several versions of it: each value that one of them has keeps its ciphertext.
//!
//! The result depends on the versions alone: nonces are derived, the date is given. Whoever merges the same
//! versions makes the same file.

use super::decrypt::Opened;
use super::encrypt::{EncryptError, EncryptRequest, encrypt_after};
use super::kept::KeptTokens;
use super::metadata::Metadata;
use super::reseal::{Previous, lazily};
use super::selection::Selection;
use super::strict::SealError;
use crate::crypto::aead::Cipher;
use crate::doc::{Format, Layout, Limits, Timestamp, Value};
use crate::keys::DataKey;
use zeroize::Zeroizing;

/// A version whose ciphertexts can be used again.
#[derive(Clone, Copy)]
pub struct Source<'a> {
    /// It, opened with the data key of the result.
    pub opened: &'a Opened<'a>,
    /// Its plain text as [`Opened::text`] gives it; none for a binary file.
    pub text: Option<&'a [u8]>,
}

/// Everything that is needed to make a file of several versions.
pub struct Merged<'a> {
    /// The version that metadata, if it is not to be sealed, and format are taken from.
    pub model: &'a Opened<'a>,
    /// Whether the model has the data key of the result.
    pub is_under_its_key: bool,
    /// The versions that have it, those first whose ciphertexts are preferred.
    pub sources: Vec<Source<'a>>,
    /// The data key.
    pub data_key: &'a DataKey,
    /// Key groups, wrapped, and settings; date, MAC and record are made anew.
    pub metadata: Metadata,
    /// What is encrypted, as the metadata says.
    pub selection: &'a Selection,
    /// The date of the result.
    pub last_modified: Timestamp,
    /// Until when it is to be used.
    pub expires: Option<Timestamp>,
    /// Whether to write the strict record.
    pub record: bool,
    /// Whether the result is to verify; else it has MAC, date and record of the model.
    pub seal: bool,
    /// Bounds on the text.
    pub limits: Limits,
}

impl<'a> Merged<'a> {
    /// The format of the plain text.
    #[must_use]
    pub fn plain_format(&self) -> &dyn Format {
        self.model.plain_format()
    }

    /// The file with this plain text, in the format that it has when encrypted; `values` stand in the place
    /// of those of the text.
    ///
    /// # Errors
    /// The text cannot be encrypted: see [`EncryptError`].
    pub fn encrypt(
        &'a self,
        text: &[u8],
        values: Option<&[Value<'_>]>,
    ) -> Result<Zeroizing<Vec<u8>>, EncryptError> {
        let cipher = Cipher::new(self.data_key.as_bytes()).map_err(SealError::from)?;
        let mut plain = Vec::new();
        for source in &self.sources {
            plain.push(match source.text {
                Some(text) => Some(source.opened.plain_format().parse(text, &self.limits)?),
                None => None,
            });
        }
        let tokens = lazily(|| {
            let mut tokens = KeptTokens::none();
            for (source, plain) in self.sources.iter().zip(&plain) {
                tokens.add(source.opened, &cipher, plain.as_ref());
            }
            tokens
        });
        let previous = Previous { opened: self.model, tokens, merged: Some(self) };
        let request = EncryptRequest {
            format: self.plain_format(),
            source: text.into(),
            values,
            selection: self.selection,
            selector: self.metadata.selector.clone(),
            mac_only_encrypted: self.metadata.mac_only_encrypted,
            groups: self.metadata.groups.clone(),
            threshold: self.metadata.threshold,
            data_key: self.data_key,
            now: self.last_modified,
            record: self.record,
            expires: self.expires,
            allow_nothing: true,
            layout: Layout::default(),
            limits: self.limits,
        };
        encrypt_after(request, Some(&previous))
    }
}
