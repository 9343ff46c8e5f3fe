//! `seal git difftool`: what differs between two versions of a file, for `git difftool`.

use super::viewing::{Viewer, Wish, printable};
use crate::commands::output;
use crate::error::Failure;
use crate::view::hunks;
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

/// What is shown.
pub struct Request {
    /// How encrypted values are shown.
    pub wish: Wish,
    /// The old version.
    pub local: PathBuf,
    /// The new version.
    pub remote: PathBuf,
}

/// Prints a unified diff; gives the exit code: 2 if a version cannot be read, else 0.
#[must_use]
pub fn run(request: &Request) -> u8 {
    let viewer = Viewer::new(request.wish, false);
    match diff(&viewer, &request.local, &request.remote).and_then(|text| output::print(&text)) {
        Ok(()) => 0,
        Err(failure) => {
            viewer.context().report(&failure);
            2
        }
    }
}

fn diff(viewer: &Viewer, local: &Path, remote: &Path) -> Result<Zeroizing<Vec<u8>>, Failure> {
    let (old, new) = (viewer.text(local)?, viewer.text(remote)?);
    let hunks = hunks(&old, &new);
    if hunks.is_empty() {
        return Ok(hunks);
    }
    let name = |path: &Path| printable(&path.to_string_lossy());
    let head = format!("--- {}\n+++ {}\n", name(local), name(remote));
    let mut text = Zeroizing::new(Vec::with_capacity(head.len() + hunks.len()));
    text.extend_from_slice(head.as_bytes());
    text.extend_from_slice(&hunks);
    Ok(text)
}
