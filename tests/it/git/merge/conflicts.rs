//! Merges that need somebody.

use super::super::bed::{Repo, assert_silent};
use crate::bed::Done;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;

/// A repository in which both sides set `db.password`, and `x` also `api.k2`, after the merge of `x`.
pub(in super::super) fn conflicted() -> (Repo, Done) {
    let repo = Repo::new();
    repo.branch("x", "main", |repo| {
        repo.set("s.enc.yaml", "api.k2", "X-two");
        repo.set("s.enc.yaml", "db.password", "X-new");
    });
    repo.set("s.enc.yaml", "db.password", "Y-new");
    let done = repo.git(&["merge", "x"]).done();
    assert_eq!(done.code, Some(1), "{done}");
    (repo, done)
}

/// M3
#[test]
fn m03_a_contradiction_is_the_only_thing_between_markers() {
    let (repo, done) = conflicted();
    assert_silent(&done, &["X-new", "Y-new", "X-two", "BASEPW"]);
    let text = repo.bed.text("s.enc.yaml");
    let lines: Vec<&str> = text.lines().collect();
    let at = lines.iter().position(|line| line.starts_with("<<<<<<< ")).unwrap();
    assert!(lines[at + 1].trim_start().starts_with("password: ENC["), "{text}");
    assert_eq!(lines[at + 2], "=======");
    assert!(lines[at + 3].trim_start().starts_with("password: ENC["), "{text}");
    assert!(lines[at + 4].starts_with(">>>>>>> "), "{text}");
    assert_eq!(text.matches("<<<<<<<").count(), 1);
    // What is merged already is theirs.
    let theirs = repo.git(&["show", "--no-textconv", "x:s.enc.yaml"]).ok().text();
    let k2 = theirs.lines().find(|line| line.trim_start().starts_with("k2:")).unwrap();
    assert!(lines.contains(&k2), "{text}");
    assert!(repo.git(&["status", "--porcelain"]).ok().text().contains("UU s.enc.yaml"));
    repo.assert_no_leak(&["X-new", "Y-new", "X-two", "BASEPW"]);
    let found = repo.seal(&["check"]).done();
    assert_eq!(found.code, Some(1), "{found}");
    assert!(found.text().contains("S005"), "{found}");
}

/// M10
#[test]
fn m10_a_driver_that_does_not_work_leaves_a_conflict() {
    for script in ["exit 101", "kill -9 $$", "exit 127"] {
        let repo = Repo::new();
        repo.branch("x", "main", |repo| repo.set("s.enc.yaml", "db.password", "X-new"));
        repo.set("s.enc.yaml", "db.password", "Y-new");
        let program = repo.bed.home().join("bin/seal");
        fs::remove_file(&program).unwrap();
        fs::write(&program, format!("#!/bin/sh\n{script}\n")).unwrap();
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
        let done = repo.git(&["merge", "x"]).done();
        assert_eq!(done.code, Some(1), "{script}: {done}");
        assert!(repo.bed.text("s.enc.yaml").contains("<<<<<<< ours"), "{script}");
        repo.assert_no_leak(&["X-new", "Y-new"]);
    }
}

/// M11
#[test]
fn m11_what_does_not_verify_gets_no_new_mac() {
    let repo = Repo::new();
    repo.branch("x", "main", |repo| {
        let text = repo.bed.text("s.enc.yaml");
        let without: String =
            text.lines().filter(|l| !l.contains("user:")).map(|l| format!("{l}\n")).collect();
        repo.bed.write("s.enc.yaml", without);
    });
    repo.set("s.enc.yaml", "api.k1", "Y-new");
    let macs = |text: &str| -> Vec<String> {
        text.lines().filter(|line| line.trim_start().starts_with("mac:")).map(str::to_owned).collect()
    };
    let mut known = macs(&repo.bed.text("s.enc.yaml"));
    known.extend(macs(&repo.git(&["show", "--no-textconv", "x:s.enc.yaml"]).ok().text()));
    let done = repo.git(&["merge", "x"]).done();
    assert_eq!(done.code, Some(1), "{done}");
    assert!(done.stderr.contains("their version does not verify"), "{done}");
    let text = repo.bed.text("s.enc.yaml");
    assert!(text.contains("<<<<<<<"), "{text}");
    assert!(macs(&text).iter().all(|mac| known.contains(mac)), "{text}");
}

/// M14
#[test]
fn m14_a_selection_that_takes_less_uncovers_nothing() {
    let repo = Repo::new();
    repo.branch("x", "main", |repo| {
        repo.seal(&["decrypt", "-i", "s.enc.yaml"]).ok();
        let recipient = repo.recipient("k1").to_owned();
        repo.seal(&[
            "encrypt",
            "-i",
            "--age",
            &recipient,
            "--encrypted-regex",
            "^(password|k1|k2)$",
            "s.enc.yaml",
        ])
        .ok();
    });
    repo.set("s.enc.yaml", "db.user", "NEWUSER");
    let done = repo.git(&["merge", "x"]).done();
    assert_eq!(done.code, Some(1), "{done}");
    assert!(done.stderr.contains("db.user"), "{done}");
    repo.assert_no_leak(&["NEWUSER"]);
}

/// M18
#[test]
fn m18_conflicts_are_named_and_values_are_not() {
    let (_repo, done) = conflicted();
    assert!(done.stderr.contains("seal: s.enc.yaml: 1 conflict: db.password"), "{done}");
    assert!(done.stderr.contains("seal: run: seal git resolve s.enc.yaml"), "{done}");
    assert_silent(&done, &["X-new", "Y-new", "X-two", "BASEPW"]);
}
