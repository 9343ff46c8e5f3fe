//! An encrypted document opened to be looked at, where a damaged one is to be shown as well: what does not
//! decrypt or verify is told beside the values that do. Nothing that is handed on comes from here.

use super::decrypt::{DecryptError, MacProblem, Opened, RecordProblem, Slot, Strictness};
use super::sealed::Sealed;
use crate::crypto::aead::Cipher;
use crate::crypto::envelope::Envelope;
use crate::doc::tree::Step;
use crate::doc::{Kind, Value};
use crate::keys::DataKey;

/// A document that was opened as far as possible.
pub struct Inspected<'a> {
    /// It. What did not decrypt stands in it as it was.
    pub opened: Opened<'a>,
    /// The ciphertexts that did not decrypt.
    pub closed: Vec<&'a [u8]>,
    /// What is wrong with the MAC.
    pub mac: Option<MacProblem>,
    /// What is wrong with the strict record.
    pub record: Option<RecordProblem>,
}

impl<'s> Sealed<'s> {
    /// Decrypts what decrypts, and says what does not hold.
    ///
    /// # Errors
    /// The key is of a size that AES does not know, or the document exceeds a limit.
    pub fn inspect(&self, key: &DataKey) -> Result<Inspected<'_>, DecryptError> {
        let cipher = Cipher::new(key.as_bytes()).map_err(DecryptError::DataKey)?;
        let mut opened = self.unopened(key)?;
        let failed = opened.decrypt_steps(&cipher, true)?.into_iter();
        let mut closed: Vec<&[u8]> = failed
            .filter_map(|id| match &self.tree.node(id).kind {
                Kind::Leaf(Value::Str(text)) => Some(&**text),
                _ => None,
            })
            .collect();
        for (planned, slot) in opened.plan.steps.iter().zip(&opened.slots) {
            if let (Step::Comment(index), true, Slot::Clear) = (planned.step, planned.selected, slot) {
                let text = self.tree.text(self.tree.comments[index].span);
                closed.extend(Envelope::parse(text).is_ok().then_some(text));
            }
        }
        let mac = match opened.check_mac(&cipher) {
            Ok(mac) => {
                opened.mac = Some(mac);
                None
            }
            Err(DecryptError::Mac(problem)) => Some(problem),
            Err(other) => return Err(other),
        };
        let record = match opened.check_record(&cipher, false) {
            Ok(record) => {
                opened.take_record(record);
                None
            }
            Err(DecryptError::Record(problem)) => {
                let record = opened.check_record(&cipher, true)?;
                opened.take_record(record);
                opened.strictness = Strictness::Ignored;
                Some(problem)
            }
            Err(other) => return Err(other),
        };
        Ok(Inspected { opened, closed, mac, record })
    }
}
