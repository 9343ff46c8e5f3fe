//! What hooks are told of references that are about to change, on standard input.

use super::changes::{Brought, is_nothing, sources};
use super::{Source, repository, unreadable};
use crate::commands::context::Context;
use crate::error::{Code, Failure, Warning};
use crate::git::Repository;
use crate::io;
use std::io::IsTerminal as _;
use std::path::PathBuf;

/// The most that is read of what Git says.
const MOST: usize = 64 << 20;

const HINT: &str = "this flag is for hooks, which Git calls: see `git help hooks`";

/// Where textconv keeps what it prints.
const CACHES: &str = "refs/notes/textconv/";

/// A reference that is about to change: `name` from `old` to `new`.
#[derive(Debug, PartialEq, Eq)]
struct Update {
    old: String,
    new: String,
    name: String,
}

/// What a push takes to the other side. `remote` is what Git tells the hook by arguments: the name of the
/// remote, or its address where it has none, and its address.
pub(in crate::commands) fn pre_push(context: &Context, remote: &[PathBuf]) -> Result<Vec<Source>, Failure> {
    let repository = repository("--pre-push")?;
    let updates = read(|[_, local, reference, other]| Update { old: other, new: local, name: reference })?;
    let known: Vec<&str> = updates.iter().map(|update| update.old.as_str()).collect();
    let known: Vec<&str> = known.into_iter().filter(|id| !is_nothing(id)).collect();
    // What the other side has need not be here.
    let known = repository.commits(&known).map_err(|error| unreadable(&error))?;
    let others = match remote.first().map(|name| name.to_string_lossy().into_owned()) {
        None => Some("--remotes".to_owned()),
        // An address: nothing is known of that side.
        Some(name) if Some(&PathBuf::from(&name)) == remote.get(1) => None,
        Some(name) => Some(format!("--remotes={name}")),
    };
    // Where something before it has read what Git says, or nothing is to be pushed.
    let tips = match updates.is_empty() {
        true => repository.commits(&["HEAD"]).map_err(|error| unreadable(&error))?,
        false => Vec::new(),
    };
    let tips = tips.into_iter().flatten().collect();
    let brought = Brought { known: known.into_iter().flatten().collect(), others, tips };
    with_tips(context, &repository, &updates, brought)
}

/// What is about to be accepted from a push.
pub(in crate::commands) fn pre_receive(context: &Context) -> Result<Vec<Source>, Failure> {
    let repository = repository("--pre-receive")?;
    let updates = read(|[old, new, reference, _]| Update { old, new, name: reference })?;
    if updates.is_empty() {
        let cause = "nothing is there: a command before it in the hook has read it";
        return Err(failure(cause.to_owned()).hint("run seal check --pre-receive first"));
    }
    // The references are still the old ones.
    let brought = Brought { others: Some("--all".to_owned()), ..Brought::default() };
    with_tips(context, &repository, &updates, brought)
}

fn with_tips(
    context: &Context,
    repository: &Repository,
    updates: &[Update],
    mut brought: Brought,
) -> Result<Vec<Source>, Failure> {
    let updates: Vec<&Update> = updates.iter().filter(|update| !is_nothing(&update.new)).collect();
    let ids: Vec<&str> = updates.iter().map(|update| update.new.as_str()).collect();
    let commits = repository.commits(&ids).map_err(|error| unreadable(&error))?;
    for (update, commit) in updates.iter().zip(commits) {
        match commit {
            Some(commit) if brought.tips.contains(&commit) => {}
            Some(commit) => brought.tips.push(commit),
            None => context.warn(&Warning {
                headline: format!("`{}` is not looked at: it leads to no commit", update.name),
                place: None,
                hints: Vec::new(),
            }),
        }
    }
    let mut all = sources(context, repository, brought)?;
    if let Some(first) = all.first_mut() {
        let caches = updates.iter().filter(|update| update.name.starts_with(CACHES));
        first.caches = caches.map(|update| update.name.clone()).collect();
    }
    Ok(all)
}

fn failure(cause: String) -> Failure {
    Failure::new(Code::CannotReadInput, "cannot read what Git says on standard input").cause(cause)
}

/// Reads lines of up to four words.
fn read(update: impl Fn([String; 4]) -> Update) -> Result<Vec<Update>, Failure> {
    if std::io::stdin().is_terminal() {
        return Err(failure("standard input is a terminal".to_owned()).hint(HINT));
    }
    let text = io::read_stdin(MOST).map_err(|error| failure(error.to_string()))?;
    let text = String::from_utf8_lossy(&text);
    let mut found = Vec::new();
    for line in text.lines().filter(|line| !line.is_empty()) {
        let update = parse(line).map(&update).filter(|update| is_id(&update.old) && is_id(&update.new));
        found.push(
            update.ok_or_else(|| failure("a line names no reference with two ids".to_owned()).hint(HINT))?,
        );
    }
    Ok(found)
}

/// The words of a line; where there are three, the last is empty.
fn parse(line: &str) -> Option<[String; 4]> {
    let mut words = line.split(' ').map(str::to_owned);
    let found = [words.next()?, words.next()?, words.next()?, words.next().unwrap_or_default()];
    words.next().is_none().then_some(found)
}

fn is_id(text: &str) -> bool {
    matches!(text.len(), 40 | 64) && text.bytes().all(|b| b.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use super::{is_id, parse};

    #[test]
    fn lines_have_three_or_four_words() {
        assert!(parse("a b c").is_some_and(|words| words[3].is_empty()));
        assert!(parse("a b c d").is_some_and(|words| words[3] == "d"));
        assert!(parse("a b").is_none() && parse("a b c d e").is_none());
        assert!(is_id(&"0".repeat(40)) && is_id(&"a".repeat(64)));
        assert!(!is_id("HEAD") && !is_id(&"g".repeat(40)));
    }
}
