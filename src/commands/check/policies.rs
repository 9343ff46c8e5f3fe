//! The configuration that applies to each file: the next `.sops.yaml` upwards from it, unless one is
//! named.

use super::Located;
use super::source::{File, PolicyPlace, Source};
use crate::check::{Check, Expected, Finding, Severity, Wish};
use crate::commands::context::Context;
use crate::commands::input::Input;
use crate::doc::Position;
use crate::error::{Code, Failure, Place};
use crate::git::Entry;
use crate::policy::{self, Config, ConfigError, CreationRule, Problem, find};
use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use time::Duration;

/// The largest configuration in Git, in bytes.
const MOST: usize = 4 << 20;

/// A configuration file.
pub(super) struct Policy {
    path: PathBuf,
    /// It, unless it is not even a map.
    pub(super) config: Option<Config>,
    /// What is wrong with it as a whole.
    broken: Option<(String, Option<Place>)>,
    /// Replaced on the way to what is looked at.
    past: bool,
}

/// Where a configuration is.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Location {
    File(PathBuf),
    Entry(Entry),
}

/// All configurations of the files, and which of them each file has.
pub(super) struct Policies {
    pub(super) all: Vec<Policy>,
    of_folder: HashMap<PathBuf, Option<usize>>,
    /// Configurations that were replaced, by their folder.
    past: Vec<(PathBuf, usize)>,
    current: PathBuf,
    require_strict: Option<bool>,
}

impl Policies {
    /// Reads the configurations of all files of `source`.
    pub(super) fn gather(context: &Context, source: &Source) -> Result<Self, Failure> {
        let settings = context.settings();
        let mut policies = Self {
            all: Vec::new(),
            of_folder: HashMap::new(),
            past: Vec::new(),
            current: context.current_dir()?,
            require_strict: settings.require_strict,
        };
        let entries = match &source.policies {
            PolicyPlace::Entries(entries) => {
                let by_folder = |entry: &Entry| Some((source.path_of(entry.name.parent()?), entry.clone()));
                entries.iter().filter_map(by_folder).collect()
            }
            PolicyPlace::Worktree | PolicyPlace::File(_) => HashMap::new(),
        };
        let mut of_place: HashMap<Location, usize> = HashMap::new();
        for file in &source.files {
            let folder = policies.folder(&file.path);
            if policies.of_folder.contains_key(&folder) {
                continue;
            }
            let place = match &source.policies {
                PolicyPlace::Worktree => find(context.named_config(), &folder).config.map(Location::File),
                PolicyPlace::File(path) => Some(Location::File(path.clone())),
                PolicyPlace::Entries(_) => {
                    folder.ancestors().find_map(|folder| entries.get(folder)).cloned().map(Location::Entry)
                }
            };
            let index = match place {
                None => None,
                Some(place) => Some(match of_place.get(&place) {
                    Some(index) => *index,
                    None => {
                        policies.all.push(load(source, &place, &policies.current)?);
                        of_place.insert(place, policies.all.len() - 1);
                        policies.all.len() - 1
                    }
                }),
            };
            policies.of_folder.insert(folder, index);
        }
        if matches!(source.policies, PolicyPlace::Entries(_)) {
            policies.gather_past(source)?;
        }
        Ok(policies)
    }

    /// Reads the configurations that were replaced on the way.
    fn gather_past(&mut self, source: &Source) -> Result<(), Failure> {
        let mut seen = HashSet::new();
        for change in &source.changes {
            let Some(id) = &change.old else { continue };
            let entry = Entry { name: change.name.clone(), id: id.clone(), link: false };
            if seen.insert(entry.clone()) {
                let policy = load(source, &Location::Entry(entry), &self.current)?;
                let folder = policy.path.parent().unwrap_or(Path::new("/")).to_owned();
                self.past.push((folder, self.all.len()));
                self.all.push(Policy { past: true, ..policy });
            }
        }
        Ok(())
    }

    fn folder(&self, path: &Path) -> PathBuf {
        let path = policy::absolute(path, &self.current);
        path.parent().unwrap_or(Path::new("/")).to_owned()
    }

    /// The configuration of the file at `path`, by its position in [`Self::all`].
    pub(super) fn index(&self, path: &Path) -> Option<usize> {
        self.of_folder.get(&self.folder(path)).copied().flatten()
    }

    fn config(&self, path: &Path) -> Option<&Config> {
        self.all[self.index(path)?].config.as_ref()
    }

    /// How old secrets in the file at `path` may get.
    pub(super) fn max_age(&self, path: &Path) -> Option<Duration> {
        self.config(path)?.seal.max_age
    }

    /// The creation rule for the file at `path`.
    pub(super) fn rule(&self, path: &Path) -> Option<&CreationRule> {
        let config = self.config(path)?;
        // A rule that cannot be used is a finding of its own.
        config.rule_for(path, &self.current).ok()
    }

    /// What is expected of the file.
    pub(super) fn expected(&self, file: &File) -> Expected<'_> {
        let config = self.config(&file.path);
        let strict = || config.is_some_and(|config| config.seal.require_strict);
        let strict = self.require_strict.unwrap_or_else(strict);
        let expected = Expected::new(config, self.rule(&file.path), &file.name, strict);
        if expected.wish == Wish::Encrypted || self.past.is_empty() {
            return expected;
        }
        // Whoever takes a rule away does not take its files out of it for the commits before.
        let before =
            self.past.iter().filter(|(folder, _)| file.path.starts_with(folder)).find_map(|(_, index)| {
                let config = self.all[*index].config.as_ref()?;
                let rule = config.rule_for(&file.path, &self.current).ok();
                let before = Expected::new(Some(config), rule, &file.name, strict);
                (before.wish == Wish::Encrypted).then_some(before)
            });
        before.unwrap_or(expected)
    }

    /// What is wrong with the configurations themselves.
    pub(super) fn findings(&self, source: &Source) -> Vec<Located> {
        let mut found = Vec::new();
        for policy in self.all.iter().filter(|policy| !policy.past) {
            let file = Arc::new(source.file(policy.path.clone()));
            let located = |finding| Located { file: file.clone(), finding, rule: None };
            if let Some((message, place)) = &policy.broken {
                let place = place.as_ref().map(position);
                let mut finding = Finding::new(Check::Configuration, message.as_str());
                finding.place = place.unwrap_or(finding.place);
                found.push(located(finding));
            }
            if let Some(config) = &policy.config {
                let problems = config.lint();
                let places = config.places(&problems.iter().collect::<Vec<_>>());
                let pairs = problems.iter().zip(&places);
                found.extend(pairs.map(|(problem, place)| located(finding(problem, place))));
            }
        }
        found
    }
}

fn load(source: &Source, place: &Location, current: &Path) -> Result<Policy, Failure> {
    let (path, config) = match place {
        Location::File(path) => {
            // A path below the current folder is shown as people would write it.
            let path = path.strip_prefix(current).unwrap_or(path).to_owned();
            let full = policy::absolute(&path, current);
            let elsewhere = !source.top().as_os_str().is_empty() && !full.starts_with(source.top());
            let config = match &source.policies {
                // It means files of this repository, wherever it stands itself.
                PolicyPlace::File(_) if elsewhere => {
                    let text = Input::read(&path, MOST)?.bytes;
                    Config::parse(&text, &path.display().to_string(), source.top())
                }
                _ => Config::load(&path, current),
            };
            (path, config)
        }
        Location::Entry(entry) => {
            let file = source.named(&entry.name);
            let text = source.blob(&entry.id, MOST).map_err(|error| {
                let headline = format!("cannot read the configuration `{}`", file.shown);
                Failure::new(Code::CannotReadInput, headline).cause(error.to_string())
            })?;
            let folder = file.path.parent().unwrap_or(Path::new("/"));
            let config = Config::parse(&text, &file.shown, folder);
            (file.path, config)
        }
    };
    match config {
        Ok(config) => Ok(Policy { path, config: Some(config), broken: None, past: false }),
        Err(ConfigError::Invalid { message, place, .. }) => {
            Ok(Policy { path, config: None, broken: Some((message, place)), past: false })
        }
        Err(error @ ConfigError::Read { .. }) => Err(Failure::from(&error)),
    }
}

fn position(place: &Place) -> Position {
    Position { line: place.line, column: place.column }
}

fn finding(problem: &Problem, place: &Place) -> Finding {
    let message = match &problem.detail {
        Some(detail) => format!("{}: {detail}", problem.message),
        None => problem.message.clone(),
    };
    let severity = match problem.severity {
        policy::Severity::Error => Severity::Error,
        policy::Severity::NoKeys | policy::Severity::Warning => Severity::Warning,
    };
    let finding = Finding::new(Check::Configuration, message);
    Finding { severity, place: position(place), hint: problem.hint.clone(), ..finding }
}
