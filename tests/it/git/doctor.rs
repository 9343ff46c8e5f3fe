//! `seal git doctor`

use super::install::{fresh, install};
use std::fs;
use std::os::unix::fs::PermissionsExt as _;

/// I9
#[test]
fn i09_doctor_names_what_is_wrong() {
    let repo = fresh();
    let text = repo.bed.read("s.enc.yaml");
    repo.bed.write("other.yaml", &text);
    repo.bed.write("crlf.yaml", repo.bed.text("s.enc.yaml").replace('\n', "\r\n"));
    install(&repo, &["--pattern", "*.enc.yaml"]);
    repo.git(&["add", "-A"]).ok();
    repo.git(&["config", "diff.sopsdiffer.textconv", "sops -d"]).ok();
    repo.git(&["config", "diff.seal.cachetextconv", "true"]).ok();
    let blob = repo.git(&["hash-object", "-w", "other.yaml"]).ok().text();
    repo.git(&["update-ref", "refs/notes/textconv/sopsdiffer", blob.trim()]).ok();
    repo.git(&["config", "--unset", "merge.seal.driver"]).ok();
    repo.bed.write(".gitattributes", format!("*.enc.yaml filter=lfs\n{}", repo.bed.text(".gitattributes")));
    repo.bed.write("s.enc.yaml", "db:\n    password: BASEPW\n");
    let hook = repo.bed.path(".git/hooks/pre-commit");
    fs::set_permissions(&hook, fs::Permissions::from_mode(0o644)).unwrap();
    let before = repo.bed.snapshot();
    let done = repo.seal(&["git", "doctor"]).done();
    repo.bed.assert_unchanged(&before, &done);
    assert_eq!(done.code, Some(1), "{done}");
    for wanted in [
        "warning: diff.sopsdiffer.textconv is an older driver",
        "error: diff.seal.cachetextconv is true, in the scope local",
        "error: refs/notes/textconv/sopsdiffer keeps texts",
        "error: merge.seal.driver is not set",
        "error: other.yaml is encrypted, but its attribute `diff` is not `seal`",
        "error: other.yaml is encrypted, but its attribute `merge` is not `seal`",
        "error: s.enc.yaml is encrypted, and has a filter of others",
        "warning: crlf.yaml is encrypted, and has lines with CR LF",
        "error: s.enc.yaml stands in the worktree as plain text",
        "error: pre-commit the hook is not executable",
    ] {
        assert!(done.text().contains(wanted), "{wanted}: {done}");
    }
    assert!(!done.text().contains("BASEPW"), "{done}");
}

/// I9: what is set up has no findings.
#[test]
fn i09_a_repository_that_is_set_up_is_well() {
    let repo = fresh();
    install(&repo, &["--guard"]);
    repo.git(&["add", "-A"]).ok();
    assert_eq!(repo.seal(&["git", "doctor"]).ok().text(), "all is well\n");
    repo.git(&["config", "--unset", "filter.seal.required"]).ok();
    let done = repo.seal(&["git", "doctor", "--json"]).done();
    assert_eq!(done.code, Some(1));
    assert!(done.text().contains(r#""subject":"filter.seal.required""#), "{done}");
    install(&repo, &[]);
    repo.git(&["config", "core.hooksPath", "elsewhere"]).ok();
    let done = repo.seal(&["git", "doctor"]).done();
    assert!(done.text().contains("core.hooksPath names another folder"), "{done}");
    let nowhere = repo.seal(&["git", "doctor"]).env("PATH", "/usr/bin:/bin").done();
    assert!(nowhere.text().contains("error: seal the shell that Git runs commands with"), "{nowhere}");
}
