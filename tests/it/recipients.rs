//! The flags for recipients of every kind, of which some have no key service yet.

use crate::bed::Bed;
use crate::cli::sealed;
use crate::peers::sops;

const ARN: &str = "arn:aws:kms:us-east-1:123456789012:key/0d0466b0-e727-4d9c-b35d-f84bb474a37f";

/// Kinds without a key service: flag, recipient, and how they are called.
const CLOUDS: [(&str, &str, &str); 5] = [
    ("kms", ARN, "AWS KMS"),
    ("gcp-kms", "projects/p/locations/global/keyRings/r/cryptoKeys/k", "Google Cloud KMS"),
    ("hckms", "tr-west-1:0d0466b0-e727-4d9c-b35d-f84bb474a37f", "Huawei Cloud KMS"),
    ("azure-kv", "https://v.vault.azure.net/keys/n/0f3", "Azure Key Vault"),
    ("hc-vault-transit", "https://vault.example.org:8200/v1/transit/keys/dev", "HashiCorp Vault"),
];

/// The public key of the throwaway identity `name`.
fn age(name: &str) -> String {
    let file = crate::bed::testdata().join("vectors/keys").join(format!("{name}.txt"));
    let text = std::fs::read_to_string(file).unwrap();
    text.lines().find_map(|line| line.strip_prefix("# public key: ")).unwrap().to_owned()
}

#[test]
fn a_kind_without_a_service_is_refused_by_name() {
    let bed = Bed::new();
    bed.write("a.yaml", "x: 1\n");
    sealed(&bed, "b.yaml");
    for (flag, recipient, title) in CLOUDS {
        let (plain, added) = (format!("--{flag}"), format!("--add-{flag}"));
        let all: [&[&str]; 4] = [
            &["encrypt", "--age", &age("a"), &plain, recipient, "a.yaml"],
            &["edit", &plain, recipient, "new.yaml"],
            &["rotate", "-i", &added, recipient, "b.yaml"],
            &["groups", "add", "-i", "-f", "b.yaml", &plain, recipient],
        ];
        for args in all {
            let done = bed.seal(args).env("SEAL_EDITOR", "true").identity("a").fails(1);
            assert!(done.stderr.contains(&format!("does not talk to {title} yet")), "{done}");
            let end: String = recipient.chars().skip(recipient.len() - 5).collect();
            assert!(done.stderr.contains(&end) && done.stderr.contains("hint: "), "{done}");
        }
        let done = bed.seal(&["encrypt", &plain, "nonsense", "a.yaml"]).fails(1);
        assert!(done.stderr.contains(&format!("`{plain}` names a recipient")), "{done}");
    }
}

#[test]
fn an_encryption_context_is_checked_as_sops_checks_it() {
    let bed = Bed::new();
    bed.write("a.yaml", "x: 1\n");
    sealed(&bed, "b.yaml");
    let recipient = age("a");
    for (context, good) in
        [("App:web", true), ("App:web,b:", true), ("App", false), ("a:b:c", false), ("a:b,", false)]
    {
        let args = ["encrypt", "--age", &recipient, "--encryption-context", context, "a.yaml"];
        let ours = bed.seal(&args).done();
        assert_eq!(ours.code, Some(if good { 0 } else { 6 }), "{ours}");
        assert_eq!(sops(&bed, &args).done().code, ours.code, "{ours}");
    }
    for args in [
        &["rotate", "-i", "--encryption-context", "x", "b.yaml"][..],
        &["groups", "add", "-i", "-f", "b.yaml", "--encryption-context", "x", "--age", &recipient],
        &["edit", "--encryption-context", "x", "--age", &recipient, "new.yaml"],
    ] {
        bed.seal(args).env("SEAL_EDITOR", "true").identity("a").fails(6);
    }
}

#[test]
fn keys_without_a_service_stay_in_a_file_until_they_are_taken_out() {
    let bed = Bed::new();
    let (a, c) = (age("a"), age("c"));
    bed.write("a.yaml", "x: 1\n");
    let text = bed.seal(&["encrypt", "--no-strict", "--age", &a, "a.yaml"]).ok().text();
    let entry = format!(
        "sops:\n    kms:\n        - arn: {ARN}\n          created_at: \"2026-11-21T20:59:26Z\"\n          enc: AQICAHg\n          aws_profile: \"\"\n"
    );
    bed.write("a.yaml", text.replacen("sops:\n", &entry, 1));
    bed.write(".sops.yaml", format!("creation_rules:\n  - age: {a},{c}\n    kms: {ARN}\n"));
    bed.seal(&["updatekeys", "-y", "a.yaml"]).identity("a").ok();
    let kept = bed.text("a.yaml");
    assert!(kept.contains(&entry["sops:\n".len()..]) && kept.contains(&c), "{kept}");
    let done = bed.seal(&["rotate", "-i", "a.yaml"]).identity("a").fails(1);
    assert!(done.stderr.contains("does not talk to AWS KMS yet"), "{done}");
    bed.seal(&["rotate", "-i", "--rm-kms", ARN, "a.yaml"]).identity("a").ok();
    assert!(!bed.text("a.yaml").contains("kms"), "{}", bed.text("a.yaml"));
    assert_eq!(sops(&bed, &["decrypt", "a.yaml"]).identity("c").ok().text(), "x: 1\n");
}

#[test]
fn a_group_needs_somebody() {
    let bed = Bed::new();
    sealed(&bed, "b.yaml");
    let done = bed.seal(&["groups", "add", "-i", "-f", "b.yaml"]).identity("a").fails(1);
    assert!(done.stderr.contains("needs somebody"), "{done}");
}
