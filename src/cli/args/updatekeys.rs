//! `seal updatekeys`

use super::{IdentityArgs, TypeName};
use crate::commands::Types;
use crate::commands::rekey::updatekeys::Request;
use crate::error::Failure;
use clap::Args;
use std::path::PathBuf;

/// `seal updatekeys`
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  seal updatekeys --dry-run .
  seal updatekeys config.enc.yaml secrets/")]
pub struct UpdatekeysArgs {
    /// Files, or folders to look through for encrypted files
    #[arg(value_name = "PATH", required = true)]
    pub paths: Vec<PathBuf>,
    /// Do not ask
    #[arg(short, long)]
    pub yes: bool,
    /// Only say what would change; needs no key
    #[arg(long)]
    pub dry_run: bool,
    /// Leave the strict record out
    #[arg(long)]
    pub no_strict: bool,
    /// yaml, json, dotenv, ini, toml, binary [default: by name]
    #[arg(long, value_name = "TYPE", hide_possible_values = true)]
    pub input_type: Option<TypeName>,
    /// Identities.
    #[command(flatten)]
    pub identity: IdentityArgs,
}

impl UpdatekeysArgs {
    /// What the command is asked to do.
    ///
    /// # Errors
    /// None so far.
    pub fn request(self) -> Result<Request, Failure> {
        Ok(Request {
            paths: self.paths,
            yes: self.yes,
            dry_run: self.dry_run,
            types: Types { input: self.input_type.map(TypeName::format), ..Types::default() },
            record: !self.no_strict,
        })
    }
}
