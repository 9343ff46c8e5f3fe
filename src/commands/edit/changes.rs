//! What differs between two plain texts: how much, and where. Never what.

use crate::commands::convert;
use crate::doc::path::Segment;
use crate::doc::tree::Step;
use crate::doc::{Format, KeyPath, Kind, Tree};
use std::collections::BTreeMap;
use zeroize::Zeroizing;

/// Paths that are named before the rest is only counted.
const MOST_PATHS: usize = 10;

/// The differences of two texts.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Changes {
    changed: usize,
    added: usize,
    removed: usize,
    paths: Vec<String>,
}

/// The contents of all leaves at a path, positions in lists left out: so an element that is put in between
/// others is one more, and not a change of all that follow.
type Contents = BTreeMap<String, Vec<Zeroizing<Vec<u8>>>>;

impl Changes {
    /// The differences from `before` to `after`; none if one of them does not parse.
    pub(super) fn between(format: &dyn Format, before: &[u8], after: &[u8]) -> Option<Self> {
        let parse = |text| format.parse(text, &convert::limits());
        let (old, new) = (contents(&parse(before).ok()?), contents(&parse(after).ok()?));
        let mut changes = Self::default();
        let none = Vec::new();
        for (path, before) in &old {
            let after = new.get(path).unwrap_or(&none);
            changes.count(path, less(before, after), less(after, before));
        }
        for (path, after) in new.iter().filter(|(path, _)| !old.contains_key(*path)) {
            changes.count(path, 0, after.len());
        }
        changes.paths.sort();
        Some(changes)
    }

    fn count(&mut self, path: &str, gone: usize, come: usize) {
        let changed = gone.min(come);
        self.changed += changed;
        self.added += come - changed;
        self.removed += gone - changed;
        if gone + come > 0 {
            self.paths.push(path.to_owned());
        }
    }

    /// `1 value changed, 2 added`; text that is no value otherwise.
    pub(super) fn summary(&self) -> String {
        let counts = [(self.changed, "changed"), (self.added, "added"), (self.removed, "removed")];
        let mut words: Vec<String> = Vec::new();
        for (count, what) in counts.into_iter().filter(|(count, _)| *count > 0) {
            words.push(match (words.is_empty(), count) {
                (true, 1) => format!("1 value {what}"),
                (true, count) => format!("{count} values {what}"),
                (false, count) => format!("{count} {what}"),
            });
        }
        if words.is_empty() {
            "no value changed, but the text around them".to_owned()
        } else {
            words.join(", ")
        }
    }

    /// The paths at which something differs.
    pub(super) fn paths(&self) -> String {
        let named: Vec<_> = self.paths.iter().take(MOST_PATHS).map(|path| format!("`{path}`")).collect();
        match self.paths.len().saturating_sub(MOST_PATHS) {
            0 if named.is_empty() => "comments or layout only".to_owned(),
            0 => named.join(", "),
            more => format!("{} and {more} more", named.join(", ")),
        }
    }
}

/// How many of `these` are not among `others`.
fn less(these: &[Zeroizing<Vec<u8>>], others: &[Zeroizing<Vec<u8>>]) -> usize {
    let mut others: Vec<&[u8]> = others.iter().map(|content| content.as_slice()).collect();
    others.sort_unstable();
    let mut these: Vec<&[u8]> = these.iter().map(|content| content.as_slice()).collect();
    these.sort_unstable();
    let mut at = 0;
    let common = these.iter().filter(|content| {
        while others.get(at).is_some_and(|other| other < *content) {
            at += 1;
        }
        let same = others.get(at) == Some(content);
        at += usize::from(same);
        same
    });
    these.len() - common.count()
}

fn contents(tree: &Tree<'_>) -> Contents {
    let mut contents = Contents::new();
    let walked: Result<(), std::convert::Infallible> = tree.walk(|step| {
        // Of an empty map or list there is no leaf that would tell of it.
        let id = match step {
            Step::Leaf(id) => id,
            Step::Enter(id) if tree.children(id).next().is_none() => id,
            _ => return Ok(()),
        };
        let mut content = Zeroizing::new(Vec::new());
        if let Kind::Leaf(value) = &tree.node(id).kind {
            content.push(kind(value));
            value.canonical(&mut content);
        }
        let mut path = KeyPath::of(tree, id);
        path.0.retain(|segment| matches!(segment, Segment::Key(_)));
        let mut shown = path.to_string();
        if tree.documents.len() > 1
            && let Some(document) = tree.documents.iter().rposition(|root| *root <= id)
        {
            shown = format!("document {}: {shown}", document + 1);
        }
        contents.entry(shown).or_default().push(content);
        Ok(())
    });
    match walked {
        Ok(()) => contents,
    }
}

/// Texts and numbers that are written the same are not the same.
fn kind(value: &crate::doc::Value<'_>) -> u8 {
    use crate::doc::Value;
    match value {
        Value::Null => b'n',
        Value::Bool(_) => b'b',
        Value::Int(_) => b'i',
        Value::Float(_) => b'f',
        Value::Time(_) => b't',
        Value::Str(_) => b's',
    }
}

#[cfg(test)]
mod tests {
    use super::Changes;
    use crate::doc::yaml::Yaml;

    fn between(before: &str, after: &str) -> (String, String) {
        let changes = Changes::between(&Yaml, before.as_bytes(), after.as_bytes()).unwrap();
        (changes.summary(), changes.paths())
    }

    #[test]
    fn values_are_counted_by_their_paths() {
        let before = "a: 1\nb:\n  c: x\n  d: y\nl:\n- one\n- two\n";
        for (after, summary, paths) in [
            ("a: 2\nb:\n  c: x\n  d: y\nl:\n- one\n- two\n", "1 value changed", "`a`"),
            ("a: '1'\nb:\n  c: x\n  d: y\nl:\n- one\n- two\n", "1 value changed", "`a`"),
            (
                "b:\n  d: z\n  e: q\nl:\n- one\n- two\n",
                "1 value changed, 1 added, 2 removed",
                "`a`, `b.c`, `b.d`, `b.e`",
            ),
            ("a: 1\nb:\n  c: x\n  d: y\nl:\n- zero\n- one\n- two\n", "1 value added", "`l`"),
            (
                "# c\na: 1\nb:\n  c: x\n  d: y\nl:\n- one\n- two\n",
                "no value changed, but the text around them",
                "comments or layout only",
            ),
            ("a: 1\nb: {}\nl:\n- one\n- two\n", "1 value added, 2 removed", "`b`, `b.c`, `b.d`"),
        ] {
            assert_eq!(between(before, after), (summary.to_owned(), paths.to_owned()), "{after}");
        }
    }

    #[test]
    fn a_long_list_of_paths_is_cut() {
        let text: String = (0..14).map(|n| format!("k{n:02}: 1\n")).collect();
        let (summary, paths) = between("a: 1\n", &format!("a: 1\n{text}"));
        assert_eq!(summary, "14 values added");
        assert!(paths.ends_with("`k09` and 4 more"), "{paths}");
    }
}
