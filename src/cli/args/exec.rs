//! `seal exec-env` and `seal exec-file`

use super::{IdentityArgs, TypeName};
use crate::commands::exec::{Env, File, Job};
use crate::commands::{Types, Unlocking};
use clap::Args;
use std::ffi::OsString;
use std::path::PathBuf;

/// What both take.
#[derive(Debug, Args)]
pub struct ExecArgs {
    /// The encrypted file
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// What /bin/sh runs, in one word
    #[arg(value_name = "COMMAND")]
    pub command: OsString,
    /// Run it as this user of /etc/passwd
    #[arg(long, value_name = "USER")]
    pub user: Option<String>,
    /// Do not wait for its end
    #[arg(long)]
    pub background: bool,
    /// Refuse files without the strict record
    #[arg(long, help_heading = "Checks")]
    pub require_strict: bool,
    /// yaml, json, dotenv, ini or binary [default: by the name]
    #[arg(long, value_name = "TYPE", hide_possible_values = true)]
    pub input_type: Option<TypeName>,
    /// Identities.
    #[command(flatten)]
    pub identity: IdentityArgs,
}

impl ExecArgs {
    /// What is to be run. `core` is the limit for core files that it gets.
    fn job(self, output_type: Option<TypeName>, core: Option<u64>) -> Job {
        Job {
            file: self.file,
            types: Types {
                input: self.input_type.map(TypeName::format),
                output: output_type.map(TypeName::format),
                ..Types::default()
            },
            command: self.command,
            user: self.user,
            background: self.background,
            unlocking: Unlocking { require_strict: self.require_strict, ..Unlocking::default() },
            core,
        }
    }
}

/// `seal exec-env`
#[derive(Debug, Args)]
#[command(after_help = "\
The command and all that it starts can read the values, and any key that is in
the environment already. `seal run` hands out less, and needs no shell.

Examples:
  seal exec-env app.enc.env 'psql -c \"select 1\"'
  seal exec-env --pristine app.enc.env ./start")]
pub struct ExecEnvArgs {
    /// File and command.
    #[command(flatten)]
    pub exec: ExecArgs,
    /// No variables but those of the file
    #[arg(long)]
    pub pristine: bool,
    /// Become the command instead of waiting for it
    #[arg(long)]
    pub same_process: bool,
}

impl ExecEnvArgs {
    /// What is to be run, and how.
    #[must_use]
    pub fn request(self, core: Option<u64>) -> (Job, Env) {
        let how = Env { pristine: self.pristine, same_process: self.same_process };
        (self.exec.job(None, core), how)
    }
}

/// `seal exec-file`
#[derive(Debug, Args)]
#[command(after_help = "\
Each {} in the command becomes the path. A pipe can be read once; --no-fifo makes
a file, in memory like all plain text. Either is gone when the command ends.

Examples:
  seal exec-file config.enc.yaml 'app --config {}'
  seal exec-file --no-fifo --filename config.json config.enc.json 'app {}'")]
pub struct ExecFileArgs {
    /// File and command.
    #[command(flatten)]
    pub exec: ExecArgs,
    /// A file, which can be read more than once
    #[arg(long)]
    pub no_fifo: bool,
    /// Its name [default: tmp-file]
    #[arg(long, value_name = "NAME")]
    pub filename: Option<String>,
    /// yaml, json, dotenv, ini or binary [default: by the name]
    #[arg(long, value_name = "TYPE", hide_possible_values = true)]
    pub output_type: Option<TypeName>,
}

impl ExecFileArgs {
    /// What is to be run, and how.
    #[must_use]
    pub fn request(self, core: Option<u64>) -> (Job, File) {
        let how = File { regular: self.no_fifo, name: self.filename };
        (self.exec.job(self.output_type, core), how)
    }
}
