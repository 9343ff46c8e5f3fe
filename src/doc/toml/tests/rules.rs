//! What TOML refuses is refused, with its place.

use super::*;

#[test]
fn a_table_is_defined_once() {
    for (source, at) in [
        ("a = 1\na = 2\n", 6),
        ("a = 1\n\"a\" = 2\n", 6),
        ("[a]\n[a]\n", 5),
        ("[a]\nb = 1\n[a.b]\n", 13),
        ("a.b = 1\n[a]\n", 9),
        ("[a]\nb.c = 1\n[a.b]\n", 15),
        ("[a.b]\n[a]\nb.c = 1\n", 10),
        ("[a.b.c]\nz = 9\n[a]\nb.c.t = 1\n", 20),
        ("[[a.b]]\n[a]\nb.y = 2\n", 12),
        ("[[a.b]]\n[a]\nb.c.y = 2\n", 12),
        ("a = {}\na.b = 1\n", 7),
        ("a = {}\n[a.b]\n", 8),
        ("a = {b = {}}\na.b.c = 1\n", 13),
        ("a = {b.c = 1, b = {}}\n", 14),
        ("a = {b = {}, b.c = 1}\n", 13),
        ("a = {b = 1, b = 1}\n", 12),
        ("a = [{}]\n[[a]]\n", 11),
        ("a = [{}]\n[a.b]\n", 10),
        ("[a]\n[[a]]\n", 6),
        ("[[a]]\n[a]\n", 7),
        ("[a.b]\n[[a]]\n", 8),
    ] {
        let error = error(source);
        assert!(matches!(error.kind, ErrorKind::DuplicateKey(_)), "{source:?}: {error}");
        assert_eq!(error.at, at, "{source:?}: {error}");
    }
    for source in [
        "a.b = 1\na.c = 2\n",
        "[a.b]\n[a]\n",
        "[a.b]\n[a]\nc = 1\n",
        "[a]\nb.c = 1\n[a.b.d]\n",
        "[a.b.c]\n[a]\nb.q = 1\n",
        "[[a]]\n[a.b]\n[[a]]\n[a.b]\n",
        "[[a]]\nb = 1\n[[a]]\nb = 1\n",
    ] {
        assert!(Toml.parse(source.as_bytes(), &Limits::default()).is_ok(), "{source:?}");
    }
}

#[test]
fn bad_text_has_a_place_and_no_value() {
    for (source, at) in [
        ("a\n", 1),
        ("a = \n", 4),
        ("a = hunter2\n", 4),
        ("a = \"hunter2\n", 12),
        ("a = 1 hunter2\n", 6),
        ("[a\n", 2),
        ("[]\n", 1),
        ("a = [1, hunter2]\n", 8),
        ("a = [1\n", 6),
        ("a = 1__0\n", 4),
        ("a = 9223372036854775808\n", 4),
        ("a = 1e999\n", 4),
        ("a = 2001-02-30\n", 4),
        ("a = 2001-02-03T23:59:60Z\n", 4),
        ("a = \"\\hunter2\"\n", 6),
        ("# \u{1}\n", 2),
        ("a = 1\rb = 2\n", 6),
        ("\u{feff}\u{feff}a = 1\n", 3),
    ] {
        let error = error(source);
        assert!(!error.to_string().contains("hunter2"), "{source:?}: {error}");
        assert!(error.at.abs_diff(at) <= 3, "{source:?}: {} {error}", error.at);
    }
    assert_eq!(Toml.parse(b"a = \"\xff\"", &Limits::default()).unwrap_err().kind, ErrorKind::NotUtf8);
}
