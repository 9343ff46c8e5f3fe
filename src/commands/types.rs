//! Which formats a command reads and writes (format description, section 5.7).

use super::input::Input;
use crate::doc::FormatName;

/// The format settings of a command.
#[derive(Debug, Clone, Default)]
pub struct Types {
    /// `--input-type`
    pub input: Option<FormatName>,
    /// `--output-type`
    pub output: Option<FormatName>,
    /// `--filename-override`
    pub filename: Option<String>,
    /// `--indent`
    pub indent: Option<usize>,
}

impl Types {
    /// The name that stands for the input in rules and formats.
    #[must_use]
    pub fn name<'a>(&'a self, input: &'a Input) -> &'a str {
        self.filename.as_deref().unwrap_or(&input.name)
    }

    /// The format of the input.
    #[must_use]
    pub fn input(&self, input: &Input) -> FormatName {
        self.input.unwrap_or_else(|| FormatName::of_file(self.name(input), &input.bytes))
    }

    /// The format of a plain input that is to be encrypted. A TOML file that is to become a binary one is one
    /// value: so SOPS has it.
    #[must_use]
    pub fn plain_input(&self, input: &Input) -> FormatName {
        match (self.input, FormatName::of_path(self.name(input))) {
            (Some(format), _) => format,
            (None, FormatName::Toml) if self.output == Some(FormatName::Binary) => FormatName::Binary,
            (None, format) => format,
        }
    }

    /// The format of the output: by the input's name, whatever the input's format is said to be. Standard
    /// input has no name, and keeps its format.
    #[must_use]
    pub fn output(&self, input: &Input) -> FormatName {
        let nameless = input.path.is_none() && self.filename.is_none();
        self.output.unwrap_or_else(|| {
            if nameless { self.input(input) } else { FormatName::of_file(self.name(input), &input.bytes) }
        })
    }
}
