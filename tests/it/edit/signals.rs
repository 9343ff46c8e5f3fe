//! Signals while the editor runs, and what a kill leaves.

use super::{CHANGE, Desk, changed, names, until};
use crate::bed::program;
use std::fs;
use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command, Stdio};

/// An edit whose editor changed the text and waits; `end` is what it does then.
fn waiting(desk: &Desk, end: &str) -> Child {
    let script = format!("{CHANGE}\ntouch \"$HOME/ready\"\n{end}");
    let child = Command::new(program())
        .args(["edit", "x.yaml"])
        .current_dir(desk.bed.path(""))
        .env("HOME", desk.bed.home())
        .env_remove("XDG_STATE_HOME")
        .env("XDG_RUNTIME_DIR", &desk.memory)
        .env("SOPS_AGE_KEY_FILE", crate::bed::testdata().join("vectors/keys/a.txt"))
        .env("SEAL_EDITOR", desk.editor(&script))
        .stdin(Stdio::null())
        .stderr(Stdio::piped())
        // A group of its own, to be killed as a whole, as a terminal does.
        .process_group(0)
        .spawn()
        .unwrap();
    until("the editor", || desk.bed.home().join("ready").exists());
    assert_eq!(names(&desk.memory).len(), 1);
    child
}

fn kill(signal: &str, target: i64) {
    let status = Command::new("kill").args([signal, "--", &target.to_string()]).status().unwrap();
    assert!(status.success());
}

/// Expects that the edit ended with 201, left nothing in memory, and kept the text.
fn kept_the_text(desk: &Desk, child: Child, word: &str) {
    let output = child.wait_with_output().unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(201), "{stderr}");
    assert!(stderr.contains(word) && stderr.contains("--resume"), "{stderr}");
    desk.nothing_in_memory();
    desk.file_is_as_it_was();
    desk.draft_is(&["x.yaml"], changed());
}

#[test]
fn a_request_to_end_keeps_the_text() {
    let desk = Desk::new();
    let child = waiting(&desk, "exec sleep 60");
    kill("-TERM", child.id().into());
    kept_the_text(&desk, child, "SIGTERM");
}

#[test]
fn a_terminal_that_goes_keeps_the_text() {
    let desk = Desk::new();
    let child = waiting(&desk, "exec sleep 60");
    kill("-HUP", -i64::from(child.id()));
    kept_the_text(&desk, child, "SIGHUP");
}

#[test]
fn an_editor_that_does_not_listen_is_ended() {
    let desk = Desk::new();
    let child = waiting(&desk, "trap '' TERM HUP; while :; do sleep 0.1; done");
    kill("-TERM", child.id().into());
    kept_the_text(&desk, child, "SIGTERM");
}

#[test]
fn keys_of_the_terminal_are_the_affair_of_the_editor() {
    for signal in ["-INT", "-QUIT"] {
        let desk = Desk::new();
        let child = waiting(&desk, "while [ ! -e \"$HOME/go\" ]; do sleep 0.02; done");
        kill(signal, child.id().into());
        kill(signal, child.id().into());
        fs::write(desk.bed.home().join("go"), "").unwrap();
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
        desk.nothing_in_memory();
        assert_eq!(desk.plain("x.yaml"), changed());
    }
}

#[test]
fn an_editor_that_the_keyboard_ends_leaves_nothing() {
    for (signal, name) in [("-INT", "SIGINT"), ("-QUIT", "SIGQUIT")] {
        let desk = Desk::new();
        let child = waiting(&desk, "exec sleep 60");
        kill(signal, -i64::from(child.id()));
        kept_the_text(&desk, child, name);
    }
}

#[test]
fn what_a_killed_edit_leaves_is_removed_by_the_next_one() {
    let desk = Desk::new();
    let mut child = waiting(&desk, "while [ ! -e \"$HOME/go\" ]; do sleep 0.02; done");
    child.kill().unwrap();
    child.wait().unwrap();
    desk.file_is_as_it_was();
    let [left] = names(&desk.memory).try_into().unwrap();
    // The editor lives on with the text in it, so the folder is in use.
    desk.edit("true", &["x.yaml"]).done();
    assert_eq!(names(&desk.memory), [left]);
    fs::write(desk.bed.home().join("go"), "").unwrap();
    until("the folder to go", || {
        desk.edit("true", &["x.yaml"]).done();
        names(&desk.memory).is_empty()
    });
    desk.file_is_as_it_was();
}
