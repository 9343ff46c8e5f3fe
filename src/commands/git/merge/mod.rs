//! `seal git merge`: the merge driver.

use crate::commands::Context;
use crate::error::{Code, Failure};
use crate::git::TextMerge;
use crate::io;
use std::path::PathBuf;

/// What is merged.
pub struct Request {
    /// The name of the file in the repository.
    pub path: PathBuf,
    /// Characters of a conflict marker.
    pub marker_size: usize,
    /// What the versions are called.
    pub labels: Labels,
    /// The common ancestor, ours and theirs, as Git hands them over.
    pub files: [PathBuf; 3],
}

/// What the versions are called in conflicts.
pub struct Labels {
    /// Ours, the common ancestor, theirs.
    all: [String; 3],
}

impl Labels {
    /// Labels of one line each. What an older Git did not fill in counts as absent.
    #[must_use]
    pub fn new(ours: String, base: String, theirs: String) -> Self {
        let usual = [("ours", ours), ("base", base), ("theirs", theirs)];
        Self { all: usual.map(|(usual, label)| label_or(usual, &label)) }
    }
}

fn label_or(usual: &str, label: &str) -> String {
    match label {
        "" | "%S" | "%X" | "%Y" => usual.to_owned(),
        _ => label.chars().map(|c| if c.is_control() { ' ' } else { c }).collect(),
    }
}

/// Merges into the file of our version; 0 if nothing is left to do, 1 if there are conflicts.
///
/// # Errors
/// The versions cannot be read, or the result cannot be written (130): then Git changes nothing.
pub fn run(_context: &Context, request: &Request) -> Result<u8, Failure> {
    let [base, ours, theirs] = &request.files;
    let [ours_label, base_label, theirs_label] = &request.labels.all;
    let text = TextMerge {
        files: [ours, base, theirs],
        labels: [ours_label, base_label, theirs_label],
        marker_size: request.marker_size,
    };
    let merged = text.merge().map_err(|error| {
        Failure::new(Code::CannotReadInput, format!("cannot merge `{}`", request.path.display()))
            .cause(error.to_string())
    })?;
    io::replace(ours, &merged.text, io::Mode::Private, None).map_err(|error| {
        Failure::new(Code::CannotWriteOutput, format!("cannot write `{}`", ours.display()))
            .cause(error.to_string())
    })?;
    Ok(u8::from(merged.is_conflicted))
}
