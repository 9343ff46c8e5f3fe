//! Line and column of a problem, from the project's own YAML tree of the same text.

use super::problem::{Problem, Spot};
use crate::doc::path::Segment;
use crate::doc::yaml::Yaml;
use crate::doc::{Format, KeyPath, Kind, Limits, NodeId, Position, Style, Tree, Value};
use crate::error::Place;

/// Where the problems are in `text`, which is called `file`. What cannot be found has the place of what
/// contains it, in the end the start of the file.
pub(super) fn places(text: &[u8], file: &str, problems: &[&Problem]) -> Vec<Place> {
    let tree = Yaml.parse(text, &Limits::default()).ok();
    let offset = |problem: &Problem| tree.as_ref().map_or(0, |tree| offset(tree, problem));
    let place = |problem: &&Problem| {
        let Position { line, column } = Position::of(text, offset(problem));
        Place { file: file.to_owned(), line, column }
    };
    problems.iter().map(place).collect()
}

/// What is wrong with a text that the YAML reader refused with `error`, and where. The project's own
/// parser says it better if it refuses the text too.
pub(super) fn of_syntax(text: &[u8], file: &str, error: &serde_yaml::Error) -> (String, Option<Place>) {
    let place = |line, column| Place { file: file.to_owned(), line, column };
    if let Err(error) = Yaml.parse(text, &Limits::default()) {
        let Position { line, column } = Position::of(text, error.at);
        return (error.to_string(), Some(place(line, column)));
    }
    let message = error.to_string();
    match error.location() {
        Some(at) => {
            let suffix = format!(" at line {} column {}", at.line(), at.column());
            (message.replace(&suffix, ""), Some(place(at.line(), at.column())))
        }
        None => (message, None),
    }
}

fn offset(tree: &Tree<'_>, problem: &Problem) -> usize {
    let Some(root) = tree.documents.first() else { return 0 };
    let (id, found) = deepest(tree, *root, &problem.path);
    let node = tree.node(id);
    match problem.spot {
        Spot::Key if found => node.entry as usize,
        Spot::Character(count) if found => character(tree, id, count).unwrap_or(node.outer as usize),
        _ => node.outer as usize,
    }
}

/// The node at `path`, or the last one on the way to it; and whether it is the one asked for.
fn deepest(tree: &Tree<'_>, root: NodeId, path: &KeyPath) -> (NodeId, bool) {
    let mut at = root;
    for segment in &path.0 {
        let child = match (segment, &tree.node(at).kind) {
            (Segment::Key(key), Kind::Map) => tree.child(at, key),
            (Segment::Index(index), Kind::List) => tree.children(at).nth(*index),
            _ => None,
        };
        let Some(child) = child else { return (at, false) };
        at = child;
    }
    (at, true)
}

/// The byte where character `count` of the string `id` stands, if the string is on one line.
fn character(tree: &Tree<'_>, id: NodeId, count: usize) -> Option<usize> {
    let node = tree.node(id);
    let Kind::Leaf(Value::Str(_)) = &node.kind else { return None };
    let source = std::str::from_utf8(tree.text(node.span)).ok()?;
    let (quote, text) = match node.style {
        Style::Single => (Some('\''), source.strip_prefix('\'').unwrap_or(source)),
        Style::Double => (Some('"'), source.strip_prefix('"').unwrap_or(source)),
        Style::Plain => (None, source),
        Style::Literal | Style::Folded | Style::Back | Style::Triple | Style::TripleSingle => return None,
    };
    let start = node.span.start as usize + source.len() - text.len();
    let mut rest = text;
    for _ in 0..count {
        rest = &rest[spelling(rest, quote)?..];
    }
    (!text[..text.len() - rest.len()].contains('\n')).then(|| start + text.len() - rest.len())
}

/// How many bytes of `text` spell its first character.
fn spelling(text: &str, quote: Option<char>) -> Option<usize> {
    let mut chars = text.chars();
    let first = chars.next()?;
    let escape = match (quote, first) {
        (Some('\''), '\'') => 2,
        (Some('"'), '\\') => match chars.next()? {
            'x' => 4,
            'u' => 6,
            'U' => 10,
            other => 1 + other.len_utf8(),
        },
        _ => first.len_utf8(),
    };
    text.is_char_boundary(escape).then_some(escape).filter(|length| *length <= text.len())
}
