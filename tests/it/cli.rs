//! Files in, files out: arguments, standard input, in-place work, extraction.

use crate::bed::{Bed, program};
use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, symlink};

/// The recipient of `testdata/vectors/keys/a.txt`.
pub(crate) const RECIPIENT: &str = "age1rh8vkdkhqetmk6qs8v8jxuxlky0c9s2c8aeflydjyv87cs5tgaqq9ynmu3";

/// A file with a value that must never be seen in a message.
pub(crate) const PLAIN: &str = "\
# database
db:
  user: app            # the role
  password: 'hunter2-db'
hosts:
  - name: one.example
    port: 5432
  - name: two.example
    port: 5433
debug: false
note: |
  two
  lines
";

/// `PLAIN` encrypted for identity `a` by the program, as `name`.
pub(crate) fn sealed(bed: &Bed, name: &str) -> String {
    bed.write(name, PLAIN);
    bed.seal(&["encrypt", "--age", RECIPIENT, "-i", name]).ok();
    bed.text(name)
}

fn mode(bed: &Bed, name: &str) -> u32 {
    fs::metadata(bed.path(name)).unwrap().permissions().mode() & 0o7777
}

fn set_mode(bed: &Bed, name: &str, mode: u32) {
    fs::set_permissions(bed.path(name), fs::Permissions::from_mode(mode)).unwrap();
}

fn names(bed: &Bed) -> Vec<String> {
    let entries = fs::read_dir(bed.path("")).unwrap();
    let mut names: Vec<_> = entries.map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn a_file_goes_to_stdout_and_stays() {
    let bed = Bed::new();
    bed.write("x.yaml", PLAIN);
    let done = bed.seal(&["encrypt", "--age", RECIPIENT, "x.yaml"]).ok();
    assert_eq!(bed.text("x.yaml"), PLAIN);
    assert!(done.stderr.is_empty(), "{done}");
    let text = done.text();
    assert!(!text.contains("hunter2") && !text.contains("one.example"), "{text}");
    assert!(text.contains("password: 'ENC[AES256_GCM,data:"), "quoting stays: {text}");
    bed.write("x.yaml", &text);
    let done = bed.seal(&["decrypt", "x.yaml"]).identity("a").ok();
    assert_eq!(done.text(), PLAIN);
    assert!(done.stderr.is_empty(), "{done}");
}

#[test]
fn flags_stand_before_and_after_the_file() {
    let bed = Bed::new();
    bed.write("x.yaml", PLAIN);
    for args in [
        ["encrypt", "--age", RECIPIENT, "--encrypted-regex", "^db$", "x.yaml"],
        ["encrypt", "x.yaml", "--age", RECIPIENT, "--encrypted-regex", "^db$"],
        ["encrypt", "--age", RECIPIENT, "x.yaml", "--encrypted-regex", "^db$"],
    ] {
        let text = bed.seal(&args).ok().text();
        assert!(text.contains("user: ENC[") && text.contains("debug: false"), "{args:?}: {text}");
    }
    let equals = format!("--age={RECIPIENT}");
    bed.seal(&["encrypt", &equals, "x.yaml"]).ok();
    bed.seal(&["encrypt", "-a", RECIPIENT, "x.yaml"]).ok();
}

#[test]
fn stdin_takes_its_type_from_flags_or_a_name() {
    for args in [
        &["--filename-override", "x.yaml"][..],
        &["--filename-override", "x", "--input-type", "yaml", "--output-type", "yaml"],
    ] {
        let bed = Bed::new();
        let mut encrypt = vec!["encrypt", "--age", RECIPIENT];
        encrypt.extend(args);
        let text = bed.seal(&encrypt).stdin(PLAIN).ok().text();
        assert!(text.contains("user: ENC["), "{text}");
        let mut decrypt = vec!["decrypt"];
        decrypt.extend(args);
        let done = bed.seal(&decrypt).stdin(text).identity("a").ok();
        assert_eq!(done.text(), PLAIN);
    }
}

#[test]
fn in_place_keeps_mode_and_leaves_nothing_beside() {
    for bits in [0o600, 0o640, 0o755] {
        let bed = Bed::new();
        bed.write("x.yaml", PLAIN);
        set_mode(&bed, "x.yaml", bits);
        bed.seal(&["encrypt", "-i", "--age", RECIPIENT, "x.yaml"]).ok();
        assert_eq!(mode(&bed, "x.yaml"), bits);
        assert_eq!(names(&bed), ["x.yaml"]);
        let done = bed.seal(&["decrypt", "--in-place", "x.yaml"]).identity("a").ok();
        assert!(done.stdout.is_empty(), "{done}");
        assert_eq!((mode(&bed, "x.yaml"), bed.text("x.yaml").as_str()), (bits, PLAIN));
        assert_eq!(names(&bed), ["x.yaml"]);
    }
}

#[test]
fn in_place_replaces_the_file_at_once() {
    let bed = Bed::new();
    bed.write("x.yaml", PLAIN);
    let inode = fs::metadata(bed.path("x.yaml")).unwrap().ino();
    let mut open_before = fs::File::open(bed.path("x.yaml")).unwrap();
    bed.seal(&["encrypt", "-i", "--age", RECIPIENT, "x.yaml"]).ok();
    assert_ne!(fs::metadata(bed.path("x.yaml")).unwrap().ino(), inode, "a new file takes the name");
    let mut seen = String::new();
    std::io::Read::read_to_string(&mut open_before, &mut seen).unwrap();
    assert_eq!(seen, PLAIN, "whoever reads meanwhile reads the whole old file");
}

#[test]
fn in_place_follows_a_link_and_keeps_it() {
    let bed = Bed::new();
    bed.write("real/x.yaml", PLAIN);
    symlink("real/x.yaml", bed.path("link.yaml")).unwrap();
    bed.seal(&["encrypt", "-i", "--age", RECIPIENT, "link.yaml"]).ok();
    assert!(fs::symlink_metadata(bed.path("link.yaml")).unwrap().is_symlink());
    assert!(bed.text("real/x.yaml").contains("user: ENC["));
    bed.seal(&["decrypt", "-i", "link.yaml"]).identity("a").ok();
    assert_eq!(bed.text("real/x.yaml"), PLAIN);
}

#[test]
fn several_files_are_done_in_place() {
    let bed = Bed::new();
    bed.write("a.yaml", PLAIN);
    bed.write("b.json", "{\"k\": \"v\"}\n");
    bed.write("c.env", "K=v\n");
    bed.write("d.bin", [0, 159, 146, 150]);
    let files = ["a.yaml", "b.json", "c.env", "d.bin"];
    let with = |first: &[&'static str]| [first, &files[..]].concat();
    bed.seal(&with(&["encrypt", "-i", "--age", RECIPIENT])).ok();
    for file in files {
        assert!(bed.text(file).contains("ENC[AES256_GCM,"), "{file}");
    }
    bed.seal(&with(&["decrypt", "-i"])).identity("a").ok();
    assert_eq!(bed.text("a.yaml"), PLAIN);
    assert_eq!(bed.text("b.json"), "{\"k\": \"v\"}\n");
    assert_eq!(bed.text("c.env"), "K=v\n");
    assert_eq!(bed.read("d.bin"), [0, 159, 146, 150]);
}

#[test]
fn output_writes_a_private_file() {
    let bed = Bed::new();
    bed.write("x.yaml", PLAIN);
    bed.seal(&["encrypt", "--age", RECIPIENT, "--output", "x.enc.yaml", "x.yaml"]).ok();
    let done = bed.seal(&["decrypt", "x.enc.yaml", "--output", "out.yaml"]).identity("a").ok();
    assert!(done.stdout.is_empty(), "{done}");
    assert_eq!(bed.text("out.yaml"), PLAIN);
    assert_eq!(mode(&bed, "out.yaml"), 0o600, "a decrypted file is for its owner");
}

#[test]
fn a_pipe_that_closes_early_is_no_panic() {
    let bed = Bed::new();
    sealed(&bed, "x.yaml");
    let line = format!("{} decrypt x.yaml | true", program().display());
    bed.run("sh", &["-c", &line]).identity("a").ok();
}

#[test]
fn formats_convert() {
    let bed = Bed::new();
    sealed(&bed, "x.yaml");
    let done = bed.seal(&["decrypt", "--output-type", "json", "x.yaml"]).identity("a").ok();
    let value: serde_json::Value = serde_json::from_slice(&done.stdout).unwrap();
    assert_eq!(value["db"]["password"], "hunter2-db");
    assert_eq!(value["hosts"][1]["port"], 5433);
    assert_eq!(value["note"], "two\nlines\n");
}

#[test]
fn extract_takes_both_ways_of_writing_a_path() {
    let bed = Bed::new();
    sealed(&bed, "x.yaml");
    for (path, expected) in [
        ("[\"db\"][\"password\"]", "hunter2-db"),
        ("['db']['password']", "hunter2-db"),
        ("db.password", "hunter2-db"),
        ("hosts[1].name", "two.example"),
        ("[\"hosts\"][0][\"name\"]", "one.example"),
        ("note", "two\nlines\n"),
    ] {
        let done = bed.seal(&["decrypt", "--extract", path, "x.yaml"]).identity("a").ok();
        assert_eq!(done.text(), expected, "{path}: a string comes as it is");
        let done = bed.seal(&["get", "x.yaml", path]).identity("a").ok();
        assert_eq!(done.text().trim_end_matches('\n'), expected.trim_end_matches('\n'), "get {path}");
    }
    let done = bed.seal(&["decrypt", "--extract", "hosts[0].port", "x.yaml"]).identity("a").ok();
    assert_eq!(done.text().trim_end(), "5432");
    let done = bed.seal(&["decrypt", "--extract", "debug", "x.yaml"]).identity("a").ok();
    assert_eq!(done.text().trim_end(), "false");
    let done = bed.seal(&["decrypt", "--extract", "db", "x.yaml"]).identity("a").ok();
    assert!(done.text().contains("hunter2-db") && !done.text().contains("5432"), "{done}");
}

#[test]
fn extract_of_nothing_fails() {
    let bed = Bed::new();
    sealed(&bed, "x.yaml");
    for (path, code) in [
        ("[\"none\"]", 1),
        ("db.none", 1),
        ("hosts[2]", 1),
        ("db.password.deeper", 1),
        ("[\"db\"", 91),
        ("[db]", 91),
        ("hosts[-1]", 91),
        ("", 91),
    ] {
        bed.seal(&["decrypt", "--extract", path, "x.yaml"]).identity("a").fails(code);
    }
}

#[test]
fn filestatus_tells_without_keys() {
    let bed = Bed::new();
    sealed(&bed, "x.yaml");
    bed.write("plain.yaml", PLAIN);
    let done = bed.seal(&["filestatus", "x.yaml"]).ok();
    assert_eq!(done.text().trim(), "{\"encrypted\":true}");
    let done = bed.seal(&["filestatus", "plain.yaml"]).ok();
    assert_eq!(done.text().trim(), "{\"encrypted\":false}");
    bed.seal(&["filestatus", "missing.yaml"]).fails(1);
}

#[test]
fn keygen_makes_a_pair_that_works() {
    for flags in [&[][..], &["--pq"]] {
        let bed = Bed::new();
        let mut args = vec!["keygen", "-o", "key.txt"];
        args.extend(flags);
        bed.seal(&args).ok();
        assert_eq!(mode(&bed, "key.txt"), 0o600);
        let text = bed.text("key.txt");
        let line = text.lines().find_map(|line| line.strip_prefix("# public key: "));
        let recipient = line.unwrap_or_else(|| panic!("no public key in the file")).to_owned();
        bed.seal(&args).fails(3); // never over an existing key

        bed.write("x.yaml", PLAIN);
        bed.seal(&["encrypt", "-i", "--age", &recipient, "x.yaml"]).ok();
        let key = bed.path("key.txt");
        let done = bed.seal(&["decrypt", "x.yaml"]).env("SOPS_AGE_KEY_FILE", key).ok();
        assert_eq!(done.text(), PLAIN);
    }
    let bed = Bed::new();
    let done = bed.seal(&["keygen"]).ok();
    assert!(done.text().contains("AGE-SECRET-KEY-1"), "without -o the identity goes to stdout");
    assert!(!done.stderr.contains("AGE-SECRET-KEY-1"), "and never to stderr");
}
