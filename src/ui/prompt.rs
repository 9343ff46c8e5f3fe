//! Questions on the terminal.

use super::passphrase;
use super::style::escaped;
use crate::io::reason;
use crate::keys::{Ask, AskError};
use rustix::event::{PollFd, PollFlags, poll};
use rustix::stdio::{stderr, stdin, stdout};
use rustix::termios::{QueueSelector, tcflush, ttyname};
use std::ffi::OsString;
use std::fs::{File, OpenOptions};
use std::io::{self, BufRead, BufReader, ErrorKind, Read, Write};
use std::os::fd::AsFd;
use std::os::unix::ffi::OsStringExt;
use std::path::PathBuf;
use zeroize::Zeroizing;

const TERMINAL: &str = "/dev/tty";
/// The longest answer, in bytes.
const MAX_ANSWER: u64 = 4096;
/// How often a question is put before silence or nonsense counts as a refusal.
const TRIES: usize = 3;

/// The person at the controlling terminal. Never standard input.
#[derive(Debug, Clone, Copy, Default)]
pub struct Terminal;

impl Ask for Terminal {
    fn passphrase(&self, prompt: &str) -> Result<Zeroizing<String>, AskError> {
        let Ok(terminal) = OpenOptions::new().read(true).write(true).open(TERMINAL) else {
            return Err(AskError::NoTerminal);
        };
        passphrase::ask(&terminal, &escaped(prompt)).map_err(|error| failed(&error))
    }

    fn text(&self, prompt: &str) -> Result<String, AskError> {
        let (input, output) = open()?;
        text(input, output, prompt)
    }

    fn confirm(&self, message: &str, yes: &str, no: Option<&str>) -> Result<bool, AskError> {
        let (input, output) = open()?;
        confirm(input, output, message, yes, no)
    }

    fn message(&self, message: &str) {
        if let Ok((_, mut output)) = open() {
            // Nobody is left to hear that it failed.
            let _ = output.write_all(format!("{}\n", escaped(message)).as_bytes());
        }
    }
}

impl Terminal {
    /// Whether there is anybody to ask.
    #[must_use]
    pub fn is_there(self) -> bool {
        open().is_ok()
    }

    /// Its name, for a program whose helpers are to ask on it, if a standard stream is connected to it.
    #[must_use]
    pub fn name(self) -> Option<PathBuf> {
        let names =
            [ttyname(stdin(), Vec::new()), ttyname(stderr(), Vec::new()), ttyname(stdout(), Vec::new())];
        let name = names.into_iter().find_map(Result::ok)?;
        Some(PathBuf::from(OsString::from_vec(name.into_bytes())))
    }

    /// Waits for Enter. `false` if the person ends the input instead, or `interrupted` becomes readable.
    ///
    /// # Errors
    /// There is no terminal, or it fails.
    pub fn enter(self, prompt: &str, interrupted: impl AsFd) -> Result<bool, AskError> {
        let (mut input, mut output) = open()?;
        let terminal = input.get_ref().try_clone().map_err(|error| failed(&error))?;
        // What was typed before the question is no answer.
        let _ = tcflush(&terminal, QueueSelector::IFlush);
        write!(output, "{} ", escaped(prompt)).map_err(|error| failed(&error))?;
        loop {
            let mut fds = [PollFd::new(&terminal, PollFlags::IN), PollFd::new(&interrupted, PollFlags::IN)];
            match poll(&mut fds, None) {
                Ok(_) => {}
                Err(rustix::io::Errno::INTR) => continue,
                Err(error) => return Err(failed(&error.into())),
            }
            if fds[1].revents().is_empty() {
                return Ok(answer(&mut input).is_ok());
            }
            // After the `^C` that the terminal shows.
            let _ = output.write_all(b"\n");
            return Ok(false);
        }
    }
}

/// Asks for a new passphrase twice, until both answers are the same and not empty.
///
/// # Errors
/// There is no answer, or the answers differ too often.
pub fn new_passphrase(person: &dyn Ask, prompt: &str) -> Result<Zeroizing<String>, AskError> {
    for _ in 0..TRIES {
        let first = person.passphrase(prompt)?;
        if first.is_empty() {
            return Err(AskError::Cancelled);
        }
        let second = person.passphrase("Again, to be sure")?;
        if *first == *second {
            return Ok(first);
        }
        person.message("The two passphrases differ.");
    }
    Err(AskError::Cancelled)
}

fn open() -> Result<(BufReader<File>, File), AskError> {
    let terminal = |write: bool| OpenOptions::new().read(!write).write(write).open(TERMINAL);
    match (terminal(false), terminal(true)) {
        (Ok(input), Ok(output)) => Ok((BufReader::new(input), output)),
        // No controlling terminal, no device, no permission: nobody to ask in any case.
        _ => Err(AskError::NoTerminal),
    }
}

fn failed(error: &io::Error) -> AskError {
    match error.kind() {
        ErrorKind::Interrupted | ErrorKind::UnexpectedEof => AskError::Cancelled,
        _ => AskError::Failed(reason(error)),
    }
}

fn text(mut input: impl BufRead, mut output: impl Write, prompt: &str) -> Result<String, AskError> {
    let put = |output: &mut dyn Write| {
        output.write_all(format!("{}: ", escaped(prompt)).as_bytes()).and_then(|()| output.flush())
    };
    put(&mut output).map_err(|error| failed(&error))?;
    answer(&mut input)
}

/// One line, without its end.
fn answer(input: &mut impl BufRead) -> Result<String, AskError> {
    let mut line = String::new();
    let read = input.take(MAX_ANSWER).read_line(&mut line).map_err(|error| failed(&error))?;
    match read {
        0 => Err(AskError::Cancelled),
        _ if !line.ends_with('\n') && read as u64 == MAX_ANSWER => {
            Err(AskError::Failed("the answer is too long".to_owned()))
        }
        _ => Ok(line.trim_end_matches(['\r', '\n']).to_owned()),
    }
}

fn confirm(
    mut input: impl BufRead,
    mut output: impl Write,
    message: &str,
    yes: &str,
    no: Option<&str>,
) -> Result<bool, AskError> {
    let choice = match no {
        Some(no) => format!("{message} [{yes}/{no}]"),
        None => format!("{message} [{yes}]"),
    };
    for _ in 0..TRIES {
        let given = text(&mut input, &mut output, &choice)?;
        if means(&given, yes, no) {
            return Ok(true);
        }
        if no.is_some_and(|no| means(&given, no, Some(yes))) {
            return Ok(false);
        }
    }
    Err(AskError::Cancelled)
}

/// Whether an answer is `word` or a beginning of it that is none of `other`.
fn means(answer: &str, word: &str, other: Option<&str>) -> bool {
    let answer = answer.trim().to_lowercase();
    let begins = |word: &str| word.to_lowercase().starts_with(&answer);
    !answer.is_empty() && begins(word) && (word.to_lowercase() == answer || !other.is_some_and(begins))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Mutex;

    /// Gives prepared answers.
    struct Prepared(Mutex<Vec<&'static str>>);

    impl Prepared {
        fn new(answers: &[&'static str]) -> Self {
            Self(Mutex::new(answers.iter().rev().copied().collect()))
        }
    }

    impl Ask for Prepared {
        fn passphrase(&self, _: &str) -> Result<Zeroizing<String>, AskError> {
            let next = self.0.lock().unwrap().pop();
            next.map(|answer| Zeroizing::new(answer.to_owned())).ok_or(AskError::Cancelled)
        }
        fn text(&self, _: &str) -> Result<String, AskError> {
            Err(AskError::NoTerminal)
        }
        fn confirm(&self, _: &str, _: &str, _: Option<&str>) -> Result<bool, AskError> {
            Err(AskError::NoTerminal)
        }
        fn message(&self, _: &str) {}
    }

    #[test]
    fn a_new_passphrase_is_typed_twice() {
        let ask = |answers: &[&'static str]| {
            new_passphrase(&Prepared::new(answers), "New passphrase").map(|text| text.to_string())
        };
        assert_eq!(ask(&["a", "a"]), Ok("a".into()));
        assert_eq!(ask(&["a", "b", "c", "c"]), Ok("c".into()));
        assert_eq!(ask(&["a", "b", "a", "b", "a", "b", "c", "c"]), Err(AskError::Cancelled));
        assert_eq!(ask(&["", ""]), Err(AskError::Cancelled));
        assert_eq!(ask(&["a"]), Err(AskError::Cancelled));
    }

    #[test]
    fn an_answer_is_a_line() {
        let ask = |input: &str| {
            let mut output = Vec::new();
            let answer = text(input.as_bytes(), &mut output, "Name\x1b");
            assert_eq!(output, b"Name\\u{1b}: ");
            answer
        };
        assert_eq!(ask("prod\r\nmore"), Ok("prod".into()));
        assert_eq!(ask("prod"), Ok("prod".into()));
        assert_eq!(ask(""), Err(AskError::Cancelled));
        assert_eq!(ask(&"x".repeat(5000)), Err(AskError::Failed("the answer is too long".into())));
    }

    #[test]
    fn yes_and_no_are_words_or_their_beginnings() {
        let ask = |input: &str, yes: &str, no| confirm(input.as_bytes(), Vec::new(), "Go on?", yes, no);
        for (input, wanted) in [
            ("yes\n", Ok(true)),
            (" Y \n", Ok(true)),
            ("no\n", Ok(false)),
            ("\nmaybe\nn\n", Ok(false)),
            ("\n\n\ny\n", Err(AskError::Cancelled)),
            ("", Err(AskError::Cancelled)),
        ] {
            assert_eq!(ask(input, "yes", Some("no")), wanted, "{input:?}");
        }
        assert_eq!(ask("s\nsk\n", "skip", Some("stop")), Ok(true));
        assert_eq!(ask("o\n", "ok", None), Ok(true));
    }
}
