//! Spelling, case by case.

use super::{TOKEN, Yaml, check_round_trip, parse, protect};
use crate::doc::format::Spelling;
use crate::doc::value::{Text, Timestamp, Value};
use crate::doc::{Data, Edits, Format as _, KeyPath, Layout, NodeId, Tree};

fn find(tree: &Tree<'_>, path: &str) -> NodeId {
    KeyPath::parse(path).unwrap().find(tree, 0).unwrap()
}

fn edited(tree: &Tree<'_>, edit: impl FnOnce(&mut Edits)) -> String {
    let mut edits = Edits::default();
    edit(&mut edits);
    String::from_utf8(edits.apply(tree.source).unwrap().to_vec()).unwrap()
}

/// `source` with the ciphertext of `a` written as `T`.
fn ciphered(source: &str) -> String {
    let tree = parse(source.as_bytes());
    edited(&tree, |edits| Yaml.put_cipher(&tree, find(&tree, "a"), TOKEN, edits)).replace(TOKEN, "T")
}

/// `source` with its `T` replaced by `value`.
fn plained(source: &str, value: &Value<'_>) -> String {
    let source = source.replace('T', TOKEN);
    let tree = parse(source.as_bytes());
    let id = find(&tree, "a");
    let text = edited(&tree, |edits| Yaml.put_plain(&tree, id, value, Spelling::Kept, edits));
    let again = parse(text.as_bytes());
    assert_eq!(again.node(id).kind, crate::doc::Kind::Leaf(value.to_static()), "{text}");
    text
}

fn hint(source: &str) -> Option<String> {
    let tree = parse(source.as_bytes());
    Yaml.layout_hint(&tree, find(&tree, "a")).map(|hint| String::from_utf8(hint).unwrap())
}

#[test]
fn ciphertexts_keep_what_stands_around() {
    for (plain, wanted) in [
        ("a: x # c\n", "a: T # c\n"),
        ("a:   'x'\n", "a:   'T'\n"),
        ("a: \"x\\n\"\n", "a: \"T\"\n"),
        ("a: x\n  y\n", "a: T\n"),
        ("{a: x}\n", "{a: \"T\"}\n"),
        ("{a: 'x'}\n", "{a: 'T'}\n"),
        ("a: |- # c\n    x\n    y\n\nb: 1\n", "a: |- # c\n    T\n\nb: 1\n"),
        ("a: >2\n   x\n", "a: >2\n  T\n"),
        ("a: |+\n\n\nb: 1\n", "a: \"T\"\n\n\nb: 1\n"),
        ("a: !!int '3'\n", "a: 'T'\n"),
        ("a: &x !!float 3\n", "a: &x T\n"),
        ("a: !!str 3\n", "a: !!str T\n"),
        ("a: !Ref 3\n", "a: !Ref T\n"),
        ("a: !!binary |\n  eHg=\n", "a: |\n  T\n"),
        ("a:\n", "a: T\n"),
    ] {
        assert_eq!(ciphered(plain), wanted, "{plain}");
    }
}

#[test]
fn values_take_the_style_around_the_ciphertext() {
    let text = |text: &'static str| Value::Str(text.into());
    for (source, value, wanted) in [
        ("a: T\n", text("x y"), "a: x y\n"),
        ("a: T\n", text("12"), "a: \"12\"\n"),
        ("a: T\n", text("yes"), "a: \"yes\"\n"),
        ("a: T\n", text("a: b"), "a: 'a: b'\n"),
        ("a: T\n", text("tab\t"), "a: \"tab\\t\"\n"),
        ("a: T\n", text("x\ny\n"), "a: |\n    x\n    y\n"),
        ("a: T\n", text("x\ny"), "a: |-\n    x\n    y\n"),
        ("a: T\n", text(" x\ny"), "a: |4-\n     x\n    y\n"),
        ("a: T # c\n", text("x\ny"), "a: \"x\\ny\" # c\n"),
        ("a: T\n  # deep\nb: 1\n", text("x\ny"), "a: |-\n    x\n    y\n  # deep\nb: 1\n"),
        ("a: T\n    # deep\nb: 1\n", text("x\ny"), "a: \"x\\ny\"\n    # deep\nb: 1\n"),
        ("b:\n  c: 1\na: T\r\n", text("x\ny\n"), "b:\n  c: 1\na: |\n  x\n  y\r\n"),
        ("a: T\n\nb: 1\n", text("x\n\n"), "a: \"x\\n\\n\"\n\nb: 1\n"),
        ("a: 'T'\n", text("it's"), "a: 'it''s'\n"),
        ("a: 'T'\n", text("x\ny"), "a: \"x\\ny\"\n"),
        ("a: \"T\"\n", text("ä\u{1F600}\"\\\u{85}"), "a: \"ä\u{1F600}\\\"\\\\\\N\"\n"),
        ("a: 'T'\n", Value::Int(12), "a: 12\n"),
        ("{a: \"T\"}\n", Value::Float(1.0), "{a: 1.0}\n"),
        ("{a: \"T\"}\n", text("x, y"), "{a: \"x, y\"}\n"),
        ("a: T\n", Value::Float(1e300), "a: 1e+300\n"),
        ("a: T\n", Value::Float(-0.0), "a: -0.0\n"),
        ("a: T\n", Value::Float(f64::NEG_INFINITY), "a: -.inf\n"),
        ("a: T\n", Value::Float(f64::NAN), "a: .nan\n"),
        ("a: T\n", Value::Bool(true), "a: true\n"),
        ("a: T\n", Value::Null, "a: null\n"),
        (
            "a: T\n",
            Value::Time(Timestamp::parse_rfc3339("2001-12-14T00:00:00Z").unwrap()),
            "a: 2001-12-14T00:00:00Z\n",
        ),
        ("a: T\n", Value::Str(Text::Borrowed(b"\xff")), "a: !!binary /w==\n"),
        ("a: &x !t T\n", Value::Str(Text::Borrowed(b"\xff")), "a: &x !!binary /w==\n"),
        ("a: &x !t T\n", Value::Int(3), "a: &x 3\n"),
        ("a: !!str T\n", text("3"), "a: !!str 3\n"),
        ("a: | # c\n  T\n\nb: 1\n", text("x\n\ny\n"), "a: | # c\n  x\n\n  y\n\nb: 1\n"),
        ("a: |\n  T\nb: 1\n", text("x"), "a: |-\n  x\nb: 1\n"),
        ("a: |\n  T\nb: 1\n", text(" x\n"), "a: |2\n   x\nb: 1\n"),
        ("a: |\n  T\nb: 1\n", text("x \n"), "a: |\n  x \nb: 1\n"),
        ("a: | # c\n  T\nb: 1\n", text("\u{7}\n"), "a: \"\\a\\n\" # c\nb: 1\n"),
        ("a: | # c\n  T\nb: 1\n", Value::Int(5), "a: 5 # c\nb: 1\n"),
        ("a: >-\n  T\n", text("one\ntwo"), "a: >-\n  one\n\n  two\n"),
        ("a: >\n  T\n", text("one\n  two\nthree\n"), "a: >\n  one\n    two\n  three\n"),
    ] {
        assert_eq!(plained(source, &value), wanted, "{source}");
    }
}

#[test]
fn the_safe_spelling_is_double_quotes() {
    let source = format!("a: |  # c\n  {TOKEN}\nb: 1\n");
    let tree = parse(source.as_bytes());
    let value = Value::Str("x\ny\n".into());
    let text = edited(&tree, |edits| Yaml.put_plain(&tree, 1, &value, Spelling::Safe, edits));
    assert_eq!(text, "a: \"x\\ny\\n\"  # c\nb: 1\n");
}

#[test]
fn hints_are_given_where_the_value_is_not_enough() {
    for (source, wanted) in [
        ("a: x\n", None),
        ("a: '12'\n", None),
        ("a: \"x\\ty\"\n", None),
        ("a: 12\n", None),
        ("a: 1.5\n", None),
        ("a: |\n  x\n  y\n", None),
        ("a: >\n  long text\n", None),
        ("{a: 12}\n", None),
        ("{a: \"x\"}\n", None),
        ("{a: x}\n", Some("x")),
        ("a: 0x1F\n", Some("0x1F")),
        ("a: +12\n", Some("+12")),
        ("a: 1e3\n", Some("1e3")),
        ("a: 2001-12-14\n", Some("2001-12-14")),
        ("a: yes\n", Some("yes")),
        ("a: \"\\x41\"\n", Some("\"\\x41\"")),
        ("a: x\n  y\n", Some("x\n  y")),
        ("a: >\n  x\n  y\n", Some("  x\n  y")),
        ("a: |\n  x", Some("  x")),
        ("a: |+\n\n", Some("|+")),
        ("a: !!int '3'\n", Some("!!int '3'")),
        ("a: &x !!int 3\n", Some("&x !!int 3")),
        ("a: !!float\n  5\nb: 1\n", Some("!!float\n  5")),
        ("a: !!binary | # c\n  eHg=\n", Some("!!binary |\n  eHg=")),
    ] {
        assert_eq!(hint(source).as_deref(), wanted, "{source}");
        check_round_trip(source.as_bytes());
    }
}

#[test]
fn aliases_become_copies() {
    let source = "b: &b\n  x: 1\n  y: [~, 'two', '']\n<<: *b\nl:\n- &s text\n- *s\n- {k: *s}\n";
    let tree = parse(source.as_bytes());
    let copy = find(&tree, "[\"<<\"]");
    assert_eq!(tree.aliases[0], (copy, find(&tree, "b")));
    assert_eq!(tree.node(find(&tree, "[\"<<\"].y[1]")).kind, tree.node(find(&tree, "b.y[1]")).kind);
    let text = String::from_utf8(protect(&tree).0.to_vec()).unwrap().replace(TOKEN, "T");
    assert!(text.starts_with(
        "b: &b\n  x: T\n  y: [~, 'T', '']\n<<: {\"x\": \"T\", \"y\": [null, \"T\", \"\"]}\nl:\n- &s T\n- T\n- {k: \"T\"}\nsops:\n"
    ));
    check_round_trip(source.as_bytes());
    let clear = edited(&tree, |edits| Yaml.expand_alias(&tree, copy, edits));
    assert!(clear.contains("<<: {\"x\": 1, \"y\": [null, \"two\", \"\"]}\n"));
}

#[test]
fn elements_turn_into_comments() {
    let comment = "ENC[AES256_GCM,data:AA==,iv:AA==,tag:AA==,type:comment]";
    for (source, ids, wanted) in [
        ("l:\n  - C\n  - x\n", &[2][..], "l:\n  # c\n  - x\n"),
        ("l:\n  - x\n  - C\nm: 1\n", &[3], "l:\n  - x\n  # c\nm: 1\n"),
        ("l:\n- C\n- C\nm: 1\n", &[2, 3], "l:\n# c\n# c\n    []\nm: 1\n"),
        ("l:\n  - - C\n    - x\n", &[3], "l:\n  - # c\n    - x\n"),
        ("l:\n  - - C\n  - x\n", &[3], "l:\n  - # c\n    []\n  - x\n"),
        ("l: [\"C\", x]\n", &[2], "l: [ # c\n x]\n"),
        ("l: [x, \"C\"]\n", &[3], "l: [x, # c\n]\n"),
        ("l: [\"C\"]\n", &[2], "l: [ # c\n]\n"),
    ] {
        let source = source.replace('C', comment);
        let tree = parse(source.as_bytes());
        let text = edited(&tree, |edits| {
            for id in ids {
                Yaml.element_to_comment(&tree, *id, b" c", edits);
            }
        });
        assert_eq!(text, wanted);
        let again = parse(text.as_bytes());
        assert_eq!(again.nodes.len(), tree.nodes.len() - ids.len());
        assert_eq!(again.comments.len(), ids.len());
    }
}

#[test]
fn data_is_written_as_sops_lays_it_out() {
    let text = concat!(
        "# first\n",
        "a: 1\n",
        "b:\n    c: x y\n    d:\n        - \"12\"\n        # in the list\n        - k: 'a: b'\n          l: |-\n",
        "            two\n            lines\n        - - true\n          - 1.5\n    z: 1\n    # last\n",
        "e: {}\nf: []\ng: \"yes\"\nh: |4\n      deep\n    end\ni: 1e+06\nj: 1e-05\nk: .inf\nl: -3\n",
        "m: !!binary /w==\nnn: \"\\U0001F600\"\no: null\np: \"\"\n!!merge <<:\n    q: 2001-12-14T00:00:00Z\n",
        "? |-\n    odd\n    key\n: 1\n---\nx: 1\n",
    );
    let tree = parse(text.as_bytes());
    let data = Data::documents::<()>(
        &tree,
        |id| match &tree.node(id).kind {
            crate::doc::Kind::Leaf(value) => Ok(Data::Value(value.to_static())),
            _ => Err(()),
        },
        |index| Ok(Data::Comment(Text::owned(tree.text(tree.comments[index].span)))),
    )
    .unwrap();
    let written = Yaml.write(&data, None, &Layout::default()).unwrap();
    assert_eq!(String::from_utf8_lossy(&written), text);
    let mut nested = Data::map();
    nested.push("k", Data::str(" indented\ntext"));
    let mut root = Data::map();
    root.push("l", Data::List(vec![nested]));
    let written = Yaml.write(&[root], None, &Layout { indent: Some(2) }).unwrap();
    assert_eq!(String::from_utf8_lossy(&written), "l:\n  - k: |2-\n       indented\n      text\n");
}

#[test]
fn what_sops_reads_otherwise_is_noted() {
    for source in [
        "a: \"x\\/y\"\n",
        "a: \"\\ud83d\\ude00\"\n",
        "%YAML 1.2\n---\na: 1\n",
        "a: { ?k: v }\n",
        "a: &a.b v\n",
        "{\"k\n  l\": v}\n",
        "a: 1\n...\nb: 1\n",
        "a: 1\n\t# c\nb: 1\n",
        "l:\n-\tx\n",
        "a: 1\n---\nb: 1\nb: 2\n",
    ] {
        assert_eq!(parse(source.as_bytes()).notes.len(), 1, "{source:?}");
    }
    assert!(
        parse(b"%YAML 1.1\n---\na: \"\\u00e4\\\\/\"\nb: [x:y, \t-1]\n# c\n...\n---\nc: &b-c_1 1\n")
            .notes
            .is_empty()
    );
}
