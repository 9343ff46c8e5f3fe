//! The command line: clap types only.

use clap::{Args, Parser, Subcommand, ValueEnum};
use std::path::PathBuf;

/// Keeps secrets in Git: encrypts the values of YAML, JSON and ENV files in the SOPS format, losslessly.
#[derive(Debug, Parser)]
#[command(name = "seal", version, arg_required_else_help = true, disable_help_subcommand = false)]
#[command(after_help = "Files open with the identities SOPS uses: SOPS_AGE_KEY_FILE, SOPS_AGE_KEY, \
~/.config/sops/age/keys.txt, SSH keys and the others of docs/cli.md.")]
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
pub struct Global {
    /// The .sops.yaml to use [env: SOPS_CONFIG] [default: the next one upwards from here]
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// No warnings
    #[arg(short, long, global = true)]
    pub quiet: bool,
    /// Report a failure as one line of JSON
    #[arg(long, global = true)]
    pub json: bool,
}

/// The verbs.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Encrypt a file's values; everything else stays as it is
    #[command(visible_alias = "enc")]
    Encrypt(EncryptArgs),
    /// Decrypt a file, back to the byte
    #[command(visible_alias = "dec")]
    Decrypt(DecryptArgs),
    /// Print one value of an encrypted file
    Get(GetArgs),
    /// Say whether a file is encrypted; needs no key
    Filestatus(FilestatusArgs),
    /// Make a new age identity
    Keygen(KeygenArgs),
}

impl Command {
    /// The flags for identities, where the verb opens files; they concern the whole run.
    pub fn take_identity_args(&mut self) -> IdentityArgs {
        match self {
            Command::Decrypt(args) => std::mem::take(&mut args.identity),
            Command::Get(args) => std::mem::take(&mut args.identity),
            _ => IdentityArgs::default(),
        }
    }
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
    /// Any bytes
    Binary,
}

/// Formats and names.
#[derive(Debug, Args)]
pub struct TypeArgs {
    /// Format of the input [default: by its name]
    #[arg(long, value_name = "TYPE")]
    pub input_type: Option<TypeName>,
    /// Format of the output [default: by the input's name]
    #[arg(long, value_name = "TYPE")]
    pub output_type: Option<TypeName>,
    /// Take this name for the input: for its format and its creation rule
    #[arg(long, value_name = "NAME")]
    pub filename_override: Option<String>,
    /// Columns per level of converted output
    #[arg(long, value_name = "N")]
    pub indent: Option<usize>,
}

/// Where the result goes.
#[derive(Debug, Args)]
pub struct OutputArgs {
    /// Write the result back to the file
    #[arg(short, long)]
    pub in_place: bool,
    /// Write the result to this file
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
}

/// Who can read the file.
#[derive(Debug, Args)]
pub struct KeyArgs {
    /// age recipients: age1…, ssh-ed25519 …, ssh-rsa …; several with commas [env: SOPS_AGE_RECIPIENTS]
    #[arg(short, long, value_name = "RECIPIENTS")]
    pub age: Vec<String>,
}

/// Which identities open the file.
#[derive(Debug, Default, Args)]
pub struct IdentityArgs {
    /// An identity file besides those of the environment; may be repeated
    #[arg(long = "identity", value_name = "FILE")]
    pub identities: Vec<PathBuf>,
    /// Kinds of keys to try first, with commas [env: SOPS_DECRYPTION_ORDER] [default: age,pgp]
    #[arg(long, value_name = "KINDS")]
    pub decryption_order: Option<String>,
}

/// `seal encrypt`
#[derive(Debug, Args)]
pub struct EncryptArgs {
    /// Files to encrypt; none or `-` reads standard input (with --filename-override)
    #[arg(value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// Where the result goes.
    #[command(flatten)]
    pub output: OutputArgs,
    /// Formats.
    #[command(flatten)]
    pub types: TypeArgs,
    /// Recipients.
    #[command(flatten)]
    pub keys: KeyArgs,
    /// Encrypt only values with a key that matches
    #[arg(long, value_name = "PATTERN")]
    pub encrypted_regex: Option<String>,
    /// Leave values in clear that have a key that matches
    #[arg(long, value_name = "PATTERN")]
    pub unencrypted_regex: Option<String>,
    /// Encrypt only values with a key that ends so
    #[arg(long, value_name = "SUFFIX")]
    pub encrypted_suffix: Option<String>,
    /// Leave values in clear that have a key that ends so [default: _unencrypted]
    #[arg(long, value_name = "SUFFIX")]
    pub unencrypted_suffix: Option<String>,
    /// Encrypt only values with a comment that matches
    #[arg(long, value_name = "PATTERN")]
    pub encrypted_comment_regex: Option<String>,
    /// Leave values in clear that have a comment that matches
    #[arg(long, value_name = "PATTERN")]
    pub unencrypted_comment_regex: Option<String>,
    /// Let the MAC cover encrypted values only, so that clear ones may be edited by hand
    #[arg(long)]
    pub mac_only_encrypted: bool,
    /// How many key groups are needed to decrypt
    #[arg(long, value_name = "N")]
    pub shamir_secret_sharing_threshold: Option<usize>,
    /// Write SOPS's metadata only, without the strict record
    #[arg(long)]
    pub no_strict: bool,
    /// Accept a file of which no value is selected
    #[arg(long)]
    pub allow_nothing: bool,
}

/// `seal decrypt`
#[derive(Debug, Args)]
pub struct DecryptArgs {
    /// Files to decrypt; none or `-` reads standard input
    #[arg(value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// Where the result goes.
    #[command(flatten)]
    pub output: OutputArgs,
    /// Formats.
    #[command(flatten)]
    pub types: TypeArgs,
    /// Print only this part: db.password, hosts[0].name or ["db"]["password"]
    #[arg(long, value_name = "PATH")]
    pub extract: Option<String>,
    /// Show the content even if its MAC or strict record does not hold
    #[arg(long)]
    pub ignore_mac: bool,
    /// Refuse files without the strict record [env: SEAL_REQUIRE_STRICT]
    #[arg(long)]
    pub require_strict: bool,
    /// Identities.
    #[command(flatten)]
    pub identity: IdentityArgs,
}

/// `seal get`
#[derive(Debug, Args)]
pub struct GetArgs {
    /// The encrypted file; `-` reads standard input
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// The value: db.password, hosts[0].name or ["db"]["password"]
    #[arg(value_name = "PATH")]
    pub path: String,
    /// Formats.
    #[command(flatten)]
    pub types: TypeArgs,
    /// Refuse files without the strict record [env: SEAL_REQUIRE_STRICT]
    #[arg(long)]
    pub require_strict: bool,
    /// Identities.
    #[command(flatten)]
    pub identity: IdentityArgs,
}

/// `seal filestatus`
#[derive(Debug, Args)]
pub struct FilestatusArgs {
    /// The file
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// Format of the file [default: by its name]
    #[arg(long, value_name = "TYPE")]
    pub input_type: Option<TypeName>,
}

/// `seal keygen`
#[derive(Debug, Args)]
pub struct KeygenArgs {
    /// Write the identity to this new file instead of standard output
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// A post-quantum hybrid identity (read by sops from 3.12 and age from 1.3)
    #[arg(long)]
    pub pq: bool,
    /// Print the recipients of an existing identity file instead
    #[arg(short = 'y', long, value_name = "FILE", conflicts_with_all = ["pq"])]
    pub recipients_of: Option<PathBuf>,
}
