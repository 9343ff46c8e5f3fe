//! `seal run` and `seal mount`: secrets handed to a container. The rules: `docs/containers.md`.

mod app;
mod audit;
mod failure;
mod key;
pub mod mount;
pub mod request;
pub mod run;
mod session;
mod sources;
mod stay;

use super::context::Context;
use crate::container::generation::Undo;
use crate::container::handover::Before;
use crate::container::scrub::scrub;
use crate::container::signals::Held;
use crate::error::Failure;
use crate::policy::KEY_VARIABLES;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::sync::Arc;

/// What stands at the beginning of both commands, before anything secret is there.
struct Start {
    /// What the process was like.
    before: Before,
    /// What is to be removed if a signal ends it.
    undo: Arc<Undo>,
    /// Its signals.
    held: Held,
}

impl Start {
    /// Holds the signals, all of them if this process is to stay, and takes keys out of sight. `core` is the
    /// soft limit for core files before this process closed itself.
    fn now(stays: bool, core: Option<u64>) -> Result<Self, Failure> {
        let before = Before::note(core);
        let undo = Undo::new();
        let aborted = Arc::clone(&undo);
        let held = Held::start(stays, move |_| aborted.abort())
            .map_err(|error| failure::system("hold signals", &error))?;
        // Where this fails there is no /proc that could show them.
        let _ = scrub(&KEY_VARIABLES);
        Ok(Self { before, undo, held })
    }
}

/// Kubernetes shows what a container wrote here when it ended.
const TERMINATION_LOG: &str = "/dev/termination-log";
/// Kubernetes reads no more, in bytes.
const TERMINATION_MOST: usize = 4096;

/// Passes on a failure, and leaves a line of it where Kubernetes looks for one.
fn told(context: &Context, result: Result<u8, Failure>) -> Result<u8, Failure> {
    context.show_names();
    let result = result.map_err(failure::with_places_of_keys);
    if let Err(failure) = &result {
        let name = failure.name.map(|name| format!("[{name}]")).unwrap_or_default();
        let mut line = format!("seal{name}: {}", failure.headline);
        for cause in &failure.causes {
            line.push_str(": ");
            line.push_str(cause.trim());
        }
        // A character has at most four bytes.
        let most = TERMINATION_MOST / 4;
        let line: String = line.chars().take(most).map(|c| if c.is_control() { ' ' } else { c }).collect();
        // Only where it is there already; that nobody reads it is no other failure.
        let mut options = std::fs::OpenOptions::new();
        let flags = rustix::fs::OFlags::NOFOLLOW | rustix::fs::OFlags::NONBLOCK;
        options.write(true).custom_flags(i32::try_from(flags.bits()).unwrap_or_default());
        if let Ok(mut log) = options.open(TERMINATION_LOG) {
            let _ = log.write_all(line.as_bytes());
        }
    }
    result
}
