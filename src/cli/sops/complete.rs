//! What shells complete after `sops`.

use super::grammar::{FLAT, Takes, VERBS, Verb, is_family, verb};
use crate::error::{Code, Failure};
use clap::{Arg, ArgAction, Command, ValueHint};
use clap_complete::Shell;
use std::ffi::OsString;

/// The last word of a command line that asks for names; the scripts of SOPS use it.
pub(super) const MARK: &str = "--generate-bash-completion";

/// The names that fit behind `words`, a line each: flags if the last of them begins with a dash, else
/// commands.
pub(super) fn names(words: &[OsString]) -> String {
    let words: Vec<_> = words.iter().map(|word| word.to_string_lossy()).collect();
    let commands: Vec<&str> = words.iter().map(AsRef::as_ref).filter(|word| !word.starts_with('-')).collect();
    let found = match commands.as_slice() {
        [family, name, ..] if is_family(family) => verb(&format!("{family} {name}")),
        [name, ..] => verb(name),
        [] => None,
    };
    let mut lines: Vec<String> = Vec::new();
    if words.last().is_some_and(|word| word.starts_with('-')) {
        let flags = found.unwrap_or(&FLAT).flags.iter().flat_map(|list| list.iter());
        lines.extend(flags.map(|flag| format!("--{}", flag.name)));
    } else if let [family] = *commands.as_slice()
        && is_family(family)
    {
        let names = VERBS.iter().filter_map(|verb| verb.name.strip_prefix(family)?.strip_prefix(' '));
        lines.extend(names.map(str::to_owned));
    } else if commands.is_empty() {
        lines.extend(first_words().map(str::to_owned));
    }
    lines.iter().map(|line| format!("{line}\n")).collect()
}

/// The script for `shell`.
///
/// # Errors
/// There is none for this shell (1).
pub(super) fn script(shell: &str) -> Result<String, Failure> {
    let shell: Shell = shell.parse().map_err(|_unknown: String| {
        Failure::new(Code::Generic, format!("there is no completion for `{shell}`"))
    })?;
    let mut out = Vec::new();
    clap_complete::generate(shell, &mut command(), "sops", &mut out);
    Ok(String::from_utf8_lossy(&out).into_owned())
}

/// The commands, families once.
fn first_words() -> impl Iterator<Item = &'static str> {
    let mut last = "";
    VERBS.iter().map(|verb| verb.name.split(' ').next().unwrap_or_default()).filter(move |name| {
        let is_new = *name != last;
        last = name;
        is_new
    })
}

/// The whole grammar as the generator of scripts wants it.
fn command() -> Command {
    let mut root = with_flags(Command::new("sops"), &FLAT);
    for name in first_words() {
        root = root.subcommand(match verb(name) {
            Some(verb) => with_flags(Command::new(verb.name), verb),
            None => {
                let members = VERBS.iter().filter_map(|verb| {
                    let (family, member) = verb.name.split_once(' ')?;
                    (family == name).then(|| with_flags(Command::new(member), verb))
                });
                Command::new(name).subcommands(members)
            }
        });
    }
    root
}

fn with_flags(command: Command, verb: &'static Verb) -> Command {
    let flags = verb.flags.iter().flat_map(|list| list.iter()).map(|flag| {
        let arg = Arg::new(flag.name).long(flag.name).help(flag.help);
        let arg = match flag.other {
            Some(other) if other.len() == 1 => arg.short(other.chars().next()),
            Some(other) => arg.alias(other),
            None => arg,
        };
        match flag.takes {
            Takes::Switch => arg.action(ArgAction::SetTrue),
            Takes::Value | Takes::List => arg.action(ArgAction::Append).value_hint(ValueHint::FilePath),
        }
    });
    let files = Arg::new("FILE").action(ArgAction::Append).value_hint(ValueHint::FilePath);
    command.disable_version_flag(true).disable_help_subcommand(true).about(verb.about).args(flags).arg(files)
}

#[cfg(test)]
mod tests {
    use super::{command, names, script};
    use std::ffi::OsString;

    fn words(line: &str) -> Vec<OsString> {
        line.split(' ').filter(|word| !word.is_empty()).map(OsString::from).collect()
    }

    #[test]
    fn names_fit_their_place() {
        let first = names(&words(""));
        assert!(first.contains("exec-env\n") && first.matches("groups\n").count() == 1, "{first}");
        assert_eq!(names(&words("groups")), "add\ndelete\n");
        assert!(names(&words("decrypt -")).contains("--extract\n"));
        assert!(names(&words("-")).contains("--set\n"));
        assert_eq!(names(&words("decrypt f")), "");
    }

    #[test]
    fn the_grammar_makes_scripts() {
        command().debug_assert();
        assert!(script("bash").unwrap().contains("_sops"));
        assert!(script("zsh").unwrap().starts_with("#compdef sops"));
        assert!(script("csh").is_err());
    }
}
