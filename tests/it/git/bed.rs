//! A repository for one test: three identities, a creation rule, an encrypted file, `seal` on the PATH.

use crate::bed::{Bed, Done, Run, program};
use crate::peers::sops_binary;
use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

/// The file of [`Repo::new`], before it is encrypted.
pub(super) const PLAIN: &str = "\
db:
    password: BASEPW
    user: u
api:
    k1: w1
    k2: w2
hosts:
    - h0
    - h1
    - h2
";

/// The driver that Git runs to merge.
const MERGE_DRIVER: &str = "seal git merge --marker-size=%L --path=%P --base-label=%S --ours-label=%X --theirs-label=%Y -- %O %A %B || { rc=$?; test $rc -eq 1 || git merge-file -q --marker-size=%L -L ours -L base -L theirs %A %O %B; exit 1; }";

/// A repository with `seal` set up in it.
pub(super) struct Repo {
    pub(super) bed: Bed,
    recipients: BTreeMap<&'static str, String>,
}

impl Repo {
    /// A repository with the first commit: `.sops.yaml`, `s.enc.yaml` of [`PLAIN`], encrypted for `k1`.
    pub(super) fn new() -> Self {
        let repo = Self::empty();
        repo.bed.write("s.enc.yaml", PLAIN);
        repo.seal(&["encrypt", "-i", "s.enc.yaml"]).ok();
        repo.configure("*.enc.*");
        repo.commit("first");
        repo
    }

    /// A repository without commits, with the identities `k1`, `k2` and `k3`, and a rule for `k1`.
    pub(super) fn empty() -> Self {
        let bed = Bed::new();
        let bin = bed.home().join("bin");
        fs::create_dir_all(&bin).unwrap();
        for name in ["seal", "seal-textconv"] {
            std::os::unix::fs::symlink(program(), bin.join(name)).unwrap();
        }
        let mut recipients = BTreeMap::new();
        for name in ["k1", "k2", "k3"] {
            let file = bed.home().join(name);
            let file = file.to_str().unwrap();
            bed.seal(&["keygen", "-o", file]).ok();
            recipients.insert(name, bed.seal(&["keygen", "-y", file]).ok().text().trim().to_owned());
        }
        let repo = Self { bed, recipients };
        repo.git(&["init", "-q", "-b", "main"]).ok();
        repo.write_rule(&["k1"]);
        repo
    }

    /// Writes the rule for all encrypted files, for these identities.
    pub(super) fn write_rule(&self, names: &[&str]) {
        let recipients: Vec<&str> = names.iter().map(|name| self.recipient(name)).collect();
        let rule = format!(
            "creation_rules:\n  - path_regex: \\.enc\\.(yaml|json|env|ini|toml)$\n    age: {}\n",
            recipients.join(",")
        );
        self.bed.write(".sops.yaml", rule);
    }

    /// The recipient of an identity.
    pub(super) fn recipient(&self, name: &str) -> &str {
        &self.recipients[name]
    }

    /// The file of an identity.
    pub(super) fn identity(&self, name: &str) -> PathBuf {
        self.bed.home().join(name)
    }

    /// Sets up the drivers for files like `pattern` by hand, without a tracked file.
    pub(super) fn configure(&self, pattern: &str) {
        for (key, value) in [
            ("diff.seal.textconv", "seal git textconv --show=auto --"),
            ("diff.seal.cachetextconv", "false"),
            ("merge.seal.name", "seal: merge of encrypted files"),
            ("merge.seal.driver", MERGE_DRIVER),
            ("mergetool.seal.cmd", r#"seal git mergetool -- "$BASE" "$LOCAL" "$REMOTE" "$MERGED""#),
            ("mergetool.seal.trustExitCode", "true"),
        ] {
            self.git(&["config", key, value]).ok();
        }
        let attributes = format!("{pattern} diff=seal merge=seal text eol=lf\n");
        fs::write(self.bed.path(".git/info/attributes"), attributes).unwrap();
    }

    /// A run of `git`, in a scrubbed environment, with the identity `k1`.
    pub(super) fn git<S: AsRef<std::ffi::OsStr>>(&self, args: &[S]) -> Run<'_> {
        self.with_key(self.bed.run("git", args), Some("k1"))
    }

    /// A run of `git` with another identity, or none.
    pub(super) fn git_as<S: AsRef<std::ffi::OsStr>>(&self, key: Option<&str>, args: &[S]) -> Run<'_> {
        self.with_key(self.bed.run("git", args), key)
    }

    /// A run of `seal` with the identity `k1`.
    pub(super) fn seal<S: AsRef<std::ffi::OsStr>>(&self, args: &[S]) -> Run<'_> {
        self.seal_as(Some("k1"), args)
    }

    /// A run of `seal` with another identity, or none.
    pub(super) fn seal_as<S: AsRef<std::ffi::OsStr>>(&self, key: Option<&str>, args: &[S]) -> Run<'_> {
        self.with_key(self.bed.seal(args), key)
    }

    /// A run of any program with the identity `k1`.
    pub(super) fn run<S: AsRef<std::ffi::OsStr>>(
        &self,
        program: impl AsRef<std::ffi::OsStr>,
        args: &[S],
    ) -> Run<'_> {
        self.with_key(self.bed.run(program, args), Some("k1"))
    }

    fn with_key<'r>(&self, run: Run<'r>, key: Option<&str>) -> Run<'r> {
        let path = std::env::var("PATH").unwrap_or_default();
        let run = run
            .env("PATH", format!("{}:{path}", self.bed.home().join("bin").display()))
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("GIT_PAGER", "cat")
            .env("GIT_TERMINAL_PROMPT", "0")
            .env("GIT_EDITOR", "true")
            .env("GIT_AUTHOR_NAME", "a")
            .env("GIT_AUTHOR_EMAIL", "a@example.org")
            .env("GIT_AUTHOR_DATE", "2026-01-02T03:04:05Z")
            .env("GIT_COMMITTER_NAME", "c")
            .env("GIT_COMMITTER_EMAIL", "c@example.org")
            .env("GIT_COMMITTER_DATE", "2026-01-02T03:04:05Z");
        match key {
            Some(name) => run.env("SOPS_AGE_KEY_FILE", self.identity(name)),
            None => run,
        }
    }

    /// Commits everything.
    pub(super) fn commit(&self, message: &str) {
        self.git(&["add", "-A"]).ok();
        self.git(&["commit", "-q", "--allow-empty", "-m", message]).ok();
    }

    /// Sets a value of a file and commits.
    pub(super) fn set(&self, file: &str, path: &str, value: &str) {
        self.seal(&["set", file, path, value]).ok();
        self.commit(&format!("set {path}"));
    }

    /// Makes a branch at `start` with one change, and goes back to `main`.
    pub(super) fn branch(&self, name: &str, start: &str, change: impl FnOnce(&Self)) {
        self.git(&["checkout", "-q", "-b", name, start]).ok();
        change(self);
        self.commit(&format!("on {name}"));
        self.git(&["checkout", "-q", "main"]).ok();
    }

    /// What the real sops decrypts of a file, by an identity; its MAC is verified.
    pub(super) fn sops_decrypt(&self, file: &str, key: &str) -> String {
        let run = self.bed.run(sops_binary(), &["decrypt", file]);
        self.with_key(run, Some(key)).ok().text()
    }

    /// Where `word` stands in clear: objects of every kind, files of the Git folder, files of the worktree.
    pub(super) fn leaks(&self, word: &str) -> Vec<String> {
        let mut found = Vec::new();
        let list = self.git(&["cat-file", "--batch-all-objects", "--batch-check=%(objectname)"]).ok().text();
        let objects = self.git(&["cat-file", "--batch"]).stdin(list).ok();
        if holds(&objects.stdout, word) {
            found.push("an object".to_owned());
        }
        let mut open = vec![self.bed.path("")];
        while let Some(folder) = open.pop() {
            for entry in fs::read_dir(&folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() && !path.is_symlink() {
                    if !path.ends_with(".git/objects") {
                        open.push(path);
                    }
                } else if fs::read(&path).is_ok_and(|bytes| holds(&bytes, word)) {
                    found.push(path.display().to_string());
                }
            }
        }
        found
    }

    /// Asserts that none of these words stands anywhere in clear.
    pub(super) fn assert_no_leak(&self, words: &[&str]) {
        for word in words {
            // A shorter one would stand in some ciphertext by chance.
            let is_rare = word.len() > 4 || !word.chars().all(|c| c.is_ascii_alphanumeric());
            assert!(is_rare, "{word} could stand in Base64");
            let found = self.leaks(word);
            assert!(found.is_empty(), "{word} stands in clear in {found:?}");
        }
    }

    /// The tokens of a file, sorted.
    pub(super) fn tokens(&self, file: &str) -> Vec<String> {
        tokens(&self.bed.text(file))
    }
}

/// The tokens of a text, sorted.
pub(super) fn tokens(text: &str) -> Vec<String> {
    let mut found: Vec<String> = text
        .match_indices("ENC[")
        .map(|(at, _)| text[at..].split_inclusive(']').next().unwrap().to_owned())
        .collect();
    found.sort();
    found
}

fn holds(bytes: &[u8], word: &str) -> bool {
    bytes.windows(word.len()).any(|window| window == word.as_bytes())
}

/// The lines of a diff that begin with `+` or `-`, without its headers.
pub(super) fn changed_lines(diff: &str) -> Vec<String> {
    diff.lines()
        .filter(|line| line.starts_with(['+', '-']) && !line.starts_with("+++") && !line.starts_with("---"))
        .map(str::to_owned)
        .collect()
}

/// Asserts that a run printed no such word, on either channel.
pub(super) fn assert_silent(done: &Done, words: &[&str]) {
    for word in words {
        assert!(!holds(&done.stdout, word) && !done.stderr.contains(word), "{word} was printed: {done}");
    }
}
