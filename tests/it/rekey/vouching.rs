//! A new data key is wrapped only for recipients that somebody vouches for.

use super::{A, B, C, YAML, group_rule, key_text, recipients, rule, sealed};
use crate::bed::Bed;
use crate::peers::sops;
use std::fs;

/// A file by sops for A, into which somebody without a key puts B in the place of A, or beside.
fn swapped(bed: &Bed) {
    rule(bed, &[A]);
    bed.write("x.yaml", YAML);
    sops(bed, &["encrypt", "-i", "x.yaml"]).ok();
    let text = bed.text("x.yaml");
    let from = text.find("        - enc: |").or_else(|| text.find("        - recipient:")).unwrap();
    let to = text.find("    lastmodified").unwrap();
    let entry = &text[from..to];
    bed.write("x.yaml", text.replace(entry, &format!("{entry}{}", entry.replace(A, B))));
    assert_eq!(recipients(bed, "x.yaml"), [A, B]);
}

#[test]
fn a_recipient_that_was_put_in_gets_no_key() {
    let bed = Bed::new();
    swapped(&bed);
    let done = bed.seal(&["rotate", "-i", "x.yaml"]).identity("a").fails(207);
    assert!(done.stderr.contains("age1jhtf…") && !done.stderr.contains("age1rh8v…"), "{done}");
    bed.seal(&["rotate", "x.yaml"]).identity("a").fails(207);
    bed.seal(&["rotate", "-i", "."]).identity("a").fails(207);
    bed.seal(&["rotate", "-i", "--no-strict", "x.yaml"]).identity("a").fails(207);
    bed.seal(&["groups", "add", "-i", "-f", "x.yaml", "--age", C]).identity("a").fails(207);
    // Without a rule nobody vouches for anybody.
    fs::rename(bed.path(".sops.yaml"), bed.path("away")).unwrap();
    let done = bed.seal(&["rotate", "-i", "x.yaml"]).identity("a").fails(207);
    assert!(done.stderr.contains("age1jhtf…") && done.stderr.contains("age1rh8v…"), "{done}");
    fs::rename(bed.path("away"), bed.path(".sops.yaml")).unwrap();

    // Whoever is named is vouched for, and whoever goes needs nobody.
    let text = bed.text("x.yaml");
    bed.seal(&["rotate", "-i", "--rm-age", B, "x.yaml"]).identity("a").ok();
    assert_eq!(recipients(&bed, "x.yaml"), [A]);
    bed.write("x.yaml", &text);
    bed.seal(&["rotate", "-i", "--add-age", B, "x.yaml"]).identity("a").ok();
    bed.write("x.yaml", &text);
    bed.seal(&["rotate", "-i", "--trust-recipients", "x.yaml"]).identity("a").ok();
    bed.write("x.yaml", &text);
    // What the rule says is what updatekeys does.
    bed.seal(&["updatekeys", "-y", "x.yaml"]).identity("a").ok();
    assert_eq!(recipients(&bed, "x.yaml"), [A]);
    bed.write("x.yaml", &text);
    rule(&bed, &[A, B]);
    bed.seal(&["rotate", "-i", "x.yaml"]).identity("a").ok();
}

#[test]
fn a_change_of_a_value_vouches_for_nobody() {
    let bed = Bed::new();
    swapped(&bed);
    let text = bed.text("x.yaml");
    for change in
        [&["set", "x.yaml", "new_key", "v"][..], &["edit", "--editor", "sed -i $anew:\\ v", "x.yaml"]]
    {
        bed.write("x.yaml", &text);
        let done = bed.seal(change).identity("a").ok();
        assert!(done.stderr.contains("nobody vouches"), "{done}");
        assert!(!bed.text("x.yaml").contains("seal: ENC["), "{done}");
        bed.seal(&["rotate", "-i", "x.yaml"]).identity("a").fails(207);
    }
    // With a rule that names them, the record comes with the first change.
    rule(&bed, &[A, B]);
    bed.seal(&["set", "x.yaml", "new_key", "w"]).identity("a").ok();
    assert!(bed.text("x.yaml").contains("seal: ENC["));
}

#[test]
fn in_a_strict_file_it_is_an_alteration() {
    let bed = Bed::new();
    rule(&bed, &[A]);
    sealed(&bed, "x.yaml", YAML);
    let text = bed.text("x.yaml");
    bed.write("x.yaml", text.replace(A, B));
    bed.seal(&["rotate", "-i", "--trust-recipients", "x.yaml"]).identity("a").fails(51);
    // The record of a strict file vouches, whatever the rule says.
    bed.write("x.yaml", &text);
    rule(&bed, &[C]);
    bed.seal(&["rotate", "-i", "x.yaml"]).identity("a").ok();
    assert_eq!(recipients(&bed, "x.yaml"), [A]);
}

#[test]
fn groups_are_vouched_for_as_they_are() {
    let bed = Bed::new();
    let both = format!("{}\n{}", key_text("a"), key_text("b"));
    // A and B, each with the whole key: a rule that wants both of them does not vouch for that.
    rule(&bed, &[A, B]);
    bed.write("x.yaml", YAML);
    sops(&bed, &["encrypt", "-i", "x.yaml"]).ok();
    group_rule(&bed, &[&[A], &[B]], Some(2));
    let done = bed.seal(&["rotate", "-i", "x.yaml"]).env("SOPS_AGE_KEY", &both).fails(207);
    assert!(done.stderr.contains("key group"), "{done}");
    bed.seal(&["updatekeys", "-y", "x.yaml"]).env("SOPS_AGE_KEY", &both).ok();
    bed.seal(&["decrypt", "x.yaml"]).identity("a").fails(128);

    bed.write("y.yaml", YAML);
    sops(&bed, &["encrypt", "-i", "y.yaml"]).ok();
    bed.seal(&["rotate", "-i", "y.yaml"]).env("SOPS_AGE_KEY", &both).ok();
    bed.write("z.yaml", YAML);
    sops(&bed, &["encrypt", "-i", "z.yaml"]).ok();
    group_rule(&bed, &[&[B], &[A]], Some(2));
    bed.seal(&["rotate", "-i", "z.yaml"]).env("SOPS_AGE_KEY", &both).fails(207);
    group_rule(&bed, &[&[A, C], &[B], &[C]], Some(2));
    bed.seal(&["rotate", "-i", "z.yaml"]).env("SOPS_AGE_KEY", &both).fails(207);
}
