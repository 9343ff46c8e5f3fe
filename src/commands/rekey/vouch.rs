//! Whether anybody vouches for the recipients of a file.
//!
//! SOPS does not authenticate who a file is encrypted to: somebody who can write the file can put a
//! recipient of their own in, and is handed the next data key; or turn a key that two have to bring
//! together into one that each of them has. A new data key is wrapped only for those that the strict record
//! or `.sops.yaml` names, and in the groups that they have there.

use super::super::context::{Context, Manner};
use super::super::failure::Subject;
use super::show;
use super::target::Wanted;
use super::updatekeys::by_rule;
use crate::error::{Code, Failure, Warning};
use crate::keys::{KeyGroup, MasterKey, Recipients};
use crate::policy::Config;
use crate::sops::Opened;
use crate::sops::decrypt::Strictness;
use crate::ui::shell_word;

/// Refuses recipients of the file that nobody vouches for; `wanted` are those that are to get the key, and
/// `named` those of the command line. `false` if there are some and they are only told of, which is the
/// manner of SOPS where nothing contradicts them: no record is to vouch for them.
///
/// # Errors
/// There are some (207).
pub(in crate::commands) fn check(
    context: &Context,
    subject: Subject<'_>,
    opened: &Opened<'_>,
    wanted: &Wanted,
    named: &[MasterKey],
) -> Result<bool, Failure> {
    if opened.strictness == Strictness::Verified {
        return Ok(true);
    }
    let present = Wanted::of(&opened.sealed().metadata);
    let config = context.config()?;
    let rule = match config {
        Some(config) => by_rule(context, config, subject.name, &present)?,
        None => None,
    };
    let strangers = strangers(&present, wanted, rule.as_ref(), named);
    let cause = match &rule {
        Some(rule) if !is_split_as(&present, rule) => {
            "it has no strict record, and its key groups are not those of its creation rule".to_owned()
        }
        _ if strangers.is_empty() => return Ok(true),
        Some(_) if present.groups.len() > 1 => format!(
            "it has no strict record, and its creation rule does not name, in their groups, {}",
            listed(config, &strangers)
        ),
        Some(_) => {
            format!(
                "it has no strict record, and its creation rule does not name {}",
                listed(config, &strangers)
            )
        }
        None if context.manner() == Manner::Sops => {
            context.warn(&Warning {
                headline: format!(
                    "nobody vouches for the recipients of `{}`, which get the new key: {}",
                    subject.name,
                    listed(config, &strangers)
                ),
                place: None,
                hints: vec!["name them in a creation rule of .sops.yaml".to_owned()],
            });
            return Ok(false);
        }
        None => format!(
            "it has no strict record, and there is no creation rule for it that would name {}",
            listed(config, &strangers)
        ),
    };
    let name = subject.name;
    let headline = format!("nobody vouches for the recipients of `{name}`; it is unchanged");
    let by_rule = format!("make them those of .sops.yaml: seal updatekeys {}", shell_word(name));
    Err(Failure::new(Code::NotVouchedFor, headline)
        .cause(cause)
        .hints(rule.map(|_| by_rule))
        .hint("if you know them: --trust-recipients"))
}

/// The keys of the file that are to get the new key and stand neither in the rule, in the same place if
/// the key is split, nor on the command line.
fn strangers<'p>(
    present: &'p Wanted,
    wanted: &Wanted,
    rule: Option<&Wanted>,
    named: &[MasterKey],
) -> Vec<&'p MasterKey> {
    let staying = Recipients::of(&wanted.groups);
    let named = Recipients::of([&KeyGroup::new(named.to_vec())]);
    let rule: Vec<Recipients> =
        rule.map_or_else(Vec::new, |rule| rule.groups.iter().map(|group| Recipients::of([group])).collect());
    let numbered = present.groups.iter().enumerate();
    let keys = numbered.flat_map(|(number, group)| group.keys.iter().map(move |key| (number, key)));
    let is_strange = |(number, key): &(usize, &MasterKey)| {
        staying.has(key) && !named.has(key) && !rule.get(*number).is_some_and(|group| group.has(key))
    };
    keys.filter(is_strange).map(|(_, key)| key).collect()
}

/// Whether a file wants as many groups to come together as its rule does.
fn is_split_as(present: &Wanted, rule: &Wanted) -> bool {
    present.groups.len() == rule.groups.len() && present.needed() == rule.needed()
}

/// The first of them in short.
fn listed(config: Option<&Config>, keys: &[&MasterKey]) -> String {
    const SHOWN: usize = 8;
    let shown = keys.iter().take(SHOWN).map(|key| show::named(config, key));
    let mut words: Vec<String> = shown.collect();
    if keys.len() > SHOWN {
        words.push(format!("and {} more", keys.len() - SHOWN));
    }
    words.join(", ")
}
