//! INI files through the commands, and what sops makes of them.

use crate::bed::{Bed, Done};
use crate::cli::RECIPIENT;
use crate::peers::sops;

const TEXT: &str = "\
#
# Title
#

; about the user
user: admin ; inline
[db]
password = 'hunter2'
port=5432
empty =
cert = \"\"\"line 1
line 2\"\"\"
; the end
";

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
fn every_command_knows_ini() {
    let bed = Bed::new();
    sealed(&bed, "x.ini", TEXT);
    let encrypted = bed.text("x.ini");
    for secret in ["admin", "hunter2", "5432", "line", "Title", "inline", "the end"] {
        assert!(!encrypted.contains(secret), "{secret}: {encrypted}");
    }
    assert!(encrypted.contains("password = 'ENC[") && encrypted.contains("\n[sops]\n"), "{encrypted}");
    assert_eq!(text(&seal(&bed, &["decrypt", "--require-strict", "x.ini"])), TEXT);
    assert_eq!(text(&seal(&bed, &["get", "x.ini", "db.password"])).trim_end(), "hunter2");
    assert_eq!(text(&seal(&bed, &["get", "x.ini", "DEFAULT.user"])).trim_end(), "admin");
    assert!(text(&bed.seal(&["filestatus", "x.ini"]).ok()).contains("true"));

    seal(&bed, &["set", "x.ini", "db.port", "007"]);
    seal(&bed, &["set", "x.ini", "db.new", "a;b"]);
    seal(&bed, &["set", "x.ini", "cache.url", "http://x"]);
    seal(&bed, &["unset", "x.ini", "db.password"]);
    seal(&bed, &["rotate", "-i", "x.ini"]);
    let changed = TEXT
        .replace("port=5432", "port=007")
        .replace("password = 'hunter2'\n", "")
        .replace("line 2\"\"\"\n", "line 2\"\"\"\nnew = `a;b`\n")
        + "\n[cache]\nurl = http://x\n";
    assert_eq!(text(&seal(&bed, &["decrypt", "--require-strict", "x.ini"])), changed);
    let shown = sops(&bed, &["decrypt", "--output-type", "json", "x.ini"]).identity("a").ok();
    let shown: serde_json::Value = serde_json::from_slice(&shown.stdout).unwrap();
    assert_eq!(shown["db"]["port"], "007");
    assert_eq!(shown["db"]["new"], "a;b");
    assert_eq!(shown["db"]["cert"], "line 1\nline 2");
    assert_eq!(shown["cache"]["url"], "http://x");
}

#[test]
fn sops_shows_all_lines_of_a_comment() {
    let bed = Bed::new();
    sealed(&bed, "x.ini", "#\n# Title\n#\n\n# More\n[a]\n; one\n\n; two\nk = 1\n");
    let shown = text(&sops(&bed, &["decrypt", "x.ini"]).identity("a").ok());
    for line in ["# Title", "# More", "; one", "; two", "k = 1"] {
        assert!(shown.lines().any(|shown| shown == line), "{line}: {shown}");
    }
}

#[test]
fn ini_becomes_other_formats_and_back() {
    let bed = Bed::new();
    sealed(&bed, "x.ini", "; on a\na = 1\n\n[s]\n# on b\n# too\nb = x # in\n");
    let yaml = text(&seal(&bed, &["decrypt", "--output-type", "yaml", "x.ini"]));
    assert_eq!(yaml, "DEFAULT:\n    # on a\n    a: \"1\"\ns:\n    # on b\n    # too\n    # in\n    b: x\n");
    bed.write("y.yaml", "# c\ns:\n  # on k\n  k: 1.0\n  l: \"a;b\"\nt: {}\n");
    let done = bed.seal(&["encrypt", "--age", RECIPIENT, "--output-type", "ini", "y.yaml"]).ok();
    bed.write("y.ini", &done.stdout);
    assert!(text(&done).contains("type:float"), "{done}");
    let back = text(&seal(&bed, &["decrypt", "y.ini"]));
    assert_eq!(back, "; c\n[s]\n; on k\nk = 1.0\nl = `a;b`\n\n[t]\n");
    let shown = text(&sops(&bed, &["decrypt", "y.ini"]).identity("a").ok());
    assert!(shown.contains("k = 1.0"), "{shown}");
    bed.write("flat.yaml", "k: 1\n");
    bed.seal(&["encrypt", "--age", RECIPIENT, "--output-type", "ini", "flat.yaml"]).fails(4);
}

#[test]
fn what_sops_would_lose_is_refused_with_its_place() {
    let bed = Bed::new();
    for (text, place) in
        [("a=1\na=2\n", "x.ini:2:1"), ("[s] ; c\nk=1\n", "x.ini:1:7"), ("[s]\n- = 1\n", "x.ini:2:1")]
    {
        bed.write("x.ini", text);
        let done = bed.seal(&["encrypt", "--age", RECIPIENT, "x.ini"]).done();
        assert_ne!(done.code, Some(0), "{done}");
        assert!(done.stderr.contains(place), "{done}");
    }
    bed.write("x.ini", "; c\nk = 1\n");
    let args = ["encrypt", "--age", RECIPIENT, "--encrypted-comment-regex", "c", "x.ini"];
    let done = bed.seal(&args).done();
    assert!(done.code != Some(0) && done.stderr.contains("select by names"), "{done}");
    bed.write("x.ini", "k = \"a;b\"\n");
    let done = bed.seal(&["encrypt", "--age", RECIPIENT, "x.ini"]).ok();
    assert!(done.stderr.contains("begin a comment"), "{done}");
}
