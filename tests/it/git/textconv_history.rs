//! Damaged, plain and conflicted versions as Git shows them.

use super::bed::{Repo, assert_silent};
use super::textconv::is_digest;

/// Commits a version of the file.
fn version(repo: &Repo, content: &[u8], what: &str) {
    repo.bed.write("s.enc.yaml", content);
    repo.commit(what);
}

/// T7
#[test]
fn t07_no_version_stops_a_log() {
    let repo = Repo::new();
    let good = repo.bed.text("s.enc.yaml");
    let line = |key: &str| good.lines().find(|line| line.trim().starts_with(key)).unwrap().to_owned();
    version(&repo, b"db:\n    password: PLAINPW # PLAINPW\nlist: [PLAINPW, 7]\n", "a plain one");
    version(&repo, b"db: [PLAINPW\n", "a plain one that does not parse");
    version(&repo, &good.as_bytes()[..good.len() / 2], "a truncated one");
    // Inside of quotes.
    let cut = good.find("lastmodified: \"").unwrap() + 20;
    version(&repo, &good.as_bytes()[..cut], "a truncated one that does not parse");
    let (ours, theirs) = (line("password:"), line("k1:"));
    let conflict = format!("<<<<<<< ours\n{ours}\n=======\n{theirs}\n>>>>>>> theirs");
    version(&repo, good.replace(&ours, &conflict).as_bytes(), "one with markers");
    version(&repo, good.replace(&format!("{}\n", line("k2:")), "").as_bytes(), "one with a bad MAC");
    version(&repo, b"", "an empty one");
    repo.bed.write("s.enc.yaml", "db:\n    password: OTHERPW\n");
    repo.seal(&["encrypt", "-i", "--age", repo.recipient("k2"), "s.enc.yaml"]).ok();
    repo.commit("one for others");
    let token = |line: &str| line.trim().split_once(": ").unwrap().1.to_owned();
    version(&repo, good.replace(&token(&theirs), &token(&ours)).as_bytes(), "one with a token that moved");
    version(&repo, good.replace("version: ", "wersion: ").as_bytes(), "one whose metadata is broken");
    let commits = repo.git(&["rev-list", "--count", "HEAD"]).ok().text();

    for pager in ["", "true"] {
        let done = repo.git(&["log", "-p", "--no-color"]).env("GIT_PAGER_IN_USE", pager).ok();
        let text = done.text();
        assert_eq!(text.matches("commit ").count().to_string(), commits.trim(), "{done}");
        assert_eq!(done.stderr, "", "{done}");
        assert_eq!(text.contains("# seal: MAC MISMATCH"), pager == "true", "{done}");
        assert_eq!(text.contains("# seal: NOT ENCRYPTED\n"), pager.is_empty(), "{done}");
        assert!(text.contains("<<<<<<< ours"), "{done}");
        if pager.is_empty() {
            assert_silent(&done, &["PLAINPW", "BASEPW", "OTHERPW"]);
            assert!(text.contains("# seal: NOT ENCRYPTED, 13 bytes hidden\n"), "{done}");
            assert!(text.contains("    password: PLAIN<str> # PLAIN<comment>\n"), "{done}");
        } else {
            assert_silent(&done, &["OTHERPW"]);
            assert!(text.contains("PLAINPW") && text.contains("+    k1: ENC<str !"), "{done}");
            assert!(text.contains("# seal: not decrypted: no key\n"), "{done}");
            assert!(text.contains("# seal: not decrypted: it cannot be parsed\n"), "{done}");
            assert!(text.contains("# seal: not decrypted: its SOPS metadata cannot be used\n"), "{done}");
        }
        assert_silent(&done, &["lastmodified", "wersion", "enc: |"]);
    }
}

/// A value that should be encrypted, in a file that is, is not shown where nobody asked for values.
#[test]
fn a_plain_value_in_an_encrypted_file_is_hidden() {
    let repo = Repo::new();
    let damaged = repo.bed.text("s.enc.yaml").replacen("    user:", "    extra: hunter2\n    user:", 1);
    repo.bed.write("s.enc.yaml", damaged);
    let done = repo.git(&["diff", "--no-color"]).ok();
    assert_silent(&done, &["hunter2"]);
    assert!(done.text().contains("+    extra: PLAIN<str>\n"), "{done}");
    let done = repo.git(&["diff", "--no-color"]).env("GIT_PAGER_IN_USE", "1").ok();
    assert!(done.text().contains("+    extra: hunter2\n") && done.text().contains("MAC MISMATCH"), "{done}");
}

/// T19
#[test]
fn t19_a_conflict_shows_both_sides_of_its_key_alone() {
    let repo = Repo::new();
    repo.branch("x", "main", |repo| {
        repo.seal(&["set", "s.enc.yaml", "db.password", "THEIRPW"]).ok();
        repo.seal(&["set", "s.enc.yaml", "api.k2", "MERGED"]).ok();
    });
    repo.set("s.enc.yaml", "db.password", "OURPW");
    let merged = repo.git(&["merge", "x"]).done();
    assert_eq!(merged.code, Some(1), "{merged}");
    let secrets = ["OURPW", "THEIRPW", "BASEPW", "MERGED"];

    let done = repo.git(&["diff", "--no-color"]).ok();
    assert_silent(&done, &secrets);
    let (ours, theirs) = combined(&done.text());
    assert!(is_digest(&ours, "str") && is_digest(&theirs, "str") && ours != theirs, "{done}");
    let done = repo.git_as(None, &["diff", "--no-color"]).env("GIT_PAGER_IN_USE", "1").ok();
    assert_silent(&done, &secrets);
    let done = repo.git(&["diff", "--no-color"]).env("GIT_PAGER_IN_USE", "1").ok();
    assert_eq!(combined(&done.text()), ("OURPW".to_owned(), "THEIRPW".to_owned()), "{done}");
}

/// The two passwords of a combined diff that has nothing else.
fn combined(diff: &str) -> (String, String) {
    let changed: Vec<&str> = diff
        .lines()
        .skip_while(|line| !line.starts_with("@@@"))
        .skip(1)
        .filter(|line| line[..2].contains(['+', '-']))
        .collect();
    // The value that one side has merged in already is a difference to the other.
    let changed: Vec<&str> = changed.into_iter().filter(|line| !line.contains(" k2: ")).collect();
    let [begins, ours, divides, theirs, ends] = changed.as_slice() else { panic!("{diff}") };
    assert!(
        begins.starts_with("++<<<<<<< ") && *divides == "++=======" && ends.starts_with("++>>>>>>> "),
        "{diff}"
    );
    let value = |line: &str, signs: &str| {
        line.strip_prefix(signs).and_then(|line| line.strip_prefix("    password: ")).expect(diff).to_owned()
    };
    (value(ours, " +"), value(theirs, "+ "))
}

/// Where an encrypted and a plain version contradict each other, the plain one is not shown.
#[test]
fn a_plain_side_of_a_conflict_is_hidden() {
    let repo = Repo::new();
    let sealed = repo.bed.text("s.enc.yaml");
    let conflict =
        format!("<<<<<<< ours\n{sealed}=======\ndb:\n    password: hunter2\n>>>>>>> theirs\nlast: hunter3\n");
    repo.bed.write("s.enc.yaml", conflict);
    let done = repo.git(&["diff", "--no-color"]).ok();
    assert_silent(&done, &["hunter2", "hunter3", "BASEPW"]);
    assert!(done.text().contains(">>>>>>> theirs") && done.text().contains("PLAIN<line>"), "{done}");
    let done = repo.git(&["diff", "--no-color"]).env("GIT_PAGER_IN_USE", "1").ok();
    assert!(done.text().contains("hunter2") && done.text().contains("password: BASEPW"), "{done}");
}
