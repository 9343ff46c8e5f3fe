//! Two versions of a file.

use super::Form;
use super::changes::{Change, Place, between};
use super::node::{Leaf, Node};
use super::version::{Masks, Nature, Version};
use crate::doc::path::Segment;
use crate::view;
use std::borrow::Cow;
use std::path::Path;
use zeroize::Zeroizing;

/// What became of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// It is new.
    Added,
    /// It is gone.
    Deleted,
    /// It is there before and after.
    Modified,
    /// It has another name.
    Renamed,
}

impl Status {
    /// In a word.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Status::Added => "new",
            Status::Deleted => "deleted",
            Status::Modified => "modified",
            Status::Renamed => "renamed",
        }
    }
}

/// A change of who can read a file, or of how it is encrypted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fact {
    /// Whether it holds now, or no longer.
    pub holds: bool,
    /// `recipient`, `rule` or `shamir`.
    pub what: String,
    /// The rest of it.
    pub text: String,
}

/// What stands on one side.
#[derive(Debug, Clone, Copy)]
pub enum Side<'v> {
    /// Nothing.
    Nothing,
    /// This version.
    Version(&'v Version),
    /// Something that cannot be shown: a link, or content that is not here or too large.
    Unknown,
}

impl<'v> Side<'v> {
    fn version(self) -> Option<&'v Version> {
        match self {
            Side::Version(version) => Some(version),
            Side::Nothing | Side::Unknown => None,
        }
    }
}

/// Two versions of a file, one of which may be nothing.
pub struct Pair<'v> {
    /// Its name now; of a file that is gone its last one.
    pub name: String,
    /// Its name before, if that was another.
    pub from: Option<String>,
    /// Before.
    pub old: Option<&'v Version>,
    /// After.
    pub new: Option<&'v Version>,
    /// How values are shown: as was asked for, or [`Form::Structure`] where a side is closed.
    pub form: Form,
    /// Why values are not compared, though that was wanted.
    pub closed: Option<String>,
    /// What people have to know of it.
    pub notes: Vec<String>,
    /// Whether the index has it in conflict.
    pub in_conflict: bool,
    status: Status,
    /// Whether there is a side that cannot be compared.
    unknown: bool,
    /// Whether what differs may be what is not shown: values in clear.
    hidden: bool,
    by_value: bool,
    masks: Option<Masks>,
}

impl<'v> Pair<'v> {
    /// Compares the versions of the file `name`, which was called `from`.
    #[must_use]
    pub fn new(name: &Path, from: Option<&Path>, [was, is]: [Side<'v>; 2], wanted: Form) -> Self {
        let from = from.filter(|from| *from != name).map(shown);
        let (old, new) = (was.version(), is.version());
        let mut notes = Vec::new();
        let mut form = wanted;
        let closed = old.iter().chain(&new).find_map(|version| version.closed.clone());
        let closed = closed.filter(|_| wanted != Form::Structure);
        let by_value = closed.is_none() && wanted != Form::Structure;
        if closed.is_some() {
            form = if wanted == Form::Keys { Form::Keys } else { Form::Structure };
        }
        let mut unknown = false;
        for (side, word) in [(was, "old"), (is, "new")] {
            match side {
                Side::Nothing => {}
                Side::Unknown => {
                    unknown = true;
                    notes.push(format!(
                        "the {word} version is not shown: a link, a submodule, too large, or not in this clone"
                    ));
                }
                Side::Version(version) => {
                    match version.nature {
                        Nature::Plain => notes.push(format!("the {word} version is NOT ENCRYPTED")),
                        Nature::Broken => {
                            unknown |= form == Form::Keys;
                            notes.push(format!("the {word} version cannot be read as an encrypted file"));
                        }
                        Nature::Sealed | Nature::Empty => {}
                    }
                    let remarks = version.remarks.iter();
                    notes.extend(remarks.map(|remark| format!("{remark} in the {word} version")));
                }
            }
        }
        let hidden = matches!((old, new), (Some(old), Some(new)) if !old.same(new)
            && (old.nature != Nature::Sealed || new.nature != Nature::Sealed));
        let status = match (was, is) {
            (Side::Nothing, _) => Status::Added,
            (_, Side::Nothing) => Status::Deleted,
            _ if from.is_some() => Status::Renamed,
            _ => Status::Modified,
        };
        let mut masks = new.and_then(Version::masks).or_else(|| old.and_then(Version::masks));
        if form != Form::Masked {
            masks = None;
        } else if masks.is_none() {
            form = Form::Structure;
        }
        Self {
            name: shown(name),
            from,
            old,
            new,
            form,
            closed,
            notes,
            in_conflict: false,
            status,
            unknown,
            hidden,
            by_value,
            masks,
        }
    }

    /// What became of the file.
    #[must_use]
    pub fn status(&self) -> Status {
        self.status
    }

    /// Whether it is to be told of though no difference is found.
    #[must_use]
    pub fn is_remarkable(&self) -> bool {
        self.unknown || self.hidden || self.in_conflict
    }

    /// All that people have to know of it.
    pub fn remarks(&self) -> impl Iterator<Item = String> + '_ {
        let conflict = self.in_conflict.then(|| "the file is in conflict: seal git resolve".to_owned());
        let closed = self.closed.iter().map(|reason| format!("not decrypted: {reason}"));
        conflict.into_iter().chain(closed).chain(self.notes.iter().cloned())
    }

    /// Whether values were compared, and not ciphertexts.
    #[must_use]
    pub fn is_decrypted(&self) -> bool {
        self.by_value
    }

    /// The changes of values.
    #[must_use]
    pub fn changes(&self) -> Vec<Change<'v>> {
        let broken = |side: Option<&Version>| side.is_some_and(|v| v.nature == Nature::Broken);
        if self.unknown || broken(self.old) || broken(self.new) {
            return Vec::new();
        }
        let documents = |side: Option<&'v Version>| side.map_or(&[][..], |version| &version.documents);
        between(documents(self.old), documents(self.new), self.by_value)
    }

    /// The changes of recipients, rules and the data key.
    #[must_use]
    pub fn facts(&self) -> Vec<Fact> {
        let (Some(old), Some(new)) = (self.old, self.new) else { return Vec::new() };
        if old.nature != Nature::Sealed || new.nature != Nature::Sealed {
            return Vec::new();
        }
        let mut facts = Vec::new();
        for (holds, here, there) in [(false, old, new), (true, new, old)] {
            for line in here.facts.iter().filter(|line| !there.facts.contains(line)) {
                let text = line.split_once("seal: ").map_or(line.as_str(), |(_, text)| text);
                let (what, text) = text.split_once(' ').unwrap_or((text, ""));
                facts.push(Fact { holds, what: what.to_owned(), text: text.to_owned() });
            }
        }
        facts.sort_by(|a, b| (&a.what, a.holds).cmp(&(&b.what, b.holds)));
        facts
    }

    /// Whether there is another data key.
    #[must_use]
    pub fn is_rotated(&self) -> bool {
        matches!((self.old, self.new), (Some(old), Some(new)) if new.rotated(old))
    }

    /// Whether what surrounds the values differs: comments, order, layout.
    #[must_use]
    pub fn has_other_text(&self) -> bool {
        let (old, new) = self.texts();
        body(&old) != body(&new)
    }

    /// The texts of both sides; empty for nothing.
    #[must_use]
    pub fn texts(&self) -> (Cow<'v, [u8]>, Cow<'v, [u8]>) {
        (self.text(self.old), self.text(self.new))
    }

    fn text(&self, side: Option<&'v Version>) -> Cow<'v, [u8]> {
        let Some(version) = side else { return Cow::Borrowed(&[]) };
        let plain = version.plain().filter(|_| self.by_value);
        match (self.form, &self.masks) {
            (Form::Plain | Form::Keys, _) => Cow::Borrowed(plain.unwrap_or_else(|| version.structure())),
            (Form::Masked, Some(masks)) => Cow::Owned(version.masked(masks).to_vec()),
            _ => Cow::Borrowed(version.structure()),
        }
    }

    /// The hunks of the unified diff of both texts.
    #[must_use]
    pub fn hunks(&self) -> Zeroizing<Vec<u8>> {
        if self.unknown {
            return Zeroizing::default();
        }
        let (old, new) = self.texts();
        view::hunks(&old, &new)
    }

    /// Whether anything differs that is to be told.
    #[must_use]
    pub fn differs(&self) -> bool {
        self.is_remarkable() || self.status != Status::Modified || {
            let (old, new) = self.texts();
            old != new || self.is_rotated() || !self.facts().is_empty() || !self.changes().is_empty()
        }
    }

    /// What is shown of a value at a place: itself, a digest, or nothing.
    #[must_use]
    pub fn value(&self, place: &Place, node: Option<&Node>) -> Option<Zeroizing<String>> {
        let Some(Node::Leaf(Leaf { kind, token, plain })) = node else { return None };
        let text = match (self.form, token, plain) {
            (Form::Plain, _, Some(plain)) => String::from_utf8_lossy(plain).into_owned(),
            (Form::Masked, Some(_), Some(plain)) => {
                let aad: Vec<u8> = place.path.0.iter().fold(Vec::new(), |mut aad, segment| {
                    if let Segment::Key(key) = segment {
                        aad.extend_from_slice(key);
                        aad.push(b':');
                    }
                    aad
                });
                self.masks.as_ref()?.of(&aad, kind, plain)
            }
            (Form::Plain | Form::Masked | Form::Structure, Some(token), _) => {
                String::from_utf8_lossy(&view::digests(token)).into_owned()
            }
            _ => return None,
        };
        Some(Zeroizing::new(text))
    }
}

/// A name that can be shown on a line.
fn shown(name: &Path) -> String {
    use std::os::unix::ffi::OsStrExt as _;
    String::from_utf8_lossy(&view::one_line(name.as_os_str().as_bytes())).into_owned()
}

/// A text without the lines below it.
fn body(text: &[u8]) -> &[u8] {
    let mut end = text.len();
    while end > 0 {
        let start = text[..end - 1].iter().rposition(|b| *b == b'\n').map_or(0, |at| at + 1);
        let line = &text[start..end];
        let is_footer = [&b"# seal: "[..], b"; seal: ", b"// seal: "].iter().any(|m| line.starts_with(m));
        if !is_footer {
            break;
        }
        end = start;
    }
    &text[..end]
}
