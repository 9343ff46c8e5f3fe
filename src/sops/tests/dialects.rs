//! ENV files in a dialect: what the strict record says of them, and what comes back.

use super::{key, open, request};
use crate::crypto::Nonces;
use crate::crypto::aead::Cipher;
use crate::crypto::envelope::Label;
use crate::doc::dotenv::Dotenv;
use crate::doc::{Dialect, Format, Layout, Limits, Timestamp};
use crate::sops::decrypt::Strictness;
use crate::sops::encrypt::encrypt;
use crate::sops::reseal::{Reseal, reseal};
use crate::sops::strict::{Record, RecordError, seal};
use crate::sops::{Rekey, Sealed, Selection, rotate};
use proptest::prelude::*;

fn sealed(dialect: Dialect, source: &str) -> String {
    let (selection, key) = (Selection::new(None).unwrap(), key());
    let mut request = request(dialect.format(), source, &selection, &key);
    request.allow_nothing = true;
    String::from_utf8(encrypt(request).unwrap().to_vec()).unwrap()
}

fn load(text: &str) -> Sealed<'_> {
    Sealed::load(&Dotenv, text.as_bytes(), false, &Limits::default()).unwrap()
}

#[test]
fn the_dialect_is_the_last_member_and_another_name_is_refused() {
    let text = sealed(Dialect::Shell, "A=1\n");
    let sealed = load(&text);
    let metadata = &sealed.metadata;
    let cipher = Cipher::new(key().as_bytes()).unwrap();
    let record = Record::decrypt(metadata.record.as_ref().unwrap(), &cipher, metadata).unwrap();
    assert_eq!(record.dialect, Some(Dialect::Shell));
    for dialect in Dialect::ALL {
        let again = Record { dialect: Some(dialect), ..Record::default() };
        let again = again.encrypt(&cipher, &mut Nonces::random(), metadata).unwrap();
        assert_eq!(Record::decrypt(&again, &cipher, metadata).unwrap().dialect, Some(dialect));
    }
    let aad = format!("seal:{}", metadata.last_modified.to_seconds());
    for other in ["\"fish\"", "\"Shell\"", "\"sops\"", "1", "null"] {
        let mut plain = format!(r#"{{"v":1,"strict":"x","dialect":{other}}}"#).into_bytes();
        let text = seal(&cipher, &mut Nonces::random(), aad.as_bytes(), &mut plain, Label::Str).unwrap();
        let read = Record::decrypt(&text, &cipher, metadata).map(|record| record.dialect);
        assert_eq!(read, Err(RecordError::Dialect), "{other}");
    }
}

#[test]
fn a_file_that_is_written_anew_keeps_its_dialect() {
    let text = sealed(Dialect::Systemd, "A = 'x' \\\n  y\nB=z\n");
    let (file, key) = (load(&text), key());
    let opened = file.open(&key, false).unwrap();
    let plain = opened.text().unwrap();
    let after = plain.iter().copied().chain(*b"C=\"a b\"\n").collect::<Vec<u8>>();
    let new = reseal(Reseal {
        opened: &opened,
        data_key: &key,
        before: Some(plain.as_slice().into()),
        source: after.as_slice().into(),
        values: None,
        now: Timestamp::parse_rfc3339("2026-11-22T00:00:00Z").unwrap(),
        record: true,
        layout: Layout::default(),
        limits: Limits::default(),
    });
    let new = String::from_utf8(new.unwrap().to_vec()).unwrap();
    assert_eq!(open(&Dotenv, &new).unwrap(), (String::from_utf8(after).unwrap(), Strictness::Verified));
    assert_eq!(load(&new).open(&key, false).unwrap().dialect(), Some(Dialect::Systemd));
    let metadata = &opened.sealed().metadata;
    let turned = rotate(&Rekey {
        opened: &opened,
        data_key: &key,
        groups: metadata.groups.clone(),
        threshold: metadata.threshold,
        now: metadata.last_modified,
        record: true,
        expires: None,
        layout: Layout::default(),
        limits: Limits::default(),
    });
    let turned = String::from_utf8(turned.unwrap().to_vec()).unwrap();
    assert_eq!(open(&Dotenv, &turned).unwrap().0.as_bytes(), plain.as_slice());
}

#[test]
fn a_backslash_at_the_end_of_the_text_joins_nothing() {
    for source in ["A=\\\n", "A=x\\\n", "B=1\nA=x\\\n", "A='a\n'\\\n", "A=\\\n\\\n"] {
        for dialect in [Dialect::Systemd, Dialect::Shell] {
            let read = dialect.format().parse(source.as_bytes(), &Limits::default());
            assert!(read.is_err(), "{dialect}: {source:?}");
        }
    }
    let joined = Dialect::Systemd.format().parse(b"A=x\\\ny\nB=\\\n\n", &Limits::default()).unwrap();
    assert_eq!(joined.nodes.len(), 3);
}

proptest! {
    /// What a dialect takes comes back, and values are those that it reads.
    #[test]
    fn texts_come_back_byte_for_byte(
        lines in proptest::collection::vec(
            "(export )?[AB]( ?= ?)[ab '\"\\\\#;\t$]{0,6}( # c)?\r?|[ \t]{0,2}[#;]?[a ']{0,3}|[AB]=\"[a \n\\\\n]{0,4}\"|[A-B]='[a \n$#]{0,4}'",
            0..6
        ),
        last in any::<bool>(),
        clear in any::<bool>(),
    ) {
        let mut source = lines.join("\n");
        if last { source.push('\n'); }
        for dialect in Dialect::ALL {
            let format: &dyn Format = dialect.format();
            let Ok(tree) = format.parse(source.as_bytes(), &Limits::default()) else { continue };
            let suffix = crate::sops::Selector {
                kind: crate::sops::SelectorKind::UnencryptedSuffix,
                text: if clear { "B" } else { "Z" }.to_owned(),
            };
            let (selection, key) = (Selection::new(Some(&suffix)).unwrap(), key());
            let mut request = request(format, &source, &selection, &key);
            request.selector = Some(suffix);
            request.allow_nothing = true;
            let text = match encrypt(request) {
                Ok(text) => String::from_utf8(text.to_vec()).unwrap(),
                Err(error) => {
                    prop_assert!(clear && error.to_string().contains("clear"), "{dialect}: {error}");
                    continue;
                }
            };
            let file = load(&text);
            let opened = file.open(&key, false).unwrap();
            prop_assert_eq!(String::from_utf8(opened.text().unwrap().to_vec()).unwrap(), source.as_str(), "{}", dialect);
            for (id, encrypted) in opened.values().filter(|(_, encrypted)| *encrypted) {
                prop_assert!(encrypted && tree.node(id).kind == crate::doc::Kind::Leaf(opened.value(id).unwrap()));
            }
        }
    }
}
