//! `--mac`: whether files decrypt and are what was encrypted.

use super::examine::subject;
use super::source::{File, Source};
use crate::check::{Check, Finding};
use crate::commands::context::Context;
use crate::commands::convert;
use crate::doc::{FormatName, Position};
use crate::error::Failure;
use crate::keys;
use crate::sops::{DecryptError, Sealed};

/// Decrypts the file in memory; the finding if that fails.
pub(super) fn file(context: &Context, source: &Source, file: &File) -> Result<Option<Finding>, Failure> {
    let Some(input) = source.read(file, convert::limits().max_bytes, false)? else { return Ok(None) };
    let format = FormatName::of_file(&file.name, &input.bytes);
    let input = input.as_sealed(format);
    let subject = subject(format, &input.bytes);
    // A file that does not load has findings already.
    let Ok(sealed) = Sealed::load(subject.store, subject.bytes, subject.whole, &convert::limits()) else {
        return Ok(None);
    };
    let metadata = &sealed.metadata;
    let order = context.decryption_order()?;
    let services = context.services();
    let Ok(key) = keys::recover(&metadata.groups, metadata.threshold, services, &order) else {
        let finding = Finding::new(Check::Unverified, "not verified: no identity opens the file");
        let hint = Some("name an identity file with --identity or SOPS_AGE_KEY_FILE".to_owned());
        return Ok(Some(Finding { hint, ..finding }));
    };
    let Err(error) = sealed.open(&key, false) else { return Ok(None) };
    let mut finding = Finding::new(Check::Unverified, error.to_string());
    if let DecryptError::NotCiphertext { path, at, .. }
    | DecryptError::Value { path, at, .. }
    | DecryptError::Type { path, at, .. } = &error
    {
        finding.path = Some(path.to_string());
        finding.place = Position::of(&input.bytes, *at);
    }
    Ok(Some(finding))
}
