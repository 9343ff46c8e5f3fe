//! `seal groups`

use super::{IdentityArgs, RecipientArgs, TypeName, number};
use crate::commands::rekey::groups::{self, Action, Request};
use crate::commands::{Context, Types};
use crate::error::Failure;
use clap::{Args, Subcommand};
use std::path::PathBuf;

/// `seal groups`
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  seal groups show config.enc.yaml
  seal groups add -i -f config.enc.yaml --age age1… --shamir-secret-sharing-threshold 2
  seal groups delete -i -f config.enc.yaml 1")]
pub struct GroupsArgs {
    /// What to do.
    #[command(subcommand)]
    pub verb: GroupsVerb,
}

/// What `seal groups` can do.
#[derive(Debug, Subcommand)]
pub enum GroupsVerb {
    /// Show who is in the groups, and which of them open
    Show(ShowArgs),
    /// Add a group
    Add(Box<AddArgs>),
    /// Delete a group
    Delete(DeleteArgs),
}

/// `seal groups show`
#[derive(Debug, Args)]
pub struct ShowArgs {
    /// The encrypted file
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// yaml, json, dotenv, ini, toml, binary [default: by name]
    #[arg(long, value_name = "TYPE", hide_possible_values = true)]
    pub input_type: Option<TypeName>,
    /// Identities.
    #[command(flatten)]
    pub identity: IdentityArgs,
}

/// What adding and deleting have in common.
#[derive(Debug, Args)]
pub struct ChangeArgs {
    /// The encrypted file
    #[arg(short, long, value_name = "FILE")]
    pub file: PathBuf,
    /// Write the result back to the file [default: to standard output]
    #[arg(short, long)]
    pub in_place: bool,
    /// Key groups needed to decrypt
    #[arg(long, value_name = "N", value_parser = number)]
    pub shamir_secret_sharing_threshold: Option<usize>,
    /// Wrap shares for the recipients of a file though neither its strict record nor a rule names them
    #[arg(long)]
    pub trust_recipients: bool,
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

/// `seal groups add`
#[derive(Debug, Args)]
pub struct AddArgs {
    /// Who is in it.
    #[command(flatten)]
    pub recipients: RecipientArgs,
    /// The file.
    #[command(flatten)]
    pub change: ChangeArgs,
}

/// `seal groups delete`
#[derive(Debug, Args)]
pub struct DeleteArgs {
    /// The group's position, from 0
    #[arg(value_name = "INDEX", value_parser = number)]
    pub index: usize,
    /// The file.
    #[command(flatten)]
    pub change: ChangeArgs,
}

impl GroupsArgs {
    /// The flags for identities.
    pub fn take_identity(&mut self) -> IdentityArgs {
        std::mem::take(match &mut self.verb {
            GroupsVerb::Show(args) => &mut args.identity,
            GroupsVerb::Add(args) => &mut args.change.identity,
            GroupsVerb::Delete(args) => &mut args.change.identity,
        })
    }

    /// Runs the verb.
    ///
    /// # Errors
    /// As [`Action::add`], [`groups::show`] and [`groups::change`].
    pub fn run(self, context: &Context) -> Result<(), Failure> {
        let types = |name: Option<TypeName>| Types { input: name.map(TypeName::format), ..Types::default() };
        let (action, args) = match self.verb {
            GroupsVerb::Show(args) => return groups::show(context, &args.file, &types(args.input_type)),
            GroupsVerb::Add(args) => (Action::add(&args.recipients.into())?, args.change),
            GroupsVerb::Delete(args) => (Action::Delete(args.index), args.change),
        };
        groups::change(
            context,
            &Request {
                file: args.file,
                action,
                threshold: args.shamir_secret_sharing_threshold,
                in_place: args.in_place,
                trust: args.trust_recipients,
                types: types(args.input_type),
                record: !args.no_strict,
            },
        )
    }
}
