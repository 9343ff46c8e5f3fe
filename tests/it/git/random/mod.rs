//! Random trees, random edits on both sides, and an independent merge of the plain data to compare with.
//!
//! `SEAL_TEST_MERGES` is how many merges are made in each format, 10 unless it says otherwise.

mod model;
mod text;

use super::bed::Repo;
use crate::generate::Random;
use model::{Node, Shape};
use std::fs;
use std::os::unix::fs::PermissionsExt as _;

/// A part of every value, by which it would be found in clear.
const SECRET: &str = "-secret-";

fn merges() -> u64 {
    std::env::var("SEAL_TEST_MERGES").ok().and_then(|count| count.parse().ok()).unwrap_or(10)
}

struct Bench {
    repo: Repo,
    file: String,
    format: &'static str,
    editor: String,
}

impl Bench {
    fn new(format: &'static str) -> Self {
        let repo = Repo::new();
        let editor = repo.bed.home().join("editor");
        fs::write(&editor, format!("#!/bin/sh\ncat {} > \"$1\"\n", repo.bed.home().join("new").display()))
            .unwrap();
        fs::set_permissions(&editor, fs::Permissions::from_mode(0o755)).unwrap();
        Self { repo, file: format!("r.enc.{format}"), format, editor: editor.display().to_string() }
    }

    /// Gives the file this content and commits it.
    fn commit(&self, tree: &Node) {
        let text = text::write(self.format, tree);
        let new = self.repo.bed.home().join("new");
        fs::write(&new, text).unwrap();
        let done = self.repo.seal(&["edit", &self.file]).env("EDITOR", &self.editor).done();
        assert!(matches!(done.code, Some(0 | 200)), "{done}");
        fs::remove_file(new).unwrap();
        self.repo.commit("state");
    }

    /// What is in the file, by `seal`, which checks the record, and by the real sops.
    fn content(&self) -> serde_json::Value {
        let args = ["decrypt", "--require-strict", "--output-type", "json", &self.file];
        let ours: serde_json::Value = serde_json::from_slice(&self.repo.seal(&args).ok().stdout).unwrap();
        if self.format != "toml" {
            let run =
                self.repo.run(crate::peers::sops_binary(), &["decrypt", "--output-type", "json", &self.file]);
            let mut theirs: serde_json::Value = serde_json::from_slice(&run.ok().stdout).unwrap();
            // The section that sops always sees in an INI file.
            theirs
                .as_object_mut()
                .unwrap()
                .retain(|key, value| key != "DEFAULT" || value != &serde_json::json!({}));
            assert_eq!(ours, theirs);
        }
        ours
    }

    fn merge(&self, seed: u64, index: u64) -> usize {
        let mut random = Random::new(seed, index);
        let shape = Shape::of(self.format);
        let mut fresh = model::Fresh::new(index);
        let base = shape.tree(&mut random, &mut fresh);
        let ours = shape.edited(&base, &mut random, &mut fresh);
        let theirs = shape.edited(&base, &mut random, &mut fresh);
        let wanted = model::merge(Some(&base), Some(&ours), Some(&theirs));

        let git = |args: &[&str]| self.repo.git(args).ok();
        git(&["checkout", "-q", "--orphan", &format!("base{index}")]);
        git(&["rm", "-q", "--cached", "-r", "."]);
        let _ = fs::remove_file(self.repo.bed.path(&self.file));
        self.commit(&base);
        git(&["checkout", "-q", "-b", &format!("theirs{index}")]);
        self.commit(&theirs);
        git(&["checkout", "-q", &format!("base{index}")]);
        self.commit(&ours);
        let done = self.repo.git(&["merge", "-q", "-m", "merge", &format!("theirs{index}")]).done();
        assert!(!done.stderr.contains(SECRET) && !done.text().contains(SECRET), "{done}");
        let about = || format!("{} {index}: {base:?}\nours {ours:?}\ntheirs {theirs:?}\n{done}", self.format);
        let code = if wanted.conflicts == 0 { 0 } else { 1 };
        assert_eq!(done.code, Some(code), "{}", about());
        if code == 1 {
            assert!(self.repo.bed.text(&self.file).contains("<<<<<<<"), "{}", about());
            self.repo.seal(&["git", "resolve", "--ours", &self.file]).ok();
            git(&["commit", "-q", "-m", "merge"]);
        }
        let tree = wanted.tree.unwrap_or(Node::Map(Vec::new()));
        assert_eq!(self.content(), tree.to_json(), "{}", about());
        wanted.conflicts
    }
}

fn run(format: &'static str) {
    let bench = Bench::new(format);
    let conflicts: usize = (0..merges()).map(|index| bench.merge(0x5EA1, index)).sum();
    assert!(conflicts > 0, "no merge had conflicts");
    bench.repo.assert_no_leak(&[SECRET]);
}

#[test]
fn random_merges_of_yaml() {
    run("yaml");
}

#[test]
fn random_merges_of_json() {
    run("json");
}

#[test]
fn random_merges_of_env_files() {
    run("env");
}

#[test]
fn random_merges_of_ini_files() {
    run("ini");
}

#[test]
fn random_merges_of_toml() {
    run("toml");
}
