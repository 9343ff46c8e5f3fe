//! What the policy expects of a file.

use crate::keys::MasterKey;
use crate::policy::{Config, CreationRule};

/// Whether a file should be encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Wish {
    /// No rule is for it.
    #[default]
    Nothing,
    /// A rule is for it that takes every file, and nothing tells that this one holds secrets.
    Perhaps,
    /// A rule was written for files like it, or its name says so.
    Encrypted,
}

/// What the policy expects of a file.
#[derive(Debug, Clone, Copy, Default)]
pub struct Expected<'r> {
    /// The configuration, which knows recipients by name.
    pub config: Option<&'r Config>,
    /// The creation rule for it.
    pub rule: Option<&'r CreationRule>,
    /// Whether it should be encrypted.
    pub wish: Wish,
    /// Whether it must have a strict record.
    pub strict: bool,
}

/// Files that nobody encrypts, whatever a rule matches: Git and people read them as they are.
const NEVER: [&str; 8] = [
    ".sops.yaml",
    ".gitignore",
    ".gitattributes",
    ".gitmodules",
    ".gitkeep",
    ".keep",
    ".editorconfig",
    ".pre-commit-config.yaml",
];

/// Beginnings of such names, in lower case.
const NEVER_BEGINNINGS: [&str; 3] = ["readme", "license", "codeowners"];

/// Where `seal revoke` keeps what has to be changed: names of values, to be read by all.
const LISTS: &str = ".seal/revoked/";

/// What names of encrypted files have in them.
const MARKS: [&str; 4] = [".enc.", ".sops.", ".encrypted.", ".sealed."];

/// Whether nobody encrypts the file called `name`, whatever a rule matches.
#[must_use]
pub fn is_never_encrypted(name: &str) -> bool {
    let base = name.rsplit('/').next().unwrap_or(name);
    let lower = base.to_lowercase();
    NEVER.contains(&base)
        || (NEVER_BEGINNINGS.iter().any(|beginning| lower.starts_with(beginning)) && !is_marked(&lower))
        || name.starts_with(LISTS)
        || name.contains(&format!("/{LISTS}"))
}

/// Whether a base name, in lower case, tells that the file is encrypted.
fn is_marked(lower: &str) -> bool {
    MARKS.iter().any(|mark| lower.contains(mark) || lower.ends_with(mark.trim_end_matches('.')))
}

impl<'r> Expected<'r> {
    /// What is expected of the file called `name` under `rule`.
    #[must_use]
    pub fn new(config: Option<&'r Config>, rule: Option<&'r CreationRule>, name: &str, strict: bool) -> Self {
        let base = name.rsplit('/').next().unwrap_or(name);
        let lower = base.to_lowercase();
        let never = is_never_encrypted(name);
        let marked = is_marked(&lower);
        let wish = match rule {
            None => Wish::Nothing,
            Some(_) if never => Wish::Nothing,
            Some(rule) if rule.takes_every_file() && !marked => Wish::Perhaps,
            Some(_) => Wish::Encrypted,
        };
        Self { config, rule, wish, strict }
    }

    /// The recipient for messages: `alice (age age1ql3z…cac8p)`, or without a name.
    pub(super) fn shown(&self, key: &MasterKey) -> String {
        let text = format!("{} {}", key.kind, key.short_recipient());
        match self.config.and_then(|config| config.name_of(key)) {
            Some(name) => format!("{name} ({text})"),
            None => text,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Expected, Wish};
    use crate::policy::CreationRule;

    #[test]
    fn a_rule_for_every_file_means_those_with_a_telling_name() {
        let all = CreationRule::default();
        let some = CreationRule { path_regex: "^secrets/".to_owned(), ..CreationRule::default() };
        let cases = [
            (Some(&all), "app.yaml", Wish::Perhaps),
            (Some(&all), "README.md", Wish::Nothing),
            (Some(&all), "deploy/app.enc.yaml", Wish::Encrypted),
            (Some(&all), "key.pem.enc", Wish::Encrypted),
            (Some(&all), "license.enc.yaml", Wish::Encrypted),
            (Some(&all), "license.txt", Wish::Nothing),
            (Some(&all), "my.encoder.yaml", Wish::Perhaps),
            (Some(&some), "secrets/app.yaml", Wish::Encrypted),
            (Some(&some), "secrets/.gitkeep", Wish::Nothing),
            (Some(&some), "secrets/Readme.md", Wish::Nothing),
            (Some(&some), ".sops.yaml", Wish::Nothing),
            (Some(&some), ".seal/revoked/bob.json", Wish::Nothing),
            (Some(&some), "shop/.seal/revoked/bob.json", Wish::Nothing),
            (Some(&some), "a.seal/revoked/bob.json", Wish::Encrypted),
            (None, "app.enc.yaml", Wish::Nothing),
        ];
        for (rule, name, wish) in cases {
            assert_eq!(Expected::new(None, rule, name, false).wish, wish, "{name}");
        }
    }
}
