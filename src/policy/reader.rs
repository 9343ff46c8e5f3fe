//! Reads typed values out of parsed YAML, remembering the path and collecting what is wrong.

use super::problem::{Problem, Severity, Spot};
use crate::doc::KeyPath;
use crate::doc::path::Segment;
use serde_yaml::Value;

/// The reader. A problem does not stop it: what is wrong counts as absent.
#[derive(Default)]
pub(super) struct Reader {
    path: KeyPath,
    pub(super) problems: Vec<Problem>,
}

impl Reader {
    /// The path of the value that is being read.
    pub(super) fn path(&self) -> &KeyPath {
        &self.path
    }

    /// Visits the fields of a map that are among `known`, nulls left out; warns of the others.
    pub(super) fn map(
        &mut self,
        value: &Value,
        known: &[&str],
        mut field: impl FnMut(&mut Self, &str, &Value),
    ) {
        let map = match value {
            Value::Mapping(map) => map,
            Value::Null => return,
            other => return self.expected("a map", other),
        };
        for (key, value) in map {
            let Some(key) = key.as_str() else {
                self.warn("a key that is not a string has no effect", None);
                continue;
            };
            self.path.0.push(Segment::Key(key.as_bytes().to_vec()));
            if !known.contains(&key) {
                let hint = nearest(key, known).map(|name| format!("did you mean `{name}`?"));
                self.warn(format!("unknown field `{}` has no effect", key.escape_debug()), hint);
            } else if !value.is_null() {
                field(self, key, value);
            }
            self.path.0.pop();
        }
    }

    /// Visits the entries of a map whose keys are names of the user's own.
    pub(super) fn names(&mut self, value: &Value, mut entry: impl FnMut(&mut Self, &str, &Value)) {
        let map = match value {
            Value::Mapping(map) => map,
            Value::Null => return,
            other => return self.expected("a map", other),
        };
        for (key, value) in map {
            let Some(key) = key.as_str() else {
                self.warn("a key that is not a string has no effect", None);
                continue;
            };
            self.path.0.push(Segment::Key(key.as_bytes().to_vec()));
            entry(self, key, value);
            self.path.0.pop();
        }
    }

    /// Reads the elements of a list, nulls left out, each with its position.
    pub(super) fn list<T>(
        &mut self,
        value: &Value,
        mut element: impl FnMut(&mut Self, usize, &Value) -> Option<T>,
    ) -> Vec<T> {
        let list = match value {
            Value::Sequence(list) => list,
            Value::Null => return Vec::new(),
            other => {
                self.expected("a list", other);
                return Vec::new();
            }
        };
        let mut out = Vec::with_capacity(list.len());
        for (index, value) in list.iter().enumerate().filter(|(_, value)| !value.is_null()) {
            self.path.0.push(Segment::Index(index));
            out.extend(element(self, index, value));
            self.path.0.pop();
        }
        out
    }

    /// A string. Other scalars count as their text, as in SOPS.
    pub(super) fn text(&mut self, value: &Value) -> Option<String> {
        match value {
            Value::String(text) => Some(text.clone()),
            Value::Number(number) => Some(number.to_string()),
            Value::Bool(value) => Some(value.to_string()),
            Value::Null => None,
            other => {
                self.expected("a string", other);
                None
            }
        }
    }

    /// A truth value, also by the words of YAML 1.1.
    pub(super) fn boolean(&mut self, value: &Value) -> Option<bool> {
        let word = value.as_str().map(str::to_ascii_lowercase);
        match (value, word.as_deref()) {
            (Value::Bool(value), _) => Some(*value),
            (_, Some("y" | "yes" | "on")) => Some(true),
            (_, Some("n" | "no" | "off")) => Some(false),
            _ => {
                self.expected("true or false", value);
                None
            }
        }
    }

    /// An integer.
    pub(super) fn integer(&mut self, value: &Value) -> Option<i64> {
        let number = value.as_i64();
        if number.is_none() {
            self.expected("a whole number", value);
        }
        number
    }

    /// Whether there is worse than a warning among the problems from number `since` on.
    pub(super) fn found_errors(&self, since: usize) -> bool {
        self.problems[since..].iter().any(|problem| problem.severity > Severity::Warning)
    }

    /// A problem of the value being read that makes its rule unusable.
    pub(super) fn error(&mut self, message: impl Into<String>) {
        self.problems.push(Problem::error(self.path.clone(), message));
    }

    fn warn(&mut self, message: impl Into<String>, hint: Option<String>) {
        let problem = Problem::new(Severity::Warning, self.path.clone(), message).spot(Spot::Key);
        self.problems.push(Problem { hint, ..problem });
    }

    pub(super) fn expected(&mut self, wanted: &str, found: &Value) {
        let found = match found {
            Value::Null => "nothing",
            Value::Bool(_) => "a truth value",
            Value::Number(_) => "a number",
            Value::String(_) => "a string",
            Value::Sequence(_) => "a list",
            Value::Mapping(_) => "a map",
            Value::Tagged(_) => "a value with a tag",
        };
        let name = match self.path.0.iter().rev().find(|segment| matches!(segment, Segment::Key(_))) {
            Some(Segment::Key(key)) => format!("`{}`", String::from_utf8_lossy(key).escape_debug()),
            _ => "the file".to_owned(),
        };
        let subject = match self.path.0.last() {
            Some(Segment::Index(_)) => format!("an element of {name}"),
            _ => name,
        };
        self.error(format!("{subject} must be {wanted}, not {found}"));
    }
}

/// The known name that `word` is most likely meant to be.
#[must_use]
pub fn nearest<'n>(word: &str, known: &[&'n str]) -> Option<&'n str> {
    let flat = |text: &str| text.to_ascii_lowercase().replace('-', "_");
    let word = flat(word);
    let limit = (word.chars().count() / 3).clamp(1, 3);
    known
        .iter()
        .map(|name| (distance(&word, &flat(name)), *name))
        .filter(|(distance, _)| *distance <= limit)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, name)| name)
}

/// How many characters to insert, delete or replace to make `a` from `b` (Levenshtein). Long texts are
/// as far apart as can be.
fn distance(a: &str, b: &str) -> usize {
    if a.len() > 64 {
        return usize::MAX;
    }
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], i + 1);
        for (j, y) in b.iter().enumerate() {
            let replaced = diagonal + usize::from(x != *y);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::{distance, nearest};

    #[test]
    fn distances_count_single_characters() {
        for (a, b, wanted) in
            [("", "", 0), ("abc", "abc", 0), ("abc", "acb", 2), ("abc", "ab", 1), ("", "ab", 2)]
        {
            assert_eq!(distance(a, b), wanted, "{a} {b}");
            assert_eq!(distance(b, a), wanted, "{b} {a}");
        }
    }

    #[test]
    fn a_slip_finds_its_name() {
        let known = ["age", "pgp", "path_regex", "encrypted_regex", "unencrypted_regex"];
        assert_eq!(nearest("path-regexp", &known), Some("path_regex"));
        assert_eq!(nearest("encryptedregex", &known), Some("encrypted_regex"));
        assert_eq!(nearest("Age", &known), Some("age"));
        assert_eq!(nearest("comment", &known), None);
        assert_eq!(nearest(&"x".repeat(1000), &known), None);
    }
}
