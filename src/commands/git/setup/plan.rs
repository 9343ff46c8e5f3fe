//! What is to be done to a repository, done and told.

use crate::commands::Context;
use crate::error::{Code, Failure, Warning};
use crate::git::config::{self, Scope};
use crate::git::{GitError, Repository};
use crate::io::{self, Fingerprint, Mode};
use crate::ui::escaped;
use serde_json::{Value, json};
use std::path::PathBuf;

/// One change.
#[derive(Debug)]
pub(in crate::commands::git) enum Step {
    /// A setting gets these values.
    Set { key: String, values: Vec<String> },
    /// A setting goes.
    Unset { key: String },
    /// A file gets another content.
    Write { path: PathBuf, bytes: Vec<u8>, mode: Mode, expected: Option<Fingerprint> },
    /// A file goes.
    Remove { path: PathBuf, expected: Fingerprint },
    /// A reference goes.
    Delete { reference: String },
}

/// What a thing is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::commands::git) enum Kind {
    /// A setting.
    Config,
    /// Attributes of files.
    Attributes,
    /// A hook.
    Hook,
    /// Cached texts.
    Cache,
}

/// What happens to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::commands::git) enum State {
    /// It is new.
    Added,
    /// It was there, and gets another content.
    Changed,
    /// It goes.
    Removed,
    /// It is as it should be.
    Unchanged,
    /// It is not ours, and stays.
    Kept,
}

/// One thing of a repository.
#[derive(Debug)]
pub(in crate::commands::git) struct Item {
    pub(in crate::commands::git) kind: Kind,
    /// Its key, its file or its name.
    pub(in crate::commands::git) target: String,
    /// Its value, or what is to be known.
    pub(in crate::commands::git) detail: String,
    pub(in crate::commands::git) state: State,
    pub(in crate::commands::git) step: Option<Step>,
}

/// All that is to be done to a repository, or to the settings of a person.
pub(in crate::commands::git) struct Plan {
    /// Which submodule it is; none for the repository itself.
    pub(in crate::commands::git) name: Option<String>,
    pub(in crate::commands::git) folder: PathBuf,
    pub(in crate::commands::git) repository: Option<Repository>,
    pub(in crate::commands::git) scope: Scope,
    pub(in crate::commands::git) items: Vec<Item>,
    pub(in crate::commands::git) warnings: Vec<Warning>,
    /// What people have to do themselves.
    pub(in crate::commands::git) notes: Vec<String>,
    /// Why nothing may be done.
    pub(in crate::commands::git) refusals: Vec<Failure>,
}

impl Plan {
    pub(in crate::commands::git) fn new(
        repository: Option<Repository>,
        folder: PathBuf,
        scope: Scope,
    ) -> Self {
        let (items, warnings, notes, refusals) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        Self { name: None, folder, repository, scope, items, warnings, notes, refusals }
    }

    pub(in crate::commands::git) fn add(
        &mut self,
        kind: Kind,
        target: impl Into<String>,
        detail: impl Into<String>,
        state: State,
        step: Option<Step>,
    ) {
        self.items.push(Item { kind, target: target.into(), detail: detail.into(), state, step });
    }

    pub(in crate::commands::git) fn refuse(&mut self, headline: impl Into<String>, hint: impl Into<String>) {
        self.refusals.push(Failure::new(Code::Generic, headline).hint(hint));
    }

    pub(in crate::commands::git) fn warn(&mut self, headline: impl Into<String>, hint: Option<String>) {
        let hints = hint.into_iter().collect();
        self.warnings.push(Warning { headline: headline.into(), place: None, hints });
    }

    pub(in crate::commands::git) fn changes(&self) -> bool {
        self.items.iter().any(|item| item.step.is_some())
    }

    /// Does all of it.
    pub(in crate::commands::git) fn apply(&self) -> Result<(), Failure> {
        self.items.iter().filter_map(|item| Some((item, item.step.as_ref()?))).try_for_each(|(item, step)| {
            let done = match step {
                Step::Set { key, values } => {
                    let values: Vec<&str> = values.iter().map(String::as_str).collect();
                    config::set(&self.folder, self.scope, key, &values).map_err(|error| error.to_string())
                }
                Step::Unset { key } => {
                    config::unset(&self.folder, self.scope, key).map_err(|error| error.to_string())
                }
                Step::Write { path, bytes, mode, expected } => {
                    let made = path.parent().map_or(Ok(()), std::fs::create_dir_all);
                    made.map_err(|error| io::reason(&error)).and_then(|()| {
                        io::replace(path, bytes, *mode, expected.as_ref()).map_err(|error| error.to_string())
                    })
                }
                Step::Remove { path, expected } => {
                    io::remove(path, expected).map_err(|error| error.to_string())
                }
                Step::Delete { reference } => {
                    let done = self.repository.as_ref().map(|one| one.delete_reference(reference));
                    done.unwrap_or(Ok(())).map_err(|error| error.to_string())
                }
            };
            done.map_err(|cause| {
                let headline = format!(
                    "cannot write {} `{}`; what stands before it is done",
                    item.kind.word(),
                    item.target
                );
                Failure::new(Code::CannotReadInput, headline).cause(cause).hint("mend that, and run it again")
            })
        })
    }

    /// The lines that tell of it.
    pub(in crate::commands::git) fn lines(&self, dry_run: bool, out: &mut String) {
        if let Some(name) = &self.name {
            out.push_str(&format!("submodule {}:\n", escaped(name)));
        }
        let would = if dry_run { "would be " } else { "" };
        let told = self.items.iter().filter(|item| item.state != State::Unchanged);
        for item in told {
            let state = match item.state {
                State::Kept => "kept".to_owned(),
                state => format!("{would}{}", state.word()),
            };
            let detail =
                if item.detail.is_empty() { String::new() } else { format!(": {}", escaped(&item.detail)) };
            out.push_str(&format!("{state} {} {}{detail}\n", item.kind.word(), escaped(&item.target)));
        }
        if !self.changes() {
            out.push_str("unchanged\n");
        }
        for line in self.notes.iter().flat_map(|note| note.split('\n')) {
            out.push_str(&format!("{}\n", escaped(line)));
        }
    }

    /// The same for programs.
    pub(in crate::commands::git) fn json(&self) -> Value {
        let items: Vec<Value> = self
            .items
            .iter()
            .map(|item| {
                json!({
                    "kind": item.kind.word(), "target": item.target, "detail": item.detail,
                    "state": item.state.word(),
                })
            })
            .collect();
        json!({
            "submodule": self.name, "scope": self.scope.name(), "changed": self.changes(), "items": items,
            "notes": self.notes,
        })
    }
}

impl Kind {
    pub(in crate::commands::git) fn word(self) -> &'static str {
        match self {
            Kind::Config => "config",
            Kind::Attributes => "attributes",
            Kind::Hook => "hook",
            Kind::Cache => "cache",
        }
    }
}

impl State {
    pub(in crate::commands::git) fn word(self) -> &'static str {
        match self {
            State::Added => "added",
            State::Changed => "changed",
            State::Removed => "removed",
            State::Unchanged => "unchanged",
            State::Kept => "kept",
        }
    }
}

/// Warns, refuses, or does the plans.
pub(in crate::commands::git) fn carry_out(
    context: &Context,
    plans: &[Plan],
    dry_run: bool,
) -> Result<(), Failure> {
    for warning in plans.iter().flat_map(|plan| &plan.warnings) {
        context.warn(warning);
    }
    let refusals: Vec<&Failure> = plans.iter().flat_map(|plan| &plan.refusals).collect();
    if let Some((last, before)) = refusals.split_last() {
        before.iter().for_each(|failure| context.report(failure));
        return Err((*last).clone());
    }
    if !dry_run {
        plans.iter().try_for_each(Plan::apply)?;
    }
    Ok(())
}

/// A `git` that does not answer.
pub(in crate::commands::git) fn failed(error: &GitError) -> Failure {
    Failure::new(Code::CannotReadInput, "cannot read the Git repository").cause(error.to_string())
}
