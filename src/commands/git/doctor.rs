//! `seal git doctor`: whether what `seal git install` set up works here.

use super::setup::hooks::{self, HookName};
use super::setup::keys::{self, KEYS, ONE_WORD};
use super::setup::plan::failed;
use super::setup::{self, managers, sealed};
use super::uninstall::CACHE;
use crate::check::tokens;
use crate::commands::Context;
use crate::commands::output::print;
use crate::error::Failure;
use crate::git::Repository;
use crate::git::config::Settings;
use crate::io;
use crate::ui::{escaped, shell_word};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

/// Findings of one kind beyond these are counted only.
const MOST: usize = 25;
const INSTALL: &str = "seal git install";

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Level {
    Error,
    Warning,
    /// Worth knowing; no finding.
    Note,
}

/// Something that does not work.
struct Finding {
    level: Level,
    /// What it is about: a key, a file, a hook.
    subject: String,
    message: String,
    hint: Option<String>,
}

#[derive(Default)]
struct Findings(Vec<Finding>);

impl Findings {
    fn add(&mut self, level: Level, subject: impl Into<String>, message: impl Into<String>, hint: &str) {
        let hint = (!hint.is_empty()).then(|| hint.to_owned());
        self.0.push(Finding { level, subject: subject.into(), message: message.into(), hint });
    }

    /// One finding for each of these files.
    fn files(&mut self, level: Level, files: &[&PathBuf], message: &str, hint: impl Fn(&str) -> String) {
        for file in files.iter().take(MOST) {
            let name = file.to_string_lossy();
            self.add(level, name.as_ref(), message, &hint(&name));
        }
        if files.len() > MOST {
            self.add(level, format!("{} files more", files.len() - MOST), message, "");
        }
    }
}

/// Looks at everything; the exit code is 1 if something is wrong.
///
/// # Errors
/// This is no repository (1), or it cannot be read (2).
pub fn run(context: &Context) -> Result<u8, Failure> {
    let repository = setup::repository()?;
    setup::is_bare(&repository)?;
    let folder = repository.root().unwrap_or(repository.store());
    let all = Settings::read(folder).map_err(|error| failed(&error))?;
    let mut findings = Findings::default();
    program(&mut findings, folder, &all)?;
    settings(&mut findings, &all);
    others(&mut findings, &all);
    caches(&mut findings, &repository)?;
    files(context, &mut findings, &repository, &all)?;
    if repository.root().is_some() {
        check_hooks(&mut findings, &repository, &all)?;
    }
    print(told(context, &findings).as_bytes())?;
    Ok(u8::from(findings.0.iter().any(|finding| finding.level != Level::Note)))
}

/// Whether the shell of Git finds the program.
fn program(findings: &mut Findings, folder: &Path, all: &Settings) -> Result<(), Failure> {
    let textconv = all.last("diff.seal.textconv").and_then(|setting| setting.value.as_deref());
    let names = ["seal"].into_iter().chain((textconv == Some(ONE_WORD)).then_some(ONE_WORD));
    for name in names {
        if Repository::resolved(folder, name).map_err(|error| failed(&error))?.is_none() {
            let message = "the shell that Git runs commands with does not find it";
            findings.add(Level::Error, name, message, "put its folder on the PATH");
        }
    }
    Ok(())
}

/// Whether each setting is ours where it counts.
fn settings(findings: &mut Findings, all: &Settings) {
    for key in KEYS.into_iter().filter(|key| !key.starts_with("filter.")) {
        let Some(found) = all.last(key) else {
            findings.add(Level::Error, key, "is not set", INSTALL);
            continue;
        };
        let value = found.value.as_deref().unwrap_or("true");
        if key.ends_with(".cachetextconv") {
            // Told with those of other drivers.
            continue;
        }
        if !keys::is_ours(key, value) {
            let message = format!("has a value that is not of seal, in the scope {}", found.scope);
            let hint = format!("git config --show-origin --get-all {key}; {INSTALL} --force");
            findings.add(Level::Error, key, message, &hint);
        }
    }
}

/// Settings beside ours that Git takes instead.
const INSTEAD: [&str; 2] = ["diff.seal.command", "diff.seal.binary"];

/// Drivers that keep plain text, and older ones.
fn others(findings: &mut Findings, all: &Settings) {
    for setting in INSTEAD.iter().filter_map(|key| all.last(key)) {
        let message = format!("is set, in the scope {}, and stands in the way of our diffs", setting.scope);
        findings.add(Level::Error, &setting.key, message, &unset(setting));
    }
    let mut told: Vec<&str> = Vec::new();
    for setting in &all.0 {
        let Some((driver, name)) = setting.key.rsplit_once('.') else { continue };
        let value = setting.value.as_deref().unwrap_or_default();
        if name == "cachetextconv" && driver.starts_with("diff.") && !told.contains(&setting.key.as_str()) {
            told.push(&setting.key);
            let command = all.last(&format!("{driver}.textconv")).and_then(|found| found.value.as_deref());
            let decrypts = driver == "diff.seal" || command.is_some_and(keys::is_of_sops);
            let last = all.last(&setting.key).unwrap_or(setting);
            if decrypts && last.is_true() {
                let message = format!("is true, in the scope {}: Git would store plain text", last.scope);
                let hint = if driver == "diff.seal" { INSTALL.to_owned() } else { unset(last) };
                findings.add(Level::Error, &setting.key, message, &hint);
            }
        }
        let is_command = matches!(name, "textconv" | "driver" | "clean" | "smudge" | "process" | "command");
        let is_driver = ["diff.", "merge.", "filter."].iter().any(|kind| driver.starts_with(kind));
        if is_command && is_driver && (keys::is_of_sops(value) || driver == "diff.sopsdiffer") {
            findings.add(Level::Warning, &setting.key, "is an older driver that decrypts", &unset(setting));
        }
    }
}

fn unset(setting: &crate::git::config::Setting) -> String {
    format!("git config --{} --unset-all {}", setting.scope, shell_word(&setting.key))
}

/// Texts that Git has stored.
fn caches(findings: &mut Findings, repository: &Repository) -> Result<(), Failure> {
    for reference in repository.references("refs/notes/textconv/").map_err(|error| failed(&error))? {
        let hint = match reference == CACHE {
            true => "seal git uninstall --purge-cache, seal git install, git gc --prune=now".to_owned(),
            false => format!("git update-ref -d {}; git gc --prune=now", shell_word(&reference)),
        };
        findings.add(Level::Error, reference, "keeps texts of diffs in the repository", &hint);
    }
    Ok(())
}

/// The encrypted files: attributes, line ends, and what stands in the worktree.
fn files(
    context: &Context,
    findings: &mut Findings,
    repository: &Repository,
    all: &Settings,
) -> Result<(), Failure> {
    let Some(root) = repository.root() else { return Ok(()) };
    let git = |error| failed(&error);
    let names: Vec<PathBuf> = sealed::tracked(context, repository)?.into_keys().collect();
    let attributes = repository.attribute_values(&names, &["diff", "merge", "filter"]).map_err(git)?;
    let value = |name: &PathBuf, attribute: &str| -> String {
        attributes.get(name).and_then(|of_file| of_file.get(attribute)).cloned().unwrap_or_default()
    };
    for attribute in ["diff", "merge"] {
        let without: Vec<&PathBuf> = names.iter().filter(|name| value(name, attribute) != "seal").collect();
        let message = format!("is encrypted, but its attribute `{attribute}` is not `seal`");
        findings.files(Level::Error, &without, &message, |_| INSTALL.to_owned());
    }
    let is_other =
        |name: &&PathBuf| !matches!(value(name, "filter").as_str(), "unspecified" | "unset" | "seal" | "");
    let filtered: Vec<&PathBuf> = names.iter().filter(is_other).collect();
    findings.files(Level::Error, &filtered, "is encrypted, and has a filter of others", |name| {
        format!("git check-attr filter -- {}; take it out of .gitattributes", shell_word(name))
    });
    if names.iter().any(|name| value(name, "filter") == "seal") {
        for key in KEYS.into_iter().filter(|key| key.starts_with("filter.")) {
            let found = all.last(key).and_then(|setting| setting.value.as_deref());
            if !found.is_some_and(|found| keys::is_ours(key, found)) {
                let message = "is not that of seal, so that files are not guarded";
                findings.add(Level::Error, key, message, "seal git install --guard");
            }
        }
    }
    let crlf = repository.with_carriage_returns(&names).map_err(git)?;
    let crlf: Vec<&PathBuf> = crlf.iter().collect();
    findings.files(Level::Warning, &crlf, "is encrypted, and has lines with CR LF", |name| {
        format!("sed -i 's/\\r$//' {}", shell_word(name))
    });
    let plain: Vec<&PathBuf> = names.iter().filter(|name| is_plain(root, name)).collect();
    findings.files(Level::Error, &plain, "stands in the worktree as plain text", |name| {
        format!("seal encrypt -i {}", shell_word(name))
    });
    Ok(())
}

/// Whether a file that is encrypted as it is tracked is plain in the worktree.
fn is_plain(root: &Path, name: &Path) -> bool {
    let path = root.join(name);
    if !path.symlink_metadata().is_ok_and(|metadata| metadata.is_file()) {
        return false;
    }
    let Ok(input) = io::read_file(&path, sealed::LARGEST) else { return false };
    !input.bytes.trim_ascii().is_empty()
        && tokens::in_text(&input.bytes).next().is_none()
        && !sealed::is_sealed(name, &input.bytes)
}

/// Whether the hooks run.
fn check_hooks(findings: &mut Findings, repository: &Repository, all: &Settings) -> Result<(), Failure> {
    let version = Repository::git_version().map_err(|error| failed(&error))?;
    let folder = hooks::folder(repository)?;
    let elsewhere = all.last("core.hooksPath").is_some();
    let mut runs = false;
    for hook in HookName::ALL {
        let path = folder.join(hook.name());
        if let Some(executable) = hooks::has_block(&path) {
            if !executable {
                let hint = format!("chmod +x {}", shell_word(&path.to_string_lossy()));
                findings.add(
                    Level::Error,
                    hook.name(),
                    "the hook is not executable, so Git passes over it",
                    &hint,
                );
            } else if elsewhere {
                let message = "the hook is not run, since core.hooksPath names another folder";
                findings.add(Level::Error, hook.name(), message, INSTALL);
            } else {
                runs |= hook == HookName::PreCommit;
            }
        }
        if let Some(enabled) = hooks::in_settings(all, hook) {
            if version < hooks::CONFIG_HOOKS {
                let message = "the hook is a setting, which this version of Git does not run";
                findings.add(Level::Error, hook.name(), message, INSTALL);
            } else if enabled {
                runs |= hook == HookName::PreCommit;
            } else {
                findings.add(Level::Error, hook.name(), "the hook is disabled in the settings", INSTALL);
            }
        }
    }
    if !runs && !managers::manager_runs_us(repository, all) {
        findings.add(Level::Note, HookName::PreCommit.name(), "no hook runs `seal check`", INSTALL);
    }
    Ok(())
}

fn told(context: &Context, findings: &Findings) -> String {
    if context.is_json() {
        let all: Vec<Value> = findings.0.iter().map(Finding::json).collect();
        return format!("{}\n", json!({ "findings": all }));
    }
    let mut out = String::new();
    for finding in &findings.0 {
        let Finding { level, subject, message, hint } = finding;
        out.push_str(&format!("{}: {} {}\n", level.word(), escaped(subject), escaped(message)));
        out.extend(hint.iter().map(|hint| format!("  hint: {}\n", escaped(hint))));
    }
    let count = findings.0.iter().filter(|finding| finding.level != Level::Note).count();
    out.push_str(&match count {
        0 => "all is well\n".to_owned(),
        1 => "1 finding\n".to_owned(),
        count => format!("{count} findings\n"),
    });
    out
}

impl Finding {
    fn json(&self) -> Value {
        json!({
            "level": self.level.word(), "subject": self.subject, "message": self.message, "hint": self.hint,
        })
    }
}

impl Level {
    fn word(self) -> &'static str {
        match self {
            Level::Error => "error",
            Level::Warning => "warning",
            Level::Note => "note",
        }
    }
}
