//! The arguments of `seal git resolve` and `seal git mergetool`.

use crate::commands::Context;
use crate::commands::git::resolve::{self, Decisions, Request, mergetool};
use crate::doc::KeyPath;
use crate::error::{Code, Failure};
use crate::merge::{Choice, Side};
use clap::Args;
use std::path::PathBuf;

/// `seal git resolve`
#[derive(Debug, Args)]
#[command(after_help = "\
Exit code 1 means that conflicts are left, 3 that there are none

Examples:
  seal git resolve config.enc.yaml
  seal git resolve --take db.password=theirs config.enc.yaml
  seal git resolve --all --ours")]
pub struct ResolveArgs {
    /// The files
    #[arg(value_name = "FILE", required_unless_present = "all")]
    pub files: Vec<PathBuf>,
    /// All files that seal merges
    #[arg(long, conflicts_with = "files")]
    pub all: bool,
    /// Decide all conflicts for our side
    #[arg(long, conflicts_with = "theirs", help_heading = "Decisions")]
    pub ours: bool,
    /// Decide all conflicts for their side
    #[arg(long, help_heading = "Decisions")]
    pub theirs: bool,
    /// Decide one: ours, theirs, base or delete
    #[arg(long, value_name = "PATH=WHAT", value_parser = decision, help_heading = "Decisions")]
    pub take: Vec<Taken>,
    /// Decide in your editor, in memory
    #[arg(long, conflicts_with_all = ["ours", "theirs", "take"], help_heading = "Decisions")]
    pub editor: bool,
    /// Take the file as it is, whatever its values are
    #[arg(long, conflicts_with_all = ["ours", "theirs", "take", "editor"], help_heading = "Decisions")]
    pub accept_worktree: bool,
    /// Ask with digests in the place of values
    #[arg(long, help_heading = "Output")]
    pub masked: bool,
    /// Do not git add the result
    #[arg(long, help_heading = "Output")]
    pub no_add: bool,
}

/// A conflict that is decided.
#[derive(Debug, Clone)]
pub struct Taken(KeyPath, Choice);

fn decision(text: &str) -> Result<Taken, String> {
    let (path, what) = text.rsplit_once('=').ok_or("it takes PATH=ours, =theirs, =base or =delete")?;
    let choice = match what {
        "ours" => Choice::Take(Side::Ours),
        "theirs" => Choice::Take(Side::Theirs),
        "base" => Choice::Take(Side::Base),
        "delete" => Choice::Delete,
        _ => return Err(format!("`{what}` is not ours, theirs, base or delete")),
    };
    Ok(Taken(KeyPath::parse(path).map_err(|error| error.to_string())?, choice))
}

impl ResolveArgs {
    /// Resolves; gives the exit code.
    ///
    /// # Errors
    /// See [`resolve::run`].
    pub fn run(self, context: &Context) -> Result<u8, Failure> {
        let side = match (self.ours, self.theirs) {
            (true, _) => Some(Side::Ours),
            (_, true) => Some(Side::Theirs),
            _ => None,
        };
        let take = self.take.into_iter().map(|Taken(path, choice)| (path, choice)).collect();
        let request = Request {
            files: self.files,
            all: self.all,
            decisions: Decisions { side, take, masked: self.masked },
            editor: self.editor,
            accept_worktree: self.accept_worktree,
            no_add: self.no_add,
        };
        resolve::run(context, &request)
    }
}

/// `seal git mergetool`
#[derive(Debug, Args)]
pub struct MergetoolArgs {
    /// BASE, LOCAL, REMOTE and MERGED, as Git names them
    #[arg(value_name = "FILE", num_args = 4)]
    pub files: Vec<PathBuf>,
}

impl MergetoolArgs {
    /// Resolves; gives the exit code.
    ///
    /// # Errors
    /// See [`mergetool::run`].
    pub fn run(self, context: &Context) -> Result<u8, Failure> {
        let [base, ours, theirs, merged] = self.files.as_slice() else {
            return Err(Failure::new(Code::Generic, "four files are needed"));
        };
        mergetool::run(context, [base, ours, theirs], merged)
    }
}
