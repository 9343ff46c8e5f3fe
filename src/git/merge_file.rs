//! Git's own three-way merge of texts.

use super::error::GitError;
use super::process::Process;
use std::io::Read as _;
use std::path::Path;
use zeroize::Zeroizing;

/// Three versions of a text, in files.
#[derive(Debug, Clone, Copy)]
pub struct TextMerge<'a> {
    /// Ours, the common ancestor, theirs, in the order of `git merge-file`.
    pub files: [&'a Path; 3],
    /// What they are called in conflicts.
    pub labels: [&'a str; 3],
    /// Characters of a conflict marker.
    pub marker_size: usize,
}

/// What comes of it.
#[derive(Debug)]
pub struct MergedText {
    /// The text, perhaps with conflict markers.
    pub text: Zeroizing<Vec<u8>>,
    /// Whether there are conflicts.
    pub is_conflicted: bool,
}

impl TextMerge<'_> {
    /// Merges, line by line, as `git merge-file` does.
    ///
    /// # Errors
    /// `git` cannot be run, or refuses: a file is binary or cannot be read.
    pub fn merge(&self) -> Result<MergedText, GitError> {
        const COMMAND: &str = "merge-file";
        let size = format!("--marker-size={}", self.marker_size);
        let [ours, base, theirs] = self.labels;
        let arguments = ["-p", "-q", size.as_str(), "-L", ours, "-L", base, "-L", theirs];
        let mut process = Process::start(Path::new("."), COMMAND, &arguments, &self.files)?;
        let mut text = Zeroizing::new(Vec::new());
        if let Some(mut output) = process.output.take() {
            output.read_to_end(&mut text).map_err(|source| GitError::Run { command: COMMAND, source })?;
        }
        // The exit code is the number of conflicts, if it is not an error.
        let is_conflicted = process.finish_with_code()? > 0;
        Ok(MergedText { text, is_conflicted })
    }
}
