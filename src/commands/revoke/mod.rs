//! `seal revoke`: somebody may not read files any more, and what they could read has to be changed.
//!
//! | file | what it holds |
//! | --- | --- |
//! | `readable` | what somebody could ever read, from the history |
//! | `todo` | the list that is kept until everything on it is changed |
//! | `status` | which of it was changed since |

mod readable;
mod status;
mod todo;

use super::context::Context;
use super::expiry::Expiry;
use super::output::print;
use super::rekey::policy::{Governed, Person, Prepared, config, governed, home, rules_of};
use super::rekey::rotate;
use super::rekey::show::{self, files};
use super::rekey::updatekeys::confirm;
use super::types::Types;
use crate::error::{Failure, Warning};
use crate::policy::Config;
use crate::policy::edit::Scope;
use readable::Readable;
use serde_json::json;
use std::path::{Path, PathBuf};
use todo::Todo;

/// What `seal revoke` is asked to do.
pub struct Request {
    /// A name of the configuration, or an age recipient.
    pub who: String,
    /// Files and folders; none means everything.
    pub paths: Vec<PathBuf>,
    /// Change all files of a rule though not all are named.
    pub whole_rule: bool,
    /// Wrap for the other recipients of a file though nobody vouches for them.
    pub trust: bool,
    /// Do not ask.
    pub yes: bool,
    /// Only say what would change.
    pub dry_run: bool,
    /// Write the strict record.
    pub record: bool,
}

/// Removes the recipient from the configuration and from the files, which get new data keys, and lists
/// what it could read.
///
/// # Errors
/// Nobody has the name, a file does not open, or nothing can be written.
pub fn run(context: &Context, request: &Request) -> Result<(), Failure> {
    let before = config(context)?;
    let person = Person::find(before, &request.who)?;
    let home = home(context, before)?;
    let all = governed(context, before, std::slice::from_ref(&home))?;
    let (after, affected) = if request.paths.is_empty() {
        let after = before.revoke_everywhere(person.who()).map_err(|error| Failure::from(&error))?;
        (after, all.iter().filter(|file| file.is_read_by(&person.keys)).collect::<Vec<_>>())
    } else {
        some(context, before, request, &person, &all)?
    };
    let readable = Readable::by(context, &home, &person.keys, &request.paths)?;
    let rotation = rotate::Request {
        paths: Vec::new(),
        in_place: true,
        output: None,
        add: Vec::new(),
        remove: person.keys.clone(),
        dry_run: false,
        trust: request.trust,
        types: Types::default(),
        record: request.record,
        expires: Expiry::Keep,
    };
    let paths: Vec<&Path> = affected.iter().map(|file| file.path.as_path()).collect();
    let prepared =
        Prepared::of(context, &paths, |target| rotate::text_of(context, &rotation, target).map(Some))?;
    if !context.is_json() {
        let mut changes = Vec::new();
        for file in &affected {
            let change = rotate::change(&rotation, &file.metadata, &file.path.display().to_string())?;
            changes.extend(change.map(|change| (file.path.clone(), change)));
        }
        show::tell(context, Some(before), &changes);
    }
    let changes_config = before.text() != after.text();
    let config = |verb| if changes_config { format!(", `{}` {verb}", after.name()) } else { String::new() };
    let (shown, count) = (person.shown(), files(prepared.len()));
    if request.dry_run {
        context
            .say(&format!("{count} would get a new data key{}; nothing was written", config("would change")));
        return tell(context, &person, &readable, None);
    }
    let question = format!("Take {count} from `{shown}`, with new data keys?");
    if !request.yes && !paths.is_empty() && !confirm(context, &question)? {
        context.say("nothing was changed");
        return Ok(());
    }
    let todo = Todo::new(&person, context.now(), &readable).joined(&home)?;
    prepared.write(context, before, &after)?;
    context.say(&match paths.is_empty() && !changes_config {
        true => format!("`{shown}` is no recipient already; nothing was changed"),
        false => format!("`{shown}` is no recipient any more; new data keys: {count}{}", config("changed")),
    });
    let kept = if readable.is_empty() { None } else { Some(todo.save(&home)?) };
    tell(context, &person, &readable, kept.as_deref())
}

/// The change for some paths only.
fn some<'f>(
    context: &Context,
    before: &Config,
    request: &Request,
    person: &Person,
    all: &'f [Governed],
) -> Result<(Config, Vec<&'f Governed>), Failure> {
    let chosen = governed(context, before, &request.paths)?;
    let rules = rules_of(all, &chosen, request.whole_rule)?;
    let mut after = before.with_text(before.text()).map_err(|error| Failure::from(&error))?;
    for rule in &rules {
        after = after.revoke(person.who(), Scope::Rule(*rule)).map_err(|error| Failure::from(&error))?;
    }
    let is_affected = |file: &&Governed| {
        file.rule.is_some_and(|rule| rules.contains(&rule)) && file.is_read_by(&person.keys)
    };
    Ok((after, all.iter().filter(is_affected).collect()))
}

/// Lists what the recipient could read.
fn tell(context: &Context, person: &Person, readable: &Readable, kept: Option<&Path>) -> Result<(), Failure> {
    if readable.shallow {
        context.warn(&Warning {
            headline: "the history is cut off: there may be more than it shows".to_owned(),
            place: None,
            hints: vec!["git fetch --unshallow".to_owned()],
        });
    }
    if context.is_json() {
        let report = json!({ "who": person.word, "readable": readable.json(), "list": kept.map(Path::display).map(|path| path.to_string()) });
        return print(format!("{report:#}\n").as_bytes());
    }
    let count = readable.count();
    if count == 0 {
        context.say(&format!("`{}` could read no value", person.shown()));
        return Ok(());
    }
    print(readable.lines().as_bytes())?;
    let shown = person.shown();
    context.say(&match count {
        1 => format!("`{shown}` could read this value: change it where it is used"),
        _ => format!("`{shown}` could read these {count} values: change them where they are used"),
    });
    if let Some(kept) = kept {
        context.say(&format!("the list is kept in `{}`; commit it with the files", kept.display()));
        context.say(&format!(
            "what is left of it: seal revoke --status {}",
            crate::ui::shell_word(&person.word)
        ));
    }
    Ok(())
}

pub use status::run as status;
