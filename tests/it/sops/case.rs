//! One command line to compare, as data.

use crate::read::Format;

/// How the data on standard output is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Look {
    /// Byte for byte; encrypted text by what it holds.
    Bytes,
    /// By what it says: the layout may differ.
    Data(Format),
    /// Words for people, which are not compared.
    Words,
}

/// A command line, and what surrounds it. `{A}`, `{B}`, `{C}` stand for recipients, `{keys}` for the
/// folder of their identities, `{work}` for the folder that it runs in.
#[derive(Clone, Copy, Debug)]
pub(super) struct Case {
    /// The arguments, split at spaces; `'…'` and `"…"` keep them together.
    pub(super) line: &'static str,
    /// What is special, if the same arguments are used in several cases.
    pub(super) about: &'static str,
    /// Variables besides the usual ones.
    pub(super) env: &'static [(&'static str, &'static str)],
    /// Standard input; nothing otherwise.
    pub(super) stdin: &'static str,
    /// The file of the bed that is standard input.
    pub(super) stdin_of: &'static str,
    /// Files besides those of the bed.
    pub(super) files: &'static [(&'static str, &'static str)],
    /// The folder of the bed that it runs in.
    pub(super) within: &'static str,
    /// Whether `SOPS_AGE_KEY_FILE` gives the identity A.
    pub(super) key: bool,
    /// How standard output is compared.
    pub(super) look: Look,
}

/// A case with the identity A, nothing on standard input, and exact output.
pub(super) const fn case(line: &'static str) -> Case {
    Case {
        line,
        about: "",
        env: &[],
        stdin: "",
        stdin_of: "",
        files: &[],
        within: "",
        key: true,
        look: Look::Bytes,
    }
}

impl Case {
    /// Tells it from other cases with the same arguments.
    pub(super) const fn about(mut self, about: &'static str) -> Self {
        self.about = about;
        self
    }

    /// With variables of the environment.
    pub(super) const fn env(mut self, env: &'static [(&'static str, &'static str)]) -> Self {
        self.env = env;
        self
    }

    /// With standard input.
    pub(super) const fn stdin(mut self, stdin: &'static str) -> Self {
        self.stdin = stdin;
        self
    }

    /// With a file of the bed as standard input.
    pub(super) const fn stdin_of(mut self, name: &'static str) -> Self {
        self.stdin_of = name;
        self
    }

    /// With more files.
    pub(super) const fn files(mut self, files: &'static [(&'static str, &'static str)]) -> Self {
        self.files = files;
        self
    }

    /// In a folder.
    pub(super) const fn within(mut self, within: &'static str) -> Self {
        self.within = within;
        self
    }

    /// Without an identity.
    pub(super) const fn keyless(mut self) -> Self {
        self.key = false;
        self
    }

    /// Where only the data of the output counts.
    pub(super) const fn data(mut self, format: Format) -> Self {
        self.look = Look::Data(format);
        self
    }

    /// Where the output is for people.
    pub(super) const fn words(mut self) -> Self {
        self.look = Look::Words;
        self
    }

    /// What it is called in the table of differences.
    pub(super) fn id(&self) -> String {
        let place = if self.within.is_empty() { String::new() } else { format!("{}: ", self.within) };
        let about = if self.about.is_empty() { String::new() } else { format!(" ({})", self.about) };
        format!("{place}{}{about}", self.line)
    }

    /// The arguments.
    pub(super) fn args(&self, fill: impl Fn(&str) -> String) -> Vec<String> {
        words(self.line).iter().map(|word| fill(word)).collect()
    }
}

/// Words at spaces, with quotes of both kinds and no escapes.
fn words(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote = None;
    for c in line.chars() {
        match (quote, c) {
            (Some(open), c) if c == open => quote = None,
            (None, '\'' | '"') => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            (None, ' ') => words.extend(word.take()),
            (_, c) => word.get_or_insert_default().push(c),
        }
    }
    assert!(quote.is_none(), "an open quote: {line}");
    words.extend(word);
    words
}

#[test]
fn words_are_split() {
    assert_eq!(words(r#"set f '["a"]' "" 'x y'z"#), ["set", "f", r#"["a"]"#, "", "x yz"]);
}
