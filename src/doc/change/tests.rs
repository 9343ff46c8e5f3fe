//! Tests of changes, over all formats.

mod layouts;
mod random;

use super::{ChangeError, set, unset};
use crate::doc::dotenv::Dotenv;
use crate::doc::json::{self, Json};
use crate::doc::yaml::Yaml;
use crate::doc::{Data, Format, KeyPath, Limits};

/// What a value on the command line is: JSON if it can be that, else text.
fn data(text: &str) -> Data {
    json::value(text.as_bytes(), &Limits::default()).unwrap_or_else(|| Data::str(text))
}

fn format(name: &str) -> &'static dyn Format {
    match name {
        "yaml" => &Yaml,
        "json" => &Json,
        _ => &Dotenv,
    }
}

/// `source` with `value` at `path`; the same text if it is there already.
fn try_set(format: &dyn Format, source: &str, path: &str, value: &str) -> Result<String, ChangeError> {
    let path = KeyPath::parse(path).unwrap();
    let text = set(format, source.as_bytes(), &path, &data(value), &Limits::default())?;
    Ok(text.map_or_else(|| source.to_owned(), |text| String::from_utf8(text.to_vec()).unwrap()))
}

fn try_unset(format: &dyn Format, source: &str, path: &str) -> Result<String, ChangeError> {
    let text = unset(format, source.as_bytes(), &KeyPath::parse(path).unwrap(), &Limits::default())?;
    Ok(String::from_utf8(text.to_vec()).unwrap())
}

#[test]
fn what_stands_in_the_way_is_named() {
    for (source, path, said) in [
        ("a: 1\n", "a.b", "`a` is a single value"),
        ("a: {b: 1}\n", "a[0]", "`a` is a map, which has keys and no positions"),
        ("a: [1]\n", "a.b", "`a` is a list, which has positions and no keys"),
        ("a: 1\n", "[0]", "the top level is a map, which has keys and no positions"),
        ("a: &x {k: 1}\nb: *x\n", "b.k", "`b` is an alias of `a`, which would change with it"),
        ("a: &x {k: 1}\nb: *x\n", "a.k", "`b` is an alias of `a`, which would change with it"),
        ("a: &x {k: 1}\nb: *x\n", "a.new", "`b` is an alias of `a`, which would change with it"),
        ("a: &x 1\nb: *x\n", "a", "`b` is an alias of `a`, which would change with it"),
        ("a: {l: &x 1}\nb: *x\n", "a", "`b` is an alias of `a.l`, which would change with it"),
        ("a: 1\n", "sops", "`sops` belongs to the metadata"),
        ("a: 1\n", "sops.mac", "`sops.mac` belongs to the metadata"),
    ] {
        assert_eq!(try_set(&Yaml, source, path, "9").unwrap_err().to_string(), said, "{source}");
    }
    assert_eq!(try_unset(&Yaml, "a: 1\n", "b").unwrap_err().to_string(), "there is nothing at `b`");
    assert_eq!(
        try_unset(&Yaml, "a: &x 1\nb: *x\n", "a").unwrap_err().to_string(),
        "`b` is an alias of `a`, which would change with it"
    );
    assert_eq!(
        try_set(&Dotenv, "A=1\n", "sops_mac", "x").unwrap_err().to_string(),
        "`sops_mac` belongs to the metadata"
    );
    assert_eq!(try_set(&Dotenv, "A=1\n", "A.b", "x").unwrap_err().to_string(), "`A` is a single value");
    for (path, value) in [("L", "[1]"), ("M.k", "1"), ("A", "{\"a\": 1}")] {
        let error = try_set(&Dotenv, "A=1\n", path, value).unwrap_err().to_string();
        assert_eq!(error, "an ENV file holds single values, no maps and no lists");
    }
    assert!(try_set(&Dotenv, "A=1\n", "[\"a=b\"]", "x").is_err());
    assert!(try_set(&Dotenv, "A=1\n", "A", "C:\\new").is_err());
    let binary = set(
        &crate::doc::binary::Binary,
        b"\x00",
        &KeyPath::parse("data").unwrap(),
        &Data::str("x"),
        &Limits::default(),
    );
    assert_eq!(binary.unwrap_err().to_string(), "a binary file is one value and has no keys");
}

#[test]
fn an_equal_value_changes_nothing() {
    let limits = Limits::default();
    for (name, source, path, value) in [
        ("yaml", "a: 0x10\n", "a", "16"),
        ("yaml", "a: >-\n  x\n  y\n", "a", "x y"),
        ("yaml", "a: &x 1\nb: *x\n", "b", "1"),
        ("yaml", "a: {b: [1, x]}\n", "a", "{\"b\": [1, \"x\"]}"),
        ("json", "{\"a\": \"\\u0041\"}", "a", "A"),
        ("env", "A=5\n", "A", "5"),
    ] {
        let path = KeyPath::parse(path).unwrap();
        let done = set(format(name), source.as_bytes(), &path, &data(value), &limits);
        assert_eq!(done, Ok(None), "{source}");
    }
}
