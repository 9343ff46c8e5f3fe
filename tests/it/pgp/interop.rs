//! What one program encrypts, the other decrypts.

use super::{A, PLAIN, Ring, named, sealed};
use crate::bed::Bed;
use std::fs;

/// One file of each format.
const SAMPLES: [(&str, &str); 5] = [
    ("x.yaml", PLAIN),
    ("x.json", "{\n\t\"a\": \"hunter2\"\n}\n"),
    ("x.env", "A=hunter2\n"),
    ("x.ini", "[s]\na = hunter2\n"),
    ("x.bin", "hunter2\n"),
];

#[test]
fn keys_of_both_kinds_both_ways_in_every_format() {
    let (bed, ring) = (Bed::new(), Ring::new());
    for algorithm in ["rsa3072", "cv25519"] {
        let key = ring.make(algorithm, algorithm);
        for (name, plain) in SAMPLES {
            bed.write(name, plain);
            ring.seal(&bed, &["encrypt", "-i", "--pgp", &key, name]).ok();
            let text = bed.text(name);
            assert!(text.contains(&key) && !text.contains("hunter2"), "{text}");
            assert_eq!(ring.sops(&bed, &["decrypt", name]).ok().text(), plain, "{algorithm} {name}");
            assert_eq!(ring.seal(&bed, &["decrypt", name]).ok().text(), plain, "{algorithm} {name}");

            bed.write(name, plain);
            ring.sops(&bed, &["encrypt", "-i", "--pgp", &key, name]).ok();
            let by_sops = ring.sops(&bed, &["decrypt", name]).ok().text();
            assert_eq!(ring.seal(&bed, &["decrypt", name]).ok().text(), by_sops, "{algorithm} {name}");
        }
    }
}

#[test]
fn an_entry_looks_as_that_of_sops() {
    let (bed, ring) = (Bed::new(), Ring::new());
    let key = ring.make("x", "rsa2048");
    let shape = |text: &str| {
        let block = text.split("    pgp:\n").nth(1).unwrap();
        let lines = block.lines().take_while(|line| line.starts_with("       "));
        let of_armor = |line: &&str| !line.trim().is_empty() && !line.contains("-----");
        let (mut shape, mut inside) = (Vec::new(), false);
        for line in lines {
            inside = if line.contains("BEGIN PGP") { true } else { inside && !line.contains("END PGP") };
            if !inside || !of_armor(&line) {
                shape.push(line.split("created_at").next().unwrap().to_owned());
            }
        }
        shape
    };
    sealed(&ring, &bed, "x.yaml", &["--pgp", &key, "--no-strict"]);
    let ours = bed.text("x.yaml");
    bed.write("y.yaml", PLAIN);
    ring.sops(&bed, &["encrypt", "-i", "--pgp", &key, "y.yaml"]).ok();
    let theirs = bed.text("y.yaml");
    assert_eq!(shape(&ours), shape(&theirs), "{ours}{theirs}");
    assert!(ours.contains("          enc: |-\n") && ours.contains("created_at: \"20"), "{ours}");
}

#[test]
fn any_of_several_keys_opens() {
    let bed = Bed::new();
    let (ada, bob) = (Ring::new(), Ring::new());
    let mine: Vec<String> =
        [("a", "rsa2048"), ("b", "cv25519")].map(|(user, kind)| ada.make(user, kind)).into();
    let his = bob.make("c", "cv25519");
    ada.meet(&bob, &his);
    let all = format!("{},{},{his}", mine[0], mine[1]);
    sealed(&ada, &bed, "x.yaml", &["--pgp", &all]);
    assert_eq!(named(&bed, "x.yaml"), [mine[0].as_str(), &mine[1], &his]);
    for ring in [&ada, &bob] {
        assert_eq!(ring.seal(&bed, &["decrypt", "x.yaml"]).ok().text(), PLAIN);
        assert_eq!(ring.sops(&bed, &["decrypt", "x.yaml"]).ok().text(), PLAIN);
    }
    let nobody = Ring::new();
    let done = nobody.seal(&bed, &["decrypt", "x.yaml"]).fails(128);
    assert_eq!(done.stderr.matches("no secret key").count(), 3, "{done}");
}

#[test]
fn an_exclamation_mark_chooses_the_subkey() {
    let (bed, ring) = (Bed::new(), Ring::new());
    let key = ring.make("x", "cv25519");
    ring.gpg(&["--quick-add-key", &key, "cv25519", "encrypt", "never"]);
    let parts = ring.fingerprints("x");
    assert_eq!(parts.len(), 3, "{parts:?}");
    for part in &parts[1..] {
        let exact = format!("{part}!");
        sealed(&ring, &bed, "x.yaml", &["--pgp", &exact]);
        assert_eq!(named(&bed, "x.yaml"), [exact.as_str()]);
        let text = bed.text("x.yaml");
        let begin = text.find("-----BEGIN PGP").unwrap();
        let end = text.find("-----END PGP MESSAGE-----").unwrap();
        let message: Vec<&str> = text[begin..end].lines().map(str::trim).collect();
        let file = bed.write("message.asc", format!("{}-----END PGP MESSAGE-----\n", message.join("\n")));
        let packets = ring.gpg(&["--list-packets", file.to_str().unwrap()]);
        assert!(packets.contains(&format!("keyid {}", &part[24..])), "{part}: {packets}");
        assert_eq!(ring.sops(&bed, &["decrypt", "x.yaml"]).ok().text(), PLAIN);
        assert_eq!(ring.seal(&bed, &["decrypt", "x.yaml"]).ok().text(), PLAIN);
    }
}

#[test]
fn spellings_of_a_fingerprint_are_stored_as_sops_stores_them() {
    let (bed, ring) = (Bed::new(), Ring::new());
    let key = ring.make("x", "cv25519");
    let spaced = format!("{} {}", &key[..20], &key[20..]);
    for name in [key.clone(), key.to_lowercase(), key[24..].to_owned(), spaced] {
        bed.write("y.yaml", PLAIN);
        ring.sops(&bed, &["encrypt", "-i", "--pgp", &name, "y.yaml"]).ok();
        sealed(&ring, &bed, "x.yaml", &["--pgp", &name]);
        assert_eq!(named(&bed, "x.yaml"), named(&bed, "y.yaml"));
        assert_eq!(ring.seal(&bed, &["decrypt", "x.yaml"]).ok().text(), PLAIN);
    }
}

#[test]
fn groups_of_pgp_and_age_need_as_many_as_they_say() {
    let (bed, ring, empty) = (Bed::new(), Ring::new(), Ring::new());
    let (one, two) = (ring.make("one", "rsa2048"), ring.make("two", "cv25519"));
    bed.write(
        ".sops.yaml",
        format!(
            "creation_rules:\n  - shamir_threshold: 2\n    key_groups:\n      - age:\n          - {A}\n      - pgp:\n          - {one}\n      - pgp:\n          - {two}\n"
        ),
    );
    sealed(&ring, &bed, "x.yaml", &[]);
    bed.write("y.yaml", PLAIN);
    ring.sops(&bed, &["encrypt", "-i", "y.yaml"]).ok();
    for name in ["x.yaml", "y.yaml"] {
        assert_eq!(ring.seal(&bed, &["decrypt", name]).ok().text(), PLAIN, "{name}");
        assert_eq!(ring.sops(&bed, &["decrypt", name]).ok().text(), PLAIN, "{name}");
        let done = empty.seal(&bed, &["decrypt", name]).identity("a").fails(128);
        assert!(done.stderr.contains("group 1 of 3: opened"), "{done}");
        assert!(done.stderr.contains("group 2 of 3, 2 groups needed"), "{done}");
    }
    empty.import(&{
        let file = bed.path("one.asc");
        fs::write(&file, ring.gpg(&["--armor", "--export-secret-keys", &one])).unwrap();
        file
    });
    assert_eq!(empty.seal(&bed, &["decrypt", "x.yaml"]).identity("a").ok().text(), PLAIN);
}

#[test]
fn recipients_of_the_environment_and_of_flags_form_one_group() {
    let (bed, ring) = (Bed::new(), Ring::new());
    let (one, two) = (ring.make("one", "cv25519"), ring.make("two", "cv25519"));
    bed.write("x.yaml", PLAIN);
    ring.seal(&bed, &["encrypt", "-i", "x.yaml"]).env("SOPS_PGP_FP", format!("{one}, {two}")).ok();
    assert_eq!(named(&bed, "x.yaml"), [one.as_str(), &two]);
    bed.write("x.yaml", PLAIN);
    let both = ["encrypt", "-i", "-a", A, "-p", &two, "x.yaml"];
    ring.seal(&bed, &both).env("SOPS_PGP_FP", &one).ok();
    assert_eq!(named(&bed, "x.yaml"), [two.as_str()]);
    assert!(bed.text("x.yaml").contains(A));
    // age goes first, unless it is to be the other way round: gpg is not even started.
    let without = |args: &[&str]| bed.seal(args).identity("a").env("SOPS_GPG_EXEC", "/no/such/gpg");
    assert_eq!(without(&["decrypt", "x.yaml"]).ok().text(), PLAIN);
    let order = ["decrypt", "--decryption-order", "pgp,age", "x.yaml"];
    assert_eq!(without(&order).ok().text(), PLAIN);
    assert_eq!(ring.seal(&bed, &order).ok().text(), PLAIN);
}
