//! Signals that wait instead of interrupting.
//!
//! They are blocked in all threads, so that none is lost: process 1 of a container ignores a signal that
//! it neither blocks nor handles. While the secrets are made ready, a thread looks for a signal that asks
//! to end, and then ends the process, whatever the others are doing. Afterwards a signal is left alone for
//! the app, or read by the process that stays beside it.

use nix::sys::signal::{SigSet, Signal as Named};
use nix::sys::signalfd::{SfdFlags, SignalFd};
use rustix::event::{PollFd, PollFlags, poll};
use rustix::fs::Timespec;
use rustix::io::Errno;
use rustix::process::Signal;
use rustix_libc_wrappers::process::SignalExt;
use std::io::{self, PipeReader, PipeWriter, Write};
use std::os::fd::{AsFd, BorrowedFd};
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

/// The signals that end the process before the app is there.
const ENDING: [Named; 4] = [Named::SIGTERM, Named::SIGINT, Named::SIGHUP, Named::SIGQUIT];

/// Holds SIGTERM, SIGINT, SIGHUP and SIGQUIT, and for a process that stays, all that can be caught.
pub struct Held {
    phase: Arc<Mutex<Phase>>,
    signals: Arc<SignalFd>,
    set: SigSet,
    all: bool,
    wake: PipeWriter,
    thread: JoinHandle<()>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Phase {
    Starting,
    Closed,
}

impl Held {
    /// Holds the signals from now on. If one of the four comes before [`Held::close`], `undo` is called
    /// with its number in a thread of its own, and the process ends with 128 and the number, without
    /// waiting for other threads.
    ///
    /// To be called before there are other threads, as they would not hold the signals. `stays` says that
    /// [`Held::stay`] will be called: all signals are held that it needs. Of the four, those are not held
    /// that are ignored, as `nohup` has it: they are to stay so.
    ///
    /// # Errors
    /// The system refuses.
    pub fn start(stays: bool, undo: impl FnOnce(i32) + Send + 'static) -> io::Result<Self> {
        let ignored = ignored();
        let mut set = SigSet::empty();
        for signal in ENDING.into_iter().filter(|signal| ignored & bit(*signal as i32) == 0) {
            set.add(signal);
        }
        if stays {
            blocked_by_one_that_stays().thread_block()?;
            // If it were ignored, the system would keep no child for us that ended.
            signal_hook::flag::register(Named::SIGCHLD as i32, Arc::new(AtomicBool::new(false)))?;
        } else {
            set.thread_block()?;
        }
        if ignored & bit(Named::SIGXFSZ as i32) == 0 {
            // A file that exceeds a limit is an error, and not the end before anything is undone.
            signal_hook::flag::register(Named::SIGXFSZ as i32, Arc::new(AtomicBool::new(false)))?;
        }
        let signals = Arc::new(descriptor(&set)?);
        let phase = Arc::new(Mutex::new(Phase::Starting));
        let (woken, wake) = io::pipe()?;
        let thread = std::thread::Builder::new().name("signals".to_owned()).spawn({
            let (signals, phase) = (Arc::clone(&signals), Arc::clone(&phase));
            move || watch(&signals, &phase, woken, undo)
        })?;
        Ok(Self { phase, signals, set, all: stays, wake, thread })
    }

    /// Ends the time in which a signal ends the process: one that comes from now on waits. If one is
    /// waiting already, this does not return, as the process ends.
    pub fn close(&self) {
        let mut phase = lock(&self.phase);
        if *phase == Phase::Starting && is_readable(&self.signals) {
            drop(phase);
            loop {
                std::thread::park();
            }
        }
        *phase = Phase::Closed;
        // If nobody reads it, the thread has ended already.
        let _ = (&self.wake).write(&[0]);
    }

    /// Ends the time in which a signal ends the process, as [`Held::close`] does, and hands out the
    /// signals that come from now on, and those that waited.
    ///
    /// # Errors
    /// The system refuses, or [`Held::start`] was not told that the process stays.
    pub fn stay(self) -> io::Result<Incoming> {
        if !self.all {
            return Err(io::Error::other("signals are not held for a process that stays"));
        }
        self.close();
        // A panic there has ended the process.
        let _ = self.thread.join();
        let mut set = blocked_by_one_that_stays();
        // Blocked, so that the terminal can be given away from the background; not to be passed on.
        set.remove(Named::SIGTTOU);
        Ok(Incoming { signals: descriptor(&set)?, own: std::process::id() })
    }

    /// Lets the signals through to this thread, as the app is to find them. One that waits, or comes
    /// before the app is there, ends the process with 128 and its number.
    pub(super) fn release(&self) -> io::Result<()> {
        for signal in ENDING.into_iter().filter(|signal| self.set.contains(*signal)) {
            let number = signal as i32;
            signal_hook::flag::register_conditional_shutdown(
                number,
                128 + number,
                Arc::new(AtomicBool::new(true)),
            )?;
        }
        Ok(SigSet::empty().thread_set_mask()?)
    }
}

/// A signal that came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Received {
    /// Which.
    pub signal: Signal,
    /// The system sent it, as for a key of the terminal, and not another process.
    pub from_system: bool,
}

impl Received {
    /// Whether it tells of a child that ended, stopped or went on.
    #[must_use]
    pub fn is_child(&self) -> bool {
        self.signal == Signal::CHILD
    }

    /// Whether it asks this process to come to an end: SIGTERM or SIGINT.
    #[must_use]
    pub fn is_stop(&self) -> bool {
        self.signal == Signal::TERM || self.signal == Signal::INT
    }
}

/// The signals of a process that stays, readable as a descriptor.
pub struct Incoming {
    signals: SignalFd,
    own: u32,
}

impl Incoming {
    /// The next signal that waits, if one does. Real-time signals come as often as they were sent.
    pub fn next(&self) -> Option<Received> {
        loop {
            let info = self.signals.read_signal().ok()??;
            let number = i32::try_from(info.ssi_signo).unwrap_or_default();
            // What this process did itself, as to write to a closed pipe, is nobody else's affair.
            let own = info.ssi_pid == self.own && info.ssi_code <= 0;
            if let (false, Some(signal)) = (own, Signal::from_raw(number)) {
                return Some(Received { signal, from_system: info.ssi_code > 0 });
            }
        }
    }
}

impl AsFd for Incoming {
    /// Readable as long as a signal waits.
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.signals.as_fd()
    }
}

/// The thread: looks, and takes a signal only if it is to end the process.
fn watch(signals: &SignalFd, phase: &Mutex<Phase>, woken: PipeReader, undo: impl FnOnce(i32)) {
    let mut woken = Some(woken);
    loop {
        let mut fds = vec![PollFd::new(signals, PollFlags::IN)];
        fds.extend(woken.as_ref().map(|woken| PollFd::new(woken, PollFlags::IN)));
        if poll(&mut fds, None).is_err() {
            continue;
        }
        let closed = fds.get(1).is_some_and(|fd| !fd.revents().is_empty());
        let phase = lock(phase);
        if *phase == Phase::Closed {
            return;
        }
        // The phase stays as it is while this thread holds the lock, and it holds it to the end.
        if let Ok(Some(info)) = signals.read_signal() {
            let number = i32::try_from(info.ssi_signo).unwrap_or_default();
            undo(number);
            signal_hook::low_level::exit(128 + number);
        }
        if closed {
            // The other end was dropped: the process ends by itself, but signals still count.
            woken = None;
        }
    }
}

fn lock(phase: &Mutex<Phase>) -> MutexGuard<'_, Phase> {
    phase.lock().unwrap_or_else(PoisonError::into_inner)
}

fn descriptor(set: &SigSet) -> io::Result<SignalFd> {
    Ok(SignalFd::with_flags(set, SfdFlags::SFD_CLOEXEC | SfdFlags::SFD_NONBLOCK)?)
}

fn is_readable(signals: &SignalFd) -> bool {
    let now = Timespec { tv_sec: 0, tv_nsec: 0 };
    let mut fds = [PollFd::new(signals, PollFlags::IN)];
    loop {
        match poll(&mut fds, Some(&now)) {
            Err(Errno::INTR) => {}
            result => return matches!(result, Ok(1..)),
        }
    }
}

/// All but those that stop a process from the terminal: these are to stop it.
fn blocked_by_one_that_stays() -> SigSet {
    let mut set = SigSet::all();
    set.remove(Named::SIGTSTP);
    set.remove(Named::SIGTTIN);
    set
}

/// The signals that this process ignores, as bits; none where there is no `/proc`.
fn ignored() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    line.and_then(|bits| u64::from_str_radix(bits.trim(), 16).ok()).unwrap_or(0)
}

fn bit(signal: i32) -> u64 {
    1 << (signal - 1)
}
