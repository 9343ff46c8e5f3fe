//! What an app gets to know of a change, and how it ends.

use super::memory::{Background, Memory, events};
use super::until;
use rustix::process::Signal;
use std::fs;

/// An app that says what happens to it, and ends by TERM with 3.
const APP: &str = "trap 'echo HUP' HUP; trap 'echo USR2' USR2; trap 'echo TERM; exit 3' TERM; echo start; \
                   while :; do sleep 0.02; done";

/// Starts the app and waits until it says so.
fn start(memory: &Memory, flags: &[&str], script: &str) -> Background {
    let app = memory.start(memory.run(&[flags, &["app.yaml", "--", "sh", "-c", script]].concat()));
    app.prints("start", 1);
    app
}

fn change(memory: &Memory, password: &str) {
    memory.seal_file("app.yaml", format!("db: {{password: {password}}}\n"));
}

#[test]
fn w4_none_leaves_the_app_alone() {
    let memory = Memory::new();
    // One that a signal would kill.
    let mut app = start(&memory, &["--watch"], "echo start; exec sleep 60");
    for round in 1..4 {
        change(&memory, &format!("p{round}"));
        app.tells("change", round);
        assert_eq!(memory.text("app.yaml"), format!("db: {{password: p{round}}}\n"));
    }
    assert!(app.lives());
    assert_eq!(memory.generations().len(), 4, "old ones stay for a while, for who reads them");
    let (code, stderr) = app.stop();
    assert_eq!(code, 128 + 15, "{stderr}");
    assert!(memory.names().is_empty());
}

#[test]
fn w4_a_signal_comes_once_for_each_set() {
    let memory = Memory::new();
    for (name, action) in [("HUP", "signal:HUP"), ("USR2", "signal:SIGUSR2")] {
        memory.seal_file("two.yaml", "token: t\n");
        let app = start(&memory, &["--watch", "--on-change", action, "two.yaml"], APP);
        change(&memory, "first");
        app.prints(name, 1);
        // Two files of one set, at once.
        change(&memory, "second");
        memory.seal_file("two.yaml", "token: u\n");
        until("both are rendered", || (memory.text("two.yaml") == "token: u\n").then_some(()));
        app.prints(name, 1 + app.count("change").saturating_sub(1));
        let changes = app.count("change");
        app.prints(name, changes);
        assert_eq!(app.stdout().matches(name).count(), changes, "{}", app.stderr());
        let (code, stderr) = app.stop();
        assert_eq!(code, 3, "{stderr}");
    }
}

#[test]
fn w4_a_restart_gives_the_new_set() {
    let memory = Memory::new();
    let script = format!("cat {}/app.yaml; echo \"$P\"; {APP}", memory.dir());
    let flags = ["--watch", "--on-change", "restart", "--into", memory.dir(), "--env", "P=db.password"];
    let app =
        memory.start(memory.seal(&[&["run"], &flags[..], &["app.yaml", "--", "sh", "-c", &script]].concat()));
    app.prints("start", 1);
    for round in 1..3 {
        change(&memory, &format!("p{round}"));
        app.prints("start", round + 1);
        app.prints(&format!("db: {{password: p{round}}}\np{round}\n"), 1);
        app.tells("restart", round);
    }
    assert_eq!(app.stdout().matches("TERM").count(), 2);
    // One that does not end in time is killed.
    assert_eq!(app.stop().0, 3);
    let stubborn = "trap '' TERM; echo start; while :; do sleep 0.02; done";
    let app = start(&memory, &["--watch", "--on-change", "restart:0"], stubborn);
    change(&memory, "p9");
    app.prints("start", 2);
    app.signal(Signal::USR1);
    assert_eq!(app.end().0, 128 + 10);
}

#[test]
fn w4_an_exit_has_the_code_that_was_asked_for() {
    let memory = Memory::new();
    for (action, code) in [("exit", 0), ("exit:75", 75)] {
        let app = start(&memory, &["--watch", "--on-change", action], APP);
        change(&memory, action);
        app.prints("TERM", 1);
        let (ended, stderr) = app.end();
        assert_eq!(ended, code, "{stderr}");
        let told = events(&stderr);
        assert_eq!(told.last().unwrap()["code"], code);
        assert!(memory.names().is_empty());
    }
}

#[test]
fn w5_without_a_change_there_is_no_action() {
    let memory = Memory::new();
    let app = start(&memory, &["--watch", "--on-change", "restart", "--env", "P=db.password"], APP);
    let text = memory.bed.read("app.yaml");
    memory.bed.write("app.yaml", &text);
    memory.seal_file("app.yaml", super::memory::APP);
    memory.bed.write("app.yaml", &text[..text.len() / 2]);
    app.tells("keep", 1);
    assert_eq!(app.stdout(), "start\n", "{}", app.stderr());
    memory.bed.write("app.yaml", &text);
    std::thread::sleep(std::time::Duration::from_millis(600));
    assert_eq!((app.stdout().as_str(), app.count("restart")), ("start\n", 0), "{}", app.stderr());
    assert_eq!(app.stop().0, 3);
}

#[test]
fn w4_a_failure_can_end_the_app() {
    let memory = Memory::new();
    let app = start(&memory, &["--watch", "--on-fail", "exit"], APP);
    let text = memory.bed.text("app.yaml");
    memory.bed.write("app.yaml", text.replace("password:", "passwort:"));
    app.prints("TERM", 1);
    let (code, stderr) = app.end();
    assert_eq!(code, 25, "{stderr}");
    assert!(memory.names().is_empty());
    // An app that ends by itself ends everything, whatever its file is.
    memory.bed.write("app.yaml", text);
    let marker = memory.bed.path("stop");
    let script = format!("echo start; while ! test -e {}; do sleep 0.02; done; exit 9", marker.display());
    let app = start(&memory, &["--watch"], &script);
    fs::write(&marker, "").unwrap();
    assert_eq!(app.end().0, 9);
    assert!(memory.names().is_empty());
}
