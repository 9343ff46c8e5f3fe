//! Who a new file is encrypted to.

use super::context::Context;
use crate::error::{Code, Failure};
use crate::keys::{KeyGroup, MasterKey};
use crate::pattern::PatternError;
use crate::policy::CreationRule;
use crate::sops::Selector;
use std::fmt;

/// Where a setting comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// A flag.
    CommandLine,
    /// The creation rule.
    Rule,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Origin::CommandLine => "on the command line",
            Origin::Rule => "by the creation rule",
        })
    }
}

/// A selector whose pattern does not compile.
#[must_use]
pub fn bad_pattern(selector: Option<&(Selector, Origin)>, error: &PatternError) -> Failure {
    let field = selector.map_or("selector", |(selector, _)| selector.kind.field());
    Failure::new(Code::Generic, format!("`{field}` is not a valid pattern; nothing was encrypted"))
        .cause(format!("{} at character {}", error.message, error.at + 1))
}

/// The key groups of a new file called `name` and their threshold: one group of the keys of the command
/// line, else of the environment, else those of the rule.
///
/// # Errors
/// There is nobody to encrypt to (1).
pub fn groups(
    context: &Context,
    flags: &[MasterKey],
    rule: Option<&CreationRule>,
    name: &str,
) -> Result<(Vec<KeyGroup>, Option<usize>), Failure> {
    let threshold = rule.and_then(|rule| rule.threshold);
    let environment = context.recipients();
    for keys in [flags, environment.as_slice()] {
        if !keys.is_empty() {
            return Ok((vec![KeyGroup::new(keys.to_vec())], threshold));
        }
    }
    match rule {
        Some(rule) if !rule.groups.is_empty() => Ok((rule.groups.clone(), threshold)),
        _ => {
            Err(Failure::new(Code::Generic, format!("nobody to encrypt `{name}` to; nothing was encrypted"))
                .cause(
                    "no recipients on the command line or in the environment, and no creation rule with keys",
                )
                .hint("seal keygen makes an identity; then: seal encrypt --age RECIPIENT …")
                .hint("or name recipients in the creation_rules of .sops.yaml"))
        }
    }
}
