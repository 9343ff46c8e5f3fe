//! Files of sops 3.3 to 3.13 under other keys: what they say stays, and how they are laid out.

use super::rotate::{all_new, frame};
use super::{C, by_sops, entries, lost};
use crate::bed::{Bed, testdata};
use crate::peers::sops;
use crate::pgp::Ring;
use std::fs;
use std::path::PathBuf;

/// The encrypted files of the vectors that open with the throwaway age identities.
fn vectors() -> Vec<(String, Vec<u8>)> {
    let root = testdata().join("vectors");
    let mut found = Vec::new();
    for folder in ["yaml", "json", "env", "ini", "binary", "crafted"] {
        let mut paths: Vec<PathBuf> =
            fs::read_dir(root.join(folder)).unwrap().map(|entry| entry.unwrap().path()).collect();
        paths.sort();
        for path in paths {
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            let is_sealed = name.contains(".enc.") || folder == "crafted" && !name.contains(".dec.");
            if is_sealed {
                found.push((name, fs::read(path).unwrap()));
            }
        }
    }
    found
}

/// A bed with the vector, if sops opens it with the throwaway identities; and what it decrypts to.
fn bed_with(name: &str, content: &[u8]) -> Option<(Bed, Vec<u8>)> {
    let bed = Bed::new();
    bed.write(name, content);
    let done = sops(&bed, &["decrypt", name]).env("SOPS_AGE_KEY_FILE", keys()).done();
    (done.code == Some(0)).then_some((bed, done.stdout))
}

fn keys() -> PathBuf {
    testdata().join("vectors/keys.txt")
}

/// Files whose metadata seal lays out in its own way once it changes them, and why.
const LAID_OUT_ANEW: &[(&str, &str)] = &[
    ("layout-3.13-env.env", "its metadata stands between the values, in no order"),
    ("layout-3.3.yaml", "entries of a list that changes are indented as the file is"),
    ("layout-3.5-json.json", "it stands on one line, with blanks"),
];

/// Files in which rotation changes more, and why.
const ROTATED_ANEW: &[(&str, &str)] = &[
    ("keys-and-key-groups.yaml", "the groups beside the keys say nothing, and go"),
    ("single-key-group.yaml", "one group stands as SOPS writes it"),
    ("lastmodified-fraction.yaml", "a new date is spelled as SOPS does"),
    ("lastmodified-offset.yaml", "a new date is spelled as SOPS does"),
    ("lastmodified-unquoted.yaml", "a new date is spelled as SOPS does"),
    ("shamir-float-threshold.ini", "the threshold is spelled as SOPS does today"),
    ("trailing-junk.yaml", "what stood behind the ciphertext goes with it"),
];

#[test]
fn there_and_back_every_file_is_what_it_was() {
    let (mut count, mut wrong) = (0, Vec::new());
    for (name, content) in vectors() {
        let Some((bed, plain)) = bed_with(&name, &content) else { continue };
        let name = name.as_str();
        let old = entries(&bed, name);
        let text = bed.text(name);
        // All shares of several groups are made anew.
        if text.contains("key_groups") {
            continue;
        }
        // There is no gpg with the key here; an entry that stays needs none.
        let fingerprint = text.lines().find_map(|line| line.trim().strip_prefix("fp: "));
        let pgp = fingerprint.map_or_else(String::new, |fingerprint| format!("\n    pgp: {fingerprint}"));
        let rule = |more: &str| {
            let all: Vec<&str> = old.iter().map(|(recipient, _)| recipient.as_str()).collect();
            bed.write(".sops.yaml", format!("creation_rules:\n  - age: {}{more}{pgp}\n", all.join(",")));
        };
        let update = || {
            let args = ["updatekeys", "-y", "--no-strict", name];
            bed.seal(&args).env("SOPS_AGE_KEY_FILE", keys()).ok()
        };
        rule("");
        let done = update();
        assert!(done.stderr.contains("up to date"), "{name}: {done}");
        rule(&format!(",{C}"));
        update();
        assert_eq!(entries(&bed, name)[..old.len()], old[..], "{name}");
        assert_eq!(by_sops(&bed, name, "c"), plain, "{name}");
        let done = sops(&bed, &["updatekeys", "-y", name]).env("SOPS_AGE_KEY_FILE", keys()).ok();
        assert!(done.stderr.contains("already up to date"), "{name}: {done}");
        rule("");
        update();
        let is_anew = LAID_OUT_ANEW.iter().any(|(other, _)| *other == name);
        if (bed.text(name) == text) == is_anew {
            wrong.push(format!("{name}: {:?}", lost(&text, &bed.text(name), &[])));
        }
        count += 1;
    }
    assert!(wrong.is_empty(), "{} of {count}:\n{}", wrong.len(), wrong.join("\n"));
    assert!(count > 70, "{count}");
}

#[test]
fn rotation_changes_no_other_line() {
    let ring = Ring::new();
    ring.import(&testdata().join("vectors/keys/pgp-private.asc"));
    let (mut count, mut wrong) = (0, Vec::new());
    for (name, content) in vectors() {
        let Some((bed, plain)) = bed_with(&name, &content) else { continue };
        let name = name.as_str();
        let before = bed.text(name);
        if before.contains("fp: ") {
            // A message for a PGP key takes as many lines as gpg likes.
            let done = bed.seal(&["rotate", "-i", "--trust-recipients", name]);
            done.env("SOPS_AGE_KEY_FILE", keys()).env("GNUPGHOME", ring.path()).ok();
            let run = sops(&bed, &["decrypt", name]).env("SOPS_AGE_KEY_FILE", keys());
            let done = run.env("GNUPGHOME", ring.path()).ok();
            assert_eq!(done.stdout, plain, "{name}");
            continue;
        }
        let run = |args: &[&str]| {
            let args = [&["rotate", "-i", "--trust-recipients"], args, &[name]].concat();
            bed.seal(&args).env("SOPS_AGE_KEY_FILE", keys()).ok()
        };
        run(&["--no-strict"]);
        // A comment that decrypts nowhere is a text like any other, and stays.
        if name != "comment-wrong-place.yaml" {
            all_new(name, &before, &bed.text(name));
        }
        let mut anew = LAID_OUT_ANEW.iter().chain(ROTATED_ANEW);
        let is_anew = anew.any(|(other, _)| *other == name);
        if (frame(&before) == frame(&bed.text(name))) == is_anew {
            wrong.push(format!("{name}: {:?}", lost(&frame(&before), &frame(&bed.text(name)), &[])));
        }
        let by_sops = || sops(&bed, &["decrypt", name]).env("SOPS_AGE_KEY_FILE", keys()).ok().stdout;
        assert_eq!(by_sops(), plain, "{name}");
        run(&[]);
        assert_eq!(by_sops(), plain, "{name}");
        let done = bed.seal(&["decrypt", "--require-strict", name]).env("SOPS_AGE_KEY_FILE", keys()).ok();
        assert!(!done.stderr.contains("no strict record"), "{name}: {done}");
        count += 1;
    }
    assert!(wrong.is_empty(), "{} of {count}:\n{}", wrong.len(), wrong.join("\n"));
    assert!(count > 70, "{count}");
}
