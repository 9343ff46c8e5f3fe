//! `seal mount`: the secrets are rendered for others.

use super::request::Mount;
use super::session::Session;
use super::sources::{Sources, Voice};
use super::{Start, failure, stay};
use crate::commands::Context;
use crate::container::generation::{self, CheckError};
use crate::error::{Code, Failure};
use crate::ui::shell_word;
use std::path::Path;

/// Renders, and stays if that is asked for.
///
/// # Errors
/// Anything; what was in the folder before is there still.
pub fn run(context: &Context, mount: &Mount, core: Option<u64>) -> Result<u8, Failure> {
    let result = rendered(context, mount, core);
    super::told(context, result)
}

fn rendered(context: &Context, mount: &Mount, core: Option<u64>) -> Result<u8, Failure> {
    let stays = mount.hold || mount.request.watch.every.is_some();
    let Start { undo, held, .. } = Start::now(stays, core)?;
    let watcher = stay::watcher(&mount.request);
    let mut session = Session::begin(context, &mount.request, undo, None, false)?;
    session.warn_of_open_key();
    let sources = render(&mut session).inspect_err(|failure| session.tell_refused(failure))?;
    if stays {
        return stay::alone(session, mount, (held, watcher), sources);
    }
    // A signal that came since is not lost: the secrets are there, and the process ends anyway.
    Ok(0)
}

fn render(session: &mut Session<'_>) -> Result<Sources, Failure> {
    let sources = session.open(Voice::Warn)?;
    let installed = session.install(&sources, "render")?;
    session.tell("render", &sources, installed.as_ref())?;
    Ok(sources)
}

/// Says by success that a complete set that has not expired is in `folder`. Needs no key.
///
/// # Errors
/// None is there (73), it has expired (77), or it cannot be looked at.
pub fn check(context: &Context, folder: &Path) -> Result<u8, Failure> {
    let shown = folder.display().to_string();
    let result = match generation::check(folder) {
        Ok(_) => Ok(0),
        Err(error @ CheckError::Expired(_)) => {
            Err(Failure::new(Code::NotAllowed, format!("the secrets in `{shown}` have expired"))
                .named("E_EXPIRED")
                .cause(error.to_string()))
        }
        Err(error) => {
            Err(Failure::new(Code::TargetRefused, format!("there is no complete set in `{shown}`"))
                .named("E_INCOMPLETE")
                .cause(error.to_string())
                .hint(format!("seal mount --into {} FILE", shell_word(&shown))))
        }
    };
    context.show_names();
    result
}

/// Removes what was made in `folder`, and nothing else.
///
/// # Errors
/// It is no folder or in use (73), or the system refuses (74).
pub fn clear(context: &Context, folder: &Path) -> Result<u8, Failure> {
    context.show_names();
    generation::clear(folder).map(|_| 0).map_err(|error| failure::clear(folder, &error))
}
