//! `seal updatekeys`: the recipients of files become those of their creation rules.

use super::super::context::{Context, Manner};
use super::super::expiry::Expiry;
use super::super::output::print;
use super::super::types::Types;
use super::many::{each, first_failure, survey};
use super::show::{self, Change, files};
use super::target::{Target, Wanted, Writing};
use crate::error::{Code, Failure, Warning};
use crate::keys::{Ask as _, AskError};
use crate::policy::Config;
use crate::ui::Terminal;
use serde_json::{Value, json};
use std::io::{BufRead as _, Read as _};
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

/// What `seal updatekeys` is asked to do.
pub struct Request {
    /// Files and folders.
    pub paths: Vec<PathBuf>,
    /// Do not ask.
    pub yes: bool,
    /// Only say what would change.
    pub dry_run: bool,
    /// Formats.
    pub types: Types,
    /// Write the strict record.
    pub record: bool,
}

/// What is to be done with one file.
enum Plan {
    /// No creation rule is for it.
    NoRule,
    /// Nothing.
    UpToDate,
    /// Its recipients change.
    Change(Change),
}

/// Compares every file with its rule, asks, and writes those that differ. No key is needed to compare.
///
/// # Errors
/// The first failure; other files are still written.
pub fn run(context: &Context, request: &Request) -> Result<(), Failure> {
    if request.paths.iter().any(|path| path.as_os_str() == "-") {
        let headline = "updatekeys needs files; one of them is standard input";
        return Err(Failure::new(Code::ConflictingParameters, headline));
    }
    let config = rules(context)?;
    let found = survey(context, &request.paths, &request.types, |target| plan(context, config, target))?;
    let (mut report, mut failures, mut changes) = (Vec::new(), Vec::new(), Vec::new());
    let (mut current, mut ruleless) = (0, 0);
    for (path, plan) in found {
        match plan {
            Ok(Plan::Change(change)) => changes.push((path, change)),
            Ok(Plan::UpToDate) => {
                current += 1;
                report.push(show::entry(None, &path, "up to date", None));
            }
            Ok(Plan::NoRule) if request.paths.contains(&path) => failures.push(no_rule(&path)),
            Ok(Plan::NoRule) => {
                ruleless += 1;
                report.push(show::entry(None, &path, "no creation rule", None));
            }
            Err(failure) => failures.push(failure),
        }
    }
    if ruleless > 0 {
        context.warn(&Warning {
            headline: format!("no creation rule is for {}: their recipients stay", files(ruleless)),
            place: None,
            hints: Vec::new(),
        });
    }
    let words = !context.is_json();
    if words {
        show::tell(context, Some(config), &changes);
    }
    let write = !request.dry_run
        && !changes.is_empty()
        && (request.yes || confirm(context, &format!("Change the recipients of {}?", files(changes.len())))?);
    let mut written = 0;
    if write {
        let paths: Vec<&PathBuf> = changes.iter().map(|(path, _)| path).collect();
        let results = each(context, "writing", &paths, |path| update(context, config, path, request));
        for ((path, change), result) in changes.iter().zip(results) {
            match result {
                Ok(()) => {
                    written += 1;
                    report.push(show::entry(Some(config), path, "changed", Some(change)));
                }
                Err(failure) => failures.push(failure),
            }
        }
    } else {
        for (path, change) in &changes {
            report.push(show::entry(Some(config), path, "differs", Some(change)));
        }
    }
    let done = if write { written } else { changes.len() };
    if !words {
        print_report(report)?;
    } else if done + current > 0 || failures.is_empty() {
        context.say(&summary(changes.len(), written, current, write));
    }
    first_failure(context, failures)
}

fn summary(differ: usize, written: usize, current: usize, write: bool) -> String {
    match (differ, write) {
        (0, _) => format!("{} up to date", files(current)),
        (_, true) => format!("{} changed, {current} up to date before", files(written)),
        (_, false) => format!("{} would change, {current} up to date; nothing was written", files(differ)),
    }
}

/// Prints the report on files.
pub(in crate::commands) fn print_report(mut files: Vec<Value>) -> Result<(), Failure> {
    files.sort_by(|a, b| a["path"].as_str().cmp(&b["path"].as_str()));
    print(format!("{:#}\n", json!({ "files": files })).as_bytes())
}

/// The configuration, which has creation rules.
fn rules(context: &Context) -> Result<&Config, Failure> {
    let headline = "there are no creation rules to take recipients from; nothing was changed";
    let failure = Failure::new(Code::Generic, headline)
        .hint("write them into .sops.yaml, in this folder or one above")
        .hint("single recipients: seal rotate -i --add-age RECIPIENT FILE");
    match context.config()? {
        Some(config) if config.creation_rules.is_some() => Ok(config),
        Some(_) => Err(failure.cause(".sops.yaml has no creation_rules")),
        None => Err(failure.cause("there is no .sops.yaml in this folder or above")),
    }
}

fn no_rule(path: &Path) -> Failure {
    let name = path.display();
    Failure::new(Code::Generic, format!("no creation rule is for `{name}`; it is unchanged"))
        .cause("no matching creation rules found: no `path_regex` fits the path")
        .hint("patterns see the path from the folder of .sops.yaml")
}

fn plan(context: &Context, config: &Config, target: &Target) -> Result<Plan, Failure> {
    let present = Wanted::of(&target.metadata()?);
    let Some(wanted) = by_rule(context, config, &target.input.name, &present)? else {
        return Ok(Plan::NoRule);
    };
    Ok(Change::between(&present, &wanted).map_or(Plan::UpToDate, Plan::Change))
}

/// What the creation rule of `name` in `config` wants. Where it has no threshold that of a file with several
/// groups stays, as far as it goes.
///
/// # Errors
/// The rule cannot be used (1).
pub(in crate::commands) fn by_rule(
    context: &Context,
    config: &Config,
    name: &str,
    present: &Wanted,
) -> Result<Option<Wanted>, Failure> {
    let Some(rule) = context.rule_in(config, name)? else { return Ok(None) };
    let groups = config.keys_of(rule).map_err(|problem| config.failure(&problem, "nothing was changed"))?;
    let threshold = match (rule.shamir_threshold, present.groups.len()) {
        (0, 0 | 1) => 0,
        (0, _) => present.threshold.min(groups.len()),
        (threshold, _) => threshold,
    };
    Ok(Some(Wanted { groups: groups.to_vec(), threshold }))
}

/// Asks on the terminal; in the manner of SOPS whoever is at the other end of standard input.
///
/// # Errors
/// There is nobody to ask (1).
pub(in crate::commands) fn confirm(context: &Context, question: &str) -> Result<bool, Failure> {
    if context.manner() == Manner::Sops {
        return answer_of_stdin(context, question);
    }
    Terminal.confirm(question, "yes", Some("no")).map_err(|error| match error {
        AskError::NoTerminal => Failure::new(Code::Generic, "there is nobody to ask; nothing was changed")
            .cause("there is no terminal")
            .hint("to go ahead without a question: --yes; only to look: --dry-run"),
        _ => Failure::new(Code::Generic, "nothing was changed").cause(error.to_string()),
    })
}

/// The longest answer, in bytes.
const MAX_ANSWER: u64 = 256;

fn answer_of_stdin(context: &Context, question: &str) -> Result<bool, Failure> {
    let mut input = std::io::stdin().lock();
    loop {
        context.show(&format!("{question} (y/n)"));
        let mut line = String::new();
        let read = input.by_ref().take(MAX_ANSWER).read_line(&mut line);
        match (read, line.trim().to_ascii_lowercase().as_str()) {
            (Ok(_), "y" | "yes") => return Ok(true),
            (Ok(_), "n" | "no") => return Ok(false),
            (Ok(1..), _) => {}
            (Ok(0) | Err(_), _) => {
                return Err(Failure::new(Code::Generic, "there is no answer; nothing was changed")
                    .cause("standard input is at its end")
                    .hint("to go ahead without a question: --yes"));
            }
        }
    }
}

/// Gives one file the recipients of its rule. It is read again, so that what was written in the meantime
/// is not lost.
fn update(context: &Context, config: &Config, path: &Path, request: &Request) -> Result<(), Failure> {
    let target = Target::read(path, &request.types)?;
    match updated(context, config, &target, request.record)? {
        Some(text) => target.write(&text).map(|_written| ()),
        None => Ok(()),
    }
}

/// The text of a file with the recipients of its rule in `config`; none if it has them.
///
/// # Errors
/// It does not open, or a key cannot be wrapped.
pub(in crate::commands) fn updated(
    context: &Context,
    config: &Config,
    target: &Target,
    record: bool,
) -> Result<Option<Zeroizing<Vec<u8>>>, Failure> {
    target.unlocked(context, |subject, unlocked| {
        let present = Wanted::of(&unlocked.opened.sealed().metadata);
        let Some(wanted) = by_rule(context, config, subject.name, &present)? else { return Ok(None) };
        if Change::between(&present, &wanted).is_none() {
            return Ok(None);
        }
        let writing = Writing { record, rotate: false, expires: Expiry::Keep };
        Target::rekeyed(context, subject, unlocked, &wanted, writing).map(Some)
    })
}
