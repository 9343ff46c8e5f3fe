//! `seal access`: who can read which files. Needs no key.

mod data;
mod html;
mod matrix;
mod palette;
mod svg;
mod text;
mod write;

pub use write::run as write;

use super::context::Context;
use super::files::{Files, is_configuration};
use super::input::Input;
use super::output::Output;
use super::readers::{Judge, Readers};
use crate::error::{Failure, Warning};
use crate::io::Mode;
use crate::policy::Drift;
use matrix::Matrix;
use rayon::prelude::*;
use std::path::PathBuf;

/// How the matrix is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// A table for the terminal.
    Text,
    /// Data.
    Json,
    /// A picture.
    Svg,
    /// A page.
    Html,
}

/// What the command is asked for.
#[derive(Debug, Clone)]
pub struct Request {
    /// Files and folders.
    pub paths: Vec<PathBuf>,
    /// `--format`; by default text, or JSON with `--json`.
    pub format: Option<Format>,
    /// `--output`
    pub output: Option<PathBuf>,
    /// `--files`: a row for each file.
    pub each: bool,
}

/// Everything that is shown.
struct Report {
    matrix: Matrix,
    /// Encrypted files.
    files: usize,
    /// Those that do not have the readers of their rule.
    differing: Vec<String>,
    /// Those that cannot be read.
    unreadable: Vec<String>,
    /// Rules in which other keys are written than their grants give.
    drift: Vec<DriftLine>,
}

/// A drift with the names of its keys.
struct DriftLine {
    rule: usize,
    path_regex: String,
    missing: Vec<String>,
    extra: Vec<String>,
}

/// Prints who can read the encrypted files among and below `paths`.
///
/// # Errors
/// A named file or folder cannot be read (1, 2, 100), or the output cannot be written (3).
pub fn run(context: &Context, request: &Request) -> Result<(), Failure> {
    context.lint_config()?;
    let judge = Judge::new(context)?;
    let (files, unreadable) = gather(context, &judge, &request.paths)?;
    let config = judge.config();
    let drift = config.map(|config| {
        let names = |keys: &[_]| keys.iter().map(|key| config.shown(key)).collect();
        let line = |drift: Drift| DriftLine {
            rule: drift.rule,
            path_regex: drift.path_regex,
            missing: names(&drift.missing),
            extra: names(&drift.extra),
        };
        config.drift().into_iter().map(line).collect()
    });
    let report = Report {
        files: files.len(),
        differing: files.iter().filter(|file| file.differs()).map(|file| file.name.clone()).collect(),
        matrix: Matrix::new(&files, config.map(|config| &config.seal), request.each),
        unreadable,
        drift: drift.unwrap_or_default(),
    };
    let usual = if context.is_json() { Format::Json } else { Format::Text };
    let text = match request.format.unwrap_or(usual) {
        Format::Text => text::write(&report),
        Format::Json => data::write(&report),
        Format::Svg => svg::write(&report),
        Format::Html => html::write(&report),
    };
    let output = request.output.clone().map_or(Output::Stdout, Output::File);
    output.write(&Input::nothing(), text.as_bytes(), Mode::Shared)
}

/// The encrypted files among and below `paths`, and those found that cannot be read.
fn gather(
    context: &Context,
    judge: &Judge<'_>,
    paths: &[PathBuf],
) -> Result<(Vec<Readers>, Vec<String>), Failure> {
    let files = Files::collect(paths)?;
    let named = files.named.iter().map(|path| judge.file(path, None)).collect::<Result<Vec<_>, _>>()?;
    let found: Vec<&PathBuf> = files.found.iter().filter(|path| !is_configuration(path)).collect();
    let judged: Vec<_> = found.par_iter().map(|path| (path, judge.file(path, None))).collect();
    let (mut all, mut unreadable) = (named, Vec::new());
    for (path, result) in judged {
        match result {
            Ok(readers) => all.push(readers),
            Err(failure) => {
                let name = path.display().to_string();
                let causes = failure.causes.join(": ");
                let headline = format!("`{name}` is left out: {causes}");
                context.warn(&Warning {
                    headline,
                    place: failure.place.map(|place| *place),
                    hints: Vec::new(),
                });
                unreadable.push(name);
            }
        }
    }
    all.retain(|file| file.encrypted);
    Ok((all, unreadable))
}

impl Report {
    /// What there is to say about all of it, in short sentences.
    fn summary(&self) -> Vec<String> {
        let count = |n: usize, what: &str| format!("{n} {what}{}", if n == 1 { "" } else { "s" });
        let mut lines = vec![format!(
            "{}, {}",
            count(self.files, "encrypted file"),
            count(self.matrix.columns.len(), "reader")
        )];
        match self.differing.len() {
            0 => {}
            1 => lines.push("1 file does not have the readers of its rule".to_owned()),
            n => lines.push(format!("{n} files do not have the readers of their rule")),
        }
        match self.drift.len() {
            0 => {}
            1 => lines
                .push("1 creation rule does not have the keys of its grants: seal access --write".to_owned()),
            n => lines.push(format!(
                "{n} creation rules do not have the keys of their grants: seal access --write"
            )),
        }
        if !self.unreadable.is_empty() {
            lines.push(format!("{} could not be read", count(self.unreadable.len(), "file")));
        }
        lines
    }
}

/// The text, its middle left out beyond `length` characters.
fn fitted(text: &str, length: usize) -> String {
    let count = text.chars().count();
    if count <= length {
        return text.to_owned();
    }
    let head: String = text.chars().take(length / 2).collect();
    let tail: String = text.chars().skip(count - (length - length / 2 - 1)).collect();
    format!("{head}…{tail}")
}

#[cfg(test)]
mod tests {
    use super::fitted;

    #[test]
    fn long_texts_lose_their_middle() {
        assert_eq!(fitted("abcdefgh", 8), "abcdefgh");
        assert_eq!(fitted("äbcdefghi", 8), "äbcd…ghi");
    }
}
