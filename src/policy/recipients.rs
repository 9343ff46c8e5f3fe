//! Recipients as people write them, on the command line and in `.sops.yaml` (format description,
//! sections 7.2 and 8.2), to master keys that have no wrapped data key yet.

use crate::doc::Data;
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
    let text = if kind == KeyKind::Kms { text.replace(' ', "") } else { text.to_owned() };
    let mut key = MasterKey::parse(kind, &text).map_err(|error| error.to_string())?;
    if kind == KeyKind::Kms {
        key.set("aws_profile", Data::str(aws_profile));
    }
    Ok(key)
}

/// A key of AWS KMS by its parts; an empty role is none.
pub(super) fn kms(
    arn: &str,
    role: &str,
    context: &[(String, String)],
    aws_profile: &str,
) -> Result<MasterKey, String> {
    let text = if role.is_empty() { arn.to_owned() } else { format!("{arn}+{role}") };
    let mut key = master_key(KeyKind::Kms, &text, aws_profile)?;
    if !context.is_empty() {
        let mut map = Data::map();
        context.iter().for_each(|(name, value)| map.push(name, Data::str(value.as_str())));
        key.set("context", map);
    }
    Ok(key)
}

/// A key of Azure Key Vault by its parts; an empty version is the latest.
pub(super) fn azure(vault_url: &str, name: &str, version: &str) -> Result<MasterKey, String> {
    let version = if version.is_empty() { String::new() } else { format!("/{version}") };
    master_key(KeyKind::AzureKv, &format!("{vault_url}/keys/{name}{version}"), "")
}

/// Whether gpg finds the key by it for sure: the whole fingerprint, `!` for exactly this subkey.
pub(super) fn is_fingerprint(text: &str) -> bool {
    let digits = text.strip_suffix('!').unwrap_or(text);
    matches!(digits.len(), 40 | 64) && digits.bytes().all(|b| b.is_ascii_hexdigit())
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
    fn keys_of_aws_have_their_role_and_profile() {
        let role = "arn:aws:kms:us-east-1:123456789012:key/x+arn:aws:iam::1:role/r";
        let key = &master_keys(KeyKind::Kms, role, "me").unwrap()[0];
        assert_eq!(key.text("arn"), Some("arn:aws:kms:us-east-1:123456789012:key/x"));
        assert_eq!((key.text("role"), key.text("aws_profile")), (Some("arn:aws:iam::1:role/r"), Some("me")));
        let key = azure("https://v.vault.azure.net", "n", "").unwrap();
        assert_eq!(key.recipient(), "https://v.vault.azure.net/keys/n");
    }

    #[test]
    fn what_is_not_well_formed_is_refused_where_it_stands() {
        for (kind, text, at) in [
            (KeyKind::Age, "age1xyz".to_owned(), 0),
            (KeyKind::Age, format!("{AGE},  age1xyz"), 65),
            (KeyKind::Kms, "arn".into(), 0),
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
