//! The messages on the wire (format description, section 9.9), and master keys as such messages.

use crate::doc::{Data, Text};
use crate::keys::{KeyKind, MasterKey};
use prost::{Message, Oneof};
use std::collections::BTreeMap;
use std::fmt;
use zeroize::ZeroizeOnDrop;

/// The recipient of a wrapped key.
#[derive(Clone, PartialEq, Message)]
pub(super) struct Key {
    #[prost(oneof = "Kind", tags = "1, 2, 3, 4, 5, 6, 7")]
    pub(super) kind: Option<Kind>,
}

/// One message for each kind of master key.
#[derive(Clone, PartialEq, Oneof)]
pub(super) enum Kind {
    #[prost(message, tag = "1")]
    Kms(KmsKey),
    #[prost(message, tag = "2")]
    Pgp(PgpKey),
    #[prost(message, tag = "3")]
    GcpKms(GcpKmsKey),
    #[prost(message, tag = "4")]
    AzureKv(AzureKvKey),
    #[prost(message, tag = "5")]
    HcVault(HcVaultKey),
    #[prost(message, tag = "6")]
    Age(AgeKey),
    #[prost(message, tag = "7")]
    HcKms(HcKmsKey),
}

/// AWS Key Management Service.
#[derive(Clone, PartialEq, Message)]
pub(super) struct KmsKey {
    #[prost(string, tag = "1")]
    arn: String,
    #[prost(string, tag = "2")]
    role: String,
    #[prost(btree_map = "string, string", tag = "3")]
    context: BTreeMap<String, String>,
    #[prost(string, tag = "4")]
    aws_profile: String,
}

/// OpenPGP.
#[derive(Clone, PartialEq, Message)]
pub(super) struct PgpKey {
    #[prost(string, tag = "1")]
    fingerprint: String,
}

/// Google Cloud Key Management Service.
#[derive(Clone, PartialEq, Message)]
pub(super) struct GcpKmsKey {
    #[prost(string, tag = "1")]
    resource_id: String,
}

/// Azure Key Vault.
#[derive(Clone, PartialEq, Message)]
pub(super) struct AzureKvKey {
    #[prost(string, tag = "1")]
    vault_url: String,
    #[prost(string, tag = "2")]
    name: String,
    #[prost(string, tag = "3")]
    version: String,
}

/// HashiCorp Vault, transit engine.
#[derive(Clone, PartialEq, Message)]
pub(super) struct HcVaultKey {
    #[prost(string, tag = "1")]
    vault_address: String,
    #[prost(string, tag = "2")]
    engine_path: String,
    #[prost(string, tag = "3")]
    key_name: String,
}

/// age.
#[derive(Clone, PartialEq, Message)]
pub(super) struct AgeKey {
    #[prost(string, tag = "1")]
    recipient: String,
}

/// Huawei Cloud Key Management Service.
#[derive(Clone, PartialEq, Message)]
pub(super) struct HcKmsKey {
    #[prost(string, tag = "1")]
    key_id: String,
}

/// Asks to wrap.
#[derive(Clone, PartialEq, Message, ZeroizeOnDrop)]
#[prost(skip_debug)]
pub(super) struct EncryptRequest {
    #[zeroize(skip)]
    #[prost(message, optional, tag = "1")]
    pub(super) key: Option<Key>,
    #[prost(bytes = "vec", tag = "2")]
    pub(super) plaintext: Vec<u8>,
}

/// What was wrapped: the text of `enc`.
#[derive(Clone, PartialEq, Message)]
pub(super) struct EncryptResponse {
    #[prost(bytes = "vec", tag = "1")]
    pub(super) ciphertext: Vec<u8>,
}

/// Asks to unwrap the text of `enc`.
#[derive(Clone, PartialEq, Message)]
pub(super) struct DecryptRequest {
    #[prost(message, optional, tag = "1")]
    pub(super) key: Option<Key>,
    #[prost(bytes = "vec", tag = "2")]
    pub(super) ciphertext: Vec<u8>,
}

/// What was unwrapped.
#[derive(Clone, PartialEq, Message, ZeroizeOnDrop)]
#[prost(skip_debug)]
pub(super) struct DecryptResponse {
    #[prost(bytes = "vec", tag = "1")]
    pub(super) plaintext: Vec<u8>,
}

impl fmt::Debug for EncryptRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("EncryptRequest(..)")
    }
}

impl fmt::Debug for DecryptResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DecryptResponse(..)")
    }
}

impl From<&MasterKey> for Key {
    fn from(key: &MasterKey) -> Self {
        let text = |name| key.text(name).unwrap_or_default().to_owned();
        let kind = match key.kind {
            KeyKind::Kms => Kind::Kms(KmsKey {
                arn: text("arn"),
                role: text("role"),
                context: context(key.field("context")),
                aws_profile: text("aws_profile"),
            }),
            KeyKind::Pgp => Kind::Pgp(PgpKey { fingerprint: text("fp") }),
            KeyKind::GcpKms => Kind::GcpKms(GcpKmsKey { resource_id: text("resource_id") }),
            KeyKind::AzureKv => Kind::AzureKv(AzureKvKey {
                vault_url: text("vault_url"),
                name: text("name"),
                version: text("version"),
            }),
            KeyKind::HcVault => Kind::HcVault(HcVaultKey {
                vault_address: text("vault_address"),
                engine_path: text("engine_path"),
                key_name: text("key_name"),
            }),
            KeyKind::Age => Kind::Age(AgeKey { recipient: text("recipient") }),
            KeyKind::HcKms => Kind::HcKms(HcKmsKey { key_id: text("key_id") }),
        };
        Self { kind: Some(kind) }
    }
}

impl From<Kind> for MasterKey {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::Kms(key) => {
                let mut entry = entry(
                    KeyKind::Kms,
                    [("arn", key.arn), ("role", key.role), ("aws_profile", key.aws_profile)],
                );
                if !key.context.is_empty() {
                    let pair = |(name, text): (String, String)| (Text::owned(name), Data::str(text));
                    entry.set("context", Data::Map(key.context.into_iter().map(pair).collect()));
                }
                entry
            }
            Kind::Pgp(key) => entry(KeyKind::Pgp, [("fp", key.fingerprint)]),
            Kind::GcpKms(key) => entry(KeyKind::GcpKms, [("resource_id", key.resource_id)]),
            Kind::AzureKv(key) => entry(
                KeyKind::AzureKv,
                [("vault_url", key.vault_url), ("name", key.name), ("version", key.version)],
            ),
            Kind::HcVault(key) => entry(
                KeyKind::HcVault,
                [
                    ("vault_address", key.vault_address),
                    ("engine_path", key.engine_path),
                    ("key_name", key.key_name),
                ],
            ),
            Kind::Age(key) => entry(KeyKind::Age, [("recipient", key.recipient)]),
            Kind::HcKms(key) => entry(KeyKind::HcKms, [("key_id", key.key_id)]),
        }
    }
}

/// An entry with the fields that are not empty.
fn entry<const N: usize>(kind: KeyKind, fields: [(&str, String); N]) -> MasterKey {
    let mut entry = MasterKey::new(kind);
    for (name, text) in fields.into_iter().filter(|(_, text)| !text.is_empty()) {
        entry.set(name, Data::str(text));
    }
    entry
}

/// The texts of an encryption context.
fn context(field: Option<&Data>) -> BTreeMap<String, String> {
    let Some(Data::Map(items)) = field else { return BTreeMap::new() };
    let pair =
        |(name, value): &(Text<'static>, Data)| Some((name.as_str()?.to_owned(), value.as_str()?.to_owned()));
    items.iter().filter_map(pair).collect()
}

#[cfg(test)]
mod tests {
    use super::{DecryptResponse, EncryptRequest, Key, Kind};
    use crate::doc::{Data, Text};
    use crate::keys::{KeyKind, MasterKey};
    use prost::Message as _;

    /// An entry with all fields that its kind can have on the wire.
    fn full(kind: KeyKind) -> MasterKey {
        let names: &[&str] = match kind {
            KeyKind::Kms => &["arn", "role", "aws_profile"],
            KeyKind::GcpKms => &["resource_id"],
            KeyKind::HcKms => &["key_id"],
            KeyKind::AzureKv => &["vault_url", "name", "version"],
            KeyKind::HcVault => &["vault_address", "engine_path", "key_name"],
            KeyKind::Age => &["recipient"],
            KeyKind::Pgp => &["fp"],
        };
        let mut key = MasterKey::new(kind);
        names.iter().for_each(|name| key.set(name, Data::str(format!("the {name}"))));
        if kind == KeyKind::Kms {
            key.set("context", Data::Map(vec![(Text::owned("app"), Data::str("shop"))]));
        }
        key
    }

    #[test]
    fn keys_of_all_kinds_survive_the_wire() {
        for kind in KeyKind::ALL {
            let key = full(kind);
            let bytes = Key::from(&key).encode_to_vec();
            let read: Kind = Key::decode(bytes.as_slice()).unwrap().kind.unwrap();
            assert_eq!(MasterKey::from(read), key, "{kind}");
        }
    }

    #[test]
    fn the_bytes_are_those_of_the_description() {
        let key = Key::from(&MasterKey::age("age1x"));
        let request = EncryptRequest { key: Some(key), plaintext: vec![7, 8] };
        // Field 1, ten bytes: field 6, seven bytes: field 1, "age1x". Field 2, two bytes.
        assert_eq!(request.encode_to_vec(), b"\x0a\x09\x32\x07\x0a\x05age1x\x12\x02\x07\x08");
    }

    #[test]
    fn fields_of_the_file_alone_stay_here() {
        let mut key = full(KeyKind::Age);
        key.set_enc("wrapped".into());
        key.set("created_at", Data::str("2026-11-26T00:00:00Z"));
        let Some(kind) = Key::from(&key).kind else { panic!("no kind") };
        assert_eq!(MasterKey::from(kind), full(KeyKind::Age));
    }

    #[test]
    fn secrets_are_not_shown() {
        let response = DecryptResponse { plaintext: b"hunter2".to_vec() };
        assert_eq!(format!("{response:?}"), "DecryptResponse(..)");
        let request = EncryptRequest { key: None, plaintext: b"hunter2".to_vec() };
        assert_eq!(format!("{request:?}"), "EncryptRequest(..)");
    }
}
