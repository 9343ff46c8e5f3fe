//! Findings in the forms that people and programs read.

mod github;
mod gitlab;
mod human;
mod json;
mod sarif;

use super::Located;
use super::suppress::Suppressions;
use crate::check::Severity;
use crate::commands::context::Context;
use crate::ui::shell_word;
use sha2::{Digest as _, Sha256};
use std::collections::HashMap;

/// The forms.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// A line each.
    Human,
    /// One JSON document.
    Json,
    /// Annotations of GitHub Actions.
    Github,
    /// A Code Quality report of GitLab.
    Gitlab,
    /// SARIF 2.1.0.
    Sarif,
}

/// What a run found.
pub struct Outcome {
    /// The findings, sorted by file and place.
    pub findings: Vec<Located>,
    /// How many files were looked at.
    pub files: usize,
    /// How many findings were suppressed.
    pub suppressed: usize,
}

impl Form {
    /// The form where none is asked for.
    #[must_use]
    pub fn usual(context: &Context) -> Self {
        match (context.is_json(), context.settings().github_actions) {
            (true, _) => Form::Json,
            (false, true) => Form::Github,
            (false, false) => Form::Human,
        }
    }

    /// What goes to standard output.
    #[must_use]
    pub fn render(self, outcome: &Outcome) -> String {
        match self {
            Form::Human => human::render(outcome),
            Form::Json => json::render(outcome),
            Form::Github => github::render(outcome),
            Form::Gitlab => gitlab::render(outcome),
            Form::Sarif => sarif::render(outcome),
        }
    }
}

impl Outcome {
    /// Adds the findings that are not suppressed.
    pub(in crate::commands) fn add(&mut self, found: Vec<Located>, suppressions: &Suppressions<'_>) {
        let before = found.len();
        let wanted: Vec<Located> = found.into_iter().filter(|located| !suppressions.cover(located)).collect();
        self.suppressed += before - wanted.len();
        self.findings.extend(wanted);
    }

    /// How many findings are of this severity.
    #[must_use]
    pub fn count(&self, severity: Severity) -> usize {
        self.findings.iter().filter(|located| located.finding.severity == severity).count()
    }

    /// A sentence for people.
    #[must_use]
    pub fn summary(&self) -> String {
        let many = |count: usize, word: &str| match count {
            1 => format!("1 {word}"),
            _ => format!("{count} {word}s"),
        };
        let mut parts: Vec<String> = [Severity::Error, Severity::Warning]
            .into_iter()
            .filter(|severity| self.count(*severity) > 0)
            .map(|severity| many(self.count(severity), severity.word()))
            .collect();
        if parts.is_empty() {
            parts.push("no findings".to_owned());
        }
        if self.suppressed > 0 {
            parts.push(format!("{} ignored", self.suppressed));
        }
        format!("{} in {}", parts.join(", "), many(self.files, "file"))
    }

    /// A name for each finding that stays while lines move: of its kind, file and key path.
    fn fingerprints(&self) -> Vec<String> {
        let mut seen: HashMap<String, usize> = HashMap::new();
        let fingerprint = |located: &Located| {
            let path = located.finding.path.as_deref().unwrap_or_default();
            let subject = format!("{}\0{}\0{path}", located.finding.check.code(), located.file.name);
            let number = seen.entry(subject.clone()).or_default();
            *number += 1;
            // Several of the same subject are told apart by their order.
            let subject = if *number > 1 { format!("{subject}\0{number}") } else { subject };
            let digest = Sha256::digest(subject.as_bytes());
            digest.iter().take(16).map(|byte| format!("{byte:02x}")).collect()
        };
        self.findings.iter().map(fingerprint).collect()
    }
}

/// The message, after the key path that it is about.
fn text(located: &Located) -> String {
    match &located.finding.path {
        Some(path) => format!("`{path}`: {}", located.finding.message),
        None => located.finding.message.clone(),
    }
}

/// What to do.
fn hint(located: &Located) -> String {
    let finding = &located.finding;
    finding.hint.clone().unwrap_or_else(|| finding.check.hint(&shell_word(&located.file.shown)))
}

#[cfg(test)]
mod tests;
