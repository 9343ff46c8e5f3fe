//! Roles: the example in `testdata/roles`, `seal who`, `seal access`, and sops on the same configuration.

use crate::bed::{Bed, testdata};
use crate::peers::sops;
use serde_json::{Value, json};
use std::fs;
use std::path::Path;

/// The example, copied.
fn example() -> Bed {
    let bed = Bed::new();
    copy(&testdata().join("roles"), &bed, "");
    bed
}

fn copy(from: &Path, bed: &Bed, below: &str) {
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let name = format!("{below}{}", entry.file_name().to_str().unwrap());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), bed, &format!("{name}/"));
        } else {
            bed.write(&name, fs::read(entry.path()).unwrap());
        }
    }
}

fn key(name: &str) -> std::path::PathBuf {
    testdata().join("roles/keys").join(format!("{name}.txt"))
}

/// The recipient of an identity of the example.
fn recipient(name: &str) -> String {
    let text = fs::read_to_string(key(name)).unwrap();
    text.lines().find_map(|line| line.strip_prefix("# public key: ")).unwrap().to_owned()
}

fn data(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

#[test]
fn the_example_has_the_expected_matrix() {
    let bed = example();
    let done = bed.seal(&["access"]).ok();
    assert_eq!(done.text(), bed.text("expected.txt"));
    assert_eq!(done.stderr, "");
    assert_eq!(bed.seal(&["access", "services", "shared"]).ok().text(), bed.text("expected.txt"));
}

#[test]
fn the_picture_of_the_documentation_is_that_of_the_example() {
    let bed = example();
    let picture = fs::read_to_string(testdata().join("../docs/access.svg")).unwrap();
    assert_eq!(bed.seal(&["access", "--format", "svg"]).ok().text(), picture);
    bed.seal(&["access", "--format", "svg", "-o", "a.svg"]).ok();
    assert_eq!(bed.text("a.svg"), picture);
}

#[test]
fn sops_reads_the_same_configuration() {
    let bed = example();
    bed.write("services/a/new.yaml", "password: made-up\n");
    sops(&bed, &["encrypt", "-i", "services/a/new.yaml"]).ok();
    let who = data(&bed.seal(&["--json", "who", "services/a/new.yaml"]).ok().text());
    let mut names: Vec<&str> =
        who["files"][0]["readers"].as_array().unwrap().iter().map(|r| r["name"].as_str().unwrap()).collect();
    names.sort_unstable();
    assert_eq!(names, ["ada", "ben", "ci", "svc-a"]);
    let text = bed.text("services/a/new.yaml");
    assert_eq!(text.matches("recipient: age1").count(), 4);
    for name in ["ada", "ben", "ci", "svc-a"] {
        assert!(text.contains(&recipient(name)), "{name}");
        let done = sops(&bed, &["decrypt", "services/a/new.yaml"]).env("SOPS_AGE_KEY_FILE", key(name)).ok();
        assert_eq!(done.text(), "password: made-up\n");
    }
    for name in ["svc-b", "svc-c", "dora"] {
        sops(&bed, &["decrypt", "services/a/new.yaml"]).env("SOPS_AGE_KEY_FILE", key(name)).fails(128);
        bed.seal(&["decrypt", "services/a/config.yaml"]).env("SOPS_AGE_KEY_FILE", key(name)).fails(128);
    }
    bed.seal(&["decrypt", "services/a/config.yaml"]).env("SOPS_AGE_KEY_FILE", key("svc-a")).ok();
}

#[test]
fn readers_of_a_file_are_compared_with_its_rule() {
    let bed = example();
    let other = recipient("svc-b");
    bed.write("services/a/odd.yaml", "k: v\n");
    let to = format!("{},{}", recipient("ada"), other);
    bed.seal(&["encrypt", "-i", "--no-strict", "--age", &to, "services/a/odd.yaml"]).ok();
    let done = bed.seal(&["who", "services/a/odd.yaml"]).ok();
    let text = done.text();
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(
        lines[0],
        "services/a/odd.yaml: encrypted, without a strict record; creation rule 1 (^services/a/), granted to admin, deploy, svc-a"
    );
    let words = |line: &str| line.split_whitespace().map(ToOwned::to_owned).collect::<Vec<_>>();
    assert_eq!(words(lines[1])[..2], ["ada", "age"]);
    assert!(
        lines[2].trim_start().starts_with("svc-b")
            && lines[2].ends_with("extra: in the file, not in the rule")
    );
    for (line, name) in lines[3..6].iter().zip(["ben", "ci", "svc-a"]) {
        assert!(
            line.trim_start().starts_with(name) && line.ends_with("missing: in the rule, not in the file"),
            "{line}"
        );
    }
    assert_eq!(lines[6], "  to give it the readers of its rule: seal updatekeys services/a/odd.yaml");
    let access = data(&bed.seal(&["--json", "access", "services/a"]).ok().text());
    assert_eq!(access["differing"], json!(["services/a/odd.yaml"]));
    let row =
        &access["rows"].as_array().unwrap().iter().find(|row| row["label"] == "services/a/odd.yaml").unwrap()
            ["access"];
    assert_eq!(
        *row,
        json!({"ada": "reads", "ben": "missing", "ci": "missing", "svc-a": "missing", "svc-b": "extra"})
    );
}

#[test]
fn a_plain_file_shows_who_would_read_it() {
    let bed = example();
    bed.write("services/b/new.env", "A=b\n");
    bed.write("elsewhere.txt", "x");
    let text = bed.seal(&["who", "services/b/new.env", "elsewhere.txt"]).ok().text();
    assert!(text.starts_with(
        "services/b/new.env: not encrypted; creation rule 2 (^services/b/), granted to admin, deploy, svc-b, by which these would read it\n  ada "
    ));
    assert!(text.ends_with("\nelsewhere.txt: not encrypted; no creation rule is for it\n"), "{text}");
    assert!(!text.contains("missing") && !text.contains("updatekeys"));
    let who = data(&bed.seal(&["--json", "who", "services/b/new.env"]).ok().text());
    assert_eq!(who["files"][0]["encrypted"], false);
    assert_eq!(
        who["files"][0]["rule"],
        json!({"number": 2, "path_regex": "^services/b/", "granted_to": ["admin", "deploy", "svc-b"]})
    );
    assert_eq!(who["files"][0]["readers"].as_array().unwrap().len(), 4);
}

#[test]
fn nothing_needs_a_configuration_or_a_key() {
    let bed = Bed::new();
    let file = fs::read(testdata().join("vectors/yaml/shamir-2of3.enc.yaml")).unwrap();
    bed.write("a.yaml", &file);
    let text = bed.seal(&["who", "a.yaml"]).ok().text();
    assert!(text.contains("no creation rule is for it") && text.contains("group 3"), "{text}");
    assert!(text.ends_with("2 of 3 key groups are needed to decrypt\n"), "{text}");
    let access = data(&bed.seal(&["--json", "access"]).ok().text());
    assert_eq!((&access["files"], &access["rows"][0]["rule"]), (&json!(1), &Value::Null));
    let cells: Vec<&Value> = access["rows"][0]["access"].as_object().unwrap().values().collect();
    assert_eq!(cells, [&json!("share"); 3]);
    bed.seal(&["who", "none.yaml"]).fails(100);
    bed.seal(&["who"]).fails(1);
}

#[test]
fn keys_of_grants_are_written_where_sops_reads_them() {
    let bed = example();
    let before = bed.text(".sops.yaml");
    let edited =
        before.replace("developer: [dora]", "developer: [dora, ben]").replace("deploy: [ci]", "deploy: []");
    bed.write(".sops.yaml", &edited);
    let done = bed.seal(&["access"]).ok();
    assert_eq!(done.stderr.matches("are not those of its grants: not granted `ci`").count(), 4, "{done}");
    assert!(done.text().ends_with("6 files do not have the readers of their rule\n4 creation rules do not have the keys of their grants: seal access --write\nto give files the readers of their rules: seal updatekeys .\n"), "{done}");
    let drift = data(&bed.seal(&["--json", "access"]).ok().text())["drift"].clone();
    assert_eq!(drift[0], json!({"rule": 1, "path_regex": "^services/a/", "missing": [], "extra": ["ci"]}));
    let done = bed.seal(&["access", "--write"]).ok();
    assert_eq!(
        done.stderr,
        "creation rule 1 (^services/a/): removed ci\ncreation rule 2 (^services/b/): removed ci\n\
         creation rule 3 (^services/c/): removed ci\ncreation rule 4 (^shared/): removed ci\n\
         files have their old readers until you run: seal updatekeys .\n"
    );
    let ci = format!("      {},\n", recipient("ci"));
    assert_eq!(before.matches(&ci).count(), 4);
    assert_eq!(bed.text(".sops.yaml"), edited.replace(&ci, ""));
    let snapshot = bed.snapshot();
    let again = bed.seal(&["access", "--write"]).ok();
    assert_eq!(again.stderr, "`.sops.yaml` has the keys of all its grants\n");
    bed.assert_unchanged(&snapshot, &again);
    let data = data(&bed.seal(&["--json", "access", "--write"]).ok().text());
    assert_eq!(data, json!({"file": ".sops.yaml", "changed": false, "rules": []}));
}

#[test]
fn who_leaves_is_out_of_rules_and_files() {
    let bed = example();
    bed.write(".sops.yaml", bed.text(".sops.yaml").replace("admin: [ada, ben]", "admin: [ada]"));
    bed.seal(&["access", "--write"]).ok();
    let ben =
        |bed: &Bed| data(&bed.seal(&["--json", "access"]).ok().text())["rows"][0]["access"]["ben"].clone();
    assert_eq!(ben(&bed), "extra");
    bed.seal(&["updatekeys", "-y", "."]).env("SOPS_AGE_KEY_FILE", key("ada")).ok();
    assert_eq!(ben(&bed), Value::Null);
    bed.seal(&["decrypt", "shared/registry.yaml"]).env("SOPS_AGE_KEY_FILE", key("ben")).fails(128);
    bed.seal(&["decrypt", "shared/registry.yaml"]).env("SOPS_AGE_KEY_FILE", key("svc-c")).ok();
    assert!(
        !bed.text(".sops.yaml").replace("    ben: ", "").contains(&format!("      {}", recipient("ben")))
    );
}

#[test]
fn new_files_are_encrypted_to_the_grants_and_drift_is_said() {
    let bed = example();
    bed.write(".sops.yaml", bed.text(".sops.yaml").replace("[admin, deploy, svc-a]", "[admin, svc-a]"));
    bed.write("services/a/x.yaml", "k: v\n");
    let done = bed.seal(&["encrypt", "-i", "services/a/x.yaml"]).ok();
    assert!(
        done.stderr.contains("not granted `ci`") && done.stderr.contains("seal access --write"),
        "{done}"
    );
    assert!(!bed.text("services/a/x.yaml").contains(&recipient("ci")));
}

#[test]
fn a_grant_that_cannot_be_resolved_writes_nothing() {
    let bed = example();
    bed.write(
        ".sops.yaml",
        bed.text(".sops.yaml").replace("to: [admin, deploy, svc-a]", "to: [admins, svc-a]"),
    );
    let done = bed.seal(&["access", "--write"]).fails(1);
    assert!(
        done.stderr.contains("`admins` is not the name of a recipient or role; nothing was written"),
        "{done}"
    );
    assert!(done.stderr.contains("did you mean `admin`?"), "{done}");
    bed.write("services/a/x.yaml", "k: v\n");
    bed.seal(&["encrypt", "-i", "services/a/x.yaml"]).fails(1);
    bed.write("services/b/x.yaml", "k: v\n");
    bed.seal(&["encrypt", "-i", "services/b/x.yaml"]).ok();
    bed.seal(&["--config", "none.yaml", "access", "--write"]).fails(1);
}

#[test]
fn many_files_of_one_rule_are_one_row() {
    let bed = example();
    bed.write("services/c/one.yaml", "k: v\n");
    bed.seal(&["encrypt", "-i", "--allow-nothing", "services/c/one.yaml"]).ok();
    let sealed = bed.read("services/c/one.yaml");
    for number in 0..300 {
        bed.write(&format!("services/c/deep/{number}.yaml"), &sealed);
    }
    bed.write(".gitignore", "/ignored\n");
    bed.write("ignored/a.yaml", &sealed);
    bed.write("broken.yaml", "sops: [\nENC[");
    let done = bed.seal(&["access"]).ok();
    assert!(done.stderr.contains("`broken.yaml` is left out"), "{done}");
    let access = data(&bed.seal(&["--json", "access"]).ok().text());
    let rows = access["rows"].as_array().unwrap();
    assert_eq!(
        (rows.len(), &access["files"], &access["unreadable"]),
        (4, &json!(307), &json!(["broken.yaml"]))
    );
    assert_eq!(rows[2]["label"], "services/c/");
    assert_eq!(rows[2]["files"].as_array().unwrap().len(), 302);
    let each = data(&bed.seal(&["--json", "access", "--files"]).ok().text());
    assert_eq!(each["rows"].as_array().unwrap().len(), 307);
}

#[test]
fn pictures_and_pages_are_escaped() {
    let bed = Bed::new();
    let name = "<img src=x onerror=alert(1)>'\"&.yaml";
    let to = recipient("ada");
    bed.write(
        ".sops.yaml",
        format!("creation_rules:\n  - path_regex: <script>\n    age: {to}\n  - age: {to}\n"),
    );
    for file in [name, "<script>/a.yaml", "<script>/b.yaml"] {
        bed.write(file, "k: v\n");
        bed.seal(&["encrypt", "-i", file]).ok();
    }
    for format in ["svg", "html"] {
        let text = bed.seal(&["access", "--format", format]).ok().text();
        assert!(!text.contains("<img") && !text.contains("<script"), "{format}");
        assert!(text.contains("&lt;img src=x onerror=alert(1)&gt;&#39;&quot;&amp;.yaml"), "{format}");
        assert!(text.contains("prefers-color-scheme:dark"), "{format}");
        // Nothing comes from elsewhere.
        for word in ["href", "url(", "@import", " src="] {
            assert_eq!(
                text.matches(word).count(),
                if word == " src=" { text.matches("&lt;img src=").count() } else { 0 }
            );
        }
    }
    let svg = bed.seal(&["access", "--format", "svg"]).ok().stdout;
    bed.write("a.svg", svg);
    let checked = bed.run("python3", &["-c", "import xml.dom.minidom as m; m.parse('a.svg')"]).ok();
    assert_eq!(checked.stderr, "");
}
