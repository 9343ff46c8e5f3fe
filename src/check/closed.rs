//! Whether an encrypted file is closed: whether each value that should be encrypted is.

use super::{Subject, tokens};
use crate::doc::tree::Step;
use crate::doc::{Kind, Limits, Value};
use crate::sops::Sealed;

/// Whether the file is an encrypted one, and no value is in clear where its selectors demand encryption.
/// Clear comments do not count, as in [`super::inspect`], where they are no error.
#[must_use]
pub fn is_closed(subject: Subject<'_>) -> bool {
    let Ok(sealed) = Sealed::load(subject.store, subject.bytes, subject.whole, &Limits::default()) else {
        return false;
    };
    let Ok(plan) = sealed.plan() else { return false };
    plan.steps.iter().filter(|planned| planned.selected).all(|planned| match planned.step {
        Step::Leaf(id) => match &sealed.tree.node(id).kind {
            Kind::Leaf(Value::Null) => true,
            Kind::Leaf(Value::Str(text)) => text.is_empty() || tokens::begins(text),
            _ => false,
        },
        Step::Comment(_) | Step::Enter(_) | Step::Leave(_) => true,
    })
}
