//! Dotenv files: the mode `env`.

use super::{document, pairs, refused, rendered};
use crate::doc::Dialect;
use crate::doc::json::push_string;
use crate::render::{Document, Mode, NullRule, Wish, env_text, variables};
use proptest::prelude::*;

fn env() -> Wish {
    Wish { modes: vec![Mode::Env], ..Wish::default() }
}

/// A document with the one value `k`.
fn one(value: &str) -> [Document; 1] {
    let mut json = b"{\"k\": ".to_vec();
    push_string(value.as_bytes(), &mut json);
    json.push(b'}');
    [document("a.json", json)]
}

/// What dotenvy reads.
fn read(text: &[u8]) -> Vec<(String, String)> {
    dotenvy::from_read_iter(text).map(Result::unwrap).collect()
}

#[test]
fn each_document_is_a_file_of_variables() {
    let documents = [
        document(
            "app.enc.yaml",
            "db: {pass-less: ~, password: 'a b'}\nhosts: [x, y]\nn: 1.10\nempty: \"\"\n",
        ),
        document(".env.enc", "A=1\n"),
    ];
    assert_eq!(refused(&documents, &env()).1, "`db.pass-less` of `app.enc.yaml` is null");
    let skip = Wish { null: NullRule::Skip, ..env() };
    let app = "DB_PASSWORD=\\'a b\\'\\nHOSTS_0=x\\nHOSTS_1=y\\nN=1.10\\nEMPTY=\\n";
    assert_eq!(rendered(&documents, &skip), pairs(&[(".env", "A=1\\n"), ("app.env", app)]));
}

#[test]
fn names_that_are_none_or_collide_are_refused() {
    let (code, text) = refused(&[document("a.yaml", "db:\n  pass-word: x\n")], &env());
    assert_eq!(code, "E_NAME");
    assert!(text.starts_with("`db_pass-word`, from `db.pass-word` of `a.yaml`, cannot be a name"), "{text}");
    let (code, text) = refused(&[document("a.yaml", "a_b: x\na: {B: y}\n")], &env());
    assert_eq!(code, "E_COLLISION");
    assert_eq!(text, "`a_b` of `a.yaml` and `a.B` of `a.yaml` have one name, `A_B`");
    let (code, text) = refused(&[document("key.pem.enc", "x")], &env());
    assert_eq!(
        (code, text.as_str()),
        ("E_VALUE", "`key.pem.enc` is one value without a name and makes no variable")
    );
    // Two documents are two files; over both, a name is for one value.
    let two = [document("a.yaml", "k: x\n"), document("b.yaml", "k: y\n")];
    assert_eq!(rendered(&two, &env()), pairs(&[("a.env", "K=x\\n"), ("b.env", "K=y\\n")]));
    assert_eq!(variables(&two, &env()).err().unwrap().name(), "E_COLLISION");
}

#[test]
fn values_without_a_common_spelling_are_refused() {
    for value in [
        "a\r\nb",
        "a\r",
        "${HOME}",
        "x${a:-b}y",
        "a\\\\b",
        "a b\\",
        "it's \"x\"",
        "it's $5",
        "it's \\n",
        "it's `x`",
        "nul\0",
    ] {
        let (code, text) = refused(&one(value), &env());
        assert_eq!(code, "E_VALUE", "{value:?}");
        assert!(
            text.starts_with("`k` of `a.json` cannot be a variable: ") && !text.contains(value),
            "{text}"
        );
    }
    let (_, text) = refused(&[document("a.yaml", "k: !!binary //8=\n")], &env());
    assert!(text.ends_with("it is not UTF-8"), "{text}");
}

#[test]
fn quotes_are_the_least_that_does() {
    for (value, line) in [
        ("", "K="),
        ("postgres://u:p@h/d?", "K='postgres://u:p@h/d?'"),
        ("aGVs+bG8/==", "K=aGVs+bG8/=="),
        ("$5 #1", "K='$5 #1'"),
        ("two\nlines\n", "K='two\nlines\n'"),
        ("it's\nme", "K=\"it's\nme\""),
        ("a\\nb", "K='a\\nb'"),
    ] {
        let documents = one(value);
        let text = env_text(&variables(&documents, &env()).unwrap(), Dialect::Dotenv).unwrap();
        assert_eq!(String::from_utf8_lossy(&text), format!("{line}\n"));
        assert_eq!(read(&text), pairs(&[("K", value)]));
    }
}

#[test]
fn docker_takes_lines_as_they_are() {
    for (value, fits) in
        [("", true), (" '\"$\\ # x ", true), ("a\nb", false), ("a\r", false), ("é", true), ("a\0", false)]
    {
        let documents = one(value);
        match env_text(&variables(&documents, &env()).unwrap(), Dialect::Docker) {
            Ok(text) => assert!(fits && *text == format!("K={value}\n").into_bytes(), "{value:?}"),
            Err(error) => assert!(!fits && error.name() == "E_VALUE", "{value:?}"),
        }
    }
}

proptest! {
    #[test]
    fn dotenvy_reads_every_value_back(values in proptest::collection::vec("[ab \t\n\\\\'\"`$\\{}#=:é\u{2028}]{0,6}|\\PC{0,8}", 1..5)) {
        let documents: Vec<Document> = values.iter().flat_map(|value| one(value)).collect();
        let mut text = Vec::new();
        let mut expected = Vec::new();
        for (document, value) in documents.iter().zip(&values) {
            let variables = variables(std::slice::from_ref(document), &env()).unwrap();
            if let Ok(line) = env_text(&variables, Dialect::Dotenv) {
                text.extend_from_slice(&line);
                expected.push(("K".to_owned(), value.clone()));
            }
        }
        prop_assert_eq!(read(&text), expected);
    }
}
