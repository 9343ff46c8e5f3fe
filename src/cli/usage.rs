//! Arguments that clap does not accept, said as every other failure is, with the way out for those who
//! know SOPS.

use crate::error::{Code, Failure};
use crate::policy::Settings;
use crate::ui::{Reporter, shell_word};
use clap::error::{ContextKind, ContextValue, ErrorKind};
use std::ffi::OsString;
use std::process::ExitCode;

/// SOPS's flags that are not in this release.
const SOPS_FLAGS: [&str; 3] = ["--user-agent", "--verbose", "--disable-version-check"];

/// Verbs of `seal git` whose exit code 1 has a meaning of its own.
const NOT_ONE: [&str; 5] = ["textconv", "difftool", "merge", "doctor", "scan"];

/// Shows what clap has to say: help and version on standard output, with exit code 0; a mistake on
/// standard error, with SOPS's code for bad usage.
pub(super) fn report(
    error: &clap::Error,
    arguments: &[OsString],
    variables: &[String],
    grammar: fn() -> clap::Command,
) -> ExitCode {
    let help = matches!(
        error.kind(),
        ErrorKind::DisplayHelp
            | ErrorKind::DisplayVersion
            | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand
    );
    if help {
        // Nobody is left to hear that it failed.
        let _ = error.print();
        return ExitCode::from(u8::from(error.use_stderr()));
    }
    let arguments: Vec<String> =
        arguments.iter().skip(1).map(|argument| argument.to_string_lossy().into_owned()).collect();
    let given = Given { verb: verb(&arguments, &grammar()), words: &arguments };
    let mut failure = by_variable(failure(error, given), error, variables);
    match given.verb {
        // 1 stands for findings there.
        Some("check") => failure.code = Code::CannotReadInput,
        // A merge driver that is called wrongly must not look like one that found conflicts.
        Some("git") if arguments.iter().any(|word| NOT_ONE.contains(&word.as_str())) => {
            failure.code = Code::CannotReadInput;
        }
        // 1 may be the app's own.
        Some("run" | "mount") => failure.code = Code::BadUsage,
        _ => {}
    }
    let json = arguments.iter().any(|argument| argument == "--json");
    let no_color = Settings::from_env().map_or(true, |settings| settings.no_color);
    let _ = Reporter::stderr(json, no_color).failure(&failure);
    ExitCode::from(failure.code as u8)
}

/// The mistake in a command line that a person did not write so, without hints on it.
pub(super) fn in_words(error: &clap::Error) -> Failure {
    Failure { hints: Vec::new(), ..failure(error, Given { verb: None, words: &[] }) }
}

/// Names the variable where the mistake is in one.
fn by_variable(mut failure: Failure, error: &clap::Error, variables: &[String]) -> Failure {
    let argument = error.get(ContextKind::InvalidArg).map(texts).unwrap_or_default().concat();
    let flag = argument.split([' ', '[', '=']).next().unwrap_or_default();
    let name = format!("SEAL_{}", flag.trim_start_matches('-').to_uppercase().replace('-', "_"));
    if !variables.contains(&name) {
        return failure;
    }
    if error.kind() == ErrorKind::TooManyValues {
        return Failure::new(failure.code, format!("the variable `{name}` has no value that it takes"))
            .cause("it takes true or false");
    }
    failure.hints = vec![format!("the variable `{name}` says so")];
    failure
}

/// The arguments behind the program's name, and the verb among them.
#[derive(Clone, Copy)]
struct Given<'a> {
    verb: Option<&'a str>,
    words: &'a [String],
}

/// The mistake in our words.
fn failure(error: &clap::Error, arguments: Given<'_>) -> Failure {
    let context = |kind| error.get(kind).map(texts).unwrap_or_default();
    let argument = context(ContextKind::InvalidArg).join(" ");
    let usage = |headline: String| Failure::new(Code::Generic, headline);
    match error.kind() {
        ErrorKind::InvalidSubcommand => command(error, &context(ContextKind::InvalidSubcommand), arguments),
        ErrorKind::UnknownArgument => flag(error, &argument, arguments),
        ErrorKind::MissingRequiredArgument => {
            usage(format!("`seal {}` needs {argument}", arguments.verb.unwrap_or("COMMAND")))
                .hint(help(arguments))
        }
        ErrorKind::InvalidValue => {
            let value = context(ContextKind::InvalidValue).join(" ");
            let valid = context(ContextKind::ValidValue);
            if value.is_empty() {
                return usage(format!("`{argument}` needs a value")).hint(help(arguments));
            }
            let failure = usage(format!("`{value}` is no value of `{argument}`"));
            if valid.is_empty() { failure } else { failure.cause(format!("it takes {}", valid.join(", "))) }
        }
        ErrorKind::ValueValidation => {
            let value = context(ContextKind::InvalidValue).join(" ");
            let failure = usage(format!("`{value}` is no value of `{argument}`"));
            match std::error::Error::source(error) {
                Some(source) if source.is::<std::num::ParseIntError>() => {
                    failure.cause("it takes a whole number")
                }
                Some(source) => failure.cause(source.to_string()),
                None => failure,
            }
        }
        ErrorKind::TooManyValues => usage(format!("`{argument}` takes no value")).hint(help(arguments)),
        _ => {
            let text = error.to_string();
            let line = text.lines().next().unwrap_or_default();
            usage(line.trim_start_matches("error: ").to_owned()).hint(help(arguments))
        }
    }
}

/// A word in the place of a command that is none.
fn command(error: &clap::Error, given: &[String], arguments: Given<'_>) -> Failure {
    let word = given.join(" ");
    let failure = Failure::new(Code::Generic, format!("there is no command `{word}`"));
    if word.contains(['.', '/']) {
        return failure
            .cause("a command stands before the file")
            .hint(format!("to see its content: {}", line("seal decrypt", arguments.words)))
            .hint(format!("to encrypt it: {}", line("seal encrypt -i", arguments.words)));
    }
    match suggestion(error, ContextKind::SuggestedSubcommand) {
        Some(near) => failure.hint(format!("did you mean `{near}`?")),
        None => failure.hint(match arguments.verb {
            Some(verb) => format!("seal {verb} --help lists the commands"),
            None => "seal --help lists the commands".to_owned(),
        }),
    }
}

/// A flag that is none.
fn flag(error: &clap::Error, given: &str, arguments: Given<'_>) -> Failure {
    if !given.starts_with('-') {
        return Failure::new(Code::Generic, format!("`{given}` is one argument too many"))
            .hint(help(arguments));
    }
    let failure = Failure::new(Code::Generic, format!("there is no flag `{given}`"));
    if arguments.verb.is_none() {
        for (flags, verb) in [
            (["-e", "--encrypt"], "seal encrypt"),
            (["-d", "--decrypt"], "seal decrypt"),
            (["-r", "--rotate"], "seal rotate"),
        ] {
            if arguments.words.iter().any(|argument| flags.contains(&argument.as_str())) {
                let others: Vec<String> = arguments
                    .words
                    .iter()
                    .filter(|argument| !flags.contains(&argument.as_str()))
                    .cloned()
                    .collect();
                return failure
                    .cause("encrypt, decrypt and rotate are commands here, not flags")
                    .hint(line(verb, &others));
            }
        }
    }
    if let ("-i" | "--in-place", Some(verb @ ("edit" | "set" | "unset" | "updatekeys"))) =
        (given, arguments.verb)
    {
        return failure.cause(format!("seal {verb} always writes to the file"));
    }
    let starts_a_program = arguments.verb == Some("run") && !arguments.words.iter().any(|word| word == "--");
    let near = suggestion(error, ContextKind::SuggestedArg);
    if starts_a_program && near.is_none() {
        return failure
            .hint("a flag of the program? It stands after `--`: seal run app.enc.yaml -- ./app --its-flags")
            .hint(help(arguments));
    }
    if SOPS_FLAGS.contains(&given) {
        return failure.cause("it is a flag of sops that this release does not have").hint(help(arguments));
    }
    match near {
        Some(near) => failure.hint(format!("did you mean `{near}`?")),
        None => failure.hint(help(arguments)),
    }
}

/// The command among the arguments.
fn verb<'a>(arguments: &'a [String], grammar: &clap::Command) -> Option<&'a str> {
    let is_verb = |word: &&str| *word == "help" || grammar.find_subcommand(word).is_some();
    arguments.iter().map(String::as_str).find(is_verb)
}

fn help(arguments: Given<'_>) -> String {
    match arguments.verb {
        Some(verb) => format!("seal {verb} --help lists the flags"),
        None => "seal --help lists the commands".to_owned(),
    }
}

/// A command line to paste into a shell.
fn line(program: &str, arguments: &[String]) -> String {
    let mut line = program.to_owned();
    for argument in arguments {
        let flag =
            argument.starts_with('-') && *shell_word(&format!("x{argument}")) == format!("x{argument}");
        line.push(' ');
        if flag { line.push_str(argument) } else { line.push_str(&shell_word(argument)) }
    }
    line
}

/// The nearest of what clap suggests: the longest, as short ones are aliases.
fn suggestion(error: &clap::Error, kind: ContextKind) -> Option<String> {
    error.get(kind).map(texts)?.into_iter().max_by_key(String::len)
}

fn texts(value: &ContextValue) -> Vec<String> {
    match value {
        ContextValue::String(text) => vec![text.clone()],
        ContextValue::Strings(texts) => texts.clone(),
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::{Given, failure, verb};
    use crate::cli::args::Cli;
    use crate::error::Failure;
    use clap::{CommandFactory as _, Parser as _};

    fn said(line: &str) -> Failure {
        let arguments: Vec<String> = line.split(' ').map(str::to_owned).collect();
        let error = Cli::try_parse_from(std::iter::once("seal").chain(line.split(' '))).unwrap_err();
        failure(&error, Given { verb: verb(&arguments, &Cli::command()), words: &arguments })
    }

    #[test]
    fn the_habits_of_sops_are_understood() {
        for (line, headline, hint) in [
            ("-e a.yaml", "there is no flag `-e`", "seal encrypt a.yaml"),
            ("-i -d a.yaml", "there is no flag `-i`", "seal decrypt -i a.yaml"),
            (
                "--encrypt --age age1x a.yaml",
                "there is no flag `--encrypt`",
                "seal encrypt --age age1x a.yaml",
            ),
            ("a.yaml", "there is no command `a.yaml`", "to see its content: seal decrypt a.yaml"),
            ("-r -i a.yaml", "there is no flag `-r`", "seal rotate -i a.yaml"),
            ("rotate --verbose a.yaml", "there is no flag `--verbose`", "seal rotate --help lists the flags"),
            (
                "groups add -i a.yaml",
                "`a.yaml` is one argument too many",
                "seal groups --help lists the flags",
            ),
            (
                "decrypt --verbose a.yaml",
                "there is no flag `--verbose`",
                "seal decrypt --help lists the flags",
            ),
        ] {
            let failure = said(line);
            assert_eq!(failure.headline, headline, "{line}");
            assert_eq!(failure.hints[0], hint, "{line}");
        }
    }

    #[test]
    fn slips_get_a_suggestion() {
        for (line, headline, hint) in [
            ("decrpt a.yaml", "there is no command `decrpt`", "did you mean `decrypt`?"),
            ("encrypt --outptu a", "there is no flag `--outptu`", "did you mean `--output`?"),
            ("groups list", "there is no command `list`", "seal groups --help lists the commands"),
            ("xyzzy", "there is no command `xyzzy`", "seal --help lists the commands"),
            ("get a.yaml", "`seal get` needs <PATH>", "seal get --help lists the flags"),
            ("decrypt --extract", "`--extract <PATH>` needs a value", "seal decrypt --help lists the flags"),
        ] {
            let failure = said(line);
            assert_eq!(failure.headline, headline, "{line}");
            assert_eq!(failure.hints[0], hint, "{line}");
        }
        let failure = said("decrypt --output-type xml a");
        assert_eq!(failure.headline, "`xml` is no value of `--output-type <TYPE>`");
        assert_eq!(failure.causes, ["it takes yaml, json, dotenv, ini, toml, binary"]);
        assert_eq!(said("decrypt --indent x a").causes, ["not a number"]);
    }
}
