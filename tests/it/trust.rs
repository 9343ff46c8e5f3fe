//! What an attacker who writes to the repository could gain from the commands of those who work on it.

use crate::bed::{Bed, testdata};
use std::fs;
use std::os::unix::fs::symlink;

/// The recipient of a throwaway identity.
fn recipient(name: &str) -> String {
    let text = fs::read_to_string(testdata().join(format!("vectors/keys/{name}.txt"))).unwrap();
    text.lines().find_map(|line| line.strip_prefix("# public key: ")).unwrap().to_owned()
}

/// A repository whose files are for `a` and `b`, called alice and bob.
fn repository() -> Bed {
    let bed = Bed::new();
    let (a, b) = (recipient("a"), recipient("b"));
    bed.write(
        ".sops.yaml",
        format!("creation_rules:\n- age: {a},{b}\nseal:\n  recipients: {{alice: {a}, bob: {b}}}\n"),
    );
    git(&bed, &["init", "-q", "-b", "main"]);
    bed
}

fn git(bed: &Bed, args: &[&str]) {
    let mut all = vec!["-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "commit.gpgsign=false"];
    all.extend(args);
    bed.run("git", &all).ok();
}

fn encrypted(bed: &Bed, name: &str) {
    bed.write(name, "k: v\nl: w\n");
    bed.seal(&["encrypt", "-i", name]).ok();
}

/// Git tracks what was added by force or before it was ignored, and knows no `.ignore`.
#[test]
fn tracked_files_that_are_ignored_are_revoked_too() {
    let bed = repository();
    for name in ["s.yaml", "ignored/x.yaml", "hidden/y.yaml", "own/z.yaml"] {
        encrypted(&bed, name);
    }
    bed.write(".gitignore", "/ignored\nz.yaml\n");
    bed.write(".ignore", "hidden\n");
    git(&bed, &["add", "-f", ".gitignore", ".ignore", "s.yaml", "ignored", "hidden"]);
    git(&bed, &["commit", "-q", "-m", "one"]);
    bed.seal(&["revoke", "--yes", "bob"]).identity("a").ok();
    for name in ["s.yaml", "ignored/x.yaml", "hidden/y.yaml"] {
        assert!(!bed.text(name).contains(&recipient("b")), "{name}");
    }
    // A file of one's own is not Git's affair.
    assert!(bed.text("own/z.yaml").contains(&recipient("b")));
}

#[test]
fn a_list_that_cannot_be_kept_stops_the_revocation_before_anything_is_changed() {
    let bed = repository();
    encrypted(&bed, "s.yaml");
    let outside = bed.home().join("outside");
    let plant: [fn(&Bed, &std::path::Path); 4] = [
        |bed, outside| symlink(outside, bed.path(".seal")).unwrap(),
        |bed, outside| {
            fs::create_dir(bed.path(".seal")).unwrap();
            symlink(outside, bed.path(".seal/revoked")).unwrap();
        },
        |bed, outside| {
            fs::create_dir_all(bed.path(".seal/revoked")).unwrap();
            symlink(outside, bed.path(".seal/revoked/bob.json")).unwrap();
        },
        |bed, _| drop(bed.write(".seal/revoked/bob.json", "no list")),
    ];
    for (number, plant) in plant.iter().enumerate() {
        plant(&bed, &outside);
        let before = bed.snapshot();
        let done = bed.seal(&["revoke", "--yes", "bob"]).identity("a").done();
        assert_ne!(done.code, Some(0), "{number}");
        bed.assert_unchanged(&before, &done);
        assert!(!outside.exists(), "{number}");
        fs::remove_file(bed.path(".seal")).or_else(|_| fs::remove_dir_all(bed.path(".seal"))).unwrap();
    }
}
