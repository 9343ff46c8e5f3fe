//! The two directions together, and what is noticed when a file is altered.

mod changes;
mod dialects;
mod expiry;
mod large;
mod random;

use super::decrypt::{DecryptError, MacProblem, RecordProblem, Strictness};
use super::encrypt::{EncryptError, EncryptRequest, encrypt};
use super::{LoadError, MetadataError, Sealed, Selection, Selector, SelectorKind};
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
        source: source.as_bytes().into(),
        values: None,
        selection,
        selector: None,
        mac_only_encrypted: false,
        groups: vec![KeyGroup::new(vec![master])],
        threshold: 0,
        data_key: key,
        now: Timestamp::parse_rfc3339("2026-11-21T20:59:26Z").unwrap(),
        record: true,
        expires: None,
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
fn a_comment_beside_a_value_with_a_spelling_comes_back() {
    for source in [
        "k:\n# c\n\n- a\n  b\n- x\n",
        "a: 1\nk: |  # c\r\n  line\r\n  line\r\nb: 2\r\n",
        "k: !!binary |  # c\n  aGVs\n  bG8=\nb: >2  # d\n   x\n\n\n   y\n",
        "k0:\r\n\r\n  k0:\r\n\r\n\r\n    k0:\r\n# c1\r\n\r\n    - a\r\n      b\r\n    - x\r\nk1:\r\n  k0: x\r\n",
    ] {
        let sealed = seal(&Yaml, source);
        assert_eq!(open(&Yaml, &sealed).unwrap(), (source.to_owned(), Strictness::Verified), "{sealed}");
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

#[test]
fn what_changes_the_meaning_of_yaml_the_record_sees() {
    let source = "%TAG !x! tag:x,2000:\n---\ns: x\nb_unencrypted: &b\n  p: 1\n  q: eA==\nm_unencrypted:\n  <<: *b\n\
                  c_unencrypted: {}\nt_unencrypted: &t !own {x: 1}\na_unencrypted: *t\n\"<<\": y\n";
    let sealed = seal(&Yaml, source);
    assert_eq!(open(&Yaml, &sealed).unwrap(), (source.to_owned(), Strictness::Verified), "{sealed}");
    for (from, to) in [
        ("  <<: *b", "  \"<<\": *b"),
        ("  <<: *b", "  !!str <<: *b"),
        ("\"<<\": ", "<<: "),
        ("  p: 1", "  !own p: 1"),
        ("  p: 1", "  !!binary cA==: 1"),
        ("  q: eA==", "  q: !!binary ZUE9PQ=="),
        ("c_unencrypted: {}", "c_unencrypted: !!set {}"),
        ("c_unencrypted: {}", "c_unencrypted: !!omap {}"),
        ("a_unencrypted: *t", "a_unencrypted: {x: 1}"),
        ("%TAG !x! tag:x,2000:\n", "%TAG !x! tag:evil,2000:\n"),
        ("%TAG !x! tag:x,2000:\n", "%TAG !x! tag:x,2000:\n%TAG ! tag:evil,2000:\n"),
        ("%TAG !x! tag:x,2000:\n", "%YAML 1.1\n%TAG !x! tag:x,2000:\n"),
        ("%TAG !x! tag:x,2000:\n---\n", ""),
    ] {
        let altered = sealed.replacen(from, to, 1);
        assert_ne!(altered, sealed, "{from}");
        match open(&Yaml, &altered) {
            Err(DecryptError::Record(RecordProblem::Mismatch)) => {}
            other => panic!("{from} -> {to}: {:?}", other.map(|(text, _)| text)),
        }
    }
    // Marks that change nothing may be made by hand.
    for (from, to) in [("c_unencrypted: {}", "c_unencrypted: !!map {}"), ("  p: 1", "  \"p\": !!int 1")] {
        assert!(open(&Yaml, &sealed.replacen(from, to, 1)).is_ok(), "{from} -> {to}");
    }
}

#[test]
fn metadata_that_readers_understand_differently_is_refused() {
    let sealed = seal(&Json, "{\"a\": 1}");
    for (from, to) in [
        ("\"age\":", "\"age\":[],\"age\":"),
        ("\"age\":", "\"AGE\":[{\"recipient\":\"age1evil\"}],\"age\":"),
        ("\"mac\":", "\"Mac\":\"x\",\"mac\":"),
        ("\"recipient\":", "\"Recipient\":\"age1evil\",\"recipient\":"),
        ("\"lastmodified\":", "\"la\\u017ftmodified\":\"\",\"lastmodified\":"),
        ("{\"a\"", "{\"sops\":{},\"a\""),
    ] {
        let altered = sealed.replacen(from, to, 1);
        assert_ne!(altered, sealed, "{from}");
        let loaded = Sealed::load(&Json, altered.as_bytes(), false, &Limits::default());
        assert!(matches!(loaded, Err(LoadError::Metadata(MetadataError::Repeated(_)))), "{to}");
    }
}

/// Runs `work`, which must not take long.
fn soon<T>(what: &str, work: impl FnOnce() -> T) -> T {
    let start = std::time::Instant::now();
    let result = work();
    assert!(start.elapsed() < std::time::Duration::from_secs(20), "{what}");
    result
}

#[test]
fn hostile_documents_are_opened_or_refused_soon() {
    let (selection, key) = (Selection::new(None).unwrap(), key());
    let elements = "1,".repeat(200_000);
    let json = format!("{{\"{}\":[{elements}1]}}", "k".repeat(1_000_000));
    let refused = soon("a long key above many values", || encrypt(request(&Json, &json, &selection, &key)));
    assert!(matches!(refused, Err(EncryptError::Document(_))));
    let yaml = "---\na: 0x1\n".repeat(50_000);
    let refused = soon("hints in many documents", || encrypt(request(&Yaml, &yaml, &selection, &key)));
    assert!(matches!(refused, Err(EncryptError::Document(_))));
    let yaml = format!("a: &a x\nb:\n{}{}", "  - *a\n".repeat(20_000), "  - 0x1\n".repeat(20_000));
    let sealed = soon("many aliases", || seal(&Yaml, &yaml));
    assert_eq!(soon("many hints", || open(&Yaml, &sealed)).unwrap().0, yaml);
}

#[test]
fn comments_that_do_not_decrypt_cost_little_and_are_remarked_on_a_few_times() {
    let (selection, key) = (Selection::new(None).unwrap(), key());
    let key_of_colons = ":".repeat(1000);
    let mut wanted = request(&Yaml, "a: 1\n", &selection, &key);
    let source = format!("\"{key_of_colons}\":\n  b: 1\n  c: 2\n");
    (wanted.source, wanted.record) = (source.as_bytes().into(), false);
    let sealed = String::from_utf8(encrypt(wanted).unwrap().to_vec()).unwrap();
    let comment = "  #ENC[AES256_GCM,data:eA==,iv:ICEiIyQlJicoKSorLC0uLzAxMjM0NTY3ODk6Ozw9Pj8=,tag:TEFu+ejkdT0ijPtelDWwfg==,type:comment]\n";
    let altered = sealed.replacen("  c: ", &format!("{}  c: ", comment.repeat(20_000)), 1);
    let sealed = Sealed::load(&Yaml, altered.as_bytes(), false, &Limits::default()).unwrap();
    let opened = soon("comments", || sealed.open(&key, false)).unwrap();
    assert!((1..=100).contains(&opened.remarks.len()));
}

#[test]
fn a_comment_that_would_move_is_refused_not_lost() {
    let (selection, key) = (Selection::new(None).unwrap(), key());
    let moved = encrypt(request(&Yaml, "# h\n...\na: 1\n# e", &selection, &key));
    assert!(matches!(moved, Err(EncryptError::CommentMoves { .. })));
}
