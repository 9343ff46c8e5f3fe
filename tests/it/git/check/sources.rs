//! Which files and which rules count.

use super::super::bed::Repo;
use super::{assert_codes, check};

#[test]
fn rules_are_those_of_the_same_place() {
    let repo = Repo::new();
    repo.bed.write("p.txt", "a: 1\n");
    repo.commit("text");
    // Only the worktree has a rule for it, then the index.
    let rule = format!("creation_rules:\n  - path_regex: \\.txt$\n    age: {}\n", repo.recipient("k1"));
    repo.bed.write(".sops.yaml", &rule);
    assert_codes(&check(&repo, &[]), &[("S001", "p.txt")]);
    assert_codes(&check(&repo, &["--staged"]), &[]);
    assert_codes(&check(&repo, &["--tree=HEAD"]), &[]);
    repo.git(&["add", "-A"]).ok();
    assert_codes(&check(&repo, &["--staged"]), &[("S001", "p.txt")]);
    repo.bed.write("rules.yaml", &rule);
    assert_codes(&check(&repo, &["--tree=HEAD", "--policy=rules.yaml"]), &[("S001", "p.txt")]);
    assert_codes(&check(&repo, &["--policy=HEAD"]), &[]);
    repo.commit("rule");
    assert_codes(&check(&repo, &["--tree=HEAD~1", "--policy=HEAD"]), &[("S001", "p.txt")]);
    assert_codes(&check(&repo, &["--tree=HEAD", "--policy=HEAD~1"]), &[]);
    // A file elsewhere means this repository.
    let elsewhere = repo.bed.home().join("rules.yaml");
    std::fs::write(&elsewhere, rule.replace("\\.txt$", "^p\\.txt$")).unwrap();
    let named = format!("--policy={}", elsewhere.display());
    assert_codes(&check(&repo, &["--tree=HEAD~1", &named]), &[("S001", "p.txt")]);
    assert_codes(&check(&repo, &[&named]), &[("S001", "p.txt")]);
    repo.seal(&["check", "--tree=none"]).fails(2);
    repo.seal(&["check", "--policy=none"]).fails(2);
}

#[test]
fn names_are_seen_from_the_current_folder() {
    let repo = Repo::new();
    repo.bed.write(
        "sub/.sops.yaml",
        format!("creation_rules:\n  - path_regex: ^x\n    age: {}\n", repo.recipient("k1")),
    );
    repo.bed.write("sub/x.yaml", "a: 1\n");
    repo.bed.write("sub/y.enc.yaml", "a: 1\n");
    repo.bed.write("-x.enc.yaml", "a: 1\n");
    repo.git(&["add", "-A"]).ok();
    let done = repo.seal(&["check", "--staged", "--format=json"]).within("sub").done();
    assert_codes(&super::codes(&done), &[("S001", "../-x.enc.yaml"), ("S001", "x.yaml")]);
}

#[test]
fn links_submodules_and_empty_files_are_no_findings() {
    let repo = Repo::new();
    repo.bed.write("e.enc.yaml", "");
    std::os::unix::fs::symlink("nowhere", repo.bed.path("l.enc.yaml")).unwrap();
    let head = repo.git(&["rev-parse", "HEAD"]).ok().text();
    let link = format!("160000,{},m.enc.yaml", head.trim());
    repo.git(&["update-index", "--add", "--cacheinfo", &link]).ok();
    repo.git(&["add", "e.enc.yaml", "l.enc.yaml"]).ok();
    assert_codes(&check(&repo, &["--staged"]), &[]);
    repo.git(&["commit", "-q", "-m", "x"]).ok();
    assert_codes(&check(&repo, &["--tree=HEAD"]), &[]);
    assert_codes(&check(&repo, &["--range=HEAD~1..HEAD"]), &[]);
}

#[test]
fn ranges_are_read_as_people_and_ci_write_them() {
    let repo = Repo::new();
    repo.bed.write("p.enc.yaml", "a: 1\n");
    repo.commit("plain");
    let plain = [("S001", "p.enc.yaml")];
    assert_codes(&check(&repo, &["--range=HEAD~1.."]), &plain);
    assert_codes(&check(&repo, &["--range=..HEAD"]), &[]);
    let head = repo.git(&["rev-parse", "HEAD"]).ok().text();
    let nothing = format!("--range={}..{}", "0".repeat(40), head.trim());
    assert_codes(&check(&repo, &[&nothing]), &plain);
    for range in ["HEAD", "HEAD~1...HEAD", "none..HEAD", "HEAD..none", "--all..HEAD"] {
        repo.seal(&["check", &format!("--range={range}")]).fails(2);
    }
    repo.seal(&["check", "--staged", "--tree=HEAD"]).fails(2);
    repo.seal(&["check", "--staged", "p.enc.yaml"]).fails(2);
    repo.seal(&["check", "--pre-receive"]).stdin("HEAD HEAD refs/heads/main\n").fails(2);
}

/// S014
#[test]
fn rules_that_change_on_the_way_are_told_and_do_not_help() {
    let repo = Repo::new();
    repo.bed.write("p.enc.yaml", "a: 1\n");
    repo.commit("plain");
    repo.git(&["rm", "-q", "p.enc.yaml"]).ok();
    repo.bed.write(".sops.yaml", "creation_rules:\n  - path_regex: ^never$\n    age: x\n");
    repo.commit("no rule any more");
    let found = check(&repo, &["--range=HEAD~2..HEAD"]);
    for wanted in [("S014", ".sops.yaml"), ("S001", "p.enc.yaml")] {
        assert!(found.iter().any(|(code, path)| (code.as_str(), path.as_str()) == wanted), "{found:?}");
    }
    // A comment is no change.
    repo.bed.write(".sops.yaml", "# never\ncreation_rules:\n  - path_regex: ^never$\n    age: x\n");
    repo.commit("comment");
    let found = check(&repo, &["--range=HEAD~1..HEAD"]);
    assert!(found.iter().all(|(code, _)| code != "S014"), "{found:?}");
}

#[test]
fn an_old_version_need_not_fit_the_new_rule() {
    let repo = Repo::new();
    repo.set("s.enc.yaml", "db.password", "other");
    repo.write_rule(&["k1", "k2"]);
    repo.seal(&["updatekeys", "-y", "s.enc.yaml"]).ok();
    repo.commit("two");
    assert_codes(&check(&repo, &["--range=HEAD~2..HEAD"]), &[("S014", ".sops.yaml")]);
}
