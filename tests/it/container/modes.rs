//! Forms of rendering, names that are taken, and two writers.

use super::memory::Memory;
use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::{FileTypeExt as _, PermissionsExt as _, symlink};
use std::path::Path;

fn mode(path: impl AsRef<Path>) -> u32 {
    fs::symlink_metadata(path).unwrap().permissions().mode() & 0o7777
}

#[test]
fn i3_each_value_becomes_a_file_as_it_is() {
    let memory = Memory::empty();
    let plain = "\
db:
  host: one.example
  pool: {max: 12, ratio: 1.10}
hosts:
  - alpha
  - {name: beta, ports: [1, 2]}
empty: ''
big: 9223372036854775807
small: -9223372036854775808
yes_: true
note: |
  two
  lines
no_end: |-
  two
  lines
Name: upper
name: lower
text_number: '1.10'
blank: '  '
";
    memory.seal_file("app.enc.yaml", plain);
    memory.mount(&["--as", "keys", "app.enc.yaml"]).ok();
    let expected = [
        ("Name", "upper"),
        ("big", "9223372036854775807"),
        ("blank", "  "),
        ("db.host", "one.example"),
        ("db.pool.max", "12"),
        ("db.pool.ratio", "1.10"),
        ("empty", ""),
        ("hosts.0", "alpha"),
        ("hosts.1.name", "beta"),
        ("hosts.1.ports.0", "1"),
        ("hosts.1.ports.1", "2"),
        ("name", "lower"),
        ("no_end", "two\nlines"),
        ("note", "two\nlines\n"),
        ("small", "-9223372036854775808"),
        ("text_number", "1.10"),
        ("yes_", "true"),
    ];
    let expected: BTreeMap<String, String> =
        expected.into_iter().map(|(name, text)| (name.to_owned(), text.to_owned())).collect();
    assert_eq!(memory.texts(), expected);
    let generation = memory.target().join(memory.current().unwrap());
    assert_eq!((mode(memory.target()), mode(&generation)), (0o700, 0o500));
    for name in expected.keys() {
        assert_eq!(mode(generation.join(name)), 0o400, "{name}");
        let link = fs::read_link(memory.target().join(name)).unwrap();
        assert_eq!(link.to_str(), Some(format!("..data/{name}").as_str()));
    }
}

#[test]
fn i3_bytes_of_any_kind_and_other_formats() {
    let memory = Memory::empty();
    let bytes: Vec<u8> = (0..=255).collect();
    memory.seal_file("cert.der.enc", &bytes);
    memory.seal_file("conf.enc.json", r#"{"a": {"b": "two\nlines", "n": 1.10}, "e": ""}"#);
    memory.mount(&["--as", "keys", "--sep", "__", "conf.enc.json"]).ok();
    let seen = memory.texts();
    assert_eq!(seen["a__b"], "two\nlines");
    assert_eq!(seen["e"], "");
    assert_eq!(seen.len(), 3);
    memory.mount(&["cert.der.enc"]).ok();
    assert_eq!(memory.seen(), BTreeMap::from([("cert.der".to_owned(), bytes)]), "gone names are gone");
}

#[test]
fn i2_documents_are_what_decrypt_prints() {
    let memory = Memory::empty();
    let files = [
        ("app.enc.yaml", "app.yaml", "# a comment\na: {b: 1.10}\nc:   'x'\n"),
        ("conf.sealed.json", "conf.json", "{\n  \"a\" : [ 1, \"two\" ]\n}\n"),
        ("x.sops.env", "x.env", "# a comment\nA=one\nB='quoted'\n"),
    ];
    for (name, _, plain) in files {
        memory.seal_file(name, plain);
        assert_eq!(memory.seal(&["decrypt", name]).identity("a").ok().text(), plain);
    }
    memory.mount(&files.map(|(name, ..)| name)).ok();
    let expected = files.map(|(_, name, plain)| (name.to_owned(), plain.to_owned()));
    assert_eq!(memory.texts(), BTreeMap::from(expected));
}

#[test]
fn i3_two_files_are_one_set() {
    let memory = Memory::new();
    memory.seal_file("more.enc.yaml", "token: tok-en\n");
    memory.mount(&["app.yaml", "more.enc.yaml", "--as", "keys,env,file"]).ok();
    let names: Vec<String> = memory.seen().into_keys().collect();
    let expected = [
        "app.env",
        "app.yaml",
        "db.password",
        "db.user",
        "list.0",
        "list.1",
        "more.env",
        "more.yaml",
        "token",
    ];
    assert_eq!(names, expected);
    assert_eq!(memory.text("more.env"), "TOKEN=tok-en\n");
    assert_eq!(memory.generations().len(), 1);
}

#[test]
fn i3_nulls_are_refused_skipped_or_empty() {
    let memory = Memory::empty();
    memory.seal_file("app.yaml", "a: one-value\nb: null\n");
    let run = || memory.mount(&["--as", "keys", "app.yaml"]);
    let done = memory.refuses(run(), 78, "E_NULL");
    assert!(done.stderr.contains("app.yaml:2:") && done.stderr.contains("--null=skip"), "{done}");
    memory.mount(&["--as", "keys", "--null", "skip", "app.yaml"]).ok();
    assert_eq!(memory.texts(), BTreeMap::from([("a".into(), "one-value".into())]));
    memory.mount(&["--as", "keys", "--null", "empty", "app.yaml"]).ok();
    assert_eq!(memory.texts()["b"], "");
}

/// Puts something at a path; a link leads to the other one.
type Plant = fn(&Path, &Path);

#[test]
fn t3_what_has_a_needed_name_is_left_alone() {
    let memory = Memory::new();
    let elsewhere = memory.bed.write("elsewhere", "untouched");
    let plant: [(&str, Plant); 5] = [
        ("a symbolic link", |path, elsewhere| symlink(elsewhere, path).unwrap()),
        ("a symbolic link", |path, _| symlink("..data/other", path).unwrap()),
        ("a file", |path, _| fs::write(path, "mine").unwrap()),
        ("a FIFO", |path, _| {
            let mode = rustix::fs::Mode::from_raw_mode(0o600);
            rustix::fs::mknodat(rustix::fs::CWD, path, rustix::fs::FileType::Fifo, mode, 0).unwrap();
        }),
        ("a folder", |path, _| fs::create_dir(path).unwrap()),
    ];
    let describe = |path: &Path| {
        let kind = fs::symlink_metadata(path).unwrap().file_type();
        let content = if kind.is_file() { fs::read(path).unwrap() } else { Vec::new() };
        (kind.is_fifo(), kind.is_dir(), fs::read_link(path).ok(), content, mode(path))
    };
    for name in ["app.yaml", "..data", "..data_tmp"] {
        for (what, make) in &plant {
            let path = memory.target().join(name);
            make(&path, &elsewhere);
            let before = describe(&path);
            // A link of the name that seal gives to its own is the one exception, and harmless.
            let done = memory.mount(&["app.yaml"]).done();
            let is_own = name == "..data_tmp" && before.2.is_some();
            if !is_own {
                assert_eq!(done.code, Some(73), "{name} is {what}: {done}");
                assert!(done.stderr.contains("error[E_TARGET_FOREIGN]: "), "{done}");
                assert!(done.stderr.contains(&format!("`{name}` is there and is")), "{done}");
                assert_eq!(describe(&path), before, "{name} is {what}");
                assert_eq!(memory.names(), [name], "{done}");
            }
            memory.assert_silent(&done);
            assert_eq!(memory.bed.text("elsewhere"), "untouched");
            for name in memory.names() {
                let path = memory.target().join(name);
                if fs::symlink_metadata(&path).unwrap().is_dir() {
                    fs::remove_dir_all(path).unwrap();
                } else {
                    fs::remove_file(path).unwrap();
                }
            }
        }
    }
}

#[test]
fn t3_other_things_in_the_folder_stay() {
    let memory = Memory::new();
    fs::write(memory.target().join("other"), "mine").unwrap();
    symlink("nowhere", memory.target().join("link")).unwrap();
    memory.mount(&["app.yaml"]).ok();
    memory.seal(&["mount", "--clear", memory.dir()]).ok();
    assert_eq!(memory.names(), ["link", "other"]);
}

#[test]
fn t5_the_second_writer_is_refused_until_the_first_ends() {
    let memory = Memory::new();
    let first = memory.start(memory.mount(&["--hold", "app.yaml"]));
    first.tells("render", 1);
    let before = memory.seen();
    for _ in 0..2 {
        let done = memory.mount(&["--as", "keys", "app.yaml"]).done();
        assert_eq!(done.code, Some(73), "{done}");
        assert!(
            done.stderr.contains("error[E_TARGET_BUSY]: ") && done.stderr.contains("another writer"),
            "{done}"
        );
        assert_eq!(memory.seen(), before);
    }
    // Who only looks is no writer.
    memory.seal(&["mount", "--check", memory.dir()]).ok();
    let done = memory.seal(&["mount", "--clear", memory.dir()]).done();
    assert_eq!(done.code, Some(73), "{done}");
    assert_eq!(first.stop().0, 0);
    assert_eq!(memory.seen(), before, "the secrets stay");
    memory.mount(&["--as", "keys", "app.yaml"]).ok();
    assert_eq!(memory.seen().len(), 4);
    // One that was killed holds nothing.
    let third = memory.start(memory.mount(&["--hold", "app.yaml"]));
    third.tells("render", 1);
    third.kill();
    memory.mount(&["--as", "keys", "app.yaml"]).ok();
}
