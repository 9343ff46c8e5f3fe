//! Errors of rendering, of the folder and of the process, in words for people.

use crate::commands::failure::Subject;
use crate::container::generation::{ClearError, InstallError};
use crate::container::handover::HandoverError;
use crate::container::program::ProgramError;
use crate::container::target::TargetError;
use crate::container::users::UserError;
use crate::doc::path::Segment;
use crate::doc::{FormatName, KeyPath};
use crate::error::{Code, Failure, Place};
use crate::io::reason;
use crate::policy::nearest;
use crate::render::{Origin, RenderError, Spot, TemplateProblem};
use crate::ui::shell_word;
use rustix::io::Errno;
use std::io;
use std::path::Path;

/// Names of files and their encrypted bytes, to count lines in.
pub(super) type Texts<'a> = [(&'a str, &'a [u8])];

/// What was asked for cannot be rendered.
pub(super) fn render(texts: &Texts<'_>, error: &RenderError) -> Failure {
    let code = match error {
        RenderError::Inexpressible(_) => Code::CannotExpress,
        _ => Code::BadRequest,
    };
    let failure = Failure::new(code, "cannot render the secrets; nothing was written")
        .named(error.name())
        .cause(error.to_string());
    let failure =
        match error.spots().first().and_then(|spot| place(texts, spot)).or_else(|| in_template(error)) {
            Some(place) => failure.at(place),
            None => failure,
        };
    failure.hints(hint(error))
}

fn place(texts: &Texts<'_>, spot: &Spot) -> Option<Place> {
    let (name, source) = texts.iter().find(|(name, _)| *name == spot.document)?;
    Some(Subject { name, source, format: FormatName::Binary }.place(spot.at))
}

fn in_template(error: &RenderError) -> Option<Place> {
    let RenderError::Template { template, line, column, .. } = error else { return None };
    Some(Place { file: template.clone(), line: *line, column: *column })
}

fn hint(error: &RenderError) -> Option<String> {
    let keys = |keys: &[String]| {
        (!keys.is_empty()).then(|| {
            format!("there is {}", keys.iter().map(|key| format!("`{key}`")).collect::<Vec<_>>().join(", "))
        })
    };
    match error {
        RenderError::Null(_) => {
            Some("to leave nulls out: --null=skip; to make them empty: --null=empty".to_owned())
        }
        RenderError::NotFound { path, parent, keys: names } => {
            near(path, parent, names).or_else(|| keys(names))
        }
        RenderError::NotSingle { keys: names, .. } => keys(names),
        RenderError::Template { problem, .. } => match &**problem {
            TemplateProblem::Find(error) => hint(error),
            _ => None,
        },
        RenderError::Ambiguous { .. } => Some("say which file: --secret source=PATH,file=FILE".to_owned()),
        RenderError::Collision { second, .. } => match &**second {
            Origin::Leaf(spot) => Some(renamed("one of them", spot)),
            Origin::Document(_) => {
                Some("rename one of the files, or give each a folder of its own: --into DIR".to_owned())
            }
            Origin::Template(_) => Some("give it another name: --template SRC=NAME".to_owned()),
        },
        RenderError::Name { origin, .. } => match &**origin {
            Origin::Leaf(spot) => Some(renamed("it", spot)),
            _ => None,
        },
        RenderError::Access { .. } => Some("to accept that: --allow-world".to_owned()),
        _ => None,
    }
}

/// The path that was meant, if a name in it is a slip.
fn near(path: &KeyPath, parent: &KeyPath, names: &[String]) -> Option<String> {
    let Some(Segment::Key(word)) = path.0.get(parent.0.len()) else { return None };
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let name = nearest(std::str::from_utf8(word).ok()?, &names)?;
    let mut meant = path.clone();
    meant.0[parent.0.len()] = Segment::Key(name.as_bytes().to_vec());
    Some(format!("did you mean `{meant}`?"))
}

/// How a value gets a name of its own, to paste: in the words of CSV, and then of the shell.
fn renamed(what: &str, spot: &Spot) -> String {
    let mut source = format!("source={}", spot.path);
    if source.contains(['"', ',']) {
        source = format!("\"{}\"", source.replace('"', "\"\""));
    }
    let spec = shell_word(&format!("{source},target=NAME")).into_owned();
    format!("give {what} another name: --secret {spec} (then only values named so are rendered)")
}

/// The folder is not taken.
pub(super) fn target(path: &Path, error: &TargetError) -> Failure {
    let shown = path.display().to_string();
    let name = match error {
        TargetError::NotInMemory { .. } => "E_TARGET_NOT_MEMORY",
        TargetError::MayBeSwapped => "E_TARGET_SWAPPED",
        TargetError::Busy => "E_TARGET_BUSY",
        TargetError::ForeignOwner { .. } | TargetError::WritableByOthers { .. } => "E_TARGET_FOREIGN",
        _ => "E_TARGET",
    };
    let failure = Failure::new(Code::TargetRefused, format!("refusing to write secrets to `{shown}`"))
        .named(name)
        .cause(error.to_string());
    let word = shell_word(&shown);
    match error {
        TargetError::NotInMemory { uid, gid, .. } => failure
            .hint(tmpfs(&word, *uid, *gid))
            .hint("to accept that secrets reach a disk: --allow-disk"),
        TargetError::Missing => {
            failure.hint(tmpfs_of_this_user(&word)).hint("or name a folder in memory: --into DIR")
        }
        TargetError::ReadOnly => {
            failure.hint("the one that writes needs the volume read-write; give it `:ro` to the app only")
        }
        TargetError::WritableByOthers { .. } => failure.hint(format!("chmod go-w {word}")),
        TargetError::Busy => failure.hint("a `seal mount --watch` or `--hold` is running there; stop it first, or use another folder"),
        TargetError::MayBeSwapped => failure
            .hint("use a volume with the option noswap (kernel 6.4): driver_opts {type: tmpfs, device: tmpfs, o: \"size=1m,noswap\"}")
            .hint("or turn swap off, or leave --require-noswap out"),
        TargetError::Symlink => failure.hint("name the folder itself"),
        TargetError::ForeignOwner { .. } => failure.hint(tmpfs_of_this_user(&word)),
        TargetError::System { source, .. } if source.kind() == io::ErrorKind::PermissionDenied => {
            failure.cause(format!("its owner and mode keep user {} out", rustix::process::geteuid().as_raw())).hint(tmpfs_of_this_user(&word))
        }
        _ => failure,
    }
}

/// How a folder in memory gets there.
fn tmpfs(word: &str, uid: u32, gid: u32) -> String {
    format!(
        "mount a tmpfs there: docker run --tmpfs {word}:mode=0700,uid={uid},gid={gid},size=1m; in Swarm: --mount \
         type=tmpfs,destination={word}"
    )
}

fn tmpfs_of_this_user(word: &str) -> String {
    tmpfs(word, rustix::process::geteuid().as_raw(), rustix::process::getegid().as_raw())
}

/// The files are not written.
pub(super) fn install(path: &Path, error: &InstallError) -> Failure {
    let shown = path.display().to_string();
    let (code, name) = match error {
        InstallError::Foreign { .. } | InstallError::Shared => (Code::TargetRefused, "E_TARGET_FOREIGN"),
        InstallError::NoSpace { .. } => (Code::CannotRender, "E_NO_SPACE"),
        InstallError::System { source, .. } if is_full(source) => (Code::CannotRender, "E_NO_SPACE"),
        InstallError::BadName(_) => (Code::BadRequest, "E_NAME"),
        InstallError::TooOpen { .. } | InstallError::Unreachable { .. } => (Code::BadRequest, "E_ACCESS"),
        InstallError::Stopped | InstallError::System { .. } => (Code::CannotRender, "E_TARGET"),
    };
    let headline = match error {
        InstallError::NoSpace { .. } => {
            format!("there is not enough space in `{shown}`; nothing was written")
        }
        _ => format!("cannot write the secrets to `{shown}`; nothing was written"),
    };
    let failure = Failure::new(code, headline).named(name).cause(error.to_string());
    match error {
        InstallError::Foreign { .. } => {
            failure.hint("it was not touched: remove it, or use a folder of its own with --into DIR")
        }
        InstallError::Shared => failure.hint(format!(
            "use a folder of its own in it, which is made if it is missing: --into {}",
            shell_word(&format!("{shown}/secrets"))
        )),
        InstallError::NoSpace { .. } => failure.hint(
            "a file takes 4 KiB, and twice that while it changes: mount a larger tmpfs (size=, nr_inodes=)",
        ),
        InstallError::System { source, .. } if source.raw_os_error() == Some(Errno::PERM.raw_os_error()) => {
            failure
                .hint("other owners and groups take the capabilities CHOWN, and for --user SETUID and SETGID")
        }
        InstallError::TooOpen { .. } => failure.hint("to accept that: --allow-world"),
        _ => failure,
    }
}

fn is_full(error: &io::Error) -> bool {
    let full = [Errno::NOSPC, Errno::DQUOT];
    error.raw_os_error().is_some_and(|number| full.iter().any(|errno| errno.raw_os_error() == number))
}

/// A user or group that is not known.
pub(super) fn user(error: &UserError) -> Failure {
    let failure = Failure::new(Code::BadRequest, "cannot tell who is to read the secrets")
        .named("E_USER")
        .cause(error.to_string());
    match error {
        UserError::NoFile { .. } | UserError::Unknown { .. } => {
            failure.hint("use numbers: --user 1000:1000, --group 1000")
        }
        _ => failure,
    }
}

/// The app does not start.
pub(super) fn handover(program: &str, error: &HandoverError) -> Failure {
    let headline = format!("cannot start `{program}`");
    match error {
        HandoverError::Program(error) => self::program(program, error),
        HandoverError::User(error) => Failure::new(Code::BadRequest, headline)
            .named("E_USER")
            .cause(error.to_string())
            .hint("to become another user takes root with the capabilities SETUID and SETGID"),
        error => Failure::new(Code::NotExecutable, headline).named("E_EXEC").cause(error.to_string()),
    }
}

/// A key that is missing is hinted at in the words of these commands, and one that is late has a code of its
/// own.
pub(super) fn with_places_of_keys(mut failure: Failure) -> Failure {
    if failure.code != Code::CannotRecoverKey {
        return failure;
    }
    match failure.name {
        Some("E_TIMEOUT") => {
            failure.code = Code::TimedOut;
            failure.hints = vec!["try again, or wait longer: --timeout SECONDS".to_owned()];
        }
        Some("E_WRONG_KEY") => {
            failure.hints = vec![
                "give the identity of one of the recipients above: --key-file FILE".to_owned(),
                "or let this one in, where the file is kept: seal updatekeys, seal grant".to_owned(),
            ];
        }
        _ if failure.hints.is_empty() || failure.hints[0].contains("--identity") => {
            failure.hints =
                vec!["give an identity: --key-file FILE, /run/secrets/seal.key or SEAL_KEY_FILE".to_owned()];
        }
        _ => {}
    }
    failure
}

/// There is nothing to become.
pub(super) fn no_command() -> Failure {
    Failure::new(Code::BadUsage, "`seal run` needs a command")
}

/// What was made is not removed.
pub(super) fn clear(path: &Path, error: &ClearError) -> Failure {
    let code = match error {
        ClearError::Target(_) => Code::TargetRefused,
        ClearError::Remove(_) => Code::CannotRender,
    };
    Failure::new(code, format!("cannot remove the secrets in `{}`", path.display()))
        .named("E_TARGET")
        .cause(error.to_string())
}

/// A program that cannot be executed.
pub(super) fn program(program: &str, error: &ProgramError) -> Failure {
    let code = if error.exit_code() == 127 { Code::ProgramNotFound } else { Code::NotExecutable };
    let failure =
        Failure::new(code, format!("cannot start `{program}`")).named("E_EXEC").cause(error.to_string());
    match error {
        ProgramError::NotFound if program == "--" => failure.hint(
            "`--` stands there twice: the entrypoint of an image may end with one, docker run IMAGE ./app",
        ),
        ProgramError::NotFound if program.starts_with('-') => failure
            .hint("what follows `--` is the program; flags of seal stand before: seal run --into DIR FILE -- ./app")
            .hint("arguments of docker run replace the CMD of the image: docker run IMAGE ./app --its-flags"),
        ProgramError::NotFound if !program.contains('/') => {
            failure.hint("it is looked for in the folders of PATH: name it with its folder, as /app/server")
        }
        ProgramError::Interpreter => {
            failure.hint("take an image that has its libraries or its shell, or link the program statically")
        }
        _ => failure,
    }
}

/// The system refuses something that has nothing to do with secrets.
pub(super) fn system(what: &str, error: &io::Error) -> Failure {
    Failure::new(Code::CannotRender, format!("cannot {what}")).named("E_SYSTEM").cause(reason(error))
}
