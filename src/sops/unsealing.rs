//! The ciphertexts of a document: decrypted, in stretches of steps.

use super::decrypt::{DecryptError, Opened, Remark, Slot};
use super::plaintext;
use super::plan::{Plan, Planned, other_comment_aads, total_path_limit};
use super::sealed::Sealed;
use crate::crypto::aead::{Cipher, NONCE_LEN};
use crate::crypto::envelope::{Envelope, Label};
use crate::doc::tree::Step;
use crate::doc::{FormatName, KeyPath, Kind, NodeId, Span, Value};
use crate::secret::Wiped;
use crate::threads;
use zeroize::{Zeroize as _, Zeroizing};

/// More remarks on one file are of no use.
const MOST_REMARKS: usize = 100;

impl Opened<'_> {
    /// Decrypts what is selected. With `tolerant`, what does not decrypt stays as it is, and its leaves are
    /// named; else it is an error.
    pub(super) fn decrypt_steps(
        &mut self,
        cipher: &Cipher,
        tolerant: bool,
    ) -> Result<Vec<NodeId>, DecryptError> {
        let (sealed, plan) = (self.sealed, &self.plan);
        let limit = total_path_limit(&sealed.tree);
        let parts = threads::pieces(&plan.steps, |first, steps| {
            // What may be tried for comments is shared out evenly.
            let comment_budget = limit / plan.steps.len().max(1) * steps.len();
            let mut part = Unsealing::new(sealed, plan, cipher, comment_budget);
            part.decrypt(first, steps, tolerant).map(|()| part)
        });
        let mut parts = parts.into_iter().collect::<Result<Vec<_>, _>>()?;
        let mut failed = Vec::new();
        if let [part] = parts.as_mut_slice() {
            (self.plain, self.slots) = (std::mem::take(&mut part.plain), std::mem::take(&mut part.slots));
        } else {
            self.plain = Wiped::with_capacity(parts.iter().map(|part| part.plain.len()).sum());
            self.slots.reserve_exact(plan.steps.len());
        }
        for part in parts {
            let before = self.plain.len();
            self.slots.extend(part.slots.iter().map(|slot| slot.behind(before)));
            self.plain.extend_from_slice(&part.plain);
            let room = MOST_REMARKS.saturating_sub(self.remarks.len());
            self.remarks.extend(part.remarks.into_iter().take(room));
            failed.extend(part.failed);
        }
        Ok(failed)
    }
}

impl Slot {
    /// The slot whose bytes begin `offset` later.
    fn behind(self, offset: usize) -> Self {
        let shift = |span: Span| Span::new(span.range().start + offset, span.range().end + offset);
        match self {
            Slot::Clear => Slot::Clear,
            Slot::Value(label, span) => Slot::Value(label, shift(span)),
            Slot::Comment(span) => Slot::Comment(shift(span)),
        }
    }
}

/// What comes of a stretch of steps.
struct Unsealing<'a> {
    sealed: &'a Sealed<'a>,
    plan: &'a Plan,
    cipher: &'a Cipher,
    plain: Wiped,
    slots: Vec<Slot>,
    remarks: Vec<Remark>,
    failed: Vec<NodeId>,
    /// Bytes of AADs that may still be tried for comments.
    comment_budget: usize,
}

impl<'a> Unsealing<'a> {
    fn new(sealed: &'a Sealed<'a>, plan: &'a Plan, cipher: &'a Cipher, comment_budget: usize) -> Self {
        Self {
            sealed,
            plan,
            cipher,
            plain: Wiped::with_capacity(0),
            slots: Vec::new(),
            remarks: Vec::new(),
            failed: Vec::new(),
            comment_budget,
        }
    }

    /// Decrypts `steps`, which begin at step `first` of the plan.
    fn decrypt(&mut self, first: usize, steps: &[Planned], tolerant: bool) -> Result<(), DecryptError> {
        // The buffer must not move, as nothing would wipe where it was: ciphertexts are longer.
        let size = |planned: &Planned| if planned.selected { planned.text_len(&self.sealed.tree) } else { 0 };
        self.plain = Wiped::with_capacity(steps.iter().map(size).sum());
        self.slots = Vec::with_capacity(steps.len());
        for (index, planned) in (first..).zip(steps) {
            let slot = match planned.step {
                Step::Leaf(id) if planned.selected => {
                    let start = self.plain.len();
                    match self.decrypt_leaf(planned, id) {
                        Ok(slot) => slot,
                        Err(error) if !tolerant => return Err(error),
                        Err(_) => {
                            self.failed.push(id);
                            cut(&mut self.plain, start);
                            Slot::Clear
                        }
                    }
                }
                Step::Comment(comment) if planned.selected => self.decrypt_comment(index, comment),
                _ => Slot::Clear,
            };
            self.slots.push(slot);
        }
        Ok(())
    }

    fn decrypt_leaf(&mut self, planned: &Planned, id: NodeId) -> Result<Slot, DecryptError> {
        let sealed = self.sealed;
        let tree = &sealed.tree;
        let node = tree.node(id);
        let at = node.span.start as usize;
        let path = || KeyPath::of(tree, id);
        let not_ciphertext = |cause: String| DecryptError::NotCiphertext { path: path(), at, cause };
        let text = match &node.kind {
            Kind::Leaf(Value::Null) => return Ok(Slot::Clear),
            Kind::Leaf(Value::Str(text)) if text.is_empty() => return Ok(Slot::Clear),
            Kind::Leaf(Value::Str(text)) => text,
            Kind::Leaf(value) => return Err(not_ciphertext(format!("it is a clear {}", value.type_name()))),
            Kind::Map | Kind::List => return Ok(Slot::Clear),
        };
        let parse =
            if sealed.format.name() == FormatName::Toml { Envelope::parse_any } else { Envelope::parse };
        let envelope = parse(text).map_err(|cause| not_ciphertext(cause.to_string()))?;
        let start = self.plain.len();
        let (nonce, tag) =
            envelope.decode(&mut self.plain).map_err(|cause| not_ciphertext(cause.to_string()))?;
        self.cipher
            .open(&nonce, self.plan.aad(planned), &mut self.plain[start..], &tag)
            .map_err(|cause| DecryptError::Value { path: path(), at, cause })?;
        let span = Span::new(start, self.plain.len());
        if envelope.trailing {
            self.remark(at, || format!("text after the ciphertext of `{}` is ignored", path()));
        }
        if nonce.len() != NONCE_LEN {
            self.remark(at, || {
                format!("the nonce of `{}` has {} bytes; SOPS writes 32", path(), nonce.len())
            });
        }
        if envelope.label == Label::Comment {
            return Ok(Slot::Comment(span));
        }
        let Some(value) = plaintext::read(envelope.label, &self.plain[span.range()]) else {
            return Err(DecryptError::Type { path: path(), at, label: envelope.label.text() });
        };
        if envelope.label != Label::Str {
            let mut canonical: Zeroizing<Vec<u8>> = Zeroizing::default();
            value.canonical(&mut canonical);
            if *canonical != self.plain[span.range()] {
                self.remark(at, || format!("the value of `{}` is not spelled as SOPS spells it", path()));
            }
        }
        Ok(Slot::Value(envelope.label, span))
    }

    /// A comment that does not decrypt is kept as it is: old versions of SOPS left comments in clear.
    fn decrypt_comment(&mut self, index: usize, comment: usize) -> Slot {
        let span = self.sealed.tree.comments[comment].span;
        let text = self.sealed.tree.text(span);
        if text.is_empty() {
            return Slot::Clear;
        }
        let at = span.start as usize;
        let Ok(envelope) = Envelope::parse(text) else {
            self.remark(at, || {
                "a comment that should be encrypted is in clear, or not as SOPS wrote it".to_owned()
            });
            return Slot::Clear;
        };
        let (start, cipher, plan) = (self.plain.len(), self.cipher, self.plan);
        let mut opens = |aad: &[u8]| {
            cut(&mut self.plain, start);
            let Ok((nonce, tag)) = envelope.decode(&mut self.plain) else { return false };
            cipher.open(&nonce, aad, &mut self.plain[start..], &tag).is_ok()
        };
        if opens(plan.aad(&plan.steps[index]))
            || other_comment_aads(plan, index, &mut self.comment_budget).into_iter().any(opens)
        {
            self.sealed.format.open_comment(&mut self.plain, start);
            return Slot::Comment(Span::new(start, self.plain.len()));
        }
        cut(&mut self.plain, start);
        self.remark(at, || "a comment does not decrypt and is kept as it is".to_owned());
        Slot::Clear
    }

    /// Keeps a remark, up to a number.
    fn remark(&mut self, at: usize, text: impl FnOnce() -> String) {
        if self.remarks.len() < MOST_REMARKS {
            self.remarks.push(Remark { text: text(), at: Some(at) });
        }
    }
}

/// Gives up what stands behind `start`, which is not wiped any more once it is behind the length.
fn cut(plain: &mut Vec<u8>, start: usize) {
    plain[start..].zeroize();
    plain.truncate(start);
}
