//! A change of the configuration and of the files that follow from it, all or nothing as far as that goes:
//! every new text is made before the first is written, and the configuration is written first, so that
//! the same command again can finish what is interrupted.

use super::super::context::Context;
use super::super::types::Types;
use super::many::{each, first_failure, survey};
use super::show::files;
use super::target::Target;
use crate::error::{Code, Failure};
use crate::keys::{KeyKind, MasterKey};
use crate::policy::edit::Who;
use crate::policy::{Config, nearest};
use crate::sops::Metadata;
use crate::ui::shell_word;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

/// An encrypted file, its creation rule, and its recipients.
pub(in crate::commands) struct Governed {
    pub(in crate::commands) path: PathBuf,
    /// The position of the rule; none if no rule is for the file.
    pub(in crate::commands) rule: Option<usize>,
    pub(in crate::commands) metadata: Metadata,
}

impl Governed {
    /// Whether one of `keys` is a recipient.
    pub(in crate::commands) fn is_read_by(&self, keys: &[MasterKey]) -> bool {
        let mut all = self.metadata.groups.iter().flat_map(|group| &group.keys);
        all.any(|key| keys.iter().any(|other| other.is_same_recipient(key)))
    }
}

/// The encrypted files at and below `paths`.
///
/// # Errors
/// One of them cannot be read: then nothing should be changed.
pub(in crate::commands) fn governed(
    context: &Context,
    config: &Config,
    paths: &[PathBuf],
) -> Result<Vec<Governed>, Failure> {
    let look = |target: &Target| {
        let rule = context.rule_in(config, &target.input.name)?.map(|rule| rule.index);
        Ok((rule, target.metadata()?))
    };
    let found = survey(context, paths, &Types::default(), look)?;
    let (mut all, mut failures) = (Vec::new(), Vec::new());
    for (path, result) in found {
        match result {
            Ok((rule, metadata)) => all.push(Governed { path, rule, metadata }),
            Err(failure) => failures.push(failure),
        }
    }
    first_failure(context, failures).map(|()| all)
}

/// The folder that the configuration is about, as people in the current folder write it.
///
/// # Errors
/// The current folder was removed (1).
pub(in crate::commands) fn home(context: &Context, config: &Config) -> Result<PathBuf, Failure> {
    let current = context.current_dir()?;
    Ok(match config.folder().strip_prefix(&current) {
        Ok(below) if below.as_os_str().is_empty() => PathBuf::from("."),
        Ok(below) => below.to_owned(),
        Err(_elsewhere) => config.folder().to_owned(),
    })
}

/// The configuration, without which nobody has a name and no rule a file.
///
/// # Errors
/// There is none (1).
pub(in crate::commands) fn config(context: &Context) -> Result<&Config, Failure> {
    context.config()?.ok_or_else(|| {
        Failure::new(Code::Generic, "there is no .sops.yaml to change; nothing was changed")
            .hint("write one with creation_rules, in this folder or above")
            .hint("single recipients: seal rotate -i --add-age RECIPIENT FILE")
    })
}

/// Who is meant by a word: a name of the configuration with its keys, or an age recipient.
pub(in crate::commands) struct Person {
    /// The name, or the recipient as it was given.
    pub(in crate::commands) word: String,
    /// The keys.
    pub(in crate::commands) keys: Vec<MasterKey>,
    /// Whether the word is a name.
    named: bool,
}

impl Person {
    /// Looks `word` up.
    ///
    /// # Errors
    /// It is neither a name nor a recipient (1).
    pub(in crate::commands) fn find(config: &Config, word: &str) -> Result<Self, Failure> {
        if let Some(recipient) = config.seal.recipient(word) {
            return Ok(Self { word: word.to_owned(), keys: recipient.keys.clone(), named: true });
        }
        if let Ok(key) = MasterKey::parse(KeyKind::Age, word) {
            return Ok(Self { word: word.to_owned(), keys: vec![key], named: false });
        }
        let failure = Failure::new(Code::Generic, format!("nobody is called `{word}`; nothing was changed"));
        if config.seal.role(word).is_some() {
            return Err(failure.cause("it is the name of a role; name a recipient"));
        }
        let names: Vec<&str> = config.seal.recipients.iter().map(|one| one.name.as_str()).collect();
        Err(match nearest(word, &names) {
            Some(near) => failure.hint(format!("did you mean `{near}`?")),
            None => failure.hint("names stand in .sops.yaml, section `seal`, `recipients`"),
        })
    }

    /// The name, or the recipient shortened, for messages.
    pub(in crate::commands) fn shown(&self) -> String {
        match self.keys.as_slice() {
            [key] if !self.named => key.short_recipient(),
            _ => self.word.clone(),
        }
    }

    /// For changes of the configuration.
    pub(in crate::commands) fn who(&self) -> Who<'_> {
        match (self.named, self.keys.as_slice()) {
            (false, [key]) => Who::Key(key),
            _ => Who::Name(&self.word),
        }
    }
}

/// The rules of `chosen`, which must not be for other files too unless `whole`.
///
/// # Errors
/// No file, no rule, or a rule that is for other files too (1).
pub(in crate::commands) fn rules_of(
    all: &[Governed],
    chosen: &[Governed],
    whole: bool,
) -> Result<BTreeSet<usize>, Failure> {
    let nothing = |headline: String| Failure::new(Code::Generic, format!("{headline}; nothing was changed"));
    if chosen.is_empty() {
        return Err(nothing("there is no encrypted file at the paths".to_owned()));
    }
    if let Some(free) = chosen.iter().find(|file| file.rule.is_none()) {
        let name = free.path.display().to_string();
        return Err(nothing(format!("no creation rule is for `{name}`")).hint(format!(
            "write a rule for it, or: seal rotate -i --add-age RECIPIENT {}",
            shell_word(&name)
        )));
    }
    let rules: BTreeSet<usize> = chosen.iter().filter_map(|file| file.rule).collect();
    let is_chosen = |file: &Governed| chosen.iter().any(|other| same_file(&other.path, &file.path));
    let beside: Vec<&Governed> = all
        .iter()
        .filter(|file| file.rule.is_some_and(|rule| rules.contains(&rule)) && !is_chosen(file))
        .collect();
    match beside.first() {
        Some(other) if !whole => Err(nothing("the creation rule is for other files too".to_owned())
            .cause(format!("{} more, as `{}`", files(beside.len()), other.path.display()))
            .hint("to change all files of the rule: --whole-rule")
            .hint("else write a rule of its own for these files, before the other")),
        _ => Ok(rules),
    }
}

fn same_file(a: &Path, b: &Path) -> bool {
    a == b || matches!((a.canonicalize(), b.canonicalize()), (Ok(a), Ok(b)) if a == b)
}

/// New texts of files, not yet written.
pub(in crate::commands) struct Prepared(Vec<(Target, Zeroizing<Vec<u8>>)>);

impl Prepared {
    /// Makes the new text of every file with `work`; files for which there is none stay.
    ///
    /// # Errors
    /// The first failure of any file, after all of them were reported.
    pub(in crate::commands) fn of(
        context: &Context,
        paths: &[&Path],
        work: impl Fn(&Target) -> Result<Option<Zeroizing<Vec<u8>>>, Failure> + Sync,
    ) -> Result<Self, Failure> {
        let results = each(context, "preparing", paths, |path| {
            let target = Target::read(path, &Types::default())?;
            Ok(work(&target)?.map(|text| (target, text)))
        });
        let (mut ready, mut failures) = (Vec::new(), Vec::new());
        for result in results {
            match result {
                Ok(prepared) => ready.extend(prepared),
                Err(failure) => failures.push(failure),
            }
        }
        first_failure(context, failures).map(|()| Self(ready))
    }

    /// How many files there are.
    pub(in crate::commands) fn len(&self) -> usize {
        self.0.len()
    }

    /// Writes the configuration if it changed from `before`, then the files.
    ///
    /// # Errors
    /// Something cannot be written (3).
    pub(in crate::commands) fn write(
        self,
        context: &Context,
        before: &Config,
        after: &Config,
    ) -> Result<(), Failure> {
        if before.text() != after.text() {
            after.save().map_err(|error| {
                let headline = format!("cannot write `{}`; nothing was changed", after.name());
                Failure::new(Code::CannotWriteOutput, headline).cause(error.to_string())
            })?;
        }
        let failures: Vec<Failure> =
            self.0.iter().filter_map(|(target, text)| target.write(text).err()).collect();
        first_failure(context, failures)
    }
}
