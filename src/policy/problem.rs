//! What is wrong in a configuration file, as data that a place can be found for.

use crate::doc::KeyPath;
use crate::doc::path::Segment;

/// How bad a problem is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Has no effect, or not the one that somebody may expect.
    Warning,
    /// Leaves its rule without usable keys; those of the command line can stand in.
    NoKeys,
    /// Makes its rule unusable.
    Error,
}

/// Something wrong at one place of the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// How bad it is.
    pub severity: Severity,
    /// What is wrong: lower case, no full stop, with the field's name.
    pub message: String,
    /// Why, where the message does not say it: `a group opened here is never closed`.
    pub detail: Option<String>,
    /// What to do.
    pub hint: Option<String>,
    /// The value it is about.
    pub(super) path: KeyPath,
    /// Where exactly.
    pub(super) spot: Spot,
}

/// Where in a value, or beside it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Spot {
    /// The start of the value.
    Value,
    /// The key that the value belongs to.
    Key,
    /// A character of a scalar, from 0.
    Character(usize),
}

impl Problem {
    pub(super) fn new(severity: Severity, path: KeyPath, message: impl Into<String>) -> Self {
        Self { severity, message: message.into(), detail: None, hint: None, path, spot: Spot::Value }
    }

    pub(super) fn error(path: KeyPath, message: impl Into<String>) -> Self {
        Self::new(Severity::Error, path, message)
    }

    pub(super) fn warning(path: KeyPath, message: impl Into<String>) -> Self {
        Self::new(Severity::Warning, path, message)
    }

    pub(super) fn detail(mut self, detail: impl Into<String>) -> Self {
        self.detail = Some(detail.into());
        self
    }

    pub(super) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    pub(super) fn spot(mut self, spot: Spot) -> Self {
        self.spot = spot;
        self
    }

    /// Whether it lies in creation rule `index`.
    pub(super) fn is_in_rule(&self, index: usize) -> bool {
        let rule = creation_rule(index);
        self.path.0.starts_with(&rule.0)
    }
}

/// The path of creation rule `index`.
pub(super) fn creation_rule(index: usize) -> KeyPath {
    KeyPath(vec![Segment::Key(b"creation_rules".to_vec()), Segment::Index(index)])
}

/// `path` and the key `name` below it.
pub(super) fn below(path: &KeyPath, name: &str) -> KeyPath {
    let mut path = path.clone();
    path.0.push(Segment::Key(name.as_bytes().to_vec()));
    path
}
