//! `seal grant` and `seal revoke`

use super::IdentityArgs;
use crate::commands::{Context, grant, revoke};
use crate::error::Failure;
use clap::Args;
use std::path::PathBuf;

/// What both have in common.
#[derive(Debug, Args)]
pub struct ChangeArgs {
    /// Change all files of a creation rule though not all of them are named
    #[arg(long)]
    pub whole_rule: bool,
    /// Do not ask
    #[arg(short, long)]
    pub yes: bool,
    /// Only say what would change
    #[arg(long)]
    pub dry_run: bool,
    /// Leave the strict record out
    #[arg(long)]
    pub no_strict: bool,
    /// Identities.
    #[command(flatten)]
    pub identity: IdentityArgs,
}

/// `seal grant`
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  seal grant bob services/a/
  seal grant bob --key age1… services/a/
  seal grant bob --role developer")]
pub struct GrantArgs {
    /// A name of .sops.yaml, or an age recipient
    #[arg(value_name = "NAME")]
    pub who: String,
    /// Encrypted files, or folders with some
    #[arg(value_name = "PATH", required_unless_present = "role", conflicts_with = "role")]
    pub paths: Vec<PathBuf>,
    /// The key of a name that is new: age1… or ssh-…
    #[arg(long, value_name = "RECIPIENT")]
    pub key: Option<String>,
    /// Give a role, and with it what is granted to the role
    #[arg(long, value_name = "ROLE")]
    pub role: Option<String>,
    /// The rest.
    #[command(flatten)]
    pub change: ChangeArgs,
}

impl GrantArgs {
    /// Runs the command.
    ///
    /// # Errors
    /// As [`grant::run`].
    pub fn run(self, context: &Context) -> Result<(), Failure> {
        grant::run(
            context,
            &grant::Request {
                who: self.who,
                key: self.key,
                paths: self.paths,
                role: self.role,
                whole_rule: self.change.whole_rule,
                yes: self.change.yes,
                dry_run: self.change.dry_run,
                record: !self.change.no_strict,
            },
        )
    }
}

/// `seal revoke`
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  seal revoke bob
  seal revoke bob services/a/
  seal revoke --status bob")]
pub struct RevokeArgs {
    /// A name of .sops.yaml, or an age recipient
    #[arg(value_name = "NAME")]
    pub who: String,
    /// Encrypted files, or folders with some [default: everything below .sops.yaml]
    #[arg(value_name = "PATH", conflicts_with = "status")]
    pub paths: Vec<PathBuf>,
    /// Tell which of the values that NAME could read were changed since
    #[arg(long)]
    pub status: bool,
    /// Wrap the new keys for the other recipients though neither strict record nor rule names them
    #[arg(long)]
    pub trust_recipients: bool,
    /// The rest.
    #[command(flatten)]
    pub change: ChangeArgs,
}

impl RevokeArgs {
    /// Runs the command.
    ///
    /// # Errors
    /// As [`revoke::run`] and [`revoke::status`].
    pub fn run(self, context: &Context) -> Result<(), Failure> {
        if self.status {
            return revoke::status(context, &self.who);
        }
        revoke::run(
            context,
            &revoke::Request {
                who: self.who,
                paths: self.paths,
                whole_rule: self.change.whole_rule,
                trust: self.trust_recipients,
                yes: self.change.yes,
                dry_run: self.change.dry_run,
                record: !self.change.no_strict,
            },
        )
    }
}
