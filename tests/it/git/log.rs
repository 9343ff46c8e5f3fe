//! `seal log`: which commits, with which changes.

use super::bed::{PLAIN, Repo, assert_silent, changed_lines};
use serde_json::Value;
use std::fs;

/// What `seal log` prints with these arguments.
fn log(repo: &Repo, args: &[&str]) -> String {
    repo.seal(&[&["log"], args].concat()).ok().text()
}

/// The subjects of the commits that are shown.
fn subjects(text: &str) -> Vec<&str> {
    let mut subjects = Vec::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        if line.starts_with("Date: ") {
            lines.next();
            subjects.extend(lines.next().and_then(|line| line.strip_prefix("    ")));
        }
    }
    subjects
}

/// A repository with four commits, one of which is of no concern.
fn four() -> Repo {
    let repo = Repo::new();
    repo.set("s.enc.yaml", "db.password", "SECONDPW");
    repo.bed.write("README", "text");
    repo.commit("words");
    repo.set("s.enc.yaml", "api.k3", "THIRD");
    repo
}

#[test]
fn commits_are_listed_with_the_key_paths_that_they_changed() {
    let repo = four();
    for key in [Some("k1"), None] {
        let done = repo.seal_as(key, &["log"]).ok();
        assert_silent(&done, &["SECONDPW", "THIRD", "BASEPW"]);
        let text = done.text();
        assert_eq!(subjects(&text), ["set api.k3", "set db.password", "first"]);
        let lines: Vec<&str> = text.lines().collect();
        assert!(lines[0].starts_with("commit ") && lines[0].len() == 47, "{text}");
        assert_eq!(lines[1..4], ["Author: a <a@example.org>", "Date:   2026-01-02T03:04:05Z", ""]);
        assert_eq!(lines[4..8], ["    set api.k3", "", "    s.enc.yaml", "      + api.k3"]);
        assert_eq!(lines[8..10], ["", lines[9]]);
        assert!(text.contains("    s.enc.yaml (new)\n      + db.password\n"), "{text}");
        assert_eq!(done.stderr.contains("some versions were not decrypted"), key.is_none(), "{done}");
    }
}

#[test]
fn patches_show_lines_and_no_values_unless_asked() {
    let repo = four();
    let done = repo.seal(&["log", "-p"]).ok();
    assert_silent(&done, &["SECONDPW", "THIRD", "BASEPW", "lastmodified"]);
    assert!(done.text().contains("+    k3: ENC<str ~"), "{done}");
    let text = log(&repo, &["-p", "--show", "plain", "-n", "3"]);
    assert_eq!(changed_lines(&text), ["+    k3: THIRD", "-    password: BASEPW", "+    password: SECONDPW"]);
    let done = repo.seal(&["log", "-p", "--show", "masked"]).ok();
    assert_silent(&done, &["SECONDPW", "THIRD", "BASEPW"]);
    assert!(done.text().contains("+    k3: ENC<str #"), "{done}");
    // Each commit is compared with its parent as `seal diff` compares them.
    let diff = repo.seal(&["diff", "HEAD~1", "HEAD", "--show", "masked"]).ok().text();
    assert!(done.text().contains(&diff), "{diff}\n{done}");
    repo.assert_no_leak(&["SECONDPW", "THIRD"]);
}

#[test]
fn commits_are_picked_as_git_picks_them() {
    let repo = four();
    repo.bed.write("d/other.enc.yaml", PLAIN);
    repo.seal(&["encrypt", "-i", "d/other.enc.yaml"]).ok();
    let run = repo.git(&["add", "-A"]);
    run.ok();
    let run = repo.git(&["commit", "-q", "-m", "Other\n\nThe body."]);
    run.env("GIT_AUTHOR_NAME", "Zoe")
        .env("GIT_COMMITTER_NAME", "Zed")
        .env("GIT_COMMITTER_DATE", "2026-03-01T00:00:00Z")
        .ok();
    repo.git(&["tag", "tip"]).ok();
    repo.git(&["branch", "topic", "HEAD~3"]).ok();
    let all = ["Other", "set api.k3", "set db.password", "first"];
    for (args, wanted) in [
        (&[][..], &all[..]),
        (&["--reverse"], &["first", "set db.password", "set api.k3", "Other"]),
        (&["-n", "1"], &all[..1]),
        (&["--max-count=2", "--skip=1"], &["set api.k3"]),
        (&["--author", "zoe", "-i"], &["Other"]),
        (&["--author", "zoe"], &[]),
        (&["--committer", "Zed"], &["Other"]),
        (&["--grep", "api"], &["set api.k3"]),
        (&["--since", "2026-02-01"], &["Other"]),
        (&["--until", "2026-02-01", "--grep", "first"], &["first"]),
        (&["topic"], &["set db.password", "first"]),
        (&["topic..tip"], &["Other", "set api.k3"]),
        (&["tip", "^topic"], &["Other", "set api.k3"]),
        (&["--all", "--author", "Zoe"], &["Other"]),
        (&["--tags", "--remotes", "--max-count=1"], &["Other"]),
        (&["--branches", "--grep", "first"], &["first"]),
        (&["--merges"], &[]),
        (&["--no-merges"], &all),
        (&["--first-parent"], &all),
        (&["--", "d"], &["Other"]),
        (&["--", "s.enc.yaml"], &all[1..]),
        (&["--", "README"], &[]),
    ] {
        let text = log(&repo, args);
        assert_eq!(subjects(&text), wanted, "{args:?}");
    }
    assert_eq!(subjects(&repo.seal(&["log", "--", "other.enc.yaml"]).within("d").ok().text()), ["Other"]);
    // The whole message stands above a patch.
    assert!(log(&repo, &["-p", "-n", "1"]).contains("    Other\n\n    The body.\n"));
}

#[test]
fn options_of_git_that_do_more_are_refused() {
    let repo = four();
    for option in [
        "--output=x",
        "--ext-diff",
        "--textconv",
        "--exec=x",
        "--show-signature",
        "--format=%B",
        "--stdin",
        "-L1,2:x",
    ] {
        let done = repo.seal(&["log", option]).done();
        assert!(done.code == Some(1) && done.stdout.is_empty(), "{done}");
    }
    // What is given to an allowed option stays with it.
    assert_eq!(log(&repo, &["--author=--output=x"]), "");
    assert!(!repo.bed.path("x").exists());
}

#[test]
fn values_are_searched_for() {
    let repo = four();
    repo.set("s.enc.yaml", "db.password", "LASTPW");
    for (text, wanted) in [
        ("SECONDPW", &["set db.password", "set db.password"][..]),
        ("LASTPW", &["set db.password"]),
        ("BASEPW", &["set db.password", "first"]),
        ("not there", &[]),
    ] {
        let done = repo.seal(&["log", "-S", text]).ok();
        assert_eq!(subjects(&done.text()), wanted, "{text}");
        assert_silent(&done, &[text]);
    }
    let patch = log(&repo, &["-S", "LASTPW", "-p", "--show", "plain"]);
    assert_eq!(changed_lines(&patch), ["-    password: SECONDPW", "+    password: LASTPW"]);
    let done = repo.seal_as(None, &["log", "-S", "LASTPW"]).ok();
    assert!(done.text().is_empty() && done.stderr.contains("some versions were not decrypted"), "{done}");
    assert_eq!(repo.seal(&["log", "-S", ""]).done().code, Some(1));
}

#[test]
fn merges_are_shown_for_what_is_theirs() {
    let repo = Repo::new();
    repo.branch("side", "HEAD", |repo| {
        repo.seal(&["set", "s.enc.yaml", "api.k1", "SIDE"]).ok();
    });
    repo.set("s.enc.yaml", "db.password", "MAIN");
    // A merge that takes a side as it is, and puts in a value that nobody had.
    repo.git(&["merge", "-q", "--no-commit", "-s", "ours", "side"]).ok();
    repo.commit("plain merge");
    assert_eq!(subjects(&log(&repo, &[])), ["set db.password", "on side", "first"]);
    repo.branch("other", "HEAD~1", |repo| {
        repo.seal(&["set", "s.enc.yaml", "api.k2", "OTHER"]).ok();
    });
    repo.git(&["merge", "-q", "--no-commit", "-s", "ours", "other"]).ok();
    repo.seal(&["set", "s.enc.yaml", "db.user", "EVIL"]).ok();
    repo.commit("evil merge");
    let text = log(&repo, &["-n", "1"]);
    assert_eq!(subjects(&text), ["evil merge"]);
    assert!(text.contains("\nMerge:  ") && text.contains("~ db.user\n      note: a merge"), "{text}");
    assert_eq!(subjects(&log(&repo, &["--merges"])), ["evil merge"]);
    let along = log(&repo, &["--first-parent"]);
    assert_eq!(subjects(&along), ["evil merge", "set db.password", "first"]);
}

/// T7, in this engine.
#[test]
fn t07_every_version_of_a_history_is_shown() {
    let repo = Repo::new();
    let whole = repo.bed.text("s.enc.yaml");
    let commit = |name: &str, text: &str| {
        repo.bed.write("s.enc.yaml", text);
        repo.commit(name);
    };
    commit("plain", PLAIN);
    commit("truncated", &whole[..whole.len() / 3]);
    commit("markers", &whole.replacen("    user:", "<<<<<<< a\n    user: x\n=======\n    user:", 1));
    commit(
        "bad MAC",
        &whole.lines().filter(|l| !l.contains("k1:")).map(|l| format!("{l}\n")).collect::<String>(),
    );
    commit("empty", "");
    commit("whole", &whole);
    let line = |name: &str| whole.lines().find(|line| line.contains(name)).unwrap();
    commit("copied", &whole.replace(line("k1:"), &line("user:").replace("user", "k1")));
    commit("back", &whole);
    repo.write_rule(&["k2"]);
    repo.seal(&["updatekeys", "-y", "s.enc.yaml"]).ok();
    repo.commit("other recipients");
    let wanted = [
        "other recipients",
        "back",
        "copied",
        "whole",
        "empty",
        "bad MAC",
        "markers",
        "truncated",
        "plain",
        "first",
    ];
    for args in [
        &["-p"][..],
        &["-p", "--show", "plain"],
        &["-p", "--show", "masked"],
        &["--show", "structure"],
        &["--show", "keys"],
        &[],
        &["--reverse"],
    ] {
        for key in [Some("k1"), None] {
            let done = repo.seal_as(key, &[&["log"], args].concat()).ok();
            let text = done.text();
            let mut found = subjects(&text);
            if args.contains(&"--reverse") {
                found.reverse();
            }
            assert_eq!(found, wanted, "{args:?}");
            let is_plain = args.contains(&"plain");
            if !is_plain {
                assert_silent(&done, &["BASEPW", "w1"]);
            }
            if is_plain && key.is_some() {
                assert!(text.contains("MAC MISMATCH") && text.contains("ENC<str !"), "{text}");
            }
            if args == ["-p"] {
                assert!(text.contains("NOT ENCRYPTED"), "{text}");
            }
        }
    }
}

#[test]
fn files_are_followed_to_their_other_name_within_a_commit() {
    let repo = Repo::new();
    repo.git(&["mv", "s.enc.yaml", "t.enc.yaml"]).ok();
    repo.set("t.enc.yaml", "db.password", "NEWPW");
    let text = log(&repo, &["-n", "1"]);
    assert!(text.contains("    t.enc.yaml (renamed from s.enc.yaml)\n      ~ db.password\n\n"), "{text}");
    assert!(!text.contains("deleted"), "{text}");
}

#[test]
fn words_of_commits_steer_no_terminal() {
    let repo = Repo::new();
    repo.seal(&["set", "s.enc.yaml", "db.user", "x"]).ok();
    repo.git(&["add", "-A"]).ok();
    let message = "\x1b[31mred\u{202e}\n\ncommit 0000\n:100644 100644 a b M\nbody\x07";
    repo.git(&["commit", "-q", "-m", message]).env("GIT_AUTHOR_NAME", "A\x1b[1m").ok();
    for args in [&["log"][..], &["log", "-p"], &["log", "--json"], &["blame", "s.enc.yaml"]] {
        let done = repo.seal(args).ok();
        let text = done.text();
        assert!(!text.contains(['\x1b', '\x07', '\u{202e}']), "{done}");
        assert!(text.contains("1m"), "{done}");
    }
    assert_eq!(subjects(&log(&repo, &[])).len(), 2);
}

#[test]
fn data_has_commits_and_their_changes() {
    let repo = four();
    let done = repo.seal(&["log", "--json", "-n", "3"]).ok();
    assert_silent(&done, &["SECONDPW", "THIRD"]);
    let data: Value = serde_json::from_slice(&done.stdout).unwrap();
    let commits = data["commits"].as_array().unwrap();
    assert_eq!(commits.len(), 2, "{data}");
    let head = repo.git(&["rev-parse", "HEAD"]).ok().text();
    assert_eq!(commits[0]["commit"], head.trim());
    assert_eq!((&commits[0]["author"], &commits[0]["date"]), (&"a".into(), &"2026-01-02T03:04:05Z".into()));
    let file = &commits[0]["files"][0];
    assert_eq!((&file["name"], &file["changes"][0]["path"]), (&"s.enc.yaml".into(), &"api.k3".into()));
}

/// P1: the number of programs does not grow with the history.
#[test]
fn p01_a_history_takes_a_few_programs() {
    let count = |commits: usize| {
        let repo = Repo::new();
        for n in 0..commits {
            repo.set("s.enc.yaml", "db.password", &format!("pw{n}"));
        }
        let trace = repo.bed.home().join("trace");
        let _ = fs::remove_file(&trace);
        for args in [&["log", "-p", "--show", "plain"][..], &["log"], &["blame", "s.enc.yaml"]] {
            repo.seal(args).env("GIT_TRACE2_EVENT", &trace).ok();
        }
        let text = fs::read_to_string(&trace).unwrap();
        // No `git` starts anything.
        assert!(!text.contains("\"child_start\""), "{text}");
        text.matches("\"event\":\"start\"").count()
    };
    let (few, many) = (count(1), count(6));
    assert!(few == many && many <= 18, "{few} {many}");
}

/// The history of real sops is read as ours is.
#[test]
fn files_of_sops_are_shown() {
    let repo = Repo::empty();
    repo.configure("*.enc.*");
    let sops = crate::peers::sops_binary();
    for (n, word) in ["ONE", "TWO"].iter().enumerate() {
        repo.bed.write("s.enc.yaml", PLAIN.replace("BASEPW", word));
        repo.run(&sops, &["encrypt", "-i", "s.enc.yaml"]).ok();
        repo.commit(&format!("{n}"));
    }
    let text = log(&repo, &["-p", "-n", "1", "--show", "plain"]);
    let lines = changed_lines(&text);
    // Every file of it has another data key.
    assert_eq!(lines[..2], ["-    password: ONE", "+    password: TWO"]);
    assert!(lines.len() == 4 && lines[3].contains("data key #"), "{text}");
    let keys = log(&repo, &["-n", "1"]);
    assert!(keys.contains("      ~ db.password\n      data key rotated\n\n"), "{keys}");
}
