//! Tests of what gpg says, and of what is refused before it is asked. Runs of the real one are in
//! `tests/it/pgp.rs`.

use super::report::{Report, Validity};
use super::*;
use crate::doc::Data;
use std::path::PathBuf;

const FINGERPRINT: &str = "73C45CB78FD70E0B98648AB533DE74B63B0F8869";

fn service(program: &str) -> PgpService {
    PgpService::new(GpgSettings {
        program: PathBuf::from(program),
        has_terminal: false,
        terminal: None,
        hidden: &[],
        unattended: false,
        longest: None,
    })
}

fn key(fingerprint: &str, enc: &str) -> MasterKey {
    let fields = [("enc", enc), ("fp", fingerprint)];
    let fields = fields.map(|(name, text)| (name.to_owned(), Data::str(text)));
    MasterKey { kind: KeyKind::Pgp, fields: fields.to_vec() }
}

fn cause(error: KeyError) -> GpgCause {
    match error {
        KeyError::Gpg(error) => error.cause(),
        other => panic!("{other}"),
    }
}

/// What gpg 2.2 says when it has no secret key.
const NO_SECRET_KEY: &str = "\
[GNUPG:] ENC_TO 33DE74B63B0F8869 1 0
gpg: encrypted with RSA key, ID 33DE74B63B0F8869
[GNUPG:] NO_SECKEY 33DE74B63B0F8869
[GNUPG:] BEGIN_DECRYPTION
[GNUPG:] DECRYPTION_FAILED
gpg: decryption failed: No secret key
[GNUPG:] END_DECRYPTION
";

#[test]
fn the_words_are_kept_and_cleaned() {
    let report = Report::read(NO_SECRET_KEY.as_bytes());
    assert_eq!(report.words, "encrypted with RSA key, ID 33DE74B63B0F8869; decryption failed: No secret key");
    let report =
        Report::read(b"gpg: a\x1b[2Jb\n\n   \"\xe2\x80\xaename\xff\"\nwords[GNUPG:] DECRYPTION_OKAY\n");
    assert_eq!(report.words, "a [2Jb; \"name\u{fffd}\"; words");
    assert!(!report.is_clear());
    assert_eq!(Report::read("ä".repeat(5000).as_bytes()).words.chars().count(), 600);
}

#[test]
fn causes_are_told_apart_by_the_lines_for_programs() {
    let decrypting = |text: &str, has_terminal| cause(Report::read(text.as_bytes()).decrypting(has_terminal));
    assert_eq!(decrypting(NO_SECRET_KEY, false), GpgCause::NoSecretKey);
    let without_agent = format!("gpg: can't connect to the agent: General error\n{NO_SECRET_KEY}");
    assert_eq!(decrypting(&without_agent, false), GpgCause::Agent);
    let locked = "gpg: public key decryption failed: No pinentry\n[GNUPG:] ERROR pkdecrypt_failed 67108949\n";
    assert_eq!(decrypting(locked, false), GpgCause::NoTerminal);
    assert_eq!(decrypting(locked, true), GpgCause::NotUnlocked);
    let home =
        "gpg: keyblock resource 'x': Permission denied\n[GNUPG:] ERROR add_keyblock_resource 33587201\n";
    assert_eq!(decrypting(&format!("{home}{NO_SECRET_KEY}"), false), GpgCause::Home);
    assert_eq!(decrypting("gpg: odd\n", false), GpgCause::Other);
    let damaged = Report::read(b"[GNUPG:] NODATA 3\n").decrypting(false);
    assert!(matches!(damaged, KeyError::Malformed(_)));

    let encrypting = |text: &str| Report::read(text.as_bytes()).encrypting();
    assert_eq!(encrypting("[GNUPG:] INV_RECP 1 AB\n"), GpgCause::UnknownKey);
    assert!(matches!(encrypting("[GNUPG:] INV_RECP 0 AB\n"), GpgCause::Unusable(_)));
    assert_eq!(encrypting(home), GpgCause::Home);
    assert_eq!(encrypting(""), GpgCause::Other);
}

#[test]
fn the_state_of_a_key_is_read_from_its_listing() {
    for (listed, validity) in [
        ("tru:t:1:1\npub:e:2048:1:DFE8\n", Validity::Expired),
        ("pub:r:2048:1:F4C2\n", Validity::Revoked),
        ("pub:d:2048\n", Validity::Disabled),
        ("pub:-:255:22:8F4F\n", Validity::CannotEncrypt),
        ("", Validity::CannotEncrypt),
    ] {
        assert_eq!(Validity::read(listed.as_bytes()), validity, "{listed}");
    }
}

#[test]
fn only_fingerprints_are_given_to_gpg() {
    let wrap = |name: &str| service("/no/such/gpg").wrap(&key(name, ""), b"secret").unwrap_err();
    for name in [FINGERPRINT, "33de74b63b0f8869", "73C45CB78FD70E0B98648AB533DE74B63B0F8869!"] {
        assert_eq!(cause(wrap(name)), GpgCause::Missing, "{name}");
    }
    for name in
        ["ada@example.org", "", "!", "33DE74B63B0F8869!!", "33DE74B63B0F886g", "--version", &"A".repeat(65)]
    {
        assert_eq!(cause(wrap(name)), GpgCause::NotAFingerprint, "{name}");
    }
    assert_eq!(cause(wrap("3B0F8869")), GpgCause::TooShort);
}

#[test]
fn what_is_no_message_is_not_given_to_gpg() {
    let unwrap =
        |enc: &str, effort| service("/no/such/gpg").unwrap(&key(FINGERPRINT, enc), effort).unwrap_err();
    for enc in ["", "nonsense", "-----BEGIN PGP SIGNED MESSAGE-----\n"] {
        assert!(matches!(unwrap(enc, Effort::Full), KeyError::Malformed(_)), "{enc}");
    }
    let large = format!("{ARMOR_BEGIN}\n{}", "A".repeat(MAX_ENC_BYTES));
    assert!(matches!(unwrap(&large, Effort::Full), KeyError::Malformed(_)));
    let message = format!("{ARMOR_BEGIN}\n\nAAAA\n{ARMOR_END}");
    assert_eq!(unwrap(&message, Effort::Quiet), KeyError::Postponed);
    assert_eq!(cause(unwrap(&message, Effort::Full)), GpgCause::Missing);
}

#[test]
fn a_program_that_ends_well_is_not_believed_without_a_result() {
    let silent = service("/bin/true");
    assert_eq!(cause(silent.wrap(&key(FINGERPRINT, ""), b"secret").unwrap_err()), GpgCause::NoMessage);
    let message = format!("{ARMOR_BEGIN}\n\nAAAA\n{ARMOR_END}");
    let error = silent.unwrap(&key(FINGERPRINT, &message), Effort::Full).unwrap_err();
    assert_eq!(cause(error), GpgCause::Nothing);
}

#[test]
fn every_cause_has_words_and_most_a_hint() {
    use GpgCause::*;
    for cause in [
        Missing,
        NotAFingerprint,
        TooShort,
        UnknownKey,
        Unusable(Validity::Expired),
        Unusable(Validity::Revoked),
        NoSecretKey,
        NoTerminal,
        NotUnlocked,
        Agent,
        Home,
        Nothing,
        NoMessage,
    ] {
        let error = GpgError::new(cause, "words").about(FINGERPRINT);
        assert!(error.to_string().ends_with("; gpg says: words"), "{error}");
        assert!(error.hint().is_some(), "{error}");
    }
    let hint = GpgError::new(UnknownKey, "").about("33DE74B63B0F8869!").hint();
    assert_eq!(hint.unwrap(), "gpg --recv-keys 33DE74B63B0F8869, or gpg --import FILE");
}
