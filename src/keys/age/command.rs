//! Commands that print identities, run without a shell.

use super::read;
use crate::words;
use std::process::{Command, Stdio};
use zeroize::Zeroizing;

/// Variables that hold key material; a command gets none of them.
const SECRET_VARIABLES: [&str; 1] = ["SOPS_AGE_KEY"];

/// Runs `line` and gives what it prints. Its standard error goes to ours, its input is empty.
pub(super) fn run(line: &str, recipient: Option<&str>) -> Result<Zeroizing<Vec<u8>>, String> {
    let words = words::split(line)?;
    let (program, arguments) = words.split_first().ok_or("the command is empty")?;
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::piped());
    SECRET_VARIABLES.iter().for_each(|name| {
        command.env_remove(name);
    });
    if let Some(recipient) = recipient {
        command.env("SOPS_AGE_RECIPIENT", recipient);
    }
    let mut child =
        command.spawn().map_err(|error| format!("the program cannot be run: {}", read::in_words(&error)))?;
    let output = child.stdout.take().map_or_else(|| Ok(Zeroizing::default()), |pipe| read::all(pipe, 0));
    if output.is_err() {
        // It may go on printing for ever.
        let _ = child.kill();
    }
    let status = child.wait().map_err(|error| error.to_string())?;
    let output = output.map_err(|error| format!("its output cannot be read: {}", read::in_words(&error)))?;
    match status.code() {
        Some(0) => Ok(output),
        Some(code) => Err(format!("the command failed with exit code {code}")),
        None => Err("the command was killed by a signal".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::run;

    #[test]
    fn a_command_sees_the_recipient_and_gives_its_output() {
        let output = run(r#"sh -c 'printf "%s" "$SOPS_AGE_RECIPIENT"'"#, Some("age1x")).unwrap();
        assert_eq!(output.as_slice(), b"age1x");
    }

    #[test]
    fn failures_are_told() {
        assert_eq!(run("", None).unwrap_err(), "the command is empty");
        assert_eq!(run("false", None).unwrap_err(), "the command failed with exit code 1");
        assert!(run("no-such-program-here", None).unwrap_err().contains("does not exist"));
        assert!(run("yes", None).unwrap_err().contains("larger than 16 MiB"));
    }
}
