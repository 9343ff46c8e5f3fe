//! `seal edit` on the command line.

use super::{DialectName, IdentityArgs, KeyArgs, SelectionArgs, TypeName};
use crate::commands::edit::{DraftWish, Request};
use crate::commands::new_file::Wanted;
use crate::commands::{Types, Unlocking};
use clap::Args;
use std::path::PathBuf;

/// `seal edit`
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  seal edit config.enc.yaml
  seal edit --resume config.enc.yaml
  seal edit --editor 'code --wait' config.enc.yaml")]
pub struct EditArgs {
    /// The file; a missing one is created by its creation rule
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// The editor [default: SEAL_EDITOR, SOPS_EDITOR, VISUAL, EDITOR, vim, nano, vi]
    #[arg(long, value_name = "COMMAND", help_heading = "Editing")]
    pub editor: Option<String>,
    /// Go on with a text that could not be saved
    #[arg(long, help_heading = "Editing", conflicts_with = "discard_draft")]
    pub resume: bool,
    /// Forget a text that could not be saved
    #[arg(long, help_heading = "Editing")]
    pub discard_draft: bool,
    /// Write the plain text to a disk if no place is in memory
    #[arg(long, help_heading = "Editing")]
    pub allow_disk: bool,
    /// Show the metadata too; it cannot be changed there
    #[arg(short, long, help_heading = "Editing")]
    pub show_master_keys: bool,
    /// Identities.
    #[command(flatten)]
    pub identity: IdentityArgs,
    /// Edit though the MAC fails
    #[arg(long, help_heading = "Checks")]
    pub ignore_mac: bool,
    /// Refuse files without the strict record
    #[arg(long, help_heading = "Checks")]
    pub require_strict: bool,
    /// Leave the strict record out
    #[arg(long, help_heading = "Checks")]
    pub no_strict: bool,
    /// Leave clear values of a new file out of the MAC
    #[arg(long, help_heading = "Checks")]
    pub mac_only_encrypted: bool,
    /// Accept a new file of which no value is selected
    #[arg(long, help_heading = "Checks")]
    pub allow_nothing: bool,
    /// Recipients of a new file.
    #[command(flatten)]
    pub keys: KeyArgs,
    /// Selection of a new file.
    #[command(flatten)]
    pub selection: SelectionArgs,
    /// A new ENV file for sops, dotenv, docker, compose, systemd or shell
    #[arg(long, value_name = "READER", hide_possible_values = true, help_heading = "Format")]
    pub dialect: Option<DialectName>,
    /// Format of file and text [default: by the name]
    #[arg(long, value_name = "TYPE", hide_possible_values = true, help_heading = "Format")]
    pub input_type: Option<TypeName>,
    /// The same, as SOPS calls it
    #[arg(long, value_name = "TYPE", hide_possible_values = true, help_heading = "Format")]
    pub output_type: Option<TypeName>,
}

impl From<EditArgs> for Request {
    fn from(args: EditArgs) -> Self {
        let draft = match (args.resume, args.discard_draft) {
            (true, _) => DraftWish::Resume,
            (_, true) => DraftWish::Discard,
            _ => DraftWish::Ask,
        };
        Self {
            file: args.file,
            types: Types {
                input: args.input_type.map(TypeName::format),
                output: args.output_type.map(TypeName::format),
                dialect: DialectName::speech(args.dialect),
                ..Types::default()
            },
            wanted: Wanted {
                recipients: args.keys.recipients.into(),
                selectors: args.selection.into_selectors(),
                threshold: args.keys.shamir_secret_sharing_threshold,
                record: !args.no_strict,
                mac_only_encrypted: args.mac_only_encrypted,
                allow_nothing: args.allow_nothing,
                ..Wanted::default()
            },
            unlocking: Unlocking { ignore_mac: args.ignore_mac, require_strict: args.require_strict },
            editor: args.editor,
            draft,
            allow_disk: args.allow_disk,
            show_metadata: args.show_master_keys,
        }
    }
}
