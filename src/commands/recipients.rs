//! Who a new file is encrypted to.

use super::context::Context;
use crate::doc::Data;
use crate::error::{Code, Failure};
pub use crate::keys::KeyKind;
use crate::keys::{KeyGroup, MasterKey};
use crate::pattern::PatternError;
use crate::policy::{CreationRule, master_keys};
use crate::sops::Selector;
use std::collections::BTreeMap;
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

/// The order in which the keys of the command line and of the environment stand in their group, as SOPS
/// writes them, each with its flag and its variable (format description, section 7.2).
const ORDER: [(KeyKind, &str, &str); 7] = [
    (KeyKind::Kms, "kms", "SOPS_KMS_ARN"),
    (KeyKind::GcpKms, "gcp-kms", "SOPS_GCP_KMS_IDS"),
    (KeyKind::HcKms, "hckms", "SOPS_HUAWEICLOUD_KMS_IDS"),
    (KeyKind::AzureKv, "azure-kv", "SOPS_AZURE_KEYVAULT_URLS"),
    (KeyKind::Pgp, "pgp", "SOPS_PGP_FP"),
    (KeyKind::HcVault, "hc-vault-transit", "SOPS_VAULT_URIS"),
    (KeyKind::Age, "age", "SOPS_AGE_RECIPIENTS"),
];

/// The recipients of the command line, as text.
#[derive(Debug, Clone, Default)]
pub struct Recipients {
    /// Comma-separated lists, each with its kind. A kind may stand several times.
    pub texts: Vec<(KeyKind, String)>,
    /// `--encryption-context` for keys of AWS KMS: `name:value`, with commas.
    pub encryption_context: Option<String>,
    /// `--aws-profile` for keys of AWS KMS; empty for none.
    pub aws_profile: String,
}

impl Recipients {
    /// Those of the flags of each kind.
    #[must_use]
    pub fn named(flags: impl IntoIterator<Item = (KeyKind, Vec<String>)>) -> Self {
        let texts =
            flags.into_iter().flat_map(|(kind, texts)| texts.into_iter().map(move |text| (kind, text)));
        Self { texts: texts.collect(), ..Self::default() }
    }

    /// Whether nobody is named.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.texts.is_empty()
    }

    /// The master keys, in the order of SOPS, each kind from the flag that begins with `prefix`: `--`,
    /// `--add-` or `--rm-`.
    ///
    /// # Errors
    /// A recipient is not well-formed (1), or the encryption context (6).
    pub fn keys(&self, prefix: &str) -> Result<Vec<MasterKey>, Failure> {
        self.keys_or(prefix, |_kind| None)
    }

    /// The same, with the recipients that `environment` gives for kinds that no flag names.
    fn keys_or<'e>(
        &self,
        prefix: &str,
        environment: impl Fn(KeyKind) -> Option<&'e str>,
    ) -> Result<Vec<MasterKey>, Failure> {
        let context = self.encryption_context.as_deref().map_or(Ok(BTreeMap::new()), encryption_context)?;
        let mut keys = Vec::new();
        for (kind, flag, variable) in ORDER {
            let of_kind = self.texts.iter().filter(|(other, _)| *other == kind);
            let texts: Vec<&str> = of_kind.map(|(_, text)| text.as_str()).collect();
            let parsed = match environment(kind) {
                Some(text) if texts.is_empty() => parse(kind, text, variable, &self.aws_profile)?,
                _ => parse(kind, &texts.join(","), &format!("{prefix}{flag}"), &self.aws_profile)?,
            };
            keys.extend(parsed);
        }
        if !context.is_empty() {
            let mut map = Data::map();
            context.into_iter().for_each(|(name, value)| map.push(name, Data::str(value)));
            let of_kms = keys.iter_mut().filter(|key: &&mut MasterKey| key.kind == KeyKind::Kms);
            of_kms.for_each(|key| key.set("context", map.clone()));
        }
        Ok(keys)
    }
}

/// The names and values of an encryption context: `name:value`, with commas (format description,
/// section 6.3).
fn encryption_context(text: &str) -> Result<BTreeMap<&str, &str>, Failure> {
    let pairs = text.split(',').filter(|_| !text.is_empty());
    let pairs = pairs.map(|pair| pair.split_once(':').filter(|(_, value)| !value.contains(':')));
    pairs.collect::<Option<_>>().ok_or_else(|| {
        Failure::new(Code::BadEncryptionContext, "`--encryption-context` is no encryption context")
            .cause("it takes name:value, several with commas")
    })
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
        .hint("name recipients in the creation_rules of .sops.yaml, or with --age or --pgp")
        .hint("an identity of your own: seal keygen -o keys.txt prints its recipient"))
}

/// The keys of the command line, and of the environment where the command line is silent.
fn named(context: &Context, flags: &Recipients) -> Result<Vec<MasterKey>, Failure> {
    let environment = context.recipients();
    flags.keys_or("--", |kind| environment.of(kind))
}

/// The keys of a comma-separated list that `origin` gives.
///
/// # Errors
/// A recipient is not well-formed (1).
fn parse(kind: KeyKind, text: &str, origin: &str, aws_profile: &str) -> Result<Vec<MasterKey>, Failure> {
    master_keys(kind, text, aws_profile).map_err(|error| {
        let failure =
            Failure::new(Code::Generic, format!("`{origin}` names a recipient that cannot be used"))
                .cause(format!("character {}: {}", error.at + 1, error.message));
        match kind {
            KeyKind::Age => {
                failure.hint("recipients look like age1…, ssh-ed25519 … or ssh-rsa …, several with commas")
            }
            _ => failure,
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const ARN: &str = "arn:aws:kms:us-east-1:123456789012:key/0d04";

    fn recipients(texts: &[(KeyKind, &str)]) -> Recipients {
        Recipients::named(texts.iter().map(|(kind, text)| (*kind, vec![(*text).to_owned()])))
    }

    #[test]
    fn keys_stand_in_the_order_of_sops() {
        let all = recipients(&[
            (KeyKind::HcVault, "https://vault:8200/v1/transit/keys/dev"),
            (KeyKind::Pgp, "FBC7B9E2A4F9289A"),
            (KeyKind::Pgp, "0621 C0E4,ABCDEF0123456789!"),
            (KeyKind::AzureKv, "https://v.vault.azure.net/keys/n"),
            (KeyKind::HcKms, "tr-west-1:0d04"),
            (KeyKind::GcpKms, "projects/p/locations/l/keyRings/r/cryptoKeys/k"),
            (KeyKind::Kms, ARN),
        ]);
        let kinds: Vec<KeyKind> = all.keys("--").unwrap().iter().map(|key| key.kind).collect();
        use KeyKind::*;
        assert_eq!(kinds, [Kms, GcpKms, HcKms, AzureKv, Pgp, Pgp, Pgp, HcVault]);
        assert!(Recipients::default().keys("--").unwrap().is_empty() && Recipients::default().is_empty());
    }

    #[test]
    fn context_and_profile_go_into_keys_of_aws() {
        let mut kms = recipients(&[(KeyKind::Kms, ARN), (KeyKind::Pgp, "FBC7B9E2A4F9289A")]);
        kms.encryption_context = Some("App:web,Stage:a b".to_owned());
        kms.aws_profile = "me".to_owned();
        let keys = kms.keys("--").unwrap();
        let context = keys[0].field("context").unwrap();
        assert_eq!(context.get("Stage").and_then(Data::as_str), Some("a b"));
        assert_eq!(keys[0].text("aws_profile"), Some("me"));
        assert!(keys[1].field("context").is_none());
    }

    #[test]
    fn an_encryption_context_has_names_and_values() {
        for (text, good) in
            [("", true), ("a:b", true), ("a:b,c:", true), ("a", false), ("a:b:c", false), ("a:b,", false)]
        {
            let flags = Recipients { encryption_context: Some(text.to_owned()), ..Recipients::default() };
            assert_eq!(
                flags.keys("--").map_err(|failure| failure.code).err(),
                (!good).then_some(Code::BadEncryptionContext),
                "{text}"
            );
        }
    }

    #[test]
    fn a_recipient_that_is_none_is_told_with_its_flag() {
        let failure = recipients(&[(KeyKind::GcpKms, "x")]).keys("--add-").unwrap_err();
        assert_eq!(failure.headline, "`--add-gcp-kms` names a recipient that cannot be used");
        assert!(failure.causes[0].contains("projects/PROJECT/"), "{failure:?}");
    }
}
