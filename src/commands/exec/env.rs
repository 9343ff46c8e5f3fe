//! `seal exec-env`: the values of a file as variables of a command.

use super::{Job, account, child};
use crate::commands::Context;
use crate::commands::failure::Subject;
use crate::doc::{Data, Text, dotenv};
use crate::error::{Code, Failure, Warning};
use crate::runtime::give_back_core;
use crate::sops::Opened;
use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;
use std::os::unix::process::CommandExt;

/// How the variables are given.
#[derive(Debug, Clone, Copy, Default)]
pub struct Env {
    /// No other variables.
    pub pristine: bool,
    /// Become the command instead of waiting for it.
    pub same_process: bool,
}

/// Runs the command of `job` with a variable for each value; its exit code.
///
/// # Errors
/// The file does not open or has expired (77), a value or its name cannot be a variable (1), or the command
/// cannot be started (1).
pub fn run(context: &Context, job: &Job, how: Env) -> Result<u8, Failure> {
    if job.background && how.same_process {
        return Err(Failure::new(
            Code::ConflictingParameters,
            "--background and --same-process cannot be used together",
        ));
    }
    let variables = job.open(context, |subject, opened, _| variables(context, subject, opened))?;
    let mut command = child::shell(&job.command);
    if how.pristine {
        command.env_clear();
    }
    command.envs(account::switch(job.user.as_deref())?).envs(variables);
    if how.same_process {
        give_back_core(job.core);
        return Err(child::not_started(&command.exec()));
    }
    if job.background {
        give_back_core(job.core);
        return command.spawn().map(|_running| 0).map_err(|error| child::not_started(&error));
    }
    child::run(&mut command, &child::hold()?, job.core)
}

/// A variable for each top-level value of the first document. Of several with one name the last counts.
fn variables(
    context: &Context,
    subject: Subject<'_>,
    opened: &Opened<'_>,
) -> Result<Vec<(OsString, OsString)>, Failure> {
    let documents = opened.documents();
    if documents.len() > 1 {
        context.warn(&Warning {
            headline: format!("`{}` has {} documents: only the first counts", subject.name, documents.len()),
            place: None,
            hints: Vec::new(),
        });
    }
    let Some(Data::Map(items)) = documents.first() else { return Ok(Vec::new()) };
    let values = items.iter().filter(|(_, item)| !matches!(item, Data::Comment(_)));
    values.map(|(key, item)| variable(subject, key, item)).collect()
}

fn variable(subject: Subject<'_>, key: &Text<'_>, item: &Data) -> Result<(OsString, OsString), Failure> {
    let refused = |why: &str| {
        let key = String::from_utf8_lossy(key);
        Failure::new(Code::Generic, format!("`{key}` of `{}` cannot be a variable", subject.name))
            .cause(why.to_owned())
    };
    let Data::Value(value) = item else {
        return Err(refused("it is a map or a list")
            .hint("to hand nested values on, in files or variables: seal run --help"));
    };
    if key.is_empty() || key.iter().any(|byte| matches!(byte, b'=' | 0)) {
        return Err(refused("a name has no `=` and no NUL byte, and is not empty"));
    }
    let text = dotenv::typed_text(value);
    if text.contains(&0) {
        return Err(refused("its value holds a NUL byte"));
    }
    crate::secret::keep_in_memory(&text);
    Ok((OsString::from_vec(key.to_vec()), OsString::from_vec(text)))
}
