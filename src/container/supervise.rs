//! One child that this process stays beside: signals passed on, the terminal lent, everything reaped.
//!
//! The pieces are for a loop that waits for several descriptors; nothing here waits.

use super::handover::{App, Before, HandoverError, Image};
use super::privileges::become_user_in_thread;
use super::signals::Received;
use nix::spawn::{PosixSpawnAttr, PosixSpawnFileActions, PosixSpawnFlags, posix_spawn};
use nix::sys::signal::{SigSet, Signal as Named};
use rustix::io::Errno;
use rustix::process::{
    Pid, Signal, WaitOptions, WaitStatus, getpgrp, getpid, kill_current_process_group, kill_process,
    kill_process_group, set_child_subreaper, wait,
};
use rustix::termios::{isatty, tcgetpgrp, tcsetpgrp};
use std::fs::File;
use std::io;
use std::os::fd::OwnedFd;
use std::time::{Duration, Instant};

/// How the child ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// With this exit code.
    Code(u8),
    /// By this signal.
    Killed(i32),
}

impl Ended {
    /// The exit code to pass on: the child's, or 128 and the number of the signal.
    #[must_use]
    pub fn exit_code(self) -> u8 {
        match self {
            Self::Code(code) => code,
            Self::Killed(signal) => u8::try_from(128 + signal).unwrap_or(u8::MAX),
        }
    }
}

/// A child in a process group of its own. To be made in a process that holds its signals as one that stays
/// ([`super::signals::Held::stay`]).
pub struct Child {
    pid: Pid,
    ended: Option<Ended>,
    /// The terminal that was lent to the child's group.
    terminal: Option<OwnedFd>,
    /// When it is killed, if it was told to stop.
    deadline: Option<Instant>,
}

/// Lets processes whose parent ended become children of this one, so that [`Child::reap`] sees their end.
/// Process 1 has that already. Best effort.
pub fn adopt_orphans() {
    if !getpid().is_init() {
        // The system looks only whether there is a number.
        let _ = set_child_subreaper(Some(getpid()));
    }
}

impl Child {
    /// Starts `app`, with all that [`super::handover::become_app`] gives it. If standard input is a terminal
    /// that is ours, it is the child's then.
    ///
    /// # Errors
    /// The app cannot be started.
    pub fn spawn(app: &App, before: &Before) -> Result<Self, HandoverError> {
        let image = Image::of(app)?;
        before.restore();
        // User and rights are those of one thread, and of what it starts; it ends then.
        let started = std::thread::scope(|scope| {
            let thread = std::thread::Builder::new().spawn_scoped(scope, || start(app, &image))?;
            thread.join().unwrap_or_else(|_| Err(io::Error::other("a thread ended").into()))
        });
        before.close();
        let pid = Pid::from_raw(started?.as_raw());
        let pid = pid.ok_or_else(|| io::Error::other("the child has no number"))?;
        let mut child = Self { pid, ended: None, terminal: None, deadline: None };
        child.lend(stdin_terminal());
        Ok(child)
    }

    /// Its process number.
    #[must_use]
    pub fn pid(&self) -> i32 {
        self.pid.as_raw_nonzero().get()
    }

    /// Passes a signal on. One that tells of children is for [`Child::reap`].
    pub fn forward(&mut self, received: Received) {
        // The number of a child that was reaped may be somebody else's.
        if self.ended.is_some() || received.is_child() {
            return;
        }
        let signal = received.signal;
        let keyboard = [Signal::INT, Signal::QUIT, Signal::WINCH].contains(&signal);
        if signal == Signal::CONT {
            self.go_on();
        } else if received.from_system && keyboard {
            // A terminal sends to a whole group, and it was ours that heard it.
            let _ = kill_process_group(self.pid, signal);
        } else {
            let _ = kill_process(self.pid, signal);
        }
    }

    /// Asks the child to end. If it has not within `grace`, [`Child::force`] makes it, and what else is in its
    /// process group.
    pub fn stop(&mut self, grace: Duration) {
        if self.ended.is_none() && self.deadline.is_none() {
            self.deadline = Some(Instant::now() + grace);
            let _ = kill_process(self.pid, Signal::TERM);
            // A stopped process hears nothing until it goes on.
            let _ = kill_process(self.pid, Signal::CONT);
        }
    }

    /// How long until [`Child::force`] has something to do.
    #[must_use]
    pub fn due(&self) -> Option<Duration> {
        let deadline = self.deadline.filter(|_| self.ended.is_none())?;
        Some(deadline.saturating_duration_since(Instant::now()))
    }

    /// Kills the child's process group if the child was asked to end and the time is up.
    pub fn force(&mut self) {
        if self.due() == Some(Duration::ZERO) {
            let _ = kill_process_group(self.pid, Signal::KILL);
        }
    }

    /// Takes note of all children that ended or stopped, also of those that were adopted, and says whether
    /// this one has ended. To be called whenever a signal tells of a child, and for an orphan or two once more
    /// at the end.
    ///
    /// # Errors
    /// The end of the child cannot be found out.
    pub fn reap(&mut self) -> io::Result<Option<Ended>> {
        loop {
            match wait(WaitOptions::NOHANG | WaitOptions::UNTRACED) {
                Ok(Some((pid, status))) if pid == self.pid && self.ended.is_none() => self.note(status),
                Ok(Some(_)) | Err(Errno::INTR) => {}
                Ok(None) => return Ok(self.ended),
                Err(Errno::CHILD) if self.ended.is_some() => return Ok(self.ended),
                Err(error) => return Err(error.into()),
            }
        }
    }

    fn note(&mut self, status: WaitStatus) {
        if let Some(signal) = status.stopping_signal() {
            return self.stopped(Signal::from_named_raw(signal));
        }
        let code = status.exit_status().and_then(|code| u8::try_from(code).ok());
        self.ended = match (code, status.terminating_signal()) {
            (Some(code), _) => Some(Ended::Code(code)),
            (None, Some(signal)) => Some(Ended::Killed(signal)),
            (None, None) => return,
        };
        if self.deadline.is_some() {
            // The next one starts without company of the last. The group keeps its number until it is empty.
            let _ = kill_process_group(self.pid, Signal::KILL);
        }
        self.take_back();
    }

    /// The child stopped. If its terminal stopped it, whoever started us would have seen that: so we stop too,
    /// and go on together. Where nobody is who could let us go on, as for process 1, the system does not stop
    /// us, and the child goes on at once.
    fn stopped(&mut self, signal: Option<Signal>) {
        let lent = self.terminal.as_ref().is_some_and(|terminal| tcgetpgrp(terminal) == Ok(self.pid));
        match signal {
            Some(Signal::TTIN | Signal::TTOU) => {
                // It wanted the terminal before it was lent, or wants one that is not its standard input.
                let terminal = || stdin_terminal().or_else(|| File::open("/dev/tty").ok().map(OwnedFd::from));
                if !lent && !self.lend(terminal()) {
                    // We are in the background, as whoever started us is to see.
                    let _ = kill_current_process_group(Signal::TTIN);
                    if !self.lend(terminal()) {
                        return;
                    }
                }
                let _ = kill_process_group(self.pid, Signal::CONT);
            }
            Some(signal) if lent || signal == Signal::TSTP => {
                self.take_back();
                let _ = kill_current_process_group(Signal::TSTP);
                self.go_on();
            }
            // Somebody stopped it on purpose.
            _ => {}
        }
    }

    fn go_on(&mut self) {
        self.lend(stdin_terminal());
        let _ = kill_process_group(self.pid, Signal::CONT);
    }

    /// Makes the child's group the foreground one, if ours is it.
    fn lend(&mut self, terminal: Option<OwnedFd>) -> bool {
        let ours = terminal.filter(|terminal| tcgetpgrp(terminal) == Ok(getpgrp()));
        let lent = ours.filter(|terminal| tcsetpgrp(terminal, self.pid).is_ok());
        let is_lent = lent.is_some();
        if is_lent {
            self.terminal = lent;
        }
        is_lent
    }

    /// Makes our group the foreground one, if the child's is it.
    fn take_back(&mut self) {
        if let Some(terminal) = self.terminal.take()
            && tcgetpgrp(&terminal) == Ok(self.pid)
        {
            let _ = tcsetpgrp(&terminal, getpgrp());
        }
    }
}

/// Starts `app` from a thread of its own, whose signals are blocked like those of all others.
fn start(app: &App, image: &Image) -> Result<nix::unistd::Pid, HandoverError> {
    if let Some(user) = app.user {
        become_user_in_thread(user)?;
    }
    if app.no_new_privs {
        rustix::thread::set_no_new_privs(true).map_err(io::Error::from)?;
    }
    let mut attributes = PosixSpawnAttr::init().map_err(io::Error::from)?;
    prepare(&mut attributes).map_err(io::Error::from)?;
    let descriptors = PosixSpawnFileActions::init().map_err(io::Error::from)?;
    Ok(image.each(|file, arguments, environment| {
        posix_spawn(file, &descriptors, &attributes, arguments, environment)
    })?)
}

/// A group of its own, no signal blocked, and the one not ignored that is ignored here.
fn prepare(attributes: &mut PosixSpawnAttr) -> nix::Result<()> {
    let flags = PosixSpawnFlags::POSIX_SPAWN_SETPGROUP
        | PosixSpawnFlags::POSIX_SPAWN_SETSIGMASK
        | PosixSpawnFlags::POSIX_SPAWN_SETSIGDEF;
    attributes.set_flags(flags)?;
    attributes.set_pgroup(nix::unistd::Pid::from_raw(0))?;
    attributes.set_sigmask(&SigSet::empty())?;
    let mut default = SigSet::empty();
    default.add(Named::SIGPIPE);
    attributes.set_sigdefault(&default)
}

fn stdin_terminal() -> Option<OwnedFd> {
    let stdin = rustix::stdio::stdin();
    if isatty(stdin) { rustix::io::fcntl_dupfd_cloexec(stdin, 3).ok() } else { None }
}
