//! A program that is started and waited for, whatever signals come meanwhile.

use super::signals::Signals;
use rustix::process::{Pid, Resource, Rlimit, Signal, getrlimit, kill_process, setrlimit};
use rustix::termios::{OptionalActions, Termios, tcgetattr, tcsetattr};
use std::io;
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, Command, ExitStatus};
use std::time::{Duration, Instant};

/// How long a program that was told to stop may take.
const GRACE: Duration = Duration::from_secs(3);

/// How a program ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// With exit code 0.
    Well,
    /// With another exit code.
    Code(i32),
    /// By a signal.
    Killed(Signal),
    /// This process was told to stop by this signal, and told the program.
    Stopped(Signal),
}

/// Starts `command` with the terminal of this process, and waits for its end. Keys that send signals are
/// the program's affair; a signal that tells this process to stop is passed on, and after a few seconds
/// made good by force. A terminal that was left in disorder is set back.
///
/// # Errors
/// The program cannot be started or waited for.
pub fn run(command: &mut Command, signals: &Signals) -> io::Result<Ended> {
    let terminal = tcgetattr(rustix::stdio::stdin()).ok();
    let mut child = command.spawn()?;
    let ended = wait(&mut child, signals);
    if ended.is_err() {
        // It is not to go on unwatched.
        let _ = child.kill();
        let _ = child.wait();
    }
    let _ = signals.take_keyboard();
    if matches!(ended, Ok(Ended::Killed(_) | Ended::Stopped(_)) | Err(_))
        && let Some(modes) = &terminal
    {
        set_back(modes);
    }
    ended
}

/// Gives this process, and so what it starts, the soft limit for core files that it had before it closed
/// itself; in bytes, `None` being no limit. A process that is not dumpable still makes none of its own.
pub fn give_back_core(current: Option<u64>) {
    let maximum = getrlimit(Resource::Core).maximum;
    // Best effort: what a program finds there is a comfort.
    let _ = setrlimit(Resource::Core, Rlimit { current, maximum });
}

fn wait(child: &mut Child, signals: &Signals) -> io::Result<Ended> {
    let mut told: Option<(Signal, Instant)> = None;
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(told.map_or_else(|| ended(status), |(signal, _)| Ended::Stopped(signal)));
        }
        match (told, signals.stop()) {
            (None, Some(signal)) => {
                tell(child, signal);
                told = Some((signal, Instant::now()));
            }
            (Some((_, since)), _) if since.elapsed() >= GRACE => child.kill()?,
            _ => {}
        }
        signals.wait(told.map(|(_, since)| GRACE.saturating_sub(since.elapsed()).max(POLL)))?;
    }
}

/// Between two looks at a child that is being killed.
const POLL: Duration = Duration::from_millis(20);

fn tell(child: &Child, signal: Signal) {
    if let Some(pid) = i32::try_from(child.id()).ok().and_then(Pid::from_raw) {
        // It may have ended by itself.
        let _ = kill_process(pid, signal);
        // A stopped program hears nothing until it goes on.
        let _ = kill_process(pid, Signal::CONT);
    }
}

fn ended(status: ExitStatus) -> Ended {
    match (status.code(), status.signal().and_then(Signal::from_named_raw)) {
        (Some(0), _) => Ended::Well,
        (Some(code), _) => Ended::Code(code),
        (None, Some(signal)) => Ended::Killed(signal),
        (None, None) => Ended::Code(-1),
    }
}

/// A program that was killed may have left the terminal without echo.
fn set_back(modes: &Termios) {
    let _ = tcsetattr(rustix::stdio::stdin(), OptionalActions::Now, modes);
}

#[cfg(test)]
mod tests {
    use super::{Ended, run};
    use crate::runtime::Signals;
    use rustix::process::Signal;
    use std::process::Command;

    #[test]
    fn the_way_a_program_ends_is_told() {
        let signals = Signals::hold().unwrap();
        let sh = |script: &str| run(Command::new("/bin/sh").args(["-c", script]), &signals).unwrap();
        assert_eq!(sh("exit 0"), Ended::Well);
        assert_eq!(sh("exit 7"), Ended::Code(7));
        assert_eq!(sh("kill -KILL $$"), Ended::Killed(Signal::KILL));
        // The handlers of this process are not those of the program.
        assert_eq!(sh("kill -INT $$; exit 1"), Ended::Killed(Signal::INT));
        assert_eq!(sh("kill -TERM $$; exit 1"), Ended::Killed(Signal::TERM));
        assert!(run(&mut Command::new("/no/such/program"), &signals).is_err());
    }
}
