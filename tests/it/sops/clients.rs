//! Programs that call `sops`, with this program in its place: they must come to what they come to with
//! the real sops. `testdata/get-clients.sh` fetches them, `testdata/clients/` has what they are asked for.

use super::case::case;
use super::compare::compare;
use super::run::{Side, client};

/// Runs a script with both.
fn same(script: &str, interpreter: &str) {
    let (theirs, ours) = (client(script, interpreter, Side::Theirs), client(script, interpreter, Side::Ours));
    assert_eq!(theirs.code, Some(0), "{script} does not work with sops: {}", theirs.stderr);
    assert!(!theirs.stdout.is_empty() || theirs.before != theirs.after, "{script} does nothing");
    let found = compare(&case(""), &theirs, &ours);
    assert!(found.is_empty(), "{script} differs: {found:#?}\n{}", ours.stderr);
}

#[test]
fn ansible() {
    same("ansible.sh", "sh");
}

#[test]
fn sopsy_and_settings_of_pydantic() {
    same("application.py", "python3");
}

#[test]
fn sops_wrapper_of_npm() {
    same("sops-wrapper.js", "node");
}

#[test]
fn sops_wrapper_of_python_and_sops_checker() {
    same("sops-wrapper.sh", "sh");
}

#[test]
fn envseal() {
    same("envseal.sh", "sh");
}

#[test]
fn github_to_sops() {
    same("team.sh", "sh");
}

#[test]
fn drape_and_configs() {
    same("reading.sh", "sh");
}

#[test]
fn sops_mcp() {
    same("agent.py", "python3");
}

#[test]
fn git_that_shows_differences() {
    same("git.sh", "sh");
}

#[test]
fn bash_that_completes() {
    same("completion.sh", "bash");
}
