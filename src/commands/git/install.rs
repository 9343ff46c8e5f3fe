//! `seal git install`: settings, attributes and hooks for encrypted files.

use super::setup::hooks::{self, HookName, OfHooks};
use super::setup::keys::{self, KEYS, ONE_WORD, Show, Wanted};
use super::setup::plan::{Kind, Plan, State, Step, carry_out, failed};
use super::setup::{self, Attributes, attributes, refused};
use crate::commands::Context;
use crate::commands::output::print;
use crate::error::{Code, Failure};
use crate::git::Repository;
use crate::git::config::{Scope, Settings};
use crate::ui::shell_word;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

/// What `seal git install` is asked to do.
pub struct Request {
    /// For all repositories of this person.
    pub global: bool,
    /// Which files, in the place of those of the rules.
    pub patterns: Vec<String>,
    /// Where the attributes go; none for the usual place.
    pub attributes: Option<Attributes>,
    /// Which hooks; none for the usual ones.
    pub hooks: Option<Vec<HookName>>,
    /// Refuse to stage plain text.
    pub guard: bool,
    /// What is shown of values.
    pub show: Show,
    /// Ask key services on the network, too.
    pub remote_keys: bool,
    /// In submodules, too.
    pub recurse: bool,
    /// Only say what would be done.
    pub dry_run: bool,
    /// Replace settings of others.
    pub force: bool,
}

/// Sets up Git.
///
/// # Errors
/// It is refused (1), or something cannot be read or written (2).
pub fn run(context: &Context, request: &Request) -> Result<(), Failure> {
    check(request)?;
    let plans = if request.global {
        vec![global(context, request)?]
    } else {
        let repository = setup::repository()?;
        let mut plans = vec![local(context, request, &repository, None)?];
        if request.recurse {
            for (name, submodule) in setup::submodules(&repository)? {
                plans.push(local(context, request, &submodule, Some(name))?);
            }
        }
        plans
    };
    carry_out(context, &plans, request.dry_run)?;
    print(told(context, request, &plans).as_bytes())
}

fn check(request: &Request) -> Result<(), Failure> {
    let refuse = |headline: &str, hint: &str| {
        Err(Failure::new(Code::Generic, format!("{headline}; nothing was changed")).hint(hint))
    };
    for pattern in &request.patterns {
        if let Some(why) = refused(pattern) {
            let headline = format!("`{pattern}` is no pattern for attributes");
            return Err(Failure::new(Code::Generic, format!("{headline}; nothing was changed"))
                .cause(why)
                .hint("seal git install --pattern '*.enc.yaml'"));
        }
    }
    if !request.global {
        return Ok(());
    }
    if request.patterns.is_empty() {
        return refuse("--global needs --pattern", "seal git install --global --pattern '*.enc.yaml'");
    }
    if request.remote_keys {
        return refuse("--remote-keys is for single repositories", "leave out --global, in the repository");
    }
    if request.guard || request.hooks.as_ref().is_some_and(|hooks| !hooks.is_empty()) {
        return refuse(
            "--guard and --hooks are for single repositories",
            "leave out --global, in the repository",
        );
    }
    if request.attributes.is_some_and(|place| place != Attributes::Nowhere) || request.recurse {
        return refuse(
            "--attributes and --recurse-submodules are for single repositories",
            "with --global the attributes go to core.attributesFile",
        );
    }
    Ok(())
}

fn global(context: &Context, request: &Request) -> Result<Plan, Failure> {
    let here = Path::new(".");
    let mut plan = Plan::new(None, here.to_owned(), Scope::Global);
    let wanted = wanted(request, false, here)?;
    let own = Settings::read_file(here, Scope::Global).map_err(|error| failed(&error))?;
    settings(&mut plan, request, &wanted, &own);
    if request.attributes != Some(Attributes::Nowhere) {
        let target = setup::global_attributes(context)?;
        let current = attributes::Current::read(&target)?;
        let lines = attributes::lines_of_patterns(&request.patterns, false);
        attributes::install(&mut plan, &target, &current, &lines);
    }
    Ok(plan)
}

fn local(
    context: &Context,
    request: &Request,
    repository: &Repository,
    submodule: Option<String>,
) -> Result<Plan, Failure> {
    let git = |error| failed(&error);
    let bare = setup::is_bare(repository)?;
    let folder: PathBuf = repository.root().unwrap_or(repository.store()).to_owned();
    let mut plan = Plan::new(Some(repository.clone()), folder.clone(), Scope::Local);
    plan.name = submodule;
    let place = request.attributes.unwrap_or(if bare { Attributes::Info } else { Attributes::Tracked });
    if bare && place == Attributes::Tracked {
        plan.refuse("a bare repository has no .gitattributes; nothing was changed", "--attributes=info");
    }
    let target = setup::target(repository, place)?;
    let current = attributes::Current::read(&target)?;
    if place == Attributes::Tracked && current.bytes.is_none() {
        let entries = repository.entries().map_err(git)?;
        if entries.iter().any(|entry| entry.name == Path::new(".gitattributes")) {
            plan.refuse(
                ".gitattributes is tracked, but not in the worktree; nothing was changed",
                "git checkout -- .gitattributes, or --attributes=info",
            );
        }
    }
    let patterns = if request.patterns.is_empty() { current.asked() } else { request.patterns.clone() };
    let guard = request.guard || current.is_guarded();
    if bare && guard {
        plan.refuse("a bare repository has nothing to guard; nothing was changed", "leave out --guard");
    }
    let wanted = wanted(request, guard, &folder)?;
    let own = Settings::read_file(&folder, Scope::Local).map_err(git)?;
    settings(&mut plan, request, &wanted, &own);
    if place != Attributes::Nowhere {
        let lines = attributes::lines(context, &mut plan, repository, &patterns, guard)?;
        attributes::install(&mut plan, &target, &current, &lines);
    }
    let usual = [HookName::PreCommit, HookName::PreMergeCommit];
    let hooks = match &request.hooks {
        Some(hooks) => hooks.clone(),
        None if bare => Vec::new(),
        None => usual.to_vec(),
    };
    if bare && hooks.iter().any(|hook| *hook != HookName::PreReceive) {
        plan.refuse(
            "a bare repository has the hook pre-receive only; nothing was changed",
            "--hooks=pre-receive",
        );
    }
    let all = Settings::read(&folder).map_err(git)?;
    let version = Repository::git_version().map_err(git)?;
    let of_hooks = OfHooks { all: &all, own: &own, version, exact: request.hooks.is_some() };
    hooks::install(&mut plan, repository, &hooks, &of_hooks)?;
    notes_on_others(&mut plan, &all);
    Ok(plan)
}

fn wanted(request: &Request, guard: bool, folder: &Path) -> Result<Wanted, Failure> {
    let is_usual = request.show == Show::Auto && !request.remote_keys;
    let one_word =
        is_usual && Repository::resolved(folder, ONE_WORD).map_err(|error| failed(&error))?.is_some();
    Ok(Wanted { show: request.show, remote_keys: request.remote_keys, guard, one_word })
}

/// Plans the settings.
fn settings(plan: &mut Plan, request: &Request, wanted: &Wanted, own: &Settings) {
    for key in KEYS {
        let Some(value) = keys::value(key, wanted) else { continue };
        let found = own.values(key);
        let state = match found.as_slice() {
            [] => State::Added,
            [one] if *one == value => State::Unchanged,
            _ => State::Changed,
        };
        if !request.force && found.iter().any(|found| *found != value && !keys::is_ours(key, found)) {
            plan.refuse(
                format!("`{key}` has another value; nothing was changed"),
                format!("git config --show-origin --get-all {key}; to replace it: seal git install --force"),
            );
        }
        let step = (state != State::Unchanged)
            .then(|| Step::Set { key: key.to_owned(), values: vec![value.clone()] });
        plan.add(Kind::Config, key, value, state, step);
    }
}

/// Warns of settings that go against ours.
fn notes_on_others(plan: &mut Plan, all: &Settings) {
    for setting in &all.0 {
        let value = setting.value.as_deref().unwrap_or_default();
        if setting.key.starts_with("diff.") && setting.key.ends_with(".textconv") && keys::is_of_sops(value) {
            let hint = format!("git config --{} --unset {}", setting.scope, setting.key);
            plan.warn(format!("`{}` decrypts for every diff; it is left as it is", setting.key), Some(hint));
        }
    }
}

fn told(context: &Context, request: &Request, plans: &[Plan]) -> String {
    let next = next_clone(request);
    if context.is_json() {
        let all: Vec<Value> = plans.iter().map(Plan::json).collect();
        let changed = plans.iter().any(Plan::changes);
        let report = json!({
            "changed": changed, "dry_run": request.dry_run, "next_clone": next, "repositories": all,
        });
        return format!("{report}\n");
    }
    let mut out = String::new();
    plans.iter().for_each(|plan| plan.lines(request.dry_run, &mut out));
    let written =
        |plan: &Plan| plan.items.iter().any(|item| item.target == ".gitattributes" && item.step.is_some());
    if plans.iter().any(written) && !request.dry_run {
        out.push_str("commit the attributes: git add .gitattributes && git commit\n");
    }
    if !request.global && plans.iter().any(Plan::changes) {
        out.push_str(&format!("in the next clone: {next}\n"));
    }
    out
}

/// What to run in another clone. Patterns and guard come with tracked attributes.
fn next_clone(request: &Request) -> String {
    let mut words = vec!["seal git install".to_owned()];
    let tracked = request.attributes.is_none_or(|place| place == Attributes::Tracked) && !request.global;
    if request.global {
        words.push("--global".to_owned());
    }
    if !tracked {
        words.extend(request.patterns.iter().map(|pattern| format!("--pattern {}", shell_word(pattern))));
        words.extend(request.guard.then(|| "--guard".to_owned()));
    }
    match request.attributes {
        Some(Attributes::Info) => words.push("--attributes=info".to_owned()),
        Some(Attributes::Nowhere) => words.push("--attributes=none".to_owned()),
        _ => {}
    }
    if let Some(hooks) = &request.hooks {
        let names: Vec<&str> = hooks.iter().map(|hook| hook.name()).collect();
        let names = if names.is_empty() { "none".to_owned() } else { names.join(",") };
        words.push(format!("--hooks={names}"));
    }
    if request.show != Show::Auto {
        words.push(format!("--show={}", request.show.word()));
    }
    words.extend(request.remote_keys.then(|| "--remote-keys".to_owned()));
    words.extend(request.recurse.then(|| "--recurse-submodules".to_owned()));
    words.join(" ")
}
