//! Encrypted values: by their text alone, also where it does not parse, and with their paths.

use super::Subject;
use crate::doc::tree::Step;
use crate::doc::{KeyPath, Kind, Limits, Value};
use crate::sops::Sealed;

/// What every encrypted value begins with.
const BEGINNING: &[u8] = b"ENC[AES256_GCM,data:";

/// The encrypted values in a text, as they stand; those that are cut off or folded over lines are left
/// out.
pub fn in_text(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = text;
    std::iter::from_fn(move || {
        loop {
            let start = find(rest, BEGINNING)?;
            rest = &rest[start..];
            let length = rest[BEGINNING.len()..].iter().position(|b| matches!(b, b']' | b'\n'))?;
            let (token, after) = rest.split_at(BEGINNING.len() + length + 1);
            rest = after;
            if token.ends_with(b"]") {
                return Some(token);
            }
        }
    })
}

/// An encrypted value at its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    /// It, as it stands in the file.
    pub text: Vec<u8>,
    /// Which value it is.
    pub path: KeyPath,
    /// The byte it begins at.
    pub at: usize,
}

/// The encrypted values of an encrypted file; none of a file that is not one.
#[must_use]
pub fn with_paths(subject: Subject<'_>) -> Vec<Token> {
    let Ok(sealed) = Sealed::load(subject.store, subject.bytes, subject.whole, &Limits::default()) else {
        return Vec::new();
    };
    let Ok(plan) = sealed.plan() else { return Vec::new() };
    let tree = &sealed.tree;
    let tokens = plan.steps.iter().filter_map(|planned| {
        let Step::Leaf(id) = planned.step else { return None };
        let Kind::Leaf(Value::Str(value)) = &tree.node(id).kind else { return None };
        let text = in_text(value).next()?.to_vec();
        Some(Token { text, path: KeyPath::of(tree, id), at: tree.node(id).span.start as usize })
    });
    tokens.collect()
}

/// Whether a value should be an encrypted one, whole or not.
pub(super) fn begins(value: &[u8]) -> bool {
    value.starts_with(b"ENC[AES256_GCM")
}

/// The first place of `needle`.
pub(super) fn find(text: &[u8], needle: &[u8]) -> Option<usize> {
    let (first, others) = needle.split_first()?;
    let mut from = 0;
    while let Some(at) = text[from..].iter().position(|b| b == first) {
        if text[from + at + 1..].starts_with(others) {
            return Some(from + at);
        }
        from += at + 1;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::{find, in_text};

    #[test]
    fn whole_values_are_found() {
        let text = b"a: ENC[AES256_GCM,data:x,iv:y]\nENC[AES256_GCM,data:cut\nb: 'ENC[AES256_GCM,data:z]' ENC[AES256_GCM,data:";
        let found: Vec<_> = in_text(text).collect();
        assert_eq!(found, [&b"ENC[AES256_GCM,data:x,iv:y]"[..], b"ENC[AES256_GCM,data:z]"]);
        assert_eq!(find(b"aab", b"ab"), Some(1));
        assert_eq!(find(b"aa", b"ab"), None);
    }
}
