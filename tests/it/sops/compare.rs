//! Two outcomes against each other.

use super::case::{Case, Look};
use super::ground::SECRET;
use super::run::{Entry, Outcome};
use super::sealed;
use crate::read::Format;
use std::collections::BTreeSet;
use std::path::Path;

/// Where two outcomes differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum What {
    /// The exit code.
    Exit,
    /// Standard output.
    Stdout,
    /// A file after the run.
    Files,
}

/// A difference, and what it is.
pub(super) type Found = (What, String);

/// All differences.
pub(super) fn compare(case: &Case, theirs: &Outcome, ours: &Outcome) -> Vec<Found> {
    let mut found = Vec::new();
    if theirs.code != ours.code {
        found.push((What::Exit, format!("{:?} against {:?}", theirs.code, ours.code)));
    }
    let output = match case.look {
        Look::Words => None,
        // What sops says of wrong flags goes to standard output.
        _ if theirs.stdout.starts_with(b"Incorrect Usage") && ours.stdout.is_empty() => None,
        Look::Data(format) => sealed::same_data(format, &theirs.stdout, &ours.stdout),
        _ => differ(&theirs.stdout, &ours.stdout, None, None),
    };
    found.extend(output.map(|what| (What::Stdout, what)));
    let names: BTreeSet<&String> = theirs.after.keys().chain(ours.after.keys()).collect();
    for name in names {
        if let Some(what) = files(name, theirs, ours) {
            found.push((What::Files, format!("{name}: {what}")));
        }
    }
    if ours.stderr.contains(SECRET) {
        found.push((What::Stdout, format!("a secret on standard error: {}", ours.stderr)));
    }
    found
}

fn files(name: &str, theirs: &Outcome, ours: &Outcome) -> Option<String> {
    let before = theirs.before.get(name);
    match (theirs.after.get(name), ours.after.get(name)) {
        (Some(Entry::File(their_mode, their_bytes)), Some(Entry::File(our_mode, our_bytes))) => {
            // What is there keeps its mode; what is new may be more private.
            if their_mode != our_mode && (before.is_some() || our_mode & !their_mode != 0) {
                return Some(format!("mode {their_mode:o} against {our_mode:o}"));
            }
            let old = match before {
                Some(Entry::File(_, bytes)) => Some(bytes.as_slice()),
                _ => None,
            };
            let touched = |bytes: &Vec<u8>| Some(bytes.as_slice()) != old;
            match (touched(their_bytes), touched(our_bytes)) {
                (false, false) => None,
                (true, false) => Some("only theirs is written".to_owned()),
                (false, true) => Some("only ours is written".to_owned()),
                (true, true) => differ(their_bytes, our_bytes, old, by_name(name)),
            }
        }
        (theirs, ours) if theirs == ours => None,
        (theirs, ours) => Some(format!("{theirs:?} against {ours:?}")),
    }
}

/// What differs in two texts: encrypted ones are opened, plain ones of YAML and JSON are read.
fn differ(theirs: &[u8], ours: &[u8], before: Option<&[u8]>, plain: Option<Format>) -> Option<String> {
    if theirs == ours {
        None
    } else if sealed::format(theirs).is_some() {
        sealed::compare(theirs, ours, before)
    } else if let Some(format) = plain {
        sealed::same_data(format, theirs, ours)
    } else {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).chars().take(1500).collect::<String>();
        Some(format!("{:?} against {:?}", text(theirs), text(ours)))
    }
}

fn by_name(name: &str) -> Option<Format> {
    match Path::new(name).extension()?.to_str()? {
        "yaml" | "yml" => Some(Format::Yaml),
        "json" => Some(Format::Json),
        _ => None,
    }
}
