//! Findings, and how they are gathered.

use super::catalogue::{Check, Severity};
use crate::doc::{KeyPath, Position};
use std::collections::HashMap;

/// Findings of one kind in one file; more are only counted.
pub const MOST: usize = 25;

/// Something wrong at a place of a file. Never holds a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// What kind.
    pub check: Check,
    /// How bad.
    pub severity: Severity,
    /// Where in the file.
    pub place: Position,
    /// The value it is about, as `db.password`.
    pub path: Option<String>,
    /// What is wrong: lower case, no full stop.
    pub message: String,
    /// What to do, if not what is always said of the kind.
    pub hint: Option<String>,
}

impl Finding {
    /// A finding about the file as a whole.
    #[must_use]
    pub fn new(check: Check, message: impl Into<String>) -> Self {
        let place = Position { line: 1, column: 1 };
        Self { check, severity: check.severity(), place, path: None, message: message.into(), hint: None }
    }
}

/// Findings in one text.
pub(super) struct Findings<'s> {
    source: &'s [u8],
    list: Vec<(usize, Finding)>,
    counts: HashMap<Check, usize>,
}

impl<'s> Findings<'s> {
    pub(super) fn new(source: &'s [u8]) -> Self {
        Self { source, list: Vec::new(), counts: HashMap::new() }
    }

    /// A finding at byte `at`; none if there are too many of its kind.
    pub(super) fn add(
        &mut self,
        check: Check,
        at: usize,
        message: impl Into<String>,
    ) -> Option<&mut Finding> {
        let count = self.counts.entry(check).or_default();
        *count += 1;
        if *count > MOST {
            return None;
        }
        let finding = Finding { place: Position::of(self.source, at), ..Finding::new(check, message) };
        self.list.push((at, finding));
        self.list.last_mut().map(|(_, finding)| finding)
    }

    /// A finding about the value at `path`.
    pub(super) fn add_value(
        &mut self,
        check: Check,
        at: usize,
        path: impl FnOnce() -> KeyPath,
        message: impl Into<String>,
    ) -> Option<&mut Finding> {
        let finding = self.add(check, at, message)?;
        finding.path = Some(path().to_string());
        Some(finding)
    }

    /// All findings in the order of the text.
    pub(super) fn finish(mut self) -> Vec<Finding> {
        self.list.sort_by_key(|(at, finding)| (*at, finding.check));
        let mut findings: Vec<Finding> = self.list.into_iter().map(|(_, finding)| finding).collect();
        for (check, count) in self.counts.into_iter().filter(|(_, count)| *count > MOST) {
            if let Some(last) = findings.iter_mut().rfind(|finding| finding.check == check) {
                last.message.push_str(&format!("; and {} more in this file", count - MOST));
            }
        }
        findings
    }
}
