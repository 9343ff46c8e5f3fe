//! Identity texts: what `age-keygen` writes, line by line (format description, section 7.1).

use super::hybrid;
use age::{DecryptError, Identity as _};
use age_core::format::{FileKey, Stanza};
use thiserror::Error;

/// An identity that unwraps without help.
pub(super) enum Native {
    X25519(age::x25519::Identity),
    Hybrid(Box<hybrid::Identity>),
}

/// The identities of one text.
#[derive(Default)]
pub(super) struct Identities {
    pub(super) natives: Vec<Native>,
    pub(super) plugins: Vec<age::plugin::Identity>,
}

/// A text that is not a list of identities. Names the line, never its content.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("line {line}: {reason}")]
pub struct IdentityError {
    /// The line, from 1.
    pub line: usize,
    /// What is wrong with it.
    pub reason: &'static str,
}

/// How the words of a text stand.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Spacing {
    /// One identity is one whole line.
    Lines,
    /// Spaces part identities too, as in an environment variable.
    Words,
}

impl Native {
    /// Whether any stanza is for identities of these kinds.
    pub(super) fn any_stanza(stanzas: &[Stanza]) -> bool {
        stanzas.iter().any(|stanza| ["X25519", hybrid::STANZA].contains(&stanza.tag.as_str()))
    }

    /// The file key, if one of the stanzas is for this identity.
    pub(super) fn unwrap(&self, stanzas: &[Stanza]) -> Option<Result<FileKey, DecryptError>> {
        match self {
            Native::X25519(identity) => identity.unwrap_stanzas(stanzas),
            Native::Hybrid(identity) => identity.unwrap_stanzas(stanzas),
        }
    }

    /// The recipient's text.
    pub(super) fn recipient(&self) -> String {
        match self {
            Native::X25519(identity) => identity.to_public().to_string(),
            Native::Hybrid(identity) => identity.recipient().encode(),
        }
    }
}

impl Identities {
    /// Reads a text: empty lines and lines that start with `#` are skipped, every other line must be an
    /// identity, without spaces around it. Lines end with LF or CR LF.
    pub(super) fn parse(text: &[u8], spacing: Spacing) -> Result<Self, IdentityError> {
        let mut identities = Self::default();
        for (i, line) in text.split(|byte| *byte == b'\n').enumerate() {
            let error = |reason| IdentityError { line: i + 1, reason };
            let line = line.strip_suffix(b"\r").unwrap_or(line);
            let line = std::str::from_utf8(line).map_err(|_invalid| error("not UTF-8"))?;
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            match spacing {
                Spacing::Lines => identities.add(line).map_err(error)?,
                Spacing::Words => {
                    line.split([' ', '\t'])
                        .filter(|word| !word.is_empty())
                        .try_for_each(|word| identities.add(word).map_err(error))?;
                }
            }
        }
        Ok(identities)
    }

    /// How many there are.
    pub(super) fn count(&self) -> usize {
        self.natives.len() + self.plugins.len()
    }

    fn add(&mut self, text: &str) -> Result<(), &'static str> {
        if text.starts_with("AGE-PLUGIN-") {
            self.plugins.push(text.parse().map_err(|_reason| "malformed plugin identity")?);
        } else if text.starts_with(hybrid::IDENTITY_PREFIX) {
            let identity =
                hybrid::Identity::parse(text).map_err(|_reason| "malformed post-quantum identity")?;
            self.natives.push(Native::Hybrid(Box::new(identity)));
        } else if text.starts_with("AGE-SECRET-KEY-1") {
            let identity = text.parse().map_err(|_reason| "malformed X25519 identity")?;
            self.natives.push(Native::X25519(identity));
        } else {
            return Err(unknown(text));
        }
        Ok(())
    }
}

/// Why a line is not an identity, without repeating it.
fn unknown(text: &str) -> &'static str {
    if text.trim() != text {
        "spaces around an identity"
    } else if text.starts_with("age1") {
        "this is a recipient, not an identity"
    } else if text.starts_with("-----BEGIN") {
        "a private key in another format, which cannot stand in an identity file"
    } else {
        "unknown kind of identity"
    }
}

#[cfg(test)]
mod tests {
    use super::{Identities, Spacing};
    use crate::keys::age::testing::{IDENTITY_A, IDENTITY_B, PQ_IDENTITY};

    fn count(text: &str) -> Result<usize, String> {
        let parsed = Identities::parse(text.as_bytes(), Spacing::Lines);
        parsed.map(|identities| identities.count()).map_err(|error| error.to_string())
    }

    #[test]
    fn texts_of_several_identities_are_read() {
        assert_eq!(count(""), Ok(0));
        assert_eq!(count("# nothing\n\n"), Ok(0));
        assert_eq!(count(&format!("# created: x\r\n{IDENTITY_A}\r\n\r\n{PQ_IDENTITY}")), Ok(2));
        assert_eq!(count("AGE-PLUGIN-FOOBAR-1QVHULF"), Ok(1));
    }

    #[test]
    fn errors_name_the_line_and_not_its_content() {
        let cases = [
            (format!(" {IDENTITY_A}"), "spaces around"),
            (format!("{IDENTITY_A} "), "malformed X25519"),
            (IDENTITY_A.to_lowercase(), "unknown kind"),
            (IDENTITY_A.replace("X3XW", "X3XX"), "malformed X25519"),
            (PQ_IDENTITY.replace("LQQC", "LQQD"), "malformed post-quantum"),
            ("age1rh8v".to_owned(), "this is a recipient"),
            ("-----BEGIN OPENSSH PRIVATE KEY-----".to_owned(), "a private key in another format"),
            ("AGE-PLUGIN-".to_owned(), "malformed plugin"),
        ];
        for (line, reason) in cases {
            let error = count(&format!("{IDENTITY_B}\n{line}\n")).unwrap_err();
            assert!(error.starts_with(&format!("line 2: {reason}")), "{error}");
            assert!(!error.contains("3XWMCS"), "{error}");
        }
        assert!(Identities::parse(b"\xff", Spacing::Lines).is_err());
    }

    #[test]
    fn words_may_be_parted_by_spaces_where_asked() {
        let text = format!("# a comment\n {IDENTITY_A}  {IDENTITY_B}\n");
        assert_eq!(Identities::parse(text.as_bytes(), Spacing::Words).unwrap().count(), 2);
        assert!(Identities::parse(text.as_bytes(), Spacing::Lines).is_err());
    }
}
