//! The command line of SOPS: the program called `sops` is that.
//!
//! A table holds the commands and flags, the words are read as SOPS reads them and become a command line of
//! ours, which then runs with the exit codes and the silence of SOPS. `docs/sops.md` lists what differs.

mod complete;
mod grammar;
mod help;
mod translate;
mod words;

use super::args::Cli;
use super::{Manner, dispatch, finish, start, usage};
use crate::commands::output;
use crate::error::{Code, Failure, Warning};
use crate::policy::Settings;
use crate::sops::metadata::VERSION;
use crate::ui::Reporter;
use clap::Parser as _;
use grammar::{FLAT, Named, Verb, is_family, named, verb};
use std::ffi::{OsStr, OsString};
use std::path::Path;
use std::process::ExitCode;
use translate::Line;

/// The exit code for a word that is no topic of the help.
const NO_TOPIC: u8 = 3;

/// Whether a program called `name` is to be SOPS.
pub(super) fn is_called(name: &OsStr) -> bool {
    Path::new(name).file_name() == Some(OsStr::new("sops"))
}

/// What a command line asks for.
enum Asked {
    /// A command of ours.
    Run(Line),
    /// A text on standard output.
    Print(String),
    /// The help of a command that does not exist.
    NoTopic(String),
}

/// Runs the program with these arguments, the first being its name.
pub(super) fn run(arguments: &[OsString], core: Option<u64>) -> ExitCode {
    let words = arguments.get(1..).unwrap_or_default();
    match asked(words) {
        Ok(Asked::Run(line)) => line_of_ours(line, core),
        Ok(Asked::Print(text)) => match output::print(text.as_bytes()) {
            Ok(()) => ExitCode::SUCCESS,
            Err(failure) => report(&failure),
        },
        Ok(Asked::NoTopic(word)) => {
            report(&Failure::new(Code::Generic, format!("there is no command `{word}`")).hint("sops --help"));
            ExitCode::from(NO_TOPIC)
        }
        Err(failure) => report(&failure),
    }
}

fn asked(words: &[OsString]) -> Result<Asked, Failure> {
    if let Some((last, before)) = words.split_last()
        && last == complete::MARK
    {
        return Ok(Asked::Print(complete::names(before)));
    }
    let outer = words::parse(words, FLAT.flags, false)?;
    let name = outer.arguments.first().and_then(|word| word.to_str()).unwrap_or_default();
    if outer.help {
        return Ok(Asked::Print(help::of_all()));
    }
    if outer.given.has("version") {
        return Ok(Asked::Print(format!("sops {VERSION} (seal {})\n", env!("CARGO_PKG_VERSION"))));
    }
    if matches!(name, "help" | "h") {
        return Ok(topic(&outer.arguments[1..]));
    }
    let (verb, rest) = match named(&outer.arguments) {
        Named::Verb(verb, words) => (verb, &outer.arguments[words..]),
        Named::Family(family) => {
            let second = outer.arguments.get(1).map(|word| word.to_string_lossy()).unwrap_or_default();
            return Ok(match &*second {
                "" | "help" | "h" | "-h" | "--help" => Asked::Print(help::of_family(family)),
                _ => Asked::NoTopic(second.into_owned()),
            });
        }
        Named::Other => return translate::flat(&outer).map(Asked::Run),
    };
    let inner = words::parse(rest, verb.flags, true)?;
    if inner.help {
        return Ok(Asked::Print(help::of(verb)));
    }
    if let Some(shell) = verb.name.strip_prefix("completion ") {
        return complete::script(shell).map(Asked::Print);
    }
    translate::command(verb, &outer.given, &inner).map(Asked::Run)
}

fn topic(words: &[OsString]) -> Asked {
    let words: Vec<_> = words.iter().map(|word| word.to_string_lossy()).collect();
    let name = words.join(" ");
    match verb(&name) {
        _ if name.is_empty() => Asked::Print(help::of_all()),
        Some(verb) => Asked::Print(help::of(verb)),
        None if is_family(&name) => Asked::Print(help::of_family(&name)),
        None => Asked::NoTopic(name),
    }
}

/// Runs a command line of ours in the manner of SOPS.
fn line_of_ours(line: Line, core: Option<u64>) -> ExitCode {
    let Line { verb, words, warnings, flat, rekeys } = line;
    let Cli { global, mut command } = match Cli::try_parse_from(&words) {
        Ok(cli) => cli,
        Err(error) => return report(&usage::in_words(&error)),
    };
    let context = match start(global, Manner::Sops, command.take_identity_args()) {
        Ok(context) => context,
        Err(code) => return code,
    };
    for headline in warnings {
        context.warn(&Warning { headline, place: None, hints: Vec::new() });
    }
    let done = dispatch(&context, command, Vec::new(), core)
        .map_err(|failure| Failure { code: code(verb, flat, rekeys, failure.code), ..failure });
    finish(&context, done)
}

/// The exit code that SOPS has for a failure. `flat`: without a command; `rekeys`: recipients come or go.
fn code(verb: &Verb, flat: bool, rekeys: bool, code: Code) -> Code {
    match (code, verb.name) {
        (Code::NotEncrypted, _) => Code::Generic,
        (Code::NoFile, "rotate") if rekeys => Code::NoFileToRekey,
        (Code::NoFile, "rotate") if flat => code,
        (Code::CannotRecoverKey, "groups add" | "groups delete") => Code::Generic,
        (Code::NoFile, "rotate" | "set" | "unset" | "groups add" | "groups delete") => Code::CannotReadInput,
        (Code::NoFile, "updatekeys" | "publish") => Code::Generic,
        _ => code,
    }
}

fn report(failure: &Failure) -> ExitCode {
    let no_color = Settings::from_env().map_or(true, |settings| settings.no_color);
    // Nobody is left to hear that it failed.
    let _ = Reporter::stderr(false, no_color).failure(failure);
    ExitCode::from(failure.code as u8)
}
