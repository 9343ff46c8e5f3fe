//! Programs that keys need: run without a shell, with what they are given and print in pipes, and for no
//! longer than they may.

use super::read;
use rustix::event::{PollFd, PollFlags, poll};
use rustix::fs::Timespec;
use std::io::{self, Read, Write};
use std::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};
use zeroize::Zeroizing;

/// The most that is kept of what a program says on standard error, in bytes.
const MAX_WORDS: usize = 16 << 10;
/// What a pipe that is ready takes without waiting, in bytes: POSIX promises as much.
const PORTION: usize = 512;

/// What became of a program.
pub(super) struct Ran {
    /// How it ended.
    pub(super) status: ExitStatus,
    /// What it printed.
    pub(super) output: Zeroizing<Vec<u8>>,
    /// The beginning of what it said on standard error, where that is a pipe.
    pub(super) words: Vec<u8>,
}

/// Why nothing became of it.
#[derive(Debug)]
pub(super) enum ProgramError {
    /// It cannot be started.
    Start(io::Error),
    /// It took longer than this.
    TimedOut(Duration),
    /// What it prints cannot be read, or is too much.
    Output(io::Error),
}

/// Runs `command` to its end, with `input` on its standard input. It is killed if it takes longer than
/// `longest`.
pub(super) fn run(
    command: &mut Command,
    input: Option<&[u8]>,
    longest: Option<Duration>,
) -> Result<Ran, ProgramError> {
    command.stdin(if input.is_some() { Stdio::piped() } else { Stdio::null() }).stdout(Stdio::piped());
    let mut child = command.spawn().map_err(ProgramError::Start)?;
    let mut talk = Talk {
        given: input.unwrap_or_default(),
        input: child.stdin.take(),
        output: child.stdout.take(),
        errors: child.stderr.take(),
        words: Vec::new(),
        deadline: longest.map(|longest| Instant::now() + longest),
    };
    let printed = read::all(&mut talk, 0);
    let ended = printed.and_then(|output| {
        talk.hear_out()?;
        Ok((output, end(&mut child, talk.deadline)?))
    });
    match ended {
        Ok((output, status)) => Ok(Ran { status, output, words: talk.words }),
        Err(error) => {
            // It may go on for ever.
            let _ = child.kill();
            let _ = child.wait();
            Err(match (error.kind(), longest) {
                (io::ErrorKind::TimedOut, Some(longest)) => ProgramError::TimedOut(longest),
                _ => ProgramError::Output(error),
            })
        }
    }
}

/// Waits for the end of a child that has closed its pipes.
fn end(child: &mut Child, deadline: Option<Instant>) -> io::Result<ExitStatus> {
    let Some(deadline) = deadline else { return child.wait() };
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(status);
        }
        if Instant::now() >= deadline {
            return Err(io::ErrorKind::TimedOut.into());
        }
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// The pipes of a program, served together so that neither side waits for the other.
struct Talk<'g> {
    given: &'g [u8],
    input: Option<ChildStdin>,
    output: Option<ChildStdout>,
    errors: Option<ChildStderr>,
    words: Vec<u8>,
    deadline: Option<Instant>,
}

impl Talk<'_> {
    /// Waits until a pipe is ready, and serves input and errors. Whether the output can be read.
    fn serve(&mut self) -> io::Result<bool> {
        let left = self.deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
        let left = left.map(Timespec::try_from).transpose().map_err(io::Error::other)?;
        let mut fds = Vec::with_capacity(3);
        fds.extend(self.input.as_ref().map(|pipe| PollFd::new(pipe, PollFlags::OUT)));
        fds.extend(self.errors.as_ref().map(|pipe| PollFd::new(pipe, PollFlags::IN)));
        fds.extend(self.output.as_ref().map(|pipe| PollFd::new(pipe, PollFlags::IN)));
        match poll(&mut fds, left.as_ref()) {
            Ok(0) => return Err(io::ErrorKind::TimedOut.into()),
            Ok(_) => {}
            Err(rustix::io::Errno::INTR) => return Ok(false),
            Err(error) => return Err(error.into()),
        }
        let mut ready = fds.iter().map(|fd| !fd.revents().is_empty());
        let mut is_ready = |there: bool| there && ready.next().unwrap_or_default();
        let input = is_ready(self.input.is_some());
        let errors = is_ready(self.errors.is_some());
        let output = is_ready(self.output.is_some());
        drop(fds);
        if input {
            self.give();
        }
        if errors {
            self.hear();
        }
        Ok(output)
    }

    fn give(&mut self) {
        let Some(pipe) = &mut self.input else { return };
        match pipe.write(&self.given[..self.given.len().min(PORTION)]) {
            Ok(count) => self.given = &self.given[count..],
            // One that does not read says why itself.
            Err(error) if error.kind() != io::ErrorKind::Interrupted => self.given = &[],
            Err(_) => {}
        }
        if self.given.is_empty() {
            self.input = None;
        }
    }

    fn hear(&mut self) {
        let Some(pipe) = &mut self.errors else { return };
        let mut portion = [0; 4096];
        match pipe.read(&mut portion) {
            Ok(0) => self.errors = None,
            Ok(count) => {
                let room = MAX_WORDS - self.words.len();
                self.words.extend_from_slice(&portion[..count.min(room)]);
            }
            Err(error) if error.kind() != io::ErrorKind::Interrupted => self.errors = None,
            Err(_) => {}
        }
    }

    /// Listens until the program has nothing more to say.
    fn hear_out(&mut self) -> io::Result<()> {
        (self.input, self.output) = (None, None);
        while self.errors.is_some() {
            self.serve()?;
        }
        Ok(())
    }
}

impl Read for Talk<'_> {
    /// Reads the output.
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while !self.serve()? {}
        self.output.as_mut().map_or(Ok(0), |pipe| pipe.read(buffer))
    }
}

/// Foreign text without control characters and marks of direction, so that it cannot play with the terminal.
pub(super) fn printable(text: &str) -> String {
    let printed =
        text.trim().chars().filter(|c| !matches!(c, '\u{2066}'..='\u{2069}' | '\u{202a}'..='\u{202e}'));
    printed.map(|c| if c.is_control() { ' ' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sh(script: &str, input: &[u8], longest: Option<Duration>) -> Result<Ran, ProgramError> {
        let mut command = Command::new("/bin/sh");
        run(command.args(["-c", script]).stderr(Stdio::piped()), Some(input), longest)
    }

    #[test]
    fn what_is_given_printed_and_said_is_kept_apart() {
        let ran = sh("cat; echo words >&2; exit 3", b"given", None).unwrap();
        assert_eq!((&ran.output[..], &ran.words[..]), (&b"given"[..], &b"words\n"[..]));
        assert_eq!(ran.status.code(), Some(3));
    }

    #[test]
    fn large_texts_pass_both_ways_at_once() {
        let input = vec![7; 1 << 20];
        let ran = sh("tee /dev/stderr", &input, None).unwrap();
        assert_eq!(*ran.output, input);
        assert_eq!(ran.words.len(), MAX_WORDS);
    }

    #[test]
    fn a_program_that_does_not_listen_is_no_failure() {
        assert!(sh("exec <&-; echo x", &vec![7; 1 << 20], None).unwrap().status.success());
    }

    #[test]
    fn a_slow_program_is_ended() {
        let since = Instant::now();
        let longest = Duration::from_millis(200);
        for script in ["sleep 60", "exec >&- 2>&-; sleep 60", "exec >&-; sleep 60", "echo; sleep 60"] {
            let error = sh(script, &vec![7; 1 << 20], Some(longest)).err();
            assert!(matches!(error, Some(ProgramError::TimedOut(_))), "{script}: {error:?}");
        }
        assert!(since.elapsed() < Duration::from_secs(30));
    }

    #[test]
    fn too_much_output_is_an_error() {
        assert!(matches!(sh("yes", b"", None), Err(ProgramError::Output(_))));
    }
}
