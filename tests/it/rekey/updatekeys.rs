//! `seal updatekeys`: recipients become those of the rule, and nothing else changes.

use super::{A, B, C, YAML, by_sops, entries, group_rule, lost, opens, recipients, rule, samples, sealed};
use crate::bed::{Bed, program};
use crate::peers::sops;
use std::fs;
use std::os::unix::fs::{MetadataExt as _, symlink};

/// `seal updatekeys -y` with identity `a`.
fn update(bed: &Bed, names: &[&str]) -> crate::bed::Done {
    let args: Vec<&str> = ["updatekeys", "-y"].iter().chain(names).copied().collect();
    bed.seal(&args).identity("a").ok()
}

#[test]
fn who_comes_and_goes_changes_no_other_line() {
    for (name, plain) in samples() {
        let bed = Bed::new();
        rule(&bed, &[A]);
        sealed(&bed, name, &plain);
        let (before, entry) = (bed.text(name), entries(&bed, name));

        rule(&bed, &[A, B, C]);
        update(&bed, &[name]);
        let added = bed.text(name);
        assert_eq!(entries(&bed, name)[..1], entry[..], "{name}: who stays keeps its entry");
        assert_eq!(recipients(&bed, name), [A, B, C]);
        // The record is bound to the recipients; JSON has a comma behind what is not last.
        let gone = lost(&before, &added, &["seal"]);
        assert!(gone.iter().all(|line| line.trim() == "}"), "{name}: {gone:?}");
        let entries_added = entries(&bed, name);
        let expected = by_sops(&bed, name, "a");
        for identity in ["b", "c"] {
            assert_eq!(opens(&bed, name, identity), plain, "{name}");
            assert_eq!(by_sops(&bed, name, identity), expected, "{name}");
        }
        let done = sops(&bed, &["updatekeys", "-y", name]).identity("a").ok();
        assert!(done.stderr.contains("already up to date"), "{name}: {done}");

        rule(&bed, &[A, C]);
        update(&bed, &[name]);
        let stayed = [&entry[..], &entries_added[2..]].concat();
        assert_eq!(entries(&bed, name), stayed, "{name}: only that entry goes");
        bed.seal(&["decrypt", name]).identity("b").fails(128);
        rule(&bed, &[A]);
        update(&bed, &[name]);
        let without_record = |text: &str| {
            text.lines().filter(|line| !line.contains("seal")).map(str::to_owned).collect::<Vec<_>>()
        };
        assert_eq!(without_record(&bed.text(name)), without_record(&before), "{name}: there and back");
        assert_eq!(opens(&bed, name, "a"), plain);
    }
}

#[test]
fn everybody_can_be_replaced_and_the_order_does_not_matter() {
    let bed = Bed::new();
    rule(&bed, &[A, B]);
    sealed(&bed, "x.yaml", YAML);
    let before = fs::metadata(bed.path("x.yaml")).unwrap();
    rule(&bed, &[B, A]);
    let done = update(&bed, &["x.yaml"]);
    assert!(done.stderr.contains("1 file up to date"), "{done}");
    let after = fs::metadata(bed.path("x.yaml")).unwrap();
    assert_eq!((before.ino(), before.mtime_nsec()), (after.ino(), after.mtime_nsec()), "not touched");

    rule(&bed, &[C]);
    update(&bed, &["x.yaml"]);
    assert_eq!(recipients(&bed, "x.yaml"), [C]);
    assert_eq!(opens(&bed, "x.yaml", "c"), YAML.as_bytes());
    for identity in ["a", "b"] {
        bed.seal(&["decrypt", "x.yaml"]).identity(identity).fails(128);
    }
}

#[test]
fn key_groups_come_and_go() {
    for (name, plain) in samples() {
        let bed = Bed::new();
        rule(&bed, &[A]);
        sealed(&bed, name, &plain);
        let up_to_date = || {
            let done = sops(&bed, &["updatekeys", "-y", name]).env("SOPS_AGE_KEY", two("a", "b")).ok();
            assert!(done.stderr.contains("already up to date"), "{name}: {done}");
            bed.seal(&["updatekeys", "--dry-run", name]).ok()
        };
        let run = |keys: String| bed.seal(&["updatekeys", "-y", name]).env("SOPS_AGE_KEY", keys);
        group_rule(&bed, &[&[A], &[B], &[C]], Some(2));
        run(two("a", "a")).ok();
        assert_eq!(recipients(&bed, name), [A, B, C], "{name}");
        for pair in [two("a", "b"), two("b", "c"), two("a", "c")] {
            let done = bed.seal(&["decrypt", "--require-strict", name]).env("SOPS_AGE_KEY", &pair).ok();
            assert_eq!(done.stdout, plain, "{name}");
            sops(&bed, &["decrypt", name]).env("SOPS_AGE_KEY", &pair).ok();
        }
        bed.seal(&["decrypt", name]).identity("a").fails(128);
        up_to_date();
        // Another threshold alone is a change.
        group_rule(&bed, &[&[A], &[B], &[C]], Some(3));
        run(two("a", "b")).ok();
        bed.seal(&["decrypt", name]).env("SOPS_AGE_KEY", two("a", "b")).fails(128);
        let all = format!("{}\n{}", two("a", "b"), super::key_text("c"));
        assert_eq!(bed.seal(&["decrypt", name]).env("SOPS_AGE_KEY", &all).ok().stdout, plain);
        // Without a threshold in the rule that of the file stays, as far as there are groups.
        group_rule(&bed, &[&[A], &[B]], None);
        run(all).ok();
        assert_eq!(bed.seal(&["decrypt", name]).env("SOPS_AGE_KEY", two("a", "b")).ok().stdout, plain);
        up_to_date();
        rule(&bed, &[A]);
        run(two("a", "b")).ok();
        assert_eq!(opens(&bed, name, "a"), plain, "{name}");
        by_sops(&bed, name, "a");
        assert!(!bed.text(name).contains("threshold") && !bed.text(name).contains("key_groups"), "{name}");
        up_to_date();
    }
}

fn two(one: &str, other: &str) -> String {
    format!("{}\n{}", super::key_text(one), super::key_text(other))
}

#[test]
fn a_look_needs_no_key_and_writes_nothing() {
    let bed = Bed::new();
    rule(&bed, &[A]);
    sealed(&bed, "x.yaml", YAML);
    sealed(&bed, "same.yaml", YAML);
    bed.write(".sops.yaml", format!("creation_rules:\n  - path_regex: same\n    age: {A}\n  - age: {B}\n"));
    let before = bed.snapshot();
    let done = bed.seal(&["updatekeys", "--dry-run", "."]).ok();
    bed.assert_unchanged(&before, &done);
    assert!(done.stderr.contains("  + age age1jhtf…"), "{done}");
    assert!(done.stderr.contains("1 file would change, 1 up to date; nothing was written"), "{done}");
    let done = bed.seal(&["updatekeys", "--dry-run", "--json", "."]).ok();
    assert!(done.stderr.is_empty(), "{done}");
    let report: serde_json::Value = serde_json::from_slice(&done.stdout).unwrap();
    let of = |at: usize| (report["files"][at]["path"].as_str(), report["files"][at]["status"].as_str());
    assert_eq!(of(0), (Some("same.yaml"), Some("up to date")));
    assert_eq!(of(1), (Some("x.yaml"), Some("differs")));
    assert_eq!(report["files"][1]["added"][0]["recipient"], B);
    assert_eq!(report["files"][1]["removed"][0]["recipient"], A);
    let done = bed.seal(&["updatekeys", "--json", "-y", "."]).identity("a").ok();
    let report: serde_json::Value = serde_json::from_slice(&done.stdout).unwrap();
    assert_eq!(report["files"][1]["status"], "changed");
}

#[test]
fn without_anybody_to_ask_nothing_changes() {
    let bed = Bed::new();
    rule(&bed, &[A]);
    sealed(&bed, "x.yaml", YAML);
    rule(&bed, &[A, B]);
    let program = program().into_os_string().into_string().unwrap();
    let done = bed.run("setsid", &["--wait", &program, "updatekeys", "x.yaml"]).identity("a").fails(1);
    assert!(done.stderr.contains("--yes") && done.stderr.contains("--dry-run"), "{done}");
    bed.seal(&["updatekeys", "-y", "x.yaml"]).fails(128);
    bed.seal(&["updatekeys", "-y", "x.yaml"]).identity("b").fails(128);
}

#[test]
fn a_folder_is_looked_through_and_one_broken_file_stops_no_other() {
    let bed = Bed::new();
    rule(&bed, &[A]);
    sealed(&bed, "t/b/c.json", super::JSON);
    sealed(&bed, "t/b/.hidden.env", super::ENV);
    for name in ["t/a.yaml", "t/ignored/x.yaml", "t/bad.yaml", "t/evil.yaml"] {
        sealed(&bed, name, YAML);
    }
    bed.write("t/.gitignore", "ignored/\n");
    bed.write("t/plain.yaml", "a: sops\nb: ENC[ no\n");
    bed.write("t/broken-plain.yaml", "a: [\n");
    bed.write("t/junk", (0..=255u8).cycle().take(5000).collect::<Vec<_>>());
    bed.write("t/sops-ENC[-junk.bin", b"sops ENC[ \xff\xfe\x00");
    bed.write("t/empty.yaml", "");
    bed.write("t/README.md", "Our sops files hold ENC[...] texts.\n");
    symlink("a.yaml", bed.path("t/link.yaml")).unwrap();
    symlink("nowhere", bed.path("t/dangling.yaml")).unwrap();
    // One that does not parse, and one whose values were altered.
    bed.write("t/bad.yaml", bed.text("t/bad.yaml").replace("lastmodified: \"20", "lastmodified: \"xx"));
    bed.write("t/evil.yaml", bed.text("t/evil.yaml").replace("host_unencrypted: db", "host_unencrypted: dc"));
    let kept = ["t/ignored/x.yaml", "t/plain.yaml", "t/junk", "t/bad.yaml", "t/evil.yaml"];
    let before = kept.map(|name| bed.read(name));
    rule(&bed, &[A, B]);
    let done = bed.seal(&["updatekeys", "-y", "t"]).identity("a").done();
    assert_eq!(done.code, Some(1), "{done}");
    assert!(done.stderr.contains("t/bad.yaml") && done.stderr.contains("t/evil.yaml"), "{done}");
    assert!(done.stderr.contains("3 files changed"), "{done}");
    for name in ["t/a.yaml", "t/b/c.json", "t/b/.hidden.env"] {
        opens(&bed, name, "b");
    }
    assert_eq!(kept.map(|name| bed.read(name)), before);
    assert!(bed.path("t/link.yaml").is_symlink() && bed.path("t/dangling.yaml").is_symlink());
    // What is named is what is meant.
    bed.seal(&["updatekeys", "-y", "t/plain.yaml"]).identity("a").fails(204);
    bed.seal(&["updatekeys", "-y", "t/none.yaml"]).identity("a").fails(100);
    bed.seal(&["updatekeys", "-y", "t/evil.yaml"]).identity("a").fails(51);
}

#[test]
fn a_file_that_is_named_twice_is_written_once() {
    let bed = Bed::new();
    rule(&bed, &[A]);
    for number in 0..20 {
        sealed(&bed, &format!("t/{number}.yaml"), "a: x\n");
    }
    symlink("t/0.yaml", bed.path("link.yaml")).unwrap();
    rule(&bed, &[A, B]);
    let done = update(&bed, &["t/0.yaml", "t", "./t", "link.yaml", "t/0.yaml", "."]);
    assert!(done.stderr.contains("20 files changed"), "{done}");
    opens(&bed, "t/0.yaml", "b");
    assert!(bed.path("link.yaml").is_symlink());
    bed.seal(&["rotate", "-i", "t", ".", "link.yaml", "t/7.yaml"]).identity("a").ok();
}

#[test]
fn rules_are_needed() {
    let bed = Bed::new();
    rule(&bed, &[A]);
    sealed(&bed, "x.yaml", YAML);
    sealed(&bed, "t/y.yaml", YAML);
    bed.write(".sops.yaml", format!("creation_rules:\n  - path_regex: other\n    age: {B}\n"));
    let done = bed.seal(&["updatekeys", "-y", "x.yaml"]).identity("a").fails(1);
    assert!(done.stderr.contains("no creation rule is for `x.yaml`"), "{done}");
    let done = bed.seal(&["updatekeys", "-y", "t"]).identity("a").ok();
    assert!(done.stderr.contains("no creation rule is for 1 file"), "{done}");
    bed.write(".sops.yaml", "creation_rules:\n  - age: nonsense\n");
    bed.seal(&["updatekeys", "-y", "x.yaml"]).identity("a").fails(1);
    fs::remove_file(bed.path(".sops.yaml")).unwrap();
    let done = bed.seal(&["updatekeys", "-y", "x.yaml"]).identity("a").fails(1);
    assert!(done.stderr.contains("seal rotate -i --add-age"), "{done}");
}

#[test]
fn standard_input_is_no_file() {
    let bed = Bed::new();
    rule(&bed, &[A]);
    sealed(&bed, "x.yaml", YAML);
    rule(&bed, &[A, B]);
    let text = bed.read("x.yaml");
    bed.seal(&["updatekeys", "-y", "--input-type", "yaml", "-"]).identity("a").stdin(text).fails(8);
}
