//! The kinds of master keys, and the order in which they are tried.

use std::fmt;
use thiserror::Error;

/// A kind of master key. The order is that of the lists in the metadata.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum KeyKind {
    /// AWS Key Management Service.
    Kms,
    /// Google Cloud Key Management Service.
    GcpKms,
    /// Huawei Cloud Key Management Service.
    HcKms,
    /// Azure Key Vault.
    AzureKv,
    /// HashiCorp Vault, transit engine.
    HcVault,
    /// age.
    Age,
    /// OpenPGP.
    Pgp,
}

impl KeyKind {
    /// All kinds, in the order of the metadata.
    pub const ALL: [KeyKind; 7] = [
        KeyKind::Kms,
        KeyKind::GcpKms,
        KeyKind::HcKms,
        KeyKind::AzureKv,
        KeyKind::HcVault,
        KeyKind::Age,
        KeyKind::Pgp,
    ];

    /// The name of its list in the metadata, which is also its word in a decryption order (format
    /// description, sections 4.1 and 6.6).
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            KeyKind::Kms => "kms",
            KeyKind::GcpKms => "gcp_kms",
            KeyKind::HcKms => "hckms",
            KeyKind::AzureKv => "azure_kv",
            KeyKind::HcVault => "hc_vault",
            KeyKind::Age => "age",
            KeyKind::Pgp => "pgp",
        }
    }

    /// What people call it.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            KeyKind::Kms => "AWS KMS",
            KeyKind::GcpKms => "Google Cloud KMS",
            KeyKind::HcKms => "Huawei Cloud KMS",
            KeyKind::AzureKv => "Azure Key Vault",
            KeyKind::HcVault => "HashiCorp Vault",
            KeyKind::Age => "age",
            KeyKind::Pgp => "PGP",
        }
    }

    /// The kind of a list in the metadata.
    #[must_use]
    pub fn of_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// The field of an entry that names the recipient, or the most telling part of it.
    #[must_use]
    pub fn recipient_field(self) -> &'static str {
        match self {
            KeyKind::Kms => "arn",
            KeyKind::GcpKms => "resource_id",
            KeyKind::HcKms => "key_id",
            KeyKind::AzureKv => "vault_url",
            KeyKind::HcVault => "vault_address",
            KeyKind::Age => "recipient",
            KeyKind::Pgp => "fp",
        }
    }

    /// Whether its entries say when they were wrapped, in `created_at`.
    #[must_use]
    pub fn is_dated(self) -> bool {
        self != KeyKind::Age
    }
}

impl fmt::Display for KeyKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A word stands twice in a decryption order.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("`{0}` stands twice in the decryption order")]
pub struct DuplicateWord(pub String);

/// The order in which the kinds of keys of a group are tried.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DecryptionOrder {
    /// The kinds tried first, in this order; the others follow.
    pub kinds: Vec<KeyKind>,
    /// Words that name no kind. They have no effect.
    pub unknown: Vec<String>,
}

impl Default for DecryptionOrder {
    fn default() -> Self {
        Self { kinds: vec![KeyKind::Age, KeyKind::Pgp], unknown: Vec::new() }
    }
}

impl std::str::FromStr for DecryptionOrder {
    type Err = DuplicateWord;

    /// Reads a comma-separated list of kinds (format description, section 6.6).
    fn from_str(text: &str) -> Result<Self, DuplicateWord> {
        let mut seen: Vec<&str> = Vec::new();
        for word in text.split(',').map(str::trim).filter(|word| !word.is_empty()) {
            if seen.contains(&word) {
                return Err(DuplicateWord(word.to_owned()));
            }
            seen.push(word);
        }
        let kinds = seen.iter().filter_map(|word| KeyKind::of_name(word)).collect();
        let unknown = seen.iter().filter(|word| KeyKind::of_name(word).is_none());
        Ok(Self { kinds, unknown: unknown.map(|word| (*word).to_owned()).collect() })
    }
}

/// The place of `kind` among the keys of a group that are tried: first those of `order`, then the
/// others with PGP and age last (format description, section 6.6).
#[must_use]
pub(super) fn rank(kind: KeyKind, order: &[KeyKind]) -> (usize, u8) {
    let named = order.iter().position(|other| *other == kind).unwrap_or(order.len());
    let unnamed = match kind {
        KeyKind::Kms => 0,
        KeyKind::GcpKms => 1,
        KeyKind::HcKms => 2,
        KeyKind::AzureKv => 3,
        KeyKind::HcVault => 4,
        KeyKind::Pgp => 5,
        KeyKind::Age => 6,
    };
    (named, unnamed)
}

#[cfg(test)]
mod tests {
    use super::{DecryptionOrder, DuplicateWord, KeyKind, rank};

    #[test]
    fn names_lead_back() {
        for kind in KeyKind::ALL {
            assert_eq!(KeyKind::of_name(kind.name()), Some(kind));
        }
        assert_eq!(KeyKind::of_name("AGE"), None);
    }

    #[test]
    fn an_order_keeps_kinds_and_unknown_words_apart() {
        let order: DecryptionOrder = "pgp, nonsense,age".parse().unwrap();
        assert_eq!(order.kinds, [KeyKind::Pgp, KeyKind::Age]);
        assert_eq!(order.unknown, ["nonsense"]);
        assert_eq!("age,pgp,age".parse::<DecryptionOrder>(), Err(DuplicateWord("age".into())));
        assert_eq!("".parse::<DecryptionOrder>().unwrap().kinds, []);
    }

    #[test]
    fn kinds_that_are_not_named_come_last() {
        let mut kinds = KeyKind::ALL;
        kinds.sort_by_key(|kind| rank(*kind, &[KeyKind::HcVault]));
        let names = kinds.map(KeyKind::name);
        assert_eq!(names, ["hc_vault", "kms", "gcp_kms", "hckms", "azure_kv", "pgp", "age"]);
    }
}
