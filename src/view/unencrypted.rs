//! Files that are not encrypted though they should be.

use super::escape::escape;
use super::footer::line;
use super::sealed::ended;
use super::token::digests;
use super::{File, LIMITS, Show, View};
use crate::doc::tree::Step;
use crate::doc::{Edits, Flags, Format, FormatName, Kind, NodeId, Tree, Value};
use zeroize::Zeroizing;

/// What stands for a comment that is not shown.
const COMMENT: &[u8] = b"# PLAIN<comment>";

/// A file as it is, or without its values.
pub(super) fn view(file: File<'_>, show: Show) -> View {
    if show == Show::Plain {
        return View { body: ended(escape(file.bytes)), ..View::default() };
    }
    let hidden = if file.format == FormatName::Binary { None } else { without_values(file) };
    let headline = match &hidden {
        Some(_) => "NOT ENCRYPTED".to_owned(),
        None => format!("NOT ENCRYPTED, {} bytes hidden", file.bytes.len()),
    };
    let mut body = Zeroizing::new(line(file.format, &headline).into_bytes());
    body.push(b'\n');
    body.extend_from_slice(&hidden.unwrap_or_default());
    View { body, ..View::default() }
}

/// Puts the type of a leaf in its place.
pub(super) fn hide(format: &dyn Format, tree: &Tree<'_>, id: NodeId, edits: &mut Edits) {
    if let Kind::Leaf(value) = &tree.node(id).kind {
        format.put_cipher(tree, id, &stand_in(value), edits);
    }
}

fn stand_in(value: &Value<'_>) -> String {
    let name = match value {
        Value::Null => "null",
        Value::Bool(_) => "bool",
        Value::Int(_) => "int",
        Value::Float(_) => "float",
        Value::Time(_) => "time",
        Value::Str(_) => "str",
    };
    format!("PLAIN<{name}>")
}

/// The keys of a document; `None` where that is not certain.
fn without_values(file: File<'_>) -> Option<Zeroizing<Vec<u8>>> {
    let format = file.format.plain();
    let tree = format.parse(file.bytes, &LIMITS).ok()?;
    if file.format == FormatName::Dotenv && tree.nodes.iter().any(|node| goes_on(&node.kind)) {
        return None;
    }
    let mut edits = Edits::default();
    let all: Result<(), std::convert::Infallible> = tree.walk(|step| {
        if let Step::Leaf(id) = step
            && has_value(&tree, id)
        {
            hide(format, &tree, id, &mut edits);
        }
        Ok(())
    });
    match all {
        Ok(()) => {}
    }
    for id in tree.metadata() {
        for id in (id..tree.node(id).end).filter(|id| has_value(&tree, *id)) {
            hide(format, &tree, id, &mut edits);
        }
    }
    let text = without_comments(file.format, &edits.apply(file.bytes).ok()?);
    let read = format.parse(&text, &LIMITS).ok()?;
    let hidden = |kind: &Kind<'_>| match kind {
        Kind::Leaf(Value::Str(text)) => text.is_empty() || text.starts_with(b"PLAIN<"),
        Kind::Leaf(value) => *value == Value::Null,
        Kind::Map | Kind::List => true,
    };
    let all_hidden = read.nodes.iter().all(|node| hidden(&node.kind));
    all_hidden.then(|| ended(escape(&digests(&text))))
}

/// Whether a leaf has a text of its own that says something.
fn has_value(tree: &Tree<'_>, id: NodeId) -> bool {
    let node = tree.node(id);
    let own = !node.flags.has(Flags::COPY) && !node.flags.has(Flags::ALIAS);
    own && match &node.kind {
        Kind::Leaf(Value::Str(text)) => !text.is_empty(),
        Kind::Leaf(value) => *value != Value::Null,
        Kind::Map | Kind::List => false,
    }
}

/// Whether a value of an ENV file begins a text that other readers see the end of on a later line.
fn goes_on(kind: &Kind<'_>) -> bool {
    let Kind::Leaf(Value::Str(text)) = kind else { return false };
    let text = text.trim_ascii();
    match text.first() {
        Some(quote @ (b'"' | b'\'' | b'`')) => text.len() == 1 || text.last() != Some(quote),
        _ => text.ends_with(b"\\"),
    }
}

/// A text whose values are hidden, without its comments: where a comment may begin the line ends.
fn without_comments(format: FormatName, text: &[u8]) -> Zeroizing<Vec<u8>> {
    if format == FormatName::Json {
        return Zeroizing::new(text.to_vec());
    }
    let begins = |byte: u8| byte == b'#' || format == FormatName::Ini && byte == b';';
    let mut out = Zeroizing::new(Vec::with_capacity(text.len()));
    for line in text.split_inclusive(|byte| *byte == b'\n') {
        let blank = |at: usize| at == 0 || line[at - 1].is_ascii_whitespace();
        match (0..line.len()).find(|at| begins(line[*at]) && blank(*at)) {
            Some(at) => {
                super::escape::push(&mut out, &line[..at]);
                super::escape::push(&mut out, if line[at] == b';' { b"; PLAIN<comment>" } else { COMMENT });
                super::escape::push(&mut out, b"\n");
            }
            None => super::escape::push(&mut out, line),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::{File, FormatName, Show, view};

    fn shown(format: FormatName, text: &str) -> String {
        let view = view(File { format, bytes: text.as_bytes() }, Show::Structure);
        String::from_utf8(view.text().to_vec()).unwrap()
    }

    #[test]
    fn values_and_comments_are_hidden() {
        let yaml = "# old: SECRET\na: SECRET # SECRET\nb: [1, true, 'SECRET']\nc: |\n  SECRET\n  SECRET\nd:\ne: &x SECRET\nf: *x\n";
        assert_eq!(
            shown(FormatName::Yaml, yaml),
            "# seal: NOT ENCRYPTED\n# PLAIN<comment>\na: PLAIN<str> # PLAIN<comment>\nb: [\"PLAIN<int>\", \"PLAIN<bool>\", 'PLAIN<str>']\nc: |\n  PLAIN<str>\nd:\ne: &x PLAIN<str>\nf: *x\n"
        );
        let json = "{\"a\": \"SECRET\", \"b\": {\"c\": 12, \"d\": null}}";
        assert_eq!(
            shown(FormatName::Json, json),
            "// seal: NOT ENCRYPTED\n{\"a\": \"PLAIN<str>\", \"b\": {\"c\": \"PLAIN<int>\", \"d\": null}}\n"
        );
        let ini = "; SECRET\n[s]\na = SECRET ; SECRET\nb = \"SECRET\"\n";
        let shown_ini = shown(FormatName::Ini, ini);
        assert!(shown_ini.starts_with("; seal: NOT ENCRYPTED\n; PLAIN<comment>\n[s]\na"), "{shown_ini}");
        let toml = "# SECRET\na = \"SECRET\" # SECRET\n[t]\nb = '''SECRET\nSECRET'''\n";
        let shown_toml = shown(FormatName::Toml, toml);
        assert!(shown_toml.starts_with("# seal: NOT ENCRYPTED\n# PLAIN<comment>\na"), "{shown_toml}");
        let env = "# SECRET\nA=SECRET\nB=\"SECRET SECRET\"\n";
        assert_eq!(
            shown(FormatName::Dotenv, env),
            "# seal: NOT ENCRYPTED\n# PLAIN<comment>\nA=PLAIN<str>\nB=PLAIN<str>\n"
        );
        for text in [shown_ini, shown_toml] {
            assert!(!text.contains("SECRET"), "{text}");
        }
    }

    #[test]
    fn what_is_not_certain_is_hidden_whole() {
        let hidden = |format, text: &str| {
            let shown = shown(format, text);
            assert!(
                shown.ends_with(&format!(" seal: NOT ENCRYPTED, {} bytes hidden\n", text.len())),
                "{shown}"
            );
        };
        hidden(FormatName::Dotenv, "A=\"-----BEGIN\nMIIE==\n-----END=\"\n");
        hidden(FormatName::Yaml, "a: [SECRET\n");
        hidden(FormatName::Binary, "SECRET");
    }

    #[test]
    fn a_person_sees_all_of_it() {
        let view = view(File { format: FormatName::Yaml, bytes: b"a: \x1bx" }, Show::Plain);
        assert_eq!(&**view.text(), b"a: \\u{1b}x\n");
    }
}
