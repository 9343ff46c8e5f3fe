//! Until when a file is to be used: how the record says it, and that it stays with the file.

use super::changes::{load, resealed};
use super::{key, request};
use crate::crypto::Nonces;
use crate::crypto::aead::Cipher;
use crate::crypto::envelope::{Envelope, Label};
use crate::doc::json::Json;
use crate::doc::yaml::Yaml;
use crate::doc::{Layout, Limits, Timestamp};
use crate::sops::decrypt::{DecryptError, RecordProblem, Strictness};
use crate::sops::encrypt::encrypt;
use crate::sops::strict::{RecordError, seal};
use crate::sops::{Opened, Rekey, Selection, reseal, rewrap, rotate};

const END: &str = "2027-01-31T23:59:59Z";

fn time(text: &str) -> Timestamp {
    Timestamp::parse_rfc3339(text).unwrap()
}

/// A YAML file that ends.
fn ending(source: &str, expires: Option<Timestamp>) -> String {
    let (selection, key) = (Selection::new(None).unwrap(), key());
    let mut request = request(&Yaml, source, &selection, &key);
    request.expires = expires;
    String::from_utf8(encrypt(request).unwrap().to_vec()).unwrap()
}

/// The plain text of the strict record.
fn record(text: &str) -> String {
    let sealed = load(&Yaml, text);
    let encrypted = sealed.metadata.record.as_ref().unwrap();
    let mut plain = Vec::new();
    let (nonce, tag) = Envelope::parse(encrypted.as_bytes()).unwrap().decode(&mut plain).unwrap();
    let aad = format!("seal:{}", sealed.metadata.last_modified.to_seconds());
    let cipher = Cipher::new(key().as_bytes()).unwrap();
    cipher.open(&nonce, aad.as_bytes(), &mut plain, &tag).unwrap();
    String::from_utf8(plain).unwrap()
}

/// A file with this record.
fn with_record(text: &str, plain: &str) -> String {
    let sealed = load(&Yaml, text);
    let aad = format!("seal:{}", sealed.metadata.last_modified.to_seconds());
    let cipher = Cipher::new(key().as_bytes()).unwrap();
    let new =
        seal(&cipher, &mut Nonces::random(), aad.as_bytes(), &mut plain.as_bytes().to_vec(), Label::Str)
            .unwrap();
    text.replace(sealed.metadata.record.as_ref().unwrap(), &new)
}

#[test]
fn the_expiry_is_the_last_member_and_only_there_if_there_is_one() {
    let plain = record(&ending("a: 0x10\n", None));
    let digest = &plain[17..81];
    assert_eq!(plain, format!(r#"{{"v":1,"strict":"{digest}","layout":{{"0/a":"0x10"}}}}"#));
    let with = record(&ending("a: 0x10\n", Some(time("2027-02-01T00:59:59.5+01:00"))));
    assert_eq!(with, plain.replace("}}", r#"},"expires":"2027-01-31T23:59:59Z"}"#));
    let short = record(&ending("a: x\n", Some(time(END))));
    assert!(short.ends_with(r#"","expires":"2027-01-31T23:59:59Z"}"#), "{short}");
}

#[test]
fn the_expiry_is_read_back_and_counts_from_the_second_after() {
    let text = ending("a: x\n", Some(time(END)));
    let sealed = load(&Yaml, &text);
    let opened = sealed.open(&key(), false).unwrap();
    assert_eq!((opened.expires(), opened.strictness), (Some(time(END)), Strictness::Verified));
    assert_eq!(opened.expired(time(END)), None);
    assert_eq!(opened.expired(time("2027-01-31T23:59:59.5Z")), Some(time(END)));
    assert_eq!(opened.expired(time("2027-02-01T01:00:00+02:00")), None);
    assert_eq!(opened.expired(time("2027-02-01T00:00:00Z")), Some(time(END)));
    let without = ending("a: x\n", None);
    let sealed = load(&Yaml, &without);
    assert_eq!(sealed.open(&key(), false).unwrap().expires(), None);
}

#[test]
fn another_spelling_is_refused() {
    let text = ending("a: x\n", Some(time(END)));
    let plain = record(&text);
    for other in [
        r#""2027-01-31T23:59:59.0Z""#,
        r#""2027-01-31T23:59:59.5Z""#,
        r#""2027-01-31T23:59:59+00:00""#,
        r#""2027-02-01T00:59:59+01:00""#,
        r#""2027-01-31t23:59:59z""#,
        r#""2027-01-31""#,
        r#""never""#,
        r#""""#,
        "1801439999",
        "null",
        "{}",
    ] {
        let text = with_record(&text, &plain.replace(&format!("\"{END}\""), other));
        let sealed = load(&Yaml, &text);
        match sealed.open(&key(), false) {
            Err(DecryptError::Record(RecordProblem::Unreadable(RecordError::Expiry))) => {}
            Err(error) => panic!("{other}: {error}"),
            Ok(opened) => panic!("{other}: {:?}", opened.expires()),
        }
        assert_eq!(sealed.open(&key(), true).unwrap().expires(), None, "{other}");
    }
    let text = with_record(&text, &plain);
    assert_eq!(load(&Yaml, &text).open(&key(), false).unwrap().expires(), Some(time(END)));
}

#[test]
fn a_file_that_is_written_anew_keeps_its_expiry() {
    let text = ending("a: x\nb: 0x10\n", Some(time(END)));
    let sealed = load(&Yaml, &text);
    let key = key();
    let opened = sealed.open(&key, false).unwrap();
    let plain = opened.text().unwrap();
    for after in ["a: z\nb: 0x10\n", "a: x\nb: 0x10 # c\n", "b: 0x10\n"] {
        let new = reseal(resealed(&opened, &key, &plain, after.as_bytes())).unwrap();
        assert_eq!(expires(&new), Some(time(END)), "{after}");
    }
    let request = |expires| Rekey {
        opened: &opened,
        groups: sealed.metadata.groups.clone(),
        threshold: 0,
        data_key: &key,
        now: time("2026-11-22T08:00:00Z"),
        record: true,
        expires,
        layout: Layout::default(),
        limits: Limits::default(),
    };
    for end in [Some(time(END)), Some(time("2030-01-01T00:00:00Z")), None] {
        assert_eq!(expires(&rewrap(&request(end)).unwrap()), end);
        assert_eq!(expires(&rotate(&request(end)).unwrap()), end);
    }
}

fn expires(text: &[u8]) -> Option<Timestamp> {
    let sealed = load(&Yaml, std::str::from_utf8(text).unwrap());
    let key = key();
    let opened: Opened<'_> = sealed.open(&key, false).unwrap();
    assert_eq!(opened.strictness, Strictness::Verified);
    opened.expires()
}

#[test]
fn the_toml_file_in_the_documentation_is_what_it_says() {
    let document = include_str!("../../../docs/format.md");
    let blocks: Vec<&str> =
        document.split("```toml\n").skip(1).filter_map(|b| b.split("```\n").next()).collect();
    let [plain, file] = blocks[..] else { panic!("{} examples", blocks.len()) };
    let sealed = load(&crate::doc::toml::Toml, file);
    let opened = sealed.open(&key(), false).unwrap();
    assert_eq!(opened.strictness, Strictness::Verified);
    assert_eq!(std::str::from_utf8(&opened.text().unwrap()).unwrap(), plain);
    let digest = opened.record.as_deref().unwrap();
    assert!(document.contains(&format!("`{digest}`")), "{digest}");
}

#[test]
fn the_file_in_the_documentation_is_what_it_says() {
    let document = include_str!("../../../docs/format.md");
    let (_, example) = document.split_once("```json\n").unwrap();
    let (file, rest) = example.split_once("```\n").unwrap();
    let (_, plain) = rest.split_once("```json\n").unwrap();
    let (plain, _) = plain.split_once("\n```").unwrap();
    let sealed = load(&Json, file);
    let opened = sealed.open(&key(), false).unwrap();
    assert_eq!((opened.expires(), opened.strictness), (Some(time(END)), Strictness::Verified));
    assert_eq!(opened.text().unwrap().as_slice(), b"{\n  \"a\": \"x\"\n}\n");
    let encrypted = sealed.metadata.record.as_ref().unwrap();
    let mut bytes = Vec::new();
    let (nonce, tag) = Envelope::parse(encrypted.as_bytes()).unwrap().decode(&mut bytes).unwrap();
    let cipher = Cipher::new(key().as_bytes()).unwrap();
    cipher.open(&nonce, b"seal:2026-11-21T20:59:26Z", &mut bytes, &tag).unwrap();
    assert_eq!(String::from_utf8(bytes).unwrap(), plain);
}
