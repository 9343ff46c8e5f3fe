//! What does not change keeps its ciphertext, as Git and the real sops see it.

use super::bed::{Repo, tokens};
use std::collections::BTreeSet;
use std::os::unix::fs::MetadataExt as _;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// A file in each format, with a value to be changed.
const FILES: [(&str, &str, &str); 5] = [
    ("f.enc.yaml", "db:\n    password: one\n    user: u\n", "db.password"),
    (
        "f.enc.json",
        "{\n  \"db\": {\n    \"password\": \"one\",\n    \"user\": \"u\"\n  }\n}\n",
        "db.password",
    ),
    ("f.enc.env", "PASSWORD=one\nUSER=u\n", "PASSWORD"),
    ("f.enc.ini", "[db]\npassword = one\nuser = u\n", "db.password"),
    ("f.enc.toml", "[db]\npassword = \"one\"\nuser = \"u\"\n", "db.password"),
];

fn modified(repo: &Repo, name: &str) -> (i64, i64) {
    let metadata = std::fs::metadata(repo.bed.path(name)).unwrap();
    (metadata.mtime(), metadata.mtime_nsec())
}

/// `lastmodified` counts seconds.
fn next_second() {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    std::thread::sleep(Duration::from_nanos(1_000_000_000 - u64::from(now.subsec_nanos())));
}

/// Edits with a script of the shell, the file being `$1`.
fn edit(repo: &Repo, file: &str, script: &str) {
    let path = repo.bed.home().join("editor.sh");
    std::fs::write(&path, script).unwrap();
    let editor = format!("sh '{}'", path.display());
    repo.seal(&["edit", file]).env("SEAL_EDITOR", editor).ok();
}

/// The line of a text that has this key.
fn line<'t>(text: &'t str, key: &str) -> &'t str {
    text.lines().find(|line| line.trim_start().starts_with(key)).unwrap_or_else(|| panic!("{key}: {text}"))
}

/// The tokens of values: without the MAC and the record.
fn values(repo: &Repo, file: &str) -> BTreeSet<String> {
    let text = repo.bed.text(file);
    let own = [line(&text, "mac:"), line(&text, "seal:")].map(tokens).concat();
    tokens(&text).into_iter().filter(|token| !own.contains(token)).collect()
}

/// S1
#[test]
fn s01_the_same_value_is_no_change() {
    let repo = Repo::new();
    let (before, time) = (repo.bed.text("s.enc.yaml"), modified(&repo, "s.enc.yaml"));
    repo.seal(&["set", "s.enc.yaml", "db.password", "BASEPW"]).ok();
    let done = repo.seal(&["edit", "s.enc.yaml"]).env("EDITOR", "true").done();
    assert_eq!(done.code, Some(200), "{done}");
    assert_eq!((repo.bed.text("s.enc.yaml"), modified(&repo, "s.enc.yaml")), (before, time));
    repo.sops_decrypt("s.enc.yaml", "k1");
}

/// S2. The strict record is one more line.
#[test]
fn s02_one_value_is_three_lines() {
    let repo = Repo::empty();
    for (name, plain, _) in FILES {
        for (folder, flag) in [("strict", &[][..]), ("loose", &["--no-strict"])] {
            let name = format!("{folder}/{name}");
            repo.bed.write(&name, plain);
            repo.seal(&[&["encrypt", "-i", &name], flag].concat()).ok();
        }
    }
    repo.commit("first");
    next_second();
    for (name, _, path) in FILES {
        for (folder, flag, lines) in [("strict", &[][..], 4), ("loose", &["--no-strict"], 3)] {
            let name = format!("{folder}/{name}");
            repo.seal(&[&["set", &name, path, "two"], flag].concat()).ok();
            let done = repo.git(&["diff", "--no-textconv", "--numstat", "--", &name]).ok();
            assert_eq!(done.text(), format!("{lines}\t{lines}\t{name}\n"));
            // sops has no TOML.
            let plain = match name.ends_with(".toml") {
                true => repo.seal(&["decrypt", &name]).ok().text(),
                false => repo.sops_decrypt(&name, "k1"),
            };
            assert!(plain.contains("two") && !plain.contains("one"), "{name}: {plain}");
        }
    }
}

/// S3
#[test]
fn s03_lists_keep_their_tokens() {
    let repo = Repo::empty();
    repo.bed.write("s.enc.yaml", "l:\n    - a\n    - b\n    - b\n    - c\nk: x\nm: y\n");
    repo.seal(&["encrypt", "-i", "s.enc.yaml"]).ok();
    let list = || -> Vec<String> {
        let text = repo.bed.text("s.enc.yaml");
        let lines = text.lines().filter(|line| line.trim_start().starts_with("- ENC["));
        lines.map(|line| line.trim().to_owned()).collect()
    };
    let before = list();
    assert_eq!(before.iter().collect::<BTreeSet<_>>().len(), 4);
    repo.seal(&["set", "s.enc.yaml", "k", "z"]).ok();
    assert_eq!(list(), before);
    edit(&repo, "s.enc.yaml", r#"sed -i 's/^l:$/l:\n    - front/' "$1""#);
    assert_eq!(list()[1..], before);
    assert!(repo.sops_decrypt("s.enc.yaml", "k1").contains("- front"));
    // Keys that change places.
    let (tokens, text) = (values(&repo, "s.enc.yaml"), repo.bed.text("s.enc.yaml"));
    edit(
        &repo,
        "s.enc.yaml",
        r#"grep -v '^k:' "$1" > "$1.new"; grep '^k:' "$1" | cat - "$1.new" > "$1.both"; cat "$1.both" > "$1""#,
    );
    assert_eq!(values(&repo, "s.enc.yaml"), tokens);
    assert_ne!(line(&repo.bed.text("s.enc.yaml"), "mac:"), line(&text, "mac:"));
    assert!(repo.sops_decrypt("s.enc.yaml", "k1").starts_with("k: z\n"));
}

/// S4
#[test]
fn s04_recipients_change_nothing_else() {
    let repo = Repo::new();
    let first = repo.bed.text("s.enc.yaml");
    let update = || {
        repo.seal(&["updatekeys", "-y", "s.enc.yaml"]).ok();
        repo.bed.text("s.enc.yaml")
    };
    let time = modified(&repo, "s.enc.yaml");
    assert_eq!((update(), modified(&repo, "s.enc.yaml")), (first.clone(), time));
    repo.write_rule(&["k1", "k2"]);
    let both = update();
    let lines = |text: &str| -> Vec<String> { text.lines().map(str::to_owned).collect() };
    // The record covers the recipients.
    let gone = |from: &str, to: &str| -> Vec<String> {
        let to = lines(to);
        lines(from).into_iter().filter(|line| !to.contains(line) && !line.contains(" seal: ")).collect()
    };
    assert_eq!(gone(&first, &both), Vec::<String>::new());
    assert!(gone(&both, &first).iter().any(|line| line.contains(repo.recipient("k2"))), "{both}");
    for key in ["k1", "k2"] {
        assert!(repo.sops_decrypt("s.enc.yaml", key).contains("BASEPW"));
    }
    repo.write_rule(&["k1"]);
    let one = update();
    assert_eq!((gone(&first, &one), gone(&one, &first)), (Vec::new(), Vec::new()));
    assert!(repo.sops_decrypt("s.enc.yaml", "k1").contains("BASEPW"));
}

/// S5
#[test]
fn s05_the_layout_is_kept() {
    let repo = Repo::empty();
    let plain =
        "# top\r\ndb:\r\n  # of the database\r\n  password: one # why\r\n  user: u\r\nl:\r\n- a\r\n- b";
    repo.bed.write("s.enc.yaml", plain);
    repo.seal(&["encrypt", "-i", "--no-strict", "s.enc.yaml"]).ok();
    let before = repo.bed.text("s.enc.yaml");
    next_second();
    repo.seal(&["set", "--no-strict", "s.enc.yaml", "db.password", "two"]).ok();
    let after = repo.bed.text("s.enc.yaml");
    let pairs = before.split('\n').zip(after.split('\n'));
    assert_eq!(pairs.filter(|(a, b)| a != b).count(), 3, "{before}\n{after}");
    let ends = |text: &str| (text.matches('\n').count(), text.matches("\r\n").count(), text.ends_with('\n'));
    assert_eq!(ends(&before), ends(&after));
    assert!(before.contains("\r\n") && before.contains("\n  password:"), "{before}");
    assert!(repo.sops_decrypt("s.enc.yaml", "k1").contains("two"));
    assert_eq!(repo.seal(&["decrypt", "s.enc.yaml"]).ok().text(), plain.replace("one", "two"));
}

/// S6
#[test]
fn s06_sops_and_seal_take_turns() {
    let repo = Repo::empty();
    repo.bed.write("s.enc.yaml", "a: v0\nb: v0\nl:\n    - x\n    - x\nm: 5\n");
    repo.sops(&["encrypt", "-i", "s.enc.yaml"]);
    let untouched = || {
        let text = repo.bed.text("s.enc.yaml");
        let lines: Vec<String> = text
            .lines()
            .take_while(|line| *line != "sops:")
            .filter(|l| !l.starts_with("a:"))
            .map(str::to_owned)
            .collect();
        lines
    };
    for round in 0..10 {
        let value = format!("v{}", round + 1);
        if round % 2 == 0 {
            let before = untouched();
            repo.seal(&["set", "s.enc.yaml", "a", &value]).ok();
            assert_eq!(untouched(), before, "round {round}");
        } else {
            repo.sops(&["set", "s.enc.yaml", "[\"a\"]", &format!("\"{value}\"")]);
        }
        let wanted = format!("a: {value}\nb: v0\nl:\n    - x\n    - x\nm: 5\n");
        assert_eq!(repo.sops_decrypt("s.enc.yaml", "k1"), wanted, "round {round}");
        assert_eq!(repo.seal(&["decrypt", "s.enc.yaml"]).ok().text(), wanted, "round {round}");
    }
}

impl Repo {
    /// Runs the real sops.
    fn sops(&self, args: &[&str]) {
        self.run(crate::peers::sops_binary(), args).ok();
    }
}
