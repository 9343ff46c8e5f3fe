//! Why a master key could not be used. No text here ever holds a secret.

use super::kind::KeyKind;
use std::fmt;
use thiserror::Error;

/// A place where credentials were looked for, and what came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tried {
    /// A variable, a file or a command's variable.
    pub place: String,
    /// Why it gave nothing.
    pub outcome: String,
    /// Whether it was only too slow.
    pub timed_out: bool,
}

impl Tried {
    /// A place with its outcome.
    #[must_use]
    pub fn new(place: impl Into<String>, outcome: impl Into<String>) -> Self {
        Self { place: place.into(), outcome: outcome.into(), timed_out: false }
    }
}

impl fmt::Display for Tried {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.outcome)
    }
}

/// Why one master key did not wrap or unwrap.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum KeyError {
    /// No service for this kind of key.
    #[error("this release does not talk to {} yet", .0.title())]
    NotSupported(KeyKind),
    /// No credential or identity was found at all.
    #[error("no {what} was found")]
    NoCredentials {
        /// The word for what was missing: "identity", "credential".
        what: &'static str,
        /// The places looked at.
        tried: Vec<Tried>,
    },
    /// There are identities, but none opens this key.
    #[error("{}", no_match(*.identities))]
    NoMatch {
        /// How many were tried.
        identities: usize,
        /// The places that failed to give more.
        failed: Vec<Tried>,
    },
    /// Asked to try quietly, and only a question or another program could go on.
    #[error("a passphrase or another program is needed")]
    Postponed,
    /// The entry or its wrapped key is not what its kind demands.
    #[error("the wrapped key is malformed: {0}")]
    Malformed(String),
    /// The recipient cannot be wrapped to.
    #[error("{0}")]
    Recipient(String),
    /// A plugin is not installed.
    #[error("the plugin `{0}` is not on the PATH")]
    PluginMissing(String),
    /// A plugin failed.
    #[error("the plugin `{plugin}` failed: {message}")]
    Plugin {
        /// Its program name.
        plugin: String,
        /// What it said.
        message: String,
    },
    /// The service refused.
    #[error("access denied: {0}")]
    Denied(String),
    /// The service was not reached.
    #[error("not reachable: {0}")]
    Network(String),
    /// The service's address is not one that gets credentials.
    #[error("refused: {0}")]
    Refused(String),
    /// The operating system failed.
    #[error("{0}")]
    System(String),
}

impl KeyError {
    /// The places behind the error, for lines below it.
    #[must_use]
    pub fn places(&self) -> &[Tried] {
        match self {
            KeyError::NoCredentials { tried, .. } => tried,
            KeyError::NoMatch { failed, .. } => failed,
            _ => &[],
        }
    }
}

fn no_match(identities: usize) -> String {
    match identities {
        0 => "no identity could be used".to_owned(),
        1 => "your identity does not match".to_owned(),
        2 => "neither of your 2 identities matches".to_owned(),
        n => format!("none of your {n} identities matches"),
    }
}
