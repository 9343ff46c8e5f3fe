//! Whether anybody vouches for the recipients of a file.
//!
//! SOPS does not authenticate who a file is encrypted to: somebody who can write the file can put a
//! recipient of their own in, and is handed the next data key. A new data key is wrapped only for those
//! that the strict record or `.sops.yaml` names.

use super::super::context::Context;
use super::super::failure::Subject;
use crate::error::{Code, Failure};
use crate::keys::{KeyGroup, MasterKey};
use crate::sops::Opened;
use crate::sops::decrypt::Strictness;
use crate::ui::shell_word;

/// Refuses recipients of the file that nobody vouches for; `named` are those of the command line.
///
/// # Errors
/// There are some (207).
pub(super) fn check(
    context: &Context,
    subject: Subject<'_>,
    opened: &Opened<'_>,
    groups: &[KeyGroup],
    named: &[MasterKey],
) -> Result<(), Failure> {
    if opened.strictness == Strictness::Verified {
        return Ok(());
    }
    let rule = context.rule_of(subject.name)?;
    let in_rule = |key: &MasterKey| {
        rule.is_some_and(|rule| {
            rule.groups.iter().flat_map(|group| &group.keys).any(|other| other.is_same_recipient(key))
        })
    };
    let is_named = |key: &MasterKey| named.iter().any(|other| other.is_same_recipient(key));
    let strangers: Vec<String> = groups
        .iter()
        .flat_map(|group| &group.keys)
        .filter(|key| !in_rule(key) && !is_named(key))
        .map(|key| format!("{} {}", key.kind, key.short_recipient()))
        .collect();
    if strangers.is_empty() {
        return Ok(());
    }
    let name = subject.name;
    let headline = format!("nobody vouches for the recipients of `{name}`; it is unchanged");
    let whose = match rule {
        Some(_) => "its creation rule does not name",
        None => "there is no creation rule for it that would name",
    };
    Err(Failure::new(Code::NotVouchedFor, headline)
        .cause(format!("it has no strict record, and {whose} {}", strangers.join(", ")))
        .hint(format!("make them those of .sops.yaml: seal updatekeys {}", shell_word(name)))
        .hint("or, if you know them: --trust-recipients"))
}
