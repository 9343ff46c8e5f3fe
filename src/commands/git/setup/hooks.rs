//! Hooks: by settings where Git has them, else by files; for managers of hooks, what to write there.

use super::block::{Place, Text, new_file};
use super::managers::manager;
use super::plan::{Kind, Plan, State, Step, failed};
use crate::error::Failure;
use crate::git::Repository;
use crate::git::config::{Setting, Settings};
use crate::io::{self, Fingerprint, Mode, ReadError};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

/// The first version of Git that has hooks in its settings.
pub(in crate::commands::git) const CONFIG_HOOKS: (u32, u32) = (2, 54);

/// Hooks of others are not larger.
const LARGEST: usize = 1 << 20;

const SHELL: &str = "#!/bin/sh";

/// A hook.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HookName {
    /// Before a commit.
    PreCommit,
    /// Before the commit of a merge.
    PreMergeCommit,
    /// Before commits leave.
    PrePush,
    /// Before commits arrive.
    PreReceive,
}

impl HookName {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::PreCommit, Self::PreMergeCommit, Self::PrePush, Self::PreReceive];

    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::PreCommit => "pre-commit",
            Self::PreMergeCommit => "pre-merge-commit",
            Self::PrePush => "pre-push",
            Self::PreReceive => "pre-receive",
        }
    }

    /// What it runs.
    pub(in crate::commands::git) fn command(self) -> &'static str {
        match self {
            Self::PreCommit | Self::PreMergeCommit => "seal check --staged --quiet",
            Self::PrePush => "seal check --pre-push --quiet",
            Self::PreReceive => "seal check --pre-receive --quiet",
        }
    }

    /// What it is called in the settings of Git.
    pub(in crate::commands::git) fn section(self) -> &'static str {
        match self {
            Self::PreCommit | Self::PreMergeCommit => "hook.seal-check",
            Self::PrePush => "hook.seal-push",
            Self::PreReceive => "hook.seal-receive",
        }
    }

    /// What runs it in a script. A push tells where it goes.
    pub(super) fn line(self) -> String {
        let arguments = if self == Self::PrePush { " \"$@\"" } else { "" };
        format!("{}{arguments} || exit $?", self.command())
    }

    /// The lines of a file of its own.
    fn lines(self) -> Vec<String> {
        vec![self.line()]
    }

    /// The lines before those of another script, which gets what Git writes to it, too.
    fn lines_before_others(self) -> Vec<String> {
        if !matches!(self, Self::PrePush | Self::PreReceive) {
            return self.lines();
        }
        let text = format!(
            "seal_refs=$(cat)\n\
             if test -n \"$seal_refs\"; then\n\
             printf '%s\\n' \"$seal_refs\" | {}\n\
             exec <<SEAL_REFS\n\
             $seal_refs\n\
             SEAL_REFS\n\
             fi",
            self.line()
        );
        text.lines().map(str::to_owned).collect()
    }
}

/// A file in the folder of hooks.
pub(in crate::commands::git) enum Found {
    Nothing,
    /// A script of a shell, or one that we made.
    Script {
        bytes: Vec<u8>,
        fingerprint: Fingerprint,
        runs: bool,
    },
    /// Something else; why it is not touched.
    Other(&'static str),
}

/// Looks at the hook at `path`.
pub(in crate::commands::git) fn look(path: &Path) -> Found {
    let Ok(metadata) = path.symlink_metadata() else { return Found::Nothing };
    if !metadata.is_file() {
        return Found::Other("it is no plain file");
    }
    let runs = metadata.permissions().mode() & 0o111 != 0;
    match io::read_file(path, LARGEST) {
        Ok(input) => match input.fingerprint {
            Some(fingerprint) if is_shell_script(&input.bytes) => {
                Found::Script { bytes: input.bytes.to_vec(), fingerprint, runs }
            }
            _ => Found::Other("it is no script of sh or bash"),
        },
        Err(ReadError::TooLarge { .. }) => Found::Other("it is no script of sh or bash"),
        Err(_) => Found::Other("it cannot be read"),
    }
}

/// `#!/bin/sh`, `#!/usr/bin/env bash`, perhaps with flags.
fn is_shell_script(text: &[u8]) -> bool {
    let first = text.split(|b| *b == b'\n').next().unwrap_or_default();
    let Some(line) = first.strip_prefix(b"#!").and_then(|line| std::str::from_utf8(line).ok()) else {
        return false;
    };
    if line.contains('\r') || text.contains(&0) {
        return false;
    }
    let mut words = line.split_whitespace();
    let base =
        |word: Option<&str>| word.and_then(|word| word.rsplit('/').next()).unwrap_or_default().to_owned();
    let mut program = base(words.next());
    if program == "env" {
        program = base(words.find(|word| !word.starts_with('-')));
    }
    matches!(program.as_str(), "sh" | "bash" | "dash" | "ash" | "ksh")
}

/// The folder of hooks, where files count: without `core.hooksPath`.
pub(in crate::commands::git) fn folder(repository: &Repository) -> Result<PathBuf, Failure> {
    Ok(repository.common_store().map_err(|error| failed(&error))?.join("hooks"))
}

/// What the hooks depend on.
#[derive(Clone, Copy)]
pub(in crate::commands::git) struct OfHooks<'s> {
    /// All settings.
    pub(in crate::commands::git) all: &'s Settings,
    /// Those of the repository.
    pub(in crate::commands::git) own: &'s Settings,
    pub(in crate::commands::git) version: (u32, u32),
    /// Whether others than the wanted ones go.
    pub(in crate::commands::git) exact: bool,
}

/// Plans to forget the settings of a hook.
fn forget(plan: &mut Plan, hook: HookName, own: &Settings) {
    for (key, _) in setting_keys().filter(|(_, other)| other.section() == hook.section()) {
        let found = own.values(&key);
        let is_planned = plan.items.iter().any(|item| item.target == key);
        if !is_planned && !found.is_empty() && found.iter().all(|value| is_ours(&key, value)) {
            let step = Step::Unset { key: key.clone() };
            plan.add(Kind::Hook, key, "", State::Removed, Some(step));
        }
    }
}

/// Plans the hooks.
pub(in crate::commands::git) fn install(
    plan: &mut Plan,
    repository: &Repository,
    hooks: &[HookName],
    settings: &OfHooks<'_>,
) -> Result<(), Failure> {
    let OfHooks { all, own, version, exact } = *settings;
    let folder = folder(repository)?;
    let by_files = version < CONFIG_HOOKS;
    // Hooks that are not wanted, and those of a Git that had none in its settings.
    for hook in HookName::ALL {
        let is_wanted = hooks.contains(&hook);
        if (exact && !is_wanted) || (is_wanted && !by_files) {
            uninstall(plan, &folder.join(hook.name()));
        }
        let of_section = HookName::ALL.iter().filter(|other| other.section() == hook.section());
        if exact && !of_section.clone().any(|hook| hooks.contains(hook)) {
            forget(plan, hook, own);
        }
    }
    if hooks.is_empty() {
        return Ok(());
    }
    if let Some(manager) = manager(repository, all) {
        plan.notes.push(manager.snippet(hooks));
        return Ok(());
    }
    if !by_files {
        by_settings(plan, hooks, own);
        return Ok(());
    }
    if folder.is_symlink() {
        plan.notes.push(by_hand(&folder, hooks, "the folder is a link"));
        return Ok(());
    }
    for hook in hooks {
        by_file(plan, &folder.join(hook.name()), *hook);
    }
    Ok(())
}

fn by_hand(path: &Path, hooks: &[HookName], why: &str) -> String {
    let lines: Vec<String> =
        hooks.iter().map(|hook| format!("  {}:  {}", hook.name(), hook.line())).collect();
    format!("{} is not touched: {why}. Add by hand:\n{}", path.display(), lines.join("\n"))
}

fn by_file(plan: &mut Plan, path: &Path, hook: HookName) {
    let shown = path.strip_prefix("./").unwrap_or(path).display().to_string();
    let write =
        |bytes, expected| Some(Step::Write { path: path.to_owned(), bytes, mode: Mode::Program, expected });
    match look(path) {
        Found::Nothing => {
            let step = write(new_file(Some(SHELL), &hook.lines()), None);
            plan.add(Kind::Hook, shown, hook.command(), State::Added, step);
        }
        Found::Other(why) => {
            plan.add(Kind::Hook, shown, "", State::Kept, None);
            plan.notes.push(by_hand(path, &[hook], why));
        }
        Found::Script { bytes, fingerprint, runs } => {
            let text = match Text::read(&bytes) {
                Ok(text) => text,
                Err(damaged) => return refuse_damaged(plan, &shown, damaged.line),
            };
            let is_alone = text.without().is_some_and(|without| is_shell_alone(&without.text));
            let lines = if is_alone { hook.lines() } else { hook.lines_before_others() };
            let with = text.with(&lines, Place::SecondLine);
            if !runs {
                plan.add(Kind::Hook, shown, "", State::Kept, None);
                plan.notes.push(by_hand(path, &[hook], "it is not executable, so Git passes over it"));
            } else if with == bytes {
                plan.add(Kind::Hook, shown, hook.command(), State::Unchanged, None);
            } else {
                plan.add(Kind::Hook, shown, hook.command(), State::Changed, write(with, Some(fingerprint)));
            }
        }
    }
}

/// Whether nothing but the first line is there.
pub(in crate::commands::git) fn is_shell_alone(text: &[u8]) -> bool {
    text.strip_suffix(b"\n") == Some(SHELL.as_bytes())
}

fn by_settings(plan: &mut Plan, hooks: &[HookName], own: &Settings) {
    let mut sections: Vec<&str> = hooks.iter().map(|hook| hook.section()).collect();
    sections.dedup();
    for section in sections {
        let of_section: Vec<&HookName> = hooks.iter().filter(|hook| hook.section() == section).collect();
        let command = of_section.first().map(|hook| hook.command()).unwrap_or_default();
        let events: Vec<&str> = of_section.iter().map(|hook| hook.name()).collect();
        for (name, values) in [("command", vec![command]), ("event", events)] {
            let key = format!("{section}.{name}");
            let found = own.values(&key);
            let shown = values.join(", ");
            let state = match found.as_slice() {
                [] => State::Added,
                same if *same == values => State::Unchanged,
                _ => State::Changed,
            };
            let values = values.into_iter().map(str::to_owned).collect();
            let step = (state != State::Unchanged).then(|| Step::Set { key: key.clone(), values });
            plan.add(Kind::Hook, key, shown, state, step);
        }
    }
}

/// Plans to take our block out of the hook at `path`.
pub(in crate::commands::git) fn uninstall(plan: &mut Plan, path: &Path) {
    let Found::Script { bytes, fingerprint, .. } = look(path) else { return };
    let shown = path.strip_prefix("./").unwrap_or(path).display().to_string();
    let without = match Text::read(&bytes) {
        Ok(text) => text.without(),
        Err(damaged) => return refuse_damaged(plan, &shown, damaged.line),
    };
    let Some(without) = without else { return };
    let (path, expected) = (path.to_owned(), fingerprint);
    let step = if is_shell_alone(&without.text) && !without.was_there {
        Step::Remove { path, expected }
    } else {
        Step::Write { path, bytes: without.text, mode: Mode::Program, expected: Some(expected) }
    };
    plan.add(Kind::Hook, shown, "", State::Removed, Some(step));
}

fn refuse_damaged(plan: &mut Plan, shown: &str, line: usize) {
    let headline = format!("the markers of the block in `{shown}` do not fit, line {line}");
    plan.refuse(headline, "remove the lines with `>>> seal >>>` and `<<< seal <<<` there");
}

/// Whether `seal` writes this value to a key of hooks.
pub(in crate::commands::git) fn is_ours(key: &str, found: &str) -> bool {
    HookName::ALL.iter().any(|hook| {
        let Some(name) = key.strip_prefix(hook.section()) else { return false };
        (name == ".command" && found == hook.command()) || (name == ".event" && found == hook.name())
    })
}

/// Whether the hook at `path` has our block, and then whether it is executable.
pub(in crate::commands::git) fn has_block(path: &Path) -> Option<bool> {
    let Found::Script { bytes, runs, .. } = look(path) else { return None };
    Text::read(&bytes).ok()?.lines().map(|_| runs)
}

/// Whether the settings have our hook, and then whether it is enabled.
pub(in crate::commands::git) fn in_settings(all: &Settings, hook: HookName) -> Option<bool> {
    let key = |name: &str| format!("{}.{name}", hook.section());
    let has = |name: &str, value: &str| all.values(&key(name)).contains(&value);
    let is_there = has("command", hook.command()) && has("event", hook.name());
    is_there.then(|| all.last(&key("enabled")).is_none_or(Setting::is_true))
}

/// The keys of hooks in settings.
pub(in crate::commands::git) fn setting_keys() -> impl Iterator<Item = (String, HookName)> {
    [HookName::PreCommit, HookName::PrePush, HookName::PreReceive]
        .into_iter()
        .flat_map(|hook| ["command", "event"].map(|name| (format!("{}.{name}", hook.section()), hook)))
}

#[cfg(test)]
mod tests {
    use super::{HookName, by_settings, forget, in_settings, is_shell_script};
    use crate::commands::git::setup::plan::{Item, Plan, Step};
    use crate::git::config::{Scope, Setting, Settings};

    #[test]
    fn scripts_of_shells_are_known() {
        for text in
            ["#!/bin/sh\n", "#! /usr/bin/env bash\nx", "#!/bin/bash -e\n", "#!/usr/bin/env -S sh -e\n"]
        {
            assert!(is_shell_script(text.as_bytes()), "{text}");
        }
        for text in [
            "",
            "echo\n",
            "#!/usr/bin/python3\n",
            "#!/bin/sh\r\n",
            "#!/usr/bin/env python\n",
            "#!/bin/sh\n\0",
        ] {
            assert!(!is_shell_script(text.as_bytes()), "{text}");
        }
    }

    /// Git has hooks in its settings since 2.54.
    #[test]
    fn hooks_in_settings_are_planned_once() {
        let hooks = [HookName::PreCommit, HookName::PreMergeCommit, HookName::PrePush];
        let mut plan = Plan::new(None, ".".into(), Scope::Local);
        by_settings(&mut plan, &hooks, &Settings::default());
        let planned: Vec<(&str, &str)> =
            plan.items.iter().map(|item| (item.target.as_str(), item.detail.as_str())).collect();
        let wanted = [
            ("hook.seal-check.command", "seal check --staged --quiet"),
            ("hook.seal-check.event", "pre-commit, pre-merge-commit"),
            ("hook.seal-push.command", "seal check --pre-push --quiet"),
            ("hook.seal-push.event", "pre-push"),
        ];
        assert_eq!(planned, wanted);
        let setting = |item: &Item| match &item.step {
            Some(Step::Set { key, values }) => {
                values.iter().map(|value| (key.clone(), value.clone())).collect()
            }
            _ => Vec::new(),
        };
        let all = plan.items.iter().flat_map(setting).map(|(key, value)| Setting {
            scope: "local".to_owned(),
            key,
            value: Some(value),
        });
        let own = Settings(all.collect());
        let mut again = Plan::new(None, ".".into(), Scope::Local);
        by_settings(&mut again, &hooks, &own);
        assert!(!again.changes());
        assert_eq!(in_settings(&own, HookName::PreMergeCommit), Some(true));
        assert_eq!(in_settings(&own, HookName::PreReceive), None);
        let mut gone = Plan::new(None, ".".into(), Scope::Local);
        forget(&mut gone, HookName::PrePush, &own);
        assert_eq!(gone.items.len(), 2);
    }
}
