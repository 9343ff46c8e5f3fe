//! What files and variables are called.

use super::error::NameProblem;
use crate::doc::KeyPath;
use crate::doc::path::Segment;
use std::str::FromStr;

/// The longest name that file systems take, in bytes.
const LONGEST: usize = 255;

/// What joins the steps of a key path to a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Separator {
    /// `.`
    #[default]
    Dot,
    /// `_`
    Underscore,
    /// `-`
    Dash,
    /// `__`
    DoubleUnderscore,
}

impl Separator {
    /// Its text.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Separator::Dot => ".",
            Separator::Underscore => "_",
            Separator::Dash => "-",
            Separator::DoubleUnderscore => "__",
        }
    }
}

impl FromStr for Separator {
    type Err = &'static str;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        [Separator::Dot, Separator::Underscore, Separator::Dash, Separator::DoubleUnderscore]
            .into_iter()
            .find(|separator| separator.as_str() == text)
            .ok_or("it takes . _ - or __")
    }
}

/// What the plain file of a document is called: the last part of its path, without the first `.enc`,
/// `.sealed` or `.sops` that stands at the end or before the last ending. `None` for standard input.
#[must_use]
pub fn file_name(document: &str) -> Option<String> {
    if matches!(document, "-" | "<stdin>") {
        return None;
    }
    let base = document.rsplit('/').next().unwrap_or(document);
    let parts: Vec<&str> = base.split('.').collect();
    let last = parts.len() - 1;
    let is_mark = |at: &usize| *at > 0 && matches!(parts[*at], "enc" | "sealed" | "sops");
    let Some(mark) = [last, last.saturating_sub(1)].into_iter().find(is_mark) else {
        return Some(base.to_owned());
    };
    let kept: Vec<&str> =
        parts.iter().enumerate().filter(|(at, _)| *at != mark).map(|(_, part)| *part).collect();
    Some(kept.join("."))
}

/// What the dotenv file of a document is called: [`file_name`] with `.env` in the place of its ending.
#[must_use]
pub fn env_name(document: &str) -> Option<String> {
    let name = file_name(document)?;
    if name.ends_with(".env") {
        return Some(name);
    }
    let stem = match name.rfind('.') {
        None | Some(0) => &*name,
        Some(dot) => &name[..dot],
    };
    Some(format!("{stem}.env"))
}

/// The steps of a path, joined.
#[must_use]
pub fn joined(path: &KeyPath, separator: &str) -> Vec<u8> {
    let mut name = Vec::with_capacity(64);
    for (at, segment) in path.0.iter().enumerate() {
        if at > 0 {
            name.extend_from_slice(separator.as_bytes());
        }
        match segment {
            Segment::Key(key) => name.extend_from_slice(key),
            Segment::Index(index) => name.extend_from_slice(index.to_string().as_bytes()),
        }
    }
    name
}

/// The name that `name` is, if it is one for a file: one component of a path, and none that stands for
/// something else.
///
/// # Errors
/// Why it is none.
pub fn check(name: Vec<u8>) -> Result<String, (Vec<u8>, NameProblem)> {
    let problem = match name.as_slice() {
        b"" => Some(NameProblem::Empty),
        b"." => Some(NameProblem::Dot),
        [b'.', b'.', ..] => Some(NameProblem::DotDot),
        name if name.contains(&b'/') => Some(NameProblem::Slash),
        name if name.len() > LONGEST => Some(NameProblem::Long),
        _ => None,
    };
    if let Some(problem) = problem {
        return Err((name, problem));
    }
    match String::from_utf8(name) {
        Ok(name) if name.chars().any(char::is_control) => Err((name.into_bytes(), NameProblem::Control)),
        Ok(name) => Ok(name),
        Err(error) => Err((error.into_bytes(), NameProblem::NotUtf8)),
    }
}

/// The name of a variable that `name` is in upper case.
///
/// # Errors
/// It is none.
pub fn variable(mut name: Vec<u8>) -> Result<String, (Vec<u8>, NameProblem)> {
    let upper = name.to_ascii_uppercase();
    let fits = |at: usize, byte: &u8| match byte {
        b'A'..=b'Z' | b'_' => true,
        b'0'..=b'9' => at > 0,
        _ => false,
    };
    if !upper.is_empty() && upper.iter().enumerate().all(|(at, byte)| fits(at, byte)) {
        name = upper;
        return String::from_utf8(name).map_err(|error| (error.into_bytes(), NameProblem::NotUtf8));
    }
    let problem = if name.is_empty() { NameProblem::Empty } else { NameProblem::NotVariable };
    Err((name, problem))
}
