//! What `seal git install`, `uninstall` and `doctor` share.

pub(in crate::commands::git) mod attributes;
mod block;
pub(in crate::commands::git) mod hooks;
pub(in crate::commands::git) mod keys;
pub(in crate::commands::git) mod managers;
pub(in crate::commands::git) mod plan;
mod quote;
pub(in crate::commands::git) mod sealed;

pub(in crate::commands::git) use quote::refused;

use crate::commands::Context;
use crate::error::{Code, Failure};
use crate::git::{GitError, Repository, TrackedKind};
use plan::failed;
use std::path::{Path, PathBuf};

/// Where the attributes stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Attributes {
    /// In `.gitattributes`, which is tracked.
    Tracked,
    /// In the folder of Git, for this clone only.
    Info,
    /// Nowhere.
    Nowhere,
}

/// The repository of the current folder.
pub(in crate::commands::git) fn repository() -> Result<Repository, Failure> {
    match Repository::discover(Path::new(".")) {
        Ok(Some(repository)) => Ok(repository),
        Ok(None) => Err(Failure::new(Code::Generic, "this is no Git repository; nothing was changed")
            .hint("cd to one, or git init")
            .hint("for all your repositories: seal git install --global --pattern '*.enc.yaml'")),
        Err(error @ GitError::Missing) => Err(Failure::new(Code::CannotReadInput, error.to_string())),
        Err(error) => Err(failed(&error)),
    }
}

/// Whether the repository has no worktree; a folder of Git that has one elsewhere is refused.
pub(in crate::commands::git) fn is_bare(repository: &Repository) -> Result<bool, Failure> {
    let bare = repository.is_bare().map_err(|error| failed(&error))?;
    if repository.root().is_none() && !bare {
        return Err(Failure::new(Code::Generic, "this is the folder of Git itself; nothing was changed")
            .hint("run it in the worktree"));
    }
    Ok(bare)
}

/// The submodules that are checked out, and theirs, each with its name from the top.
pub(in crate::commands::git) fn submodules(top: &Repository) -> Result<Vec<(String, Repository)>, Failure> {
    let mut found = Vec::new();
    let mut open = vec![(String::new(), top.clone())];
    while let Some((prefix, repository)) = open.pop() {
        let Some(root) = repository.root() else { continue };
        let entries = repository.entries().map_err(|error| failed(&error))?;
        for entry in entries.into_iter().filter(|entry| entry.kind == TrackedKind::Submodule) {
            let folder = root.join(&entry.name);
            // What is not checked out is a folder of the repository itself; a link may lead anywhere.
            let is_real = folder.canonicalize().is_ok_and(|real| real == folder);
            let Some(inner) = is_real.then(|| Repository::discover(&folder).ok().flatten()).flatten() else {
                continue;
            };
            if inner.root() == Some(folder.as_path()) && inner.store() != repository.store() {
                let name = format!("{prefix}{}", entry.name.display());
                open.push((format!("{name}/"), inner.clone()));
                found.push((name, inner));
            }
        }
    }
    found.sort_by(|a, b| a.0.cmp(&b.0));
    Ok(found)
}

/// The file of a person's attributes.
pub(in crate::commands::git) fn global_attributes(context: &Context) -> Result<attributes::Target, Failure> {
    let failure = || Failure::new(Code::Generic, "no file for your attributes is known; nothing was changed");
    let path = match Repository::personal_attributes(Path::new(".")).map_err(|error| failed(&error))? {
        Some(path) => path,
        None => {
            let settings = context.settings();
            let home = settings.home.as_ref().map(|home| home.join(".config"));
            let folder = if cfg!(target_os = "macos") { home } else { settings.config_home.clone() };
            let hint = "git config --global core.attributesFile ~/.gitattributes";
            folder.ok_or_else(|| failure().hint(hint))?.join("git/attributes")
        }
    };
    Ok(attributes::Target { shown: path.display().to_string(), path, may_link: true })
}

/// The file of attributes of a repository.
pub(in crate::commands::git) fn target(
    repository: &Repository,
    place: Attributes,
) -> Result<attributes::Target, Failure> {
    let path: PathBuf = match (place, repository.root()) {
        (Attributes::Tracked, Some(root)) => {
            let shown = ".gitattributes".to_owned();
            return Ok(attributes::Target { path: root.join(".gitattributes"), shown, may_link: false });
        }
        _ => repository.store_file("info/attributes").map_err(|error| failed(&error))?,
    };
    let shown = path.strip_prefix("./").unwrap_or(&path).display().to_string();
    Ok(attributes::Target { path, shown, may_link: true })
}
