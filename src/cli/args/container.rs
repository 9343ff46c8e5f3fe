//! `seal run` and `seal mount` on the command line.

use super::{ServiceArgs, TypeName};
use crate::commands::Unlocking;
use crate::commands::container::request::{
    Folder, KeyPlaces, Mode, Mount, NullRule, OnChange, OnEvent, Request, Run, SecretSpec, Separator, Watch,
    What,
};
use crate::error::{Code, Failure};
use crate::ui::shell_word;
use clap::{Args, ValueEnum};
use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

/// `seal run`
#[derive(Debug, Args)]
#[command(after_help = "\
Every flag has a variable, SEAL_INTO for --into; SEAL_SOURCE has the files.
Flags win. The identity is the first that is found: --key-fd, --key-file or
SEAL_KEY_FILE, $CREDENTIALS_DIRECTORY/seal.key, /run/secrets/seal.key,
SEAL_KEY, then where SOPS looks.

Examples:
  seal run app.enc.yaml -- ./app
  seal run --as keys --into /run/app --user 1000:1000 app.enc.yaml -- ./app
  seal run --secret source=db.password,env-file=PASS_FILE a.enc.yaml -- ./app")]
pub struct RunArgs {
    /// Encrypted files
    #[arg(value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// The program to become, after `--`
    #[arg(last = true, value_name = "COMMAND")]
    pub command: Vec<OsString>,
    /// What is rendered.
    #[command(flatten)]
    pub render: RenderArgs,
    /// Give VAR the value at PATH: the app's environment shows it
    #[arg(long, value_name = "VAR=PATH", value_parser = pair, help_heading = "The app")]
    pub env: Vec<(String, String)>,
    /// Give VAR the path of a sealed memory file with the value at PATH
    #[arg(long, value_name = "VAR=PATH", value_parser = pair, help_heading = "The app")]
    pub fd: Vec<(String, String)>,
    /// Become this user: UID, UID:GID or names
    #[arg(long, value_name = "USER", help_heading = "The app")]
    pub user: Option<String>,
    /// Let the app gain no privileges
    #[arg(long, help_heading = "The app")]
    pub no_new_privs: bool,
    /// Stay as parent: pass on signals, reap, remove the secrets at the end
    #[arg(long, help_heading = "The app")]
    pub supervise: bool,
    /// What both verbs take.
    #[command(flatten)]
    pub shared: SharedArgs,
    /// What is done after a change.
    #[arg(
        long,
        value_name = "ACTION",
        help_heading = "Rotation",
        help = "After a change: none, signal:NAME, restart[:SECONDS] or exit[:CODE]"
    )]
    pub on_change: Option<OnChange>,
}

/// `seal mount`
#[derive(Debug, Args)]
#[command(after_help = "\
Every flag has a variable, SEAL_INTO for --into; SEAL_SOURCE has the files.
Flags win. The identity is the first that is found: --key-fd, --key-file or
SEAL_KEY_FILE, $CREDENTIALS_DIRECTORY/seal.key, /run/secrets/seal.key,
SEAL_KEY, then where SOPS looks.

Examples:
  seal mount --into /run/app app.enc.yaml
  seal mount --watch --group 1000 --into /run/app app.enc.yaml
  seal mount --check /run/app")]
pub struct MountArgs {
    /// Encrypted files
    #[arg(value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// What belongs to `seal run`, to say so.
    #[arg(last = true, hide = true)]
    pub command: Vec<OsString>,
    /// What is rendered.
    #[command(flatten)]
    pub render: RenderArgs,
    /// Stay until told to stop
    #[arg(long, help_heading = "Staying")]
    pub hold: bool,
    /// Remove the secrets when told to stop
    #[arg(long, help_heading = "Staying")]
    pub clear_on_exit: bool,
    /// What both verbs take.
    #[command(flatten)]
    pub shared: SharedArgs,
    /// Say by the exit code whether a complete set that has not expired is in DIR
    #[arg(long, value_name = "DIR", help_heading = "Instead of rendering", conflicts_with_all = ["files", "clear"])]
    pub check: Option<PathBuf>,
    /// Remove what seal made in DIR
    #[arg(long, value_name = "DIR", help_heading = "Instead of rendering", conflicts_with = "files")]
    pub clear: Option<PathBuf>,
}

/// What both verbs take.
#[derive(Debug, Args)]
pub struct SharedArgs {
    /// Keys.
    #[command(flatten)]
    pub key: KeyPlaceArgs,
    /// Key services.
    #[command(flatten)]
    pub services: ServiceArgs,
    /// How a changed file is noticed.
    #[command(flatten)]
    pub watch: WatchArgs,
    /// Reports.
    #[command(flatten)]
    pub audit: AuditArgs,
}

/// What is rendered, and where to.
#[derive(Debug, Args)]
#[command(next_help_heading = "What is rendered")]
pub struct RenderArgs {
    /// The folder for the secrets, in memory [default: /run/secrets]
    #[arg(long, value_name = "DIR")]
    pub into: Option<PathBuf>,
    /// What is made of a file: file, keys or env; with commas [default: file]
    #[arg(long = "as", value_name = "FORMS", value_delimiter = ',', hide_possible_values = true)]
    pub forms: Vec<FormArg>,
    /// Only this value, may be repeated: source=PATH [,target=NAME] [,file=FILE] [,mode=0400] [,uid=N] [,gid=N] [,env-file=VAR]
    #[arg(long = "secret", value_name = "SPEC")]
    pub secrets: Vec<SecretSpec>,
    /// Fill in the template SRC as NAME
    #[arg(long = "template", value_name = "SRC=NAME", value_parser = pair)]
    pub templates: Vec<(String, String)>,
    /// What joins the parts of a key: . _ - or __ [default: .]
    #[arg(long, value_name = "SEP", allow_hyphen_values = true)]
    pub sep: Option<Separator>,
    /// Permissions of the files [default: 0400]
    #[arg(long, value_name = "MODE", value_parser = octal)]
    pub mode: Option<u32>,
    /// Let this group read, too: GID or a name
    #[arg(long, value_name = "GROUP")]
    pub group: Option<String>,
    /// Render nulls: skip or empty [default: refuse]
    #[arg(long, value_name = "RULE")]
    pub null: Option<NullRule>,
    /// Only values that are encrypted
    #[arg(long)]
    pub sealed_only: bool,
    /// Format of the files [default: by the name]
    #[arg(long, value_name = "TYPE", hide_possible_values = true)]
    pub input_type: Option<TypeName>,
    /// Refuse files without the strict record
    #[arg(long)]
    pub require_strict: bool,
    /// Accept a folder that is not in memory
    #[arg(long)]
    pub allow_disk: bool,
    /// Refuse a folder whose pages may be swapped
    #[arg(long)]
    pub require_noswap: bool,
    /// Accept secrets that all users can read, or some can write
    #[arg(long)]
    pub allow_world: bool,
}

/// How a changed file is noticed, and what then.
#[derive(Debug, Args)]
#[command(next_help_heading = "Rotation")]
pub struct WatchArgs {
    /// Render anew when a file changes; look at least every SECONDS [default: 30]
    #[arg(long, value_name = "SECONDS", num_args = 0..=1, require_equals = true, default_missing_value = "30", value_parser = clap::value_parser!(u32).range(1..))]
    pub watch: Option<u32>,
    /// Wait up to SECONDS, at random, before a change is rendered
    #[arg(long, value_name = "SECONDS", default_value = "0", hide_default_value = true)]
    pub splay: u32,
    /// When a change cannot be rendered: keep or exit [default: keep]
    #[arg(long, value_name = "WHAT", hide_possible_values = true)]
    pub on_fail: Option<FailArg>,
    /// When the files expire: keep, clear or exit [default: keep]
    #[arg(long, value_name = "WHAT", hide_possible_values = true)]
    pub on_expire: Option<ExpireArg>,
}

/// Where the identity is.
#[derive(Debug, Args)]
#[command(next_help_heading = "Identity")]
pub struct KeyPlaceArgs {
    /// The file with the identity
    #[arg(long, value_name = "FILE")]
    pub key_file: Option<PathBuf>,
    /// The descriptor to read the identity from; 0 is standard input
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(i32).range(0..))]
    pub key_fd: Option<i32>,
    /// How long a program or a key service may take to give a key [default: 10]
    #[arg(long, value_name = "SECONDS", default_value = "10", hide_default_value = true, value_parser = clap::value_parser!(u32).range(1..))]
    pub timeout: u32,
}

/// Where events go.
#[derive(Debug, Args)]
#[command(next_help_heading = "Audit")]
pub struct AuditArgs {
    /// Where events go: stderr, file:PATH, fd:N or none [default: stderr, none on a terminal]
    #[arg(long, value_name = "DEST")]
    pub audit: Option<String>,
    /// Go on if events cannot be written
    #[arg(long)]
    pub audit_optional: bool,
}

/// `--as`
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum FormArg {
    /// The document, as `seal decrypt` prints it
    File,
    /// One file for each value
    Keys,
    /// KEY=value lines
    Env,
}

/// `--on-fail`
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum FailArg {
    /// The secrets stay
    Keep,
    /// The program ends
    Exit,
}

/// `--on-expire`
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ExpireArg {
    /// The secrets stay
    Keep,
    /// The secrets are removed
    Clear,
    /// The program ends
    Exit,
}

/// Permission bits in octal.
fn octal(text: &str) -> Result<u32, String> {
    let mode = u32::from_str_radix(text, 8).ok().filter(|mode| *mode <= 0o777);
    mode.ok_or_else(|| "it takes permission bits in octal, such as 0440".to_owned())
}

/// `NAME=rest`.
fn pair(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, rest)) if !name.is_empty() && !rest.is_empty() => Ok((name.to_owned(), rest.to_owned())),
        _ => Err("it takes two parts, with `=` between them".to_owned()),
    }
}

impl RunArgs {
    /// The request; `own_variables` are those that the app does not get.
    ///
    /// # Errors
    /// Flags that do not go together (64).
    pub fn request(self, own_variables: Vec<String>) -> Result<Run, Failure> {
        if self.command.is_empty() {
            return Err(usage("`seal run` needs a command").hint(match self.files.as_slice() {
                [file, program @ ..] if !program.is_empty() => {
                    let words: Vec<_> =
                        program.iter().map(|word| shell_word(&word.to_string_lossy()).into_owned()).collect();
                    format!(
                        "it stands after `--`: {} -- {}",
                        shell_word(&file.to_string_lossy()),
                        words.join(" ")
                    )
                }
                _ => "it stands after `--`: seal run app.enc.yaml -- ./app --its-flags".to_owned(),
            }));
        }
        needs_files(&self.files, "run")?;
        if self.on_change.is_some() && self.shared.watch.watch.is_none() {
            return Err(usage("`--on-change` needs `--watch`"));
        }
        Ok(Run {
            request: request(self.files, self.render, self.shared, own_variables)?,
            command: self.command,
            env: self.env,
            memory: self.fd,
            user: self.user,
            no_new_privs: self.no_new_privs,
            supervise: self.supervise,
            on_change: self.on_change.unwrap_or_default(),
        })
    }
}

/// What `seal mount` is to do.
pub enum MountVerb {
    /// Render.
    Render(Box<Mount>),
    /// Look whether a complete set is there.
    Check(PathBuf),
    /// Remove what was made.
    Clear(PathBuf),
}

impl MountArgs {
    /// The request.
    ///
    /// # Errors
    /// Flags that do not go together (64).
    pub fn request(self) -> Result<MountVerb, Failure> {
        if !self.command.is_empty() {
            return Err(usage("`seal mount` starts no program").hint("seal run does"));
        }
        match (self.check, self.clear) {
            (Some(folder), _) => return Ok(MountVerb::Check(folder)),
            (_, Some(folder)) => return Ok(MountVerb::Clear(folder)),
            _ => needs_files(&self.files, "mount")?,
        }
        if self.clear_on_exit && !self.hold && self.shared.watch.watch.is_none() {
            return Err(usage("`--clear-on-exit` needs `--hold` or `--watch`"));
        }
        let request = request(self.files, self.render, self.shared, Vec::new())?;
        Ok(MountVerb::Render(Box::new(Mount { request, hold: self.hold, clear_on_exit: self.clear_on_exit })))
    }
}

fn usage(headline: impl Into<String>) -> Failure {
    Failure::new(Code::BadUsage, headline)
}

fn needs_files(files: &[PathBuf], verb: &str) -> Result<(), Failure> {
    if files.is_empty() {
        return Err(usage(format!("`seal {verb}` needs an encrypted file"))
            .hint("name it before `--`, or set SEAL_SOURCE"));
    }
    Ok(())
}

fn request(
    files: Vec<PathBuf>,
    render: RenderArgs,
    shared: SharedArgs,
    own_variables: Vec<String>,
) -> Result<Request, Failure> {
    let SharedArgs { key, watch, audit, .. } = shared;
    let is_number = |file: &&PathBuf| file.to_str().is_some_and(|name| name.parse::<u32>().is_ok());
    if watch.watch.is_some()
        && let Some(number) = files.iter().find(is_number)
    {
        let number = number.display();
        return Err(usage(format!("`{number}` is taken for a file"))
            .hint(format!("seconds stand after `=`: --watch={number}; a file of this name: ./{number}")));
    }
    if !render.secrets.is_empty() && render.forms.contains(&FormArg::File) {
        return Err(usage("`--secret` picks values, and `--as file` is a whole document")
            .hint("leave `--as` out, or use --as keys or --as env"));
    }
    if render.allow_disk && render.require_noswap {
        return Err(usage("`--allow-disk` and `--require-noswap` contradict each other"));
    }
    if watch.watch.is_none() && (watch.splay > 0 || watch.on_fail.is_some()) {
        return Err(usage("`--splay` and `--on-fail` need `--watch`"));
    }
    let forms = render.forms.into_iter().map(|form| match form {
        FormArg::File => Mode::File,
        FormArg::Keys => Mode::Keys,
        FormArg::Env => Mode::Env,
    });
    let seconds = |seconds: u32| Duration::from_secs(seconds.into());
    Ok(Request {
        files,
        format: render.input_type.map(TypeName::format),
        unlocking: Unlocking { ignore_mac: false, require_strict: render.require_strict },
        into: render.into,
        what: What {
            forms: forms.collect(),
            secrets: render.secrets,
            templates: render.templates,
            separator: render.sep.unwrap_or_default(),
            null: render.null.unwrap_or_default(),
            sealed_only: render.sealed_only,
            mode: render.mode,
            group: render.group,
            allow_world: render.allow_world,
        },
        folder: Folder { allow_disk: render.allow_disk, require_noswap: render.require_noswap },
        key: KeyPlaces { file: key.key_file, descriptor: key.key_fd, timeout: seconds(key.timeout) },
        watch: Watch {
            every: watch.watch.map(seconds),
            splay: seconds(watch.splay),
            on_fail: match watch.on_fail {
                Some(FailArg::Exit) => OnEvent::Exit,
                Some(FailArg::Keep) | None => OnEvent::Keep,
            },
            on_expire: match watch.on_expire {
                Some(ExpireArg::Clear) => OnEvent::Clear,
                Some(ExpireArg::Exit) => OnEvent::Exit,
                Some(ExpireArg::Keep) | None => OnEvent::Keep,
            },
        },
        audit: audit.audit,
        audit_optional: audit.audit_optional,
        own_variables,
    })
}
