//! Merges of who can read, and under which key.

use super::super::bed::Repo;

/// The wrapped key of a recipient, as it stands in a file.
fn wrapped(repo: &Repo, text: &str, name: &str) -> String {
    let at = text.find(repo.recipient(name)).unwrap_or_else(|| panic!("{name} in {text}"));
    let from = text[..at].rfind("BEGIN AGE").unwrap();
    text[from..at].to_owned()
}

/// Adds a recipient by the rule, which stays as it was.
fn add(repo: &Repo, name: &str) {
    let recipient = repo.recipient(name).to_owned();
    repo.bed.write(".sops.yaml", {
        let rule = repo.bed.text(".sops.yaml");
        rule.trim_end().to_owned() + "," + &recipient + "\n"
    });
    repo.seal(&["updatekeys", "-y", "s.enc.yaml"]).ok();
    repo.git(&["checkout", "-q", "--", ".sops.yaml"]).ok();
}

/// M4
#[test]
fn m04_recipients_of_both_sides_are_added_and_removal_wins() {
    let repo = Repo::new();
    let first = repo.bed.text("s.enc.yaml");
    repo.branch("x", "main", |repo| add(repo, "k2"));
    add(&repo, "k3");
    repo.set("s.enc.yaml", "db.password", "Y-new");
    repo.git(&["merge", "-q", "x"]).ok();
    for key in ["k1", "k2", "k3"] {
        assert!(repo.sops_decrypt("s.enc.yaml", key).contains("password: Y-new"));
    }
    let merged = repo.bed.text("s.enc.yaml");
    assert_eq!(wrapped(&repo, &first, "k1"), wrapped(&repo, &merged, "k1"));
    repo.branch("out", "main", |repo| {
        repo.seal(&["updatekeys", "-y", "s.enc.yaml"]).ok();
    });
    repo.set("s.enc.yaml", "db.password", "Y-two");
    repo.git(&["merge", "-q", "out"]).ok();
    let text = repo.bed.text("s.enc.yaml");
    assert!(!text.contains(repo.recipient("k2")) && !text.contains(repo.recipient("k3")), "{text}");
    assert!(repo.sops_decrypt("s.enc.yaml", "k1").contains("password: Y-two"));
}

/// M5
#[test]
fn m05_a_new_data_key_is_taken_over() {
    let repo = Repo::new();
    repo.branch("x", "main", |repo| {
        repo.seal(&["rotate", "-i", "s.enc.yaml"]).ok();
    });
    repo.branch("y", "main", |repo| {
        repo.seal(&["rotate", "-i", "s.enc.yaml"]).ok();
    });
    let rotated = repo.git(&["show", "--no-textconv", "x:s.enc.yaml"]).ok().text();
    repo.set("s.enc.yaml", "db.password", "Y-new");
    repo.git(&["merge", "-q", "x"]).ok();
    assert!(repo.sops_decrypt("s.enc.yaml", "k1").contains("password: Y-new"));
    let merged = repo.tokens("s.enc.yaml");
    let unchanged = super::super::bed::tokens(&rotated);
    let kept = unchanged.iter().filter(|token| merged.contains(token)).count();
    // All but the password, MAC and record.
    assert_eq!(kept, unchanged.len() - 3);
    let done = repo.git(&["merge", "y"]).ok();
    assert!(done.stderr.contains("both sides have a data key of their own"), "{done}");
    assert!(repo.sops_decrypt("s.enc.yaml", "k1").contains("password: Y-new"));
    repo.assert_no_leak(&["Y-new"]);
}

/// M6
#[test]
fn m06_without_a_key_ciphertext_stands_between_markers_until_somebody_has_one() {
    let repo = Repo::new();
    repo.branch("x", "main", |repo| repo.set("s.enc.yaml", "db.password", "X-new"));
    repo.set("s.enc.yaml", "api.k1", "Y-new");
    let done = repo.git_as(None, &["merge", "x"]).done();
    assert_eq!(done.code, Some(1), "{done}");
    assert!(done.stderr.contains("no key opens"), "{done}");
    assert!(repo.bed.text("s.enc.yaml").contains("<<<<<<<"));
    repo.assert_no_leak(&["X-new", "Y-new"]);
    repo.seal(&["git", "resolve", "s.enc.yaml"]).ok();
    assert_eq!(repo.git(&["diff", "--name-only", "--diff-filter=U"]).ok().text(), "");
    let plain = repo.sops_decrypt("s.enc.yaml", "k1");
    assert!(plain.contains("password: X-new") && plain.contains("k1: Y-new"), "{plain}");
    repo.git(&["commit", "-q", "-m", "merged"]).ok();
}
