//! C4: pushes.

use super::super::bed::Repo;
use super::{assert_codes, check, hook};
use crate::bed::Done;

/// A repository with a server beside it, whose hook checks.
fn with_server(format: &[&str]) -> Repo {
    let repo = Repo::empty();
    if !format.is_empty() {
        std::fs::remove_dir_all(repo.bed.path(".git")).unwrap();
        repo.git(&[&["init", "-q", "-b", "main"], format].concat()).ok();
    }
    repo.bed.write(".git/info/exclude", "/server/\n/log\n");
    repo.bed.write("s.enc.yaml", "a: 1\n");
    repo.seal(&["encrypt", "-i", "s.enc.yaml"]).ok();
    repo.commit("first");
    repo.git(&[&["init", "-q", "--bare", "-b", "main"], format, &["server"]].concat()).ok();
    repo.git(&["remote", "add", "origin", &repo.bed.path("server").display().to_string()]).ok();
    let log = repo.bed.path("log");
    hook(
        &repo,
        "server/hooks/pre-receive",
        &format!("seal check --pre-receive 2> {0}; rc=$?; cat {0} >&2; exit $rc", log.display()),
    );
    repo
}

fn push(repo: &Repo, args: &[&str]) -> Done {
    repo.git_as(None, &[&["push", "-q", "origin"], args].concat()).done()
}

/// Plants a plain file in a commit, and takes it back in the next.
fn plant(repo: &Repo) {
    repo.bed.write("p.enc.yaml", "a: hunter2\n");
    repo.commit("plain");
}

/// C4
#[test]
fn c04_a_server_refuses_what_is_in_clear() {
    let repo = with_server(&[]);
    let done = push(&repo, &["main"]);
    assert_eq!(done.code, Some(0), "{done}");
    plant(&repo);
    let done = push(&repo, &["main"]);
    assert_eq!(done.code, Some(1), "{done}");
    assert!(done.stderr.contains("p.enc.yaml:1:1: S001 ") && !done.stderr.contains("hunter2"), "{done}");
    // Buried below a commit that mends it, also beside others.
    repo.git(&["rm", "-q", "p.enc.yaml"]).ok();
    repo.commit("mended");
    let done = push(&repo, &["main", "main~2:refs/heads/known"]);
    assert_eq!(done.code, Some(1), "{done}");
    assert!(done.stderr.contains(", in commit "), "{done}");
    // Nothing of it arrived.
    let known = repo.git(&["ls-remote", "origin"]).ok().text();
    assert_eq!(known.lines().filter(|line| line.contains("refs/heads/")).count(), 1, "{known}");
    // A clean branch does.
    repo.git(&["reset", "-q", "--hard", "HEAD~2"]).ok();
    repo.set("s.enc.yaml", "a", "2");
    let done = push(&repo, &["main"]);
    assert_eq!(done.code, Some(0), "{done}");
    // A new branch on known commits brings nothing.
    let done = push(&repo, &["main:refs/heads/new", "main~1:refs/heads/older"]);
    assert_eq!((done.code, repo.bed.text("log").as_str()), (Some(0), "no findings in 0 files\n"), "{done}");
    // A branch that is deleted, and a tag.
    repo.git(&["tag", "-a", "-m", "x", "v1"]).ok();
    assert_eq!(push(&repo, &[":refs/heads/older", "v1"]).code, Some(0));
}

/// C4, with long ids.
#[test]
fn c04_ids_may_be_long() {
    let repo = with_server(&["--object-format=sha256"]);
    assert_eq!(push(&repo, &["main"]).code, Some(0));
    plant(&repo);
    let done = push(&repo, &["main"]);
    assert_eq!(done.code, Some(1), "{done}");
    assert!(done.stderr.contains("p.enc.yaml:1:1: S001 "), "{done}");
    assert_codes(&check(&repo, &["--range=HEAD~1..HEAD"]), &[("S001", "p.enc.yaml")]);
}

/// C4, with rules that the pusher does not choose.
#[test]
fn c04_a_server_may_insist_on_its_own_rules() {
    let repo = with_server(&[]);
    assert_eq!(push(&repo, &["main"]).code, Some(0));
    hook(&repo, "server/hooks/pre-receive", "exec seal check --pre-receive --quiet --policy=main");
    repo.git(&["checkout", "-q", "--orphan", "loose"]).ok();
    repo.git(&["rm", "-q", "--cached", ".sops.yaml"]).ok();
    std::fs::remove_file(repo.bed.path(".sops.yaml")).unwrap();
    plant(&repo);
    let done = push(&repo, &["loose"]);
    assert_eq!(done.code, Some(1), "{done}");
    assert!(done.stderr.contains("p.enc.yaml:1:1: S001 "), "{done}");
}

#[test]
fn a_hook_stops_a_push_of_what_is_in_clear() {
    let repo = with_server(&[]);
    std::fs::remove_file(repo.bed.path("server/hooks/pre-receive")).unwrap();
    hook(&repo, ".git/hooks/pre-push", "exec seal check --pre-push --quiet \"$@\"");
    assert_eq!(push(&repo, &["main"]).code, Some(0));
    plant(&repo);
    repo.git(&["rm", "-q", "p.enc.yaml"]).ok();
    repo.commit("mended");
    let done = push(&repo, &["main"]);
    assert_eq!(done.code, Some(1), "{done}");
    assert!(done.text().contains("p.enc.yaml:1:1: S001 "), "{done}");
    // What the other side has, by whatever way, is not looked at again.
    assert_eq!(push(&repo, &["--no-verify", "main"]).code, Some(0));
    assert_eq!(push(&repo, &["main:refs/heads/new"]).code, Some(0));
    // Another remote has nothing of it.
    repo.git(&["init", "-q", "--bare", "server/second"]).ok();
    repo.git(&["remote", "add", "second", &repo.bed.path("server/second").display().to_string()]).ok();
    assert_eq!(repo.git(&["push", "-q", "second", "main"]).done().code, Some(1));
    // Without arguments, what any remote has counts as known.
    hook(&repo, ".git/hooks/pre-push", "exec seal check --pre-push --quiet");
    assert_eq!(repo.git(&["push", "-q", "second", "main"]).done().code, Some(0));
}

/// S010
#[test]
fn notes_with_decrypted_text_are_not_taken() {
    let repo = with_server(&[]);
    repo.git(&["notes", "--ref=refs/notes/textconv/seal", "add", "-m", "text"]).ok();
    let done = push(&repo, &["refs/notes/textconv/seal"]);
    assert_eq!(done.code, Some(1), "{done}");
    assert!(done.stderr.contains("S010 "), "{done}");
}

#[test]
fn what_another_command_has_read_is_not_passed_over() {
    let repo = with_server(&[]);
    assert_eq!(push(&repo, &["main"]).code, Some(0));
    plant(&repo);
    let server = std::fs::read_to_string(repo.bed.path("server/hooks/pre-receive")).unwrap();
    hook(&repo, "server/hooks/pre-receive", "cat > /dev/null; exec seal check --pre-receive --quiet");
    let done = push(&repo, &["main"]);
    assert_eq!(done.code, Some(1), "{done}");
    assert!(done.stderr.contains("cannot read what Git says on standard input"), "{done}");
    std::fs::write(repo.bed.path("server/hooks/pre-receive"), server).unwrap();
    hook(&repo, ".git/hooks/pre-push", "cat > /dev/null; exec seal check --pre-push --quiet");
    let done = push(&repo, &["main"]);
    assert_eq!(done.code, Some(1), "{done}");
    assert!(done.text().contains("p.enc.yaml:1:1: S001 "), "{done}");
}
