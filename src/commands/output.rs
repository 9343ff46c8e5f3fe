//! Where a command's result goes.

use super::input::Input;
use crate::error::{Code, Failure};
use crate::io::{self, Mode};
use crate::ui::shell_word;
use std::io::Write as _;
use std::path::{Path, PathBuf};

/// Where a result goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Output {
    /// Back to the file it came from.
    InPlace,
    /// To this file.
    File(PathBuf),
    /// To standard output.
    Stdout,
}

impl Output {
    /// The output that the flags ask for, for these inputs.
    ///
    /// # Errors
    /// Flags that contradict each other or the inputs (8).
    pub fn choose(in_place: bool, output: Option<PathBuf>, inputs: &[PathBuf]) -> Result<Self, Failure> {
        let conflict = |headline: &str| Failure::new(Code::ConflictingParameters, headline);
        let from_stdin = inputs.iter().any(|path| path.as_os_str() == "-");
        match (in_place, output) {
            (true, Some(_)) => Err(conflict("--in-place and --output cannot be used together")),
            (true, None) if from_stdin => {
                Err(conflict("--in-place needs a file; the input is standard input"))
            }
            (true, None) => Ok(Output::InPlace),
            _ if inputs.len() > 1 => {
                Err(conflict("several files need --in-place").hint("without it give one file at a time"))
            }
            (false, Some(path)) => Ok(Output::File(path)),
            (false, None) => Ok(Output::Stdout),
        }
    }

    /// Writes a result; `mode` is that of a file that does not exist yet.
    ///
    /// # Errors
    /// It cannot be written (3); then everything is as it was.
    pub fn write(&self, input: &Input, bytes: &[u8], mode: Mode) -> Result<(), Failure> {
        let failed =
            |headline: String, cause: String| Failure::new(Code::CannotWriteOutput, headline).cause(cause);
        match (self, &input.path) {
            (Output::InPlace, Some(path)) => io::replace(path, bytes, mode, input.fingerprint.as_ref())
                .map_err(|error| {
                    failed(format!("cannot write `{}`; it is unchanged", input.name), error.to_string())
                }),
            (Output::File(path), _) => io::write_to(path, bytes, mode).map_err(|error| {
                // A file that was there is whole; one that was not is not.
                let state = if path.exists() { "it is unchanged" } else { "nothing was written" };
                failed(format!("cannot write `{}`; {state}", path.display()), error.to_string())
                    .hints(missing_folder(path))
            }),
            _ => print(bytes),
        }
    }
}

/// Writes a result to standard output.
///
/// # Errors
/// It cannot be written (3).
pub fn print(bytes: &[u8]) -> Result<(), Failure> {
    print_some(bytes).map(|_| ())
}

/// Writes a part of a result to standard output. Says whether more is of use: whoever reads may have enough.
///
/// # Errors
/// It cannot be written (3).
pub fn print_some(bytes: &[u8]) -> Result<bool, Failure> {
    let mut out = std::io::stdout().lock();
    match out.write_all(bytes).and_then(|()| out.flush()) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(false),
        Err(error) => Err(Failure::new(Code::CannotWriteOutput, "cannot write to standard output")
            .cause(io::reason(&error))),
    }
}

/// What to run where the folder of a new file is not there.
fn missing_folder(path: &Path) -> Option<String> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty() && !folder.exists())?;
    Some(format!("mkdir -p {}", shell_word(&folder.to_string_lossy())))
}
