//! The arguments of `seal check`.

use super::IdentityArgs;
use crate::check::Severity;
use crate::commands::check::report::Form;
use crate::commands::check::suppress::Ignore;
use crate::commands::check::{Place, Request};
use crate::policy::max_age;
use clap::{Args, ValueEnum};
use std::path::PathBuf;
use time::Duration;

const PLACES: &str = "Files in Git";

/// `seal check`
#[derive(Debug, Args)]
#[command(after_help = "\
Exit code 1 means findings; what they are: docs/check.md

Examples:
  seal check
  seal check secrets/ app.enc.yaml --fail-on warning
  seal check --staged
  seal check --range origin/main..HEAD
  seal check --max-age 90d --format sarif > seal.sarif
  seal check --ignore 'S001:templates/*.yaml'")]
pub struct CheckArgs {
    /// Files and folders [default: all tracked files]
    #[arg(value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// All tracked files
    #[arg(long, conflicts_with = "files")]
    pub all: bool,
    /// What the next commit brings, as it is in the index
    #[arg(long, group = "place", conflicts_with_all = ["files", "all", "max_age"], help_heading = PLACES)]
    pub staged: bool,
    /// All files of a revision
    #[arg(
        long, value_name = "REV", group = "place", conflicts_with_all = ["files", "all", "max_age"], help_heading = PLACES
    )]
    pub tree: Option<String>,
    /// What the commits of A..B bring
    #[arg(
        long, value_name = "A..B", group = "place", conflicts_with_all = ["files", "all", "max_age"], help_heading = PLACES
    )]
    pub range: Option<String>,
    /// What a push takes elsewhere; for a hook
    #[arg(long, group = "place", conflicts_with_all = ["all", "max_age"], help_heading = PLACES)]
    pub pre_push: bool,
    /// What a push brings here; for a hook
    #[arg(long, group = "place", conflicts_with_all = ["files", "all", "max_age"], help_heading = PLACES)]
    pub pre_receive: bool,
    /// A configuration, or a revision whose configurations count
    #[arg(long, value_name = "REV|FILE", help_heading = "What is checked")]
    pub policy: Option<String>,
    /// Decrypt and verify, too; needs identities
    #[arg(long, help_heading = "What is checked")]
    pub mac: bool,
    /// Find secrets older than this: 90d, 12w, 6m, 1y
    #[arg(long, value_name = "AGE", value_parser = age, help_heading = "What is checked")]
    pub max_age: Option<Duration>,
    /// Ignore findings CODE in files GLOB; may be repeated
    #[arg(long, value_name = "CODE:GLOB", help_heading = "What is checked")]
    pub ignore: Vec<Ignore>,
    /// human, json, github, gitlab or sarif
    #[arg(long, value_name = "FORM", hide_possible_values = true, help_heading = "Output")]
    pub format: Option<FormName>,
    /// The mildest finding that fails: error or warning
    #[arg(
        long,
        value_name = "LEVEL",
        default_value = "error",
        hide_default_value = true,
        hide_possible_values = true,
        help_heading = "Output"
    )]
    pub fail_on: Level,
    /// Identities.
    #[command(flatten)]
    pub identity: IdentityArgs,
}

/// The forms of `--format`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum FormName {
    /// A line each
    Human,
    /// One JSON document
    Json,
    /// Annotations of GitHub Actions
    Github,
    /// A Code Quality report of GitLab
    Gitlab,
    /// SARIF 2.1.0
    Sarif,
}

/// The levels of `--fail-on`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Level {
    /// Errors only
    Error,
    /// Warnings, too
    Warning,
}

fn age(text: &str) -> Result<Duration, String> {
    max_age::parse(text).ok_or_else(|| format!("it takes {}", max_age::EXPECTED))
}

impl From<CheckArgs> for Request {
    fn from(args: CheckArgs) -> Self {
        let place = match (args.tree, args.range) {
            (Some(revision), _) => Place::Tree(revision),
            (_, Some(range)) => Place::Range(range),
            _ if args.staged => Place::Staged,
            _ if args.pre_push => Place::PrePush(args.files),
            _ if args.pre_receive => Place::PreReceive,
            _ => Place::Worktree(args.files),
        };
        Self {
            place,
            policy: args.policy,
            mac: args.mac,
            max_age: args.max_age,
            form: args.format.map(Form::from),
            fail_on: match args.fail_on {
                Level::Error => Severity::Error,
                Level::Warning => Severity::Warning,
            },
            ignore: args.ignore,
        }
    }
}

impl From<FormName> for Form {
    fn from(name: FormName) -> Self {
        match name {
            FormName::Human => Form::Human,
            FormName::Json => Form::Json,
            FormName::Github => Form::Github,
            FormName::Gitlab => Form::Gitlab,
            FormName::Sarif => Form::Sarif,
        }
    }
}
