//! Documents that both sides changed.

use super::{Base, Choice, Merge, Side, Version};
use crate::doc::dotenv::Dotenv;
use crate::doc::ini::Ini;
use crate::doc::json::Json;
use crate::doc::toml::Toml;
use crate::doc::yaml::Yaml;
use crate::doc::{Format, Limits};

/// The merged text with all conflicts taken from `side`, and the paths of the conflicts.
fn merged(format: &dyn Format, [base, ours, theirs]: [&str; 3], side: Side) -> (String, Vec<String>) {
    let limits = Limits::default();
    let trees = [base, ours, theirs].map(|text| format.parse(text.as_bytes(), &limits).unwrap());
    let [base, ours, theirs] = trees.each_ref().map(Version::new);
    let merge = Merge::of(Base::Known(&base), &ours, &theirs).unwrap();
    let text = merge.text(format, &|_| Choice::Take(side), &limits);
    let text = text.map_or("nothing".to_owned(), |text| String::from_utf8(text.to_vec()).unwrap());
    (text, merge.conflicts.iter().map(|conflict| conflict.path.to_string()).collect())
}

#[track_caller]
fn clean(format: &dyn Format, versions: [&str; 3], wanted: &str) {
    assert_eq!(merged(format, versions, Side::Ours), (wanted.to_owned(), Vec::new()));
}

#[test]
fn neighbours_are_merged() {
    let base = "db:\n  password: a\n  user: u\n";
    let ours = "db:\n  password: A\n  user: u\n";
    let theirs = "db:\n  password: a\n  user: U\n";
    clean(&Yaml, [base, ours, theirs], "db:\n  password: A\n  user: U\n");
    let json =
        |p: &str, u: &str| format!("{{\n\t\"db\": {{\n\t\t\"p\": \"{p}\",\n\t\t\"u\": \"{u}\"\n\t}}\n}}\n");
    let (base, ours, theirs) = (json("a", "u"), json("A", "u"), json("a", "U"));
    clean(&Json, [&base, &ours, &theirs], &json("A", "U"));
    clean(&Dotenv, ["A=1\nB=1\n", "A=2\nB=1\n", "A=1\nB=2\n"], "A=2\nB=2\n");
    clean(&Ini, ["[s]\na = 1\nb = 1\n", "[s]\na = 2\nb = 1\n", "[s]\na = 1\nb = 2\n"], "[s]\na = 2\nb = 2\n");
    clean(
        &Toml,
        ["[s]\na = '1'\nb = '1'\n", "[s]\na = '2'\nb = '1'\n", "[s]\na = '1'\nb = '2'\n"],
        "[s]\na = '2'\nb = '2'\n",
    );
}

#[test]
fn new_keys_of_both_sides_stay_ours_first() {
    clean(
        &Yaml,
        ["api:\n  a: 1\nz: 1\n", "api:\n  a: 1\n  o: 2\nz: 1\n", "api:\n  a: 1\n  # new\n  t: 3\nz: 1\n"],
        "api:\n  a: 1\n  o: 2\n  # new\n  t: 3\nz: 1\n",
    );
    clean(
        &Json,
        [
            "{\n  \"a\": 1\n}\n",
            "{\n  \"a\": 1,\n  \"o\": 2\n}\n",
            "{\n  \"a\": 1,\n  \"t\": {\n    \"x\": 3\n  }\n}\n",
        ],
        "{\n  \"a\": 1,\n  \"o\": 2,\n  \"t\": {\n    \"x\": 3\n  }\n}\n",
    );
    clean(&Dotenv, ["A=1\n", "A=1\nO=2\n", "# t\nT=3\nA=1\n"], "# t\nT=3\nA=1\nO=2\n");
    clean(
        &Toml,
        ["[a]\nx = 1\n", "[a]\nx = 1\ny = 2\n", "[a]\nx = 1\n\n# new\n[b]\nz = 3\n"],
        "[a]\nx = 1\ny = 2\n\n# new\n[b]\nz = 3\n",
    );
}

#[test]
fn removed_keys_go_with_their_comments() {
    clean(
        &Yaml,
        ["a: 1\n# of b\nb: 2\nc: 3\n", "a: 1\n# of b\nb: 2\nc: 4\n", "a: 1\nc: 3\n"],
        "a: 1\nc: 4\n",
    );
    clean(
        &Json,
        ["{\n  \"a\": 1,\n  \"b\": 2\n}\n", "{\n  \"a\": 5,\n  \"b\": 2\n}\n", "{\n  \"a\": 1\n}\n"],
        "{\n  \"a\": 5\n}\n",
    );
}

#[test]
fn comments_of_both_sides_stay() {
    clean(
        &Yaml,
        ["# c\na: 1\nb: 2\n", "# c\n# o\na: 1\nb: 2\n", "# c\n# t\na: 1\nb: 3\n"],
        "# c\n# o\n# t\na: 1\nb: 3\n",
    );
    clean(
        &Yaml,
        ["a: 1\nb: 2\n", "a: 2\nb: 2\n", "a: 1\n# new\nb: 2\n# end\n"],
        "a: 2\n# new\nb: 2\n# end\n",
    );
}

#[test]
fn lists_are_merged_by_elements() {
    clean(
        &Yaml,
        ["l:\n- a\n- b\n", "l:\n- z\n- a\n- b\n", "l:\n- a\n- b\n- c\n"],
        "l:\n- z\n- a\n- b\n- c\n",
    );
    let (text, conflicts) =
        merged(&Yaml, ["l:\n- a\n- b\n", "l:\n- x\n- b\n", "l:\n- y\n- b\n"], Side::Theirs);
    assert_eq!((text.as_str(), conflicts), ("l:\n- y\n- b\n", vec!["l[0]".to_owned()]));
}

#[test]
fn maps_in_lists_are_merged_by_keys() {
    clean(
        &Yaml,
        [
            "users:\n  - name: a\n    pw: x\n    tag: t\n  - name: b\n    pw: y\n",
            "users:\n  - name: a\n    pw: X\n    tag: t\n  - name: b\n    pw: y\n",
            "users:\n  - name: A\n    pw: x\n    tag: T\n  - name: b\n    pw: Y\n",
        ],
        "users:\n  - name: A\n    pw: X\n    tag: T\n  - name: b\n    pw: Y\n",
    );
}

#[test]
fn flow_collections_are_merged_in_place() {
    clean(
        &Yaml,
        ["m: {a: 1, b: 2} # c\n", "m: {a: 5, b: 2} # c\n", "m: {a: 1, b: 6} # c\n"],
        "m: {a: 5, b: 6} # c\n",
    );
    clean(
        &Json,
        [r#"{"a": 1, "b": 2}"#, r#"{"a": 5, "b": 2}"#, r#"{"a": 1, "b": 6}"#],
        r#"{"a": 5, "b": 6}"#,
    );
}

#[test]
fn anchors_and_aliases_stay() {
    clean(
        &Yaml,
        ["a: &x 1\nb: *x\nc: 1\n", "a: &x 2\nb: *x\nc: 1\n", "a: &x 1\nb: *x\nc: 1\nd: *x\n"],
        "a: &x 2\nb: *x\nc: 1\nd: *x\n",
    );
}

#[test]
fn documents_of_a_stream_are_merged_by_position() {
    clean(
        &Yaml,
        ["a: 1\n---\nb: 1\n", "a: 2\n---\nb: 1\n", "a: 1\n---\nb: 1\nc: 3\n"],
        "a: 2\n---\nb: 1\nc: 3\n",
    );
}

#[test]
fn contradictions_are_conflicts() {
    for ([base, ours, theirs], taken, paths) in [
        (["a: 1\nb: 1\n", "a: 2\nb: 1\n", "a: 3\nb: 4\n"], ["a: 2\nb: 4\n", "a: 3\nb: 4\n"], vec!["a"]),
        (["a: 1\nb: 1\n", "b: 1\n", "a: 3\nb: 1\n"], ["b: 1\n", "a: 3\nb: 1\n"], vec!["a"]),
        (["b: 1\n", "b: 1\nn: 1\n", "b: 1\nn: '1'\n"], ["b: 1\nn: 1\n", "b: 1\nn: '1'\n"], vec!["n"]),
    ] {
        for (side, wanted) in [(Side::Ours, taken[0]), (Side::Theirs, taken[1])] {
            let (text, conflicts) = merged(&Yaml, [base, ours, theirs], side);
            assert_eq!((text.as_str(), conflicts), (wanted, paths.iter().map(|p| (*p).to_owned()).collect()));
        }
    }
}
