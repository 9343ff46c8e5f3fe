//! `seal git install` and `uninstall`: settings, attributes and hooks, to the byte.

use super::bed::{PLAIN, Repo};
use crate::bed::Done;
use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;

/// A repository with an encrypted file that nothing is set up in.
pub(super) fn fresh() -> Repo {
    let repo = Repo::empty();
    repo.bed.write("s.enc.yaml", PLAIN);
    repo.seal(&["encrypt", "-i", "s.enc.yaml"]).ok();
    repo
}

pub(super) fn install(repo: &Repo, more: &[&str]) -> Done {
    repo.seal(&[&["git", "install"][..], more].concat()).ok()
}

/// The attributes `diff`, `merge`, `text` and `eol` of a file.
pub(super) fn attributes(repo: &Repo, name: &str) -> Vec<String> {
    let printed = repo.git(&["check-attr", "-z", "diff", "merge", "text", "eol", "--", name]).ok().text();
    printed.split('\0').skip(2).step_by(3).map(str::to_owned).collect()
}

fn config(repo: &Repo, key: &str) -> String {
    repo.git(&["config", "--get", key]).done().text().trim_end().to_owned()
}

/// Everything in the bed but the objects and the index.
fn files(repo: &Repo) -> BTreeMap<PathBuf, String> {
    let mut all = repo.bed.snapshot();
    all.retain(|path, _| {
        let path = path.to_string_lossy();
        !path.contains("/.git/objects") && !path.ends_with("/.git/index")
    });
    all
}

/// I1
#[test]
fn i01_install_sets_up_a_repository_and_a_second_run_changes_nothing() {
    let repo = fresh();
    let done = install(&repo, &[]);
    assert!(done.text().contains("in the next clone: seal git install\n"), "{done}");
    assert_eq!(config(&repo, "diff.seal.textconv"), "seal-textconv");
    assert_eq!(attributes(&repo, "s.enc.yaml"), ["seal", "seal", "set", "lf"]);
    for (key, value) in [
        ("merge.seal.name", "seal: merge of encrypted files"),
        ("mergetool.seal.cmd", r#"seal git mergetool -- "$BASE" "$LOCAL" "$REMOTE" "$MERGED""#),
        ("mergetool.seal.trustExitCode", "true"),
        ("difftool.seal.cmd", r#"seal git difftool -- "$LOCAL" "$REMOTE""#),
        ("filter.seal.process", ""),
    ] {
        assert_eq!(config(&repo, key), value, "{key}");
    }
    let driver = config(&repo, "merge.seal.driver");
    assert!(
        driver.starts_with("seal git merge --marker-size=%L --path=%P ") && driver.ends_with("exit 1; }")
    );
    let mode = fs::metadata(repo.bed.path(".git/hooks/pre-commit")).unwrap().permissions().mode();
    assert_eq!(mode & 0o111, 0o111, "{mode:o}");
    repo.git(&["add", "-A", ":!.gitattributes"]).ok();
    let before = repo.bed.snapshot();
    let again = install(&repo, &[]);
    repo.bed.assert_unchanged(&before, &again);
    assert_eq!(again.text(), "unchanged\n");
    let status = repo.git(&["status", "--porcelain"]).ok().text();
    let foreign: Vec<&str> = status.lines().filter(|line| !line.starts_with("A ")).collect();
    assert_eq!(foreign, ["?? .gitattributes"]);
}

/// I2
#[test]
fn i02_texts_of_diffs_are_never_cached() {
    let repo = fresh();
    repo.git(&["config", "--global", "diff.seal.cachetextconv", "true"]).ok();
    install(&repo, &[]);
    assert_eq!(repo.git(&["config", "--get", "diff.seal.cachetextconv"]).ok().text(), "false\n");
    repo.git(&["config", "diff.seal.cachetextconv", "true"]).ok();
    let refused = repo.seal(&["git", "install"]).fails(1);
    assert!(
        refused.stderr.contains("diff.seal.cachetextconv") && refused.stderr.contains("--force"),
        "{refused}"
    );
    install(&repo, &["--force"]);
    assert_eq!(config(&repo, "diff.seal.cachetextconv"), "false");
}

/// I3
#[test]
fn i03_other_lines_of_attributes_stay_to_the_byte() {
    for content in ["*.png binary\n* text=auto", "*.png binary\r\n*.sh text\r\n", "", "# only this\n"] {
        let repo = fresh();
        repo.bed.write(".gitattributes", content);
        let before = files(&repo);
        install(&repo, &[]);
        let with = repo.bed.text(".gitattributes");
        assert!(with.starts_with(content) && with.contains("*.enc.yaml diff=seal"), "{with}");
        assert_eq!(with.contains("\r\n"), content.contains("\r\n"), "{with:?}");
        assert_eq!(attributes(&repo, "s.enc.yaml"), ["seal", "seal", "set", "lf"], "{with:?}");
        repo.seal(&["git", "uninstall"]).ok();
        assert_eq!(files(&repo), before, "{content:?}");
    }
    let repo = fresh();
    let before = files(&repo);
    install(&repo, &[]);
    repo.seal(&["git", "uninstall"]).ok();
    assert_eq!(files(&repo), before, "a file that install made goes");
}

/// I3: what a person writes after the block stays.
#[test]
fn i03_lines_after_the_block_stay() {
    let repo = fresh();
    repo.bed.write(".gitattributes", "a text");
    install(&repo, &[]);
    let with = repo.bed.text(".gitattributes");
    repo.bed.write(".gitattributes", format!("{with}b text\n"));
    assert_eq!(install(&repo, &[]).text(), "unchanged\n");
    repo.seal(&["git", "uninstall"]).ok();
    assert_eq!(repo.bed.text(".gitattributes"), "a text\nb text\n");
}

/// I3: markers that do not fit stop everything.
#[test]
fn i03_a_damaged_block_is_left_alone() {
    let repo = fresh();
    repo.bed.write(".gitattributes", "a text\n# >>> seal >>> x\nb text\n");
    for verb in ["install", "uninstall"] {
        let done = repo.seal(&["git", verb]).fails(1);
        assert!(done.stderr.contains("line 2"), "{done}");
    }
}

/// I4: hooks of others, and back to the byte.
#[test]
fn i04_a_script_of_others_gets_a_block_and_back() {
    for (name, content) in [
        ("pre-commit", "#!/bin/sh\necho mine; exit 0\n"),
        ("pre-commit", "#!/usr/bin/env bash\nexit 0"),
        ("pre-merge-commit", "#!/bin/sh"),
        ("pre-push", "#!/bin/sh\ncat > refs\n"),
    ] {
        let repo = fresh();
        let path = repo.bed.write(&format!(".git/hooks/{name}"), content);
        fs::set_permissions(&path, fs::Permissions::from_mode(0o750)).unwrap();
        let before = files(&repo);
        install(&repo, &["--hooks=pre-commit,pre-merge-commit,pre-push"]);
        let with = fs::read_to_string(&path).unwrap();
        assert!(
            with.starts_with(content.lines().next().unwrap()) && with.contains("seal check --"),
            "{with}"
        );
        assert_eq!(install(&repo, &["--hooks=pre-commit,pre-merge-commit,pre-push"]).text(), "unchanged\n");
        repo.seal(&["git", "uninstall"]).ok();
        assert_eq!(files(&repo), before, "{content:?}");
    }
}

/// I4: what is no script of a shell, or does not run, is not touched.
#[test]
fn i04_other_hooks_are_not_touched() {
    for (content, mode) in [("#!/usr/bin/env python3\n", 0o755), ("#!/bin/sh\nexit 0\n", 0o644)] {
        let repo = fresh();
        let path = repo.bed.write(".git/hooks/pre-commit", content);
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        let done = install(&repo, &[]);
        assert!(done.text().contains("Add by hand:\n  pre-commit:  seal check --staged --quiet"), "{done}");
        assert_eq!(fs::read_to_string(&path).unwrap(), content);
    }
    let repo = fresh();
    std::os::unix::fs::symlink("../../hook", repo.bed.path(".git/hooks/pre-commit")).unwrap();
    assert!(install(&repo, &[]).text().contains("it is no plain file"));
    assert!(!repo.bed.path("hook").exists());
}

/// I4: other managers of hooks are told what to write.
#[test]
fn i04_other_managers_get_a_snippet() {
    let cases: [(&str, &[&str]); 4] = [
        ("path", &["my-hooks/pre-commit:  seal check --staged --quiet || exit $?"]),
        (".pre-commit-config.yaml", &["- id: seal-check", "entry: seal check --staged --quiet"]),
        ("lefthook.yml", &["run: seal check --staged --quiet"]),
        (".husky/pre-commit", &[".husky/pre-commit:  seal check --staged --quiet"]),
    ];
    for (manager, wanted) in cases {
        let repo = fresh();
        match manager {
            "path" => _ = repo.git(&["config", "core.hooksPath", "my-hooks"]).ok(),
            file => _ = repo.bed.write(file, "\n"),
        }
        let done = install(&repo, &[]);
        assert!(wanted.iter().all(|line| done.text().contains(line)), "{manager}: {done}");
        assert!(!repo.bed.path(".git/hooks/pre-commit").exists() && !repo.bed.path("my-hooks").exists());
        assert!(install(&repo, &[]).text().starts_with("unchanged\n"));
    }
}

/// A list of hooks is exact; without one nothing goes.
#[test]
fn hooks_that_are_not_named_go() {
    let repo = fresh();
    let names = || {
        let entries = fs::read_dir(repo.bed.path(".git/hooks")).unwrap();
        let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let mut names: Vec<String> = names.filter(|name| !name.ends_with(".sample")).collect();
        names.sort();
        names.join(" ")
    };
    install(&repo, &["--hooks=pre-commit,pre-push"]);
    assert_eq!(names(), "pre-commit pre-push");
    install(&repo, &[]);
    assert_eq!(names(), "pre-commit pre-merge-commit pre-push");
    install(&repo, &["--hooks=pre-merge-commit"]);
    assert_eq!(names(), "pre-merge-commit");
    install(&repo, &["--hooks=none"]);
    assert_eq!(names(), "");
}

/// I7
#[test]
fn i07_uninstall_leaves_no_setting() {
    let repo = fresh();
    let before = files(&repo);
    install(&repo, &["--guard", "--show=structure", "--remote-keys"]);
    assert_eq!(config(&repo, "diff.seal.textconv"), "seal git textconv --show=structure --remote-keys --");
    assert!(config(&repo, "merge.seal.driver").starts_with("seal git merge --remote-keys --marker-size=%L"));
    repo.seal(&["git", "uninstall"]).ok();
    let pattern = r"^(diff|merge|filter|mergetool|difftool|hook)\.seal";
    let done = repo.git(&["config", "--get-regexp", pattern]).done();
    assert_eq!((done.code, done.text()), (Some(1), String::new()));
    assert_eq!(files(&repo), before);
    assert_eq!(repo.seal(&["git", "uninstall"]).ok().text(), "unchanged\n");
}

/// I7: what others wrote stays and is named.
#[test]
fn i07_settings_of_others_stay() {
    let repo = fresh();
    install(&repo, &[]);
    repo.git(&["config", "diff.seal.xfuncname", "^x"]).ok();
    repo.git(&["config", "diff.seal.textconv", "mine"]).ok();
    repo.git(&["update-ref", "refs/notes/textconv/seal", &blob(&repo)]).ok();
    let done = repo.seal(&["git", "uninstall"]).ok();
    for wanted in ["kept config diff.seal.xfuncname", "kept config diff.seal.textconv", "--purge-cache"] {
        assert!(done.text().contains(wanted), "{wanted}: {done}");
    }
    assert_eq!(config(&repo, "diff.seal.textconv"), "mine");
    let done = repo.seal(&["git", "uninstall", "--purge-cache"]).ok();
    assert!(done.text().contains("git gc --prune=now"), "{done}");
    assert_eq!(repo.git(&["for-each-ref", "refs/notes"]).ok().text(), "");
}

fn blob(repo: &Repo) -> String {
    repo.git(&["hash-object", "-w", "s.enc.yaml"]).ok().text().trim().to_owned()
}

/// I8
#[test]
fn i08_global_wants_patterns_and_no_network() {
    let repo = fresh();
    for arguments in [
        &["--global"][..],
        &["--global", "--pattern", "*.enc.yaml", "--remote-keys"],
        &["--global", "--pattern", "*.enc.yaml", "--guard"],
        &["--global", "--pattern", "!x"],
        &["--global", "--pattern", "x/"],
    ] {
        repo.seal(&[&["git", "install"][..], arguments].concat()).fails(1);
    }
    let before = repo.bed.snapshot();
    install(&repo, &["--global", "--pattern", "*.enc.yaml"]);
    assert_eq!(repo.git(&["config", "--global", "diff.seal.cachetextconv"]).ok().text(), "false\n");
    assert_eq!(attributes(&repo, "s.enc.yaml"), ["seal", "seal", "set", "lf"]);
    assert_eq!(install(&repo, &["--global", "--pattern", "*.enc.yaml"]).text(), "unchanged\n");
    repo.seal(&["git", "uninstall", "--global"]).ok();
    let mut after = repo.bed.snapshot();
    // Git makes these and does not take them away; nothing is in them.
    after.retain(|path, what| {
        before.contains_key(path) || !(what.ends_with("Ok([])") || what.starts_with("folder"))
    });
    assert_eq!(after, before);
}

/// `--dry-run` says it and does nothing.
#[test]
fn a_dry_run_writes_nothing() {
    let repo = fresh();
    let before = repo.bed.snapshot();
    let done = install(&repo, &["--dry-run", "--guard"]);
    for wanted in ["would be added config filter.seal.process", "would be added attributes .gitattributes"] {
        assert!(done.text().contains(wanted), "{done}");
    }
    repo.bed.assert_unchanged(&before, &done);
    install(&repo, &[]);
    let before = repo.bed.snapshot();
    let done = repo.seal(&["git", "uninstall", "--dry-run", "--json"]).ok();
    assert!(
        done.text().contains(r#""dry_run":true"#) && done.text().contains(r#""state":"removed""#),
        "{done}"
    );
    repo.bed.assert_unchanged(&before, &done);
}

/// Outside of a repository there is nothing to set up.
#[test]
fn outside_of_a_repository_it_is_refused() {
    let bed = crate::bed::Bed::new();
    for verb in ["install", "uninstall", "doctor"] {
        let done = bed.seal(&["git", verb]).fails(1);
        assert!(done.stderr.contains("no Git repository") && done.stderr.contains("hint"), "{done}");
    }
}
