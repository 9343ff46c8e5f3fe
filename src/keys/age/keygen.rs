//! New identities, in the layout of `age-keygen`.

use super::hybrid;
use super::identity::{Identities, IdentityError, Spacing};
use zeroize::Zeroizing;

/// A new identity.
pub struct Generated {
    /// The text of an identity file: two comments and the identity.
    pub identity: Zeroizing<String>,
    /// Its recipient.
    pub recipient: String,
}

/// The kinds of identities that can be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Algorithm {
    /// X25519, understood by every age.
    #[default]
    X25519,
    /// ML-KEM-768 with X25519, safe against quantum computers, understood by age 1.3 and SOPS 3.12.
    Hybrid,
}

/// Makes an identity. `created` is the present time in RFC 3339.
///
/// # Errors
/// The system gives no random bytes.
pub fn generate(algorithm: Algorithm, created: &str) -> Result<Generated, getrandom::Error> {
    let mut seed = Zeroizing::new([0; 32]);
    getrandom::getrandom(seed.as_mut_slice())?;
    let (secret, recipient) = match algorithm {
        Algorithm::X25519 => {
            let text = Zeroizing::new(super::bech32::encode("age-secret-key-", seed.as_slice()));
            let secret = Zeroizing::new(text.to_ascii_uppercase());
            let public = x25519_dalek::PublicKey::from(&x25519_dalek::StaticSecret::from(*seed));
            (secret, super::bech32::encode("age", public.as_bytes()))
        }
        Algorithm::Hybrid => {
            let identity = hybrid::Identity::from_seed(seed);
            (identity.encode(), identity.recipient().encode())
        }
    };
    let mut identity = Zeroizing::new(String::with_capacity(4096));
    for part in ["# created: ", created, "\n# public key: ", &recipient, "\n", &secret, "\n"] {
        identity.push_str(part);
    }
    Ok(Generated { identity, recipient })
}

/// The recipients of the identities in a text, in their order, as `age-keygen -y` gives them. Those of
/// plugins are known to the plugin alone and are left out.
///
/// # Errors
/// A line is not an identity.
pub fn recipients_of(text: &str) -> Result<Vec<String>, IdentityError> {
    let identities = Identities::parse(text.as_bytes(), Spacing::Lines)?;
    Ok(identities.natives.iter().map(super::identity::Native::recipient).collect())
}

#[cfg(test)]
mod tests {
    use super::{Algorithm, generate, recipients_of};
    use crate::keys::age::testing::{RECIPIENT_A, RECIPIENT_B, service, text};
    use crate::keys::{Effort, KeyService, MasterKey};

    #[test]
    fn a_new_identity_opens_what_is_wrapped_for_its_recipient() {
        for algorithm in [Algorithm::X25519, Algorithm::Hybrid] {
            let new = generate(algorithm, "2026-11-21T20:59:26Z").unwrap();
            let service = service(&new.identity);
            let mut key = MasterKey::age(&new.recipient);
            key.set_enc(service.wrap(&key, &[7; 32]).unwrap());
            assert!(service.unwrap(&key, Effort::Quiet).unwrap().same_as(&[7; 32]));
            assert_eq!(recipients_of(&new.identity).unwrap(), [new.recipient]);
        }
    }

    #[test]
    fn the_text_is_laid_out_as_by_age_keygen() {
        let new = generate(Algorithm::X25519, "2026-11-21T20:59:26Z").unwrap();
        let lines: Vec<&str> = new.identity.lines().collect();
        assert_eq!(lines[0], "# created: 2026-11-21T20:59:26Z");
        assert_eq!(lines[1], format!("# public key: {}", new.recipient));
        assert!(lines[2].starts_with("AGE-SECRET-KEY-1"));
        assert!(lines.len() == 3 && new.identity.ends_with('\n'));
        let other = generate(Algorithm::X25519, "2026-11-21T20:59:26Z").unwrap();
        assert_ne!(new.recipient, other.recipient);
    }

    #[test]
    fn recipients_follow_from_identities() {
        let both = text("a.txt") + &text("b.txt");
        assert_eq!(recipients_of(&both).unwrap(), [RECIPIENT_A, RECIPIENT_B]);
        assert_eq!(recipients_of("x").unwrap_err().line, 1);
    }
}
