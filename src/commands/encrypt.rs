//! `seal encrypt`: a plain file under its creation rule.

use super::context::Context;
use super::convert::{self, Converted};
use super::failure::{self, Subject};
use super::input::Input;
use super::output::Output;
use super::recipients::Recipients;
use super::types::Types;
use super::{each_file, recipients};
use crate::doc::FormatName;
use crate::error::{Code, Failure, Warning};
use crate::io::Mode;
use crate::keys::{self, DataKey};
use crate::policy::CreationRule;
use crate::sops::encrypt::{EncryptRequest, encrypt};
use crate::sops::{Selection, Selector};
use std::path::PathBuf;
use zeroize::Zeroizing;

/// What `seal encrypt` is asked to do.
pub struct Request {
    /// Files, `-` for standard input.
    pub files: Vec<PathBuf>,
    /// Write back to the file.
    pub in_place: bool,
    /// Write to this file.
    pub output: Option<PathBuf>,
    /// Formats.
    pub types: Types,
    /// Recipients of the command line; none means those of the environment, then of the creation rule.
    pub recipients: Recipients,
    /// Selectors of the command line.
    pub selectors: Vec<Selector>,
    /// Let the MAC cover encrypted values only.
    pub mac_only_encrypted: bool,
    /// Groups needed.
    pub threshold: Option<usize>,
    /// Write the strict record.
    pub record: bool,
    /// Accept a file of which nothing is selected.
    pub allow_nothing: bool,
}

/// Encrypts all files of the request.
///
/// # Errors
/// The first failure; other files are still encrypted.
pub fn run(context: &Context, request: &Request) -> Result<(), Failure> {
    let output = Output::choose(request.in_place, request.output.clone(), &request.files)?;
    let from_stdin = request.files.iter().any(|path| path.as_os_str() == "-");
    if from_stdin && request.types.filename.is_none() {
        return Err(Failure::new(Code::ConflictingParameters, "standard input needs --filename-override")
            .cause("the name tells the format and the creation rule")
            .hint("for example: seal encrypt --filename-override config.yaml < plain.yaml"));
    }
    context.lint_config()?;
    each_file(context, &request.files, |path| {
        let input = Input::read(path, convert::limits().max_bytes)?;
        let text = sealed_text(context, request, &input)?;
        output.write(&input, &text, Mode::Shared)
    })
}

fn sealed_text(context: &Context, request: &Request, input: &Input) -> Result<Zeroizing<Vec<u8>>, Failure> {
    let (from, to) = (request.types.input(input), request.types.output(input));
    let subject = input.subject(from);
    let name = request.types.name(input);
    // What is wrong with the text is said before anything is asked of policy and key services.
    let tree = convert::plain(from)
        .parse(&input.bytes, &convert::limits())
        .map_err(|error| failure::plain_document(subject, &error))?;
    for (at, note) in &tree.notes {
        context.warn(&Warning {
            headline: format!("`{name}`: {note}"),
            place: Some(subject.place(*at)),
            hints: Vec::new(),
        });
    }
    let rule = context.creation_rule(name)?;
    let selector = selector(request, rule, to)?;
    let selection = match (to, &selector) {
        (FormatName::Binary, _) => Selection::everything(),
        (_, selector) => Selection::new(selector.as_ref().map(|(selector, _)| selector))
            .map_err(|error| recipients::bad_pattern(selector.as_ref(), &error))?,
    };
    if to == FormatName::Binary && selector.is_some() {
        context.warn(&Warning {
            headline: format!("`{name}` is encrypted as a whole: selectors do not apply to binary files"),
            place: None,
            hints: Vec::new(),
        });
    }
    let layout = context.layout(to, request.types.indent)?;
    let converted: Option<Converted<'_>> = if from == to && to != FormatName::Binary {
        None
    } else {
        let converted = convert::to_sealed(&tree, to, &layout);
        Some(converted.map_err(|error| failure::convert(subject, to, &error))?)
    };
    let (mut groups, rule_threshold) = recipients::groups(context, &request.recipients, rule, name)?;
    let threshold = keys::groups_needed(groups.len(), request.threshold.unwrap_or(rule_threshold));
    let data_key = DataKey::generate().map_err(|error| {
        Failure::new(Code::Generic, "the operating system gave no random bytes").cause(error.to_string())
    })?;
    keys::wrap_all(&data_key, &mut groups, threshold, context.services())
        .map_err(|error| failure::wrap(name, &error))?;
    let binary = to == FormatName::Binary;
    let rule_mac_only = rule.is_some_and(|rule| rule.mac_only_encrypted);
    encrypt(EncryptRequest {
        format: convert::sealed(to),
        source: converted.as_ref().map_or(&input.bytes, |converted| &converted.text),
        values: converted.as_ref().map(|converted| converted.values.as_slice()),
        selection: &selection,
        selector: if binary { None } else { Some(written_selector(selector.map(|(selector, _)| selector))) },
        mac_only_encrypted: !binary && (request.mac_only_encrypted || rule_mac_only),
        groups,
        threshold,
        data_key: &data_key,
        now: context.now(),
        record: request.record,
        allow_nothing: request.allow_nothing,
        layout,
        limits: convert::limits(),
    })
    .map_err(|error| failure::encrypt(Subject { name: subject.name, ..subject }, &error))
}

/// The one selector of command line and rule, and whether it is the rule's.
fn selector(
    request: &Request,
    rule: Option<&CreationRule>,
    to: FormatName,
) -> Result<Option<(Selector, recipients::Origin)>, Failure> {
    use recipients::Origin;
    let flags = request.selectors.iter().map(|selector| (selector.clone(), Origin::CommandLine));
    let of_rule = rule.and_then(CreationRule::selector);
    let of_rule = of_rule.map(|selector| (selector.clone(), Origin::Rule));
    // A flag overrides the same field of the rule.
    let overridden = |selector: &Selector| request.selectors.iter().any(|flag| flag.kind == selector.kind);
    let mut all: Vec<_> = flags.chain(of_rule.filter(|(selector, _)| !overridden(selector))).collect();
    all.retain(|(selector, _)| !selector.text.is_empty());
    match all.as_slice() {
        [first, second, ..] if to != FormatName::Binary => Err(Failure::new(
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
        kind: crate::sops::SelectorKind::UnencryptedSuffix,
        text: crate::sops::selection::DEFAULT_SUFFIX.to_owned(),
    })
}
