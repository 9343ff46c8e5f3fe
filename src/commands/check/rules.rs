//! Creation rules that were changed on the way.

use super::Located;
use super::source::{Change, Source};
use crate::check::{Check, Finding};
use crate::git::ObjectId;
use crate::policy::{Config, CreationRule};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

/// The largest configuration, in bytes.
const MOST: usize = 4 << 20;

/// A finding for each configuration whose creation rules are others than before.
pub(super) fn changed(source: &Source) -> Vec<Located> {
    let mut commits: BTreeMap<&Path, Vec<&ObjectId>> = BTreeMap::new();
    for change in source.changes.iter().filter(|change| is_other(source, change)) {
        commits.entry(&change.name).or_default().push(&change.commit);
    }
    let finding = |(name, commits): (&Path, Vec<&ObjectId>)| {
        let newest: String = commits[0].as_str().chars().take(12).collect();
        let message = match commits.len() {
            1 => format!("creation rules were changed by commit {newest}"),
            count => format!("creation rules were changed by {count} commits, at last by {newest}"),
        };
        let finding = Finding::new(Check::ChangedRules, message);
        Located { file: Arc::new(source.named(name)), finding, rule: None }
    };
    commits.into_iter().map(finding).collect()
}

fn is_other(source: &Source, change: &Change) -> bool {
    if change.old.is_none() && change.name.components().count() == 1 {
        // The first rules of all.
        return false;
    }
    let rules = |id: &Option<ObjectId>| -> Option<Option<Vec<CreationRule>>> {
        let Some(id) = id else { return Some(None) };
        let text = source.blob(id, MOST).ok()?;
        Some(Config::parse(&text, "", Path::new("/")).ok()?.creation_rules)
    };
    // What cannot be read may mean anything.
    match (rules(&change.old), rules(&change.new)) {
        (Some(old), Some(new)) => old != new,
        _ => true,
    }
}
