//! What people complain of when they keep files of sops in Git: each is reproduced with the real sops, and
//! does not happen with `seal`.

use super::bed::{Repo, changed_lines};
use crate::peers::sops_binary;
use std::fs;

/// A repository in which Git shows files with sops, as its documentation says, and merges them by itself.
fn with_sops() -> Repo {
    let repo = Repo::new();
    repo.git(&["config", "diff.seal.textconv", &format!("{} decrypt", sops_binary().display())]).ok();
    repo.git(&["config", "--remove-section", "merge.seal"]).ok();
    repo
}

/// "git log -p dies in the middle": whoever has no key sees nothing, and one bad version hides the rest.
#[test]
fn a_diff_without_a_key_or_of_a_bad_version_ends_everything() {
    for (repo, is_sops) in [(with_sops(), true), (Repo::new(), false)] {
        let done = repo.git_as(None, &["log", "-p"]).done();
        assert_eq!(done.code == Some(0), !is_sops, "{done}");
        let broken = repo.bed.text("s.enc.yaml").replace("sops:", "<<<<<<< x\nsops:");
        repo.bed.write("s.enc.yaml", broken);
        repo.git(&["commit", "-q", "-a", "--no-verify", "-m", "broken"]).ok();
        let done = repo.git(&["log", "-p"]).done();
        assert_eq!(done.code == Some(0), !is_sops, "{done}");
    }
}

/// "every merge conflicts in mac and lastmodified".
#[test]
fn every_merge_conflicts_in_the_mac() {
    for (repo, is_sops) in [(with_sops(), true), (Repo::new(), false)] {
        let set = |path: &str, value: &str| {
            let args = ["set", "s.enc.yaml", path, &format!("\"{value}\"")];
            repo.run(sops_binary(), &args).ok();
            repo.commit("set");
        };
        repo.branch("x", "main", |_| set(r#"["db"]["password"]"#, "X-new"));
        set(r#"["hosts"][2]"#, "Y-new");
        let done = repo.git(&["merge", "-q", "x"]).done();
        let text = repo.bed.text("s.enc.yaml");
        if is_sops {
            assert_eq!(done.code, Some(1), "{done}");
            let conflict = text.split("<<<<<<<").nth(1).unwrap().split(">>>>>>>").next().unwrap();
            assert!(conflict.contains("mac:") && !conflict.contains("password:"), "{text}");
        } else {
            assert_eq!(done.code, Some(0), "{done}");
            let plain = repo.sops_decrypt("s.enc.yaml", "k1");
            assert!(plain.contains("X-new") && plain.contains("Y-new"), "{plain}");
        }
    }
}

/// "after I resolved the conflict, the file does not decrypt any more: MAC mismatch".
#[test]
fn a_resolved_conflict_does_not_decrypt() {
    let (repo, _) = super::merge::conflicts::conflicted();
    let text = repo.bed.text("s.enc.yaml");
    let theirs = text.lines().skip_while(|line| *line != "=======").nth(1).unwrap().to_owned();
    let mut resolved = String::new();
    let mut inside = false;
    for line in text.lines() {
        match line {
            line if line.starts_with("<<<<<<<") => {
                inside = true;
                resolved.push_str(&format!("{theirs}\n"));
            }
            line if line.starts_with(">>>>>>>") => inside = false,
            line if !inside => resolved.push_str(&format!("{line}\n")),
            _ => {}
        }
    }
    repo.bed.write("s.enc.yaml", resolved);
    let done = repo.run(sops_binary(), &["decrypt", "s.enc.yaml"]).done();
    assert!(done.code != Some(0) && done.stderr.contains("MAC mismatch"), "{done}");
    repo.seal(&["git", "resolve", "s.enc.yaml"]).ok();
    assert!(repo.sops_decrypt("s.enc.yaml", "k1").contains("password: X-new"));
}

/// "my secrets are in the notes of the repository": `cachetextconv` keeps what was shown, and it is pushed.
#[test]
fn a_cache_of_what_was_shown_keeps_plain_text() {
    for (repo, is_sops) in [(with_sops(), true), (Repo::new(), false)] {
        repo.git(&["config", "--global", "diff.seal.cachetextconv", "true"]).ok();
        if is_sops {
            repo.git(&["config", "--unset", "diff.seal.cachetextconv"]).ok();
        }
        repo.set("s.enc.yaml", "db.password", "X-new");
        repo.git(&["log", "-p"]).env("GIT_PAGER_IN_USE", "true").ok();
        assert_eq!(repo.leaks("X-new").is_empty(), !is_sops, "sops: {is_sops}");
    }
}

/// "git commit -v writes my secrets to .git/COMMIT_EDITMSG".
#[test]
fn a_verbose_commit_keeps_plain_text() {
    for (repo, is_sops) in [(with_sops(), true), (Repo::new(), false)] {
        repo.seal(&["set", "s.enc.yaml", "db.password", "X-new"]).ok();
        let kept = repo.bed.home().join("kept");
        let editor = format!("sh -c 'cp \"$1\" {}; echo message > \"$1\"' -", kept.display());
        repo.git(&["commit", "-q", "-v", "-a"]).env("GIT_EDITOR", editor).ok();
        let message = fs::read_to_string(kept).unwrap();
        assert_eq!(message.contains("X-new"), is_sops, "{message}");
    }
}

/// "a file name is taken for an option".
#[test]
fn a_file_name_is_taken_for_an_option() {
    for (repo, is_sops) in [(with_sops(), true), (Repo::new(), false)] {
        fs::rename(repo.bed.path("s.enc.yaml"), repo.bed.path("-x.enc.yaml")).unwrap();
        repo.commit("renamed");
        repo.seal(&["set", "./-x.enc.yaml", "db.password", "X-new"]).ok();
        let done = repo.git(&["diff"]).done();
        assert_eq!(done.code == Some(0), !is_sops, "{done}");
    }
}

/// "who can read the file changed, and the diff shows nothing"; "a write without a change makes a diff".
#[test]
fn a_diff_hides_readers_and_shows_writes_without_changes() {
    for (repo, is_sops) in [(with_sops(), true), (Repo::new(), false)] {
        let recipient = repo.recipient("k2").to_owned();
        repo.run(sops_binary(), &["rotate", "-i", "--add-age", &recipient, "s.enc.yaml"]).ok();
        let shown = repo.git(&["diff"]).ok().text();
        assert_eq!(shown.contains(&recipient), !is_sops, "{shown}");
    }
    let repo = Repo::new();
    let same = |program: &std::path::Path, path: &str, value: &str| {
        repo.run(program, &["set", "s.enc.yaml", path, value]).ok();
        repo.git(&["diff", "--no-textconv", "--numstat"]).ok().text()
    };
    assert_eq!(same(&crate::bed::program(), "db.password", "BASEPW"), "");
    assert_ne!(same(&sops_binary(), r#"["db"]["password"]"#, "\"BASEPW\""), "");
    // Nobody has to look at that write.
    assert!(changed_lines(&repo.git(&["diff"]).ok().text()).iter().all(|line| !line.contains("ENC<")));
}
