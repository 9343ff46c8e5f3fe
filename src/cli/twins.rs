//! Each flag of `run` and `mount` has a variable, for images whose entry point is fixed: `SEAL_INTO` stands
//! for `--into`. They are put before the arguments that were given.

use crate::policy::{seal_variables, truth};
use clap::{Arg, ArgAction, Command};
use std::collections::BTreeSet;
use std::ffi::{OsStr, OsString};

/// The verbs that have such variables.
const VERBS: [&str; 2] = ["run", "mount"];
/// The variable for the files.
const FILES: &str = "SEAL_SOURCE";
/// Variables that are read elsewhere.
const OTHERS: [&str; 5] = ["SEAL_KEY", "SEAL_EDITOR", "SEAL_REQUIRE_STRICT", "SEAL_GIT_SHOW", "SEAL_LOG"];
/// Flags that say where the identity is: one of them on the command line hides the variables of all.
const KEY_PLACES: [&str; 2] = ["key-file", "key-fd"];

/// Flags whose value is a truth value, where `false` says something.
const TRUTHS: [&str; 1] = ["enable-local-keyservice"];

/// Arguments with those that variables add, and what is to be known about the variables.
pub(super) struct Merged {
    /// The arguments.
    pub(super) arguments: Vec<OsString>,
    /// Variables called `SEAL_…` that mean nothing.
    pub(super) unknown: Vec<String>,
    /// The variables of these verbs, set or not.
    pub(super) known: Vec<String>,
    /// The variables that became flags.
    pub(super) used: Vec<String>,
}

/// Adds what the environment says and the arguments do not, where the verb has such variables.
pub(super) fn merged(arguments: Vec<OsString>, grammar: fn() -> Command) -> Merged {
    // Most runs are of other verbs: they pay nothing for this.
    if !arguments.iter().any(|word| VERBS.iter().any(|verb| word == verb)) {
        return Merged { arguments, unknown: Vec::new(), known: Vec::new(), used: Vec::new() };
    }
    let variables = seal_variables();
    if variables.is_empty() {
        return Merged { arguments, unknown: Vec::new(), known: Vec::new(), used: Vec::new() };
    }
    merge(arguments, &variables, &grammar())
}

fn verb<'a>(program: &Command, arguments: &'a [OsString]) -> Option<(usize, &'a str)> {
    // A flag before the verb may have a value of its own, which is none of the verbs' names.
    let before = arguments.iter().enumerate().skip(1).take_while(|(_, word)| *word != "--");
    let mut words = before.filter_map(|(at, word)| word.to_str().map(|word| (at, word)));
    let (at, word) = words.find(|(_, word)| program.find_subcommand(word).is_some())?;
    VERBS.contains(&word).then_some((at, word))
}

/// Adds what `variables` say and the arguments do not.
pub(super) fn merge(arguments: Vec<OsString>, variables: &[(String, OsString)], program: &Command) -> Merged {
    let known: BTreeSet<String> = VERBS
        .iter()
        .filter_map(|verb| program.find_subcommand(verb))
        .flat_map(|command| command.get_arguments().filter_map(variable))
        .chain([FILES.to_owned()])
        .collect();
    let unknown = variables.iter().map(|(name, _)| name);
    let unknown = unknown
        .filter(|name| !known.contains(*name) && !OTHERS.contains(&name.as_str()) && !is_of_kubernetes(name))
        .cloned()
        .collect();
    let known = known.into_iter().collect();
    let Some((at, verb)) = verb(program, &arguments) else {
        return Merged { arguments, unknown: Vec::new(), known: Vec::new(), used: Vec::new() };
    };
    let Some(command) = program.find_subcommand(verb) else {
        return Merged { arguments, unknown, known, used: Vec::new() };
    };
    let given: Vec<OsString> = arguments[at + 1..].to_vec();
    let given = Given::of(&given);
    let mut added: Vec<OsString> = Vec::new();
    let mut used = Vec::new();
    for (name, value) in variables.iter().filter(|(_, value)| !value.is_empty()) {
        let flag = command.get_arguments().find(|arg| variable(arg).as_ref() == Some(name));
        if let Some(flag) = flag {
            let before = added.len();
            add(flag, value, &given, &mut added);
            if added.len() > before {
                used.push(name.clone());
            }
        }
    }
    let mut merged = arguments;
    // Before the `--` that ends the flags, if there is one.
    let end = merged.iter().position(|word| word == "--").unwrap_or(merged.len());
    let is_elsewhere = ["--check", "--clear"].iter().any(|flag| given.has(&flag[2..]));
    if !given.files(command)
        && !is_elsewhere
        && let Some((_, files)) = variables.iter().find(|(name, _)| name == FILES)
    {
        merged.splice(end..end, parts(files));
    }
    merged.splice(at + 1..at + 1, added);
    Merged { arguments: merged, unknown, known, used }
}

/// A Service called `seal` gives these to all containers of its namespace.
fn is_of_kubernetes(name: &str) -> bool {
    name == "SEAL_PORT" || name.starts_with("SEAL_PORT_") || name.starts_with("SEAL_SERVICE_")
}

/// The variable for a flag of the verb alone; flags of the whole program have none.
fn variable(arg: &Arg) -> Option<String> {
    let long = arg.get_long().filter(|long| *long != "help" && !arg.is_global_set())?;
    Some(format!("SEAL_{}", long.to_uppercase().replace('-', "_")))
}

fn add(flag: &Arg, value: &OsStr, given: &Given<'_>, added: &mut Vec<OsString>) {
    let long = flag.get_long().unwrap_or_default();
    let hidden = KEY_PLACES.contains(&long) && KEY_PLACES.iter().any(|place| given.has(place));
    if given.has(long) || hidden {
        return;
    }
    let with = |value: &OsStr| {
        let mut argument = OsString::from(format!("--{long}="));
        argument.push(value);
        argument
    };
    match flag.get_action() {
        ArgAction::SetTrue => match boolean(value) {
            Some(true) => added.push(format!("--{long}").into()),
            Some(false) => {}
            // clap says that the flag takes no value.
            None => added.push(with(value)),
        },
        ArgAction::Append if flag.get_value_delimiter().is_none() => {
            added.extend(parts(value).map(|part| with(&part)));
        }
        _ if TRUTHS.contains(&long) => added.push(with(value)),
        // A watch without a time.
        _ if flag.get_num_args().is_some_and(|count| count.min_values() == 0) => match boolean(value) {
            Some(true) if value != "1" => added.push(format!("--{long}").into()),
            Some(false) => {}
            _ => added.push(with(value)),
        },
        _ => added.push(with(value)),
    }
}

/// A truth value, as the other variables spell it.
fn boolean(value: &OsStr) -> Option<bool> {
    value.to_str().and_then(truth)
}

/// Several values in one variable are parted by line ends or semicolons.
fn parts(value: &OsStr) -> impl Iterator<Item = OsString> {
    use std::os::unix::ffi::{OsStrExt, OsStringExt};
    let parts = value.as_bytes().split(|byte| matches!(byte, b'\n' | b';'));
    let parts: Vec<_> =
        parts.map(<[u8]>::trim_ascii).filter(|part| !part.is_empty()).map(<[u8]>::to_vec).collect();
    parts.into_iter().map(OsString::from_vec)
}

/// The arguments after the verb.
struct Given<'a>(&'a [OsString]);

impl<'a> Given<'a> {
    fn of(arguments: &'a [OsString]) -> Self {
        let end = arguments.iter().position(|word| word == "--").unwrap_or(arguments.len());
        Self(&arguments[..end])
    }

    fn has(&self, long: &str) -> bool {
        self.0.iter().any(|word| {
            let rest = word.to_str().and_then(|word| word.strip_prefix("--")?.strip_prefix(long));
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('='))
        })
    }

    /// Whether there is an argument that is neither a flag nor the value of one.
    fn files(&self, command: &Command) -> bool {
        let mut words = self.0.iter();
        while let Some(word) = words.next() {
            let Some(word) = word.to_str() else { return true };
            let Some(long) = word.strip_prefix("--") else {
                if word.starts_with('-') && word != "-" {
                    continue;
                }
                return true;
            };
            let flag = command.get_arguments().find(|arg| arg.get_long() == Some(long));
            let takes_next =
                flag.is_some_and(|flag| flag.get_action().takes_values() && !flag.is_require_equals_set());
            // Flags of the whole program with a value.
            if takes_next || long == "config" {
                words.next();
            }
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use super::merge;
    use crate::cli::args::Cli;
    use clap::CommandFactory as _;
    use std::ffi::OsString;

    fn merged(line: &str, variables: &[(&str, &str)]) -> (String, Vec<String>) {
        let arguments = line.split(' ').map(OsString::from).collect();
        let variables: Vec<_> =
            variables.iter().map(|(name, value)| ((*name).to_owned(), OsString::from(value))).collect();
        let merged = merge(arguments, &variables, &Cli::command());
        let words: Vec<_> = merged.arguments.iter().map(|word| word.to_str().unwrap()).collect();
        (words.join(" "), merged.unknown)
    }

    #[test]
    fn variables_become_flags() {
        for (line, variables, wanted) in [
            ("seal run a -- x", vec![("SEAL_INTO", "/d")], "seal run --into=/d a -- x"),
            ("seal -q mount a", vec![("SEAL_HOLD", "true")], "seal -q mount --hold a"),
            ("seal mount a", vec![("SEAL_HOLD", "false"), ("SEAL_WATCH", "true")], "seal mount --watch a"),
            ("seal mount a", vec![("SEAL_WATCH", "5")], "seal mount --watch=5 a"),
            ("seal run -- x", vec![("SEAL_SOURCE", "a;b")], "seal run a b -- x"),
            ("seal run --into /d -- x", vec![("SEAL_SOURCE", "a\nb")], "seal run --into /d a b -- x"),
            (
                "seal run a",
                vec![("SEAL_SECRET", "source=a,mode=0400; b")],
                "seal run --secret=source=a,mode=0400 --secret=b a",
            ),
            ("seal run a", vec![("SEAL_AS", "keys,env")], "seal run --as=keys,env a"),
            ("seal run a", vec![("SEAL_INTO", "")], "seal run a"),
            (
                "seal run a",
                vec![("SEAL_ENABLE_LOCAL_KEYSERVICE", "false"), ("SEAL_KEYSERVICE", "unix:///a;unix:///b")],
                "seal run --enable-local-keyservice=false --keyservice=unix:///a --keyservice=unix:///b a",
            ),
        ] {
            assert_eq!(merged(line, &variables).0, wanted);
        }
    }

    #[test]
    fn flags_win() {
        for (line, variables) in [
            ("seal run --into=/e a -- x", vec![("SEAL_INTO", "/d"), ("SEAL_SOURCE", "b")]),
            ("seal run --secret b a -- x", vec![("SEAL_SECRET", "c")]),
            ("seal run --key-fd 0 a", vec![("SEAL_KEY_FILE", "/k")]),
            ("seal mount --check /d", vec![("SEAL_SOURCE", "b")]),
            ("seal decrypt a", vec![("SEAL_INTO", "/d")]),
        ] {
            assert_eq!(merged(line, &variables).0, line);
        }
        // What stands after `--` is the app's.
        let (line, _) = merged("seal run a -- x --into=/e", &[("SEAL_INTO", "/d")]);
        assert_eq!(line, "seal run --into=/d a -- x --into=/e");
    }

    #[test]
    fn unknown_variables_are_told() {
        let variables = [
            ("SEAL_INOT", "/d"),
            ("SEAL_PORT", "tcp://10.0.0.1:80"),
            ("SEAL_PORT_80_TCP", "x"),
            ("SEAL_SERVICE_HOST", "x"),
            ("SEAL_REQUIRE_STRICT", "true"),
            ("SEAL_EDITOR", "vi"),
        ];
        assert_eq!(merged("seal run a", &variables).1, ["SEAL_INOT"]);
    }
}
