//! The arguments of `seal git guard`.

use crate::commands::Context;
use crate::commands::git::guard;
use crate::error::Failure;
use clap::Args;
use std::path::PathBuf;

/// `seal git guard`
#[derive(Debug, Args)]
pub struct GuardArgs {
    /// Let one file through, from standard input to standard output
    #[arg(long, value_name = "NAME")]
    pub path: Option<PathBuf>,
}

impl GuardArgs {
    /// Guards until Git is done, or one file.
    ///
    /// # Errors
    /// See [`guard::run`].
    pub fn run(self, context: &Context) -> Result<u8, Failure> {
        guard::run(context, self.path.as_deref()).map(|()| 0)
    }
}
