//! Recipients as people write them, on the command line and in `.sops.yaml` (format description,
//! sections 7.2 and 8.2), to master keys that have no wrapped data key yet.

use crate::doc::Data;
use crate::keys::age::check_recipient;
use crate::keys::{KeyKind, MasterKey};

/// Why a text names no recipient. Does not repeat the text.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct RecipientError {
    /// What is wrong.
    pub message: String,
    /// Where the recipient begins in the text, in characters from 0.
    pub at: usize,
}

/// The keys of a comma-separated list; spaces, line ends and empty places in it do not matter.
/// `aws_profile` goes into keys of AWS KMS.
///
/// # Errors
/// The first recipient that is not well-formed.
pub fn master_keys(kind: KeyKind, text: &str, aws_profile: &str) -> Result<Vec<MasterKey>, RecipientError> {
    pieces(text).map(|(at, piece)| master_key(kind, piece, aws_profile).map_err(error_at(at))).collect()
}

/// The recipients of a comma-separated list, each with its first character's position.
pub(super) fn pieces(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut at = 0;
    text.split(',').filter_map(move |piece| {
        let start = at + piece.chars().take_while(|c| c.is_whitespace()).count();
        at += piece.chars().count() + 1;
        Some((start, piece.trim())).filter(|(_, piece)| !piece.is_empty())
    })
}

fn error_at(at: usize) -> impl Fn(String) -> RecipientError {
    move |message| RecipientError { message, at }
}

/// The key that one recipient's text names.
pub(super) fn master_key(kind: KeyKind, text: &str, aws_profile: &str) -> Result<MasterKey, String> {
    let fields: &[(&str, &str)] = match kind {
        KeyKind::Age => {
            check_recipient(text).map_err(|error| error.to_string())?;
            return Ok(MasterKey::age(text));
        }
        KeyKind::Pgp => &[("fp", &text.replace(' ', ""))],
        KeyKind::Kms => {
            let text = text.replace(' ', "");
            let (arn, role) = text.split_once("+arn:").unwrap_or((&text, ""));
            let role = if role.is_empty() { String::new() } else { format!("arn:{role}") };
            return kms(arn, &role, &[], aws_profile);
        }
        KeyKind::GcpKms => {
            is_gcp(text)
                .then_some(())
                .ok_or("expected `projects/.../locations/.../keyRings/.../cryptoKeys/...`")?;
            &[("resource_id", text)]
        }
        KeyKind::HcKms => {
            let region_and_id =
                text.split_once(':').filter(|(region, id)| !region.is_empty() && !id.is_empty());
            region_and_id.ok_or("expected `REGION:KEY-ID`")?;
            &[("key_id", text)]
        }
        KeyKind::AzureKv => {
            let (url, name, version) = split_azure(text)
                .ok_or("expected `https://VAULT/keys/NAME` or `https://VAULT/keys/NAME/VERSION`")?;
            return azure(url, name, version);
        }
        KeyKind::HcVault => {
            let (address, engine, name) =
                split_vault(text).ok_or("expected `https://HOST/v1/ENGINE/keys/NAME`")?;
            let fields = [("vault_address", address), ("engine_path", &engine), ("key_name", name)];
            return Ok(with_fields(kind, &fields));
        }
    };
    Ok(with_fields(kind, fields))
}

/// A key of AWS KMS.
pub(super) fn kms(
    arn: &str,
    role: &str,
    context: &[(String, String)],
    aws_profile: &str,
) -> Result<MasterKey, String> {
    let parts: Vec<&str> = arn.splitn(6, ':').collect();
    let valid = matches!(parts[..], ["arn", partition, "kms", region, account, key]
        if partition.starts_with("aws")
            && !region.is_empty()
            && region.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
            && !account.is_empty()
            && account.bytes().all(|b| b.is_ascii_digit())
            && ["key/", "alias/"].iter().any(|start| key.len() > start.len() && key.starts_with(start)));
    if !valid {
        return Err("expected `arn:aws:kms:REGION:ACCOUNT:key/ID`".to_owned());
    }
    let mut key = with_fields(KeyKind::Kms, &[("arn", arn)]);
    if !role.is_empty() {
        key.set("role", Data::str(role));
    }
    if !context.is_empty() {
        let mut map = Data::map();
        for (name, value) in context {
            map.push(name, Data::str(value.as_str()));
        }
        key.set("context", map);
    }
    key.set("aws_profile", Data::str(aws_profile));
    Ok(key)
}

/// A key of Azure Key Vault; an empty version is the latest.
pub(super) fn azure(vault_url: &str, name: &str, version: &str) -> Result<MasterKey, String> {
    if !vault_url.starts_with("https://") || name.is_empty() {
        return Err("expected a vault at `https://...` and the name of a key".to_owned());
    }
    let fields = [("vault_url", vault_url), ("name", name), ("version", version)];
    Ok(with_fields(KeyKind::AzureKv, &fields))
}

/// Whether gpg finds the key by it for sure: the whole fingerprint, `!` for exactly this subkey.
pub(super) fn is_fingerprint(text: &str) -> bool {
    let digits = text.strip_suffix('!').unwrap_or(text);
    matches!(digits.len(), 40 | 64) && digits.bytes().all(|b| b.is_ascii_hexdigit())
}

fn with_fields(kind: KeyKind, fields: &[(&str, &str)]) -> MasterKey {
    let mut key = MasterKey::new(kind);
    for (name, value) in fields {
        key.set(name, Data::str(*value));
    }
    key
}

fn is_gcp(text: &str) -> bool {
    let parts: Vec<&str> = text.split('/').collect();
    let named = matches!(parts[..], ["projects", _, "locations", _, "keyRings", _, "cryptoKeys", _, ..]);
    named && parts.iter().all(|part| !part.is_empty())
}

/// Vault, name and version of `https://VAULT/keys/NAME/VERSION`.
fn split_azure(text: &str) -> Option<(&str, &str, &str)> {
    let host_length = text.strip_prefix("https://")?.find('/').filter(|length| *length > 0)?;
    let (url, path) = text.split_at("https://".len() + host_length);
    let key = path.strip_prefix("/keys/")?;
    let (name, version) = key.split_once('/').unwrap_or((key, ""));
    (!name.is_empty() && !version.contains('/')).then_some((url, name, version))
}

/// Address, engine and name of `https://HOST/v1/ENGINE/keys/NAME`.
fn split_vault(text: &str) -> Option<(&str, String, &str)> {
    let host = text.find("://").filter(|length| *length > 0)? + 3;
    let path = host + text[host..].find('/').filter(|length| *length > 0)?;
    let segments: Vec<&str> = text[path..].trim_matches('/').split('/').collect();
    let [version, engine @ .., _, name] = &segments[..] else { return None };
    let number = version.strip_prefix('v')?;
    let numbered = !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit());
    let full = numbered && !engine.is_empty() && segments.iter().all(|segment| !segment.is_empty());
    full.then(|| (&text[..path], engine.join("/"), *name))
}

#[cfg(test)]
mod tests {
    use super::*;

    const AGE: &str = "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p";

    fn shown(kind: KeyKind, text: &str) -> Vec<String> {
        master_keys(kind, text, "").unwrap().iter().map(MasterKey::recipient).collect()
    }

    #[test]
    fn lists_may_be_spread_out() {
        assert_eq!(shown(KeyKind::Age, &format!(" {AGE},\n  {AGE}, ,")), [AGE, AGE]);
        assert_eq!(shown(KeyKind::Age, ""), Vec::<String>::new());
        assert_eq!(shown(KeyKind::Pgp, "FBC7 B9E2, ab"), ["FBC7B9E2", "ab"]);
    }

    #[test]
    fn every_kind_has_its_fields() {
        let role = "arn:aws:kms:us-east-1:123456789012:key/x+arn:aws:iam::1:role/r";
        let key = &master_keys(KeyKind::Kms, role, "me").unwrap()[0];
        assert_eq!(key.text("arn"), Some("arn:aws:kms:us-east-1:123456789012:key/x"));
        assert_eq!((key.text("role"), key.text("aws_profile")), (Some("arn:aws:iam::1:role/r"), Some("me")));
        let key = &master_keys(KeyKind::AzureKv, "https://v.vault.azure.net/keys/n", "").unwrap()[0];
        assert_eq!((key.text("vault_url"), key.text("name")), (Some("https://v.vault.azure.net"), Some("n")));
        let key = &master_keys(KeyKind::AzureKv, "https://v.vault.azure.net/keys/n/1f", "").unwrap()[0];
        assert_eq!(key.text("version"), Some("1f"));
        let key = &master_keys(KeyKind::HcVault, "https://v.example.org:8200/v1/a/b/keys/k", "").unwrap()[0];
        assert_eq!(key.text("vault_address"), Some("https://v.example.org:8200"));
        assert_eq!((key.text("engine_path"), key.text("key_name")), (Some("a/b"), Some("k")));
        assert_eq!(shown(KeyKind::HcKms, "tr-west-1:uuid"), ["tr-west-1:uuid"]);
        let gcp = "projects/p/locations/global/keyRings/r/cryptoKeys/k";
        assert_eq!(shown(KeyKind::GcpKms, gcp), [gcp]);
    }

    #[test]
    fn what_is_not_well_formed_is_refused_where_it_stands() {
        for (kind, text, at) in [
            (KeyKind::Age, "age1xyz".to_owned(), 0),
            (KeyKind::Age, format!("{AGE},  age1xyz"), 65),
            (KeyKind::Kms, "arn:aws:kms:eu.evil.org/:1:key/x".into(), 0),
            (KeyKind::Kms, "arn:aws:s3:eu-west-1:1:key/x".into(), 0),
            (KeyKind::Kms, "arn:aws:kms:eu-west-1:1:key/".into(), 0),
            (KeyKind::Kms, "arn".into(), 0),
            (KeyKind::GcpKms, "projects/p/locations//keyRings/r/cryptoKeys/k".into(), 0),
            (KeyKind::GcpKms, "projects/p".into(), 0),
            (KeyKind::HcKms, "uuid".into(), 0),
            (KeyKind::AzureKv, "http://v/keys/n".into(), 0),
            (KeyKind::AzureKv, "https:///keys/n".into(), 0),
            (KeyKind::AzureKv, "https://v/keys/n/1/2".into(), 0),
            (KeyKind::HcVault, "v.example.org/v1/transit/keys/k".into(), 0),
            (KeyKind::HcVault, "https://v.example.org/v1/keys/k".into(), 0),
            (KeyKind::HcVault, "https://v.example.org/prefix/v1/transit/keys/k".into(), 0),
            (KeyKind::HcVault, "https://é".into(), 0),
        ] {
            assert_eq!(master_keys(kind, &text, "").unwrap_err().at, at, "{text}");
        }
    }

    #[test]
    fn fingerprints_are_told_from_names() {
        assert!(is_fingerprint(&"Ab".repeat(20)) && is_fingerprint(&format!("{}!", "ab".repeat(20))));
        assert!(!is_fingerprint("alice@example.org") && !is_fingerprint("FBC7B9E2A4F9289A"));
    }
}
