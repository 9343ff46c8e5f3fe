//! Likely mistakes, and whether the words are enough to mend them: the code, and what the message has to hold.

use crate::bed::{Bed, Done};
use crate::cli::{RECIPIENT, sealed};

/// Fails with this code and says all of it.
fn says(done: &Done, code: i32, words: &[&str]) {
    assert_eq!(done.code, Some(code), "{done}");
    for words in words {
        assert!(done.stderr.contains(words), "{words:?} is missing: {done}");
    }
}

#[test]
fn mistakes_on_the_command_line_are_answered_with_what_to_write() {
    let bed = Bed::new();
    sealed(&bed, "a.enc.yaml");
    let say = |line: &str, code, words: &[&str]| {
        let line: Vec<&str> = line.split(' ').collect();
        says(&bed.seal(&line).identity("a").done(), code, words);
    };
    say("run a.enc.yaml cat b", 64, &["`seal run` needs a command", "a.enc.yaml -- cat b"]);
    say("run a.enc.yaml ls --zzz", 64, &["there is no flag `--zzz`", "stands after `--`"]);
    say("run a.enc.yaml ls --verbose", 64, &["stands after `--`"]);
    say("run --itno /x a.enc.yaml -- ls", 64, &["did you mean `--into`?"]);
    say("run a.enc.yaml -- -- ls", 127, &["cannot start `--`", "twice"]);
    say("run a.enc.yaml -- --into /x ls", 127, &["cannot start `--into`", "flags of seal stand before"]);
    say("run a.enc.yaml -- no-such-app", 127, &["cannot start `no-such-app`", "PATH"]);
    say("run a.enc.yaml -- /no/such", 127, &["cannot start `/no/such`", "there is no such program"]);
    say("run a.enc.yaml -- /etc", 126, &["cannot start `/etc`", "is a directory"]);
    say("run --watch 5 a.enc.yaml -- ls", 64, &["--watch=5"]);
    say("mount a.enc.yaml -- ls", 64, &["`seal mount` starts no program", "seal run does"]);
    say("run --group no-such a.enc.yaml -- ls", 78, &["/etc/group", "use numbers"]);
}

#[test]
fn mistakes_in_variables_name_the_variable() {
    let bed = Bed::new();
    sealed(&bed, "a.enc.yaml");
    for (name, value, words) in [
        ("SEAL_SUPERVISE", "maybe", "the variable `SEAL_SUPERVISE`"),
        ("SEAL_MODE", "999", "the variable `SEAL_MODE` says so"),
        ("SEAL_WATCH", "yse", "it takes a whole number"),
        ("SEAL_AS", "yaml", "the variable `SEAL_AS` says so"),
    ] {
        let done = bed.seal(&["run", "a.enc.yaml", "--", "true"]).env(name, value).done();
        says(&done, 64, &[words]);
    }
    let done =
        bed.seal(&["run", "--mode", "999", "a.enc.yaml", "--", "true"]).env("SEAL_MODE", "0400").done();
    says(&done, 64, &["`999` is no value"]);
    assert!(!done.stderr.contains("SEAL_MODE"), "the flag was wrong: {done}");
    let done =
        bed.seal(&["run", "a.enc.yaml", "--", "/no/such"]).env("SEAL_KEYFILE", "/x").identity("a").done();
    says(&done, 127, &["`SEAL_KEYFILE` means nothing", "did you mean `SEAL_KEY_FILE`?"]);
}

#[test]
fn a_key_that_is_not_there_is_told_with_all_places() {
    let bed = Bed::new();
    sealed(&bed, "a.enc.yaml");
    let run = || bed.seal(&["run", "a.enc.yaml", "--", "true"]);
    let places = [
        "SEAL_KEY_FILE: not set",
        "CREDENTIALS_DIRECTORY: not set",
        "/run/secrets/seal.key: does not exist",
        "SEAL_KEY: not set",
        "SOPS_AGE_KEY_FILE: not set",
    ];
    says(&run().done(), 128, &places);
    let folder = bed.path("none");
    let folder = folder.to_str().unwrap();
    let missing = format!("{folder}/seal.key: does not exist");
    says(&run().env("CREDENTIALS_DIRECTORY", folder).done(), 128, &[&missing]);
    let target = format!("target={folder},readonly");
    says(&run().env("SEAL_KEY_FILE", folder).done(), 128, &["there is no such file", &target]);
    says(&run().env("SEAL_KEY", "/run/seal.key").done(), 128, &["holds a path", "SEAL_KEY_FILE"]);
    // Other commands look elsewhere.
    let done = bed.seal(&["decrypt", "a.enc.yaml"]).done();
    assert!(!done.stderr.contains("SEAL_KEY"), "{done}");
}

#[test]
fn names_that_cannot_be_are_answered_with_a_flag_to_paste() {
    let bed = Bed::new();
    let encrypted = |name: &str, text: &str| {
        bed.write(name, text);
        bed.seal(&["encrypt", "-i", "--age", RECIPIENT, name]).ok();
    };
    let run = |line: &str| {
        let line: Vec<&str> = line.split(' ').collect();
        bed.seal(&line).identity("a").done()
    };
    encrypted("a.enc.yaml", "db:\n  password: x\n");
    encrypted("odd.enc.yaml", "a.b: 1\na:\n  b: 2\n");
    encrypted("slash.enc.yaml", "a/b: 1\n");
    says(&run("run --as keys slash.enc.yaml -- true"), 78, &["--secret source=a/b,target=NAME"]);
    says(&run("run --as keys odd.enc.yaml -- true"), 78, &["--secret source=a.b,target=NAME"]);
    says(&run("run --secret source=db.passwrod a.enc.yaml -- true"), 78, &["did you mean `db.password`?"]);
    says(&run("run --secret source=db.password,mode=0644 a.enc.yaml -- true"), 78, &["--allow-world"]);
    std::fs::create_dir(bed.path("d")).unwrap();
    std::fs::copy(bed.path("a.enc.yaml"), bed.path("d/a.enc.yaml")).unwrap();
    says(&run("run a.enc.yaml d/a.enc.yaml -- true"), 78, &["rename one of the files"]);
    // A path that takes quotes is quoted for the list and for the shell, and is taken so.
    encrypted("point.enc.yaml", "..x: 1\n");
    let flag = r#"'"source=[""..x""]",target=NAME'"#;
    says(&run("run --as keys point.enc.yaml -- true"), 78, &[flag]);
    let spec = flag.trim_matches('\'');
    let done = bed.seal(&["run", "--secret", spec, "point.enc.yaml", "--", "/no/such"]).identity("a").done();
    says(&done, 127, &["cannot start"]);
}
