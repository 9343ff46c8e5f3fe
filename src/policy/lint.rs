//! What is wrong across the fields and rules of a configuration file.

use super::config::Config;
use super::problem::{Problem, Spot, below, creation_rule};
use super::rule::CreationRule;
use crate::pattern::{Pattern, PatternError};

/// Patterns that every path matches: no path is empty or holds a line end.
pub(super) const MATCH_ALL: [&str; 12] =
    ["", "^", "$", ".", ".*", ".+", "^.", "^.*", "^.+", ".*$", "^.*$", "^.+$"];

/// What was found when reading, patterns, rules that are never reached.
pub(super) fn all(config: &Config) -> Vec<Problem> {
    let rules = config.creation_rules.as_deref().unwrap_or_default();
    let mut problems = config.problems.clone();
    for rule in rules {
        problems.extend(path_pattern(rule).err());
        problems.extend(selectors(rule));
    }
    for (position, rule) in rules.iter().enumerate() {
        problems.extend(shadow(&rules[..position], rule));
    }
    for (index, rule) in config.destination_rules.iter().enumerate() {
        if let Err(error) = Pattern::new(&rule.path_regex) {
            let mut path = creation_rule(index);
            path.0[0] = crate::doc::path::Segment::Key(b"destination_rules".to_vec());
            problems.push(invalid(below(&path, "path_regex"), "path_regex", &error));
        }
    }
    problems
}

/// The pattern of the rule's files; `None` if it is for all.
pub(super) fn path_pattern(rule: &CreationRule) -> Result<Option<Pattern>, Problem> {
    if rule.path_regex.is_empty() {
        return Ok(None);
    }
    let path = below(&creation_rule(rule.index), "path_regex");
    Pattern::new(&rule.path_regex).map(Some).map_err(|error| invalid(path, "path_regex", &error))
}

/// What is wrong with the selectors of a rule: more than one, or one that is no pattern.
pub(super) fn selectors(rule: &CreationRule) -> Vec<Problem> {
    let path = creation_rule(rule.index);
    let mut problems = Vec::new();
    if let [first, others @ ..] = &rule.selectors[..] {
        for other in others {
            let (a, b) = (first.kind.field(), other.kind.field());
            let message = format!("`{a}` and `{b}` are in the same rule; only one selector can be used");
            problems.push(Problem::error(below(&path, b), message).spot(Spot::Key));
        }
    }
    for selector in rule.selectors.iter().filter(|selector| selector.kind.is_regex()) {
        if let Err(error) = Pattern::new(&selector.text) {
            let field = selector.kind.field();
            problems.push(invalid(below(&path, field), field, &error));
        }
    }
    problems
}

fn invalid(path: crate::doc::KeyPath, field: &str, error: &PatternError) -> Problem {
    Problem::error(path, format!("`{field}` is not a valid pattern"))
        .detail(error.message)
        .spot(Spot::Character(error.at))
}

/// Warns of a rule that no file reaches, since a rule before it takes all that it could match.
fn shadow(before: &[CreationRule], rule: &CreationRule) -> Option<Problem> {
    let number = rule.index + 1;
    let all = before.iter().find(|other| other.takes_every_file());
    let same = before.iter().find(|other| other.path_regex == rule.path_regex);
    let path = creation_rule(rule.index);
    match (all, same) {
        (Some(all), _) => {
            let message =
                format!("creation rule {number} is never used: rule {} takes every file", all.index + 1);
            Some(Problem::warning(path, message).hint("move the rule that takes every file to the end"))
        }
        (None, Some(same)) => {
            let message =
                format!("creation rule {number} is never used: rule {} has its `path_regex`", same.index + 1);
            Some(Problem::warning(below(&path, "path_regex"), message))
        }
        (None, None) => None,
    }
}
