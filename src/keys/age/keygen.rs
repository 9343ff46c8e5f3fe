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
    getrandom::fill(seed.as_mut_slice())?;
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
