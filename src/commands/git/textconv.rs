//! `seal git textconv`: a version of a file as Git shows it.

use super::viewing::{Viewer, Wish};
use crate::commands::output;
use std::path::PathBuf;

/// What is shown.
pub struct Request {
    /// How encrypted values are shown.
    pub wish: Wish,
    /// Whether key services of other processes are asked.
    pub remote: bool,
    /// The file.
    pub path: PathBuf,
}

/// Prints the file; gives the exit code: 2 if it cannot be read, else 0.
#[must_use]
pub fn run(request: &Request) -> u8 {
    let viewer = Viewer::new(request.wish, request.remote);
    match viewer.text(&request.path).and_then(|text| output::print(&text)) {
        Ok(()) => 0,
        Err(failure) => {
            viewer.context().report(&failure);
            2
        }
    }
}
