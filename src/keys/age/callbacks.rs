//! What plugins ask and say, passed on to [`Ask`].

use crate::keys::Ask;
use crate::keys::program::printable;
use age::secrecy::SecretString;
use std::io;
use std::sync::Arc;
use zeroize::Zeroizing;

/// The callbacks of the age crate over [`Ask`].
#[derive(Clone)]
pub(super) struct Callbacks(Arc<dyn Ask>);

impl Callbacks {
    pub(super) fn new(ask: Arc<dyn Ask>) -> Self {
        Self(ask)
    }
}

impl age::Callbacks for Callbacks {
    fn display_message(&self, message: &str) {
        self.0.message(&printable(message));
    }

    fn confirm(&self, message: &str, yes: &str, no: Option<&str>) -> Option<bool> {
        let no = no.map(printable);
        self.0.confirm(&printable(message), &printable(yes), no.as_deref()).ok()
    }

    fn request_public_string(&self, description: &str) -> Option<String> {
        self.0.text(&printable(description)).ok()
    }

    fn request_passphrase(&self, description: &str) -> Option<SecretString> {
        self.0.passphrase(&printable(description)).ok().map(secret_string)
    }
}

/// A passphrase in the type that age takes, without a copy that is not wiped.
pub(super) fn secret_string(passphrase: Zeroizing<String>) -> SecretString {
    SecretString::from(Box::<str>::from(passphrase.as_str()))
}

/// What plugins said when they failed.
pub(super) fn messages(errors: &[impl ToString]) -> String {
    errors.iter().map(|error| printable(&error.to_string())).collect::<Vec<_>>().join("; ")
}

/// Why the connection to a plugin broke.
pub(super) fn broken(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::ConnectionAborted | io::ErrorKind::BrokenPipe => "it ended too early".to_owned(),
        _ => printable(&error.to_string()),
    }
}
