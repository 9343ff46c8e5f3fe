//! The configuration file `.sops.yaml`, shared with SOPS (format description, section 8).

use super::destination::DestinationRule;
use super::lint;
use super::place;
use super::problem::{Problem, Severity, creation_rule};
use super::reader::Reader;
use super::rule::CreationRule;
use super::seal::Seal;
use crate::error::{Code, Failure, Place, Warning};
use crate::io::{Fingerprint, Mode, ReadError, WriteError, read_file, replace};
use crate::pattern::Pattern;
use serde_yaml::{Deserializer, Value};
use std::os::unix::ffi::OsStrExt;
use std::path::{Component, Path, PathBuf};
use std::sync::OnceLock;

/// The largest configuration file, in bytes.
const MAX_BYTES: usize = 4 << 20;
/// The deepest nesting of brackets. The YAML reader's time grows with the square of it.
const MAX_NESTING: usize = 500;

/// A configuration file that was read. What is wrong in it stops only the runs that need it.
#[derive(Debug)]
pub struct Config {
    /// The rules for new files; `None` if the file has none at all, which is as if there were no file.
    pub creation_rules: Option<Vec<CreationRule>>,
    /// The rules for publishing.
    pub destination_rules: Vec<DestinationRule>,
    /// How files are laid out.
    pub stores: Stores,
    /// What SOPS does not know.
    pub seal: Seal,
    /// The file's name, for messages.
    pub(super) name: String,
    /// The absolute folder of the file, which paths are relative to.
    folder: PathBuf,
    pub(super) text: Vec<u8>,
    /// The patterns of the creation rules, each compiled when it is first needed.
    patterns: Vec<OnceLock<Result<Option<Pattern>, Problem>>>,
    /// What the file was like when it was read.
    fingerprint: Option<Fingerprint>,
    pub(super) problems: Vec<Problem>,
}

/// Indentation of the formats (section 8.4), where it is set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Stores {
    /// Columns per level in YAML.
    pub yaml_indent: Option<usize>,
    /// Columns per level in JSON; -1 stands for tabs.
    pub json_indent: Option<i64>,
    /// Columns per level in the JSON around binary files; -1 stands for tabs.
    pub json_binary_indent: Option<i64>,
}

/// Why there is no configuration.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("cannot read `{name}`: {source}")]
    Read {
        /// The file as it was named.
        name: String,
        /// Why.
        source: ReadError,
    },
    /// The file is not a YAML map, or names a key twice.
    #[error("`{name}` is not a valid configuration: {message}")]
    Invalid {
        /// The file as it was named.
        name: String,
        /// Why.
        message: String,
        /// Where, as far as known.
        place: Option<Place>,
    },
}

impl From<&ConfigError> for Failure {
    fn from(error: &ConfigError) -> Self {
        match error {
            ConfigError::Read { name, source } => {
                Failure::new(Code::Generic, format!("cannot read the configuration `{name}`"))
                    .cause(source.to_string())
            }
            ConfigError::Invalid { name, message, place } => {
                let headline = format!("`{name}` is not a valid configuration");
                let failure = Failure::new(Code::Generic, headline).cause(message);
                Failure { place: place.clone().map(Box::new), ..failure }
            }
        }
    }
}

/// Why no rule gives its keys and selection to a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RuleError {
    /// No rule is for the file; SOPS takes this as an error also with keys on the command line.
    NoMatch,
    /// The rule is unusable, or one before it that must be tried.
    Problem(Problem),
}

impl Config {
    /// Reads the file at `path`; a relative path is one from `current` (absolute).
    ///
    /// # Errors
    /// The file cannot be read, is not a YAML map, or names a key twice.
    pub fn load(path: &Path, current: &Path) -> Result<Self, ConfigError> {
        let name = path.display().to_string();
        let full = current.join(path);
        let input =
            read_file(&full, MAX_BYTES).map_err(|source| ConfigError::Read { name: name.clone(), source })?;
        let folder = absolute(&full, current);
        let folder = folder.parent().unwrap_or(Path::new("/"));
        let config = Self::parse(&input.bytes, &name, folder)?;
        Ok(Self { fingerprint: input.fingerprint, ..config })
    }

    /// Reads `text`, which is called `name` and stands in `folder` (absolute).
    ///
    /// # Errors
    /// The text is not a YAML map, or names a key twice.
    pub fn parse(text: &[u8], name: &str, folder: &Path) -> Result<Self, ConfigError> {
        let invalid = |message, place| ConfigError::Invalid { name: name.to_owned(), message, place };
        if nesting(text) > MAX_NESTING {
            return Err(invalid("it is nested too deeply".to_owned(), None));
        }
        let value = first_document(text).map_err(|error| {
            let (message, place) = place::of_syntax(text, name, &error);
            invalid(message, place)
        })?;
        if !value.is_mapping() && !value.is_null() {
            return Err(invalid("the top level is not a map".to_owned(), None));
        }
        let mut config = Self {
            creation_rules: None,
            destination_rules: Vec::new(),
            stores: Stores::default(),
            seal: Seal::default(),
            name: name.to_owned(),
            folder: folder.to_owned(),
            text: text.to_owned(),
            patterns: Vec::new(),
            fingerprint: None,
            problems: Vec::new(),
        };
        config.read(&value);
        Ok(config)
    }

    fn read(&mut self, value: &Value) {
        let mut reader = Reader::default();
        let known = ["creation_rules", "destination_rules", "stores", "seal"];
        reader.map(value, &known, |reader, name, value| match name {
            "creation_rules" => {
                self.creation_rules = Some(reader.list(value, |reader, index, value| {
                    let since = reader.problems.len();
                    let rule = CreationRule::read(reader, index, value);
                    rule.check_keys(reader, since);
                    Some(rule)
                }));
            }
            "destination_rules" => {
                self.destination_rules = reader
                    .list(value, |reader, index, value| Some(DestinationRule::read(reader, index, value)));
            }
            "stores" => self.stores = Stores::read(reader, value),
            _ => self.seal = Seal::read(reader, value),
        });
        self.problems = reader.problems;
        self.patterns.resize_with(self.creation_rules.iter().flatten().count(), OnceLock::new);
        self.resolve_grants();
    }

    /// The rule for the file at `path`; a relative path is one from `current` (absolute).
    ///
    /// # Errors
    /// No rule matches, or a rule on the way is unusable. A rule that merely has no keys is given out:
    /// see [`Self::keys_of`].
    pub fn rule_for(&self, path: &Path, current: &Path) -> Result<&CreationRule, RuleError> {
        let path = absolute(path, current);
        let subject = self.subject(&path);
        for (rule, pattern) in self.creation_rules.iter().flatten().zip(&self.patterns) {
            let pattern = pattern.get_or_init(|| lint::path_pattern(rule)).as_ref();
            let pattern = pattern.map_err(|problem| RuleError::Problem(problem.clone()))?;
            if pattern.as_ref().is_none_or(|pattern| pattern.is_match(subject)) {
                return self.usable(rule);
            }
        }
        // A list of rules that is none at all is the reason, if there is one.
        let broken = self
            .problems
            .iter()
            .find(|problem| problem.severity == Severity::Error && problem.path.0 == creation_rule(0).0[..1]);
        Err(broken.map_or(RuleError::NoMatch, |problem| RuleError::Problem(problem.clone())))
    }

    /// What the rules' patterns look at: the path from the configuration's folder, or the whole one of
    /// a file outside it (section 8.2).
    fn subject<'p>(&self, path: &'p Path) -> &'p [u8] {
        let path = path.as_os_str().as_bytes();
        let folder = self.folder.as_os_str().as_bytes();
        path.strip_prefix(folder).and_then(|rest| rest.strip_prefix(b"/")).unwrap_or(path)
    }

    fn usable<'c>(&'c self, rule: &'c CreationRule) -> Result<&'c CreationRule, RuleError> {
        if let Some(Err(problem)) = self.granted(rule) {
            return Err(RuleError::Problem(problem));
        }
        let read = self.problems.iter().filter(|problem| problem.is_in_rule(rule.index)).cloned();
        match read.chain(lint::selectors(rule)).find(|problem| problem.severity == Severity::Error) {
            Some(problem) => Err(RuleError::Problem(problem)),
            None => Ok(rule),
        }
    }

    /// Checks that the keys of `rule` can be used: no group is empty, the threshold can be reached.
    ///
    /// # Errors
    /// What is missing.
    pub fn keys_of<'c>(&self, rule: &'c CreationRule) -> Result<&'c [crate::keys::KeyGroup], Problem> {
        let missing =
            |problem: &&Problem| problem.severity == Severity::NoKeys && problem.is_in_rule(rule.index);
        self.problems.iter().find(missing).map_or(Ok(&rule.groups[..]), |problem| Err(problem.clone()))
    }

    /// The file's name, for messages.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The absolute folder of the file, which paths are relative to.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The text.
    #[must_use]
    pub fn text(&self) -> &[u8] {
        &self.text
    }

    /// What the configuration would be if its file had another text. Nothing is written.
    ///
    /// # Errors
    /// As [`Self::parse`].
    pub fn with_text(&self, text: &[u8]) -> Result<Self, ConfigError> {
        let config = Self::parse(text, &self.name, &self.folder)?;
        Ok(Self { fingerprint: self.fingerprint, ..config })
    }

    /// Writes the text to the file, unless somebody else changed it since it was read.
    ///
    /// # Errors
    /// See [`WriteError`]; the file is unchanged.
    pub fn save(&self) -> Result<(), WriteError> {
        let file = Path::new(&self.name).file_name().unwrap_or_default();
        replace(&self.folder.join(file), &self.text, Mode::Shared, self.fingerprint.as_ref())
    }

    /// Everything that is wrong or useless in the file, in the order of the rules.
    #[must_use]
    pub fn lint(&self) -> Vec<Problem> {
        let mut problems = self.lint_but_drift();
        problems.extend(self.drift_problems());
        problems
    }

    /// [`Self::lint`] without rules whose written keys are not those of their grants.
    #[must_use]
    pub fn lint_but_drift(&self) -> Vec<Problem> {
        lint::all(self)
    }

    /// The problem as the reason that a command fails; `consequence` says what was not done.
    #[must_use]
    pub fn failure(&self, problem: &Problem, consequence: &str) -> Failure {
        let headline = format!("{}; {consequence}", problem.message);
        let failure = Failure::new(Code::Generic, headline).at(self.places(&[problem]).remove(0));
        Failure {
            causes: problem.detail.iter().cloned().collect(),
            hints: problem.hint.iter().cloned().collect(),
            ..failure
        }
    }

    /// The problems as warnings, each with its place, in the order of the file.
    #[must_use]
    pub fn warnings(&self, problems: &[Problem]) -> Vec<Warning> {
        let places = self.places(&problems.iter().collect::<Vec<_>>());
        let mut warnings: Vec<_> = problems
            .iter()
            .zip(places)
            .map(|(problem, place)| Warning {
                headline: match &problem.detail {
                    Some(detail) => format!("{}: {detail}", problem.message),
                    None => problem.message.clone(),
                },
                place: Some(place),
                hints: problem.hint.iter().cloned().collect(),
            })
            .collect();
        warnings.sort_by_key(|warning| warning.place.as_ref().map(|place| (place.line, place.column)));
        warnings
    }

    /// Where the problems are. Parses the file for it.
    #[must_use]
    pub fn places(&self, problems: &[&Problem]) -> Vec<Place> {
        place::places(&self.text, &self.name, problems)
    }
}

/// How deep brackets are nested, those in texts and comments counted too.
fn nesting(text: &[u8]) -> usize {
    let (mut depth, mut deepest) = (0_usize, 0);
    for byte in text {
        match byte {
            b'[' | b'{' => depth += 1,
            b']' | b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        deepest = deepest.max(depth);
    }
    deepest
}

/// The first document, with the merge keys of YAML 1.1 resolved.
fn first_document(text: &[u8]) -> Result<Value, serde_yaml::Error> {
    use serde::Deserialize as _;
    let Some(document) = Deserializer::from_slice(text).next() else { return Ok(Value::Null) };
    let mut value = Value::deserialize(document)?;
    if text.windows(2).any(|pair| pair == b"<<") {
        value.apply_merge()?;
    }
    Ok(value)
}

/// `path` from the root, without `.` and `..`, by its text alone, as Go's `filepath.Abs`.
#[must_use]
pub fn absolute(path: &Path, current: &Path) -> PathBuf {
    let mut clean = PathBuf::new();
    for component in current.join(path).components() {
        match component {
            Component::ParentDir => _ = clean.pop(),
            Component::CurDir => {}
            component => clean.push(component),
        }
    }
    clean
}

impl Stores {
    fn read(reader: &mut Reader, value: &Value) -> Self {
        let mut stores = Self::default();
        let known = ["yaml", "json", "json_binary", "dotenv", "ini"];
        reader.map(value, &known, |reader, name, value| {
            let fields: &[&str] = if matches!(name, "dotenv" | "ini") { &[] } else { &["indent"] };
            reader.map(value, fields, |reader, _, value| {
                let Some(indent) = reader.integer(value) else { return };
                match name {
                    "yaml" if indent < 0 => reader.error("`indent` of YAML must not be negative"),
                    "yaml" => stores.yaml_indent = usize::try_from(indent).ok().filter(|n| *n > 0),
                    _ if indent < -1 => reader.error("`indent` of JSON must be -1 (tabs) or more"),
                    "json" => stores.json_indent = Some(indent),
                    _ => stores.json_binary_indent = Some(indent),
                }
            });
        });
        stores
    }
}

#[cfg(test)]
mod tests;
