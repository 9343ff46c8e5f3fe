//! The settings of `git config`: read, and written through `git` itself.

use super::error::GitError;
use super::process::Process;
use std::path::Path;

/// Which file a setting is written to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// That of the repository.
    Local,
    /// That of the person.
    Global,
}

impl Scope {
    /// Its name, as Git has it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Scope::Local => "local",
            Scope::Global => "global",
        }
    }

    fn flag(self) -> &'static str {
        match self {
            Scope::Local => "--local",
            Scope::Global => "--global",
        }
    }
}

/// A setting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting {
    /// Where it is from: `system`, `global`, `local` or `worktree`.
    pub scope: String,
    /// Its key, section and name in lower case.
    pub key: String,
    /// Its value; none of one that stands there without `=`, which means yes.
    pub value: Option<String>,
}

impl Setting {
    /// Its value as a truth value, as Git takes it.
    #[must_use]
    pub fn is_true(&self) -> bool {
        match self.value.as_deref().map(str::to_ascii_lowercase).as_deref() {
            None | Some("true" | "yes" | "on") => true,
            Some(number) => number.parse::<i64>().is_ok_and(|number| number != 0),
        }
    }
}

/// Settings in the order in which Git reads them: the last one counts.
#[derive(Debug, Clone, Default)]
pub struct Settings(pub Vec<Setting>);

impl Settings {
    /// All settings that count in `folder`, but those of the command line.
    ///
    /// # Errors
    /// `git` cannot be run, or a file of settings cannot be read.
    pub fn read(folder: &Path) -> Result<Self, GitError> {
        let printed = Process::printed::<&str>(folder, COMMAND, &["--list", "--show-scope", "-z"], &[])?;
        let mut settings = Vec::new();
        let mut fields = printed.split(|b| *b == 0);
        while let (Some(scope), Some(entry)) = (fields.next(), fields.next()) {
            let scope = String::from_utf8_lossy(scope);
            if scope != "command" {
                settings.push(setting(&scope, entry));
            }
        }
        Ok(Self(settings))
    }

    /// The settings of one file, without those that it includes; none if there is no file.
    ///
    /// # Errors
    /// `git` cannot be run, or the file cannot be read.
    pub fn read_file(folder: &Path, scope: Scope) -> Result<Self, GitError> {
        // A file of the person that is not there is an error to Git.
        if scope == Scope::Global {
            let all = Self::read(folder)?;
            let of_scope = |setting: &Setting| setting.scope == scope.name();
            return Ok(Self(all.0.into_iter().filter(of_scope).collect()));
        }
        let printed = Process::printed::<&str>(folder, COMMAND, &[scope.flag(), "--list", "-z"], &[])?;
        let entries = printed.split(|b| *b == 0).filter(|entry| !entry.is_empty());
        Ok(Self(entries.map(|entry| setting(scope.name(), entry)).collect()))
    }

    /// All that have this key.
    pub fn of<'s>(&'s self, key: &str) -> impl Iterator<Item = &'s Setting> + use<'s> {
        let key = lower(key);
        self.0.iter().filter(move |setting| setting.key == key)
    }

    /// The values of a key.
    #[must_use]
    pub fn values(&self, key: &str) -> Vec<&str> {
        self.of(key).map(|setting| setting.value.as_deref().unwrap_or("true")).collect()
    }

    /// The one that counts.
    #[must_use]
    pub fn last(&self, key: &str) -> Option<&Setting> {
        self.of(key).last()
    }
}

const COMMAND: &str = "config";

/// Gives a key these values, and no others, in the file of `scope`.
///
/// # Errors
/// `git` cannot be run, or cannot write the file.
pub fn set(folder: &Path, scope: Scope, key: &str, values: &[&str]) -> Result<(), GitError> {
    let mut mode = "--replace-all";
    for value in values {
        Process::printed::<&str>(folder, COMMAND, &[scope.flag(), mode, key, value], &[])?;
        mode = "--add";
    }
    Ok(())
}

/// Takes all values of a key out of the file of `scope`, and the heading if nothing is left below it.
///
/// # Errors
/// `git` cannot be run, or cannot write the file.
pub fn unset(folder: &Path, scope: Scope, key: &str) -> Result<(), GitError> {
    Process::printed::<&str>(folder, COMMAND, &[scope.flag(), "--unset-all", key], &[]).map(|_| ())
}

/// `KEY`, or `KEY LF VALUE`.
fn setting(scope: &str, entry: &[u8]) -> Setting {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let end = entry.iter().position(|b| *b == b'\n');
    let key = text(&entry[..end.unwrap_or(entry.len())]);
    Setting { scope: scope.to_owned(), key, value: end.map(|end| text(&entry[end + 1..])) }
}

/// A key as Git lists it: all but the middle in lower case.
fn lower(key: &str) -> String {
    match (key.find('.'), key.rfind('.')) {
        (Some(first), Some(last)) => {
            let (section, rest) = key.split_at(first);
            let (middle, name) = rest.split_at(last - first);
            format!("{}{middle}{}", section.to_ascii_lowercase(), name.to_ascii_lowercase())
        }
        _ => key.to_ascii_lowercase(),
    }
}

#[cfg(test)]
mod tests {
    use super::{Setting, lower, setting};

    #[test]
    fn keys_and_values_are_read_as_git_lists_them() {
        assert_eq!(lower("mergetool.Seal.trustExitCode"), "mergetool.Seal.trustexitcode");
        assert_eq!(lower("core.hooksPath"), "core.hookspath");
        let one = setting("local", b"diff.seal.textconv\na\nb");
        assert_eq!((one.key.as_str(), one.value.as_deref()), ("diff.seal.textconv", Some("a\nb")));
        assert_eq!(setting("local", b"a.b").value, None);
    }

    #[test]
    fn truth_is_that_of_git() {
        let is_true = |value: Option<&str>| {
            let value = value.map(str::to_owned);
            Setting { scope: String::new(), key: String::new(), value }.is_true()
        };
        for yes in [None, Some("true"), Some("Yes"), Some("ON"), Some("1"), Some("-3")] {
            assert!(is_true(yes), "{yes:?}");
        }
        for no in ["", "false", "no", "off", "0", "00", "maybe"] {
            assert!(!is_true(Some(no)), "{no}");
        }
    }
}
