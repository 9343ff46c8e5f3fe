//! `seal grant`: somebody may read files from now on.

use super::context::Context;
use super::output::print;
use super::rekey::policy::{Governed, Person, Prepared, config, governed, home, rules_of};
use super::rekey::show::{self, Change, files};
use super::rekey::target::Wanted;
use super::rekey::updatekeys::{by_rule, confirm, updated};
use crate::error::{Code, Failure};
use crate::keys::{KeyKind, MasterKey};
use crate::policy::Config;
use crate::policy::edit::Scope;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// How a name comes into the configuration.
const NEW: &str = "somebody new is given a name with --key RECIPIENT";

/// What `seal grant` is asked to do.
pub struct Request {
    /// A name of the configuration, or an age recipient.
    pub who: String,
    /// The key of a name that is new.
    pub key: Option<String>,
    /// Files and folders.
    pub paths: Vec<PathBuf>,
    /// A role that the recipient gets, in the place of paths.
    pub role: Option<String>,
    /// Change all files of a rule though not all are named.
    pub whole_rule: bool,
    /// Do not ask.
    pub yes: bool,
    /// Only say what would change.
    pub dry_run: bool,
    /// Write the strict record.
    pub record: bool,
}

/// Adds the recipient to the configuration, and to the files of the rules.
///
/// # Errors
/// Nobody has the name, no rule is for the files, a file does not open, or nothing can be written.
pub fn run(context: &Context, request: &Request) -> Result<(), Failure> {
    let before = config(context)?;
    let with_name = named(before, request)?;
    let start = with_name.as_ref().unwrap_or(before);
    let person = Person::find(start, &request.who).map_err(|failure| failure.hint(NEW))?;
    let all = governed(context, before, &[home(context, before)?])?;
    let (after, rules) = match &request.role {
        Some(role) => {
            let after =
                start.grant(person.who(), Scope::Role(role)).map_err(|error| Failure::from(&error))?;
            let of_role = |rule: usize| {
                let rules = after.creation_rules.iter().flatten();
                let mut grants = rules.filter(|one| one.index == rule).filter_map(|one| after.grant_of(one));
                grants.any(|grant| grant.to.iter().any(|word| word == role))
            };
            let rules: BTreeSet<usize> =
                all.iter().filter_map(|file| file.rule).filter(|rule| of_role(*rule)).collect();
            (after, rules)
        }
        None => {
            let chosen = governed(context, before, &request.paths)?;
            let rules = rules_of(&all, &chosen, request.whole_rule)?;
            (granted(start, &person, &rules)?, rules)
        }
    };
    let affected = all.iter().filter(|file| file.rule.is_some_and(|rule| rules.contains(&rule)));
    let paths: Vec<&Path> = affected.clone().map(|file| file.path.as_path()).collect();
    let prepared = Prepared::of(context, &paths, |target| updated(context, &after, target, request.record))?;
    let changes_config = before.text() != after.text();
    let what = format!("`{}` can read {}", person.shown(), files(paths.len()));
    if !changes_config && prepared.len() == 0 {
        context.say(&format!("{what} already; nothing was changed"));
        return if context.is_json() { report(&person, None, Vec::new()) } else { Ok(()) };
    }
    let mut changes = Vec::new();
    for file in affected {
        changes.extend(change_by_rule(context, &after, file)?.map(|change| (file.path.clone(), change)));
    }
    if !context.is_json() {
        show::tell(context, Some(&after), &changes);
    }
    let question = format!("Let `{}` read {}?", person.shown(), files(paths.len()));
    let write = !request.dry_run && (request.yes || confirm(context, &question)?);
    let count = match (prepared.len(), changes_config) {
        (0, true) => format!("`{}`", after.name()),
        (count, true) => format!("{} and `{}`", files(count), after.name()),
        (count, false) => files(count),
    };
    if write {
        prepared.write(context, before, &after)?;
    }
    if context.is_json() {
        let status = if write { "changed" } else { "differs" };
        let entry =
            |(path, change): &(PathBuf, Change)| show::entry(Some(&after), path, status, Some(change));
        return report(&person, changes_config.then_some(&after), changes.iter().map(entry).collect());
    }
    context.say(&match write {
        true => format!("{what} from now on; {count} changed"),
        false => format!("{count} would change; nothing was written"),
    });
    Ok(())
}

/// How the recipients of a file change by its rule in `config`, if they do.
fn change_by_rule(context: &Context, config: &Config, file: &Governed) -> Result<Option<Change>, Failure> {
    let present = Wanted::of(&file.metadata);
    let wanted = by_rule(context, config, &file.path.display().to_string(), &present)?;
    Ok(wanted.and_then(|wanted| Change::between(&present, &wanted)))
}

/// Prints what changes, for programs.
fn report(person: &Person, config: Option<&Config>, files: Vec<Value>) -> Result<(), Failure> {
    let report = json!({ "who": person.word, "config": config.map(Config::name), "files": files });
    print(format!("{report:#}\n").as_bytes())
}

/// The configuration with the new name, if one is given.
fn named(config: &Config, request: &Request) -> Result<Option<Config>, Failure> {
    let Some(text) = &request.key else { return Ok(None) };
    let key = MasterKey::parse(KeyKind::Age, text).map_err(|error| {
        Failure::new(Code::Generic, "`--key` is not a recipient; nothing was changed")
            .cause(error.to_string())
    })?;
    let same = |one: &crate::policy::Recipient| {
        one.name == request.who && one.keys.iter().any(|k| k.is_same_recipient(&key))
    };
    if config.seal.recipients.iter().any(same) {
        return Ok(None);
    }
    config.add_recipient(&request.who, &[key]).map(Some).map_err(|error| Failure::from(&error))
}

fn granted(config: &Config, person: &Person, rules: &BTreeSet<usize>) -> Result<Config, Failure> {
    let mut changed: Option<Config> = None;
    for rule in rules {
        let current = changed.as_ref().unwrap_or(config);
        changed =
            Some(current.grant(person.who(), Scope::Rule(*rule)).map_err(|error| Failure::from(&error))?);
    }
    match changed {
        Some(changed) => Ok(changed),
        None => config.with_text(config.text()).map_err(|error| Failure::from(&error)),
    }
}
