//! Another user for the command.

use crate::error::{Code, Failure};
use std::ffi::OsString;

/// Becomes the user called `name` for good, with that user's groups; the variables that name the user. None
/// if nobody is named.
///
/// # Errors
/// There is no such user, or this process may not become it (1).
#[cfg(target_os = "linux")]
pub(super) fn switch(name: Option<&str>) -> Result<Vec<(OsString, OsString)>, Failure> {
    use crate::container::{privileges, users};
    let Some(name) = name else { return Ok(Vec::new()) };
    let failure = |why: String| {
        Failure::new(Code::Generic, format!("cannot run the command as `{name}`; it was not started"))
            .cause(why)
    };
    let account = users::account(name).map_err(|error| failure(error.to_string()))?;
    privileges::become_account(account.user, &account.groups).map_err(|error| failure(error.to_string()))?;
    Ok(vec![
        ("HOME".into(), account.home.into_os_string()),
        ("USER".into(), account.name.clone().into()),
        ("LOGNAME".into(), account.name.into()),
    ])
}

/// Becomes the user called `name`.
///
/// # Errors
/// Somebody is named: this system has no way to do it.
#[cfg(not(target_os = "linux"))]
pub(super) fn switch(name: Option<&str>) -> Result<Vec<(OsString, OsString)>, Failure> {
    match name {
        None => Ok(Vec::new()),
        Some(_) => {
            Err(Failure::new(Code::Generic, "--user works on Linux only; the command was not started"))
        }
    }
}
