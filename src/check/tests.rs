//! Findings in texts that need no file.

use super::{Check, Expected, Report, State, Subject, Wish, inspect};
use crate::doc::yaml::Yaml;
use crate::policy::CreationRule;

fn look(text: &str, rule: Option<&CreationRule>, wish: Wish) -> Report {
    let subject = Subject { store: &Yaml, whole: false, bytes: text.as_bytes() };
    inspect(subject, &Expected { rule, wish, ..Expected::default() })
}

fn codes(report: &Report) -> Vec<(&'static str, usize)> {
    report.findings.iter().map(|finding| (finding.check.code(), finding.place.line)).collect()
}

#[test]
fn a_plain_file_is_a_finding_where_it_should_be_encrypted() {
    let rule = CreationRule::default();
    let report = look("a: 1\n", Some(&rule), Wish::Encrypted);
    assert_eq!((report.state, codes(&report)), (State::Plain, vec![("S001", 1)]));
    assert_eq!(codes(&look("a: 1\n", Some(&rule), Wish::Perhaps)), []);
    assert_eq!(codes(&look("a: 1\n", None, Wish::Nothing)), []);
    assert_eq!(look(" \n", Some(&rule), Wish::Encrypted).state, State::Empty);
}

#[test]
fn words_about_encrypted_files_are_no_encrypted_file() {
    let text = "text: |\n  sops:\n  a: ENC[AES256_GCM,data:x,iv:y,tag:z,type:str]\n";
    assert_eq!(look(text, None, Wish::Nothing).state, State::Plain);
    let text = "sops:\n  version: 3.9.1\n";
    assert_eq!(look(text, None, Wish::Nothing).state, State::Plain);
}

#[test]
fn what_was_encrypted_once_is_damaged() {
    let token = "ENC[AES256_GCM,data:x,iv:y,tag:z,type:str]";
    let report = look(&format!("a: {token}\n"), None, Wish::Nothing);
    assert_eq!((report.state, codes(&report)), (State::Damaged, vec![("S004", 1)]));
    let report = look(&format!("a: {token}\nb: [\nsops:\n  mac: x\n"), None, Wish::Nothing);
    assert_eq!(report.state, State::Damaged);
    let report = look(&format!("a: {token}\nsops:\n  mac: x\n"), None, Wish::Nothing);
    assert_eq!((report.state, codes(&report)), (State::Damaged, vec![("S004", 2)]));
}

#[test]
fn many_findings_of_a_kind_are_counted() {
    let mut text = String::new();
    (0..100).for_each(|n| text.push_str(&format!("k{n}: -----BEGIN PRIVATE {} A\n", "KEY-----")));
    let report = look(&text, Some(&CreationRule::default()), Wish::Perhaps);
    assert_eq!(report.findings.len(), super::MOST);
    let last = report.findings.last().unwrap();
    assert!(last.message.ends_with("; and 75 more in this file"), "{}", last.message);
    assert_eq!(last.check, Check::KnownSecret);
}
