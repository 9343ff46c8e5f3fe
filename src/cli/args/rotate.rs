//! `seal rotate`

use super::{ChangeKeysArgs, IdentityArgs, OutputArgs, TypeName, when};
use crate::commands::expiry::Expiry;
use crate::commands::rekey::rotate::Request;
use crate::commands::{Context, Types};
use crate::error::Failure;
use crate::policy::When;
use clap::Args;
use std::path::PathBuf;

/// `seal rotate`
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  seal rotate -i config.enc.yaml
  seal rotate -i --rm-age age1… secrets/")]
pub struct RotateArgs {
    /// Files, or with --in-place folders to look through for encrypted files
    #[arg(value_name = "PATH", required = true)]
    pub paths: Vec<PathBuf>,
    /// Where the result goes.
    #[command(flatten)]
    pub output: OutputArgs,
    /// Recipients that come and go.
    #[command(flatten)]
    pub keys: ChangeKeysArgs,
    /// Wrap the new key for the recipients of a file though neither its strict record nor a rule names them
    #[arg(long, help_heading = "Recipients")]
    pub trust_recipients: bool,
    /// Valid until: 2027-01-31, a time, 90d, 12w, 6m, 1y; or never
    #[arg(long, value_name = "WHEN", value_parser = when)]
    pub expires: Option<When>,
    /// Only say what would be done; needs no key
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

impl RotateArgs {
    /// What the command is asked to do.
    ///
    /// # Errors
    /// A recipient (1) or the encryption context (6) is not well-formed, or the expiry contradicts clock or flags (8).
    pub fn request(self, context: &Context) -> Result<Request, Failure> {
        let (added, removed) = self.keys.into_recipients();
        Ok(Request {
            paths: self.paths,
            in_place: self.output.in_place,
            output: self.output.output,
            add: added.keys("--add-")?,
            remove: removed.keys("--rm-")?,
            dry_run: self.dry_run,
            trust: self.trust_recipients,
            types: Types { input: self.input_type.map(TypeName::format), ..Types::default() },
            record: !self.no_strict,
            expires: Expiry::wanted(context, self.expires, !self.no_strict)?,
        })
    }
}
