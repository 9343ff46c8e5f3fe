//! Files that have another name: what is gone, and what came with the same encrypted values.
//!
//! Every encryption gives every value another ciphertext, so a few common ones tell more than all lines do.

use super::versions::Versions;
use crate::git::{Change, Content};
use std::collections::{HashMap, HashSet};

/// A change, and where the file was before if it has another name.
pub(super) struct Renamed<'c> {
    pub(super) change: &'c Change,
    /// The change by which the old name is gone.
    pub(super) from: Option<&'c Change>,
}

/// Joins the changes by which a file went and came again. Those that do not concern encrypted files are left
/// out.
pub(super) fn join<'c>(changes: &'c [Change], versions: &Versions<'_>) -> Vec<Renamed<'c>> {
    let ours: Vec<&Change> = changes.iter().filter(|change| versions.concerns(change)).collect();
    let is_single = |change: &Change| change.old.len() == 1;
    let gone: Vec<&Change> =
        ours.iter().copied().filter(|c| is_single(c) && c.new == Content::Nothing).collect();
    let come: Vec<&Change> =
        ours.iter().copied().filter(|c| is_single(c) && c.old[0] == Content::Nothing).collect();
    let mut origin: HashMap<*const Change, &Change> = HashMap::new();
    let mut taken: HashSet<*const Change> = HashSet::new();
    if !gone.is_empty() && !come.is_empty() {
        let mut by_token: HashMap<&[u8], usize> = HashMap::new();
        let mut counts = Vec::new();
        for (index, change) in gone.iter().enumerate() {
            let tokens: HashSet<&[u8]> =
                versions.get(&change.old[0], &change.name).map(|v| v.values().collect()).unwrap_or_default();
            counts.push(tokens.len());
            by_token.extend(tokens.into_iter().map(|token| (token, index)));
        }
        for change in come {
            let Some(version) = versions.get(&change.new, &change.name) else { continue };
            let mut shared: HashMap<usize, usize> = HashMap::new();
            let tokens: HashSet<&[u8]> = version.values().collect();
            tokens
                .iter()
                .filter_map(|token| by_token.get(token))
                .for_each(|at| *shared.entry(*at).or_default() += 1);
            let is_free = |at: &usize| !taken.contains(&std::ptr::from_ref(gone[*at]));
            let best = shared
                .into_iter()
                .filter(|(at, _)| is_free(at))
                .max_by_key(|(at, count)| (*count, usize::MAX - at));
            // Half of the values.
            if let Some((at, count)) = best
                && 2 * count >= counts[at].min(tokens.len())
            {
                taken.insert(std::ptr::from_ref(gone[at]));
                origin.insert(std::ptr::from_ref(change), gone[at]);
            }
        }
    }
    let left = ours.into_iter().filter(|change| !taken.contains(&std::ptr::from_ref(*change)));
    left.map(|change| Renamed { change, from: origin.get(&std::ptr::from_ref(change)).copied() }).collect()
}
