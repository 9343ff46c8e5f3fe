//! Keys that do not fit and files that were changed: each has its own code and name, and leaves nothing.

use super::left_out;
use super::memory::{Memory, events};
use crate::bed::Done;
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;

/// The event that says why nothing was rendered.
fn assert_told(done: &Done, code: i32, name: &str) {
    let told = events(&done.stderr).into_iter().find(|event| event["event"] == "render");
    let told = told.unwrap_or_else(|| panic!("no event: {done}"));
    assert_eq!(
        (&told["result"], &told["error"], &told["code"]),
        (&"refused".into(), &name.into(), &code.into()),
        "{done}"
    );
}

/// All ways of rendering refuse with `code` and `name`.
fn refuse(memory: &Memory, file: &str, code: i32, name: &str) -> Done {
    let marker = memory.bed.path("started");
    let app = ["--", "touch", marker.to_str().unwrap()];
    memory.refuses(memory.run(&[&[file][..], &app].concat()), code, name);
    memory.refuses(memory.run(&[&["--env", "X=db.password", file][..], &app].concat()), code, name);
    memory.refuses(memory.run(&[&["--supervise", file][..], &app].concat()), code, name);
    memory.refuses(memory.mount(&["--hold", file]), code, name);
    let done = memory.refuses(memory.mount(&["--as", "keys", file]), code, name);
    assert_told(&done, code, name);
    done
}

#[test]
fn k1_a_wrong_key_opens_nothing() {
    let memory = Memory::new();
    fs::remove_file(memory.bed.path("key")).unwrap();
    memory.key("key", "b");
    let done = refuse(&memory, "app.yaml", 128, "E_WRONG_KEY");
    // The readers of the file are named.
    assert!(done.stderr.contains("age1rh8v…ynmu3") && done.stderr.contains("--key-file"), "{done}");
}

#[test]
fn k1_without_a_key_the_places_are_listed() {
    let memory = Memory::new();
    let run = memory.bed.seal(&["mount", "--into", memory.dir(), "app.yaml"]);
    let done = memory.refuses(run, 128, "E_NO_KEY");
    assert!(done.stderr.contains("--key-file FILE"), "{done}");
    assert_told(&done, 128, "E_NO_KEY");
}

#[test]
fn k1_a_key_that_is_a_folder_missing_or_no_key() {
    let memory = Memory::new();
    fs::create_dir(memory.bed.path("folder")).unwrap();
    memory.bed.write("junk", "this is no identity\n");
    memory.bed.write("empty", "");
    for (file, name, said) in [
        ("folder", "E_NO_KEY", "Docker makes an empty folder"),
        ("missing", "E_NO_KEY", "missing"),
        ("junk", "E_NO_KEY", "junk"),
        ("empty", "E_NO_KEY", "empty"),
    ] {
        let done = memory.refuses(memory.mount(&["--key-file", file, "app.yaml"]), 128, name);
        assert!(done.stderr.contains(said), "{done}");
        assert_told(&done, 128, name);
    }
}

#[test]
fn k1_a_key_that_another_user_may_not_read() {
    if left_out("root, to become another user", rustix::process::geteuid().is_root()) {
        return;
    }
    let memory = Memory::new();
    let target = memory.target().join("of-nobody");
    fs::create_dir(&target).unwrap();
    rustix::fs::chown(
        &target,
        Some(rustix::fs::Uid::from_raw(65534)),
        Some(rustix::fs::Gid::from_raw(65534)),
    )
    .unwrap();
    fs::set_permissions(memory.target(), Permissions::from_mode(0o755)).unwrap();
    // The folders above the bed may be closed to others, so everything needed lies here.
    let at = |name: &str| memory.target().join(name).into_os_string().into_string().unwrap();
    fs::copy(crate::bed::program(), at("seal")).unwrap();
    fs::copy(memory.bed.path("app.yaml"), at("app.yaml")).unwrap();
    fs::copy(memory.bed.path("key"), at("key")).unwrap();
    fs::set_permissions(at("app.yaml"), Permissions::from_mode(0o644)).unwrap();
    let (seal, into, key, app) = (at("seal"), at("of-nobody"), at("key"), at("app.yaml"));
    let as_nobody = ["--reuid=65534", "--regid=65534", "--clear-groups"];
    let args = ["mount", "--into", &into, "--key-file", &key, &app];
    let run = || {
        let all = [&as_nobody[..], &[seal.as_str()], &args].concat();
        memory.bed.run("setpriv", &all).within("/")
    };
    for mode in [0o400, 0o000] {
        fs::set_permissions(&key, Permissions::from_mode(mode)).unwrap();
        let done = run().fails(128);
        assert!(
            done.stderr.contains("error[E_NO_KEY]: ") && done.stderr.contains("ermission denied"),
            "{done}"
        );
        memory.assert_silent(&done);
        assert_eq!(fs::read_dir(&target).unwrap().count(), 0, "{done}");
    }
    fs::set_permissions(&key, Permissions::from_mode(0o444)).unwrap();
    let done = run().ok();
    assert!(done.stderr.contains("all users can read the identity"), "{done}");
    // And a file that it may not read.
    fs::set_permissions(&app, Permissions::from_mode(0o400)).unwrap();
    let done = run().fails(2);
    memory.assert_silent(&done);
}

/// The line of an encrypted file that begins with `start`.
fn line<'t>(text: &'t str, start: &str) -> &'t str {
    text.lines().find(|line| line.starts_with(start)).unwrap_or_else(|| panic!("no {start} in {text}"))
}

/// The line without its name.
fn value<'t>(text: &'t str, start: &str) -> &'t str {
    &line(text, start)[start.len()..]
}

#[test]
fn k1_values_that_were_altered() {
    let memory = Memory::new();
    let text = memory.bed.text("app.yaml");
    let (password, user) = (value(&text, "  password:"), value(&text, "  user:"));
    let lines: Vec<&str> = text.lines().filter(|line| line.starts_with("  - ENC[")).collect();
    let removed = |line: &str| text.replacen(&format!("{line}\n"), "", 1);
    // One character of the ciphertext.
    let data = password.find("data:").unwrap() + 5;
    let mut altered = password.to_owned();
    let other = if altered.as_bytes()[data] == b'A' { "B" } else { "A" };
    altered.replace_range(data..=data, other);
    let mac = line(&text, "  mac:");
    for (what, changed, code) in [
        ("altered", text.replace(password, &altered), 25),
        ("swapped", text.replace(password, "\0").replace(user, password).replace('\0', user), 25),
        ("moved", text.replace("  password:", "  pass:"), 25),
        ("removed", removed(lines[1]), 51),
        ("reordered", text.replace(lines[0], "\0").replace(lines[1], lines[0]).replace('\0', lines[1]), 51),
        ("added in clear", format!("more_unencrypted: value\n{text}"), 51),
        ("the MAC altered", text.replace(mac, &mac.replace("data:", "data:AAAA")), 51),
    ] {
        assert_ne!(changed, text, "{what}");
        memory.bed.write("app.yaml", changed);
        let done = refuse(&memory, "app.yaml", code, "E_ALTERED");
        assert!(done.stderr.contains("app.yaml"), "{what}: {done}");
    }
    memory.bed.write("app.yaml", removed(mac));
    let done = refuse(&memory, "app.yaml", 51, "E_ALTERED");
    assert!(done.stderr.contains("it has no MAC"), "{done}");
    // Names in clear are bound by the strict record where values are not.
    let text = text.replace("sops:", "empty: \"\"\nsops:");
    memory.bed.write("app.yaml", text);
    refuse(&memory, "app.yaml", 51, "E_ALTERED");
}

#[test]
fn k1_one_bad_file_of_two_renders_nothing() {
    let memory = Memory::new();
    memory.seal_file("more.yaml", "token: tok-en\n");
    let text = memory.bed.text("more.yaml");
    memory.bed.write("more.yaml", text.replace("token:", "tokens:"));
    memory.refuses(memory.mount(&["app.yaml", "more.yaml"]), 25, "E_ALTERED");
    memory.refuses(memory.mount(&["more.yaml", "app.yaml"]), 25, "E_ALTERED");
}

#[test]
fn k1_a_failure_keeps_what_was_there() {
    let memory = Memory::new();
    memory.mount(&["app.yaml"]).ok();
    let (seen, names) = (memory.seen(), memory.names());
    let text = memory.bed.text("app.yaml");
    memory.bed.write("app.yaml", text.replace("password:", "passwords:"));
    let done = memory.mount(&["app.yaml"]).fails(25);
    memory.assert_silent(&done);
    assert_eq!((memory.seen(), memory.names()), (seen, names));
}

#[test]
fn k1_files_that_are_none() {
    let memory = Memory::new();
    memory.bed.write("plain.yaml", "db: {password: hunter2-db}\n");
    memory.bed.write("broken.yaml", "db: {password: hunter2-db\n");
    fs::create_dir(memory.bed.path("folder.yaml")).unwrap();
    for (file, code) in [("missing.yaml", 100), ("plain.yaml", 204), ("broken.yaml", 1), ("folder.yaml", 2)] {
        let done = memory.mount(&[file]).fails(code);
        assert!(done.stderr.contains(file), "{done}");
        memory.assert_silent(&done);
        memory.assert_empty(&done);
    }
}
