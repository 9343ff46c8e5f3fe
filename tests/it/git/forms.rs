//! `seal diff`: Markdown, JSON, exit codes, formats of files, hostile input, terminals.

use super::bed::{PLAIN, Repo, assert_silent, changed_lines};
use crate::bed::{program, testdata};
use serde_json::Value;
use std::ffi::OsString;
use std::fs;
use std::os::unix::ffi::OsStringExt as _;

fn two() -> Repo {
    let repo = Repo::new();
    repo.set("s.enc.yaml", "db.password", "NEWPW");
    repo
}

fn json(repo: &Repo, args: &[&str]) -> Value {
    let done = repo.seal(&[&["diff", "--format", "json"], args].concat()).ok();
    serde_json::from_slice(&done.stdout).unwrap_or_else(|_| panic!("{done}"))
}

#[test]
fn markdown_is_a_folded_table_without_values() {
    let repo = two();
    let done =
        repo.seal(&["diff", "HEAD~1", "HEAD", "--format", "markdown"]).env("SEAL_GIT_SHOW", "masked").ok();
    assert_silent(&done, &["NEWPW", "BASEPW"]);
    assert_eq!(
        done.text(),
        "<details><summary><code>s.enc.yaml</code>: 1 change</summary>\n\n\
         | change | key path | type |\n| --- | --- | --- |\n| changed | `db.password` | str |\n\n</details>\n\n"
    );
    let done = repo.seal(&["diff", "HEAD~1", "HEAD", "--format", "markdown", "--show", "plain"]).ok();
    assert!(done.text().contains("| changed | `db.password` | str | `BASEPW` | `NEWPW` |\n"), "{done}");
    let nothing = repo.seal(&["diff", "--format", "markdown"]).ok();
    assert_eq!(nothing.text(), "No encrypted file was changed.\n");
}

#[test]
fn markdown_is_cut_where_forges_refuse_it() {
    let repo = Repo::new();
    let entries: String = (0..3000).map(|n| format!("key_{n:04}_of_many: v\n")).collect();
    for name in ["big.enc.yaml", "second.enc.yaml"] {
        repo.bed.write(name, &entries);
        repo.seal(&["encrypt", "-i", name]).ok();
    }
    repo.git(&["add", "-A"]).ok();
    let text = repo.seal(&["diff", "--staged", "--format", "markdown"]).ok().text();
    assert!(text.chars().count() <= 60_000, "{}", text.chars().count());
    let cut = text.lines().find(|line| line.ends_with("more changes are not shown.")).unwrap();
    let shown = text.matches("| added | `key_").count();
    assert_eq!(cut, format!("{} more changes are not shown.", 3000 - shown));
    assert!(text.ends_with("1 more changed file is not shown.\n"), "{}", &text[text.len() - 200..]);
}

#[test]
fn data_has_values_only_on_request() {
    let repo = two();
    repo.write_rule(&["k1", "k2"]);
    repo.seal(&["updatekeys", "-y", "s.enc.yaml"]).ok();
    repo.commit("k2");
    let file = &json(&repo, &["HEAD~2", "HEAD"])["files"][0];
    assert_eq!((&file["name"], &file["status"]), (&"s.enc.yaml".into(), &"modified".into()));
    let change = &file["changes"][0];
    assert_eq!((&change["change"], &change["path"]), (&"changed".into(), &"db.password".into()));
    assert_eq!(change["type"], "str");
    assert!(change["old"].as_str().unwrap().starts_with("ENC<str ~"), "{file}");
    assert_eq!(file["settings"][0]["text"], format!("age {}", repo.recipient("k2")));
    assert_eq!((&file["data_key_rotated"], &file["decrypted"]), (&false.into(), &false.into()));
    let plain = &json(&repo, &["HEAD~2", "HEAD", "--show", "plain"])["files"][0]["changes"][0];
    assert_eq!((&plain["old"], &plain["new"]), (&"BASEPW".into(), &"NEWPW".into()));
    let keys = &json(&repo, &["HEAD~2", "HEAD", "--show", "keys"])["files"][0]["changes"][0];
    assert!(keys.get("old").is_none() && keys.get("new").is_none(), "{keys}");
    // The flag of all commands asks for data, too.
    let done = repo.seal(&["diff", "--json", "HEAD~2", "HEAD", "--show", "masked"]).ok();
    let masked: Value = serde_json::from_slice(&done.stdout).unwrap();
    let new = masked["files"][0]["changes"][0]["new"].as_str().unwrap();
    // The mask is that of the text.
    let text = repo.seal(&["diff", "HEAD~2", "HEAD", "--show", "masked"]).ok().text();
    assert!(
        new.starts_with("ENC<str #") && text.contains(&format!("+    password: {new}\n")),
        "{new} {text}"
    );
}

#[test]
fn the_exit_code_tells_of_differences_if_asked() {
    let repo = two();
    for (args, code) in [
        (&["--exit-code"][..], 0),
        (&["HEAD~1", "HEAD"], 0),
        (&["--exit-code", "HEAD~1", "HEAD"], 1),
        (&["--exit-code", "HEAD~1", "HEAD", "--", "README"], 0),
        (&["--exit-code", "HEAD~1", "HEAD", "--format", "json"], 1),
        (&["--exit-code", "HEAD~1", "HEAD", "--show", "keys"], 1),
    ] {
        let done = repo.seal(&[&["diff"], args].concat()).done();
        assert_eq!(done.code, Some(code), "{done}");
    }
    // Recipients alone.
    repo.write_rule(&["k1", "k2"]);
    repo.seal(&["updatekeys", "-y", "s.enc.yaml"]).ok();
    for show in ["plain", "masked", "structure", "keys"] {
        let done = repo.seal(&["diff", "--exit-code", "--show", show]).done();
        assert_eq!(done.code, Some(1), "{done}");
    }
    // The layout alone.
    repo.git(&["checkout", "-q", "."]).ok();
    let text = repo.bed.text("s.enc.yaml");
    repo.bed.write("s.enc.yaml", format!("---\n{text}"));
    let done = repo.seal(&["diff", "--exit-code", "--show", "keys"]).done();
    assert_eq!((done.code, done.text().as_str()), (Some(1), "s.enc.yaml\n  comments or layout\n"), "{done}");
}

#[test]
fn what_is_no_revision_is_refused() {
    let repo = two();
    for args in [
        &["diff", "nothing-of-the-kind"][..],
        &["diff", "HEAD", "HEAD", "HEAD"],
        &["diff", "--staged", "HEAD", "HEAD"],
        &["diff", "HEAD..nothing"],
        &["log", "nothing..HEAD"],
    ] {
        let done = repo.seal(args).done();
        assert!(matches!(done.code, Some(1 | 2)) && done.stdout.is_empty(), "{done}");
        assert!(done.stderr.starts_with("error: "), "{done}");
    }
    // No option of Git gets through, and nothing is written.
    let before = repo.bed.snapshot();
    for word in ["--output=x", "--ext-diff", "--textconv", "-O/etc/passwd", "--no-index", "--stdin"] {
        for verb in ["diff", "log"] {
            let done = repo.seal(&[verb, word]).done();
            assert!(matches!(done.code, Some(1 | 2)), "{done}");
            let range = format!("..{word}");
            let done = repo.seal(&[verb, &range]).done();
            assert_eq!(done.code, Some(2), "{done}");
        }
    }
    assert_eq!(repo.bed.snapshot(), before);
    let outside = repo.seal(&["diff"]).env("GIT_DIR", "/nowhere").done();
    assert_eq!(outside.code, Some(2), "{outside}");
}

#[test]
fn every_format_of_files_is_compared() {
    let repo = Repo::new();
    fs::write(repo.bed.path(".sops.yaml"), format!("creation_rules:\n  - age: {}\n", repo.recipient("k1")))
        .unwrap();
    let files = [
        ("a.enc.json", "{\"db\": {\"pw\": \"OLDVAL\", \"n\": 1}}\n", "db.pw"),
        ("a.enc.env", "PW=OLDVAL\nN=1\n", "PW"),
        ("a.enc.ini", "[db]\npw = OLDVAL\nn = 1\n", "db.pw"),
        ("a.enc.toml", "[db]\npw = \"OLDVAL\"\nn = 1\n", "db.pw"),
    ];
    for (name, text, _) in files {
        repo.bed.write(name, text);
        repo.seal(&["encrypt", "-i", name]).ok();
    }
    repo.bed.write("a.enc.bin", b"\xff\x00OLDVAL");
    repo.seal(&["encrypt", "-i", "a.enc.bin"]).ok();
    repo.commit("files");
    for (name, _, path) in files {
        repo.seal(&["set", name, path, "NEWVAL"]).ok();
        let plain = repo.seal(&["diff", "--show", "plain", "--", name]).ok();
        let lines = changed_lines(&plain.text());
        assert!(lines.len() == 2 && lines[0].contains("OLDVAL") && lines[1].contains("NEWVAL"), "{plain}");
        let closed = repo.seal_as(None, &["diff", "--", name]).ok();
        assert_eq!(changed_lines(&closed.text()).len(), 2, "{closed}");
        assert_silent(&closed, &["OLDVAL", "NEWVAL"]);
        let keys = repo.seal(&["diff", "--show", "keys", "--", name]).ok().text();
        assert_eq!(keys, format!("{name}\n  ~ {path}\n"));
    }
    repo.bed.write("a.enc.bin", b"\xff\x00NEWVAL");
    repo.seal(&["encrypt", "-i", "a.enc.bin"]).ok();
    let shown = repo.seal(&["diff", "--show", "plain", "--", "a.enc.bin"]).ok();
    assert!(shown.text().contains("+BINARY<8 bytes #"), "{shown}");
    assert_silent(&shown, &["NEWVAL"]);
    assert!(repo.seal(&["diff", "--show", "keys", "--", "a.enc.bin"]).ok().text().contains("~ data"));
}

#[test]
fn a_repository_without_commits_is_no_trouble() {
    let repo = Repo::empty();
    for args in [&["diff"][..], &["diff", "--staged"], &["log"], &["log", "-p"], &["log", "--all"]] {
        assert_eq!(repo.seal(args).ok().text(), "", "{args:?}");
    }
    repo.bed.write("s.enc.yaml", PLAIN);
    repo.seal(&["encrypt", "-i", "s.enc.yaml"]).ok();
    repo.git(&["add", "-A"]).ok();
    let text = repo.seal(&["diff", "--staged", "--show", "keys"]).ok().text();
    assert!(text.starts_with("s.enc.yaml (new)\n  + db.password\n"), "{text}");
    assert_eq!(repo.seal(&["diff", "HEAD"]).done().code, Some(2));
}

#[test]
fn names_may_be_anything() {
    let repo = Repo::new();
    let names: Vec<OsString> = [
        &b"-x.enc.yaml"[..],
        b"--show=plain.enc.yaml",
        b"a b\n\x1b[31m.enc.yaml",
        b"\xff\xfe.enc.yaml",
        b"[s]*.enc.yaml",
    ]
    .into_iter()
    .map(|name| OsString::from_vec(name.to_vec()))
    .collect();
    let sealed = repo.bed.text("s.enc.yaml");
    for name in &names {
        fs::write(repo.bed.path("").join(name), &sealed).unwrap();
    }
    repo.commit("names");
    repo.seal(&["set", "s.enc.yaml", "db.password", "NEWPW"]).ok();
    let changed = repo.bed.text("s.enc.yaml");
    for name in &names {
        fs::write(repo.bed.path("").join(name), &changed).unwrap();
    }
    let done = repo.seal(&["diff", "--show", "keys"]).ok();
    assert_eq!(done.text().matches("  ~ db.password\n").count(), names.len() + 1, "{done}");
    assert!(!done.stdout.contains(&0x1b) && !done.stdout.contains(&0xff), "{done}");
    for name in &names {
        let args = [&["diff".into(), "--".into()][..], std::slice::from_ref(name)].concat();
        let done = repo.seal(&args).ok();
        assert_eq!(changed_lines(&done.text()).len(), 2, "{done}");
        assert_silent(&done, &["NEWPW", "\x1b"]);
    }
    for form in ["markdown", "json"] {
        let done = repo.seal(&["diff", "--format", form]).ok();
        assert!(!done.stdout.contains(&0x1b), "{done}");
    }
}

#[test]
fn values_and_keys_steer_no_terminal() {
    let repo = Repo::new();
    repo.bed.write("h.enc.yaml", "\"k\\e[31m|`x`\": \"a\\e[31m\\a\\u202Eb\\x9bc\"\n\"<b>\": 1\n");
    repo.seal(&["encrypt", "-i", "h.enc.yaml"]).ok();
    repo.git(&["add", "-A"]).ok();
    for args in [
        &["--show", "plain"][..],
        &["--show", "structure"],
        &["--show", "keys"],
        &["--format", "markdown", "--show", "plain"],
        &["--format", "json", "--show", "plain"],
    ] {
        let done = repo.seal(&[&["diff", "--staged"], args].concat()).ok();
        let text = done.text();
        assert!(!text.contains(['\x1b', '\x07', '\u{202e}', '\u{9b}']), "{done}");
        assert!(text.contains("31m"), "{done}");
    }
    let text = repo.seal(&["diff", "--staged", "--format", "markdown"]).ok().text();
    assert!(text.lines().any(|line| line.contains("\\|")), "{text}");
}

#[test]
fn a_conflict_is_shown_and_named() {
    let repo = Repo::new();
    repo.branch("side", "HEAD", |repo| {
        repo.seal(&["set", "s.enc.yaml", "db.password", "SIDE"]).ok();
    });
    repo.set("s.enc.yaml", "db.password", "MAIN");
    repo.git(&["-c", "merge.seal.driver=false", "merge", "side"]).done();
    for args in [&["diff"][..], &["diff", "--staged"], &["diff", "--show", "keys"]] {
        let done = repo.seal(args).ok();
        assert!(done.text().contains("note: the file is in conflict: seal git resolve"), "{done}");
        assert_silent(&done, &["SIDE", "MAIN", "BASEPW"]);
    }
}

#[test]
fn links_and_submodules_are_no_files() {
    let repo = Repo::new();
    fs::remove_file(repo.bed.path("s.enc.yaml")).unwrap();
    std::os::unix::fs::symlink("/etc/passwd", repo.bed.path("s.enc.yaml")).unwrap();
    let done = repo.seal(&["diff", "--show", "plain"]).ok();
    assert!(done.text().contains("note: the new version is not shown"), "{done}");
    assert_silent(&done, &["root:", "BASEPW"]);
}

/// Runs `seal` on a terminal.
fn at_terminal(repo: &Repo, args: &[&str], pager: &str, ci: &str) -> String {
    let typist = testdata().join("typist.py");
    let program = program();
    let all = [&[typist.to_str().unwrap(), "--", program.to_str().unwrap()], args].concat();
    let run = repo.run("python3", &all).env("TERM", "xterm").env("GIT_PAGER", pager).env("CI", ci);
    let key = fs::read_to_string(repo.identity("k1")).unwrap();
    run.env("NO_COLOR", "1").env("SOPS_AGE_KEY", key).ok().text()
}

#[test]
fn a_person_at_a_terminal_sees_values() {
    let repo = two();
    let args = ["diff", "HEAD~1", "HEAD"];
    for (pager, ci) in [("cat", ""), ("cat", "false"), ("sed s/^/P/", "")] {
        let text = at_terminal(&repo, &args, pager, ci);
        assert!(text.contains("-    password: BASEPW") && text.contains("+    password: NEWPW"), "{text}");
        assert_eq!(text.contains("P+    password: NEWPW"), pager != "cat", "{text}");
    }
    let text = at_terminal(&repo, &args, "cat", "true");
    assert!(!text.contains("NEWPW") && text.contains("password: ENC<str ~"), "{text}");
    // A pager that has enough ends the run.
    let text = at_terminal(&repo, &["log", "-p"], "head -n 1", "");
    assert!(text.trim().starts_with("commit ") && text.trim().lines().count() == 1, "{text}");
    // It gets no keys.
    let text = at_terminal(&repo, &args, "printenv SOPS_AGE_KEY || echo none; cat >/dev/null", "");
    assert_eq!(text.trim(), "none");
    // Tables and data are for programs.
    let text = at_terminal(&repo, &["diff", "HEAD~1", "HEAD", "--format", "markdown"], "cat", "");
    assert!(!text.contains("NEWPW"), "{text}");
}

#[test]
fn nothing_is_run_or_written() {
    let repo = two();
    let trap = |name: &str| format!("touch {}/{name};cat", repo.bed.home().display());
    for name in ["core.fsmonitor", "core.pager", "diff.external", "diff.seal.command", "diff.seal.textconv"] {
        repo.git(&["config", name, &trap(name)]).ok();
    }
    fs::write(repo.bed.path(".git/info/attributes"), "* diff=seal\n").unwrap();
    repo.seal(&["set", "s.enc.yaml", "db.user", "x"]).ok();
    let before = repo.bed.snapshot();
    for args in [
        &["diff", "--show", "plain"][..],
        &["diff", "HEAD~1", "--format", "json"],
        &["diff", "--staged"],
        &["log", "-p", "--show", "plain"],
        &["log", "-S", "NEWPW"],
        &["blame", "s.enc.yaml"],
    ] {
        let done = repo.seal(args).ok();
        repo.bed.assert_unchanged(&before, &done);
    }
}
