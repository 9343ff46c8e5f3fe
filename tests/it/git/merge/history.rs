//! What else merges: rebases, picks, reverts, stashes, and resolutions that Git remembers.

use super::super::bed::{PLAIN, Repo};

/// Sets ten values on two branches, five each, a commit each.
fn five_commits_each(repo: &Repo) {
    let many: String = (0..10).map(|n| format!("v{n}: w{n}\n")).collect();
    repo.bed.write("m.enc.yaml", many);
    repo.seal(&["encrypt", "-i", "m.enc.yaml"]).ok();
    repo.commit("many");
    repo.git(&["checkout", "-q", "-b", "x"]).ok();
    for n in 0..5 {
        repo.set("m.enc.yaml", &format!("v{}", 2 * n), &format!("X{n}"));
    }
    repo.git(&["checkout", "-q", "main"]).ok();
    for n in 0..5 {
        repo.set("m.enc.yaml", &format!("v{}", 2 * n + 1), &format!("Y{n}"));
    }
}

fn has(repo: &Repo, values: &[&str]) {
    let plain = repo.sops_decrypt("m.enc.yaml", "k1");
    for value in values {
        assert!(plain.contains(&format!(": {value}\n")), "{value} in {plain}");
    }
}

/// M7
#[test]
fn m07_rebases_picks_reverts_stashes_and_patches_apply() {
    let repo = Repo::new();
    five_commits_each(&repo);
    repo.git(&["branch", "picked", "main"]).ok();
    repo.git(&["branch", "squashed", "main"]).ok();
    repo.git(&["branch", "patched", "main"]).ok();

    repo.git(&["checkout", "-q", "-b", "rebased", "x"]).ok();
    repo.git(&["rebase", "-q", "main"]).ok();
    has(&repo, &["X0", "X4", "Y0", "Y4"]);

    repo.git(&["checkout", "-q", "picked"]).ok();
    repo.git(&["cherry-pick", "x~2"]).ok();
    has(&repo, &["X2", "w0", "Y4"]);

    repo.git(&["revert", "--no-edit", "HEAD~3"]).ok();
    has(&repo, &["X2", "w5", "Y4"]);

    repo.seal(&["set", "m.enc.yaml", "v0", "STASHED"]).ok();
    repo.git(&["stash"]).ok();
    repo.set("m.enc.yaml", "v9", "LATER");
    repo.git(&["stash", "pop"]).ok();
    has(&repo, &["STASHED", "LATER"]);
    repo.commit("stash");

    repo.git(&["checkout", "-q", "squashed"]).ok();
    repo.git(&["merge", "-q", "--squash", "x"]).ok();
    has(&repo, &["X0", "X4", "Y0", "Y4"]);
    repo.commit("squash");

    repo.seal(&["set", "m.enc.yaml", "v1", "CARRIED"]).ok();
    repo.git(&["checkout", "-q", "-m", "picked"]).ok();
    has(&repo, &["CARRIED", "LATER"]);
    repo.commit("carried");

    repo.git(&["checkout", "-q", "patched"]).ok();
    repo.git(&["format-patch", "-q", "-o", "../patches", "x~1..x"]).ok();
    let patch = std::fs::read_dir(repo.bed.path("../patches")).unwrap().next().unwrap().unwrap().path();
    repo.git(&["am", "-q", "-3", patch.to_str().unwrap()]).ok();
    has(&repo, &["X4", "Y4"]);
    repo.assert_no_leak(&["STASHED", "CARRIED", "LATER"]);
}

/// M13
#[test]
fn m13_a_criss_cross_is_merged() {
    let repo = Repo::new();
    repo.branch("x", "main", |repo| repo.set("s.enc.yaml", "db.password", "X-new"));
    repo.set("s.enc.yaml", "db.password", "Y-new");
    repo.git(&["branch", "y", "main"]).ok();
    let crossed = |branch: &str, other: &str, choice: &str| {
        repo.git(&["checkout", "-q", branch]).ok();
        assert_eq!(repo.git(&["merge", other]).done().code, Some(1));
        repo.seal(&["git", "resolve", choice, "s.enc.yaml"]).ok();
        repo.git(&["commit", "-q", "-m", "crossed"]).ok();
    };
    crossed("main", "x", "--theirs");
    let first = repo.git(&["rev-parse", "x"]).ok().text();
    crossed("x", "y", "--ours");
    repo.set("s.enc.yaml", "api.k2", "X-two");
    repo.git(&["checkout", "-q", "main"]).ok();
    repo.set("s.enc.yaml", "api.k1", "Y-one");
    assert!(!first.is_empty());
    let done = repo.git(&["merge", "-q", "x"]).done();
    match done.code {
        Some(0) => {
            let plain = repo.sops_decrypt("s.enc.yaml", "k1");
            assert!(plain.contains("k1: Y-one") && plain.contains("k2: X-two"), "{plain}");
        }
        Some(1) => assert!(repo.bed.text("s.enc.yaml").contains("<<<<<<<"), "{done}"),
        _ => panic!("{done}"),
    }
    repo.assert_no_leak(&["X-new", "Y-new", "X-two", "Y-one"]);
}

/// M13
#[test]
fn m13_git_remembers_a_resolution() {
    let repo = Repo::new();
    repo.git(&["config", "rerere.enabled", "true"]).ok();
    repo.branch("x", "main", |repo| repo.set("s.enc.yaml", "db.password", "X-new"));
    repo.set("s.enc.yaml", "db.password", "Y-new");
    assert_eq!(repo.git(&["merge", "x"]).done().code, Some(1));
    repo.seal(&["git", "resolve", "--theirs", "s.enc.yaml"]).ok();
    repo.git(&["commit", "-q", "-m", "resolved"]).ok();
    let resolved = repo.bed.text("s.enc.yaml");
    repo.git(&["reset", "-q", "--hard", "HEAD^"]).ok();
    let done = repo.git(&["merge", "x"]).done();
    let said = done.text() + &done.stderr;
    assert!(said.contains("using previous resolution"), "{done}");
    assert_eq!(repo.bed.text("s.enc.yaml"), resolved);
    assert!(repo.sops_decrypt("s.enc.yaml", "k1").contains("password: X-new"));
    repo.assert_no_leak(&["X-new", "Y-new"]);
    repo.git(&["reset", "-q", "--hard"]).ok();
    let done = repo.git_as(None, &["merge", "x"]).done();
    assert_eq!(done.code, Some(1), "{done}");
    assert!(repo.bed.text("s.enc.yaml").contains("<<<<<<<"), "{done}");
    assert!(!PLAIN.contains("X-new"));
}
