//! The arguments of `seal git`.

mod difftool;
mod guard;
mod install;
mod merge;
mod resolve;
mod scan;
mod textconv;

use super::IdentityArgs;
use crate::commands::Context;
use crate::commands::git::doctor;
use crate::error::Failure;
use clap::{Args, Subcommand};
use difftool::DifftoolArgs;
use guard::GuardArgs;
use install::{InstallArgs, UninstallArgs};
use merge::MergeArgs;
use resolve::{MergetoolArgs, ResolveArgs};
use scan::ScanArgs;
use textconv::TextconvArgs;

/// `seal git`
#[derive(Debug, Args)]
#[command(arg_required_else_help = true)]
pub struct GitArgs {
    /// What to do.
    #[command(subcommand)]
    pub verb: GitVerb,
}

/// The verbs of `seal git`.
#[derive(Debug, Subcommand)]
pub enum GitVerb {
    /// Set up Git for encrypted files: diffs, merges, hooks
    Install(InstallArgs),
    /// Undo what install did
    Uninstall(UninstallArgs),
    /// Find what does not work of it
    Doctor,
    /// Refuse to stage plain text; Git calls it
    Guard(GuardArgs),
    /// Merge two versions of a file; Git calls it
    Merge(MergeArgs),
    /// Finish a merge that has conflicts
    Resolve(ResolveArgs),
    /// The same for git mergetool
    Mergetool(MergetoolArgs),
    /// Print a version of a file for review; Git calls it
    Textconv(TextconvArgs),
    /// Show what differs between two versions of a file; git difftool calls it
    Difftool(DifftoolArgs),
    /// Find encrypted values that stand somewhere in clear
    Scan(ScanArgs),
}

impl GitArgs {
    /// Takes the identities of the verb.
    pub fn take_identity(&mut self) -> IdentityArgs {
        match &mut self.verb {
            GitVerb::Scan(args) => std::mem::take(&mut args.identity),
            _ => IdentityArgs::default(),
        }
    }

    /// Runs the verb; gives its exit code.
    ///
    /// # Errors
    /// Those of the verb.
    pub fn run(self, context: &Context) -> Result<u8, Failure> {
        match self.verb {
            GitVerb::Install(args) => args.run(context),
            GitVerb::Uninstall(args) => args.run(context),
            GitVerb::Doctor => doctor::run(context),
            GitVerb::Guard(args) => args.run(context),
            GitVerb::Merge(args) => args.run(context),
            GitVerb::Resolve(args) => args.run(context),
            GitVerb::Mergetool(args) => args.run(context),
            GitVerb::Textconv(args) => Ok(args.run()),
            GitVerb::Difftool(args) => Ok(args.run()),
            GitVerb::Scan(args) => args.run(context),
        }
    }
}
