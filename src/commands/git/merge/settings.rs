//! What is not values: who can read the merged file, what is encrypted in it, under which data key.

use super::unmerged::{Unmerged, reason};
use crate::commands::context::Context;
use crate::commands::failure::{self, Subject};
use crate::commands::open::Unlocked;
use crate::commands::rekey::show;
use crate::commands::rekey::target::Wanted;
use crate::commands::rekey::vouch;
use crate::doc::Timestamp;
use crate::keys::{DataKey, KeyGroup, MasterKey, Recipients, wrap_change};
use crate::sops::decrypt::Strictness;
use crate::sops::{Metadata, Selection};

/// What is known of the common ancestor.
#[derive(Clone, Copy, Default)]
pub(super) struct Ancestor<'a> {
    pub(super) metadata: Option<&'a Metadata>,
    pub(super) data_key: Option<&'a DataKey>,
    pub(super) expires: Option<Timestamp>,
    pub(super) is_opened: bool,
    /// It does not verify.
    pub(super) is_altered: bool,
}

/// A side.
#[derive(Clone, Copy)]
pub(super) struct Version<'a> {
    pub(super) subject: Subject<'a>,
    pub(super) unlocked: &'a Unlocked<'a>,
}

impl<'a> Version<'a> {
    fn metadata(&self) -> &'a Metadata {
        &self.unlocked.opened.sealed().metadata
    }

    fn key(&self) -> &'a DataKey {
        &self.unlocked.data_key
    }

    fn is_vouched_for(&self) -> bool {
        self.unlocked.opened.strictness == Strictness::Verified
    }
}

/// The settings of the merged file.
pub(super) struct Settings<'a> {
    pub(super) metadata: Metadata,
    pub(super) selection: Selection,
    pub(super) data_key: &'a DataKey,
    pub(super) last_modified: Timestamp,
    pub(super) expires: Option<Timestamp>,
    pub(super) record: bool,
    /// What the person should know.
    pub(super) notes: Vec<String>,
}

/// Merges the settings of two sides.
pub(super) fn merged<'a>(
    context: &Context,
    base: Ancestor<'_>,
    ours: Version<'a>,
    theirs: Version<'a>,
) -> Result<Settings<'a>, Unmerged> {
    let (a, b) = (ours.metadata(), theirs.metadata());
    let mut notes = Vec::new();
    if base.is_altered {
        notes.push("the common ancestor does not verify; it is only compared with".to_owned());
    }
    let of_base = |of: fn(&Metadata) -> &Option<_>| base.metadata.map(of);
    let selector = three_way(of_base(|m| &m.selector), &a.selector, &b.selector, "selectors")?.clone();
    let encrypted_only = base.metadata.map(|m| &m.mac_only_encrypted);
    let encrypted_only =
        three_way(encrypted_only, &a.mac_only_encrypted, &b.mac_only_encrypted, "mac_only_encrypted")?;
    let threshold = base.metadata.map(|m| &m.threshold);
    let threshold = *three_way(threshold, &a.threshold, &b.threshold, "shamir_threshold")?;
    let ends = [ours, theirs].map(|side| side.unlocked.opened.expires().map(Timestamp::to_seconds));
    let end_of_base = base.is_opened.then(|| base.expires.map(Timestamp::to_seconds));
    let end = three_way(end_of_base.as_ref(), &ends[0], &ends[1], "expiry")?;
    let expires = if *end == ends[0] { ours } else { theirs }.unlocked.opened.expires();
    if ours.unlocked.opened.dialect() != theirs.unlocked.opened.dialect() {
        return Err(Unmerged::Settings("the dialects of the ENV file differ".to_owned()));
    }
    let mut data_key = ours.key();
    if !ours.key().same_as(theirs.key()) {
        match base.data_key {
            Some(base) if base.same_as(ours.key()) => data_key = theirs.key(),
            Some(base) if base.same_as(theirs.key()) => {}
            _ => notes.push("both sides have a data key of their own; ours stays".to_owned()),
        }
    }
    let groups = groups(context, base.metadata, ours, theirs, data_key, threshold)?;
    if differ(&a.groups, &groups) || differ(&b.groups, &groups) {
        let config = context.config().ok().flatten();
        let names: Vec<String> =
            groups.iter().flat_map(|group| &group.keys).map(|key| show::named(config, key)).collect();
        notes.push(format!("recipients after the merge: {}", names.join(", ")));
    }
    if a.selector != selector || b.selector != selector {
        notes.push("the sides have different selectors; those of the side that changed them stay".to_owned());
    }
    let record = ours.is_vouched_for() && theirs.is_vouched_for();
    if !record && (ours.is_vouched_for() || theirs.is_vouched_for()) {
        let side = if ours.is_vouched_for() { "their" } else { "our" };
        notes.push(format!("the merged file has no strict record, because {side} version has none"));
    }
    let selection = Selection::new(selector.as_ref())
        .map_err(|error| Unmerged::Settings(format!("the selector is no pattern: {error}")))?;
    let later = a.last_modified.moment() >= b.last_modified.moment();
    let last_modified = if later { a.last_modified } else { b.last_modified };
    let version = if newer(&b.version, &a.version) { &b.version } else { &a.version };
    let mut metadata = a.clone();
    metadata.groups = groups;
    metadata.threshold = threshold;
    metadata.selector = selector;
    metadata.mac_only_encrypted = *encrypted_only;
    metadata.version.clone_from(version);
    Ok(Settings { metadata, selection, data_key, last_modified, expires, record, notes })
}

/// That of the side that changed it.
fn three_way<'v, T: PartialEq>(
    base: Option<&T>,
    ours: &'v T,
    theirs: &'v T,
    what: &str,
) -> Result<&'v T, Unmerged> {
    match base {
        _ if ours == theirs => Ok(ours),
        Some(base) if base == ours => Ok(theirs),
        Some(base) if base == theirs => Ok(ours),
        _ => Err(Unmerged::Settings(format!("both sides changed the {what}"))),
    }
}

/// Whether `one` is a higher version than `other`.
fn newer(one: &str, other: &str) -> bool {
    let numbers = |text: &str| -> Vec<u64> {
        text.split(['.', '-', '+']).map_while(|part| part.parse().ok()).collect()
    };
    numbers(one) > numbers(other)
}

/// Whether two sets of groups are not for the same recipients.
fn differ(one: &[KeyGroup], other: &[KeyGroup]) -> bool {
    !crate::keys::differences(one, other).is_empty()
}

/// The key groups with the data key in them.
fn groups(
    context: &Context,
    base: Option<&Metadata>,
    ours: Version<'_>,
    theirs: Version<'_>,
    data_key: &DataKey,
    threshold: usize,
) -> Result<Vec<KeyGroup>, Unmerged> {
    let (a, b) = (&ours.metadata().groups, &theirs.metadata().groups);
    let base = base.map(|metadata| &metadata.groups);
    let wanted: Vec<KeyGroup> = if a.len() == b.len() && base.is_none_or(|base| base.len() == a.len()) {
        let of_base = |number: usize| base.and_then(|base| base.get(number));
        a.iter().zip(b).enumerate().map(|(i, (a, b))| group(of_base(i), a, b)).collect()
    } else {
        match base {
            Some(base) if !differ(base, a) => b.clone(),
            Some(base) if !differ(base, b) => a.clone(),
            _ => return Err(Unmerged::Settings("both sides changed the key groups".to_owned())),
        }
    };
    if wanted.iter().any(|group| group.keys.is_empty()) {
        return Err(Unmerged::Settings("no recipient would be left".to_owned()));
    }
    // The versions whose wrapped keys hold the data key of the result.
    let holders: Vec<Version<'_>> =
        [ours, theirs].into_iter().filter(|side| side.key().same_as(data_key)).collect();
    if wanted.len() > 1 {
        // The shares of two versions do not go together.
        if let Some(side) = holders.iter().find(|side| {
            let metadata = side.metadata();
            !differ(&metadata.groups, &wanted) && metadata.threshold == threshold
        }) {
            return Ok(side.metadata().groups.clone());
        }
    }
    let carried: Vec<KeyGroup> = wanted.iter().map(|group| with_wrapped(group, &holders)).collect();
    let is_missing = |key: &&MasterKey| key.enc().is_none() || wanted.len() > 1;
    let missing: Vec<MasterKey> =
        carried.iter().flat_map(|group| &group.keys).filter(is_missing).cloned().collect();
    if missing.is_empty() {
        return Ok(carried);
    }
    vouched_for(context, &missing, [ours, theirs])?;
    let present: Vec<KeyGroup> = carried
        .iter()
        .map(|group| KeyGroup::new(group.keys.iter().filter(|key| key.enc().is_some()).cloned().collect()))
        .collect();
    wrap_change(data_key, &present, &carried, threshold, context.services(), context.now())
        .map_err(|error| Unmerged::Settings(reason(&failure::wrap(ours.subject.name, &error))))
}

/// The recipients of a group: those of ours and theirs but for those that one of them removed.
fn group(base: Option<&KeyGroup>, ours: &KeyGroup, theirs: &KeyGroup) -> KeyGroup {
    let [in_ours, in_theirs] = [ours, theirs].map(|group| Recipients::of([group]));
    let in_base = Recipients::of(base);
    let kept = ours.keys.iter().filter(|key| in_theirs.has(key) || !in_base.has(key));
    let added = theirs.keys.iter().filter(|key| !in_ours.has(key) && !in_base.has(key));
    KeyGroup::new(kept.chain(added).cloned().collect())
}

/// The group with the entries of the first version that has each key; the others hold nothing.
fn with_wrapped(group: &KeyGroup, holders: &[Version<'_>]) -> KeyGroup {
    let entry = |key: &MasterKey| {
        let entries = holders.iter().flat_map(|side| &side.metadata().groups).flat_map(|group| &group.keys);
        entries.into_iter().find(|entry| entry.is_same_recipient(key)).cloned()
    };
    let emptied = |key: &MasterKey| {
        let mut key = key.clone();
        key.set_enc(String::new());
        key
    };
    KeyGroup::new(group.keys.iter().map(|key| entry(key).unwrap_or_else(|| emptied(key))).collect())
}

/// Refuses to give the data key to recipients that neither a strict record nor the creation rule names.
fn vouched_for(context: &Context, keys: &[MasterKey], sides: [Version<'_>; 2]) -> Result<(), Unmerged> {
    for side in sides {
        let of_side = Recipients::of(&side.metadata().groups);
        let group = KeyGroup::new(keys.iter().filter(|key| of_side.has(key)).cloned().collect());
        if group.keys.is_empty() {
            continue;
        }
        let threshold = side.metadata().threshold;
        let wanted = Wanted { groups: vec![group], threshold };
        vouch::check(context, side.subject, &side.unlocked.opened, &wanted, &[])
            .map_err(|failure| Unmerged::Settings(reason(&failure)))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{group, newer};
    use crate::keys::{KeyGroup, MasterKey};

    #[test]
    fn removal_wins_and_additions_of_both_come_in() {
        let of = |names: &[&str]| KeyGroup::new(names.iter().map(|name| MasterKey::age(name)).collect());
        let names = |group: KeyGroup| group.keys.iter().map(MasterKey::recipient).collect::<Vec<_>>();
        let base = of(&["a", "b", "c"]);
        let merged = group(Some(&base), &of(&["a", "b", "x"]), &of(&["a", "c", "y"]));
        assert_eq!(names(merged), ["a", "x", "y"]);
        assert_eq!(names(group(None, &of(&["a", "x"]), &of(&["y", "a"]))), ["a", "x", "y"]);
    }

    #[test]
    fn versions_are_compared_by_number() {
        assert!(newer("3.13.2", "3.9.1") && !newer("3.9.1", "3.13.2") && !newer("3.9.1", "3.9.1"));
    }
}
