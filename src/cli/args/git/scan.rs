//! The arguments of `seal git scan`.

use crate::cli::args::IdentityArgs;
use crate::cli::args::check::FormName;
use crate::commands::Context;
use crate::commands::check::report::Form;
use crate::commands::check::suppress::Ignore;
use crate::commands::git::scan::{self, Request};
use crate::error::Failure;
use clap::Args;

/// `seal git scan`
#[derive(Debug, Args)]
#[command(after_help = "\
Exit code 1 means that a value was found.

Examples:
  seal git scan
  seal git scan --history --allow db.user")]
pub struct ScanArgs {
    /// Every version, message and note that something leads to, too
    #[arg(long)]
    pub history: bool,
    /// What the next commit brings, instead of the worktree
    #[arg(long)]
    pub staged: bool,
    /// A value that may stand in clear; may be repeated
    #[arg(long, value_name = "KEYPATH")]
    pub allow: Vec<String>,
    /// Ignore findings CODE in files GLOB; may be repeated
    #[arg(long, value_name = "CODE:GLOB")]
    pub ignore: Vec<Ignore>,
    /// human, json, github, gitlab or sarif
    #[arg(long, value_name = "FORM", hide_possible_values = true)]
    pub format: Option<FormName>,
    /// Identities.
    #[command(flatten)]
    pub identity: IdentityArgs,
}

impl ScanArgs {
    /// Searches; gives the exit code.
    ///
    /// # Errors
    /// Something cannot be read.
    pub fn run(self, context: &Context) -> Result<u8, Failure> {
        let request = Request {
            history: self.history,
            staged: self.staged,
            allowed: self.allow,
            ignore: self.ignore,
            form: self.format.map(Form::from),
        };
        scan::run(context, &request)
    }
}
