//! `seal check` with what Git has: the index, revisions, and commits that are pushed.

mod commits;
mod forms;
mod server;
mod sources;
mod standing;

use super::bed::Repo;
use crate::bed::Done;
use serde_json::Value;

/// The codes and files of a run with `--format json`.
fn codes(done: &Done) -> Vec<(String, String)> {
    let document: Value = serde_json::from_str(&done.text()).unwrap_or_else(|e| panic!("{e}: {done}"));
    let text = |finding: &Value, name: &str| finding[name].as_str().unwrap().to_owned();
    let findings = document["findings"].as_array().unwrap();
    findings.iter().map(|finding| (text(finding, "code"), text(finding, "path"))).collect()
}

/// The findings of a check without any identity.
fn check(repo: &Repo, args: &[&str]) -> Vec<(String, String)> {
    let done = repo.seal_as(None, &[&["check", "--format", "json"], args].concat()).done();
    assert!(matches!(done.code, Some(0 | 1)), "{done}");
    codes(&done)
}

/// Asserts that these are the findings.
fn assert_codes(found: &[(String, String)], wanted: &[(&str, &str)]) {
    let found: Vec<_> = found.iter().map(|(code, path)| (code.as_str(), path.as_str())).collect();
    assert_eq!(found, wanted);
}

/// Writes a hook by hand.
fn hook(repo: &Repo, path: &str, line: &str) {
    use std::os::unix::fs::PermissionsExt as _;
    let path = repo.bed.write(path, format!("#!/bin/sh\n{line}\n"));
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).unwrap();
}
