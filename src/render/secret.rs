//! `--secret`: a single value, in the words of Swarm.

use super::bundle::Access;
use crate::doc::KeyPath;
use std::str::FromStr;
use thiserror::Error;

/// A single value that is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecretSpec {
    /// The way to it.
    pub source: KeyPath,
    /// The document it is in, if it could be several.
    pub file: Option<String>,
    /// The name it gets; else its path, joined.
    pub target: Option<String>,
    /// Who may read its file.
    pub access: Access,
    /// The variable that tells the app where its file is.
    pub env_file: Option<String>,
}

/// A text that is no `--secret`. It names the word.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum SecretError {
    /// Nothing says which value.
    #[error("`source=` is missing: it names the value")]
    NoSource,
    /// A word that is none.
    #[error("`{0}` is not known; there are source, file, target, mode, uid, gid and env-file")]
    Unknown(String),
    /// The same word twice.
    #[error("`{0}` is there twice")]
    Twice(&'static str),
    /// A word without a value.
    #[error("`{0}` has no value")]
    Empty(&'static str),
    /// A value that is no path.
    #[error("`source={text}` is not a path: {cause}")]
    Path {
        /// The value.
        text: String,
        /// Why.
        cause: crate::doc::path::PathError,
    },
    /// A value that is no mode.
    #[error("`mode={0}` is no mode: three octal digits, such as 0400")]
    Mode(String),
    /// A value that is no number of a user or group.
    #[error("`{word}={text}` is no number of a {what}")]
    Number {
        /// The word.
        word: &'static str,
        /// The value.
        text: String,
        /// User or group.
        what: &'static str,
    },
    /// A value that is no name of a variable.
    #[error("`env-file={0}` is no name of a variable")]
    Variable(String),
    /// Quotes that do not fit.
    #[error("a quote is never closed, or stands inside a word; quote whole words: \"source=[\"\"a,b\"\"]\"")]
    Quote,
}

impl FromStr for SecretSpec {
    type Err = SecretError;

    /// Reads `source=db.password,target=pw,mode=0400`, or the path alone. A word with a comma or a quote
    /// stands in double quotes, with its own ones doubled.
    fn from_str(text: &str) -> Result<Self, SecretError> {
        let mut values: [(&'static str, Option<String>); 7] = [
            ("source", None),
            ("file", None),
            ("target", None),
            ("mode", None),
            ("uid", None),
            ("gid", None),
            ("env-file", None),
        ];
        for (at, field) in fields(text)?.into_iter().enumerate() {
            let (word, value) = match field.split_once('=') {
                Some((word, value)) => (word, value),
                None if at == 0 && !field.is_empty() => ("source", &*field),
                None => return Err(SecretError::Unknown(field)),
            };
            let word = if word == "src" { "source" } else { word };
            let Some((word, slot)) = values.iter_mut().find(|(name, _)| *name == word) else {
                return Err(SecretError::Unknown(word.to_owned()));
            };
            if value.is_empty() {
                return Err(SecretError::Empty(word));
            }
            if slot.replace(value.to_owned()).is_some() {
                return Err(SecretError::Twice(word));
            }
        }
        let [source, file, target, mode, uid, gid, env_file] = values.map(|(_, value)| value);
        let source = source.ok_or(SecretError::NoSource)?;
        let source = KeyPath::parse(&source).map_err(|cause| SecretError::Path { text: source, cause })?;
        let access = Access {
            mode: mode.map(self::mode).transpose()?,
            uid: uid.map(|text| number("uid", "user", text)).transpose()?,
            gid: gid.map(|text| number("gid", "group", text)).transpose()?,
        };
        let env_file = env_file.map(variable).transpose()?;
        Ok(Self { source, file, target, access, env_file })
    }
}

/// The fields of a line of CSV.
fn fields(text: &str) -> Result<Vec<String>, SecretError> {
    let mut fields = Vec::new();
    let mut rest = text;
    loop {
        let mut field = String::new();
        if let Some(mut quoted) = rest.strip_prefix('"') {
            loop {
                let end = quoted.find('"').ok_or(SecretError::Quote)?;
                field.push_str(&quoted[..end]);
                quoted = &quoted[end + 1..];
                match quoted.strip_prefix('"') {
                    Some(after) => {
                        field.push('"');
                        quoted = after;
                    }
                    None => break,
                }
            }
            rest = quoted;
        } else {
            let end = rest.find(',').unwrap_or(rest.len());
            field.push_str(&rest[..end]);
            rest = &rest[end..];
            if field.contains('"') {
                return Err(SecretError::Quote);
            }
        }
        fields.push(field);
        match rest.strip_prefix(',') {
            Some(after) => rest = after,
            None if rest.is_empty() => return Ok(fields),
            None => return Err(SecretError::Quote),
        }
    }
}

fn mode(text: String) -> Result<u32, SecretError> {
    let digits = text.strip_prefix("0o").unwrap_or(&text);
    let octal = !digits.is_empty() && digits.len() <= 4 && digits.bytes().all(|b| (b'0'..=b'7').contains(&b));
    match u32::from_str_radix(digits, 8) {
        Ok(mode) if octal && mode <= 0o777 => Ok(mode),
        _ => Err(SecretError::Mode(text)),
    }
}

/// A number below 2^32 - 1, which would mean "as it is" to the system.
fn number(word: &'static str, what: &'static str, text: String) -> Result<u32, SecretError> {
    let plain = text.bytes().all(|byte| byte.is_ascii_digit());
    match text.parse() {
        Ok(number) if plain && number != u32::MAX => Ok(number),
        _ => Err(SecretError::Number { word, text, what }),
    }
}

fn variable(text: String) -> Result<String, SecretError> {
    let fits = text
        .bytes()
        .enumerate()
        .all(|(at, byte)| byte.is_ascii_alphabetic() || byte == b'_' || (at > 0 && byte.is_ascii_digit()));
    if fits { Ok(text) } else { Err(SecretError::Variable(text)) }
}
