//! The arguments of `seal git merge`.

use crate::commands::Context;
use crate::commands::git::merge::{self, Labels, Request};
use crate::error::Failure;
use clap::Args;
use std::path::PathBuf;

/// `seal git merge`
#[derive(Debug, Args)]
pub struct MergeArgs {
    /// The file's name in the repository
    #[arg(long, value_name = "NAME")]
    pub path: PathBuf,
    /// Characters of a conflict marker
    #[arg(long, value_name = "N", default_value_t = 7, hide_default_value = true)]
    pub marker_size: usize,
    /// What the common ancestor is called
    #[arg(long, value_name = "LABEL", default_value = "base", hide_default_value = true)]
    pub base_label: String,
    /// What our side is called
    #[arg(long, value_name = "LABEL", default_value = "ours", hide_default_value = true)]
    pub ours_label: String,
    /// What their side is called
    #[arg(long, value_name = "LABEL", default_value = "theirs", hide_default_value = true)]
    pub theirs_label: String,
    /// Ask key services of other processes, too
    #[arg(long)]
    pub remote_keys: bool,
    /// The common ancestor, as a file; may be empty
    #[arg(value_name = "BASE")]
    pub base: PathBuf,
    /// Our version; the result is written here
    #[arg(value_name = "OURS")]
    pub ours: PathBuf,
    /// Their version
    #[arg(value_name = "THEIRS")]
    pub theirs: PathBuf,
}

impl MergeArgs {
    /// Merges; gives the exit code.
    ///
    /// # Errors
    /// Nothing could be written.
    pub fn run(self, context: &Context) -> Result<u8, Failure> {
        let labels = Labels::new(self.ours_label, self.base_label, self.theirs_label);
        let (path, marker_size) = (self.path, self.marker_size);
        merge::run(
            context,
            &Request {
                path,
                marker_size,
                labels,
                remote: self.remote_keys,
                files: [self.base, self.ours, self.theirs],
            },
        )
    }
}
