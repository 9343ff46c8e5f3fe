//! Why versions are not merged by key path.

use crate::doc::KeyPath;
use crate::error::{Code, Failure};
use crate::merge::Side;
use std::fmt;

/// Why versions are not merged by key path. Names sides, paths and recipients, never values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unmerged {
    /// A version is no encrypted file that can be read.
    Invalid(Side, String),
    /// No key opens a version.
    NoKey(Side, String),
    /// A version does not verify.
    NotVerified(Side, String),
    /// The settings of both sides contradict.
    Settings(String),
    /// A value would stand in clear that is encrypted where it comes from.
    Downgrade(KeyPath),
    /// A comment would.
    ClearComment(KeyPath),
    /// The texts cannot be put together as was decided.
    Layout(String),
}

impl Unmerged {
    /// From what opening a version says.
    pub(super) fn opening(side: Side, failure: &Failure) -> Self {
        let reason = reason(failure);
        match failure.code {
            Code::CannotRecoverKey => Self::NoKey(side, reason),
            Code::MacMismatch | Code::CannotDecrypt | Code::NotStrict => Self::NotVerified(side, reason),
            _ => Self::Invalid(side, reason),
        }
    }
}

/// A failure in a line.
pub(super) fn reason(failure: &Failure) -> String {
    let causes = failure.causes.iter().take(2).cloned();
    std::iter::once(failure.headline.clone()).chain(causes).collect::<Vec<_>>().join(": ")
}

/// The word for a side.
pub(super) fn word(side: Side) -> &'static str {
    match side {
        Side::Base => "the common ancestor",
        Side::Ours => "our version",
        Side::Theirs => "their version",
    }
}

impl fmt::Display for Unmerged {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Invalid(side, why) => write!(f, "{} cannot be used: {why}", word(*side)),
            Self::NoKey(side, why) => write!(f, "no key opens {}: {why}", word(*side)),
            Self::NotVerified(side, why) => write!(f, "{} does not verify: {why}", word(*side)),
            Self::Settings(why) => write!(f, "the settings contradict: {why}"),
            Self::Downgrade(path) => write!(
                f,
                "`{path}` would stand in clear by the merged selection, but is encrypted where it comes from"
            ),
            Self::ClearComment(path) => write!(
                f,
                "a comment in `{path}` would stand in clear by the merged selection, but is encrypted where it comes from"
            ),
            Self::Layout(why) => write!(f, "{why}"),
        }
    }
}
