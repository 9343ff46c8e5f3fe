//! Whole documents: the mode `file` (I2), and what files are called.

use super::{File, document, pairs, refused, rendered};
use crate::render::names::{env_name, file_name};
use crate::render::{Mode, Template, Wish};
use zeroize::Zeroizing;

#[test]
fn documents_are_what_they_were() {
    for (name, plain, source) in [
        ("app.enc.yaml", "app.yaml", "# c\na: &a 1.10 # x\nb: [*a, \"\\u0041\"]\n---\nc: |\n  t\n" as &str),
        ("conf/app.sops.json", "app.json", "{\"a\":\"\\u0041\", \"n\": 1.10, \"z\": null}\n"),
        ("../.env.enc", ".env", "# c\nexport A=\"x\" # y\n\nB=1"),
        ("key.pem.sealed", "key.pem", "any \x01 bytes"),
        ("app.yaml", "app.yaml", "a: 1\n"),
    ] {
        let documents = [document(name, source)];
        let expected = pairs(&[(plain, &source.as_bytes().escape_ascii().to_string())]);
        assert_eq!(rendered(&documents, &Wish::default()), expected, "{name}");
        assert_eq!(documents[0].text(), source.as_bytes());
    }
}

#[test]
fn names_lose_the_mark_of_encryption() {
    for (name, file, env) in [
        ("app.enc.yaml", "app.yaml", "app.env"),
        (".env.enc", ".env", ".env"),
        ("key.pem.enc", "key.pem", "key.env"),
        (".enc.env", ".env", ".env"),
        ("app.yaml", "app.yaml", "app.env"),
        ("app.sops.json", "app.json", "app.env"),
        ("a/b.sealed/app.sealed.yaml", "app.yaml", "app.env"),
        ("prod.env", "prod.env", "prod.env"),
        ("prod.enc.env", "prod.env", "prod.env"),
        ("token.enc", "token", "token.env"),
        ("enc", "enc", "enc.env"),
        ("enc.yaml", "enc.yaml", "enc.env"),
        ("app.enc.prod.yaml", "app.enc.prod.yaml", "app.enc.prod.env"),
        ("app.enc.enc", "app.enc", "app.env"),
        (".hidden", ".hidden", ".hidden.env"),
        ("a.tar.gz.sops", "a.tar.gz", "a.tar.env"),
    ] {
        assert_eq!(file_name(name).as_deref(), Some(file), "{name}");
        assert_eq!(env_name(name).as_deref(), Some(env), "{name}");
    }
    assert_eq!(file_name("-"), None);
}

#[test]
fn standard_input_has_no_name_but_keys() {
    let mut file = File::new("a.yaml", b"a: x\n", true);
    file.name = "-".to_owned();
    let documents = [file.open()];
    let expected = ("E_NAME", "`-` has no name to call a file by".to_owned());
    assert_eq!(refused(&documents, &Wish::default()), expected);
    let env = Wish { modes: vec![Mode::Env], ..Wish::default() };
    assert_eq!(refused(&documents, &env), expected);
    let keys = Wish { modes: vec![Mode::Keys], ..Wish::default() };
    assert_eq!(rendered(&documents, &keys), pairs(&[("a", "x")]));
}

#[test]
fn one_name_is_for_one_thing() {
    let template = |name: &str| Template {
        name: name.to_owned(),
        source_name: "t.tmpl".to_owned(),
        text: Zeroizing::new(b"t".to_vec()),
    };
    let two = [document("a/app.enc.yaml", "a: x\n"), document("b/app.yaml", "b: y\n")];
    let message = "`a/app.enc.yaml` and `b/app.yaml` have one name, `app.yaml`";
    assert_eq!(refused(&two, &Wish::default()), ("E_COLLISION", message.to_owned()));
    let dotted = [document("a.yaml", "a.b: x\na: {b: y}\n")];
    let keys = || Wish { modes: vec![Mode::Keys], ..Wish::default() };
    let message = "`[\"a.b\"]` of `a.yaml` and `a.b` of `a.yaml` have one name, `a.b`";
    assert_eq!(refused(&dotted, &keys()), ("E_COLLISION", message.to_owned()));
    let sources = [document("a.yaml", "k: x\n"), document("b.json", "{\"k\": 1}")];
    assert_eq!(refused(&sources, &keys()).1, "`k` of `a.yaml` and `k` of `b.json` have one name, `k`");
    let env = [document(".env.enc", "A=1\n")];
    let both = Wish { modes: vec![Mode::File, Mode::Env], ..Wish::default() };
    assert_eq!(refused(&env, &both).0, "E_COLLISION");
    let filled = Wish { modes: vec![Mode::File], templates: vec![template("app.yaml")], ..Wish::default() };
    let message = "`app.yaml` and the template `t.tmpl` have one name, `app.yaml`";
    assert_eq!(refused(&[document("app.yaml", "a: x\n")], &filled), ("E_COLLISION", message.to_owned()));
    // Upper and lower case differ.
    assert_eq!(rendered(&[document("a.yaml", "a: x\nA: y\n")], &keys()), pairs(&[("A", "y"), ("a", "x")]));
}
