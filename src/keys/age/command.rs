//! Commands that print identities, run without a shell.

use super::read;
use crate::keys::Tried;
use crate::words;
use rustix::event::{PollFd, PollFlags, poll};
use rustix::fs::Timespec;
use std::io::{self, Read};
use std::os::fd::AsFd;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
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
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::piped());
    SECRET_VARIABLES.iter().for_each(|name| {
        command.env_remove(name);
    });
    if let Some(recipient) = recipient {
        command.env("SOPS_AGE_RECIPIENT", recipient);
    }
    let mut child = command
        .spawn()
        .map_err(|error| failed(format!("the program cannot be run: {}", read::in_words(&error))))?;
    let deadline = longest.map(|longest| Instant::now() + longest);
    let output = child.stdout.take().map_or_else(
        || Ok(Zeroizing::default()),
        |pipe| match deadline {
            Some(deadline) => read::all(Timely { pipe, deadline }, 0),
            None => read::all(pipe, 0),
        },
    );
    if output.is_err() {
        // It may go on printing for ever.
        let _ = child.kill();
    }
    let too_slow = || longest.map_or_else(|| failed(String::new()), CommandError::TimedOut);
    match output {
        Ok(output) => match end(&mut child, deadline).map_err(|error| failed(error.to_string()))? {
            None => Err(too_slow()),
            Some(status) => match status.code() {
                Some(0) => Ok(output),
                Some(code) => Err(failed(format!("the command failed with exit code {code}"))),
                None => Err(failed("the command was killed by a signal".to_owned())),
            },
        },
        Err(error) => {
            let _ = child.wait();
            Err(match error.kind() {
                io::ErrorKind::TimedOut => too_slow(),
                _ => failed(format!("its output cannot be read: {}", read::in_words(&error))),
            })
        }
    }
}

/// Waits for the end of a child that has closed its output; past the deadline it is killed.
fn end(child: &mut Child, deadline: Option<Instant>) -> io::Result<Option<std::process::ExitStatus>> {
    let Some(deadline) = deadline else { return child.wait().map(Some) };
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status));
        }
        if Instant::now() >= deadline {
            child.kill()?;
            child.wait()?;
            return Ok(None);
        }
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// A pipe that is read until a moment.
struct Timely<P> {
    pipe: P,
    deadline: Instant,
}

impl<P: Read + AsFd> Read for Timely<P> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let left = self.deadline.saturating_duration_since(Instant::now());
        let left = Timespec::try_from(left).map_err(io::Error::other)?;
        match poll(&mut [PollFd::new(&self.pipe, PollFlags::IN)], Some(&left)) {
            Ok(0) => Err(io::ErrorKind::TimedOut.into()),
            Ok(_) => self.pipe.read(buffer),
            Err(error) => Err(error.into()),
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
