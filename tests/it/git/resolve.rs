//! Merges that Git could not finish.

use super::bed::{Repo, assert_silent};
use super::merge::conflicts::conflicted;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::process::Stdio;

/// Whether a file is still unmerged.
fn is_unmerged(repo: &Repo, file: &str) -> bool {
    repo.git(&["diff", "--name-only", "--diff-filter=U"]).ok().text().contains(file)
}

fn script(repo: &Repo, text: &str) -> String {
    let path = repo.bed.home().join("editor");
    fs::write(&path, format!("#!/bin/sh\n{text}\n")).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    path.display().to_string()
}

/// R1
#[test]
fn r01_a_conflict_is_decided_on_the_command_line() {
    let (repo, _) = conflicted();
    let done = repo.seal(&["git", "resolve", "--take", "db.password=theirs", "s.enc.yaml"]).ok();
    assert_silent(&done, &["X-new", "Y-new", "X-two"]);
    assert!(!is_unmerged(&repo, "s.enc.yaml"));
    let plain = repo.sops_decrypt("s.enc.yaml", "k1");
    assert!(plain.contains("password: X-new") && plain.contains("k2: X-two"), "{plain}");
    repo.seal(&["check", "s.enc.yaml"]).ok();
    repo.git(&["commit", "-q", "-m", "merged"]).ok();
    repo.assert_no_leak(&["X-new", "Y-new", "X-two"]);
    let done = repo.seal(&["git", "resolve", "s.enc.yaml"]).done();
    assert_eq!(done.code, Some(3), "{done}");
}

/// R1
#[test]
fn r01_each_decision_is_taken() {
    for (what, wanted) in [("ours", "Y-new"), ("theirs", "X-new"), ("base", "BASEPW"), ("delete", "")] {
        let (repo, _) = conflicted();
        repo.seal(&["git", "resolve", "--take", &format!("db.password={what}"), "s.enc.yaml"]).ok();
        let plain = repo.sops_decrypt("s.enc.yaml", "k1");
        match wanted {
            "" => assert!(!plain.contains("password"), "{plain}"),
            wanted => assert!(plain.contains(&format!("password: {wanted}\n")), "{plain}"),
        }
    }
    let (repo, _) = conflicted();
    repo.seal(&["git", "resolve", "--take", "db.user=ours", "s.enc.yaml"]).fails(1);
    repo.seal(&["git", "resolve", "--take", "db.password=mine", "s.enc.yaml"]).fails(1);
    repo.seal(&["git", "resolve", "--all", "--no-add", "--ours"]).ok();
    assert!(is_unmerged(&repo, "s.enc.yaml"));
    assert!(repo.sops_decrypt("s.enc.yaml", "k1").contains("password: Y-new"));
}

/// R2
#[test]
fn r02_what_nobody_decides_stays() {
    let (repo, _) = conflicted();
    let before = repo.bed.text("s.enc.yaml");
    let index = repo.git(&["ls-files", "-s"]).ok().text();
    let done = repo.seal(&["git", "resolve", "s.enc.yaml"]).done();
    assert_eq!(done.code, Some(1), "{done}");
    assert!(done.stderr.contains("db.password"), "{done}");
    assert_silent(&done, &["X-new", "Y-new"]);
    assert_eq!(before, repo.bed.text("s.enc.yaml"));
    assert_eq!(index, repo.git(&["ls-files", "-s"]).ok().text());
    let done = repo.seal_as(None, &["git", "resolve", "--ours", "s.enc.yaml"]).done();
    assert_eq!(done.code, Some(1), "{done}");
    assert!(done.stderr.contains("no key opens"), "{done}");
}

/// R3
#[test]
fn r03_a_file_resolved_by_hand_gets_its_mac() {
    let (repo, _) = conflicted();
    let text = repo.bed.text("s.enc.yaml");
    // Keeps ours.
    let mut kept = String::new();
    let mut skip = false;
    for line in text.lines() {
        match line {
            line if line.starts_with("<<<<<<<") => {}
            "=======" => skip = true,
            line if line.starts_with(">>>>>>>") => skip = false,
            line if !skip => kept.push_str(&format!("{line}\n")),
            _ => {}
        }
    }
    repo.bed.write("s.enc.yaml", &kept);
    repo.seal(&["git", "resolve", "s.enc.yaml"]).ok();
    assert!(!is_unmerged(&repo, "s.enc.yaml"));
    let plain = repo.sops_decrypt("s.enc.yaml", "k1");
    assert!(plain.contains("password: Y-new") && plain.contains("k2: X-two"), "{plain}");
    repo.seal(&["decrypt", "--require-strict", "s.enc.yaml"]).ok();
}

/// R3
#[test]
fn r03_a_value_of_another_file_gets_no_mac() {
    let (repo, _) = conflicted();
    let base = repo.git(&["show", "--no-textconv", ":1:s.enc.yaml"]).ok().text();
    let line =
        |text: &str| text.lines().find(|line| line.trim_start().starts_with("password:")).unwrap().to_owned();
    // A file with the same data key, so that the foreign value decrypts.
    repo.bed.write("other.enc.yaml", &base);
    repo.seal(&["set", "other.enc.yaml", "db.password", "FOREIGN"]).ok();
    let foreign = repo.bed.text("other.enc.yaml");
    let text = repo.git(&["show", "--no-textconv", ":2:s.enc.yaml"]).ok().text();
    let mixed = text.replace(&line(&text), &line(&foreign));
    repo.bed.write("s.enc.yaml", &mixed);
    let done = repo.seal(&["git", "resolve", "s.enc.yaml"]).done();
    assert_eq!(done.code, Some(1), "{done}");
    assert!(done.stderr.contains("db.password") && done.stderr.contains("--accept-worktree"), "{done}");
    assert_eq!(repo.bed.text("s.enc.yaml"), mixed);
    repo.seal(&["git", "resolve", "--accept-worktree", "s.enc.yaml"]).ok();
    assert!(repo.sops_decrypt("s.enc.yaml", "k1").contains("password: FOREIGN"));
}

/// R4
#[test]
fn r04_the_editor_sees_plain_text_in_memory_only() {
    let (repo, _) = conflicted();
    let seen = repo.bed.home().join("seen");
    let editor = script(
        &repo,
        &format!(
            "stat -f -c %T \"$1\" > {0}; stat -c %a \"$1\" >> {0}; echo \"$1\" >> {0}\n\
             sed -i -e '/^<<<<<<</,/^=======/d' -e '/^>>>>>>>/d' \"$1\"",
            seen.display()
        ),
    );
    repo.seal(&["git", "resolve", "--editor", "s.enc.yaml"]).env("EDITOR", &editor).ok();
    let facts = fs::read_to_string(&seen).unwrap();
    let facts: Vec<&str> = facts.lines().collect();
    assert_eq!(facts[..2], ["tmpfs", "600"]);
    assert!(facts[2].ends_with("/s.enc.yaml") && !fs::exists(facts[2]).unwrap(), "{facts:?}");
    assert!(repo.sops_decrypt("s.enc.yaml", "k1").contains("password: X-new"));
    repo.assert_no_leak(&["X-new", "Y-new", "X-two"]);
}

/// R4
#[test]
fn r04_an_editor_that_changes_nothing_leaves_everything() {
    let (repo, _) = conflicted();
    let before = repo.bed.text("s.enc.yaml");
    for editor in ["true".to_owned(), script(&repo, ": > \"$1\"")] {
        let done = repo.seal(&["git", "resolve", "--editor", "s.enc.yaml"]).env("EDITOR", editor).done();
        assert_eq!(done.code, Some(200), "{done}");
        assert!(is_unmerged(&repo, "s.enc.yaml") && repo.bed.text("s.enc.yaml") == before);
    }
    let markers = script(&repo, "echo >> \"$1\"");
    let done = repo.seal(&["git", "resolve", "--editor", "s.enc.yaml"]).env("EDITOR", markers).done();
    assert_eq!(done.code, Some(23), "{done}");
    assert_silent(&done, &["X-new", "Y-new"]);
}

/// R4
#[test]
fn r04_a_signal_during_the_editor_leaves_nothing_behind() {
    let (repo, _) = conflicted();
    let seen = repo.bed.home().join("seen");
    let editor =
        script(&repo, &format!("echo \"$1\" > {0}.new; mv {0}.new {0}; exec sleep 30", seen.display()));
    let mut command =
        repo.seal(&["git", "resolve", "--editor", "s.enc.yaml"]).env("EDITOR", editor).command();
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    while !seen.exists() {
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    let status = std::process::Command::new("kill").arg(child.id().to_string()).status().unwrap();
    assert!(status.success());
    assert!(!child.wait().unwrap().success());
    let file = fs::read_to_string(&seen).unwrap();
    assert!(!fs::exists(file.trim()).unwrap(), "{file}");
    assert!(is_unmerged(&repo, "s.enc.yaml"));
    repo.assert_no_leak(&["X-new", "Y-new"]);
}

/// R5
#[test]
fn r05_git_runs_it_as_a_merge_tool() {
    let repo = Repo::new();
    repo.branch("x", "main", |repo| repo.set("s.enc.yaml", "db.password", "X-new"));
    repo.set("s.enc.yaml", "api.k1", "Y-new");
    assert_eq!(repo.git_as(None, &["merge", "x"]).done().code, Some(1));
    repo.git(&["config", "mergetool.keepBackup", "false"]).ok();
    repo.git(&["mergetool", "-t", "seal", "-y"]).ok();
    let plain = repo.sops_decrypt("s.enc.yaml", "k1");
    assert!(plain.contains("password: X-new") && plain.contains("k1: Y-new"), "{plain}");
    assert!(!is_unmerged(&repo, "s.enc.yaml"));
    repo.assert_no_leak(&["X-new", "Y-new"]);
}

/// M14, finished by a person: only the side that has the value in clear can be taken.
#[test]
fn a_value_that_would_be_uncovered_is_not_taken() {
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
            "^(password|k1)$",
            "s.enc.yaml",
        ])
        .ok();
    });
    repo.set("s.enc.yaml", "db.user", "NEWUSER");
    assert_eq!(repo.git(&["merge", "x"]).done().code, Some(1));
    let done = repo.seal(&["git", "resolve", "--ours", "s.enc.yaml"]).done();
    assert_eq!(done.code, Some(1), "{done}");
    repo.seal(&["git", "resolve", "--take", "db.user=theirs", "s.enc.yaml"]).ok();
    assert!(repo.bed.text("s.enc.yaml").contains("user: u\n"));
    repo.sops_decrypt("s.enc.yaml", "k1");
    repo.assert_no_leak(&["NEWUSER"]);
}
