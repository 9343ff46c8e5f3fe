//! Who a new file is encrypted to.

use super::context::Context;
use crate::error::{Code, Failure};
use crate::keys::{KeyGroup, KeyKind, MasterKey};
use crate::pattern::PatternError;
use crate::policy::{CreationRule, master_keys};
use crate::sops::Selector;
use std::fmt;

/// Where a setting comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// A flag.
    CommandLine,
    /// The creation rule.
    Rule,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Origin::CommandLine => "on the command line",
            Origin::Rule => "by the creation rule",
        })
    }
}

/// A selector whose pattern does not compile.
#[must_use]
pub fn bad_pattern(selector: Option<&(Selector, Origin)>, error: &PatternError) -> Failure {
    let field = selector.map_or("selector", |(selector, _)| selector.kind.field());
    Failure::new(Code::Generic, format!("`{field}` is not a valid pattern; nothing was encrypted"))
        .cause(format!("character {}: {}", error.at + 1, error.message))
}

/// The recipients of the command line, as text.
#[derive(Debug, Clone, Default)]
pub struct Recipients {
    /// `--age`, possibly several times.
    pub age: Vec<String>,
}

/// The key groups of a new file called `name` and their threshold: one group of the keys of the command
/// line and the environment, else those of the rule.
///
/// # Errors
/// A recipient is not well-formed, the rule's keys cannot be used, or there is nobody to encrypt to (1).
pub fn groups(
    context: &Context,
    flags: &Recipients,
    rule: Option<&CreationRule>,
    name: &str,
) -> Result<(Vec<KeyGroup>, usize), Failure> {
    let threshold = rule.map_or(0, |rule| rule.shamir_threshold);
    let named = named(context, flags)?;
    if !named.is_empty() {
        return Ok((vec![KeyGroup::new(named)], threshold));
    }
    if let (Some(rule), Some(config)) = (rule, context.config()?) {
        return match config.keys_of(rule) {
            Ok(groups) => Ok((groups.to_vec(), threshold)),
            Err(problem) => Err(config.failure(&problem, "nothing was encrypted")),
        };
    }
    Err(Failure::new(Code::Generic, format!("nobody to encrypt `{name}` to; nothing was encrypted"))
        .cause("no recipients on the command line or in the environment, and no creation rules in .sops.yaml")
        .hint("name recipients in the creation_rules of .sops.yaml, or with --age")
        .hint("an identity of your own: seal keygen -o keys.txt prints its recipient"))
}

/// The keys of the command line, and of the environment where the command line is silent, in the order
/// in which SOPS writes them (format description, section 7.2).
fn named(context: &Context, flags: &Recipients) -> Result<Vec<MasterKey>, Failure> {
    let environment = context.recipients();
    let age = if flags.age.is_empty() { None } else { Some(flags.age.join(",")) };
    let age_origin = if age.is_some() { "--age" } else { "SOPS_AGE_RECIPIENTS" };
    let sources = [
        (KeyKind::Kms, environment.kms.clone(), "SOPS_KMS_ARN"),
        (KeyKind::GcpKms, environment.gcp_kms.clone(), "SOPS_GCP_KMS_IDS"),
        (KeyKind::HcKms, environment.hckms.clone(), "SOPS_HUAWEICLOUD_KMS_IDS"),
        (KeyKind::AzureKv, environment.azure_kv.clone(), "SOPS_AZURE_KEYVAULT_URLS"),
        (KeyKind::Pgp, environment.pgp.clone(), "SOPS_PGP_FP"),
        (KeyKind::HcVault, environment.hc_vault.clone(), "SOPS_VAULT_URIS"),
        (KeyKind::Age, age.or_else(|| environment.age.clone()), age_origin),
    ];
    let mut keys = Vec::new();
    for (kind, text, origin) in sources {
        let Some(text) = text else { continue };
        keys.extend(parse(kind, &text, origin)?);
    }
    Ok(keys)
}

/// The age recipients of a comma-separated list that `origin` gives.
///
/// # Errors
/// A recipient is not well-formed (1).
pub fn age(text: &str, origin: &str) -> Result<Vec<MasterKey>, Failure> {
    parse(KeyKind::Age, text, origin)
}

/// The keys of a comma-separated list that `origin` gives.
///
/// # Errors
/// A recipient is not well-formed (1).
fn parse(kind: KeyKind, text: &str, origin: &str) -> Result<Vec<MasterKey>, Failure> {
    master_keys(kind, text, "").map_err(|error| {
        Failure::new(Code::Generic, format!("`{origin}` names a recipient that cannot be used"))
            .cause(format!("character {}: {}", error.at + 1, error.message))
            .hint("recipients look like age1…, ssh-ed25519 … or ssh-rsa …, several with commas")
    })
}
