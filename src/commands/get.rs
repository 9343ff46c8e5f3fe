//! `seal get`: one value of an encrypted file.

use super::context::Context;
use super::input::Input;
use super::open::{self, Unlocking};
use super::output::Output;
use super::types::Types;
use super::{convert, extract};
use crate::doc::FormatName;
use crate::error::Failure;
use crate::io::Mode;
use std::io::IsTerminal as _;
use std::path::Path;

/// Prints the value at `path` of `file`: a string as it is, anything else in the file's format. On a
/// terminal a line end follows.
///
/// # Errors
/// As [`super::decrypt::run`] and [`extract::text`].
pub fn run(
    context: &Context,
    file: &Path,
    path: &str,
    types: &Types,
    how: &Unlocking,
) -> Result<(), Failure> {
    let input = Input::read(file, convert::limits().max_bytes)?;
    let format = types.input(&input);
    let input = input.as_sealed(format);
    let subject = input.subject(format);
    let sealed = open::load(subject)?;
    let opened = open::open(context, subject, &sealed, how)?;
    let to = match types.output(&input) {
        // A part of an envelope is shown as what it is.
        FormatName::Binary => FormatName::Json,
        to => to,
    };
    let mut text = extract::text(subject, &opened, path, to, &context.layout(to, types.indent)?, false)?;
    if std::io::stdout().is_terminal() && !text.ends_with(b"\n") {
        text.push(b'\n');
    }
    Output::Stdout.write(&input, &text, Mode::Private)
}
