//! The program for images: what a container needs to get at its secrets, and nothing else.

use super::args::{DecryptArgs, GetArgs, Global, IdentityArgs};
#[cfg(target_os = "linux")]
use super::args::{MountArgs, RunArgs, services_only};
use super::{decrypt_request, finish, get, start, twins, usage, verb, warn_of_variables};
use crate::commands::{self, Context, Manner};
use crate::error::Failure;
use clap::{CommandFactory as _, Parser, Subcommand};
use std::ffi::OsString;
use std::process::ExitCode;

/// Hands secrets to containers: decrypts files in the SOPS format into memory
#[derive(Debug, Parser)]
#[command(name = "seal", version, arg_required_else_help = true)]
#[command(after_help = "This is the small program for images. The whole one makes and changes files.")]
struct Small {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Print one value of an encrypted file
    Get(GetArgs),
    /// Decrypt files, back to the byte
    #[command(visible_alias = "dec")]
    Decrypt(DecryptArgs),
    /// Decrypt into memory, then become a program
    #[cfg(target_os = "linux")]
    Run(Box<RunArgs>),
    /// Decrypt into memory for other programs
    #[cfg(target_os = "linux")]
    Mount(Box<MountArgs>),
}

/// Runs the program with these arguments, the first being its name.
#[must_use]
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let core = crate::harden::harden();
    let merged = twins::merged(arguments.into_iter().collect(), Small::command);
    let arguments = &merged.arguments;
    let Small { global, mut command } =
        match parse(arguments).map_or_else(|| Small::try_parse_from(arguments), Ok) {
            Ok(small) => small,
            Err(error) => return usage::report(&error, arguments, &merged.used, Small::command),
        };
    let context = match start(global, Manner::Seal, identity_args(&mut command)) {
        Ok(context) => context,
        Err(code) => return code,
    };
    warn_of_variables(&context, &merged);
    let done = dispatch(&context, command, merged.known, core);
    finish(&context, done)
}

/// The command line, if its first word is a verb and all is in order.
fn parse(arguments: &[OsString]) -> Option<Small> {
    let (global, command) = match arguments.get(1)?.to_str()? {
        "get" => verb::alone(arguments, Command::Get),
        "decrypt" => verb::alone(arguments, Command::Decrypt),
        #[cfg(target_os = "linux")]
        "run" => verb::alone(arguments, |args| Command::Run(Box::new(args))),
        #[cfg(target_os = "linux")]
        "mount" => verb::alone(arguments, |args| Command::Mount(Box::new(args))),
        _ => None,
    }?;
    Some(Small { global, command })
}

fn identity_args(command: &mut Command) -> IdentityArgs {
    match command {
        Command::Get(args) => std::mem::take(&mut args.identity),
        Command::Decrypt(args) => std::mem::take(&mut args.identity),
        #[cfg(target_os = "linux")]
        Command::Run(args) => services_only(&mut args.shared.services),
        #[cfg(target_os = "linux")]
        Command::Mount(args) => services_only(&mut args.shared.services),
    }
}

fn dispatch(
    context: &Context,
    command: Command,
    own_variables: Vec<String>,
    core: Option<u64>,
) -> Result<u8, Failure> {
    match command {
        Command::Get(args) => get(context, args).map(|()| 0),
        Command::Decrypt(args) => commands::decrypt::run(context, &decrypt_request(args)?).map(|()| 0),
        #[cfg(target_os = "linux")]
        Command::Run(args) => commands::container::run::run(context, &args.request(own_variables)?, core),
        #[cfg(target_os = "linux")]
        Command::Mount(args) => super::mount(context, *args, core),
    }
}

#[cfg(test)]
mod tests {
    use super::{Small, parse};
    use clap::{CommandFactory as _, Parser as _};
    use std::ffi::OsString;

    #[test]
    fn one_verb_alone_reads_as_all_together() {
        Small::command().debug_assert();
        for line in [
            "seal get a.yaml b",
            "seal decrypt -q a.yaml",
            "seal run --into /run/x a.yaml -- app --config y -q",
            "seal mount --into /run/x a.yaml",
        ] {
            let words: Vec<OsString> = line.split_whitespace().map(OsString::from).collect();
            let whole = Small::try_parse_from(&words).unwrap();
            assert_eq!(format!("{:?}", parse(&words).unwrap()), format!("{whole:?}"), "{line}");
        }
        assert!(parse(&["seal".into(), "edit".into(), "a.yaml".into()]).is_none());
    }
}
