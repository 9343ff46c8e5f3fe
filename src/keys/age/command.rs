//! Commands that print identities, run without a shell.

use crate::keys::Tried;
use crate::keys::program::{self, ProgramError};
use crate::keys::read::in_words;
use crate::words;
use std::process::Command;
use std::time::Duration;
use zeroize::Zeroizing;

/// Variables that hold key material; a command gets none of them.
const SECRET_VARIABLES: [&str; 1] = ["SOPS_AGE_KEY"];

/// Why a command gave nothing.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum CommandError {
    /// It took longer than this.
    TimedOut(Duration),
    /// Anything else, in words.
    Failed(String),
}

impl CommandError {
    /// For the report, at `place`.
    pub(super) fn tried(self, place: &str) -> Tried {
        match self {
            CommandError::Failed(reason) => Tried::new(place, reason),
            CommandError::TimedOut(longest) => {
                let outcome = format!("the command gave no answer in {} s", longest.as_secs_f32());
                Tried { timed_out: true, ..Tried::new(place, outcome) }
            }
        }
    }
}

/// Runs `line` and gives what it prints. Its standard error goes to ours, its input is empty. It is killed
/// if it takes longer than `longest`.
pub(super) fn run(
    line: &str,
    recipient: Option<&str>,
    longest: Option<Duration>,
) -> Result<Zeroizing<Vec<u8>>, CommandError> {
    let failed = |reason: String| CommandError::Failed(reason);
    let words = words::split(line).map_err(|reason| failed(reason.to_string()))?;
    let (program, arguments) =
        words.split_first().ok_or_else(|| failed("the command is empty".to_owned()))?;
    let mut command = Command::new(program);
    command.args(arguments);
    SECRET_VARIABLES.iter().for_each(|name| {
        command.env_remove(name);
    });
    if let Some(recipient) = recipient {
        command.env("SOPS_AGE_RECIPIENT", recipient);
    }
    match program::run(&mut command, None, longest) {
        Ok(ran) => match ran.status.code() {
            Some(0) => Ok(ran.output),
            Some(code) => Err(failed(format!("the command failed with exit code {code}"))),
            None => Err(failed("the command was killed by a signal".to_owned())),
        },
        Err(ProgramError::Start(error)) => {
            Err(failed(format!("the program cannot be run: {}", in_words(&error))))
        }
        Err(ProgramError::TimedOut(longest)) => Err(CommandError::TimedOut(longest)),
        Err(ProgramError::Output(error)) => {
            Err(failed(format!("its output cannot be read: {}", in_words(&error))))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{CommandError, run};
    use std::time::{Duration, Instant};

    #[test]
    fn a_command_sees_the_recipient_and_gives_its_output() {
        let output = run(r#"sh -c 'printf "%s" "$SOPS_AGE_RECIPIENT"'"#, Some("age1x"), None).unwrap();
        assert_eq!(output.as_slice(), b"age1x");
    }

    #[test]
    fn failures_are_told() {
        let reason = |line| run(line, None, None).unwrap_err().tried("").outcome;
        assert_eq!(reason(""), "the command is empty");
        assert_eq!(reason("false"), "the command failed with exit code 1");
        assert!(reason("no-such-program-here").contains("does not exist"));
        assert!(reason("yes").contains("larger than 16 MiB"));
    }

    #[test]
    fn a_slow_command_is_ended() {
        let since = Instant::now();
        let longest = Duration::from_millis(200);
        for line in ["sleep 60", "sh -c 'exec >&-; sleep 60'", "sh -c 'echo; sleep 60'"] {
            let error = run(line, None, Some(longest)).unwrap_err();
            assert_eq!(error, CommandError::TimedOut(longest), "{line}");
        }
        assert!(since.elapsed() < Duration::from_secs(30));
        assert!(run("echo x", None, Some(Duration::from_secs(60))).is_ok());
    }
}
