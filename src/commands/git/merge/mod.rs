//! `seal git merge`: the merge driver.

mod ancestor;
pub mod engine;
mod exposure;
mod fallback;
mod settings;
mod unmerged;

pub use unmerged::Unmerged;

use crate::commands::Context;
use crate::commands::convert;
use crate::error::{Code, Failure};
use crate::io::{self, Mode};
use crate::merge::markers::{self, Markers};
use crate::merge::{Choice, Side};
use crate::ui::shell_word;
use engine::{Ready, Versions};
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

/// What Git takes for a driver that did not work: then it changes nothing.
const FATAL: u8 = 130;

/// What is merged.
pub struct Request {
    /// The name of the file in the repository.
    pub path: PathBuf,
    /// Characters of a conflict marker.
    pub marker_size: usize,
    /// What the versions are called.
    pub labels: Labels,
    /// Ask key services of other processes, too.
    pub remote: bool,
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

/// What comes of a merge.
pub(super) struct Outcome {
    pub(super) text: Zeroizing<Vec<u8>>,
    /// The paths of the conflicts; none if it is merged.
    pub(super) conflicts: Vec<String>,
    pub(super) notes: Vec<String>,
}

/// Merges into the file of our version; gives 0 if nothing is left to do, 1 if there are conflicts, and 130
/// if nothing could be written.
///
/// # Errors
/// None: what fails is reported here, as Git looks at the code alone.
pub fn run(context: &Context, request: &Request) -> Result<u8, Failure> {
    match merge(context, request) {
        Ok(code) => Ok(code),
        Err(failure) => {
            context.report(&failure);
            Ok(FATAL)
        }
    }
}

fn merge(context: &Context, request: &Request) -> Result<u8, Failure> {
    if !request.remote {
        context.stay_local();
    }
    let [base, ours, theirs] = &request.files;
    let texts = [read(base)?, read(ours)?, read(theirs)?];
    let name = request.path.display().to_string();
    let tell = |text: &str| context.show(&format!("seal: {name}: {text}"));
    if texts.iter().all(|text| !fallback::is_encrypted(&name, text)) {
        let merged = fallback::merge(request)?;
        write(ours, &texts[1], &merged.text)?;
        return Ok(u8::from(merged.is_conflicted));
    }
    let versions = Versions::new(name.clone(), texts);
    let markers = request.markers();
    let outcome = engine::with(context, &versions, |ready| outcome(ready, markers));
    let outcome = match outcome {
        Ok(outcome) => outcome,
        Err(unmerged) => {
            let merged = fallback::of_ciphertext(context, request, &versions)?;
            write(ours, versions.text(Side::Ours), &merged.text)?;
            if !merged.is_conflicted {
                return Ok(0);
            }
            tell(&format!("not merged by key: {unmerged}"));
            context.show(&run_next(&name));
            return Ok(1);
        }
    };
    write(ours, versions.text(Side::Ours), &outcome.text)?;
    outcome.notes.iter().for_each(|note| tell(note));
    if outcome.conflicts.is_empty() {
        return Ok(0);
    }
    let count = outcome.conflicts.len();
    tell(&format!("{count} conflict{}: {}", if count == 1 { "" } else { "s" }, outcome.conflicts.join(", ")));
    context.show(&run_next(&name));
    Ok(1)
}

fn run_next(name: &str) -> String {
    format!("seal: run: seal git resolve {}", shell_word(name))
}

/// The merged file, with markers around the conflicts.
pub(super) fn outcome(ready: &Ready<'_>, markers: Markers<'_>) -> Result<Outcome, Unmerged> {
    let conflicts: Vec<String> = ready.conflicts().iter().map(|conflict| conflict.path.to_string()).collect();
    let notes = ready.notes().to_vec();
    let take = |side: Side| ready.plain(&|_| Choice::Take(side));
    let ours = take(Side::Ours)?;
    if conflicts.is_empty() {
        return Ok(Outcome { text: ready.encrypted(&ours, true)?, conflicts, notes });
    }
    let ours = ready.encrypted(&ours, false)?;
    let theirs = ready.encrypted(&take(Side::Theirs)?, false)?;
    Ok(Outcome { text: markers::around(&ours, &theirs, markers), conflicts, notes })
}

impl Request {
    fn markers(&self) -> Markers<'_> {
        let [ours, _, theirs] = &self.labels.all;
        Markers { size: self.marker_size, ours, theirs }
    }
}

fn read(path: &Path) -> Result<Zeroizing<Vec<u8>>, Failure> {
    io::read_file(path, convert::limits().max_bytes).map(|input| input.bytes).map_err(|error| {
        Failure::new(Code::CannotReadInput, format!("cannot read `{}`", path.display()))
            .cause(error.to_string())
    })
}

/// Writes the result, if it is another text.
fn write(path: &Path, old: &[u8], new: &[u8]) -> Result<(), Failure> {
    if old == new {
        return Ok(());
    }
    io::replace(path, new, Mode::Private, None).map_err(|error| {
        Failure::new(Code::CannotWriteOutput, format!("cannot write `{}`", path.display()))
            .cause(error.to_string())
    })
}
