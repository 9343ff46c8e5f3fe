//! The kinds of findings. Their codes are stable; `docs/check.md` has a heading for each.

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Somebody should look at it.
    Warning,
    /// A secret is in danger, or cannot be read by those who should.
    Error,
}

impl Severity {
    /// Its word.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Severity::Warning => "warning",
            Severity::Error => "error",
        }
    }
}

/// A kind of finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Check {
    /// S001
    NotEncrypted,
    /// S002
    ClearValue,
    /// S003
    OtherRecipients,
    /// S004
    Malformed,
    /// S005
    ConflictMarkers,
    /// S006
    OtherSelectors,
    /// S007
    NeedlessToken,
    /// S008
    CopiedToken,
    /// S009
    NoDriver,
    /// S010
    KeptText,
    /// S011
    ClearCopy,
    /// S012
    Unverified,
    /// S013
    FoundSecret,
    /// S014
    ChangedRules,
    /// S015
    CarriageReturns,
    /// S016
    KnownSecret,
    /// S017
    LikelySecret,
    /// S018
    NoRecord,
    /// S019
    OldSecret,
    /// S020
    Configuration,
}

/// What is always said of a kind: code, severity, title, and what to run next, with `{}` for the file.
struct Entry(&'static str, Severity, &'static str, &'static str);

impl Check {
    /// All of them, by code.
    pub const ALL: [Check; 20] = [
        Check::NotEncrypted,
        Check::ClearValue,
        Check::OtherRecipients,
        Check::Malformed,
        Check::ConflictMarkers,
        Check::OtherSelectors,
        Check::NeedlessToken,
        Check::CopiedToken,
        Check::NoDriver,
        Check::KeptText,
        Check::ClearCopy,
        Check::Unverified,
        Check::FoundSecret,
        Check::ChangedRules,
        Check::CarriageReturns,
        Check::KnownSecret,
        Check::LikelySecret,
        Check::NoRecord,
        Check::OldSecret,
        Check::Configuration,
    ];

    fn entry(self) -> Entry {
        use Severity::{Error, Warning};
        const ANEW: &str = "encrypt it anew: seal decrypt -i {} && seal encrypt -i {}";
        const COMPARE: &str = "compare with the last good version: git log -p -- {}";
        match self {
            Check::NotEncrypted => Entry("S001", Error, "not encrypted", "seal encrypt -i {}"),
            Check::ClearValue => Entry(
                "S002",
                Error,
                "clear value in an encrypted file",
                "take it out of the file; then seal decrypt -i {}, put it back, and seal encrypt -i {}",
            ),
            Check::OtherRecipients => {
                Entry("S003", Error, "recipients are not those of the rule", "seal updatekeys {}")
            }
            Check::Malformed => Entry("S004", Error, "malformed encrypted file", COMPARE),
            Check::ConflictMarkers => Entry("S005", Error, "conflict markers", "seal git resolve {}"),
            Check::OtherSelectors => Entry("S006", Warning, "selectors are not those of the rule", ANEW),
            Check::NeedlessToken => {
                Entry("S007", Warning, "encrypted value where a clear one belongs", COMPARE)
            }
            Check::CopiedToken => Entry("S008", Warning, "copied ciphertext", COMPARE),
            Check::NoDriver => Entry("S009", Warning, "Git has no driver for the file", "seal git install"),
            Check::KeptText => Entry(
                "S010",
                Error,
                "Git keeps decrypted text",
                "git config diff.seal.cachetextconv false; seal git uninstall --purge-cache takes away what is kept",
            ),
            Check::ClearCopy => Entry(
                "S011",
                Warning,
                "clear copy of an encrypted file",
                "git rm --cached -- {}; if it was committed, replace its secrets where they are used",
            ),
            Check::FoundSecret => Entry(
                "S013",
                Error,
                "encrypted value found in clear",
                "take it out; if it was committed, replace it where it is used",
            ),
            Check::ChangedRules => Entry(
                "S014",
                Warning,
                "creation rules were changed",
                "look at who can read what: seal access",
            ),
            Check::Unverified => Entry("S012", Error, "not verified", COMPARE),
            Check::CarriageReturns => Entry(
                "S015",
                Warning,
                "CR LF in an encrypted file",
                "say `text eol=lf` for it in .gitattributes, then: git add --renormalize -- {}",
            ),
            Check::KnownSecret => Entry(
                "S016",
                Error,
                "clear value of a known kind of secret",
                "replace the secret where it is used, then keep the new one encrypted",
            ),
            Check::LikelySecret => Entry(
                "S017",
                Warning,
                "clear value that looks like a secret",
                "let the selectors of the rule cover its key, then encrypt the file anew",
            ),
            Check::NoRecord => Entry("S018", Error, "no strict record", ANEW),
            Check::OldSecret => {
                Entry("S019", Warning, "secret older than allowed", "replace it where it is used")
            }
            Check::Configuration => {
                Entry("S020", Error, "problem in the configuration", "see docs/check.md, S020")
            }
        }
    }

    /// `S001` and so on.
    #[must_use]
    pub fn code(self) -> &'static str {
        self.entry().0
    }

    /// The usual severity; a single finding may be milder.
    #[must_use]
    pub fn severity(self) -> Severity {
        self.entry().1
    }

    /// A few words.
    #[must_use]
    pub fn title(self) -> &'static str {
        self.entry().2
    }

    /// What to run next, for a file whose name is the `word` of a shell.
    #[must_use]
    pub fn hint(self, word: &str) -> String {
        self.entry().3.replace("{}", word)
    }

    /// Whether it tells of a secret in clear: one that stays readable in the history.
    #[must_use]
    pub fn is_leak(self) -> bool {
        use Check::{ClearCopy, ClearValue, FoundSecret, KnownSecret, LikelySecret, NotEncrypted};
        matches!(self, NotEncrypted | ClearValue | ClearCopy | FoundSecret | KnownSecret | LikelySecret)
    }

    /// The kind of a code.
    #[must_use]
    pub fn of_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|check| check.code() == code)
    }
}

#[cfg(test)]
mod tests {
    use super::Check;

    #[test]
    fn every_code_is_documented_under_its_title() {
        let headings: Vec<&str> = include_str!("../../docs/check.md")
            .lines()
            .filter_map(|line| line.strip_prefix("### "))
            .collect();
        let wanted: Vec<String> =
            Check::ALL.iter().map(|check| format!("{} {}", check.code(), check.title())).collect();
        assert_eq!(headings, wanted);
        assert!(Check::ALL.is_sorted_by_key(|check| check.code()));
        assert!(Check::ALL.iter().all(|check| Check::of_code(check.code()) == Some(*check)));
    }
}
