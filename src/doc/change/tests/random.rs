//! Random documents and changes.

use super::super::{ChangeError, check, set, unset};
use super::{Dotenv, Json, Yaml, data};
use crate::doc::path::Segment;
use crate::doc::toml::Toml;
use crate::doc::yaml::tests::documents::document;
use crate::doc::{Data, Flags, Format, FormatName, KeyPath, Kind, Limits, NodeId, Tree};
use proptest::prelude::*;

const VALUES: &[&str] = &[
    "hunter2",
    "5",
    "1.0",
    "true",
    "null",
    "\"\"",
    "\" x \"",
    "\"a: b # c\"",
    "p\nq",
    "p\nq\n\n",
    "\n",
    "\"\\u0000\"",
    "yes",
    "😀",
    "- x",
    "{}",
    "[]",
    "[1, \"two\", []]",
    "{\"a\": 1, \"b\": {\"c\": \"d\"}}",
    "[{\"a\": \"p\\nq\\n\"}, 2]",
];

/// What is changed: the path of a node of the first document, or one that is new.
fn place(format: &dyn Format, tree: &Tree<'_>, pick: usize) -> (KeyPath, NodeId, bool) {
    let root = tree.documents[0];
    let nodes: Vec<NodeId> = (root..tree.node(root).end)
        .filter(|id| !tree.node(*id).flags.has(Flags::METADATA) && !tree.node(*id).flags.has(Flags::COPY))
        .collect();
    let id = nodes[pick / 2 % nodes.len()];
    let mut path = KeyPath::of(tree, id);
    let new = pick.is_multiple_of(2) || id == root;
    if new {
        let fresh = |at: NodeId| {
            let named = |key: &String| tree.child(at, key.as_bytes()).is_none();
            let key = (0..).map(|n| format!("NEW{n}")).find(named).unwrap();
            Segment::Key(key.into_bytes())
        };
        match tree.node(id).kind {
            Kind::List => path.0.push(Segment::Index(usize::MAX)),
            _ if format.name() == FormatName::Dotenv => return (KeyPath(vec![fresh(root)]), root, true),
            _ => path.0.push(fresh(id)),
        }
    }
    (path, id, new)
}

fn lines(text: &[u8]) -> Vec<&[u8]> {
    text.split(|b| matches!(b, b'\n' | b'\r')).collect()
}

/// How many lines of `old` are not in `new`, as one run.
fn lost(old: &[u8], new: &[u8]) -> usize {
    let (old, new) = (lines(old), lines(new));
    let before = old.iter().zip(&new).take_while(|(a, b)| a == b).count();
    let most = old.len().min(new.len()) - before;
    let behind = old.iter().rev().zip(new.iter().rev()).take(most).take_while(|(a, b)| a == b).count();
    old.len() - before - behind
}

/// How many lines node `id` takes, at most.
fn extent(tree: &Tree<'_>, id: NodeId) -> usize {
    let node = tree.node(id);
    let end = tree.nodes.get(node.end as usize).map_or(tree.source.len(), |next| next.entry as usize);
    lines(&tree.source[node.entry as usize..end.max(node.span.end as usize)]).len()
}

/// Sets, reads back, takes away; the error if there was one.
fn check_change(format: &dyn Format, source: &[u8], pick: usize, value: &str) -> Result<(), ChangeError> {
    let limits = Limits::default();
    let tree = format.parse(source, &limits).unwrap();
    let (path, id, new) = place(format, &tree, pick);
    let value = data(value);
    let shown = || format!("{path} = {value:?}\n{}", String::from_utf8_lossy(source));
    let with = match set(format, source, &path, &value, &limits)? {
        None => return Ok(()),
        Some(with) => with,
    };
    let text = String::from_utf8_lossy(&with).into_owned();
    let again = format.parse(&with, &limits).unwrap();
    let mut at = path.clone();
    if let (true, Some(Segment::Index(index))) = (new, at.0.last_mut()) {
        *index = tree.children(id).count();
    }
    let set_at = at.find(&again, again.documents[0]).unwrap_or_else(|| panic!("{}{text}", shown()));
    assert!(check::holds(format, &value, &again, set_at), "{}{text}", shown());
    let lost_lines = lost(source, &with);
    let most = if new && !matches!(tree.node(id).kind, Kind::Leaf(_)) && tree.children(id).next().is_some() {
        1
    } else {
        extent(&tree, id)
    };
    // A text without a final line end may need one, and its last value another header.
    let complete = source.ends_with(b"\n") || source.ends_with(b"\r");
    // A value in the place of a TOML table stands further up, with the keys.
    let moves = format.name() == FormatName::Toml && !new && !matches!(tree.node(id).kind, Kind::Leaf(_));
    assert!(
        lost_lines <= most + 1 || !complete || moves,
        "{lost_lines} lines lost, {most} expected: {}{text}",
        shown()
    );
    // Nothing to set any more.
    assert_eq!(set(format, &with, &at, &value, &limits), Ok(None), "{}{text}", shown());
    let without = unset(format, &with, &at, &limits)?;
    let rest = format.parse(&without, &limits).unwrap();
    let container = again.node(again.node(set_at).parent).kind.clone();
    let parent = KeyPath(at.0[..at.0.len() - 1].to_vec());
    let found = parent.find(&rest, rest.documents[0]).unwrap();
    assert_eq!(rest.node(found).kind, container, "{}{text}", shown());
    if new && !matches!(tree.node(id).kind, Kind::Leaf(_)) && tree.children(id).next().is_some() && complete {
        // A TOML table that had no header of its own keeps the one that its first key gave it.
        let headers = |text: &[u8]| lines(text).iter().filter(|line| line.starts_with(b"[")).count();
        if format.name() == FormatName::Toml && headers(&without) > headers(source) {
            assert_eq!(lost(source, &without), 0, "{}{text}", shown());
            return Ok(());
        }
        assert_eq!(String::from_utf8_lossy(&without), String::from_utf8_lossy(source), "{}{text}", shown());
    }
    Ok(())
}

/// Only what cannot be changed alone is refused.
fn refused_rightly(result: Result<(), ChangeError>) -> bool {
    !matches!(result, Err(ChangeError::SelfCheck | ChangeError::Missing(_) | ChangeError::Reserved(_)))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1500, ..ProptestConfig::default() })]

    #[test]
    fn yaml_changes_where_it_is_told(
        numbers in prop::collection::vec(any::<u8>(), 0..160),
        pick in 0..1000usize,
        value in 0..VALUES.len(),
    ) {
        let source = document(&numbers);
        let result = check_change(&Yaml, source.as_bytes(), pick, VALUES[value]);
        prop_assert!(refused_rightly(result.clone()), "{result:?} {pick} {}\n{source}", VALUES[value]);
    }

    #[test]
    fn json_changes_where_it_is_told(
        value in 0..VALUES.len(),
        pick in 0..1000usize,
        steps in prop::collection::vec((0..1000usize, 0..VALUES.len()), 0..12),
        start in 0..4usize,
    ) {
        let mut source = ["{}", "{\n}\n", "{\"a\" : 1}", "{\r\n  \"a\": [1,2]\r\n}"][start].as_bytes().to_vec();
        for (pick, value) in steps {
            let tree = Json.parse(&source, &Limits::default()).unwrap();
            let (path, _, _) = place(&Json, &tree, pick);
            if let Ok(Some(text)) = set(&Json, &source, &path, &data(VALUES[value]), &Limits::default()) {
                source = text.to_vec();
            }
        }
        let result = check_change(&Json, &source, pick, VALUES[value]);
        prop_assert!(refused_rightly(result.clone()), "{result:?}\n{}", String::from_utf8_lossy(&source));
    }

    #[test]
    fn env_files_change_where_they_are_told(
        lines in prop::collection::vec("(#.*|[A-Z]{1,3}=[^\n]{0,8}|)", 0..8),
        last: bool,
        pick in 0..1000usize,
        value in 0..VALUES.len(),
    ) {
        let mut source = lines.join("\n");
        if last { source.push('\n'); }
        let result = check_change(&Dotenv, source.as_bytes(), pick, VALUES[value]);
        prop_assert!(refused_rightly(result.clone()), "{result:?}\n{source}");
    }

    #[test]
    fn toml_changes_where_it_is_told(
        numbers in prop::collection::vec(any::<u8>(), 0..160),
        pick in 0..1000usize,
        value in 0..VALUES.len(),
    ) {
        let source = crate::doc::toml::tests::documents::document(&numbers);
        let result = check_change(&Toml, source.as_bytes(), pick, VALUES[value]);
        prop_assert!(refused_rightly(result.clone()), "{result:?} {pick} {}\n{source}", VALUES[value]);
    }

    #[test]
    fn garbage_never_panics(bytes in prop::collection::vec(any::<u8>(), 0..60), path in "[a-z\\[\\]0-9.\"]{1,8}") {
        let Ok(path) = KeyPath::parse(&path) else { return Ok(()) };
        for format in [&Yaml as &dyn Format, &Json, &Dotenv, &Toml] {
            let _ = set(format, &bytes, &path, &Data::str("x"), &Limits::default());
            let _ = unset(format, &bytes, &path, &Limits::default());
        }
    }
}
