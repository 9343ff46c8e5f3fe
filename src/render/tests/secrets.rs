//! Single values: the words of `--secret`, and what they find.

use super::{document, pairs, refused, rendered};
use crate::doc::KeyPath;
use crate::render::{
    Access, Mode, NullRule, RenderError, SecretError, SecretSpec, Wish, bundle, env_file_variables, find,
};

fn secrets(texts: &[&str]) -> Wish {
    let secrets = texts.iter().map(|text| text.parse().unwrap()).collect();
    Wish { secrets, ..Wish::default() }
}

#[test]
fn the_words_are_those_of_swarm() {
    let spec: SecretSpec =
        "source=db.password,file=app.enc.yaml,target=pw,mode=0440,uid=1000,gid=0,env-file=PW_FILE"
            .parse()
            .unwrap();
    let expected = SecretSpec {
        source: KeyPath::parse("db.password").unwrap(),
        file: Some("app.enc.yaml".to_owned()),
        target: Some("pw".to_owned()),
        access: Access { mode: Some(0o440), uid: Some(1000), gid: Some(0) },
        env_file: Some("PW_FILE".to_owned()),
    };
    assert_eq!(spec, expected);
    for (text, path) in [
        ("db.password", "db.password"),
        ("src=hosts[0],target=h", "hosts[0]"),
        ("db.password,target=x", "db.password"),
        ("\"source=[\"\"a,b\"\"]\",target=x", "[\"a,b\"]"),
        ("\"source=['a,\"\"b']\"", "['a,\"b']"),
    ] {
        let spec: SecretSpec = text.parse().unwrap_or_else(|e| panic!("{text}: {e}"));
        assert_eq!(spec.source, KeyPath::parse(path).unwrap(), "{text}");
    }
    for mode in ["400", "0400", "0o400"] {
        let spec: SecretSpec = format!("source=a,mode={mode}").parse().unwrap();
        assert_eq!(spec.access.mode, Some(0o400));
    }
}

#[test]
fn other_words_are_named() {
    for (text, message) in [
        ("", "`` is not known"),
        ("target=x", "`source=` is missing"),
        ("source=a,sauce=b", "`sauce` is not known"),
        ("source=a,b", "`b` is not known"),
        ("source=a,", "`` is not known"),
        ("source=a,src=b", "`source` is there twice"),
        ("a,source=b", "`source` is there twice"),
        ("source=a,uid=1,uid=1", "`uid` is there twice"),
        ("source=", "`source` has no value"),
        ("source=a,target=", "`target` has no value"),
        ("source=a[", "`source=a[` is not a path: `[` is never closed"),
        ("source=a,mode=0800", "`mode=0800` is no mode"),
        ("source=a,mode=07777", "`mode=07777` is no mode"),
        ("source=a,mode=4400", "`mode=4400` is no mode"),
        ("source=a,mode=+400", "`mode=+400` is no mode"),
        ("source=a,mode=rw", "`mode=rw` is no mode"),
        ("source=a,uid=root", "`uid=root` is no number of a user"),
        ("source=a,uid=-1", "`uid=-1` is no number of a user"),
        ("source=a,uid=+1", "`uid=+1` is no number of a user"),
        ("source=a,gid=4294967295", "`gid=4294967295` is no number of a group"),
        ("source=a,env-file=1A", "`env-file=1A` is no name of a variable"),
        ("source=a,env-file=A=B", "`env-file=A=B` is no name of a variable"),
        ("source=a,target=x\"y", "a quote is never closed"),
        ("\"source=a", "a quote is never closed"),
        ("\"source=a\"b", "a quote is never closed"),
    ] {
        let error: SecretError = text.parse::<SecretSpec>().unwrap_err();
        assert!(error.to_string().starts_with(message), "{text}: {error}");
    }
}

#[test]
fn only_what_is_asked_for_is_rendered() {
    let documents = [
        document("app.enc.yaml", "db: {password: p, port: 1.10}\nhosts: [a, b]\nnone: ~\n"),
        document("key.pem.enc", "pem"),
    ];
    let wish = secrets(&["db.password,target=pw,mode=0440,uid=5", "db.port", "hosts.1", "data"]);
    let expected = pairs(&[("db.port", "1.10"), ("hosts.1", "b"), ("key.pem", "pem"), ("pw", "p")]);
    assert_eq!(rendered(&documents, &wish), expected);
    let access = bundle(&documents, &wish).unwrap().entries[3].access;
    assert_eq!(access, Access { mode: Some(0o440), uid: Some(5), gid: None });
    let env = Wish { modes: vec![Mode::Env], ..secrets(&["db.password,target=pw", "db.port"]) };
    assert_eq!(rendered(&documents, &env), pairs(&[("app.env", "PW=p\\nDB_PORT=1.10\\n")]));
    assert_eq!(refused(&documents, &secrets(&["none"])).0, "E_NULL");
    let twice = refused(&documents, &secrets(&["hosts[0],target=x", "hosts[1],target=x"]));
    assert_eq!(twice.0, "E_COLLISION");
}

#[test]
fn wishes_that_contradict_are_refused() {
    let documents = [document("a.yaml", "a: x\nb_unencrypted: y\n")];
    for (modes, text) in [
        (vec![Mode::File], "a"),
        (vec![Mode::File, Mode::Keys], "a"),
        (vec![Mode::Env], "a,mode=0400"),
        (vec![Mode::Env], "a,env-file=A_FILE"),
    ] {
        assert_eq!(refused(&documents, &Wish { modes, ..secrets(&[text]) }).0, "E_USAGE", "{text}");
    }
    let sealed = Wish { sealed_only: true, ..secrets(&["b_unencrypted"]) };
    assert_eq!(
        refused(&documents, &sealed),
        ("E_NOT_FOUND", "`b_unencrypted` of `a.yaml` is not encrypted".to_owned())
    );
    for mode in ["0404", "0600", "0420", "0401", "0777"] {
        let text = format!("a,mode={mode}");
        assert_eq!(refused(&documents, &secrets(&[&text])).0, "E_MODE", "{mode}");
        let allowed = Wish { allow_world: true, ..secrets(&[&text]) };
        assert_eq!(rendered(&documents, &allowed), pairs(&[("a", "x")]));
    }
}

#[test]
fn what_is_not_there_is_told_with_what_is() {
    let documents =
        [document("x/a.yaml", "db: {password: x, user: y}\nl: [1]\nk: 1\n"), document("b.yaml", "k: 2\n")];
    let look = |path: &str, file| find(&documents, &KeyPath::parse(path).unwrap(), file);
    for (path, parent, expected) in [
        ("db.passwort", "db", ["password", "user"].as_slice()),
        ("x", "", &["db", "k", "l"]),
        ("l[1]", "l", &["[0]"]),
    ] {
        let Err(RenderError::NotFound { parent: found, keys, .. }) = look(path, None) else {
            panic!("{path}")
        };
        assert_eq!(found.to_string(), parent, "{path}");
        assert_eq!(keys, expected, "{path}");
    }
    let Err(RenderError::NotSingle { keys, .. }) = look("db", None) else { panic!("db") };
    assert_eq!(keys, ["password", "user"]);
    let Err(error) = look("k", None) else { panic!("k") };
    assert_eq!(
        (error.name(), error.to_string().as_str()),
        ("E_AMBIGUOUS", "`k` is in `x/a.yaml` and in `b.yaml`")
    );
    let Err(error) = look("k", Some("c.yaml")) else { panic!("c.yaml") };
    assert_eq!((error.name(), error.to_string().as_str()), ("E_NOT_FOUND", "none of the files is `c.yaml`"));
    for (file, value) in [("x/a.yaml", "1"), ("a.yaml", "1"), ("b.yaml", "2")] {
        let (document, leaf) = look("k", Some(file)).unwrap();
        assert_eq!(leaf.bytes(document, NullRule::Refuse).unwrap(), Some(value.as_bytes()));
    }
}

#[test]
fn env_file_names_the_file_of_a_value() {
    let documents = [document("a.yaml", "db: {password: x}\nn: ~\n"), document("key.pem.enc", "pem")];
    let wish = secrets(&["db.password,env-file=PW_FILE", "data,env-file=KEY_FILE", "db.password,target=t"]);
    let expected = pairs(&[("PW_FILE", "db.password"), ("KEY_FILE", "key.pem")]);
    assert_eq!(env_file_variables(&documents, &wish).unwrap(), expected);
    let twice = secrets(&["db.password,env-file=F", "data,env-file=F"]);
    assert_eq!(env_file_variables(&documents, &twice).unwrap_err().name(), "E_COLLISION");
    let skipped = Wish { null: NullRule::Skip, ..secrets(&["n,env-file=F"]) };
    assert!(env_file_variables(&documents, &skipped).unwrap().is_empty());
}
