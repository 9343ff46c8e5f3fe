//! The strict record: alterations that the MAC of SOPS misses are refused.
//!
//! Each alteration is applied twice: to a file without the record, where it must pass (else it proves
//! nothing), and to the same file with the record, where it must not.

use crate::bed::{Bed, testdata};

/// A change of the encrypted text.
type Alter = fn(&str) -> String;

const YAML: &str = "\
# who may call: ops
a: alpha
num: 5
l:
    - x
    - z
m:
    k: v
p_unencrypted: \"12\"
q_unencrypted: \"3\"
r_unencrypted: 1
# seen by all
s_unencrypted:
    - one
e: \"\"
n: null
";

const JSON: &str = r#"{
  "a": "alpha",
  "num": 5,
  "l": ["x", "z"],
  "p_unencrypted": "12",
  "q_unencrypted": "3",
  "e": "",
  "n": null
}
"#;

const ENV: &str = "# who may call: ops\nA=alpha\nP_unencrypted=12\nQ_unencrypted=3\nE=\n";

const YAML_ALTERATIONS: &[(&str, Alter)] = &[
    ("a clear key renamed", |t| swap(t, "p_unencrypted:", "zz_unencrypted:")),
    ("bytes moved between clear values", |t| {
        swap(&swap(t, "p_unencrypted: \"12\"", "p_unencrypted: \"1\""), "\"3\"", "\"23\"")
    }),
    ("a clear string made a number", |t| swap(t, "\"12\"", "12")),
    ("a clear number made a string", |t| swap(t, "r_unencrypted: 1", "r_unencrypted: \"1\"")),
    ("a null added", |t| format!("added: null\n{t}")),
    ("an empty string added", |t| format!("added: \"\"\n{t}")),
    ("an empty map added", |t| format!("added: {{}}\n{t}")),
    ("an empty list added", |t| format!("added: []\n{t}")),
    ("an empty string removed", |t| swap(t, "e: \"\"\n", "")),
    ("a null removed", |t| swap(t, "n: null\n", "")),
    ("an empty string made null", |t| swap(t, "e: \"\"\n", "e: null\n")),
    ("an empty string moved", |t| format!("e: \"\"\n{}", swap(t, "e: \"\"\n", ""))),
    ("a document added", |t| format!("{t}---\n{{}}\n")),
    ("a list element nested deeper", |t| swap(t, "l:\n    - ENC", "l:\n    - - ENC")),
    ("a clear list element nested deeper", |t| swap(t, "    - one", "    - - one")),
    ("a clear list element made a list of its own", |t| swap(t, "    - one", "    one")),
    ("a type label changed", |t| swap(t, ",type:int]", ",type:str]")),
    ("an encrypted comment removed", |t| without_line(t, "#ENC[")),
    ("a recipient replaced", |t| swap(t, RECIPIENT_A, RECIPIENT_B)),
    ("a recipient added", |t| {
        let entry = block(t, "- enc: |", &format!("recipient: {RECIPIENT_A}\n"));
        swap(t, &entry, &format!("{entry}{}", swap(&entry, RECIPIENT_A, RECIPIENT_B)))
    }),
    ("the selector replaced by one that selects the same", |t| {
        swap(t, "unencrypted_suffix: _unencrypted", "unencrypted_regex: _unencrypted$")
    }),
];

const JSON_ALTERATIONS: &[(&str, Alter)] = &[
    ("a clear key renamed", |t| swap(t, "\"p_unencrypted\"", "\"zz_unencrypted\"")),
    ("bytes moved between clear values", |t| swap(&swap(t, "\"12\"", "\"1\""), "\"3\"", "\"23\"")),
    ("a clear string made a number", |t| swap(t, "\"12\"", "12")),
    ("a null added", |t| swap(t, "{\n  \"a\"", "{\n  \"added\": null,\n  \"a\"")),
    ("an empty map added", |t| swap(t, "{\n  \"a\"", "{\n  \"added\": {},\n  \"a\"")),
    ("an empty string removed", |t| swap(t, "  \"e\": \"\",\n", "")),
    ("a type label changed", |t| {
        let label = if t.contains(",type:int]") { ",type:int]" } else { ",type:float]" };
        swap(t, label, ",type:str]")
    }),
    ("a recipient replaced", |t| swap(t, RECIPIENT_A, RECIPIENT_B)),
];

const ENV_ALTERATIONS: &[(&str, Alter)] = &[
    ("a clear key renamed", |t| swap(t, "P_unencrypted=", "ZZ_unencrypted=")),
    ("bytes moved between clear values", |t| {
        swap(&swap(t, "P_unencrypted=12", "P_unencrypted=1"), "Q_unencrypted=3", "Q_unencrypted=23")
    }),
    ("an empty value added", |t| format!("ADDED=\n{t}")),
    ("an empty value removed", |t| swap(t, "E=\n", "")),
    ("an encrypted comment removed", |t| without_line(t, "#ENC[")),
    ("a recipient replaced", |t| swap(t, RECIPIENT_A, RECIPIENT_B)),
];

const RECIPIENT_A: &str = "age1rh8vkdkhqetmk6qs8v8jxuxlky0c9s2c8aeflydjyv87cs5tgaqq9ynmu3";
const RECIPIENT_B: &str = "age1jhtfnxg0f4pn5v2kh2yy7k8k5ct406ckxxqcnmg8me2k9akelplqlslnvp";

/// Replaces the first `old`, which must be there.
fn swap(text: &str, old: &str, new: &str) -> String {
    assert!(text.contains(old), "no {old:?} in\n{text}");
    text.replacen(old, new, 1)
}

/// Leaves out the first line that starts with `start`, which must be there.
fn without_line(text: &str, start: &str) -> String {
    let line =
        text.lines().find(|line| line.starts_with(start)).unwrap_or_else(|| panic!("no {start}\n{text}"));
    text.replacen(&format!("{line}\n"), "", 1)
}

/// The lines from the first with `start` to the end of the next `end`, which must be there.
fn block(text: &str, start: &str, end: &str) -> String {
    let found = text.find(start).unwrap_or_else(|| panic!("no {start:?} in\n{text}"));
    let from = text[..found].rfind('\n').map_or(0, |newline| newline + 1);
    let to = text[from..].find(end).unwrap_or_else(|| panic!("no {end:?} in\n{text}"));
    text[from..from + to + end.len()].to_owned()
}

fn encrypted(bed: &Bed, name: &str, plain: &str, flags: &[&str]) -> String {
    bed.write(name, plain);
    let mut args = vec!["encrypt", "--age", RECIPIENT_A];
    args.extend(flags);
    args.push(name);
    bed.seal(&args).ok().text()
}

fn refuses_all(name: &str, plain: &str, alterations: &[(&str, Alter)]) {
    let bed = Bed::new();
    let mut wrong = Vec::new();
    for flags in [&["--no-strict"][..], &[]] {
        let text = encrypted(&bed, name, plain, flags);
        for (what, alter) in alterations {
            bed.write(name, alter(&text));
            let done = bed.seal(&["decrypt", name]).identity("a").done();
            let expected = if flags.is_empty() { 51 } else { 0 };
            if done.code != Some(expected) {
                wrong.push(format!("{what}, flags {flags:?}: exit {:?}: {}", done.code, done.stderr.trim()));
            }
        }
    }
    println!("{name}: {} alterations, each with and without the record", alterations.len());
    assert!(wrong.is_empty(), "{name}: {} wrong:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn yaml_alterations_are_refused() {
    refuses_all("x.yaml", YAML, YAML_ALTERATIONS);
}

#[test]
fn json_alterations_are_refused() {
    refuses_all("x.json", JSON, JSON_ALTERATIONS);
}

#[test]
fn env_alterations_are_refused() {
    refuses_all("x.env", ENV, ENV_ALTERATIONS);
}

#[test]
fn ignore_mac_does_not_ignore_a_value_that_does_not_decrypt() {
    let bed = Bed::new();
    let text = encrypted(&bed, "x.yaml", YAML, &[]);
    bed.write("x.yaml", swap(&text, "a: ENC", "b: ENC"));
    bed.seal(&["decrypt", "--ignore-mac", "x.yaml"]).identity("a").fails(25);
}

#[test]
fn layout_and_clear_comments_may_be_edited_by_hand() {
    let bed = Bed::new();
    let plain = swap(YAML, "# who may call: ops\n", "");
    let text = encrypted(&bed, "x.yaml", &plain, &["--unencrypted-comment-regex", "seen by all"]);
    let edited = swap(&text, "# seen by all", "\n# seen by all of us\n# and more: seen by all");
    let edited = swap(&edited, "    - one", "  -   'one'");
    bed.write("x.yaml", edited);
    let done = bed.seal(&["decrypt", "--require-strict", "x.yaml"]).identity("a").ok();
    assert!(done.text().contains("seen by all of us"), "{done}");
}

#[test]
fn a_stripped_record_warns_and_can_be_refused() {
    for (name, plain) in [("x.yaml", YAML), ("x.json", JSON), ("x.env", ENV)] {
        let bed = Bed::new();
        bed.write(name, encrypted(&bed, name, plain, &["--no-strict"]));
        let done = bed.seal(&["decrypt", name]).identity("a").ok();
        assert!(done.stderr.contains("warning:"), "{done}");
        assert_eq!(done.text(), plain, "layout without the record");
        bed.seal(&["decrypt", "--require-strict", name]).identity("a").fails(206);

        bed.write(name, encrypted(&bed, name, plain, &[]));
        let done = bed.seal(&["decrypt", "--require-strict", name]).identity("a").ok();
        assert!(done.stderr.is_empty(), "a strict file needs no words: {done}");
        assert_eq!(done.text(), plain);
    }
}

#[test]
fn a_record_of_another_file_is_refused() {
    let bed = Bed::new();
    let (one, other) = (encrypted(&bed, "x.yaml", YAML, &[]), encrypted(&bed, "x.yaml", YAML, &[]));
    let record = |text: &str| text.lines().find(|l| l.trim_start().starts_with("seal:")).unwrap().to_owned();
    bed.write("x.yaml", swap(&one, &record(&one), &record(&other)));
    bed.seal(&["decrypt", "x.yaml"]).identity("a").fails(51);
    bed.write("x.yaml", swap(&one, &record(&one), "    seal: none"));
    bed.seal(&["decrypt", "x.yaml"]).identity("a").fails(51);
}

#[test]
fn mac_only_encrypted_leaves_clear_values_free() {
    let bed = Bed::new();
    let text = encrypted(&bed, "x.yaml", YAML, &["--mac-only-encrypted"]);
    bed.write("x.yaml", swap(&text, "\"12\"", "\"13\""));
    bed.seal(&["decrypt", "--require-strict", "x.yaml"]).identity("a").ok();
    bed.write("x.yaml", swap(&text, "l:\n    - ENC", "l:\n    - - ENC"));
    bed.seal(&["decrypt", "x.yaml"]).identity("a").fails(51);
}

#[test]
fn the_altered_vectors_come_from_a_file_that_is_well() {
    let bed = Bed::new();
    let base = std::fs::read(testdata().join("vectors/invalid/_base.yaml")).unwrap();
    bed.write("base.yaml", base);
    bed.seal(&["decrypt", "base.yaml"]).identity("a").ok();
}
