//! `seal git guard`: a filter of Git that lets encrypted files through as they are, and nothing else.
//!
//! Needs no key and keeps nothing. What goes out is what came in, byte for byte, or nothing.

use crate::check::{Check, Expected, State, Subject, Wish, inspect, is_closed, is_never_encrypted, tokens};
use crate::commands::output;
use crate::commands::{Context, convert};
use crate::doc::FormatName;
use crate::error::{Code, Failure};
use crate::git::filter::{self, Gate};
use crate::io;
use crate::merge::markers::{self, Sides};
use crate::ui::shell_word;
use std::fs::File;
use std::io::{BufReader, BufWriter, ErrorKind};
use std::path::Path;

/// Bytes that are read and written at once.
const BUFFER: usize = 64 << 10;

/// Answers Git until it is done; with `path` lets one file through.
///
/// # Errors
/// The file is plain (1), or the pipes to Git break (2).
pub fn run(context: &Context, path: Option<&Path>) -> Result<(), Failure> {
    match path {
        Some(path) => once(context, path),
        None => serve(context),
    }
}

fn serve(context: &Context) -> Result<(), Failure> {
    let broken = |error: std::io::Error| {
        Failure::new(Code::CannotReadInput, "the talk with Git broke off")
            .cause(io::reason(&error))
            .hint("this command is for Git; for a file: seal git guard --path NAME < FILE")
    };
    // Not the streams of the library: their buffers keep what went through.
    let duplicate = |fd: std::os::fd::BorrowedFd<'_>| {
        rustix::io::dup(fd).map(File::from).map_err(|error| broken(error.into()))
    };
    let mut input = BufReader::with_capacity(BUFFER, duplicate(rustix::stdio::stdin())?);
    let mut output = BufWriter::with_capacity(BUFFER, duplicate(rustix::stdio::stdout())?);
    match filter::serve(&mut input, &mut output, &mut Guard { context }) {
        // Git has what it wanted.
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        done => done.map_err(broken),
    }
}

fn once(context: &Context, path: &Path) -> Result<(), Failure> {
    let limit = convert::limits().max_bytes;
    let content = io::read_stdin(limit).map_err(|error| {
        Failure::new(Code::CannotReadInput, "cannot read standard input").cause(error.to_string())
    })?;
    let name = path.to_string_lossy();
    if may_enter(&name, &content) {
        return output::print(&content);
    }
    refuse(context, &name);
    Err(Failure { reported: true, ..Failure::new(Code::Generic, "plain text is not staged") })
}

struct Guard<'c> {
    context: &'c Context,
}

impl Gate for Guard<'_> {
    fn limit(&self) -> usize {
        convert::limits().max_bytes
    }

    fn admits(&mut self, name: &[u8], content: Option<&[u8]>) -> bool {
        let name = String::from_utf8_lossy(name);
        let admitted = content.is_some_and(|content| may_enter(&name, content));
        if !admitted {
            refuse(self.context, &name);
        }
        admitted
    }
}

fn refuse(context: &Context, name: &str) {
    let run = format!("seal encrypt -i {}", shell_word(name));
    context.show(&format!("seal: refusing to stage plaintext: {name} (run: {run})"));
}

/// Whether the file called `name` has nothing in clear that should be encrypted.
fn may_enter(name: &str, content: &[u8]) -> bool {
    if is_never_encrypted(name) {
        return true;
    }
    let format = FormatName::of_file(name, content);
    match judge(format, content) {
        Verdict::Fine => true,
        Verdict::Plain => false,
        Verdict::Conflict => {
            let Some(Sides { ours, theirs, base }) = markers::sides(content) else { return false };
            [Some(ours), base, Some(theirs)].iter().flatten().all(|side| judge(format, side) == Verdict::Fine)
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    Fine,
    Plain,
    Conflict,
}

fn judge(format: FormatName, bytes: &[u8]) -> Verdict {
    let subject = Subject { store: convert::sealed(format), whole: format == FormatName::Binary, bytes };
    if is_closed(subject) {
        return Verdict::Fine;
    }
    let report = inspect(subject, &Expected { wish: Wish::Encrypted, ..Expected::default() });
    let is_conflict = report.findings.iter().any(|one| one.check == Check::ConflictMarkers);
    match report.state {
        State::Empty => Verdict::Fine,
        State::Damaged if is_conflict && tokens::in_text(bytes).next().is_some() => Verdict::Conflict,
        _ => Verdict::Plain,
    }
}
