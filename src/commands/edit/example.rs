//! The text that a new file begins with: an example in the style of its format.

use crate::doc::FormatName;

const YAML: &str = "\
# A new file. Put your values in the place of these.
hello: Welcome to seal!
example_key: example_value
# A list
example_array:
    - example_value1
    - example_value2
example_number: 1234.56789
example_booleans:
    - true
    - false
";

const JSON: &str = r#"{
	"hello": "Welcome to seal! Put your values in the place of these.",
	"example_key": "example_value",
	"example_array": [
		"example_value1",
		"example_value2"
	],
	"example_number": 1234.56789,
	"example_booleans": [
		true,
		false
	]
}
"#;

const DOTENV: &str = "\
# A new file. Put your values in the place of these.
example_key=example_value
example_number=1234.56789
example_path=/usr/share/example
";

const INI: &str = "\
; A new file. Put your values in the place of these.
[example]
key    = value
number = 1234.56789
path   = /usr/share/example
";

const TOML: &str = "\
# A new file. Put your values in the place of these.
hello = \"Welcome to seal!\"

[example]
key = \"value\"
number = 1234.56789
booleans = [true, false]

[[example.list]]
name = \"first\"
since = 2026-01-31
";

const BINARY: &str = "Welcome to seal! Put your text in the place of this.\n";

/// The text of a new file.
pub(super) fn text(format: FormatName) -> &'static str {
    match format {
        FormatName::Yaml => YAML,
        FormatName::Json => JSON,
        FormatName::Dotenv => DOTENV,
        FormatName::Ini => INI,
        FormatName::Toml => TOML,
        FormatName::Binary => BINARY,
    }
}

#[cfg(test)]
mod tests {
    use super::text;
    use crate::commands::convert::{limits, plain};
    use crate::doc::FormatName;

    #[test]
    fn examples_parse() {
        for format in [
            FormatName::Yaml,
            FormatName::Json,
            FormatName::Dotenv,
            FormatName::Ini,
            FormatName::Toml,
            FormatName::Binary,
        ] {
            let tree = plain(format).parse(text(format).as_bytes(), &limits());
            assert!(tree.is_ok_and(|tree| tree.notes.is_empty()), "{format:?}");
        }
    }
}
