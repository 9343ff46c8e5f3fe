//! `seal grant` and `seal revoke`: in a repository with a history, against what the test itself knows.

use crate::bed::{Bed, testdata};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;

/// The recipient of a throwaway identity.
fn recipient(name: &str) -> String {
    let text = fs::read_to_string(testdata().join(format!("vectors/keys/{name}.txt"))).unwrap();
    let line = text.lines().find_map(|line| line.strip_prefix("# public key: ")).unwrap();
    line.to_owned()
}

fn git(bed: &Bed, args: &[&str]) {
    let mut all = vec!["-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "commit.gpgsign=false"];
    all.extend(args);
    bed.run("git", &all).ok();
}

/// Numbers that look random and are the same in every run.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }
}

/// A file as the test knows it: its values by path, and whether bob is a recipient.
#[derive(Clone, Default)]
struct Known {
    values: BTreeMap<String, String>,
    bob: bool,
}

/// Encrypts `known` into the file `name`.
fn write(bed: &Bed, name: &str, known: &Known) {
    let (a, b) = (recipient("a"), recipient("b"));
    let text = if name.ends_with(".env") {
        known.values.iter().map(|(key, value)| format!("{key}={value}\n")).collect::<String>()
    } else {
        // Values stand two levels deep: `part.name`.
        let mut parts: BTreeMap<&str, Vec<String>> = BTreeMap::new();
        for (path, value) in &known.values {
            let (part, key) = path.split_once('.').unwrap();
            parts.entry(part).or_default().push(format!("  {key}: {value}\n"));
        }
        parts.iter().map(|(part, lines)| format!("{part}:\n{}", lines.concat())).collect()
    };
    bed.write(name, text);
    let to = if known.bob { format!("{a},{b}") } else { a };
    // The rules are those of later; a file knows its own recipients.
    bed.write(".none.yaml", "");
    bed.seal(&["encrypt", "-i", "--config", ".none.yaml", "--age", &to, name]).ok();
    fs::remove_file(bed.path(".none.yaml")).unwrap();
}

type Readable = BTreeMap<String, BTreeSet<String>>;

fn report(bed: &Bed, args: &[&str]) -> Value {
    let mut all = vec!["--json"];
    all.extend(args);
    serde_json::from_str(&bed.seal(&all).identity("a").ok().text()).unwrap()
}

#[test]
fn what_bob_could_read_in_fifty_commits_is_listed_and_kept_until_it_is_changed() {
    let bed = Bed::new();
    let (a, b) = (recipient("a"), recipient("b"));
    bed.write(
        ".sops.yaml",
        format!(
            "creation_rules:\n  - path_regex: \\.(yaml|env)$\n    age: {a},{b}\nseal:\n  recipients:\n    alice: {a}\n    bob: {b}\n"
        ),
    );
    git(&bed, &["init", "-q", "-b", "main"]);
    let names = ["one.yaml", "two.yaml", "sub/three.yaml", "sub/four.env", "five.env", "six.yaml"];
    let mut numbers = Numbers(7);
    let mut files: BTreeMap<&str, Known> = BTreeMap::new();
    // Everything that bob could read, and the values it had.
    let mut readable: Readable = BTreeMap::new();
    let mut seen: BTreeMap<(String, String), BTreeSet<String>> = BTreeMap::new();
    let mut commits = 0;
    while commits < 50 {
        let name = names[numbers.below(6) as usize];
        let flat = name.ends_with(".env");
        let gone = numbers.below(12) == 0 && files.contains_key(name);
        if gone {
            files.remove(name);
            fs::remove_file(bed.path(name)).unwrap();
        } else {
            let known = files.entry(name).or_default();
            if numbers.below(5) == 0 || known.values.is_empty() {
                known.bob = numbers.below(2) == 0;
            }
            for _ in 0..=numbers.below(3) {
                let key = match flat {
                    true => format!("KEY{}", numbers.below(8)),
                    false => format!("part{}.name{}", numbers.below(3), numbers.below(4)),
                };
                if numbers.below(4) == 0 && known.values.len() > 1 {
                    known.values.remove(&key);
                } else {
                    known.values.insert(key, format!("value{}", numbers.below(1000)));
                }
            }
            if known.values.is_empty() {
                known.values.insert(if flat { "KEY0" } else { "part0.name0" }.to_owned(), "value".to_owned());
            }
            write(&bed, name, &known.clone());
            if known.bob {
                readable.entry(name.to_owned()).or_default().extend(known.values.keys().cloned());
                for (path, value) in &known.values {
                    seen.entry((name.to_owned(), path.clone())).or_default().insert(value.clone());
                }
            }
        }
        git(&bed, &["add", "-A"]);
        git(&bed, &["commit", "-q", "--allow-empty", "-m", "change"]);
        commits += 1;
    }
    // On a branch that was left behind, bob could read something too.
    git(&bed, &["checkout", "-q", "-b", "side"]);
    let side = Known { values: [("part9.side".to_owned(), "x".to_owned())].into(), bob: true };
    write(&bed, "side.yaml", &side);
    git(&bed, &["add", "-A"]);
    git(&bed, &["commit", "-q", "-m", "side"]);
    git(&bed, &["checkout", "-q", "main"]);
    readable.insert("side.yaml".to_owned(), ["part9.side".to_owned()].into());

    let found = report(&bed, &["revoke", "-y", "bob"]);
    let listed: Readable = serde_json::from_value(found["readable"].clone()).unwrap();
    assert_eq!(listed, readable);
    let count: usize = readable.values().map(BTreeSet::len).sum();
    assert!(count > 20, "{count}");
    // Nobody but alice reads anything now, and the configuration says so.
    for (name, known) in &files {
        let text = bed.text(name);
        assert!(!text.contains(&b), "{name}");
        bed.seal(&["decrypt", name]).identity("b").fails(128);
        let plain = bed.seal(&["decrypt", name]).identity("a").ok().text();
        assert!(known.values.values().all(|value| plain.contains(value.as_str())), "{name}");
    }
    assert!(!bed.text(".sops.yaml").contains(&format!("age: {a},{b}")));
    let kept: Value = serde_json::from_str(&bed.text(".seal/revoked/bob.json")).unwrap();
    assert_eq!(serde_json::from_value::<Readable>(kept["readable"].clone()).unwrap(), readable);

    // Some values are changed; one gets a value back that bob knows.
    let mut left: BTreeSet<(String, String)> = BTreeSet::new();
    for (name, values) in &readable {
        for path in values {
            let old = files.get(name.as_str()).and_then(|known| known.values.get(path));
            let Some(old) = old else { continue };
            let known_values = &seen[&(name.clone(), path.clone())];
            let fresh = numbers.below(2) == 0;
            let new = if fresh { format!("new{}", numbers.below(100_000)) } else { old.clone() };
            if known_values.contains(&new) {
                left.insert((name.clone(), path.clone()));
            }
            if fresh {
                let known = files.get_mut(name.as_str()).unwrap();
                known.values.insert(path.clone(), new);
                known.bob = false;
                write(&bed, name, &known.clone());
            }
        }
    }
    git(&bed, &["add", "-A"]);
    git(&bed, &["commit", "-q", "-m", "new values"]);
    let status = report(&bed, &["revoke", "--status", "bob"]);
    let still: BTreeSet<(String, String)> = status["values"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|value| value["state"] == "not changed")
        .map(|value| {
            (value["file"].as_str().unwrap().to_owned(), value["value"].as_str().unwrap().to_owned())
        })
        .collect();
    assert_eq!(still, left);
    assert_eq!(status["of"], count);
    assert_eq!(status["done"], count - left.len());
    let done = bed.seal(&["revoke", "--status", "bob"]).identity("a").ok();
    assert!(done.stderr.contains(&format!("{} of {count} changed since", count - left.len())), "{done}");
}

#[test]
fn granting_names_a_key_writes_the_rule_and_the_files() {
    let bed = Bed::new();
    let (a, b) = (recipient("a"), recipient("b"));
    let rules = format!(
        "creation_rules:\n  - path_regex: ^a/\n    age: {a} # ours\n  - path_regex: ^b/\n    age:\n      - {a}\n"
    );
    bed.write(".sops.yaml", &rules);
    for name in ["a/x.yaml", "a/y.json", "b/z.env"] {
        bed.write(name, if name.ends_with("env") { "K=v\n" } else { "{\"k\": \"v\"}\n" });
        bed.seal(&["encrypt", "-i", name]).ok();
    }
    let sealed = bed.read("b/z.env");
    bed.seal(&["grant", "bob", "a"]).identity("a").fails(1);
    bed.seal(&["grant", "-y", "bob", "--key", "age1nonsense", "a"]).identity("a").fails(1);
    // Without an identity nothing is changed, not even the configuration.
    bed.seal(&["grant", "-y", "bob", "--key", &b, "a"]).fails(128);
    // One file of a rule that is for two.
    let done = bed.seal(&["grant", "-y", "bob", "--key", &b, "a/x.yaml"]).identity("a").fails(1);
    assert!(done.stderr.contains("--whole-rule"), "{done}");
    let dry = bed.seal(&["grant", "--dry-run", "bob", "--key", &b, "a"]).identity("a").ok();
    assert!(dry.stderr.contains("2 files and `.sops.yaml` would change"), "{dry}");
    assert_eq!(bed.text(".sops.yaml"), rules);

    bed.seal(&["grant", "-y", "bob", "--key", &b, "a"]).identity("a").ok();
    for name in ["a/x.yaml", "a/y.json"] {
        assert!(bed.seal(&["decrypt", name]).identity("b").ok().text().contains('v'));
    }
    assert_eq!(bed.read("b/z.env"), sealed);
    let text = bed.text(".sops.yaml");
    assert!(text.starts_with(&rules.replace(&format!("age: {a} #"), &format!("age: {a},{b} #"))), "{text}");
    assert!(text.contains(&format!("bob: {b}")), "{text}");
    let again = bed.seal(&["grant", "-y", "bob", "a"]).identity("a").ok();
    assert!(again.stderr.contains("already"), "{again}");
    bed.seal(&["updatekeys", "-y", "."]).ok();
    bed.seal(&["revoke", "-y", "bob", "a"]).identity("a").ok();
    assert!(bed.text(".sops.yaml").starts_with(&rules));
    bed.seal(&["decrypt", "a/x.yaml"]).identity("b").fails(128);
}

#[test]
fn the_last_reader_cannot_be_revoked() {
    let bed = Bed::new();
    let a = recipient("a");
    bed.write(".sops.yaml", format!("creation_rules:\n  - age: {a}\nseal:\n  recipients:\n    alice: {a}\n"));
    bed.write("x.yaml", "k: v\n");
    bed.seal(&["encrypt", "-i", "x.yaml"]).ok();
    bed.seal(&["revoke", "-y", "alice"]).identity("a").fails(1);
    let done = bed.seal(&["revoke", "-y", "alise"]).identity("a").fails(1);
    assert!(done.stderr.contains("did you mean `alice`?"), "{done}");
}
