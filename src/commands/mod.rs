//! The verbs: gather, call, write, tell.

pub mod access;
pub mod change;
pub mod check;
#[cfg(target_os = "linux")]
pub mod container;
pub mod context;
pub mod convert;
pub mod decrypt;
pub mod edit;
pub mod encrypt;
mod env_lint;
pub mod exec;
pub mod expiry;
pub mod extract;
pub mod failure;
pub mod files;
pub mod filestatus;
pub mod get;
pub mod git;
pub mod grant;
pub mod input;
pub mod keygen;
#[cfg(feature = "keyservice")]
pub mod keyservice;
pub mod new_file;
pub mod open;
pub mod output;
mod private;
pub mod publish;
pub mod readers;
pub mod recipients;
pub mod rekey;
pub mod review;
pub mod revoke;
pub mod rewrite;
pub mod set;
pub mod types;
pub mod unset;
pub mod value;
pub mod who;

pub use context::{Context, Flags, Manner};
pub use open::Unlocking;
pub use recipients::Recipients;
pub use types::Types;

use crate::error::Failure;
use rekey::many;
use std::path::{Path, PathBuf};

/// Does `work` for each file, several at once, also after a failure; the first failure is returned.
fn each_file(
    context: &Context,
    what: &'static str,
    files: &[PathBuf],
    work: impl Fn(&Path) -> Result<(), Failure> + Sync,
) -> Result<(), Failure> {
    if let [path] = files {
        return work(path);
    }
    let results = many::each(context, what, files, work);
    many::first_failure(context, results.into_iter().filter_map(Result::err))
}
