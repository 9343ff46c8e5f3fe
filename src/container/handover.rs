//! The process becomes the app, and the app finds what it would have found without us.

use super::environ::Variable;
use super::privileges::{DropError, become_user};
use super::program::{ProgramError, candidates, of_system, worse};
use super::signals::Held;
use super::users::User;
use nix::unistd::execve;
use rustix::fs::Mode;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit, umask};
use std::convert::Infallible;
use std::ffi::{CStr, CString, OsString};
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// What is to be started.
pub struct App {
    /// Its program: a path, or a name to be looked up in the `PATH` of `environment`.
    pub program: OsString,
    /// Its arguments, without the name of the program.
    pub arguments: Vec<OsString>,
    /// Its whole environment.
    pub environment: Vec<Variable>,
    /// Whom it runs as, if not as this process.
    pub user: Option<User>,
    /// It cannot gain rights by executing a file.
    pub no_new_privs: bool,
}

/// What this process found and changed for itself, and gives back to the app.
#[derive(Debug, Clone, Copy)]
pub struct Before {
    umask: Mode,
    core: Option<u64>,
}

impl Before {
    /// Closes the files that this process makes to others (umask 077). `core` is the soft limit for core
    /// files in bytes as it was found, `None` being no limit.
    #[must_use]
    pub fn note(core: Option<u64>) -> Self {
        Self { umask: umask(Mode::RWXG | Mode::RWXO), core }
    }

    /// Puts everything back. Best effort: what an app finds there is a comfort.
    pub(super) fn restore(&self) {
        umask(self.umask);
        set_core(self.core);
    }

    /// Makes it ours again.
    pub(super) fn close(&self) {
        umask(Mode::RWXG | Mode::RWXO);
        set_core(Some(0));
    }
}

fn set_core(current: Option<u64>) {
    let maximum = getrlimit(Resource::Core).maximum;
    let _ = setrlimit(Resource::Core, Rlimit { current, maximum });
}

/// Why the process did not become the app.
#[derive(Debug, thiserror::Error)]
pub enum HandoverError {
    /// The program cannot be executed.
    #[error(transparent)]
    Program(#[from] ProgramError),
    /// The process could not become the user of the app.
    #[error(transparent)]
    User(#[from] DropError),
    /// A name, an argument or a variable holds a NUL byte.
    #[error("an argument or a variable holds a NUL byte")]
    Nul,
    /// The system refuses a step on the way.
    #[error("{}", crate::io::reason(.0))]
    System(#[from] io::Error),
}

/// Becomes the app. This returns only if it fails, perhaps after the user was changed.
///
/// The signals that are held reach the app or end the process. The app has default handlers but for what
/// was ignored before, an empty mask, the umask and the limits that `before` remembers, and of the
/// descriptors those that this process was given.
pub fn become_app(app: &App, before: &Before, held: &Held) -> HandoverError {
    match prepare_and_execute(app, before, held) {
        Ok(never) => match never {},
        Err(error) => error,
    }
}

fn prepare_and_execute(app: &App, before: &Before, held: &Held) -> Result<Infallible, HandoverError> {
    let image = Image::of(app)?;
    held.close();
    if let Some(user) = app.user {
        become_user(user)?;
    }
    if app.no_new_privs {
        rustix::thread::set_no_new_privs(true).map_err(io::Error::from)?;
    }
    before.restore();
    // Ignoring survives the execution, a handler does not: so the app finds the default again.
    let unused = Arc::new(AtomicBool::new(false));
    signal_hook::flag::register(signal_hook::consts::SIGPIPE, unused)?;
    held.release()?;
    let Err(error) = image.each(execve);
    Err(error.into())
}

/// An app in the form that the system takes.
pub(super) struct Image {
    files: Vec<PathBuf>,
    arguments: Vec<CString>,
    environment: Vec<CString>,
}

impl Image {
    pub(super) fn of(app: &App) -> Result<Self, HandoverError> {
        let mut arguments = vec![text(app.program.as_bytes())?];
        for argument in &app.arguments {
            arguments.push(text(argument.as_bytes())?);
        }
        let mut environment = Vec::with_capacity(app.environment.len());
        for (name, value) in &app.environment {
            environment.push(text(&[name.as_bytes(), b"=", value.as_bytes()].concat())?);
        }
        Ok(Self { files: candidates(&app.program, &app.environment), arguments, environment })
    }

    /// Executes the files that the program may mean until one can be, as shells do; but gives none to a shell.
    pub(super) fn each<T>(
        &self,
        execute: impl Fn(&CStr, &[CString], &[CString]) -> nix::Result<T>,
    ) -> Result<T, ProgramError> {
        let mut failed = ProgramError::NotFound;
        for path in &self.files {
            let Ok(file) = CString::new(path.as_os_str().as_bytes()) else { continue };
            match execute(&file, &self.arguments, &self.environment) {
                Ok(done) => return Ok(done),
                Err(error) => failed = worse(failed, of_system(error.into(), path)),
            }
        }
        Err(failed)
    }
}

fn text(bytes: &[u8]) -> Result<CString, HandoverError> {
    CString::new(bytes).or(Err(HandoverError::Nul))
}
