//! What `seal run` and `seal mount` are asked to do.

pub use crate::render::{Mode, NullRule, SecretSpec, Separator};

use crate::commands::Unlocking;
use crate::doc::FormatName;
use rustix::process::Signal;
use std::ffi::OsString;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

/// Where secrets go if nothing else is said.
pub const DEFAULT_TARGET: &str = "/run/secrets";

/// What both commands share.
pub struct Request {
    /// Encrypted files.
    pub files: Vec<PathBuf>,
    /// Their format, if the names do not tell.
    pub format: Option<FormatName>,
    /// How they are opened.
    pub unlocking: Unlocking,
    /// The folder for the secrets, if one was named.
    pub into: Option<PathBuf>,
    /// What is rendered.
    pub what: What,
    /// What is accepted of the folder.
    pub folder: Folder,
    /// Where the identity is.
    pub key: KeyPlaces,
    /// How a changed file is noticed.
    pub watch: Watch,
    /// Where events go: `stderr`, `file:PATH`, `fd:N` or `none`, if that was said.
    pub audit: Option<String>,
    /// Whether to go on if events cannot be written.
    pub audit_optional: bool,
    /// Variables that are meant for this program, not for the app.
    pub own_variables: Vec<String>,
}

/// What is rendered.
pub struct What {
    /// Forms that were asked for.
    pub forms: Vec<Mode>,
    /// Single values.
    pub secrets: Vec<SecretSpec>,
    /// Templates: file and name.
    pub templates: Vec<(String, String)>,
    /// What joins the parts of a key.
    pub separator: Separator,
    /// What becomes of nulls.
    pub null: NullRule,
    /// Only values that are encrypted.
    pub sealed_only: bool,
    /// Permissions, if they are not the usual ones.
    pub mode: Option<u32>,
    /// The group that reads, too: number or name.
    pub group: Option<String>,
    /// Accept bits for others, and for writing.
    pub allow_world: bool,
}

/// What is accepted of the folder.
pub struct Folder {
    /// One that is not in memory.
    pub allow_disk: bool,
    /// Only one that is never swapped.
    pub require_noswap: bool,
}

/// Where the identity is, as far as flags say so.
pub struct KeyPlaces {
    /// `--key-file`
    pub file: Option<PathBuf>,
    /// `--key-fd`
    pub descriptor: Option<i32>,
    /// How long a program may take to give a key.
    pub timeout: Duration,
}

/// How a changed file is noticed, and what then.
pub struct Watch {
    /// The longest time between two looks; `None`: files are not watched.
    pub every: Option<Duration>,
    /// The longest random wait before a change is rendered.
    pub splay: Duration,
    /// When a change cannot be rendered.
    pub on_fail: OnEvent,
    /// When the files expire.
    pub on_expire: OnEvent,
}

/// What is done when something goes wrong while the app runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnEvent {
    /// The last good secrets stay.
    Keep,
    /// The secrets are removed.
    Clear,
    /// The program ends.
    Exit,
}

/// What is done with the app after a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum OnChange {
    /// Nothing.
    #[default]
    Nothing,
    /// It gets a signal.
    Signal(Signal),
    /// It is ended, with force after so long, and started again.
    Restart(Duration),
    /// It is ended, and this program exits with the code.
    Exit(u8),
}

/// How long an app may take to end before it is killed.
const GRACE: Duration = Duration::from_secs(10);

impl FromStr for OnChange {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (word, rest) = text.split_once(':').map_or((text, None), |(word, rest)| (word, Some(rest)));
        match (word, rest) {
            ("none", None) => Ok(Self::Nothing),
            ("signal", Some(name)) => {
                signal(name).map(Self::Signal).ok_or("the signal is one of HUP, INT, QUIT, TERM, USR1, USR2")
            }
            ("restart", None) => Ok(Self::Restart(GRACE)),
            ("restart", Some(seconds)) => {
                let seconds = seconds.parse().ok().filter(|seconds| *seconds <= 3600);
                let seconds = seconds.ok_or("the grace is a number of seconds, at most 3600")?;
                Ok(Self::Restart(Duration::from_secs(seconds)))
            }
            ("exit", None) => Ok(Self::Exit(0)),
            ("exit", Some(code)) => {
                code.parse().map(Self::Exit).ok().ok_or("the exit code is a number from 0 to 255")
            }
            _ => Err("it takes none, signal:NAME, restart[:SECONDS] or exit[:CODE]"),
        }
    }
}

fn signal(name: &str) -> Option<Signal> {
    let name = name.strip_prefix("SIG").unwrap_or(name);
    Some(match name {
        "HUP" => Signal::HUP,
        "INT" => Signal::INT,
        "QUIT" => Signal::QUIT,
        "TERM" => Signal::TERM,
        "USR1" => Signal::USR1,
        "USR2" => Signal::USR2,
        _ => return None,
    })
}

/// `seal run`
pub struct Run {
    /// What both commands share.
    pub request: Request,
    /// The program and its arguments.
    pub command: Vec<OsString>,
    /// Variables with values: name and path of the value.
    pub env: Vec<(String, String)>,
    /// Variables with memory files: name and path of the value.
    pub memory: Vec<(String, String)>,
    /// The user to become, in words.
    pub user: Option<String>,
    /// The app gains no privileges.
    pub no_new_privs: bool,
    /// Stay as parent.
    pub supervise: bool,
    /// What is done with the app after a change.
    pub on_change: OnChange,
}

/// `seal mount`
pub struct Mount {
    /// What both commands share.
    pub request: Request,
    /// Stay until told to stop.
    pub hold: bool,
    /// Remove the secrets then.
    pub clear_on_exit: bool,
}

#[cfg(test)]
mod tests {
    use super::{GRACE, OnChange};
    use rustix::process::Signal;
    use std::time::Duration;

    #[test]
    fn actions_are_read() {
        for (text, wanted) in [
            ("none", OnChange::Nothing),
            ("signal:HUP", OnChange::Signal(Signal::HUP)),
            ("signal:SIGUSR2", OnChange::Signal(Signal::USR2)),
            ("restart", OnChange::Restart(GRACE)),
            ("restart:3", OnChange::Restart(Duration::from_secs(3))),
            ("exit", OnChange::Exit(0)),
            ("exit:75", OnChange::Exit(75)),
        ] {
            assert_eq!(text.parse(), Ok(wanted), "{text}");
        }
        for text in ["", "none:1", "signal", "signal:KILL", "restart:x", "restart:3601", "exit:256", "stop"] {
            assert!(text.parse::<OnChange>().is_err(), "{text}");
        }
    }
}
