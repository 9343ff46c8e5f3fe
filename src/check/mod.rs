//! What can be wrong with files in a repository, found without any key.
//!
//! Pure: the bytes of a file and what the policy expects of it in, [`Finding`]s out. Where the bytes come
//! from, and in which form findings are shown, is the business of `commands::check`. A finding names
//! places, key paths and recipients, never a value.

mod catalogue;
mod closed;
mod expected;
mod finding;
mod metadata;
mod paths;
mod plain;
mod sealed;
pub mod secrets;
pub mod tokens;

pub use catalogue::{Check, Severity};
pub use closed::is_closed;
pub use expected::{Expected, Wish, is_never_encrypted};
pub use finding::{Finding, MOST};

use crate::doc::dotenv::restore_line_ends;
use crate::doc::{Format, FormatName, Limits};
use crate::sops::{LoadError, Sealed};
use finding::Findings;

/// A file.
#[derive(Clone, Copy)]
pub struct Subject<'a> {
    /// The format that its encrypted form is written in.
    pub store: &'a dyn Format,
    /// Whether it is encrypted as a whole: its name tells no format.
    pub whole: bool,
    /// Its content.
    pub bytes: &'a [u8],
}

/// What a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Nothing is in it.
    Empty,
    /// Not encrypted.
    Plain,
    /// Encrypted, and it can be read.
    Sealed,
    /// Encrypted once, and it cannot be read.
    Damaged,
}

/// What was found in a file.
#[derive(Debug)]
pub struct Report {
    /// What it is.
    pub state: State,
    /// What is wrong with it, in the order of the file.
    pub findings: Vec<Finding>,
    /// What its values are called, each path as a number: of an encrypted file those that are encrypted, of a
    /// plain one those that have a value. Files with the same ones are told by that.
    pub paths: Vec<u64>,
}

/// Looks at a file.
#[must_use]
pub fn inspect(subject: Subject<'_>, expected: &Expected<'_>) -> Report {
    // Lines of an ENV file that all end otherwise than they did are read as they were.
    let is_env = subject.store.name() == FormatName::Dotenv;
    let restored = if is_env { restore_line_ends(subject.bytes) } else { None };
    let text = restored.as_ref().map_or(subject.bytes, |text| text.as_slice());
    let mut findings = Findings::new(text);
    let mut paths = Vec::new();
    let state = look(Subject { bytes: text, ..subject }, expected, &mut findings, &mut paths);
    if matches!(state, State::Sealed | State::Damaged) {
        carriage_returns(subject.bytes, &mut findings);
    }
    Report { state, findings: findings.finish(), paths }
}

fn look(
    subject: Subject<'_>,
    expected: &Expected<'_>,
    findings: &mut Findings<'_>,
    paths: &mut Vec<u64>,
) -> State {
    let bytes = subject.bytes;
    if bytes.iter().all(u8::is_ascii_whitespace) {
        return State::Empty;
    }
    let has_tokens = tokens::in_text(bytes).next().is_some();
    if has_tokens || expected.wish == Wish::Encrypted {
        let markers = plain::conflict_markers(bytes);
        if !markers.is_empty() {
            for at in markers {
                findings.add(Check::ConflictMarkers, at, "a merge conflict is not resolved");
            }
            return State::Damaged;
        }
    }
    let loaded = match subject.store.parse(bytes, &Limits::default()) {
        Ok(tree) => {
            *paths = paths::of(&tree, subject);
            Sealed::of(subject.store, tree, subject.whole)
        }
        Err(error) => Err(LoadError::Document(error)),
    };
    match loaded {
        Ok(sealed) => {
            metadata::check(&sealed, subject.whole, expected, findings);
            sealed::check(&sealed, findings);
            State::Sealed
        }
        // A text that tells of encrypted files is none itself.
        Err(LoadError::Document(error)) if has_tokens && !subject.whole && plain::has_metadata(bytes) => {
            findings.add(Check::Malformed, error.at, format!("the encrypted file cannot be read: {error}"));
            State::Damaged
        }
        Err(LoadError::NotEncrypted) if has_tokens && plain::holds_tokens(subject) => {
            let message = "values are encrypted, but there is no SOPS metadata: nothing opens them";
            findings.add(Check::Malformed, 0, message);
            State::Damaged
        }
        // A plain file may well have an entry called `sops`.
        Err(error @ (LoadError::Metadata(_) | LoadError::Selector { .. })) if has_tokens => {
            let at = metadata::place(subject);
            findings.add(Check::Malformed, at, format!("the metadata cannot be used: {error}"));
            State::Damaged
        }
        Err(_) => {
            plain::check(subject, expected, findings);
            State::Plain
        }
    }
}

/// The first of them stands at the same byte of the text that was read.
fn carriage_returns(bytes: &[u8], findings: &mut Findings<'_>) {
    if let Some(at) = tokens::find(bytes, b"\r\n") {
        findings.add(Check::CarriageReturns, at, "lines end with CR LF; checkouts may change them");
    }
}

#[cfg(test)]
mod tests;
