//! Worktrees, submodules and bare repositories.

use super::bed::Repo;
use super::install::{fresh, install};
use std::fs;

/// A repository with a submodule that has an encrypted file.
fn with_submodule() -> Repo {
    let repo = fresh();
    repo.commit("first");
    repo.git(&["clone", "-q", ".", "../home/other"]).ok();
    let other = repo.bed.home().join("other");
    let arguments =
        ["-c", "protocol.file.allow=always", "submodule", "--quiet", "add", other.to_str().unwrap(), "sub/m"];
    repo.git(&arguments).ok();
    repo.commit("submodule");
    repo
}

/// I6: linked worktrees share what is set up.
#[test]
fn i06_a_linked_worktree_has_the_settings_and_hooks() {
    let repo = fresh();
    repo.commit("first");
    repo.git(&["worktree", "add", "-q", "../home/linked"]).ok();
    let linked = repo.bed.home().join("linked");
    let linked = linked.to_str().unwrap();
    repo.seal(&["git", "install", "--attributes=info"]).within(linked).ok();
    assert!(repo.bed.path(".git/hooks/pre-commit").exists());
    for within in [linked, ""] {
        let asked = repo.git(&["check-attr", "diff", "--", "s.enc.yaml"]).within(within).ok().text();
        assert_eq!(asked, "s.enc.yaml: diff: seal\n");
        let done = repo.seal(&["git", "install", "--attributes=info"]).within(within).ok();
        assert_eq!(done.text(), "unchanged\n");
    }
}

/// I6: a folder below the top is the same repository.
#[test]
fn i06_a_folder_below_is_the_same_repository() {
    let repo = fresh();
    fs::create_dir(repo.bed.path("below")).unwrap();
    repo.seal(&["git", "install"]).within("below").ok();
    assert!(repo.bed.path(".gitattributes").exists() && repo.bed.path(".git/hooks/pre-commit").exists());
    assert_eq!(install(&repo, &[]).text(), "unchanged\n");
    repo.seal(&["git", "uninstall"]).within("below").ok();
    assert!(!repo.bed.path(".gitattributes").exists() && !repo.bed.path(".git/hooks/pre-commit").exists());
}

/// I6: submodules only where asked for.
#[test]
fn i06_submodules_are_touched_only_when_asked() {
    let repo = with_submodule();
    install(&repo, &[]);
    let setting = || repo.git(&["config", "--local", "diff.seal.textconv"]).within("sub/m").done().text();
    assert_eq!(setting(), "");
    assert!(!repo.bed.path("sub/m/.gitattributes").exists());
    let done = install(&repo, &["--recurse-submodules"]);
    assert!(done.text().contains("submodule sub/m:\n"), "{done}");
    assert_eq!(setting(), "seal-textconv\n");
    assert!(repo.bed.path("sub/m/.gitattributes").exists());
    assert!(repo.bed.path(".git/modules/sub/m/hooks/pre-commit").exists());
    assert!(!install(&repo, &["--recurse-submodules"]).text().contains("added"));
    repo.seal(&["git", "uninstall", "--recurse-submodules"]).ok();
    assert_eq!(setting(), "");
    assert!(!repo.bed.path("sub/m/.gitattributes").exists());
}

/// I6: a bare repository has settings and `info/attributes`, and a hook where asked for.
#[test]
fn i06_a_bare_repository_has_settings_and_attributes() {
    let repo = fresh();
    repo.commit("first");
    repo.git(&["clone", "-q", "--bare", ".", "../home/bare"]).ok();
    let bare = repo.bed.home().join("bare");
    let within = bare.to_str().unwrap();
    let run = |arguments: &[&str]| repo.seal(arguments).within(within);
    run(&["git", "install", "--attributes=tracked"]).fails(1);
    run(&["git", "install", "--hooks=pre-commit"]).fails(1);
    run(&["git", "install"]).ok();
    assert_eq!(repo.git(&["config", "diff.seal.cachetextconv"]).within(within).ok().text(), "false\n");
    let attributes = fs::read_to_string(bare.join("info/attributes")).unwrap();
    assert!(attributes.contains("*.enc.yaml diff=seal merge=seal text eol=lf\n"), "{attributes}");
    assert!(!bare.join("hooks/pre-commit").exists() && !bare.join(".gitattributes").exists());
    assert_eq!(run(&["git", "install"]).ok().text(), "unchanged\n");
    run(&["git", "install", "--hooks=pre-receive"]).ok();
    let hook = fs::read_to_string(bare.join("hooks/pre-receive")).unwrap();
    assert!(hook.contains("\nseal check --pre-receive --quiet || exit $?\n"), "{hook}");
    run(&["git", "uninstall"]).ok();
    assert!(!bare.join("hooks/pre-receive").exists());
    assert!(!fs::read_to_string(bare.join("info/attributes")).unwrap_or_default().contains("seal"));
}

/// The folder of Git is no place to install from.
#[test]
fn inside_the_folder_of_git_it_is_refused() {
    let repo = fresh();
    let done = repo.seal(&["git", "install"]).within(".git").fails(1);
    assert!(done.stderr.contains("run it in the worktree"), "{done}");
}

/// In a partial clone nothing is fetched.
#[test]
fn a_partial_clone_fetches_nothing() {
    let repo = fresh();
    repo.bed.write("dir/s.enc.yaml", repo.bed.read("s.enc.yaml"));
    repo.bed.write("dir/other.yaml", repo.bed.text("s.enc.yaml") + "\n");
    repo.commit("first");
    repo.git(&["config", "uploadpack.allowFilter", "true"]).ok();
    let from = format!("file://{}", repo.bed.path("").display());
    repo.git(&["clone", "-q", "--filter=blob:none", "--sparse", &from, "../home/part"]).ok();
    let part = repo.bed.home().join("part");
    let within = part.to_str().unwrap();
    let missing = || {
        let listed =
            repo.git(&["rev-list", "--objects", "--all", "--missing=print"]).within(within).ok().text();
        listed.lines().filter(|line| line.starts_with('?')).count()
    };
    let before = missing();
    assert!(before > 0);
    for verb in ["install", "doctor"] {
        repo.seal(&["git", verb]).within(within).ok();
    }
    let attributes = fs::read_to_string(part.join(".gitattributes")).unwrap();
    assert!(attributes.contains("*.enc.yaml diff=seal"), "{attributes}");
    assert_eq!(missing(), before);
}
