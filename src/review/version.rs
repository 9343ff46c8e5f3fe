//! A version of a file, read once: what is compared of it, and the texts that show it.

use super::node::{Node, label};
use crate::check::tokens;
use crate::crypto::{hex, hmac_sha256};
use crate::doc::dotenv::restore_line_ends;
use crate::doc::{FormatName, Limits};
use crate::keys::{DataKey, MasterKey};
use crate::secret::Secret;
use crate::sops::{Metadata, Sealed};
use crate::view::{self, File, Reader, Show};
use std::collections::HashMap;
use std::sync::{Arc, OnceLock};
use zeroize::Zeroizing;

/// What the key for masks is derived for.
const MASK: &[u8] = b"seal/mask/v1";
/// Digits of a mask.
const DIGITS: usize = 10;

/// Who looks at versions.
pub struct Viewer<'a> {
    /// The data key of a file, or why there is none, in a few words for people.
    pub unlock: &'a (dyn Fn(&Metadata) -> Result<Arc<DataKey>, String> + Sync),
    /// What a recipient is called.
    pub name_of: &'a (dyn Fn(&MasterKey) -> Option<String> + Sync),
}

/// What is wanted of a version.
#[derive(Debug, Clone, Copy, Default)]
pub struct Needs {
    /// It is decrypted if it can be.
    pub values: bool,
    /// Its plain text.
    pub text: bool,
    /// Its values by their paths.
    pub nodes: bool,
}

/// What a version is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Nature {
    /// Nothing, or blanks.
    Empty,
    /// An encrypted file.
    Sealed,
    /// A file in clear.
    Plain,
    /// Encrypted values in a text that cannot be read as an encrypted file.
    Broken,
}

/// A version of a file.
pub struct Version {
    bytes: Zeroizing<Vec<u8>>,
    format: FormatName,
    /// What it is.
    pub nature: Nature,
    /// Why it was not decrypted, where that was wanted.
    pub closed: Option<String>,
    /// What people have to know of it: that its MAC does not hold.
    pub remarks: Vec<&'static str>,
    /// Who can read it and how it is encrypted, as the lines below its text.
    pub facts: Vec<String>,
    /// The wrapped data keys.
    wrapped: Vec<String>,
    /// The ciphertexts of the metadata.
    own: Vec<Vec<u8>>,
    key: Option<Arc<DataKey>>,
    /// Its values by their paths; none of a broken file.
    pub documents: Vec<Node>,
    plain: Option<Zeroizing<Vec<u8>>>,
    structure: OnceLock<Zeroizing<Vec<u8>>>,
}

impl Version {
    /// Reads the version `bytes` of the file `name`.
    #[must_use]
    pub fn read(name: &str, bytes: Zeroizing<Vec<u8>>, needs: Needs, viewer: &Viewer<'_>) -> Self {
        let format = view::format_of(name, &bytes);
        let restored = if format == FormatName::Dotenv { restore_line_ends(&bytes) } else { None };
        let mut version = Self {
            bytes: restored.unwrap_or(bytes),
            format,
            nature: Nature::Plain,
            closed: None,
            remarks: Vec::new(),
            facts: Vec::new(),
            wrapped: Vec::new(),
            own: Vec::new(),
            key: None,
            documents: Vec::new(),
            plain: None,
            structure: OnceLock::new(),
        };
        let bytes = std::mem::take(&mut version.bytes);
        let whole = format == FormatName::Binary;
        match Sealed::load(format.sealed(), &bytes, whole, &Limits::default()) {
            Ok(sealed) => version.fill(&sealed, needs, viewer),
            Err(_) if view::has_tokens(&bytes) => {
                version.nature = Nature::Broken;
                version.render(&bytes, needs, viewer);
            }
            Err(_) if bytes.iter().all(u8::is_ascii_whitespace) => {
                version.nature = Nature::Empty;
                version.plain = Some(Zeroizing::default());
            }
            Err(_) => {
                if needs.nodes
                    && let Ok(tree) = format.plain().parse(&bytes, &Limits::default())
                {
                    version.documents = Node::documents(&tree, None);
                }
                version.render(&bytes, needs, viewer);
            }
        }
        version.bytes = bytes;
        version
    }

    /// Takes what is wanted out of an encrypted file.
    fn fill(&mut self, sealed: &Sealed<'_>, needs: Needs, viewer: &Viewer<'_>) {
        self.nature = Nature::Sealed;
        let reader = Reader { unlock: &|_| Err(String::new()), name_of: &|key| (viewer.name_of)(key) };
        let lines = view::footer(self.format, &sealed.metadata, &reader);
        let keys = sealed.metadata.groups.iter().flat_map(|group| &group.keys);
        self.wrapped = keys.filter_map(|key| key.enc().map(str::to_owned)).collect();
        self.facts = lines;
        let own = [Some(&sealed.metadata.mac), sealed.metadata.record.as_ref()];
        self.own = own.into_iter().flatten().map(|text| text.clone().into_bytes()).collect();
        if !needs.values {
            self.set_structure(sealed);
            if needs.nodes {
                self.documents = Node::documents(&sealed.tree, None);
            }
            return;
        }
        if let Err(reason) = self.open(sealed, needs, viewer) {
            self.closed = Some(reason);
            if needs.nodes {
                self.documents = Node::documents(&sealed.tree, None);
            }
        }
    }

    fn open(&mut self, sealed: &Sealed<'_>, needs: Needs, viewer: &Viewer<'_>) -> Result<(), String> {
        let key = (viewer.unlock)(&sealed.metadata)?;
        let inspected = sealed.inspect(&key).map_err(|error| error.to_string())?;
        if inspected.mac.is_some() {
            self.remarks.push("MAC MISMATCH");
        }
        if inspected.record.is_some() {
            self.remarks.push("STRICT RECORD MISMATCH");
        }
        if needs.text {
            let below = std::iter::once(format!("data key #{}", view::key_id(&key)));
            let below = below.chain(self.remarks.iter().map(|remark| (*remark).to_owned()));
            let below: Vec<String> = below.map(|text| self.line(&text)).collect();
            let text = view::plain(&inspected, &key)?;
            self.plain = Some(with_lines(&text, self.facts.iter().chain(&below)));
        }
        if !inspected.closed.is_empty() {
            self.remarks.push("SOME VALUES DO NOT DECRYPT");
        }
        if needs.nodes {
            self.documents = Node::documents(&sealed.tree, Some(&inspected.opened));
        }
        self.key = Some(key);
        Ok(())
    }

    /// The texts of what is no encrypted file.
    fn render(&mut self, bytes: &[u8], needs: Needs, viewer: &Viewer<'_>) {
        let file = File { format: self.format, bytes };
        let unlock = |metadata: &Metadata| {
            let key = (viewer.unlock)(metadata)?;
            Ok(DataKey::from_secret(Secret::new(key.as_bytes().to_vec())))
        };
        let reader = Reader { unlock: &unlock, name_of: &|key| (viewer.name_of)(key) };
        if needs.values && needs.text {
            let view = view::render(file, Show::Plain, &reader);
            self.closed.clone_from(&view.closed);
            self.plain = Some(view.text());
        }
        let _ = self.structure.set(view::render(file, Show::Structure, &reader).text());
    }

    fn line(&self, text: &str) -> String {
        format!("{} seal: {text}", view::leader(self.format))
    }

    fn set_structure(&self, sealed: &Sealed<'_>) {
        let text = with_lines(&view::structure(sealed), self.facts.iter());
        let _ = self.structure.set(text);
    }

    /// Its text with values in plain; none if it was not decrypted.
    #[must_use]
    pub fn plain(&self) -> Option<&[u8]> {
        self.plain.as_ref().map(|text| text.as_slice())
    }

    /// Its text with a digest in the place of each encrypted value.
    #[must_use]
    pub fn structure(&self) -> &[u8] {
        if self.structure.get().is_none() {
            let whole = self.format == FormatName::Binary;
            if let Ok(sealed) = Sealed::load(self.format.sealed(), &self.bytes, whole, &Limits::default()) {
                self.set_structure(&sealed);
            }
        }
        self.structure.get().map_or(&[], |text| text.as_slice())
    }

    /// Its text with a mask in the place of each encrypted value that was decrypted.
    #[must_use]
    pub fn masked(&self, masks: &Masks) -> Zeroizing<Vec<u8>> {
        let mut texts = HashMap::new();
        masks.collect(&self.documents, &mut Vec::new(), &mut texts);
        let structure = self.structure();
        let mut out = Zeroizing::new(Vec::with_capacity(structure.len()));
        let mut rest = structure;
        while let Some(at) = rest.windows(4).position(|window| window == b"ENC<") {
            let (before, from) = rest.split_at(at);
            out.extend_from_slice(before);
            let end = from.iter().position(|b| *b == b'>').map_or(from.len(), |end| end + 1);
            let (digest, after) = from.split_at(end);
            out.extend_from_slice(texts.get(digest).map_or(digest, |mask| mask.as_bytes()));
            rest = after;
        }
        out.extend_from_slice(rest);
        if let Some(key) = &self.key {
            let line = self.line(&format!("data key #{}\n", view::key_id(key)));
            out.extend_from_slice(line.as_bytes());
        }
        out
    }

    /// What masks its values and those of versions compared with it; none if it was not decrypted.
    #[must_use]
    pub fn masks(&self) -> Option<Masks> {
        self.key.as_ref().map(|key| Masks(hmac_sha256(key.as_bytes(), &[MASK])))
    }

    /// Whether it has another data key than `other`; by the keys, if both are known.
    #[must_use]
    pub fn rotated(&self, other: &Version) -> bool {
        if self.nature != Nature::Sealed || other.nature != Nature::Sealed {
            return false;
        }
        if let (Some(a), Some(b)) = (&self.key, &other.key) {
            return !a.same_as(b);
        }
        // No value and no wrapped key stayed.
        let mine: std::collections::HashSet<&[u8]> = tokens::in_text(&self.bytes).collect();
        !self.wrapped.iter().any(|enc| other.wrapped.contains(enc))
            && !tokens::in_text(&other.bytes).any(|token| mine.contains(token))
    }

    /// The ciphertexts in it that are of values and comments.
    pub fn values(&self) -> impl Iterator<Item = &[u8]> {
        tokens::in_text(&self.bytes).filter(|token| !self.own.iter().any(|own| own == token))
    }

    /// Whether both are the same bytes.
    #[must_use]
    pub fn same(&self, other: &Version) -> bool {
        self.bytes == other.bytes
    }
}

/// A text with lines below it, in a buffer that does not grow: what grows leaves copies behind.
fn with_lines<'l>(text: &[u8], lines: impl Iterator<Item = &'l String> + Clone) -> Zeroizing<Vec<u8>> {
    let length = text.len() + lines.clone().map(|line| line.len() + 1).sum::<usize>();
    let mut whole = Zeroizing::new(Vec::with_capacity(length));
    whole.extend_from_slice(text);
    for line in lines {
        whole.extend_from_slice(line.as_bytes());
        whole.push(b'\n');
    }
    whole
}

/// Digests of values under a key that is used for one comparison.
pub struct Masks(Zeroizing<[u8; 32]>);

impl Masks {
    /// The mask of a value at the path `aad`, as SOPS writes it: keys, each with a colon behind it.
    #[must_use]
    pub fn of(&self, aad: &[u8], kind: &str, plain: &[u8]) -> String {
        let digest = hmac_sha256(&*self.0, &[aad, b"\0", kind.as_bytes(), b"\0", plain]);
        format!("ENC<{kind} #{}>", hex(&*digest, DIGITS))
    }

    /// The masks of all values by what stands in their place in a structure.
    fn collect(&self, nodes: &[Node], path: &mut Vec<u8>, found: &mut HashMap<Vec<u8>, String>) {
        nodes.iter().for_each(|node| self.collect_one(node, path, found));
    }

    fn collect_one(&self, node: &Node, path: &mut Vec<u8>, found: &mut HashMap<Vec<u8>, String>) {
        match node {
            Node::Map(entries) => {
                for (key, node) in entries {
                    let length = path.len();
                    path.extend_from_slice(key);
                    path.push(b':');
                    self.collect_one(node, path, found);
                    path.truncate(length);
                }
            }
            Node::List(elements) => self.collect(elements, path, found),
            Node::Leaf(leaf) => {
                if let (Some(token), Some(plain)) = (&leaf.token, &leaf.plain) {
                    let mask = self.of(path, label(token), plain);
                    found.insert(view::digests(token).to_vec(), mask);
                }
            }
        }
    }
}

impl std::fmt::Debug for Version {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Version").field("nature", &self.nature).finish_non_exhaustive()
    }
}
