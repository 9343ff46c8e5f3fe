//! `seal blame`: the commits of values.

use super::bed::{PLAIN, Repo, assert_silent};
use serde_json::Value;
use std::fs;

/// The path of each value with the subject of its commit.
fn subjects(repo: &Repo, file: &str) -> Vec<(String, String)> {
    let done = repo.seal_as(None, &["blame", "--json", file]).ok();
    let data: Value = serde_json::from_slice(&done.stdout).unwrap_or_else(|_| panic!("{done}"));
    let text = |value: &Value| value.as_str().unwrap_or("-").to_owned();
    data["values"]
        .as_array()
        .unwrap()
        .iter()
        .map(|value| (text(&value["path"]), text(&value["subject"])))
        .collect()
}

/// The subject of the commit of one value.
fn subject(repo: &Repo, file: &str, path: &str) -> String {
    subjects(repo, file).into_iter().find(|(other, _)| other == path).unwrap_or_else(|| panic!("{path}")).1
}

#[test]
fn every_value_has_the_commit_that_changed_it() {
    let repo = Repo::new();
    repo.set("s.enc.yaml", "db.password", "TWO");
    repo.set("s.enc.yaml", "api.k3", "THREE");
    repo.set("s.enc.yaml", "db.user", "FOUR");
    let id = |name: &str| repo.git(&["rev-parse", "--short=12", name]).ok().text().trim().to_owned();
    let done = repo.seal_as(None, &["blame", "s.enc.yaml"]).ok();
    assert_silent(&done, &["TWO", "THREE", "FOUR", "w1"]);
    let wanted: Vec<String> = [
        ("HEAD~2", "db.password"),
        ("HEAD", "db.user"),
        ("HEAD~3", "api.k1"),
        ("HEAD~3", "api.k2"),
        ("HEAD~1", "api.k3"),
        ("HEAD~3", "hosts[0]"),
        ("HEAD~3", "hosts[1]"),
        ("HEAD~3", "hosts[2]"),
    ]
    .iter()
    .map(|(commit, path)| format!("{}  a  2026-01-02  {path}", id(commit)))
    .collect();
    assert_eq!(done.text().lines().collect::<Vec<_>>(), wanted);
    // `git blame` of the ciphertext says the same.
    let lines = repo.git(&["blame", "--no-textconv", "-l", "s.enc.yaml"]).ok().text();
    let line = lines.lines().find(|line| line.contains("password:")).unwrap();
    assert!(line.starts_with(&id("HEAD~2")), "{line}");
}

#[test]
fn values_stand_beside_on_request() {
    let repo = Repo::new();
    repo.set("s.enc.yaml", "db.password", "TWO");
    let shown = |key, show| repo.seal_as(key, &["blame", "--show", show, "s.enc.yaml"]).ok();
    assert!(shown(Some("k1"), "plain").text().contains("db.password  TWO\n"));
    assert!(shown(Some("k1"), "masked").text().contains("db.password  ENC<str #"));
    for (key, show) in [(None, "structure"), (None, "plain"), (Some("k1"), "structure")] {
        let done = shown(key, show);
        assert!(done.text().contains("db.password  ENC<str ~"), "{done}");
        assert_eq!(done.text().contains("note: not decrypted: no key"), show == "plain", "{done}");
        assert_silent(&done, &["TWO"]);
    }
}

#[test]
fn what_is_in_no_commit_is_said() {
    let repo = Repo::new();
    repo.seal(&["set", "s.enc.yaml", "db.password", "TWO"]).ok();
    let text = repo.seal(&["blame", "s.enc.yaml"]).ok().text();
    let line = text.lines().next().unwrap();
    assert!(line.starts_with("not committed ") && line.ends_with(" db.password"), "{text}");
    assert_eq!(text.matches("not committed").count(), 1, "{text}");
    let fresh = Repo::empty();
    fresh.bed.write("s.enc.yaml", PLAIN);
    fresh.seal(&["encrypt", "-i", "s.enc.yaml"]).ok();
    let text = fresh.seal(&["blame", "s.enc.yaml"]).ok().text();
    assert_eq!(text.matches("not committed").count(), 7, "{text}");
}

#[test]
fn files_are_followed_through_their_names() {
    let repo = Repo::new();
    repo.set("s.enc.yaml", "db.password", "TWO");
    fs::create_dir(repo.bed.path("d")).unwrap();
    repo.git(&["mv", "s.enc.yaml", "d/t.enc.yaml"]).ok();
    repo.commit("renamed");
    repo.git(&["mv", "--", "d/t.enc.yaml", "-u.enc.yaml"]).ok();
    repo.seal(&["set", "./-u.enc.yaml", "api.k1", "x"]).ok();
    repo.commit("renamed again");
    for (path, subject) in
        [("db.password", "set db.password"), ("api.k1", "renamed again"), ("api.k2", "first")]
    {
        assert_eq!(self::subject(&repo, "./-u.enc.yaml", path), subject, "{path}");
    }
}

#[test]
fn merged_values_have_the_commits_of_their_branches() {
    let repo = Repo::new();
    repo.branch("side", "HEAD", |repo| {
        repo.seal(&["set", "s.enc.yaml", "api.k1", "SIDE"]).ok();
    });
    repo.set("s.enc.yaml", "db.password", "MAIN");
    let side = repo.git(&["show", "side:s.enc.yaml"]).ok().text();
    let line = |text: &str| text.lines().find(|line| line.contains("k1:")).unwrap().to_owned();
    let ours = repo.bed.text("s.enc.yaml");
    repo.git(&["merge", "-q", "--no-commit", "-s", "ours", "side"]).ok();
    repo.bed.write("s.enc.yaml", ours.replace(&line(&ours), &line(&side)));
    repo.commit("merge");
    for (path, subject) in [("db.password", "set db.password"), ("api.k1", "on side"), ("api.k2", "first")] {
        assert_eq!(self::subject(&repo, "s.enc.yaml", path), subject, "{path}");
    }
}

#[test]
fn clear_values_lists_and_documents_have_commits_too() {
    let repo = Repo::new();
    let write = |text: &str, name: &str| {
        repo.bed.write("c.enc.yaml", text);
        repo.seal(&["encrypt", "-i", "--encrypted-regex", "^secret$", "c.enc.yaml"]).ok();
        repo.commit(name);
    };
    write("secret: [a, a, b]\nclear: 1\nother: x\nempty: {}\n", "one");
    repo.set("c.enc.yaml", "clear", "2");
    repo.set("c.enc.yaml", "secret[1]", "c");
    let found = subjects(&repo, "c.enc.yaml");
    let wanted = [
        ("secret[0]", "one"),
        ("secret[1]", "set secret[1]"),
        ("secret[2]", "one"),
        ("clear", "set clear"),
        ("other", "one"),
        ("empty", "one"),
    ];
    assert_eq!(found, wanted.map(|(path, subject)| (path.to_owned(), subject.to_owned())));
    repo.bed.write("m.enc.yaml", "a: 1\n---\na: 2\n");
    repo.seal(&["encrypt", "-i", "m.enc.yaml"]).ok();
    repo.commit("two documents");
    let text = repo.seal(&["blame", "m.enc.yaml"]).ok().text();
    assert!(text.contains("document 1: a\n") && text.contains("document 2: a\n"), "{text}");
}

#[test]
fn other_formats_have_commits_too() {
    let repo = Repo::new();
    for (name, text, path) in [
        ("a.enc.json", "{\"db\": {\"pw\": \"x\", \"n\": 1}}\n", "db.pw"),
        ("a.enc.env", "PW=x\nN=1\n", "PW"),
        ("a.enc.ini", "[db]\npw = x\nn = 1\n", "db.pw"),
        ("a.enc.toml", "[db]\npw = \"x\"\nn = 1\n", "db.pw"),
    ] {
        repo.bed.write(name, text);
        repo.seal(&["encrypt", "-i", name]).ok();
        repo.commit(&format!("add {name}"));
        repo.set(name, path, "y");
        assert_eq!(subject(&repo, name, path), format!("set {path}"));
        let others = subjects(&repo, name).into_iter().filter(|(other, _)| other != path);
        assert!(
            others.clone().count() == 1 && others.clone().all(|(_, s)| s == format!("add {name}")),
            "{name}"
        );
    }
}

#[test]
fn a_history_that_is_cut_off_is_marked() {
    let repo = Repo::new();
    repo.set("s.enc.yaml", "db.password", "TWO");
    repo.set("s.enc.yaml", "db.user", "THREE");
    let url = format!("file://{}", repo.bed.path("").display());
    repo.git(&["clone", "-q", "--depth=2", &url, "shallow"]).ok();
    let text = repo.seal(&["blame", "s.enc.yaml"]).within("shallow").ok().text();
    let line = |path: &str| text.lines().find(|line| line.ends_with(path)).unwrap().to_owned();
    assert!(!line("db.user").starts_with('^') && line("api.k1").starts_with('^'), "{text}");
}

#[test]
fn what_cannot_be_blamed_is_refused() {
    let repo = Repo::new();
    repo.bed.write("plain.yaml", PLAIN);
    let whole = repo.bed.text("s.enc.yaml");
    repo.bed.write("broken.yaml", &whole[..whole.len() / 3]);
    for (file, code) in [("plain.yaml", 204), ("broken.yaml", 2), ("none.yaml", 100), ("/etc/hostname", 2)] {
        let done = repo.seal(&["blame", file]).fails(code);
        assert_silent(&done, &["BASEPW"]);
    }
    let outside = repo.bed.seal(&["blame", "x"]).within("../home").done();
    assert_eq!(outside.code, Some(2), "{outside}");
}
