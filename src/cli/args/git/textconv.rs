//! The arguments of `seal git textconv`.

use crate::commands::git::textconv::{self, Request};
use crate::commands::git::viewing::Wish;
use crate::view::Show;
use clap::{Args, ValueEnum};
use std::path::PathBuf;

/// `seal git textconv`
#[derive(Debug, Args)]
pub struct TextconvArgs {
    /// How encrypted values are shown
    #[arg(long, value_name = "HOW", default_value = "auto")]
    pub show: ShowName,
    /// Ask the key services that SOPS_KEYSERVICE names, too
    #[arg(long)]
    pub remote_keys: bool,
    /// The file; the last word, whatever it looks like
    #[arg(value_name = "PATH", allow_hyphen_values = true)]
    pub path: PathBuf,
}

/// The names of the ways to show values.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum ShowName {
    /// In plain if Git shows them in a pager, else as structure
    Auto,
    /// In plain
    Plain,
    /// A digest of each
    Structure,
}

impl ShowName {
    /// The wish of this name.
    #[must_use]
    pub fn wish(self) -> Wish {
        match self {
            ShowName::Auto => Wish::Auto,
            ShowName::Plain => Wish::Always(Show::Plain),
            ShowName::Structure => Wish::Always(Show::Structure),
        }
    }
}

impl TextconvArgs {
    /// Prints the file; gives the exit code.
    #[must_use]
    pub fn run(self) -> u8 {
        textconv::run(&Request { wish: self.show.wish(), remote: self.remote_keys, path: self.path })
    }
}
