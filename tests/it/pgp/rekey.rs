//! Other recipients, other data keys, and changes of files that a PGP key opens.

use super::{A, PLAIN, Ring, named, sealed};
use crate::bed::Bed;

#[test]
fn rotate_adds_and_removes() {
    let (bed, ring) = (Bed::new(), Ring::new());
    let (one, two) = (ring.make("one", "cv25519"), ring.make("two", "rsa2048"));
    sealed(&ring, &bed, "x.yaml", &["--pgp", &one]);
    ring.seal(&bed, &["rotate", "-i", "--add-pgp", &two, "--add-age", A, "x.yaml"]).ok();
    assert_eq!(named(&bed, "x.yaml"), [one.as_str(), &two]);
    assert_eq!(bed.seal(&["decrypt", "x.yaml"]).identity("a").ok().text(), PLAIN);
    // The case of a fingerprint does not matter.
    ring.seal(&bed, &["rotate", "-i", "--rm-pgp", &one.to_lowercase(), "x.yaml"]).ok();
    assert_eq!(named(&bed, "x.yaml"), [two.as_str()]);
    assert_eq!(ring.sops(&bed, &["decrypt", "x.yaml"]).ok().text(), PLAIN);
    // sops rotates it in turn.
    ring.sops(&bed, &["rotate", "-i", "--rm-age", A, "--add-pgp", &one, "x.yaml"]).ok();
    assert_eq!(ring.seal(&bed, &["decrypt", "x.yaml"]).ok().text(), PLAIN);
    assert_eq!(named(&bed, "x.yaml"), [two.as_str(), &one]);
}

#[test]
fn updatekeys_wraps_for_those_who_come_and_dates_their_entries() {
    let (bed, ring) = (Bed::new(), Ring::new());
    let (one, two) = (ring.make("one", "cv25519"), ring.make("two", "rsa2048"));
    bed.write(".sops.yaml", format!("creation_rules:\n  - pgp: {one}\n"));
    sealed(&ring, &bed, "x.yaml", &[]);
    let old = bed.text("x.yaml").replace("created_at: \"20", "created_at: \"19");
    bed.write("x.yaml", &old);
    bed.write(".sops.yaml", format!("creation_rules:\n  - pgp: {one},{two}\n    age: {A}\n"));
    ring.seal(&bed, &["updatekeys", "-y", "x.yaml"]).ok();
    assert_eq!(named(&bed, "x.yaml"), [one.as_str(), &two]);
    let text = bed.text("x.yaml");
    // Who stays keeps its entry.
    assert_eq!(
        (text.matches("created_at: \"19").count(), text.matches("created_at: \"20").count()),
        (1, 1),
        "{text}"
    );
    let done = ring.sops(&bed, &["updatekeys", "-y", "x.yaml"]).ok();
    assert!(done.stderr.contains("already up to date"), "{done}");
    bed.write(".sops.yaml", format!("creation_rules:\n  - pgp: {two}\n"));
    ring.seal(&bed, &["updatekeys", "-y", "x.yaml"]).ok();
    assert_eq!(named(&bed, "x.yaml"), [two.as_str()]);
    assert_eq!(ring.sops(&bed, &["decrypt", "x.yaml"]).ok().text(), PLAIN);
}

#[test]
fn groups_take_pgp_keys() {
    let (bed, ring) = (Bed::new(), Ring::new());
    let key = ring.make("x", "cv25519");
    bed.write("x.yaml", PLAIN);
    bed.seal(&["encrypt", "-i", "--age", A, "x.yaml"]).ok();
    let add = ["groups", "add", "-i", "-f", "x.yaml", "--pgp", &key];
    ring.seal(&bed, &add).identity("a").ok();
    let shown = ring.seal(&bed, &["groups", "show", "x.yaml"]).identity("a").ok().text();
    assert!(shown.contains("2 of 2 groups open") && shown.contains(&key[24..]), "{shown}");
    bed.seal(&["decrypt", "x.yaml"]).identity("a").env("SOPS_GPG_EXEC", "/no/such/gpg").fails(128);
    assert_eq!(ring.sops(&bed, &["decrypt", "x.yaml"]).identity("a").ok().text(), PLAIN);
    ring.seal(
        &bed,
        &["groups", "delete", "-i", "-f", "x.yaml", "--shamir-secret-sharing-threshold", "1", "0"],
    )
    .identity("a")
    .ok();
    assert_eq!(ring.seal(&bed, &["decrypt", "x.yaml"]).ok().text(), PLAIN);
}

#[test]
fn values_are_changed_with_a_pgp_key() {
    let (bed, ring) = (Bed::new(), Ring::new());
    let key = ring.make("x", "cv25519");
    sealed(&ring, &bed, "x.yaml", &["--pgp", &key]);
    let before = bed.text("x.yaml");
    ring.seal(&bed, &["set", "x.yaml", "db.port", "5434"]).ok();
    let editor = ring.script("editor", r#"sed -i s/hunter2-db/changed-db/ "$1""#);
    ring.seal(&bed, &["edit", "--allow-disk", "x.yaml"]).env("SEAL_EDITOR", &editor).ok();
    assert_eq!(
        ring.sops(&bed, &["decrypt", "x.yaml"]).ok().text(),
        PLAIN.replace("5433", "5434").replace("hunter2-db", "changed-db")
    );
    // Nothing was wrapped anew.
    let enc = |text: &str| text.split("enc: |-\n").nth(1).unwrap().split("fp:").next().unwrap().to_owned();
    assert_eq!(enc(&before), enc(&bed.text("x.yaml")));
    let new = ring.script("new", r#"echo 'a: hunter2' > "$1""#);
    ring.seal(&bed, &["edit", "--allow-disk", "-p", &key, "new.yaml"]).env("SEAL_EDITOR", &new).ok();
    assert_eq!(ring.sops(&bed, &["decrypt", "new.yaml"]).ok().text(), "a: hunter2\n");
}

#[test]
fn names_stand_for_fingerprints() {
    let bed = Bed::new();
    let (ada, bob) = (Ring::new(), Ring::new());
    let (hers, his) = (ada.make("ada", "cv25519"), bob.make("bob", "cv25519"));
    ada.meet(&bob, &his);
    bed.write(
        ".sops.yaml",
        format!(
            "creation_rules:\n  - path_regex: x\\.yaml$\n    pgp: {hers}\nseal:\n  recipients:\n    ada: {{pgp: {hers}}}\n    bob: {{pgp: {his}}}\n  grants:\n    - path_regex: x\\.yaml$\n      to: [ada]\n"
        ),
    );
    bed.run("git", &["init", "-q"]).ok();
    sealed(&ada, &bed, "x.yaml", &[]);
    bed.run("git", &["add", "x.yaml", ".sops.yaml"]).ok();
    bob.seal(&bed, &["decrypt", "x.yaml"]).fails(128);
    ada.seal(&bed, &["grant", "-y", "bob", "x.yaml"]).ok();
    assert_eq!(bob.seal(&bed, &["decrypt", "x.yaml"]).ok().text(), PLAIN);
    // No key is needed to tell who reads, and gpg is not asked.
    for verb in [&["who", "x.yaml"][..], &["access"]] {
        let shown = bed.seal(verb).env("SOPS_GPG_EXEC", "/no/such/gpg").ok().text();
        assert!(shown.contains("ada") && shown.contains("bob"), "{shown}");
    }
    ada.seal(&bed, &["revoke", "-y", "bob"]).ok();
    bob.seal(&bed, &["decrypt", "x.yaml"]).fails(128);
    assert_eq!(named(&bed, "x.yaml"), [hers.as_str()]);
    assert_eq!(ada.sops(&bed, &["decrypt", "x.yaml"]).ok().text(), PLAIN);
}

#[test]
fn a_passphrase_is_asked_for_once_for_a_whole_tree() {
    let (bed, ring) = (Bed::new(), Ring::new());
    let key = ring.make_locked("x", "open sesame");
    for n in 0..6 {
        sealed(&ring, &bed, &format!("t/{n}.yaml"), &["--pgp", &key]);
    }
    ring.pinentry("open sesame");
    ring.seal(&bed, &["rotate", "-i", "--add-age", A, "t"]).ok();
    assert_eq!(ring.asked(), 1);
    assert_eq!(bed.seal(&["decrypt", "t/5.yaml"]).identity("a").ok().text(), PLAIN);
}
