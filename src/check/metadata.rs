//! The metadata of an encrypted file, against itself and against the creation rule.

use super::Subject;
use super::catalogue::Check;
use super::expected::Expected;
use super::finding::Findings;
use super::sealed::token;
use crate::doc::{Limits, Name, NodeId, Tree};
use crate::keys::{KeyGroup, MasterKey, groups_needed};
use crate::policy::CreationRule;
use crate::sops::selection::DEFAULT_SUFFIX;
use crate::sops::{Sealed, Selector, SelectorKind};

/// Recipients that are named in one finding.
const MOST_NAMES: usize = 5;

/// Looks at the metadata.
pub(super) fn check(sealed: &Sealed<'_>, whole: bool, expected: &Expected<'_>, findings: &mut Findings<'_>) {
    authentication(sealed, findings);
    keys(sealed, expected, findings);
    if expected.strict && sealed.metadata.record.is_none() {
        let message = "there is no strict record, and the policy demands one";
        findings.add(Check::NoRecord, Fields(sealed).first(), message);
    }
    if let Some(rule) = expected.rule {
        recipients(sealed, rule, expected, findings);
        // What is encrypted as a whole has nothing to select.
        if !whole {
            selectors(sealed, rule, findings);
        }
    }
}

/// The MAC and the record.
fn authentication(sealed: &Sealed<'_>, findings: &mut Findings<'_>) {
    let fields = Fields(sealed);
    let metadata = &sealed.metadata;
    if metadata.mac.is_empty() {
        findings.add(Check::Malformed, fields.first(), "the metadata has no `mac`");
    }
    let record = metadata.record.as_deref().unwrap_or_default();
    for (name, text) in [("mac", metadata.mac.as_str()), ("seal", record)] {
        if let (false, Err((severity, why))) = (text.is_empty(), token(text.as_bytes())) {
            let found = findings.add(Check::Malformed, fields.place(name), format!("`{name}` {why}"));
            found.into_iter().for_each(|finding| finding.severity = severity);
        }
    }
}

/// The keys that every recipient needs.
fn keys(sealed: &Sealed<'_>, expected: &Expected<'_>, findings: &mut Findings<'_>) {
    let metadata = &sealed.metadata;
    let fields = Fields(sealed);
    for (number, group) in (1..).zip(&metadata.groups) {
        if group.keys.is_empty() {
            findings.add(
                Check::Malformed,
                fields.place("key_groups"),
                format!("key group {number} is empty"),
            );
        }
        for key in group.keys.iter().filter(|key| key.enc().is_none()) {
            let message = format!("the recipient {} has no wrapped key (`enc`)", expected.shown(key));
            findings.add(Check::Malformed, fields.place(key.kind.name()), message);
        }
    }
    let (needed, count) = (groups_needed(metadata.groups.len(), metadata.threshold), metadata.groups.len());
    if needed > count {
        let message = format!("{needed} key groups are needed, but there are {count}");
        findings.add(Check::Malformed, fields.place("shamir_threshold"), message);
    }
}

fn recipients(
    sealed: &Sealed<'_>,
    rule: &CreationRule,
    expected: &Expected<'_>,
    findings: &mut Findings<'_>,
) {
    let metadata = &sealed.metadata;
    // A rule without keys says nothing; that is a finding of its own.
    if rule.groups.iter().all(|group| group.keys.is_empty()) {
        return;
    }
    let fields = Fields(sealed);
    let number = rule.index + 1;
    let (file, wanted) = (&metadata.groups, &rule.groups);
    if file.len() != wanted.len() {
        let message =
            format!("the file has {} key groups, creation rule {number} has {}", file.len(), wanted.len());
        findings.add(Check::OtherRecipients, fields.place("key_groups"), message);
    } else {
        let file_needs = groups_needed(file.len(), metadata.threshold);
        let rule_needs = groups_needed(wanted.len(), rule.shamir_threshold);
        if file_needs != rule_needs {
            let message =
                format!("{file_needs} key groups are needed, creation rule {number} says {rule_needs}");
            findings.add(Check::OtherRecipients, fields.place("shamir_threshold"), message);
        }
    }
    let empty = KeyGroup::default();
    for index in 0..file.len().max(wanted.len()) {
        let (has, wants) = (file.get(index).unwrap_or(&empty), wanted.get(index).unwrap_or(&empty));
        let (missing, extra) = (without(wants, has), without(has, wants));
        if missing.is_empty() && extra.is_empty() {
            continue;
        }
        let place = if wanted.len() > 1 { format!("key group {}: ", index + 1) } else { String::new() };
        let parts: Vec<String> = [("lacks", missing), ("has in addition", extra)]
            .into_iter()
            .filter(|(_, keys)| !keys.is_empty())
            .map(|(word, keys)| format!("{word} {}", names(&keys, expected)))
            .collect();
        let at = has.keys.first().map_or(fields.first(), |key| fields.place(key.kind.name()));
        let message = format!("{place}the file {}, against creation rule {number}", parts.join(" and "));
        findings.add(Check::OtherRecipients, at, message);
    }
}

/// The keys of `some` that are not in `others`.
fn without<'k>(some: &'k KeyGroup, others: &KeyGroup) -> Vec<&'k MasterKey> {
    some.keys.iter().filter(|key| !others.keys.iter().any(|other| other.is_same_recipient(key))).collect()
}

fn names(keys: &[&MasterKey], expected: &Expected<'_>) -> String {
    let mut names: Vec<String> = keys.iter().take(MOST_NAMES).map(|key| expected.shown(key)).collect();
    if keys.len() > MOST_NAMES {
        names.push(format!("{} more", keys.len() - MOST_NAMES));
    }
    names.join(", ")
}

fn selectors(sealed: &Sealed<'_>, rule: &CreationRule, findings: &mut Findings<'_>) {
    let metadata = &sealed.metadata;
    let default = Selector { kind: SelectorKind::UnencryptedSuffix, text: DEFAULT_SUFFIX.to_owned() };
    let (has, wants) = (metadata.selector_or_default(), rule.selector().unwrap_or(&default));
    let number = rule.index + 1;
    if has != *wants {
        let spelled = |selector: &Selector| format!("`{}: {}`", selector.kind.field(), selector.text);
        let message =
            format!("the file has {}, creation rule {number} has {}", spelled(&has), spelled(wants));
        findings.add(Check::OtherSelectors, Fields(sealed).place(has.kind.field()), message);
    }
    if metadata.mac_only_encrypted != rule.mac_only_encrypted {
        let message = format!(
            "the file has `mac_only_encrypted: {}`, creation rule {number} has `{}`",
            metadata.mac_only_encrypted, rule.mac_only_encrypted
        );
        findings.add(Check::OtherSelectors, Fields(sealed).place("mac_only_encrypted"), message);
    }
}

/// Where the metadata of a file stands that cannot be used.
pub(super) fn place(subject: Subject<'_>) -> usize {
    let tree = subject.store.parse(subject.bytes, &Limits::default());
    tree.ok().and_then(|tree| tree.metadata().next().map(|id| start(&tree, id))).unwrap_or_default()
}

fn start(tree: &Tree<'_>, id: NodeId) -> usize {
    tree.node(id).entry as usize
}

/// Where the fields of the metadata stand.
struct Fields<'a, 's>(&'a Sealed<'s>);

impl Fields<'_, '_> {
    /// The metadata itself.
    fn first(&self) -> usize {
        let tree = &self.0.tree;
        tree.metadata().next().map_or(0, |id| start(tree, id))
    }

    /// The field `name`, or the metadata if it has none.
    fn place(&self, name: &str) -> usize {
        let tree = &self.0.tree;
        let flat = format!("sops_{name}");
        let field = tree.metadata().find_map(|id| match &tree.node(id).name {
            // In flat formats lists are fields with numbers.
            Name::Key(key) if key.starts_with(flat.as_bytes()) => Some(id),
            _ => tree.child(id, name.as_bytes()),
        });
        field.map_or(self.first(), |id| start(tree, id))
    }
}
