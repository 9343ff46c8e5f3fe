//! The values of encrypted files, and the search for them.

use super::forms::{self, Form};
use crate::commands::check::examine::subject;
use crate::commands::context::Context;
use crate::commands::convert;
use crate::commands::files::may_be_sealed;
use crate::doc::{FormatName, KeyPath, Value};
use crate::error::{Code, Failure};
use crate::keys::{self, DataKey};
use crate::sops::Sealed;
use aho_corasick::AhoCorasick;
use sha2::{Digest as _, Sha256};
use std::collections::{HashMap, HashSet};
use zeroize::Zeroizing;

/// A value that is looked for.
pub(super) struct Known {
    /// The encrypted file.
    pub(super) file: String,
    /// Its key path.
    pub(super) path: String,
}

/// The values that were gathered so far.
pub(super) struct Gathering<'c> {
    context: &'c Context,
    /// Key paths whose values may stand anywhere.
    allowed: &'c [String],
    known: Vec<Known>,
    patterns: Vec<(usize, Form, Zeroizing<Vec<u8>>)>,
    seen: HashSet<[u8; 32]>,
    /// Data keys by the wrapped ones.
    keys: HashMap<String, Option<DataKey>>,
    /// Files that nothing here opens.
    closed: Vec<String>,
    opened: usize,
}

impl<'c> Gathering<'c> {
    pub(super) fn new(context: &'c Context, allowed: &'c [String]) -> Self {
        Self {
            context,
            allowed,
            known: Vec::new(),
            patterns: Vec::new(),
            seen: HashSet::new(),
            keys: HashMap::new(),
            closed: Vec::new(),
            opened: 0,
        }
    }

    /// Takes the values of a file, if it is an encrypted one.
    pub(super) fn take(&mut self, name: &str, bytes: &[u8]) -> Result<(), Failure> {
        if !may_be_sealed(bytes) {
            return Ok(());
        }
        let subject = subject(FormatName::of_file(name, bytes), bytes);
        let Ok(sealed) = Sealed::load(subject.store, bytes, subject.whole, &convert::limits()) else {
            return Ok(());
        };
        let wrapped = sealed.metadata.groups.iter().flat_map(|group| &group.keys).filter_map(|key| key.enc());
        let wrapped = wrapped.collect::<Vec<_>>().join("\0");
        if !self.keys.contains_key(&wrapped) {
            let order = self.context.decryption_order()?;
            let metadata = &sealed.metadata;
            let key = keys::recover(&metadata.groups, metadata.threshold, self.context.services(), &order);
            self.keys.insert(wrapped.clone(), key.ok());
        }
        let Some(Some(key)) = self.keys.get(&wrapped) else {
            if !self.closed.iter().any(|closed| closed == name) {
                self.closed.push(name.to_owned());
            }
            return Ok(());
        };
        // A wrong MAC makes no value less secret.
        let Ok(opened) = sealed.open(key, true) else { return Ok(()) };
        self.opened += 1;
        for (id, _) in opened.values().filter(|(_, encrypted)| *encrypted) {
            let mut text = Zeroizing::new(Vec::new());
            match opened.value(id) {
                Some(value @ (Value::Str(_) | Value::Int(_) | Value::Float(_))) => value.canonical(&mut text),
                _ => continue,
            }
            let path = KeyPath::of(&sealed.tree, id).to_string();
            if !self.allowed.contains(&path) && self.seen.insert(Sha256::digest(&*text).into()) {
                let forms = forms::of(&text);
                let index = self.known.len();
                if !forms.is_empty() {
                    self.known.push(Known { file: name.to_owned(), path });
                }
                self.patterns.extend(forms.into_iter().map(|(form, text)| (index, form, text)));
            }
        }
        Ok(())
    }

    /// Files whose values are not looked for, as nothing here opens them.
    pub(super) fn closed(&self) -> &[String] {
        &self.closed
    }

    /// Whether not a single file could be opened, though there are some.
    pub(super) fn is_in_vain(&self) -> bool {
        self.opened == 0 && !self.closed.is_empty()
    }

    /// The search for all of them.
    pub(super) fn search(self) -> Result<Search, Failure> {
        let texts = self.patterns.iter().map(|(_, _, text)| text.as_slice());
        let automaton = AhoCorasick::new(texts).map_err(|error| {
            Failure::new(Code::CannotReadInput, "there are too many values to look for")
                .cause(error.to_string())
        })?;
        let patterns = self.patterns.iter().map(|(index, form, _)| (*index, *form)).collect();
        Ok(Search { automaton, patterns, known: self.known })
    }
}

/// A search for all values at once.
pub(super) struct Search {
    automaton: AhoCorasick,
    patterns: Vec<(usize, Form)>,
    known: Vec<Known>,
}

/// A value that was found: which, in which form, at which byte.
pub(super) type Hit = (usize, Form, usize);

impl Search {
    /// The value of a hit.
    pub(super) fn known(&self, index: usize) -> &Known {
        &self.known[index]
    }

    /// The values in a text, each once, where it first stands.
    pub(super) fn hits(&self, text: &[u8]) -> Vec<Hit> {
        let mut seen = HashSet::new();
        let mut hits = Vec::new();
        for found in self.automaton.find_overlapping_iter(text) {
            let (index, form) = self.patterns[found.pattern().as_usize()];
            if seen.insert(index) {
                hits.push((index, form, found.start()));
            }
        }
        hits
    }
}
