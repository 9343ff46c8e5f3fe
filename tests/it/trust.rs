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

/// The file without its strict record.
fn strip(bed: &Bed, name: &str) -> String {
    let text = bed.text(name);
    let stripped: String = text.split_inclusive('\n').filter(|line| !line.contains(" seal: ENC[")).collect();
    assert_ne!(text, stripped);
    stripped
}

/// Without a record nobody vouches for recipients. A change of a value must not make one that does: the
/// next rotation would hand the new key to whoever was put in.
#[test]
fn a_recipient_that_was_put_in_is_not_vouched_for_by_a_change() {
    let bed = repository();
    encrypted(&bed, "s.yaml");
    let stripped = strip(&bed, "s.yaml");
    let swapped = stripped.replace(&recipient("b"), &recipient("c"));
    let editor = bed.write("editor.sh", "#!/bin/sh\nsed -i s/v/changed/ \"$1\"\n");
    bed.run("chmod", &["+x", "editor.sh"]).ok();
    let editor = editor.to_str().unwrap();
    for change in [
        &["set", "s.yaml", "k", "5"][..],
        &["unset", "s.yaml", "k"],
        &["edit", "--editor", editor, "s.yaml"],
        &["set", "--ignore-mac", "s.yaml", "k", "5"],
    ] {
        bed.write("s.yaml", &swapped);
        let done = bed.seal(change).identity("a").ok();
        assert!(done.stderr.contains("`s.yaml` gets no strict record"), "{change:?}: {}", done.stderr);
        bed.seal(&["rotate", "-i", "s.yaml"]).identity("a").fails(207);
        // Those of the rule are vouched for, and the file has a record from then on.
        bed.write("s.yaml", &stripped);
        let done = bed.seal(change).identity("a").ok();
        assert!(done.stderr.contains("`s.yaml` gets a strict record"), "{change:?}: {}", done.stderr);
        bed.seal(&["decrypt", "--require-strict", "s.yaml"]).identity("a").ok();
    }
    bed.write("s.yaml", &swapped);
    let done = bed.seal(&["updatekeys", "--yes", "s.yaml"]).identity("a").ok();
    assert!(done.stderr.contains("`s.yaml` gets a strict record"), "{}", done.stderr);
    bed.seal(&["decrypt", "--require-strict", "s.yaml"]).identity("b").ok();
}

#[test]
fn a_strictness_that_cannot_be_read_is_strict() {
    let bed = repository();
    encrypted(&bed, "s.yaml");
    bed.write("s.yaml", strip(&bed, "s.yaml"));
    let config = bed.text(".sops.yaml");
    bed.seal(&["decrypt", "s.yaml"]).identity("a").ok();
    bed.write(".sops.yaml", format!("{config}  require_strict: maybe\n"));
    bed.seal(&["decrypt", "s.yaml"]).identity("a").fails(206);
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
