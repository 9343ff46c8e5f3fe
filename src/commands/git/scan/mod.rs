//! `seal git scan`: whether the value of an encrypted file stands somewhere in clear.

mod forms;
mod history;
mod known;

use crate::check::{Check, Finding};
use crate::commands::check::report::{Form, Outcome};
use crate::commands::check::source::{self, File, Source, unreadable};
use crate::commands::check::suppress::{self, Ignore, Suppressions};
use crate::commands::check::{Located, order};
use crate::commands::context::Context;
use crate::commands::{convert, output};
use crate::doc::Position;
use crate::error::{Code, Failure, Warning};
use crate::git::Repository;
use known::{Gathering, Hit, Search};
use std::path::Path;
use std::sync::Arc;

/// What `seal git scan` is asked to do.
pub struct Request {
    /// Everything that was ever committed, too.
    pub history: bool,
    /// What the next commit brings, instead of the worktree.
    pub staged: bool,
    /// Key paths whose values may stand in clear.
    pub allowed: Vec<String>,
    /// Findings that are not wanted.
    pub ignore: Vec<Ignore>,
    /// The form of the findings.
    pub form: Option<Form>,
}

/// Searches and prints what was found; gives the exit code.
///
/// # Errors
/// Something cannot be read, or no encrypted file can be opened (2).
pub fn run(context: &Context, request: &Request) -> Result<u8, Failure> {
    let outcome = scan(context, request).map_err(|failure| {
        // 1 stands for findings here.
        Failure { code: Code::CannotReadInput, ..failure }
    })?;
    let form = request.form.unwrap_or_else(|| Form::usual(context));
    output::print(form.render(&outcome).as_bytes())?;
    if !context.is_quiet() {
        context.say(&outcome.summary());
    }
    Ok(u8::from(!outcome.findings.is_empty()))
}

fn scan(context: &Context, request: &Request) -> Result<Outcome, Failure> {
    let repository = match Repository::discover(Path::new(".")) {
        Ok(found) => found.ok_or_else(|| source::no_repository("seal git scan"))?,
        Err(error) => return Err(unreadable(&error)),
    };
    let source = match (request.staged, repository.root()) {
        (true, _) => source::staged(context)?,
        (false, Some(_)) => Source::worktree(context, &[])?,
        // A bare repository.
        (false, None) => source::tree(context, "HEAD")?,
    };
    let limit = convert::limits().max_bytes;
    let mut gathering = Gathering::new(context, &request.allowed);
    // What is committed, and what is about to be.
    if let Some(tree) = repository.tree_of("HEAD").map_err(|error| unreadable(&error))? {
        let mut blobs = repository.blobs().map_err(|error| unreadable(&error))?;
        for entry in repository.tree(&tree).map_err(|error| unreadable(&error))? {
            if let Ok(bytes) = blobs.read(&entry.id, limit) {
                gathering.take(&entry.name.to_string_lossy(), &bytes)?;
            }
        }
    }
    for file in &source.files {
        if let Some(input) = source.read(file, limit, true)? {
            gathering.take(&file.name, &input.bytes)?;
        }
    }
    let objects = match request.history {
        true => repository.reachable().map_err(|error| unreadable(&error))?,
        false => Vec::new(),
    };
    history::gather(&repository, &objects, &mut gathering)?;
    warn_of_closed(context, &gathering)?;
    let search = gathering.search()?;

    let mut found = Vec::new();
    let (mut files, mut passed) = (0, 0);
    for file in source.files.iter().filter(|file| !file.beside) {
        match source.read(file, limit, true)? {
            Some(input) => {
                files += 1;
                let hits = search.hits(&input.bytes);
                found.extend(hits.into_iter().map(|hit| {
                    let place = Position::of(&input.bytes, hit.2);
                    located(&search, file, hit, Some(place), "")
                }));
            }
            None => passed += 1,
        }
    }
    if request.history {
        let (searched, hits) = history::search(&repository, &objects, &search)?;
        files += searched;
        found.extend(hits);
    }
    if passed > 0 {
        context.warn(&Warning {
            headline: format!("{passed} files are larger than {limit} bytes and were not searched"),
            place: None,
            hints: Vec::new(),
        });
    }
    let flags = suppress::flags(&request.ignore);
    let mut outcome = Outcome { findings: Vec::new(), files, suppressed: 0 };
    outcome.add(found, &Suppressions::of_flags(&flags));
    suppress::warn_of_unused_flags(context, &flags);
    outcome.findings.sort_by(|a, b| order(a).cmp(&order(b)));
    Ok(outcome)
}

/// Says which files' values are not looked for; fails if that is all of them.
fn warn_of_closed(context: &Context, gathering: &Gathering<'_>) -> Result<(), Failure> {
    const HINT: &str = "name an identity file with --identity or SOPS_AGE_KEY_FILE";
    let closed = gathering.closed();
    if gathering.is_in_vain() {
        let failure = Failure::new(Code::CannotReadInput, "no identity opens an encrypted file here");
        return Err(failure.cause("only values that can be decrypted are looked for").hint(HINT));
    }
    if let Some(first) = closed.first() {
        let more = if closed.len() > 1 { format!(" and {} more", closed.len() - 1) } else { String::new() };
        context.warn(&Warning {
            headline: format!("values of `{first}`{more} are not looked for: no identity opens them all"),
            place: None,
            hints: vec![HINT.to_owned()],
        });
    }
    Ok(())
}

/// A hit as a finding; `place` is none in what has no lines.
fn located(search: &Search, file: &Arc<File>, hit: Hit, place: Option<Position>, end: &str) -> Located {
    let (index, form, _) = hit;
    let known = search.known(index);
    let message = format!("the value that `{}` has encrypted stands {}{end}", known.file, form.words());
    let finding = Finding::new(Check::FoundSecret, message);
    let place = place.unwrap_or(finding.place);
    let finding = Finding { place, path: Some(known.path.clone()), ..finding };
    Located { file: file.clone(), finding, rule: None }
}
