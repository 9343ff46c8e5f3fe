//! Hostile names (N1), from encrypted documents.

use super::{document, refused};
use crate::doc::json::push_string;
use crate::render::names::{check, variable};
use crate::render::{Mode, NameProblem, Separator, Template, Wish, bundle};
use proptest::prelude::*;
use std::path::{Component, Path};
use zeroize::Zeroizing;

/// Names that no file gets, and why.
const HOSTILE: &[(&str, NameProblem)] = &[
    ("", NameProblem::Empty),
    (".", NameProblem::Dot),
    ("..", NameProblem::DotDot),
    ("..data", NameProblem::DotDot),
    ("..gen-1", NameProblem::DotDot),
    ("../x", NameProblem::DotDot),
    ("/etc/passwd", NameProblem::Slash),
    ("a/b", NameProblem::Slash),
    ("a/../../b", NameProblem::Slash),
    ("a\0b", NameProblem::Control),
    ("a\nb", NameProblem::Control),
    ("\x1b[31m", NameProblem::Control),
    ("a\x7f", NameProblem::Control),
    ("a\u{85}", NameProblem::Control),
];

#[test]
fn hostile_keys_are_refused_with_their_place() {
    let long = "x".repeat(256);
    for (key, problem) in HOSTILE.iter().copied().chain([(&*long, NameProblem::Long)]) {
        let mut json = b"{\"first\": \"hunter2\", ".to_vec();
        push_string(key.as_bytes(), &mut json);
        json.extend_from_slice(b": \"hunter2\"}");
        let documents = [document("a.json", json)];
        let wish = Wish { modes: vec![Mode::Keys], ..Wish::default() };
        let Err(error) = bundle(&documents, &wish) else { panic!("{key:?}") };
        assert_eq!(error.name(), "E_NAME", "{key:?}");
        let spot = error.spots()[0];
        assert_eq!((spot.document.as_str(), spot.at), ("a.json", documents[0].leaves().nth(1).unwrap().at));
        let text = error.to_string();
        assert!(text.ends_with(&problem.to_string()) && !text.contains("hunter2"), "{text}");
    }
}

#[test]
fn hostile_targets_and_templates_are_refused() {
    let documents = [document("a.yaml", "a: hunter2\n")];
    for (name, problem) in HOSTILE.iter().filter(|(name, _)| !name.is_empty()) {
        let mut secret: crate::render::SecretSpec = "a".parse().unwrap();
        secret.target = Some((*name).to_owned());
        let wish = Wish { secrets: vec![secret], ..Wish::default() };
        let (code, text) = refused(&documents, &wish);
        assert!(code == "E_NAME" && text.ends_with(&problem.to_string()), "{text}");
        let (name, text) = ((*name).to_owned(), Zeroizing::default());
        let templates = vec![Template { name, source_name: "t".to_owned(), text }];
        let (code, text) = refused(&documents, &Wish { templates, ..Wish::default() });
        assert!(code == "E_NAME" && text.ends_with(&problem.to_string()), "{text}");
    }
}

#[test]
fn joined_names_are_checked_too() {
    for (source, problem) in [
        ("\"\": {\".\": x}\n", NameProblem::DotDot),
        ("\"\": [x]\n", NameProblem::Slash),
        (".: {b: x}\n", NameProblem::DotDot),
    ] {
        let documents = [document("a.yaml", source)];
        let wish = Wish { modes: vec![Mode::Keys], ..Wish::default() };
        match problem {
            // `.0` is a name like any other.
            NameProblem::Slash => assert_eq!(bundle(&documents, &wish).unwrap().entries[0].name, ".0"),
            problem => assert!(refused(&documents, &wish).1.ends_with(&problem.to_string()), "{source}"),
        }
    }
}

#[test]
fn names_of_other_bytes_are_refused() {
    // ENV keys are any bytes.
    let documents = [document("a.env", b"\xff\xfe=x\n")];
    let wish = Wish { modes: vec![Mode::Keys], ..Wish::default() };
    assert!(refused(&documents, &wish).1.ends_with(&NameProblem::NotUtf8.to_string()));
    let wish = Wish { modes: vec![Mode::Env], ..Wish::default() };
    assert!(refused(&documents, &wish).1.ends_with(&NameProblem::NotVariable.to_string()));
}

#[test]
fn variables_have_plain_names() {
    for (name, expected) in [("db_pass", Some("DB_PASS")), ("_1", Some("_1")), ("A", Some("A"))]
        .into_iter()
        .chain(["", "1a", "a-b", "a.b", "a b", "é", "a=b", "a\n", "$a"].map(|name| (name, None)))
    {
        assert_eq!(variable(name.into()).ok().as_deref(), expected, "{name}");
    }
}

proptest! {
    #[test]
    fn a_name_that_passes_is_one_component(name in proptest::collection::vec(any::<u8>(), 0..300)) {
        if let Ok(name) = check(name.clone()) {
            let components: Vec<_> = Path::new(&name).components().collect();
            prop_assert_eq!(components, [Component::Normal(name.as_ref())]);
            prop_assert!(name.len() <= 255 && !name.starts_with("..") && !name.chars().any(char::is_control));
        }
    }

    #[test]
    fn keys_become_their_names_or_nothing(
        keys in proptest::collection::vec("[a/.\u{0}-\u{20}\u{7f}é]{0,4}|\\PC{0,6}", 1..4),
        separator in 0..4usize,
    ) {
        let separator = [Separator::Dot, Separator::Underscore, Separator::Dash, Separator::DoubleUnderscore][separator];
        let mut json = Vec::new();
        for key in &keys {
            json.push(b'{');
            push_string(key.as_bytes(), &mut json);
            json.push(b':');
        }
        json.extend_from_slice(b"\"v\"");
        json.extend(keys.iter().map(|_| b'}'));
        prop_assume!(keys[0] != "sops");
        let documents = [document("a.json", json)];
        let joined = keys.join(separator.as_str());
        match bundle(&documents, &Wish { modes: vec![Mode::Keys], separator, ..Wish::default() }) {
            Ok(bundle) => prop_assert_eq!(&bundle.entries[0].name, &joined),
            Err(error) => {
                prop_assert_eq!(error.name(), "E_NAME");
                prop_assert!(check(joined.into_bytes()).is_err());
            }
        }
    }
}
