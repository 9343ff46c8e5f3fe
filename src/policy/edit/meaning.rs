//! The self-check of changes: what a configuration says, apart from its text.

use super::EditError;
use super::page::Stuck;
use crate::keys::MasterKey;
use crate::policy::{Config, ConfigError, CreationRule, DestinationRule, Seal, Stores};
use std::collections::BTreeSet;

impl Config {
    /// The configuration of a new text, if it means what it should.
    pub(super) fn checked(&self, text: &[u8], wanted: &Meaning) -> Result<Self, EditError> {
        let changed = self.reread(text)?;
        if Meaning::of(&changed) == *wanted { Ok(changed) } else { Err(self.by_hand(text, Stuck(0))) }
    }

    pub(super) fn reread(&self, text: &[u8]) -> Result<Self, EditError> {
        self.with_text(text).map_err(|error| match error {
            ConfigError::Invalid { place: Some(place), .. } => EditError::ByHand { place },
            _ => self.by_hand(text, Stuck(0)),
        })
    }

    /// Refuses a change that leaves a rule without keys that had some.
    pub(super) fn nobody_left_out(&self, changed: Self) -> Result<Self, EditError> {
        let keys = |config: &Self, at: usize| -> usize {
            config
                .creation_rules
                .iter()
                .flatten()
                .nth(at)
                .map_or(0, |rule| rule.groups.iter().map(|g| g.keys.len()).sum())
        };
        let count = self.creation_rules.iter().flatten().count();
        match (0..count).find(|at| keys(self, *at) > 0 && keys(&changed, *at) == 0) {
            Some(at) => Err(EditError::LastKey { rule: at }),
            None => Ok(changed),
        }
    }
}

/// What a configuration says, but for the order of keys and for the keys that follow from grants.
#[derive(Debug, PartialEq)]
pub(super) struct Meaning {
    pub(super) rules: Option<Vec<CreationRule>>,
    /// The keys of rules by keys, by the position of the rule.
    pub(super) written: Vec<(usize, BTreeSet<String>)>,
    pub(super) seal: Seal,
    destinations: Vec<DestinationRule>,
    stores: Stores,
}

impl Meaning {
    pub(super) fn of(config: &Config) -> Self {
        let mut rules = config.creation_rules.clone();
        let mut written = Vec::new();
        for rule in rules.iter_mut().flatten().filter(|rule| !rule.key_groups) {
            let keys = std::mem::take(&mut rule.written);
            rule.groups.clear();
            if rule.grant.is_none() {
                written.push((rule.index, keys.iter().map(MasterKey::canonical_recipient).collect()));
            }
        }
        let (destinations, stores) = (config.destination_rules.clone(), config.stores);
        Self { rules, written, seal: config.seal.clone(), destinations, stores }
    }
}
