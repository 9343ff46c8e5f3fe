//! A manifest for Kubernetes, read by another reader of YAML.

use super::{PLAIN, publish, sealed};
use crate::bed::Bed;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use std::collections::BTreeMap;

/// The manifest as a reader of YAML has it, and its data decoded.
fn read(text: &str) -> (serde_json::Value, BTreeMap<String, Vec<u8>>) {
    let manifest: serde_json::Value = serde_yaml::from_str(text).unwrap();
    let data = manifest["data"].as_object().unwrap().iter();
    let decoded = data.map(|(key, value)| (key.clone(), STANDARD.decode(value.as_str().unwrap()).unwrap()));
    let decoded = decoded.collect();
    (manifest, decoded)
}

fn entries(pairs: &[(&str, &[u8])]) -> BTreeMap<String, Vec<u8>> {
    pairs.iter().map(|(key, value)| ((*key).to_owned(), value.to_vec())).collect()
}

#[test]
fn the_data_are_the_values() {
    let bed = Bed::new();
    sealed(&bed, "secrets/app.enc.yaml", PLAIN);
    let done = publish(&bed, "kubernetes", &["secrets/app.enc.yaml"]).ok();
    assert!(done.stderr.is_empty(), "{done}");
    let (manifest, data) = read(&done.text());
    let expected = entries(&[
        ("db.user", b"app"),
        ("db.password", b"hunter2-db"),
        ("db.port", b"1.10"),
        ("tokens.0", b"hunter2-one"),
        ("tokens.1", b"hunter2 two\nlines\n"),
        ("open_unencrypted", b"seen"),
    ]);
    assert_eq!(data, expected);
    assert_eq!((&manifest["apiVersion"], &manifest["kind"]), (&"v1".into(), &"Secret".into()));
    assert_eq!(manifest["metadata"], serde_json::json!({ "name": "app" }));
    assert_eq!(manifest["type"], "Opaque");
    assert_eq!(manifest.get("immutable"), None);
    assert_eq!(publish(&bed, "kubernetes", &["secrets/app.enc.yaml"]).ok().text(), done.text());
}

#[test]
fn what_looks_like_something_else_stays_text() {
    let bed = Bed::new();
    // Keys that YAML takes for others, and values whose base64 it would.
    let bytes = STANDARD.decode("12345678").unwrap();
    let nulls = STANDARD.decode("null").unwrap();
    let plain = r#"{"1.0": "a", "true": "b", "null": "c", "-": "d"}"#;
    sealed(&bed, "app.json", plain);
    sealed(&bed, "x.bin", &bytes);
    sealed(&bed, "y.bin", &nulls);
    let done = publish(&bed, "kubernetes", &["--name", "n", "app.json", "x.bin", "y.bin"]).ok();
    assert!(done.text().contains("\"12345678\"") && done.text().contains("\"null\""), "{done}");
    let expected = entries(&[
        ("1.0", b"a"),
        ("true", b"b"),
        ("null", b"c"),
        ("-", b"d"),
        ("x.bin", &bytes),
        ("y.bin", &nulls),
    ]);
    assert_eq!(read(&done.text()).1, expected);
}

#[test]
fn all_flags_come_through() {
    let bed = Bed::new();
    sealed(&bed, "app.yaml", PLAIN);
    let flags = ["--name", "shop-db", "--namespace", "shop", "--type", "example.org/db", "--immutable"];
    let values = ["--sealed-only", "--sep", "__", "app.yaml"];
    let (manifest, data) = read(&publish(&bed, "kubernetes", &[&flags[..], &values].concat()).ok().text());
    assert_eq!(manifest["metadata"], serde_json::json!({ "name": "shop-db", "namespace": "shop" }));
    assert_eq!((&manifest["type"], &manifest["immutable"]), (&"example.org/db".into(), &true.into()));
    let keys: Vec<&str> = data.keys().map(String::as_str).collect();
    assert_eq!(keys, ["db__password", "db__port", "db__user", "tokens__0", "tokens__1"]);
    let one = ["--secret", "source=db.password,target=pw", "app.yaml"];
    let (_, data) = read(&publish(&bed, "kubernetes", &one).ok().text());
    assert_eq!(data, entries(&[("pw", b"hunter2-db")]));
}

#[test]
fn a_document_can_be_one_key() {
    let bed = Bed::new();
    sealed(&bed, "app.enc.yaml", PLAIN);
    sealed(&bed, ".env", "A=b\n");
    let (_, data) = read(
        &publish(&bed, "kubernetes", &["--as", "file", "--name", "n", "app.enc.yaml", ".env"]).ok().text(),
    );
    assert_eq!(data, entries(&[("app.yaml", PLAIN.as_bytes()), (".env", b"A=b\n")]));
    sealed(&bed, "empty.json", "{}");
    let (manifest, data) = read(&publish(&bed, "kubernetes", &["--as", "file", "empty.json"]).ok().text());
    assert_eq!((&manifest["metadata"]["name"], data), (&"empty".into(), entries(&[("empty.json", b"{}")])));
}

#[test]
fn what_kubernetes_does_not_take_is_refused() {
    let bed = Bed::new();
    sealed(&bed, "app.yaml", PLAIN);
    sealed(&bed, "App_1.yaml", PLAIN);
    sealed(&bed, "odd.yaml", "a b: hunter2\n");
    sealed(&bed, "big.bin", vec![b'x'; (1 << 20) + 1]);
    let text = bed.read("app.yaml");
    for (args, said) in [
        (&["odd.yaml"][..], "cannot publish `[\"a b\"]` of `odd.yaml`; nothing was published"),
        (&["App_1.yaml"], "`App_1`, from `App_1.yaml`, is no name of a Secret"),
        (&["app.yaml", "odd.yaml"], "several files make one Secret without a name"),
        (&["--input-type", "yaml"], "standard input makes a Secret without a name"),
        (&["--name", "a_b", "app.yaml"], "`a_b` is no value of `--name`"),
        (&["--namespace", "a.b", "app.yaml"], "`a.b` is no value of `--namespace`"),
        (&["--type", "a\nb: c", "app.yaml"], "`a\\nb: c` is no value of `--type`"),
        (&["--secret", "db.user,mode=0400", "app.yaml"], "mode, uid and gid are said by the pod"),
        (&["big.bin"], "larger than the 1 MiB"),
    ] {
        let done = publish(&bed, "kubernetes", args).stdin(text.clone()).fails(78);
        assert!(done.stderr.contains(said), "{done}");
        assert!(!done.stderr.contains("hunter2"), "{done}");
    }
    sealed(&bed, "full.bin", vec![0; 1 << 20]);
    assert_eq!(read(&publish(&bed, "kubernetes", &["full.bin"]).ok().text()).1["full.bin"].len(), 1 << 20);
}
