//! `seal git scan`: values that stand in clear somewhere else.

use super::bed::{Repo, assert_silent};
use crate::bed::Done;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// The password of [`with_secret`].
const SECRET: &str = "BASEPW-4 f/7";

/// A repository whose `db.password` is long enough to be looked for.
fn with_secret() -> Repo {
    let repo = Repo::new();
    repo.set("s.enc.yaml", "db.password", SECRET);
    repo
}

fn scan(repo: &Repo, args: &[&str]) -> Done {
    let done = repo.seal(&[&["git", "scan"], args].concat()).done();
    assert_silent(&done, &[SECRET, "BASEPW"]);
    done
}

/// Asserts that these are the beginnings of the lines that are no hints.
fn assert_found(done: &Done, wanted: &[&str]) {
    let text = done.text();
    let lines: Vec<&str> = text.lines().filter(|line| !line.starts_with("  hint: ")).collect();
    assert_eq!(lines.len(), wanted.len(), "{done}");
    for (line, wanted) in lines.iter().zip(wanted) {
        assert!(line.starts_with(wanted), "{wanted}: {done}");
    }
    assert_eq!(done.code, Some(i32::from(!wanted.is_empty())), "{done}");
}

/// L1
#[test]
fn l01_a_value_in_clear_is_found_and_stays_in_the_history() {
    let repo = with_secret();
    assert_found(&scan(&repo, &[]), &[]);
    assert_found(&scan(&repo, &["--history"]), &[]);
    repo.bed.write("notes.txt", format!("one\ntwo: {SECRET}.\n"));
    repo.commit("notes");
    assert_found(&scan(&repo, &[]), &["notes.txt:2:6: S013 `db.password`: the value that `s.enc.yaml` has"]);
    repo.git(&["rm", "-q", "notes.txt"]).ok();
    repo.commit("removed");
    assert_found(&scan(&repo, &[]), &[]);
    let done = scan(&repo, &["--history"]);
    assert_found(&done, &["notes.txt:2:6: S013 `db.password`: "]);
    let commit = repo.git(&["rev-parse", "--short=12", "HEAD~1"]).ok().text();
    assert!(done.text().contains(&format!("since commit {}", commit.trim())), "{done}");
    // It is a value of the past by now, and a secret still.
    repo.set("s.enc.yaml", "db.password", "another-value");
    assert_found(&scan(&repo, &["--history"]), &["notes.txt:2:6: S013 `db.password`: "]);
    assert_found(&scan(&repo, &["--history", "--ignore", "S013:*.txt"]), &[]);
    assert_found(&scan(&repo, &["--history", "--allow", "db.password"]), &[]);
}

/// L1, in other forms.
#[test]
fn l01_other_forms_of_a_value_are_found() {
    let repo = with_secret();
    let encoded = STANDARD.encode(format!("user:{SECRET}\n"));
    repo.bed.write("a.yaml", format!("data:\n  auth: {encoded}\n"));
    repo.bed.write("b.sh", "curl https://u:BASEPW-4%20f%2F7@example.org\n");
    repo.bed.write("untracked", SECRET);
    repo.git(&["add", "a.yaml", "b.sh"]).ok();
    let wanted = ["a.yaml:2:16: S013 `db.password`: ", "b.sh:1:16: S013 `db.password`: "];
    let done = scan(&repo, &[]);
    assert_found(&done, &wanted);
    assert!(done.text().contains("stands in Base64") && done.text().contains("stands URL-encoded"), "{done}");
    // What is committed next is what is in the index.
    assert_found(&scan(&repo, &["--staged"]), &wanted);
    std::fs::remove_file(repo.bed.path("b.sh")).unwrap();
    assert_found(&scan(&repo, &["--staged"]), &wanted);
    repo.git(&["reset", "-q"]).ok();
    assert_found(&scan(&repo, &["--staged"]), &[]);
}

/// L1, in places that are no files.
#[test]
fn l01_messages_stashes_notes_and_the_reflog_are_searched() {
    let repo = with_secret();
    let text = format!("the password is {SECRET}");
    let only = |wanted: &str| {
        let done = scan(&repo, &["--history"]);
        assert_found(&done, &[wanted]);
    };
    let message = || std::fs::write(repo.bed.path(".git/COMMIT_EDITMSG"), "x\n").unwrap();
    // A commit that no branch has any more.
    repo.git(&["commit", "-q", "--allow-empty", "-m", &text]).ok();
    only_two(&repo, ".git/COMMIT_EDITMSG");
    message();
    only("commit ");
    repo.git(&["reset", "-q", "--hard", "HEAD~1"]).ok();
    only("commit ");
    repo.git(&["reflog", "expire", "--expire=now", "--all"]).ok();
    assert_found(&scan(&repo, &["--history"]), &[]);
    // A stash.
    repo.bed.write("notes.txt", &text);
    repo.git(&["add", "-A"]).ok();
    repo.git(&["stash", "-q"]).ok();
    only("notes.txt:1:17: S013 ");
    repo.git(&["stash", "clear"]).ok();
    // A note, and a tag.
    repo.git(&["notes", "add", "-m", &text]).ok();
    only(repo.git(&["rev-parse", "HEAD"]).ok().text().trim());
    repo.git(&["update-ref", "-d", "refs/notes/commits"]).ok();
    repo.git(&["reflog", "expire", "--expire=now", "--all"]).ok();
    repo.git(&["tag", "-a", "-m", &text, "v1"]).ok();
    only("tag v1:1:1: S013 ");
    repo.git(&["tag", "-d", "v1"]).ok();
    // A resolved conflict.
    repo.bed.write(".git/rr-cache/0123/postimage", &text);
    only(".git/rr-cache/0123/postimage:1:17: S013 ");
}

/// The message of a commit stands in the commit, and beside it.
fn only_two(repo: &Repo, file: &str) {
    assert_found(&scan(repo, &["--history"]), &[&format!("{file}:1:17: S013 "), "commit "]);
}

#[test]
fn without_a_key_nothing_is_said_to_be_clean() {
    let repo = with_secret();
    repo.bed.write("notes.txt", SECRET);
    repo.commit("notes");
    let done = repo.seal_as(None, &["git", "scan"]).fails(2);
    assert!(done.stderr.contains("no identity opens"), "{done}");
    // One file of two.
    repo.bed.write("t.enc.yaml", "a: another-secret\n");
    repo.seal(&["encrypt", "-i", "--age", repo.recipient("k2"), "t.enc.yaml"]).ok();
    repo.commit("second");
    let done = scan(&repo, &[]);
    assert_found(&done, &["notes.txt:1:1: S013 `db.password`: "]);
    assert!(done.stderr.contains("values of `t.enc.yaml` are not looked for"), "{done}");
    let nowhere = crate::bed::Bed::new();
    nowhere.seal(&["git", "scan"]).fails(2);
}

#[test]
fn a_bare_repository_is_searched_by_its_branches() {
    let repo = with_secret();
    repo.bed.write("notes.txt", SECRET);
    repo.commit("notes");
    repo.git(&["clone", "-q", "--bare", ".", "bare"]).ok();
    let bare = |args: &[&str]| repo.seal(&[&["git", "scan"], args].concat()).within("bare").done();
    assert_found(&bare(&[]), &["notes.txt:1:1: S013 `db.password`: "]);
    repo.git(&["rm", "-q", "notes.txt"]).ok();
    repo.commit("removed");
    repo.git(&["push", "-q", "bare", "main"]).ok();
    assert_found(&bare(&[]), &[]);
    assert_found(&bare(&["--history"]), &["notes.txt:1:1: S013 `db.password`: "]);
}
