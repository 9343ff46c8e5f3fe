//! Kills at any moment: the file is the old one or the new one.

use super::{CHANGE, Desk, changed, names, until};
use crate::bed::program;
use crate::cli::PLAIN;
use std::fs;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const KILLS: u32 = 60;

#[test]
fn a_kill_at_any_moment_leaves_the_old_file_or_the_new_one() {
    let desk = Desk::new();
    let editor = desk.editor(CHANGE);
    let edit = || {
        fs::write(desk.bed.path("x.yaml"), &desk.sealed).unwrap();
        Command::new(program())
            .args(["edit", "x.yaml"])
            .current_dir(desk.bed.path(""))
            .env("HOME", desk.bed.home())
            .env_remove("XDG_STATE_HOME")
            .env("XDG_RUNTIME_DIR", &desk.memory)
            .env("SOPS_AGE_KEY_FILE", crate::bed::testdata().join("vectors/keys/a.txt"))
            .env("SEAL_EDITOR", &editor)
            .stdin(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap()
    };
    let start = Instant::now();
    assert!(edit().wait().unwrap().success());
    let whole = start.elapsed();
    let (mut old, mut new, mut left) = (0, 0, 0);
    // Moments over the whole run and a little beyond, unevenly: the golden ratio fills gaps.
    for kill in 0..KILLS {
        let moment = (f64::from(kill) * 0.618_033_988_749_895).fract() * 1.1;
        let mut child = edit();
        std::thread::sleep(whole.mul_f64(moment));
        let _ = child.kill();
        child.wait().unwrap();
        // The next write removes the folder of a file that was about to replace another.
        let found: Vec<_> =
            names(&desk.bed.path("")).into_iter().filter(|name| name != ".seal.tmp").collect();
        assert_eq!(found, ["x.yaml"], "after a kill at {moment:.2}");
        left += usize::from(!names(&desk.memory).is_empty());
        match desk.plain("x.yaml") {
            text if text == PLAIN => old += 1,
            text if text == changed() => new += 1,
            text => panic!("after a kill at {moment:.2}: {text}"),
        }
        // The editor of a killed edit may still run; the next edit must not find it at work.
        std::thread::sleep(Duration::from_millis(1));
    }
    println!("{KILLS} kills in {whole:?}: {old} old, {new} new, {left} times something was left in memory");
    assert!(old > 0 && new > 0, "kills at one side only: {old} old, {new} new");
    until("what was left to go", || {
        desk.edit("true", &["x.yaml"]).done();
        names(&desk.memory).is_empty()
    });
}
