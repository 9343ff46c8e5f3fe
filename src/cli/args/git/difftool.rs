//! The arguments of `seal git difftool`.

use super::textconv::ShowName;
use crate::commands::git::difftool::{self, Request};
use clap::Args;
use std::path::PathBuf;

/// `seal git difftool`
#[derive(Debug, Args)]
pub struct DifftoolArgs {
    /// How encrypted values are shown
    #[arg(long, value_name = "HOW", default_value = "auto")]
    pub show: ShowName,
    /// The old version
    #[arg(value_name = "LOCAL")]
    pub local: PathBuf,
    /// The new version
    #[arg(value_name = "REMOTE")]
    pub remote: PathBuf,
}

impl DifftoolArgs {
    /// Prints the differences; gives the exit code.
    #[must_use]
    pub fn run(self) -> u8 {
        difftool::run(&Request { wish: self.show.wish(), local: self.local, remote: self.remote })
    }
}
