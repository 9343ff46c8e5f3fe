//! Why a master key could not be used. No text here ever holds a secret.

use super::kind::KeyKind;
use super::pgp::GpgError;
use std::fmt;
use std::time::Duration;
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
    /// A service was not reached.
    #[error("{service} is not reachable: {reason}")]
    Network {
        /// Its address.
        service: String,
        /// Why.
        reason: String,
    },
    /// A service was too slow.
    #[error("{service} gave no answer in {} s", .after.as_secs_f32())]
    TimedOut {
        /// Its address.
        service: String,
        /// How long it was waited for.
        after: Duration,
    },
    /// A service answered that it cannot, or with nonsense.
    #[error("{service} failed: {message}")]
    Service {
        /// Its address.
        service: String,
        /// What it said.
        message: String,
    },
    /// The service's address is not one that gets credentials.
    #[error("refused: {0}")]
    Refused(String),
    /// `gpg` did not do it.
    #[error(transparent)]
    Gpg(GpgError),
    /// The operating system failed.
    #[error("{0}")]
    System(String),
    /// There is no service at all.
    #[error("there is no key service to ask: the keys of this process are off, and no other is named")]
    NoService,
    /// Several services were asked in vain; each has its error.
    #[error("{}", joined(.0))]
    Several(Vec<KeyError>),
}

impl KeyError {
    /// What came of asking several services in vain.
    #[must_use]
    pub(super) fn of(mut errors: Vec<KeyError>) -> Self {
        if errors.len() == 1 { errors.remove(0) } else { KeyError::Several(errors) }
    }

    /// The errors of the services, one each.
    #[must_use]
    pub fn parts(&self) -> &[KeyError] {
        match self {
            KeyError::Several(errors) => errors,
            error => std::slice::from_ref(error),
        }
    }

    /// Whether something was too slow: trying again may help.
    #[must_use]
    pub fn timed_out(&self) -> bool {
        let late = |part: &KeyError| {
            matches!(part, KeyError::TimedOut { .. }) || part.places().iter().any(|place| place.timed_out)
        };
        self.parts().iter().any(late)
    }

    /// What to run or to change next, where more is known than the kind of the key.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            KeyError::Gpg(error) => error.hint(),
            _ => None,
        }
    }

    /// The places behind the error of one service, for lines below it.
    #[must_use]
    pub fn places(&self) -> &[Tried] {
        match self {
            KeyError::NoCredentials { tried, .. } => tried,
            KeyError::NoMatch { failed, .. } => failed,
            _ => &[],
        }
    }
}

fn joined(errors: &[KeyError]) -> String {
    errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}

fn no_match(identities: usize) -> String {
    match identities {
        0 => "no identity could be used".to_owned(),
        1 => "your identity does not match".to_owned(),
        2 => "neither of your 2 identities matches".to_owned(),
        n => format!("none of your {n} identities matches"),
    }
}
