//! `seal revoke --status`: what somebody could read and still stands as it was.
//!
//! A value counts as changed if it is none of those that were ever readable at its place. To tell, the
//! old versions are opened, as far as the identities at hand allow.

use super::super::context::Context;
use super::super::failure::Subject;
use super::super::output::print;
use super::super::rekey::policy::{Person, config, home};
use super::readable::{Readable, versions};
use super::todo::Todo;
use crate::doc::tree::Step;
use crate::doc::{FormatName, KeyPath};
use crate::error::{Code, Failure};
use crate::keys;
use crate::sops::Sealed;
use serde_json::json;
use sha2::{Digest as _, Sha256};
use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::{Component, Path};
use zeroize::Zeroizing;

/// What became of one value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// It has another value.
    Changed,
    /// It is not there any more.
    Gone,
    /// It is what it was.
    Same,
    /// No old version, or not the file of today, could be opened.
    Unknown,
}

impl State {
    fn word(self) -> &'static str {
        match self {
            State::Changed => "changed",
            State::Gone => "gone",
            State::Same => "not changed",
            State::Unknown => "not known",
        }
    }
}

/// The values of a version by their paths, as digests that only this process can compare.
type Values = HashMap<String, [u8; 32]>;

/// Tells what was changed since somebody lost access.
///
/// # Errors
/// There is no list and nothing in the history (1), or Git cannot be read.
pub fn run(context: &Context, who: &str) -> Result<(), Failure> {
    let config = config(context)?;
    let person = Person::find(config, who)?;
    let home = home(context, config)?;
    let mut wanted = Todo::load(&home, who)?.map(|todo| todo.readable).unwrap_or_default();
    let history = Readable::by(context, &home, &person.keys, &[])?;
    for (file, values) in history.files {
        wanted.entry(file).or_default().extend(values);
    }
    if wanted.is_empty() {
        context.say(&format!("`{who}` could read no value"));
        return Ok(());
    }
    let salt = crate::crypto::random(32).map_err(|error| {
        Failure::new(Code::Generic, "the operating system gave no random bytes").cause(error.to_string())
    })?;
    let mut readable: HashMap<String, HashMap<String, HashSet<[u8; 32]>>> = HashMap::new();
    versions(context, &home, &person.keys, &[], |file, sealed, _| {
        let Some(values) = opened(context, sealed, &salt) else { return };
        let known = readable.entry(file.to_owned()).or_default();
        values.into_iter().for_each(|(path, digest)| _ = known.entry(path).or_default().insert(digest));
    })?;
    let mut report: Vec<(String, String, State)> = Vec::new();
    for (file, values) in &wanted {
        let now = today(context, &home, file, &salt)?;
        for value in values {
            let old = readable.get(file).and_then(|values| values.get(value));
            report.push((file.clone(), value.clone(), state(&now, value, old)));
        }
    }
    tell(context, who, &report)
}

fn state(now: &Today, value: &str, old: Option<&HashSet<[u8; 32]>>) -> State {
    match (now, old) {
        (Today::Gone, _) => State::Gone,
        (Today::Closed, _) => State::Unknown,
        (Today::Open(values), old) => match (values.get(value), old) {
            (None, _) => State::Gone,
            (Some(_), None) => State::Unknown,
            (Some(digest), Some(old)) if old.contains(digest) => State::Same,
            (Some(_), Some(_)) => State::Changed,
        },
    }
}

/// The file as it is in the worktree.
enum Today {
    Gone,
    Closed,
    Open(Values),
}

fn today(context: &Context, home: &Path, file: &str, salt: &[u8]) -> Result<Today, Failure> {
    let path = home.join(file);
    // The list comes with the repository, and names files of it.
    let is_below = Path::new(file).components().all(|part| matches!(part, Component::Normal(_)));
    if !is_below || path.metadata().is_ok_and(|metadata| !metadata.is_file()) {
        return Ok(Today::Closed);
    }
    let bytes = match crate::io::read_file(&path, super::super::convert::limits().max_bytes) {
        Ok(input) => input.bytes,
        Err(crate::io::ReadError::NotFound) => return Ok(Today::Gone),
        Err(_unreadable) => return Ok(Today::Closed),
    };
    let name = path.display().to_string();
    let subject = Subject { name: &name, source: &bytes, format: FormatName::of_file(file, &bytes) };
    let sealed = super::super::open::load(subject)?;
    Ok(opened(context, &sealed, salt).map_or(Today::Closed, Today::Open))
}

/// The values of a version, if it opens.
fn opened(context: &Context, sealed: &Sealed<'_>, salt: &[u8]) -> Option<Values> {
    let order = context.decryption_order().ok()?;
    let metadata = &sealed.metadata;
    let key = keys::recover(&metadata.groups, metadata.threshold, context.services(), &order).ok()?;
    let opened = sealed.open(&key, true).ok()?;
    let tree = &sealed.tree;
    let mut values = Values::new();
    let walked: Result<(), std::convert::Infallible> = tree.walk(|step| {
        if let Step::Leaf(id) = step
            && let Some(value) = opened.value(id)
        {
            let mut text: Zeroizing<Vec<u8>> = Zeroizing::default();
            value.canonical(&mut text);
            let digest = Sha256::new().chain_update(salt).chain_update(&*text).finalize();
            values.insert(KeyPath::of(tree, id).to_string(), digest.into());
        }
        Ok(())
    });
    match walked {
        Ok(()) => Some(values),
    }
}

fn tell(context: &Context, who: &str, report: &[(String, String, State)]) -> Result<(), Failure> {
    let done = report.iter().filter(|(_, _, state)| matches!(state, State::Changed | State::Gone)).count();
    if context.is_json() {
        let values: Vec<_> = report
            .iter()
            .map(|(file, value, state)| json!({ "file": file, "value": value, "state": state.word() }))
            .collect();
        let report = json!({ "who": who, "done": done, "of": report.len(), "values": values });
        return print(format!("{report:#}\n").as_bytes());
    }
    let mut by_file: BTreeMap<&str, Vec<(&str, State)>> = BTreeMap::new();
    for (file, value, state) in report {
        by_file.entry(file).or_default().push((value, *state));
    }
    let width = report.iter().map(|(_, value, _)| value.chars().count()).max().unwrap_or_default().min(60);
    let mut text = String::new();
    for (file, values) in by_file {
        text.push_str(&format!("{}\n", crate::ui::escaped(file)));
        for (value, state) in values {
            text.push_str(&format!("  {:<width$}  {}\n", crate::ui::escaped(value), state.word()));
        }
    }
    print(text.as_bytes())?;
    context.say(&format!("{done} of {} changed since", report.len()));
    Ok(())
}
