//! Which formats a command reads and writes (format description, section 5.7).

use super::convert;
use super::failure::format_name;
use super::input::Input;
use crate::doc::{Dialect, Format, FormatName};
use crate::error::{Code, Failure};

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
    /// `--dialect`
    pub dialect: Speech,
}

/// Whose reading of ENV files is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Speech {
    /// Nobody's: that which the file's record names, else that of SOPS.
    #[default]
    Unsaid,
    /// That of SOPS.
    Sops,
    /// That of another reader.
    Of(Dialect),
}

impl Speech {
    /// The dialect of a new file.
    #[must_use]
    pub fn dialect(self) -> Option<Dialect> {
        match self {
            Speech::Of(dialect) => Some(dialect),
            Speech::Sops | Speech::Unsaid => None,
        }
    }

    /// The format of a plain text of type `format`.
    #[must_use]
    pub fn plain(self, format: FormatName) -> &'static dyn Format {
        self.dialect().map_or_else(|| convert::plain(format), Dialect::format)
    }

    /// Refuses a dialect of what is no ENV file.
    ///
    /// # Errors
    /// It is one (8).
    pub fn check(self, name: &str, format: FormatName) -> Result<(), Failure> {
        if self == Speech::Unsaid || format == FormatName::Dotenv {
            return Ok(());
        }
        let cause = format!("`{name}` is {} here", format_name(format));
        Err(Failure::new(Code::ConflictingParameters, "`--dialect` is for ENV files").cause(cause))
    }
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
