//! Files that change while they are watched, without a container.

use super::memory::{APP, Background, Memory, events};
use super::until;
use rustix::process::Signal;
use std::fs;
use std::os::unix::fs::{MetadataExt as _, symlink};
use std::os::unix::net::UnixDatagram;
use std::time::{Duration, Instant};

/// A file with another password.
fn app(password: &str) -> String {
    format!("db:\n  password: {password}\n")
}

/// Writes into the file itself, as an editor without a second file does it.
fn overwrite(memory: &Memory, name: &str, bytes: &[u8]) {
    let inode = || fs::metadata(memory.bed.path(name)).unwrap().ino();
    let before = inode();
    memory.bed.write(name, bytes);
    assert_eq!(inode(), before);
}

/// The encrypted text of a file with another password, without changing `app.yaml`.
fn sealed(memory: &Memory, password: &str) -> Vec<u8> {
    memory.seal_file("other/app.yaml", app(password));
    memory.bed.read("other/app.yaml")
}

/// Watches `app.yaml`; events are all that can wake it within the time of a test.
fn watching(memory: &Memory, more: &[&str]) -> Background {
    let watch = memory.start(memory.mount(&[&["--watch=3600", "app.yaml"], more].concat()));
    watch.tells("render", 1);
    watch
}

#[test]
fn w5_the_same_content_is_no_change() {
    let memory = Memory::new();
    let watch = watching(&memory, &[]);
    let (current, names) = (memory.current(), memory.names());
    // The same bytes by a rename and in place, and another ciphertext of the same values.
    let text = memory.bed.read("app.yaml");
    memory.bed.write("next", &text);
    fs::rename(memory.bed.path("next"), memory.bed.path("app.yaml")).unwrap();
    overwrite(&memory, "app.yaml", &text);
    fs::set_permissions(
        memory.bed.path("app.yaml"),
        fs::metadata(memory.bed.path("key")).unwrap().permissions(),
    )
    .unwrap();
    std::thread::sleep(Duration::from_millis(700));
    memory.seal_file("app.yaml", APP);
    std::thread::sleep(Duration::from_millis(700));
    assert_eq!((memory.current(), memory.names()), (current, names), "{}", watch.stderr());
    // A real one is seen after all of these, and is the only event.
    memory.seal_file("app.yaml", app("other"));
    watch.tells("change", 1);
    assert_eq!(memory.text("app.yaml"), app("other"));
    let (code, stderr) = watch.stop();
    assert_eq!(code, 0);
    let told: Vec<_> =
        events(&stderr).iter().map(|event| event["event"].as_str().unwrap().to_owned()).collect();
    assert_eq!(told, ["key", "render", "change", "signal", "exit"], "{stderr}");
    assert_eq!(memory.text("app.yaml"), app("other"), "the secrets stay");
}

#[test]
fn w5_a_burst_is_one_change() {
    let memory = Memory::new();
    let texts: Vec<_> = (0..20).map(|number| sealed(&memory, &format!("p{number}"))).collect();
    let watch = watching(&memory, &[]);
    let start = Instant::now();
    for text in &texts {
        memory.bed.write("next", text);
        fs::rename(memory.bed.path("next"), memory.bed.path("app.yaml")).unwrap();
    }
    assert!(start.elapsed() < Duration::from_secs(1), "the machine was too slow for a burst");
    watch.tells("change", 1);
    assert_eq!(memory.text("app.yaml"), app("p19"));
    std::thread::sleep(Duration::from_millis(600));
    assert_eq!(watch.count("change"), 1, "{}", watch.stderr());
    assert_eq!(watch.stop().0, 0);
}

#[test]
fn w1_renames_writes_in_place_and_halves() {
    let memory = Memory::new();
    let (one, two, three) = (sealed(&memory, "one"), sealed(&memory, "two"), sealed(&memory, "three"));
    let watch = watching(&memory, &[]);
    let before = memory.current();
    memory.bed.write("next", &one);
    fs::rename(memory.bed.path("next"), memory.bed.path("app.yaml")).unwrap();
    watch.tells("change", 1);
    assert_eq!(memory.text("app.yaml"), app("one"));
    assert_ne!(memory.current(), before);
    overwrite(&memory, "app.yaml", &two);
    watch.tells("change", 2);
    assert_eq!(memory.text("app.yaml"), app("two"));
    // Half of it: what was there stays, until the rest comes.
    let current = memory.current();
    overwrite(&memory, "app.yaml", &three[..three.len() / 2]);
    let told = watch.tells("keep", 1);
    assert!(told["error"].is_string() && told["code"].is_u64(), "{told}");
    assert_eq!((memory.text("app.yaml"), memory.current()), (app("two"), current.clone()));
    overwrite(&memory, "app.yaml", &three);
    watch.tells("change", 3);
    assert_eq!(memory.text("app.yaml"), app("three"));
    // Removed, and back with the same content: nothing new.
    fs::remove_file(memory.bed.path("app.yaml")).unwrap();
    until("the missing file is told", || (watch.events().last().unwrap()["event"] == "keep").then_some(()));
    assert_eq!(memory.text("app.yaml"), app("three"));
    memory.bed.write("app.yaml", &three);
    std::thread::sleep(Duration::from_millis(600));
    memory.bed.write("app.yaml", &one);
    watch.tells("change", 4);
    let (code, stderr) = watch.stop();
    assert_eq!(code, 0);
    for secret in ["hunter2-db", "AGE-SECRET-KEY"] {
        assert!(!stderr.contains(secret), "{stderr}");
    }
}

#[test]
fn w3_a_link_that_is_switched() {
    let memory = Memory::new();
    let folder = memory.bed.path("volume");
    let generation = |number: u32, password: &str| {
        let name = format!("..2026_{number}");
        fs::create_dir_all(folder.join(&name)).unwrap();
        fs::write(folder.join(&name).join("app.yaml"), sealed(&memory, password)).unwrap();
        symlink(&name, folder.join("..data_tmp")).unwrap();
        fs::rename(folder.join("..data_tmp"), folder.join("..data")).unwrap();
        if number > 0 {
            fs::remove_dir_all(folder.join(format!("..2026_{}", number - 1))).unwrap();
        }
    };
    generation(0, "zero");
    symlink("..data/app.yaml", folder.join("app.yaml")).unwrap();
    let watch = memory.start(memory.mount(&["--watch=3600", "volume/app.yaml"]));
    watch.tells("render", 1);
    for (number, password) in [(1, "one"), (2, "two"), (3, "three")] {
        generation(number, password);
        watch.tells("change", number as usize);
        assert_eq!(memory.text("app.yaml"), app(password));
    }
    assert_eq!(watch.stop().0, 0);
}

#[test]
fn w1_two_files_and_values_that_come_and_go() {
    let memory = Memory::new();
    memory.seal_file("more.yaml", "token: tok-en\n");
    let watch = watching(&memory, &["more.yaml", "--as", "keys"]);
    memory.seal_file("more.yaml", "other: val-ue\n");
    watch.tells("change", 1);
    let names: Vec<_> = memory.seen().into_keys().collect();
    assert_eq!(names, ["db.password", "db.user", "list.0", "list.1", "other"]);
    memory.seal_file("app.yaml", "a: b\n");
    let told = watch.tells("change", 2);
    assert_eq!(told["names"], serde_json::json!(["a", "other"]));
    assert_eq!(memory.seen().len(), 2);
    // A name that both have keeps the set.
    memory.seal_file("app.yaml", "other: b\n");
    assert_eq!(watch.tells("keep", 1)["error"], "E_COLLISION");
    assert_eq!(memory.texts()["a"], "b");
    assert_eq!(watch.stop().0, 0);
}

#[test]
fn w1_a_failure_is_tried_again_or_ends() {
    let memory = Memory::new();
    // What a retry finds without an event: the folder that was taken is free again.
    let watch = watching(&memory, &[]);
    let text = memory.bed.text("app.yaml");
    let good = sealed(&memory, "good");
    overwrite(&memory, "app.yaml", text.replace("password:", "passwort:").as_bytes());
    assert_eq!(watch.tells("keep", 1)["error"], "E_ALTERED");
    watch.tells("keep", 2);
    overwrite(&memory, "app.yaml", &good);
    watch.tells("change", 1);
    assert_eq!(watch.stop().0, 0);
    let watch = watching(&memory, &["--on-fail", "exit"]);
    overwrite(&memory, "app.yaml", text.replace("password:", "passwort:").as_bytes());
    let (code, stderr) = watch.end();
    assert_eq!(code, 25, "{stderr}");
    assert!(stderr.contains("error[E_ALTERED]: "), "{stderr}");
    assert_eq!(events(&stderr).last().unwrap()["code"], 25);
    assert_eq!(memory.text("app.yaml"), app("good"), "the last good set stays");
}

/// Something that no event of the file tells: a retry finds it.
#[test]
fn w1_what_stands_in_the_way_and_goes() {
    let memory = Memory::new();
    let watch = watching(&memory, &["--as", "keys"]);
    let way = memory.target().join("new");
    fs::write(&way, "mine").unwrap();
    memory.seal_file("app.yaml", "new: value\n");
    assert_eq!(watch.tells("keep", 1)["error"], "E_TARGET_FOREIGN");
    assert_eq!(fs::read(&way).unwrap(), b"mine");
    assert_eq!(memory.texts()["db.password"], "hunter2-db");
    fs::remove_file(&way).unwrap();
    watch.tells("change", 1);
    assert_eq!(memory.text("new"), "value");
    assert_eq!(watch.stop().0, 0);
}

#[test]
fn w1_a_poll_finds_what_no_event_tells() {
    let memory = Memory::new();
    let watch = memory.start(memory.mount(&["--watch=1", "app.yaml", "--splay", "1"]));
    watch.tells("render", 1);
    memory.seal_file("app.yaml", app("other"));
    watch.tells("change", 1);
    assert_eq!(memory.text("app.yaml"), app("other"));
    assert_eq!(watch.stop().0, 0);
}

#[test]
fn w7_to_hold_and_to_clear() {
    let memory = Memory::new();
    for signal in [Signal::TERM, Signal::INT] {
        let mut hold = memory.start(memory.mount(&["--hold", "app.yaml"]));
        hold.tells("render", 1);
        memory.seal_file("app.yaml", APP);
        assert!(hold.lives());
        hold.signal(signal);
        assert_eq!(hold.end().0, 0);
        assert_eq!(memory.text("app.yaml"), APP, "the secrets stay");
    }
    for stays in ["--hold", "--watch"] {
        fs::write(memory.target().join("other"), "mine").unwrap();
        let hold = memory.start(memory.mount(&[stays, "--clear-on-exit", "app.yaml"]));
        hold.tells("render", 1);
        assert_eq!(memory.text("app.yaml"), APP);
        let (code, stderr) = hold.stop();
        assert_eq!((code, events(&stderr).last().unwrap()["event"].as_str()), (0, Some("exit")));
        assert_eq!(memory.names(), ["other"]);
    }
}

#[test]
fn w7_a_service_manager_is_told() {
    let memory = Memory::new();
    let path = memory.target().join("notify");
    let socket = UnixDatagram::bind(&path).unwrap();
    socket.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    let into = memory.target().join("into");
    let args = ["mount", "--hold", "--into", into.to_str().unwrap(), "app.yaml"];
    let hold = memory.start(memory.seal(&args).env("NOTIFY_SOCKET", &path));
    let mut buffer = [0; 64];
    let count = socket.recv(&mut buffer).unwrap();
    assert_eq!(&buffer[..count], b"READY=1\n");
    assert!(into.join("app.yaml").exists(), "it is ready when all is there");
    assert_eq!(hold.stop().0, 0);
}
