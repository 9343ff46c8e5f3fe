//! An encrypted file with another plain text: what did not change keeps its ciphertext.
//!
//! Data key, recipients, selector, version, expiry and dialect stay those of the file. `lastmodified` and MAC change only
//! if a value does.

use super::decrypt::Opened;
use super::encrypt::{EncryptError, EncryptRequest, encrypt_after};
use super::kept::KeptTokens;
use super::merged::Merged;
use super::metadata::Metadata;
use super::strict::{Record, SealError};
use crate::crypto::aead::Cipher;
use crate::doc::{Layout, Limits, Source, Timestamp, Value};
use crate::keys::DataKey;
use std::sync::LazyLock;
use zeroize::Zeroizing;

/// Everything that is needed to give an encrypted file another content.
pub struct Reseal<'a> {
    /// The file as it is.
    pub opened: &'a Opened<'a>,
    /// Its data key.
    pub data_key: &'a DataKey,
    /// Its plain text as [`Opened::text`] gives it; none for a binary file.
    pub before: Option<Source<'a>>,
    /// The new plain text, in the format that the file has when encrypted.
    pub source: Source<'a>,
    /// The values to encrypt in the place of those of the text, one for each leaf in order, as in
    /// [`EncryptRequest::values`].
    pub values: Option<&'a [Value<'a>]>,
    /// The time.
    pub now: Timestamp,
    /// Whether to write the strict record.
    pub record: bool,
    /// How new text is laid out.
    pub layout: Layout,
    /// Bounds on the input.
    pub limits: Limits,
}

/// The version of a file before the one that is made.
pub(super) struct Previous<'o> {
    pub(super) opened: &'o Opened<'o>,
    /// Its ciphertexts, gathered while the new values are hashed.
    pub(super) tokens: LazyTokens<'o>,
    /// If it was merged with others: what came of it.
    pub(super) merged: Option<&'o Merged<'o>>,
}

/// Ciphertexts that are gathered when the first is asked for. That is done by several threads: nothing that
/// they may take up meanwhile asks for these ciphertexts too.
pub(super) type LazyTokens<'o> = LazyLock<KeptTokens<'o>, Box<dyn FnOnce() -> KeptTokens<'o> + Send + 'o>>;

/// Ciphertexts that `gather` gathers.
pub(super) fn lazily<'o>(gather: impl FnOnce() -> KeptTokens<'o> + Send + 'o) -> LazyTokens<'o> {
    LazyLock::new(Box::new(gather))
}

impl<'o> Previous<'o> {
    /// The metadata to go on from.
    pub(super) fn metadata(&self) -> &Metadata {
        self.merged.map_or(&self.opened.sealed.metadata, |merged| &merged.metadata)
    }

    pub(super) fn is_merged(&self) -> bool {
        self.merged.is_some()
    }

    /// The metadata whose MAC, date and record are taken as they stand, for a text that is not to verify.
    pub(super) fn unsealed(&self) -> Option<&'o Metadata> {
        self.merged.filter(|merged| !merged.seal).map(|_| &self.opened.sealed.metadata)
    }

    /// The old metadata, if the values and with them the MAC are what they were.
    pub(super) fn unchanged_mac(&self, mac: &str, now: Timestamp) -> Option<&'o Metadata> {
        let old = &self.opened.sealed.metadata;
        let same = self.opened.mac.as_deref() == Some(mac);
        let fits = self.merged.is_none_or(|merged| {
            merged.is_under_its_key && old.last_modified.to_seconds() == now.to_seconds()
        });
        (same && fits).then_some(old)
    }

    /// The old encrypted record, if it says the same and is bound to the same `lastmodified`.
    pub(super) fn unchanged_record(&self, record: &Record, metadata: &Metadata) -> Option<&'o str> {
        let old = &self.opened.sealed.metadata;
        let same = self.merged.is_none_or(|merged| merged.is_under_its_key)
            && self.opened.record.as_ref() == Some(&record.digest)
            && self.opened.hints == record.hints
            && self.opened.expires == record.expires
            && self.opened.dialect == record.dialect
            && old.last_modified == metadata.last_modified;
        old.record.as_deref().filter(|_| same)
    }
}

/// The file with its new content. If that is the old content, the file comes back as it is.
///
/// # Errors
/// The new text cannot be encrypted: see [`EncryptError`].
pub fn reseal(request: Reseal<'_>) -> Result<Zeroizing<Vec<u8>>, EncryptError> {
    if request.before.as_ref().map(Source::text) == Some(request.source.text()) {
        return Ok(Zeroizing::new(request.opened.sealed().tree.source.to_vec()));
    }
    changed(request)
}

/// The file with content that may be another.
pub(super) fn changed(request: Reseal<'_>) -> Result<Zeroizing<Vec<u8>>, EncryptError> {
    let opened = request.opened;
    let sealed = opened.sealed();
    let cipher = Cipher::new(request.data_key.as_bytes()).map_err(SealError::from)?;
    let before = match request.before {
        Some(source) => Some(source.parse(opened.plain_format(), &request.limits)?),
        None => None,
    };
    let (cipher, before) = (&cipher, before.as_ref());
    let tokens = lazily(move || KeptTokens::of(opened, cipher, before));
    let previous = Previous { opened, tokens, merged: None };
    let metadata = &sealed.metadata;
    let encrypt = EncryptRequest {
        format: opened.plain_format(),
        source: request.source,
        values: request.values,
        selection: &sealed.selection,
        selector: metadata.selector.clone(),
        mac_only_encrypted: metadata.mac_only_encrypted,
        groups: metadata.groups.clone(),
        threshold: metadata.threshold,
        data_key: request.data_key,
        now: request.now,
        record: request.record,
        expires: opened.expires,
        allow_nothing: true,
        layout: request.layout,
        limits: request.limits,
    };
    encrypt_after(encrypt, Some(&previous))
}
