//! Errors of the layers below, in words for people.

use crate::doc::{self, ErrorKind, FormatName, Position};
use crate::error::{Code, Failure, Place};
use crate::keys::{KeyError, KeyKind, RecoverError, WrapError};
use crate::policy::Config;
use crate::sops::encrypt::EncryptError;
use crate::sops::{DecryptError, LoadError, RekeyError};
use crate::sops::{MetadataError, SelectorKind};
use crate::ui::shell_word;

/// What standard input is called in messages.
pub const STDIN: &str = "<stdin>";

/// A file as messages name it, with its text to count lines in.
#[derive(Clone, Copy)]
pub struct Subject<'a> {
    /// Its name as the user gave it, `<stdin>` for standard input.
    pub name: &'a str,
    /// Its text.
    pub source: &'a [u8],
    /// The format it was read as.
    pub format: FormatName,
}

impl Subject<'_> {
    /// The place of byte `at`.
    #[must_use]
    pub fn place(&self, at: usize) -> Place {
        let Position { line, column } = Position::of(self.source, at);
        Place { file: self.name.to_owned(), line, column }
    }

    /// A hint with a command on this file; `None` for standard input, which is gone.
    #[must_use]
    pub fn command(&self, why: &str, command: &str) -> Option<String> {
        (self.name != STDIN).then(|| format!("{why}: {command} {}", shell_word(self.name)))
    }

    /// How an earlier version of this file can be looked at.
    fn history(&self) -> Option<String> {
        self.command("compare with the last good version", "git log -p --")
    }
}

/// A plain text that cannot be encrypted.
#[must_use]
pub fn encrypt(subject: Subject<'_>, error: &EncryptError) -> Failure {
    let name = subject.name;
    match error {
        EncryptError::Document(error) => plain_document(subject, error),
        EncryptError::AlreadyEncrypted { at } => Failure::new(
            Code::AlreadyEncrypted,
            format!("`{name}` is encrypted already; it is unchanged"),
        )
        .cause("it has a top-level entry that belongs to SOPS metadata (`sops`, or `sops_…` in ENV files)")
        .at(subject.place(*at))
        .hints(subject.command("to see its content", "seal decrypt")),
        EncryptError::NothingSelected { values } => {
            Failure::new(Code::NothingSelected, format!("nothing in `{name}` would be encrypted"))
                .cause(format!("the selection picks none of its {values} values"))
                .hint("check `encrypted_regex` and its like in .sops.yaml or on the command line")
                .hint("if that is wanted: --allow-nothing")
        }
        EncryptError::AliasReveals { at, .. } => {
            Failure::new(Code::CannotEncrypt, format!("cannot encrypt `{name}`"))
                .cause(error.to_string())
                .at(subject.place(*at))
                .hint("write the value out instead of the alias, or select both places or neither")
        }
        EncryptError::CommentMistaken { at } => {
            Failure::new(Code::CannotEncrypt, format!("cannot encrypt `{name}`"))
                .cause(error.to_string())
                .at(subject.place(*at))
                .hint(format!("anchor the pattern of `{}`", SelectorKind::UnencryptedCommentRegex.field()))
        }
        EncryptError::CommentMoves { at } => {
            Failure::new(Code::CannotEncrypt, format!("cannot encrypt `{name}`; nothing was written"))
                .cause(error.to_string())
                .at(subject.place(*at))
                .hint("move the comment to a line above a key, away from `...` and the end of the file")
        }
        EncryptError::SelfCheck { at, .. } => {
            Failure::new(Code::CannotEncrypt, format!("cannot encrypt `{name}`; nothing was written"))
                .cause(error.to_string())
                .at(subject.place(*at))
        }
        EncryptError::Seal(error) => {
            Failure::new(Code::CannotEncrypt, format!("cannot encrypt `{name}`")).cause(error.to_string())
        }
    }
}

/// A file that does not get other keys.
#[must_use]
pub fn rekey(subject: Subject<'_>, error: &RekeyError) -> Failure {
    Failure::new(Code::Generic, format!("cannot change the keys of `{}`; it is unchanged", subject.name))
        .cause(error.to_string())
}

/// A plain text that does not parse.
#[must_use]
pub fn plain_document(subject: Subject<'_>, error: &doc::Error) -> Failure {
    let code = match error.kind {
        ErrorKind::NonStringKey(_) | ErrorKind::IntegerRange => Code::CannotEncrypt,
        ErrorKind::NoDocument => Code::NoDocument,
        ErrorKind::Inexpressible(_) => Code::CannotExpress,
        _ => Code::CannotReadInput,
    };
    let headline = match &error.kind {
        ErrorKind::Syntax(_) => format!("`{}` is not valid {}", subject.name, format_name(subject.format)),
        _ => format!("cannot encrypt `{}`", subject.name),
    };
    document(subject, code, headline, error)
}

/// A content that the output format has no place for.
#[must_use]
pub fn convert(subject: Subject<'_>, to: FormatName, error: &doc::Error) -> Failure {
    let headline = format!("cannot write the content of `{}` as {}", subject.name, format_name(to));
    // The place is one in a text that was never written.
    Failure::new(Code::CannotExpress, headline)
        .cause(error.to_string())
        .hint("try --output-type yaml or json")
}

/// An encrypted file that cannot be looked at.
#[must_use]
pub fn load(subject: Subject<'_>, error: &LoadError) -> Failure {
    let name = subject.name;
    match error {
        LoadError::Document(error) => {
            let code = match error.kind {
                ErrorKind::NonStringKey(_) | ErrorKind::IntegerRange => Code::CannotDecrypt,
                _ => Code::Generic,
            };
            let headline = match subject.format {
                FormatName::Binary => format!("`{name}` is not encrypted, or damaged"),
                format => format!("`{name}` is not valid {}", format_name(format)),
            };
            let failure = document(subject, code, headline, error);
            if subject.format == FormatName::Binary {
                let hint = if name == STDIN {
                    "standard input is taken for a binary file unless --input-type (yaml, json, dotenv, ini, toml) says otherwise"
                } else {
                    "the name tells no format: if it is not a binary file, add --input-type yaml, json, dotenv, ini or toml"
                };
                return failure.hint(hint);
            }
            failure
        }
        LoadError::NotEncrypted => Failure::new(Code::NotEncrypted, format!("`{name}` is not encrypted"))
            .cause("SOPS metadata not found")
            .hints(subject.command("to encrypt it", "seal encrypt -i")),
        LoadError::Metadata(error) => {
            let failure = Failure::new(Code::Generic, format!("cannot use the SOPS metadata of `{name}`"))
                .cause(error.to_string());
            match error {
                MetadataError::BadVersion | MetadataError::BadDate(_) | MetadataError::NoKeys => {
                    failure.hint("the file may be cut off").hints(subject.history())
                }
                _ => failure,
            }
        }
        LoadError::Selector { .. } => {
            Failure::new(Code::Generic, format!("cannot use the SOPS metadata of `{name}`"))
                .cause(error.to_string())
        }
    }
}

/// An encrypted file that does not decrypt.
#[must_use]
pub fn decrypt(subject: Subject<'_>, error: &DecryptError) -> Failure {
    let name = subject.name;
    match error {
        DecryptError::NotCiphertext { at, .. }
        | DecryptError::Value { at, .. }
        | DecryptError::Type { at, .. } => {
            Failure::new(Code::CannotDecrypt, format!("cannot decrypt `{name}`; no plaintext was released"))
                .named("E_ALTERED")
                .cause(error.to_string())
                .at(subject.place(*at))
                .hints(subject.history())
        }
        DecryptError::Document(error) => {
            document(subject, Code::Generic, format!("cannot decrypt `{name}`"), error)
        }
        DecryptError::DataKey(cause) => {
            Failure::new(Code::CannotDecrypt, format!("cannot decrypt `{name}`")).cause(cause.to_string())
        }
        DecryptError::Mac(problem) => Failure::new(
            Code::MacMismatch,
            format!("`{name}` fails its MAC check; no plaintext was released"),
        )
        .named("E_ALTERED")
        .cause(problem.to_string())
        .hints(subject.history()),
        DecryptError::Record(problem) => Failure::new(
            Code::MacMismatch,
            format!("`{name}` fails the check of its strict record; no plaintext was released"),
        )
        .named("E_ALTERED")
        .cause(problem.to_string())
        .hints(subject.history())
        .hints(subject.command(
            "if the change is yours, see the content and encrypt it anew",
            "seal decrypt --ignore-mac",
        )),
        DecryptError::Inexpressible { .. } => {
            Failure::new(Code::CannotExpress, format!("cannot write the content of `{name}`"))
                .cause(error.to_string())
                .hint("another --output-type may hold it")
        }
    }
}

/// The data key stays closed.
#[must_use]
pub fn recover(subject: Subject<'_>, error: &RecoverError, config: Option<&Config>) -> Failure {
    let headline = format!("cannot recover the data key of `{}`", subject.name);
    let name = if error.timed_out() {
        "E_TIMEOUT"
    } else if error.has_identities() {
        "E_WRONG_KEY"
    } else {
        "E_NO_KEY"
    };
    let mut failure = Failure::new(Code::CannotRecoverKey, headline).named(name);
    failure.causes = error.lines(|key| match config.and_then(|config| config.name_of(key)) {
        Some(name) => format!("{name} ({})", key.short_recipient()),
        None => key.short_recipient(),
    });
    let others = hints(error.attempts().map(|attempt| &attempt.error));
    let kinds: Vec<KeyKind> = error.attempts().map(|attempt| attempt.key.kind).collect();
    if error.has_no_service() {
        failure = failure.hint(
            "name a key service with --keyservice, or use the keys of this process: --enable-local-keyservice",
        );
    } else if kinds.is_empty() || kinds.contains(&KeyKind::Age) {
        failure = failure.hint("name an identity file with --identity or SOPS_AGE_KEY_FILE");
    }
    failure.hints.extend(others);
    failure.hints.truncate(2);
    failure
}

/// What these errors say to do, each once.
fn hints<'e>(errors: impl Iterator<Item = &'e KeyError>) -> Vec<String> {
    let mut hints: Vec<String> = Vec::new();
    for hint in errors.flat_map(KeyError::parts).filter_map(KeyError::hint) {
        if !hints.contains(&hint) {
            hints.push(hint);
        }
    }
    hints
}

/// The data key cannot be wrapped.
#[must_use]
pub fn wrap(name: &str, error: &WrapError) -> Failure {
    let mut failure = Failure::new(
        Code::Generic,
        format!("cannot encrypt `{name}` to its recipients; nothing was written"),
    )
    .cause(error.to_string());
    if let WrapError::Keys(failures) = error {
        failure.causes.extend(failures.iter().map(ToString::to_string));
        failure.hints = hints(failures.iter().map(|failure| &failure.error));
        failure.hints.truncate(2);
        if failures.iter().any(|failure| matches!(failure.error, KeyError::NotSupported(_))) {
            failure = failure
                .hint("name recipients of age or PGP instead, or do this with sops: seal opens the file with any other key");
        }
    }
    failure
}

fn document(subject: Subject<'_>, code: Code, headline: String, error: &doc::Error) -> Failure {
    Failure::new(code, headline).cause(error.to_string()).at(subject.place(error.at))
}

/// A format as people write it.
#[must_use]
pub fn format_name(format: FormatName) -> &'static str {
    match format {
        FormatName::Yaml => "YAML",
        FormatName::Json => "JSON",
        FormatName::Dotenv => "ENV",
        FormatName::Ini => "INI",
        FormatName::Toml => "TOML",
        FormatName::Binary => "binary",
    }
}
