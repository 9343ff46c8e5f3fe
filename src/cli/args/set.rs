//! `seal set` and `seal unset`.

use super::{IdentityArgs, TypeName, number};
use crate::commands::Unlocking;
use crate::commands::change::Target;
use crate::commands::set::Request;
use crate::commands::value::{Source, ValueType};
use crate::error::{Code, Failure};
use clap::{Args, ValueEnum};
use std::path::PathBuf;
use zeroize::Zeroizing;

/// What both verbs take.
#[derive(Debug, Args)]
pub struct PlaceArgs {
    /// The encrypted file, changed in place
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// The path of the value.
    #[arg(value_name = "PATH", help = "The value: db.password or hosts[0].name")]
    pub path: String,
    /// Identities.
    #[command(flatten)]
    pub identity: IdentityArgs,
    /// Go on though a check fails
    #[arg(long, help_heading = "Checks")]
    pub ignore_mac: bool,
    /// Refuse files without the strict record
    #[arg(long, help_heading = "Checks")]
    pub require_strict: bool,
    /// Leave the strict record out
    #[arg(long, help_heading = "Checks")]
    pub no_strict: bool,
    /// Format of the file
    #[arg(long, value_name = "TYPE", hide_possible_values = true)]
    #[arg(help_heading = "Formats (yaml, json or dotenv; else by the name)")]
    pub input_type: Option<TypeName>,
    /// The same, for scripts that say both
    #[arg(long, value_name = "TYPE", hide = true)]
    pub output_type: Option<TypeName>,
    /// Without effect, as in SOPS
    #[arg(long, value_name = "N", value_parser = number, hide = true)]
    pub shamir_secret_sharing_threshold: Option<usize>,
}

impl PlaceArgs {
    /// The place that is meant.
    #[must_use]
    pub fn target(self) -> Target {
        Target {
            file: self.file,
            path: self.path,
            input_type: self.input_type.map(TypeName::format),
            output_type: self.output_type.map(TypeName::format),
            unlocking: Unlocking { ignore_mac: self.ignore_mac, require_strict: self.require_strict },
            record: !self.no_strict,
        }
    }
}

/// `seal set`
#[derive(Debug, Args)]
#[command(after_help = "\
Without VALUE it is asked for on the terminal, unseen, and is text. Else it is
JSON if it is valid JSON (5, true, \"text\", [1, 2], {\"a\": 1}), and text if not.

Examples:
  seal set config.enc.yaml db.password
  pwgen 24 1 | seal set config.enc.yaml db.password --value-stdin --string
  seal set config.enc.yaml 'hosts[0].port' 5432")]
pub struct SetArgs {
    /// The value; it may stay in the history of the shell
    #[arg(index = 3, value_name = "VALUE", allow_negative_numbers = true)]
    pub value: Option<String>,
    /// VALUE names a file that holds it
    #[arg(long, help_heading = "Value", conflicts_with = "value_stdin")]
    pub value_file: bool,
    /// Read it from standard input
    #[arg(long, help_heading = "Value")]
    pub value_stdin: bool,
    /// It is text, whatever it looks like
    #[arg(long, help_heading = "Value", conflicts_with = "value_type")]
    pub string: bool,
    /// json or string: refuse what is not JSON, or as --string
    #[arg(long, help_heading = "Value", value_name = "TYPE", hide_possible_values = true)]
    pub value_type: Option<ValueTypeName>,
    /// No write if the value is there; that is always so
    #[arg(long, hide = true)]
    pub idempotent: bool,
    /// Where.
    #[command(flatten)]
    pub place: PlaceArgs,
}

/// What `--value-type` takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ValueTypeName {
    /// JSON
    Json,
    /// Text
    String,
}

impl SetArgs {
    /// What is asked for.
    ///
    /// # Errors
    /// The value comes from two places (8), or from a file that is not named (100).
    pub fn request(self) -> Result<Request, Failure> {
        let source = match (self.value, self.value_file, self.value_stdin) {
            (Some(_), _, true) => {
                return Err(Failure::new(
                    Code::ConflictingParameters,
                    "the value comes from standard input and cannot be an argument too",
                ));
            }
            (Some(file), true, _) => Source::File(PathBuf::from(file)),
            (Some(text), ..) => Source::Argument(Zeroizing::new(text)),
            (None, true, _) => {
                return Err(Failure::new(Code::NoFile, "--value-file needs the name of a file")
                    .hint("seal set FILE PATH --value-file VALUE-FILE"));
            }
            (None, _, true) => Source::Stdin,
            (None, false, false) => Source::Prompt,
        };
        let kind = match self.value_type {
            _ if self.string => ValueType::Text,
            Some(ValueTypeName::String) => ValueType::Text,
            Some(ValueTypeName::Json) => ValueType::Json,
            None => ValueType::Auto,
        };
        Ok(Request { target: self.place.target(), source, kind })
    }
}

/// `seal unset`
#[derive(Debug, Args)]
#[command(after_help = "\
Comments above it stay, the one on its line goes.

Examples:
  seal unset config.enc.yaml db.password
  seal unset config.enc.yaml 'hosts[0]'")]
pub struct UnsetArgs {
    /// Nothing at PATH is no failure
    #[arg(long)]
    pub idempotent: bool,
    /// Where.
    #[command(flatten)]
    pub place: PlaceArgs,
}
