//! The setting that says which values of a file are encrypted (format description, section 3.1).

/// The six kinds of selector; a file has one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SelectorKind {
    /// All values but those below a key with this suffix.
    UnencryptedSuffix,
    /// The values below a key with this suffix.
    EncryptedSuffix,
    /// All values but those below a key that matches.
    UnencryptedRegex,
    /// The values below a key that matches.
    EncryptedRegex,
    /// All values but those that a matching comment covers.
    UnencryptedCommentRegex,
    /// The values that a matching comment covers.
    EncryptedCommentRegex,
}

impl SelectorKind {
    /// All kinds, in SOPS's order.
    pub const ALL: [SelectorKind; 6] = [
        SelectorKind::UnencryptedSuffix,
        SelectorKind::EncryptedSuffix,
        SelectorKind::UnencryptedRegex,
        SelectorKind::EncryptedRegex,
        SelectorKind::UnencryptedCommentRegex,
        SelectorKind::EncryptedCommentRegex,
    ];

    /// The name of the field, in the metadata and in creation rules.
    #[must_use]
    pub fn field(self) -> &'static str {
        match self {
            SelectorKind::UnencryptedSuffix => "unencrypted_suffix",
            SelectorKind::EncryptedSuffix => "encrypted_suffix",
            SelectorKind::UnencryptedRegex => "unencrypted_regex",
            SelectorKind::EncryptedRegex => "encrypted_regex",
            SelectorKind::UnencryptedCommentRegex => "unencrypted_comment_regex",
            SelectorKind::EncryptedCommentRegex => "encrypted_comment_regex",
        }
    }

    /// The kind of a field's name.
    #[must_use]
    pub fn from_field(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.field() == name)
    }

    /// Whether the text is a regular expression.
    #[must_use]
    pub fn is_regex(self) -> bool {
        !matches!(self, SelectorKind::UnencryptedSuffix | SelectorKind::EncryptedSuffix)
    }
}

/// A selector as it is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Selector {
    /// Its kind.
    pub kind: SelectorKind,
    /// The suffix or pattern; not empty.
    pub text: String,
}

#[cfg(test)]
mod tests {
    use super::SelectorKind;

    #[test]
    fn field_names_read_back() {
        for kind in SelectorKind::ALL {
            assert_eq!(SelectorKind::from_field(kind.field()), Some(kind));
        }
        assert_eq!(SelectorKind::from_field("encrypted"), None);
    }
}
