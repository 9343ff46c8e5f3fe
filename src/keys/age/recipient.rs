//! Recipients of age: what they are by their text, and wrapping to them (format description, 6.1).

use super::callbacks::{Callbacks, broken, messages};
use super::{bech32, hybrid};
use crate::keys::program::printable;
use crate::keys::{Ask, KeyError};
use age::armor::{ArmoredWriter, Format};
use age::ssh::ParseRecipientKeyError;
use age::{EncryptError, Encryptor};
use curve25519_dalek::MontgomeryPoint;
use std::io::Write;
use std::sync::Arc;
use thiserror::Error;

/// Why a text is not a recipient that can be wrapped to. A recipient is no secret, but may be very long:
/// it is not repeated here.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum AgeRecipientError {
    /// An identity in the place of a recipient. It must not be repeated anywhere.
    #[error("this is an identity, which is secret; its recipient begins with `age1`")]
    Identity,
    /// No kind of recipient begins like this.
    #[error("unknown kind of recipient; known are `age1...`, `ssh-ed25519 ...` and `ssh-rsa ...`")]
    Unknown,
    /// The kind is known, the rest is wrong.
    #[error("malformed {kind} recipient: {reason}")]
    Malformed {
        /// The kind of recipient.
        kind: &'static str,
        /// What is wrong.
        reason: String,
    },
}

/// A recipient of any kind.
pub(super) enum Recipient {
    Hybrid(Box<hybrid::Recipient>),
    Tag(age::tag::Recipient),
    HybridTag(Box<age::tagpq::Recipient>),
    Plugin(age::plugin::Recipient),
    X25519(age::x25519::Recipient),
    Ssh(Box<age::ssh::Recipient>),
}

/// Checks that `text` is a recipient, without wrapping anything. Whether a plugin is installed is not
/// looked at.
///
/// # Errors
/// Says what is wrong.
pub fn check_recipient(text: &str) -> Result<(), AgeRecipientError> {
    Recipient::parse(text).map(|_recipient| ())
}

impl Recipient {
    /// Decides the kind by how the text begins, as SOPS does, save that tagged recipients are wrapped
    /// to without a plugin.
    pub(super) fn parse(text: &str) -> Result<Self, AgeRecipientError> {
        let text = text.trim();
        if text.starts_with(hybrid::RECIPIENT_PREFIX) {
            let parsed = hybrid::Recipient::parse(text).map_err(malformed("post-quantum"))?;
            Ok(Recipient::Hybrid(Box::new(parsed)))
        } else if text.starts_with("age1tag1") {
            text.parse().map(Recipient::Tag).map_err(malformed("tagged"))
        } else if text.starts_with("age1tagpq1") {
            let parsed = text.parse().map_err(malformed("tagged post-quantum"))?;
            Ok(Recipient::HybridTag(Box::new(parsed)))
        } else if text.starts_with("age1") && text.matches('1').count() > 1 {
            text.parse().map(Recipient::Plugin).map_err(malformed("plugin"))
        } else if text.starts_with("age1") {
            parse_x25519(text).map(Recipient::X25519).map_err(malformed("X25519"))
        } else if text.starts_with("ssh-") {
            parse_ssh(text).map(|parsed| Recipient::Ssh(Box::new(parsed))).map_err(malformed("ssh"))
        } else if is_identity(text) {
            Err(AgeRecipientError::Identity)
        } else {
            Err(AgeRecipientError::Unknown)
        }
    }

    /// An armored age file for this recipient alone that holds `secret`: lines end with LF, the last
    /// one too.
    pub(super) fn wrap(&self, secret: &[u8], ask: &Arc<dyn Ask>) -> Result<String, KeyError> {
        match self {
            Recipient::Hybrid(recipient) => seal(&**recipient, secret),
            Recipient::Tag(recipient) => seal(recipient, secret),
            Recipient::HybridTag(recipient) => seal(&**recipient, secret),
            Recipient::X25519(recipient) => seal(recipient, secret),
            Recipient::Ssh(recipient) => seal(&**recipient, secret),
            Recipient::Plugin(recipient) => {
                let callbacks = Callbacks::new(ask.clone());
                let name = recipient.plugin().to_owned();
                let plugin = age::plugin::RecipientPluginV1::new(
                    &name,
                    std::slice::from_ref(recipient),
                    &[],
                    callbacks,
                );
                let plugin = plugin.map_err(|_why| KeyError::PluginMissing(format!("age-plugin-{name}")))?;
                seal(&plugin, secret).map_err(|error| match error {
                    KeyError::Recipient(message) | KeyError::System(message) => {
                        KeyError::Plugin { plugin: format!("age-plugin-{name}"), message }
                    }
                    error => error,
                })
            }
        }
    }
}

/// Whether a text begins like an identity, or like a private key.
fn is_identity(text: &str) -> bool {
    let begins = |prefix: &str| text.get(..prefix.len()).is_some_and(|t| t.eq_ignore_ascii_case(prefix));
    begins("AGE-SECRET-KEY-") || begins("AGE-PLUGIN-") || begins("-----BEGIN")
}

fn malformed<E: ToString>(kind: &'static str) -> impl Fn(E) -> AgeRecipientError {
    move |reason| AgeRecipientError::Malformed { kind, reason: reason.to_string() }
}

/// Reads a native recipient, and refuses points whose shared secret is zero for everybody.
fn parse_x25519(text: &str) -> Result<age::x25519::Recipient, &'static str> {
    let bytes = bech32::decode(text, "age")?;
    let bytes: [u8; 32] = bytes.try_into().map_err(|_length| "its length is wrong")?;
    // Secrets are multiples of eight (RFC 7748, section 5).
    let eightfold = MontgomeryPoint(bytes).mul_bits_be([true, false, false, false].into_iter());
    if eightfold.as_bytes() == &[0; 32] {
        return Err("it is a point of low order");
    }
    text.parse()
}

/// Reads a line of an OpenSSH public key file.
fn parse_ssh(text: &str) -> Result<age::ssh::Recipient, &'static str> {
    let recipient: age::ssh::Recipient = text.parse().map_err(|error| match error {
        ParseRecipientKeyError::RsaModulusTooLarge => "an RSA modulus of more than 4096 bits",
        ParseRecipientKeyError::RsaModulusTooSmall => "an RSA modulus of less than 2048 bits",
        ParseRecipientKeyError::Unsupported(_) | ParseRecipientKeyError::Ignore => {
            "only ssh-ed25519 and ssh-rsa keys can be used"
        }
        _ => "not a line of a public key file",
    })?;
    match &recipient {
        age::ssh::Recipient::SshEd25519(_, point) if point.is_small_order() => {
            Err("it is a point of low order")
        }
        _ => Ok(recipient),
    }
}

/// An armored age file with `secret` for `recipient`.
fn seal(recipient: &dyn age::Recipient, secret: &[u8]) -> Result<String, KeyError> {
    let system = |error: std::io::Error| KeyError::System(error.to_string());
    let encryptor = Encryptor::with_recipients(std::iter::once(recipient)).map_err(sealing_failed)?;
    let armor = ArmoredWriter::wrap_output(Vec::new(), Format::AsciiArmor).map_err(system)?;
    let mut writer = encryptor.wrap_output(armor).map_err(system)?;
    writer.write_all(secret).map_err(system)?;
    let armored = writer.finish().and_then(ArmoredWriter::finish).map_err(system)?;
    let text = String::from_utf8(armored).expect("armor is ASCII");
    Ok(if text.contains('\r') { text.replace('\r', "") } else { text })
}

fn sealing_failed(error: EncryptError) -> KeyError {
    match error {
        EncryptError::Plugin(errors) => KeyError::Recipient(messages(&errors)),
        EncryptError::Io(error) => KeyError::System(broken(&error)),
        error => KeyError::Recipient(printable(&error.to_string())),
    }
}

#[cfg(test)]
mod tests {
    use super::{AgeRecipientError, Recipient, check_recipient};
    use crate::keys::age::bech32;
    use crate::keys::age::testing::{IDENTITY_A, PQ_IDENTITY, PQ_RECIPIENT, RECIPIENT_A, text};
    use x25519_dalek::{PublicKey, StaticSecret};

    #[test]
    fn the_kind_follows_from_the_beginning() {
        let kind = |text: &str| match Recipient::parse(text).unwrap() {
            Recipient::Hybrid(_) => "hybrid",
            Recipient::Tag(_) => "tag",
            Recipient::HybridTag(_) => "hybrid tag",
            Recipient::Plugin(_) => "plugin",
            Recipient::X25519(_) => "x25519",
            Recipient::Ssh(_) => "ssh",
        };
        assert_eq!(kind(PQ_RECIPIENT), "hybrid");
        assert_eq!(kind(RECIPIENT_A), "x25519");
        assert_eq!(kind(&format!("  {RECIPIENT_A}\n")), "x25519");
        assert_eq!(kind("age1tag1qt8lw0ual6avlwmwatk888yqnmdamm7xfd0wak53ut6elz5c4swx2yqdj4e"), "tag");
        assert_eq!(kind(&bech32::encode("age1yubikey", &[1; 33])), "plugin");
        assert_eq!(kind(&text("id_ed25519.pub")), "ssh");
        assert_eq!(kind(&text("id_rsa.pub")), "ssh");
    }

    #[test]
    fn what_is_no_recipient_is_explained() {
        let reason = |text: &str| check_recipient(text).unwrap_err();
        let starts = |text: &str, start: &str| {
            let reason = reason(text).to_string();
            assert!(reason.starts_with(start), "{text}: {reason}");
        };
        assert_eq!(reason(""), AgeRecipientError::Unknown);
        assert_eq!(reason("alice"), AgeRecipientError::Unknown);
        assert_eq!(reason(IDENTITY_A), AgeRecipientError::Identity);
        assert_eq!(reason(&PQ_IDENTITY.to_lowercase()), AgeRecipientError::Identity);
        assert_eq!(reason("-----BEGIN OPENSSH PRIVATE KEY-----"), AgeRecipientError::Identity);
        starts(&RECIPIENT_A.replace("rh8v", "rh8w"), "malformed X25519 recipient: its checksum");
        starts(&bech32::encode("age", &[1; 31]), "malformed X25519 recipient: its length");
        starts(&bech32::encode("age", &[0; 32]), "malformed X25519 recipient: it is a point of low order");
        starts("age1pq1qqqq", "malformed post-quantum recipient");
        starts("age1yubikey1qqqq", "malformed plugin recipient");
        starts("age1tag1qqqq", "malformed tagged recipient");
        starts("age1tagpq1qqqq", "malformed tagged post-quantum recipient");
        starts("ssh-ed25519 AAAA", "malformed ssh recipient: not a line");
        let hardware = "sk-ssh-ed25519@openssh.com AAAA";
        assert_eq!(reason(hardware), AgeRecipientError::Unknown);
    }

    /// The points whose order divides eight, and their neighbours: none with a shared secret of zero is taken.
    #[test]
    fn points_of_low_order_are_those_whose_secrets_are_zero() {
        let prime = |last: u8| {
            let mut bytes = [0xff; 32];
            (bytes[0], bytes[31]) = (last, 0x7f);
            bytes
        };
        let one = |first: u8| {
            let mut bytes = [0; 32];
            bytes[0] = first;
            bytes
        };
        let number = |digits: &str| -> [u8; 32] {
            std::array::from_fn(|i| u8::from_str_radix(&digits[2 * i..2 * i + 2], 16).unwrap())
        };
        let order_eight = [
            number("e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800"),
            number("5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157"),
        ];
        let mut low = 0;
        for mut point in (0..9).map(one).chain((0xe8..=0xf2).map(prime)).chain(order_eight) {
            for high in [0, 0x80] {
                point[31] |= high;
                let secret = StaticSecret::from([1; 32]).diffie_hellman(&PublicKey::from(point));
                let refused = check_recipient(&bech32::encode("age", &point))
                    .is_err_and(|error| error.to_string().contains("low order"));
                assert_eq!(refused, secret.as_bytes() == &[0; 32], "{point:x?}");
                low += usize::from(refused);
            }
        }
        assert_eq!(low, 14);
    }

    #[test]
    fn a_small_point_of_ed25519_is_refused() {
        use base64::Engine;
        let mut wire = b"\0\0\0\x0bssh-ed25519\0\0\0\x20".to_vec();
        wire.push(1);
        wire.extend([0; 31]);
        let line = format!("ssh-ed25519 {}", base64::prelude::BASE64_STANDARD.encode(wire));
        let reason = check_recipient(&line).unwrap_err().to_string();
        assert!(reason.contains("low order"), "{reason}");
    }
}
