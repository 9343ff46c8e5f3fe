//! `seal git guard`: plain text does not get into the repository.

use super::bed::{PLAIN, Repo};
use super::install::{fresh, install};

/// A guarded repository with one commit; hooks do not help.
fn guarded() -> Repo {
    let repo = fresh();
    install(&repo, &["--guard", "--hooks=none"]);
    repo.commit("first");
    repo
}

/// G1
#[test]
fn g01_plain_text_is_not_staged() {
    let repo = guarded();
    let sealed = repo.bed.read("s.enc.yaml");
    repo.bed.write("s.enc.yaml", PLAIN);
    let index = repo.bed.read(".git/index");
    for arguments in [
        &["add", "s.enc.yaml"][..],
        &["add", "-A"],
        &["add", "-u"],
        &["commit", "-q", "-a", "-m", "x"],
        &["commit", "-q", "-m", "x", "s.enc.yaml"],
        &["stash"],
        &["update-index", "s.enc.yaml"],
        &["hash-object", "-w", "s.enc.yaml"],
    ] {
        let done = repo.git(arguments).done();
        assert!(done.code != Some(0), "{done}");
        let words = "seal: refusing to stage plaintext: s.enc.yaml (run: seal encrypt -i s.enc.yaml)\n";
        assert!(done.stderr.contains(words), "{done}");
    }
    assert_eq!(repo.bed.read(".git/index"), index);
    repo.git(&["status", "--porcelain"]).ok();
    repo.git(&["checkout", "-f", "--", "s.enc.yaml"]).ok();
    assert_eq!(repo.bed.read("s.enc.yaml"), sealed);
    repo.bed.write("s.enc.yaml", PLAIN);
    repo.git(&["restore", "s.enc.yaml"]).ok();
    assert_eq!(repo.bed.read("s.enc.yaml"), sealed);
    repo.assert_no_leak(&["BASEPW"]);
    // Encrypted again it is staged.
    repo.bed.write("s.enc.yaml", PLAIN.replace("BASEPW", "NEWPW"));
    repo.seal(&["encrypt", "-i", "s.enc.yaml"]).ok();
    repo.git(&["commit", "-q", "-a", "-m", "x"]).ok();
    repo.assert_no_leak(&["BASEPW", "NEWPW"]);
}

/// G1: a line in clear is as bad as a whole file, and nobody's name steers the terminal.
#[test]
fn g01_one_plain_value_is_enough() {
    let repo = guarded();
    let sealed = repo.bed.text("s.enc.yaml");
    let name = "a'\u{1b}[31m.enc.yaml";
    repo.bed.write(name, format!("extra: hunter2\n{sealed}"));
    let done = repo.git(&["add", "-A"]).done();
    assert_ne!(done.code, Some(0));
    assert!(!done.stderr.contains('\u{1b}') && done.stderr.contains("\\u{1b}[31m"), "{done}");
    assert!(!done.stderr.contains("hunter2"), "{done}");
    repo.assert_no_leak(&["zzhunter2"]);
}

/// G2: one process for all files of a command, and every byte as without it.
#[test]
fn g02_one_process_guards_many_files() {
    let repo = fresh();
    let text = repo.bed.text("s.enc.yaml");
    for number in 0..200 {
        repo.bed.write(&format!("d{}/f{number}.enc.yaml", number % 7), format!("# {number}\n{text}"));
    }
    let long = format!("{}{text}", "# a comment\n".repeat(20_000));
    repo.bed.write("long.enc.yaml", &long);
    repo.bed.write("empty.enc.yaml", "");
    repo.git(&["add", "-A"]).ok();
    let without = repo.git(&["ls-files", "-s"]).ok().text();
    install(&repo, &["--guard", "--hooks=none", "--attributes=info"]);
    fs_remove(&repo, ".git/index");
    let trace = repo.bed.home().join("trace");
    let spawned = |arguments: &[&str]| {
        repo.git(arguments).env("GIT_TRACE2_EVENT", &trace).ok();
        let events = std::fs::read_to_string(&trace).unwrap();
        std::fs::remove_file(&trace).unwrap();
        events.lines().filter(|line| line.contains("child_start") && line.contains("seal git guard")).count()
    };
    assert_eq!(spawned(&["add", "-A"]), 1);
    assert_eq!(repo.git(&["ls-files", "-s"]).ok().text(), without);
    for folder in 0..7 {
        std::fs::remove_dir_all(repo.bed.path(&format!("d{folder}"))).unwrap();
    }
    fs_remove(&repo, "long.enc.yaml");
    assert_eq!(spawned(&["checkout", "."]), 1);
    assert_eq!(repo.bed.text("d3/f3.enc.yaml"), format!("# 3\n{text}"));
    assert_eq!(repo.bed.text("long.enc.yaml"), long);
    assert_eq!(repo.git(&["status", "--porcelain"]).ok().text().matches("A ").count(), 204);
}

fn fs_remove(repo: &Repo, name: &str) {
    std::fs::remove_file(repo.bed.path(name)).unwrap();
}

/// G2: a conflict is staged only if nothing in it is plain.
#[test]
fn g02_a_conflict_is_staged_only_without_plain_text() {
    let repo = guarded();
    let base = repo.bed.text("s.enc.yaml");
    repo.seal(&["set", "s.enc.yaml", "db.password", "XV"]).ok();
    let ours = repo.bed.text("s.enc.yaml");
    let password = |text: &str| text.lines().find(|line| line.contains("password:")).unwrap().to_owned();
    let conflict = |theirs: &str, ancestor: &str| {
        let sides = format!("<<<<<<< a\n{}\n{ancestor}=======\n{theirs}\n>>>>>>> b", password(&ours));
        base.replace(&password(&base), &sides)
    };
    let token = password(&base);
    let plain = "    password: hunter2";
    for (text, fine) in [
        (conflict(&token, ""), true),
        (conflict(&token, &format!("||||||| c\n{token}\n")), true),
        (conflict(plain, ""), false),
        (conflict(&token, &format!("||||||| c\n{plain}\n")), false),
        (conflict(&token, "").replace(">>>>>>> b", "x: y"), false),
    ] {
        repo.bed.write("s.enc.yaml", &text);
        let done = repo.git(&["add", "s.enc.yaml"]).done();
        assert_eq!(done.code == Some(0), fine, "{text}\n{done}");
        let once = repo.seal(&["git", "guard", "--path=s.enc.yaml"]).stdin(text.as_str()).done();
        assert_eq!((once.code == Some(0), once.stdout == text.as_bytes()), (fine, fine), "{once}");
    }
}

/// What nobody encrypts passes, though a pattern is for it.
#[test]
fn files_that_nobody_encrypts_pass() {
    let repo = fresh();
    install(&repo, &["--guard", "--hooks=none", "--pattern", "*"]);
    repo.bed.write("README.md", "hello\n");
    repo.bed.write("sub/.gitignore", "x\n");
    repo.commit("all");
    assert!(repo.git(&["ls-files"]).ok().text().contains("README.md"));
    repo.bed.write("notes.txt", "hello\n");
    assert_ne!(repo.git(&["add", "-A"]).done().code, Some(0));
}

/// Alone it lets one file through.
#[test]
fn a_single_file_passes_or_not() {
    let repo = fresh();
    let text = repo.bed.read("s.enc.yaml");
    let once = |name: &str| repo.seal_as(None, &["git", "guard", "--path", name]);
    assert_eq!(once("a.enc.yaml").stdin(text.clone()).ok().stdout, text);
    assert_eq!(once("a.enc.yaml").stdin("").ok().stdout, b"");
    let done = once("a.enc.yaml").stdin(PLAIN).fails(1);
    assert_eq!(
        done.stderr,
        "seal: refusing to stage plaintext: a.enc.yaml (run: seal encrypt -i a.enc.yaml)\n"
    );
    let done = repo.seal(&["git", "guard"]).stdin("hello").fails(2);
    assert!(done.stderr.contains("this command is for Git"), "{done}");
}
