//! Who can read a file, and who should by its creation rule. Needs no key.

use super::context::Context;
use super::convert;
use super::files::may_be_sealed;
use super::input::Input;
use super::open;
use super::types::Types;
use crate::doc::FormatName;
use crate::error::{Code, Failure};
use crate::keys::{KeyGroup, MasterKey, groups_needed};
use crate::policy::{Config, CreationRule, Problem, RuleError};
use std::path::{Path, PathBuf};

/// How a reader of a file stands to its creation rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Standing {
    /// In the file and in the rule; or there is no rule to compare with; or the file is plain, and these
    /// are the readers it would get.
    Agreed,
    /// In the file, not in the rule.
    Extra,
    /// In the rule, not in the file.
    Missing,
}

/// Somebody who can read a file, or should.
#[derive(Debug, Clone)]
pub struct Reader {
    /// The name of the recipient, if the configuration has one.
    pub name: Option<String>,
    /// The key.
    pub key: MasterKey,
    /// The key group, from 0.
    pub group: usize,
    /// File against rule.
    pub standing: Standing,
}

/// The creation rule of a file.
#[derive(Debug, Clone, PartialEq)]
pub enum Ruling {
    /// There are no creation rules, or none is for the file.
    None,
    /// This one.
    Rule {
        /// Its position, from 0.
        index: usize,
        /// Its pattern; empty for all files.
        path_regex: String,
        /// The words of its grant; `None` for a rule by keys.
        granted_to: Option<Vec<String>>,
    },
    /// It cannot be used.
    Broken(Problem),
}

/// Who can read one file.
#[derive(Debug, Clone)]
pub struct Readers {
    /// The file as it was named.
    pub name: String,
    /// Whether it is encrypted. If not, the readers are those that the rule would give it.
    pub encrypted: bool,
    /// Whether it carries a strict record.
    pub strict: bool,
    /// Its creation rule.
    pub ruling: Ruling,
    /// The readers, those of the file first.
    pub readers: Vec<Reader>,
    /// How many key groups it has.
    pub groups: usize,
    /// How many of them are needed to decrypt.
    pub needed: usize,
    /// How many are needed by the rule, if that is another number.
    pub needed_by_rule: Option<usize>,
}

impl Readers {
    /// Whether the rule says otherwise than the file.
    #[must_use]
    pub fn differs(&self) -> bool {
        self.needed_by_rule.is_some() || self.readers.iter().any(|reader| reader.standing != Standing::Agreed)
    }
}

/// What files are judged by. Can be shared by threads.
pub struct Judge<'c> {
    config: Option<&'c Config>,
    current: PathBuf,
}

impl<'c> Judge<'c> {
    /// The judge of a run.
    ///
    /// # Errors
    /// The configuration cannot be used (1).
    pub fn new(context: &'c Context) -> Result<Self, Failure> {
        Ok(Self { config: context.config()?, current: context.current_dir()? })
    }

    /// The configuration, if there is one.
    #[must_use]
    pub fn config(&self) -> Option<&'c Config> {
        self.config
    }

    /// Who can read the file at `path`, or would.
    ///
    /// # Errors
    /// It cannot be read (2, 100), or its metadata cannot be used (1).
    pub fn file(&self, path: &Path, input_type: Option<FormatName>) -> Result<Readers, Failure> {
        let input = Input::read(path, convert::limits().max_bytes)?;
        let types = Types { input: input_type, ..Types::default() };
        let format = types.input(&input);
        let plain = || Ok(self.plain(&input.name));
        if !may_be_sealed(&input.bytes) {
            return plain();
        }
        let input = Input { bytes: input.bytes.clone(), name: input.name.clone(), ..input }.as_sealed(format);
        match open::load(input.subject(format)) {
            Ok(sealed) => {
                let metadata = &sealed.metadata;
                let strict = metadata.record.is_some();
                Ok(self.sealed(&input.name, &metadata.groups, metadata.threshold, strict))
            }
            Err(failure) if failure.code == Code::NotEncrypted => Ok(self.plain(&input.name)),
            // What has not been encrypted is no JSON.
            Err(_) if format == FormatName::Binary && !input.bytes.trim_ascii_start().starts_with(b"{") => {
                Ok(self.plain(&input.name))
            }
            Err(failure) => Err(failure),
        }
    }

    fn plain(&self, name: &str) -> Readers {
        let (ruling, rule) = self.rule(name);
        let groups = rule.map_or(&[][..], |rule| &rule.groups);
        let needed = groups_needed(groups.len(), rule.map_or(0, |rule| rule.shamir_threshold));
        let readers = self.all(groups, Standing::Agreed).collect();
        Readers {
            name: name.to_owned(),
            encrypted: false,
            strict: false,
            ruling,
            readers,
            groups: groups.len(),
            needed,
            needed_by_rule: None,
        }
    }

    fn sealed(&self, name: &str, groups: &[KeyGroup], threshold: usize, strict: bool) -> Readers {
        let (ruling, rule) = self.rule(name);
        let needed = groups_needed(groups.len(), threshold);
        let mut readers: Vec<Reader> = self.all(groups, Standing::Agreed).collect();
        let mut needed_by_rule = None;
        if let Some(rule) = rule.filter(|rule| rule.groups.iter().any(|group| !group.keys.is_empty())) {
            let has = |groups: &[KeyGroup], reader: &Reader| {
                let group = groups.get(reader.group);
                group.is_some_and(|group| group.keys.iter().any(|key| key.is_same_recipient(&reader.key)))
            };
            for reader in readers.iter_mut().filter(|reader| !has(&rule.groups, reader)) {
                reader.standing = Standing::Extra;
            }
            readers.extend(self.all(&rule.groups, Standing::Missing).filter(|reader| !has(groups, reader)));
            let by_rule = groups_needed(rule.groups.len(), rule.shamir_threshold);
            needed_by_rule = Some(by_rule).filter(|by_rule| *by_rule != needed);
        }
        Readers {
            name: name.to_owned(),
            encrypted: true,
            strict,
            ruling,
            readers,
            groups: groups.len(),
            needed,
            needed_by_rule,
        }
    }

    fn all<'g>(&'g self, groups: &'g [KeyGroup], standing: Standing) -> impl Iterator<Item = Reader> + 'g {
        let keys =
            groups.iter().enumerate().flat_map(|(group, keys)| keys.keys.iter().map(move |key| (group, key)));
        keys.map(move |(group, key)| {
            let name = self.config.and_then(|config| config.name_of(key)).map(ToOwned::to_owned);
            Reader { name, key: key.clone(), group, standing }
        })
    }

    fn rule(&self, name: &str) -> (Ruling, Option<&'c CreationRule>) {
        let Some(config) = self.config else { return (Ruling::None, None) };
        match config.rule_for(Path::new(name), &self.current) {
            Ok(rule) => {
                let granted_to = config.grant_of(rule).map(|grant| grant.to.clone());
                let (index, path_regex) = (rule.index, rule.path_regex.clone());
                (Ruling::Rule { index, path_regex, granted_to }, Some(rule))
            }
            Err(RuleError::NoMatch) => (Ruling::None, None),
            Err(RuleError::Problem(problem)) => (Ruling::Broken(problem), None),
        }
    }
}
