//! One change in one place: a name in a list, keys in a rule; without what follows from it.

use super::keys;
use super::meaning::Meaning;
use super::page::{Page, Stuck};
use super::{EditError, Scope, Who};
use crate::doc::{KeyPath, NodeId};
use crate::keys::{KeyKind, MasterKey};
use crate::policy::Config;
use crate::policy::grants::{element, section};
use crate::policy::problem::{below, creation_rule};

impl Config {
    /// Adds or removes in one place, without the keys that follow from it.
    pub(super) fn change(&self, who: Who<'_>, scope: Scope<'_>, add: bool) -> Result<Self, EditError> {
        let grant = match scope {
            Scope::Role(role) => {
                let found = self.seal.roles.iter().position(|other| other.name == role);
                let found = found.ok_or_else(|| self.unknown(role))?;
                return self.change_list(
                    &below(&section("roles"), role),
                    self.recipient_name(who)?,
                    add,
                    |meaning| &mut meaning.seal.roles[found].members,
                );
            }
            Scope::Rule(index) => match self.creation_rules.iter().flatten().find(|rule| rule.index == index)
            {
                Some(rule) => match self.grant_of(rule) {
                    None => return self.change_keys(who, index, add),
                    Some(grant) => grant,
                },
                None => return Err(EditError::NoRule { rule: index }),
            },
        };
        let name = match who {
            Who::Name(name) if self.seal.role(name).is_some() => name,
            who => self.recipient_name(who)?,
        };
        let mut roles = self.seal.roles_of(name).filter(|role| grant.to.contains(&role.name));
        if let (false, Some(role)) = (add || grant.to.iter().any(|word| word == name), roles.next()) {
            return Err(EditError::ThroughRole { name: name.to_owned(), role: role.name.clone() });
        }
        let path = below(&element(grant.index), "to");
        let place = self.seal.grants.iter().position(|other| other.index == grant.index).unwrap_or_default();
        self.change_list(&path, name, add, |meaning| &mut meaning.seal.grants[place].to)
    }

    /// Adds a name to a list of names, or removes it wherever it stands there.
    fn change_list(
        &self,
        path: &KeyPath,
        name: &str,
        add: bool,
        list: impl Fn(&mut Meaning) -> &mut Vec<String>,
    ) -> Result<Self, EditError> {
        let mut meaning = Meaning::of(self);
        let names = list(&mut meaning);
        let mut text = self.text().to_owned();
        if add && !names.iter().any(|other| other == name) {
            names.push(name.to_owned());
            text = self.on_page(&text, path, |page, id| {
                page.append(id, &keys::scalar(name, page.is_flow(id) || !page.is_list(id)))
            })?;
        } else if !add {
            while let Some(index) = names.iter().position(|other| other == name) {
                names.remove(index);
                text = self.on_page(&text, path, |page, id| {
                    let found =
                        page.children(id).into_iter().position(|child| page.string(child) == Some(name));
                    page.remove(id, found.unwrap_or_default())
                })?;
            }
        }
        self.checked(&text, &meaning)
    }

    /// Adds keys to a rule by keys, or removes them.
    fn change_keys(&self, who: Who<'_>, index: usize, add: bool) -> Result<Self, EditError> {
        let words = |name: &str| match self.seal.members(name) {
            members if members.is_empty() && self.seal.role(name).is_none() => Err(self.unknown(name)),
            _ => Ok(self.seal.keys_of(&[name.to_owned()])),
        };
        let keys = match who {
            Who::Name(name) => words(name)?,
            Who::Key(key) => vec![key.clone()],
        };
        let mut meaning = Meaning::of(self);
        let Some(rule) = self.creation_rules.iter().flatten().find(|rule| rule.index == index) else {
            return Err(EditError::NoRule { rule: index });
        };
        let has = |key: &MasterKey| {
            rule.groups.iter().flat_map(|group| &group.keys).any(|other| other.is_same_recipient(key))
        };
        let keys: Vec<MasterKey> = keys.into_iter().filter(|key| has(key) != add).collect();
        if rule.key_groups && !keys.is_empty() {
            return Err(EditError::KeyGroups { rule: index });
        }
        let written = meaning.written.iter_mut().find(|(other, _)| *other == index);
        if let Some((_, written)) = written {
            let canonical = keys.iter().map(MasterKey::canonical_recipient);
            canonical.for_each(|key| _ = if add { written.insert(key) } else { written.remove(&key) });
            if written.is_empty() {
                return Err(EditError::LastKey { rule: index });
            }
        }
        let (missing, extra) = if add { (&keys[..], &[][..]) } else { (&[][..], &keys[..]) };
        let text = self.with_keys(self.text(), &creation_rule(index), missing, extra)?;
        self.checked(&text, &meaning)
    }

    /// The text with keys added to and removed from the rule at `path`.
    pub(super) fn with_keys(
        &self,
        text: &[u8],
        path: &KeyPath,
        missing: &[MasterKey],
        extra: &[MasterKey],
    ) -> Result<Vec<u8>, EditError> {
        let mut text = text.to_owned();
        for kind in KeyKind::ALL {
            let missing: Vec<&MasterKey> = missing.iter().filter(|key| key.kind == kind).collect();
            if !missing.is_empty() {
                text = keys::add(&text, path, kind, &missing).map_err(|stuck| self.by_hand(&text, stuck))?;
            }
        }
        for key in extra {
            text = keys::remove(&text, path, key).map_err(|stuck| self.by_hand(&text, stuck))?;
        }
        Ok(text)
    }

    fn on_page(
        &self,
        text: &[u8],
        path: &KeyPath,
        edit: impl FnOnce(&Page<'_>, NodeId) -> Result<Vec<u8>, Stuck>,
    ) -> Result<Vec<u8>, EditError> {
        let work = || {
            let page = Page::new(text)?;
            let node = page.find(path)?.ok_or(Stuck(0))?;
            edit(&page, node)
        };
        work().map_err(|stuck| self.by_hand(text, stuck))
    }
}
