//! From the master keys of a file to its data key (format description, sections 6.5 and 6.6).

use super::data_key::DataKey;
use super::error::KeyError;
use super::group::{KeyGroup, groups_needed};
use super::kind::{KeyKind, rank};
use super::master_key::MasterKey;
use super::service::{Effort, Services};
use crate::crypto::shamir::{self, CombineError};
use crate::secret::Secret;
use std::fmt;
use thiserror::Error;

/// One master key that did not open.
#[derive(Debug, Clone, PartialEq)]
pub struct Attempt {
    /// The key.
    pub key: MasterKey,
    /// Why.
    pub error: KeyError,
}

/// What came of one group.
#[derive(Debug, Clone, PartialEq)]
pub struct GroupReport {
    /// The group's number, from 1.
    pub number: usize,
    /// Whether one of its keys opened.
    pub recovered: bool,
    /// The recipient of the key that opened.
    pub opened_by: Option<String>,
    /// The keys that were tried and did not, in the order of trying.
    pub attempts: Vec<Attempt>,
}

/// Why there is no data key.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum RecoverProblem {
    /// The file has no master key.
    #[error("the file has no master key")]
    NoKeys,
    /// Too few groups opened.
    #[error("{recovered} of the {needed} key groups needed could be opened")]
    NotEnough {
        /// Groups that opened.
        recovered: usize,
        /// Groups needed.
        needed: usize,
    },
    /// The shares do not belong together.
    #[error("the shares of the key groups cannot be combined: {0}")]
    Shares(#[from] CombineError),
}

/// The data key could not be recovered, with all that was tried.
#[derive(Debug, Clone, PartialEq)]
pub struct RecoverError {
    /// Why.
    pub problem: RecoverProblem,
    /// Groups needed.
    pub needed: usize,
    /// Groups of the file.
    pub total: usize,
    /// The groups that were tried.
    pub groups: Vec<GroupReport>,
}

impl RecoverError {
    /// The report as lines for people: each group, below it its keys in columns, below a key the places
    /// where an identity was looked for. Deeper lines are indented by two spaces. `shown` says what a
    /// recipient is called.
    #[must_use]
    pub fn lines(&self, shown: impl Fn(&MasterKey) -> String) -> Vec<String> {
        let mut lines = Vec::new();
        if !matches!(self.problem, RecoverProblem::NotEnough { .. }) {
            lines.push(self.problem.to_string());
        }
        let width = self.attempts().map(|attempt| shown(&attempt.key).chars().count()).max().unwrap_or(0);
        for group in &self.groups {
            lines.push(self.headline(group));
            for Attempt { key, error } in &group.attempts {
                let (mut kind, mut name) = (key.kind.name(), shown(key));
                for part in error.parts() {
                    lines.push(format!("  {kind:<8} {name:<width$}   {part}"));
                    (kind, name) = ("", String::new());
                }
            }
        }
        let mut places: Vec<String> = Vec::new();
        for place in self.attempts().flat_map(|attempt| attempt.error.parts()).flat_map(KeyError::places) {
            let line = format!("  {place}");
            if !places.contains(&line) {
                places.push(line);
            }
        }
        if !places.is_empty() {
            lines.push("places looked at:".to_owned());
            lines.append(&mut places);
        }
        lines
    }

    /// The keys that were tried and did not open.
    pub fn attempts(&self) -> impl Iterator<Item = &Attempt> {
        self.groups.iter().flat_map(|group| &group.attempts)
    }

    /// Whether there was an identity, though not the right one.
    #[must_use]
    pub fn has_identities(&self) -> bool {
        let mut errors = self.attempts().flat_map(|attempt| attempt.error.parts());
        errors.any(|error| matches!(error, KeyError::NoMatch { identities: 1.., .. }))
    }

    /// Whether there was no service to ask.
    #[must_use]
    pub fn has_no_service(&self) -> bool {
        self.attempts().any(|attempt| attempt.error == KeyError::NoService)
    }

    /// Whether a place was too slow: trying again may help.
    #[must_use]
    pub fn timed_out(&self) -> bool {
        self.attempts().any(|attempt| attempt.error.timed_out())
    }

    fn headline(&self, group: &GroupReport) -> String {
        let of = format!("group {} of {}", group.number, self.total);
        match (self.total, group.recovered) {
            (_, true) => format!("{of}: opened"),
            (1, false) => format!("{of}, one key needed:"),
            (_, false) => format!("{of}, {} groups needed:", self.needed),
        }
    }
}

impl fmt::Display for RecoverError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.problem.fmt(f)
    }
}

impl std::error::Error for RecoverError {}

/// Recovers the data key.
///
/// Groups are tried in order until enough have opened. Within a group the keys are tried in `order`
/// (see [`super::DecryptionOrder`]); of neighbours of one kind, those that open without a question or
/// another program come first. `threshold` is what the file says; zero means all groups.
///
/// # Errors
/// Too few groups open, or their shares do not belong together.
pub fn recover(
    groups: &[KeyGroup],
    threshold: usize,
    services: &Services,
    order: &[KeyKind],
) -> Result<DataKey, RecoverError> {
    let (goal, needed) = counts(groups.len(), threshold);
    let mut reports = Vec::new();
    let mut shares = Vec::new();
    for (i, group) in groups.iter().enumerate() {
        if shares.len() == goal {
            break;
        }
        let (report, share) = try_group(i + 1, group, services, order);
        shares.extend(share);
        reports.push(report);
    }
    assemble(groups, needed, shares).map_err(|problem| RecoverError {
        problem,
        needed,
        total: groups.len(),
        groups: reports,
    })
}

/// What comes of every group, also where enough have opened.
#[must_use]
pub fn reports(groups: &[KeyGroup], services: &Services, order: &[KeyKind]) -> Vec<GroupReport> {
    let tried = groups.iter().enumerate().map(|(i, group)| try_group(i + 1, group, services, order));
    tried.map(|(report, _share)| report).collect()
}

/// Tries to open the group called `number`.
fn try_group(
    number: usize,
    group: &KeyGroup,
    services: &Services,
    order: &[KeyKind],
) -> (GroupReport, Option<Secret>) {
    let mut attempts = Vec::new();
    let opened = open_group(group, services, order, &mut attempts);
    let (opened_by, share) = opened.map(|(key, share)| (key.recipient(), share)).unzip();
    (GroupReport { number, recovered: share.is_some(), opened_by, attempts }, share)
}

/// How many groups to open, and how many of them must open. They differ for several groups in a file
/// that gives no threshold, where any two may be enough.
fn counts(groups: usize, threshold: usize) -> (usize, usize) {
    let goal = groups_needed(groups, threshold).max(groups.min(2));
    if threshold == 0 { (goal, groups.clamp(1, 2)) } else { (goal, goal) }
}

/// The data key from the opened groups.
fn assemble(groups: &[KeyGroup], needed: usize, mut shares: Vec<Secret>) -> Result<DataKey, RecoverProblem> {
    if groups.iter().all(|group| group.keys.is_empty()) {
        return Err(RecoverProblem::NoKeys);
    }
    if shares.len() < needed {
        return Err(RecoverProblem::NotEnough { recovered: shares.len(), needed });
    }
    if groups.len() == 1 {
        return shares.pop().map(DataKey::from_secret).ok_or(RecoverProblem::NoKeys);
    }
    let shares: Vec<&[u8]> = shares.iter().map(|share| &**share).collect();
    Ok(DataKey::from_secret(shamir::combine(&shares)?))
}

/// What the keys of `group` wrap, and which of them opened.
fn open_group<'g>(
    group: &'g KeyGroup,
    services: &Services,
    order: &[KeyKind],
    attempts: &mut Vec<Attempt>,
) -> Option<(&'g MasterKey, Secret)> {
    let mut keys: Vec<&MasterKey> = group.keys.iter().collect();
    keys.sort_by_key(|key| rank(key.kind, order));
    keys.chunk_by(|a, b| a.kind == b.kind).find_map(|keys| open_neighbours(keys, services, attempts))
}

/// What these keys of one kind wrap: first all of them quietly, then with full effort.
fn open_neighbours<'g>(
    keys: &[&'g MasterKey],
    services: &Services,
    attempts: &mut Vec<Attempt>,
) -> Option<(&'g MasterKey, Secret)> {
    let mut failed: Vec<(&'g MasterKey, KeyError)> = Vec::new();
    for key in keys.iter().copied() {
        match services.unwrap(key, Effort::Quiet) {
            Ok(secret) => return Some((key, secret)),
            Err(error) => failed.push((key, error)),
        }
    }
    for (key, error) in failed {
        let error = match error {
            KeyError::Postponed => match services.unwrap(key, Effort::Full) {
                Ok(secret) => return Some((key, secret)),
                Err(error) => error,
            },
            error => error,
        };
        attempts.push(Attempt { key: key.clone(), error });
    }
    None
}
