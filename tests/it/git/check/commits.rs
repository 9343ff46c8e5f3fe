//! The hooks of a person.

use super::super::bed::{Repo, assert_silent};
use super::{assert_codes, check, hook};

fn with_hooks() -> Repo {
    let repo = Repo::new();
    hook(&repo, ".git/hooks/pre-commit", "exec seal check --staged --quiet");
    hook(&repo, ".git/hooks/pre-merge-commit", "exec seal check --staged --quiet");
    repo
}

/// C1
#[test]
fn c01_a_plain_file_is_not_committed() {
    let repo = with_hooks();
    let head = || repo.git(&["rev-parse", "HEAD"]).ok().text();
    let before = head();
    repo.bed.write("p.enc.yaml", "a: hunter2\n");
    repo.git(&["add", "p.enc.yaml"]).ok();
    repo.bed.write("other.txt", "text");
    repo.git(&["add", "other.txt"]).ok();
    let refused = |args: &[&str]| {
        let done = repo.git_as(None, args).done();
        assert_eq!((done.code, head()), (Some(1), before.clone()), "{done}");
        assert!(done.stderr.contains("p.enc.yaml:1:1: S001 "), "{done}");
        assert_silent(&done, &["hunter2"]);
    };
    refused(&["commit", "-q", "-m", "x"]);
    refused(&["commit", "-q", "-m", "x", "p.enc.yaml"]);
    refused(&["commit", "-q", "-a", "-m", "x"]);
    // What is committed counts, not what is staged beside it.
    repo.git_as(None, &["commit", "-q", "-m", "x", "other.txt"]).ok();
    // The worktree says nothing of the index.
    repo.seal(&["encrypt", "-i", "p.enc.yaml"]).ok();
    assert_eq!(repo.git_as(None, &["commit", "-q", "-m", "x"]).done().code, Some(1));
    // An option goes around the hook; CI finds it.
    repo.git(&["commit", "-q", "--no-verify", "-m", "x"]).ok();
    assert_codes(&check(&repo, &["--range=HEAD~1..HEAD"]), &[("S001", "p.enc.yaml")]);
    assert_eq!(repo.seal_as(None, &["check", "--range=HEAD~1..HEAD"]).done().code, Some(1));
    // A later commit does not heal it, but what is there is judged as it is.
    repo.commit("encrypted");
    assert_codes(&check(&repo, &["--range=HEAD~2..HEAD"]), &[("S001", "p.enc.yaml")]);
    assert_codes(&check(&repo, &["--range=HEAD~1..HEAD"]), &[]);
    assert_codes(&check(&repo, &["--tree=HEAD"]), &[]);
    assert_codes(&check(&repo, &["--tree=HEAD~1"]), &[("S001", "p.enc.yaml")]);
}

/// C1, for merges.
#[test]
fn c01_a_plain_file_does_not_come_by_a_merge() {
    let repo = with_hooks();
    repo.branch("side", "main", |repo| {
        repo.bed.write("p.enc.yaml", "a: 1\n");
        repo.git(&["add", "-A"]).ok();
        repo.git(&["commit", "-q", "--no-verify", "-m", "plain"]).ok();
    });
    repo.bed.write("text", "1");
    repo.commit("on main");
    let done = repo.git(&["merge", "-q", "--no-edit", "side"]).done();
    assert_eq!(done.code, Some(1), "{done}");
    assert!(done.stderr.contains("p.enc.yaml:1:1: S001 "), "{done}");
}

/// C2
#[test]
fn c02_a_plain_line_in_an_encrypted_file_is_found() {
    let repo = with_hooks();
    let text = repo.bed.text("s.enc.yaml");
    repo.bed.write("s.enc.yaml", format!("{text}extra: hunter2\n"));
    let line = text.lines().count() + 1;
    let wanted = format!("s.enc.yaml:{line}:8: S002 `extra`");
    let done = repo.seal_as(None, &["check"]).done();
    assert_eq!(done.code, Some(1), "{done}");
    assert!(done.text().contains(&wanted), "{done}");
    assert_silent(&done, &["hunter2"]);
    let done = repo.git(&["commit", "-q", "-a", "-m", "x"]).done();
    assert_eq!(done.code, Some(1), "{done}");
    assert!(done.stderr.contains(&wanted), "{done}");
    assert_silent(&done, &["hunter2"]);
}

/// C3
#[test]
fn c03_other_recipients_than_the_rule_are_named() {
    let repo = with_hooks();
    let short = |name: &str| {
        let recipient = repo.recipient(name);
        format!("age {}…{}", &recipient[..8], &recipient[recipient.len() - 5..])
    };
    // Added to the rule: the hook looks at the file, though only the rule is committed.
    repo.write_rule(&["k1", "k2"]);
    let done = repo.seal_as(None, &["check"]).done();
    assert!(
        done.text().contains("S003 ") && done.text().contains(&format!("lacks {}", short("k2"))),
        "{done}"
    );
    repo.git(&["add", ".sops.yaml"]).ok();
    let done = repo.git_as(None, &["commit", "-q", "-m", "x"]).done();
    assert_eq!(done.code, Some(1), "{done}");
    assert!(done.stderr.contains(&format!("lacks {}", short("k2"))), "{done}");
    repo.seal(&["updatekeys", "-y", "s.enc.yaml"]).ok();
    repo.commit("both");
    // Removed from the file.
    let only = repo.seal(&["encrypt", "--age", repo.recipient("k2"), "--filename-override", "s.enc.yaml"]);
    let text = only.stdin("a: 1\n").ok().text();
    repo.bed.write("s.enc.yaml", text);
    let done = repo.git_as(None, &["commit", "-q", "-a", "-m", "x"]).done();
    assert_eq!(done.code, Some(1), "{done}");
    assert!(done.stderr.contains(&format!("lacks {}", short("k1"))), "{done}");
}

#[test]
fn the_first_commit_is_looked_at_and_so_is_an_amended_one() {
    let repo = Repo::empty();
    hook(&repo, ".git/hooks/pre-commit", "exec seal check --staged --quiet");
    repo.bed.write("p.enc.yaml", "a: 1\n");
    repo.git(&["add", "-A"]).ok();
    assert_eq!(repo.git(&["commit", "-q", "-m", "x"]).done().code, Some(1));
    repo.seal(&["encrypt", "-i", "p.enc.yaml"]).ok();
    repo.commit("first");
    repo.bed.write("q.enc.yaml", "a: 1\n");
    repo.git(&["add", "-A"]).ok();
    assert_eq!(repo.git(&["commit", "-q", "--amend", "--no-edit"]).done().code, Some(1));
}
