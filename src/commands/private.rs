//! The private folder of a command that lets another program see plain text.

use super::context::Context;
use crate::runtime::{PrivateFolder, TmpfsError};
use rustix::process::getuid;
use std::path::PathBuf;

/// Makes a folder in memory; with `on_disk` among the temporary files where there is none.
///
/// # Errors
/// There is no place for it.
pub(super) fn folder(context: &Context, on_disk: bool) -> Result<PrivateFolder, TmpfsError> {
    let transient = &context.settings().transient;
    let temporary = transient.temporary.clone().unwrap_or_else(|| PathBuf::from("/tmp"));
    let mut candidates: Vec<PathBuf> = transient.runtime.iter().cloned().collect();
    candidates.push("/dev/shm".into());
    candidates.push(format!("/run/user/{}", getuid().as_raw()).into());
    candidates.push(temporary.clone());
    candidates.push("/tmp".into());
    candidates.dedup();
    PrivateFolder::create(&candidates, on_disk.then_some(&temporary))
}
