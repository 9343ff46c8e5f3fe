//! The configuration that applies to each file: the next `.sops.yaml` upwards from it, unless one is
//! named.

use super::Located;
use super::source::{File, Source};
use crate::check::{Check, Expected, Finding, Severity};
use crate::commands::context::Context;
use crate::doc::Position;
use crate::error::{Failure, Place};
use crate::policy::{self, Config, ConfigError, CreationRule, Problem, find};
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use time::Duration;

/// A configuration file.
pub(super) struct Policy {
    path: PathBuf,
    /// It, unless it is not even a map.
    pub(super) config: Option<Config>,
    /// What is wrong with it as a whole.
    broken: Option<(String, Option<Place>)>,
}

/// All configurations of the files, and which of them each file has.
pub(super) struct Policies {
    pub(super) all: Vec<Policy>,
    of_folder: HashMap<PathBuf, Option<usize>>,
    current: PathBuf,
    require_strict: Option<bool>,
}

impl Policies {
    /// Reads the configurations of all `files`.
    pub(super) fn gather(context: &Context, files: &[Arc<File>]) -> Result<Self, Failure> {
        let settings = context.settings();
        let mut policies = Self {
            all: Vec::new(),
            of_folder: HashMap::new(),
            current: context.current_dir()?,
            require_strict: settings.require_strict,
        };
        let mut of_path: HashMap<PathBuf, usize> = HashMap::new();
        for file in files {
            let folder = policies.folder(&file.path);
            if policies.of_folder.contains_key(&folder) {
                continue;
            }
            let index = match find(context.named_config(), &folder).config {
                None => None,
                Some(path) => Some(match of_path.get(&path) {
                    Some(index) => *index,
                    None => {
                        policies.all.push(load(&path, &policies.current)?);
                        of_path.insert(path, policies.all.len() - 1);
                        policies.all.len() - 1
                    }
                }),
            };
            policies.of_folder.insert(folder, index);
        }
        Ok(policies)
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
        Expected::new(config, self.rule(&file.path), &file.name, strict)
    }

    /// What is wrong with the configurations themselves.
    pub(super) fn findings(&self, source: &Source) -> Vec<Located> {
        let mut found = Vec::new();
        for policy in &self.all {
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

fn load(path: &Path, current: &Path) -> Result<Policy, Failure> {
    // A path below the current folder is shown as people would write it.
    let path = path.strip_prefix(current).unwrap_or(path).to_owned();
    match Config::load(&path, current) {
        Ok(config) => Ok(Policy { path, config: Some(config), broken: None }),
        Err(ConfigError::Invalid { message, place, .. }) => {
            Ok(Policy { path, config: None, broken: Some((message, place)) })
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
