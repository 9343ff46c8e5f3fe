//! The two directions together, and what is noticed when a file is altered.

use super::decrypt::{DecryptError, MacProblem, RecordProblem, Strictness};
use super::encrypt::{EncryptError, EncryptRequest, encrypt};
use super::{Sealed, Selection, Selector, SelectorKind};
use crate::doc::dotenv::Dotenv;
use crate::doc::json::Json;
use crate::doc::yaml::Yaml;
use crate::doc::{Format, Layout, Limits, Timestamp};
use crate::keys::{DataKey, KeyGroup, MasterKey};

fn key() -> DataKey {
    DataKey::from_secret(crate::secret::Secret::new((0..32).collect()))
}

fn request<'a>(
    format: &'a dyn Format,
    source: &'a str,
    selection: &'a Selection,
    key: &'a DataKey,
) -> EncryptRequest<'a> {
    let mut master = MasterKey::age("age1test");
    master.set_enc("wrapped\n".to_owned());
    EncryptRequest {
        format,
        source: source.as_bytes(),
        values: None,
        selection,
        selector: None,
        mac_only_encrypted: false,
        groups: vec![KeyGroup::new(vec![master])],
        threshold: 0,
        data_key: key,
        now: Timestamp::parse_rfc3339("2026-11-21T20:59:26Z").unwrap(),
        record: true,
        allow_nothing: false,
        layout: Layout::default(),
        limits: Limits::default(),
    }
}

fn seal(format: &dyn Format, source: &str) -> String {
    let (selection, key) = (Selection::new(None).unwrap(), key());
    String::from_utf8(encrypt(request(format, source, &selection, &key)).unwrap().to_vec()).unwrap()
}

fn open(format: &dyn Format, sealed: &str) -> Result<(String, Strictness), DecryptError> {
    let sealed = Sealed::load(format, sealed.as_bytes(), false, &Limits::default()).unwrap();
    let opened = sealed.open(&key(), false)?;
    Ok((String::from_utf8(opened.text()?.to_vec()).unwrap(), opened.strictness))
}

#[test]
fn documents_come_back_byte_for_byte() {
    let cases: [(&dyn Format, &str); 6] = [
        (
            &Json,
            "{\n  \"a\": \"secret\",\n  \"n\": [1, 2.50, true, null, \"\"],\n  \"b_unencrypted\": 7\n}\n",
        ),
        (&Json, "{\"a\":\"\\u0041\",\"a\":-0}"),
        (&Json, "{}"),
        (&Json, "{\"big\": 123456789012345678901234567890, \"x_unencrypted\": 9007199254740993}"),
        (&Dotenv, "# comment\nA=1\n\nexport B=\"x y\" # z\nC=a\\nb\n"),
        (&Dotenv, "A=1"),
    ];
    for (format, source) in cases {
        let sealed = seal(format, source);
        assert_eq!(open(format, &sealed).unwrap(), (source.to_owned(), Strictness::Verified), "{sealed}");
        assert!(!sealed.contains("secret"));
    }
}

#[test]
fn without_the_record_only_spellings_are_lost() {
    let (selection, key) = (Selection::new(None).unwrap(), key());
    let mut request = request(&Json, "{\"a\": 1.0, \"b\": \"\\u0041\"}", &selection, &key);
    request.record = false;
    let sealed = String::from_utf8(encrypt(request).unwrap().to_vec()).unwrap();
    assert!(!sealed.contains("\"seal\""));
    assert_eq!(open(&Json, &sealed).unwrap(), ("{\"a\": 1, \"b\": \"A\"}".to_owned(), Strictness::Absent));
}

#[test]
fn what_the_mac_does_not_see_the_record_sees() {
    let sealed = seal(
        &Json,
        "{\"s\": \"x\", \"p_unencrypted\": \"12\", \"q_unencrypted\": \"3\", \"l\": [\"y\"], \"e\": \"\"}",
    );
    for (from, to) in [
        (
            "\"p_unencrypted\": \"12\", \"q_unencrypted\": \"3\"",
            "\"p_unencrypted\": \"1\", \"q_unencrypted\": \"23\"",
        ),
        ("\"p_unencrypted\"", "\"z_unencrypted\""),
        ("\"p_unencrypted\": \"12\"", "\"p_unencrypted\": 12"),
        (", \"e\": \"\"", ""),
        ("\"s\": ", "\"added\": null, \"s\": "),
        ("\"recipient\":\"age1test\"", "\"recipient\":\"age1evil\""),
        ("\"version\"", "\"unencrypted_suffix\":\"_unencrypted2\",\"version\""),
    ] {
        let altered = sealed.replacen(from, to, 1);
        assert_ne!(altered, sealed, "{from}");
        match open(&Json, &altered) {
            Err(DecryptError::Record(RecordProblem::Mismatch) | DecryptError::Value { .. }) => {}
            Err(DecryptError::NotCiphertext { .. } | DecryptError::Mac(_)) if to.contains("suffix") => {}
            other => panic!("{from} -> {to}: {:?}", other.map(|(_, strictness)| strictness)),
        }
    }
}

#[test]
fn a_changed_clear_value_breaks_the_mac() {
    let sealed = seal(&Dotenv, "A=1\nB_unencrypted=2\n").replace("B_unencrypted=2", "B_unencrypted=3");
    assert!(matches!(open(&Dotenv, &sealed), Err(DecryptError::Mac(MacProblem::Mismatch))));
}

#[test]
fn nothing_selected_is_an_error_unless_allowed() {
    let selector = Selector { kind: SelectorKind::EncryptedRegex, text: "^nothing$".to_owned() };
    let (selection, key) = (Selection::new(Some(&selector)).unwrap(), key());
    let mut wanted = request(&Json, "{\"a\": 1}", &selection, &key);
    assert!(matches!(encrypt(wanted), Err(EncryptError::NothingSelected { values: 1 })));
    wanted = request(&Json, "{\"a\": 1}", &selection, &key);
    wanted.allow_nothing = true;
    assert!(encrypt(wanted).is_ok());
    assert!(encrypt(request(&Json, "{\"a\": null}", &selection, &key)).is_ok());
}

#[test]
fn an_encrypted_document_is_not_encrypted_again() {
    let (selection, key) = (Selection::new(None).unwrap(), key());
    let sealed = seal(&Json, "{\"a\": 1}");
    let again = encrypt(request(&Json, &sealed, &selection, &key));
    assert!(matches!(again, Err(EncryptError::AlreadyEncrypted { .. })));
}

#[test]
fn no_new_file_has_a_repeated_key() {
    let (selection, key) = (Selection::new(None).unwrap(), key());
    let source = "a: 1\n---\nb: 1\nb: 2\n";
    let error = encrypt(request(&Yaml, source, &selection, &key)).unwrap_err();
    assert_eq!(error.to_string(), "the key `b` appears twice in one map");
    assert!(encrypt(request(&Yaml, "a: 1\n---\na: 1\n", &selection, &key)).is_ok());
}

#[test]
fn aliases_and_their_comments_come_back() {
    for source in [
        "b: &b\n  u: x # c\n  p: &q \"1\"\nc:\n  <<: *b # d\n  k: *q\n  l: [*q, *b] # e\n",
        "b: &b {u: 1}\nc: *b\n---\nd: &d 5\ne: *d\n",
    ] {
        assert_eq!(open(&Yaml, &seal(&Yaml, source)).unwrap(), (source.to_owned(), Strictness::Verified));
    }
}

#[test]
fn an_alias_never_shows_what_is_encrypted_elsewhere() {
    let selector = Selector { kind: SelectorKind::EncryptedRegex, text: "^secret$".to_owned() };
    let (selection, key) = (Selection::new(Some(&selector)).unwrap(), key());
    let source = "secret: &s hunter2\nclear: *s\n";
    let error = encrypt(request(&Yaml, source, &selection, &key)).unwrap_err();
    assert!(matches!(error, EncryptError::AliasReveals { at: 26, .. }), "{error}");
}
