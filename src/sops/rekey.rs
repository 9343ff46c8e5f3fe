//! Other recipients or another data key for a file whose content stays.
//!
//! Both work on the encrypted text: what is not metadata or ciphertext stays byte for byte.

use super::decrypt::{DecryptError, Opened, Slot};
use super::encrypt::seal_mac;
use super::metadata::Metadata;
use super::plan::Planned;
use super::sealed::{LoadError, Sealed};
use super::strict::{self, Content, Record, SealError};
use crate::crypto::Nonces;
use crate::crypto::aead::Cipher;
use crate::crypto::envelope::{self, Label};
use crate::doc::tree::Step;
use crate::doc::{self, Edits, KeyPath, Layout, Limits, Timestamp};
use crate::keys::{DataKey, KeyGroup};
use crate::threads;
use thiserror::Error;
use zeroize::Zeroizing;

/// Who can read the file from now on.
pub struct Rekey<'a> {
    /// The file as it is, its MAC verified.
    pub opened: &'a Opened<'a>,
    /// The key groups, already wrapped.
    pub groups: Vec<KeyGroup>,
    /// Groups needed, if there are several.
    pub threshold: usize,
    /// The data key: that of the file to keep its ciphertexts, another one to make all of them anew.
    pub data_key: &'a DataKey,
    /// The time, for a new data key.
    pub now: Timestamp,
    /// Whether to write the strict record.
    pub record: bool,
    /// The last moment at which the file is to be used, for the strict record: that of the file
    /// ([`Opened::expires`]) or another.
    pub expires: Option<Timestamp>,
    /// How new text is laid out.
    pub layout: Layout,
    /// Bounds on the text.
    pub limits: Limits,
}

/// Why a file keeps its keys. Nothing was written.
#[derive(Debug, Error)]
pub enum RekeyError {
    /// The MAC was not checked, so that a new one would hide what is wrong.
    #[error("its MAC was not verified")]
    NotVerified,
    /// The metadata cannot be written.
    #[error(transparent)]
    Document(#[from] doc::Error),
    /// No randomness, or a key of the wrong size.
    #[error(transparent)]
    Seal(#[from] SealError),
    /// The new text does not load as meant: a defect of the program.
    #[error("the new text would not open: {0}; this is a defect of seal, please report it")]
    Load(LoadError),
    /// The new text does not open: a defect of the program.
    #[error("the new text would not open: {0}; this is a defect of seal, please report it")]
    Open(DecryptError),
    /// The new text says something else: a defect of the program.
    #[error("the new text would not say the same at `{0}`; this is a defect of seal, please report it")]
    SelfCheck(KeyPath),
}

/// The file for other recipients under the same data key: ciphertexts, `lastmodified` and MAC stay.
///
/// # Errors
/// See [`RekeyError`].
pub fn rewrap(request: &Rekey<'_>) -> Result<Zeroizing<Vec<u8>>, RekeyError> {
    let metadata = new_metadata(request);
    finish(request, metadata, Edits::default())
}

/// The file under another data key: every ciphertext is made anew, with a nonce of its own.
///
/// # Errors
/// See [`RekeyError`].
pub fn rotate(request: &Rekey<'_>) -> Result<Zeroizing<Vec<u8>>, RekeyError> {
    let opened = request.opened;
    let mac = opened.mac.as_ref().ok_or(RekeyError::NotVerified)?;
    let cipher = Cipher::new(request.data_key.as_bytes()).map_err(SealError::from)?;
    let mut metadata = new_metadata(request);
    metadata.last_modified = request.now;
    metadata.mac = seal_mac(&cipher, &mut Nonces::random(), &metadata, mac)?;
    let edits = encrypt_all(opened, &cipher)?;
    finish(request, metadata, edits)
}

/// Edits that put a new ciphertext in the place of each one.
fn encrypt_all(opened: &Opened<'_>, cipher: &Cipher) -> Result<Edits, RekeyError> {
    let steps: Vec<(&Planned, &Slot)> = opened.plan.steps.iter().zip(&opened.slots).collect();
    let mut edits = Edits::default();
    for part in threads::pieces(&steps, |_, steps| encrypt_steps(opened, cipher, steps)) {
        edits.append(part?);
    }
    Ok(edits)
}

fn encrypt_steps(
    opened: &Opened<'_>,
    cipher: &Cipher,
    steps: &[(&Planned, &Slot)],
) -> Result<Edits, RekeyError> {
    let sealed = opened.sealed();
    let tree = &sealed.tree;
    let mut nonces = Nonces::random();
    // The new ciphertexts are as long as the old ones.
    let size = steps.iter().map(|(planned, _)| planned.text_len(tree)).sum();
    let mut edits = Edits::with_capacity(steps.len(), size);
    let mut text: Zeroizing<Vec<u8>> = Zeroizing::default();
    let mut token = String::new();
    for &(planned, slot) in steps {
        text.clear();
        let label = match (planned.step, slot) {
            (_, Slot::Clear) => continue,
            (Step::Leaf(id), Slot::Value(label, _)) => {
                // An old spelling of a value is not carried on.
                opened.value_of(id, slot).canonical(&mut text);
                *label
            }
            (_, Slot::Value(label, span)) => {
                text.extend_from_slice(&opened.plain[span.range()]);
                *label
            }
            (_, Slot::Comment(span)) => {
                text.extend_from_slice(&opened.plain[span.range()]);
                Label::Comment
            }
        };
        let aad = opened.plan.aad(planned);
        let nonce = nonces.next(aad, label.text(), &text).map_err(SealError::from)?;
        let tag = cipher.seal(&nonce, aad, &mut text).map_err(SealError::from)?;
        token.clear();
        envelope::push(&text, &nonce, &tag, label, &mut token);
        match planned.step {
            Step::Leaf(id) => sealed.format.put_cipher(tree, id, &token, &mut edits),
            Step::Comment(index) => edits.replace(tree.comments[index].span, token.as_bytes()),
            Step::Enter(_) | Step::Leave(_) => {}
        }
    }
    Ok(edits)
}

/// The metadata with the new groups.
fn new_metadata(request: &Rekey<'_>) -> Metadata {
    Metadata {
        groups: request.groups.clone(),
        threshold: request.threshold,
        record: None,
        ..request.opened.sealed().metadata.clone()
    }
}

/// Adds the record, writes the metadata, and opens the result as a reader would.
fn finish(
    request: &Rekey<'_>,
    mut metadata: Metadata,
    mut edits: Edits,
) -> Result<Zeroizing<Vec<u8>>, RekeyError> {
    let opened = request.opened;
    let sealed = opened.sealed();
    if opened.mac.is_none() {
        return Err(RekeyError::NotVerified);
    }
    if request.record {
        let cipher = Cipher::new(request.data_key.as_bytes()).map_err(SealError::from)?;
        let digest = strict::digest(&sealed.tree, &opened.plan, &metadata, |index| opened.content(index));
        let record =
            Record { digest, hints: opened.hints.clone(), expires: request.expires, dialect: opened.dialect };
        metadata.record = Some(record.encrypt(&cipher, &mut Nonces::random(), &metadata)?);
    }
    sealed.format.replace_metadata(&sealed.tree, &metadata.to_data(), &request.layout, &mut edits)?;
    let text = match edits.apply(sealed.tree.source) {
        Ok(text) => text,
        Err(_overlap) => return Err(RekeyError::SelfCheck(KeyPath::of(&sealed.tree, 0))),
    };
    check(request, &text)?;
    Ok(text)
}

/// Opens the new text and compares what it holds.
fn check(request: &Rekey<'_>, text: &[u8]) -> Result<(), RekeyError> {
    let old = request.opened;
    let sealed = old.sealed();
    let whole = sealed.selection.is_everything();
    let new = Sealed::load(sealed.format, text, whole, &request.limits).map_err(RekeyError::Load)?;
    let new = new.open(request.data_key, false).map_err(RekeyError::Open)?;
    if request.record && new.dialect != old.dialect {
        return Err(RekeyError::SelfCheck(KeyPath::of(&sealed.tree, 0)));
    }
    if request.record && new.expires != request.expires.map(Timestamp::to_utc_seconds) {
        return Err(RekeyError::SelfCheck(KeyPath::of(&sealed.tree, 0)));
    }
    let same = |at: usize| match (old.content(at), new.content(at)) {
        (Content::Value(a), Content::Value(b)) => a == b,
        (Content::Comment(a), Content::Comment(b)) => a == b,
        _ => false,
    };
    let steps = old.plan.steps.len();
    let difference = if new.plan.steps.len() == steps { (0..steps).find(|at| !same(*at)) } else { Some(0) };
    match difference.map(|at| old.plan.steps[at].step) {
        None => Ok(()),
        Some(Step::Enter(id) | Step::Leave(id) | Step::Leaf(id)) => {
            Err(RekeyError::SelfCheck(KeyPath::of(&sealed.tree, id)))
        }
        Some(Step::Comment(index)) => {
            let id = sealed.tree.comments[index].parent;
            Err(RekeyError::SelfCheck(KeyPath::of(&sealed.tree, id)))
        }
    }
}
