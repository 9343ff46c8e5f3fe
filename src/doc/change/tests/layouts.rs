//! Each layout keeps its ways.

use super::{Dotenv, Format, Json, Yaml, format, try_set, try_unset};

fn check_set(format: &dyn Format, cases: &[(&str, &str, &str, &str)]) {
    for (source, path, value, wanted) in cases {
        let got =
            try_set(format, source, path, value).unwrap_or_else(|error| panic!("{source}{path}: {error}"));
        assert_eq!(got, *wanted, "{path} = {value}");
    }
}

fn check_unset(format: &dyn Format, cases: &[(&str, &str, &str)]) {
    for (source, path, wanted) in cases {
        let got = try_unset(format, source, path).unwrap_or_else(|error| panic!("{source}{path}: {error}"));
        assert_eq!(got, *wanted, "{path}");
    }
}

#[test]
fn scalars_of_yaml_keep_quotes_and_comments() {
    check_set(
        &Yaml,
        &[
            ("a: 1 # c\nb: 2\n", "a", "x y", "a: x y # c\nb: 2\n"),
            ("a: 'x'\n", "a", "it's", "a: 'it''s'\n"),
            ("a: \"x\" # c\n", "a", "y", "a: \"y\" # c\n"),
            ("a: x\n", "a", "\"12\"", "a: \"12\"\n"),
            ("a: \"x\"\n", "a", "12", "a: 12\n"),
            ("a: x\n", "a", "true", "a: true\n"),
            ("a: x\n", "a", "null", "a: null\n"),
            ("a: x\n", "a", "1.0", "a: 1.0\n"),
            ("a:\n", "a", "x", "a: x\n"),
            ("a: # c\nb: 1\n", "a", "x", "a: x # c\nb: 1\n"),
            ("a: |\n  x\n  y\nb: 1\n", "a", "p\nq\n", "a: |\n  p\n  q\nb: 1\n"),
            ("a: |\n  x\nb: 1\n", "a", "5", "a: 5\nb: 1\n"),
            ("a: x\nb: 1\n", "a", "p\nq\n", "a: |\n    p\n    q\nb: 1\n"),
            ("m:\n  k: 1\na: \"x\" # c\n", "a", "p\nq", "m:\n  k: 1\na: |- # c\n  p\n  q\n"),
            ("l:\n- x\n- y # c\n", "l[1]", "z", "l:\n- x\n- z # c\n"),
            ("l: [x, y]\n", "l[0]", "z", "l: [z, y]\n"),
            ("m: {a: x, b: y}\n", "m.a", "1, 2", "m: {a: '1, 2', b: y}\n"),
            ("a: !t x\n", "a", "w", "a: !t w\n"),
            ("a: !t x\n", "a", "p\nq", "a: !t |-\n    p\n    q\n"),
            ("a: !!str 5\n", "a", "6", "a: 6\n"),
            ("a: &x 1\nb: *x # c\n", "b", "2", "a: &x 1\nb: 2 # c\n"),
            ("a: &x {k: 1}\nb: *x # c\n", "b", "2", "a: &x {k: 1}\nb: 2 # c\n"),
            ("a: 1\r\nb: x\r\n", "b", "w", "a: 1\r\nb: w\r\n"),
            ("a: 1\nb: x", "b", "w", "a: 1\nb: w"),
            ("a: 1\n---\na: 2\n", "a", "3", "a: 3\n---\na: 2\n"),
            ("? a\n: x\n", "a", "w", "? a\n: w\n"),
        ],
    );
}

#[test]
fn new_keys_of_yaml_stand_as_their_neighbours_do() {
    check_set(
        &Yaml,
        &[
            ("a: 1\n", "b", "2", "a: 1\nb: 2\n"),
            ("a: 1", "b", "2", "a: 1\nb: 2"),
            ("a: 1\r\n", "b", "2", "a: 1\r\nb: 2\r\n"),
            ("m:\n  k: 1\nz: 1\n", "m.l", "x", "m:\n  k: 1\n  l: x\nz: 1\n"),
            ("m:\n  k: 1\n\nz: 1\n", "m.l", "x", "m:\n  k: 1\n  l: x\n\nz: 1\n"),
            (
                "m:\n  k: 1 # c\n  # in m\n\n# on z\nz: 1\n",
                "m.l",
                "x",
                "m:\n  k: 1 # c\n  # in m\n  l: x\n\n# on z\nz: 1\n",
            ),
            ("m:\n  k: 1\n# on z\nz: 1\n", "m.l", "x", "m:\n  k: 1\n  l: x\n# on z\nz: 1\n"),
            ("a: 1\n# end\n", "b", "2", "a: 1\n# end\nb: 2\n"),
            ("a: 1\n\n# end\n", "b", "2", "a: 1\nb: 2\n\n# end\n"),
            ("a: 1\n...\n", "b", "2", "a: 1\nb: 2\n...\n"),
            ("a: 1\n---\nb: 1\n", "b", "2", "a: 1\nb: 2\n---\nb: 1\n"),
            ("m:\n  k: 1\n", "w.o.p", "x", "m:\n  k: 1\nw:\n  o:\n    p: x\n"),
            ("m:\n   k: 1\n", "w.o", "x", "m:\n   k: 1\nw:\n   o: x\n"),
            ("l:\n- a\n", "w", "[1, 2]", "l:\n- a\nw:\n- 1\n- 2\n"),
            ("l:\n  - a\n", "w", "[1]", "l:\n  - a\nw:\n  - 1\n"),
            ("l:\n- a\nz: 1\n", "l[1]", "b", "l:\n- a\n- b\nz: 1\n"),
            ("l:\n- a\n# on z\nz: 1\n", "l[7]", "b", "l:\n- a\n- b\n# on z\nz: 1\n"),
            (
                "l:\n  - k: 1\n    m: 2\n",
                "l[1]",
                "{\"k\": 3, \"m\": [4]}",
                "l:\n  - k: 1\n    m: 2\n  - k: 3\n    m:\n      - 4\n",
            ),
            ("l:\n  - k: 1\n", "l[0].m", "2", "l:\n  - k: 1\n    m: 2\n"),
            ("l:\n  - - a\n", "l[0][1]", "b", "l:\n  - - a\n    - b\n"),
            ("m: {a: 1}\n", "m.b", "x", "m: {a: 1, b: x}\n"),
            ("m: {\"a\": 1}\n", "m.b", "x", "m: {\"a\": 1, \"b\": \"x\"}\n"),
            ("m: {a: 1,}\n", "m.b", "x", "m: {a: 1, b: x,}\n"),
            (
                "m: {\n  a: 1, # one\n  b: 2 # two\n}\n",
                "m.c",
                "x",
                "m: {\n  a: 1, # one\n  b: 2, # two\n  c: x\n}\n",
            ),
            ("l: [a]\n", "l[1]", "{\"k\": \"v\"}", "l: [a, {k: v}]\n"),
            ("m: {}\n", "m.a", "1", "m:\n    a: 1\n"),
            ("m: {} # c\nn:\n  k: 1\n", "m.a", "1", "m: # c\n  a: 1\nn:\n  k: 1\n"),
            ("l: []\n", "l[0]", "x", "l:\n    - x\n"),
            ("m:\nz: 1\n", "m.a", "1", "m:\n    a: 1\nz: 1\n"),
            ("{}\n", "a", "1", "a: 1\n"),
            ("{}\n", "a.b", "1", "a:\n    b: 1\n"),
            ("--- {}\n", "a", "1", "--- \na: 1\n"),
            ("{a: 1}\n", "b", "2", "{a: 1, b: 2}\n"),
            ("---\n", "a", "1", "---\na: 1\n"),
            ("a: |\n  x", "b", "1", "a: |-\n  x\nb: 1"),
            ("a: |+\n  x\n\n\n", "b", "1", "a: |+\n  x\n\n\nb: 1\n"),
            ("a: 1\n", "b", "p\nq\n", "a: 1\nb: |\n    p\n    q\n"),
            ("a: 1\n", "b", "😀", "a: 1\nb: 😀\n"),
            ("a: 1\n", "yes", "no", "a: 1\n\"yes\": \"no\"\n"),
            ("  a: 1\n", "b", "2", "  a: 1\n  b: 2\n"),
            ("a: 1\n", "b", "{}", "a: 1\nb: {}\n"),
            ("a: 1\n", "b", "1.0", "a: 1\nb: 1.0\n"),
        ],
    );
}

#[test]
fn collections_of_yaml_are_replaced_whole() {
    check_set(
        &Yaml,
        &[
            ("m: # c\n  k: 1\n  l: 2\nz: 1\n", "m", "x", "m: x # c\nz: 1\n"),
            ("m: x # c\nn:\n  k: 1\n", "m", "{\"k\": 1}", "m: # c\n  k: 1\nn:\n  k: 1\n"),
            ("m: &a # c\n  k: 1\n", "m", "x", "m: x # c\n"),
            ("m: {a: 1}\n", "m", "{\"b\": [2]}", "m: {b: [2]}\n"),
            ("m: {a: 1} # c\n", "m", "x", "m: x # c\n"),
            ("l:\n  - k: 1 # c\n    m: 2\n  - z\n", "l[0]", "x", "l:\n  - x\n  - z\n"),
            ("l:\n  - x # c\n", "l[0]", "{\"a\": 1, \"b\": 2}", "l:\n  - # c\n    a: 1\n    b: 2\n"),
            ("l:\n  - x\n", "l[0]", "{\"a\": 1, \"b\": 2}", "l:\n  - a: 1\n    b: 2\n"),
            ("m: | # c\n  text\nz: 1\n", "m", "{\"a\": 1}", "m: # c\n    a: 1\nz: 1\n"),
            ("\"q: k\": x\n", "[\"q: k\"]", "[1]", "\"q: k\":\n    - 1\n"),
            ("'it''s': x\n", "[\"it's\"]", "[1]", "'it''s':\n    - 1\n"),
            ("? a\n: x\n", "a", "[1]", "? a\n:\n    - 1\n"),
            ("f: [{a: 1}]\n", "f[0]", "[1, \"x\"]", "f: [[1, x]]\n"),
        ],
    );
}

#[test]
fn entries_of_yaml_go_with_their_lines() {
    check_unset(
        &Yaml,
        &[
            ("a: 1 # c\nb: 2\n", "a", "b: 2\n"),
            ("# on a\na: 1\n# on b\nb: 2\n", "a", "# on a\n# on b\nb: 2\n"),
            ("a: 1\nb: 2", "b", "a: 1"),
            ("a: 1\r\nb: 2", "b", "a: 1"),
            ("a: |\n  x\nb: 2", "b", "a: |\n  x\n"),
            ("a: |+\n  x\n\n\nb: 2\n", "a", "b: 2\n"),
            ("m:\n  k: 1\n  # in m\n\n# on z\nz: 1\n", "m", "\n# on z\nz: 1\n"),
            ("m:\n  k: 1\nz: 1\n", "m.k", "m: {}\nz: 1\n"),
            ("m: # c\n  k: 1\nz: 1\n", "m.k", "m: {} # c\nz: 1\n"),
            ("m:\n  # on k\n  k: 1\nz: 1\n", "m.k", "m:\n  # on k\n  {}\nz: 1\n"),
            ("l:\n- a\n- b\n", "l[0]", "l:\n- b\n"),
            ("l:\n- a\n", "l[0]", "l: []\n"),
            ("l:\n  - a: 1 # c\n    # on b\n    b: 2\n", "l[0].a", "l:\n  - # on b\n    b: 2\n"),
            ("l:\n  - a: 1\n    b: 2\n", "l[0].a", "l:\n  - b: 2\n"),
            ("l:\n  - a: 1\n", "l[0].a", "l:\n  - {}\n"),
            ("l:\n  - - a\n    - b\n", "l[0][0]", "l:\n  - - b\n"),
            ("m: {a: 1, b: 2, c: 3}\n", "m.a", "m: {b: 2, c: 3}\n"),
            ("m: {a: 1, b: 2, c: 3}\n", "m.b", "m: {a: 1, c: 3}\n"),
            ("m: {a: 1, b: 2, c: 3}\n", "m.c", "m: {a: 1, b: 2}\n"),
            ("m: { a: 1 }\n", "m.a", "m: {}\n"),
            ("m: [a,]\n", "m[0]", "m: []\n"),
            ("m: {\n  a: 1, # one\n  b: 2, # two\n  c: 3\n}\n", "m.b", "m: {\n  a: 1, # one\n  c: 3\n}\n"),
            ("m: {\n  a: 1, # one\n  b: 2 # two\n}\n", "m.b", "m: {\n  a: 1 # one\n}\n"),
            ("a: 1\n", "a", "{}\n"),
            ("---\n# c\na: 1\n", "a", "---\n# c\n{}\n"),
            ("a: 1\n---\nb: 1\n", "a", "{}\n---\nb: 1\n"),
            ("a: &x 1\nb: *x\n", "b", "a: &x 1\n"),
            ("m:\n# in m\n- x\nz: 1\n", "m[0]", "m:\n# in m\n    []\nz: 1\n"),
            ("m:\n  k: 1\n# c\n  l: 2\n# on z\nz: 1\n", "m.l", "m:\n  k: 1\n# c\n# on z\nz: 1\n"),
            ("a:\n  - |+\n\n\n  -\n\n\nb: 1\n", "a[1]", "a:\n  - |+\n\n\nb: 1\n"),
        ],
    );
}

#[test]
fn json_keeps_indentation_and_spacing() {
    check_set(
        &Json,
        &[
            ("{\"a\":1}", "a", "x", "{\"a\":\"x\"}"),
            ("{\"a\":1}", "b", "[1,{\"c\":2}]", "{\"a\":1,\"b\":[1,{\"c\":2}]}"),
            ("{\"a\": 1}\n", "b", "[1,2]", "{\"a\": 1, \"b\": [1, 2]}\n"),
            ("{\n  \"a\": 1\n}\n", "b", "<&>", "{\n  \"a\": 1,\n  \"b\": \"<&>\"\n}\n"),
            ("{\n\t\"a\" : 1\n}", "m.k", "1", "{\n\t\"a\" : 1,\n\t\"m\" : {\n\t\t\"k\" : 1\n\t}\n}"),
            (
                "{\r\n  \"a\": 1\r\n}\r\n",
                "m.k",
                "1",
                "{\r\n  \"a\": 1,\r\n  \"m\": {\r\n    \"k\": 1\r\n  }\r\n}\r\n",
            ),
            (
                "{\n  \"m\": {\"a\": 1, \"b\": 2}\n}",
                "m.c",
                "3",
                "{\n  \"m\": {\"a\": 1, \"b\": 2, \"c\": 3}\n}",
            ),
            ("{\n  \"m\": {\"a\": 1}\n}", "m", "{\"z\":[1]}", "{\n  \"m\": {\"z\": [1]}\n}"),
            ("{\n  \"m\": {}\n}", "m.a", "1", "{\n  \"m\": {\n    \"a\": 1\n  }\n}"),
            (
                "{\n  \"l\": [\n    1\n  ]\n}",
                "l[9]",
                "{\"a\":1}",
                "{\n  \"l\": [\n    1,\n    {\n      \"a\": 1\n    }\n  ]\n}",
            ),
            ("{\n  \"l\": []\n}", "l[0]", "1", "{\n  \"l\": [\n    1\n  ]\n}"),
            ("{}", "a.b", "1", "{\"a\": {\"b\": 1}}"),
            ("{\n}\n", "a", "1", "{\n\t\"a\": 1\n}\n"),
            ("{\"a\": null}", "a.b", "1", "{\"a\": {\"b\": 1}}"),
            ("{\"a\": 1.50}", "b", "1.50", "{\"a\": 1.50, \"b\": 1.5}"),
        ],
    );
    check_unset(
        &Json,
        &[
            ("{\"a\":1,\"b\":2}", "a", "{\"b\":2}"),
            ("{\"a\":1,\"b\":2}", "b", "{\"a\":1}"),
            ("{\n  \"a\": 1,\n  \"b\": 2\n}\n", "b", "{\n  \"a\": 1\n}\n"),
            ("{\n  \"a\": 1,\n  \"b\": 2\n}\n", "a", "{\n  \"b\": 2\n}\n"),
            ("{\n  \"a\": 1\n}\n", "a", "{}\n"),
            ("{\"l\": [1, 2, 3]}", "l[1]", "{\"l\": [1, 3]}"),
            ("{\"l\": [1]}", "l[0]", "{\"l\": []}"),
        ],
    );
}

#[test]
fn env_files_have_lines() {
    check_set(
        &Dotenv,
        &[
            ("A=1\nB=2\n", "A", "x y", "A=x y\nB=2\n"),
            ("A=1\n", "B", "p\nq", "A=1\nB=p\\nq\n"),
            ("A=1", "B", "2", "A=1\nB=2"),
            ("A=1\n# end\n\n# more\n", "B", "2", "A=1\n# end\nB=2\n\n# more\n"),
            ("", "B", "2", "B=2\n"),
            ("# c\n", "B", "2", "# c\nB=2\n"),
            ("# c", "B", "2", "# c\nB=2"),
            ("A=1\n", "[\"export B\"]", "true", "A=1\nexport B=true\n"),
        ],
    );
    check_unset(
        &Dotenv,
        &[
            ("A=1\nB=2\n", "A", "B=2\n"),
            ("A=1\nB=2", "B", "A=1"),
            ("# c\nA=1\n", "A", "# c\n"),
            ("A=1", "A", ""),
        ],
    );
}

#[test]
fn a_new_entry_that_is_removed_leaves_the_same_bytes() {
    for (name, source, path) in [
        ("yaml", "a: 1\n", "b"),
        ("yaml", "a: 1", "b"),
        ("yaml", "a: 1\r\n\r\n# end\r\n", "b"),
        ("yaml", "m:\n  k: 1 # c\n  # in m\n\n# on z\nz: 1\n", "m.l"),
        ("yaml", "l:\n- a\n# on z\nz: 1\n", "l[1]"),
        ("yaml", "m: {a: 1}\n", "m.b"),
        ("yaml", "m: {\n  a: 1, # one\n  b: 2 # two\n}\n", "m.c"),
        ("yaml", "m: {}\nz: 1\n", "m.a"),
        ("yaml", "m: [] # c\nz: 1\n", "m[0]"),
        ("yaml", "{}\n", "a"),
        ("json", "{\"a\": 1, \"b\": [1, 2]}", "b[2]"),
        ("json", "{\n  \"a\": {\n    \"b\": 1\n  }\n}\n", "a.c"),
        ("json", "{\n  \"a\": {}\n}\n", "a.c"),
        ("env", "A=1\n# end\n", "B"),
        ("env", "A=1", "B"),
        ("env", "", "B"),
    ] {
        for value in ["x", "{\"k\": [1, 2]}", "p\nq\n"] {
            let Ok(with) = try_set(format(name), source, path, value) else {
                assert!(name == "env" && value.starts_with('{'), "{source}");
                continue;
            };
            assert_ne!(with, source);
            assert_eq!(try_unset(format(name), &with, path).unwrap(), source, "{with}");
        }
    }
}
