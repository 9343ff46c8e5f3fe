//! What does not change keeps its bytes.

use super::{FILES, decrypted, run, sealed};
use crate::bed::{Bed, testdata};
use crate::cli::RECIPIENT;
use crate::peers::sops;
use std::collections::BTreeSet;
use std::os::unix::fs::MetadataExt as _;

/// What the lines are called that differ; the texts must have as many lines.
fn changed(before: &str, after: &str) -> BTreeSet<String> {
    let (before, after): (Vec<&str>, Vec<&str>) = (before.split('\n').collect(), after.split('\n').collect());
    assert_eq!(before.len(), after.len(), "{}\n---\n{}", before.join("\n"), after.join("\n"));
    let name = |line: &str| {
        let line = line.trim_start_matches([' ', '\t', '-', '"']);
        line.split([':', '=', '"']).next().unwrap().trim_start_matches("sops_").to_owned()
    };
    before.iter().zip(&after).filter(|(a, b)| a != b).map(|(a, _)| name(a)).collect()
}

fn tokens(text: &str) -> BTreeSet<&str> {
    text.match_indices("ENC[AES256_GCM,")
        .map(|(at, _)| &text[at..=at + text[at..].find(']').unwrap()])
        .collect()
}

#[test]
fn one_value_is_one_line_and_those_of_the_metadata() {
    let mut files: Vec<(&str, String, &str)> = vec![(
        "x.json",
        FILES[1]
            .1
            .replace("{\"user\"", "{\n    \"user\"")
            .replace(", \"pass", ",\n    \"pass")
            .replace("b\"}", "b\"\n  }"),
        "db.password",
    )];
    files.push(("x.env", FILES[2].1.to_owned(), "PASSWORD"));
    files.push(("x.yaml", FILES[0].1.to_owned(), "db.password"));
    files.push(("crlf.yaml", FILES[0].1.replace('\n', "\r\n"), "db.password"));
    files.push(("short.yaml", FILES[0].1.trim_end().to_owned(), "db.password"));
    files.push(("crlf.json", files[0].1.replace('\n', "\r\n"), "db.password"));
    for (name, plain, path) in files {
        let bed = Bed::new();
        sealed(&bed, name, &plain, &[]);
        let before = bed.text(name);
        // `lastmodified` counts seconds.
        std::thread::sleep(std::time::Duration::from_millis(1100));
        run(&bed, &["set", name, path, "another"]);
        let after = bed.text(name);
        let secret = path.rsplit('.').next().unwrap();
        let wanted = [secret, "lastmodified", "mac", "seal"].map(str::to_owned).into();
        assert_eq!(changed(&before, &after), wanted, "{name}");
        assert_eq!(before.ends_with('\n'), after.ends_with('\n'));
        assert_eq!(before.matches("\r\n").count(), after.matches("\r\n").count());
        assert_eq!(decrypted(&bed, name), plain.replace("hunter2-db", "another"), "{name}");
        sops(&bed, &["decrypt", name]).identity("a").ok();
    }
    // Without the record there are three lines.
    let bed = Bed::new();
    sealed(&bed, "x.yaml", "a: one\nb: two # c\n", &["--no-strict"]);
    let before = bed.text("x.yaml");
    std::thread::sleep(std::time::Duration::from_millis(1100));
    run(&bed, &["set", "x.yaml", "b", "2", "--no-strict", "--quiet"]);
    let wanted = ["b", "lastmodified", "mac"].map(str::to_owned).into();
    assert_eq!(changed(&before, &bed.text("x.yaml")), wanted);
}

#[test]
fn equal_elements_keep_their_own_tokens() {
    let bed = Bed::new();
    sealed(&bed, "x.yaml", "l: [a, b, b, c]\nk: x\n", &[]);
    let line = |bed: &Bed| bed.text("x.yaml").lines().find(|line| line.starts_with("l:")).unwrap().to_owned();
    let before = line(&bed);
    assert_eq!(tokens(&before).len(), 4);
    run(&bed, &["set", "x.yaml", "k", "y"]);
    run(&bed, &["set", "x.yaml", "new.key", "z"]);
    assert_eq!(line(&bed), before);
    run(&bed, &["unset", "x.yaml", "l[0]"]);
    let after = line(&bed);
    let left: Vec<&str> = after.matches("ENC[").collect();
    assert_eq!(left.len(), 3, "{after}");
    assert!(tokens(&before).is_superset(&tokens(&after)), "{before}\n{after}");
}

#[test]
fn no_change_is_no_write() {
    let bed = Bed::new();
    for (name, plain) in FILES {
        sealed(&bed, name, plain, &[]);
        let state = || {
            let meta = std::fs::metadata(bed.path(name)).unwrap();
            (bed.read(name), meta.ino(), meta.mtime(), meta.mtime_nsec())
        };
        let before = state();
        let (path, number) = if *name == "x.env" { ("PASSWORD", "PORT") } else { ("db.password", "port") };
        run(&bed, &["set", name, path, "hunter2-db"]);
        run(&bed, &["set", name, number, "5432", "--idempotent"]);
        run(&bed, &["unset", name, "absent", "--idempotent"]);
        assert_eq!(state(), before, "{name}");
    }
}

#[test]
fn a_new_entry_set_and_unset_leaves_the_plain_text() {
    let bed = Bed::new();
    for (name, plain) in FILES {
        sealed(&bed, name, plain, &[]);
        let path = if *name == "x.env" { "NEW" } else { "db.extra" };
        run(&bed, &["set", name, path, "one\ntwo\n"]);
        assert_ne!(decrypted(&bed, name), *plain);
        run(&bed, &["unset", name, path]);
        assert_eq!(decrypted(&bed, name), *plain);
    }
}

#[test]
fn sops_and_seal_take_turns() {
    for name in ["x.yaml", "x.json", "x.env"] {
        let bed = Bed::new();
        let plain = match name {
            "x.yaml" => "# c\na: one\nb: two\nl:\n    - x\n    - x\nn: 5\nm:\n    k: v\n",
            "x.json" => {
                "{\n\t\"a\": \"one\",\n\t\"b\": \"two\",\n\t\"l\": [\n\t\t\"x\",\n\t\t\"x\"\n\t],\n\t\"n\": 5\n}"
            }
            _ => "#c\nA=one\nB=two\nN=5\n",
        };
        bed.write(name, plain);
        sops(&bed, &["encrypt", "--age", RECIPIENT, "-i", name]).ok();
        let key = if name == "x.env" { "A" } else { "a" };
        let index = format!("[\"{key}\"]");
        for turn in 0..10 {
            let value = format!("value {turn}");
            if turn % 2 == 0 {
                let before = bed.text(name);
                run(&bed, &["set", name, key, &value]);
                let after = bed.text(name);
                let (before, after) = (tokens(&before), tokens(&after));
                // The value and the MAC go; they and, at first, the record come.
                assert!(before.difference(&after).count() <= 3, "turn {turn} of {name}");
                assert!(after.difference(&before).count() <= 3, "turn {turn} of {name}");
            } else {
                sops(&bed, &["set", name, &index, &format!("\"{value}\"")]).identity("a").ok();
            }
            assert_eq!(sops(&bed, &["decrypt", "--extract", &index, name]).identity("a").ok().text(), value);
            assert_eq!(run(&bed, &["get", name, key]).text(), value);
        }
    }
}

/// Every file that sops made and that has another value to set.
#[test]
fn files_of_sops_take_a_value() {
    let bed = Bed::new();
    let mut count = 0;
    for entry in std::fs::read_dir(testdata().join("vectors")).unwrap() {
        let folder = entry.unwrap().path();
        // Nothing can be encrypted with the data keys of some that are not valid.
        if folder.ends_with("invalid") {
            continue;
        }
        let Ok(files) = std::fs::read_dir(&folder) else { continue };
        for file in files {
            let file = file.unwrap().path();
            let name = file.file_name().unwrap().to_str().unwrap().to_owned();
            let known = [".yaml", ".json", ".env"].iter().any(|end| name.ends_with(end));
            if !known || !file.is_file() {
                continue;
            }
            bed.write(&name, std::fs::read(&file).unwrap());
            let opens = bed.seal(&["decrypt", &name]).identity("a").done().code == Some(0);
            if !opens || !sops_reads(&bed, &name) {
                continue;
            }
            let key = if name.ends_with(".env") { "NEW_ENTRY" } else { "new_entry" };
            let done = bed.seal(&["set", &name, key, "a new value"]).identity("a").done();
            assert_eq!(done.code, Some(0), "{}: {done}", file.display());
            assert_eq!(run(&bed, &["get", &name, key]).text(), "a new value");
            assert!(sops_reads(&bed, &name), "{}", file.display());
            count += 1;
        }
    }
    assert!(count >= 20, "only {count} files");
}

fn sops_reads(bed: &Bed, name: &str) -> bool {
    sops(bed, &["decrypt", name]).identity("a").done().code == Some(0)
}
