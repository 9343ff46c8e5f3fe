//! Which files get which attributes, and the block of lines that says so.

use super::block::{Place, Text, new_file};
use super::plan::{Kind, Plan, State, Step, failed};
use super::quote::{is_read, literal, quoted, refused};
use super::sealed;
use crate::check::is_never_encrypted;
use crate::commands::Context;
use crate::error::{Code, Failure};
use crate::git::{Repository, TrackedKind};
use crate::io::{self, Mode};
use crate::pattern::{Pattern, globs};
use crate::policy::Config;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// Attributes of others are not more.
const LARGEST: usize = 16 << 20;
/// What a line says whose pattern was asked for on the command line.
const ASKED: &str = "# pattern: ";
/// Patterns that are told one by one.
const SHOWN: usize = 6;
const FILTER: &str = "filter=seal";
/// Endings of files that are texts for sure, encrypted or not.
const TEXTS: [&str; 6] = [".yaml", ".yml", ".json", ".env", ".ini", ".toml"];

/// The file that a block goes to.
pub(in crate::commands::git) struct Target {
    pub(in crate::commands::git) path: PathBuf,
    /// As a person knows it.
    pub(in crate::commands::git) shown: String,
    /// Whether it may be a link: what is tracked may lead anywhere.
    pub(in crate::commands::git) may_link: bool,
}

/// What a file of attributes says now.
pub(in crate::commands::git) struct Current {
    pub(in crate::commands::git) bytes: Option<Vec<u8>>,
    pub(in crate::commands::git) fingerprint: Option<io::Fingerprint>,
}

impl Current {
    /// Reads it.
    pub(in crate::commands::git) fn read(target: &Target) -> Result<Self, Failure> {
        let cannot = |cause: String| {
            Failure::new(Code::Generic, format!("cannot use `{}`; nothing was changed", target.shown))
                .cause(cause)
                .hint("put the attributes elsewhere: seal git install --attributes=info")
        };
        let path = &target.path;
        match if target.may_link { path.metadata() } else { path.symlink_metadata() } {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return Ok(Self { bytes: None, fingerprint: None });
            }
            Ok(metadata) if metadata.is_file() => {}
            Ok(_) => return Err(cannot("it is no plain file".to_owned())),
            Err(error) => return Err(cannot(io::reason(&error))),
        }
        let input = io::read_file(&target.path, LARGEST).map_err(|error| cannot(error.to_string()))?;
        Ok(Self { bytes: Some(input.bytes.to_vec()), fingerprint: input.fingerprint })
    }

    fn lines(&self) -> Vec<String> {
        let text = self.bytes.as_deref().and_then(|bytes| Text::read(bytes).ok());
        let lines = text.and_then(|text| text.lines()).unwrap_or_default();
        lines.into_iter().map(|line| String::from_utf8_lossy(line).into_owned()).collect()
    }

    /// The patterns that were asked for when the block was made.
    pub(in crate::commands::git) fn asked(&self) -> Vec<String> {
        let lines = self.lines();
        let asked = lines.iter().filter_map(|line| line.strip_prefix(ASKED));
        asked.filter(|pattern| refused(pattern).is_none()).map(str::to_owned).collect()
    }

    /// Whether the block has files guarded.
    pub(in crate::commands::git) fn is_guarded(&self) -> bool {
        let mut words = self.lines().into_iter().filter(|line| !line.starts_with('#'));
        words.any(|line| line.split_whitespace().any(|word| word == FILTER))
    }
}

/// Plans the block with these lines; without any it goes.
pub(in crate::commands::git) fn install(
    plan: &mut Plan,
    target: &Target,
    current: &Current,
    lines: &[String],
) {
    let patterns = lines.iter().filter(|line| line.contains(" diff=seal "));
    let mut detail: Vec<&str> = patterns.filter_map(|line| line.split(" diff=seal ").next()).collect();
    let more = detail.len().saturating_sub(SHOWN);
    detail.truncate(SHOWN);
    let more = if more > 0 { format!(", {more} more") } else { String::new() };
    let detail = format!("{}{more}", detail.join(", "));
    let Some(bytes) = &current.bytes else {
        if !lines.is_empty() {
            let (path, bytes) = (target.path.clone(), new_file(None, lines));
            let step = Step::Write { path, bytes, mode: Mode::Shared, expected: None };
            plan.add(Kind::Attributes, &target.shown, detail, State::Added, Some(step));
        }
        return;
    };
    let text = match Text::read(bytes) {
        Ok(text) => text,
        Err(damaged) => return refuse_damaged(plan, target, damaged.line),
    };
    let has_block = text.lines().is_some();
    if lines.is_empty() && !has_block {
        return;
    }
    let with = text.with(lines, Place::End);
    let state = match has_block {
        _ if with == *bytes => State::Unchanged,
        true => State::Changed,
        false => State::Added,
    };
    let step = (state != State::Unchanged).then(|| Step::Write {
        path: target.path.clone(),
        bytes: with,
        mode: Mode::Shared,
        expected: current.fingerprint,
    });
    plan.add(Kind::Attributes, &target.shown, detail, state, step);
}

fn refuse_damaged(plan: &mut Plan, target: &Target, line: usize) {
    let headline = format!("the markers of the block in `{}` do not fit, line {line}", target.shown);
    plan.refuse(headline, "remove the lines with `>>> seal >>>` and `<<< seal <<<` there");
}

/// Plans to take the block out.
pub(in crate::commands::git) fn uninstall(plan: &mut Plan, target: &Target, current: &Current) {
    let (Some(bytes), Some(expected)) = (&current.bytes, current.fingerprint) else { return };
    let without = match Text::read(bytes) {
        Ok(text) => text.without(),
        Err(damaged) => return refuse_damaged(plan, target, damaged.line),
    };
    let Some(without) = without else { return };
    let path = target.path.clone();
    let step = if without.text.is_empty() && !without.was_there && !path.is_symlink() {
        Step::Remove { path, expected }
    } else {
        Step::Write { path, bytes: without.text, mode: Mode::Shared, expected: Some(expected) }
    };
    plan.add(Kind::Attributes, &target.shown, "", State::Removed, Some(step));
}

/// What the lines are made of.
struct Sources {
    globs: Vec<String>,
    /// Whether the configuration itself is among the files.
    hits_config: bool,
}

/// The lines of the block of a person's own file.
pub(in crate::commands::git) fn lines_of_patterns(patterns: &[String], guard: bool) -> Vec<String> {
    let mut lines: Vec<String> = patterns.iter().map(|pattern| format!("{ASKED}{pattern}")).collect();
    lines.extend(patterns.iter().map(|pattern| line(&quoted(pattern.as_bytes()), text_of(pattern), guard)));
    lines
}

/// The lines of the block of a repository.
pub(in crate::commands::git) fn lines(
    context: &Context,
    plan: &mut Plan,
    repository: &Repository,
    patterns: &[String],
    guard: bool,
) -> Result<Vec<String>, Failure> {
    let git = |error| failed(&error);
    let mut lines = Vec::new();
    let sources = if patterns.is_empty() {
        let sources = of_rules(context, plan, repository)?;
        let all = sources.globs.iter();
        lines.extend(all.map(|glob| line(&quoted(glob.as_bytes()), text_of(glob), guard)));
        sources
    } else {
        lines = lines_of_patterns(patterns, guard);
        Sources { globs: patterns.to_vec(), hits_config: false }
    };
    let all: Vec<&str> = sources.globs.iter().map(String::as_str).collect();
    let covered: BTreeSet<PathBuf> = match repository.root() {
        Some(_) => repository.matching(&all).map_err(git)?.into_iter().collect(),
        None => BTreeSet::new(),
    };
    let sealed: BTreeSet<PathBuf> = sealed::tracked(context, repository)?.into_keys().collect();
    let crlf = repository.with_carriage_returns(covered.union(&sealed)).map_err(git)?;
    let crlf: BTreeSet<PathBuf> = crlf.into_iter().collect();
    for name in sealed.difference(&covered) {
        let text = if crlf.contains(name) { "" } else { "text eol=lf" };
        lines.push(line(&literal(name), text, guard));
    }
    for name in &crlf {
        if covered.contains(name) {
            lines.push(format!("{} -text !eol", literal(name)));
        }
        let shown = name.display();
        plan.warn(format!("`{shown}` has lines with CR LF, which stay as they are"), None);
    }
    // What everybody reads as it is, whatever a pattern is for.
    let none = if guard { "!diff !merge !filter" } else { "!diff !merge" };
    if sources.hits_config {
        lines.push(format!(".sops.yaml {none}"));
    }
    for name in covered.iter().filter(|name| is_never_encrypted(&name.to_string_lossy())) {
        let is_config = sources.hits_config && name.ends_with(".sops.yaml");
        if !is_config && !sealed.contains(name) {
            lines.push(format!("{} {none}", literal(name)));
        }
    }
    lines.retain(|line| {
        let read = is_read(line);
        if !read {
            let word = line.split(' ').next().unwrap_or_default();
            let start: String = word.chars().take(60).collect();
            plan.warn(format!("the path `{start}…` is too long for attributes of Git"), None);
        }
        read
    });
    if lines.is_empty() {
        plan.notes.push(
            "no file gets attributes: nothing is encrypted yet, and no rule of .sops.yaml is a glob.\n\
             Name the files: seal git install --pattern '*.enc.yaml'"
                .to_owned(),
        );
    }
    Ok(lines)
}

fn line(pattern: &str, text: &str, guard: bool) -> String {
    let mut line = format!("{pattern} diff=seal merge=seal");
    if !text.is_empty() {
        line.extend([" ", text]);
    }
    if guard {
        line.extend([" ", FILTER]);
    }
    line
}

/// Line ends are LF everywhere; what may not be a text is looked at first.
fn text_of(glob: &str) -> &'static str {
    if TEXTS.iter().any(|end| glob.ends_with(end)) { "text eol=lf" } else { "text=auto eol=lf" }
}

/// The globs of the creation rules.
fn of_rules(context: &Context, plan: &mut Plan, repository: &Repository) -> Result<Sources, Failure> {
    let mut sources = Sources { globs: Vec::new(), hits_config: false };
    for (folder, config) in configs(context, plan, repository)? {
        for rule in config.creation_rules.iter().flatten() {
            let number = rule.index + 1;
            if rule.takes_every_file() {
                let note = "is for every file, so only those that are encrypted now get attributes";
                plan.notes.push(format!("rule {number} of {} {note}", shown(&folder)));
                continue;
            }
            match globs(&rule.path_regex, &folder) {
                Some(found) => {
                    let hits =
                        Pattern::new(&rule.path_regex).is_ok_and(|regex| regex.is_match(b".sops.yaml"));
                    sources.hits_config |= hits;
                    for glob in found {
                        if !sources.globs.contains(&glob) {
                            sources.globs.push(glob);
                        }
                    }
                }
                None => plan.notes.push(format!(
                    "rule {number} of {} is no glob, so only files that are encrypted now get attributes; \
                     name others with --pattern, or install again",
                    shown(&folder)
                )),
            }
        }
    }
    Ok(sources)
}

/// The configurations of the repository, each with its folder from the top.
fn configs(
    context: &Context,
    plan: &mut Plan,
    repository: &Repository,
) -> Result<Vec<(String, Config)>, Failure> {
    let mut found = Vec::new();
    let entries = repository.entries().map_err(|error| failed(&error))?;
    let tracked = entries.iter().filter(|entry| entry.kind == TrackedKind::File);
    let mut names: BTreeSet<&Path> =
        tracked.map(|entry| entry.name.as_path()).filter(|name| name.ends_with(".sops.yaml")).collect();
    let Some(root) = repository.root() else {
        let mut blobs = repository.blobs().map_err(|error| failed(&error))?;
        for entry in entries.iter().filter(|entry| names.contains(entry.name.as_path())) {
            let Ok(text) = blobs.read(&entry.id, 4 << 20) else { continue };
            let name = entry.name.display().to_string();
            match Config::parse(&text, &name, Path::new("/")) {
                Ok(config) => found.extend(folder(&entry.name).map(|folder| (folder, config))),
                Err(error) => plan.warn(format!("{error}; its rules give no patterns"), None),
            }
        }
        return Ok(found);
    };
    names.insert(Path::new(".sops.yaml"));
    let named = context.named_config().filter(|_| plan.name.is_none());
    let named = named.and_then(|path| path.canonicalize().ok()?.strip_prefix(root).ok().map(Path::to_owned));
    names.extend(named.as_deref());
    for name in names {
        let path = root.join(name);
        // A link may lead anywhere.
        if !path.symlink_metadata().is_ok_and(|metadata| metadata.is_file()) {
            continue;
        }
        match Config::load(&path, root) {
            Ok(config) => found.extend(folder(name).map(|folder| (folder, config))),
            Err(error) => plan.warn(format!("{error}; its rules give no patterns"), None),
        }
    }
    Ok(found)
}

/// The configuration of a folder, for messages.
fn shown(folder: &str) -> String {
    if folder.is_empty() { ".sops.yaml".to_owned() } else { format!("{folder}/.sops.yaml") }
}

/// The folder of a file, if it is a text.
fn folder(name: &Path) -> Option<String> {
    name.parent()?.to_str().map(str::to_owned)
}
