//! What `sops --help` says.

use super::grammar::{FLAT, Flag, Takes, VERBS, Verb};
use std::fmt::Write as _;

/// Where names end and their explanations begin, in columns.
const COLUMN: usize = 36;

/// The help of the whole program.
pub(super) fn of_all() -> String {
    let mut out = "seal as sops: encrypts the values of files, and decrypts them\n\n".to_owned();
    out.push_str("Usage: sops [FLAGS] FILE\n       sops [FLAGS] COMMAND [FLAGS] ARGUMENTS\n\nCommands:\n");
    VERBS.iter().for_each(|verb| row(&mut out, verb.name, verb.about));
    row(&mut out, "help [COMMAND]", "the same for a command");
    let _ = writeln!(out, "\nWithout a command sops {}.\n", FLAT.about);
    flags(&mut out, &FLAT);
    out
}

/// The help of the commands of a command.
pub(super) fn of_family(family: &str) -> String {
    let mut out = format!("Usage: sops {family} COMMAND [FLAGS] ARGUMENTS\n\nCommands:\n");
    for verb in VERBS {
        if let Some((of, name)) = verb.name.split_once(' ')
            && of == family
        {
            row(&mut out, name, verb.about);
        }
    }
    out
}

/// The help of a command.
pub(super) fn of(verb: &Verb) -> String {
    let mut out = format!("sops {}: {}\n\n", verb.name, verb.about);
    let _ = writeln!(out, "{}\n", format!("Usage: sops {} [FLAGS] {}", verb.name, verb.arguments).trim_end());
    flags(&mut out, verb);
    out
}

fn flags(out: &mut String, verb: &Verb) {
    out.push_str("Flags:\n");
    for flag in verb.flags.iter().flat_map(|list| list.iter()) {
        row(out, &names(flag), flag.help);
    }
    row(out, "-h, --help", "show this");
}

/// `-i, --in-place`, `--output VALUE`
fn names(flag: &Flag) -> String {
    let mut names = match flag.other {
        Some(letter) if letter.len() == 1 => format!("-{letter}, "),
        Some(other) => format!("--{other}, "),
        None => "    ".to_owned(),
    };
    let _ = write!(names, "--{}", flag.name);
    if flag.takes != Takes::Switch {
        names.push_str(" VALUE");
    }
    names
}

fn row(out: &mut String, name: &str, about: &str) {
    if name.len() + 2 > COLUMN {
        let _ = writeln!(out, "  {name}\n{:COLUMN$}  {about}", "");
    } else {
        let _ = writeln!(out, "  {name:COLUMN$}{about}");
    }
}
