//! The lines of Git's raw diffs.

use super::object::ObjectId;

/// What stands at a name on one side of a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Content {
    /// Nothing.
    Nothing,
    /// A file with this content.
    Blob(ObjectId),
    /// A file of the worktree whose content was not hashed.
    Worktree,
    /// A link, a submodule, or an entry of the index that is in conflict.
    Other,
}

impl Content {
    /// The content, if it is one of the store.
    #[must_use]
    pub fn blob(&self) -> Option<&ObjectId> {
        match self {
            Content::Blob(id) => Some(id),
            Content::Nothing | Content::Worktree | Content::Other => None,
        }
    }
}

/// A change of one file: the old entries, one for each parent, and the new one.
pub(super) struct Raw {
    pub(super) old: Vec<Content>,
    pub(super) new: Content,
    /// Whether the index has it in conflict.
    pub(super) unmerged: bool,
}

/// `:MODE MODE ID ID STATUS`, with as many colons, old modes and old ids as the commit has parents.
pub(super) fn parse(field: &[u8]) -> Option<Raw> {
    let parents = field.iter().take_while(|b| **b == b':').count();
    let words: Vec<&[u8]> = field[parents..].split(|b| *b == b' ').collect();
    if parents == 0 || words.len() != 2 * (parents + 1) + 1 {
        return None;
    }
    let (fields, status) = words.split_at(words.len() - 1);
    let (modes, ids) = fields.split_at(parents + 1);
    let unmerged = status == [b"U"];
    let mut entries = modes.iter().zip(ids).map(|(mode, id)| match *mode {
        b"000000" => Content::Nothing,
        mode if mode.starts_with(b"100") => match ObjectId::parse(id) {
            Some(id) => Content::Blob(id),
            None if unmerged => Content::Other,
            None => Content::Worktree,
        },
        _ => Content::Other,
    });
    let old = entries.by_ref().take(parents).collect();
    Some(Raw { old, new: entries.next()?, unmerged })
}

#[cfg(test)]
mod tests {
    use super::{Content, parse};

    #[test]
    fn what_is_no_change_is_refused() {
        let id = "1".repeat(40);
        let zero = "0".repeat(40);
        let raw = parse(format!(":100644 000000 {id} {zero} D").as_bytes()).unwrap();
        assert!(matches!(raw.old[0], Content::Blob(_)) && raw.new == Content::Nothing && !raw.unmerged);
        let merge = format!("::100644 120000 100755 {id} {id} {id} MM");
        let raw = parse(merge.as_bytes()).unwrap();
        assert!(raw.old[0].blob().is_some() && raw.old[1] == Content::Other && raw.new.blob().is_some());
        let raw = parse(format!(":100644 100644 {id} {zero} M").as_bytes()).unwrap();
        assert_eq!(raw.new, Content::Worktree);
        let raw = parse(format!(":000000 100644 {zero} {zero} U").as_bytes()).unwrap();
        assert!(raw.unmerged && raw.new == Content::Other);
        for text in ["", ":", ":100644", ":100644 100644 12 34 M extra words here"] {
            assert!(parse(text.as_bytes()).is_none(), "{text}");
        }
    }
}
