//! `seal rotate`: everything that is encrypted is made anew, and everything else stays.

use super::{A, B, C, ENV, JSON, YAML, by_sops, entries, opens, recipients, rule, samples, sealed, tokens};
use crate::bed::Bed;
use crate::peers::sops;
use std::collections::HashSet;

/// A text without what rotation makes anew: ciphertexts, wrapped keys, `lastmodified`.
pub(super) fn frame(text: &str) -> String {
    let armor = regex::Regex::new(r"-----BEGIN AGE[^E]*(?s:.)*?END AGE ENCRYPTED FILE-----").unwrap();
    let date = regex::Regex::new(r"[0-9]{4}-[0-9-]{5}T[0-9:]{8}Z").unwrap();
    date.replace_all(&armor.replace_all(&tokens(text).1, "ARMOR"), "DATE").into_owned()
}

/// That no ciphertext of `before` is left, and no nonce is used twice.
pub(super) fn all_new(name: &str, before: &str, after: &str) {
    let (before, after) = (tokens(before).0, tokens(after).0);
    assert!(!after.is_empty(), "{name}");
    let parts = |tokens: &[String], part: usize| -> Vec<String> {
        tokens.iter().map(|token| token.split(' ').nth(part).unwrap().to_owned()).collect()
    };
    for part in [1, 2] {
        let (old, new) = (parts(&before, part), parts(&after, part));
        let unique: HashSet<&String> = new.iter().collect();
        // In several documents the metadata, and so its MAC, is the same.
        let count = old.iter().collect::<HashSet<_>>().len();
        assert!(unique.len() >= count, "{name}: each has its own");
        assert!(old.iter().all(|old| !unique.contains(old)), "{name}: none is left");
    }
}

#[test]
fn ciphertexts_and_nonces_are_new_and_all_else_stays() {
    for (name, plain) in samples() {
        let bed = Bed::new();
        rule(&bed, &[A, B]);
        sealed(&bed, name, &plain);
        let before = bed.text(name);
        let done = bed.seal(&["rotate", "-i", name]).identity("a").ok();
        assert_eq!(done.stderr.trim(), "1 file rotated", "{done}");
        let after = bed.text(name);
        all_new(name, &before, &after);
        assert_eq!(frame(&before), frame(&after), "{name}");
        for identity in ["a", "b"] {
            assert_eq!(opens(&bed, name, identity), plain, "{name}");
            by_sops(&bed, name, identity);
        }
        let done = sops(&bed, &["updatekeys", "-y", name]).identity("a").ok();
        assert!(done.stderr.contains("already up to date"), "{name}: {done}");
        sops(&bed, &["rotate", "-i", name]).identity("a").ok();
        assert_eq!(
            by_sops(&bed, name, "b"),
            bed.seal(&["decrypt", name]).identity("b").ok().stdout,
            "{name}"
        );
    }
}

#[test]
fn who_was_removed_has_a_key_that_opens_nothing() {
    let bed = Bed::new();
    rule(&bed, &[A, B]);
    sealed(&bed, "x.yaml", YAML);
    let before = bed.text("x.yaml");
    bed.seal(&["rotate", "-i", "--rm-age", B, "--add-age", C, "x.yaml"]).identity("a").ok();
    assert_eq!(recipients(&bed, "x.yaml"), [A, C]);
    let after = bed.text("x.yaml");
    opens(&bed, "x.yaml", "c");
    bed.seal(&["decrypt", "x.yaml"]).identity("b").fails(128);
    // With the old wrapped key put back, there is a data key, and it is the wrong one.
    let [metadata_before, metadata_after] = [&before, &after].map(|text| {
        let from = text.find("    - enc: |").or_else(|| text.find("- enc: |")).unwrap();
        let to = text.find("lastmodified").unwrap();
        text[from..to].to_owned()
    });
    bed.write("x.yaml", after.replace(&metadata_after, &metadata_before));
    bed.seal(&["decrypt", "x.yaml"]).identity("b").fails(25);
    // Who is not there cannot be removed, and that is no harm; who is there comes in once.
    bed.write("x.yaml", &after);
    bed.seal(&["rotate", "-i", "--rm-age", B, "--add-age", A, "x.yaml"]).identity("a").ok();
    assert_eq!(recipients(&bed, "x.yaml"), [A, C]);
}

#[test]
fn somebody_must_stay() {
    let bed = Bed::new();
    rule(&bed, &[A]);
    sealed(&bed, "x.yaml", YAML);
    let done = bed.seal(&["rotate", "-i", "--rm-age", A, "x.yaml"]).identity("a").fails(1);
    assert!(done.stderr.contains("nobody could read `x.yaml`"), "{done}");
    bed.seal(&["rotate", "-i", "--rm-age", &format!("{A},{B}"), "x.yaml"]).identity("a").fails(1);
    bed.seal(&["rotate", "-i", "--rm-age", "nonsense", "x.yaml"]).identity("a").fails(1);
    bed.seal(&["rotate", "-i", "--add-age", "age1nonsense", "x.yaml"]).identity("a").fails(1);
    // Without its own key, a replaced one cannot be had.
    bed.seal(&["rotate", "-i", "x.yaml"]).identity("b").fails(128);
    bed.seal(&["rotate", "-i", "--rm-age", A, "--add-age", B, "x.yaml"]).identity("a").ok();
    assert_eq!(recipients(&bed, "x.yaml"), [B]);
    opens(&bed, "x.yaml", "b");
}

#[test]
fn the_result_goes_where_it_is_asked_for() {
    let bed = Bed::new();
    rule(&bed, &[A]);
    sealed(&bed, "t/x.yaml", YAML);
    let before = bed.text("t/x.yaml");
    let done = bed.seal(&["rotate", "t/x.yaml"]).identity("a").ok();
    assert!(done.stderr.is_empty(), "{done}");
    assert_eq!(bed.text("t/x.yaml"), before);
    all_new("stdout", &before, &done.text());
    bed.write("out.yaml", done.stdout);
    assert_eq!(opens(&bed, "out.yaml", "a"), YAML.as_bytes());
    bed.seal(&["rotate", "-o", "new.yaml", "t/x.yaml"]).identity("a").ok();
    assert_eq!(opens(&bed, "new.yaml", "a"), YAML.as_bytes());
    let done = bed.seal(&["rotate", "--input-type", "yaml", "-"]).identity("a").stdin(before.clone()).ok();
    all_new("stdin", &before, &done.text());
    for args in [
        &["rotate", "t"][..],
        &["rotate", "-o", "y", "t"],
        &["rotate", "t/x.yaml", "t/x.yaml"],
        &["rotate", "-i", "-o", "y", "t/x.yaml"],
        &["rotate", "-i", "-"],
    ] {
        bed.seal(args).identity("a").fails(8);
    }
    let before = bed.snapshot();
    let done = bed.seal(&["rotate", "--dry-run", "--add-age", B, "t"]).ok();
    assert!(done.stderr.contains("1 file would be rotated; nothing was written"), "{done}");
    bed.assert_unchanged(&before, &done);
    let done = bed.seal(&["rotate", "-i", "--json", "--add-age", B, "t"]).identity("a").ok();
    let report: serde_json::Value = serde_json::from_slice(&done.stdout).unwrap();
    assert_eq!(report["files"][0]["status"], "rotated");
    assert_eq!(report["files"][0]["added"][0]["recipient"], B);
    assert!(done.stderr.is_empty(), "{done}");
}

#[test]
fn what_does_not_verify_is_not_written_anew() {
    for (what, change) in [
        ("a clear value", ("host_unencrypted: db", "host_unencrypted: dc", 51)),
        ("a clear name", ("host_unencrypted:", "most_unencrypted:", 51)),
        ("a recipient", (A, C, 51)),
        ("the record", ("seal: ENC[AES256_GCM,data:", "seal: ENC[AES256_GCM,data:AAAA", 51)),
        ("a type", (",type:int]", ",type:str]", 51)),
        ("a value", ("user: ENC[AES256_GCM,data:", "user: ENC[AES256_GCM,data:AAAA", 25)),
        ("a path", ("  user:", "  usex:", 25)),
    ] {
        let bed = Bed::new();
        rule(&bed, &[A, B]);
        sealed(&bed, "x.yaml", YAML);
        let (from, to, code) = change;
        let text = bed.text("x.yaml");
        assert!(text.contains(from), "{what}");
        bed.write("x.yaml", text.replacen(from, to, 1));
        bed.seal(&["rotate", "-i", "--trust-recipients", "x.yaml"]).identity("b").fails(code);
        bed.seal(&["rotate", "--trust-recipients", "x.yaml"]).identity("b").fails(code);
        rule(&bed, &[B, "age1tcq5nkj4jqjpfqw5ed0kslq8kxtvgz3p0vehlzzmzw4tms5xyvss8jwtyr"]);
        if what == "a recipient" || what == "a value" {
            continue;
        }
        bed.seal(&["updatekeys", "-y", "x.yaml"]).identity("b").done();
        assert!(!bed.text("x.yaml").contains("age1tcq5"), "{what}: updatekeys takes no altered file");
    }
}

#[test]
fn odd_files_are_rotated_too() {
    for (name, plain) in [
        ("empty-map.yaml", "{}\n"),
        ("empty.json", "{}\n"),
        ("nothing-secret.yaml", "a_unencrypted: 1\nn: null\ne: ''\n"),
        ("documents.yaml", "a: 1\n---\na: 2\nb: [x, x]\n---\n# only this\nc: y\n"),
        ("repeated.json", "{\"a\": \"1\", \"a\": \"2\", \"b\": {\"a\": 3}}\n"),
        ("repeated.env", "A=1\nA=2\n"),
        ("anchors.yaml", "a: &x {b: 1}\nc: *x\nd:\n  <<: *x\n"),
        ("blocks.yaml", "a: >-\n  folded\n  text\nb: |+\n  kept\n\nc: 'it''s'\nd: \"\\u00e9\\n\"\n"),
        ("comments.yaml", "# top\n\nl:\n  # one\n  - a # two\n  # three\n# four\nm: {a: 1} # five\n"),
        ("numbers.yaml", "a: 0x1F\nb: 1_000\nc: 1.0\nd: 1e3\ne: .inf\nf: 9007199254740993\ng: 2020-01-01\n"),
    ] {
        let bed = Bed::new();
        rule(&bed, &[A, B]);
        bed.write(name, plain);
        bed.seal(&["encrypt", "-i", "--allow-nothing", name]).ok();
        let before = bed.text(name);
        for _ in 0..2 {
            bed.seal(&["rotate", "-i", name]).identity("a").ok();
        }
        assert_eq!(opens(&bed, name, "b"), plain.as_bytes(), "{name}");
        assert_eq!(frame(&before), frame(&bed.text(name)), "{name}");
        rule(&bed, &[A, C]);
        bed.seal(&["updatekeys", "-y", name]).identity("a").ok();
        assert_eq!(opens(&bed, name, "c"), plain.as_bytes(), "{name}");
    }
}

#[test]
fn every_selector_is_kept() {
    let plain = "# keep\nkeep: v # secret\nsecret: w\nsub:\n  # secret\n  a: x\nsecret_s: y\n";
    for (flag, pattern) in [
        ("--encrypted-regex", "^secret"),
        ("--unencrypted-regex", "^keep$"),
        ("--encrypted-suffix", "_s"),
        ("--unencrypted-suffix", "_s"),
        ("--encrypted-comment-regex", "secret"),
        ("--unencrypted-comment-regex", "keep"),
    ] {
        for only in [false, true] {
            let bed = Bed::new();
            rule(&bed, &[A, B]);
            bed.write("x.yaml", plain);
            let mut args = vec!["encrypt", "-i", flag, pattern];
            args.extend(only.then_some("--mac-only-encrypted"));
            args.push("x.yaml");
            bed.seal(&args).ok();
            let before = bed.text("x.yaml");
            assert!(tokens(&before).1.contains(&pattern.replace('^', "")[..4.min(pattern.len() - 1)]));
            bed.seal(&["rotate", "-i", "x.yaml"]).identity("a").ok();
            all_new(flag, &before, &bed.text("x.yaml"));
            assert_eq!(frame(&before), frame(&bed.text("x.yaml")), "{flag} {only}");
            assert_eq!(opens(&bed, "x.yaml", "b"), plain.as_bytes(), "{flag} {only}");
            by_sops(&bed, "x.yaml", "b");
            if only {
                // Clear values may be edited, and rotation does not mind.
                let text = bed.text("x.yaml");
                let edited =
                    text.replacen("keep: v", "keep: vv", 1).replacen("secret_s: y", "secret_s: yy", 1);
                assert_ne!(edited, text, "{flag}");
                bed.write("x.yaml", edited);
                bed.seal(&["rotate", "-i", "x.yaml"]).identity("a").ok();
                opens(&bed, "x.yaml", "b");
            }
        }
    }
}

#[test]
fn numbers_of_sops_in_json_stay_what_they_are() {
    let bed = Bed::new();
    rule(&bed, &[A, B]);
    bed.write("x.json", "{\"big\": 9007199254740993, \"small\": 5, \"half\": 0.5, \"huge\": 1e300}\n");
    sops(&bed, &["encrypt", "-i", "x.json"]).ok();
    let (before, plain) = (bed.text("x.json"), by_sops(&bed, "x.json", "a"));
    bed.seal(&["rotate", "-i", "x.json"]).identity("a").ok();
    all_new("json", &before, &bed.text("x.json"));
    let without_record = |text: &str| -> Vec<String> {
        frame(text).lines().filter(|line| !line.contains("\"seal\"")).map(str::to_owned).collect()
    };
    assert_eq!(without_record(&before), without_record(&bed.text("x.json")));
    assert_eq!(by_sops(&bed, "x.json", "b"), plain);
    bed.seal(&["rotate", "-i", "--no-strict", "x.json"]).identity("a").ok();
    assert_eq!(frame(&before), frame(&bed.text("x.json")), "without a record not a line more");
}

#[test]
fn a_tree_is_rotated_whole() {
    let bed = Bed::new();
    rule(&bed, &[A, B]);
    for (name, plain) in [("t/x.yaml", YAML), ("t/u/y.json", JSON), ("t/u/z.env", ENV)] {
        sealed(&bed, name, plain);
    }
    bed.write("t/plain.txt", "sops ENC[ nothing");
    let old: Vec<_> = entries(&bed, "t/x.yaml");
    let done = bed.seal(&["rotate", "-i", "--rm-age", B, "t"]).identity("a").ok();
    assert!(done.stderr.contains("3 files rotated"), "{done}");
    for name in ["t/x.yaml", "t/u/y.json", "t/u/z.env"] {
        assert_eq!(recipients(&bed, name), [A]);
        opens(&bed, name, "a");
    }
    assert_ne!(entries(&bed, "t/x.yaml")[0], old[0]);
    // One that cannot be rotated stops no other, and its code is that of the run.
    bed.write("t/x.yaml", bed.text("t/x.yaml").replace("host_unencrypted: db", "host_unencrypted: dc"));
    let before = bed.text("t/u/y.json");
    let done = bed.seal(&["rotate", "-i", "t"]).identity("a").done();
    assert_eq!(done.code, Some(51), "{done}");
    assert_ne!(bed.text("t/u/y.json"), before);
}
