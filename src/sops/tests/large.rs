//! Documents that are large enough to be worked on in pieces, by several threads.

use super::changes::{load, resealed};
use super::{key, open, seal};
use crate::doc::json::Json;
use crate::doc::yaml::Yaml;
use crate::doc::{Format, KeyPath};
use crate::sops::decrypt::{DecryptError, Strictness};
use crate::sops::reseal;

const COUNT: usize = 9000;

/// Values of several types and spellings, with comments between them.
fn yaml() -> String {
    let lines = (0..COUNT).map(|number| match number % 5 {
        0 => format!("# about {number}\nkey{number}: value {number}\n"),
        1 => format!("key{number}: {number}\n"),
        2 => format!("key{number}: \"\\x41 {number}\" # behind {number}\n"),
        3 => format!("key{number}_unencrypted: clear\n"),
        _ => format!("key{number}: ['a', \"b\", {number}.50]\n"),
    });
    lines.collect()
}

fn json() -> String {
    let items: Vec<String> =
        (0..COUNT).map(|number| format!("\"key{number}\": [\"v\\u0041{number}\", {number}, null]")).collect();
    format!("{{{}}}\n", items.join(",\n"))
}

#[test]
fn they_come_back_byte_for_byte_and_change_where_they_are_changed() {
    let cases: [(&dyn Format, String); 2] = [(&Yaml, yaml()), (&Json, json())];
    for (format, source) in cases {
        let first = seal(format, &source);
        assert_eq!(open(format, &first).unwrap(), (source.clone(), Strictness::Verified));
        let (sealed, key) = (load(format, &first), key());
        let opened = sealed.open(&key, false).unwrap();
        let plain = opened.text().unwrap();
        let changed = source.replacen("8006", "eight thousand", 1);
        let second = reseal(resealed(&opened, &key, &plain, changed.as_bytes())).unwrap();
        let second = String::from_utf8(second.to_vec()).unwrap();
        assert_eq!(open(format, &second).unwrap(), (changed, Strictness::Verified));
        let other = first.lines().zip(second.lines()).filter(|(a, b)| a != b).count();
        assert!(other <= 4, "{other} lines changed");
    }
}

#[test]
fn the_first_value_that_does_not_decrypt_is_named() {
    let sealed = seal(&Yaml, &yaml());
    let lines: Vec<String> = sealed
        .lines()
        .map(|line| match line.split_once(": ENC[AES256_GCM,data:") {
            Some((key @ ("key4001" | "key8001"), rest)) => {
                format!("{key}: ENC[AES256_GCM,data:AAAA{rest}")
            }
            _ => line.to_owned(),
        })
        .collect();
    let damaged = lines.join("\n") + "\n";
    let document = load(&Yaml, &damaged);
    match document.open(&key(), false) {
        Err(DecryptError::Value { path, at, .. }) => {
            assert_eq!(path, KeyPath::parse("key4001").unwrap());
            assert!(damaged[at..].starts_with("ENC["));
        }
        Err(other) => panic!("{other}"),
        Ok(_) => panic!("it opens"),
    }
    assert_eq!(document.inspect(&key()).unwrap().closed.len(), 2);
}
