//! C7: what Git does with encrypted files, and copies of them.

use super::super::bed::Repo;
use super::{assert_codes, check};

/// C7
#[test]
fn c07_text_that_git_keeps_is_found() {
    let repo = Repo::new();
    assert_codes(&check(&repo, &[]), &[]);
    repo.git(&["config", "diff.seal.cachetextconv", "true"]).ok();
    for args in [&[][..], &["--staged"], &["--range=HEAD..HEAD"]] {
        assert_codes(&check(&repo, args), &[("S010", ".git/config")]);
    }
    repo.git(&["config", "diff.seal.cachetextconv", "false"]).ok();
    repo.git(&["notes", "--ref=refs/notes/textconv/seal", "add", "-m", "text"]).ok();
    assert_codes(&check(&repo, &[]), &[("S010", ".git/refs/notes/textconv/seal")]);
    repo.git(&["update-ref", "-d", "refs/notes/textconv/seal"]).ok();
    // Another driver may keep what it likes, unless it decrypts.
    repo.git(&["config", "diff.pdf.textconv", "pdftotext"]).ok();
    repo.git(&["config", "diff.pdf.cachetextconv", "true"]).ok();
    repo.git(&["notes", "--ref=refs/notes/textconv/pdf", "add", "-m", "text"]).ok();
    assert_codes(&check(&repo, &[]), &[]);
    repo.git(&["config", "diff.pdf.textconv", "sops -d"]).ok();
    let found = check(&repo, &[]);
    assert_codes(&found, &[("S010", ".git/config"), ("S010", ".git/refs/notes/textconv/pdf")]);
}

/// C7
#[test]
fn c07_a_clear_copy_is_found() {
    let repo = Repo::new();
    let text = repo.seal(&["decrypt", "s.enc.yaml"]).ok().text();
    repo.bed.write("s.dec.yaml", &text);
    repo.git(&["add", "-A"]).ok();
    assert_codes(&check(&repo, &[]), &[("S011", "s.dec.yaml")]);
    // A template has the same names and no values; a file with few of them is another one.
    let template: String = text
        .lines()
        .map(|line| match line.split_once(": ") {
            Some((key, _)) => format!("{key}: changeme\n"),
            None => format!("{}\n", line.replace("- h", "- ${H}")),
        })
        .collect();
    repo.bed.write("s.dec.yaml", template);
    repo.bed.write("few.yaml", "db:\n  password: x1\n  user: y2\n");
    repo.git(&["add", "-A"]).ok();
    assert_codes(&check(&repo, &[]), &[]);
}

/// C7
#[test]
fn c07_keys_may_change_places_unless_the_mac_is_asked() {
    let repo = Repo::new();
    let text = repo.bed.text("s.enc.yaml");
    let mut lines: Vec<&str> = text.lines().collect();
    let at = lines.iter().position(|line| line.trim_start().starts_with("password:")).unwrap();
    lines.swap(at, at + 1);
    repo.bed.write("s.enc.yaml", lines.join("\n") + "\n");
    assert_codes(&check(&repo, &[]), &[]);
    repo.commit("reordered");
    for args in [&["--mac"][..], &["--mac", "--tree=HEAD"], &["--mac", "--range=HEAD~1..HEAD"]] {
        let done = repo.seal(&[&["check", "--format", "json"], args].concat()).done();
        assert_codes(&super::codes(&done), &[("S012", "s.enc.yaml")]);
    }
}

/// S009
#[test]
fn a_file_without_the_driver_that_others_have_is_found() {
    let repo = Repo::new();
    std::fs::write(repo.bed.path(".git/info/attributes"), "").unwrap();
    repo.bed.write("t.enc.yaml", "a: 1\n");
    repo.seal(&["encrypt", "-i", "t.enc.yaml"]).ok();
    repo.bed.write(".gitattributes", "/s.enc.yaml diff=seal merge=seal\n/t.enc.yaml diff=seal\n");
    repo.git(&["add", "-A"]).ok();
    for args in [&[][..], &["--staged"]] {
        assert_codes(&check(&repo, args), &[("S009", "t.enc.yaml")]);
    }
    repo.commit("attributes");
    assert_codes(&check(&repo, &["--tree=HEAD"]), &[("S009", "t.enc.yaml")]);
    // Where nobody uses the drivers, nothing is missing.
    for key in ["diff.seal", "merge.seal"] {
        repo.git(&["config", "--remove-section", key]).ok();
    }
    repo.bed.write(".gitattributes", "");
    assert_codes(&check(&repo, &[]), &[]);
}
