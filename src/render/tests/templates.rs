//! Texts with places for values.

use super::document;
use crate::doc::json::Json;
use crate::doc::yaml::Yaml;
use crate::doc::{Format, Kind, Limits, Value};
use crate::render::{Document, NullRule, RenderError, Template};
use proptest::prelude::*;
use std::process::Command;
use zeroize::Zeroizing;

fn template(text: impl AsRef<[u8]>) -> Template {
    let text = Zeroizing::new(text.as_ref().to_vec());
    Template { name: "out".to_owned(), source_name: "out.tmpl".to_owned(), text }
}

fn fill(documents: &[Document], text: &str) -> Result<String, RenderError> {
    let filled = template(text).fill(documents, NullRule::Refuse, false)?;
    Ok(String::from_utf8(filled.to_vec()).unwrap())
}

fn documents() -> [Document; 2] {
    let yaml = "db: {password: 'it''s \"x\" & {{ seal \"n\" }}', port: 5432}\nn: 1.10\nnone: ~\n\
                odd key: o\nbytes: !!binary AAH/\nk: 1\n";
    [document("app.enc.yaml", yaml), document("b.env", "k=2\n")]
}

#[test]
fn values_stand_in_their_places() {
    let documents = documents();
    for (text, expected) in [
        ("port={{ seal \"db.port\" }}\n", "port=5432\n"),
        ("{{seal \"n\"}}{{seal\t\"n\"  }}", "1.101.10"),
        ("{{{seal \"n\"}}}", "{1.10}"),
        ("{{{{ seal \"n\" }}}}", "{{1.10}}"),
        ("{{ seal \"['odd key']\" }}{{ seal \"[\\\"odd key\\\"]\" }}", "oo"),
        ("{{ seal \"b.env\" \"k\" }}{{ seal \"app.enc.yaml\" \"k\" | json }}", "2\"1\""),
        ("{{ seal \"db.password\" }}", "it's \"x\" & {{ seal \"n\" }}"),
        ("{{ seal \"db.password\" | json }}", r#""it's \"x\" & {{ seal \"n\" }}""#),
        ("{{ seal \"db.password\" | yaml }}", r#""it's \"x\" & {{ seal \"n\" }}""#),
        ("{{ seal \"db.password\" | sh }}", r#"'it'\''s "x" & {{ seal "n" }}'"#),
        ("{{ seal \"db.password\" | uri }}", "it%27s%20%22x%22%20%26%20%7B%7B%20seal%20%22n%22%20%7D%7D"),
        ("{{ seal \"bytes\" | base64 }}", "AAH/"),
        ("{{ seal \"bytes\" | base64 | uri | json }}", "\"AAH%2F\""),
        ("{{ seal \"bytes\" | uri}}", "%00%01%FF"),
    ] {
        assert_eq!(fill(&documents, text).unwrap(), expected, "{text}");
    }
}

#[test]
fn everything_else_stays() {
    for text in [
        "",
        "{{",
        "}}",
        "{{ .Values.x | quote }} {% if seal %} ${x} {{ sealed \"n\" }} {{ _seal }}",
        "{{ range seal \"n\" }}{{- /* seal */ -}}",
        "{ { seal \"n\" } }",
        "\u{feff}a\r\nb\0c",
        "{{\nseal \"n\"}}",
    ] {
        assert_eq!(fill(&documents(), text).unwrap(), text);
    }
    let bytes = b"\xff{{\xfe}}".as_slice();
    assert_eq!(*template(bytes).fill(&documents(), NullRule::Refuse, false).unwrap(), bytes);
}

#[test]
fn mistakes_are_named_with_their_place() {
    let documents = documents();
    for (text, line, column, message) in [
        ("a\n{{ seal }}", 2, 9, "expected a key in double quotes"),
        ("{{ seal db.port }}", 1, 9, "expected a key in double quotes"),
        ("{{ seal", 1, 8, "expected a key in double quotes"),
        ("{{ seal \"n }}\n\"", 1, 9, "the quote is never closed"),
        ("{{ seal \"n\" \"k }}", 1, 13, "the quote is never closed"),
        ("{{ seal \"\\n\" }}", 1, 10, "after `\\` in quotes"),
        ("{{ seal \"n\" }", 1, 13, "expected `|` and a filter, or `}}`"),
        ("{{ seal \"n\"\n}}", 1, 12, "expected `|` and a filter, or `}}`"),
        ("{{ seal \"n\" -}}", 1, 13, "expected `|` and a filter, or `}}`"),
        ("{{ seal \"n\" \"k\" \"x\" }}", 1, 17, "expected `|` and a filter, or `}}`"),
        ("é{{ seal \"n\" | upper }}", 1, 16, "this filter does not exist"),
        ("{{ seal \"n\" | }}", 1, 15, "this filter does not exist"),
        ("{{ seal \"n\" | JSON }}", 1, 15, "this filter does not exist"),
        ("{{ seal \"a..b\" }}", 1, 9, "`a..b` is not a path"),
        ("{{ seal \"\" }}", 1, 9, "`` is not a path"),
        ("x {{ seal \"db.user\" }}", 1, 11, "there is nothing at `db.user`"),
        ("{{ seal \"db\" }}", 1, 9, "`db` is not a single value"),
        ("{{ seal \"k\" }}", 1, 9, "`k` is in `app.enc.yaml` and in `b.env`"),
        ("{{ seal \"c.yaml\" \"k\" }}", 1, 18, "none of the files is `c.yaml`"),
        ("{{ seal \"none\" }}", 1, 9, "`none` of `app.enc.yaml` is null"),
        (
            "{{ seal \"bytes\" | json }}",
            1,
            9,
            "`bytes` does not go through the filter `json`: it is not UTF-8",
        ),
        (
            "{{ seal \"bytes\" | sh }}",
            1,
            9,
            "`bytes` does not go through the filter `sh`: it holds a NUL byte",
        ),
    ] {
        let Err(error) = fill(&documents, text) else { panic!("{text}") };
        assert_eq!(error.name(), "E_TEMPLATE");
        assert!(error.to_string().starts_with(message), "{text}: {error}");
        let RenderError::Template { template, line: at, column: character, .. } = error else {
            panic!("{text}")
        };
        assert_eq!((template.as_str(), at, character), ("out.tmpl", line, column), "{text}");
    }
}

#[test]
fn nulls_and_clear_values_go_by_the_wish() {
    let documents = documents();
    let text = template("<{{ seal \"none\" }}>");
    assert_eq!(*text.fill(&documents, NullRule::Empty, false).unwrap(), b"<>");
    assert_eq!(*text.fill(&documents, NullRule::Skip, false).unwrap(), b"<>");
    assert!(text.fill(&documents, NullRule::Empty, true).is_err());
}

/// The one string in a document of `format`.
fn read_back(format: &dyn Format, text: &[u8]) -> String {
    let mut source = b"{\"k\": ".to_vec();
    source.extend_from_slice(text);
    source.extend_from_slice(b"}\n");
    let tree = format.parse(&source, &Limits::default()).unwrap_or_else(|e| panic!("{e}"));
    match &tree.node(1).kind {
        Kind::Leaf(Value::Str(text)) => String::from_utf8(text.to_vec()).unwrap(),
        _ => panic!("no string"),
    }
}

#[test]
fn a_shell_reads_its_words_back() {
    let value = "it's $HOME `id` \"x\" \\ \n * ~ ; é";
    let documents = [document("key.enc", value)];
    let command = format!("printf %s {}", fill(&documents, "{{ seal \"data\" | sh }}").unwrap());
    let output = Command::new("/bin/sh").arg("-c").arg(command).output().unwrap();
    assert_eq!(String::from_utf8(output.stdout).unwrap(), value);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn json_and_yaml_read_their_strings_back(value in "([\u{0}-\u{a0}\u{2028}\u{feff}\u{ffff}]|\\PC){0,12}") {
        let documents = [document("key.enc", &value)];
        let json = fill(&documents, "{{ seal \"data\" | json }}").unwrap();
        prop_assert_eq!(&serde_json::from_str::<String>(&json).unwrap(), &value);
        prop_assert_eq!(&read_back(&Json, json.as_bytes()), &value);
        let yaml = fill(&documents, "{{ seal \"data\" | yaml }}").unwrap();
        prop_assert_eq!(&read_back(&Yaml, yaml.as_bytes()), &value);
        prop_assert_eq!(&serde_yaml::from_str::<String>(&yaml).unwrap(), &value);
    }

    #[test]
    fn any_text_is_filled_or_refused(text in "([{}|\" ]|seal|\\{\\{ seal \"n\"|\\PC){0,20}") {
        let documents = documents();
        match fill(&documents, &text) {
            Ok(filled) => prop_assert!(text.contains("seal") || filled == text),
            Err(error) => prop_assert_eq!(error.name(), "E_TEMPLATE"),
        }
    }
}
