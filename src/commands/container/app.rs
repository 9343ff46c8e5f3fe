//! The app's side of a rendering: its variables, its memory files, its user.

use super::failure;
use super::key::FoundKey;
use super::request::Run;
use super::session::Session;
use super::sources::Sources;
use crate::commands::{Context, extract};
use crate::container::environ::{self, Variable};
use crate::container::fds;
use crate::container::users::{self, User};
use crate::doc::KeyPath;
use crate::error::{Code, Failure, Warning};
use crate::policy::{KEY_PLACE_VARIABLES, KEY_VARIABLES, environment};
use crate::render::{self, NullRule};
use serde_json::json;
use std::ffi::{OsStr, OsString};
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::ffi::{OsStrExt, OsStringExt};

/// What the app gets besides the files in the folder.
pub(super) struct Gift {
    /// All of its variables.
    pub(super) environment: Vec<Variable>,
    /// Memory files, open as long as this lives.
    pub(super) memory: Vec<OwnedFd>,
}

impl Gift {
    /// Whether an app that has `environment` and `memory` has the same. Memory files are told apart by what
    /// they hold, as each has a number of its own; `variables` name them.
    pub(super) fn is_same(
        &self,
        environment: &[Variable],
        memory: &[OwnedFd],
        variables: &[(String, String)],
    ) -> bool {
        let is_other = |variable: &&Variable| variables.iter().all(|(name, _)| variable.0 != *name.as_str());
        self.environment.iter().filter(is_other).eq(environment.iter().filter(is_other))
            && self.memory.len() == memory.len()
            && self
                .memory
                .iter()
                .zip(memory)
                .all(|(one, other)| fds::hold_the_same(one, other).unwrap_or(false))
    }
}

/// Whom the app becomes.
///
/// # Errors
/// A user that is not known (78).
pub(super) fn user(run: &Run) -> Result<Option<User>, Failure> {
    run.user.as_deref().map(users::user).transpose().map_err(|error| failure::user(&error))
}

/// Makes the variables and memory files that were asked for.
///
/// # Errors
/// A value that is not there or cannot be a variable (78).
pub(super) fn gift(
    session: &Session<'_>,
    run: &Run,
    sources: &Sources,
    user: Option<User>,
) -> Result<Gift, Failure> {
    let documents = &sources.documents;
    let null = session.request.what.null;
    let mut added: Vec<Variable> = Vec::new();
    let folder = session.absolute_path()?;
    let files = render::env_file_variables(documents, session.wish())
        .map_err(|error| failure::render(&sources.texts(), &error))?;
    for (variable, name) in files {
        added.push((variable.into(), folder.join(name).into_os_string()));
    }
    let mut exposed = Vec::new();
    for (variable, path) in &run.env {
        if let Some(bytes) = value(sources, path, null)? {
            let bytes = bytes.to_vec();
            crate::secret::keep_in_memory(&bytes);
            added.push((variable.into(), OsString::from_vec(bytes)));
            exposed.push(variable.clone());
        }
    }
    let mut memory = Vec::new();
    for (variable, path) in &run.memory {
        let Some(bytes) = value(sources, path, null)? else { continue };
        let owner = user.map(|user| (user.uid, user.gid));
        let system = |error: std::io::Error| failure::system("make a file in memory", &error);
        let file = fds::sealed_file("secret", bytes, owner).map_err(system)?;
        fds::keep(&file).map_err(system)?;
        added.push((variable.into(), format!("/proc/self/fd/{}", file.as_raw_fd()).into()));
        memory.push(file);
    }
    if !exposed.is_empty() {
        session.event("env", json!({ "names": exposed }))?;
    }
    let keys: Vec<&str> = KEY_VARIABLES.iter().chain(&KEY_PLACE_VARIABLES).copied().collect();
    let own: Vec<&str> = session.request.own_variables.iter().map(String::as_str).collect();
    let environment = environ::of_app(environment(), &keys, &own, added).map_err(|error| {
        Failure::new(Code::BadRequest, "cannot give the app its variables")
            .named("E_NAME")
            .cause(error.to_string())
    })?;
    Ok(Gift { environment, memory })
}

/// The bytes of the value at `path`; `None` for a null that is skipped.
fn value<'s>(sources: &'s Sources, path: &str, null: NullRule) -> Result<Option<&'s [u8]>, Failure> {
    let path: KeyPath = extract::path(path, Code::BadRequest)?;
    let found = render::find(&sources.documents, &path, None);
    let bytes = found.and_then(|(document, leaf)| leaf.bytes(document, null));
    bytes.map_err(|error| failure::render(&sources.texts(), &error))
}

/// Warns if the app could read the key that was not meant for it.
pub(super) fn warn_of_readable_key(context: &Context, key: &FoundKey, user: Option<User>) {
    let Some(path) = &key.file else { return };
    if !super::key::can_read(path, user) {
        return;
    }
    context.warn(&Warning {
        headline: format!("the app can read its own key (`{}`)", path.display()),
        place: None,
        hints: vec!["use --user with a key of mode 0400 that belongs to root, or seal mount".to_owned()],
    });
}

/// A program's name for messages, as it was given.
pub(super) fn shown(program: &OsStr) -> String {
    program.to_string_lossy().into_owned()
}

/// A program's name without its folder, for the audit log: arguments and paths may tell secrets, it does not.
pub(super) fn base_name(program: &OsStr) -> String {
    let bytes = program.as_bytes();
    let start = bytes.iter().rposition(|byte| *byte == b'/').map_or(0, |at| at + 1);
    String::from_utf8_lossy(&bytes[start..]).into_owned()
}
