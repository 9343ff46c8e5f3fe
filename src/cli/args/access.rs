//! `seal access`

use crate::commands::access::{Format, Request};
use clap::{Args, ValueEnum};
use std::path::PathBuf;

/// `seal access`
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  seal access
  seal access services --files
  seal access --format svg -o docs/access.svg
  seal access --write")]
pub struct AccessArgs {
    /// Files and folders [default: .]
    #[arg(value_name = "PATH")]
    pub paths: Vec<PathBuf>,
    /// text, json, svg or html [default: text]
    #[arg(long, value_name = "FORMAT", hide_possible_values = true, help_heading = "Output")]
    pub format: Option<FormatArg>,
    /// Write it to this file
    #[arg(short, long, value_name = "FILE", help_heading = "Output")]
    pub output: Option<PathBuf>,
    /// A row for each file
    #[arg(long, help_heading = "Output")]
    pub files: bool,
    /// Instead: write the keys of grants into the creation rules
    #[arg(long, conflicts_with_all = ["paths", "format", "output", "files"])]
    pub write: bool,
}

/// The formats of `--format`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum FormatArg {
    /// A table for the terminal
    Text,
    /// Data
    Json,
    /// A picture
    Svg,
    /// A page
    Html,
}

impl From<AccessArgs> for Request {
    fn from(args: AccessArgs) -> Self {
        let format = args.format.map(|format| match format {
            FormatArg::Text => Format::Text,
            FormatArg::Json => Format::Json,
            FormatArg::Svg => Format::Svg,
            FormatArg::Html => Format::Html,
        });
        let paths = if args.paths.is_empty() { vec![PathBuf::from(".")] } else { args.paths };
        Self { paths, format, output: args.output, each: args.files }
    }
}
