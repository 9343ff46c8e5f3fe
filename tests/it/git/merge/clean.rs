//! Merges that need nobody.

use super::super::bed::{Repo, assert_silent, tokens};

/// A branch `x` that sets `db.password`, and `main` ahead of the fork by `api.k1`.
fn one_change_each(repo: &Repo) {
    repo.branch("x", "main", |repo| repo.set("s.enc.yaml", "db.password", "X-new"));
    repo.set("s.enc.yaml", "api.k1", "Y-new");
}

/// M1
#[test]
fn m01_changes_of_two_values_come_together() {
    let repo = Repo::new();
    let base = repo.tokens("s.enc.yaml");
    one_change_each(&repo);
    let ours = repo.tokens("s.enc.yaml");
    let theirs = tokens(&repo.git(&["show", "--no-textconv", "x:s.enc.yaml"]).ok().text());
    let done = repo.git(&["merge", "-q", "x"]).ok();
    assert_silent(&done, &["X-new", "Y-new"]);
    let plain = repo.sops_decrypt("s.enc.yaml", "k1");
    assert!(
        plain.contains("password: X-new") && plain.contains("k1: Y-new") && plain.contains("k2: w2"),
        "{plain}"
    );
    // MAC and strict record are new, every other token is of one of the versions.
    let known = |token: &&String| ![&base, &ours, &theirs].iter().any(|tokens| tokens.contains(token));
    let merged = repo.tokens("s.enc.yaml");
    assert_eq!(merged.iter().filter(known).count(), 2);
    let diff = repo.git(&["diff", "--no-textconv", "--numstat", "HEAD^1"]).ok().text();
    assert_eq!(diff.split_whitespace().next(), Some("3"), "one value, MAC and record: {diff}");
    repo.assert_no_leak(&["X-new", "Y-new"]);
    repo.seal(&["decrypt", "--require-strict", "s.enc.yaml"]).ok();
}

/// M2
#[test]
fn m02_new_keys_of_both_sides_stay_ours_first() {
    let repo = Repo::new();
    repo.branch("x", "main", |repo| repo.set("s.enc.yaml", "api.theirs", "X-new"));
    repo.set("s.enc.yaml", "api.ours", "Y-new");
    repo.git(&["merge", "-q", "x"]).ok();
    let plain = repo.sops_decrypt("s.enc.yaml", "k1");
    let at = |text: &str| plain.find(text).unwrap_or_else(|| panic!("{text} in {plain}"));
    assert!(
        at("k2: w2") < at("ours: Y-new")
            && at("ours: Y-new") < at("theirs: X-new")
            && at("theirs: X-new") < at("hosts")
    );
    repo.assert_no_leak(&["X-new", "Y-new"]);
}

/// M8
#[test]
fn m08_the_same_merge_gives_the_same_blob_everywhere() {
    let repo = Repo::new();
    one_change_each(&repo);
    let blob = |repo: &Repo, rev: &str| repo.git(&["rev-parse", &format!("{rev}:s.enc.yaml")]).ok().text();
    repo.git(&["branch", "again", "main"]).ok();
    repo.git(&["merge", "-q", "x", "-m", "one"]).ok();
    repo.git(&["checkout", "-q", "again"]).ok();
    repo.git(&["merge", "-q", "x", "-m", "other"]).ok();
    assert_eq!(blob(&repo, "main"), blob(&repo, "again"));
    repo.git(&["merge", "-q", "main"]).ok();
    // The other way round the values are the same, so that the results merge, too.
    repo.git(&["checkout", "-q", "-b", "reverse", "x"]).ok();
    repo.git(&["merge", "-q", "again~1^1", "-m", "reverse"]).done();
    repo.git(&["merge", "-q", "main"]).ok();
    assert!(repo.sops_decrypt("s.enc.yaml", "k1").contains("password: X-new"));
}

/// M9
#[test]
fn m09_options_for_conflicts_do_not_get_in_the_way() {
    for option in ["-Xours", "-Xtheirs"] {
        let repo = Repo::new();
        one_change_each(&repo);
        repo.git(&["merge", "-q", option, "x"]).ok();
        let plain = repo.sops_decrypt("s.enc.yaml", "k1");
        assert!(plain.contains("password: X-new") && plain.contains("k1: Y-new"), "{option}: {plain}");
    }
}

/// M15
#[test]
fn m15_lists_are_merged_by_their_elements() {
    let repo = Repo::new();
    let edit = |repo: &Repo, list: &str| {
        repo.seal(&["set", "s.enc.yaml", "hosts", list]).ok();
    };
    edit(&repo, r#"["a", "b", "b", "c"]"#);
    repo.commit("list");
    let before = repo.tokens("s.enc.yaml");
    repo.branch("x", "main", |repo| edit(repo, r#"["first", "a", "b", "b", "c"]"#));
    repo.branch("same", "main", |repo| edit(repo, r#"["X", "b", "b", "c"]"#));
    edit(&repo, r#"["a", "b", "b", "c", "last"]"#);
    repo.commit("appended");
    repo.git(&["merge", "-q", "x"]).ok();
    let plain = repo.sops_decrypt("s.enc.yaml", "k1");
    let hosts: Vec<&str> =
        plain.split("hosts:").nth(1).unwrap().split_whitespace().filter(|w| *w != "-").collect();
    assert_eq!(hosts, ["first", "a", "b", "b", "c", "last"]);
    let after = repo.tokens("s.enc.yaml");
    let kept = before.iter().filter(|token| after.contains(token)).count();
    // All but MAC and record; the two equal values have a token each.
    assert_eq!(kept, before.len() - 2);
    assert_eq!(after.iter().collect::<std::collections::HashSet<_>>().len(), after.len());
    edit(&repo, r#"["Y", "b", "b", "c"]"#);
    repo.commit("the same element");
    let done = repo.git(&["merge", "same"]).done();
    assert_eq!(done.code, Some(1), "{done}");
}

/// M17
#[test]
fn m17_trees_are_merged_without_a_worktree() {
    let repo = Repo::new();
    repo.bed.write(".gitattributes", "*.enc.* merge=seal\n");
    repo.commit("attributes");
    one_change_each(&repo);
    let check = |repo: &Repo, folder: &str, tree: &str| {
        let name = format!("{}:s.enc.yaml", tree.trim());
        let text = repo.git(&["-C", folder, "show", "--no-textconv", &name]).ok();
        repo.bed.write("out.enc.yaml", text.stdout);
        let plain = repo.sops_decrypt("out.enc.yaml", "k1");
        assert!(plain.contains("password: X-new") && plain.contains("k1: Y-new"), "{plain}");
    };
    let tree = repo.git(&["merge-tree", "--write-tree", "main", "x"]).ok().text();
    check(&repo, ".", &tree);
    repo.git(&["clone", "-q", "--bare", ".", "bare.git"]).ok();
    let driver = repo.git(&["config", "merge.seal.driver"]).ok().text();
    repo.git(&["-C", "bare.git", "config", "merge.seal.driver", driver.trim()]).ok();
    let tree = repo
        .git(&["-C", "bare.git", "--attr-source=main", "merge-tree", "--write-tree", "main", "x"])
        .ok()
        .text();
    check(&repo, "bare.git", &tree);
}
