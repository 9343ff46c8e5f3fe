//! A file that is encrypted for the first time: its creation rule, what is selected, and for whom.

use super::context::Context;
use super::convert::{self, Converted};
use super::env_lint;
use super::failure::{self, Subject};
use super::recipients::{self, Origin, Recipients};
use super::types::{Speech, Types};
use crate::doc::{Dialect, Format, FormatName, Layout, Timestamp, Tree};
use crate::error::{Code, Failure, Warning};
use crate::keys::{self, DataKey, KeyGroup};
use crate::policy::CreationRule;
use crate::sops::encrypt::{EncryptRequest, encrypt};
use crate::sops::{Selection, Selector, SelectorKind};
use zeroize::Zeroizing;

/// What the command line says about a new file.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    /// Recipients; none means those of the environment, then of the creation rule.
    pub recipients: Recipients,
    /// Selectors.
    pub selectors: Vec<Selector>,
    /// Let the MAC cover encrypted values only.
    pub mac_only_encrypted: bool,
    /// Groups needed.
    pub threshold: Option<usize>,
    /// Write the strict record.
    pub record: bool,
    /// The last moment at which the file is to be used.
    pub expires: Option<Timestamp>,
    /// Accept a file of which nothing is selected.
    pub allow_nothing: bool,
}

/// Everything about a new file but its text: from command line, environment and creation rule. No key
/// service was asked yet.
pub struct Recipe {
    format: FormatName,
    speech: Speech,
    selection: Selection,
    selector: Option<Selector>,
    mac_only_encrypted: bool,
    groups: Vec<KeyGroup>,
    threshold: usize,
    layout: Layout,
    record: bool,
    expires: Option<Timestamp>,
    allow_nothing: bool,
}

impl Recipe {
    /// The recipe for a new file called `name` in `format`.
    ///
    /// # Errors
    /// No rule is for the file, or it cannot be used; two selectors, or one that is no pattern; nobody to
    /// encrypt to.
    pub fn find(
        context: &Context,
        wanted: &Wanted,
        name: &str,
        format: FormatName,
        types: &Types,
    ) -> Result<Self, Failure> {
        let rule = context.creation_rule(name)?;
        let binary = format == FormatName::Binary;
        let selector = selector(wanted, rule, format)?;
        let selection = if binary {
            Selection::everything()
        } else {
            Selection::new(selector.as_ref().map(|(selector, _)| selector))
                .map_err(|error| recipients::bad_pattern(selector.as_ref(), &error))?
        };
        if binary && selector.is_some() {
            context.warn(&Warning {
                headline: format!("`{name}` is encrypted as a whole: selectors do not apply to binary files"),
                place: None,
                hints: Vec::new(),
            });
        }
        let layout = context.layout(format, types.indent)?;
        let (groups, rule_threshold) = recipients::groups(context, &wanted.recipients, rule, name)?;
        let of_rule = rule.is_some_and(|rule| rule.mac_only_encrypted);
        Ok(Self {
            format,
            speech: types.dialect,
            selection,
            selector: (!binary).then(|| written_selector(selector.map(|(selector, _)| selector))),
            mac_only_encrypted: !binary && (wanted.mac_only_encrypted || of_rule),
            threshold: keys::groups_needed(groups.len(), wanted.threshold.unwrap_or(rule_threshold)),
            groups,
            layout,
            record: wanted.record,
            expires: wanted.expires,
            allow_nothing: wanted.allow_nothing,
        })
    }

    /// The text of a document in the format of the new file, if it is read in another one.
    ///
    /// # Errors
    /// The format cannot express it (4).
    pub fn convert<'s>(
        &self,
        subject: Subject<'_>,
        tree: &Tree<'s>,
    ) -> Result<Option<Converted<'s>>, Failure> {
        if subject.format == self.format && self.format != FormatName::Binary {
            return Ok(None);
        }
        let converted = convert::to_sealed(subject.format, tree, self.format, &self.layout);
        Ok(Some(converted.map_err(|error| failure::convert(subject, self.format, &error))?))
    }

    /// Makes a data key and wraps it for all recipients.
    ///
    /// # Errors
    /// A key service refuses, or there is no randomness (1).
    pub fn wrap(mut self, context: &Context, name: &str) -> Result<NewFile, Failure> {
        let data_key = DataKey::generate().map_err(|error| {
            Failure::new(Code::Generic, "the operating system gave no random bytes").cause(error.to_string())
        })?;
        keys::wrap_all(&data_key, &mut self.groups, self.threshold, context.services(), context.now())
            .map_err(|error| failure::wrap(name, &error))?;
        Ok(NewFile { recipe: self, data_key })
    }
}

/// A new file that only lacks its text.
pub struct NewFile {
    recipe: Recipe,
    data_key: DataKey,
}

impl NewFile {
    /// Encrypts the text of `subject`, in whichever format it is.
    ///
    /// # Errors
    /// It does not parse, or cannot be encrypted.
    pub fn seal_text(&self, context: &Context, subject: Subject<'_>) -> Result<Zeroizing<Vec<u8>>, Failure> {
        let tree = read(context, subject, self.recipe.speech)?;
        let converted = self.recipe.convert(subject, &tree)?;
        self.seal(context, subject, tree, converted.as_ref())
    }

    /// The format of its plain text.
    #[must_use]
    pub fn plain(&self) -> &'static dyn Format {
        self.recipe.speech.plain(self.recipe.format)
    }

    /// The data key.
    #[must_use]
    pub fn data_key(&self) -> &DataKey {
        &self.data_key
    }

    /// The key groups, wrapped, and how many of them are needed.
    #[must_use]
    pub fn groups(&self) -> (&[KeyGroup], usize) {
        (&self.recipe.groups, self.recipe.threshold)
    }

    /// Encrypts the text of `subject`, read as `tree`, or what it was [converted](Recipe::convert) to.
    ///
    /// # Errors
    /// It cannot be encrypted.
    pub fn seal(
        &self,
        context: &Context,
        subject: Subject<'_>,
        tree: Tree<'_>,
        converted: Option<&Converted<'_>>,
    ) -> Result<Zeroizing<Vec<u8>>, Failure> {
        let recipe = &self.recipe;
        encrypt(EncryptRequest {
            format: match converted {
                None => recipe.speech.plain(recipe.format),
                Some(_) => convert::sealed(recipe.format),
            },
            source: match converted {
                None => tree.into(),
                Some(converted) => converted.text.as_slice().into(),
            },
            values: converted.map(|converted| converted.values.as_slice()),
            selection: &recipe.selection,
            selector: recipe.selector.clone(),
            mac_only_encrypted: recipe.mac_only_encrypted,
            groups: recipe.groups.clone(),
            threshold: recipe.threshold,
            data_key: &self.data_key,
            now: context.now(),
            record: recipe.record,
            expires: recipe.expires,
            allow_nothing: recipe.allow_nothing,
            layout: recipe.layout,
            limits: convert::limits(),
        })
        .map_err(|error| failure::encrypt(subject, &error))
    }
}

/// Parses a plain text that is to be encrypted, and warns of what was read in a way that may surprise.
///
/// # Errors
/// It does not parse.
pub fn read<'s>(context: &Context, subject: Subject<'s>, speech: Speech) -> Result<Tree<'s>, Failure> {
    let tree = speech.plain(subject.format).parse(subject.source, &convert::limits()).map_err(|error| {
        let lines = subject.format == FormatName::Dotenv && speech.dialect().is_none();
        let hint = "SOPS reads every line for itself; quotes over several lines need --dialect dotenv, compose, systemd or shell";
        failure::plain_document(subject, &error).hints(lines.then(|| hint.to_owned()))
    })?;
    match (subject.format, speech) {
        (FormatName::Dotenv, Speech::Unsaid) => env_lint::warn(context, subject, &tree),
        (FormatName::Dotenv, Speech::Of(Dialect::Dotenv)) => env_lint::check(subject, &tree)?,
        _ => {}
    }
    for (at, note) in &tree.notes {
        context.warn(&Warning {
            headline: format!("`{}`: {note}", subject.name),
            place: Some(subject.place(*at)),
            hints: Vec::new(),
        });
    }
    Ok(tree)
}

/// The one selector of command line and rule, and whether it is the rule's.
fn selector(
    wanted: &Wanted,
    rule: Option<&CreationRule>,
    format: FormatName,
) -> Result<Option<(Selector, Origin)>, Failure> {
    let flags = wanted.selectors.iter().map(|selector| (selector.clone(), Origin::CommandLine));
    let of_rule = rule.and_then(CreationRule::selector);
    let of_rule = of_rule.map(|selector| (selector.clone(), Origin::Rule));
    // A flag overrides the same field of the rule.
    let overridden = |selector: &Selector| wanted.selectors.iter().any(|flag| flag.kind == selector.kind);
    let mut all: Vec<_> = flags.chain(of_rule.filter(|(selector, _)| !overridden(selector))).collect();
    all.retain(|(selector, _)| !selector.text.is_empty());
    match all.as_slice() {
        [first, second, ..] if format != FormatName::Binary => Err(Failure::new(
            Code::ConflictingParameters,
            format!("`{}` and `{}` cannot be used together", first.0.kind.field(), second.0.kind.field()),
        )
        .cause(format!("the first is set {}, the second {}; a file has one selector", first.1, second.1))),
        _ => Ok(all.into_iter().next()),
    }
}

/// The default selector is written out.
fn written_selector(selector: Option<Selector>) -> Selector {
    selector.unwrap_or_else(|| Selector {
        kind: SelectorKind::UnencryptedSuffix,
        text: crate::sops::selection::DEFAULT_SUFFIX.to_owned(),
    })
}
