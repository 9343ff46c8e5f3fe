//! Tests of the age service as a whole.

use super::testing::{
    IDENTITY_A, IDENTITY_B, PQ_IDENTITY, PQ_RECIPIENT, RECIPIENT_A, RECIPIENT_B, Scripted, entry, path,
    service, text,
};
use super::{AgeService, IdentitySources};
use crate::keys::{Effort, KeyError, KeyService, MasterKey, Nobody};
use base64::Engine;
use base64::prelude::{BASE64_STANDARD, BASE64_STANDARD_NO_PAD};
use proptest::prelude::*;
use std::sync::{Arc, LazyLock};

fn with(sources: IdentitySources) -> AgeService {
    AgeService::new(sources, Arc::new(Nobody))
}

fn ssh(name: &str) -> IdentitySources {
    IdentitySources { ssh_key_file: Some(path(name)), ..IdentitySources::default() }
}

fn pq() -> AgeService {
    with(IdentitySources { key_file: Some(path("pq.txt")), ..IdentitySources::default() })
}

#[test]
fn keys_wrapped_by_sops_open() {
    let cases = [
        (service(IDENTITY_A), entry(RECIPIENT_A, "recipients-2-1")),
        (service(IDENTITY_B), entry(RECIPIENT_B, "recipients-2-2")),
        (pq(), entry(PQ_RECIPIENT, "recipient-pq-1")),
        (with(ssh("id_ed25519")), entry(&text("id_ed25519.pub"), "recipient-ssh-ed25519-1")),
        (with(ssh("id_rsa")), entry(&text("id_rsa.pub"), "recipient-ssh-rsa-1")),
        (with(ssh("id_ed25519")), entry(&text("id_ed25519.pub"), "recipient-mixed-2")),
    ];
    for (service, key) in cases {
        for effort in [Effort::Quiet, Effort::Full] {
            assert_eq!(service.unwrap(&key, effort).unwrap().len(), 32, "{}", key.short_recipient());
        }
    }
}

#[test]
fn all_recipients_of_a_file_wrap_the_same_key() {
    let open = |identity, key| service(identity).unwrap(&key, Effort::Full).unwrap();
    let a = open(IDENTITY_A, entry(RECIPIENT_A, "recipients-2-1"));
    let b = open(IDENTITY_B, entry(RECIPIENT_B, "recipients-2-2"));
    assert!(a.same_as(&b));
}

#[test]
fn what_is_wrapped_opens_again() {
    let (ed25519, rsa) = (text("id_ed25519.pub"), text("id_rsa.pub"));
    let cases = [
        (service(IDENTITY_A), RECIPIENT_A),
        (service(PQ_IDENTITY), PQ_RECIPIENT),
        (with(ssh("id_ed25519")), ed25519.trim_end()),
        (with(ssh("id_rsa")), rsa.trim_end()),
    ];
    for (service, recipient) in cases {
        for secret in [&[7u8; 32][..], &[8; 33]] {
            let mut key = MasterKey::age(recipient);
            key.set_enc(service.wrap(&key, secret).unwrap());
            let enc = key.enc().unwrap();
            assert!(enc.starts_with("-----BEGIN AGE ENCRYPTED FILE-----\n"));
            assert!(enc.ends_with("\n-----END AGE ENCRYPTED FILE-----\n"));
            assert!(!enc.contains('\r'));
            assert!(service.unwrap(&key, Effort::Quiet).unwrap().same_as(secret));
        }
    }
}

#[test]
fn tagged_recipients_are_wrapped_to_without_a_plugin() {
    let recipient = "age1tag1qt8lw0ual6avlwmwatk888yqnmdamm7xfd0wak53ut6elz5c4swx2yqdj4e";
    let enc = service("").wrap(&MasterKey::age(recipient), &[7; 32]).unwrap();
    assert!(enc.starts_with("-----BEGIN AGE"));
}

#[test]
fn a_foreign_key_is_told_from_no_identity() {
    let key = entry(RECIPIENT_B, "recipients-2-2");
    match service(IDENTITY_A).unwrap(&key, Effort::Full) {
        Err(KeyError::NoMatch { identities: 1, failed }) => assert_eq!(failed, []),
        other => panic!("{other:?}"),
    }
    match with(IdentitySources::default()).unwrap(&key, Effort::Full) {
        Err(KeyError::NoCredentials { tried, .. }) => {
            let places: Vec<String> = tried.iter().map(ToString::to_string).collect();
            assert_eq!(places, ["SOPS_AGE_KEY: not set", "SOPS_AGE_KEY_FILE: not set"]);
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_failing_source_does_not_stop_the_others() {
    let key = entry(RECIPIENT_A, "recipients-2-1");
    let sources = || IdentitySources {
        key_file: Some("/no/such/file".into()),
        key_command: Some("false".into()),
        identity_files: vec![path("id_rsa.pub"), path("a.txt")],
        ..IdentitySources::default()
    };
    assert!(with(sources()).unwrap(&key, Effort::Quiet).is_ok());
    let foreign = entry(RECIPIENT_B, "recipients-2-2");
    let error = with(sources()).unwrap(&foreign, Effort::Full).unwrap_err();
    let places: Vec<String> = error.places().iter().map(|tried| tried.outcome.clone()).collect();
    assert_eq!(error.to_string(), "your identity does not match");
    assert_eq!(
        places,
        ["does not exist", "line 1: unknown kind of identity", "the command failed with exit code 1",]
    );
}

#[test]
fn a_command_gives_identities_with_full_effort_only_and_runs_once() {
    let key = entry(RECIPIENT_A, "recipients-2-1");
    let counter = std::env::temp_dir().join(format!("seal-keys-{}-count", std::process::id()));
    let line = format!(
        "sh -c 'echo run >> \"$0\"; test \"$SOPS_AGE_RECIPIENT\" = {RECIPIENT_A} && cat \"$1\"' {} {}",
        counter.display(),
        path("a.txt").display()
    );
    let service = with(IdentitySources { key_command: Some(line), ..IdentitySources::default() });
    assert_eq!(service.unwrap(&key, Effort::Quiet).unwrap_err(), KeyError::Postponed);
    assert!(service.unwrap(&key, Effort::Full).is_ok());
    assert!(service.unwrap(&key, Effort::Quiet).is_ok());
    assert!(service.unwrap(&key, Effort::Full).is_ok());
    assert_eq!(std::fs::read_to_string(&counter).unwrap(), "run\n");
    std::fs::remove_file(&counter).unwrap();
}

#[test]
fn a_passphrase_is_asked_for_once() {
    let ask = Scripted::new("throwaway-passphrase");
    let key_file = Some(path("a-passphrase.age"));
    let service = AgeService::new(IdentitySources { key_file, ..IdentitySources::default() }, ask.clone());
    let key = entry(RECIPIENT_A, "recipients-2-1");
    assert_eq!(service.unwrap(&key, Effort::Quiet).unwrap_err(), KeyError::Postponed);
    assert!(service.unwrap(&key, Effort::Full).is_ok());
    assert!(service.unwrap(&key, Effort::Quiet).is_ok());
    assert_eq!(ask.asked().len(), 1);
    assert!(ask.asked()[0].starts_with("Enter passphrase for identity 'SOPS_AGE_KEY_FILE="));
}

#[test]
fn an_identity_file_stays_locked_for_keys_it_cannot_open() {
    let ask = Scripted::new("throwaway-passphrase");
    let key_file = Some(path("a-passphrase.age"));
    let service = AgeService::new(IdentitySources { key_file, ..IdentitySources::default() }, ask.clone());
    assert!(service.unwrap(&entry("ssh-rsa x", "recipient-ssh-rsa-1"), Effort::Full).is_err());
    assert_eq!(ask.asked(), [""; 0]);
}

#[test]
fn a_wrong_passphrase_is_remembered() {
    let ask = Scripted::new("wrong");
    let key_file = Some(path("a-passphrase.age"));
    let service = AgeService::new(IdentitySources { key_file, ..IdentitySources::default() }, ask.clone());
    let key = entry(RECIPIENT_A, "recipients-2-1");
    for _ in 0..2 {
        match service.unwrap(&key, Effort::Full) {
            Err(KeyError::NoMatch { identities: 0, failed }) => {
                assert_eq!(failed[0].outcome, "the passphrase is wrong");
            }
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(ask.asked().len(), 1);
}

#[test]
fn no_passphrase_is_asked_for_when_another_identity_fits() {
    let ask = Scripted::new("wrong");
    let sources = IdentitySources {
        key_file: Some(path("a-passphrase.age")),
        identity_files: vec![path("b.txt")],
        ..IdentitySources::default()
    };
    let service = AgeService::new(sources, ask.clone());
    assert!(service.unwrap(&entry(RECIPIENT_B, "recipients-2-2"), Effort::Full).is_ok());
    assert_eq!(ask.asked(), [""; 0]);
}

#[test]
fn without_a_terminal_the_reason_is_told() {
    let sources = IdentitySources { key_file: Some(path("a-passphrase.age")), ..IdentitySources::default() };
    let error = with(sources).unwrap(&entry(RECIPIENT_A, "recipients-2-1"), Effort::Full).unwrap_err();
    let reason = "is protected by a passphrase, and there is no terminal to ask on";
    assert_eq!(error.places()[0].outcome, reason);
}

#[test]
fn damaged_wrapped_keys_are_malformed() {
    let good = text("enc/recipients-2-1.age");
    let lines: Vec<&str> = good.lines().collect();
    let without_last = [&lines[..lines.len() - 2], &lines[lines.len() - 1..]].concat().join("\n");
    let binary = "age-encryption.org/v1\n".to_owned();
    let swapped = good.replacen("LS0t", "LS0u", 1);
    for enc in [String::new(), "\n".into(), binary, without_last, swapped, "x".repeat(300_000)] {
        let mut key = MasterKey::age(RECIPIENT_A);
        key.set_enc(enc);
        match service(IDENTITY_A).unwrap(&key, Effort::Full) {
            Err(KeyError::Malformed(_)) => {}
            other => panic!("{other:?}"),
        }
    }
}

/// A service with an identity of every kind.
static EVERY_KIND: LazyLock<AgeService> = LazyLock::new(|| {
    with(IdentitySources {
        identity_files: ["a.txt", "pq.txt", "id_rsa", "id_ed25519"].map(path).to_vec(),
        ..IdentitySources::default()
    })
});

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, ..ProptestConfig::default() })]

    /// Headers come from files that anyone may write: nothing in them may make the program panic.
    #[test]
    fn hostile_headers_are_errors(
        stanzas in prop::collection::vec(
            (
                prop::sample::select(vec!["X25519", "ssh-rsa", "ssh-ed25519", "mlkem768x25519", "scrypt", "x"]),
                prop::collection::vec(prop::collection::vec(any::<u8>(), 0..40), 0..4),
                prop::sample::select(vec![0usize, 16, 32, 47, 48, 256])
                    .prop_flat_map(|length| prop::collection::vec(any::<u8>(), length)),
            ),
            0..4,
        ),
        mac in prop::collection::vec(any::<u8>(), 30..34),
        rest in prop::collection::vec(any::<u8>(), 0..40),
    ) {
        let base64 = |bytes: &[u8]| BASE64_STANDARD_NO_PAD.encode(bytes);
        let mut file = b"age-encryption.org/v1\n".to_vec();
        for (tag, arguments, body) in &stanzas {
            let arguments = arguments.iter().map(|argument| format!(" {}", base64(argument)));
            file.extend(format!("-> {tag}{}\n", arguments.collect::<String>()).bytes());
            let body = base64(body);
            body.as_bytes().chunks(64).for_each(|line| file.extend([line, b"\n"].concat()));
            if body.len() % 64 == 0 {
                file.push(b'\n');
            }
        }
        file.extend(format!("--- {}\n", base64(&mac)).bytes());
        file.extend(rest);
        let armored: String = BASE64_STANDARD
            .encode(file)
            .as_bytes()
            .chunks(64)
            .map(|line| format!("{}\n", str::from_utf8(line).unwrap()))
            .collect();
        let mut key = MasterKey::age("x");
        let (begin, end) = (super::ARMOR_BEGIN, "-----END AGE ENCRYPTED FILE-----");
        key.set_enc(format!("{begin}\n{armored}{end}\n"));
        prop_assert!(EVERY_KIND.unwrap(&key, Effort::Full).is_err());
    }

    #[test]
    fn no_text_makes_a_parser_panic(text in "(age1|AGE-SECRET-KEY-(PQ-)?1|AGE-PLUGIN-|ssh-rsa )?.{0,60}") {
        let _ = super::check_recipient(&text);
        let _ = super::recipients_of(&text);
    }
}

#[test]
fn surrounding_space_and_crlf_do_no_harm() {
    let mut key = MasterKey::age(RECIPIENT_A);
    key.set_enc(format!("\n  {}  \n", text("enc/recipients-2-1.age").replace('\n', "\r\n")));
    assert!(service(IDENTITY_A).unwrap(&key, Effort::Full).is_ok());
}

#[test]
fn a_missing_plugin_is_named() {
    let recipient = "age1foobar1qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqq";
    let error = service("").wrap(&MasterKey::age(recipient), &[7; 32]).unwrap_err();
    assert!(matches!(error, KeyError::Recipient(_)), "{error:?}");
    let error = service("AGE-PLUGIN-FOOBAR-1QVHULF")
        .unwrap(&entry("age1foobar1x", "recipients-2-1"), Effort::Full)
        .unwrap_err();
    assert_eq!(error, KeyError::PluginMissing("age-plugin-foobar".into()));
}

#[test]
fn ssh_keys_are_read_only_for_files_that_need_them() {
    let sources = || IdentitySources { ssh_key_file: Some("/no/such".into()), ..IdentitySources::default() };
    let native = with(sources()).unwrap(&entry(RECIPIENT_A, "recipients-2-1"), Effort::Full).unwrap_err();
    assert!(matches!(native, KeyError::NoCredentials { .. }), "{native:?}");
    let key = entry("ssh-rsa x", "recipient-ssh-rsa-1");
    let error = with(sources()).unwrap(&key, Effort::Full).unwrap_err();
    assert_eq!(error.places()[0].to_string(), "SOPS_AGE_SSH_PRIVATE_KEY_FILE=/no/such: does not exist");
    let other = with(ssh("id_ed25519")).unwrap(&key, Effort::Full).unwrap_err();
    assert_eq!(other.to_string(), "your identity does not match");
}

#[test]
fn an_ssh_key_can_be_named_as_an_identity_file() {
    let service =
        with(IdentitySources { identity_files: vec![path("id_rsa")], ..IdentitySources::default() });
    assert!(service.unwrap(&entry("ssh-rsa x", "recipient-ssh-rsa-1"), Effort::Quiet).is_ok());
}

#[test]
fn a_passphrase_of_an_ssh_key_is_asked_for_once_and_only_for_its_files() {
    let ask = Scripted::new("throwaway-passphrase");
    let service = AgeService::new(ssh("id_ed25519_locked"), ask.clone());
    let foreign = entry("ssh-ed25519 x", "recipient-ssh-ed25519-1");
    assert!(matches!(service.unwrap(&foreign, Effort::Full), Err(KeyError::NoMatch { identities: 1, .. })));
    assert_eq!(ask.asked(), [""; 0]);
    let mut key = MasterKey::age(&text("id_ed25519_locked.pub"));
    key.set_enc(service.wrap(&key, &[7; 32]).unwrap());
    assert_eq!(service.unwrap(&key, Effort::Quiet).unwrap_err(), KeyError::Postponed);
    for effort in [Effort::Full, Effort::Full, Effort::Quiet] {
        assert!(service.unwrap(&key, effort).unwrap().same_as(&[7; 32]));
    }
    assert_eq!(ask.asked().len(), 1);
    assert!(ask.asked()[0].starts_with("Enter passphrase for \"SOPS_AGE_SSH_PRIVATE_KEY_FILE="));
}

#[test]
fn a_wrong_passphrase_of_an_ssh_key_is_remembered() {
    let ask = Scripted::new("wrong");
    let service = AgeService::new(ssh("id_ed25519_locked"), ask.clone());
    let mut key = MasterKey::age(&text("id_ed25519_locked.pub"));
    key.set_enc(service.wrap(&key, &[7; 32]).unwrap());
    for _ in 0..2 {
        let error = service.unwrap(&key, Effort::Full).unwrap_err();
        assert_eq!(error.places()[0].outcome, "the passphrase is wrong");
    }
    assert_eq!(ask.asked().len(), 1);
}

#[test]
fn the_old_encrypted_form_of_rsa_keys_is_explained() {
    let mut key = MasterKey::age(&text("id_rsa_old_locked.pub"));
    let service = with(ssh("id_rsa_old_locked"));
    key.set_enc(service.wrap(&key, &[7; 32]).unwrap());
    let error = service.unwrap(&key, Effort::Full).unwrap_err();
    assert!(error.places()[0].outcome.contains("ssh-keygen -p"), "{error:?}");
}

#[test]
fn an_ssh_key_can_come_from_a_command() {
    let line = format!("cat '{}'", path("id_rsa").display());
    let service = with(IdentitySources { ssh_key_command: Some(line), ..IdentitySources::default() });
    let key = entry("ssh-rsa x", "recipient-ssh-rsa-1");
    assert_eq!(service.unwrap(&key, Effort::Quiet).unwrap_err(), KeyError::Postponed);
    assert_eq!(service.unwrap(&key, Effort::Full).unwrap().len(), 32);
}
