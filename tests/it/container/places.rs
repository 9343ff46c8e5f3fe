//! Where the identity comes from: each place goes before the next, and nothing is merged.

use super::left_out;
use super::memory::{Memory, events};
use crate::bed::{Done, program};
use std::fs;

/// The place that a run took its identity from.
fn place(done: &Done) -> String {
    let key = events(&done.stderr).into_iter().find(|event| event["event"] == "key");
    key.unwrap_or_else(|| panic!("no event: {done}"))["key_from"].as_str().unwrap().to_owned()
}

/// All places that need no mount of their own, in their order. Files are `key` and `wrong`.
const PLACES: [(&str, &str); 4] = [
    ("SEAL_KEY_FILE", "file"),
    ("CREDENTIALS_DIRECTORY", "credential"),
    ("SEAL_KEY", "env"),
    ("SOPS_AGE_KEY_FILE", "file"),
];

/// What the variable holds for the identity in `file`.
fn content(memory: &Memory, variable: &str, file: &str) -> String {
    let path = memory.bed.path(file);
    match variable {
        "CREDENTIALS_DIRECTORY" => {
            let folder = memory.bed.path(&format!("credentials-{file}"));
            fs::create_dir_all(&folder).unwrap();
            fs::copy(path, folder.join("seal.key")).unwrap();
            folder.into_os_string().into_string().unwrap()
        }
        "SEAL_KEY" | "SOPS_AGE_KEY" => fs::read_to_string(path).unwrap(),
        _ => path.into_os_string().into_string().unwrap(),
    }
}

#[test]
fn k1_each_place_goes_before_the_next() {
    let memory = Memory::new();
    memory.key("wrong", "b");
    let places: Vec<(&str, &str)> = PLACES.into_iter().chain([("SOPS_AGE_KEY", "env")]).collect();
    for (at, (variable, kind)) in places.iter().enumerate() {
        let run = |file: &str, others: &str| {
            let mut run = memory.bed.seal(&["mount", "--into", memory.dir(), "app.yaml"]);
            run = run.env(variable, content(&memory, variable, file));
            for (other, _) in &places[at + 1..] {
                run = run.env(other, content(&memory, other, others));
            }
            run
        };
        // It counts although those after it would not do ...
        let done = run("key", "wrong").ok();
        assert_eq!(place(&done), *kind, "{variable}: {done}");
        memory.seal(&["mount", "--clear", memory.dir()]).ok();
        // ... and if it does not do, nothing of theirs is merged.
        memory.refuses(run("wrong", "key"), 128, "E_WRONG_KEY");
    }
}

#[test]
fn k1_flags_go_before_variables() {
    let memory = Memory::new();
    memory.key("wrong", "b");
    let wrong = memory.bed.path("wrong");
    let run = |args: &[&str]| {
        let args = [&["mount", "--into", memory.dir()], args, &["app.yaml"]].concat();
        memory
            .bed
            .seal(&args)
            .env("SEAL_KEY_FILE", &wrong)
            .env("SEAL_KEY", content(&memory, "SEAL_KEY", "wrong"))
    };
    assert_eq!(place(&run(&["--key-file", "key"]).ok()), "file");
    let key = fs::read(memory.bed.path("key")).unwrap();
    assert_eq!(place(&run(&["--key-fd", "0"]).stdin(key.clone()).ok()), "fd");
    // A descriptor goes before a file, on the command line and in the environment.
    let both = run(&["--key-fd", "0", "--key-file", "wrong"]).stdin(key.clone()).done();
    assert_eq!(place(&both), "fd", "{both}");
    assert_eq!(place(&run(&[]).env("SEAL_KEY_FD", "0").stdin(key.clone()).ok()), "fd");
    // A flag hides the variables of all places.
    assert_eq!(place(&run(&["--key-file", "key"]).env("SEAL_KEY_FD", "0").ok()), "file");
    for fd in ["63", "9"] {
        memory.seal(&["mount", "--clear", memory.dir()]).ok();
        memory.refuses(run(&["--key-fd", fd]), 128, "E_NO_KEY");
    }
    memory.refuses(run(&["--key-fd", "0"]), 128, "E_NO_KEY");
}

#[test]
fn k1_a_key_in_the_environment_is_warned_of() {
    let memory = Memory::new();
    for name in ["SEAL_KEY", "SOPS_AGE_KEY"] {
        let run = memory.bed.seal(&["mount", "--into", memory.dir(), "app.yaml"]);
        let done = run.env(name, content(&memory, name, "key")).ok();
        assert!(done.stderr.contains("warning: the identity is in the environment"), "{done}");
        memory.assert_silent(&done);
    }
    let done = memory.mount(&["app.yaml"]).ok();
    assert!(!done.stderr.contains("the identity"), "{done}");
    // Whoever runs the app as the same user gives it the key as well.
    let done = memory.run(&["app.yaml", "--", "true"]).ok();
    assert!(done.stderr.contains("the app can read its own key"), "{done}");
    let key = fs::read(memory.bed.path("key")).unwrap();
    let args = ["run", "--into", memory.dir(), "--key-fd", "0", "app.yaml", "--", "cat"];
    let done = memory.bed.seal(&args).stdin(key).ok();
    assert!(done.stdout.is_empty() && !done.stderr.contains("its own key"), "{done}");
}

/// The folder of Docker's secrets, in a mount namespace of its own.
#[test]
fn k1_the_secret_of_docker_has_its_place() {
    let can = rustix::process::geteuid().is_root();
    if left_out("root, to mount", can) {
        return;
    }
    let memory = Memory::new();
    memory.key("wrong", "b");
    let script = "mount -t tmpfs tmpfs /run && mkdir /run/secrets && cp \"$1\" /run/secrets/seal.key && shift && exec \"$@\"";
    let run = |key: &str, args: &[&str]| {
        let (key, seal) = (memory.bed.path(key), program());
        let mut all = vec!["--mount", "sh", "-c", script, "sh"];
        all.extend([key.to_str().unwrap(), seal.to_str().unwrap()]);
        all.extend(args);
        memory.bed.run("unshare", &all).env("SEAL_KEY", content(&memory, "SEAL_KEY", "wrong"))
    };
    let mount = ["mount", "--into", memory.dir(), "app.yaml"];
    assert_eq!(place(&run("key", &mount).ok()), "secret");
    memory.seal(&["mount", "--clear", memory.dir()]).ok();
    memory.refuses(run("wrong", &mount), 128, "E_WRONG_KEY");
    let done =
        run("wrong", &mount).env("CREDENTIALS_DIRECTORY", content(&memory, "CREDENTIALS_DIRECTORY", "key"));
    assert_eq!(place(&done.ok()), "credential");
    let done = run("wrong", &mount).env("SEAL_KEY_FILE", memory.bed.path("key")).ok();
    assert_eq!(place(&done), "file");
    // Secrets are rendered beside it if the folder is in memory, as it is here: into the default folder.
    let done = run("key", &["run", "app.yaml", "--", "cat", "/run/secrets/app.yaml"]).ok();
    assert_eq!(done.text(), super::memory::APP);
}
