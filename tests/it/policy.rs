//! Who can read: recipients from flags, environment and `.sops.yaml`, and key groups.

use crate::bed::{Bed, testdata};
use crate::cli::{PLAIN, RECIPIENT};
use crate::peers::sops;

const B: &str = "age1jhtfnxg0f4pn5v2kh2yy7k8k5ct406ckxxqcnmg8me2k9akelplqlslnvp";
const C: &str = "age12emss458rkzan5e26umy9flrv0752322ys0fpst2alfl000505vs4yyzvh";

fn all_keys() -> std::path::PathBuf {
    testdata().join("vectors/keys.txt")
}

#[test]
fn recipients_come_from_the_environment_too() {
    let bed = Bed::new();
    bed.write("x.yaml", PLAIN);
    let both = format!("{RECIPIENT}, {B}");
    let text = bed.seal(&["encrypt", "x.yaml"]).env("SOPS_AGE_RECIPIENTS", &both).ok().text();
    bed.write("x.yaml", text);
    for identity in ["a", "b"] {
        let done = bed.seal(&["decrypt", "x.yaml"]).identity(identity).ok();
        assert_eq!(done.text(), PLAIN);
    }
    bed.seal(&["decrypt", "x.yaml"]).identity("c").fails(128);
}

#[test]
fn rules_are_found_from_below_and_matched_from_where_they_stand() {
    let bed = Bed::new();
    bed.write(
        ".sops.yaml",
        format!(
            "creation_rules:\n  - path_regex: ^secrets/.*\\.yaml$\n    encrypted_regex: ^password$\n    age: {RECIPIENT}\n  - path_regex: \\.env$\n    age: [{B}]\n"
        ),
    );
    bed.write("secrets/deep/x.yaml", PLAIN);
    bed.write("y.env", "A=b\n");
    bed.write("other.yaml", PLAIN);
    let text = bed.seal(&["encrypt", "x.yaml"]).within("secrets/deep").ok().text();
    assert!(text.contains("password: 'ENC[") && text.contains("user: app "), "{text}");
    assert!(text.contains(RECIPIENT) && text.contains("encrypted_regex: ^password$"), "{text}");
    let text = bed.seal(&["encrypt", "../../y.env"]).within("secrets/deep").ok().text();
    assert!(text.contains(B) && !text.contains(RECIPIENT), "{text}");
    bed.seal(&["encrypt", "other.yaml"]).fails(1);
    let text = bed.seal(&["encrypt", "--filename-override", "secrets/z.yaml"]).stdin(PLAIN).ok().text();
    assert!(text.contains("password: 'ENC["), "{text}");
}

#[test]
fn a_flag_replaces_the_keys_of_a_rule_and_keeps_its_selector() {
    let bed = Bed::new();
    bed.write(".sops.yaml", format!("creation_rules:\n  - age: {B}\n    encrypted_regex: ^db$\n"));
    bed.write("x.yaml", PLAIN);
    let text = bed.seal(&["encrypt", "--age", RECIPIENT, "x.yaml"]).ok().text();
    assert!(text.contains(RECIPIENT) && !text.contains(B) && text.contains("debug: false"), "{text}");
}

#[test]
fn config_names_another_file_of_rules() {
    let bed = Bed::new();
    bed.write("rules.yaml", format!("creation_rules:\n  - age: {B}\n"));
    bed.write("x.yaml", PLAIN);
    let text = bed.seal(&["encrypt", "--config", "rules.yaml", "x.yaml"]).ok().text();
    assert!(text.contains(B), "{text}");
    let text = bed.seal(&["encrypt", "x.yaml"]).env("SOPS_CONFIG", "rules.yaml").ok().text();
    assert!(text.contains(B), "{text}");
    bed.seal(&["encrypt", "--config", "none.yaml", "x.yaml"]).fails(1);
}

#[test]
fn rules_that_are_wrong_stop_encryption() {
    for rules in [
        "creation_rules: [\n",
        "creation_rules:\n  - age: 5\n",
        "creation_rules:\n  - age: nonsense\n",
        "creation_rules:\n  - path_regex: \"(\"\n    age: AGE\n",
        "creation_rules:\n  - encrypted_regex: a\n    unencrypted_regex: b\n    age: AGE\n",
        "creation_rules: []\n",
        "creation_rules:\n  - path_regex: x\n",
    ] {
        let bed = Bed::new();
        bed.write(".sops.yaml", rules.replace("AGE", RECIPIENT));
        bed.write("x.yaml", PLAIN);
        let done = bed.seal(&["encrypt", "-i", "x.yaml"]).fails(1);
        assert!(done.stderr.contains(".sops.yaml"), "names the file to mend: {done}");
    }
}

#[test]
fn key_groups_need_their_threshold() {
    let bed = Bed::new();
    bed.write(
        ".sops.yaml",
        format!(
            "creation_rules:\n  - shamir_threshold: 2\n    key_groups:\n      - age: [{RECIPIENT}]\n      - age: [{B}]\n      - age: [{C}]\n"
        ),
    );
    for (name, plain) in [("x.yaml", PLAIN), ("x.json", "{\"k\": \"v\"}\n"), ("x.env", "K=v\n")] {
        bed.write(name, plain);
        bed.seal(&["encrypt", "-i", name]).ok();
        bed.seal(&["decrypt", name]).identity("a").fails(128);
        let done = bed.seal(&["decrypt", name]).env("SOPS_AGE_KEY_FILE", all_keys()).ok();
        assert_eq!(done.text(), plain);
        let args = ["decrypt", "--output-type", "json", name];
        let theirs = sops(&bed, &args).env("SOPS_AGE_KEY_FILE", all_keys()).ok();
        let ours = bed.seal(&args).env("SOPS_AGE_KEY_FILE", all_keys()).ok();
        let [theirs, ours] = [theirs, ours].map(|d| serde_json::from_slice::<serde_json::Value>(&d.stdout));
        assert_eq!(theirs.unwrap(), ours.unwrap(), "{name}");
    }
}

#[test]
fn a_threshold_that_no_reader_can_meet_is_refused() {
    let bed = Bed::new();
    bed.write(
        ".sops.yaml",
        format!(
            "creation_rules:\n  - shamir_threshold: 3\n    key_groups:\n      - age: [{RECIPIENT}]\n      - age: [{B}]\n"
        ),
    );
    bed.write("x.yaml", PLAIN);
    bed.seal(&["encrypt", "-i", "x.yaml"]).fails(1);
}

#[test]
fn comment_selectors_work_from_the_command_line() {
    let bed = Bed::new();
    bed.write("x.yaml", "# sops:enc\na: secret\nb: clear\n");
    let text = bed.seal(&["encrypt", "--age", RECIPIENT, "--encrypted-comment-regex", "sops:enc", "x.yaml"]);
    let text = text.ok().text();
    assert!(text.starts_with("# sops:enc\na: ENC[") && text.contains("\nb: clear\n"), "{text}");
    let args = ["encrypt", "--age", RECIPIENT, "--unencrypted-comment-regex", "sops:enc", "x.yaml"];
    let text = bed.seal(&args).ok().text();
    assert!(text.contains("a: secret") && text.contains("b: ENC["), "{text}");
}
