//! Colour, and text that is safe to show.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::io::IsTerminal;

/// Whether words are coloured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Style {
    /// Bare text.
    #[default]
    Plain,
    /// With the escape sequences of ECMA-48.
    Coloured,
}

/// What a piece of text is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// The word `error`.
    Error,
    /// The word `warning`.
    Warning,
    /// The word `hint`.
    Hint,
    /// The place of something.
    Place,
}

impl Style {
    /// The style for standard error.
    #[must_use]
    pub fn for_stderr(no_color: bool) -> Self {
        if !no_color && std::io::stderr().is_terminal() { Style::Coloured } else { Style::Plain }
    }

    /// Appends `text`, which must be safe, as a `role`.
    pub fn paint(self, out: &mut String, role: Role, text: &str) {
        let code = match role {
            Role::Error => "1;31",
            Role::Warning => "1;33",
            Role::Hint => "1;36",
            Role::Place => "34",
        };
        match self {
            Style::Plain => out.push_str(text),
            Style::Coloured => out.extend(["\x1b[", code, "m", text, "\x1b[0m"]),
        }
    }
}

/// The text with everything escaped that could steer a terminal: control characters, line ends, and the
/// marks that change the direction of writing or break lines.
#[must_use]
pub fn escaped(text: &str) -> Cow<'_, str> {
    if !text.chars().any(steers) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        if steers(c) {
            // Writing to a string cannot fail.
            let _ = write!(out, "{}", c.escape_default());
        } else {
            out.push(c);
        }
    }
    Cow::Owned(out)
}

/// A file name as a word of a command that can be pasted into a shell.
#[must_use]
pub fn shell_word(name: &str) -> Cow<'_, str> {
    let plain = |c: char| c.is_alphanumeric() || "_./:@%+=,-".contains(c);
    if !name.is_empty() && name.chars().all(plain) {
        return if name.starts_with('-') { format!("./{name}").into() } else { name.into() };
    }
    format!("'{}'", name.replace('\'', r"'\''")).into()
}

fn steers(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_steers_the_terminal() {
        for (text, shown) in [
            ("secrets/prod é.yaml", "secrets/prod é.yaml"),
            ("a\x1b[2Jb", "a\\u{1b}[2Jb"),
            ("a\r\n\tb\0", "a\\r\\n\\tb\\u{0}"),
            ("a\u{9b}2J\u{7f}", "a\\u{9b}2J\\u{7f}"),
            ("txt.\u{202e}lmay", "txt.\\u{202e}lmay"),
            ("a\u{2066}\u{200b}", "a\\u{2066}\\u{200b}"),
        ] {
            assert_eq!(escaped(text), shown);
        }
    }

    #[test]
    fn names_become_words_of_the_shell() {
        for (name, word) in [
            ("secrets/é.yaml", "secrets/é.yaml"),
            ("a b.yaml", "'a b.yaml'"),
            ("it's", r"'it'\''s'"),
            ("$(x)", "'$(x)'"),
            ("-i", "./-i"),
            ("", "''"),
        ] {
            assert_eq!(shell_word(name), word);
        }
    }

    #[test]
    fn colour_surrounds_and_ends() {
        let painted = |style: Style| {
            let mut out = String::new();
            style.paint(&mut out, Role::Error, "error");
            out
        };
        assert_eq!(painted(Style::Plain), "error");
        assert_eq!(painted(Style::Coloured), "\x1b[1;31merror\x1b[0m");
    }
}
