//! Files as people review them: the document without its metadata, each encrypted value as a digest or in
//! plain, and below it who can read it.
//!
//! Pure, and nothing fails: what cannot be decrypted or parsed is shown with less. The key comes from a
//! [`Reader`], names of recipients too. Encrypted values are shown in plain only by [`Show::Plain`].

mod conflict;
mod escape;
mod footer;
mod hunks;
mod lines;
mod sealed;
mod sniff;
#[cfg(test)]
mod tests;
mod token;
mod unencrypted;

pub use escape::{escape, one_line};
pub use footer::{footer, key_id, leader};
pub use hunks::hunks;
pub use sealed::{plain, structure};
pub use sniff::format_of;
pub use token::{digests, has_tokens};

use crate::doc::dotenv::restore_line_ends;
use crate::doc::{FormatName, Limits};
use crate::keys::{DataKey, MasterKey};
use crate::sops::{LoadError, Metadata, Sealed};
use zeroize::Zeroizing;

/// The most bytes of a file that is parsed. A larger one is shown line by line.
pub const MOST_BYTES: usize = 32 << 20;

/// What is parsed; what is beyond is shown line by line.
const LIMITS: Limits =
    Limits { max_bytes: MOST_BYTES, max_depth: 250, max_nodes: 2_000_000, max_alias_nodes: 100_000 };

/// How encrypted values are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Show {
    /// What they are.
    Plain,
    /// A digest of each, which needs no key.
    Structure,
}

/// A version of a file.
#[derive(Clone, Copy)]
pub struct File<'a> {
    /// Its format.
    pub format: FormatName,
    /// Its content.
    pub bytes: &'a [u8],
}

/// Who looks at a file.
pub struct Reader<'a> {
    /// The data key of a file, or why there is none, in a few words for people.
    pub unlock: &'a dyn Fn(&Metadata) -> Result<DataKey, String>,
    /// What a recipient is called.
    pub name_of: &'a dyn Fn(&MasterKey) -> Option<String>,
}

/// A file rendered.
#[derive(Debug, Default)]
pub struct View {
    /// The document. It ends with a line end unless it is empty.
    pub body: Zeroizing<Vec<u8>>,
    /// The lines below it, as comments of the format.
    pub footer: Vec<String>,
    /// Why values that were to be shown in plain are not.
    pub closed: Option<String>,
}

impl View {
    /// Document and footer.
    #[must_use]
    pub fn text(mut self) -> Zeroizing<Vec<u8>> {
        if self.footer.is_empty() {
            return self.body;
        }
        let length = self.body.len() + self.footer.iter().map(|line| line.len() + 1).sum::<usize>();
        let mut text = Zeroizing::new(Vec::with_capacity(length));
        text.append(&mut self.body);
        for line in &self.footer {
            text.extend_from_slice(line.as_bytes());
            text.push(b'\n');
        }
        text
    }
}

/// Shows a file, whatever is in it.
#[must_use]
pub fn render(file: File<'_>, show: Show, reader: &Reader<'_>) -> View {
    if file.bytes.iter().all(u8::is_ascii_whitespace) {
        return View { body: escape(file.bytes), ..View::default() };
    }
    // Lines of an ENV file that all end otherwise than they did are read as they were.
    let is_env = file.format == FormatName::Dotenv;
    let restored = if is_env { restore_line_ends(file.bytes) } else { None };
    let file = File { bytes: restored.as_ref().map_or(file.bytes, |text| text.as_slice()), ..file };
    if has_tokens(file.bytes)
        && let Some(conflicts) = conflict::Conflicts::find(file.bytes)
    {
        return conflict::view(file, &conflicts, show, reader);
    }
    match load(file) {
        Ok(sealed) => sealed::view(&sealed, file.format, show, reader),
        Err(LoadError::NotEncrypted) => unencrypted::view(file, show),
        Err(_) if !has_tokens(file.bytes) => unencrypted::view(file, show),
        Err(LoadError::Document(_)) => lines::view(file, show),
        Err(LoadError::Metadata(_) | LoadError::Selector { .. }) => sealed::unusable(file, show),
    }
}

fn load(file: File<'_>) -> Result<Sealed<'_>, LoadError> {
    Sealed::load(file.format.sealed(), file.bytes, file.format == FormatName::Binary, &LIMITS)
}
