//! Runs of `gpg`.

use super::error::{GpgCause, GpgError};
use super::report::{Report, Validity};
use crate::keys::KeyError;
use crate::keys::program::{self, ProgramError, Ran};
use crate::keys::read::in_words;
use std::io;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Duration;
use zeroize::Zeroizing;

/// Machine-readable lines go where the words go, each with its mark: what gpg says is translated, they are
/// not.
const ALWAYS: [&str; 3] = ["--batch", "--status-fd", "2"];

/// No question by the agent, and no key from a server, whatever the user's configuration says.
const UNATTENDED: [&str; 4] = ["--pinentry-mode", "error", "--no-auto-key-retrieve", "--disable-dirmngr"];

/// How `gpg` is run.
pub struct GpgSettings {
    /// The program.
    pub program: PathBuf,
    /// Whether there is a terminal where it may ask.
    pub has_terminal: bool,
    /// The name of that terminal, where the variable `GPG_TTY` is to be set to it.
    pub terminal: Option<PathBuf>,
    /// Variables that it is not to see.
    pub hidden: &'static [&'static str],
    /// Whether nobody is there who could answer: then it neither asks nor looks for keys elsewhere.
    pub unattended: bool,
    /// How long it may take.
    pub longest: Option<Duration>,
}

/// The user's `gpg`.
pub(super) struct Gpg(GpgSettings);

impl Gpg {
    pub(super) fn new(settings: GpgSettings) -> Self {
        Self(settings)
    }

    /// The armored message of `secret` for `recipient`, which is a fingerprint.
    pub(super) fn encrypt(&self, recipient: &str, secret: &[u8]) -> Result<Zeroizing<Vec<u8>>, KeyError> {
        let arguments = [
            // The recipient alone, whatever the user's configuration adds; armored.
            "--no-default-recipient",
            "--yes",
            "--encrypt",
            "-a",
            "-r",
            recipient,
            "--no-encrypt-to",
            // The fingerprint is what is trusted. So gpg neither reads nor writes its trust database.
            "--trust-model",
            "always",
        ];
        let ran = self.run(&arguments, secret)?;
        if ran.status.success() {
            return Ok(ran.output);
        }
        let report = Report::read(&ran.words);
        let cause = match report.encrypting() {
            GpgCause::Unusable(_) => GpgCause::Unusable(self.validity(recipient)),
            cause => cause,
        };
        Err(GpgError::new(cause, &report.words).about(recipient).into())
    }

    /// The content of an armored message.
    pub(super) fn decrypt(&self, message: &str) -> Result<Zeroizing<Vec<u8>>, KeyError> {
        let ran = self.run(&["-d"], message.as_bytes())?;
        let report = Report::read(&ran.words);
        if !ran.status.success() {
            return Err(report.decrypting(self.0.has_terminal));
        }
        // gpg prints what is not encrypted, too.
        if report.is_clear() {
            return Err(KeyError::Malformed("its PGP message is not encrypted".to_owned()));
        }
        Ok(ran.output)
    }

    /// Why a key that is there cannot be encrypted to.
    fn validity(&self, recipient: &str) -> Validity {
        let name = recipient.trim_end_matches('!');
        let arguments = ["--trust-model", "always", "--with-colons", "--list-keys", name];
        let listed = self.run(&arguments, b"").map(|ran| ran.output).unwrap_or_default();
        Validity::read(&listed)
    }

    fn run(&self, arguments: &[&str], input: &[u8]) -> Result<Ran, KeyError> {
        let mut command = Command::new(&self.0.program);
        command.args(ALWAYS).args(arguments).stderr(Stdio::piped());
        if !self.0.has_terminal {
            command.arg("--no-tty");
        }
        if self.0.unattended {
            command.args(UNATTENDED);
        }
        if let Some(terminal) = &self.0.terminal {
            command.env("GPG_TTY", terminal);
        }
        for name in self.0.hidden {
            command.env_remove(name);
        }
        program::run(&mut command, Some(input), self.0.longest).map_err(|error| match error {
            ProgramError::Start(error) if error.kind() == io::ErrorKind::NotFound => {
                GpgError::new(GpgCause::Missing, "").about(&self.0.program.display().to_string()).into()
            }
            ProgramError::Start(error) => KeyError::System(format!(
                "`{}` cannot be run: {}",
                self.0.program.display(),
                in_words(&error)
            )),
            ProgramError::TimedOut(after) => KeyError::TimedOut { service: "gpg".to_owned(), after },
            ProgramError::Output(error) => {
                KeyError::System(format!("what gpg prints cannot be read: {}", in_words(&error)))
            }
        })
    }
}
