//! The shell that runs the command.

use crate::error::{Code, Failure};
use crate::io::reason;
use crate::runtime::{Ended, Signals, child, give_back_core};
use std::ffi::OsStr;
use std::io;
use std::process::Command;

/// The exit code of a command that a signal ended, as SOPS has it.
const KILLED: u8 = 255;

/// The shell with `line` to run.
pub(super) fn shell(line: &OsStr) -> Command {
    let mut command = Command::new("/bin/sh");
    command.arg("-c").arg(line);
    command
}

/// Holds the signals that would end this process before the command is done.
pub(super) fn hold() -> Result<Signals, Failure> {
    Signals::hold()
        .map_err(|error| Failure::new(Code::Generic, "cannot hold signals back").cause(reason(&error)))
}

/// Runs the command to its end; its exit code. `core` is the soft limit for core files that it gets.
pub(super) fn run(command: &mut Command, signals: &Signals, core: Option<u64>) -> Result<u8, Failure> {
    give_back_core(core);
    let ended = child::run(command, signals).map_err(|error| not_started(&error))?;
    Ok(match ended {
        Ended::Well => 0,
        Ended::Code(code) => u8::try_from(code).unwrap_or(KILLED),
        Ended::Killed(_) => KILLED,
        Ended::Stopped(signal) => u8::try_from(128 + signal.as_raw()).unwrap_or(KILLED),
    })
}

/// The shell could not be started.
pub(super) fn not_started(error: &io::Error) -> Failure {
    Failure::new(Code::Generic, "cannot start /bin/sh").cause(reason(error))
}
