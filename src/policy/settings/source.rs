//! Variables of the environment as what they mean: texts, paths, yes or no, addresses. One that is empty
//! counts as absent.

use super::SettingsError;
use crate::keyservice::ServiceAddress;
use std::ffi::OsString;
use std::path::PathBuf;

/// A truth value in the spellings of Go's `strconv.ParseBool`.
#[must_use]
pub fn truth(text: &str) -> Option<bool> {
    match text {
        "1" | "t" | "T" | "true" | "TRUE" | "True" => Some(true),
        "0" | "f" | "F" | "false" | "FALSE" | "False" => Some(false),
        _ => None,
    }
}

/// The variables of a run.
pub(super) struct Source<'g>(pub(super) &'g dyn Fn(&'static str) -> Option<OsString>);

impl Source<'_> {
    pub(super) fn raw(&self, name: &'static str) -> Option<OsString> {
        (self.0)(name).filter(|value| !value.is_empty())
    }

    pub(super) fn path(&self, name: &'static str) -> Option<PathBuf> {
        self.raw(name).map(PathBuf::from)
    }

    pub(super) fn text(&self, name: &'static str) -> Result<Option<String>, SettingsError> {
        let text = self.raw(name).map(|value| value.into_string().ok().ok_or(SettingsError::NotUtf8(name)));
        text.transpose()
    }

    pub(super) fn boolean(&self, name: &'static str) -> Result<Option<bool>, SettingsError> {
        let Some(text) = self.text(name)? else { return Ok(None) };
        truth(&text).map(Some).ok_or(SettingsError::NotBoolean(name))
    }

    pub(super) fn addresses(&self, name: &'static str) -> Result<Vec<ServiceAddress>, SettingsError> {
        let text = self.text(name)?.unwrap_or_default();
        let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
        let read = |part: &str| {
            part.parse().map_err(|reason| SettingsError::NotAddress { name, text: part.to_owned(), reason })
        };
        parts.map(read).collect()
    }
}
