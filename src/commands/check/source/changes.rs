//! What commits bring that the other side does not have.

use super::names::Names;
use super::snapshot::{beside, configurations, is_configuration, no_revision};
use super::{File, PolicyPlace, Source, repository, unreadable};
use crate::commands::context::Context;
use crate::error::{Code, Failure};
use crate::git::{Entry, GitError, ObjectId, Repository};
use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::PathBuf;
use std::sync::Arc;

/// A configuration that a commit changed.
#[derive(Debug, Clone)]
pub(in crate::commands) struct Change {
    /// The configuration, from the top of the repository.
    pub(in crate::commands) name: PathBuf,
    /// Its content before; none where it is new.
    pub(in crate::commands) old: Option<ObjectId>,
    /// Its content after; none where it is gone.
    pub(in crate::commands) new: Option<ObjectId>,
    /// The commit.
    pub(in crate::commands) commit: ObjectId,
}

/// Commits that are new, and what of them is known already.
#[derive(Debug, Default)]
pub(super) struct Brought {
    /// The newest ones.
    pub(super) tips: Vec<ObjectId>,
    /// Commits of the other side.
    pub(super) known: Vec<ObjectId>,
    /// An option of `git log` for more of them.
    pub(super) others: Option<String>,
}

/// What `A..B` brings.
pub(in crate::commands) fn range(context: &Context, range: &str) -> Result<Vec<Source>, Failure> {
    let wrong = |hint: &str| {
        let headline = format!("`{range}` is no range of commits");
        Err(Failure::new(Code::CannotReadInput, headline).hint(hint.to_owned()))
    };
    let Some((from, to)) = range.split_once("..") else {
        return wrong("it looks like --range=origin/main..HEAD");
    };
    if to.starts_with('.') {
        return wrong("two dots stand between its ends, not three");
    }
    let or_head = |end: &str| if end.is_empty() { "HEAD".to_owned() } else { end.to_owned() };
    let (from, to) = (or_head(from), or_head(to));
    let repository = repository("--range")?;
    let found = repository.commits(&[&from, &to]).map_err(|error| unreadable(&error))?;
    let tip = found[1].clone().ok_or_else(|| no_revision(&to))?;
    let known = match (&found[0], is_nothing(&from)) {
        (Some(id), _) => vec![id.clone()],
        // What CI says of a new branch.
        (None, true) => Vec::new(),
        (None, false) => return Err(no_revision(&from)),
    };
    sources(context, &repository, Brought { tips: vec![tip], known, others: None })
}

/// Whether an id is that of nothing.
pub(super) fn is_nothing(id: &str) -> bool {
    matches!(id.len(), 40 | 64) && id.bytes().all(|b| b == b'0')
}

/// What the commits bring: a source for each set of configurations that the tips have.
pub(super) fn sources(
    context: &Context,
    repository: &Repository,
    brought: Brought,
) -> Result<Vec<Source>, Failure> {
    let names = Names::new(repository, &context.current_dir()?);
    let mut groups: BTreeMap<Vec<Entry>, (Vec<ObjectId>, HashSet<Entry>)> = BTreeMap::new();
    for tip in brought.tips {
        let entries = repository.tree(&tip).map_err(|error| unreadable(&error))?;
        let (tips, current) = groups.entry(configurations(repository, &entries)?).or_default();
        tips.push(tip);
        current.extend(entries.into_iter().filter(|entry| !entry.link));
    }
    let mut all = Vec::new();
    for (policies, (tips, current)) in groups {
        let mut source = Source::of_git(repository, names.clone(), PolicyPlace::Entries(policies))?;
        source
            .bring(repository, &tips, &brought.known, brought.others.as_deref(), current)
            .map_err(|error| unreadable(&error))?;
        all.push(source);
    }
    Ok(all)
}

impl Source {
    /// Takes each version of a file once. With a changed configuration, all files of the tips, too: it may
    /// mean them.
    fn bring(
        &mut self,
        repository: &Repository,
        tips: &[ObjectId],
        known: &[ObjectId],
        others: Option<&str>,
        current: HashSet<Entry>,
    ) -> Result<(), GitError> {
        // The history is read from new to old, so that the commit that stays is the oldest one.
        let mut versions: HashMap<Entry, ObjectId> = HashMap::new();
        let mut configured = false;
        for version in repository.brought(tips, known, others)? {
            let version = version?;
            let (name, commit) = (version.name, version.commit);
            if is_configuration(&name) {
                configured = true;
                let (old, new) = (version.old.into_iter().flatten().next(), version.new.clone());
                self.changes.push(Change { name: name.clone(), old, new, commit: commit.clone() });
            }
            if let Some(id) = version.new {
                versions.insert(Entry { name, id, link: false }, commit);
            }
        }
        let mut files: Vec<File> = Vec::with_capacity(versions.len());
        for (entry, commit) in &versions {
            let past = (!current.contains(entry)).then(|| commit.clone());
            files.push(File { past, ..self.entry(entry) });
        }
        if configured {
            let others = current.iter().filter(|entry| !versions.contains_key(*entry));
            files.extend(others.map(|entry| self.entry(entry)));
        }
        files.sort_by(|a, b| (&a.name, &a.blob).cmp(&(&b.name, &b.blob)));
        self.files = files.into_iter().map(Arc::new).collect();
        if !configured {
            let chosen: Vec<Entry> = versions.into_keys().filter(|entry| current.contains(entry)).collect();
            let mut all: Vec<Entry> = current.into_iter().collect();
            all.sort();
            self.take_beside(&beside(&all, &chosen));
        }
        self.is_part = true;
        Ok(())
    }
}
