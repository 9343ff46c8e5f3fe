//! Files published by the destination rules of `.sops.yaml` (format description, section 8.3).
//!
//! The services that the rules lead to are not there yet: this says where a file would go.

use crate::commands::Context;
use crate::error::{Code, Failure};
use crate::pattern::Pattern;
use crate::policy::{Destination, DestinationRule};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

/// Publishes the files.
///
/// # Errors
/// There is no rule for a file, or its destination is not there yet (1).
pub fn publish(context: &Context, files: &[PathBuf]) -> Result<(), Failure> {
    let nothing = |why: &str| Failure::new(Code::Generic, format!("{why}; nothing was published"));
    let Some(config) = context.config()? else {
        return Err(nothing("there is no .sops.yaml in this folder or above")
            .hint("for Swarm, Kubernetes and env files: seal publish --to …"));
    };
    // The first says enough as long as there is no place to publish to.
    let Some(file) = files.first() else { return Ok(()) };
    let name = file.display();
    if std::fs::metadata(file).is_err() {
        return Err(nothing(&format!("`{name}` does not exist")));
    }
    let rule = config
        .destination_rules
        .iter()
        .find(|rule| is_for(rule, file))
        .ok_or_else(|| nothing(&format!("no destination rule of `{}` is for `{name}`", config.name())))?;
    let place = match rule.destinations.first() {
        Some(Destination::S3 { bucket, .. }) => format!("the bucket `{bucket}` of Amazon S3"),
        Some(Destination::Gcs { bucket, .. }) => format!("the bucket `{bucket}` of Google Cloud Storage"),
        Some(Destination::Vault { path, .. }) => format!("`{path}` of HashiCorp Vault"),
        None => return Err(nothing(&format!("the destination rule for `{name}` has no destination"))),
    };
    Err(nothing(&format!("`{name}` belongs to {place}"))
        .cause("this release does not publish to clouds and Vault yet")
        .hint("sops publishes files of seal"))
}

/// The path as it is given counts. An invalid pattern is for no file; `.sops.yaml` is warned of elsewhere.
fn is_for(rule: &DestinationRule, file: &Path) -> bool {
    rule.path_regex.is_empty()
        || Pattern::new(&rule.path_regex).is_ok_and(|pattern| pattern.is_match(file.as_os_str().as_bytes()))
}
