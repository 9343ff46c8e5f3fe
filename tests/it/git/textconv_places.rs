//! Where Git puts what it is shown: only a pager gets values, and no file of Git does.

use super::bed::{Repo, assert_silent, changed_lines};
use crate::bed::testdata;
use std::fs;

/// A run of `git` on a terminal, with a pager that keeps what it gets in `paged`.
fn on_a_terminal(repo: &Repo, args: &[&str]) -> (String, String) {
    let pager = "core.pager=cat > paged";
    let typist = testdata().join("typist.py");
    // The pager of the environment would go first.
    let mut words = vec![typist.to_str().unwrap(), "--", "env", "-u", "GIT_PAGER", "git", "-c", pager];
    words.extend(args);
    let _ = fs::remove_file(repo.bed.path("paged"));
    let done = repo.run("python3", &words).env("TERM", "xterm").ok();
    let paged = fs::read_to_string(repo.bed.path("paged")).unwrap_or_default();
    let _ = fs::remove_file(repo.bed.path("paged"));
    (done.text(), paged)
}

/// T3
#[test]
fn t03_only_a_pager_gets_values() {
    let repo = Repo::new();
    repo.set("s.enc.yaml", "db.password", "OLDPW");
    repo.seal(&["set", "s.enc.yaml", "db.password", "NEWPW"]).ok();
    for (args, value) in [(&["diff"][..], "NEWPW"), (&["log", "-p"], "OLDPW"), (&["show"], "OLDPW")] {
        let (shown, paged) = on_a_terminal(&repo, args);
        assert!(paged.contains(value), "{args:?}: {paged}");
        assert!(!shown.contains(value), "{args:?}: {shown}");
    }
    let (shown, paged) = on_a_terminal(&repo, &["--no-pager", "diff"]);
    assert!(paged.is_empty() && shown.contains("ENC<str ~") && !shown.contains("NEWPW"), "{shown}");
    let done = repo.run("sh", &["-c", "git diff > shown"]).ok();
    assert_silent(&done, &["NEWPW"]);
    let shown = repo.bed.text("shown");
    assert!(shown.contains("ENC<str ~") && !shown.contains("NEWPW"), "{shown}");
    fs::remove_file(repo.bed.path("shown")).unwrap();
    repo.git(&["config", "core.editor", "cp .git/COMMIT_EDITMSG kept; :"]).ok();
    let typist = testdata().join("typist.py");
    let words = [
        typist.to_str().unwrap(),
        "--",
        "env",
        "-u",
        "GIT_PAGER",
        "-u",
        "GIT_EDITOR",
        "git",
        "commit",
        "-v",
        "-a",
    ];
    repo.run("python3", &words).done();
    let kept = repo.bed.text("kept");
    assert!(kept.contains("ENC<str ~") && !kept.contains("NEWPW") && !kept.contains("OLDPW"), "{kept}");
}

/// T4
#[test]
fn t04_a_commit_message_gets_no_values() {
    let repo = Repo::new();
    repo.git(&["config", "commit.verbose", "true"]).ok();
    for args in [
        &["commit", "-v", "-a", "-m", "x"][..],
        &["commit", "-a", "-m", "x"],
        &["commit", "--amend", "-v", "-a"],
    ] {
        repo.seal(&["set", "s.enc.yaml", "db.password", &format!("NEWPW{}", args.len())]).ok();
        // The message is edited, and what the editor got is kept.
        let args: Vec<&str> = args.iter().copied().chain(["-e"]).collect();
        let editor = "sh -c 'cp \"$0\" kept && cp .git/COMMIT_EDITMSG kept2'";
        repo.git(&args).env("GIT_EDITOR", editor).ok();
        for name in ["kept", "kept2"] {
            let kept = repo.bed.text(name);
            assert!(kept.contains("ENC<str ~"), "{args:?}: {kept}");
            assert!(!kept.contains("NEWPW") && !kept.contains("BASEPW"), "{kept}");
            fs::remove_file(repo.bed.path(name)).unwrap();
        }
        repo.assert_no_leak(&["NEWPW", "BASEPW"]);
    }
}

/// T5
#[test]
fn t05_patches_and_requests_get_no_values() {
    let repo = Repo::new();
    for (branch, value) in [("v1", "PW-one"), ("v2", "PW-two")] {
        repo.branch(branch, "main", |repo| {
            repo.seal(&["set", "s.enc.yaml", "db.password", value]).ok();
        });
    }
    for args in [
        &["format-patch", "--stdout", "--textconv", "main..v2"][..],
        &["format-patch", "--cover-letter", "--range-diff=main..v1", "-o", "patches", "main..v2"],
        &["range-diff", "main..v1", "main..v2"],
        &["request-pull", "-p", "main", ".", "v2"],
    ] {
        let done = repo.git(args).ok();
        assert_silent(&done, &["PW-one", "PW-two", "BASEPW"]);
        assert!(!done.stdout.is_empty(), "{done}");
    }
    repo.assert_no_leak(&["PW-one", "PW-two", "BASEPW"]);
}

/// T15
#[test]
fn t15_what_is_shown_may_be_staged_and_tells_nothing() {
    let repo = Repo::new();
    let command = "git cat-file --textconv HEAD:s.enc.yaml | git hash-object --stdin -w --path s.enc.yaml";
    let id = repo.run("sh", &["-c", command]).ok().text();
    repo.assert_no_leak(&["BASEPW"]);
    let shown = repo.git(&["cat-file", "-p", id.trim()]).ok();
    assert!(shown.text().contains("    password: ENC<str ~"), "{shown}");
    let entry = format!("100644,{},s.enc.yaml", id.trim());
    repo.git(&["update-index", "--cacheinfo", &entry]).ok();
    let done = repo.seal(&["check", "--staged"]).done();
    assert_eq!(done.code, Some(1), "{done}");
    repo.git(&["reset", "-q", "--hard"]).ok();
    // Values go nowhere if somebody asked for them: a guard sees that they are not encrypted.
    repo.seal(&["git", "install", "--guard", "--force", "--attributes=info", "--hooks=none"]).ok();
    let done = repo.run("sh", &["-c", command]).env("SEAL_GIT_SHOW", "plain").done();
    assert!(done.code != Some(0) && done.stdout.is_empty(), "{done}");
    repo.assert_no_leak(&["BASEPW"]);
}

/// T16
#[test]
fn t16_nothing_is_cached() {
    let repo = Repo::new();
    repo.set("s.enc.yaml", "db.password", "NEWPW");
    for args in [
        &["log", "-p"][..],
        &["show"],
        &["diff", "HEAD~1"],
        &["blame", "s.enc.yaml"],
        &["grep", "--textconv", "password"],
    ] {
        for pager in ["", "true"] {
            repo.git(args).env("GIT_PAGER_IN_USE", pager).ok();
        }
    }
    assert_eq!(repo.git(&["for-each-ref", "refs/notes"]).ok().text(), "");
    repo.assert_no_leak(&["NEWPW", "BASEPW"]);
}

/// A difference shown by `git difftool`.
#[test]
fn a_difftool_shows_digests_or_values() {
    let repo = Repo::new();
    repo.git(&["config", "difftool.seal.cmd", "seal git difftool -- \"$LOCAL\" \"$REMOTE\""]).ok();
    repo.seal(&["set", "s.enc.yaml", "db.password", "NEWPW"]).ok();
    let tool = || repo.git(&["difftool", "-y", "-t", "seal"]);
    let done = tool().ok();
    assert_silent(&done, &["NEWPW", "BASEPW"]);
    assert_eq!(changed_lines(&done.text()).len(), 2, "{done}");
    let done = tool().env("SEAL_GIT_SHOW", "plain").ok();
    assert_eq!(changed_lines(&done.text()), ["-    password: BASEPW", "+    password: NEWPW"], "{done}");
    repo.git(&["add", "-A"]).ok();
    let done = repo.git(&["difftool", "-y", "-t", "seal", "--cached"]).env("SEAL_GIT_SHOW", "plain").ok();
    assert_eq!(changed_lines(&done.text()), ["-    password: BASEPW", "+    password: NEWPW"], "{done}");
}
