//! The end of a file, which its strict record tells: given, kept, and noticed when it is past.

use super::context::Context;
use super::failure::Subject;
use crate::doc::Timestamp;
use crate::error::{Code, Failure, Warning};
use crate::policy::When;
use crate::sops::Opened;

/// What becomes of the end of a file that is written anew.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub enum Expiry {
    /// It stays.
    #[default]
    Keep,
    /// The file has none any more.
    Never,
    /// It is this one: in UTC and whole seconds.
    At(Timestamp),
}

impl Expiry {
    /// What `--expires` asks for; `record` is whether the strict record is written.
    ///
    /// # Errors
    /// There is no record to hold it, or it is past already (8).
    pub fn wanted(context: &Context, when: Option<When>, record: bool) -> Result<Self, Failure> {
        let Some(when) = when else { return Ok(Self::Keep) };
        let now = context.now();
        let Some(end) = when.from(now) else { return Ok(Self::Never) };
        if !record {
            return Err(Failure::new(
                Code::ConflictingParameters,
                "`--expires` and `--no-strict` cannot be used together",
            )
            .cause("the strict record is what holds the expiry of a file"));
        }
        if end.moment() < now.moment() {
            return Err(Failure::new(
                Code::ConflictingParameters,
                format!("`--expires` is in the past: {end}; nothing was written"),
            )
            .hint("count from now: --expires 90d"));
        }
        Ok(Self::At(end))
    }

    /// The end of a new version of a file that has `present`.
    #[must_use]
    pub fn after(self, present: Option<Timestamp>) -> Option<Timestamp> {
        match self {
            Self::Keep => present,
            Self::Never => None,
            Self::At(end) => Some(end),
        }
    }
}

/// Warns of a file that is written without its record, and so without its end and its dialect.
pub(super) fn warn_of_loss(context: &Context, subject: Subject<'_>, opened: &Opened<'_>) {
    let end = opened.expires().map(|end| format!("expiry ({end})"));
    let dialect = opened.dialect().map(|dialect| format!("dialect ({dialect})"));
    for lost in end.into_iter().chain(dialect) {
        context.warn(&Warning {
            headline: format!("`{}` loses its {lost} with its strict record", subject.name),
            place: None,
            hints: Vec::new(),
        });
    }
}

/// Warns of a file that is past its end.
pub(super) fn warn(context: &Context, subject: Subject<'_>, opened: &Opened<'_>) {
    let Some(end) = opened.expired(context.now()) else { return };
    context.warn(&Warning {
        headline: headline(subject, end),
        place: None,
        hints: renewal(subject).into_iter().collect(),
    });
}

/// Refuses a file that is past its end: where its values are handed on.
///
/// # Errors
/// It has expired (77).
pub fn refuse(context: &Context, subject: Subject<'_>, opened: &Opened<'_>) -> Result<(), Failure> {
    match opened.expired(context.now()) {
        None => Ok(()),
        Some(end) => Err(Failure::new(Code::NotAllowed, headline(subject, end))
            .named("E_EXPIRED")
            .hints(renewal(subject))),
    }
}

fn headline(subject: Subject<'_>, end: Timestamp) -> String {
    format!("`{}` has expired: it was valid until {end}", subject.name)
}

fn renewal(subject: Subject<'_>) -> Option<String> {
    subject.command("change its secrets, then renew it", "seal rotate -i --expires 90d")
}
