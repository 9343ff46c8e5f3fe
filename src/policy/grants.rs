//! Rules by grants: which keys the grants give, and what is wrong across names, roles, grants and rules.

use super::config::Config;
use super::problem::{Problem, Severity, Spot, below, creation_rule};
use super::rule::CreationRule;
use super::seal::{Grant, Recipient, Seal};
use crate::doc::KeyPath;
use crate::doc::path::Segment;
use crate::keys::{KeyGroup, MasterKey};
use std::collections::{HashMap, HashSet};

/// A rule in which other keys are written than its grants give, so that SOPS encrypts to others.
#[derive(Debug, Clone, PartialEq)]
pub struct Drift {
    /// The position of the rule, from 0.
    pub rule: usize,
    /// Its pattern; empty for all files.
    pub path_regex: String,
    /// Keys of the grants that are not written in the rule.
    pub missing: Vec<MasterKey>,
    /// Keys that are written in the rule and not of the grants.
    pub extra: Vec<MasterKey>,
}

impl Config {
    /// The name of the recipient that has this key, for display everywhere.
    #[must_use]
    pub fn name_of(&self, key: &MasterKey) -> Option<&str> {
        self.seal.recipient_of(key).map(|recipient| recipient.name.as_str())
    }

    /// The name of the recipient that has this key, else the key's own text, shortened.
    #[must_use]
    pub fn shown(&self, key: &MasterKey) -> String {
        self.name_of(key).map_or_else(|| key.short_recipient(), ToOwned::to_owned)
    }

    /// The grant that gives the rule its keys; `None` for a rule by keys.
    #[must_use]
    pub fn grant_of(&self, rule: &CreationRule) -> Option<&Grant> {
        self.seal.grants.get(rule.grant?)
    }

    /// The keys that the rule has by its grant, in the order in which SOPS takes them from a rule; `None`
    /// for a rule by keys.
    ///
    /// # Errors
    /// The grant cannot be resolved: the first problem of it, or of recipients and roles. Such a rule gives
    /// no keys to anybody: [`Config::rule_for`] fails with the same problem.
    pub fn granted(&self, rule: &CreationRule) -> Option<Result<Vec<MasterKey>, Problem>> {
        let grant = self.grant_of(rule)?;
        let broken = self.problems.iter().find(|problem| {
            problem.severity == Severity::Error
                && [section("recipients"), section("roles"), element(grant.index)]
                    .iter()
                    .any(|path| problem.path.0.starts_with(&path.0))
        });
        Some(broken.map_or_else(|| Ok(self.seal.keys_of(&grant.to)), |problem| Err(problem.clone())))
    }

    /// The rules by grants in which other keys are written than the grants give. Rules whose grant cannot
    /// be resolved or gives no key are left out; [`Config::lint`] has their problem.
    #[must_use]
    pub fn drift(&self) -> Vec<Drift> {
        self.creation_rules.iter().flatten().filter_map(|rule| self.drift_of(rule)).collect()
    }

    fn drift_of(&self, rule: &CreationRule) -> Option<Drift> {
        let granted = self.granted(rule)?.ok().filter(|keys| !keys.is_empty())?;
        let without = |all: &[MasterKey], others: &[MasterKey]| -> Vec<MasterKey> {
            all.iter()
                .filter(|key| !others.iter().any(|other| other.is_same_recipient(key)))
                .cloned()
                .collect()
        };
        let (missing, extra) = (without(&granted, &rule.written), without(&rule.written, &granted));
        let path_regex = rule.path_regex.clone();
        (!missing.is_empty() || !extra.is_empty()).then_some(Drift {
            rule: rule.index,
            path_regex,
            missing,
            extra,
        })
    }

    /// Ties grants to their rules and gives those their keys.
    pub(super) fn resolve_grants(&mut self) {
        let mut problems = names(&self.seal);
        let seal = &self.seal;
        let mut granted = Vec::new();
        for (position, grant) in seal.grants.iter().enumerate() {
            let rules = self.creation_rules.as_deref().unwrap_or_default();
            match rule_of(grant, &seal.grants[..position], rules) {
                Ok(rule) => granted.push((position, rule)),
                Err(problem) => problems.push(*problem),
            }
        }
        self.problems.append(&mut problems);
        for (position, place) in granted {
            let Some(rule) = self.creation_rules.as_mut().and_then(|rules| rules.get_mut(place)) else {
                continue;
            };
            rule.grant = Some(position);
            let index = rule.index;
            let rule = &self.creation_rules.iter().flatten().nth(place);
            let Some(Ok(keys)) = rule.and_then(|rule| self.granted(rule)) else { continue };
            // Keys that are not written yet are no lack of keys, but a drift.
            let whole = creation_rule(index);
            self.problems.retain(|problem| problem.severity != Severity::NoKeys || problem.path != whole);
            if keys.is_empty() {
                let message = format!("the grants of creation rule {} give no key", index + 1);
                self.problems.push(Problem::new(Severity::NoKeys, whole, message));
            }
            if let Some(rule) = self.creation_rules.as_mut().and_then(|rules| rules.get_mut(place)) {
                rule.groups = vec![KeyGroup::new(keys)];
            }
        }
    }

    /// The drift as warnings.
    pub(super) fn drift_problems(&self) -> Vec<Problem> {
        let list = |keys: &[MasterKey], what: &str| {
            let names: Vec<String> = keys.iter().map(|key| format!("`{}`", self.shown(key))).collect();
            (!names.is_empty()).then(|| format!("{what} {}", names.join(", ")))
        };
        let problem = |drift: Drift| {
            let message =
                format!("the keys written in creation rule {} are not those of its grants", drift.rule + 1);
            let detail = [list(&drift.missing, "missing"), list(&drift.extra, "not granted")];
            let detail = detail.into_iter().flatten().collect::<Vec<_>>().join("; ");
            let hint = "write them for sops too: seal access --write";
            Problem::warning(creation_rule(drift.rule), message).detail(detail).hint(hint)
        };
        self.drift().into_iter().map(problem).collect()
    }
}

/// The position of the rule that a grant is for.
fn rule_of(grant: &Grant, before: &[Grant], rules: &[CreationRule]) -> Result<usize, Box<Problem>> {
    let path = match grant.path_regex.as_str() {
        "" => element(grant.index),
        _ => below(&element(grant.index), "path_regex"),
    };
    let Some(place) = rules.iter().position(|rule| rule.path_regex == grant.path_regex) else {
        let message = match grant.path_regex.as_str() {
            "" => "the grant has no `path_regex`, and no creation rule is without one",
            _ => "no creation rule has the `path_regex` of this grant",
        };
        let hint = "give the grant exactly the `path_regex` of a creation rule";
        return Err(Box::new(Problem::error(path, message).hint(hint)));
    };
    if let Some(other) = before.iter().find(|other| other.path_regex == grant.path_regex) {
        let message = format!("grant {} is for the same creation rule", other.index + 1);
        return Err(Box::new(Problem::error(path, message).hint("join their lists `to`")));
    }
    if rules[place].key_groups {
        let message =
            format!("creation rule {} has `key_groups`, which grants cannot fill", rules[place].index + 1);
        return Err(Box::new(Problem::error(path, message).hint("remove the grant, or the `key_groups`")));
    }
    Ok(place)
}

/// What is wrong with the words of roles and grants, and with names.
fn names(seal: &Seal) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut owners: HashMap<String, &str> = HashMap::new();
    for Recipient { name, keys } in &seal.recipients {
        let mut others = keys.iter().map(|key| *owners.entry(key.canonical_recipient()).or_insert(name));
        if let Some(other) = others.find(|other| other != name) {
            let message = format!("`{name}` has a key of `{other}`, which is shown by that name");
            let path = below(&section("recipients"), name);
            problems.push(Problem::warning(path, message).spot(Spot::Key));
        }
    }
    for role in &seal.roles {
        let path = below(&section("roles"), &role.name);
        if seal.recipient(&role.name).is_some() {
            let message =
                format!("`{}` is a recipient and a role; one of them needs another name", role.name);
            problems.push(Problem::error(path.clone(), message).spot(Spot::Key));
        }
        for (index, name) in role.members.iter().enumerate() {
            let place = position(&path, index);
            if seal.recipient(name).is_none() {
                problems.push(match seal.role(name) {
                    Some(_) => {
                        Problem::error(place, format!("`{name}` is a role; a role holds recipients only"))
                    }
                    None => unknown(seal, place, name, "a recipient"),
                });
            }
        }
        problems.extend(repeated(&path, &role.members));
    }
    for grant in &seal.grants {
        let path = below(&element(grant.index), "to");
        if grant.to.is_empty() {
            problems.push(Problem::error(
                element(grant.index),
                "a grant needs `to`: names of roles or recipients",
            ));
        }
        for (index, word) in grant.to.iter().enumerate() {
            if seal.recipient(word).is_none() && seal.role(word).is_none() {
                problems.push(unknown(seal, position(&path, index), word, "a recipient or role"));
            }
        }
        problems.extend(repeated(&path, &grant.to));
    }
    problems
}

fn unknown(seal: &Seal, place: KeyPath, word: &str, what: &str) -> Problem {
    let problem = Problem::error(place, format!("`{}` is not the name of {what}", word.escape_debug()));
    match seal.nearest(word) {
        Some(name) => problem.hint(format!("did you mean `{name}`?")),
        None => problem.hint("name its key in `recipients` of the section `seal`"),
    }
}

fn repeated(path: &KeyPath, words: &[String]) -> Vec<Problem> {
    let mut seen = HashSet::new();
    let again = words.iter().enumerate().filter(|(_, word)| !seen.insert(*word));
    again
        .map(|(index, word)| Problem::warning(position(path, index), format!("`{word}` stands here twice")))
        .collect()
}

/// The path of a part of the section.
pub(super) fn section(name: &str) -> KeyPath {
    below(&below(&KeyPath::default(), "seal"), name)
}

/// The path of grant `index`.
pub(super) fn element(index: usize) -> KeyPath {
    position(&section("grants"), index)
}

pub(super) fn position(path: &KeyPath, index: usize) -> KeyPath {
    let mut path = path.clone();
    path.0.push(Segment::Index(index));
    path
}

#[cfg(test)]
mod tests;
