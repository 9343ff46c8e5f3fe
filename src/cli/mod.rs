//! The program: arguments to a command to an exit code.

pub mod args;
mod direct;
pub mod small;
mod sops;
mod twins;
mod usage;
mod verb;

use crate::commands::expiry::Expiry;
use crate::commands::new_file::Wanted;
use crate::commands::{self, Context, Flags, Manner, Types, Unlocking};
use crate::error::{Code, Failure, Warning};
use crate::policy::{Settings, nearest};
use crate::ui::Reporter;
#[cfg(target_os = "linux")]
use args::MountVerb;
use args::{Cli, Command, DecryptArgs, DialectName, EncryptArgs, TypeArgs, TypeName};
use clap::{CommandFactory as _, Parser as _};
use std::ffi::OsString;
use std::io::IsTerminal as _;
use std::path::PathBuf;
use std::process::ExitCode;

/// What a variable that means nothing was perhaps meant to be.
fn unknown_variable(name: &str, known: &[String]) -> String {
    let known: Vec<&str> = known.iter().map(String::as_str).chain(["SEAL_KEY"]).collect();
    match nearest(name, &known) {
        Some(near) => format!("did you mean `{near}`?"),
        None => "seal run --help lists the flags; SEAL_INTO stands for --into".to_owned(),
    }
}

/// Runs the program with these arguments, the first being its name.
#[must_use]
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let core = crate::harden::harden();
    let arguments: Vec<OsString> = arguments.into_iter().collect();
    if let Some(code) = direct::run(&arguments) {
        return code;
    }
    if arguments.first().is_some_and(|name| sops::is_called(name)) {
        return sops::run(&arguments, core);
    }
    let merged = twins::merged(arguments, Cli::command);
    let arguments = &merged.arguments;
    let cli = match verb::parse(arguments).map_or_else(|| Cli::try_parse_from(arguments), Ok) {
        Ok(cli) => cli,
        Err(error) => return usage::report(&error, arguments, &merged.used, Cli::command),
    };
    let Cli { global, mut command } = cli;
    let context = match start(global, Manner::Seal, command.take_identity_args()) {
        Ok(context) => context,
        Err(code) => return code,
    };
    warn_of_variables(&context, &merged);
    let done = dispatch(&context, command, merged.known, core);
    finish(&context, done)
}

/// Warns of variables that look as if they were for this program.
fn warn_of_variables(context: &Context, merged: &twins::Merged) {
    for name in &merged.unknown {
        context.warn(&Warning {
            headline: format!("the variable `{name}` means nothing to seal"),
            place: None,
            hints: vec![unknown_variable(name, &merged.known)],
        });
    }
}

/// What the run of a command has: its settings and flags.
fn start(global: args::Global, manner: Manner, identity: args::IdentityArgs) -> Result<Context, ExitCode> {
    let flags = Flags {
        manner,
        config: global.config,
        quiet: global.quiet,
        json: global.json,
        identities: identity.identities,
        decryption_order: identity.decryption_order,
        services: identity.services.into(),
    };
    let settings = match manner {
        Manner::Seal => Settings::from_env(),
        Manner::Sops => Settings::of_sops_from_env(),
    };
    match settings {
        Ok(settings) => Ok(Context::new(settings, flags)),
        Err(error) => {
            let failure =
                Failure::new(Code::Generic, "the environment cannot be used").cause(error.to_string());
            // Nobody is left to hear that it failed.
            let _ = Reporter::stderr(flags.json, true).failure(&failure);
            Err(ExitCode::from(failure.code as u8))
        }
    }
}

/// Tells how a command ended.
fn finish(context: &Context, done: Result<u8, Failure>) -> ExitCode {
    match done {
        Ok(code) => ExitCode::from(code),
        Err(failure) => {
            if !failure.reported {
                context.report(&failure);
            }
            ExitCode::from(failure.code as u8)
        }
    }
}

/// Runs the command; its exit code is 0 but for `run`, which passes on that of the app. `own_variables` are
/// not for the app, `core` is the limit for core files that it gets back.
fn dispatch(
    context: &Context,
    command: Command,
    own_variables: Vec<String>,
    core: Option<u64>,
) -> Result<u8, Failure> {
    let done = match command {
        #[cfg(target_os = "linux")]
        Command::Run(args) => {
            return commands::container::run::run(context, &args.request(own_variables)?, core);
        }
        #[cfg(target_os = "linux")]
        Command::Mount(args) => return mount(context, *args, core),
        Command::ExecEnv(args) => {
            let (job, how) = args.request(core);
            return commands::exec::env(context, &job, how);
        }
        Command::ExecFile(args) => {
            let (job, how) = args.request(core);
            return commands::exec::file(context, &job, &how);
        }
        Command::Encrypt(args) => commands::encrypt::run(context, &encrypt_request(context, args)?),
        Command::Decrypt(args) => commands::decrypt::run(context, &decrypt_request(args)?),
        Command::Edit(args) => commands::edit::run(context, &args.into()),
        Command::Get(args) => get(context, args),
        Command::Set(args) => commands::set::run(context, &args.request()?),
        Command::Unset(args) => {
            let idempotent = args.idempotent;
            commands::unset::run(context, &args.place.target(), idempotent)
        }
        Command::Publish(args) if args.to.is_none() => args.by_rule(context),
        Command::Publish(args) => commands::publish::run(context, &args.request()?),
        Command::Updatekeys(args) => commands::rekey::updatekeys::run(context, &args.request()?),
        Command::Rotate(args) => commands::rekey::rotate::run(context, &args.request(context)?),
        Command::Grant(args) => args.run(context),
        Command::Revoke(args) => args.run(context),
        Command::Groups(args) => args.run(context),
        Command::Filestatus(args) => {
            let types = Types { input: args.input_type.map(TypeName::format), ..Types::default() };
            commands::filestatus::run(&args.file, &types)
        }
        Command::Git(args) => return args.run(context),
        Command::Diff(args) => return args.run(context),
        Command::Log(args) => args.run(context),
        Command::Blame(args) => args.run(context),
        Command::Check(args) => commands::check::run(context, &args.into()),
        Command::Who(args) => commands::who::run(context, &args.into()),
        Command::Access(args) if args.write => commands::access::write(context),
        Command::Access(args) => commands::access::run(context, &args.into()),
        #[cfg(feature = "keyservice")]
        Command::Keyservice(args) => commands::keyservice::run(context, &args.request()?),
        Command::Keygen(args) => match args.recipients_of {
            Some(file) => commands::keygen::print_recipients(&file),
            None => commands::keygen::run(context, args.output, args.pq),
        },
        Command::Completion(args) => {
            let mut script = Vec::new();
            clap_complete::generate(args.shell, &mut Cli::command(), "seal", &mut script);
            commands::output::print(&script)
        }
    };
    done.map(|()| 0)
}

/// Runs `seal mount`.
#[cfg(target_os = "linux")]
fn mount(context: &Context, args: args::MountArgs, core: Option<u64>) -> Result<u8, Failure> {
    use commands::container::mount;
    match args.request()? {
        MountVerb::Render(request) => mount::run(context, &request, core),
        MountVerb::Check(folder) => mount::check(context, &folder),
        MountVerb::Clear(folder) => mount::clear(context, &folder),
    }
}

/// Runs `seal get`.
fn get(context: &Context, args: args::GetArgs) -> Result<(), Failure> {
    let how = Unlocking { ignore_mac: false, require_strict: args.require_strict };
    commands::get::run(context, &args.file, &args.path, &types(args.types), &how)
}

fn encrypt_request(context: &Context, args: EncryptArgs) -> Result<commands::encrypt::Request, Failure> {
    Ok(commands::encrypt::Request {
        files: files(args.files, "encrypt")?,
        in_place: args.output.in_place,
        output: args.output.output,
        types: Types { dialect: DialectName::speech(args.dialect.dialect), ..types(args.types) },
        wanted: Wanted {
            recipients: args.keys.recipients.into(),
            selectors: args.selection.into_selectors(),
            mac_only_encrypted: args.mac_only_encrypted,
            threshold: args.keys.shamir_secret_sharing_threshold,
            record: !args.no_strict,
            expires: Expiry::wanted(context, args.expires, !args.no_strict)?.after(None),
            allow_nothing: args.allow_nothing,
        },
    })
}

fn decrypt_request(args: DecryptArgs) -> Result<commands::decrypt::Request, Failure> {
    Ok(commands::decrypt::Request {
        files: files(args.files, "decrypt")?,
        in_place: args.output.in_place,
        output: args.output.output,
        types: Types { dialect: DialectName::speech(args.dialect.dialect), ..types(args.types) },
        extract: args.extract,
        unlocking: Unlocking { ignore_mac: args.ignore_mac, require_strict: args.require_strict },
    })
}

/// No file means standard input, unless that is the terminal: nobody types a file there.
pub(crate) fn files(files: Vec<PathBuf>, verb: &str) -> Result<Vec<PathBuf>, Failure> {
    if !files.is_empty() {
        return Ok(files);
    }
    if std::io::stdin().is_terminal() {
        return Err(Failure::new(Code::NoFile, format!("`seal {verb}` needs a file"))
            .hint(format!("seal {verb} FILE, or seal {verb} --help")));
    }
    Ok(vec![PathBuf::from("-")])
}

fn types(args: TypeArgs) -> Types {
    Types {
        input: args.input_type.map(TypeName::format),
        output: args.output_type.map(TypeName::format),
        filename: args.filename_override,
        indent: args.indent,
        ..Types::default()
    }
}
