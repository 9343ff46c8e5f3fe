//! `seal check`: what is wrong with the secrets of a repository, for people and for CI. Needs no key,
//! but for `--mac`.

mod age;
mod copies;
pub(in crate::commands) mod examine;
mod policies;
pub mod report;
mod rules;
pub(in crate::commands) mod source;
mod standing;
pub mod suppress;
mod verify;

use super::context::Context;
use super::output;
use crate::check::{Finding, Severity};
use crate::error::{Code, Failure};
use crate::git::Driver;
use examine::Examined;
use policies::Policies;
use report::{Form, Outcome};
use source::{File, PolicyPlace, Source};
use std::path::PathBuf;
use std::sync::Arc;
use suppress::{Ignore, Suppressions};
use time::Duration;

/// Where the files are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// In the worktree: files and folders, none for everything that is tracked.
    Worktree(Vec<PathBuf>),
    /// In the index: what the next commit brings.
    Staged,
    /// In a revision.
    Tree(String),
    /// In the commits of `A..B`.
    Range(String),
    /// In the commits that a push takes elsewhere, and what Git tells its hook in arguments.
    PrePush(Vec<PathBuf>),
    /// In the commits that a push brings here.
    PreReceive,
}

/// What `seal check` is asked to do.
pub struct Request {
    /// Which files.
    pub place: Place,
    /// A configuration, or a revision whose configurations count.
    pub policy: Option<String>,
    /// Decrypt and verify, too.
    pub mac: bool,
    /// How old a secret may be.
    pub max_age: Option<Duration>,
    /// The form of the findings.
    pub form: Option<Form>,
    /// The mildest finding that makes the command fail.
    pub fail_on: Severity,
    /// Findings that are not wanted.
    pub ignore: Vec<Ignore>,
}

/// A finding in a file.
pub struct Located {
    /// The file.
    pub file: Arc<File>,
    /// What was found.
    pub finding: Finding,
    /// The policy of the file, and the rule in it.
    pub(in crate::commands) rule: Option<(usize, usize)>,
}

/// Looks at all files and prints what was found.
///
/// # Errors
/// There are findings as bad as `fail_on` (1), or something cannot be read (2).
pub fn run(context: &Context, request: &Request) -> Result<(), Failure> {
    let outcome = findings(context, request).map_err(|failure| {
        // 1 stands for findings here.
        Failure { code: Code::CannotReadInput, ..failure }
    })?;
    let form = request.form.unwrap_or_else(|| Form::usual(context));
    output::print(form.render(&outcome).as_bytes())?;
    if !context.is_quiet() {
        context.say(&outcome.summary());
    }
    if outcome.findings.iter().all(|located| located.finding.severity < request.fail_on) {
        return Ok(());
    }
    let failure = Failure::new(Code::Generic, "there are findings");
    Err(Failure { reported: true, ..failure })
}

fn sources(context: &Context, request: &Request) -> Result<Vec<Source>, Failure> {
    let mut sources = match &request.place {
        Place::Worktree(files) => vec![Source::worktree(context, files)?],
        Place::Staged => vec![source::staged(context)?],
        Place::Tree(revision) => vec![source::tree(context, revision)?],
        Place::Range(range) => source::range(context, range)?,
        Place::PrePush(remote) => source::pre_push(context, remote)?,
        Place::PreReceive => source::pre_receive(context)?,
    };
    for source in &mut sources {
        match (&request.policy, context.named_config()) {
            (Some(named), _) => {
                let place = source::named(source.repository.as_ref(), named)?;
                source.use_policies(place);
            }
            (None, Some(path)) if !source.is_worktree() => {
                source.use_policies(PolicyPlace::File(path.to_owned()));
            }
            (None, _) => {}
        }
    }
    Ok(sources)
}

fn findings(context: &Context, request: &Request) -> Result<Outcome, Failure> {
    let flags = suppress::flags(&request.ignore);
    let mut outcome = Outcome { findings: Vec::new(), files: 0, suppressed: 0 };
    let sources = sources(context, request)?;
    let mut drivers = Vec::new();
    // A server has its own settings.
    if request.place != Place::PreReceive
        && let Some(repository) = sources.iter().find_map(|source| source.repository.as_ref())
    {
        drivers = standing::drivers(repository)?;
        outcome.add(standing::kept(repository, &drivers)?, &Suppressions::of_flags(&flags));
    }
    for source in &sources {
        let policies = Policies::gather(context, source)?;
        let suppressions = Suppressions::new(context, &policies, &flags);
        let (files, found) = look(context, request, source, &policies, &drivers)?;
        outcome.files += files;
        outcome.add(found, &suppressions);
        if !source.is_part {
            suppressions.warn_of_unused_comments(context);
        }
    }
    if sources.iter().all(|source| !source.is_part) {
        suppress::warn_of_unused_flags(context, &flags);
    }
    outcome.findings.sort_by(|a, b| order(a).cmp(&order(b)));
    // Two branches may have the same.
    outcome.findings.dedup_by(|a, b| a.file == b.file && a.finding == b.finding);
    Ok(outcome)
}

/// Looks at one source: how many files there are, and what was found.
fn look(
    context: &Context,
    request: &Request,
    source: &Source,
    policies: &Policies,
    drivers: &[Driver],
) -> Result<(usize, Vec<Located>), Failure> {
    let mut examined = examine::all(source, policies)?;
    examine::compare_names(&mut examined);
    let mut found = copies::find(&examined);
    if request.mac {
        for one in examined.iter().filter(|one| one.is_sealed() && one.is_chosen() && one.file.past.is_none())
        {
            found.extend(verify::file(context, source, &one.file)?.map(|finding| one.located(finding)));
        }
    }
    if source.is_worktree() {
        found.extend(age::old(context, request.max_age, policies, source, &examined)?);
    }
    if let Some(repository) = &source.repository {
        found.extend(standing::without_driver(repository, drivers, source, &examined)?);
    }
    found.extend(standing::coming(source));
    found.extend(rules::changed(source));
    let files = examined.iter().filter(|one| one.is_chosen()).count();
    found.extend(examined.into_iter().flat_map(Examined::into_findings));
    found.extend(policies.findings(source));
    Ok((files, found))
}

/// What findings are sorted by.
pub(in crate::commands) fn order(located: &Located) -> (&str, usize, usize, &str, Option<&str>) {
    let Located { file, finding, .. } = located;
    let code = finding.check.code();
    (&file.name, finding.place.line, finding.place.column, code, finding.path.as_deref())
}
