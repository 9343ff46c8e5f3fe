//! `seal decrypt`: the plain text of an encrypted file.

use super::context::{Context, Manner};
use super::extract;
use super::failure::{self, Subject};
use super::input::Input;
use super::open::{self, Unlocking};
use super::output::Output;
use super::types::{Speech, Types};
use super::{convert, each_file, rewrite};
use crate::doc::{FormatName, Layout, dotenv};
use crate::error::Failure;
use crate::io::Mode;
use crate::secret::wipe;
use crate::sops::Opened;
use std::path::PathBuf;
use zeroize::Zeroizing;

/// What `seal decrypt` is asked to do.
pub struct Request {
    /// Files, `-` for standard input.
    pub files: Vec<PathBuf>,
    /// Write back to the file.
    pub in_place: bool,
    /// Write to this file.
    pub output: Option<PathBuf>,
    /// Formats.
    pub types: Types,
    /// Only this part.
    pub extract: Option<String>,
    /// How the file is opened.
    pub unlocking: Unlocking,
}

/// Decrypts all files of the request.
///
/// # Errors
/// The first failure; other files are still decrypted.
pub fn run(context: &Context, request: &Request) -> Result<(), Failure> {
    let output = Output::choose(request.in_place, request.output.clone(), &request.files)?;
    each_file(context, "decrypting", &request.files, |path| {
        let input = Input::read(path, convert::limits().max_bytes)?;
        let format = request.types.input(&input);
        let input = input.as_sealed(format);
        let mut text = plain_text(context, request, &input)?;
        output.write(&input, &text, Mode::Private)?;
        wipe(&mut text);
        input.wipe();
        Ok(())
    })
}

fn plain_text(context: &Context, request: &Request, input: &Input) -> Result<Zeroizing<Vec<u8>>, Failure> {
    let format = request.types.input(input);
    let to = request.types.output(input);
    let subject = input.subject(format);
    let speech = request.types.dialect;
    speech.check(subject.name, to)?;
    let sealed = open::load(subject)?;
    let opened = open::open(context, subject, &sealed, &request.unlocking)?;
    let layout = || context.layout(to, request.types.indent);
    match &request.extract {
        Some(path) => {
            let bare = context.manner() == Manner::Sops;
            extract::text(subject, &opened, path, to, &layout()?, bare)
        }
        None => self::text(subject, &opened, (to, request.types.dialect), &layout()?),
    }
}

/// The plain text of an opened file as `to`: as it was, or converted and laid out anew; an ENV file for the
/// reader that is asked for.
///
/// # Errors
/// A value that the format cannot hold (25, 4).
pub(super) fn text(
    subject: Subject<'_>,
    opened: &Opened<'_>,
    (to, speech): (FormatName, Speech),
    layout: &Layout,
) -> Result<Zeroizing<Vec<u8>>, Failure> {
    if to != subject.format {
        let written = speech.plain(to).write(&opened.documents(), None, layout);
        return written.map_err(|error| failure::convert(subject, to, &error));
    }
    let text = rewrite::plain_text(subject, opened)?;
    if speech == Speech::Unsaid || speech.dialect() == opened.dialect() {
        return Ok(text);
    }
    rewrite::plain_format(subject, opened)
        .parse(&text, &convert::limits())
        .and_then(|tree| dotenv::respell(&tree, speech.dialect()))
        .map_err(|error| failure::convert(subject, to, &error))
}
