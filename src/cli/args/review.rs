//! The arguments of `seal diff`, `seal log` and `seal blame`.

use super::IdentityArgs;
use crate::commands::Context;
use crate::commands::review::{blame, diff, log};
use crate::error::Failure;
use crate::git::Selection;
use crate::review::Form;
use clap::{Args, ValueEnum};
use std::path::PathBuf;
use zeroize::Zeroizing;

/// The ways to show values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ShowName {
    /// What they are
    Plain,
    /// Digests of the values
    Masked,
    /// Digests of the ciphertexts
    Structure,
    /// The key paths only
    Keys,
}

impl From<ShowName> for Form {
    fn from(name: ShowName) -> Self {
        match name {
            ShowName::Plain => Form::Plain,
            ShowName::Masked => Form::Masked,
            ShowName::Structure => Form::Structure,
            ShowName::Keys => Form::Keys,
        }
    }
}

/// The forms of `seal diff`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum OutputName {
    /// Lines
    Text,
    /// Tables for a forge
    Markdown,
    /// Data
    Json,
}

/// How values are shown.
#[derive(Debug, Args)]
pub struct ShowArgs {
    /// plain, masked, structure or keys
    #[arg(long, value_name = "HOW", hide_possible_values = true, help_heading = "Output")]
    pub show: Option<ShowName>,
}

impl ShowArgs {
    fn form(&self) -> Option<Form> {
        self.show.map(Form::from)
    }
}

/// `seal diff`
#[derive(Debug, Args)]
#[command(after_help = "\
Values are shown at a terminal, or with --show plain. Without A and B the
worktree is compared with the index, with A alone the worktree with A.

Examples:
  seal diff
  seal diff --staged --show masked
  seal diff main..HEAD --format markdown > review.md
  seal diff HEAD~3 -- secrets/")]
pub struct DiffArgs {
    /// A, A B, A..B or A...B
    #[arg(value_name = "REVISION", num_args = 0..=2)]
    pub revisions: Vec<String>,
    /// Compare the index with A [default: HEAD]
    #[arg(long, visible_alias = "cached")]
    pub staged: bool,
    /// How values are shown.
    #[command(flatten)]
    pub show: ShowArgs,
    /// text, markdown or json
    #[arg(long, value_name = "FORM", hide_possible_values = true, help_heading = "Output")]
    pub format: Option<OutputName>,
    /// End with 1 if there are differences
    #[arg(long, help_heading = "Output")]
    pub exit_code: bool,
    /// Identities.
    #[command(flatten)]
    pub identity: IdentityArgs,
    /// Files and folders
    #[arg(value_name = "PATH", last = true)]
    pub paths: Vec<PathBuf>,
}

impl DiffArgs {
    /// Shows the differences; gives the exit code.
    ///
    /// # Errors
    /// Those of the command.
    pub fn run(self, context: &Context) -> Result<u8, Failure> {
        let request = diff::Request {
            show: self.show.form(),
            revisions: self.revisions,
            staged: self.staged,
            output: self.format.map(|name| match name {
                OutputName::Text => diff::Output::Text,
                OutputName::Markdown => diff::Output::Markdown,
                OutputName::Json => diff::Output::Json,
            }),
            exit_code: self.exit_code,
            paths: self.paths,
        };
        diff::run(context, &request)
    }
}

/// `seal log`
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  seal log -n 10
  seal log -p main..topic -- secrets/
  seal log --author alice --since 2026-01-01 --show keys
  seal log -S OLD_PASSWORD")]
pub struct LogArgs {
    /// Commits to begin at, ranges [default: HEAD]
    #[arg(value_name = "REVISION")]
    pub revisions: Vec<String>,
    /// Show what was changed line by line
    #[arg(short, long, help_heading = "Output")]
    pub patch: bool,
    /// How values are shown.
    #[command(flatten)]
    pub show: ShowArgs,
    /// The oldest first
    #[arg(long, help_heading = "Output")]
    pub reverse: bool,
    /// That changed how often a text stands in values
    #[arg(short = 'S', value_name = "TEXT", value_parser = searched, help_heading = COMMITS)]
    pub text: Option<Text>,
    /// At most so many
    #[arg(short = 'n', long, value_name = "N", value_parser = count, help_heading = COMMITS)]
    pub max_count: Option<u64>,
    /// Leave so many out
    #[arg(long, value_name = "N", value_parser = count, help_heading = COMMITS)]
    pub skip: Option<u64>,
    /// Later than that
    #[arg(long, value_name = "DATE", alias = "after", help_heading = COMMITS)]
    pub since: Option<String>,
    /// Earlier than that
    #[arg(long, value_name = "DATE", alias = "before", help_heading = COMMITS)]
    pub until: Option<String>,
    /// By authors that match
    #[arg(long, value_name = "PATTERN", help_heading = COMMITS)]
    pub author: Vec<String>,
    /// By committers that match
    #[arg(long, value_name = "PATTERN", help_heading = COMMITS)]
    pub committer: Vec<String>,
    /// With messages that match
    #[arg(long, value_name = "PATTERN", help_heading = COMMITS)]
    pub grep: Vec<String>,
    /// Match whatever the case
    #[arg(short = 'i', long, help_heading = COMMITS)]
    pub regexp_ignore_case: bool,
    /// Merges only
    #[arg(long, conflicts_with = "no_merges", help_heading = COMMITS)]
    pub merges: bool,
    /// No merges
    #[arg(long, help_heading = COMMITS)]
    pub no_merges: bool,
    /// Along first parents
    #[arg(long, help_heading = COMMITS)]
    pub first_parent: bool,
    /// Of everything that has a name
    #[arg(long, help_heading = COMMITS)]
    pub all: bool,
    /// Of all branches
    #[arg(long, help_heading = COMMITS)]
    pub branches: bool,
    /// Of all tags
    #[arg(long, help_heading = COMMITS)]
    pub tags: bool,
    /// Of all remote branches
    #[arg(long, help_heading = COMMITS)]
    pub remotes: bool,
    /// Identities.
    #[command(flatten)]
    pub identity: IdentityArgs,
    /// Files and folders
    #[arg(value_name = "PATH", last = true)]
    pub paths: Vec<PathBuf>,
}

/// The heading of what picks commits.
const COMMITS: &str = "Commits (as for git log)";

/// A text that is looked for; it may be a secret.
#[derive(Clone)]
pub struct Text(Zeroizing<String>);

impl std::fmt::Debug for Text {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Text(..)")
    }
}

impl LogArgs {
    /// Shows the commits.
    ///
    /// # Errors
    /// Those of the command.
    pub fn run(self, context: &Context) -> Result<(), Failure> {
        let merges = match (self.merges, self.no_merges) {
            (true, _) => Some(true),
            (_, true) => Some(false),
            _ => None,
        };
        let request = log::Request {
            show: self.show.form(),
            selection: Selection {
                revisions: self.revisions,
                all: self.all,
                branches: self.branches,
                tags: self.tags,
                remotes: self.remotes,
                max_count: self.max_count,
                skip: self.skip,
                since: self.since,
                until: self.until,
                authors: self.author,
                committers: self.committer,
                words: self.grep,
                ignore_case: self.regexp_ignore_case,
                merges,
                first_parent: self.first_parent,
                reverse: self.reverse,
            },
            patch: self.patch,
            text: self.text.map(|text| text.0),
            paths: self.paths,
        };
        log::run(context, &request)
    }
}

/// `seal blame`
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  seal blame config.enc.yaml
  seal blame --show plain config.enc.yaml
  seal blame --json config.enc.yaml")]
pub struct BlameArgs {
    /// The encrypted file
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// How values are shown.
    #[command(flatten)]
    pub show: ShowArgs,
    /// Identities.
    #[command(flatten)]
    pub identity: IdentityArgs,
}

impl BlameArgs {
    /// Shows the commits of the values.
    ///
    /// # Errors
    /// Those of the command.
    pub fn run(self, context: &Context) -> Result<(), Failure> {
        blame::run(context, &blame::Request { show: self.show.form(), file: self.file })
    }
}

/// A number, in words of our own if it is none.
fn count(text: &str) -> Result<u64, String> {
    text.parse().ok().ok_or_else(|| "not a number".to_owned())
}

/// A text that is not empty.
fn searched(text: &str) -> Result<Text, String> {
    match text {
        "" => Err("it is empty".to_owned()),
        text => Ok(Text(Zeroizing::new(text.to_owned()))),
    }
}
