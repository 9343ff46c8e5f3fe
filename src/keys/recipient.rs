//! Recipients as people write them, on a command line or in a configuration file, and the entries they
//! become (format description, sections 6.1 to 6.4).

use super::age::{AgeRecipientError, check_recipient};
use super::kind::KeyKind;
use super::master_key::MasterKey;
use crate::doc::Data;
use thiserror::Error;

/// Why a text does not name a recipient of its kind.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum RecipientError {
    /// Not a recipient of age.
    #[error(transparent)]
    Age(#[from] AgeRecipientError),
    /// Not of the form that the kind demands.
    #[error("not a {kind} recipient; expected {expected}")]
    Form {
        /// The kind.
        kind: KeyKind,
        /// The form.
        expected: &'static str,
    },
}

impl MasterKey {
    /// The entry for a recipient of a kind, without a wrapped key yet, and without the date that belongs
    /// to the wrapped key. An encryption context and a profile of AWS are set afterwards, as the fields
    /// `context` and `aws_profile`.
    ///
    /// # Errors
    /// The text does not name a recipient of this kind.
    pub fn parse(kind: KeyKind, text: &str) -> Result<Self, RecipientError> {
        let text = text.trim();
        if kind == KeyKind::Age {
            check_recipient(text)?;
            return Ok(Self::age(text));
        }
        let (fields, expected) = match kind {
            KeyKind::Kms => (kms(text), "arn:aws:kms:REGION:ACCOUNT:key/ID, with +ROLE-ARN if need be"),
            KeyKind::GcpKms => (gcp(text), "projects/PROJECT/locations/PLACE/keyRings/RING/cryptoKeys/KEY"),
            KeyKind::HcKms => (huawei(text), "REGION:KEY-ID"),
            KeyKind::AzureKv => (azure(text), "https://VAULT/keys/NAME, with /VERSION if need be"),
            KeyKind::HcVault => (vault(text), "https://HOST:PORT/v1/ENGINE/keys/NAME"),
            KeyKind::Pgp | KeyKind::Age => (pgp(text), "a fingerprint"),
        };
        let fields = fields.ok_or(RecipientError::Form { kind, expected })?;
        let mut key = Self::new(kind);
        fields.into_iter().for_each(|(name, value)| key.set(name, Data::str(value)));
        Ok(key)
    }
}

type Fields = Vec<(&'static str, String)>;

/// `ARN` or `ARN+ROLE_ARN`.
fn kms(text: &str) -> Option<Fields> {
    let (arn, role) = match text.split_once("+arn:") {
        Some((arn, role)) => (arn, Some(format!("arn:{role}"))),
        None => (text, None),
    };
    let [scheme, partition, service, region, account, key] = *arn.splitn(6, ':').collect::<Vec<_>>() else {
        return None;
    };
    let digits = !account.is_empty() && account.bytes().all(|byte| byte.is_ascii_digit());
    let named = ["key/", "alias/"].iter().any(|kind| key.strip_prefix(kind).is_some_and(|id| !id.is_empty()));
    let partition = partition.strip_prefix("aws")?;
    let partitioned =
        partition.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_');
    // The region becomes part of a host name.
    let region =
        !region.is_empty() && region.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    let good = scheme == "arn" && service == "kms" && region && digits && named && partitioned;
    let mut fields = vec![("arn", arn.to_owned()), ("aws_profile", String::new())];
    fields.extend(role.map(|role| ("role", role)));
    good.then_some(fields)
}

/// `projects/*/locations/*/keyRings/*/cryptoKeys/*`.
fn gcp(text: &str) -> Option<Fields> {
    let parts: Vec<&str> = text.split('/').collect();
    let names: Vec<&str> = parts.iter().step_by(2).copied().collect();
    let filled = parts.iter().all(|part| !part.is_empty());
    let good = names == ["projects", "locations", "keyRings", "cryptoKeys"] && parts.len() == 8 && filled;
    good.then(|| vec![("resource_id", text.to_owned())])
}

/// `region:key-uuid`.
fn huawei(text: &str) -> Option<Fields> {
    let (region, id) = text.split_once(':')?;
    let is_id = !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    (!region.is_empty() && is_id).then(|| vec![("key_id", text.to_owned())])
}

/// `https://VAULT/keys/NAME` with or without `/VERSION`.
fn azure(text: &str) -> Option<Fields> {
    let parts: Vec<&str> = text.strip_prefix("https://")?.split('/').collect();
    let (vault, name, version) = match *parts {
        [vault, "keys", name] => (vault, name, ""),
        [vault, "keys", name, version] => (vault, name, version),
        _ => return None,
    };
    (!vault.is_empty() && !name.is_empty()).then(|| {
        vec![
            ("vault_url", format!("https://{vault}")),
            ("name", name.to_owned()),
            ("version", version.to_owned()),
        ]
    })
}

/// `https://HOST:PORT/v1/ENGINE/keys/NAME`; an engine may be mounted at a path.
fn vault(text: &str) -> Option<Fields> {
    let (scheme, rest) = text.split_once("://")?;
    let (host, path) = rest.split_once('/')?;
    let (engine, key) = path.trim_end_matches('/').strip_prefix("v1/")?.rsplit_once("/keys/")?;
    let good = matches!(scheme, "http" | "https") && !host.is_empty() && !engine.is_empty();
    (good && !key.is_empty() && !key.contains('/')).then(|| {
        vec![
            ("vault_address", format!("{scheme}://{host}")),
            ("engine_path", engine.to_owned()),
            ("key_name", key.to_owned()),
        ]
    })
}

/// A fingerprint, spaces removed; a final `!` chooses exactly that subkey. Other names of a key are passed
/// on to gpg, as SOPS does, unless gpg could take them for an option.
fn pgp(text: &str) -> Option<Fields> {
    let name: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    let good = !name.is_empty() && !name.starts_with('-') && !name.contains(char::is_control);
    good.then(|| vec![("fp", name)])
}

#[cfg(test)]
mod tests {
    use super::MasterKey;
    use crate::keys::KeyKind;
    use crate::keys::age::testing::RECIPIENT_A;

    #[test]
    fn recipients_lead_to_entries_and_back() {
        let cases = [
            (KeyKind::Age, RECIPIENT_A),
            (KeyKind::Kms, "arn:aws:kms:us-east-1:123456789012:key/0d04"),
            (KeyKind::Kms, "arn:aws-us-gov:kms:x:1:alias/a/b+arn:aws:iam::1:role/x"),
            (KeyKind::GcpKms, "projects/p/locations/global/keyRings/r/cryptoKeys/k"),
            (KeyKind::HcKms, "tr-west-1:0d0466b0-e727-4d9c-b35d-f84bb474a37f"),
            (KeyKind::AzureKv, "https://v.vault.azure.net/keys/n/0f3"),
            (KeyKind::AzureKv, "https://v.vault.azure.net/keys/n"),
            (KeyKind::HcVault, "https://vault.example.org:8200/v1/a/b/keys/dev"),
            (KeyKind::Pgp, "0621C0E444BD109AEEA0F43746538F0B3AE70632!"),
        ];
        for (kind, text) in cases {
            let key = MasterKey::parse(kind, text).unwrap();
            assert_eq!(key.recipient(), text);
            assert_eq!(key.enc(), None);
        }
    }

    #[test]
    fn fields_are_sorted_by_name() {
        let mut key = MasterKey::parse(KeyKind::HcVault, "https://v/v1/transit/keys/dev").unwrap();
        key.set_enc("vault:v1:x".into());
        let names: Vec<&str> = key.fields.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["enc", "engine_path", "key_name", "vault_address"]);
    }

    #[test]
    fn spaces_in_fingerprints_go() {
        let key =
            MasterKey::parse(KeyKind::Pgp, " 0621 C0E4 44BD 109A EEA0 F437 4653 8F0B 3AE7 0632 ").unwrap();
        assert_eq!(key.recipient(), "0621C0E444BD109AEEA0F43746538F0B3AE70632");
    }

    #[test]
    fn other_forms_are_errors() {
        let cases = [
            (KeyKind::Kms, "arn:aws:s3:us-east-1:1:key/x"),
            (KeyKind::Kms, "arn:aws:kms:us-east-1::key/x"),
            (KeyKind::Kms, "arn:aws:kms:us-east-1:1:key/"),
            (KeyKind::Kms, "arn:gcp:kms:us-east-1:1:key/x"),
            (KeyKind::GcpKms, "projects/p/locations/global/keyRings/r/cryptoKeys/"),
            (KeyKind::GcpKms, "projects/p/locations/global/keyRings/r"),
            (KeyKind::HcKms, "tr-west-1"),
            (KeyKind::HcKms, "tr-west-1:k&y"),
            (KeyKind::AzureKv, "http://v/keys/n"),
            (KeyKind::AzureKv, "https://v/secrets/n"),
            (KeyKind::AzureKv, "https://v/keys/n/1/2"),
            (KeyKind::HcVault, "https://v/prefix/v1/transit/keys/dev"),
            (KeyKind::HcVault, "https://v/v1/transit/dev"),
            (KeyKind::HcVault, "ftp://v/v1/transit/keys/dev"),
            (KeyKind::Kms, "arn:aws:kms:eu.evil.org/:1:key/x"),
            (KeyKind::Pgp, "--output=x"),
            (KeyKind::Pgp, " "),
            (KeyKind::Age, "alice"),
        ];
        for (kind, text) in cases {
            assert!(MasterKey::parse(kind, text).is_err(), "{text}");
        }
        let error = MasterKey::parse(KeyKind::HcKms, "x").unwrap_err().to_string();
        assert_eq!(error, "not a hckms recipient; expected REGION:KEY-ID");
    }
}
