//! Keys, elements and tables set and removed.

use crate::doc::change::{set, unset};
use crate::doc::json;
use crate::doc::toml::Toml;
use crate::doc::{Data, KeyPath, Limits};

fn try_set(source: &str, path: &str, value: &str) -> Result<String, String> {
    let value = json::value(value.as_bytes(), &Limits::default()).unwrap_or_else(|| Data::str(value));
    let path = KeyPath::parse(path).unwrap();
    match set(&Toml, source.as_bytes(), &path, &value, &Limits::default()) {
        Ok(Some(text)) => Ok(String::from_utf8(text.to_vec()).unwrap()),
        Ok(None) => Ok(source.to_owned()),
        Err(error) => Err(error.to_string()),
    }
}

fn try_unset(source: &str, path: &str) -> Result<String, String> {
    unset(&Toml, source.as_bytes(), &KeyPath::parse(path).unwrap(), &Limits::default())
        .map(|text| String::from_utf8(text.to_vec()).unwrap())
        .map_err(|error| error.to_string())
}

#[track_caller]
fn sets(source: &str, path: &str, value: &str, wanted: &str) {
    assert_eq!(try_set(source, path, value).as_deref(), Ok(wanted), "{source:?} {path} = {value}");
}

#[track_caller]
fn unsets(source: &str, path: &str, wanted: &str) {
    assert_eq!(try_unset(source, path).as_deref(), Ok(wanted), "{source:?} {path}");
}

#[test]
fn a_value_keeps_its_quotes_and_its_comment() {
    sets("a = \"x\" # c\nb = 2\n", "a", "y", "a = \"y\" # c\nb = 2\n");
    sets("a = 'x'\n", "a", "C:\\y", "a = 'C:\\y'\n");
    sets("a = 'x'\n", "a", "it's", "a = \"it's\"\n");
    sets("a = 'x'\n", "a", "p\nq", "a = \"p\\nq\"\n");
    sets("a = 1\n", "a", "p\nq\n", "a = \"\"\"\np\nq\n\"\"\"\n");
    sets("a = \"\"\"\r\nx\r\n\"\"\"\r\n", "a", "p\nq\n", "a = \"\"\"\r\np\r\nq\r\n\"\"\"\r\n");
    sets("a = \"x\"\n", "a", "12", "a = 12\n");
    sets("a = 12\n", "a", "x", "a = \"x\"\n");
    sets("a = 12\n", "a", "1.0", "a = 1.0\n");
    sets("a = 1979-05-27\n", "a", "2026-01-31", "a = 2026-01-31\n");
    sets("a = \"1979-05-27\"\n", "a", "2026-01-31", "a = \"2026-01-31\"\n");
    sets("a = [1, 2]\n", "a[1]", "x", "a = [1, \"x\"]\n");
    sets("a = { b = 1 }\n", "a.b", "{\"c\": [true]}", "a = { b = { c = [true] } }\n");
    sets("a = 1\n", "a", "{\"c\": 1}", "a = { c = 1 }\n");
    assert!(try_set("a = 1\n", "a", "null").unwrap_err().contains("no null"));
    assert!(try_set("a = 1\n", "b", "{\"x\": [null]}").unwrap_err().contains("no null"));
}

#[test]
fn a_new_key_stands_with_the_keys_of_its_table() {
    sets("", "a", "1", "a = 1\n");
    sets("a=1", "b", "2", "a=1\nb=2");
    sets("a   = 1\r\n", "b", "2", "a   = 1\r\nb = 2\r\n");
    sets("a = 1 # c\n\n# on t\n[t]\n", "b", "2", "a = 1 # c\nb = 2\n\n# on t\n[t]\n");
    sets("# licence\n\n# on t\n[t]\nx = 1\n", "b", "2", "b = 2\n\n# licence\n\n# on t\n[t]\nx = 1\n");
    sets("\u{feff}[t]\n", "b", "2", "\u{feff}b = 2\n\n[t]\n");
    sets("# alone\n", "b", "2", "# alone\nb = 2\n");
    sets("[t]\n  x = 1\n\n[u]\n", "t.y", "2", "[t]\n  x = 1\n  y = 2\n\n[u]\n");
    sets("[t]\n[t.u]\nx = 1\n", "t.y", "2", "[t]\ny = 2\n[t.u]\nx = 1\n");
    sets("[t.u]\nx = 1\n\n[v]\n", "t.y", "2", "[t.u]\nx = 1\n\n[t]\ny = 2\n\n[v]\n");
    sets("a.b = 1\nc = 2\n", "a.d", "3", "a.b = 1\na.d = 3\nc = 2\n");
    sets("[t]\na.b = 1\n", "t.a.d", "3", "[t]\na.b = 1\na.d = 3\n");
    sets("a.b = 1\nc = 2\n", "a.d.e", "3", "a.b = 1\na.d = { e = 3 }\nc = 2\n");
    sets("[[l]]\nx = 1\n\n[[l]]\n", "l[0].y", "2", "[[l]]\nx = 1\ny = 2\n\n[[l]]\n");
    sets("a = 1\n", "b c.d", "2", "a = 1\n\n[\"b c\"]\nd = 2\n");
    sets("x = \"\"\"\na\n\"\"\"\n", "y", "2", "x = \"\"\"\na\n\"\"\"\ny = 2\n");
}

#[test]
fn a_map_becomes_a_table() {
    sets("a = 1\n", "t.x", "2", "a = 1\n\n[t]\nx = 2\n");
    sets("a = 1", "t.x", "2", "a = 1\n\n[t]\nx = 2");
    sets("", "t.x", "2", "[t]\nx = 2\n");
    sets("[t]\nx = 1\n\n# on u\n[u]\n", "t.s.y", "2", "[t]\nx = 1\n\n[t.s]\ny = 2\n\n# on u\n[u]\n");
    sets("[t]\nx = 1\n[u]\n", "t.s.y", "2", "[t]\nx = 1\n[t.s]\ny = 2\n[u]\n");
    sets("[[l]]\nx = 1\n\n[[l]]\nx = 2\n", "l[0].s.y", "3", "[[l]]\nx = 1\n\n[l.s]\ny = 3\n\n[[l]]\nx = 2\n");
    sets(
        "[[l]]\nx = 1\n",
        "l[1]",
        "{\"x\": 2, \"s\": {\"y\": 3}}",
        "[[l]]\nx = 1\n\n[[l]]\nx = 2\n\n[l.s]\ny = 3\n",
    );
    sets("a = 1\n", "l", "[{\"x\": 1}, {\"x\": 2}]", "a = 1\n\n[[l]]\nx = 1\n\n[[l]]\nx = 2\n");
    sets("a = 1\n", "l", "[{\"x\": 1}, 2]", "a = 1\nl = [{ x = 1 }, 2]\n");
    sets("a = 1\n", "l[0]", "5", "a = 1\nl = [5]\n");
    sets("[t]\nx = 1\ny = 2\n\n[u]\n", "t", "{\"z\": 3}", "[t]\nz = 3\n\n[u]\n");
    sets("[t]\nx = 1\n[t.s]\n[u]\nw = 1\n", "t", "5", "t = 5\n\n[u]\nw = 1\n");
    sets("[[l]]\nx = 1\n[[l]]\n", "l", "[{\"y\": 1}]", "[[l]]\ny = 1\n");
    sets("[[l]]\nx = 1\n\n[[l]]\n", "l[0]", "{\"y\": 1}", "[[l]]\ny = 1\n\n[[l]]\n");
    sets("a = 1\n[[t.l]]\n[u]\n", "t.l", "5", "a = 1\n[t]\nl = 5\n[u]\n");
    sets("a.b = 1\n", "a", "2", "a = 2\n");
    sets("i = { a.b = 1, c = 2 }\n", "i.a", "3", "i = { a = 3, c = 2 }\n");
    assert!(try_set("[[l]]\n", "l[1]", "5").unwrap_err().contains("every element is a table"));
    for path in ["sops.x", "sops"] {
        assert!(try_set("a = 1\n", path, "{\"a\": 1}").unwrap_err().contains("metadata"));
    }
}

#[test]
fn elements_are_added_as_their_neighbours_stand() {
    sets("a = []\n", "a[0]", "1", "a = [1]\n");
    sets("a = {}\n", "a.b", "1", "a = { b = 1 }\n");
    sets("a = [1]\n", "a[1]", "2", "a = [1, 2]\n");
    sets("a = [1, 2,]\n", "a[2]", "3", "a = [1, 2, 3,]\n");
    sets("a = [\n  1, # one\n  2 # two\n]\n", "a[2]", "3", "a = [\n  1, # one\n  2, # two\n  3\n]\n");
    sets("a = [\n  1,\n  2, # two\n]\n", "a[2]", "3", "a = [\n  1,\n  2, # two\n  3,\n]\n");
    sets("a = [\n  1,\n  2]\n", "a[2]", "3", "a = [\n  1,\n  2,\n  3]\n");
    sets("a = [\n  1,\n  2, ]\n", "a[2]", "3", "a = [\n  1,\n  2,\n  3, ]\n");
    sets("a = [\n  # none\n]\n", "a[0]", "3", "a = [\n  # none\n3\n]\n");
    sets("a = {b = 1}\n", "a.c", "x", "a = {b = 1, c = \"x\"}\n");
    sets("a = {b.c = 1, d = 2}\n", "a.b.e", "x", "a = {b.c = 1, d = 2, b.e = \"x\"}\n");
    sets("a = [[1], [2]]\n", "a[0][1]", "3", "a = [[1, 3], [2]]\n");
}

#[test]
fn entries_go_with_their_lines() {
    unsets("a = 1\n# c\nb = 2 # d\n# e\nc = 3\n", "b", "a = 1\n# c\n# e\nc = 3\n");
    unsets("a = 1\nb = 2", "b", "a = 1");
    unsets("a = 1", "a", "");
    unsets("\u{feff}a = 1\nb = 2\n", "a", "\u{feff}b = 2\n");
    unsets("a = \"\"\"\nx\n\"\"\" # c\nb = 2\n", "a", "b = 2\n");
    unsets("a = 1\n\n[t]\nx = 1\n\n# on u\n[u]\n", "t", "a = 1\n\n# on u\n[u]\n");
    unsets("a = 1\n\n[t]\nx = 1\n", "t", "a = 1\n");
    unsets("a = 1\n\n[t]\nx = 1", "t", "a = 1");
    unsets("[t]\nx = 1\n[u]\n[t.s]\ny = 1\n", "t", "[u]\n");
    unsets("[t]\nx = 1\n", "t.x", "[t]\n");
    unsets("[t.u]\nx = 1\n", "t.u", "[t]\n");
    unsets("[t.u]\nx = 1\n\n[v]\n", "t.u", "[t]\n\n[v]\n");
    unsets("[[l]]\nx = 1\n\n[[l]]\nx = 2\n", "l[0]", "[[l]]\nx = 2\n");
    unsets("a.b = 1\nc = 2\na.d = 3\n", "a", "c = 2\n");
    unsets("a.b = 1\nc = 2\n", "a.b", "a = {}\nc = 2\n");
    unsets("a = [1, 2, 3]\n", "a[1]", "a = [1, 3]\n");
    unsets("a = [1, 2, 3]\n", "a[2]", "a = [1, 2]\n");
    unsets("a = [1, 2, 3]\n", "a[0]", "a = [2, 3]\n");
    unsets("a = [1, 2, 3,]\n", "a[2]", "a = [1, 2,]\n");
    unsets("a = [ 1 ]\n", "a[0]", "a = []\n");
    unsets("a = [\n  1, # one\n  2, # two\n]\n", "a[0]", "a = [\n  2, # two\n]\n");
    unsets("a = [\n  1, # one\n  2 # two\n]\n", "a[1]", "a = [\n  1 # one\n]\n");
    unsets("a = {b = 1, c = 2}\n", "a.c", "a = {b = 1}\n");
    unsets("a = { b = 1, c = 2 }\n", "a.b", "a = { c = 2 }\n");
    unsets("a = { b.c = 1 }\n", "a.b.c", "a = { b = {} }\n");
    assert!(try_unset("a.b = 1\nc = 2\na.d = 3\n", "a.b").unwrap_err().contains("move the keys"));
    assert!(try_unset("[[l]]\n[b]\n[[l]]\n", "l[0]").unwrap_err().contains("move the keys"));
    assert!(try_unset("[[l]]\nx = 1\n", "l[0]").unwrap_err().contains("[[tables]]"));
}
