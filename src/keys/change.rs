//! From the key groups of a file to other ones.

use super::data_key::DataKey;
use super::group::KeyGroup;
use super::kind::KeyKind;
use super::master_key::MasterKey;
use super::service::Services;
use super::wrap::{WrapError, WrapFailure, wrap_all};
use crate::doc::Timestamp;
use std::collections::HashSet;

/// What a key group has more and less than the one in its place.
#[derive(Debug, Clone, PartialEq)]
pub struct GroupDifference {
    /// The group's number, from 1.
    pub group: usize,
    /// Keys that come in.
    pub added: Vec<MasterKey>,
    /// Keys that go.
    pub removed: Vec<MasterKey>,
}

/// The groups in which `wanted` has other recipients than `present`. The order of keys does not matter.
#[must_use]
pub fn differences(present: &[KeyGroup], wanted: &[KeyGroup]) -> Vec<GroupDifference> {
    let nobody = KeyGroup::default();
    let count = present.len().max(wanted.len());
    let all = (0..count).map(|i| {
        let (old, new) = (present.get(i).unwrap_or(&nobody), wanted.get(i).unwrap_or(&nobody));
        GroupDifference { group: i + 1, added: without(new, old), removed: without(old, new) }
    });
    all.filter(|difference| !difference.added.is_empty() || !difference.removed.is_empty()).collect()
}

/// The keys of `group` whose recipient is not in `other`.
fn without(group: &KeyGroup, other: &KeyGroup) -> Vec<MasterKey> {
    let other = Recipients::of([other]);
    group.keys.iter().filter(|key| !other.has(key)).cloned().collect()
}

/// Whom keys are for, to look many of them up.
pub struct Recipients(HashSet<(KeyKind, String)>);

impl Recipients {
    /// Those of `groups`.
    #[must_use]
    pub fn of<'g>(groups: impl IntoIterator<Item = &'g KeyGroup>) -> Self {
        let keys = groups.into_iter().flat_map(|group| &group.keys);
        Self(keys.map(|key| (key.kind, key.canonical_recipient())).collect())
    }

    /// Whether one of them is that of `key`, as [`MasterKey::is_same_recipient`] compares.
    #[must_use]
    pub fn has(&self, key: &MasterKey) -> bool {
        self.0.contains(&(key.kind, key.canonical_recipient()))
    }
}

/// Wraps the same `data_key` for other recipients: `wanted` with the entries of `present` for those that
/// stay, and in their order. With one group their wrapped keys stay as they are; several groups get new
/// shares. `now` becomes the date of entries that are wrapped.
///
/// # Errors
/// As [`wrap_all`].
pub fn wrap_change(
    data_key: &DataKey,
    present: &[KeyGroup],
    wanted: &[KeyGroup],
    threshold: usize,
    services: &Services,
    now: Timestamp,
) -> Result<Vec<KeyGroup>, WrapError> {
    let nobody = KeyGroup::default();
    let mut groups: Vec<KeyGroup> =
        (0..wanted.len()).map(|i| carried(present.get(i).unwrap_or(&nobody), &wanted[i])).collect();
    match (present, groups.as_mut_slice()) {
        ([_], [group]) if !group.keys.is_empty() => wrap_missing(data_key, group, services, now)?,
        _ => wrap_all(data_key, &mut groups, threshold, services, now)?,
    }
    Ok(groups)
}

/// The keys of `wanted`: first those that `present` has, with all their fields.
fn carried(present: &KeyGroup, wanted: &KeyGroup) -> KeyGroup {
    let staying = Recipients::of([wanted]);
    let stay = present.keys.iter().filter(|key| staying.has(key)).cloned();
    KeyGroup::new(stay.chain(without(wanted, present)).collect())
}

/// Wraps for the keys of a single group that hold nothing yet.
fn wrap_missing(
    data_key: &DataKey,
    group: &mut KeyGroup,
    services: &Services,
    now: Timestamp,
) -> Result<(), WrapError> {
    let mut failures = Vec::new();
    for key in group.keys.iter_mut().filter(|key| key.enc().is_none()) {
        match services.wrap(key, data_key.as_bytes()) {
            Ok(enc) => key.set_wrapped(enc, now),
            Err(error) => failures.push(WrapFailure {
                group: 1,
                kind: key.kind,
                recipient: key.short_recipient(),
                error,
            }),
        }
    }
    if failures.is_empty() { Ok(()) } else { Err(WrapError::Keys(failures)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn group(names: &[&str]) -> KeyGroup {
        let key = |name: &&str| {
            let mut key = MasterKey::age(name);
            key.set_enc(format!("for {name}"));
            key
        };
        KeyGroup::new(names.iter().map(key).collect())
    }

    fn names(keys: &[MasterKey]) -> Vec<String> {
        keys.iter().map(MasterKey::recipient).collect()
    }

    #[test]
    fn differences_are_told_group_by_group() {
        assert_eq!(differences(&[group(&["a", "b"])], &[group(&["b", "a"])]), []);
        let found = differences(&[group(&["a", "b"])], &[group(&["a", "c"]), group(&["d"])]);
        let told: Vec<_> = found.iter().map(|d| (d.group, names(&d.added), names(&d.removed))).collect();
        let text = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        assert_eq!(told, [(1, text(&["c"]), text(&["b"])), (2, text(&["d"]), text(&[]))]);
    }

    #[test]
    fn who_stays_keeps_its_entry_and_place() {
        let new = carried(
            &group(&["b", "a", "x"]),
            &KeyGroup::new(vec![MasterKey::age("a"), MasterKey::age("c"), MasterKey::age("b")]),
        );
        assert_eq!(names(&new.keys), ["b", "a", "c"]);
        assert_eq!(new.keys[0].enc(), Some("for b"));
        assert_eq!(new.keys[2].enc(), None);
    }
}
