//! `seal publish`

use super::{IdentityArgs, TypeName};
use crate::commands::publish::{
    NullRule, Request, SecretSpec, Selection, Separator, Target, destination, kubernetes, swarm,
};
use crate::commands::{Context, Unlocking};
use crate::error::{Code, Failure};
use clap::{Args, ValueEnum};
use std::path::PathBuf;

/// `seal publish`
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  seal publish --to swarm --prefix shop. --service web --apply app.enc.yaml
  seal publish --to kubernetes -q app.enc.yaml | kubectl apply -f -
  seal publish --to env-file --secret db.password app.enc.yaml")]
pub struct PublishArgs {
    /// Encrypted files; `-` or none: standard input
    #[arg(value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// swarm, kubernetes or env-file [default: by the destination rules of .sops.yaml]
    #[arg(long, value_name = "TARGET", hide_possible_values = true)]
    pub to: Option<To>,
    /// Do not ask
    #[arg(short, long, hide = true)]
    pub yes: bool,
    /// Leave the endings of names out
    #[arg(long, hide = true)]
    pub omit_extensions: bool,
    /// The files of folders
    #[arg(long, hide = true)]
    pub recursive: bool,
    /// Only this value: source=PATH [,target=NAME] [,file=FILE] [,mode=0400] [,uid=N] [,gid=N]; may be repeated
    #[arg(long = "secret", value_name = "SPEC", help_heading = "Values (else all)")]
    pub secrets: Vec<SecretSpec>,
    /// What joins the parts of a key: . _ - or __ [default: .]
    #[arg(long, value_name = "SEP", allow_hyphen_values = true, help_heading = "Values (else all)")]
    pub sep: Option<Separator>,
    /// Only values that are encrypted in the file
    #[arg(long, help_heading = "Values (else all)")]
    pub sealed_only: bool,
    /// What becomes of nulls: refuse, skip or empty
    #[arg(long, value_name = "RULE", help_heading = "Values (else all)")]
    pub null: Option<NullRule>,
    /// What the names of secrets begin with
    #[arg(long, value_name = "TEXT", help_heading = "Swarm")]
    pub prefix: Option<String>,
    /// Print the command that gives the secrets to this service
    #[arg(long, value_name = "SERVICE", help_heading = "Swarm")]
    pub service: Option<String>,
    /// Run that command
    #[arg(long, requires = "service", help_heading = "Swarm")]
    pub apply: bool,
    /// Remove older versions that no service uses
    #[arg(long, help_heading = "Swarm")]
    pub prune: bool,
    /// Only say what would be done
    #[arg(long, help_heading = "Swarm")]
    pub dry_run: bool,
    /// Name of the Secret [default: of the file]
    #[arg(long, value_name = "NAME", help_heading = "Kubernetes")]
    pub name: Option<String>,
    /// Its namespace
    #[arg(long, value_name = "NAME", help_heading = "Kubernetes")]
    pub namespace: Option<String>,
    /// Its type [default: Opaque]
    #[arg(long = "type", value_name = "TYPE", help_heading = "Kubernetes")]
    pub kind: Option<String>,
    /// It cannot be changed
    #[arg(long, help_heading = "Kubernetes")]
    pub immutable: bool,
    /// keys, one for each value, or file: one for each document
    #[arg(long = "as", value_name = "FORM", hide_possible_values = true, help_heading = "Kubernetes")]
    pub form: Option<Form>,
    /// Identities.
    #[command(flatten)]
    pub identity: IdentityArgs,
    /// Refuse files without the strict record
    #[arg(long, help_heading = "Checks")]
    pub require_strict: bool,
    /// yaml, json, dotenv, ini, toml, binary [default: by name]
    #[arg(long, value_name = "TYPE", hide_possible_values = true, help_heading = "Format")]
    pub input_type: Option<TypeName>,
}

/// The targets of `--to`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum To {
    /// Secrets of Docker Swarm
    Swarm,
    /// A Secret of Kubernetes
    Kubernetes,
    /// A file for docker run
    EnvFile,
}

/// The forms of `--as`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Form {
    /// A key for each value
    Keys,
    /// A key for each document
    File,
}

impl PublishArgs {
    /// Publishes by the destination rules.
    ///
    /// # Errors
    /// As [`destination::publish`]; flags that belong to `--to` (8).
    pub fn by_rule(self, context: &Context) -> Result<(), Failure> {
        self.check()?;
        destination::publish(context, &crate::cli::files(self.files, "publish")?)
    }

    /// What the command is asked to do.
    ///
    /// # Errors
    /// Flags of another target, or that contradict each other (8); no file, and a terminal (100).
    pub fn request(self) -> Result<Request, Failure> {
        self.check()?;
        let target = match self.to.unwrap_or(To::EnvFile) {
            To::Swarm => Target::Swarm(swarm::Options {
                prefix: self.prefix.unwrap_or_default(),
                service: self.service,
                apply: self.apply,
                prune: self.prune,
                dry_run: self.dry_run,
            }),
            To::Kubernetes => Target::Kubernetes(kubernetes::Options {
                name: self.name,
                namespace: self.namespace,
                kind: self.kind,
                immutable: self.immutable,
                whole: self.form == Some(Form::File),
            }),
            To::EnvFile => Target::EnvFile,
        };
        Ok(Request {
            files: crate::cli::files(self.files, "publish")?,
            format: self.input_type.map(TypeName::format),
            unlocking: Unlocking { require_strict: self.require_strict, ..Unlocking::default() },
            selection: Selection {
                secrets: self.secrets,
                separator: self.sep,
                null: self.null.unwrap_or_default(),
                sealed_only: self.sealed_only,
            },
            target,
        })
    }

    /// Each flag has an effect.
    fn check(&self) -> Result<(), Failure> {
        let of_target = [
            (To::Swarm, "--prefix", self.prefix.is_some()),
            (To::Swarm, "--service", self.service.is_some()),
            (To::Swarm, "--prune", self.prune),
            (To::Swarm, "--dry-run", self.dry_run),
            (To::Kubernetes, "--name", self.name.is_some()),
            (To::Kubernetes, "--namespace", self.namespace.is_some()),
            (To::Kubernetes, "--type", self.kind.is_some()),
            (To::Kubernetes, "--immutable", self.immutable),
            (To::Kubernetes, "--as", self.form.is_some()),
        ];
        let conflict = |one: &str, other: &str| {
            let headline = format!("`{one}` and `{other}` cannot be used together; nothing was published");
            Failure::new(Code::ConflictingParameters, headline)
        };
        let to = match self.to {
            Some(To::Swarm) => "--to swarm",
            Some(To::Kubernetes) => "--to kubernetes",
            Some(To::EnvFile) => "--to env-file",
            None => "publishing by a destination rule",
        };
        let of_rules = [
            ("--yes", self.yes),
            ("--omit-extensions", self.omit_extensions),
            ("--recursive", self.recursive),
        ];
        if let Some((flag, _)) = of_rules.iter().find(|(_, given)| *given && self.to.is_some()) {
            return Err(conflict(flag, to));
        }
        if let Some((_, flag, _)) =
            of_target.iter().find(|(target, _, given)| *given && Some(*target) != self.to)
        {
            return Err(conflict(flag, to));
        }
        if self.to == Some(To::EnvFile) && self.sep.is_some() {
            return Err(conflict("--sep", to).cause("the keys of a variable are joined by `_`"));
        }
        if self.form == Some(Form::File) {
            let of_values = [
                ("--secret", !self.secrets.is_empty()),
                ("--sealed-only", self.sealed_only),
                ("--sep", self.sep.is_some()),
            ];
            if let Some((flag, _)) = of_values.iter().find(|(_, given)| *given) {
                return Err(conflict(flag, "--as file").cause("a whole document has all its values"));
            }
        }
        if self.secrets.iter().any(|spec| spec.env_file.is_some()) {
            return Err(conflict("env-file=", to).cause("the variable is set by what starts the app"));
        }
        Ok(())
    }
}
