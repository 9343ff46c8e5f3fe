//! `seal encrypt`: a plain file under its creation rule.

use super::context::Context;
use super::convert;
use super::each_file;
use super::failure;
use super::input::Input;
use super::new_file::{self, Recipe, Wanted};
use super::output::Output;
use super::types::Types;
use crate::doc::FormatName;
use crate::error::{Code, Failure};
use crate::io::Mode;
use crate::secret::wipe;
use crate::sops::encrypt::EncryptError;
use std::path::PathBuf;
use zeroize::Zeroizing;

/// What `seal encrypt` is asked to do.
pub struct Request {
    /// Files, `-` for standard input.
    pub files: Vec<PathBuf>,
    /// Write back to the file.
    pub in_place: bool,
    /// Write to this file.
    pub output: Option<PathBuf>,
    /// Formats.
    pub types: Types,
    /// How the new files are to be.
    pub wanted: Wanted,
}

/// Encrypts all files of the request.
///
/// # Errors
/// The first failure; other files are still encrypted.
pub fn run(context: &Context, request: &Request) -> Result<(), Failure> {
    let output = Output::choose(request.in_place, request.output.clone(), &request.files)?;
    let from_stdin = request.files.iter().any(|path| path.as_os_str() == "-");
    if from_stdin && request.types.filename.is_none() {
        return Err(Failure::new(Code::ConflictingParameters, "standard input needs --filename-override")
            .cause("the name tells the format and the creation rule")
            .hint("for example: seal encrypt --filename-override config.yaml < plain.yaml"));
    }
    context.lint_config()?;
    each_file(context, "encrypting", &request.files, |path| {
        let input = Input::read(path, convert::limits().max_bytes)?;
        let mut text = sealed_text(context, request, &input)?;
        output.write(&input, &text, Mode::Shared)?;
        wipe(&mut text);
        input.wipe();
        Ok(())
    })
}

fn sealed_text(context: &Context, request: &Request, input: &Input) -> Result<Zeroizing<Vec<u8>>, Failure> {
    let subject = input.subject(request.types.plain_input(input));
    let name = request.types.name(input);
    if subject.format == FormatName::Toml && request.types.input(input) == FormatName::Binary {
        return Err(failure::encrypt(subject, &EncryptError::AlreadyEncrypted { at: 0 }));
    }
    // What is wrong with the text is said before anything is asked of policy and key services.
    request.types.dialect.check(name, subject.format)?;
    let tree = new_file::read(context, subject, request.types.dialect)?;
    let to = request.types.output(input);
    let recipe = Recipe::find(context, &request.wanted, name, to, &request.types)?;
    let converted = recipe.convert(subject, &tree)?;
    recipe.wrap(context, name)?.seal(context, subject, tree, converted.as_ref())
}
