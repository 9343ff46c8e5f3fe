//! `seal groups`: the key groups of a file, of which several have to give their share.

use super::super::context::Context;
use super::super::expiry::Expiry;
use super::super::output::{Output, print};
use super::super::recipients::Recipients;
use super::super::types::Types;
use super::show::named;
use super::target::{Target, Wanted, Writing};
use super::vouch;
use crate::error::{Code, Failure};
use crate::io::Mode;
use crate::keys::{self, GroupReport, KeyGroup, MasterKey};
use serde_json::{Value, json};
use std::path::PathBuf;

/// What becomes of the groups.
pub enum Action {
    /// A new group of these keys.
    Add(Vec<MasterKey>),
    /// The group at this position, from 0, goes.
    Delete(usize),
}

impl Action {
    /// To add a group of these recipients.
    ///
    /// # Errors
    /// There are none, or one is not well-formed (1), or the encryption context is not (6).
    pub fn add(recipients: &Recipients) -> Result<Self, Failure> {
        let keys = recipients.keys("--")?;
        if keys.is_empty() {
            return Err(Failure::new(Code::Generic, "a key group needs somebody in it")
                .hint("name recipients with --age or --pgp"));
        }
        Ok(Action::Add(keys))
    }
}

/// What `seal groups add` and `seal groups delete` are asked to do.
pub struct Request {
    /// The file.
    pub file: PathBuf,
    /// What becomes of its groups.
    pub action: Action,
    /// Groups needed from now on.
    pub threshold: Option<usize>,
    /// Write back to the file.
    pub in_place: bool,
    /// Wrap for the recipients of the file though nobody vouches for them.
    pub trust: bool,
    /// Formats.
    pub types: Types,
    /// Write the strict record.
    pub record: bool,
}

/// Adds or removes a group; the data key stays.
///
/// # Errors
/// The groups or the threshold do not fit (1), or the file does not open.
pub fn change(context: &Context, request: &Request) -> Result<(), Failure> {
    let output = Output::choose(request.in_place, None, std::slice::from_ref(&request.file))?;
    let target = Target::read(&request.file, &request.types)?;
    let (text, groups, needed) = target.unlocked(context, |subject, unlocked| {
        let present = Wanted::of(&unlocked.opened.sealed().metadata);
        let wanted = wanted(request, &present, subject.name)?;
        let new: &[MasterKey] = if let Action::Add(keys) = &request.action { keys } else { &[] };
        let vouched = request.trust || vouch::check(context, subject, &unlocked.opened, &wanted, new)?;
        let writing = Writing { record: request.record && vouched, rotate: false, expires: Expiry::Keep };
        let text = Target::rekeyed(context, subject, unlocked, &wanted, writing)?;
        Ok((text, wanted.groups.len(), wanted.needed()))
    })?;
    output.write(&target.input, &text, Mode::Shared)?;
    if request.in_place {
        let groups = if groups == 1 { "1 key group".to_owned() } else { format!("{groups} key groups") };
        context.say(&format!("`{}`: {groups}, {needed} needed to decrypt", target.input.name));
    }
    Ok(())
}

fn wanted(request: &Request, present: &Wanted, name: &str) -> Result<Wanted, Failure> {
    let refused = |headline: String| Failure::new(Code::Generic, format!("{headline}; it is unchanged"));
    let mut groups = present.groups.clone();
    match &request.action {
        Action::Add(keys) => groups.push(KeyGroup::new(keys.clone())),
        Action::Delete(index) if *index >= groups.len() => {
            let count = groups.len();
            return Err(refused(format!("`{name}` has no key group {index}"))
                .cause(format!("it has {count}, counted from 0")));
        }
        Action::Delete(_) if groups.len() == 1 => {
            return Err(refused(format!("the only key group of `{name}` cannot be deleted")));
        }
        Action::Delete(index) => drop(groups.remove(*index)),
    }
    // Where nothing was said so far, all groups are needed.
    let threshold = match (request.threshold, present.threshold) {
        (Some(threshold), _) => threshold,
        (None, _) if present.groups.len() == 1 => groups.len(),
        (None, threshold) => threshold,
    };
    if threshold > groups.len() {
        return Err(refused(format!("`{name}` would have fewer key groups than it needs"))
            .cause(format!("{} groups, {threshold} needed", groups.len()))
            .hint("to need fewer of them: --shamir-secret-sharing-threshold N"));
    }
    Ok(Wanted { groups, threshold })
}

/// Tells who is in the groups of a file, and which of them give their share with the identities at hand.
///
/// # Errors
/// The file cannot be read, or is not encrypted.
pub fn show(context: &Context, file: &std::path::Path, types: &Types) -> Result<(), Failure> {
    let target = Target::read(file, types)?;
    let present = Wanted::of(&target.metadata()?);
    let order = context.decryption_order()?;
    let reports = keys::reports(&present.groups, context.services(), &order);
    let opened = reports.iter().filter(|report| report.recovered).count();
    let needed = present.needed();
    if context.is_json() {
        let groups: Result<Vec<Value>, Failure> = present
            .groups
            .iter()
            .zip(&reports)
            .map(|(group, report)| entry(context, group, report))
            .collect();
        let report = json!({ "groups": groups?, "needed": needed, "opened": opened });
        return print(format!("{report:#}\n").as_bytes());
    }
    let config = context.config()?;
    let mut text = String::new();
    for (group, report) in present.groups.iter().zip(&reports) {
        let state = if report.recovered { "gives its share" } else { "does not open" };
        text.push_str(&format!("group {}: {state}\n", report.number));
        for key in &group.keys {
            let by = report.opened_by.as_ref() == Some(&key.recipient());
            let mark = if by { "  (by this one)" } else { "" };
            text.push_str(&format!("  {}{mark}\n", named(config, key)));
        }
    }
    let enough = if opened >= needed { "enough" } else { "not enough" };
    text.push_str(&format!("{opened} of {} groups open, {needed} needed: {enough}\n", reports.len()));
    print(text.as_bytes())
}

fn entry(context: &Context, group: &KeyGroup, report: &GroupReport) -> Result<Value, Failure> {
    let config = context.config()?;
    let keys: Vec<Value> = group
        .keys
        .iter()
        .map(|key| {
            json!({
                "kind": key.kind.name(),
                "recipient": key.recipient(),
                "name": config.and_then(|config| config.name_of(key)),
                "opens": report.opened_by.as_ref() == Some(&key.recipient()),
            })
        })
        .collect();
    Ok(json!({ "number": report.number, "opens": report.recovered, "keys": keys }))
}
