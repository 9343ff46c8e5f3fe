//! `seal check`: what is wrong with the secrets of a repository, for people and for CI. Needs no key,
//! but for `--mac`.

mod age;
mod examine;
mod policies;
pub mod report;
mod source;
pub mod suppress;
mod verify;

use super::context::Context;
use super::output;
use crate::check::{Finding, Severity};
use crate::error::{Code, Failure};
use examine::Examined;
use policies::Policies;
use report::{Form, Outcome};
use source::{File, Source};
use std::path::PathBuf;
use std::sync::Arc;
use suppress::{Ignore, Suppressions};
use time::Duration;

/// What `seal check` is asked to do.
pub struct Request {
    /// Files and folders; none for everything that is tracked.
    pub files: Vec<PathBuf>,
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
    rule: Option<(usize, usize)>,
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

fn findings(context: &Context, request: &Request) -> Result<Outcome, Failure> {
    let source = Source::worktree(context, &request.files)?;
    let policies = Policies::gather(context, &source.files)?;
    let mut examined = examine::all(&source.files, &policies)?;
    examine::compare_names(&mut examined);
    let mut found = Vec::new();
    if request.mac {
        for one in examined.iter().filter(|one| one.is_sealed()) {
            found.extend(verify::file(context, &one.file)?.map(|finding| one.located(finding)));
        }
    }
    found.extend(age::old(context, request.max_age, &policies, &source, &examined)?);
    let files = examined.len();
    found.extend(examined.into_iter().flat_map(Examined::into_findings));
    found.extend(policies.findings(&source));
    let suppressions = Suppressions::new(context, &policies, &request.ignore);
    let before = found.len();
    found.retain(|located| !suppressions.cover(located));
    suppressions.warn_of_unused(context);
    found.sort_by(|a, b| order(a).cmp(&order(b)));
    Ok(Outcome { suppressed: before - found.len(), findings: found, files })
}

/// What findings are sorted by.
fn order(located: &Located) -> (&str, usize, usize, &str, Option<&str>) {
    let Located { file, finding, .. } = located;
    let code = finding.check.code();
    (&file.name, finding.place.line, finding.place.column, code, finding.path.as_deref())
}
