//! Hooks: by settings where Git has them, else by files; for managers of hooks, what to write there.

use super::block::{Place, Text, new_file};
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

/// Names of lefthook's file.
const LEFTHOOK: [&str; 8] = [
    "lefthook.yml",
    "lefthook.yaml",
    "lefthook.toml",
    "lefthook.json",
    ".lefthook.yml",
    ".lefthook.yaml",
    ".lefthook.toml",
    ".lefthook.json",
];

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
    fn line(self) -> String {
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

/// Somebody else who writes hooks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::commands::git) enum Manager {
    /// `core.hooksPath`
    Path(String),
    PreCommit,
    Lefthook,
    Husky,
}

/// Who else writes hooks here.
pub(in crate::commands::git) fn manager(repository: &Repository, settings: &Settings) -> Option<Manager> {
    let root = repository.root();
    let has = |name: &str| root.is_some_and(|root| root.join(name).symlink_metadata().is_ok());
    if has(".husky") {
        Some(Manager::Husky)
    } else if LEFTHOOK.into_iter().any(has) {
        Some(Manager::Lefthook)
    } else if has(".pre-commit-config.yaml") {
        Some(Manager::PreCommit)
    } else {
        let path = settings.last("core.hooksPath")?.value.clone();
        Some(Manager::Path(path.unwrap_or_default()))
    }
}

impl Manager {
    /// What to write, and where.
    pub(in crate::commands::git) fn snippet(&self, hooks: &[HookName]) -> String {
        let mut out = match self {
            Manager::Path(path) => format!("hooks are in core.hooksPath ({path}), so add there:\n"),
            Manager::Husky => "hooks are those of husky, so add:\n".to_owned(),
            Manager::Lefthook => "hooks are those of lefthook, so add to its file:\n".to_owned(),
            Manager::PreCommit => {
                "hooks are those of pre-commit, so add to .pre-commit-config.yaml below `repos:`\n\
                 (and pre-merge-commit and pre-push to default_install_hook_types):\n"
                    .to_owned()
            }
        };
        match self {
            Manager::Path(path) => hooks.iter().for_each(|hook| {
                out.push_str(&format!("  {path}/{}:  {}\n", hook.name(), hook.line()));
            }),
            Manager::Husky => hooks.iter().for_each(|hook| {
                out.push_str(&format!("  .husky/{}:  {}\n", hook.name(), hook.line()));
            }),
            Manager::Lefthook => hooks.iter().for_each(|hook| {
                let stdin = if *hook == HookName::PrePush { "        use_stdin: true\n" } else { "" };
                let (name, run) = (hook.name(), hook.command());
                out.push_str(&format!(
                    "  {name}:\n    commands:\n      seal-check:\n        run: {run}\n{stdin}"
                ));
            }),
            Manager::PreCommit => {
                let staged: Vec<&str> = hooks
                    .iter()
                    .filter(|hook| hook.command().contains("--staged"))
                    .map(|hook| hook.name())
                    .collect();
                out.push_str("  - repo: local\n    hooks:\n");
                let mut hook = |id: &str, entry: &str, stages: &str| {
                    out.push_str(&format!(
                        "      - id: {id}\n        name: {id}\n        language: system\n        entry: {entry}\n        \
                         pass_filenames: false\n        always_run: true\n        stages: [{stages}]\n"
                    ));
                };
                if !staged.is_empty() {
                    hook("seal-check", HookName::PreCommit.command(), &staged.join(", "));
                }
                if hooks.contains(&HookName::PrePush) {
                    let entry =
                        "sh -c 'seal check --quiet --range=\"$PRE_COMMIT_FROM_REF..$PRE_COMMIT_TO_REF\"'";
                    hook("seal-check-push", entry, "pre-push");
                }
            }
        }
        out.trim_end().to_owned()
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

/// Plans the hooks.
pub(in crate::commands::git) fn install(
    plan: &mut Plan,
    repository: &Repository,
    hooks: &[HookName],
    all: &Settings,
    version: (u32, u32),
) -> Result<(), Failure> {
    if hooks.is_empty() {
        return Ok(());
    }
    if let Some(manager) = manager(repository, all) {
        plan.notes.push(manager.snippet(hooks));
        return Ok(());
    }
    if version >= CONFIG_HOOKS {
        by_settings(plan, hooks, all);
        return Ok(());
    }
    let folder = folder(repository)?;
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

fn by_settings(plan: &mut Plan, hooks: &[HookName], all: &Settings) {
    let mut sections: Vec<&str> = hooks.iter().map(|hook| hook.section()).collect();
    sections.dedup();
    for section in sections {
        let of_section: Vec<&HookName> = hooks.iter().filter(|hook| hook.section() == section).collect();
        let command = of_section.first().map(|hook| hook.command()).unwrap_or_default();
        let events: Vec<&str> = of_section.iter().map(|hook| hook.name()).collect();
        for (name, values) in [("command", vec![command]), ("event", events)] {
            let key = format!("{section}.{name}");
            let found = all.values(&key);
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

/// Whether another manager of hooks seems to run us.
pub(in crate::commands::git) fn manager_runs_us(repository: &Repository, all: &Settings) -> bool {
    let (Some(manager), Some(root)) = (manager(repository, all), repository.root()) else { return false };
    let files = match manager {
        Manager::Path(path) => vec![format!("{path}/pre-commit")],
        Manager::Husky => vec![".husky/pre-commit".to_owned()],
        Manager::PreCommit => vec![".pre-commit-config.yaml".to_owned()],
        Manager::Lefthook => LEFTHOOK.map(str::to_owned).to_vec(),
    };
    files.iter().any(|file| {
        let text = io::read_file(&root.join(file), LARGEST);
        let words = [&b"seal check"[..], b"seal-check"];
        text.is_ok_and(|text| {
            words.iter().any(|word| text.bytes.windows(word.len()).any(|found| found == *word))
        })
    })
}

/// The keys of hooks in settings.
pub(in crate::commands::git) fn setting_keys() -> impl Iterator<Item = (String, HookName)> {
    [HookName::PreCommit, HookName::PrePush, HookName::PreReceive]
        .into_iter()
        .flat_map(|hook| ["command", "event"].map(|name| (format!("{}.{name}", hook.section()), hook)))
}

#[cfg(test)]
mod tests {
    use super::{HookName, Manager, is_shell_script};

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

    #[test]
    fn managers_are_told_what_to_write() {
        let hooks = [HookName::PreCommit, HookName::PrePush];
        for manager in [Manager::Path("x".to_owned()), Manager::Husky, Manager::Lefthook, Manager::PreCommit]
        {
            let snippet = manager.snippet(&hooks);
            assert!(
                snippet.contains("seal check --staged --quiet") && snippet.contains("pre-push"),
                "{snippet}"
            );
        }
    }
}
