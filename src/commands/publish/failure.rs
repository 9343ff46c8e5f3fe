//! Why values cannot be published, in words for people.

use super::values::Item;
use super::{Job, Source};
use crate::error::{Code, Failure};
use crate::render::RenderError;

/// Something that cannot be rendered. Nothing was published.
pub(super) fn render(sources: &[Source], error: &RenderError) -> Failure {
    let failure = Failure::new(Code::BadRequest, "nothing was published").named(error.name());
    let failure = at(sources, failure.cause(error.to_string()), error);
    match error {
        RenderError::Null(_) => {
            failure.hint("leave nulls out: --null skip; or make them empty: --null empty")
        }
        RenderError::Name { .. } | RenderError::Collision { .. } => failure.hint(RENAME),
        RenderError::NoName(_) => failure.hint("name it: --secret source=data,target=NAME"),
        RenderError::NotFound { keys, .. } | RenderError::NotSingle { keys, .. } if !keys.is_empty() => {
            failure.hint(format!("there are: {}", keys.join(", ")))
        }
        _ => failure,
    }
}

const RENAME: &str = "give it another name: --secret source=PATH,target=NAME";

fn at(sources: &[Source], failure: Failure, error: &RenderError) -> Failure {
    let Some(spot) = error.spots().into_iter().next() else { return failure };
    match sources.iter().find(|source| source.input.name == spot.document) {
        Some(source) => failure.at(source.input.subject(source.format).place(spot.at)),
        None => failure,
    }
}

/// A value that its target does not take; `cause` says why, without the value.
pub(super) fn refused(job: &Job<'_>, item: &Item<'_>, name: &'static str, cause: String) -> Failure {
    let failure =
        Failure::new(Code::BadRequest, format!("cannot publish {}; nothing was published", item.origin()));
    let source = job.sources.iter().find(|source| source.input.name == item.document.name());
    let failure = match source {
        Some(source) => failure.at(source.input.subject(source.format).place(item.leaf.at)),
        None => failure,
    };
    let failure = failure.named(name).cause(cause);
    if name == "E_NAME" { failure.hint(RENAME) } else { failure }
}

/// A wish that the target has no words for.
pub(super) fn wish(cause: impl Into<String>) -> Failure {
    Failure::new(Code::BadRequest, "nothing was published").named("E_USAGE").cause(cause)
}
