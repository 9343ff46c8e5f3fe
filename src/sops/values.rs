//! The values of a document that is to be encrypted, and their MAC.

use super::encrypt::EncryptRequest;
use super::metadata::Metadata;
use super::plan::{Plan, Planned};
use super::reseal::Previous;
use super::strict::Content;
use crate::crypto::envelope::Label;
use crate::crypto::mac::Mac;
use crate::doc::tree::Step;
use crate::doc::{self, FormatName, Kind, NodeId, Tree, Value};
use std::collections::HashMap;
use zeroize::Zeroizing;

/// The values of the leaves as the encrypted file will give them back.
pub(super) struct Values<'a> {
    tree: &'a Tree<'a>,
    replaced: HashMap<NodeId, Value<'a>>,
}

impl<'a> Values<'a> {
    /// The values of `tree`, after those of a previous version.
    pub(super) fn of(
        request: &EncryptRequest<'a>,
        previous: Option<&Previous<'_>>,
        tree: &'a Tree<'a>,
        plan: &Plan,
    ) -> Self {
        let mut replaced = HashMap::new();
        if let Some(previous) = previous.filter(|_| request.format.name() == FormatName::Json) {
            replaced.extend(floats(previous, tree, plan));
        }
        if let Some(values) = request.values {
            let leaves = plan.steps.iter().filter_map(|planned| match planned.step {
                Step::Leaf(id) => Some((id, planned.selected)),
                _ => None,
            });
            for ((id, selected), value) in leaves.zip(values) {
                // A clear value is what the text says.
                if selected {
                    replaced.insert(id, value.clone());
                }
            }
        }
        if let Some(id) = request.format.value_before_metadata(tree)
            && let Kind::Leaf(Value::Str(text)) = &tree.node(id).kind
        {
            let in_clear = |p: &Planned| !p.selected && p.step == Step::Leaf(id);
            if plan.steps.iter().rev().any(in_clear) {
                let mut text = text.to_vec();
                text.push(b'\n');
                replaced.insert(id, Value::Str(doc::Text::owned(text)));
            }
        }
        Self { tree, replaced }
    }

    /// The value of a leaf.
    pub(super) fn value(&self, id: NodeId) -> &Value<'a> {
        const NULL: &Value<'_> = &Value::Null;
        if !self.replaced.is_empty()
            && let Some(value) = self.replaced.get(&id)
        {
            return value;
        }
        match &self.tree.node(id).kind {
            Kind::Leaf(value) => value,
            _ => NULL,
        }
    }

    /// The MAC of all values.
    pub(super) fn mac(&self, plan: &Plan, metadata: &Metadata) -> String {
        let mut mac = Mac::new(metadata.mac_only_encrypted);
        let mut scratch: Zeroizing<Vec<u8>> = Zeroizing::default();
        for planned in &plan.steps {
            if let Step::Leaf(id) = planned.step
                && (planned.selected || !metadata.mac_only_encrypted)
            {
                scratch.clear();
                self.value(id).canonical(&mut scratch);
                mac.update(&scratch);
            }
        }
        mac.finish()
    }

    /// What stands at a step of the plan.
    pub(super) fn content<'v>(&'v self, index: usize, tree: &Tree<'v>, plan: &Plan) -> Content<'v> {
        match plan.steps[index].step {
            Step::Leaf(id) => Content::Value(self.value(id).clone()),
            Step::Comment(comment) => Content::Comment(tree.text(tree.comments[comment].span)),
            Step::Enter(_) | Step::Leave(_) => Content::Comment(b""),
        }
    }
}

/// The whole numbers that the previous version has as doubles, as SOPS reads every number of JSON: they
/// keep that type, and with it their ciphertext.
fn floats<'a>(
    previous: &Previous<'_>,
    tree: &Tree<'_>,
    plan: &Plan,
) -> impl Iterator<Item = (NodeId, Value<'a>)> {
    plan.steps.iter().filter(|planned| planned.selected).filter_map(|planned| {
        let Step::Leaf(id) = planned.step else { return None };
        let Kind::Leaf(Value::Int(number)) = tree.node(id).kind else { return None };
        let text = number.to_string();
        let has = |label| previous.tokens.has(plan.aad(planned), label, text.as_bytes());
        (has(Label::Float) && !has(Label::Int)).then_some((id, Value::Float(number as f64)))
    })
}
