//! What `seal git install` set up, at work: diffs, hooks, pushes.

use super::bed::{PLAIN, Repo, changed_lines};
use super::install::{fresh, install};
use std::fs;
use std::os::unix::fs::PermissionsExt as _;

/// Asserts that a diff shows one change, of a password, as digests.
fn assert_shows_one_change(repo: &Repo, within: &str, arguments: &[&str]) {
    let diff = repo.git(arguments).within(within).ok().text();
    let lines = changed_lines(&diff);
    assert_eq!(lines.len(), 2, "{arguments:?}: {diff}");
    assert!(lines.iter().all(|line| line.contains("password: ENC<str ~")), "{diff}");
}

fn script(repo: &Repo, path: &str, text: &str) {
    let path = repo.bed.write(path, text);
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
}

/// I1: diffs show values as digests, and plain in a pager.
#[test]
fn i01_diffs_show_values() {
    let repo = fresh();
    install(&repo, &[]);
    repo.commit("first");
    repo.seal(&["set", "s.enc.yaml", "db.password", "NEWPW"]).ok();
    assert_shows_one_change(&repo, "", &["diff"]);
    let plain = repo.git(&["diff"]).env("GIT_PAGER_IN_USE", "true").ok().text();
    assert_eq!(changed_lines(&plain), ["-    password: BASEPW", "+    password: NEWPW"], "{plain}");
    repo.assert_no_leak(&["BASEPW", "NEWPW"]);
}

/// I4: hooks of others and ours both run.
#[test]
fn i04_hooks_refuse_plain_text_and_let_others_run() {
    let repo = fresh();
    script(&repo, ".git/hooks/pre-commit", "#!/bin/sh\necho mine; exit 0\n");
    install(&repo, &[]);
    repo.git(&["add", "-A"]).ok();
    let done = repo.git(&["commit", "-m", "good"]).ok();
    assert!(format!("{}{}", done.text(), done.stderr).contains("mine"), "{done}");
    repo.bed.write("p.enc.yaml", PLAIN);
    repo.git(&["add", "-A"]).ok();
    let done = repo.git(&["commit", "-m", "bad"]).done();
    assert_eq!(done.code, Some(1), "{done}");
    assert!(!done.stderr.contains("BASEPW"), "{done}");
    // Without the program nothing is committed either.
    let done = repo.git(&["commit", "-m", "bad"]).env("PATH", "/usr/bin:/bin").done();
    assert!(done.code != Some(0), "{done}");
}

/// I4: the merge of a plain file is refused, too.
#[test]
fn i04_a_merge_is_checked() {
    let repo = fresh();
    install(&repo, &[]);
    repo.commit("first");
    repo.git(&["checkout", "-q", "-b", "x"]).ok();
    repo.bed.write("p.enc.yaml", PLAIN);
    repo.git(&["add", "-A"]).ok();
    repo.git(&["commit", "-q", "--no-verify", "-m", "bad"]).ok();
    repo.git(&["checkout", "-q", "main"]).ok();
    repo.bed.write("other", "x\n");
    repo.commit("other");
    let done = repo.git(&["merge", "--no-edit", "x"]).done();
    assert!(done.code != Some(0), "{done}");
    repo.git(&["merge", "--abort"]).ok();
}

/// I4: a script before a push gets what Git writes to it, after the check.
#[test]
fn i04_a_push_is_checked_and_scripts_get_its_references() {
    let repo = fresh();
    script(&repo, ".git/hooks/pre-push", "#!/bin/sh\nread -r ref id more && echo \"$ref\" > .git/pushed\n");
    repo.git(&["init", "-q", "--bare", "../home/far"]).ok();
    install(&repo, &["--hooks=pre-push"]);
    repo.commit("first");
    let push = || repo.git(&["push", "-q", "../home/far", "main"]);
    push().ok();
    assert_eq!(repo.bed.text(".git/pushed"), "refs/heads/main\n");
    repo.bed.write("p.enc.yaml", PLAIN);
    repo.commit("bad");
    fs::remove_file(repo.bed.path(".git/pushed")).unwrap();
    let done = push().done();
    assert!(done.code != Some(0) && !repo.bed.path(".git/pushed").exists(), "{done}");
}

/// I5: diffs of files with odd names.
#[test]
fn i05_diffs_of_odd_names_work() {
    let repo = fresh();
    let names = ["dir with space/a.enc.yaml", "[x].enc.yaml", "-x.enc.yaml"];
    let text = repo.bed.read("s.enc.yaml");
    names.iter().for_each(|name| _ = repo.bed.write(name, &text));
    repo.git(&["add", "-A"]).ok();
    install(&repo, &[]);
    repo.commit("first");
    for name in names {
        repo.seal(&["set", &format!("./{name}"), "db.password", "NEWPW"]).ok();
        assert_shows_one_change(&repo, "", &["diff", "--", &format!(":(literal){name}")]);
        repo.commit("changed");
    }
}

/// I6: diffs in a linked worktree, and in a bare repository.
#[test]
fn i06_diffs_work_in_worktrees_and_bare_repositories() {
    let repo = fresh();
    install(&repo, &[]);
    repo.commit("first");
    repo.git(&["worktree", "add", "-q", "-b", "linked", "../home/linked"]).ok();
    let linked = repo.bed.home().join("linked");
    let linked = linked.to_str().unwrap();
    repo.seal(&["set", "s.enc.yaml", "db.password", "NEWPW"]).within(linked).ok();
    assert_shows_one_change(&repo, linked, &["diff"]);
    repo.git(&["commit", "-q", "-a", "-m", "second"]).within(linked).ok();
    repo.git(&["clone", "-q", "--bare", "-b", "linked", ".", "../home/bare"]).ok();
    let bare = repo.bed.home().join("bare");
    let bare = bare.to_str().unwrap();
    repo.seal(&["git", "install", "--attributes=none"]).within(bare).ok();
    assert_shows_one_change(&repo, bare, &["--attr-source=HEAD", "log", "-p", "-1"]);
    repo.seal(&["git", "install"]).within(bare).ok();
    assert_shows_one_change(&repo, bare, &["log", "-p", "-1"]);
}

/// I6: a bare repository refuses what is pushed in clear.
#[test]
fn i06_a_bare_repository_refuses_plain_text() {
    let repo = fresh();
    repo.commit("first");
    repo.git(&["clone", "-q", "--bare", ".", "../home/bare"]).ok();
    let bare = repo.bed.home().join("bare");
    repo.seal(&["git", "install", "--hooks=pre-receive"]).within(bare.to_str().unwrap()).ok();
    let push = || repo.git(&["push", "-q", "../home/bare", "main"]);
    repo.set("s.enc.yaml", "db.password", "NEWPW");
    push().ok();
    repo.bed.write("p.enc.yaml", PLAIN);
    repo.commit("bad");
    let done = push().done();
    assert!(done.code != Some(0), "{done}");
}

/// I7: after uninstall Git shows ciphertext.
#[test]
fn i07_afterwards_git_shows_ciphertext() {
    let repo = fresh();
    install(&repo, &[]);
    repo.commit("first");
    repo.set("s.enc.yaml", "db.password", "NEWPW");
    repo.seal(&["git", "uninstall"]).ok();
    let log = repo.git(&["log", "-p"]).env("GIT_PAGER_IN_USE", "true").ok().text();
    assert!(log.contains("ENC[AES256_GCM,data:") && !log.contains("NEWPW"), "{log}");
}

/// G2: merges, rebases and stashes of encrypted files pass the guard.
#[test]
fn g02_merges_rebases_and_stashes_pass_the_guard() {
    let repo = fresh();
    install(&repo, &["--guard"]);
    repo.commit("first");
    repo.branch("x", "main", |repo| repo.set("s.enc.yaml", "db.password", "X-new"));
    repo.branch("y", "main", |repo| repo.set("s.enc.yaml", "api.k2", "Y-new"));
    repo.set("s.enc.yaml", "api.k1", "MV");
    repo.git(&["merge", "-q", "--no-edit", "x"]).ok();
    repo.git(&["checkout", "-q", "y"]).ok();
    repo.git(&["rebase", "-q", "main"]).ok();
    repo.seal(&["set", "s.enc.yaml", "db.user", "UV"]).ok();
    repo.git(&["stash", "-q"]).ok();
    repo.git(&["stash", "pop", "-q"]).ok();
    let plain = repo.sops_decrypt("s.enc.yaml", "k1");
    for value in ["X-new", "Y-new", "MV", "UV"] {
        assert!(plain.contains(value), "{value}: {plain}");
    }
    repo.assert_no_leak(&["BASEPW", "Y-new"]);
    // What is not there cannot let anything through.
    repo.bed.write("s.enc.yaml", PLAIN);
    assert_ne!(repo.git(&["add", "-A"]).env("PATH", "/usr/bin:/bin").done().code, Some(0));
}
