//! A file in which a person has removed the markers.

use super::{Outcome, refused};
use crate::commands::context::Context;
use crate::commands::failure::Subject;
use crate::commands::git::merge::Unmerged;
use crate::commands::git::merge::engine::{self, Versions};
use crate::commands::open::{self, Unlocking};
use crate::commands::rewrite;
use crate::doc::tree::Step;
use crate::doc::{KeyPath, Kind, Value};
use crate::error::{Code, Failure};
use crate::merge::Side;
use crate::sops::Sealed;
use crate::ui::shell_word;
use std::collections::HashSet;
use zeroize::Zeroizing;

/// What stands at a place: the path that is authenticated, and the ciphertext or clear value.
type Placed = (Vec<u8>, Vec<u8>);

/// The file with a MAC of its own, if all its values are of the versions that were merged; each of those
/// was verified.
pub(super) fn resolve(
    context: &Context,
    versions: &Versions,
    text: &[u8],
    accept: bool,
) -> Result<Outcome, Failure> {
    let subject = Subject { name: &versions.name, source: text, format: versions.format };
    let sealed = open::load(subject)?;
    if open::unlock_silently(context, subject, &sealed, &Unlocking::default()).is_ok() {
        return Ok(Outcome::Resolved(Zeroizing::new(text.to_vec())));
    }
    if !accept {
        let known = verified(context, versions);
        if let Some(path) = stranger(&sealed, &known) {
            let word = shell_word(&versions.name);
            return Err(Failure::new(
                Code::Generic,
                format!(
                    "`{path}` of `{}` is of no version that was merged; the file is unchanged",
                    versions.name
                ),
            )
            .cause("a value that nobody verified gets no MAC by itself")
            .hint(format!("to bring the conflicts back: git checkout --merge -- {word}"))
            .hint(format!("if the value is right: seal git resolve --accept-worktree {word}")));
        }
    }
    let how = Unlocking { ignore_mac: true, require_strict: false };
    let unlocked = open::unlock_silently(context, subject, &sealed, &how)?;
    let plain = rewrite::plain_text(subject, &unlocked.opened)?;
    engine::with(context, versions, |ready| Ok(Outcome::Resolved(ready.encrypted(&plain, true)?)))
        .map_err(|unmerged: Unmerged| refused(versions, &unmerged))
}

/// All that stands in the versions that verify.
fn verified(context: &Context, versions: &Versions) -> HashSet<Placed> {
    let mut known = HashSet::new();
    for side in [Side::Base, Side::Ours, Side::Theirs] {
        let subject = versions.subject(side);
        let Ok(sealed) = open::load(subject) else { continue };
        if open::unlock_silently(context, subject, &sealed, &Unlocking::default()).is_ok() {
            known.extend(placed(&sealed).into_iter().map(|(placed, _)| placed));
        }
    }
    known
}

/// The first place that has something else.
fn stranger(sealed: &Sealed<'_>, known: &HashSet<Placed>) -> Option<KeyPath> {
    placed(sealed).into_iter().find(|(placed, _)| !known.contains(placed)).map(|(_, path)| path)
}

fn placed(sealed: &Sealed<'_>) -> Vec<(Placed, KeyPath)> {
    let Ok(plan) = sealed.plan() else { return Vec::new() };
    let tree = &sealed.tree;
    let mut found = Vec::new();
    for planned in &plan.steps {
        let (content, path) = match planned.step {
            Step::Leaf(id) => {
                let mut content = Vec::new();
                match &tree.node(id).kind {
                    Kind::Leaf(Value::Str(text)) => content.extend_from_slice(text),
                    Kind::Leaf(value) => {
                        content.extend_from_slice(value.type_name().as_bytes());
                        content.push(0);
                        value.canonical(&mut content);
                    }
                    Kind::Map | Kind::List => continue,
                }
                (content, KeyPath::of(tree, id))
            }
            Step::Comment(index) if planned.selected => {
                let comment = &tree.comments[index];
                (tree.text(comment.span).to_vec(), KeyPath::of(tree, comment.parent))
            }
            _ => continue,
        };
        found.push(((plan.aad(planned).to_vec(), content), path));
    }
    found
}
