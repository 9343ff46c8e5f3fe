//! `seal git uninstall`: what `seal git install` did, undone; what others wrote stays.

use super::setup::hooks::{self, HookName};
use super::setup::keys::{self, KEYS};
use super::setup::plan::{Kind, Plan, State, Step, carry_out, failed};
use super::setup::{self, Attributes, attributes};
use crate::commands::Context;
use crate::commands::output::print;
use crate::error::{Code, Failure};
use crate::git::Repository;
use crate::git::config::{Scope, Settings};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

/// Where Git keeps texts that our driver made, if it is told to.
pub(super) const CACHE: &str = "refs/notes/textconv/seal";

/// What `seal git uninstall` is asked to do.
pub struct Request {
    /// What was set up for all repositories of this person.
    pub global: bool,
    /// Delete texts that Git keeps.
    pub purge: bool,
    /// In submodules, too.
    pub recurse: bool,
    /// Only say what would be done.
    pub dry_run: bool,
}

/// Undoes the set-up.
///
/// # Errors
/// It is refused (1), or something cannot be read or written (2).
pub fn run(context: &Context, request: &Request) -> Result<(), Failure> {
    let plans = if request.global {
        if request.purge || request.recurse {
            let headline =
                "--purge-cache and --recurse-submodules are for single repositories; nothing was changed";
            return Err(Failure::new(Code::Generic, headline).hint("leave out --global, in the repository"));
        }
        vec![global(context)?]
    } else {
        let repository = setup::repository()?;
        let mut plans = vec![local(request, &repository, None)?];
        if request.recurse {
            for (name, submodule) in setup::submodules(&repository)? {
                plans.push(local(request, &submodule, Some(name))?);
            }
        }
        plans
    };
    carry_out(context, &plans, request.dry_run)?;
    print(told(context, request, &plans).as_bytes())
}

fn global(context: &Context) -> Result<Plan, Failure> {
    let here = Path::new(".");
    let mut plan = Plan::new(None, here.to_owned(), Scope::Global);
    settings(&mut plan, &Settings::read_file(here, Scope::Global).map_err(|error| failed(&error))?);
    let target = setup::global_attributes(context)?;
    attributes::uninstall(&mut plan, &target, &attributes::Current::read(&target)?);
    Ok(plan)
}

fn local(request: &Request, repository: &Repository, submodule: Option<String>) -> Result<Plan, Failure> {
    let git = |error| failed(&error);
    setup::is_bare(repository)?;
    let folder: PathBuf = repository.root().unwrap_or(repository.store()).to_owned();
    let mut plan = Plan::new(Some(repository.clone()), folder.clone(), Scope::Local);
    plan.name = submodule;
    settings(&mut plan, &Settings::read_file(&folder, Scope::Local).map_err(git)?);
    let tracked = repository.root().map(|_| Attributes::Tracked);
    for place in tracked.into_iter().chain([Attributes::Info]) {
        let target = setup::target(repository, place)?;
        // What is no plain file has no block of ours.
        if target.may_link || target.path.symlink_metadata().is_ok_and(|metadata| metadata.is_file()) {
            attributes::uninstall(&mut plan, &target, &attributes::Current::read(&target)?);
        }
    }
    let folder = hooks::folder(repository)?;
    if !folder.is_symlink() {
        HookName::ALL.iter().for_each(|hook| hooks::uninstall(&mut plan, &folder.join(hook.name())));
    }
    let caches = repository.references(CACHE).map_err(git)?;
    for reference in caches {
        if request.purge {
            let step = Step::Delete { reference: reference.clone() };
            plan.add(
                Kind::Cache,
                reference,
                "git gc --prune=now finishes the job",
                State::Removed,
                Some(step),
            );
        } else {
            let detail = "Git keeps texts there; seal git uninstall --purge-cache deletes them";
            plan.add(Kind::Cache, reference, detail, State::Kept, None);
        }
    }
    Ok(plan)
}

/// Plans to unset what is ours, and names what is not.
fn settings(plan: &mut Plan, own: &Settings) {
    let of_hooks = hooks::setting_keys();
    let mut ours: Vec<String> = Vec::new();
    for key in KEYS.into_iter().map(str::to_owned).chain(of_hooks.map(|(key, _)| key)) {
        let found = own.values(&key);
        let is_ours = |value: &&str| keys::is_ours(&key, value) || hooks::is_ours(&key, value);
        if !found.is_empty() && found.iter().all(is_ours) {
            plan.add(Kind::Config, &key, "", State::Removed, Some(Step::Unset { key: key.clone() }));
            ours.push(key.to_ascii_lowercase());
        }
    }
    let sections =
        ["diff.seal.", "merge.seal.", "mergetool.seal.", "difftool.seal.", "filter.seal.", "hook.seal-"];
    let mut kept: Vec<&str> = own.0.iter().map(|setting| setting.key.as_str()).collect();
    kept.retain(|key| sections.iter().any(|section| key.starts_with(section)));
    kept.retain(|key| !ours.iter().any(|ours| ours == key));
    kept.dedup();
    for key in kept {
        plan.add(Kind::Config, key, "it is not what seal writes", State::Kept, None);
    }
}

fn told(context: &Context, request: &Request, plans: &[Plan]) -> String {
    if context.is_json() {
        let all: Vec<Value> = plans.iter().map(Plan::json).collect();
        let changed = plans.iter().any(Plan::changes);
        let report = json!({ "changed": changed, "dry_run": request.dry_run, "repositories": all });
        return format!("{report}\n");
    }
    let mut out = String::new();
    plans.iter().for_each(|plan| plan.lines(request.dry_run, &mut out));
    out
}
