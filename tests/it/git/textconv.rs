//! Versions of encrypted files as Git shows them.

use super::bed::{Repo, assert_silent, changed_lines};
use crate::bed::Done;
use crate::peers::sops_binary;

/// Whether a text is `ENC<TYPE ~HHHHHHHHHH>`.
pub(super) fn is_digest(text: &str, kind: &str) -> bool {
    let inner = text.strip_prefix(&format!("ENC<{kind} ~")).and_then(|rest| rest.strip_suffix('>'));
    inner.is_some_and(|hex| {
        hex.len() == 10 && hex.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'a'..=b'f'))
    })
}

/// Whether the changed lines are one value of `key` on both sides, as digests.
fn is_digest_change(lines: &[String], key: &str) -> bool {
    let [old, new] = lines else { return false };
    [(old, '-'), (new, '+')].iter().all(|(line, sign)| {
        let value = line.strip_prefix(*sign).and_then(|line| line.trim().strip_prefix(&format!("{key}: ")));
        value.is_some_and(|value| is_digest(value, "str"))
    })
}

fn is_quiet(done: &Done) {
    assert_eq!(done.stderr, "", "{done}");
}

/// T1
#[test]
fn t01_a_diff_without_a_pager_shows_digests() {
    let repo = Repo::new();
    repo.seal(&["set", "s.enc.yaml", "db.password", "NEWPW"]).ok();
    let done = repo.git(&["diff"]).ok();
    let lines = changed_lines(&done.text());
    assert!(is_digest_change(&lines, "password"), "{done}");
    assert_silent(&done, &["BASEPW", "NEWPW", "mac", "lastmodified", "enc:"]);
    is_quiet(&done);
    let without_key = repo.git_as(None, &["diff"]).ok();
    assert_eq!(without_key.text(), done.text());
}

/// T2
#[test]
fn t02_a_diff_in_a_pager_shows_values() {
    let repo = Repo::new();
    repo.seal(&["set", "s.enc.yaml", "db.password", "NEWPW"]).ok();
    let plain = ["-    password: BASEPW", "+    password: NEWPW"];
    let diff = || repo.git(&["diff", "--no-color"]);
    for done in [
        diff().env("GIT_PAGER_IN_USE", "true").ok(),
        diff().env("GIT_PAGER_IN_USE", "1").env("CI", "false").ok(),
        diff().env("SEAL_GIT_SHOW", "plain").ok(),
        diff().env("SEAL_GIT_SHOW", "plain").env("CI", "true").ok(),
    ] {
        assert_eq!(changed_lines(&done.text()), plain);
        is_quiet(&done);
    }
    for done in [
        diff().env("GIT_PAGER_IN_USE", "true").env("CI", "true").ok(),
        diff().env("GIT_PAGER_IN_USE", "false").ok(),
        diff().env("GIT_PAGER_IN_USE", "true").env("SEAL_GIT_SHOW", "structure").ok(),
        diff().env("SEAL_GIT_SHOW", "plane").ok(),
    ] {
        assert_silent(&done, &["BASEPW", "NEWPW"]);
        assert!(is_digest_change(&changed_lines(&done.text()), "password"), "{done}");
    }
}

/// T6
#[test]
fn t06_a_log_without_a_key_shows_every_commit() {
    let repo = Repo::new();
    for value in ["PW1", "PW2", "PW3"] {
        repo.set("s.enc.yaml", "db.password", value);
    }
    let done = repo.git_as(None, &["log", "-p"]).env("GIT_PAGER_IN_USE", "true").ok();
    let text = done.text();
    assert_eq!(text.matches("\ncommit ").count() + 1, 4, "{done}");
    assert!(text.contains("# seal: not decrypted: no key\n"), "{done}");
    assert_silent(&done, &["BASEPW", "PW1", "PW2", "PW3"]);
    is_quiet(&done);
    // Who wants to know why is told, on standard error.
    let told = repo.git_as(None, &["show"]).env("GIT_PAGER_IN_USE", "1").env("SEAL_LOG", "1").ok();
    assert!(told.stderr.contains("not decrypted: no key"), "{told}");
}

/// T8
#[test]
fn t08_only_what_means_something_is_a_difference() {
    let repo = Repo::new();
    let diff = |show: &str| {
        let done = repo.git(&["diff", "--", "s.enc.yaml"]).env("SEAL_GIT_SHOW", show).ok();
        changed_lines(&done.text())
    };
    // The real sops makes a new MAC and date for the same value.
    let value = "\"BASEPW\"";
    repo.run(sops_binary(), &["set", "s.enc.yaml", "[\"db\"][\"password\"]", value]).ok();
    assert!(!repo.git(&["diff", "--no-textconv"]).ok().stdout.is_empty());
    assert_eq!(diff("plain"), Vec::<String>::new());
    assert_eq!(diff("structure"), Vec::<String>::new());
    repo.git(&["checkout", "-q", "."]).ok();

    repo.write_rule(&["k1", "k2"]);
    repo.seal(&["updatekeys", "-y", "s.enc.yaml"]).ok();
    let added = vec![format!("+# seal: recipient age {}", repo.recipient("k2"))];
    assert_eq!(diff("plain"), added);
    assert_eq!(diff("structure"), added);
    repo.git(&["checkout", "-q", "."]).ok();

    repo.seal(&["rotate", "-i", "s.enc.yaml"]).ok();
    let lines = diff("plain");
    assert_eq!(lines.len(), 2, "{lines:?}");
    assert!(lines[0].starts_with("-# seal: data key #") && lines[1].starts_with("+# seal: data key #"));
    assert_ne!(lines[0][1..], lines[1][1..]);
    assert_eq!(diff("structure").len(), 14, "seven values on both sides");
}

/// T9
#[test]
fn t09_blame_names_the_commit_of_a_value() {
    let repo = Repo::new();
    repo.set("s.enc.yaml", "db.password", "NEWPW");
    let done = repo.git(&["blame", "-s", "s.enc.yaml"]).ok();
    let head = repo.git(&["rev-parse", "--short=7", "HEAD"]).ok().text();
    for line in done.text().lines() {
        assert_eq!(line.starts_with(head.trim()), line.contains("password:"), "{line}");
    }
    assert_eq!(done.text().lines().count(), 11, "ten lines and a recipient: {done}");
}

/// T10
#[test]
fn t10_a_file_name_is_no_option() {
    let repo = Repo::new();
    let sealed = repo.bed.text("s.enc.yaml");
    for name in ["-x.enc.yaml", "--show=plain.enc.yaml"] {
        repo.bed.write(name, &sealed);
        repo.commit("add");
        repo.seal(&["set", "--", name, "db.password", "NEWPW"]).ok();
        let done = repo.git(&["diff", "--", name]).ok();
        assert!(is_digest_change(&changed_lines(&done.text()), "password"), "{done}");
        assert_silent(&done, &["BASEPW", "NEWPW"]);
        let direct = repo.seal(&["git", "textconv", "--show=auto", "--", name]).ok();
        assert!(direct.text().starts_with("db:\n    password: ENC<str ~"), "{direct}");
        repo.git(&["commit", "-qam", "set"]).ok();
    }
    let direct = repo.seal(&["git", "textconv", "-x.enc.yaml"]).ok();
    assert!(direct.text().starts_with("db:\n    password: ENC<str ~"), "{direct}");
}

/// T11
#[test]
fn t11_values_do_nothing_to_a_terminal() {
    let repo = Repo::new();
    let value = "a\u{1b}[31mb\u{7}c\u{202e}d\u{9b}e";
    repo.bed.write("e.enc.env", format!("A={value}\n"));
    repo.bed.write(
        "e.enc.json",
        format!("{{\"a\": \"{}\"}}\n", value.replace('\u{1b}', "\\u001b").replace('\u{7}', "\\u0007")),
    );
    repo.bed.write("e.enc.yaml", "a: \"a\\e[31mb\\ac\\u202ed\\u009be\"\n");
    repo.bed.write("e.enc.bin", value);
    for name in ["e.enc.env", "e.enc.json", "e.enc.yaml"] {
        repo.seal(&["encrypt", "-i", name]).ok();
    }
    repo.seal(&["encrypt", "-i", "--age", repo.recipient("k1"), "--config", "/dev/null", "e.enc.bin"]).ok();
    repo.commit("escapes");
    for show in ["plain", "structure"] {
        let done = repo.git(&["show"]).env("SEAL_GIT_SHOW", show).ok();
        assert_silent(&done, &["\u{1b}", "\u{7}", "\u{202e}", "\u{9b}"]);
        assert_eq!(
            done.text().contains("A=a\\u{1b}[31mb\\u{7}c\\u{202e}d\\u{9b}e\n"),
            show == "plain",
            "{done}"
        );
    }
}

/// T12
#[test]
fn t12_one_line_of_a_long_value_is_one_change() {
    let repo = Repo::new();
    let pem = "-----BEGIN KEY-----\nAAAA\nBBBB\nCCCC\nDDDD\n-----END KEY-----\n";
    let json = |text: &str| format!("\"{}\"", text.replace('\n', "\\n"));
    let indented = pem.replace('\n', "\n    ").trim_end().to_owned();
    repo.bed.write("p.enc.yaml", format!("a: 1\nkey: |\n    {indented}\nb: 2\n"));
    repo.seal(&["encrypt", "-i", "p.enc.yaml"]).ok();
    repo.commit("key");
    repo.seal(&["set", "p.enc.yaml", "key", &json(&pem.replace("CCCC", "XXXX"))]).ok();
    let done = repo.git(&["diff", "--no-color"]).env("GIT_PAGER_IN_USE", "1").ok();
    assert_eq!(changed_lines(&done.text()), ["-    CCCC", "+    XXXX"], "{done}");
}

/// T17
#[test]
fn t17_the_order_of_metadata_is_no_difference() {
    let repo = Repo::new();
    repo.bed.write("i.enc.ini", "[a]\nx = ONE\ny = two\n");
    repo.run(sops_binary(), &["encrypt", "-i", "i.enc.ini"]).ok();
    repo.commit("ini");
    repo.run(sops_binary(), &["set", "i.enc.ini", "[\"a\"][\"x\"]", "\"THREE\""]).ok();
    let done = repo.git(&["diff", "--no-color"]).ok();
    let lines = changed_lines(&done.text());
    assert_eq!(lines.len(), 2, "{done}");
    assert!(lines.iter().all(|line| line[1..].starts_with("x ") && line.contains("ENC<str ~")), "{done}");
    let done = repo.git(&["diff", "--no-color"]).env("GIT_PAGER_IN_USE", "1").ok();
    let lines = changed_lines(&done.text());
    let values: Vec<&str> = lines.iter().map(|line| line.split('=').next_back().unwrap().trim()).collect();
    assert_eq!(values, ["ONE", "THREE"], "{done}");
}
