//! C5 and C6: what CI and pre-commit make of it.

use super::super::bed::Repo;
use crate::bed::{Done, Run};
use std::path::{Path, PathBuf};

/// What `testdata/get-ci.sh` fetched.
fn fetched(name: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/peers/ci").join(name);
    assert!(path.exists(), "no {}: run testdata/get-ci.sh first", path.display());
    path
}

fn python<'r>(repo: &'r Repo, args: &[&str]) -> Run<'r> {
    repo.run("python3", args).env("PYTHONPATH", fetched("python")).env("PYTHONDONTWRITEBYTECODE", "1")
}

/// Compares a document on standard input with the schema of SARIF 2.1.0.
const VALIDATE: &str = "import json, jsonschema, sys
schema = json.load(open(sys.argv[1]))
jsonschema.Draft4Validator(schema).validate(json.load(sys.stdin))
";

fn validate(repo: &Repo, document: impl Into<Vec<u8>>) -> Done {
    let schema = fetched("sarif.json");
    python(repo, &["-c", VALIDATE, schema.to_str().unwrap()]).stdin(document).done()
}

/// C5
#[test]
fn c05_annotations_name_the_place() {
    let repo = Repo::new();
    repo.bed.write("a,b:c.enc.yaml", "a: 1\n");
    repo.git(&["add", "-A"]).ok();
    for args in [&["check"][..], &["check", "--staged"], &["check", "--range=HEAD~1..HEAD"]] {
        if args.contains(&"--range=HEAD~1..HEAD") {
            repo.commit("plain");
        }
        let done = repo.seal_as(None, args).env("GITHUB_ACTIONS", "true").env("CLICOLOR_FORCE", "1").done();
        let wanted = "::error file=a%2Cb%3Ac.enc.yaml,line=1,col=1,title=S001::not encrypted";
        assert!(done.text().starts_with(wanted) && !done.text().contains('\u{1b}'), "{done}");
        assert_eq!(done.code, Some(1), "{done}");
    }
}

/// C5
#[test]
fn c05_sarif_is_as_its_schema_says() {
    let repo = Repo::new();
    repo.bed.write("späße \u{1b},b:c.enc.yaml", "a: 1\n");
    let text = repo.bed.text("s.enc.yaml");
    repo.bed.write("s.enc.yaml", format!("{text}extra: hunter2\n"));
    repo.git(&["config", "diff.seal.cachetextconv", "true"]).ok();
    repo.commit("planted");
    for args in [&["--tree=HEAD"][..], &["--range=HEAD~1..HEAD"], &[]] {
        let done = repo.seal_as(None, &[&["check", "--format=sarif"], args].concat()).done();
        assert_eq!(done.code, Some(1), "{done}");
        assert!(done.text().contains("S001") && done.text().contains("S002"), "{done}");
        let judged = validate(&repo, done.stdout);
        assert_eq!(judged.code, Some(0), "{judged}");
    }
    // The judge is one.
    let wrong = validate(&repo, r#"{"version": "2.1.0", "runs": [{"results": [{"message": 1}]}]}"#);
    assert_ne!(wrong.code, Some(0), "{wrong}");
}

/// C6
#[test]
fn c06_pre_commit_runs_the_shipped_hook() {
    let repo = Repo::new();
    let manifest = include_str!("../../../../.pre-commit-hooks.yaml");
    repo.bed.write("hooks/.pre-commit-hooks.yaml", manifest);
    repo.git(&["init", "-q", "-b", "main", "hooks"]).ok();
    for args in [&["add", "-A"][..], &["commit", "-q", "-m", "hooks"]] {
        repo.git(args).within("hooks").ok();
    }
    let revision = repo.git(&["rev-parse", "HEAD"]).within("hooks").ok().text();
    let hooks = repo.bed.path("hooks");
    std::fs::rename(&hooks, repo.bed.home().join("hooks")).unwrap();
    let config = format!(
        "repos:\n  - repo: {}\n    rev: {}\n    hooks:\n      - id: seal-check-system\n",
        repo.bed.home().join("hooks").display(),
        revision.trim()
    );
    repo.bed.write(".pre-commit-config.yaml", config);
    repo.bed.write("notes.txt", "no rule is for it\n");
    repo.commit("configured");
    let run = || {
        let run = python(&repo, &["-m", "pre_commit", "run", "--all-files", "--color=never"]);
        run.env("PRE_COMMIT_HOME", repo.bed.home().join("pre-commit")).done()
    };
    let done = run();
    assert_eq!(done.code, Some(0), "{done}");
    assert!(done.text().contains("Passed"), "{done}");
    repo.bed.write("p.enc.yaml", "a: hunter2\n");
    repo.git(&["add", "-A"]).ok();
    let done = run();
    assert_eq!(done.code, Some(1), "{done}");
    assert!(done.text().contains("p.enc.yaml:1:1: S001 ") && !done.text().contains("hunter2"), "{done}");
}
