//! The command line: clap types, and what they mean.

mod access;
mod check;
#[cfg(target_os = "linux")]
mod container;
mod edit;
mod exec;
mod git;
mod grant;
mod groups;
mod keys;
#[cfg(feature = "keyservice")]
mod keyservice;
mod publish;
mod review;
mod rotate;
mod service;
mod set;
mod updatekeys;
mod who;

pub use access::{AccessArgs, FormatArg};
pub use check::CheckArgs;
#[cfg(target_os = "linux")]
pub use container::{MountArgs, MountVerb, RunArgs};
pub use edit::EditArgs;
pub use exec::{ExecEnvArgs, ExecFileArgs};
pub use git::GitArgs;
pub use grant::{GrantArgs, RevokeArgs};
pub use groups::GroupsArgs;
pub use keys::{ChangeKeysArgs, KeyArgs, RecipientArgs};
#[cfg(feature = "keyservice")]
pub use keyservice::{KeyserviceArgs, Network};
pub use publish::PublishArgs;
pub use review::{BlameArgs, DiffArgs, LogArgs};
pub use rotate::RotateArgs;
pub use service::ServiceArgs;
pub use set::{SetArgs, UnsetArgs};
pub use updatekeys::UpdatekeysArgs;
pub use who::WhoArgs;

use crate::commands::types::Speech;
use crate::doc::{Dialect, FormatName};
use crate::policy::{When, expiry};
use crate::sops::{Selector, SelectorKind};
use clap::{Args, Parser, Subcommand, ValueEnum};
use std::path::PathBuf;

/// Keeps secrets in Git: encrypts the values of YAML, JSON, ENV, INI and TOML files in the SOPS format, losslessly
#[derive(Debug, Parser)]
#[command(name = "seal", version, arg_required_else_help = true)]
#[command(after_help = "\
Identities are looked for where SOPS looks: SOPS_AGE_KEY_FILE, SOPS_AGE_KEY,
SOPS_AGE_KEY_CMD, ~/.config/sops/age/keys.txt, ~/.ssh/id_ed25519, ~/.ssh/id_rsa.
The flags of a command: seal COMMAND --help")]
pub struct Cli {
    /// What every command takes.
    #[command(flatten)]
    pub global: Global,
    /// The verb.
    #[command(subcommand)]
    pub command: Command,
}

/// Flags of every command, before or after it.
#[derive(Debug, Args)]
#[command(next_help_heading = "Everywhere")]
pub struct Global {
    /// The .sops.yaml to use [default: the next one upwards]
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Show no warnings
    #[arg(short, long, global = true)]
    pub quiet: bool,
    /// Reports as JSON, warnings and failures too
    #[arg(long, global = true)]
    pub json: bool,
}

/// The verbs, in the order of `seal --help`: single values, whole files, readers, keys, the rest.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Edit a file in your editor; make a new one
    Edit(EditArgs),
    /// Print one value of an encrypted file
    Get(GetArgs),
    /// Set one value of an encrypted file
    Set(SetArgs),
    /// Remove one value of an encrypted file
    Unset(UnsetArgs),
    /// Encrypt the values of files
    #[command(visible_alias = "enc")]
    Encrypt(EncryptArgs),
    /// Decrypt files, back to the byte
    #[command(visible_alias = "dec")]
    Decrypt(DecryptArgs),
    /// Give values to Docker Swarm, Kubernetes or docker run
    Publish(PublishArgs),
    /// Decrypt into memory, then become a program
    #[cfg(target_os = "linux")]
    Run(Box<RunArgs>),
    /// Decrypt into memory for other programs
    #[cfg(target_os = "linux")]
    Mount(Box<MountArgs>),
    /// Run a shell's command with the values in its environment
    ExecEnv(ExecEnvArgs),
    /// Run a shell's command with the plain text in a pipe
    ExecFile(ExecFileArgs),
    /// Say who can read a file, and who should; needs no key
    Who(WhoArgs),
    /// Show who can read which files; needs no key
    Access(AccessArgs),
    /// Let somebody read files
    Grant(GrantArgs),
    /// Take files from somebody, and list what they could read
    Revoke(RevokeArgs),
    /// Give files the recipients of their creation rule
    Updatekeys(UpdatekeysArgs),
    /// Give files a new data key
    Rotate(RotateArgs),
    /// Show, add and delete the key groups of a file
    Groups(GroupsArgs),
    /// Show what was changed in encrypted files
    Diff(DiffArgs),
    /// Show the commits that changed encrypted files
    Log(Box<LogArgs>),
    /// Show which commit changed each value of a file; needs no key
    Blame(BlameArgs),
    /// Find what is wrong with the secrets of a repository; needs no key
    Check(CheckArgs),
    /// Encrypted files in Git: what Git calls to merge them
    Git(GitArgs),
    /// Say whether a file is encrypted; needs no key
    Filestatus(FilestatusArgs),
    /// Make a new age identity
    Keygen(KeygenArgs),
    /// Print a script that completes commands and flags
    Completion(CompletionArgs),
    /// Serve your keys to other programs and machines
    #[cfg(feature = "keyservice")]
    Keyservice(KeyserviceArgs),
}

impl Command {
    /// The flags for identities and key services, where the verb opens or wraps; they concern the whole run.
    pub fn take_identity_args(&mut self) -> IdentityArgs {
        match self {
            Command::Decrypt(args) => std::mem::take(&mut args.identity),
            Command::Edit(args) => std::mem::take(&mut args.identity),
            Command::Publish(args) => std::mem::take(&mut args.identity),
            Command::ExecEnv(args) => std::mem::take(&mut args.exec.identity),
            Command::ExecFile(args) => std::mem::take(&mut args.exec.identity),
            Command::Get(args) => std::mem::take(&mut args.identity),
            Command::Set(args) => std::mem::take(&mut args.place.identity),
            Command::Unset(args) => std::mem::take(&mut args.place.identity),
            Command::Updatekeys(args) => std::mem::take(&mut args.identity),
            Command::Rotate(args) => std::mem::take(&mut args.identity),
            Command::Grant(args) => std::mem::take(&mut args.change.identity),
            Command::Revoke(args) => std::mem::take(&mut args.change.identity),
            Command::Groups(args) => args.take_identity(),
            Command::Git(args) => args.take_identity(),
            Command::Check(args) => std::mem::take(&mut args.identity),
            Command::Diff(args) => std::mem::take(&mut args.identity),
            Command::Log(args) => std::mem::take(&mut args.identity),
            Command::Blame(args) => std::mem::take(&mut args.identity),
            Command::Encrypt(args) => services_only(&mut args.services),
            #[cfg(target_os = "linux")]
            Command::Run(args) => services_only(&mut args.shared.services),
            #[cfg(target_os = "linux")]
            Command::Mount(args) => services_only(&mut args.shared.services),
            _ => IdentityArgs::default(),
        }
    }
}

/// The flags of a verb that has its identities elsewhere, or needs none.
pub(super) fn services_only(services: &mut ServiceArgs) -> IdentityArgs {
    IdentityArgs { services: std::mem::take(services), ..IdentityArgs::default() }
}

/// The formats of `--input-type` and `--output-type`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum TypeName {
    /// YAML
    Yaml,
    /// JSON
    Json,
    /// KEY=value lines
    #[value(alias = "env")]
    Dotenv,
    /// Sections of key = value lines
    Ini,
    /// Tables of key = value lines
    Toml,
    /// Any bytes
    Binary,
}

impl TypeName {
    /// The format.
    #[must_use]
    pub fn format(self) -> FormatName {
        match self {
            TypeName::Yaml => FormatName::Yaml,
            TypeName::Json => FormatName::Json,
            TypeName::Dotenv => FormatName::Dotenv,
            TypeName::Ini => FormatName::Ini,
            TypeName::Toml => FormatName::Toml,
            TypeName::Binary => FormatName::Binary,
        }
    }
}

/// The heading of formats.
const FORMATS: &str = "Formats (yaml, json, dotenv, ini, toml or binary; else by the name)";

/// Formats and names.
#[derive(Debug, Args)]
#[command(next_help_heading = FORMATS)]
pub struct TypeArgs {
    /// Format of the input
    #[arg(long, value_name = "TYPE", hide_possible_values = true)]
    pub input_type: Option<TypeName>,
    /// Format of the output
    #[arg(long, value_name = "TYPE", hide_possible_values = true)]
    pub output_type: Option<TypeName>,
    /// Tells the format and the creation rule
    #[arg(long, value_name = "NAME")]
    pub filename_override: Option<String>,
    /// Columns per level of converted output
    #[arg(long, value_name = "N", value_parser = number)]
    pub indent: Option<usize>,
}

/// Who reads the plain text of an ENV file.
#[derive(Debug, Args)]
pub struct DialectArgs {
    /// ENV text for sops, dotenv, docker, compose, systemd or shell
    #[arg(long, value_name = "READER", hide_possible_values = true, help_heading = FORMATS)]
    pub dialect: Option<DialectName>,
}

/// The readers of `--dialect`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum DialectName {
    /// SOPS
    Sops,
    /// Dotenv libraries
    Dotenv,
    /// docker run --env-file
    Docker,
    /// Compose's env_file
    Compose,
    /// systemd's EnvironmentFile
    Systemd,
    /// Shells
    Shell,
}

impl DialectName {
    /// Whose reading is asked for.
    #[must_use]
    pub fn speech(name: Option<Self>) -> Speech {
        match name {
            None => Speech::Unsaid,
            Some(DialectName::Sops) => Speech::Sops,
            Some(DialectName::Dotenv) => Speech::Of(Dialect::Dotenv),
            Some(DialectName::Docker) => Speech::Of(Dialect::Docker),
            Some(DialectName::Compose) => Speech::Of(Dialect::Compose),
            Some(DialectName::Systemd) => Speech::Of(Dialect::Systemd),
            Some(DialectName::Shell) => Speech::Of(Dialect::Shell),
        }
    }
}

/// Where the result goes.
#[derive(Debug, Args)]
#[command(next_help_heading = "Output (else standard output)")]
pub struct OutputArgs {
    /// Write the result back to the file
    #[arg(short, long)]
    pub in_place: bool,
    /// Write the result to this file
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
}

/// Which identities and key services open the file.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Identities (besides those of the environment)")]
pub struct IdentityArgs {
    /// An identity file; may be repeated
    #[arg(long = "identity", value_name = "FILE")]
    pub identities: Vec<PathBuf>,
    /// Kinds to try first [default: age,pgp]
    #[arg(long, value_name = "KINDS")]
    pub decryption_order: Option<String>,
    /// Key services.
    #[command(flatten)]
    pub services: ServiceArgs,
}

/// Which values are encrypted.
#[derive(Debug, Args)]
#[command(next_help_heading = "Selection (one of these, else all but keys that end in _unencrypted)")]
pub struct SelectionArgs {
    /// Encrypt below keys that match
    #[arg(long, value_name = "PATTERN")]
    pub encrypted_regex: Option<String>,
    /// Leave clear below keys that match
    #[arg(long, value_name = "PATTERN")]
    pub unencrypted_regex: Option<String>,
    /// Encrypt below keys that end so
    #[arg(long, value_name = "SUFFIX")]
    pub encrypted_suffix: Option<String>,
    /// Leave clear below keys that end so
    #[arg(long, value_name = "SUFFIX")]
    pub unencrypted_suffix: Option<String>,
    /// Encrypt if a comment matches
    #[arg(long, value_name = "PATTERN")]
    pub encrypted_comment_regex: Option<String>,
    /// Leave clear if a comment matches
    #[arg(long, value_name = "PATTERN")]
    pub unencrypted_comment_regex: Option<String>,
}

impl SelectionArgs {
    /// The selectors that were named.
    #[must_use]
    pub fn into_selectors(self) -> Vec<Selector> {
        let named = [
            (SelectorKind::UnencryptedSuffix, self.unencrypted_suffix),
            (SelectorKind::EncryptedSuffix, self.encrypted_suffix),
            (SelectorKind::UnencryptedRegex, self.unencrypted_regex),
            (SelectorKind::EncryptedRegex, self.encrypted_regex),
            (SelectorKind::UnencryptedCommentRegex, self.unencrypted_comment_regex),
            (SelectorKind::EncryptedCommentRegex, self.encrypted_comment_regex),
        ];
        named.into_iter().filter_map(|(kind, text)| text.map(|text| Selector { kind, text })).collect()
    }
}

/// `seal encrypt`
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  seal encrypt -i config.enc.yaml
  seal encrypt --age age1… config.yaml -o config.enc.yaml
  seal encrypt --filename-override app.env < plain.env > app.env")]
pub struct EncryptArgs {
    /// Files; `-` or none: standard input, with --filename-override
    #[arg(value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// Where the result goes.
    #[command(flatten)]
    pub output: OutputArgs,
    /// Recipients.
    #[command(flatten)]
    pub keys: KeyArgs,
    /// Key services.
    #[command(flatten)]
    pub services: ServiceArgs,
    /// Selection.
    #[command(flatten)]
    pub selection: SelectionArgs,
    /// Leave clear values out of the MAC
    #[arg(long, help_heading = "Checks")]
    pub mac_only_encrypted: bool,
    /// Leave the strict record out
    #[arg(long, help_heading = "Checks")]
    pub no_strict: bool,
    /// Valid until: 2027-01-31, a time, 90d, 12w, 6m, 1y
    #[arg(long, value_name = "WHEN", value_parser = when, help_heading = "Checks")]
    pub expires: Option<When>,
    /// Accept a file of which no value is selected
    #[arg(long, help_heading = "Checks")]
    pub allow_nothing: bool,
    /// Dialect.
    #[command(flatten)]
    pub dialect: DialectArgs,
    /// Formats.
    #[command(flatten)]
    pub types: TypeArgs,
}

/// `seal decrypt`
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  seal decrypt config.enc.yaml
  seal decrypt config.enc.yaml --extract db.password
  seal decrypt config.enc.yaml --output-type json
  seal decrypt --input-type yaml < config.enc.yaml")]
pub struct DecryptArgs {
    /// Files; `-` or none: standard input
    #[arg(value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// Where the result goes.
    #[command(flatten)]
    pub output: OutputArgs,
    /// The part to print.
    #[arg(
        long,
        value_name = "PATH",
        help_heading = "Output (else standard output)",
        help = "Only this part: db.password or hosts[0].name"
    )]
    pub extract: Option<String>,
    /// Identities.
    #[command(flatten)]
    pub identity: IdentityArgs,
    /// Show the content though a check fails
    #[arg(long, help_heading = "Checks")]
    pub ignore_mac: bool,
    /// Refuse files without the strict record
    #[arg(long, help_heading = "Checks")]
    pub require_strict: bool,
    /// Dialect.
    #[command(flatten)]
    pub dialect: DialectArgs,
    /// Formats.
    #[command(flatten)]
    pub types: TypeArgs,
}

/// `seal get`
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  seal get config.enc.yaml db.password
  seal get config.enc.yaml 'hosts[0].name'")]
pub struct GetArgs {
    /// The encrypted file; `-` for standard input
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// The path of the value.
    #[arg(value_name = "PATH", help = "The value: db.password or hosts[0].name")]
    pub path: String,
    /// Identities.
    #[command(flatten)]
    pub identity: IdentityArgs,
    /// Refuse files without the strict record
    #[arg(long, help_heading = "Checks")]
    pub require_strict: bool,
    /// Formats.
    #[command(flatten)]
    pub types: TypeArgs,
}

/// `seal filestatus`
#[derive(Debug, Args)]
pub struct FilestatusArgs {
    /// The file; `-` for standard input
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// yaml, json, dotenv, ini, toml, binary [default: by name]
    #[arg(long, value_name = "TYPE", hide_possible_values = true)]
    pub input_type: Option<TypeName>,
}

/// `seal keygen`
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  seal keygen -o ~/.config/sops/age/keys.txt
  seal keygen -y ~/.config/sops/age/keys.txt")]
pub struct KeygenArgs {
    /// Write it to a new file, print its recipient
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// Post-quantum, for sops 3.12 and age 1.3 on
    #[arg(long)]
    pub pq: bool,
    /// Print the recipients of an identity file
    #[arg(short = 'y', long, value_name = "FILE", conflicts_with_all = ["pq"])]
    pub recipients_of: Option<PathBuf>,
}

/// `seal completion`
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  seal completion bash > ~/.local/share/bash-completion/completions/seal
  seal completion fish > ~/.config/fish/completions/seal.fish")]
pub struct CompletionArgs {
    /// bash, zsh, fish, elvish or powershell
    #[arg(value_name = "SHELL", hide_possible_values = true)]
    pub shell: clap_complete::Shell,
}

/// An expiry, in words of our own if it is none.
fn when(text: &str) -> Result<When, String> {
    When::parse(text).ok_or_else(|| format!("it takes {}", expiry::EXPECTED))
}

/// A number, in words of our own if it is none.
fn number(text: &str) -> Result<usize, String> {
    text.parse().ok().ok_or_else(|| "not a number".to_owned())
}
