//! `seal run`: the secrets are rendered, then the process becomes the app, or stays beside it.

use super::app::{self, Gift};
use super::request::Run;
use super::session::Session;
use super::sources::{Sources, Voice};
use super::{Start, failure, stay};
use crate::commands::Context;
use crate::container::handover::{App, become_app};
use crate::container::program;
use crate::container::users::User;
use crate::error::Failure;
use serde_json::json;
use std::os::fd::OwnedFd;

/// Renders and becomes the app. `core` is the soft limit for core files before this process closed itself.
///
/// # Errors
/// Anything before the app runs; then nothing of this run is left in the folder unless all was rendered.
pub fn run(context: &Context, run: &Run, core: Option<u64>) -> Result<u8, Failure> {
    let result = handed_over(context, run, core);
    super::told(context, result)
}

fn handed_over(context: &Context, run: &Run, core: Option<u64>) -> Result<u8, Failure> {
    let stays = run.supervise || run.request.watch.every.is_some();
    let Start { before, undo, held } = Start::now(stays, core)?;
    let user = app::user(run)?;
    let picks_elsewhere = !run.env.is_empty() || !run.memory.is_empty();
    let watcher = stay::watcher(&run.request);
    let mut session = Session::begin(context, &run.request, undo, user, picks_elsewhere)?;
    let ready = Ready::make(&mut session, run, user).inspect_err(|failure| session.tell_refused(failure))?;
    app::warn_of_readable_key(context, &session.key, user);
    let Ready { app, sources, memory } = ready;
    if stays {
        return stay::beside_app(session, run, user, (app, memory), before, (held, watcher), sources);
    }
    let name = app::base_name(&app.program);
    let told = session.event("handover", json!({ "program": name }));
    drop(sources);
    let failure = match told {
        Ok(()) => failure::handover(&app::shown(&app.program), &become_app(&app, &before, &held)),
        Err(failure) => failure,
    };
    session.take_back();
    Err(failure)
}

/// Everything the app needs is there.
struct Ready {
    app: App,
    sources: Sources,
    /// Open as long as the app is not started.
    memory: Vec<OwnedFd>,
}

impl Ready {
    /// Opens the files, looks whether the app can be started, and writes the secrets last: whatever fails
    /// before leaves nothing behind.
    fn make(session: &mut Session<'_>, run: &Run, user: Option<User>) -> Result<Self, Failure> {
        let sources = session.open(Voice::Warn)?;
        let Gift { environment, memory } = app::gift(session, run, &sources, user)?;
        let (program, arguments) = run.command.split_first().ok_or_else(failure::no_command)?;
        program::find(program, &environment)
            .map_err(|error| failure::program(&app::shown(program), &error))?;
        let installed = session.install(&sources, "render")?;
        session.tell("render", &sources, installed.as_ref())?;
        let app = App {
            program: program.clone(),
            arguments: arguments.to_vec(),
            environment,
            user,
            no_new_privs: run.no_new_privs,
        };
        Ok(Self { app, sources, memory })
    }
}
