//! Each file by itself, many at once; then those with the same name together.

use super::Located;
use super::policies::Policies;
use super::source::{File, Source};
use crate::check::{Check, Expected, Finding, Report, State, Subject, Wish, inspect};
use crate::commands::convert;
use crate::doc::FormatName;
use crate::error::Failure;
use rayon::prelude::{IntoParallelRefIterator as _, ParallelIterator as _};
use std::collections::HashMap;
use std::sync::Arc;

/// A file that was looked at.
pub(super) struct Examined {
    pub(super) file: Arc<File>,
    /// Its policy, and the rule in it.
    pub(super) rule: Option<(usize, usize)>,
    wish: Wish,
    report: Report,
}

impl Examined {
    /// Whether it is an encrypted file that can be read.
    pub(super) fn is_sealed(&self) -> bool {
        self.report.state == State::Sealed
    }

    /// Whether it is a plain one.
    pub(super) fn is_plain(&self) -> bool {
        self.report.state == State::Plain
    }

    /// The paths of its values; see [`Report`].
    pub(super) fn paths(&self) -> &[u64] {
        &self.report.paths
    }

    /// Whether there is such a finding.
    pub(super) fn has(&self, check: Check) -> bool {
        self.report.findings.iter().any(|finding| finding.check == check)
    }

    /// A finding in this file.
    pub(super) fn located(&self, finding: Finding) -> Located {
        Located { file: self.file.clone(), finding, rule: self.rule }
    }

    /// Whether it was looked at for its own sake.
    pub(super) fn is_chosen(&self) -> bool {
        !self.file.beside
    }

    /// What was found in it.
    pub(super) fn into_findings(mut self) -> Vec<Located> {
        if !self.is_chosen() {
            return Vec::new();
        }
        let findings = std::mem::take(&mut self.report.findings);
        findings.into_iter().map(|finding| self.located(finding)).collect()
    }
}

/// The format of a file as `inspect` wants it.
pub(in crate::commands) fn subject(format: FormatName, bytes: &[u8]) -> Subject<'_> {
    Subject { store: convert::sealed(format), whole: format == FormatName::Binary, bytes }
}

/// Looks at all files; the result is in their order.
pub(super) fn all(source: &Source, policies: &Policies) -> Result<Vec<Examined>, Failure> {
    let examined: Vec<_> = source.files.par_iter().map(|file| one(source, file, policies)).collect();
    // All of them were looked at, so that the first failure is always the same one.
    examined.into_iter().collect::<Result<Vec<_>, _>>().map(|all| all.into_iter().flatten().collect())
}

fn one(source: &Source, file: &Arc<File>, policies: &Policies) -> Result<Option<Examined>, Failure> {
    let policy = policies.index(&file.path);
    let expected = policies.expected(file);
    let may_pass = expected.wish != Wish::Encrypted;
    let Some(input) = source.read(file, convert::limits().max_bytes, may_pass)? else { return Ok(None) };
    let format = FormatName::of_file(&file.name, &input.bytes);
    let Expected { rule, wish, .. } = expected;
    let mut report = inspect(subject(format, &input.bytes), &expected);
    if let Some(commit) = &file.past {
        report.findings.retain(|finding| finding.check.is_leak());
        let commit: String = commit.as_str().chars().take(12).collect();
        for finding in &mut report.findings {
            finding.message.push_str(&format!(", in commit {commit}"));
            finding.hint = Some(format!(
                "take it out of the history before it is published: git rebase -i {commit}^; else replace the secret"
            ));
        }
    }
    let rule = policy.zip(rule.map(|rule| rule.index));
    Ok(Some(Examined { file: file.clone(), rule, wish, report }))
}

/// Where a rule takes every file, a plain file should be encrypted if one of the same name is.
pub(super) fn compare_names(examined: &mut [Examined]) {
    let base = |file: &File| file.name.rsplit('/').next().unwrap_or_default().to_owned();
    let mut sealed: HashMap<String, Arc<File>> = HashMap::new();
    for one in examined.iter().filter(|one| one.is_sealed()) {
        sealed.entry(base(&one.file)).or_insert_with(|| one.file.clone());
    }
    for one in examined.iter_mut() {
        if one.wish == Wish::Perhaps
            && one.report.state == State::Plain
            && let Some(other) = sealed.get(&base(&one.file))
        {
            let message = format!("not encrypted, though `{}` is", other.shown);
            one.report.findings.insert(0, Finding::new(Check::NotEncrypted, message));
        }
    }
}
