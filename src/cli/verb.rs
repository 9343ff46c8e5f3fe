//! The grammar of one verb alone: building that of all takes longer than the work on a small file.

use super::args::{Cli, Command, Global};
use clap::{Args, FromArgMatches as _};
use std::ffi::OsString;

/// The command line, if its first word is one of the verbs that are called in loops and by other programs, and
/// all is in order. `None` for everything else: the whole grammar decides, and has the messages.
pub(super) fn parse(arguments: &[OsString]) -> Option<Cli> {
    let verb = arguments.get(1)?.to_str()?;
    let (global, command) = match verb {
        "decrypt" => alone(arguments, Command::Decrypt),
        "encrypt" => alone(arguments, Command::Encrypt),
        "get" => alone(arguments, Command::Get),
        "set" => alone(arguments, Command::Set),
        "unset" => alone(arguments, Command::Unset),
        "edit" => alone(arguments, Command::Edit),
        "git" => alone(arguments, Command::Git),
        "check" => alone(arguments, Command::Check),
        "exec-env" => alone(arguments, Command::ExecEnv),
        "exec-file" => alone(arguments, Command::ExecFile),
        "filestatus" => alone(arguments, Command::Filestatus),
        #[cfg(target_os = "linux")]
        "run" => alone(arguments, |args| Command::Run(Box::new(args))),
        #[cfg(target_os = "linux")]
        "mount" => alone(arguments, |args| Command::Mount(Box::new(args))),
        _ => None,
    }?;
    Some(Cli { global, command })
}

/// The command line read as that of a program that does nothing but this verb.
pub(super) fn alone<A: Args, C>(arguments: &[OsString], command: impl FnOnce(A) -> C) -> Option<(Global, C)> {
    let program = A::augment_args(Global::augment_args(clap::Command::new("seal")));
    let words = arguments.iter().take(1).chain(&arguments[2..]);
    let matches = program.try_get_matches_from(words).ok()?;
    let own = A::from_arg_matches(&matches).ok()?;
    Some((Global::from_arg_matches(&matches).ok()?, command(own)))
}

#[cfg(test)]
mod tests {
    use super::parse;
    use crate::cli::args::Cli;
    use clap::Parser as _;
    use std::ffi::OsString;

    /// What is read alone is read as the whole grammar reads it.
    #[test]
    fn one_verb_alone_reads_as_all_together() {
        let lines = [
            "seal decrypt a.yaml",
            "seal decrypt -q --config c --extract a.b --identity k --output-type json - ",
            "seal decrypt -i a b c --json",
            "seal encrypt --age x,y -i a.yaml --quiet --encrypted-regex ^a",
            "seal get a.yaml b",
            "seal set a.yaml b c --string",
            "seal unset a.yaml b",
            "seal edit a.yaml",
            "seal git merge --path a b c d",
            "seal check --json .",
            "seal exec-env a.env env",
            "seal exec-file --no-fifo a.yaml cat",
            "seal filestatus a",
            "seal run --into /run/x a.yaml -- app --config y -q",
            "seal mount --into /run/x a.yaml",
        ];
        for line in lines {
            let words: Vec<OsString> = line.split_whitespace().map(OsString::from).collect();
            let whole = Cli::try_parse_from(&words);
            let alone = parse(&words);
            assert!(alone.is_some(), "{line}: {whole:?}");
            assert_eq!(format!("{:?}", alone.unwrap()), format!("{:?}", whole.unwrap()), "{line}");
        }
    }

    #[test]
    fn everything_else_is_for_the_whole_grammar() {
        for line in [
            "seal",
            "seal decrypt --help",
            "seal decrypt --nothing",
            "seal -q decrypt a",
            "seal dec a",
            "seal keygen",
            "seal help decrypt",
            "seal decrypt --version",
            "seal get a",
        ] {
            let words: Vec<OsString> = line.split_whitespace().map(OsString::from).collect();
            assert!(parse(&words).is_none(), "{line}");
        }
    }
}
