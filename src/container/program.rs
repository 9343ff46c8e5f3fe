//! Where a program is, and why it cannot be started.

use rustix::fs::{Access, access};
use std::ffi::{OsStr, OsString};
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

/// Where programs are looked for if `PATH` is not set.
const DEFAULT_PATH: &str = "/bin:/usr/bin";

/// Why a program cannot be started.
#[derive(Debug, thiserror::Error)]
pub enum ProgramError {
    /// There is none of this name: exit code 127.
    #[error("there is no such program")]
    NotFound,
    /// It is there, but not the program that it needs to run, as a dynamic loader: exit code 127.
    #[error("the program that it needs to run, as a dynamic loader or an interpreter, is missing")]
    Interpreter,
    /// It is there, but cannot be executed: exit code 126.
    #[error("{}", crate::io::reason(.0))]
    NotExecutable(#[source] io::Error),
}

impl ProgramError {
    /// What shells end with in this case: 126 or 127.
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::NotFound | Self::Interpreter => 127,
            Self::NotExecutable(_) => 126,
        }
    }
}

/// The file that will be executed as `program`, looked up in the `PATH` of `environment`. To look before
/// anything else is done spares the trouble.
///
/// # Errors
/// There is none, or none that can be executed.
pub fn find(program: &OsStr, environment: &[(OsString, OsString)]) -> Result<PathBuf, ProgramError> {
    let mut failed = ProgramError::NotFound;
    for path in candidates(program, environment) {
        match check(&path) {
            Ok(()) => return Ok(path),
            Err(error) => failed = worse(failed, of_system(error, &path)),
        }
    }
    Err(failed)
}

/// The files that `program` may mean, in order.
pub(super) fn candidates(program: &OsStr, environment: &[(OsString, OsString)]) -> Vec<PathBuf> {
    if program.is_empty() {
        return Vec::new();
    }
    if program.as_bytes().contains(&b'/') {
        return vec![PathBuf::from(program)];
    }
    let path = environment.iter().find(|(name, _)| name == "PATH");
    let path = path.map_or(OsStr::new(DEFAULT_PATH), |(_, value)| value);
    // An empty place is the current folder.
    let place = |folder: PathBuf| if folder.as_os_str().is_empty() { PathBuf::from(".") } else { folder };
    std::env::split_paths(path).map(|folder| place(folder).join(program)).collect()
}

/// What the answer of the system to the execution of `path` means.
pub(super) fn of_system(error: io::Error, path: &Path) -> ProgramError {
    match error.kind() {
        io::ErrorKind::NotFound if path.is_file() => ProgramError::Interpreter,
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => ProgramError::NotFound,
        _ => ProgramError::NotExecutable(error),
    }
}

/// Of two answers the one that says more.
pub(super) fn worse(first: ProgramError, second: ProgramError) -> ProgramError {
    if matches!(first, ProgramError::NotFound) { second } else { first }
}

fn check(path: &Path) -> io::Result<()> {
    if std::fs::metadata(path)?.is_dir() {
        return Err(rustix::io::Errno::ISDIR.into());
    }
    Ok(access(path, Access::EXEC_OK)?)
}

#[cfg(test)]
mod tests {
    use super::{ProgramError, find};
    use crate::io::testing::Folder;
    use std::ffi::{OsStr, OsString};
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn programs_are_looked_up_as_shells_do() {
        let folder = Folder::new();
        for (name, mode) in [("plain", 0o644), ("app", 0o755)] {
            let file = folder.file(name, b"#!/bin/sh\n");
            std::fs::set_permissions(file, std::fs::Permissions::from_mode(mode)).unwrap();
        }
        let sub = folder.path("sub");
        std::fs::create_dir(&sub).unwrap();
        std::fs::create_dir(sub.join("app")).unwrap();
        let path = format!("/no/such:{}:{}", sub.display(), folder.0.display());
        let environment = [(OsString::from("PATH"), OsString::from(path))];
        let look = |name: &OsStr| find(name, &environment);
        // A folder of the name is passed over.
        assert_eq!(look(OsStr::new("app")).unwrap(), folder.path("app"));
        assert_eq!(look(folder.path("app").as_os_str()).unwrap(), folder.path("app"));
        for (name, code) in [("plain", 126), ("none", 127), ("", 127), ("/", 126), ("/etc/passwd/x", 127)] {
            assert_eq!(look(OsStr::new(name)).unwrap_err().exit_code(), code, "{name}");
        }
        assert!(matches!(look(OsStr::new("plain")), Err(ProgramError::NotExecutable(_))));
        assert!(find(OsStr::new("sh"), &[]).is_ok(), "a default PATH");
    }
}
