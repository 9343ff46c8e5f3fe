//! Every way to be wrong that the command line has: a code, a reason, an untouched folder, no secret.

use crate::bed::{Bed, Done};
use crate::cli::{PLAIN, RECIPIENT, sealed};
use std::fs;
use std::os::unix::fs::PermissionsExt as _;

const NOBODY: &str = "age1jhtfnxg0f4pn5v2kh2yy7k8k5ct406ckxxqcnmg8me2k9akelplqlslnvp";

#[test]
fn an_encrypted_file_is_not_encrypted_again() {
    let bed = Bed::new();
    sealed(&bed, "x.yaml");
    bed.seal(&["encrypt", "-i", "--age", RECIPIENT, "x.yaml"]).fails(203);
    bed.seal(&["encrypt", "--age", RECIPIENT, "x.yaml"]).fails(203);
    for (name, text) in [
        ("y.yaml", "a: b\nsops: {}\n"),
        ("y.json", "{\"a\": 1, \"sops\": null}"),
        ("y.env", "A=b\nsops_x=1\n"),
    ] {
        bed.write(name, text);
        bed.seal(&["encrypt", "-i", "--age", RECIPIENT, name]).fails(203);
    }
}

#[test]
fn a_plain_file_is_not_decrypted() {
    let bed = Bed::new();
    for (name, text) in [
        ("x.yaml", PLAIN),
        ("x.json", "{\"a\": 1}"),
        ("x.env", "A=b\n"),
        ("nested.yaml", "a:\n  sops:\n    mac: x\n"),
    ] {
        bed.write(name, text);
        bed.seal(&["decrypt", name]).identity("a").fails(204);
        bed.seal(&["decrypt", "-i", name]).identity("a").fails(204);
    }
    // What is no envelope may be a plain file or a damaged one.
    bed.write("x.bin", "anything");
    bed.seal(&["decrypt", "x.bin"]).identity("a").fails(1);
}

#[test]
fn nothing_is_encrypted_to_nobody() {
    let bed = Bed::new();
    bed.write("x.yaml", PLAIN);
    bed.seal(&["encrypt", "-i", "x.yaml"]).fails(1);
    bed.seal(&["encrypt", "-i", "--age", "", "x.yaml"]).fails(1);
    bed.seal(&["encrypt", "-i", "--age", " , ", "x.yaml"]).fails(1);
    for wrong in ["age1nonsense", "nonsense", "AGE-SECRET-KEY-1NOT", &RECIPIENT[..40]] {
        bed.seal(&["encrypt", "-i", "--age", wrong, "x.yaml"]).fails(1);
        let both = format!("{RECIPIENT},{wrong}");
        bed.seal(&["encrypt", "-i", "--age", &both, "x.yaml"]).fails(1);
    }
}

#[test]
fn a_selection_of_nothing_is_refused_unless_allowed() {
    let bed = Bed::new();
    bed.write("x.yaml", PLAIN);
    let nothing = ["encrypt", "--age", RECIPIENT, "--encrypted-regex", "^passwort$", "x.yaml"];
    bed.seal(&nothing).fails(205);
    bed.seal(&[&nothing[..], &["-i"]].concat()).fails(205);
    let text = bed.seal(&[&nothing[..], &["--allow-nothing"]].concat()).ok().text();
    assert!(text.contains("hunter2-db") && text.contains("\nsops:\n"), "{text}");
}

#[test]
fn a_wrong_selector_is_refused() {
    let bed = Bed::new();
    bed.write("x.yaml", PLAIN);
    bed.seal(&["encrypt", "--age", RECIPIENT, "--encrypted-regex", "(", "x.yaml"]).fails(1);
    let two = ["--encrypted-regex", "^db$", "--unencrypted-suffix", "_x"];
    bed.seal(&[&["encrypt", "--age", RECIPIENT], &two[..], &["x.yaml"]].concat()).fails(8);
}

#[test]
fn flags_that_contradict_each_other_are_refused() {
    let bed = Bed::new();
    sealed(&bed, "x.yaml");
    bed.seal(&["decrypt", "-i", "--output", "y.yaml", "x.yaml"]).identity("a").fails(8);
    bed.seal(&["decrypt", "-i"]).identity("a").fails(8);
    bed.seal(&["encrypt", "--age", RECIPIENT]).stdin(PLAIN).fails(8);
}

#[test]
fn unknown_words_are_refused() {
    let bed = Bed::new();
    sealed(&bed, "x.yaml");
    bed.seal(&["decrypt", "--no-such-flag", "x.yaml"]).fails(1);
    bed.seal(&["no-such-command"]).fails(1);
    bed.seal(&["decrypt", "--input-type", "toml", "x.yaml"]).fails(1);
    bed.seal(&["decrypt", "missing.yaml"]).fails(100);
    bed.seal(&["encrypt", "--age", RECIPIENT, "missing.yaml"]).fails(100);
    fs::create_dir(bed.path("folder.yaml")).unwrap();
    bed.seal(&["encrypt", "--age", RECIPIENT, "folder.yaml"]).fails(2);
}

#[test]
fn an_output_that_cannot_be_written_is_reported() {
    let bed = Bed::new();
    sealed(&bed, "x.yaml");
    bed.seal(&["decrypt", "--output", "no/such/folder/x.yaml", "x.yaml"]).identity("a").fails(3);
    fs::create_dir(bed.path("folder")).unwrap();
    bed.seal(&["decrypt", "--output", "folder", "x.yaml"]).identity("a").fails(3);
}

#[test]
fn the_wrong_identity_and_none_are_told_apart() {
    let bed = Bed::new();
    bed.write("x.yaml", PLAIN);
    bed.seal(&["encrypt", "-i", "--age", NOBODY, "x.yaml"]).ok();
    let wrong = bed.seal(&["decrypt", "x.yaml"]).identity("a").fails(128);
    let none = bed.seal(&["decrypt", "x.yaml"]).fails(128);
    assert!(none.stderr.contains("SOPS_AGE_KEY"), "says where identities are looked for: {none}");
    assert_ne!(wrong.stderr, none.stderr);
    assert!(wrong.stderr.contains(&NOBODY[..8]), "says who can read it: {wrong}");
}

#[test]
fn text_that_does_not_parse_is_shown_by_place() {
    let bed = Bed::new();
    for (name, text, code, place) in [
        ("tab.yaml", "a: 1\nb:\n\t- hunter2\n", 2, "tab.yaml:3:"),
        ("quote.yaml", "a: 1\nb: \"hunter2\n", 2, "quote.yaml:"),
        ("double.yaml", "a: 1\nb: hunter2\na: hunter2\n", 2, "double.yaml:3:1"),
        ("list.yaml", "- hunter2\n", 2, "list.yaml:1:1"),
        ("empty.yaml", "", 92, "empty.yaml"),
        ("key.yaml", "a:\n  1: hunter2\n", 23, "key.yaml:2:3"),
        ("big.yaml", "a: 9999999999999999999\n", 23, "big.yaml:1:4"),
        ("comma.json", "{\n  \"a\": \"hunter2\",\n}", 2, "comma.json:3:1"),
        ("cut.json", "{\"a\": \"hunter2\"", 2, "cut.json:1:"),
        ("array.json", "[\"hunter2\"]", 2, "array.json:1:1"),
        ("line.env", "A=1\nhunter2\n", 2, "line.env:2:1"),
    ] {
        bed.write(name, text);
        let done = bed.seal(&["encrypt", "-i", "--age", RECIPIENT, name]).fails(code);
        assert!(done.stderr.contains(place), "{name}: no place {place}: {done}");
        assert_silent(&done, &["hunter2", "9999999999999999999"]);
    }
}

#[test]
fn no_failure_tells_a_secret() {
    let bed = Bed::new();
    let text = sealed(&bed, "x.yaml");
    let secrets = ["hunter2", "one.example", "5432", "AGE-SECRET-KEY-1X3XWM", "AGE-SECRET-KEY-1HQF30"];
    let tampered = text.replacen("user: ENC[AES256_GCM,data:", "user: ENC[AES256_GCM,data:AAAA", 1);
    let label = text.replacen(",type:str]", ",type:int]", 1);
    let swapped = text.replacen("debug: ENC", "debag: ENC", 1);
    let clear = text.replacen("debug: ENC", "extra: hunter2\ndebug: ENC", 1);
    for (altered, code) in [(tampered, 25), (label, 25), (swapped, 25), (clear, 25)] {
        bed.write("y.yaml", altered);
        assert_silent(&bed.seal(&["decrypt", "y.yaml"]).identity("a").fails(code), &secrets);
    }
    assert_silent(&bed.seal(&["decrypt", "x.yaml"]).identity("b").fails(128), &secrets);
    assert_silent(&bed.seal(&["decrypt", "--extract", "db.none", "x.yaml"]).identity("a").fails(1), &secrets);
    assert_silent(
        &bed.seal(&["decrypt", "--output-type", "dotenv", "x.yaml"]).identity("a").fails(4),
        &secrets,
    );
    let garbled = "AGE-SECRET-KEY-1X3XWMCS3WDSM87Y7UNHT6CX3L7K9WUE8W7KFY65MFAVCGKSPX8EQ4GDJDX";
    let done = bed.seal(&["decrypt", "x.yaml"]).env("SOPS_AGE_KEY", garbled).fails(128);
    assert_silent(&done, &secrets);
}

fn assert_silent(done: &Done, secrets: &[&str]) {
    for secret in secrets {
        assert!(!done.stderr.contains(secret), "stderr tells {secret}: {done}");
    }
}

#[test]
fn an_unreadable_folder_loses_nothing() {
    // Root may write everywhere: the folder's mode stops nobody then.
    let bed = Bed::new();
    bed.write("locked/x.yaml", PLAIN);
    let locked = bed.path("locked");
    fs::set_permissions(&locked, fs::Permissions::from_mode(0o555)).unwrap();
    let is_root = fs::File::create(locked.join("probe")).is_ok();
    let run = bed.seal(&["encrypt", "-i", "--age", RECIPIENT, "locked/x.yaml"]);
    if is_root {
        run.ok();
    } else {
        run.fails(3);
        assert_eq!(bed.text("locked/x.yaml"), PLAIN);
    }
    fs::set_permissions(&locked, fs::Permissions::from_mode(0o755)).unwrap();
}
