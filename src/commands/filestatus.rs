//! `seal filestatus`: whether a file is encrypted. Needs no key.

use super::convert;
use super::failure;
use super::input::Input;
use super::output::Output;
use super::types::Types;
use crate::doc::{Data, ErrorKind, FormatName};
use crate::error::{Code, Failure};
use crate::io::Mode;
use crate::sops::LoadError;
use std::path::Path;

/// Prints `{"encrypted":true}` or `{"encrypted":false}`.
///
/// # Errors
/// The file does not exist or does not parse (1, as SOPS has it here).
pub fn run(file: &Path, types: &Types) -> Result<(), Failure> {
    let generic = |failure: Failure| Failure { code: Code::Generic, ..failure };
    let input = Input::read(file, convert::limits().max_bytes).map_err(generic)?;
    let format = types.input(&input);
    let store = convert::sealed(format);
    let tree = match store.parse(&input.bytes, &convert::limits()) {
        Ok(tree) => tree,
        // Encrypted binary files are JSON; what is not has not been encrypted.
        Err(_) if format == FormatName::Binary => return print(&input, false),
        Err(error) if error.kind == ErrorKind::NoDocument => return print(&input, false),
        Err(error) => {
            return Err(generic(failure::load(input.subject(format), &LoadError::Document(error))));
        }
    };
    let filled = |data: &Data, field| {
        data.get(field).is_some_and(|item| !item.is_nothing() && item.as_str() != Some(""))
    };
    let encrypted =
        store.metadata(&tree).is_some_and(|data| filled(&data, "version") && filled(&data, "mac"));
    print(&input, encrypted)
}

fn print(input: &Input, encrypted: bool) -> Result<(), Failure> {
    let text = format!("{{\"encrypted\":{encrypted}}}\n");
    Output::Stdout.write(input, text.as_bytes(), Mode::Private)
}
