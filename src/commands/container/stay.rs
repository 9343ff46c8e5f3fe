//! The process stays: beside the app, or alone to hold and renew the secrets of others.
//!
//! One loop waits for everything: signals, changed files, and times that are up.

use super::app::{self, Gift};
use super::failure;
use super::request::{Mount, OnChange, OnEvent, Request, Run};
use super::session::Session;
use super::sources::{Expiry, Sources, Voice};
use crate::container::handover::{App, Before};
use crate::container::notify;
use crate::container::signals::{Held, Incoming, Received};
use crate::container::supervise::{Child, adopt_orphans};
use crate::container::users::User;
use crate::container::watch::{Watcher, is_mount_point};
use crate::error::{Code, Failure, Warning};
use rustix::event::{PollFd, PollFlags, poll};
use rustix::fs::Timespec;
use rustix::process::Signal;
use serde_json::json;
use std::os::fd::{AsFd, OwnedFd};
use std::time::{Duration, Instant};

/// How long a generation stays that was replaced, for readers that have it open.
const GRACE: Duration = Duration::from_secs(30);
/// How long the app may take to end when this process has to.
const END_GRACE: Duration = Duration::from_secs(10);
/// How long the last events wait for whoever reads the log.
const LOG_PATIENCE: Duration = Duration::from_secs(2);
/// The first and the longest wait after a change that could not be rendered.
const RETRY: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(60));

/// Watches the files of the request if that is asked for. To be called before they are read.
pub(super) fn watcher(request: &Request) -> Option<Watcher> {
    request.watch.every.map(|every| Watcher::new(&request.files, every))
}

/// The app and what belongs to it.
struct Beside<'a> {
    run: &'a Run,
    user: Option<User>,
    app: App,
    before: Before,
    child: Child,
    /// Files in memory that the app has open.
    memory: Vec<OwnedFd>,
    /// What follows when the app has ended by our doing.
    then: Then,
}

impl Beside<'_> {
    /// Gives the app a signal. One that asks to end while the app is about to start again means the next app,
    /// too: it does not start.
    fn pass_on(&mut self, received: Received) {
        if self.then == Then::Restart && (received.is_stop() || received.signal == Signal::QUIT) {
            self.then = Then::Pass;
        }
        self.child.forward(received);
    }
}

/// What follows the end of the app.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Then {
    /// This process ends with the app's exit code.
    Pass,
    /// The app starts again.
    Restart,
    /// This process ends with a code of its own.
    Exit(u8),
}

/// The loop's state.
struct Stay<'a> {
    session: Session<'a>,
    incoming: Incoming,
    watcher: Option<Watcher>,
    beside: Option<Beside<'a>>,
    expiry: Option<Expiry>,
    /// When a change is to be rendered.
    render_at: Option<Instant>,
    /// How long the next failure is waited for.
    retry: Duration,
    /// When old generations are to go.
    sweep_at: Option<Instant>,
}

/// Starts the app and stays beside it. Its exit code.
///
/// # Errors
/// The app cannot be started, the system refuses to wait, or an event cannot be written.
pub(super) fn beside_app(
    session: Session<'_>,
    run: &Run,
    user: Option<User>,
    (app, memory): (App, Vec<OwnedFd>),
    before: Before,
    (held, watcher): (Held, Option<Watcher>),
    sources: Sources,
) -> Result<u8, Failure> {
    let name = app::base_name(&app.program);
    session.event("handover", json!({ "program": name })).inspect_err(|_| session.take_back())?;
    let mut stay = Stay::begin(session, held, watcher, sources)?;
    adopt_orphans();
    let started =
        Child::spawn(&app, &before).map_err(|error| failure::handover(&app::shown(&app.program), &error));
    let result = match started {
        Ok(child) => {
            stay.beside = Some(Beside { run, user, app, before, child, memory, then: Then::Pass });
            stay.go_on()
        }
        Err(failure) => Err(failure),
    };
    stay.end(true, result)
}

/// Holds the secrets until a signal asks to stop.
///
/// # Errors
/// The system refuses to wait, or an event cannot be written.
pub(super) fn alone(
    session: Session<'_>,
    mount: &Mount,
    (held, watcher): (Held, Option<Watcher>),
    sources: Sources,
) -> Result<u8, Failure> {
    let mut stay = Stay::begin(session, held, watcher, sources)?;
    let result = stay.go_on();
    stay.end(mount.clear_on_exit, result)
}

impl<'a> Stay<'a> {
    fn begin(
        session: Session<'a>,
        held: Held,
        watcher: Option<Watcher>,
        sources: Sources,
    ) -> Result<Self, Failure> {
        let incoming = held.stay().map_err(|error| failure::system("hold signals", &error))?;
        if watcher.is_some() {
            warn_of_mounted_files(&session);
        }
        if let Some(socket) = &session.context.settings().container.notify {
            // Nobody is left to hear that it failed.
            let _ = notify::ready(socket);
        }
        session.audit.stay();
        let expiry = sources.expiry;
        Ok(Self {
            session,
            incoming,
            watcher,
            beside: None,
            expiry,
            render_at: None,
            retry: RETRY.0,
            sweep_at: None,
        })
    }

    /// Until the end: the exit code.
    fn go_on(&mut self) -> Result<u8, Failure> {
        loop {
            while let Some(received) = self.incoming.next() {
                if let Some(code) = self.receive(received)? {
                    return Ok(code);
                }
            }
            if let Some(beside) = &mut self.beside {
                beside.child.force();
            }
            if self.watcher.as_mut().is_some_and(Watcher::changed) {
                self.render_at = Some(Instant::now() + splay(self.session.request.watch.splay));
            }
            if self.render_at.is_some_and(|at| at <= Instant::now()) {
                self.render_at = None;
                self.render()?;
            }
            self.sweep();
            self.session.audit.write_on(Duration::ZERO)?;
            if let Some(code) = self.expire()? {
                return Ok(code);
            }
            self.wait()?;
        }
    }

    /// What a signal brings; the exit code if it brings the end.
    fn receive(&mut self, received: Received) -> Result<Option<u8>, Failure> {
        if !received.is_child() {
            if let Some(beside) = &mut self.beside {
                beside.pass_on(received);
            }
            // Told only then: a log that is broken or full keeps no signal from the app.
            if ![Signal::WINCH, Signal::CONT].contains(&received.signal) {
                self.session.event("signal", json!({ "signal": received.signal.as_raw() }))?;
            }
            return Ok((self.beside.is_none() && received.is_stop()).then_some(0));
        }
        let Some(beside) = &mut self.beside else { return Ok(None) };
        let ended = beside.child.reap().map_err(|error| failure::system("wait for the app", &error))?;
        match (ended, beside.then) {
            (None, _) => Ok(None),
            (Some(ended), Then::Pass) => Ok(Some(ended.exit_code())),
            (Some(_), Then::Exit(code)) => Ok(Some(code)),
            (Some(_), Then::Restart) => {
                beside.then = Then::Pass;
                let name = app::base_name(&beside.app.program);
                beside.child = Child::spawn(&beside.app, &beside.before)
                    .map_err(|error| failure::handover(&app::shown(&beside.app.program), &error))?;
                self.session.event("restart", json!({ "program": name }))?;
                Ok(None)
            }
        }
    }

    /// Renders changed files. If that fails, everything stays as it is and is tried again.
    fn render(&mut self) -> Result<(), Failure> {
        match self.try_render() {
            Ok(true) => {
                self.retry = RETRY.0;
                self.sweep_at = Some(Instant::now() + GRACE);
                self.act()
            }
            Ok(false) => {
                self.retry = RETRY.0;
                Ok(())
            }
            Err(failure) => {
                let error = failure.name.unwrap_or("E_FAILED");
                self.session.event("keep", json!({ "error": error, "code": failure.code as u8 }))?;
                if self.session.request.watch.on_fail == OnEvent::Exit {
                    return Err(failure);
                }
                self.session.warn_of_failure("the secrets stay as they were", &failure);
                self.render_at = Some(Instant::now() + self.retry);
                self.retry = (self.retry * 2).min(RETRY.1);
                Ok(())
            }
        }
    }

    /// Whether the app has something new.
    fn try_render(&mut self) -> Result<bool, Failure> {
        let sources = self.session.open(Voice::Silent)?;
        let gift = match &self.beside {
            Some(beside) => Some(app::gift(&self.session, beside.run, &sources, beside.user)?),
            None => None,
        };
        let installed = self.session.install(&sources, "change")?;
        self.expiry = sources.expiry;
        let mut is_new = installed.as_ref().is_none_or(|rendered| rendered.changed);
        if let (Some(beside), Some(gift)) = (&mut self.beside, gift)
            && !gift.is_same(&beside.app.environment, &beside.memory, &beside.run.memory)
        {
            is_new = true;
            let Gift { environment, memory } = gift;
            beside.app.environment = environment;
            // The app keeps the ones that it has; the next one gets these.
            beside.memory = memory;
        }
        if is_new {
            self.session.tell("change", &sources, installed.as_ref())?;
        }
        Ok(is_new)
    }

    /// What is done with the app after a change.
    fn act(&mut self) -> Result<(), Failure> {
        let Some(beside) = &mut self.beside else { return Ok(()) };
        match beside.run.on_change {
            OnChange::Nothing => {}
            OnChange::Signal(signal) => {
                self.session.event("signal", json!({ "signal": signal.as_raw(), "to": "app" }))?;
                beside.child.forward(Received { signal, from_system: false });
            }
            OnChange::Restart(grace) => {
                beside.then = Then::Restart;
                beside.child.stop(grace);
            }
            OnChange::Exit(code) => {
                beside.then = Then::Exit(code);
                beside.child.stop(END_GRACE);
            }
        }
        Ok(())
    }

    fn sweep(&mut self) {
        if self.sweep_at.is_none_or(|at| at > Instant::now()) {
            return;
        }
        self.sweep_at = match self.session.target().map(|target| target.sweep(GRACE)) {
            Some(Ok(next)) => next.map(|next| Instant::now() + next),
            // The next generation takes it along.
            Some(Err(_)) | None => None,
        };
    }

    /// What the end of the time brings; the exit code if it brings the end.
    fn expire(&mut self) -> Result<Option<u8>, Failure> {
        let now = self.session.context.now();
        let Some(expiry) = self.expiry.filter(|expiry| expiry.until.moment() <= now.moment()) else {
            return Ok(None);
        };
        self.expiry = None;
        self.session.event("expire", json!({ "until": expiry.until.to_string() }))?;
        self.session.warn(format!("the secrets have expired on {}", expiry.until));
        match self.session.request.watch.on_expire {
            OnEvent::Keep => {}
            OnEvent::Clear => self.clear()?,
            OnEvent::Exit => match &mut self.beside {
                None => return Ok(Some(Code::NotAllowed as u8)),
                Some(beside) => {
                    beside.then = Then::Exit(Code::NotAllowed as u8);
                    beside.child.stop(END_GRACE);
                }
            },
        }
        Ok(None)
    }

    fn clear(&self) -> Result<(), Failure> {
        let Some(target) = self.session.target() else { return Ok(()) };
        target.clear().map(drop).map_err(|error| failure::install(&target.facts().path, &error))
    }

    /// Waits for a signal, a change, or until something is due.
    fn wait(&self) -> Result<(), Failure> {
        let now = Instant::now();
        let until = |at: Option<Instant>| at.map(|at| at.saturating_duration_since(now));
        let expiry = self.expiry.map(|expiry| {
            let left = expiry.until.moment() - time::OffsetDateTime::now_utc();
            // The clock is read to the second.
            Duration::try_from(left).unwrap_or_default() + Duration::from_secs(1)
        });
        let due = [
            until(self.render_at),
            until(self.sweep_at),
            self.watcher.as_ref().map(Watcher::due),
            self.beside.as_ref().and_then(|beside| beside.child.due()),
            // A clock that is set, or a machine that slept, is noticed within a minute.
            expiry.map(|left| left.min(Duration::from_secs(60))),
        ];
        let due = due.into_iter().flatten().min().and_then(|due| Timespec::try_from(due).ok());
        let mut fds = vec![PollFd::from_borrowed_fd(self.incoming.as_fd(), PollFlags::IN)];
        let events = self.watcher.as_ref().and_then(Watcher::events);
        fds.extend(events.map(|events| PollFd::from_borrowed_fd(events, PollFlags::IN)));
        let log = self.session.audit.waits_for();
        fds.extend(log.map(|log| PollFd::from_borrowed_fd(log, PollFlags::OUT)));
        match poll(&mut fds, due.as_ref()) {
            Ok(_) | Err(rustix::io::Errno::INTR) => Ok(()),
            Err(error) => Err(failure::system("wait for signals", &error.into())),
        }
    }

    /// The last things: an app that still runs is ended, secrets are removed if they are to be.
    fn end(mut self, clears: bool, result: Result<u8, Failure>) -> Result<u8, Failure> {
        if result.is_err()
            && let Some(beside) = &mut self.beside
        {
            beside.child.stop(END_GRACE);
            self.wait_for_end();
        }
        let cleared = if clears { self.clear() } else { Ok(()) };
        let code = match (&result, &cleared) {
            (Ok(code), Ok(())) => *code,
            (Err(failure), _) | (_, Err(failure)) => failure.code as u8,
        };
        let told = self.session.event("exit", json!({ "code": code }));
        let told = told.and_then(|()| self.session.audit.end(LOG_PATIENCE));
        match result.and_then(|code| cleared.and(told).map(|()| code)) {
            // Nobody reads what would be said of it: to wait for a reader would keep the process for ever.
            Err(failure) if !self.session.audit.may_warn() => Ok(failure.code as u8),
            result => result,
        }
    }

    fn wait_for_end(&mut self) {
        while let Some(beside) = &mut self.beside {
            beside.child.force();
            while self.incoming.next().is_some() {}
            if !matches!(beside.child.reap(), Ok(None)) || self.wait().is_err() {
                return;
            }
        }
    }
}

/// A random part of `longest`.
fn splay(longest: Duration) -> Duration {
    let mut bytes = [0; 4];
    // Without randomness all wait the longest time.
    let part = getrandom::getrandom(&mut bytes)
        .map_or(1.0, |()| f64::from(u32::from_ne_bytes(bytes)) / f64::from(u32::MAX));
    longest.mul_f64(part)
}

fn warn_of_mounted_files(session: &Session<'_>) {
    for file in session.request.files.iter().filter(|file| is_mount_point(file)) {
        session.context.warn(&Warning {
            headline: format!(
                "`{}` is a mount of its own: a file that replaces it is never seen",
                file.display()
            ),
            place: None,
            hints: vec!["mount the folder that it is in".to_owned()],
        });
    }
}
