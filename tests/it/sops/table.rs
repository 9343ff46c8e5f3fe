//! `docs/sops.md` against the real `--help`: every command and flag of sops stands there, no other does, and
//! this program takes them all. Its list of differences is that of the tests.

use super::differences::DIFFERENCES;
use super::run::Side;
use crate::bed::Bed;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// The name of the flat form in the page.
const FLAT: &str = "sops FILE";

/// A flag: its names, and whether it takes a value.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Flag {
    names: Vec<String>,
    value: bool,
    variable: Option<String>,
}

/// What a row of the page says.
struct Row {
    names: Vec<String>,
    variable: Option<String>,
    /// What `seal` calls it: a flag of the command of the same name, or a command of its own.
    own: Option<String>,
    difference: String,
}

fn page() -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/sops.md")).unwrap()
}

/// The text in back quotes, each.
fn quoted(cell: &str) -> Vec<String> {
    cell.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

/// The rows of each command: what stands below `### sops …`, in tables whose first cell is a flag.
fn rows() -> BTreeMap<String, Vec<Row>> {
    let mut found: BTreeMap<String, Vec<Row>> = BTreeMap::new();
    let mut command = None;
    for line in page().lines() {
        if let Some(heading) = line.strip_prefix("### ") {
            let name = heading.trim_matches('`').to_owned();
            command = name.starts_with("sops ").then_some(name);
            found.extend(command.clone().map(|name| (name, Vec::new())));
        } else if line.starts_with("## ") {
            command = None;
        } else if let (Some(command), true) = (&command, line.starts_with("| `-")) {
            let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
            let [names, variable, own, difference] = cells[..] else { panic!("not four cells: {line}") };
            found.get_mut(command).unwrap().push(Row {
                names: quoted(names),
                variable: quoted(variable).into_iter().next(),
                own: quoted(own).into_iter().next(),
                difference: difference.to_owned(),
            });
        }
    }
    found
}

/// The headings of the list of differences.
fn headings() -> Vec<String> {
    let page = page();
    let (_, rest) = page.split_once("\n## Differences\n").unwrap();
    let list = rest.split("\n## ").next().unwrap();
    let items = list.lines().filter_map(|line| line.strip_prefix("- **"));
    items
        .map(|item| item.split_once(".**").unwrap_or_else(|| panic!("no heading: {item}")).0.to_owned())
        .collect()
}

/// What `sops COMMAND --help` prints.
fn help(side: Side, command: &str) -> String {
    let mut args: Vec<&str> = command.split(' ').skip(1).filter(|word| *word != "FILE").collect();
    args.push("--help");
    Bed::new().run(side.program(), &args).ok().text()
}

/// The lines below a heading of a help text.
fn below<'t>(help: &'t str, heading: &str) -> impl Iterator<Item = &'t str> {
    let lines = help.lines().skip_while(move |line| !line.ends_with(heading)).skip(1);
    lines.take_while(|line| !line.trim().is_empty())
}

/// The flags that sops has for a command, without `--help`, which each has.
fn flags(command: &str) -> Vec<Flag> {
    let help = help(Side::Theirs, command);
    let mut found = Vec::new();
    for line in below(&help, "OPTIONS:") {
        let names = line.trim_start().split("  ").next().unwrap();
        let flag = Flag {
            names: names.split(", ").map(|name| name.split(' ').next().unwrap().to_owned()).collect(),
            value: names.contains(" value"),
            variable: line.split_once("[$").map(|(_, rest)| rest.trim_end_matches(']').to_owned()),
        };
        if flag.names[0] != "--help" {
            found.push(flag);
        }
    }
    found
}

/// All commands, from the help of sops: `sops decrypt`, `sops groups add`, and the flat form.
fn commands() -> BTreeSet<String> {
    let mut found = BTreeSet::from([FLAT.to_owned()]);
    let help_of_all = help(Side::Theirs, FLAT);
    let names = |help: &str| -> Vec<String> {
        below(help, "COMMANDS:").map(|line| line.split_whitespace().next().unwrap().to_owned()).collect()
    };
    for name in names(&help_of_all) {
        if name == "help," {
            continue;
        }
        let inner = names(&help(Side::Theirs, &format!("sops {name}")));
        if inner.is_empty() {
            found.insert(format!("sops {name}"));
        }
        found.extend(inner.iter().map(|inner| format!("sops {name} {inner}")));
    }
    found
}

#[test]
fn every_command_and_flag_stands_in_the_page_and_no_other() {
    let rows = rows();
    let listed: BTreeSet<String> = rows.keys().cloned().collect();
    let commands = commands();
    assert!(commands.len() > 14, "the help of sops is not understood: {commands:?}");
    assert_eq!(listed, commands, "the headings of docs/sops.md are not the commands of sops");
    let mut count = 0;
    for command in &commands {
        let of_sops: BTreeSet<_> =
            flags(command).into_iter().map(|flag| (flag.names, flag.variable)).collect();
        let of_page: BTreeSet<_> =
            rows[command].iter().map(|row| (row.names.clone(), row.variable.clone())).collect();
        count += of_sops.len();
        let missing: Vec<_> = of_sops.difference(&of_page).collect();
        let surplus: Vec<_> = of_page.difference(&of_sops).collect();
        assert!(
            missing.is_empty() && surplus.is_empty(),
            "{command}: missing {missing:?}, surplus {surplus:?}"
        );
        assert_eq!(of_page.len(), rows[command].len(), "{command}: a flag has two rows");
    }
    assert!(count > 150, "the help of sops is not understood: {count} flags");
}

#[test]
fn every_flag_is_taken() {
    for command in commands() {
        let words: Vec<&str> = command.split(' ').skip(1).filter(|word| *word != "FILE").collect();
        let our_help = help(Side::Ours, &command);
        for flag in flags(&command) {
            assert!(our_help.contains(&flag.names[0]), "{command}: {} is not in our help", flag.names[0]);
            if flag.names[0] == "--version" {
                continue;
            }
            for name in &flag.names {
                // Help is only given if all flags are understood.
                let mut args: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
                args.push(if flag.value { format!("{name}=1") } else { name.clone() });
                args.push("--help".to_owned());
                for side in [Side::Theirs, Side::Ours] {
                    let bed = Bed::new();
                    let done = bed.run(side.program(), &args).done();
                    assert_eq!(done.code, Some(0), "{command} {name} is not taken by {side:?}: {done}");
                }
            }
        }
    }
}

#[test]
fn what_seal_calls_a_flag_is_a_flag_of_seal() {
    for (command, rows) in rows() {
        for Row { names, own, .. } in rows {
            let Some(own) = own else { continue };
            let verbs: Vec<String> = match own.strip_prefix("seal ") {
                Some(line) => vec![line.to_owned()],
                None if command == FLAT => {
                    ["encrypt", "decrypt", "edit", "rotate"].map(|verb| format!("{verb} {own}")).to_vec()
                }
                None => vec![format!("{} {own}", command.trim_start_matches("sops "))],
            };
            let known = verbs.iter().any(|line| {
                let mut args: Vec<&str> = line.split(' ').collect();
                args.push("--help");
                let done = Bed::new().seal(&args).done();
                !done.stderr.contains("there is no flag") && !done.stderr.contains("there is no command")
            });
            assert!(known, "{command} {names:?}: seal has no `{own}`");
        }
    }
}

#[test]
fn the_list_of_differences_is_that_of_the_tests() {
    let headings: BTreeSet<String> = headings().into_iter().collect();
    let mut used = BTreeSet::new();
    for difference in DIFFERENCES {
        assert!(headings.contains(difference.why), "{:?} is not in docs/sops.md", difference.why);
        used.insert(difference.why.to_owned());
    }
    for (command, rows) in rows() {
        for Row { names, difference, .. } in rows {
            for name in difference.split(", ").filter(|name| !name.is_empty()) {
                let heading = headings.iter().find(|heading| heading.eq_ignore_ascii_case(name));
                let heading =
                    heading.unwrap_or_else(|| panic!("{command} {names:?}: no difference {name:?}"));
                used.insert(heading.clone());
            }
        }
    }
    let unused: Vec<_> = headings.difference(&used).collect();
    assert!(unused.is_empty(), "docs/sops.md lists differences that no test shows: {unused:?}");
}
