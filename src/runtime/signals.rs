//! Signals that would end the process are held while plaintext stands outside it.
//!
//! A handler only notes the signal and wakes whoever waits; the code that waits decides. So the way out is
//! the ordinary one, and what is to be removed is removed. Programs that are started meanwhile have the
//! default handlers: a handler does not survive `exec`, as ignoring would.

use rustix::event::{PollFd, PollFlags, poll};
use rustix::fs::Timespec;
use rustix::process::Signal;
use signal_hook::SigId;
use signal_hook::low_level::{pipe, unregister};
use std::io::{self, Read};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// Signals of the keyboard: the program in the foreground decides what they mean.
const KEYBOARD: [Signal; 2] = [Signal::INT, Signal::QUIT];
/// Signals that ask to come to an end.
const STOP: [Signal; 2] = [Signal::TERM, Signal::HUP];

/// Holds SIGINT, SIGQUIT, SIGTERM and SIGHUP from its making on.
pub struct Signals {
    keyboard: Arc<AtomicBool>,
    stop: Vec<(Signal, Arc<AtomicBool>)>,
    wake: UnixStream,
    registered: Vec<SigId>,
}

impl Signals {
    /// Holds the signals.
    ///
    /// # Errors
    /// The system refuses a handler.
    pub fn hold() -> io::Result<Self> {
        let (wake, waker) = UnixStream::pair()?;
        wake.set_nonblocking(true)?;
        let mut signals = Self { keyboard: Arc::default(), stop: Vec::new(), wake, registered: Vec::new() };
        for signal in KEYBOARD {
            let flag = Arc::clone(&signals.keyboard);
            signals.register(signal, Some(flag), &waker)?;
        }
        for signal in STOP {
            let flag = Arc::new(AtomicBool::new(false));
            signals.register(signal, Some(Arc::clone(&flag)), &waker)?;
            signals.stop.push((signal, flag));
        }
        // The end of a child wakes too. A file that grows too large is to be an error, not an end.
        for signal in [Signal::CHILD, Signal::XFSZ] {
            signals.register(signal, None, &waker)?;
        }
        Ok(signals)
    }

    fn register(
        &mut self,
        signal: Signal,
        flag: Option<Arc<AtomicBool>>,
        waker: &UnixStream,
    ) -> io::Result<()> {
        let number = signal.as_raw();
        // The flag is set before the pipe wakes.
        if let Some(flag) = flag {
            self.registered.push(signal_hook::flag::register(number, flag)?);
        }
        self.registered.push(pipe::register(number, waker.try_clone()?)?);
        Ok(())
    }

    /// The signal that asked to come to an end, if one did.
    #[must_use]
    pub fn stop(&self) -> Option<Signal> {
        self.stop.iter().find(|(_, flag)| flag.load(Ordering::SeqCst)).map(|(signal, _)| *signal)
    }

    /// Whether ctrl-c or ctrl-\ was pressed since this was last asked.
    #[must_use]
    pub fn take_keyboard(&self) -> bool {
        self.keyboard.swap(false, Ordering::SeqCst)
    }

    /// Waits for a signal, at most so long.
    ///
    /// # Errors
    /// The system refuses to wait.
    pub fn wait(&self, longest: Option<Duration>) -> io::Result<()> {
        let longest = longest.and_then(|time| Timespec::try_from(time).ok());
        let mut fds = [PollFd::new(&self.wake, PollFlags::IN)];
        match poll(&mut fds, longest.as_ref()) {
            Ok(_) | Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
        let mut bytes = [0; 64];
        while matches!((&self.wake).read(&mut bytes), Ok(count) if count > 0) {}
        Ok(())
    }
}

impl AsFd for Signals {
    /// Readable once a signal came.
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.wake.as_fd()
    }
}

impl Drop for Signals {
    fn drop(&mut self) {
        self.registered.drain(..).for_each(|id| {
            unregister(id);
        });
    }
}

/// The name of a signal, as people write it.
#[must_use]
pub fn name(signal: Signal) -> &'static str {
    match signal {
        Signal::HUP => "SIGHUP",
        Signal::INT => "SIGINT",
        Signal::QUIT => "SIGQUIT",
        Signal::KILL => "SIGKILL",
        Signal::TERM => "SIGTERM",
        Signal::SEGV => "SIGSEGV",
        Signal::ABORT => "SIGABRT",
        _ => "a signal",
    }
}
