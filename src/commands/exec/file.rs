//! `seal exec-file`: the content of a file in a pipe or a file in memory, for a command.

use super::{Job, account, child};
use crate::commands::{Context, decrypt, private};
use crate::error::{Code, Failure};
use crate::io::reason;
use crate::runtime::PrivateFolder;
use std::ffi::{OsStr, OsString};
use std::fs::OpenOptions;
use std::io::Write as _;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Component, Path, PathBuf};
use zeroize::Zeroizing;

/// What the file is called if nobody says.
const NAME: &str = "tmp-file";
/// What stands for its path in the command.
const PLACE: &[u8] = b"{}";

/// How the content is given.
#[derive(Debug, Clone, Default)]
pub struct File {
    /// As a regular file, which can be read more than once.
    pub regular: bool,
    /// Its name.
    pub name: Option<String>,
}

/// Runs the command of `job` with the path of the plain text for each `{}`; its exit code.
///
/// # Errors
/// The file does not open or has expired (77), there is no folder in memory for it (1), or the command
/// cannot be started (1).
pub fn run(context: &Context, job: &Job, how: &File) -> Result<u8, Failure> {
    let name = how.name.as_deref().unwrap_or(NAME);
    check(name)?;
    if job.background {
        return Err(Failure::new(Code::ConflictingParameters, "exec-file cannot leave its command alone")
            .cause("the plain text goes when exec-file ends, so the command would find nothing")
            .hint("let the shell do it: seal exec-file FILE COMMAND &"));
    }
    let text = job.open(context, |subject, opened, to| {
        decrypt::text(subject, opened, (to, job.types.dialect), &context.layout(to, job.types.indent)?)
    })?;
    let variables = account::switch(job.user.as_deref())?;
    let signals = child::hold()?;
    // A pipe holds nothing that could reach a disk.
    let folder = private::folder(context, !how.regular).map_err(|error| {
        Failure::new(Code::Generic, "there is no place for the plain text").cause(error.to_string()).hint(
            if how.regular {
                "mount a tmpfs at /dev/shm, or leave --no-fifo out"
            } else {
                "mount a tmpfs at /dev/shm"
            },
        )
    })?;
    let path = place(&folder, name, text, how.regular)?;
    let mut command = child::shell(&with_path(&job.command, &path));
    command.envs(variables);
    child::run(&mut command, &signals, job.core)
}

/// A name stays in its folder.
fn check(name: &str) -> Result<(), Failure> {
    let mut parts = Path::new(name).components();
    match (parts.next(), parts.next()) {
        (Some(Component::Normal(part)), None) if part == OsStr::new(name) && !name.contains('\0') => Ok(()),
        _ => Err(Failure::new(Code::Generic, "--filename is no name of a file")
            .cause("it names a file in a folder of its own, without `/` and `..`")),
    }
}

/// Puts the text into the folder.
fn place(
    folder: &PrivateFolder,
    name: &str,
    text: Zeroizing<Vec<u8>>,
    regular: bool,
) -> Result<PathBuf, Failure> {
    let failed = |error: &dyn std::fmt::Display| {
        Failure::new(Code::Generic, "cannot hand over the plain text").cause(error.to_string())
    };
    if regular {
        return folder.write(name, &text).map_err(|error| failed(&error));
    }
    let path = folder.pipe(name).map_err(|error| failed(&error))?;
    let pipe = path.clone();
    // It waits for a reader, which may never come; the end of the process ends it.
    std::thread::Builder::new()
        .spawn(move || {
            if let Ok(mut pipe) = OpenOptions::new().write(true).open(pipe) {
                // A reader that has seen enough is no failure.
                let _ = pipe.write_all(&text);
            }
        })
        .map_err(|error| failed(&reason(&error)))?;
    Ok(path)
}

/// The command with `path` in the place of each `{}`.
fn with_path(command: &OsStr, path: &Path) -> OsString {
    let mut rest = command.as_bytes();
    let mut out = Vec::with_capacity(rest.len());
    while let Some(at) = rest.windows(PLACE.len()).position(|window| window == PLACE) {
        out.extend_from_slice(&rest[..at]);
        out.extend_from_slice(path.as_os_str().as_bytes());
        rest = &rest[at + PLACE.len()..];
    }
    out.extend_from_slice(rest);
    OsString::from_vec(out)
}

#[cfg(test)]
mod tests {
    use super::{check, with_path};
    use std::ffi::OsStr;
    use std::path::Path;

    #[test]
    fn every_mark_becomes_the_path() {
        let put = |command: &str| with_path(OsStr::new(command), Path::new("/m/f")).into_string().unwrap();
        assert_eq!(put("cat {} {}"), "cat /m/f /m/f");
        assert_eq!(put("{}"), "/m/f");
        assert_eq!(put("{ }{{}}"), "{ }{/m/f}");
        assert_eq!(put(""), "");
    }

    #[test]
    fn a_name_stays_in_its_folder() {
        for name in ["a", "a b.yaml", ".env", "..x"] {
            assert!(check(name).is_ok(), "{name}");
        }
        for name in ["", ".", "..", "../x", "/x", "a/b", "a/", "./a"] {
            assert!(check(name).is_err(), "{name}");
        }
    }
}
