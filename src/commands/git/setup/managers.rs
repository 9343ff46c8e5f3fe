//! Other programs that write hooks: who they are, and what to write for them.

use super::hooks::HookName;
use crate::git::Repository;
use crate::git::config::Settings;
use crate::io;

/// Their files are not larger.
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

#[cfg(test)]
mod tests {
    use super::{HookName, Manager};

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
