//! The events of a run, one JSON object a line: what was done and to what, never a value.

use crate::container::fds;
use crate::error::{Code, Failure};
use crate::io::AppendLog;
use rustix::event::{PollFd, PollFlags, poll};
use rustix::fs::{FileType, Timespec, fstat};
use rustix::io::Errno;
use serde_json::{Map, Value, json};
use std::cell::{Cell, RefCell};
use std::io::{self, IsTerminal as _, Write as _};
use std::os::fd::{AsFd as _, BorrowedFd};
use std::path::Path;
use std::time::Duration;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// Where events go.
pub(super) struct Audit {
    sink: Sink,
    optional: bool,
    host: String,
    /// Whether the process stays, and must not wait for whoever reads the log.
    stays: Cell<bool>,
    /// What could not be written yet.
    waiting: RefCell<Vec<u8>>,
}

/// More than this does not wait, in bytes.
const MOST_WAITING: usize = 1 << 20;
/// What a pipe takes at once if it takes anything, in bytes (`PIPE_BUF`).
const PART: usize = 4096;

enum Sink {
    Stderr,
    Log(AppendLog),
    Nowhere,
}

impl Audit {
    /// Opens the place that `destination` names: `stderr`, `file:PATH`, `fd:N` or `none`. If it names none,
    /// events go to standard error, but not to a person at a terminal.
    ///
    /// # Errors
    /// It is none of these (64), or cannot be opened and is not optional (74).
    pub(super) fn open(destination: Option<&str>, optional: bool) -> Result<Self, Failure> {
        let usual = || if std::io::stderr().is_terminal() { "none" } else { "stderr" };
        let destination = destination.unwrap_or_else(usual);
        let opened = match destination.split_once(':') {
            None if destination == "stderr" => Ok(Sink::Stderr),
            None if destination == "none" => Ok(Sink::Nowhere),
            Some(("file", path)) => AppendLog::open(Path::new(path)).map(Sink::Log),
            Some(("fd", number)) if number.parse::<i32>().is_ok_and(|number| number >= 0) => {
                let number = number.parse().unwrap_or_default();
                // A descriptor of our own, that no app inherits.
                let log = AppendLog::of_descriptor(number);
                fds::close(number);
                log.map(Sink::Log)
            }
            _ => {
                return Err(Failure::new(
                    Code::BadUsage,
                    format!("`{destination}` is no value of `--audit`"),
                )
                .cause("it takes stderr, file:PATH, fd:N or none"));
            }
        };
        let sink = match opened {
            Err(_) if optional => Sink::Nowhere,
            opened => opened.map_err(|error| unwritable(&error))?,
        };
        let host = rustix::system::uname().nodename().to_string_lossy().into_owned();
        Ok(Self { sink, optional, host, stays: Cell::new(false), waiting: RefCell::default() })
    }

    /// Writes the event `name` with its fields, a JSON object.
    ///
    /// # Errors
    /// It cannot be written and is not optional (74).
    pub(super) fn event(&self, name: &str, fields: Value) -> Result<(), Failure> {
        let now = OffsetDateTime::now_utc();
        let time = now.replace_nanosecond(now.nanosecond() / 1_000_000 * 1_000_000).unwrap_or(now);
        let mut object = Map::new();
        object.insert("seal".to_owned(), json!(1));
        object.insert("time".to_owned(), json!(time.format(&Rfc3339).unwrap_or_default()));
        object.insert("event".to_owned(), json!(name));
        if let Value::Object(fields) = fields {
            object.extend(fields);
        }
        object.insert("host".to_owned(), json!(self.host));
        object.insert("pid".to_owned(), json!(std::process::id()));
        let mut line = Value::Object(object).to_string();
        line.push('\n');
        let written = if self.stays.get() {
            self.waiting.borrow_mut().extend_from_slice(line.as_bytes());
            self.write_waiting(Duration::ZERO)
        } else {
            self.write(line.as_bytes())
        };
        self.judged(written)
    }

    /// From now on nobody is waited for who is to read the log: a full pipe must not keep a process from its
    /// signals. Events wait for it instead, in their order; see [`Audit::write_on`].
    pub(super) fn stay(&self) {
        self.stays.set(true);
    }

    /// Whether a warning on standard error would not wait for a reader, or may.
    pub(super) fn may_warn(&self) -> bool {
        !self.stays.get() || takes_more(rustix::stdio::stderr(), Duration::ZERO).unwrap_or(true)
    }

    /// What is to be writable for events that wait; `None` if none does.
    pub(super) fn waits_for(&self) -> Option<BorrowedFd<'_>> {
        if self.waiting.borrow().is_empty() { None } else { self.descriptor() }
    }

    /// Writes events that wait, as far as the log takes them within `patience` for each part.
    ///
    /// # Errors
    /// They cannot be written and are not optional (74).
    pub(super) fn write_on(&self, patience: Duration) -> Result<(), Failure> {
        self.judged(self.write_waiting(patience))
    }

    /// Writes the last events, and waits no longer than `patience`.
    ///
    /// # Errors
    /// They cannot be written and are not optional (74).
    pub(super) fn end(&self, patience: Duration) -> Result<(), Failure> {
        let written = self.write_waiting(patience).and_then(|()| match self.waiting.borrow().is_empty() {
            true => Ok(()),
            false => Err(nobody_reads()),
        });
        self.judged(written)
    }

    /// Before the app runs, a log that fails refuses everything. A running app is not ended for it.
    fn judged(&self, written: io::Result<()>) -> Result<(), Failure> {
        match written {
            Err(error) if !self.optional && !self.stays.get() => Err(unwritable(&error)),
            _ => Ok(()),
        }
    }

    fn write_waiting(&self, patience: Duration) -> io::Result<()> {
        let mut waiting = self.waiting.borrow_mut();
        let Some(descriptor) = self.descriptor() else {
            waiting.clear();
            return Ok(());
        };
        // Other writers of a file find whole lines.
        let is_file = fstat(descriptor)
            .is_ok_and(|stat| FileType::from_raw_mode(stat.st_mode) == FileType::RegularFile);
        while !waiting.is_empty() {
            if !takes_more(descriptor, patience)? {
                if waiting.len() <= MOST_WAITING {
                    return Ok(());
                }
                waiting.clear();
                return Err(nobody_reads());
            }
            let end = if is_file { waiting.len() } else { end_of_part(&waiting) };
            let written = self.write(&waiting[..end]);
            waiting.drain(..end);
            written?;
        }
        Ok(())
    }

    fn write(&self, bytes: &[u8]) -> io::Result<()> {
        match &self.sink {
            Sink::Stderr => std::io::stderr().write_all(bytes),
            Sink::Log(log) => log.append(bytes),
            Sink::Nowhere => Ok(()),
        }
    }

    fn descriptor(&self) -> Option<BorrowedFd<'_>> {
        match &self.sink {
            Sink::Stderr => Some(rustix::stdio::stderr()),
            Sink::Log(log) => Some(log.as_fd()),
            Sink::Nowhere => None,
        }
    }
}

/// Where a first part ends: after the lines that a pipe takes at once, or in a longer one.
fn end_of_part(waiting: &[u8]) -> usize {
    let part = &waiting[..waiting.len().min(PART)];
    part.iter().rposition(|byte| *byte == b'\n').map_or(part.len(), |at| at + 1)
}

/// Whether something can be written within `patience`; an error shows when it is.
fn takes_more(descriptor: BorrowedFd<'_>, patience: Duration) -> io::Result<bool> {
    let patience = Timespec::try_from(patience).ok();
    loop {
        match poll(&mut [PollFd::from_borrowed_fd(descriptor, PollFlags::OUT)], patience.as_ref()) {
            Err(Errno::INTR) => {}
            ready => return Ok(ready? > 0),
        }
    }
}

fn nobody_reads() -> io::Error {
    io::Error::new(io::ErrorKind::TimedOut, "nobody reads it")
}

fn unwritable(error: &std::io::Error) -> Failure {
    Failure::new(Code::CannotRender, "cannot write the audit log")
        .named("E_AUDIT")
        .cause(crate::io::reason(error))
        .hint("to go on without it: --audit-optional")
}
