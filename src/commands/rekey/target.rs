//! One encrypted file whose keys change.

use super::super::context::Context;
use super::super::convert;
use super::super::expiry::{self, Expiry};
use super::super::failure::{self, Subject};
use super::super::input::Input;
use super::super::open::{self, Unlocked, Unlocking};
use super::super::rewrite::write_back;
use super::super::types::Types;
use crate::doc::{FormatName, Layout};
use crate::error::{Code, Failure, Warning};
use crate::keys::{self, DataKey, KeyGroup};
use crate::sops::decrypt::Strictness;
use crate::sops::{Metadata, Rekey, rewrap, rotate};
use std::path::Path;
use zeroize::Zeroizing;

/// Key groups, and how many of them are needed.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::commands) struct Wanted {
    /// The groups, with or without wrapped keys.
    pub(in crate::commands) groups: Vec<KeyGroup>,
    /// Groups needed, zero for all.
    pub(in crate::commands) threshold: usize,
}

impl Wanted {
    /// What a file has.
    pub(in crate::commands) fn of(metadata: &Metadata) -> Self {
        Self { groups: metadata.groups.clone(), threshold: metadata.threshold }
    }

    /// Groups needed, in numbers.
    pub(in crate::commands) fn needed(&self) -> usize {
        keys::groups_needed(self.groups.len(), self.threshold)
    }
}

/// An encrypted file as it was read.
pub(in crate::commands) struct Target {
    pub(in crate::commands) input: Input,
    pub(in crate::commands) format: FormatName,
}

/// How the new file is written.
#[derive(Debug, Clone, Copy)]
pub(in crate::commands) struct Writing {
    /// With the strict record.
    pub(in crate::commands) record: bool,
    /// Under a new data key.
    pub(in crate::commands) rotate: bool,
    /// Until when the file is to be used.
    pub(in crate::commands) expires: Expiry,
}

impl Target {
    /// Reads a file.
    ///
    /// # Errors
    /// It cannot be read (100, 2).
    pub(in crate::commands) fn read(path: &Path, types: &Types) -> Result<Self, Failure> {
        let input = Input::read(path, convert::limits().max_bytes)?;
        let format = types.input(&input);
        Ok(Self { input: input.as_sealed(format), format })
    }

    /// Whether it looks like an encrypted file: any text may talk of them, but a binary file is JSON when
    /// it is encrypted.
    pub(in crate::commands) fn is_likely(&self) -> bool {
        let first = self.input.bytes.iter().find(|byte| !byte.is_ascii_whitespace());
        self.format != FormatName::Binary || first == Some(&b'{')
    }

    /// For messages about it.
    pub(in crate::commands) fn subject(&self) -> Subject<'_> {
        self.input.subject(self.format)
    }

    /// The metadata, without any key.
    ///
    /// # Errors
    /// It is not encrypted (204), or cannot be used (1).
    pub(in crate::commands) fn metadata(&self) -> Result<Metadata, Failure> {
        Ok(open::load(self.subject())?.metadata)
    }

    /// Opens the file and gives `work` what it needs to write it anew.
    ///
    /// # Errors
    /// As [`open::unlock`], and whatever `work` refuses.
    pub(in crate::commands) fn unlocked<T>(
        &self,
        context: &Context,
        work: impl FnOnce(Subject<'_>, &Unlocked<'_>) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        let subject = self.subject();
        let sealed = open::load(subject)?;
        let unlocked = open::unlock_silently(context, subject, &sealed, &Unlocking::default())?;
        work(subject, &unlocked)
    }

    /// The text of the file for other recipients, or under another data key too.
    ///
    /// # Errors
    /// A key cannot be wrapped (1), or the text cannot be written.
    pub(in crate::commands) fn rekeyed(
        context: &Context,
        subject: Subject<'_>,
        unlocked: &Unlocked<'_>,
        wanted: &Wanted,
        writing: Writing,
    ) -> Result<Zeroizing<Vec<u8>>, Failure> {
        let name = subject.name;
        if writing.record && unlocked.opened.strictness != Strictness::Verified {
            context.warn(&Warning {
                headline: format!("`{name}` gets a strict record: make sure that its structure is right"),
                place: None,
                hints: Vec::new(),
            });
        }
        if !writing.record {
            expiry::warn_of_loss(context, subject, &unlocked.opened);
        }
        let metadata = &unlocked.opened.sealed().metadata;
        let (threshold, services, now) = (wanted.needed(), context.services(), context.now());
        let new_key = match writing.rotate {
            true => Some(DataKey::generate().map_err(|error| {
                Failure::new(Code::Generic, "the operating system gave no random bytes")
                    .cause(error.to_string())
            })?),
            false => None,
        };
        let groups = match &new_key {
            Some(key) => {
                let mut groups = wanted.groups.clone();
                keys::wrap_all(key, &mut groups, threshold, services, now).map(|()| groups)
            }
            None => keys::wrap_change(
                &unlocked.data_key,
                &metadata.groups,
                &wanted.groups,
                threshold,
                services,
                now,
            ),
        };
        let groups = groups.map_err(|error| failure::wrap(name, &error))?;
        let request = Rekey {
            opened: &unlocked.opened,
            // With one group the number says nothing.
            threshold: if groups.len() == 1 { metadata.threshold } else { threshold },
            groups,
            data_key: new_key.as_ref().unwrap_or(&unlocked.data_key),
            now,
            record: writing.record,
            expires: writing.expires.after(unlocked.opened.expires()),
            layout: Layout::default(),
            limits: convert::limits(),
        };
        let text = if writing.rotate { rotate(&request) } else { rewrap(&request) };
        text.map_err(|error| failure::rekey(subject, &error))
    }

    /// Writes `text` back to the file.
    ///
    /// # Errors
    /// As [`write_back`].
    pub(in crate::commands) fn write(&self, text: &[u8]) -> Result<bool, Failure> {
        write_back(&self.input, text)
    }
}
