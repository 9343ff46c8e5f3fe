//! The common ancestor, as far as it can be read.

use super::settings::Ancestor;
use crate::commands::context::Context;
use crate::commands::convert;
use crate::commands::failure::Subject;
use crate::commands::open::{self, Unlocked, Unlocking};
use crate::commands::rewrite;
use crate::doc::tree::Step;
use crate::doc::{KeyPath, Kind, NodeId, Tree, Value};
use crate::merge::markers::{self, Sides};
use crate::merge::{Base, Version};
use crate::sops::Opened;
use std::collections::HashMap;
use zeroize::Zeroizing;

/// Merges with what is known of the ancestor: `work` gets it for the values and for the settings.
pub(super) fn with<T>(
    context: &Context,
    subject: Subject<'_>,
    sides: [&Opened<'_>; 2],
    work: impl FnOnce(Base<'_>, Ancestor<'_>, Option<(&Opened<'_>, &[u8])>) -> T,
) -> T {
    if subject.source.iter().all(u8::is_ascii_whitespace) {
        return work(Base::Nothing, Ancestor::default(), None);
    }
    let Ok(sealed) = open::load(subject) else {
        return match markers::sides(subject.source).filter(|_| markers::are_in(subject.source)) {
            Some(projections) => with_projections(context, subject, &projections, work),
            None => work(Base::Unknown, Ancestor::default(), None),
        };
    };
    let known = Ancestor { metadata: Some(&sealed.metadata), ..Ancestor::default() };
    // Whatever it says, it is only compared with.
    let unlock = |ignore_mac| {
        let how = Unlocking { ignore_mac, require_strict: false };
        open::unlock_silently(context, subject, &sealed, &how)
    };
    let verified = unlock(false);
    let is_verified = verified.is_ok();
    let Ok(Unlocked { opened, data_key }) = verified.or_else(|_| unlock(true)) else {
        let values = known_by_token(&sealed.tree, &sealed.plan().ok(), sides);
        return work(Base::Known(&Version::with_values(&sealed.tree, &values)), known, None);
    };
    let known = Ancestor {
        data_key: Some(&data_key),
        expires: opened.expires(),
        is_opened: true,
        is_altered: !is_verified,
        ..known
    };
    let Ok(text) = rewrite::plain_text(subject, &opened) else { return work(Base::Unknown, known, None) };
    match rewrite::plain_format(subject, &opened).parse(&text, &convert::limits()) {
        Ok(tree) => work(Base::Known(&Version::new(&tree)), known, Some((&opened, &text))),
        Err(_) => work(Base::Unknown, known, None),
    }
}

/// The merge of several ancestors, with markers where they differ: what both of its sides say is known.
fn with_projections<T>(
    context: &Context,
    subject: Subject<'_>,
    projections: &Sides,
    work: impl FnOnce(Base<'_>, Ancestor<'_>, Option<(&Opened<'_>, &[u8])>) -> T,
) -> T {
    let texts = [&projections.ours, &projections.theirs]
        .map(|source| opened_text(context, Subject { source, ..subject }));
    let [Some((one, format)), Some((other, _))] = texts else {
        return work(Base::Unknown, Ancestor::default(), None);
    };
    let limits = convert::limits();
    let (Ok(tree), Ok(twin)) = (format.parse(&one, &limits), format.parse(&other, &limits)) else {
        return work(Base::Unknown, Ancestor::default(), None);
    };
    let mut values = HashMap::new();
    for (id, node) in tree.nodes.iter().enumerate() {
        let id = id as NodeId;
        if matches!(node.kind, Kind::Leaf(_)) {
            let root = twin.documents.first().copied().unwrap_or_default();
            let same =
                KeyPath::of(&tree, id).find(&twin, root).is_some_and(|at| twin.node(at).kind == node.kind);
            if !same || tree.documents.len() > 1 {
                values.insert(id, None);
            }
        }
    }
    work(Base::Known(&Version::with_values(&tree, &values)), Ancestor::default(), None)
}

/// The plain text of a version that nobody vouches for.
fn opened_text(
    context: &Context,
    subject: Subject<'_>,
) -> Option<(Zeroizing<Vec<u8>>, &'static dyn crate::doc::Format)> {
    let sealed = open::load(subject).ok()?;
    let how = Unlocking { ignore_mac: true, require_strict: false };
    let unlocked = open::unlock_silently(context, subject, &sealed, &how).ok()?;
    let text = rewrite::plain_text(subject, &unlocked.opened).ok()?;
    Some((text, rewrite::plain_format(subject, &unlocked.opened)))
}

/// The values of an ancestor that no key opens: where a side has the same ciphertext at the same path, it
/// is that of the side; others equal nothing.
fn known_by_token<'s>(
    tree: &Tree<'_>,
    plan: &Option<crate::sops::plan::Plan>,
    sides: [&'s Opened<'_>; 2],
) -> HashMap<NodeId, Option<Value<'s>>> {
    let mut known: HashMap<(Vec<u8>, Vec<u8>), Value<'s>> = HashMap::new();
    for side in sides {
        let Ok(plan) = side.sealed().plan() else { continue };
        for planned in &plan.steps {
            if let Step::Leaf(id) = planned.step
                && let Kind::Leaf(Value::Str(token)) = &side.sealed().tree.node(id).kind
                && let Some(value) = side.value(id)
            {
                known.insert((plan.aad(planned).to_vec(), token.to_vec()), value);
            }
        }
    }
    let mut values = HashMap::new();
    for planned in plan.iter().flat_map(|plan| plan.steps.iter().map(move |planned| (plan, planned))) {
        let (plan, planned) = planned;
        if let Step::Leaf(id) = planned.step
            && planned.selected
            && let Kind::Leaf(Value::Str(token)) = &tree.node(id).kind
        {
            values.insert(id, known.get(&(plan.aad(planned).to_vec(), token.to_vec())).cloned());
        }
    }
    values
}
