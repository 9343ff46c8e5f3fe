//! Leaves as bytes: the mode `keys` (I3).

use super::{File, document, pairs, refused, rendered};
use crate::render::{Document, Mode, NullRule, Separator, Wish};

fn keys() -> Wish {
    Wish { modes: vec![Mode::Keys], ..Wish::default() }
}

#[test]
fn every_leaf_is_a_file_with_its_bytes() {
    let source = "# comment\ndb:\n  host: localhost # beside\n  port: 5432\n  password: \"p\\u00e4ss \\\"x\\\"\"\n\
                  hosts: [a, {name: b}]\nempty: \"\"\nversion: 1.10\nhex: 0x1F\nbig: 9223372036854775807\n\
                  yes: true\nday: 2001-12-14\nmoment: 2001-12-14t21:59:43.10-05:00\ntagged: !!float \"1.50\"\n\
                  text: |\n  one\n  two\nfolded: >-\n  one\n  two\nnone_map: {}\nnone_list: []\n\
                  binary: !!binary AAH/\nplain_unencrypted: 1.10\nquoted: '007'\n";
    let expected = [
        ("big", "9223372036854775807"),
        ("binary", "\\x00\\x01\\xff"),
        ("day", "2001-12-14"),
        ("db.host", "localhost"),
        ("db.password", "p\\xc3\\xa4ss \\\"x\\\""),
        ("db.port", "5432"),
        ("empty", ""),
        ("folded", "one two"),
        ("hex", "0x1F"),
        ("hosts.0", "a"),
        ("hosts.1.name", "b"),
        ("moment", "2001-12-14t21:59:43.10-05:00"),
        ("plain_unencrypted", "1.10"),
        ("quoted", "007"),
        ("tagged", "1.50"),
        ("text", "one\\ntwo\\n"),
        ("version", "1.10"),
        ("yes", "true"),
    ];
    assert_eq!(rendered(&[document("app.enc.yaml", source)], &keys()), pairs(&expected));
}

#[test]
fn json_and_env_leaves_are_as_their_formats_have_them() {
    let json = "{\"n\": 1.10, \"e\": 1E+2, \"i\": 9007199254740993, \"huge\": 123456789012345678901234567890, \
                \"s\": \"\\u0041\\n\", \"l\": [true, \"\"], \"m\": {}}";
    let expected = [
        ("e", "1E+2"),
        ("huge", "123456789012345678901234567890"),
        ("i", "9007199254740993"),
        ("l.0", "true"),
        ("l.1", ""),
        ("n", "1.10"),
        ("s", "A\\n"),
    ];
    assert_eq!(rendered(&[document("a.json", json)], &keys()), pairs(&expected));
    let env = "# c\nA=1.10\nLINES=a\\nb\nQUOTED=\"x\"\nEMPTY=\n";
    let expected = [("A", "1.10"), ("EMPTY", ""), ("LINES", "a\\nb"), ("QUOTED", "\\\"x\\\"")];
    assert_eq!(rendered(&[document(".env.enc", env)], &keys()), pairs(&expected));
}

#[test]
fn without_a_record_numbers_are_as_decrypt_prints_them() {
    let file = File::new("a.yaml", b"n: 1.10\nb: !!binary AAH/\ns: x\n", false);
    let expected = [("b", "\\x00\\x01\\xff"), ("n", "1.1"), ("s", "x")];
    assert_eq!(rendered(&[file.open()], &keys()), pairs(&expected));
}

#[test]
fn a_binary_document_is_one_file() {
    let documents = [document("dir/key.pem.enc", b"\xff\x00bytes\n")];
    let expected = pairs(&[("key.pem", "\\xff\\x00bytes\\n")]);
    assert_eq!(rendered(&documents, &keys()), expected);
    assert_eq!(rendered(&documents, &Wish::default()), expected);
    let both = Wish { modes: vec![Mode::File, Mode::Keys], ..Wish::default() };
    assert_eq!(rendered(&documents, &both), expected);
}

#[test]
fn separators_join() {
    let documents = [document("a.yaml", "a: {b: [x]}\n")];
    for (text, name) in [(".", "a.b.0"), ("_", "a_b_0"), ("-", "a-b-0"), ("__", "a__b__0")] {
        let separator = text.parse().unwrap();
        assert_eq!(rendered(&documents, &Wish { separator, ..keys() }), pairs(&[(name, "x")]));
    }
    assert!("/".parse::<Separator>().is_err());
}

#[test]
fn null_goes_by_the_rule() {
    let documents = [document("a.yaml", "a: ~\nb: x\n")];
    assert_eq!(refused(&documents, &keys()), ("E_NULL", "`a` of `a.yaml` is null".to_owned()));
    let skip = Wish { null: NullRule::Skip, ..keys() };
    assert_eq!(rendered(&documents, &skip), pairs(&[("b", "x")]));
    let empty = Wish { null: NullRule::Empty, ..keys() };
    assert_eq!(rendered(&documents, &empty), pairs(&[("a", ""), ("b", "x")]));
}

#[test]
fn sealed_only_leaves_clear_values_out() {
    let documents = [document("a.yaml", "a: x\nb_unencrypted: y\nc: \"\"\n")];
    let sealed = Wish { sealed_only: true, ..keys() };
    assert_eq!(rendered(&documents, &sealed), pairs(&[("a", "x")]));
    let file = Wish { sealed_only: true, ..Wish::default() };
    assert_eq!(refused(&documents, &file).0, "E_USAGE");
}

#[test]
fn aliases_have_the_bytes_of_their_anchors() {
    let source = "a: &a 1.10\nm: &m {k: 0x1F, l: [*a]}\nc: *a\nd: *m\n";
    let expected = [
        ("a", "1.10"),
        ("c", "1.10"),
        ("d.k", "0x1F"),
        ("d.l.0", "1.10"),
        ("m.k", "0x1F"),
        ("m.l.0", "1.10"),
    ];
    assert_eq!(rendered(&[document("a.yaml", source)], &keys()), pairs(&expected));
    let clear = "x_unencrypted:\n  a: &a 1.10\n  m: &m {k: 0x1F, l: [*a]}\n  c: *a\n  d: *m\n";
    let documents = [document("a.yaml", clear)];
    let expected: Vec<_> = expected
        .iter()
        .map(|(name, content)| (format!("x_unencrypted.{name}"), (*content).to_owned()))
        .collect();
    assert_eq!(rendered(&documents, &keys()), expected);
    // An alias changes when its anchor does.
    let version = |document: &Document, name: &str| {
        document.leaves().find(|leaf| leaf.path.to_string().ends_with(name)).unwrap().version.clone()
    };
    let other = document("a.yaml", clear.replace("1.10", "1.11"));
    for name in [".c", "d.l[0]"] {
        assert_ne!(version(&documents[0], name), version(&other, name), "{name}");
    }
    assert_eq!(version(&documents[0], "d.k"), version(&other, "d.k"));
}

#[test]
fn all_documents_of_a_stream_give_their_leaves() {
    let expected = pairs(&[("a", "x"), ("b", "y")]);
    assert_eq!(rendered(&[document("a.yaml", "a: x\n---\nb: y\n")], &keys()), expected);
    let both = document("a.yaml", "a: x\n---\na: y\n");
    assert_eq!(refused(&[both], &keys()).0, "E_COLLISION");
}

#[test]
fn a_comment_in_a_list_is_no_value() {
    let documents = [document("a.yaml", "l:\n  # secret comment\n  - x\n  # more\n  - y\n")];
    assert_eq!(rendered(&documents, &keys()), pairs(&[("l.0", "x"), ("l.1", "y")]));
}

#[test]
fn leaves_know_their_place_and_version() {
    let file = File::new("a.yaml", b"a: x\nb: y\nc_unencrypted: z\n", true);
    let document = file.open();
    let sealed: Vec<bool> = document.leaves().map(|leaf| leaf.sealed).collect();
    assert_eq!(sealed, [true, true, false]);
    for leaf in document.leaves() {
        let rest = &file.sealed[leaf.at..];
        assert!(rest.starts_with(if leaf.sealed { b"ENC[" } else { b"z\n" as &[u8] }), "{}", leaf.path);
        assert_eq!(leaf.version.len(), 64);
    }
    let again: Vec<String> = file.open().leaves().map(|leaf| leaf.version.clone()).collect();
    assert_eq!(document.leaves().map(|leaf| leaf.version.clone()).collect::<Vec<_>>(), again);
    // The same value with another ciphertext has another version: it tells nothing about the value.
    let other = super::document("a.yaml", b"a: x\nb: y\nc_unencrypted: z\n");
    assert_ne!(other.leaves().next().unwrap().version, again[0]);
}

#[test]
fn thousands_of_leaves_are_no_matter() {
    let source: String = (0..3000).map(|i| format!("key{i}: value {i}\n")).collect();
    let documents = [document("a.yaml", source)];
    assert_eq!(rendered(&documents, &keys()).len(), 3000);
    let secrets = (0..3000).map(|i| format!("key{i}").parse().unwrap()).collect();
    assert_eq!(rendered(&documents, &Wish { secrets, ..Wish::default() }).len(), 3000);
}
