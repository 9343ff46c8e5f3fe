//! `seal git resolve`: a merge that Git could not finish.

mod ask;
mod by_hand;
mod editor;
pub mod mergetool;

use super::merge::Unmerged;
use super::merge::engine::{self, Ready, Versions};
use crate::commands::context::Context;
use crate::commands::convert;
use crate::doc::KeyPath;
use crate::error::{Code, Failure};
use crate::git::{Blobs, GitError, Repository, UnmergedFile};
use crate::io::{self, Mode};
use crate::merge::{Choice, Side, markers};
use crate::ui::{Terminal, shell_word};
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

/// There is nothing to resolve.
const NOTHING: u8 = 3;
/// Conflicts are left.
const LEFT: u8 = 1;

/// What `seal git resolve` is asked to do.
pub struct Request {
    /// The files.
    pub files: Vec<PathBuf>,
    /// All files that `seal` merges.
    pub all: bool,
    /// How conflicts are decided.
    pub decisions: Decisions,
    /// Decide in the editor.
    pub editor: bool,
    /// Take the file as it is, whatever its values are.
    pub accept_worktree: bool,
    /// Do not put the result into the index.
    pub no_add: bool,
}

/// How conflicts are decided.
#[derive(Default)]
pub struct Decisions {
    /// All of them.
    pub side: Option<Side>,
    /// Single ones.
    pub take: Vec<(KeyPath, Choice)>,
    /// Show digests in the place of values.
    pub masked: bool,
}

impl Decisions {
    fn are_none(&self) -> bool {
        self.side.is_none() && self.take.is_empty()
    }
}

/// What became of a file.
enum Outcome {
    /// Its text.
    Resolved(Zeroizing<Vec<u8>>),
    /// The paths of the conflicts that are left.
    Left(Vec<String>),
}

/// Resolves; gives 0, 1 if conflicts are left, 3 if there is nothing to do, 200 if the editor changed
/// nothing.
///
/// # Errors
/// A file cannot be read, opened or written.
pub fn run(context: &Context, request: &Request) -> Result<u8, Failure> {
    let repository = Repository::discover(Path::new("."))
        .map_err(|error| in_git(&error))?
        .ok_or_else(|| Failure::new(Code::Generic, "there is no Git repository here"))?;
    let mut files = repository.unmerged(&request.files).map_err(|error| in_git(&error))?;
    if request.all {
        let paths: Vec<PathBuf> = files.iter().map(|file| file.path.clone()).collect();
        let ours = repository.with_merge_driver(&paths, "seal").map_err(|error| in_git(&error))?;
        files.retain(|file| ours.contains(&file.path));
    }
    if files.is_empty() {
        context.say("nothing to resolve");
        return Ok(NOTHING);
    }
    let mut blobs = repository.blobs().map_err(|error| in_git(&error))?;
    let mut code = 0;
    for file in &files {
        code = code.max(one(context, request, &repository, &mut blobs, file)?);
    }
    Ok(code)
}

fn in_git(error: &GitError) -> Failure {
    Failure::new(Code::Generic, "cannot use the Git repository").cause(error.to_string())
}

fn one(
    context: &Context,
    request: &Request,
    repository: &Repository,
    blobs: &mut Blobs,
    file: &UnmergedFile,
) -> Result<u8, Failure> {
    let name = file.path.display().to_string();
    let limit = convert::limits().max_bytes;
    let [_, Some(_), Some(_)] = &file.stages else {
        return Err(Failure::new(Code::Generic, format!("one side removed `{name}`, the other changed it"))
            .hint(format!("to keep it: git add -- {}", shell_word(&name)))
            .hint(format!("to remove it: git rm -- {}", shell_word(&name))));
    };
    let mut texts = [Zeroizing::default(), Zeroizing::default(), Zeroizing::default()];
    for (text, id) in texts.iter_mut().zip(&file.stages) {
        if let Some(id) = id {
            *text = blobs.read(id, limit).map_err(|error| in_git(&error))?;
        }
    }
    let versions = Versions::new(name.clone(), texts);
    let input = io::read_file(&file.path, limit).map_err(|error| {
        Failure::new(Code::CannotReadInput, format!("cannot read `{name}`")).cause(error.to_string())
    })?;
    let by_hand = request.decisions.are_none() && !request.editor && !markers::are_in(&input.bytes);
    let outcome = if by_hand {
        by_hand::resolve(context, &versions, &input.bytes, request.accept_worktree)?
    } else if request.editor {
        match editor::resolve(context, &versions)? {
            Some(text) => Outcome::Resolved(text),
            None => return Ok(Code::Unchanged as u8),
        }
    } else {
        decided(context, &versions, &request.decisions)?
    };
    match outcome {
        Outcome::Left(paths) => {
            tell_left(context, &name, &paths);
            Ok(LEFT)
        }
        Outcome::Resolved(text) => {
            if text != input.bytes {
                io::replace(&file.path, &text, Mode::Private, input.fingerprint.as_ref()).map_err(
                    |error| {
                        Failure::new(
                            Code::CannotWriteOutput,
                            format!("cannot write `{name}`; it is unchanged"),
                        )
                        .cause(error.to_string())
                    },
                )?;
            }
            if !request.no_add {
                repository.add(&file.path).map_err(|error| in_git(&error))?;
            }
            context.say(&format!("resolved `{name}`"));
            Ok(0)
        }
    }
}

fn tell_left(context: &Context, name: &str, paths: &[String]) {
    let word = shell_word(name);
    context.show(&format!("`{name}` has conflicts: {}", paths.join(", ")));
    let first = paths.first().map_or("", String::as_str);
    let take = format!("--take {}", shell_word(&format!("{first}=ours")));
    context.show(&format!("  decide: seal git resolve {take} {word}, or --ours, --theirs, --editor"));
}

/// Decides the conflicts by what was asked for, else by asking.
fn decided(context: &Context, versions: &Versions, decisions: &Decisions) -> Result<Outcome, Failure> {
    engine::with(context, versions, |ready| {
        let choices = match choices(ready, decisions)? {
            Ok(choices) => choices,
            Err(left) => return Ok(Outcome::Left(left)),
        };
        ready.notes().iter().for_each(|note| context.show(&format!("`{}`: {note}", versions.name)));
        let plain = ready.plain(&|number| choices[number])?;
        Ok(Outcome::Resolved(ready.encrypted(&plain, true)?))
    })
    .map_err(|unmerged| refused(versions, &unmerged))
}

/// A choice for each conflict, or the paths of those that nobody decided.
fn choices(ready: &Ready<'_>, decisions: &Decisions) -> Result<Result<Vec<Choice>, Vec<String>>, Unmerged> {
    let conflicts = ready.conflicts();
    let unknown = decisions.take.iter().find(|(path, _)| conflicts.iter().all(|c| c.path != *path));
    if let Some((path, _)) = unknown {
        let paths: Vec<String> = conflicts.iter().map(|conflict| conflict.path.to_string()).collect();
        let there = if paths.is_empty() { "none".to_owned() } else { paths.join(", ") };
        return Err(Unmerged::Layout(format!("there is no conflict at `{path}`; conflicts: {there}")));
    }
    let mut choices: Vec<Option<Choice>> = conflicts
        .iter()
        .map(|conflict| {
            let taken = decisions.take.iter().find(|(path, _)| *path == conflict.path);
            taken.map(|(_, choice)| *choice).or(decisions.side.map(Choice::Take))
        })
        .collect();
    if choices.iter().any(Option::is_none) && Terminal.is_there() && ask::is_wanted() {
        ask::complete(ready, &mut choices, decisions.masked)?;
    }
    let undecided = conflicts.iter().zip(&choices).filter(|(_, choice)| choice.is_none());
    let left: Vec<String> = undecided.map(|(conflict, _)| conflict.path.to_string()).collect();
    if left.is_empty() { Ok(Ok(choices.into_iter().flatten().collect())) } else { Ok(Err(left)) }
}

/// A merge that cannot be finished this way.
fn refused(versions: &Versions, unmerged: &Unmerged) -> Failure {
    let name = &versions.name;
    let failure = Failure::new(Code::Generic, format!("cannot resolve `{name}`; it is unchanged"))
        .cause(unmerged.to_string());
    let word = shell_word(name);
    match unmerged {
        Unmerged::NoKey(..) => failure.hint("name an identity in SOPS_AGE_KEY_FILE, or ask somebody who has one"),
        Unmerged::NotVerified(..) => failure.hint(format!(
            "look at both versions: git show :2:./{word} and git show :3:./{word}; then take one: git checkout --ours -- {word}"
        )),
        Unmerged::Settings(_) | Unmerged::Invalid(..) => failure.hint(format!(
            "take one version: git checkout --ours -- {word}; then make the other changes again"
        )),
        Unmerged::Downgrade(_) | Unmerged::ClearComment(_) => failure
            .hint("take the side that has it in clear, or change the selection on one side first"),
        Unmerged::Layout(_) => failure,
    }
}
