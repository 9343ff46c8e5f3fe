//! How a command fails: exit codes in one table, and what is said about it.

use std::fmt;

/// Exit codes. SOPS's numbers where SOPS has one; each has a heading in `docs/errors.md`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Code {
    /// Bad flags, unreadable encrypted files, configuration errors, missing keys.
    Generic = 1,
    /// A plain file cannot be read or parsed.
    CannotReadInput = 2,
    /// The output cannot be written.
    CannotWriteOutput = 3,
    /// The data cannot be expressed in the output format.
    CannotExpress = 4,
    /// `--encryption-context` is none.
    BadEncryptionContext = 6,
    /// The path or the value of `set` or `unset` is none, or does not fit the document.
    InvalidSetFormat = 7,
    /// Two settings contradict each other.
    ConflictingParameters = 8,
    /// A document cannot be encrypted: a key that is not a string, an integer out of range.
    CannotEncrypt = 23,
    /// A value does not decrypt.
    CannotDecrypt = 25,
    /// Recipients of a file that does not exist are to change, by the program called `sops`.
    NoFileToRekey = 49,
    /// The MAC or the strict record does not hold.
    MacMismatch = 51,
    /// `run` or `mount` was called with flags that do not go together, or do not exist.
    BadUsage = 64,
    /// The folder for secrets is refused: not in memory, not safe, or in use.
    TargetRefused = 73,
    /// The secrets cannot be written: no space, or the system refuses.
    CannotRender = 74,
    /// Something did not answer in time; to try again makes sense.
    TimedOut = 75,
    /// The file has expired.
    NotAllowed = 77,
    /// What was asked for cannot be rendered: names that collide or are none, unknown users.
    BadRequest = 78,
    /// `--extract` or a path argument is not a path.
    InvalidPath = 91,
    /// The file is empty where a document is needed.
    NoDocument = 92,
    /// No file named, or it does not exist.
    NoFile = 100,
    /// A kind of key twice in the decryption order.
    DuplicateKeyType = 112,
    /// The program to become cannot be executed.
    NotExecutable = 126,
    /// The program to become is not found.
    ProgramNotFound = 127,
    /// No identity recovers the data key.
    CannotRecoverKey = 128,
    /// Nothing was changed, so nothing was written.
    Unchanged = 200,
    /// There is no editor, or it failed.
    EditorFailed = 201,
    /// The file to encrypt is encrypted already, or has an entry called `sops`.
    AlreadyEncrypted = 203,
    /// The file to decrypt is not encrypted (SOPS: 1).
    NotEncrypted = 204,
    /// Nothing would be encrypted: the selection picks no value (SOPS: 0).
    NothingSelected = 205,
    /// The file has no strict record where one is required.
    NotStrict = 206,
    /// Nobody vouches for the recipients of a file, so no new key is wrapped for them.
    NotVouchedFor = 207,
}

/// A place in a file, for people: line and column from 1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The file as it was named.
    pub file: String,
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.file, self.line, self.column)
    }
}

/// Why a command failed, in the words for the person who ran it. Never holds a secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// The exit code.
    pub code: Code,
    /// A name for programs that read logs, such as `E_NO_KEY`: it stays whatever the words become.
    pub name: Option<&'static str>,
    /// What could not be done, to which object: lower case, no full stop.
    pub headline: String,
    /// Why, outermost first.
    pub causes: Vec<String>,
    /// Where.
    pub place: Option<Box<Place>>,
    /// What to run next, at most two.
    pub hints: Vec<String>,
    /// Whether it was shown already, where one command works on several files.
    pub reported: bool,
}

impl Failure {
    /// A failure without details.
    #[must_use]
    pub fn new(code: Code, headline: impl Into<String>) -> Self {
        Self {
            code,
            name: None,
            headline: headline.into(),
            causes: Vec::new(),
            place: None,
            hints: Vec::new(),
            reported: false,
        }
    }

    /// Gives it a name that stays.
    #[must_use]
    pub fn named(mut self, name: &'static str) -> Self {
        self.name = Some(name);
        self
    }

    /// Adds a cause.
    #[must_use]
    pub fn cause(mut self, text: impl Into<String>) -> Self {
        self.causes.push(text.into());
        self
    }

    /// Sets the place.
    #[must_use]
    pub fn at(mut self, place: Place) -> Self {
        self.place = Some(Box::new(place));
        self
    }

    /// Adds a hint.
    #[must_use]
    pub fn hint(mut self, text: impl Into<String>) -> Self {
        self.hints.push(text.into());
        self
    }

    /// Adds hints, if there are any.
    #[must_use]
    pub fn hints(mut self, texts: impl IntoIterator<Item = String>) -> Self {
        self.hints.extend(texts);
        self
    }
}

/// Something a person should know that does not stop the command. Never holds a secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Warning {
    /// What is noticed, about which object: lower case, no full stop.
    pub headline: String,
    /// Where.
    pub place: Option<Place>,
    /// What to do.
    pub hints: Vec<String>,
}

#[cfg(test)]
mod tests {
    #[test]
    fn every_code_has_a_heading_in_the_documentation() {
        let headings: Vec<&str> =
            include_str!("../docs/errors.md").lines().filter_map(|line| line.strip_prefix("## ")).collect();
        let mut count = 0;
        for line in include_str!("error.rs").lines() {
            let Some((name, number)) = line.trim().split_once(" = ") else { continue };
            let Ok(number) = number.trim_end_matches(',').parse::<u8>() else { continue };
            assert!(headings.contains(&format!("{number} {name}").as_str()), "{number} {name}");
            count += 1;
        }
        assert_eq!(headings.len(), count + 1, "a heading without a code; 0 has none");
    }
}
