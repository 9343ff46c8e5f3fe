//! `seal who`

use super::TypeName;
use crate::commands::who::Request;
use clap::Args;
use std::path::PathBuf;

/// `seal who`
#[derive(Debug, Args)]
#[command(after_help = "\
Names come from `recipients` in the section `seal` of .sops.yaml.

Examples:
  seal who config.enc.yaml
  seal who --json secrets/*.yaml")]
pub struct WhoArgs {
    /// Files, encrypted or not
    #[arg(value_name = "FILE", required = true)]
    pub files: Vec<PathBuf>,
    /// yaml, json, dotenv, ini, toml, binary [default: by name]
    #[arg(long, value_name = "TYPE", hide_possible_values = true)]
    pub input_type: Option<TypeName>,
}

impl From<WhoArgs> for Request {
    fn from(args: WhoArgs) -> Self {
        Self { files: args.files, input_type: args.input_type.map(TypeName::format) }
    }
}
