//! From a data key to the master keys of a file (format description, section 6.5).

use super::data_key::DataKey;
use super::error::KeyError;
use super::group::{KeyGroup, groups_needed};
use super::kind::KeyKind;
use super::service::Services;
use crate::crypto::shamir;
use crate::doc::Timestamp;
use crate::secret::Secret;
use std::fmt;
use thiserror::Error;
use zeroize::Zeroizing;

/// Most groups a data key can be split among.
pub const MAX_GROUPS: usize = 255;

/// One master key that could not be wrapped to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WrapFailure {
    /// The group's number, from 1.
    pub group: usize,
    /// The kind of the key.
    pub kind: KeyKind,
    /// Its recipient, shortened.
    pub recipient: String,
    /// Why.
    pub error: KeyError,
}

impl fmt::Display for WrapFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}: {}", self.kind, self.recipient, self.error)
    }
}

/// Why a data key could not be wrapped. The groups are as they were.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum WrapError {
    /// There is no group.
    #[error("there is no recipient")]
    NoGroups,
    /// A group has no keys.
    #[error("key group {0} has no keys")]
    EmptyGroup(usize),
    /// More groups than shares can be numbered.
    #[error("{0} key groups; at most {MAX_GROUPS} are possible")]
    TooManyGroups(usize),
    /// The threshold does not fit.
    #[error("the threshold {threshold} is not between 2 and the number of key groups, {groups}")]
    Threshold {
        /// What was asked for.
        threshold: usize,
        /// The number of groups.
        groups: usize,
    },
    /// The data key cannot be split.
    #[error("the data key is empty")]
    EmptyKey,
    /// No random bytes.
    #[error("the system gives no random bytes: {0}")]
    Random(String),
    /// Some keys could not be wrapped to.
    #[error("{} of the master keys could not be wrapped to", .0.len())]
    Keys(Vec<WrapFailure>),
}

/// Wraps `data_key` for every master key of `groups`: whole for one group, a share for each of several,
/// of which `threshold` will be needed (zero: all, see [`groups_needed`], which is also what the file
/// has to say). `now` becomes the date of the entries.
///
/// # Errors
/// The groups or the threshold do not fit, or any key fails; then no key is changed.
pub fn wrap_all(
    data_key: &DataKey,
    groups: &mut [KeyGroup],
    threshold: usize,
    services: &Services,
    now: Timestamp,
) -> Result<(), WrapError> {
    if groups.is_empty() {
        return Err(WrapError::NoGroups);
    }
    if let Some(empty) = groups.iter().position(|group| group.keys.is_empty()) {
        return Err(WrapError::EmptyGroup(empty + 1));
    }
    let shares = split(data_key, groups.len(), threshold)?;
    let mut wrapped = Vec::new();
    let mut failures = Vec::new();
    for (i, group) in groups.iter().enumerate() {
        let secret = shares.get(i).map_or(data_key.as_bytes(), |share| share);
        for key in &group.keys {
            match services.wrap(key, secret) {
                Ok(enc) => wrapped.push(enc),
                Err(error) => failures.push(WrapFailure {
                    group: i + 1,
                    kind: key.kind,
                    recipient: key.short_recipient(),
                    error,
                }),
            }
        }
    }
    if !failures.is_empty() {
        return Err(WrapError::Keys(failures));
    }
    let keys = groups.iter_mut().flat_map(|group| &mut group.keys);
    keys.zip(wrapped).for_each(|(key, enc)| key.set_wrapped(enc, now));
    Ok(())
}

/// One share for each group; none if there is only one group.
fn split(data_key: &DataKey, groups: usize, threshold: usize) -> Result<Vec<Secret>, WrapError> {
    if groups == 1 {
        return Ok(Vec::new());
    }
    let count = u8::try_from(groups).map_err(|_too_many| WrapError::TooManyGroups(groups))?;
    let threshold = groups_needed(groups, threshold);
    let out_of_range = WrapError::Threshold { threshold, groups };
    let needed = u8::try_from(threshold).map_err(|_too_large| out_of_range.clone())?;
    let secret = data_key.as_bytes();
    let mut random = Zeroizing::new(vec![0; shamir::coefficient_count(secret.len(), needed)]);
    getrandom::getrandom(&mut random).map_err(|error| WrapError::Random(error.to_string()))?;
    shamir::split(secret, count, needed, &random).map_err(|error| match error {
        shamir::SplitError::Threshold { .. } => out_of_range,
        shamir::SplitError::Empty | shamir::SplitError::Coefficients => WrapError::EmptyKey,
    })
}
