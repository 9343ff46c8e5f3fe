//! The user's `docker`: found on the path, with the engine of the environment, and without our keys.

use crate::commands::context::Context;
use crate::error::{Code, Failure};
use crate::io::reason;
use crate::policy::KEY_VARIABLES;
use serde_json::Value;
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

/// Values shorter than this stand in any text by chance.
const TELLING: usize = 4;
/// How much of what it says is shown, in characters.
const MOST_WORDS: usize = 1000;

/// The program.
pub(super) struct Docker {
    program: PathBuf,
}

impl Docker {
    /// The first `docker` on the path. Relative folders of the path do not count.
    ///
    /// # Errors
    /// There is none (127).
    pub(super) fn find(context: &Context) -> Result<Self, Failure> {
        let path = context.settings().path.as_deref();
        let folders = path.into_iter().flat_map(std::env::split_paths).filter(|folder| folder.is_absolute());
        let is_program = |file: &PathBuf| {
            file.metadata().is_ok_and(|found| found.is_file() && found.permissions().mode() & 0o111 != 0)
        };
        match folders.map(|folder| folder.join("docker")).find(is_program) {
            Some(program) => Ok(Self { program }),
            None => Err(Failure::new(Code::ProgramNotFound, "there is no `docker` on the path")
                .named("E_DOCKER")
                .hint(
                    "install the command line of Docker, on a manager of the swarm or with DOCKER_HOST set",
                )),
        }
    }

    /// What `docker ARGS` prints. `what` it is to do is for messages.
    ///
    /// # Errors
    /// It cannot be started, or fails (1).
    pub(super) fn run(&self, what: &str, args: &[&str]) -> Result<Vec<u8>, Failure> {
        self.finish(what, self.command(args).stdin(Stdio::null()).output(), b"")
    }

    /// The same with `value` on its standard input, where nobody else sees it.
    ///
    /// # Errors
    /// As [`Self::run`].
    pub(super) fn give(&self, what: &str, args: &[&str], value: &[u8]) -> Result<(), Failure> {
        let output = self.command(args).stdin(Stdio::piped()).spawn().and_then(|mut child| {
            if let Some(mut stdin) = child.stdin.take() {
                // One that does not read fails, and says why itself.
                let _ = stdin.write_all(value);
            }
            child.wait_with_output()
        });
        self.finish(what, output, value).map(drop)
    }

    /// The lines that `docker ARGS` prints.
    ///
    /// # Errors
    /// As [`Self::run`].
    pub(super) fn lines(&self, what: &str, args: &[&str]) -> Result<Vec<String>, Failure> {
        let text = String::from_utf8_lossy(&self.run(what, args)?).into_owned();
        Ok(text.lines().map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned).collect())
    }

    /// What `docker KIND inspect NAMES` says; nothing for no names.
    ///
    /// # Errors
    /// As [`Self::run`], or it is not what docker says.
    pub(super) fn inspect(&self, kind: &str, names: &[String]) -> Result<Vec<Value>, Failure> {
        if names.is_empty() {
            return Ok(Vec::new());
        }
        let mut args = vec![kind, "inspect"];
        args.extend(names.iter().map(String::as_str));
        let what = format!("look at a {kind}");
        let text = self.run(&what, &args)?;
        match serde_json::from_slice(&text) {
            Ok(Value::Array(all)) => Ok(all),
            _ => Err(refusal(&what).cause("it does not answer with the JSON that is expected")),
        }
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(&self.program);
        command.args(args).stdout(Stdio::piped()).stderr(Stdio::piped());
        KEY_VARIABLES.iter().for_each(|name| {
            command.env_remove(name);
        });
        command
    }

    fn finish(&self, what: &str, output: std::io::Result<Output>, value: &[u8]) -> Result<Vec<u8>, Failure> {
        let output = output.map_err(|error| {
            let headline = format!("cannot run `{}`", self.program.display());
            Failure::new(Code::Generic, headline).named("E_DOCKER").cause(reason(&error))
        })?;
        if output.status.success() {
            return Ok(output.stdout);
        }
        Err(refusal(what).cause(words(&output.stderr, value).unwrap_or_else(|| output.status.to_string())))
    }
}

fn refusal(what: &str) -> Failure {
    Failure::new(Code::Generic, format!("docker cannot {what}")).named("E_DOCKER")
}

/// What docker says, unless it says the value.
fn words(stderr: &[u8], value: &[u8]) -> Option<String> {
    let shows =
        |value: &[u8]| value.len() >= TELLING && stderr.windows(value.len()).any(|part| part == value);
    if shows(value) || shows(value.trim_ascii()) {
        return None;
    }
    let text = String::from_utf8_lossy(stderr);
    let text: String = text.trim().chars().take(MOST_WORDS).collect();
    (!text.is_empty()).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::words;

    #[test]
    fn what_docker_says_never_holds_the_value() {
        assert_eq!(words(b" no swarm\n", b"hunter2").as_deref(), Some("no swarm"));
        assert_eq!(words(b"bad: hunter2!", b"hunter2"), None);
        assert_eq!(words(b"bad: hunter2!", b"hunter2\n"), None);
        assert_eq!(words(b"exit 1", b"1").as_deref(), Some("exit 1"));
        assert_eq!(words(b"\n", b"hunter2"), None);
    }
}
