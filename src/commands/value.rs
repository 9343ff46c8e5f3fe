//! The value of `seal set`: where it comes from, and what it is.

use super::convert;
use super::failure::STDIN;
use super::input::Input;
use crate::doc::{Data, FormatName, KeyPath, Value, json};
use crate::error::{Code, Failure};
use crate::keys::{Ask as _, AskError};
use crate::ui::Terminal;
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

/// Where the value comes from.
pub enum Source {
    /// The command line.
    Argument(Zeroizing<String>),
    /// A file.
    File(PathBuf),
    /// Standard input.
    Stdin,
    /// The person at the terminal.
    Prompt,
}

/// What the text of the value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ValueType {
    /// JSON if it is that, else text; at the prompt always text.
    #[default]
    Auto,
    /// JSON.
    Json,
    /// Text.
    Text,
}

/// The value for `path` of a file in `format`.
///
/// # Errors
/// There is none (100), it cannot be read (2, 100), or it is not of its type (7).
pub fn read(source: &Source, kind: ValueType, format: FormatName, path: &KeyPath) -> Result<Data, Failure> {
    let text = match source {
        Source::Argument(text) => return interpret(text.as_bytes(), kind, format),
        Source::Prompt => {
            let kind = if kind == ValueType::Auto { ValueType::Text } else { kind };
            return interpret(prompt(path)?.as_bytes(), kind, format);
        }
        Source::File(path) => Input::read(path, convert::limits().max_bytes)?,
        Source::Stdin => Input::read(Path::new("-"), convert::limits().max_bytes)?,
    };
    if std::str::from_utf8(&text.bytes).is_err() {
        let what = if text.name == STDIN { "standard input".to_owned() } else { format!("`{}`", text.name) };
        return Err(Failure::new(Code::InvalidSetFormat, format!("{what} is not UTF-8 text"))
            .cause("a value of bytes would not be the same for every reader")
            .hint("encode it, as with base64, or encrypt it as a file of its own"));
    }
    interpret_lines(&text.bytes, kind, format)
}

/// A value from a file: as text, without its final line end.
fn interpret_lines(bytes: &[u8], kind: ValueType, format: FormatName) -> Result<Data, Failure> {
    let line = bytes.strip_suffix(b"\n").map_or(bytes, |line| line.strip_suffix(b"\r").unwrap_or(line));
    interpret(line, kind, format)
}

fn interpret(text: &[u8], kind: ValueType, format: FormatName) -> Result<Data, Failure> {
    let json = if kind == ValueType::Text { None } else { json::value(text, &convert::limits()) };
    match json {
        // An ENV or INI file knows text only: what looks like a number stays as it is written.
        Some(Data::Value(value)) if format.knows_text_only() && !matches!(value, Value::Str(_)) => {
            Ok(Data::str(text.trim_ascii()))
        }
        Some(data) => Ok(data),
        None if kind == ValueType::Json => {
            Err(Failure::new(Code::InvalidSetFormat, "the value is not valid JSON")
                .cause("JSON is \"text\" in double quotes, 5, true, null, [1] or {\"a\": 1}"))
        }
        None => Ok(Data::str(text)),
    }
}

/// Asks for the value, unseen.
fn prompt(path: &KeyPath) -> Result<Zeroizing<String>, Failure> {
    let unchanged = "nothing was changed";
    match Terminal.passphrase(&format!("New value of {path}")) {
        Ok(text) if text.is_empty() => {
            Err(Failure::new(Code::Generic, format!("no value was typed; {unchanged}"))
                .hint("for an empty text give '' in the place of the value"))
        }
        Ok(text) => Ok(text),
        Err(AskError::NoTerminal) => {
            Err(Failure::new(Code::NoFile, "no value was given, and there is no terminal to ask on")
                .hint("give it after the path, or with --value-stdin or --value-file"))
        }
        Err(error) => {
            Err(Failure::new(Code::Generic, format!("no value was typed; {unchanged}"))
                .cause(error.to_string()))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, kind: ValueType, format: FormatName) -> Option<Data> {
        interpret_lines(text.as_bytes(), kind, format).ok()
    }

    #[test]
    fn a_value_is_json_if_it_can_be_that() {
        let auto = |text| read(text, ValueType::Auto, FormatName::Yaml).unwrap();
        for text in ["hunter2", "01234", "+5", "a: b", "yes", "{a: 1}", " x ", "p\nq", "\"open", "1.2.3.4"] {
            assert_eq!(auto(text), Data::str(text));
        }
        assert_eq!(auto("1234"), Data::Value(Value::Int(1234)));
        assert_eq!(auto("true"), Data::Value(Value::Bool(true)));
        assert_eq!(auto("\"1234\""), Data::str("1234"));
        assert_eq!(auto("[1]"), Data::List(vec![Data::Value(Value::Int(1))]));
    }

    #[test]
    fn the_type_can_be_said() {
        for text in ["1234", "true", "null", "\"x\"", "[1]", "x"] {
            assert_eq!(read(text, ValueType::Text, FormatName::Yaml), Some(Data::str(text)));
        }
        assert_eq!(read("x", ValueType::Json, FormatName::Yaml), None);
        assert_eq!(read("\"x\"", ValueType::Json, FormatName::Yaml), Some(Data::str("x")));
    }

    #[test]
    fn one_line_end_belongs_to_the_file() {
        for (text, wanted) in
            [("x\n", "x"), ("x\r\n", "x"), ("x\n\n", "x\n"), ("x", "x"), ("\"x\\n\"\n", "x\n")]
        {
            assert_eq!(read(text, ValueType::Auto, FormatName::Yaml), Some(Data::str(wanted)));
        }
    }

    #[test]
    fn env_files_hold_text() {
        for (text, wanted) in [("1e3", "1e3"), ("1.0", "1.0"), ("null", "null"), ("\"x\"", "x")] {
            assert_eq!(read(text, ValueType::Auto, FormatName::Dotenv), Some(Data::str(wanted)));
        }
    }
}
