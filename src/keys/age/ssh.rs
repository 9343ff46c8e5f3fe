//! OpenSSH private keys as identities. A key is read when a file has a stanza of its type, and parsed
//! when the stanza names it.

use super::callbacks::secret_string;
use crate::keys::{Ask, read};
use age::ssh;
use age_core::format::{FileKey, Stanza};
use base64::Engine;
use base64::prelude::{BASE64_STANDARD, BASE64_STANDARD_NO_PAD};
use sha2_010::{Digest, Sha256};
use std::path::PathBuf;
use std::sync::OnceLock;
use zeroize::Zeroizing;

/// The tags of stanzas that an ssh key can open.
const STANZAS: [&str; 2] = ["ssh-ed25519", "ssh-rsa"];

/// Whether any stanza is for an ssh key.
pub(super) fn any_stanza(stanzas: &[Stanza]) -> bool {
    stanzas.iter().any(|stanza| STANZAS.contains(&stanza.tag.as_str()))
}

/// Where a private key comes from.
pub(super) enum Origin {
    /// A file that must exist.
    File(PathBuf),
    /// A file that may be missing.
    DefaultFile(PathBuf),
    /// Text that was read before.
    Text(Zeroizing<Vec<u8>>),
}

/// A private key, read and parsed at most once.
pub(super) struct SshKey {
    /// The place it comes from.
    pub(super) place: String,
    origin: Origin,
    content: OnceLock<Result<Content, String>>,
    parsed: OnceLock<Result<Parsed, String>>,
    unlocked: OnceLock<Result<ssh::Identity, String>>,
}

/// The text of a key, and the public key in it where that stands in clear.
struct Content {
    text: Zeroizing<Vec<u8>>,
    public: Option<Vec<u8>>,
}

enum Parsed {
    Open(Box<ssh::Identity>),
    Locked(Box<ssh::EncryptedKey>),
}

/// What a key says to stanzas.
pub(super) enum Answer {
    /// The file key.
    Key(FileKey),
    /// It is for another key.
    NotMine,
    /// It may be for this key, which a passphrase protects.
    Locked,
    /// There is no such key file, and there need not be.
    Missing,
    /// The key cannot be used.
    Failed(String),
}

impl SshKey {
    /// Whether a text begins like a private key.
    pub(super) fn recognise(text: &[u8]) -> bool {
        let first_line = text.split(|byte| *byte == b'\n').next().unwrap_or_default();
        first_line.starts_with(b"-----BEGIN") && first_line.trim_ascii_end().ends_with(b"PRIVATE KEY-----")
    }

    pub(super) fn new(place: String, origin: Origin) -> Self {
        let (content, parsed, unlocked) = (OnceLock::new(), OnceLock::new(), OnceLock::new());
        Self { place, origin, content, parsed, unlocked }
    }

    /// Tries on stanzas. If it takes a passphrase, `ask` is asked for it, once.
    pub(super) fn open(&self, stanzas: &[Stanza], ask: Option<&dyn Ask>) -> Answer {
        let content = match self.content.get_or_init(|| self.read()) {
            Ok(content) if content.text.is_empty() => return Answer::Missing,
            Ok(content) => content,
            Err(reason) => return Answer::Failed(reason.clone()),
        };
        if !stanzas.iter().any(|stanza| content.may_open(stanza)) {
            return Answer::NotMine;
        }
        match self.parsed.get_or_init(|| content.parse()) {
            Ok(Parsed::Open(identity)) => answer(identity, stanzas),
            Ok(Parsed::Locked(key)) => self.open_locked(key, stanzas, ask),
            Err(reason) => Answer::Failed(reason.clone()),
        }
    }

    fn open_locked(&self, key: &ssh::EncryptedKey, stanzas: &[Stanza], ask: Option<&dyn Ask>) -> Answer {
        let unlocked = match ask {
            Some(ask) => Some(self.unlocked.get_or_init(|| {
                let prompt = format!("Enter passphrase for \"{}\"", self.place);
                let passphrase = ask
                    .passphrase(&prompt)
                    .map_err(|error| format!("is protected by a passphrase, and {error}"))?;
                let opened = key.decrypt(secret_string(passphrase));
                opened.map(ssh::Identity::from).map_err(|_why| "the passphrase is wrong".to_owned())
            })),
            None => self.unlocked.get(),
        };
        match unlocked {
            Some(Ok(identity)) => answer(identity, stanzas),
            Some(Err(reason)) => Answer::Failed(reason.clone()),
            None => Answer::Locked,
        }
    }

    /// The content; empty if the file is missing and may be.
    fn read(&self) -> Result<Content, String> {
        let text = match &self.origin {
            Origin::Text(text) => text.clone(),
            Origin::File(path) => read::file(path).map_err(|error| read::in_words(&error))?,
            Origin::DefaultFile(path) => match read::file(path) {
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => Zeroizing::default(),
                other => other.map_err(|error| read::in_words(&error))?,
            },
        };
        let public = public_key(&text);
        Ok(Content { text, public })
    }
}

impl Content {
    /// Whether the stanza may be for this key: surely not if it names another public key.
    fn may_open(&self, stanza: &Stanza) -> bool {
        if !STANZAS.contains(&stanza.tag.as_str()) {
            return false;
        }
        let Some(public) = &self.public else { return true };
        let tag = BASE64_STANDARD_NO_PAD.encode(&Sha256::digest(public)[..4]);
        stanza.args.first() == Some(&tag)
    }

    fn parse(&self) -> Result<Parsed, String> {
        let invalid = "is not an OpenSSH private key of a kind that can be used";
        match ssh::Identity::from_buffer(self.text.as_slice(), None) {
            Ok(ssh::Identity::Encrypted(key)) => Ok(Parsed::Locked(Box::new(key))),
            Ok(ssh::Identity::Unsupported(ssh::UnsupportedKey::EncryptedPem)) => {
                Err("is encrypted in the old PEM format; `ssh-keygen -p` converts it".to_owned())
            }
            Ok(ssh::Identity::Unsupported(_)) => Err("is of a type that cannot decrypt".to_owned()),
            Ok(identity) => Ok(Parsed::Open(Box::new(identity))),
            Err(_why) => Err(invalid.to_owned()),
        }
    }
}

fn answer(identity: &ssh::Identity, stanzas: &[Stanza]) -> Answer {
    match age::Identity::unwrap_stanzas(identity, stanzas) {
        Some(Ok(key)) => Answer::Key(key),
        Some(Err(_why)) => Answer::Failed("the stanza for it is damaged".to_owned()),
        None => Answer::NotMine,
    }
}

/// The public key in an OpenSSH private key, which stands there in clear: after the magic come the
/// names of cipher and key derivation, its options, the number of keys, and the first public key, each
/// but the number with its length before it (OpenSSH, PROTOCOL.key).
fn public_key(text: &[u8]) -> Option<Vec<u8>> {
    let text = std::str::from_utf8(text).ok()?;
    let (_, body) = text.split_once("-----BEGIN OPENSSH PRIVATE KEY-----")?;
    let (body, _) = body.split_once("-----END")?;
    let joined: Zeroizing<Vec<u8>> =
        Zeroizing::new(body.bytes().filter(|byte| !byte.is_ascii_whitespace()).collect());
    let decoded = Zeroizing::new(BASE64_STANDARD.decode(&*joined).ok()?);
    let mut rest = decoded.strip_prefix(b"openssh-key-v1\0")?;
    for _ in ["cipher", "key derivation", "options"] {
        string(&mut rest)?;
    }
    number(&mut rest)?;
    string(&mut rest).map(<[u8]>::to_vec)
}

fn number(rest: &mut &[u8]) -> Option<usize> {
    let (number, after) = rest.split_first_chunk()?;
    *rest = after;
    usize::try_from(u32::from_be_bytes(*number)).ok()
}

fn string<'a>(rest: &mut &'a [u8]) -> Option<&'a [u8]> {
    let length = number(rest)?;
    let (string, after) = rest.split_at_checked(length)?;
    *rest = after;
    Some(string)
}

#[cfg(test)]
mod tests {
    use super::{SshKey, public_key};
    use crate::keys::age::testing::text;
    use base64::Engine;
    use base64::prelude::BASE64_STANDARD;

    #[test]
    fn the_public_key_stands_in_the_private_one() {
        for name in ["id_ed25519", "id_rsa", "id_ed25519_locked"] {
            let public = public_key(text(name).as_bytes()).unwrap();
            let line = text(&format!("{name}.pub"));
            assert_eq!(BASE64_STANDARD.encode(public), line.split(' ').nth(1).unwrap());
        }
        assert_eq!(public_key(text("id_rsa_old_locked").as_bytes()), None);
    }

    #[test]
    fn cut_keys_have_no_public_key() {
        let whole = text("id_ed25519");
        let body = whole.lines().nth(1).unwrap();
        for length in 0..body.len() {
            let cut = format!("-----BEGIN OPENSSH PRIVATE KEY-----\n{}\n-----END", &body[..length]);
            assert_eq!(public_key(cut.as_bytes()), None);
        }
    }

    #[test]
    fn private_keys_are_recognised() {
        assert!(SshKey::recognise(text("id_rsa").as_bytes()));
        assert!(SshKey::recognise(b"-----BEGIN RSA PRIVATE KEY-----\r\n"));
        assert!(!SshKey::recognise(text("id_rsa.pub").as_bytes()));
        assert!(!SshKey::recognise(text("a-passphrase.age").as_bytes()));
    }
}
