//! The formats by their names.

use super::binary::Binary;
use super::dotenv::Dotenv;
use super::format::{Format, FormatName};
use super::ini::Ini;
use super::json::Json;
use super::toml::Toml;
use super::yaml::Yaml;

impl FormatName {
    /// The format of a plain text of this name.
    #[must_use]
    pub fn plain(self) -> &'static dyn Format {
        match self {
            FormatName::Yaml => &Yaml,
            FormatName::Json => &Json,
            FormatName::Dotenv => &Dotenv,
            FormatName::Ini => &Ini,
            FormatName::Toml => &Toml,
            FormatName::Binary => &Binary,
        }
    }

    /// The format that an encrypted file of this name is written in: binary stands in a JSON envelope.
    #[must_use]
    pub fn sealed(self) -> &'static dyn Format {
        match self {
            FormatName::Binary => &Json,
            name => name.plain(),
        }
    }
}
