//! Key groups: alternatives that each hold the data key, or one share of it.

use super::kind::KeyKind;
use super::master_key::MasterKey;

/// Master keys that wrap the same bytes: any one of them is enough for the group.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct KeyGroup {
    /// The keys, in the order of the metadata.
    pub keys: Vec<MasterKey>,
}

impl KeyGroup {
    /// A group of these keys.
    #[must_use]
    pub fn new(keys: Vec<MasterKey>) -> Self {
        Self { keys }
    }

    /// The keys of one kind.
    pub fn of(&self, kind: KeyKind) -> impl Iterator<Item = &MasterKey> {
        self.keys.iter().filter(move |key| key.kind == kind)
    }
}

/// Groups needed to recover the data key: one of one whatever the file says, `threshold` of several, all
/// of them if it is zero (format description, section 6.5).
#[must_use]
pub fn groups_needed(groups: usize, threshold: usize) -> usize {
    match (groups, threshold) {
        (0 | 1, _) => 1,
        (_, 0) => groups,
        (_, threshold) => threshold,
    }
}

#[cfg(test)]
mod tests {
    use super::groups_needed;

    #[test]
    fn one_group_needs_one_and_zero_means_all() {
        assert_eq!(groups_needed(1, 0), 1);
        assert_eq!(groups_needed(1, 5), 1);
        assert_eq!(groups_needed(3, 0), 3);
        assert_eq!(groups_needed(3, 2), 2);
    }
}
