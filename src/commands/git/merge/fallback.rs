//! Versions that cannot be opened are merged as the texts that they are.

use super::Request;
use super::engine::Versions;
use crate::check::tokens;
use crate::commands::context::Context;
use crate::commands::convert;
use crate::commands::failure::Subject;
use crate::commands::open::{self, Unlocking};
use crate::doc::FormatName;
use crate::error::{Code, Failure};
use crate::git::{MergedText, TextMerge};
use crate::merge::markers::{self, Markers};
use crate::merge::{Side, lines};
use std::ops::Range;
use zeroize::Zeroizing;

/// Whether a text is an encrypted file, or has been one.
pub(super) fn is_encrypted(name: &str, text: &[u8]) -> bool {
    let subject = Subject { name, source: text, format: FormatName::of_file(name, text) };
    tokens::in_text(text).next().is_some() || open::load(subject).is_ok()
}

/// Merges the files line by line.
pub(super) fn merge(request: &Request) -> Result<MergedText, Failure> {
    let [base, ours, theirs] = &request.files;
    let [our_label, base_label, their_label] = &request.labels.all;
    let text = TextMerge {
        files: [ours, base, theirs],
        labels: [our_label, base_label, their_label],
        marker_size: request.marker_size,
    };
    text.merge().map_err(|error| {
        Failure::new(Code::CannotReadInput, format!("cannot merge `{}`", request.path.display()))
            .cause(error.to_string())
    })
}

/// Merges the ciphertexts line by line. What comes of it without a conflict is only believed if it verifies;
/// else a conflict is put where everybody sees it.
pub(super) fn of_ciphertext(
    context: &Context,
    request: &Request,
    versions: &Versions,
) -> Result<MergedText, Failure> {
    let markers = request.markers();
    let Ok(merged) = merge(request) else {
        let text = markers::around(versions.text(Side::Ours), versions.text(Side::Theirs), markers);
        return Ok(MergedText { text, is_conflicted: true });
    };
    if merged.is_conflicted || markers::are_in(&merged.text) {
        return Ok(MergedText { is_conflicted: true, ..merged });
    }
    if verifies(context, versions, &merged.text) {
        return Ok(merged);
    }
    let text = with_conflict(versions, &merged.text, markers);
    Ok(MergedText { text, is_conflicted: true })
}

fn verifies(context: &Context, versions: &Versions, text: &[u8]) -> bool {
    let subject = Subject { name: &versions.name, source: text, format: versions.format };
    let Ok(sealed) = open::load(subject) else { return false };
    open::unlock_silently(context, subject, &sealed, &Unlocking::default()).is_ok()
}

/// The text with the metadata of both sides between markers.
fn with_conflict(versions: &Versions, text: &[u8], markers: Markers<'_>) -> Zeroizing<Vec<u8>> {
    let place = metadata_lines(versions, text).unwrap_or(0..text.len());
    let theirs = versions.text(Side::Theirs);
    let theirs = metadata_lines(versions, theirs).map_or(theirs, |lines| &theirs[lines]);
    let ours = &text[place.clone()];
    let mut out = Zeroizing::new(text[..place.start].to_vec());
    out.extend_from_slice(&markers::between(ours, theirs, markers));
    out.extend_from_slice(&text[place.end..]);
    out
}

/// The lines of the metadata.
fn metadata_lines(versions: &Versions, text: &[u8]) -> Option<Range<usize>> {
    let tree = convert::sealed(versions.format).parse(text, &convert::limits()).ok()?;
    let nodes: Vec<_> = tree.metadata().map(|id| tree.node(id)).collect();
    let start = nodes.iter().map(|node| node.entry as usize).min()?;
    let end = nodes.iter().map(|node| node.span.end as usize).max()?;
    let mut at = 0;
    let (mut first, mut last) = (None, None);
    for line in lines::split(text) {
        let next = at + line.len();
        if first.is_none() && start < next {
            first = Some(at);
        }
        if last.is_none() && end <= next {
            last = Some(next);
        }
        at = next;
    }
    Some(first?..last?)
}
