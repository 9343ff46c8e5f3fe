//! Names from real encrypted files that no folder takes.

use super::memory::Memory;
use crate::generate::Random;
use std::collections::BTreeMap;

/// A JSON text.
fn json(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

#[test]
fn n1_hostile_names_are_refused_with_their_place() {
    let memory = Memory::empty();
    let long = "n".repeat(256);
    for (key, said) in [
        ("", "it is empty"),
        (".", "`.` is the folder itself"),
        ("..", "it begins with `..`"),
        ("..data", "it begins with `..`"),
        ("..2020", "it begins with `..`"),
        ("../etc/passwd", "it begins with `..`"),
        ("a/b", "it holds a `/`"),
        ("/etc/passwd", "it holds a `/`"),
        ("a\u{0}b", "it holds a control character"),
        ("a\nb", "it holds a control character"),
        ("a\u{1b}[31mred", "it holds a control character"),
        (long.as_str(), "it is longer than 255 bytes"),
    ] {
        // A good value before and after it: all or nothing.
        let text = format!("{{\"good\": \"g\", {}: \"hunter2-db\", \"other\": \"o\"}}\n", json(key));
        memory.seal_file("app.json", text);
        let done = memory.refuses(memory.mount(&["--as", "keys", "app.json"]), 78, "E_NAME");
        assert!(done.stderr.contains(said), "{key:?}: {done}");
        assert!(done.stderr.contains("app.json:1:"), "{key:?}: {done}");
        assert!(!done.stderr.contains('\u{1b}'), "escaped: {done}");
        // The whole document has no such names.
        memory.mount(&["app.json"]).ok();
        memory.seal(&["mount", "--clear", memory.dir()]).ok();
        assert!(memory.names().is_empty());
    }
}

#[test]
fn n1_another_name_is_the_way_out() {
    let memory = Memory::empty();
    memory.seal_file("app.yaml", "'a/b': hunter2-db\n'': first-item\n");
    memory.refuses(memory.mount(&["--secret", r#""source=[""a/b""]""#, "app.yaml"]), 78, "E_NAME");
    memory.mount(&["--secret", r#""source=[""a/b""]",target=a-b"#, "app.yaml"]).ok();
    assert_eq!(memory.texts(), BTreeMap::from([("a-b".into(), "hunter2-db".into())]));
    for target in ["../x", "..data", ".", "a/b", "/x"] {
        memory.seal(&["mount", "--clear", memory.dir()]).ok();
        let spec = format!(r#""source=[""a/b""]",target={target}"#);
        let done = memory.mount(&["--secret", &spec, "app.yaml"]).done();
        assert!([Some(64), Some(78)].contains(&done.code), "{target}: {done}");
        memory.assert_empty(&done);
    }
}

#[test]
fn n1_two_values_of_one_name_are_both_named() {
    let memory = Memory::empty();
    memory.seal_file("app.yaml", "a.b: hunter2-db\na: {b: first-item}\n");
    let done = memory.refuses(memory.mount(&["--as", "keys", "app.yaml"]), 78, "E_COLLISION");
    assert!(done.stderr.contains("[\"a.b\"]") && done.stderr.contains("`a.b`"), "{done}");
    memory.mount(&["--as", "keys", "--sep", "-", "app.yaml"]).ok();
    assert_eq!(memory.seen().into_keys().collect::<Vec<_>>(), ["a-b", "a.b"]);
    memory.seal(&["mount", "--clear", memory.dir()]).ok();
    // Two files, and two documents of the same name.
    memory.seal_file("one.yaml", "token: hunter2-db\n");
    memory.seal_file("two.yaml", "token: first-item\n");
    let done = memory.refuses(memory.mount(&["--as", "keys", "one.yaml", "two.yaml"]), 78, "E_COLLISION");
    assert!(done.stderr.contains("one.yaml") && done.stderr.contains("two.yaml"), "{done}");
    memory.seal_file("sub/one.yaml", "token: first-item\n");
    memory.refuses(memory.mount(&["one.yaml", "sub/one.yaml"]), 78, "E_COLLISION");
}

#[test]
fn n1_variables_have_names_of_their_own() {
    let memory = Memory::empty();
    for key in ["1st", "a-b", "a b", "ä"] {
        memory.seal_file("app.yaml", format!("'{key}': hunter2-db\n"));
        memory.refuses(memory.mount(&["--as", "env", "app.yaml"]), 78, "E_NAME");
    }
    memory.seal_file("app.yaml", "a_b: hunter2-db\na: {b: first-item}\n");
    memory.refuses(memory.mount(&["--as", "env", "app.yaml"]), 78, "E_COLLISION");
}

/// Keys at random: each becomes exactly the file of that name, or nothing is rendered.
#[test]
fn n1_any_name_is_a_file_or_refused() {
    const PARTS: [&str; 14] =
        ["a", "b", ".", "..", "/", "\u{0}", "\n", "ä", "\u{202e}", " ", "~", "-", "..gen-", "x"];
    let memory = Memory::empty();
    for number in 0..40 {
        let mut random = Random::new(7, number);
        let count = 1 + random.below(3);
        let key: String = (0..count).map(|_| random.one_of(&PARTS)).collect();
        memory.seal_file("app.json", format!("{{{}: \"hunter2-db\"}}\n", json(&key)));
        let done = memory.mount(&["--as", "keys", "app.json"]).done();
        memory.assert_silent(&done);
        let bad = key == "." || key.starts_with("..") || key.contains(['/', '\u{0}', '\n']);
        assert_eq!(done.code, Some(if bad { 78 } else { 0 }), "{key:?}: {done}");
        if bad {
            memory.assert_empty(&done);
        } else {
            assert_eq!(memory.texts(), BTreeMap::from([(key, "hunter2-db".to_owned())]));
            memory.seal(&["mount", "--clear", memory.dir()]).ok();
        }
    }
}
