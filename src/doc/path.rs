//! Key paths: the way from a document's root to a node.

use super::tree::{Kind, Name, NodeId, Tree};
use std::fmt;

/// A step of a path.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Segment {
    /// Into a map, by key.
    Key(Vec<u8>),
    /// Into a list, by position from 0.
    Index(usize),
}

/// The keys and positions from the root to a node.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct KeyPath(pub Vec<Segment>);

/// Text that is not a path, with the byte offset of the trouble.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message} at character {at}")]
pub struct PathError {
    /// What is wrong.
    pub message: &'static str,
    /// Character position, from 1.
    pub at: usize,
}

impl KeyPath {
    /// The path of node `id`.
    #[must_use]
    pub fn of(tree: &Tree<'_>, id: NodeId) -> Self {
        let mut segments = Vec::new();
        let mut at = id;
        loop {
            let node = tree.node(at);
            match &node.name {
                Name::Root => break,
                Name::Key(key) => segments.push(Segment::Key(key.to_vec())),
                Name::Index(index) => segments.push(Segment::Index(*index as usize)),
            }
            at = node.parent;
        }
        segments.reverse();
        Self(segments)
    }

    /// Reads `db.password`, `hosts[0].name` or `["db"]["password"]`, mixed as one likes.
    ///
    /// # Errors
    /// A bracket that is never closed, an empty name, a position that is not a number.
    pub fn parse(text: &str) -> Result<Self, PathError> {
        let mut segments = Vec::new();
        let mut rest = text;
        let at = |rest: &str| text[..text.len() - rest.len()].chars().count() + 1;
        while !rest.is_empty() {
            if let Some(inner) = rest.strip_prefix('[') {
                let quote = inner.chars().next().filter(|c| *c == '"' || *c == '\'');
                if let Some(quote) = quote {
                    let closing = format!("{quote}]");
                    let end = inner[1..]
                        .find(&closing)
                        .ok_or_else(|| PathError { message: "a quoted key is never closed", at: at(rest) })?;
                    segments.push(Segment::Key(inner.as_bytes()[1..=end].to_vec()));
                    rest = &inner[end + 3..];
                } else {
                    let end = inner
                        .find(']')
                        .ok_or_else(|| PathError { message: "`[` is never closed", at: at(rest) })?;
                    let index = inner[..end].parse().ok().ok_or_else(|| PathError {
                        message: "expected a position or a quoted key in `[...]`",
                        at: at(inner),
                    })?;
                    segments.push(Segment::Index(index));
                    rest = &inner[end + 1..];
                }
                rest = match rest.strip_prefix('.') {
                    Some("") => return Err(PathError { message: "a name must follow `.`", at: at(rest) }),
                    Some(after) => after,
                    None if rest.is_empty() || rest.starts_with('[') => rest,
                    None => return Err(PathError { message: "expected `.` or `[`", at: at(rest) }),
                };
            } else {
                let end = rest.find(['.', '[']).unwrap_or(rest.len());
                if end == 0 {
                    return Err(PathError { message: "a name is empty", at: at(rest) });
                }
                segments.push(Segment::Key(rest.as_bytes()[..end].to_vec()));
                rest = &rest[end..];
                if let Some(after) = rest.strip_prefix('.') {
                    if after.is_empty() {
                        return Err(PathError { message: "a name must follow `.`", at: at(rest) });
                    }
                    rest = after;
                }
            }
        }
        if segments.is_empty() {
            return Err(PathError { message: "the path is empty", at: 1 });
        }
        Ok(Self(segments))
    }

    /// The node at this path below `root`, if there is one.
    #[must_use]
    pub fn find(&self, tree: &Tree<'_>, root: NodeId) -> Option<NodeId> {
        let mut at = root;
        for segment in &self.0 {
            at = match (segment, &tree.node(at).kind) {
                (Segment::Key(key), Kind::Map) => tree.child(at, key)?,
                (Segment::Index(index), Kind::List) => tree.children(at).nth(*index)?,
                _ => return None,
            };
        }
        Some(at)
    }
}

/// `db.password`, `hosts[0]`, `["odd key"]`.
impl fmt::Display for KeyPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, segment) in self.0.iter().enumerate() {
            match segment {
                Segment::Index(index) => write!(f, "[{index}]")?,
                Segment::Key(key) => {
                    let key = String::from_utf8_lossy(key);
                    let simple =
                        !key.is_empty() && key.chars().all(|c| c.is_alphanumeric() || "_-/@:+".contains(c));
                    match (simple, i) {
                        (true, 0) => f.write_str(&key)?,
                        (true, _) => write!(f, ".{key}")?,
                        (false, _) => write!(f, "[\"{}\"]", key.escape_debug())?,
                    }
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_read_and_print() {
        for (text, shown) in [
            ("db.password", "db.password"),
            ("hosts[0].name", "hosts[0].name"),
            (r#"["db"]["pass word"]"#, r#"db["pass word"]"#),
            ("['db'][1]", "db[1]"),
            ("a[0][1].b", "a[0][1].b"),
        ] {
            assert_eq!(KeyPath::parse(text).unwrap().to_string(), shown, "{text}");
        }
    }

    #[test]
    fn bad_paths_name_their_place() {
        for (text, at) in [
            ("", 1),
            ("a.", 2),
            ("a..b", 3),
            ("a[x]", 3),
            ("a[0", 2),
            ("a[0]b", 5),
            ("[\"a", 1),
            ("a[0].", 5),
        ] {
            assert_eq!(KeyPath::parse(text).unwrap_err().at, at, "{text}");
        }
    }
}
