//! `seal groups`.

use super::{A, B, C, YAML, by_sops, entries, group_rule, key_text, opens, recipients, rule, sealed};
use crate::bed::Bed;
use crate::peers::sops;

fn keys(names: &[&str]) -> String {
    names.iter().map(|name| key_text(name)).collect::<Vec<_>>().join("\n")
}

#[test]
fn groups_are_added_and_deleted() {
    for name in ["x.yaml", "x.json", "x.env", "x.bin"] {
        let bed = Bed::new();
        rule(&bed, &[A]);
        let plain = super::samples().into_iter().find(|(other, _)| *other == name).unwrap().1;
        sealed(&bed, name, &plain);
        let one = entries(&bed, name);
        let run = |args: &[&str], who: &[&str]| {
            let args: Vec<&str> = ["groups"].iter().chain(args).copied().collect();
            bed.seal(&args).env("SOPS_AGE_KEY", keys(who))
        };
        run(&["add", "-i", "-f", name, "--age", B], &["a"]).ok();
        assert_eq!(recipients(&bed, name), [A, B], "{name}");
        assert_ne!(entries(&bed, name)[0], one[0], "{name}: a share is no data key");
        bed.seal(&["decrypt", name]).identity("a").fails(128);
        let opened = run_decrypt(&bed, name, &["a", "b"]);
        assert_eq!(opened, plain, "{name}");
        // A third group, and two of them are enough.
        let threshold = ["--shamir-secret-sharing-threshold", "2"];
        run(&[&["add", "-i", "-f", name, "-a", C][..], &threshold].concat(), &["a", "b"]).ok();
        for who in [["a", "b"], ["b", "c"], ["a", "c"]] {
            assert_eq!(run_decrypt(&bed, name, &who), plain, "{name}");
            sops(&bed, &["decrypt", name]).env("SOPS_AGE_KEY", keys(&who)).ok();
        }
        run(&["delete", "-i", "-f", name, "1"], &["a", "c"]).ok();
        assert_eq!(recipients(&bed, name), [A, C], "{name}");
        assert_eq!(run_decrypt(&bed, name, &["a", "c"]), plain);
        // Two are needed, so one of two cannot go unless that is said.
        let done = run(&["delete", "-i", "-f", name, "0"], &["a", "c"]).fails(1);
        assert!(done.stderr.contains("--shamir-secret-sharing-threshold"), "{done}");
        let threshold = ["--shamir-secret-sharing-threshold", "1"];
        run(&[&["delete", "-i", "-f", name, "0"][..], &threshold].concat(), &["a", "c"]).ok();
        assert_eq!(recipients(&bed, name), [C], "{name}");
        assert_eq!(opens(&bed, name, "c"), plain, "{name}");
        by_sops(&bed, name, "c");
        assert!(
            run(&["delete", "-i", "-f", name, "0"], &["c"]).fails(1).stderr.contains("the only key group")
        );
    }
}

fn run_decrypt(bed: &Bed, name: &str, who: &[&str]) -> Vec<u8> {
    let done = bed.seal(&["decrypt", "--require-strict", name]).env("SOPS_AGE_KEY", keys(who)).ok();
    assert!(done.stderr.is_empty(), "{done}");
    done.stdout
}

#[test]
fn what_cannot_be_is_refused() {
    let bed = Bed::new();
    group_rule(&bed, &[&[A], &[B], &[C]], Some(2));
    sealed(&bed, "x.yaml", YAML);
    let fails = |args: &[&str], code: i32| {
        let args: Vec<&str> = ["groups"].iter().chain(args).copied().collect();
        bed.seal(&args).env("SOPS_AGE_KEY", keys(&["a", "b"])).fails(code)
    };
    let done = fails(&["delete", "-i", "-f", "x.yaml", "3"], 1);
    assert!(done.stderr.contains("it has 3, counted from 0"), "{done}");
    fails(&["delete", "-i", "-f", "x.yaml", "-1"], 1);
    fails(&["delete", "-i", "-f", "x.yaml", "99999999999999999999999"], 1);
    fails(&["delete", "-i", "-f", "x.yaml", "0", "--shamir-secret-sharing-threshold", "3"], 1);
    fails(&["add", "-i", "-f", "x.yaml", "-a", A, "--shamir-secret-sharing-threshold", "5"], 1);
    fails(&["add", "-i", "-f", "x.yaml", "-a", A, "--shamir-secret-sharing-threshold", "1"], 1);
    fails(&["add", "-i", "-f", "x.yaml", "-a", "nonsense"], 1);
    fails(&["add", "-i", "-f", "x.yaml", "-a", ""], 1);
    fails(&["add", "-i", "-f", "none.yaml", "-a", A], 100);
    bed.write("plain.yaml", "a: b\n");
    fails(&["add", "-i", "-f", "plain.yaml", "-a", A], 204);
    fails(&["show", "plain.yaml"], 204);
    // One identity of two that are needed.
    bed.seal(&["groups", "delete", "-i", "-f", "x.yaml", "0"]).identity("a").fails(128);
    // To standard output unless told otherwise.
    let before = bed.text("x.yaml");
    let done =
        bed.seal(&["groups", "delete", "-f", "x.yaml", "0"]).env("SOPS_AGE_KEY", keys(&["a", "b"])).ok();
    assert_eq!(bed.text("x.yaml"), before);
    bed.write("y.yaml", done.stdout);
    assert_eq!(run_decrypt(&bed, "y.yaml", &["b", "c"]), YAML.as_bytes());
}

#[test]
fn groups_are_shown_with_and_without_identities() {
    let bed = Bed::new();
    group_rule(&bed, &[&[A, B], &[C]], None);
    sealed(&bed, "x.yaml", YAML);
    let show = |args: &[&str]| bed.seal(&[&["groups", "show", "x.yaml"], args].concat());
    let before = bed.snapshot();
    let done = show(&[]).ok();
    assert!(done.text().contains("group 1: does not open\n  age age1rh8v…"), "{done}");
    assert!(done.text().ends_with("0 of 2 groups open, 2 needed: not enough\n"), "{done}");
    let text = show(&[]).identity("b").ok().text();
    assert!(
        text.contains("group 1: gives its share")
            && text.contains("…plqlslnvp") | text.contains("(by this one)")
    );
    assert!(text.ends_with("1 of 2 groups open, 2 needed: not enough\n"), "{text}");
    let done = show(&[]).env("SOPS_AGE_KEY", keys(&["a", "c"])).ok();
    assert!(done.text().ends_with("2 of 2 groups open, 2 needed: enough\n"), "{done}");
    let done = show(&["--json"]).identity("c").ok();
    let report: serde_json::Value = serde_json::from_slice(&done.stdout).unwrap();
    assert_eq!((report["needed"].as_u64(), report["opened"].as_u64()), (Some(2), Some(1)));
    assert_eq!(report["groups"][1]["opens"], true);
    assert_eq!(report["groups"][0]["keys"][1]["recipient"], B);
    bed.assert_unchanged(&before, &done);
    // The files of sops too.
    group_rule(&bed, &[&[A, B], &[C]], None);
    bed.write("x.yaml", YAML);
    sops(&bed, &["encrypt", "-i", "x.yaml"]).ok();
    assert!(show(&[]).env("SOPS_AGE_KEY", keys(&["a", "c"])).ok().text().ends_with(": enough\n"));
}
