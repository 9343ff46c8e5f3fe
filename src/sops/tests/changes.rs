//! Files that are written anew: what stays and what does not.

use super::{key, seal};
use crate::doc::dotenv::Dotenv;
use crate::doc::json::Json;
use crate::doc::yaml::Yaml;
use crate::doc::{Format, Layout, Limits, Timestamp};
use crate::keys::age::{AgeService, IdentitySources};
use crate::keys::{DataKey, DecryptionOrder, KeyGroup, MasterKey, Nobody, Services, recover};
use crate::sops::decrypt::Strictness;
use crate::sops::reseal::changed;
use crate::sops::{Opened, Rekey, RekeyError, Reseal, Sealed, reseal, rewrap, rotate};
use std::path::{Path, PathBuf};
use std::sync::Arc;

fn later() -> Timestamp {
    Timestamp::parse_rfc3339("2026-11-22T08:00:00Z").unwrap()
}

/// The request to give `opened` the plain text `source`.
pub(super) fn resealed<'a>(
    opened: &'a Opened<'a>,
    key: &'a DataKey,
    before: &'a [u8],
    source: &'a [u8],
) -> Reseal<'a> {
    Reseal {
        opened,
        data_key: key,
        before: Some(before.into()),
        source: source.into(),
        values: None,
        now: later(),
        record: opened.strictness == Strictness::Verified,
        layout: Layout::default(),
        limits: Limits::default(),
    }
}

pub(super) fn load<'s>(format: &'s dyn Format, text: &'s str) -> Sealed<'s> {
    Sealed::load(format, text.as_bytes(), false, &Limits::default()).unwrap()
}

/// Encrypts `old`, changes it to `new`, and gives both encrypted texts; the second opens to `new`.
fn change(format: &dyn Format, old: &str, new: &str) -> (String, String) {
    let first = seal(format, old);
    let sealed = load(format, &first);
    let key = key();
    let opened = sealed.open(&key, false).unwrap();
    let plain = opened.text().unwrap();
    assert_eq!(plain.as_slice(), old.as_bytes());
    let second = reseal(resealed(&opened, &key, &plain, new.as_bytes())).unwrap();
    let second = String::from_utf8(second.to_vec()).unwrap();
    let again = load(format, &second);
    let again = again.open(&key, false).unwrap();
    assert_eq!(again.strictness, Strictness::Verified);
    assert_eq!(String::from_utf8(again.text().unwrap().to_vec()).unwrap(), new);
    (first, second)
}

/// The lines of `second` that are not in `first`, and the reverse, shortened to their keys.
fn differences(first: &str, second: &str) -> (Vec<String>, Vec<String>) {
    let only = |a: &str, b: &str| {
        let lines = a.lines().filter(|line| !b.lines().any(|other| other == *line));
        lines.map(|line| line.trim_start().split([':', '=']).next().unwrap().to_owned()).collect()
    };
    (only(first, second), only(second, first))
}

#[test]
fn one_value_changes_its_line_and_three_of_the_metadata() {
    let yaml = "# head\r\na: 1\r\nb: 'x' # why\r\nlist: [p, q, q]\r\n\r\nc:\r\n  d: |\r\n    two\r\n    lines\r\n  e: y";
    let (first, second) = change(&Yaml, yaml, &yaml.replace("'x'", "'z'"));
    let expected = ["b", "lastmodified", "mac", "seal"].map(str::to_owned).to_vec();
    assert_eq!(differences(&first, &second), (expected.clone(), expected.clone()));

    let env = "# head\nA=1\nB=x\nC=y\n";
    let (first, second) = change(&Dotenv, env, &env.replace("B=x", "B=z"));
    let flat = ["B", "sops_lastmodified", "sops_mac", "sops_seal"].map(str::to_owned).to_vec();
    assert_eq!(differences(&first, &second), (flat.clone(), flat));

    let json = "{\n  \"a\": 1,\n  \"b\": \"x\",\n  \"c\": [1, 1]\n}\n";
    let (first, second) = change(&Json, json, &json.replace("\"x\"", "\"z\""));
    let quoted: Vec<String> = expected.iter().map(|name| format!("\"{name}\"")).collect();
    assert_eq!(differences(&first, &second), (quoted.clone(), quoted));
}

#[test]
fn equal_elements_keep_their_own_ciphertext_where_they_move() {
    let old = "k: v\nlist:\n- a\n- b\n- b\n- c\n";
    let tokens = |text: &str| -> Vec<String> {
        text.lines().filter_map(|line| line.strip_prefix("- ENC")).map(str::to_owned).collect()
    };
    let (first, second) = change(&Yaml, old, "k: w\nlist:\n- new\n- a\n- b\n- b\n- c\n");
    assert_eq!(tokens(&first), tokens(&second)[1..]);
    assert_ne!(tokens(&first)[1], tokens(&first)[2]);
    let (first, second) = change(&Yaml, old, "list:\n- c\n- b\n- a\n- b\nk: v\n");
    let order = [3, 1, 0, 2].map(|at| tokens(&first)[at].clone());
    assert_eq!(tokens(&second), order);
}

#[test]
fn a_renamed_key_or_another_type_gets_a_new_ciphertext() {
    let token = |text: &str| text.lines().next().unwrap().split_once(": ").unwrap().1.to_owned();
    for (old, new) in [("a: '1'\n", "b: '1'\n"), ("a: '1'\n", "a: 1\n"), ("a: x\n", "a: y\n")] {
        let (first, second) = change(&Yaml, old, new);
        assert_ne!(token(&first), token(&second), "{old} {new}");
    }
    let (first, second) = change(&Yaml, "a: 'x'\n", "a: x\n");
    assert_eq!(token(&first).trim_matches('\''), token(&second));
}

#[test]
fn blocks_stay_as_they_are_written() {
    for (old, new) in [
        ("a: >+\n\n\n\nb: x\n", "a: >+\n\n\n\n# c\nb: x\n"),
        ("a: |+\r\n\r\n\r\nb: x\r\n", "a: |+\r\n\r\n\r\nb: y\r\n"),
        ("a: |\n  x\n\nb: |+\n\n", "a: |\n  y\n\nb: |+\n\n"),
        ("a: 1\r\nb: |\r\n  x\r\n  y\r\n", "c: 2\na: 1\r\nb: |\r\n  x\r\n  y\r\n"),
        ("l:\n- |2-\n   x\n- |+\n\n- y\n", "l:\n- |+\n\n- |2-\n   x\n- y\n"),
    ] {
        change(&Yaml, old, new);
    }
}

#[test]
fn a_change_of_clear_layout_changes_no_metadata() {
    let (first, second) = change(&Yaml, "a: x\nb_unencrypted: 1\n", "a: x\n\nb_unencrypted:   1\n");
    assert_eq!(differences(&first, &second).0, ["b_unencrypted"]);
    let (first, second) = change(&Yaml, "a: x\nb: y\n", "b: y\na: x\n");
    assert_eq!(differences(&first, &second).0, ["lastmodified", "mac", "seal"]);
}

/// The vectors that open with the throwaway identities, with their data key.
fn vectors() -> Vec<(PathBuf, Vec<u8>)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/vectors");
    let mut found = Vec::new();
    for folder in ["yaml", "json", "env", "crafted"] {
        for entry in std::fs::read_dir(root.join(folder)).unwrap() {
            let path = entry.unwrap().path();
            if path.file_name().unwrap().to_string_lossy().contains(".enc.") {
                found.push((path.clone(), std::fs::read(path).unwrap()));
            }
        }
    }
    found.sort();
    found
}

fn format_of(path: &Path) -> &'static dyn Format {
    match path.extension().unwrap().to_str().unwrap() {
        "json" => &Json,
        "env" => &Dotenv,
        _ => &Yaml,
    }
}

/// Does `work` with every vector that opens and has its values verified.
fn each_vector(mut work: impl FnMut(&str, &Opened<'_>, &DataKey)) -> usize {
    let keys = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/vectors/keys.txt");
    let sources = IdentitySources { key_file: Some(keys), ..IdentitySources::default() };
    let services = Services::new().with(AgeService::new(sources, Arc::new(Nobody)));
    let mut count = 0;
    for (path, bytes) in vectors() {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let Ok(sealed) = Sealed::load(format_of(&path), &bytes, false, &Limits::default()) else { continue };
        let (groups, threshold) = (&sealed.metadata.groups, sealed.metadata.threshold);
        let Ok(key) = recover(groups, threshold, &services, &DecryptionOrder::default().kinds) else {
            continue;
        };
        let Ok(opened) = sealed.open(&key, false) else { continue };
        work(&name, &opened, &key);
        count += 1;
    }
    count
}

#[test]
fn files_of_sops_stay_byte_for_byte_where_nothing_changes() {
    let mut wrong = Vec::new();
    let count = each_vector(|name, opened, key| {
        let Ok(plain) = opened.text() else { return };
        let source = String::from_utf8_lossy(opened.sealed().tree.source);
        // SOPS makes comments in lists to elements, which become comments again; and of an empty map
        // of JSON nothing tells how it was laid out.
        if source
            .lines()
            .any(|line| line.trim_start().starts_with("- ENC[") && line.ends_with("type:comment]"))
            || name == "empty.enc.json"
        {
            return;
        }
        match changed(resealed(opened, key, &plain, &plain)) {
            Ok(text) if *text == opened.sealed().tree.source => {}
            Ok(text) => {
                let (old, new) =
                    (String::from_utf8_lossy(opened.sealed().tree.source), String::from_utf8_lossy(&text));
                wrong.push(format!("{name}: {:?}", differences(&old, &new)));
            }
            Err(error) => wrong.push(format!("{name}: {error}")),
        }
    });
    assert!(count > 60, "{count}");
    assert!(wrong.is_empty(), "{} of {count}:\n{}", wrong.len(), wrong.join("\n"));
}

fn rekey<'a>(opened: &'a Opened<'a>, key: &'a DataKey, groups: Vec<KeyGroup>) -> Rekey<'a> {
    Rekey {
        opened,
        groups,
        threshold: opened.sealed().metadata.threshold,
        data_key: key,
        now: later(),
        record: opened.strictness == Strictness::Verified,
        expires: opened.expires(),
        layout: Layout::default(),
        limits: Limits::default(),
    }
}

fn master(name: &str, enc: &str) -> MasterKey {
    let mut master = MasterKey::age(name);
    master.set_enc(enc.to_owned());
    master
}

#[test]
fn another_recipient_changes_lines_of_the_metadata_only() {
    let text = seal(&Yaml, "# c\na: x\nb_unencrypted: 2\n");
    let sealed = load(&Yaml, &text);
    let key = key();
    let opened = sealed.open(&key, false).unwrap();
    let group = KeyGroup::new(vec![master("age1test", "wrapped\n"), master("age1other", "more\n")]);
    let new = rewrap(&rekey(&opened, &key, vec![group])).unwrap();
    let new = String::from_utf8(new.to_vec()).unwrap();
    let (gone, come) = differences(&text, &new);
    assert_eq!(gone, ["seal"]);
    assert_eq!(come, ["more", "recipient", "seal"]);
    assert_eq!(load(&Yaml, &new).open(&key, false).unwrap().strictness, Strictness::Verified);
    // Nothing is hidden by a new record.
    let unchecked = sealed.open(&key, true).unwrap();
    let groups = sealed.metadata.groups.clone();
    assert!(matches!(rewrap(&rekey(&unchecked, &key, groups.clone())), Err(RekeyError::NotVerified)));
    assert!(matches!(rotate(&rekey(&unchecked, &key, groups)), Err(RekeyError::NotVerified)));
}

#[test]
fn rotation_changes_every_ciphertext_and_nothing_else() {
    let other = DataKey::from_secret(crate::secret::Secret::new((1..33).collect()));
    let count = each_vector(|name, opened, _| {
        let groups = opened.sealed().metadata.groups.clone();
        let new = rotate(&rekey(opened, &other, groups)).unwrap_or_else(|error| panic!("{name}: {error}"));
        let text = String::from_utf8_lossy(&new).into_owned();
        let old = String::from_utf8_lossy(opened.sealed().tree.source).into_owned();
        let blank = |text: &str| -> String {
            let lines = text.lines().filter(|line| !line.contains("lastmodified") && !line.contains("seal"));
            let cut = lines.map(|line| line.split("ENC[").next().unwrap().to_owned() + "\n");
            cut.collect()
        };
        assert_eq!(blank(&old), blank(&text), "{name}");
        let tokens = |text: &str| -> Vec<String> {
            text.split("ENC[AES256_GCM,data:")
                .skip(1)
                .map(|rest| rest.split(']').next().unwrap().into())
                .collect()
        };
        let kept: Vec<String> =
            tokens(&old).into_iter().filter(|token| tokens(&text).contains(token)).collect();
        assert!(kept.is_empty() || name.contains("comment"), "{name}: {kept:?}");
    });
    assert!(count > 60, "{count}");
}
