//! Plain files that have what an encrypted one has.

use super::Located;
use super::examine::Examined;
use crate::check::{Check, Finding};
use std::collections::HashMap;

/// Fewer values than these may have the same names by chance.
const FEWEST: usize = 3;

/// The plain files with at least four of five encrypted values of another file, by their paths.
pub(super) fn find(examined: &[Examined]) -> Vec<Located> {
    let sealed: Vec<&Examined> = examined
        .iter()
        .filter(|one| one.is_sealed() && one.file.past.is_none() && one.paths().len() >= FEWEST)
        .collect();
    let mut owners: HashMap<u64, Vec<usize>> = HashMap::new();
    for (index, one) in sealed.iter().enumerate() {
        one.paths().iter().for_each(|path| owners.entry(*path).or_default().push(index));
    }
    if owners.is_empty() {
        return Vec::new();
    }
    let plain = examined.iter().filter(|one| {
        one.is_plain() && one.is_chosen() && one.file.past.is_none() && !one.has(Check::NotEncrypted)
    });
    let copy = |one: &Examined| {
        let mut counts = vec![0_usize; sealed.len()];
        let shared = one.paths().iter().filter_map(|path| owners.get(path)).flatten();
        shared.for_each(|index| counts[*index] += 1);
        let (_, original) = counts
            .iter()
            .zip(&sealed)
            // Of several the first.
            .rev()
            .filter(|(count, other)| **count >= FEWEST && **count * 5 >= other.paths().len() * 4)
            .max_by_key(|(count, _)| **count)?;
        let message = format!("has in clear what `{}` has encrypted", original.file.shown);
        Some(one.located(Finding::new(Check::ClearCopy, message)))
    };
    plain.filter_map(copy).collect()
}
