//! Opening an encrypted file: shared by all commands that read one.

use super::context::{Context, Manner};
use super::failure::{self, STDIN, Subject};
use super::{convert, expiry};
use crate::doc::FormatName;
use crate::error::{Code, Failure, Warning};
use crate::keys::{self, DataKey};
use crate::policy::Config;
use crate::sops::decrypt::Strictness;
use crate::sops::{Opened, Sealed};
use crate::ui::shell_word;

/// How a file is opened.
#[derive(Debug, Clone, Default)]
pub struct Unlocking {
    /// Release the content even if the MAC or the strict record does not hold.
    pub ignore_mac: bool,
    /// Refuse a file without the strict record.
    pub require_strict: bool,
}

/// An opened file and its data key.
pub struct Unlocked<'a> {
    /// The file, decrypted and verified.
    pub opened: Opened<'a>,
    /// Its data key.
    pub data_key: DataKey,
}

/// Reads an encrypted file without opening it.
///
/// # Errors
/// It is not encrypted (204), or cannot be used (1).
pub fn load<'s>(subject: Subject<'s>) -> Result<Sealed<'s>, Failure> {
    let whole = subject.format == FormatName::Binary;
    Sealed::load(convert::sealed(subject.format), subject.source, whole, &convert::limits())
        .map_err(|error| failure::load(subject, &error))
}

/// Recovers the data key, decrypts and verifies. Warns of what nobody vouches for.
///
/// # Errors
/// No identity fits (128), a value does not decrypt (25), the MAC or the strict record does not hold
/// (51), or there is no record where one is required (206).
pub fn open<'a>(
    context: &Context,
    subject: Subject<'_>,
    sealed: &'a Sealed<'_>,
    how: &Unlocking,
) -> Result<Opened<'a>, Failure> {
    unlock(context, subject, sealed, how).map(|unlocked| unlocked.opened)
}

/// As [`open`], and refuses a file that has expired: where its values are handed on.
///
/// # Errors
/// As [`open`], or it has expired (77).
pub fn open_valid<'a>(
    context: &Context,
    subject: Subject<'_>,
    sealed: &'a Sealed<'_>,
    how: &Unlocking,
) -> Result<Opened<'a>, Failure> {
    let opened = unlock_silently(context, subject, sealed, how)?.opened;
    expiry::refuse(context, subject, &opened)?;
    warn(context, subject, &opened);
    Ok(opened)
}

/// As [`open`], with the data key for what is written afterwards.
///
/// # Errors
/// As [`open`].
pub fn unlock<'a>(
    context: &Context,
    subject: Subject<'_>,
    sealed: &'a Sealed<'_>,
    how: &Unlocking,
) -> Result<Unlocked<'a>, Failure> {
    let unlocked = unlock_silently(context, subject, sealed, how)?;
    warn(context, subject, &unlocked.opened);
    Ok(unlocked)
}

/// As [`unlock`], without the warnings: where many files are opened.
///
/// # Errors
/// As [`open`].
pub fn unlock_silently<'a>(
    context: &Context,
    subject: Subject<'_>,
    sealed: &'a Sealed<'_>,
    how: &Unlocking,
) -> Result<Unlocked<'a>, Failure> {
    let name = subject.name;
    if sealed.metadata.record.is_none() && (how.require_strict || context.require_strict()?) {
        return Err(Failure::new(
            Code::NotStrict,
            format!("`{name}` has no strict record, and one is required"),
        )
        .cause("it was written by sops, or its record was stripped")
        .hints(anew(subject)));
    }
    let metadata = &sealed.metadata;
    let order = context.decryption_order()?;
    let data_key = keys::recover(&metadata.groups, metadata.threshold, context.services(), &order)
        .map_err(|error| failure::recover(subject, &error, names(context)))?;
    let opened = sealed.open(&data_key, how.ignore_mac).map_err(|error| failure::decrypt(subject, &error))?;
    Ok(Unlocked { opened, data_key })
}

/// The configuration for the names in it; a broken one is not what stands in the way here.
fn names(context: &Context) -> Option<&Config> {
    context.config().ok().flatten()
}

fn warn(context: &Context, subject: Subject<'_>, opened: &Opened<'_>) {
    expiry::warn(context, subject, opened);
    for remark in &opened.remarks {
        context.warn(&Warning {
            headline: format!("`{}`: {}", subject.name, remark.text),
            place: remark.at.map(|at| subject.place(at)),
            hints: Vec::new(),
        });
    }
    let headline = match opened.strictness {
        Strictness::Verified => return,
        // There the files of SOPS are the usual case.
        Strictness::Absent if context.manner() == Manner::Sops => return,
        Strictness::Absent => {
            "has no strict record: its values are verified, its names, structure and recipients are not"
        }
        Strictness::Ignored => "was not verified, by --ignore-mac: its content may have been altered",
    };
    context.warn(&Warning {
        headline: format!("`{}` {headline}", subject.name),
        place: None,
        hints: Vec::new(),
    });
}

/// How a file gets a strict record, once a person has looked at its content.
fn anew(subject: Subject<'_>) -> Option<String> {
    let name = shell_word(subject.name);
    (subject.name != STDIN).then(|| {
        format!(
            "look at it, then encrypt it anew: SEAL_REQUIRE_STRICT=false seal decrypt -i {name} && \
             seal encrypt -i {name}"
        )
    })
}
