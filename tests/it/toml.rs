//! TOML files through the commands, with Python's reader as the judge of values.

use crate::bed::{Bed, Done, testdata};
use crate::cli::RECIPIENT;
use crate::corpus::toml_corpus;
use crate::peers::sops;
use serde_json::Value;

const TEXT: &str = "\
# about the user
user = 'admin' # inline
since = 2026-01-31

[db] # header
password = \"hunter2\"
port = 0x1538
empty = \"\"
hosts = [
  \"one\", # first
  \"two\",
]

[[server]]
id = 1
[[server]]
id = 2
# the end
";

/// Prints the data of each file: dates as texts with their type, other scalars as they are.
const PYTHON: &str = r#"
import datetime, json, sys, tomllib
def plain(x):
    if isinstance(x, (datetime.datetime, datetime.date, datetime.time)):
        return type(x).__name__ + " " + x.isoformat()
    if isinstance(x, dict):
        return {k: plain(v) for k, v in x.items()}
    if isinstance(x, list):
        return [plain(v) for v in x]
    return repr(x) if isinstance(x, float) else x
read = []
for name in sys.argv[1:]:
    with open(name, "rb") as file:
        try:
            read.append(plain(tomllib.load(file)))
        except (tomllib.TOMLDecodeError, UnicodeDecodeError):
            read.append(None)
print(json.dumps(read))
"#;

/// What Python makes of the files; null for one that it does not take.
fn judged(bed: &Bed, names: &[&str]) -> Vec<Value> {
    let done = bed.run("python3", &[&["-c", PYTHON], names].concat()).ok();
    serde_json::from_slice(&done.stdout).unwrap()
}

fn sealed(bed: &Bed, name: &str, text: &str) {
    bed.write(name, text);
    bed.seal(&["encrypt", "-i", "--age", RECIPIENT, name]).ok();
}

fn seal(bed: &Bed, args: &[&str]) -> Done {
    bed.seal(args).identity("a").ok()
}

fn text(done: &Done) -> String {
    String::from_utf8(done.stdout.clone()).unwrap()
}

#[test]
fn every_command_knows_toml() {
    let bed = Bed::new();
    sealed(&bed, "x.toml", TEXT);
    let encrypted = bed.text("x.toml");
    for secret in
        ["about", "admin", "inline", "2026-01", "header", "hunter2", "0x1538", "two", "first", "the end"]
    {
        let (plain, _) = encrypted.split_once("[sops]").unwrap();
        assert!(!plain.contains(secret), "{secret}: {plain}");
    }
    assert!(encrypted.contains("user = 'ENC[") && encrypted.contains("since = '''ENC["), "{encrypted}");
    assert!(encrypted.contains("\n\n[sops]\n") && encrypted.contains("\n[[sops.age]]\n"), "{encrypted}");
    assert_eq!(text(&seal(&bed, &["decrypt", "--require-strict", "x.toml"])), TEXT);
    assert_eq!(text(&seal(&bed, &["get", "x.toml", "db.password"])).trim_end(), "hunter2");
    assert_eq!(text(&seal(&bed, &["get", "x.toml", "server[1].id"])).trim_end(), "2");
    assert_eq!(text(&seal(&bed, &["get", "x.toml", "db.hosts"])), "[\"one\", \"two\"]\n");
    assert!(text(&bed.seal(&["filestatus", "x.toml"]).ok()).contains("true"));
    assert!(text(&bed.seal(&["who", "x.toml"]).ok()).contains("age1rh8v"));
    bed.seal(&["check", "x.toml"]).ok();

    seal(&bed, &["set", "x.toml", "db.port", "7"]);
    seal(&bed, &["set", "x.toml", "since", "2027-12-31"]);
    seal(&bed, &["set", "x.toml", "top", "true"]);
    seal(&bed, &["set", "x.toml", "cache.url", "http://x"]);
    seal(&bed, &["set", "x.toml", "db.hosts[2]", "three"]);
    seal(&bed, &["unset", "x.toml", "server[0]"]);
    seal(&bed, &["rotate", "-i", "x.toml"]);
    let changed = TEXT
        .replace("0x1538", "7")
        .replace("since = 2026-01-31\n", "since = 2027-12-31\ntop = true\n")
        .replace("  \"two\",\n", "  \"two\",\n  \"three\",\n")
        .replace("[[server]]\nid = 1\n", "")
        + "\n[cache]\nurl = \"http://x\"\n";
    assert_eq!(text(&seal(&bed, &["decrypt", "--require-strict", "x.toml"])), changed);
}

#[test]
fn values_are_handed_on() {
    let bed = Bed::new();
    sealed(&bed, "x.toml", TEXT);
    let done = text(&seal(&bed, &["publish", "--to", "env-file", "x.toml"]));
    for line in ["USER=admin", "SINCE=2026-01-31"] {
        assert!(done.lines().any(|found| found == line), "{line}: {done}");
    }
    assert!(done.contains("hunter2") && !done.contains("ENC["), "{done}");
}

#[test]
fn one_value_changes_few_lines() {
    let bed = Bed::new();
    sealed(&bed, "x.toml", TEXT);
    let before = bed.text("x.toml");
    seal(&bed, &["set", "x.toml", "db.password", "other"]);
    let after = bed.text("x.toml");
    let changed: Vec<&str> = before
        .lines()
        .zip(after.lines())
        .filter(|(a, b)| a != b)
        .map(|(a, _)| a.split(' ').next().unwrap())
        .collect();
    // The clock may not have moved on.
    let changed: Vec<&str> = changed.into_iter().filter(|field| *field != "lastmodified").collect();
    assert_eq!(changed, ["password", "mac", "seal"]);
    assert_eq!(before.lines().count(), after.lines().count());
}

#[test]
fn a_flipped_date_is_noticed() {
    let bed = Bed::new();
    sealed(&bed, "x.toml", "since = 2026-01-31\nclear_unencrypted = 2026-01-31\n");
    let encrypted = bed.text("x.toml");
    for (from, to) in
        [("'''ENC", "\"ENC"), ("clear_unencrypted = 2026-01-31", "clear_unencrypted = '2026-01-31'")]
    {
        let altered =
            encrypted.replace(from, to).replace("]'''", if from.starts_with('\'') { "]\"" } else { "]'''" });
        bed.write("y.toml", altered);
        bed.seal(&["decrypt", "y.toml"]).identity("a").fails(51);
    }
}

#[test]
fn toml_becomes_other_formats_and_back() {
    let bed = Bed::new();
    sealed(&bed, "x.toml", TEXT);
    let json: Value =
        serde_json::from_slice(&seal(&bed, &["decrypt", "--output-type", "json", "x.toml"]).stdout).unwrap();
    assert_eq!(json["db"]["hosts"][1], "two");
    assert_eq!(json["since"], "2026-01-31");
    let yaml = "# c\na:\n  b: 1.0\n  # on l\n  l: [x, {y: 2001-12-14T21:59:43.1-05:00}]\nk: |\n  p\n  q\nt:\n  # in t\n  u: {}\n  v:\n    - w: 1\n    - w: 2\n";
    bed.write("y.yaml", yaml);
    let done = bed.seal(&["encrypt", "--age", RECIPIENT, "--output-type", "toml", "y.yaml"]).ok();
    bed.write("y.toml", &done.stdout);
    assert!(text(&done).contains("type:float") && text(&done).contains("type:time"), "{done}");
    assert_eq!(
        text(&seal(&bed, &["decrypt", "y.toml"])),
        "# c\na.b = 1.0\n# on l\na.l = [\"x\", { y = 2001-12-14T21:59:43.1-05:00 }]\nk = \"\"\"\np\nq\n\"\"\"\n\n[t]\n\n# in t\n[t.u]\n\n[[t.v]]\nw = 1\n\n[[t.v]]\nw = 2\n"
    );
    bed.write("null.yaml", "a: ~\n");
    let done = bed.seal(&["encrypt", "--age", RECIPIENT, "--output-type", "toml", "null.yaml"]).done();
    assert_eq!(done.code, Some(4), "{done}");
    assert!(done.stderr.contains("no null"), "{done}");
}

#[test]
fn the_envelope_of_sops_is_known_by_its_content() {
    let bed = Bed::new();
    bed.write("x.toml", TEXT);
    let by_sops = sops(&bed, &["encrypt", "--age", RECIPIENT, "x.toml"]).ok();
    let by_seal = bed.seal(&["encrypt", "--age", RECIPIENT, "--output-type", "binary", "x.toml"]).ok();
    for envelope in [by_sops, by_seal] {
        assert!(envelope.stdout.starts_with(b"{"), "{envelope}");
        bed.write("e.toml", &envelope.stdout);
        assert_eq!(text(&seal(&bed, &["decrypt", "e.toml"])), TEXT);
        assert!(text(&bed.seal(&["filestatus", "e.toml"]).ok()).contains("true"));
        assert!(text(&bed.seal(&["who", "e.toml"]).ok()).contains("age1rh8v"));
        bed.seal(&["check", "e.toml"]).ok();
        seal(&bed, &["rotate", "-i", "--trust-recipients", "e.toml"]);
        assert_eq!(text(&sops(&bed, &["decrypt", "e.toml"]).identity("a").ok()), TEXT);
        let again = bed.seal(&["encrypt", "--age", RECIPIENT, "e.toml"]).done();
        assert_eq!(again.code, Some(203), "{again}");
    }
}

#[test]
fn what_is_wrong_has_a_place() {
    let bed = Bed::new();
    for (text, place, code) in [
        ("a = 1\na = 2\n", "x.toml:2:1", 2),
        ("a = hunter2\n", "x.toml:1:5", 2),
        ("a = 9223372036854775808\n", "x.toml:1:5", 23),
        ("a = 1\n[sops]\n", "x.toml:2:1", 203),
        ("sops = 1\n", "x.toml:1:8", 203),
    ] {
        bed.write("x.toml", text);
        let done = bed.seal(&["encrypt", "--age", RECIPIENT, "x.toml"]).done();
        assert_eq!(done.code, Some(code), "{done}");
        assert!(done.stderr.contains(place) && !done.stderr.contains("hunter2"), "{done}");
    }
}

/// Text and file of `testdata/toml`.
fn vector(bed: &Bed, name: &str) -> (Vec<u8>, String) {
    let folder = testdata().join("toml");
    bed.write("v.toml", std::fs::read(folder.join(format!("{name}.toml"))).unwrap());
    (std::fs::read(folder.join(format!("{name}.plain.toml"))).unwrap(), "v.toml".to_owned())
}

#[test]
fn files_of_earlier_versions_are_read() {
    let bed = Bed::new();
    for name in ["types", "layout", "selected"] {
        let (plain, file) = vector(&bed, name);
        let done = seal(&bed, &["decrypt", "--require-strict", &file]);
        assert_eq!(String::from_utf8(done.stdout).unwrap(), String::from_utf8(plain).unwrap(), "{name}");
    }
}

#[test]
fn files_of_rops_are_read() {
    let bed = Bed::new();
    for name in ["rops", "rops-all"] {
        let (plain, file) = vector(&bed, name);
        bed.write("wanted.toml", plain);
        bed.write("read.toml", &seal(&bed, &["decrypt", &file]).stdout);
        let read = judged(&bed, &["wanted.toml", "read.toml"]);
        assert!(read[0].is_object());
        assert_eq!(read[0], read[1]);
    }
    seal(&bed, &["set", "v.toml", "t.x", "2"]);
    seal(&bed, &["rotate", "-i", "--trust-recipients", "v.toml"]);
    assert!(!bed.text("v.toml").contains("still secret"));
    assert_eq!(
        text(&seal(&bed, &["decrypt", "v.toml"])),
        "a_unencrypted = \"still secret\"\nempty = \"\"\n\n[t]\nx = 2\n"
    );
}

/// `wanted` and `found` have the same keys, lists and types; ciphertexts of `found` stand for any scalar.
fn same_shape(wanted: &Value, found: &Value) -> bool {
    match (wanted, found) {
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|((ka, va), (kb, vb))| ka == kb && same_shape(va, vb))
        }
        (Value::Array(a), Value::Array(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same_shape(a, b))
        }
        (Value::Object(_) | Value::Array(_), _) => false,
        (scalar, Value::String(token)) if token.starts_with("ENC[AES256_GCM,") => !scalar.is_null(),
        (scalar, same) => scalar == same && scalar == "",
    }
}

#[test]
fn python_reads_what_is_written() {
    let bed = Bed::new();
    let vectors =
        ["types", "layout", "selected"].map(|name| testdata().join(format!("toml/{name}.plain.toml")));
    let mut judged_files = 0;
    for path in vectors.iter().chain(toml_corpus().iter().step_by(17)) {
        bed.write("x.toml", std::fs::read(path).unwrap());
        let args =
            ["encrypt", "--allow-nothing", "--age", RECIPIENT, "--unencrypted-suffix", "_none_", "x.toml"];
        let done = bed.seal(&args).done();
        if done.code != Some(0) {
            continue;
        }
        bed.write("sealed.toml", &done.stdout);
        bed.write("opened.toml", &seal(&bed, &["decrypt", "sealed.toml"]).stdout);
        let mut read = judged(&bed, &["x.toml", "sealed.toml", "opened.toml"]);
        if read[0].is_null() {
            continue;
        }
        assert!(
            read[1].as_object_mut().unwrap().remove("sops").unwrap()["age"].is_array(),
            "{}",
            path.display()
        );
        assert!(same_shape(&read[0], &read[1]), "{}", path.display());
        assert_eq!(read[0], read[2], "{}", path.display());
        judged_files += 1;
    }
    assert!(judged_files > 10, "only {judged_files} files");
}
