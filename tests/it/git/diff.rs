//! `seal diff`: forms, states of files, exit codes.

use super::bed::{PLAIN, Repo, assert_silent, changed_lines};
use std::fs;

/// What `seal diff` prints with these arguments.
fn diff(repo: &Repo, args: &[&str]) -> String {
    repo.seal(&[&["diff"], args].concat()).ok().text()
}

/// A repository with two commits, which differ in `db.password`.
fn two() -> Repo {
    let repo = Repo::new();
    repo.set("s.enc.yaml", "db.password", "NEWPW");
    repo
}

#[test]
fn values_are_digests_unless_they_are_asked_for() {
    let repo = two();
    for key in [Some("k1"), None] {
        let done = repo.seal_as(key, &["diff", "HEAD~1", "HEAD"]).ok();
        assert_silent(&done, &["BASEPW", "NEWPW", "lastmodified", "mac", "enc:"]);
        let lines = changed_lines(&done.text());
        assert_eq!(lines.len(), 2, "{done}");
        for (line, sign) in lines.iter().zip(["-", "+"]) {
            let digest = line.strip_prefix(&format!("{sign}    password: ENC<str ~")).unwrap();
            assert!(digest.len() == 11 && digest.ends_with('>'), "{line}");
        }
    }
    let lines = changed_lines(&diff(&repo, &["HEAD~1", "HEAD", "--show", "plain"]));
    assert_eq!(lines, ["-    password: BASEPW", "+    password: NEWPW"]);
    let done = repo.seal(&["diff", "HEAD~1", "HEAD", "--show", "masked"]).ok();
    assert_silent(&done, &["BASEPW", "NEWPW"]);
    let lines = changed_lines(&done.text());
    assert!(lines.len() == 2 && lines.iter().all(|line| line.contains("password: ENC<str #")), "{done}");
    assert_eq!(diff(&repo, &["HEAD~1", "HEAD", "--show", "keys"]), "s.enc.yaml\n  ~ db.password\n");
    // The variable stands for the flag.
    let shown = repo.seal(&["diff", "HEAD~1..HEAD"]).env("SEAL_GIT_SHOW", "plain").ok();
    assert!(shown.text().contains("NEWPW"), "{shown}");
    repo.assert_no_leak(&["BASEPW", "NEWPW"]);
}

#[test]
fn every_pair_of_states_can_be_compared() {
    let repo = two();
    repo.branch("side", "HEAD~1", |repo| {
        repo.seal(&["set", "s.enc.yaml", "api.k1", "SIDE"]).ok();
    });
    repo.seal(&["set", "s.enc.yaml", "api.k1", "STAGED"]).ok();
    repo.git(&["add", "-A"]).ok();
    repo.seal(&["set", "s.enc.yaml", "api.k2", "LOOSE"]).ok();
    for (args, paths) in [
        (&[][..], &["~ api.k2"][..]),
        (&["--staged"], &["~ api.k1"]),
        (&["--cached", "HEAD~1"], &["~ db.password", "~ api.k1"]),
        (&["HEAD"], &["~ api.k1", "~ api.k2"]),
        (&["HEAD~1"], &["~ db.password", "~ api.k1", "~ api.k2"]),
        (&["HEAD~1", "HEAD"], &["~ db.password"]),
        (&["HEAD~1..HEAD"], &["~ db.password"]),
        (&["side..main"], &["~ db.password", "~ api.k1"]),
        (&["side..."], &["~ db.password"]),
        (&["main...side"], &["~ api.k1"]),
        (&["HEAD", "HEAD"], &[]),
    ] {
        let text = diff(&repo, &[args, &["--show", "keys"]].concat());
        let mut wanted: Vec<String> = paths.iter().map(|path| format!("  {path}")).collect();
        if !paths.is_empty() {
            wanted.insert(0, "s.enc.yaml".to_owned());
        }
        assert_eq!(text.lines().collect::<Vec<_>>(), wanted, "{args:?}");
    }
}

#[test]
fn paths_limit_what_is_compared_from_any_folder() {
    let repo = two();
    repo.bed.write("d/e.enc.yaml", PLAIN);
    repo.seal(&["encrypt", "-i", "d/e.enc.yaml"]).ok();
    repo.commit("another");
    repo.seal(&["set", "d/e.enc.yaml", "api.k1", "x"]).ok();
    repo.seal(&["set", "s.enc.yaml", "api.k1", "x"]).ok();
    let names = |text: String| -> Vec<String> {
        text.lines().filter(|line| !line.starts_with(' ')).map(str::to_owned).collect()
    };
    let args = ["diff", "--show", "keys"];
    assert_eq!(names(repo.seal(&args).within("d").ok().text()), ["d/e.enc.yaml", "s.enc.yaml"]);
    let limited = [&args[..], &["--", "e.enc.yaml"]].concat();
    assert_eq!(names(repo.seal(&limited).within("d").ok().text()), ["d/e.enc.yaml"]);
    assert_eq!(names(diff(&repo, &["--show", "keys", "--", "s.enc.yaml", "none"])), ["s.enc.yaml"]);
}

#[test]
fn changes_are_told_by_key_path() {
    let repo = Repo::new();
    repo.seal(&["set", "s.enc.yaml", "db.password", "NEWPW"]).ok();
    repo.seal(&["set", "s.enc.yaml", "api.k3", "added"]).ok();
    repo.seal(&["unset", "s.enc.yaml", "db.user"]).ok();
    let script = "sed -i -e 's/^api:/service:/' -e 's/- h0/- first\\n    - h0/' \"$1\"";
    repo.seal(&["edit", "s.enc.yaml"]).env("SEAL_EDITOR", editor(&repo, script)).ok();
    let text = diff(&repo, &["--show", "keys"]);
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(
        lines,
        [
            "s.enc.yaml",
            "  ~ db.password",
            "  - db.user",
            "  > api.k1 -> service.k1",
            "  > api.k2 -> service.k2",
            "  + service.k3",
            "  + hosts[0]",
        ],
        "{text}"
    );
    // Without a key the same, but for what only the values tell.
    let closed = repo.seal_as(None, &["diff", "--show", "keys"]).ok().text();
    assert!(closed.contains("  ~ db.password\n") && closed.contains("  + hosts[0]\n"), "{closed}");
    assert!(closed.contains("  - api.k1\n") && closed.contains("note: not decrypted: no key"), "{closed}");
}

/// An editor that is a script for the shell.
fn editor(repo: &Repo, script: &str) -> String {
    use std::os::unix::fs::PermissionsExt as _;
    let path = repo.bed.home().join("editor");
    fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    path.to_str().unwrap().to_owned()
}

#[test]
fn recipients_rules_and_data_keys_are_told() {
    let repo = Repo::new();
    repo.write_rule(&["k1", "k2"]);
    repo.seal(&["updatekeys", "-y", "s.enc.yaml"]).ok();
    let text = diff(&repo, &["--show", "keys"]);
    assert_eq!(text, format!("s.enc.yaml\n  recipient + age {}\n", repo.recipient("k2")));
    let lines = changed_lines(&diff(&repo, &["--show", "structure"]));
    assert_eq!(lines, [format!("+# seal: recipient age {}", repo.recipient("k2"))]);
    repo.commit("k2");
    repo.seal(&["rotate", "-i", "s.enc.yaml"]).ok();
    assert_eq!(diff(&repo, &["--show", "keys"]), "s.enc.yaml\n  data key rotated\n");
    // The mask is the same for both sides, so that no value seems to be another.
    for show in ["masked", "plain"] {
        let lines = changed_lines(&diff(&repo, &["--show", show]));
        assert!(lines.len() == 2 && lines.iter().all(|line| line.contains("seal: data key #")), "{lines:?}");
    }
    let closed = repo.seal_as(None, &["diff", "--show", "keys"]).ok().text();
    assert!(closed.contains("  data key rotated\n") && closed.contains("  ~ db.password\n"), "{closed}");
    repo.commit("rotated");
    let plain = repo.bed.write("r.enc.yaml", "data:\n    a: 1\nb: 2\n");
    repo.seal(&["encrypt", "-i", "--encrypted-regex", "^(data|stringData)$", plain.to_str().unwrap()]).ok();
    repo.commit("ruled");
    repo.bed.write("r.enc.yaml", "data:\n    a: 1\nb: 2\n");
    repo.seal(&["encrypt", "-i", "r.enc.yaml"]).ok();
    let text = diff(&repo, &["--show", "keys"]);
    assert!(text.contains("  ~ b (now encrypted)\n"), "{text}");
    assert!(text.contains("  rule - encrypted_regex=^(data|stringData)$\n"), "{text}");
}

#[test]
fn a_side_that_cannot_be_decrypted_takes_the_other_with_it() {
    let repo = Repo::new();
    repo.write_rule(&["k2"]);
    repo.seal(&["updatekeys", "-y", "s.enc.yaml"]).ok();
    repo.commit("k2 only");
    repo.seal_as(Some("k2"), &["set", "s.enc.yaml", "db.password", "NEWPW"]).ok();
    repo.commit("set");
    for show in ["plain", "masked"] {
        for (key, range) in [(Some("k1"), "HEAD~2..HEAD"), (None, "HEAD~1..HEAD")] {
            let done = repo.seal_as(key, &["diff", range, "--show", show]).ok();
            assert_silent(&done, &["BASEPW", "NEWPW"]);
            let text = done.text();
            assert!(text.contains("note: not decrypted: no key"), "{show}: {text}");
            assert!(
                text.contains("-    password: ENC<str ~") && text.contains("+    password: ENC<str ~"),
                "{text}"
            );
        }
    }
    let lines = repo.seal_as(Some("k2"), &["diff", "HEAD~1..HEAD", "--show", "plain"]).ok().text();
    assert_eq!(changed_lines(&lines), ["-    password: BASEPW", "+    password: NEWPW"]);
}

#[test]
fn files_come_go_and_are_renamed() {
    let repo = Repo::new();
    for name in ["gone.enc.json", "old.enc.env"] {
        let text = if name.ends_with("json") { "{\"a\": \"GONE\"}" } else { "A=OLDVAL\nB=2\nC=3\n" };
        repo.bed.write(name, text);
        repo.seal(&["encrypt", "-i", name]).ok();
    }
    repo.commit("more");
    fs::remove_file(repo.bed.path("gone.enc.json")).unwrap();
    repo.git(&["mv", "old.enc.env", "new.enc.env"]).ok();
    repo.seal(&["set", "new.enc.env", "B", "two"]).ok();
    repo.bed.write("come.enc.ini", "[s]\na = COME\n");
    repo.seal(&["encrypt", "-i", "come.enc.ini"]).ok();
    repo.commit("all");
    let text = diff(&repo, &["HEAD~1", "HEAD", "--show", "keys"]);
    assert_eq!(
        text,
        "come.enc.ini (new)\n  + s.a\ngone.enc.json (deleted)\n  - a\nnew.enc.env (renamed from old.enc.env)\n  ~ B\n"
    );
    let text = diff(&repo, &["HEAD~1", "HEAD"]);
    for line in [
        "new file",
        "--- /dev/null\n+++ b/come.enc.ini",
        "deleted file",
        "--- a/gone.enc.json\n+++ /dev/null",
        "rename from old.enc.env\nrename to new.enc.env",
    ] {
        assert!(text.contains(line), "{line}: {text}");
    }
    for word in ["COME", "GONE", "OLDVAL", "two"] {
        assert!(!text.contains(word), "{text}");
    }
    // The worktree against a commit, too.
    repo.git(&["reset", "-q", "--soft", "HEAD~1"]).ok();
    let text = diff(&repo, &["HEAD", "--show", "keys"]);
    assert!(text.contains("new.enc.env (renamed from old.enc.env)\n  ~ B\n"), "{text}");
}

#[test]
fn versions_in_clear_are_told_and_hidden() {
    let repo = Repo::new();
    repo.bed.write("s.enc.yaml", PLAIN);
    let done = repo.seal(&["diff"]).ok();
    assert_silent(&done, &["BASEPW", "w1"]);
    assert!(done.text().contains("note: the new version is NOT ENCRYPTED\n"), "{done}");
    assert!(done.text().contains("+    password: PLAIN<str>\n"), "{done}");
    let keys = diff(&repo, &["--show", "keys"]);
    assert!(keys.contains("  ~ db.password (now in clear)\n"), "{keys}");
    let shown = diff(&repo, &["--show", "plain"]);
    assert!(shown.contains(" NOT ENCRYPTED") && !shown.contains("-    password"), "{shown}");
    // Git need not know that the file should be encrypted.
    fs::remove_file(repo.bed.path(".git/info/attributes")).unwrap();
    let done = repo.seal(&["diff"]).ok();
    assert!(done.text().contains("+    password: PLAIN<str>\n"), "{done}");
    // A file that is in clear on both sides is no matter of this command, unless Git is told so.
    repo.commit("plain");
    repo.bed.write("s.enc.yaml", PLAIN.replace("BASEPW", "NEWPW"));
    repo.bed.write("README", "BASEPW");
    repo.commit("plain, too");
    assert_eq!(diff(&repo, &["HEAD~1", "HEAD"]), "");
    fs::write(repo.bed.path(".git/info/attributes"), "*.enc.yaml diff=seal\n").unwrap();
    let done = repo.seal(&["diff", "HEAD~1", "HEAD", "--show", "keys"]).ok();
    assert!(done.text().contains("s.enc.yaml\n  ~ db.password\n"), "{done}");
    assert_silent(&done, &["BASEPW", "NEWPW", "README"]);
}

#[test]
fn broken_versions_are_shown_as_far_as_they_go() {
    let repo = Repo::new();
    let whole = repo.bed.text("s.enc.yaml");
    let cut = whole.find("    unencrypted_suffix").unwrap_or(whole.len() - 40);
    for (name, text) in [
        ("truncated", whole[..cut - 30].to_owned()),
        ("marked", whole.replacen("    user:", "<<<<<<< ours\n    user: x\n=======\n    user:", 1)),
        ("no YAML", format!("{whole}\n\t]")),
    ] {
        repo.bed.write("s.enc.yaml", &text);
        for args in [&["diff"][..], &["diff", "--show", "plain"], &["diff", "--show", "keys"]] {
            let done = repo.seal(args).ok();
            assert!(done.text().contains("s.enc.yaml"), "{name}: {done}");
            if !args.contains(&"plain") {
                assert_silent(&done, &["BASEPW"]);
            }
        }
        let keys = diff(&repo, &["--show", "keys"]);
        assert!(keys.contains("note: the new version cannot be read as an encrypted file"), "{name}: {keys}");
    }
    // A value removed by hand: it decrypts, and does not verify.
    let bad: String =
        whole.lines().filter(|line| !line.contains("k1:")).map(|line| format!("{line}\n")).collect();
    repo.bed.write("s.enc.yaml", bad);
    let text = diff(&repo, &["--show", "plain"]);
    assert!(text.contains("-    k1: w1\n") && text.contains("MAC MISMATCH"), "{text}");
    // A value moved by hand does not decrypt.
    let token = whole.lines().find(|line| line.contains("user:")).unwrap().split(": ").nth(1).unwrap();
    let moved: String = whole
        .lines()
        .map(|line| if line.contains("k1:") { format!("    k1: {token}\n") } else { format!("{line}\n") })
        .collect();
    repo.bed.write("s.enc.yaml", moved);
    let text = diff(&repo, &["--show", "plain"]);
    assert!(text.contains("-    k1: w1\n+    k1: ENC<str !"), "{text}");
}

#[test]
fn what_only_changes_with_every_write_is_no_difference() {
    let repo = Repo::new();
    let text = repo.bed.text("s.enc.yaml");
    let version = text.lines().find(|line| line.trim_start().starts_with("version:")).unwrap();
    repo.bed.write("s.enc.yaml", text.replace(version, "    version: 3.9.4"));
    assert_ne!(repo.bed.text("s.enc.yaml"), text);
    for show in ["plain", "masked", "structure", "keys"] {
        let done = repo.seal(&["diff", "--exit-code", "--show", show]).ok();
        assert_eq!(done.text(), "", "{show}");
    }
}
