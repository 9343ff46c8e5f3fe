//! The values of an encrypted file.

use super::catalogue::{Check, Severity};
use super::finding::Findings;
use super::plain::message;
use super::{secrets, tokens};
use crate::crypto::aead::{NONCE_LEN, TAG_LEN};
use crate::crypto::envelope::Envelope;
use crate::doc::tree::Step;
use crate::doc::{KeyPath, Kind, NodeId, Value};
use crate::sops::Sealed;
use crate::sops::plan::{Plan, Planned};
use std::collections::HashMap;

/// Looks at all values and comments.
pub(super) fn check(sealed: &Sealed<'_>, findings: &mut Findings<'_>) {
    match sealed.plan() {
        Ok(plan) => {
            let mut seen = HashMap::new();
            for planned in &plan.steps {
                match planned.step {
                    Step::Leaf(id) => leaf(sealed, &plan, planned, id, &mut seen, findings),
                    Step::Comment(index) => comment(sealed, planned.selected, index, findings),
                    Step::Enter(_) | Step::Leave(_) => {}
                }
            }
        }
        Err(error) => _ = findings.add(Check::Malformed, error.at, error.to_string()),
    }
}

fn leaf<'p>(
    sealed: &Sealed<'_>,
    plan: &'p Plan,
    planned: &Planned,
    id: NodeId,
    seen: &mut HashMap<Vec<u8>, (&'p [u8], NodeId)>,
    findings: &mut Findings<'_>,
) {
    let tree = &sealed.tree;
    let node = tree.node(id);
    let at = node.span.start as usize;
    let path = || KeyPath::of(tree, id);
    let text: &[u8] = match &node.kind {
        Kind::Leaf(Value::Null) => return,
        Kind::Leaf(Value::Str(text)) if text.is_empty() => return,
        Kind::Leaf(Value::Str(text)) => text,
        _ if planned.selected => {
            findings.add_value(Check::ClearValue, at, path, CLEAR);
            return;
        }
        _ => return,
    };
    if tokens::begins(text) {
        if let Err((severity, why)) = token(text) {
            let found = findings.add_value(Check::Malformed, at, path, format!("the encrypted value {why}"));
            found.into_iter().for_each(|finding| finding.severity = severity);
            if severity == Severity::Error {
                return;
            }
        }
        if !planned.selected {
            let message = "the value is encrypted, though the selectors leave it in clear";
            findings.add_value(Check::NeedlessToken, at, path, message);
        }
        let aad = plan.aad(planned);
        match seen.get(text) {
            Some((other, first)) if *other != aad => {
                let first = KeyPath::of(tree, *first);
                let message =
                    format!("the encrypted value is a copy of that of `{first}`, and opens only there");
                findings.add_value(Check::CopiedToken, at, path, message);
            }
            Some(_) => {}
            None => _ = seen.insert(text.to_vec(), (aad, id)),
        }
    } else if planned.selected {
        findings.add_value(Check::ClearValue, at, path, CLEAR);
    } else if let Some(kind) = secrets::known(text) {
        findings.add_value(Check::KnownSecret, at, path, message(kind));
    } else if let Some(why) = secrets::likely(&path(), text) {
        findings.add_value(Check::LikelySecret, at, path, format!("a value in clear {why}"));
    }
}

const CLEAR: &str = "the value is in clear, where the selectors demand encryption";

/// What is wrong with the text of an encrypted value, as the end of a sentence.
pub(super) fn token(text: &[u8]) -> Result<(), (Severity, String)> {
    let error = |why: String| (Severity::Error, why);
    let envelope = Envelope::parse(text).map_err(|cause| error(format!("is damaged: {cause}")))?;
    let (nonce, tag) =
        envelope.decode(&mut Vec::new()).map_err(|cause| error(format!("is damaged: {cause}")))?;
    if tag.len() != TAG_LEN {
        return Err(error(format!("has a tag of {} bytes instead of {TAG_LEN}", tag.len())));
    }
    match nonce.len() {
        NONCE_LEN => Ok(()),
        0 => Err(error("has an empty nonce".to_owned())),
        // It decrypts, but nobody writes it so.
        length => Err((Severity::Warning, format!("has a nonce of {length} bytes; SOPS writes {NONCE_LEN}"))),
    }
}

fn comment(sealed: &Sealed<'_>, selected: bool, index: usize, findings: &mut Findings<'_>) {
    let span = sealed.tree.comments[index].span;
    let (text, at) = (sealed.tree.text(span), span.start as usize);
    let is_token = tokens::begins(text);
    // Comments are kept as they are if they do not decrypt: nothing about them stops a file.
    let (check, words) = if let Some(kind) = secrets::known(text) {
        (Check::KnownSecret, message(kind))
    } else if selected && !is_token && !text.trim_ascii().is_empty() {
        (Check::ClearValue, "a comment is in clear, where the selectors demand encryption".to_owned())
    } else if !selected && is_token {
        let words = "a comment is encrypted, though the selectors leave it in clear";
        (Check::NeedlessToken, words.to_owned())
    } else {
        return;
    };
    if let Some(finding) = findings.add(check, at, words)
        && check == Check::ClearValue
    {
        finding.severity = Severity::Warning;
    }
}
