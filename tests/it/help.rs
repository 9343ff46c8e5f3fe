//! What `--help` shows, and whether the documents know of it.

use crate::bed::Bed;
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// The commands, as the help of the program lists them.
fn commands() -> Vec<String> {
    listed(&help(&[]))
}

/// The commands that a help lists.
fn listed(text: &str) -> Vec<String> {
    if !text.contains("Commands:\n") {
        return Vec::new();
    }
    let list = text.split("Commands:\n").nth(1).unwrap().split("\n\n").next().unwrap();
    let names = list.lines().filter_map(|line| line.strip_prefix("  ")?.split(' ').next());
    names.filter(|name| !name.is_empty() && *name != "help").map(str::to_owned).collect()
}

fn document(name: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(name)).unwrap()
}

/// All `--words` in a text.
fn flags(text: &str) -> BTreeSet<String> {
    let is_part = |c: char| c.is_ascii_lowercase() || c == '-';
    text.match_indices("--")
        .filter(|(at, _)| !text[..*at].ends_with(is_part))
        .map(|(at, _)| text[at..].split(|c| !is_part(c)).next().unwrap().to_owned())
        .filter(|flag| flag[2..].starts_with(|c: char| c.is_ascii_lowercase()))
        .collect()
}

fn help(args: &[&str]) -> String {
    let bed = Bed::new();
    let mut all = args.to_vec();
    all.push("--help");
    bed.seal(&all).ok().text()
}

/// The help of a command and of the verbs below it.
fn whole_help(command: &str) -> String {
    let mut text = help(&[command]);
    for verb in listed(&text) {
        text.push_str(&help(&[command, &verb]));
    }
    text
}

/// The part of docs/cli.md about a command.
fn section(command: &str) -> String {
    let text = document("docs/cli.md");
    let start = text.find(&format!("## seal {command}")).unwrap_or_else(|| panic!("no section on {command}"));
    let text = &text[start + 3..];
    text[..text.find("\n## ").unwrap_or(text.len())].to_owned()
}

#[test]
fn every_flag_of_the_program_is_documented_and_the_reverse() {
    let mut documented = flags(&document("docs/cli.md"));
    let mut shown = flags(&help(&[]));
    for command in commands() {
        shown.extend(flags(&whole_help(&command)));
    }
    for of_clap in ["--help", "--version"] {
        documented.remove(of_clap);
        shown.remove(of_clap);
    }
    assert_eq!(documented, shown);
}

#[test]
fn the_table_of_a_command_has_its_flags_only() {
    for command in commands() {
        let mut shown = flags(&whole_help(&command));
        shown.insert("--help".to_owned());
        let section = section(&command);
        let table: Vec<&str> = section.lines().filter_map(|line| line.strip_prefix("| `")).collect();
        let named: Vec<&str> = table.iter().filter_map(|row| row.split(" | ").next()).collect();
        let unknown: Vec<_> = flags(&named.join(" ")).difference(&shown).cloned().collect();
        assert!(unknown.is_empty(), "docs/cli.md, seal {command}: {unknown:?}");
    }
}

#[test]
fn help_is_compact() {
    for command in commands() {
        let text = help(&[&command]);
        assert_eq!(text, {
            let bed = Bed::new();
            bed.seal(&[command.as_str(), "-h"]).ok().text()
        });
        assert!(!text.contains("ossible values"), "{text}");
        let most = match command.as_str() {
            // The flags of a rendering, of an app and of a watch.
            "run" | "mount" => 80,
            // Those of a new file besides its own.
            "edit" => 66,
            _ => 60,
        };
        assert!(text.lines().count() < most, "{text}");
    }
}

#[test]
fn every_exit_code_has_a_heading() {
    let codes = document("src/error.rs");
    let codes = codes.lines().filter_map(|line| line.trim().trim_end_matches(',').split_once(" = "));
    let documented = document("docs/errors.md");
    let mut count = 0;
    for (name, number) in codes.filter(|(_, number)| number.parse::<u8>().is_ok()) {
        assert!(documented.contains(&format!("\n## {number} {name}\n")), "docs/errors.md: {number} {name}");
        count += 1;
    }
    assert!(count > 10);
}

#[test]
fn bad_usage_is_exit_code_1_with_a_way_out() {
    let bed = Bed::new();
    for args in [
        &["decrpt", "a"][..],
        &["-d", "a.yaml"],
        &["publish", "a.yaml"],
        &["encrypt", "--verbose", "x"],
        &["get"],
    ] {
        let done = bed.seal(args).fails(1);
        assert!(done.stderr.starts_with("error: ") && done.stderr.contains("\n  hint: "), "{done}");
        let mut json = vec!["--json"];
        json.extend(args);
        let done = bed.seal(&json).fails(1);
        assert!(done.stderr.starts_with(r#"{"level":"error","code":1,"#), "{done}");
    }
}

#[test]
fn every_dependency_is_explained() {
    let manifest = document("Cargo.toml");
    let explained = document("docs/dependencies.md");
    let sections = manifest.split("\n[").filter(|section| section.contains("dependencies]\n"));
    let mut count = 0;
    for line in sections.flat_map(|section| section.lines().skip(1)) {
        let Some((name, value)) = line.split_once(" = ") else { continue };
        let package = value.split("package = \"").nth(1).and_then(|rest| rest.split('"').next());
        assert!(
            explained.contains(&format!("`{}`", package.unwrap_or(name)))
                || explained.contains(&format!("`{name}`")),
            "docs/dependencies.md says nothing of {name}"
        );
        count += 1;
    }
    assert!(count > 10);
}
