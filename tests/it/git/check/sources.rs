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

#[test]
fn what_changes_is_compared_with_what_stays() {
    let repo = Repo::new();
    // A clear copy of a file that the commit does not touch.
    let text = repo.seal(&["decrypt", "s.enc.yaml"]).ok().text();
    repo.bed.write("s.dec.yaml", text);
    repo.git(&["add", "-A"]).ok();
    assert_codes(&check(&repo, &["--staged"]), &[("S011", "s.dec.yaml")]);
    repo.git(&["commit", "-q", "-m", "copy"]).ok();
    assert_codes(&check(&repo, &["--range=HEAD~1..HEAD"]), &[("S011", "s.dec.yaml")]);
    // Under a rule for every file, one of the same name as an encrypted one.
    repo.bed.write(".sops.yaml", format!("creation_rules:\n  - age: {}\n", repo.recipient("k1")));
    repo.bed.write("prod/app.yaml", "a: 1\n");
    repo.seal(&["encrypt", "-i", "prod/app.yaml"]).ok();
    repo.git(&["rm", "-q", "--cached", "s.dec.yaml"]).ok();
    std::fs::remove_file(repo.bed.path("s.dec.yaml")).unwrap();
    repo.commit("every file");
    repo.bed.write("dev/app.yaml", "a: 1\n");
    repo.bed.write("dev/other.yaml", "a: 1\n");
    repo.git(&["add", "-A"]).ok();
    assert_codes(&check(&repo, &["--staged"]), &[("S001", "dev/app.yaml")]);
    let done = repo.seal(&["check", "--staged"]).done();
    assert!(done.stderr.ends_with("1 error in 2 files\n"), "{done}");
}

#[test]
fn a_linked_configuration_is_followed_in_the_repository() {
    let repo = Repo::new();
    std::fs::create_dir(repo.bed.path("sub")).unwrap();
    std::fs::rename(repo.bed.path(".sops.yaml"), repo.bed.path("sub/rules.yaml")).unwrap();
    std::os::unix::fs::symlink("sub/rules.yaml", repo.bed.path(".sops.yaml")).unwrap();
    repo.commit("link");
    repo.bed.write("p.enc.yaml", "a: 1\n");
    repo.git(&["add", "-A"]).ok();
    assert_codes(&check(&repo, &["--staged"]), &[("S001", "p.enc.yaml")]);
    std::fs::remove_file(repo.bed.path(".sops.yaml")).unwrap();
    std::os::unix::fs::symlink("../../rules.yaml", repo.bed.path(".sops.yaml")).unwrap();
    repo.git(&["add", "-A"]).ok();
    let done = repo.seal(&["check", "--staged"]).fails(2);
    assert!(done.stderr.contains("`.sops.yaml` is a link to no file of the repository"), "{done}");
}

#[test]
fn a_comment_is_unused_only_where_all_files_are_seen() {
    let repo = Repo::new();
    let rule = repo.bed.text(".sops.yaml");
    repo.bed.write(".sops.yaml", format!("{rule}    # seal-check: ignore S001 templates\n"));
    repo.commit("comment");
    repo.bed.write("text", "1");
    repo.git(&["add", "-A"]).ok();
    for (args, warns) in
        [(&["check"][..], true), (&["check", "--tree=HEAD"], true), (&["check", "--staged"], false)]
    {
        let done = repo.seal(args).ok();
        assert_eq!(done.stderr.contains("has nothing to ignore"), warns, "{done}");
    }
}
