//! The encrypted files of a container: all are opened and verified before anything is rendered.

use super::request::Request;
use crate::commands::failure::Subject;
use crate::commands::input::Input;
use crate::commands::types::Types;
use crate::commands::{Context, convert, open};
use crate::doc::Timestamp;
use crate::error::{Code, Failure};
use crate::render::Document;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use std::fmt::Write as _;
use std::path::Path;
use zeroize::Zeroizing;

/// A file as it was read.
pub(super) struct Source {
    /// As the user named it.
    name: String,
    /// SHA-256 of its bytes, in lower hex: of ciphertext.
    digest: String,
    /// Its bytes, to tell lines in messages.
    sealed: Zeroizing<Vec<u8>>,
}

/// The opened files.
pub(super) struct Sources {
    /// What they hold.
    pub(super) documents: Vec<Document>,
    /// What they are.
    files: Vec<Source>,
    /// When the first of them expires, and when it was last changed.
    pub(super) expiry: Option<Expiry>,
}

/// The end of the time in which files are to be used.
#[derive(Clone, Copy)]
pub(super) struct Expiry {
    /// When the file was last changed.
    from: Timestamp,
    /// When it expires.
    pub(super) until: Timestamp,
}

impl Expiry {
    /// Whether less than a fifth of the time is left.
    pub(super) fn is_near(&self, now: Timestamp) -> bool {
        let all = self.until.moment() - self.from.moment();
        self.until.moment() - now.moment() < all / 5
    }
}

/// Whether warnings about the files are shown.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Voice {
    /// The first time.
    Warn,
    /// When files are read again.
    Silent,
}

impl Sources {
    /// Reads, opens and verifies all files of the request.
    ///
    /// # Errors
    /// One of them does not exist (100), cannot be opened (128), was altered (25, 51), has expired (77) …
    pub(super) fn open(context: &Context, request: &Request, voice: Voice) -> Result<Self, Failure> {
        let mut sources = Self { documents: Vec::new(), files: Vec::new(), expiry: None };
        for path in &request.files {
            sources.add(context, request, path, voice)?;
        }
        Ok(sources)
    }

    fn add(
        &mut self,
        context: &Context,
        request: &Request,
        path: &Path,
        voice: Voice,
    ) -> Result<(), Failure> {
        let most = convert::limits().max_bytes;
        let input = match voice {
            Voice::Warn => Input::read(path, most)?,
            // What has come in the place of a file must not keep the process from its signals.
            Voice::Silent => Input::read_at_once(path, most)?,
        };
        let digest = hex(&Sha256::digest(&*input.bytes));
        let format = Types { input: request.format, ..Types::default() }.input(&input);
        let input = input.as_sealed(format);
        let subject = input.subject(format);
        let sealed = open::load(subject)?;
        let unlocked = match voice {
            Voice::Warn => open::unlock(context, subject, &sealed, &request.unlocking)?,
            Voice::Silent => open::unlock_silently(context, subject, &sealed, &request.unlocking)?,
        };
        let opened = &unlocked.opened;
        if let Some(until) = opened.expires() {
            let expiry = Expiry { from: sealed.metadata.last_modified, until };
            if until.moment() <= context.now().moment() {
                return Err(expired(subject, until));
            }
            let first = self.expiry.is_none_or(|first| until.moment() < first.until.moment());
            self.expiry = if first { Some(expiry) } else { self.expiry };
        }
        let document = Document::of(&input.name, format, opened)
            .map_err(|error| super::failure::render(&[(&input.name, &input.bytes)], &error))?;
        drop(unlocked);
        drop(sealed);
        self.documents.push(document);
        self.files.push(Source { name: input.name, digest, sealed: input.bytes });
        Ok(())
    }

    /// The files as they are encrypted.
    pub(super) fn texts(&self) -> Vec<(&str, &[u8])> {
        self.files.iter().map(|file| (file.name.as_str(), file.sealed.as_slice())).collect()
    }

    /// For the audit log.
    pub(super) fn described(&self) -> Value {
        let files = self.files.iter();
        files.map(|file| json!({ "file": file.name, "sha256": file.digest })).collect()
    }
}

fn expired(subject: Subject<'_>, until: Timestamp) -> Failure {
    Failure::new(Code::NotAllowed, format!("`{}` has expired on {until}", subject.name))
        .named("E_EXPIRED")
        .cause("its secrets are to be renewed; nothing was rendered")
        .hints(
            subject.command("change the secrets, then give it a later end", "seal rotate -i --expires 90d"),
        )
}

fn hex(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(2 * bytes.len());
    for byte in bytes {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}
