//! What changes in the keys of files, in words and as JSON.

use super::super::context::Context;
use super::target::Wanted;
use crate::keys::{self, GroupDifference, MasterKey};
use crate::policy::Config;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

/// As many files of one change are named.
const NAMED: usize = 8;

/// How the keys of one file change.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::commands) struct Change {
    /// Recipients, group by group.
    pub(in crate::commands) differences: Vec<GroupDifference>,
    /// Groups needed before and after, where that changes.
    pub(in crate::commands) needed: Option<(usize, usize)>,
}

impl Change {
    /// The way from one to the other; none if there is nothing to change.
    pub(in crate::commands) fn between(present: &Wanted, wanted: &Wanted) -> Option<Self> {
        let differences = keys::differences(&present.groups, &wanted.groups);
        let (before, after) = (present.needed(), wanted.needed());
        let needed = (before != after).then_some((before, after));
        (!differences.is_empty() || needed.is_some()).then_some(Self { differences, needed })
    }

    /// A line for each recipient that comes or goes.
    fn lines(&self, config: Option<&Config>, several_groups: bool) -> Vec<String> {
        let mut lines = Vec::new();
        for difference in &self.differences {
            let group = if several_groups { format!("group {}: ", difference.group) } else { String::new() };
            let sides = [("+", &difference.added), ("-", &difference.removed)];
            for (sign, keys) in sides {
                lines.extend(keys.iter().map(|key| format!("  {sign} {group}{}", named(config, key))));
            }
        }
        if let Some((before, after)) = self.needed {
            lines.push(format!("  groups needed: {before} before, {after} after"));
        }
        lines
    }

    fn json(&self, config: Option<&Config>) -> Value {
        let keys = |side: fn(&GroupDifference) -> &Vec<MasterKey>| -> Vec<Value> {
            let entries = self
                .differences
                .iter()
                .flat_map(|difference| side(difference).iter().map(move |key| (difference.group, key)));
            entries
                .map(|(group, key)| {
                    json!({
                        "group": group,
                        "kind": key.kind.name(),
                        "recipient": key.recipient(),
                        "name": config.and_then(|config| config.name_of(key)),
                    })
                })
                .collect()
        };
        json!({
            "added": keys(|difference| &difference.added),
            "removed": keys(|difference| &difference.removed),
            "groups_needed": self.needed.map(|(before, after)| json!({"before": before, "after": after})),
        })
    }
}

/// `alice (age1ql3z…cac8p)`, or the kind where there is no name.
pub(in crate::commands) fn named(config: Option<&Config>, key: &MasterKey) -> String {
    match config.and_then(|config| config.name_of(key)) {
        Some(name) => format!("{name} ({})", key.short_recipient()),
        None => format!("{} {}", key.kind, key.short_recipient()),
    }
}

/// Tells people how files change, with the names of `config`; those that change alike together.
pub(in crate::commands) fn tell(context: &Context, config: Option<&Config>, changes: &[(PathBuf, Change)]) {
    let mut alike: Vec<(Vec<String>, Vec<&Path>)> = Vec::new();
    for (path, change) in changes {
        let several = change.differences.iter().any(|difference| difference.group > 1);
        let lines = change.lines(config, several || change.needed.is_some());
        match alike.iter_mut().find(|(other, _)| *other == lines) {
            Some((_, paths)) => paths.push(path),
            None => alike.push((lines, vec![path])),
        }
    }
    for (lines, paths) in alike {
        for path in paths.iter().take(NAMED) {
            context.show(&path.display().to_string());
        }
        if paths.len() > NAMED {
            context.show(&format!("… and {} more files", paths.len() - NAMED));
        }
        lines.iter().for_each(|line| context.show(line));
    }
}

/// One file in a report.
pub(in crate::commands) fn entry(
    config: Option<&Config>,
    path: &Path,
    status: &str,
    change: Option<&Change>,
) -> Value {
    let mut entry = json!({ "path": path.display().to_string(), "status": status });
    if let (Some(change), Some(entry)) = (change, entry.as_object_mut())
        && let Value::Object(fields) = change.json(config)
    {
        entry.extend(fields);
    }
    entry
}

/// `1 file`, `3 files`.
pub(in crate::commands) fn files(count: usize) -> String {
    if count == 1 { "1 file".to_owned() } else { format!("{count} files") }
}
