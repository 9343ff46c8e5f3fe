//! What the settings, attributes and references of the repository do with encrypted files.

use super::Located;
use super::examine::Examined;
use super::source::{File, Source, unreadable};
use crate::check::{Check, Finding};
use crate::error::Failure;
use crate::git::{Driver, Repository};
use std::path::Path;
use std::sync::Arc;

/// Where textconv keeps what it prints.
const CACHES: &str = "refs/notes/textconv/";

/// Commands that decrypt.
const DECRYPTING: [&str; 6] =
    ["seal git textconv", "seal-textconv", "seal decrypt", "sops -d", "sops decrypt", "sops --decrypt"];

/// The diff drivers of the repository.
pub(super) fn drivers(repository: &Repository) -> Result<Vec<Driver>, Failure> {
    repository.drivers().map_err(|error| unreadable(&error))
}

/// Decrypted text that Git keeps, or would keep with the next look at the history.
pub(super) fn kept(repository: &Repository, drivers: &[Driver]) -> Result<Vec<Located>, Failure> {
    let references = repository.references(CACHES).map_err(|error| unreadable(&error))?;
    let keeping = drivers.iter().filter(|driver| driver.keeps && decrypts(driver)).map(|driver| {
        let message = format!("`diff.{}.cachetextconv` is true: Git keeps what it decrypts", driver.name);
        let hint = format!("git config diff.{}.cachetextconv false", driver.name);
        located(".git/config", message, Some(hint))
    });
    let is_harmless = |name: &str| {
        drivers.iter().any(|driver| driver.name == name && driver.textconv.is_some() && !decrypts(driver))
    };
    let kept = references
        .iter()
        .filter(|reference| !reference.strip_prefix(CACHES).is_some_and(is_harmless))
        .map(|reference| located(&format!(".git/{reference}"), holds(reference), None));
    Ok(keeping.chain(kept).collect())
}

/// References of this kind that are about to come.
pub(super) fn coming(source: &Source) -> Vec<Located> {
    let one = |reference: &String| located(&format!(".git/{reference}"), holds(reference), None);
    source.caches.iter().map(one).collect()
}

fn holds(reference: &str) -> String {
    format!("`{reference}` holds what was decrypted")
}

/// Whether the command of a driver decrypts; of one without a command, whether its name says so.
fn decrypts(driver: &Driver) -> bool {
    match &driver.textconv {
        Some(command) => DECRYPTING.iter().any(|words| command.contains(words)),
        None => driver.name.contains("seal") || driver.name.contains("sops"),
    }
}

fn located(name: &str, message: String, hint: Option<String>) -> Located {
    let file = File {
        path: name.into(),
        shown: name.to_owned(),
        name: name.to_owned(),
        blob: None,
        past: None,
        beside: false,
    };
    let finding = Finding { hint, ..Finding::new(Check::KeptText, message) };
    Located { file: Arc::new(file), finding, rule: None }
}

/// Encrypted files that Git takes for texts, where others have the drivers of `seal`, or they are set up.
pub(super) fn without_driver(
    repository: &Repository,
    drivers: &[Driver],
    source: &Source,
    examined: &[Examined],
) -> Result<Vec<Located>, Failure> {
    let Some(attributes) = &source.attributes else { return Ok(Vec::new()) };
    let top = source.top();
    let sealed: Vec<(&Examined, &Path)> = examined
        .iter()
        .filter(|one| one.is_sealed() && one.is_chosen() && one.file.past.is_none())
        .map(|one| (one, Path::new(&one.file.name)))
        .filter(|(_, name)| name.is_relative() && !top.as_os_str().is_empty())
        .collect();
    if sealed.is_empty() {
        return Ok(Vec::new());
    }
    let names: Vec<&Path> = sealed.iter().map(|(_, name)| *name).collect();
    // An older `git` does not read attributes of a tree.
    let Ok(found) = repository.attributes(attributes, &names) else { return Ok(Vec::new()) };
    let ours = |value: &Option<String>| value.as_deref() == Some("seal");
    let is_set_up = |driver: &Driver| driver.name == "seal" && driver.textconv.is_some();
    let in_use = found.iter().flatten().any(ours) || drivers.iter().any(is_set_up);
    if !in_use {
        return Ok(Vec::new());
    }
    let lacking = sealed.iter().zip(&found).filter_map(|((one, _), [diff, merge])| {
        let words = match (ours(diff), ours(merge)) {
            (true, true) => return None,
            (true, false) => "the attribute `merge=seal` is missing",
            (false, true) => "the attribute `diff=seal` is missing",
            (false, false) => "the attributes `diff=seal` and `merge=seal` are missing",
        };
        Some(one.located(Finding::new(Check::NoDriver, words)))
    });
    Ok(lacking.collect())
}
