//! The hybrid post-quantum recipients of age, `age1pq1...`: stanza `mlkem768x25519`.
//!
//! The file key is sealed with HPKE (RFC 9180) in base mode: KEM X-Wing (ML-KEM-768 of FIPS 203 with
//! X25519), KDF HKDF-SHA256, AEAD ChaCha20-Poly1305. The identity is a 32-byte seed, expanded with
//! SHAKE-256 to the ML-KEM seed and the X25519 secret (format description, section 6.1).

use super::bech32;
use age::{DecryptError, EncryptError};
use age_core::format::{FILE_KEY_BYTES, FileKey, Stanza};
use age_core::secrecy::ExposeSecret;
use base64::Engine;
use base64::prelude::BASE64_STANDARD_NO_PAD;
use chacha20poly1305::aead::{Aead, KeyInit};
use chacha20poly1305::{ChaCha20Poly1305, Key, Nonce};
use hkdf::Hkdf;
use ml_kem::kem::{Decapsulate, DecapsulationKey, EncapsulationKey};
use ml_kem::{B32, EncapsulateDeterministic, EncodedSizeUser, KemCore, MlKem768, MlKem768Params};
use sha2_010::Sha256;
use sha3::digest::{ExtendableOutput, Update, XofReader};
use sha3::{Digest, Sha3_256, Shake256};
use std::collections::HashSet;
use x25519_dalek::{PublicKey, StaticSecret};
use zeroize::{Zeroize, Zeroizing};

/// The stanza's tag.
pub(super) const STANZA: &str = "mlkem768x25519";
/// How recipients begin.
pub(super) const RECIPIENT_PREFIX: &str = "age1pq1";
/// How identities begin.
pub(super) const IDENTITY_PREFIX: &str = "AGE-SECRET-KEY-PQ-1";

const RECIPIENT_HRP: &str = "age1pq";
const IDENTITY_HRP: &str = "age-secret-key-pq-";
const INFO: &[u8] = b"age-encryption.org/mlkem768x25519";
const MLKEM_KEY_BYTES: usize = 1184;
const MLKEM_CIPHERTEXT_BYTES: usize = 1088;
const X25519_BYTES: usize = 32;
const SEED_BYTES: usize = 32;
const AEAD_TAG_BYTES: usize = 16;

/// The public half.
pub(super) struct Recipient {
    mlkem: EncapsulationKey<MlKem768Params>,
    x25519: PublicKey,
}

/// The secret half. Its parts wipe themselves.
pub(super) struct Identity {
    seed: Zeroizing<[u8; SEED_BYTES]>,
    mlkem: DecapsulationKey<MlKem768Params>,
    x25519: StaticSecret,
    recipient: Recipient,
}

impl Recipient {
    /// Reads `age1pq1...`.
    ///
    /// # Errors
    /// Says what is wrong with it.
    pub(super) fn parse(text: &str) -> Result<Self, &'static str> {
        let bytes = bech32::decode(text, RECIPIENT_HRP)?;
        let (mlkem, x25519) = bytes.split_at_checked(MLKEM_KEY_BYTES).ok_or("its length is wrong")?;
        let x25519: [u8; X25519_BYTES] = x25519.try_into().map_err(|_length| "its length is wrong")?;
        let encoded = mlkem.try_into().map_err(|_length| "its length is wrong")?;
        let key = EncapsulationKey::<MlKem768Params>::from_bytes(encoded);
        // FIPS 203, section 7.2: coefficients must be reduced, which encoding them again shows.
        if key.as_bytes()[..] != *mlkem {
            return Err("its ML-KEM key is not canonical");
        }
        Ok(Self { mlkem: key, x25519: PublicKey::from(x25519) })
    }

    /// The text that [`Self::parse`] reads.
    pub(super) fn encode(&self) -> String {
        bech32::encode(RECIPIENT_HRP, &[&self.mlkem.as_bytes()[..], self.x25519.as_bytes()].concat())
    }
}

impl Identity {
    /// Reads `AGE-SECRET-KEY-PQ-1...`.
    ///
    /// # Errors
    /// Says what is wrong with it, never its content.
    pub(super) fn parse(text: &str) -> Result<Self, &'static str> {
        let bytes = Zeroizing::new(bech32::decode(text, IDENTITY_HRP)?);
        let seed: &[u8; SEED_BYTES] = bytes.as_slice().try_into().map_err(|_length| "its length is wrong")?;
        Ok(Self::from_seed(Zeroizing::new(*seed)))
    }

    /// Expands a seed.
    pub(super) fn from_seed(seed: Zeroizing<[u8; SEED_BYTES]>) -> Self {
        let mut shake = Shake256::default();
        shake.update(seed.as_slice());
        let mut expanded = shake.finalize_xof();
        let mut next = || {
            let mut part = Zeroizing::new([0; 32]);
            expanded.read(part.as_mut_slice());
            part
        };
        let (d, z, x) = (next(), next(), next());
        let (mut d, mut z) = (B32::from(*d), B32::from(*z));
        let (mlkem, public) = MlKem768::generate_deterministic(&d, &z);
        d.as_mut_slice().zeroize();
        z.as_mut_slice().zeroize();
        let x25519 = StaticSecret::from(*x);
        let recipient = Recipient { mlkem: public, x25519: PublicKey::from(&x25519) };
        Self { seed, mlkem, x25519, recipient }
    }

    /// The text that [`Self::parse`] reads.
    pub(super) fn encode(&self) -> Zeroizing<String> {
        let lower = Zeroizing::new(bech32::encode(IDENTITY_HRP, self.seed.as_slice()));
        Zeroizing::new(lower.to_ascii_uppercase())
    }

    /// The public half.
    pub(super) fn recipient(&self) -> &Recipient {
        &self.recipient
    }

    /// The file key in `body`, sealed to `encapsulated`; `None` if it is not for this identity.
    fn open(&self, encapsulated: &[u8], body: &[u8]) -> Option<FileKey> {
        let (mlkem, x25519) = encapsulated.split_at_checked(MLKEM_CIPHERTEXT_BYTES)?;
        let ephemeral: [u8; X25519_BYTES] = x25519.try_into().ok()?;
        // ML-KEM rejects implicitly: a foreign ciphertext gives another secret, and the seal breaks.
        let shared_mlkem = self.mlkem.decapsulate(mlkem.try_into().ok()?).ok()?;
        let shared_mlkem = Zeroizing::new(<[u8; 32]>::from(shared_mlkem));
        let shared_x25519 = self.x25519.diffie_hellman(&PublicKey::from(ephemeral));
        let shared = combine(
            shared_mlkem.as_slice(),
            shared_x25519.as_bytes(),
            &ephemeral,
            self.recipient.x25519.as_bytes(),
        );
        let (cipher, nonce) = schedule(&shared);
        let plain = Zeroizing::new(cipher.decrypt(&nonce, body).ok()?);
        let plain: &[u8; FILE_KEY_BYTES] = plain.as_slice().try_into().ok()?;
        Some(FileKey::init_with_mut(|key| key.copy_from_slice(plain)))
    }
}

impl age::Recipient for Recipient {
    fn wrap_file_key(&self, file_key: &FileKey) -> Result<(Vec<Stanza>, HashSet<String>), EncryptError> {
        let failed = |what: &'static str| EncryptError::Io(std::io::Error::other(what));
        let random = || {
            let mut bytes = Zeroizing::new([0u8; 32]);
            getrandom::getrandom(bytes.as_mut_slice()).map_err(|_why| failed("no random bytes"))?;
            Ok::<_, EncryptError>(bytes)
        };
        let mut message = B32::from(*random()?);
        let encapsulated = self.mlkem.encapsulate_deterministic(&message);
        message.as_mut_slice().zeroize();
        let (ciphertext, shared_mlkem) = encapsulated.map_err(|()| failed("ML-KEM encapsulation failed"))?;
        let shared_mlkem = Zeroizing::new(<[u8; 32]>::from(shared_mlkem));
        let ephemeral = StaticSecret::from(*random()?);
        let public = PublicKey::from(&ephemeral);
        let shared_x25519 = ephemeral.diffie_hellman(&self.x25519);
        let shared = combine(
            shared_mlkem.as_slice(),
            shared_x25519.as_bytes(),
            public.as_bytes(),
            self.x25519.as_bytes(),
        );
        let (cipher, nonce) = schedule(&shared);
        let body = cipher
            .encrypt(&nonce, file_key.expose_secret().as_slice())
            .map_err(|_why| failed("sealing the file key failed"))?;
        let encapsulated = [&ciphertext[..], public.as_bytes()].concat();
        let args = vec![BASE64_STANDARD_NO_PAD.encode(encapsulated)];
        let stanza = Stanza { tag: STANZA.to_owned(), args, body };
        Ok((vec![stanza], HashSet::from(["postquantum".to_owned()])))
    }
}

impl age::Identity for Identity {
    fn unwrap_stanza(&self, stanza: &Stanza) -> Option<Result<FileKey, DecryptError>> {
        if stanza.tag != STANZA {
            return None;
        }
        let encapsulated = match stanza.args.as_slice() {
            [argument] => BASE64_STANDARD_NO_PAD.decode(argument).ok(),
            _ => None,
        };
        let expected = MLKEM_CIPHERTEXT_BYTES + X25519_BYTES;
        match encapsulated.filter(|bytes| bytes.len() == expected) {
            Some(bytes) if stanza.body.len() == FILE_KEY_BYTES + AEAD_TAG_BYTES => {
                self.open(&bytes, &stanza.body).map(Ok)
            }
            _ => Some(Err(DecryptError::InvalidHeader)),
        }
    }
}

/// The shared secret of X-Wing: SHA3-256 over both secrets, the ephemeral and the static X25519 key, and
/// the scheme's label.
fn combine(mlkem: &[u8], x25519: &[u8], ephemeral: &[u8], public: &[u8]) -> Zeroizing<[u8; 32]> {
    let mut hash = Sha3_256::new();
    for part in [mlkem, x25519, ephemeral, public, br"\.//^\"] {
        Update::update(&mut hash, part);
    }
    Zeroizing::new(hash.finalize().into())
}

/// The HPKE key schedule in base mode (RFC 9180, section 5.1): the cipher and the nonce of the only
/// message.
fn schedule(shared: &[u8; 32]) -> (ChaCha20Poly1305, Nonce) {
    // KEM 0x647a (X-Wing), KDF 0x0001 (HKDF-SHA256), AEAD 0x0003 (ChaCha20-Poly1305).
    const SUITE: &[u8] = b"HPKE\x64\x7a\x00\x01\x00\x03";
    const VERSION: &[u8] = b"HPKE-v1";
    const BASE_MODE: &[u8] = &[0];
    let extract = |salt: &[u8], label: &[u8], material: &[u8]| {
        let labelled = Zeroizing::new([VERSION, SUITE, label, material].concat());
        Hkdf::<Sha256>::extract(Some(salt), &labelled)
    };
    let (psk_id_hash, _) = extract(b"", b"psk_id_hash", b"");
    let (info_hash, _) = extract(b"", b"info_hash", INFO);
    let context = [BASE_MODE, &psk_id_hash, &info_hash].concat();
    let (_, secret) = extract(shared, b"secret", b"");
    let expand = |label: &[u8], out: &mut [u8]| {
        let length = [0, u8::try_from(out.len()).unwrap_or(u8::MAX)];
        let labelled = [&length[..], VERSION, SUITE, label, &context].concat();
        secret.expand(&labelled, out).expect("HKDF-SHA256 expands to far more than 32 bytes");
    };
    let mut key = Zeroizing::new([0; 32]);
    let mut nonce = [0; 12];
    expand(b"key", key.as_mut_slice());
    expand(b"base_nonce", &mut nonce);
    (ChaCha20Poly1305::new(Key::from_slice(key.as_slice())), Nonce::from(nonce))
}

#[cfg(test)]
mod tests {
    use super::{Identity, Recipient};
    use crate::keys::age::testing::{PQ_IDENTITY, PQ_RECIPIENT};
    use age::{Identity as _, Recipient as _};
    use age_core::format::FileKey;
    use age_core::secrecy::ExposeSecret;

    #[test]
    fn the_recipient_follows_from_the_identity() {
        let identity = Identity::parse(PQ_IDENTITY).unwrap();
        assert_eq!(identity.recipient().encode(), PQ_RECIPIENT);
        assert_eq!(identity.encode().as_str(), PQ_IDENTITY);
    }

    #[test]
    fn a_file_key_comes_back_only_to_its_identity() {
        let key = FileKey::init_with_mut(|key| key.copy_from_slice(b"sixteen bytes ok"));
        let (stanzas, labels) = Recipient::parse(PQ_RECIPIENT).unwrap().wrap_file_key(&key).unwrap();
        assert!(labels.contains("postquantum"));
        let mine = Identity::parse(PQ_IDENTITY).unwrap();
        let opened = mine.unwrap_stanza(&stanzas[0]).unwrap().unwrap();
        assert_eq!(opened.expose_secret(), key.expose_secret());
        let other = Identity::from_seed(zeroize::Zeroizing::new([7; 32]));
        assert!(other.unwrap_stanza(&stanzas[0]).is_none());
    }

    #[test]
    fn malformed_texts_are_errors() {
        let broken = |text: &str| Recipient::parse(text).is_err();
        assert!(broken("age1pq1"));
        assert!(broken(&PQ_RECIPIENT[..PQ_RECIPIENT.len() - 1]));
        assert!(broken(&PQ_RECIPIENT.replacen("jmex", "jmey", 1)));
        assert!(broken("age1rh8vkdkhqetmk6qs8v8jxuxlky0c9s2c8aeflydjyv87cs5tgaqq9ynmu3"));
        assert!(Identity::parse("AGE-SECRET-KEY-PQ-1QQQQ").is_err());
    }

    #[test]
    fn malformed_stanzas_are_errors() {
        let key = FileKey::init_with_mut(|key| key.fill(1));
        let (mut stanzas, _) = Recipient::parse(PQ_RECIPIENT).unwrap().wrap_file_key(&key).unwrap();
        let identity = Identity::parse(PQ_IDENTITY).unwrap();
        stanzas[0].body.pop();
        assert!(identity.unwrap_stanza(&stanzas[0]).unwrap().is_err());
        stanzas[0].args.clear();
        assert!(identity.unwrap_stanza(&stanzas[0]).unwrap().is_err());
        stanzas[0].tag = "X25519".into();
        assert!(identity.unwrap_stanza(&stanzas[0]).is_none());
    }
}
