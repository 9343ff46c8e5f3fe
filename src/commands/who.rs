//! `seal who`: who can read a file, and who should by its creation rule. Needs no key.

use super::context::Context;
use super::input::Input;
use super::output::Output;
use super::readers::{Judge, Reader, Readers, Ruling, Standing};
use crate::doc::FormatName;
use crate::error::Failure;
use crate::io::Mode;
use crate::ui::{escaped, shell_word, table};
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::path::PathBuf;

/// What the command is asked for.
#[derive(Debug, Clone)]
pub struct Request {
    /// The files.
    pub files: Vec<PathBuf>,
    /// `--input-type`
    pub input_type: Option<FormatName>,
}

/// Prints the readers of each file.
///
/// # Errors
/// A file cannot be read (2, 100), or its metadata cannot be used (1); then nothing is printed.
pub fn run(context: &Context, request: &Request) -> Result<(), Failure> {
    context.lint_config()?;
    let judge = Judge::new(context)?;
    let files = request.files.iter().map(|path| judge.file(path, request.input_type));
    let files = files.collect::<Result<Vec<_>, _>>()?;
    let text = if context.is_json() {
        let files: Vec<Value> = files.iter().map(json_of).collect();
        format!("{:#}\n", json!({ "files": files }))
    } else {
        files.iter().map(text_of).collect::<Vec<_>>().join("\n")
    };
    Output::Stdout.write(&Input::nothing(), text.as_bytes(), Mode::Private)
}

fn text_of(file: &Readers) -> String {
    let mut out = String::new();
    let state = match (file.encrypted, file.strict) {
        (true, true) => "encrypted, with a strict record",
        (true, false) => "encrypted, without a strict record",
        (false, _) => "not encrypted",
    };
    // Writing to a string cannot fail.
    let _ = writeln!(out, "{}: {state}; {}", escaped(&file.name), escaped(&rule_of(file)));
    let shares = file.groups > 1;
    let row = |reader: &Reader| {
        vec![
            reader.name.clone().unwrap_or_else(|| "-".to_owned()),
            reader.key.kind.name().to_owned(),
            reader.key.short_recipient(),
            if shares { format!("group {}", reader.group + 1) } else { String::new() },
            match reader.standing {
                Standing::Agreed => String::new(),
                Standing::Extra => "extra: in the file, not in the rule".to_owned(),
                Standing::Missing => "missing: in the rule, not in the file".to_owned(),
            },
        ]
    };
    table::rows(&mut out, "  ", &file.readers.iter().map(row).collect::<Vec<_>>());
    if shares {
        let _ = writeln!(out, "  {} of {} key groups are needed to decrypt", file.needed, file.groups);
    }
    if let Some(needed) = file.needed_by_rule {
        let _ = writeln!(out, "  by the rule {needed} would be needed");
    }
    if file.differs() {
        let _ =
            writeln!(out, "  to give it the readers of its rule: seal updatekeys {}", shell_word(&file.name));
    }
    out
}

fn rule_of(file: &Readers) -> String {
    let would = match (file.encrypted, file.readers.is_empty()) {
        (true, _) => "",
        (false, true) => ", which has no keys",
        (false, false) => ", by which these would read it",
    };
    match &file.ruling {
        Ruling::None => "no creation rule is for it".to_owned(),
        Ruling::Broken(problem) => format!("its creation rule cannot be used: {}", problem.message),
        Ruling::Rule { index, path_regex, granted_to } => {
            let pattern = if path_regex.is_empty() { "all files" } else { path_regex };
            let grants =
                granted_to.as_ref().map_or_else(String::new, |to| format!(", granted to {}", to.join(", ")));
            format!("creation rule {} ({pattern}){grants}{would}", index + 1)
        }
    }
}

fn json_of(file: &Readers) -> Value {
    let readers: Vec<Value> = file.readers.iter().map(json_of_reader).collect();
    let mut data = json!({
        "file": file.name,
        "encrypted": file.encrypted,
        "strict_record": file.strict,
        "rule": json_of_rule(&file.ruling),
        "groups": file.groups,
        "groups_needed": file.needed,
        "readers": readers,
    });
    if let Some(needed) = file.needed_by_rule {
        data["groups_needed_by_rule"] = json!(needed);
    }
    data
}

/// A rule as data: `null` without one.
pub(super) fn json_of_rule(ruling: &Ruling) -> Value {
    match ruling {
        Ruling::None => Value::Null,
        Ruling::Broken(problem) => json!({ "problem": problem.message }),
        Ruling::Rule { index, path_regex, granted_to } => {
            json!({ "number": index + 1, "path_regex": path_regex, "granted_to": granted_to })
        }
    }
}

fn json_of_reader(reader: &Reader) -> Value {
    json!({
        "name": reader.name,
        "kind": reader.key.kind.name(),
        "recipient": reader.key.recipient(),
        "group": reader.group + 1,
        "standing": word(reader.standing),
    })
}

/// The word of a standing in data.
pub(super) fn word(standing: Standing) -> &'static str {
    match standing {
        Standing::Agreed => "agreed",
        Standing::Extra => "extra",
        Standing::Missing => "missing",
    }
}
