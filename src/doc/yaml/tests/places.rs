//! Metadata and comments: where they stand.

use super::{TOKEN, Yaml, metadata, parse};
use crate::doc::{Data, Edits, ErrorKind, Format as _, KeyPath, Layout, Limits, Value};

fn with_metadata(source: &str, data: &Data, layout: &Layout) -> String {
    let tree = parse(source.as_bytes());
    let mut edits = Edits::default();
    Yaml.add_metadata(&tree, data, layout, &mut edits).unwrap();
    String::from_utf8(edits.apply(source.as_bytes()).unwrap().to_vec()).unwrap()
}

fn without_metadata(source: &str) -> String {
    let tree = parse(source.as_bytes());
    let mut edits = Edits::default();
    Yaml.remove_metadata(&tree, &mut edits);
    String::from_utf8(edits.apply(source.as_bytes()).unwrap().to_vec()).unwrap()
}

#[test]
fn metadata_is_the_last_key_of_every_document() {
    let small = Data::Value(Value::Int(1));
    for (plain, wanted) in [
        ("a: 1\n", "a: 1\nsops: 1\n"),
        ("a: 1", "a: 1\nsops: 1"),
        ("a: 1\r\n", "a: 1\r\nsops: 1\r\n"),
        ("a: 1\r", "a: 1\rsops: 1\r"),
        ("\u{feff}a: 1\n", "\u{feff}a: 1\nsops: 1\n"),
        ("  a: 1\n", "  a: 1\n  sops: 1\n"),
        ("a: 1\n\n# end\n", "a: 1\n\n# end\nsops: 1\n"),
        ("a: 1\n---\nb: 2\n", "a: 1\nsops: 1\n---\nb: 2\nsops: 1\n"),
        ("a: 1\n...\n---\nb: 2\n...\n", "a: 1\nsops: 1\n...\n---\nb: 2\nsops: 1\n...\n"),
        ("a: |+\n  x\n\n", "a: |+\n  x\n\nsops: 1\n"),
        ("---\n", "---\nsops: 1\n"),
        ("---", "---\nsops: 1"),
        ("--- # c\n---\na: 1\n", "--- # c\nsops: 1\n---\na: 1\nsops: 1\n"),
        ("{}\n", "{\"sops\": 1}\n"),
        ("{a: 1}\n", "{a: 1, \"sops\": 1}\n"),
        ("{a: 1, }", "{a: 1, \"sops\": 1, }"),
        ("{a: {b: 1} # c\n}\n", "{a: {b: 1}, \"sops\": 1 # c\n}\n"),
        ("{a}\n", "{a, \"sops\": 1}\n"),
    ] {
        assert_eq!(with_metadata(plain, &small, &Layout::default()), wanted);
        assert_eq!(without_metadata(wanted), plain, "{wanted}");
        let full = with_metadata(plain, &metadata(), &Layout::default());
        assert_eq!(without_metadata(&full), plain, "{full}");
        let tree = parse(full.as_bytes());
        assert_eq!(Yaml.metadata(&tree), Some(metadata()), "{full}");
    }
}

#[test]
fn metadata_is_indented_as_the_document_is() {
    let wanted = |step: usize| {
        let (one, two) = (" ".repeat(step), " ".repeat(2 * step));
        let text = " ".repeat((2 * step + 2) / step * step + step);
        format!(
            "sops:\n{one}age:\n{two}- recipient: age1xyz\n{two}  enc: |\n{text}-----BEGIN-----\n{text}abc\n\
             {text}-----END-----\n{one}lastmodified: \"2026-11-21T20:59:26Z\"\n{one}mac: {TOKEN}\n{one}version: 3.13.2\n"
        )
    };
    assert_eq!(
        with_metadata("a:\n  b: 1\n", &metadata(), &Layout { indent: Some(8) }),
        format!("a:\n  b: 1\n{}", wanted(2))
    );
    assert_eq!(
        with_metadata("a: 1\n", &metadata(), &Layout { indent: Some(3) }),
        format!("a: 1\n{}", wanted(3))
    );
    assert_eq!(with_metadata("a: 1\n", &metadata(), &Layout::default()), format!("a: 1\n{}", wanted(4)));
}

#[test]
fn metadata_goes_wherever_it_stands() {
    for (source, wanted) in [
        ("sops:\n    mac: x\na: 1\n", "a: 1\n"),
        ("a: 1\nsops:\n    mac: x\n\nb: 1\n", "a: 1\n\nb: 1\n"),
        ("sops:\n    mac: x\n", "{}\n"),
        ("# c\nsops: {mac: x}", "# c\n{}"),
        ("{\"sops\": 1, a: 1}\n", "{a: 1}\n"),
        ("{a: 1, sops: 1, b: 1}\n", "{a: 1, b: 1}\n"),
    ] {
        assert_eq!(without_metadata(source), wanted);
    }
}

#[test]
fn metadata_is_replaced_in_its_place() {
    for (source, wanted) in [
        ("sops:\n    mac: x\na: 1\n", "sops: 1\na: 1\n"),
        ("a: 1\nsops:\n    mac: x", "a: 1\nsops: 1"),
        ("a: 1\n---\nb: 1\nsops:\n  mac: x\n", "a: 1\nsops: 1\n---\nb: 1\nsops: 1\n"),
        ("{sops: {mac: x}}\n", "{\"sops\": 1}\n"),
    ] {
        let tree = parse(source.as_bytes());
        let mut edits = Edits::default();
        Yaml.replace_metadata(&tree, &Data::Value(Value::Int(1)), &Layout::default(), &mut edits).unwrap();
        assert_eq!(&*edits.apply(source.as_bytes()).unwrap(), wanted.as_bytes());
    }
}

#[test]
fn fields_of_the_metadata_that_stay_keep_their_lines() {
    let source = "sops:\r\n    kms:   []\r\n    age:\r\n    -   recipient: 'x'\r\n        enc: |\r\n            a\r\n    \
                  mac: y\r\n    version:  '3.3.0'\r\na: 1";
    let tree = parse(source.as_bytes());
    let Data::Map(mut items) = Data::of(&tree, tree.metadata().next().unwrap()) else { panic!() };
    let changed = |items: &[(crate::doc::Text<'static>, Data)]| {
        let mut edits = Edits::default();
        let data = Data::Map(items.to_vec());
        Yaml.replace_metadata(&tree, &data, &Layout::default(), &mut edits).unwrap();
        String::from_utf8(edits.apply(source.as_bytes()).unwrap().to_vec()).unwrap()
    };
    assert_eq!(changed(&items), source);
    items[2].1 = Data::str("z");
    assert_eq!(changed(&items), source.replace("mac: y", "mac: z"));
    items.remove(1);
    assert_eq!(changed(&items), "sops:\r\n    kms:   []\r\n    mac: z\r\n    version:  '3.3.0'\r\na: 1");
    // An alias is written out: what it stands for may be written anew.
    let source = "sops:\n  a: &x v\n  b: *x\n";
    let tree = parse(source.as_bytes());
    let mut data = Data::map();
    data.push("b", Data::str("v"));
    let mut edits = Edits::default();
    Yaml.replace_metadata(&tree, &data, &Layout::default(), &mut edits).unwrap();
    assert_eq!(&*edits.apply(source.as_bytes()).unwrap(), b"sops:\n    b: v\n");
}

#[test]
fn a_null_document_has_no_place_for_metadata() {
    let tree = parse(b"null\n");
    let error = Yaml.add_metadata(&tree, &metadata(), &Layout::default(), &mut Edits::default()).unwrap_err();
    assert!(matches!(error.kind, ErrorKind::Inexpressible(_)));
}

#[test]
fn a_block_at_the_end_changes_with_the_metadata() {
    for (source, changes) in [
        ("a: |\n  x", true),
        ("a: |\n  x\n", false),
        ("a: |-\n  x", false),
        ("a: x", false),
        ("a: >\n  x", true),
    ] {
        assert_eq!(Yaml.value_before_metadata(&parse(source.as_bytes())).is_some(), changes, "{source}");
    }
}

#[test]
fn what_is_not_a_map_with_string_keys_is_refused() {
    for (source, kind, at) in [
        ("", ErrorKind::NoDocument, 0),
        ("- a\n", ErrorKind::TopLevel("a list"), 0),
        ("text\n", ErrorKind::TopLevel("a string"), 0),
        ("a: 1\n---\n12\n", ErrorKind::TopLevel("a number"), 9),
        ("a:\n  1: x\n", ErrorKind::NonStringKey("a number"), 5),
        ("~: x\n", ErrorKind::NonStringKey("null"), 0),
        ("? [a]\n: x\n", ErrorKind::NonStringKey("a list"), 2),
        ("a: 9223372036854775808\n", ErrorKind::IntegerRange, 3),
        ("a: 1\nb:\n  c: 1\n  c: 2\n", ErrorKind::DuplicateKey("c".to_owned()), 17),
    ] {
        let error = Yaml.parse(source.as_bytes(), &Limits::default()).unwrap_err();
        assert_eq!((error.kind, error.at), (kind, at), "{source}");
    }
    assert!(matches!(Yaml.parse(b"# only\n", &Limits::default()).unwrap_err().kind, ErrorKind::Syntax(_)));
}

/// Comments with the path of the map or list in which SOPS has them, as its ciphertexts show.
const COMMENTS: &[(&str, &[(&str, &str)])] = &[
    (
        "# top\na: 1 # on a\nb: # on b\n  # in b\n  c: x\n  l: # on l\n    # in l\n    - y\n    # in list\n    - k: z # on k\n    # end of l\n  # end of b\n# end\n",
        &[
            (" top", ""),
            (" on a", ""),
            (" on b", ""),
            (" in b", "b"),
            (" on l", "b"),
            (" in l", "b.l"),
            (" in list", "b.l"),
            (" on k", "b.l[1]"),
            (" end of l", "b.l[1]"),
            (" end of b", "b"),
            (" end", ""),
        ],
    ),
    // After CR LF a comment is followed by an empty line, to SOPS.
    (
        "b:\r\n  l:\r\n    - k: z\r\n    # end of l\r\n  # end of b\r\n",
        &[(" end of l", "b"), (" end of b", "b")],
    ),
    ("a:\n  b: 1\n# left\n  c: 2\n", &[(" left", "a")]),
    ("a:\n  b:\n    c: 1\n    # c\n  # b\n# a\n", &[(" c", "a.b"), (" b", "a"), (" a", "")]),
    ("a:\n  b:\n    c: 1\n\n    # c\n\n  # b\n\n# a\n", &[(" c", "a.b"), (" b", "a"), (" a", "")]),
    ("a:\n  # only\nb: 1\n", &[(" only", "")]),
    ("m: [1, 2] # flow\nn: {a: 1} # map\n", &[(" flow", "m"), (" map", "n")]),
    (
        "m: [\n  # head\n  1, # one\n  2 # two\n  # foot\n]\n",
        &[(" head", "m"), (" one", "m"), (" two", "m"), (" foot", "m")],
    ),
    (
        "a: | # header\n  text\nb: > # folded\n  text\n# end\n",
        &[(" header", ""), (" folded", ""), (" end", "")],
    ),
    ("# doc\n\n# a\na: 1\n", &[(" doc", ""), (" a", "")]),
    ("# before\n---\n# after\na: 1\n", &[(" before", ""), (" after", "")]),
    ("l:\n  # above\n  - a: 1\n    # in\n    b: 2\n", &[(" above", "l"), (" in", "l[0]")]),
    ("l:\n  - # dash\n    a: 1\n", &[(" dash", "l[0]")]),
    ("a: 1\n#\n# \nb: 1\n", &[("", ""), (" ", "")]),
];

#[test]
fn comments_are_where_sops_has_them() {
    for (source, wanted) in COMMENTS {
        let tree = parse(source.as_bytes());
        let found: Vec<(String, String)> = tree
            .comments
            .iter()
            .map(|comment| {
                let text = String::from_utf8(tree.text(comment.span).to_vec()).unwrap();
                (text, KeyPath::of(&tree, comment.parent).to_string())
            })
            .collect();
        let wanted: Vec<(String, String)> =
            wanted.iter().map(|(text, path)| ((*text).to_owned(), (*path).to_owned())).collect();
        assert_eq!(found, wanted, "{source}");
    }
}

#[test]
fn the_metadata_changes_no_comments_place() {
    for (source, _) in COMMENTS {
        let full = with_metadata(source, &metadata(), &Layout::default());
        let (plain, encrypted) = (parse(source.as_bytes()), parse(full.as_bytes()));
        let paths = |tree: &crate::doc::Tree<'_>| -> Vec<String> {
            tree.comments.iter().map(|comment| KeyPath::of(tree, comment.parent).to_string()).collect()
        };
        assert_eq!(paths(&plain), paths(&encrypted), "{source}");
    }
}
