//! Giving an encrypted file another content: shared by all commands that change one.

use super::context::{Context, Manner};
use super::convert;
use super::expiry;
use super::failure::{self, Subject};
use super::input::Input;
use super::open::Unlocked;
use super::output::Output;
use super::rekey::target::Wanted;
use super::rekey::vouch;
use crate::doc::{Dialect, Format, FormatName, Layout, Source, Texts, Tree};
use crate::error::{Code, Failure, Warning};
use crate::io::Mode;
use crate::sops::decrypt::Strictness;
use crate::sops::{Opened, Reseal, reseal};
use crate::ui::shell_word;
use zeroize::Zeroizing;

/// The plain text of an opened file as people edit it, in the file's own format.
///
/// # Errors
/// A value that the format cannot hold (25, 4).
pub fn plain_text(subject: Subject<'_>, opened: &Opened<'_>) -> Result<Zeroizing<Vec<u8>>, Failure> {
    if subject.format == FormatName::Binary {
        let written = convert::plain(subject.format).write(&opened.documents(), None, &Layout::default());
        return written.map_err(|error| failure::convert(subject, subject.format, &error));
    }
    opened.text().map_err(|error| failure::decrypt(subject, &error))
}

/// As [`plain_text`], read in the format of the plain text; the text is kept in `texts`.
///
/// # Errors
/// As [`plain_text`].
pub fn plain_tree<'t>(
    subject: Subject<'_>,
    opened: &Opened<'_>,
    texts: &'t Texts,
) -> Result<Tree<'t>, Failure> {
    if subject.format == FormatName::Binary {
        let text = texts.keep(plain_text(subject, opened)?);
        let read = plain_format(subject, opened).parse(text, &convert::limits());
        return read.map_err(|error| failure::plain_document(subject, &error));
    }
    opened.plain(texts).map_err(|error| failure::decrypt(subject, &error))
}

/// The format of the plain text of an opened file.
#[must_use]
pub fn plain_format(subject: Subject<'_>, opened: &Opened<'_>) -> &'static dyn Format {
    opened.dialect().map_or_else(|| convert::plain(subject.format), Dialect::format)
}

/// The file of `subject` once its plain text is `after` and no longer `before`, which is that of
/// [`plain_text`]. What does not change keeps its ciphertext; if nothing does, the file comes back.
///
/// # Errors
/// The new text cannot be parsed (2) or encrypted; the places in the message are those of `after`.
pub fn resealed(
    context: &Context,
    subject: Subject<'_>,
    unlocked: &Unlocked<'_>,
    before: Source<'_>,
    after: Source<'_>,
    record: bool,
) -> Result<Zeroizing<Vec<u8>>, Failure> {
    if before.text() == after.text() {
        return Ok(Zeroizing::new(subject.source.to_vec()));
    }
    let format = subject.format;
    let edited = Subject { source: after.text(), ..subject };
    let layout = context.layout(format, None)?;
    let tree = after
        .parse(plain_format(subject, &unlocked.opened), &convert::limits())
        .map_err(|error| failure::plain_document(edited, &error))?;
    let converted;
    let (before, source, values) = if format == FormatName::Binary {
        converted = convert::to_sealed(format, &tree, format, &layout)
            .map_err(|error| failure::convert(edited, format, &error))?;
        (None, Source::Text(&converted.text), Some(converted.values.as_slice()))
    } else {
        (Some(before), Source::from(tree), None)
    };
    let request = Reseal {
        opened: &unlocked.opened,
        data_key: &unlocked.data_key,
        before,
        source,
        values,
        now: context.now(),
        record,
        layout,
        limits: convert::limits(),
    };
    reseal(request).map_err(|error| failure::encrypt(edited, &error))
}

/// Whether a file that gets another content gets a strict record too. The record vouches for recipients,
/// names and structure: a file without one gets one only if its creation rule names all its recipients.
///
/// # Errors
/// The configuration cannot be used (1).
pub fn with_record(
    context: &Context,
    subject: Subject<'_>,
    opened: &Opened<'_>,
    wanted: bool,
) -> Result<bool, Failure> {
    if !wanted {
        expiry::warn_of_loss(context, subject, opened);
        return Ok(false);
    }
    if opened.strictness == Strictness::Verified {
        return Ok(true);
    }
    // Nobody is there to look at the structure, and the files of SOPS are the usual case.
    if context.manner() == Manner::Sops {
        return Ok(false);
    }
    let present = Wanted::of(&opened.sealed().metadata);
    let name = subject.name;
    let say = |headline: String, hints: Vec<String>| context.warn(&Warning { headline, place: None, hints });
    match vouch::check(context, subject, opened, &present, &[]) {
        Ok(_) => {
            say(format!("`{name}` gets a strict record: make sure that its structure is right"), Vec::new());
            Ok(true)
        }
        Err(failure) if failure.code == Code::NotVouchedFor => {
            let hint = format!("if you know them: seal rotate -i --trust-recipients {}", shell_word(name));
            let headline = format!("`{name}` gets no strict record: nobody vouches for its recipients");
            say(headline, vec![hint]);
            expiry::warn_of_loss(context, subject, opened);
            Ok(false)
        }
        Err(failure) => Err(failure),
    }
}

/// Writes `text` back to the file, unless it is what stands there: then the file is not touched. Says
/// whether it was written.
///
/// # Errors
/// The file was changed by somebody else in the meantime, or cannot be written (3); it is unchanged.
pub fn write_back(input: &Input, text: &[u8]) -> Result<bool, Failure> {
    if text == input.bytes.as_slice() {
        return Ok(false);
    }
    Output::InPlace.write(input, text, Mode::Private)?;
    Ok(true)
}
