//! Small readers of the formats, independent of the program's own: the judges of its output.

mod env;
mod ini;
mod json;
mod yaml;

use crate::datum::Datum;

pub(crate) use yaml::comments;

/// The formats, by the names that `--input-type` takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Format {
    /// YAML.
    Yaml,
    /// JSON.
    Json,
    /// ENV files.
    Dotenv,
    /// INI files.
    Ini,
    /// Anything: one string of bytes.
    Binary,
}

impl Format {
    /// All of them.
    pub(crate) const ALL: [Format; 5] =
        [Format::Yaml, Format::Json, Format::Dotenv, Format::Ini, Format::Binary];

    /// The name that `--input-type` takes.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Format::Yaml => "yaml",
            Format::Json => "json",
            Format::Dotenv => "dotenv",
            Format::Ini => "ini",
            Format::Binary => "binary",
        }
    }

    /// The extension of its files.
    pub(crate) fn extension(self) -> &'static str {
        match self {
            Format::Yaml => "yaml",
            Format::Json => "json",
            Format::Dotenv => "env",
            Format::Ini => "ini",
            Format::Binary => "bin",
        }
    }

    /// The format of a name: `Err` with the name if it is none of these.
    pub(crate) fn named(name: &str) -> Result<Self, &str> {
        Format::ALL.into_iter().find(|f| f.name() == name).ok_or(name)
    }
}

/// The documents of a text.
///
/// # Errors
/// Says why the text is not of that format.
pub(crate) fn documents(format: Format, text: &[u8]) -> Result<Vec<Datum>, String> {
    match format {
        Format::Yaml => yaml::read(text),
        Format::Json => json::read(text).map(|datum| vec![datum]),
        Format::Dotenv => env::read(text).map(|datum| vec![datum]),
        Format::Ini => ini::read(text).map(|datum| vec![datum]),
        Format::Binary => Ok(vec![Datum::Str(text.to_vec())]),
    }
}
