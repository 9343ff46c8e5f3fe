//! `seal check`: planted damage is found, at its line, without a key, and nothing secret is said.

use crate::bed::{Bed, Done, Run, testdata};
use crate::cli::{PLAIN, RECIPIENT, sealed};
use crate::corpus::corpus;
use crate::peers::sops;
use seal::check::secrets;
use seal::doc::json::Json;
use seal::doc::yaml::Yaml;
use seal::doc::{Format, KeyPath, Kind, Limits, Value};
use serde_json::Value as Json_;
use std::collections::BTreeSet;
use std::fs;

const B: &str = "age1jhtfnxg0f4pn5v2kh2yy7k8k5ct406ckxxqcnmg8me2k9akelplqlslnvp";
const C: &str = "age12emss458rkzan5e26umy9flrv0752322ys0fpst2alfl000505vs4yyzvh";

/// Everything in [`PLAIN`] and in the planted lines that must never be printed.
const SECRETS: [&str; 6] = ["hunter2", "one.example", "two.example", "5432", "planted-", "two\n"];

/// A token of a known kind, put together so that nobody takes this file for a leak.
fn github_token() -> String {
    ["gh", "p_", "planted0", "A1b2C3d4E5f6G7h8I9j0K1l2M3n4O5"].concat().replace("planted0", "plAnted0")
}

/// What a rule for `*.enc.*` says.
fn rules(more: &str) -> String {
    format!("creation_rules:\n  - path_regex: \\.enc\\.\n    age: {RECIPIENT}\n{more}")
}

fn git<'b>(bed: &'b Bed, args: &[&str]) -> Run<'b> {
    let mut run = bed.run("git", args);
    for (name, value) in [
        ("GIT_CONFIG_NOSYSTEM", "1"),
        ("GIT_AUTHOR_NAME", "a"),
        ("GIT_AUTHOR_EMAIL", "a@example.org"),
        ("GIT_COMMITTER_NAME", "c"),
        ("GIT_COMMITTER_EMAIL", "c@example.org"),
    ] {
        run = run.env(name, value);
    }
    run
}

fn repository(bed: &Bed) {
    git(bed, &["init", "-q", "-b", "main"]).ok();
}

/// The findings of a run with `--format json`: code, file, line, severity.
fn findings(done: &Done) -> Vec<(String, String, u64, String)> {
    let document: Json_ = serde_json::from_str(&done.text()).unwrap_or_else(|e| panic!("{e}: {done}"));
    let text = |finding: &Json_, name: &str| finding[name].as_str().unwrap().to_owned();
    document["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|f| (text(f, "code"), text(f, "path"), f["line"].as_u64().unwrap(), text(f, "severity")))
        .collect()
}

fn check(bed: &Bed, args: &[&str]) -> Vec<(String, String, u64, String)> {
    let done = bed.seal(&[&["check", "--format", "json"], args].concat()).done();
    assert!(matches!(done.code, Some(0 | 1)), "{done}");
    let found = findings(&done);
    let errors = found.iter().any(|(.., severity)| severity == "error");
    assert_eq!(done.code, Some(i32::from(errors)), "{done}");
    found
}

/// Whether there is this finding; and the only one of the file if `alone`.
fn assert_found(found: &[(String, String, u64, String)], file: &str, code: &str, line: u64) {
    let of_file: Vec<_> = found.iter().filter(|(_, path, ..)| path == file).collect();
    assert!(
        of_file.iter().any(|(found, _, at, _)| found == code && *at == line),
        "{file}: no {code} in line {line}, but {of_file:?}"
    );
}

/// The line of the first text that holds `word`.
fn line_of(text: &str, word: &str) -> u64 {
    text.lines().position(|line| line.contains(word)).unwrap_or_else(|| panic!("{word}: {text}")) as u64 + 1
}

/// Plants every kind of damage; gives file, code and line of each.
fn plant(bed: &Bed) -> Vec<(&'static str, &'static str, u64)> {
    let good = sealed(bed, "good.enc.yaml");
    let token = |word: &str| {
        let line = good.lines().find(|line| line.trim_start().starts_with(word)).unwrap();
        line.split(": ").nth(1).unwrap().split(" #").next().unwrap().trim_matches('\'').to_owned()
    };
    let (user, password) = (token("user"), token("password"));
    let mut planted = Vec::new();
    let mut plant = |name: &'static str, code: &'static str, text: String, word: &str| {
        let line = if word.is_empty() { 1 } else { line_of(&text, word) };
        bed.write(name, text);
        planted.push((name, code, line));
    };
    // Plain, in four formats.
    plant("plain.enc.yaml", "S001", PLAIN.to_owned(), "");
    plant("plain.enc.json", "S001", r#"{"k": "planted-json"}"#.to_owned(), "");
    plant("plain.enc.env", "S001", "K=planted-env\n".to_owned(), "");
    plant("key.enc.bin", "S001", "planted-bytes".to_owned(), "");
    // A clear string, number and truth value beside encrypted ones.
    let with = |line: &str| good.replacen("debug:", &format!("{line}\ndebug:"), 1);
    plant("added.enc.yaml", "S002", with("extra: planted-line"), "extra");
    plant("number.enc.yaml", "S002", with("pin: 54321234"), "pin");
    plant("decrypted.enc.yaml", "S002", good.replacen(&password, "planted-pass", 1), "planted-pass");
    // Recipients.
    let other =
        bed.seal(&["encrypt", "--age", &format!("{RECIPIENT},{B}"), "--filename-override", "x.enc.yaml"]);
    plant("extra.enc.yaml", "S003", other.stdin(PLAIN).ok().text(), "  age:");
    let other = bed.seal(&["encrypt", "--age", C, "--filename-override", "x.enc.yaml"]);
    plant("missing.enc.yaml", "S003", other.stdin(PLAIN).ok().text(), "  age:");
    // Damage.
    let without = |word: &str| {
        let lines: Vec<&str> = good.lines().filter(|line| !line.trim_start().starts_with(word)).collect();
        lines.join("\n") + "\n"
    };
    plant("nomac.enc.yaml", "S004", without("mac:"), "sops:");
    plant("nodate.enc.yaml", "S004", without("lastmodified:"), "sops:");
    plant("cut.enc.yaml", "S004", good.replacen(",type:str]", "", 1), "user");
    let short_tag = user.replacen(user.split("tag:").nth(1).unwrap(), "AAAA,type:str]", 1);
    plant("tag.enc.yaml", "S004", good.replacen(&user, &short_tag, 1), "user");
    plant("nometa.enc.yaml", "S004", good.split("sops:").next().unwrap().to_owned(), "");
    plant("broken.enc.yaml", "S004", good.replacen("debug:", "debug: [", 1), "");
    // A conflict.
    let conflict = "<<<<<<< ours\na: 1\n=======\na: 2\n>>>>>>> theirs\ndebug:";
    plant("conflict.enc.yaml", "S005", good.replacen("debug:", conflict, 1), "<<<<<<<");
    // Selectors.
    let selected = bed.seal(&[
        "encrypt",
        "--age",
        RECIPIENT,
        "--encrypted-regex",
        "^password$",
        "--filename-override",
        "x.enc.yaml",
    ]);
    let selected = selected.stdin(PLAIN).ok().text();
    plant("selector.enc.yaml", "S006", selected.clone(), "encrypted_regex");
    plant("needless.enc.yaml", "S007", selected.replacen("user: app ", &format!("user: {user} "), 1), "user");
    plant("copied.enc.yaml", "S008", good.replacen(&user, &password, 1), "password");
    plant("crlf.enc.yaml", "S015", good.replace('\n', "\r\n"), "");
    // Secrets in the clear part.
    let leak = format!("remark: {}\ndebug:", github_token());
    plant("leak.enc.yaml", "S016", selected.replacen("debug:", &leak, 1), "remark:");
    let likely = "api_token: planted-9k2m-44x\ndebug:";
    plant("likely.enc.yaml", "S017", selected.replacen("debug:", likely, 1), "api_token");
    planted
}

#[test]
fn planted_damage_is_found_without_a_key_and_without_a_word_of_it() {
    let bed = Bed::new();
    bed.write(".sops.yaml", rules(""));
    repository(&bed);
    let planted = plant(&bed);
    assert!(planted.len() >= 20);
    git(&bed, &["add", "-A"]).ok();
    let found = check(&bed, &[]);
    for (name, code, line) in &planted {
        // Where a text stops being YAML is the parser's to say.
        if *name != "broken.enc.yaml" {
            assert_found(&found, name, code, *line);
        }
    }
    let damaged: BTreeSet<&str> = planted.iter().map(|(name, ..)| *name).collect();
    let reported: BTreeSet<&str> = found.iter().map(|(_, path, ..)| path.as_str()).collect();
    assert_eq!(damaged, reported, "the good file has no finding, and every other one has");
    let secrets: Vec<String> =
        SECRETS.iter().map(|s| (*s).to_owned()).chain([github_token(), "54321234".to_owned()]).collect();
    for form in ["human", "json", "github", "gitlab", "sarif"] {
        let before = bed.snapshot();
        let done = bed.seal(&["check", "--format", form]).done();
        assert_eq!(done.code, Some(1), "{done}");
        bed.assert_unchanged(&before, &done);
        for secret in &secrets {
            assert!(
                !done.text().contains(secret) && !done.stderr.contains(secret),
                "{form}: {secret}: {done}"
            );
        }
        assert!(done.stderr.contains(&format!("in {} files", planted.len() + 2)), "{done}");
    }
}

#[test]
fn files_of_sops_have_no_errors() {
    let bed = Bed::new();
    let mut count = 0;
    for folder in ["yaml", "json", "env", "ini", "binary", "crafted"] {
        for entry in fs::read_dir(testdata().join("vectors").join(folder)).unwrap() {
            let path = entry.unwrap().path();
            if path.is_file() {
                bed.write(path.file_name().unwrap().to_str().unwrap(), fs::read(&path).unwrap());
                count += 1;
            }
        }
    }
    assert!(count > 200);
    let mut found = check(&bed, &[]);
    // Many of them lie there in clear, too.
    found.retain(|(code, path, ..)| code != "S011" || !(path.contains(".dec.") || path.contains(".plain.")));
    assert!(found.iter().all(|(code, .., severity)| severity == "warning" && code != "S001"), "{found:?}");
    assert!(found.len() <= 4, "{found:?}");
}

#[test]
fn a_fresh_file_of_sops_fits_its_rule() {
    let bed = Bed::new();
    bed.write(".sops.yaml", rules("    encrypted_regex: ^(password|name)$\n"));
    bed.write("x.enc.yaml", PLAIN);
    sops(&bed, &["encrypt", "-i", "x.enc.yaml"]).ok();
    assert_eq!(check(&bed, &[]), []);
    let strict = rules("    encrypted_regex: ^(password|name)$\nseal: {require_strict: true}\n");
    bed.write(".sops.yaml", strict);
    let found = check(&bed, &["x.enc.yaml"]);
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(found[0].0, "S018");
    let done = bed.seal(&["check"]).env("SEAL_REQUIRE_STRICT", "false").ok();
    assert_eq!(done.stderr, "no findings in 2 files\n");
}

#[test]
fn recipients_are_named_as_the_configuration_names_them() {
    let bed = Bed::new();
    sealed(&bed, "x.enc.yaml");
    let names = format!("seal: {{recipients: {{alice: {RECIPIENT}, bob: {B}}}}}\n");
    bed.write(".sops.yaml", format!("creation_rules:\n  - path_regex: \\.enc\\.\n    age: {B}\n{names}"));
    let done = bed.seal(&["check"]).done();
    let words = "S003 the file lacks bob (age age1jhtf…slnvp) and has in addition alice (age age1rh8v…ynmu3), against creation rule 1";
    assert!(done.text().contains(words), "{done}");
}

#[test]
fn without_git_the_folder_is_looked_through() {
    let bed = Bed::new();
    bed.write(".sops.yaml", rules(""));
    repository(&bed);
    bed.write("a.enc.yaml", PLAIN);
    let done = bed.seal(&["check"]).env("PATH", "/nowhere").done();
    assert!(done.text().starts_with("a.enc.yaml:1:1: S001 "), "{done}");
    assert!(done.stderr.contains("the program `git` is not installed"), "{done}");
    bed.seal(&["check", "--max-age", "1d"]).env("PATH", "/nowhere").fails(2);
}

#[test]
fn key_groups_are_compared_one_by_one() {
    let bed = Bed::new();
    let groups = |first: &str, threshold: usize| {
        format!(
            "creation_rules:\n  - shamir_threshold: {threshold}\n    key_groups:\n      - age: [{first}]\n      - age: [{B}]\n      - age: [{C}]\n"
        )
    };
    bed.write(".sops.yaml", groups(RECIPIENT, 2));
    bed.write("x.enc.yaml", PLAIN);
    bed.seal(&["encrypt", "-i", "x.enc.yaml"]).ok();
    assert_eq!(check(&bed, &[]), []);
    bed.write(".sops.yaml", groups(RECIPIENT, 3));
    let done = bed.seal(&["check"]).done();
    assert!(done.text().contains("S003 2 key groups are needed, creation rule 1 says 3"), "{done}");
    bed.write(".sops.yaml", groups(B, 2));
    let done = bed.seal(&["check"]).done();
    assert!(done.text().contains("S003 key group 1: the file lacks age age1jhtf…slnvp and has in addition age age1rh8v…ynmu3, against creation rule 1"), "{done}");
}

#[test]
fn a_rule_for_every_file_means_those_that_look_it() {
    let bed = Bed::new();
    bed.write(".sops.yaml", format!("creation_rules:\n  - age: {RECIPIENT}\n"));
    for name in ["README.md", "src/main.rs", "compose.yaml", ".github/workflows/ci.yml"] {
        bed.write(name, "on: push\n");
    }
    bed.write("empty.enc.yaml", "");
    sealed(&bed, "prod/secrets.yaml");
    assert_eq!(check(&bed, &[]), []);
    // A telling name, the same name as an encrypted file, a value of a known kind.
    bed.write("app.sops.yaml", "a: 1\n");
    bed.write("dev/secrets.yaml", "a: 1\n");
    bed.write("ci.yaml", format!("a: 1\nenv:\n  T: {}\n", github_token()));
    let found = check(&bed, &[]);
    let short: Vec<_> =
        found.iter().map(|(code, path, line, _)| (code.as_str(), path.as_str(), *line)).collect();
    let wanted = [("S001", "app.sops.yaml", 1), ("S016", "ci.yaml", 3), ("S001", "dev/secrets.yaml", 1)];
    assert_eq!(short, wanted);
}

#[test]
fn files_that_are_named_need_not_be_tracked_and_links_are_left_out() {
    let bed = Bed::new();
    bed.write(".sops.yaml", rules(""));
    repository(&bed);
    bed.write("sub/a.enc.yaml", PLAIN);
    bed.write("-x.enc.yaml", PLAIN);
    bed.write("other.yaml", PLAIN);
    std::os::unix::fs::symlink("sub/a.enc.yaml", bed.path("link.enc.yaml")).unwrap();
    assert_eq!(check(&bed, &[]), [], "nothing is tracked");
    let names = |found: &[(String, String, u64, String)]| -> Vec<String> {
        found.iter().map(|(_, path, ..)| path.clone()).collect()
    };
    assert_eq!(names(&check(&bed, &["sub", "other.yaml", "link.enc.yaml"])), ["sub/a.enc.yaml"]);
    assert_eq!(names(&check(&bed, &["--", "-x.enc.yaml"])), ["-x.enc.yaml"]);
    git(&bed, &["add", "-A"]).ok();
    assert_eq!(names(&check(&bed, &["--all"])), ["-x.enc.yaml", "sub/a.enc.yaml"]);
    // From below, the whole repository is looked at.
    let done = bed.seal(&["check"]).within("sub").done();
    assert!(done.text().starts_with("../-x.enc.yaml:1:1: S001 "), "{done}");
    let done = bed.seal(&["check", "--format", "gitlab"]).within("sub").done();
    assert!(done.text().contains(r#""path": "sub/a.enc.yaml""#), "{done}");
    bed.seal(&["check", "none.yaml"]).fails(2);
    bed.seal(&["check", "--all", "other.yaml"]).fails(2);
    bed.seal(&["check", "--format", "xml"]).fails(2);
    bed.seal(&["check", "--max-age", "90"]).fails(2);
}

#[test]
fn the_next_configuration_upwards_counts() {
    let bed = Bed::new();
    bed.write(".sops.yaml", rules(""));
    bed.write("team/.sops.yaml", format!("creation_rules:\n  - path_regex: ^vault/\n    age: {B}\n"));
    bed.write("team/vault/a.yaml", "a: 1\n");
    bed.write("team/b.enc.yaml", "a: 1\n");
    let found = check(&bed, &[]);
    assert_eq!(found.iter().map(|f| f.1.as_str()).collect::<Vec<_>>(), ["team/vault/a.yaml"]);
    bed.write("team/.sops.yaml", "creation_rules: [{path_regex: '(', age: x}]\n");
    let found = check(&bed, &[]);
    assert!(found.iter().all(|(code, path, ..)| code == "S020" && path == "team/.sops.yaml"), "{found:?}");
    assert!(!found.is_empty());
    bed.write("team/.sops.yaml", "creation_rules: [\n");
    assert_found(&check(&bed, &[]), "team/.sops.yaml", "S020", 1);
}

#[test]
fn findings_can_be_lived_with() {
    let bed = Bed::new();
    bed.write(".sops.yaml", rules("    # seal-check: ignore S001 templates, filled in by CI\n"));
    bed.write("a.enc.yaml", "a: 1\n");
    let done = bed.seal(&["check"]).ok();
    assert_eq!(done.stderr, "no findings, 1 ignored in 2 files\n");
    bed.write(".sops.yaml", rules(""));
    bed.seal(&["check", "--ignore", "S001:*.enc.yaml"]).ok();
    let done = bed.seal(&["check", "--ignore", "S001:/sub", "--ignore", "S003:*.yaml"]).done();
    assert_eq!(done.code, Some(1), "{done}");
    assert!(done.stderr.contains("`--ignore=S001:/sub` has nothing to ignore"), "{done}");
    bed.write(
        ".sops.yaml",
        rules("    # seal-check: ignore S003 no reason\n    # seal-check: ignore S001\n"),
    );
    let done = bed.seal(&["check"]).done();
    assert!(
        done.stderr.contains("has nothing to ignore\n --> .sops.yaml:4")
            || done.stderr.contains("has nothing to ignore"),
        "{done}"
    );
    assert!(done.stderr.contains("has no effect: it gives no reason"), "{done}");
    assert_eq!(done.code, Some(1), "{done}");
}

#[test]
fn warnings_fail_only_where_they_are_asked_to() {
    let bed = Bed::new();
    bed.write("x.enc.yaml", "");
    let text = sealed(&bed, "x.enc.yaml").replace('\n', "\r\n");
    bed.write("x.enc.yaml", text);
    let done = bed.seal(&["check"]).ok();
    assert!(done.text().contains(": S015 lines end with CR LF"), "{done}");
    let done = bed.seal(&["check", "--fail-on", "warning", "--quiet"]).done();
    assert_eq!((done.code, done.stderr.as_str()), (Some(1), ""), "{done}");
}

#[test]
fn with_a_key_the_content_is_verified() {
    let bed = Bed::new();
    let text = sealed(&bed, "x.enc.yaml");
    assert_eq!(findings(&bed.seal(&["check", "--mac", "--format", "json"]).identity("a").ok()), []);
    // Two lines of the same list change places: every value still decrypts.
    let mut lines: Vec<&str> = text.lines().collect();
    let port = lines.iter().position(|line| line.contains("port:")).unwrap();
    let others = lines.iter().rposition(|line| line.contains("port:")).unwrap();
    lines.swap(port, others);
    bed.write("x.enc.yaml", lines.join("\n") + "\n");
    assert_eq!(check(&bed, &[]), []);
    let done = bed.seal(&["check", "--mac", "--format", "json"]).identity("a").done();
    assert_eq!((done.code, findings(&done)[0].0.as_str()), (Some(1), "S012"), "{done}");
    let done = bed.seal(&["check", "--mac"]).identity("b").done();
    assert!(done.text().contains("S012 not verified: no identity opens the file"), "{done}");
}

#[test]
fn secrets_grow_old() {
    let bed = Bed::new();
    repository(&bed);
    let commit = |date: &str| {
        git(&bed, &["add", "-A"]).ok();
        let date = format!("{date}T00:00:00Z");
        git(&bed, &["commit", "-q", "-m", "x"])
            .env("GIT_AUTHOR_DATE", &date)
            .env("GIT_COMMITTER_DATE", &date)
            .ok();
    };
    let encrypt = |text: &str| {
        let run = bed.seal(&["encrypt", "--age", RECIPIENT, "--filename-override", "x.enc.env"]);
        run.stdin(text).ok().text()
    };
    let old = encrypt("OLD=1\nCHANGED=2\n");
    bed.write("x.enc.env", &old);
    commit("2020-01-01");
    // The second value is changed years later; the first keeps its ciphertext.
    let line = |text: &str, key: &str| text.lines().find(|line| line.starts_with(key)).unwrap().to_owned();
    let new = old.replace(&line(&old, "CHANGED="), &line(&encrypt("OLD=1\nCHANGED=3\n"), "CHANGED="));
    bed.write("x.enc.env", &new);
    commit("2024-06-01");
    // A third is not committed yet.
    let fresh = line(&encrypt("NEW=1\n"), "NEW=");
    bed.write("x.enc.env", format!("{fresh}\n{new}"));
    let paths = |args: &[&str]| -> Vec<String> {
        let done = bed.seal(&[&["check", "--format", "json"], args].concat()).ok();
        let document: Json_ = serde_json::from_str(&done.text()).unwrap();
        let list = document["findings"].as_array().unwrap().clone();
        assert!(list.iter().all(|finding| finding["code"] == "S019"), "{done}");
        list.iter().map(|finding| finding["key_path"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(paths(&["--max-age", "1d"]), ["OLD", "CHANGED"]);
    // The first commit is older than the second by more than four years.
    let since = (time::OffsetDateTime::now_utc() - time::OffsetDateTime::UNIX_EPOCH).whole_days() - 19_875;
    assert_eq!(paths(&["--max-age", &format!("{}d", since + 365)]), ["OLD"]);
    assert_eq!(paths(&["--max-age", "100y"]), Vec::<String>::new());
    let done = bed.seal(&["check", "--max-age", "90d"]).ok();
    assert!(done.text().contains("x.enc.env:2:5: S019 `OLD`: the value is "), "{done}");
    // The configuration may say so, too.
    bed.write(".sops.yaml", rules("seal: {max_age: 12w}\n"));
    assert_eq!(paths(&[]), ["OLD", "CHANGED"]);
    fs::remove_file(bed.path(".sops.yaml")).unwrap();
    // A shallow clone knows a part.
    let url = format!("file://{}", bed.path("").display());
    git(&bed, &["clone", "-q", "--depth=1", &url, "shallow"]).ok();
    let done = bed.seal(&["check", "--max-age", "90d"]).within("shallow").ok();
    assert!(done.text().contains("S019 `OLD`: the value is at least "), "{done}");
    let nowhere = Bed::new();
    let plain =
        nowhere.seal(&["check", "--max-age", "90d"]).env("GIT_CEILING_DIRECTORIES", nowhere.path(".."));
    plain.fails(2);
}

#[test]
fn programs_get_the_form_they_read() {
    let bed = Bed::new();
    bed.write(".sops.yaml", rules(""));
    bed.write("a,b:c.enc.yaml", PLAIN);
    let done = bed.seal(&["check"]).env("GITHUB_ACTIONS", "true").done();
    assert!(done.text().starts_with("::error file=a%2Cb%3Ac.enc.yaml,line=1,col=1,title=S001::"), "{done}");
    let done = bed.seal(&["check", "--json"]).done();
    assert_eq!((findings(&done).len(), done.stderr.as_str()), (1, ""), "{done}");
    let parse = |form: &str| -> Json_ {
        serde_json::from_str(&bed.seal(&["check", "--format", form]).done().text()).unwrap()
    };
    let quality = &parse("gitlab")[0];
    assert_eq!(quality["location"]["lines"]["begin"], 1);
    for field in ["description", "check_name", "fingerprint", "severity"] {
        assert!(quality[field].is_string(), "{quality}");
    }
    let sarif = parse("sarif");
    assert_eq!(sarif["version"], "2.1.0");
    let run = &sarif["runs"][0];
    assert_eq!(run["tool"]["driver"]["name"], "seal");
    let result = &run["results"][0];
    let index = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
    assert_eq!(run["tool"]["driver"]["rules"][index]["id"], result["ruleId"]);
    assert!(result["message"]["text"].is_string());
    assert_eq!(result["level"], "error");
    let place = &result["locations"][0]["physicalLocation"];
    assert_eq!(place["artifactLocation"]["uri"], "a%2Cb%3Ac.enc.yaml");
    assert_eq!(place["region"]["startLine"], 1);
    assert_eq!(result["partialFingerprints"]["seal/v1"], parse("json")["findings"][0]["fingerprint"]);
}

/// Real files without secrets, judged as if all of them were the clear part of an encrypted file.
#[test]
fn ordinary_values_are_rarely_taken_for_secrets() {
    let (mut values, mut known, mut likely) = (0, Vec::new(), Vec::new());
    for path in corpus() {
        let bytes = fs::read(&path).unwrap();
        let store: &dyn Format = if path.extension().unwrap() == "json" { &Json } else { &Yaml };
        let Ok(tree) = store.parse(&bytes, &Limits::default()) else { continue };
        for id in 0..tree.nodes.len() as u32 {
            let Kind::Leaf(Value::Str(text)) = &tree.node(id).kind else { continue };
            values += 1;
            let shown = || format!("{}: {}", path.display(), KeyPath::of(&tree, id));
            if let Some(kind) = secrets::known(text) {
                known.push(format!("{} ({kind})", shown()));
            } else if let Some(why) = secrets::likely(&KeyPath::of(&tree, id), text) {
                likely.push(format!("{} {why}", shown()));
            }
        }
    }
    println!(
        "{values} values: {} known, {} likely\n{}\n{}",
        known.len(),
        likely.len(),
        known.join("\n"),
        likely.join("\n")
    );
    assert!(values > 100_000, "{values}");
    assert!(
        known.len() * 10_000 <= values && likely.len() * 1_000 <= values,
        "{} {}",
        known.len(),
        likely.len()
    );
}
