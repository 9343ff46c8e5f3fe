//! `seal rotate`: a new data key, and every ciphertext made anew.

use super::super::context::Context;
use super::super::expiry::Expiry;
use super::super::failure::Subject;
use super::super::open::Unlocked;
use super::super::output::Output;
use super::super::types::Types;
use super::many::{each, first_failure, survey};
use super::show::{self, Change, files};
use super::target::{Target, Wanted, Writing};
use super::updatekeys::print_report;
use super::vouch;
use crate::error::{Code, Failure};
use crate::io::Mode;
use crate::keys::{KeyGroup, MasterKey};
use crate::sops::Metadata;
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

/// What `seal rotate` is asked to do.
pub struct Request {
    /// Files and folders.
    pub paths: Vec<PathBuf>,
    /// Write back to the files.
    pub in_place: bool,
    /// Write to this file.
    pub output: Option<PathBuf>,
    /// Keys that come into the first group.
    pub add: Vec<MasterKey>,
    /// Keys that go from all groups.
    pub remove: Vec<MasterKey>,
    /// Only say what would change.
    pub dry_run: bool,
    /// Wrap for the recipients of a file though nobody vouches for them.
    pub trust: bool,
    /// Formats.
    pub types: Types,
    /// Write the strict record.
    pub record: bool,
    /// Until when the files are to be used.
    pub expires: Expiry,
}

/// Gives every file a new data key.
///
/// # Errors
/// The first failure; other files are still written.
pub fn run(context: &Context, request: &Request) -> Result<(), Failure> {
    if request.dry_run {
        return dry_run(context, request);
    }
    let output = Output::choose(request.in_place, request.output.clone(), &request.paths)?;
    if let (Output::Stdout | Output::File(_), Some(folder)) =
        (&output, request.paths.iter().find(|path| path.is_dir()))
    {
        let headline = format!("`{}` is a folder: its files need --in-place", folder.display());
        return Err(Failure::new(Code::ConflictingParameters, headline));
    }
    if output != Output::InPlace {
        let Some(path) = request.paths.first() else { return Ok(()) };
        let target = Target::read(path, &request.types)?;
        let text = text_of(context, request, &target)?;
        return output.write(&target.input, &text, Mode::Shared);
    }
    let found = survey(context, &request.paths, &request.types, |target| plan(request, target))?;
    let (mut failures, mut ready) = (Vec::new(), Vec::new());
    for (path, plan) in found {
        match plan {
            Ok(change) => ready.push((path, change)),
            Err(failure) => failures.push(failure),
        }
    }
    let results = each(context, "rotating", &paths(&ready), |path| in_place(context, path, request));
    let mut report = Vec::new();
    for ((path, change), result) in ready.iter().zip(results) {
        match result {
            Ok(()) => report.push(show::entry(context.config()?, path, "rotated", change.as_ref())),
            Err(failure) => failures.push(failure),
        }
    }
    if context.is_json() {
        print_report(report)?;
    } else if !report.is_empty() || failures.is_empty() {
        context.say(&format!("{} rotated", files(report.len())));
    }
    first_failure(context, failures)
}

fn paths(ready: &[(PathBuf, Option<Change>)]) -> Vec<&PathBuf> {
    ready.iter().map(|(path, _)| path).collect()
}

fn dry_run(context: &Context, request: &Request) -> Result<(), Failure> {
    let found = survey(context, &request.paths, &request.types, |target| plan(request, target))?;
    let (mut report, mut failures, mut changes) = (Vec::new(), Vec::new(), Vec::new());
    let mut count = 0;
    for (path, plan) in found {
        match plan {
            Err(failure) => failures.push(failure),
            Ok(change) => {
                count += 1;
                report.push(show::entry(context.config()?, &path, "would be rotated", change.as_ref()));
                changes.extend(change.map(|change| (path, change)));
            }
        }
    }
    if context.is_json() {
        print_report(report)?;
    } else if count > 0 || failures.is_empty() {
        show::tell(context, context.config()?, &changes);
        context.say(&format!("{} would be rotated; nothing was written", files(count)));
    }
    first_failure(context, failures)
}

/// How the recipients of a file change, if they do.
fn plan(request: &Request, target: &Target) -> Result<Option<Change>, Failure> {
    change(request, &target.metadata()?, &target.input.name)
}

/// How the recipients in `metadata` change, if they do.
///
/// # Errors
/// Nobody could read the file any more (1).
pub(in crate::commands) fn change(
    request: &Request,
    metadata: &Metadata,
    name: &str,
) -> Result<Option<Change>, Failure> {
    let present = Wanted::of(metadata);
    let wanted = wanted(request, &present, name)?;
    Ok(Change::between(&present, &wanted))
}

/// The groups of the file with the keys of the request added and removed.
fn wanted(request: &Request, present: &Wanted, name: &str) -> Result<Wanted, Failure> {
    let mut wanted = present.clone();
    let is_same = |keys: &[MasterKey], key: &MasterKey| keys.iter().any(|other| other.is_same_recipient(key));
    for group in &mut wanted.groups {
        group.keys.retain(|key| !is_same(&request.remove, key));
    }
    if let Some(KeyGroup { keys }) = wanted.groups.first_mut() {
        for key in &request.add {
            if !is_same(keys, key) {
                keys.push(key.clone());
            }
        }
    }
    match wanted.groups.iter().position(|group| group.keys.is_empty()) {
        None => Ok(wanted),
        Some(empty) => {
            Err(Failure::new(Code::Generic, format!("nobody could read `{name}` any more; it is unchanged"))
                .cause(format!("key group {} would have no keys", empty + 1)))
        }
    }
}

/// The text of an opened file under a new data key.
fn rotated(
    context: &Context,
    request: &Request,
    subject: Subject<'_>,
    unlocked: &Unlocked<'_>,
) -> Result<Zeroizing<Vec<u8>>, Failure> {
    let present = Wanted::of(&unlocked.opened.sealed().metadata);
    let wanted = wanted(request, &present, subject.name)?;
    let vouched = request.trust || vouch::check(context, subject, &unlocked.opened, &wanted, &request.add)?;
    let writing = Writing { record: request.record && vouched, rotate: true, expires: request.expires };
    Target::rekeyed(context, subject, unlocked, &wanted, writing)
}

/// Rotates the file at `path` in place.
fn in_place(context: &Context, path: &Path, request: &Request) -> Result<(), Failure> {
    let target = Target::read(path, &request.types)?;
    let text = text_of(context, request, &target)?;
    target.write(&text).map(|_written| ())
}

/// The text of a file under a new data key, with and without the keys of the request.
///
/// # Errors
/// As [`run`].
pub(in crate::commands) fn text_of(
    context: &Context,
    request: &Request,
    target: &Target,
) -> Result<Zeroizing<Vec<u8>>, Failure> {
    target.unlocked(context, |subject, unlocked| rotated(context, request, subject, unlocked))
}
