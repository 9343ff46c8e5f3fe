//! Other recipients and other data keys: `seal updatekeys`, `seal rotate`, `seal groups`.

mod groups;
mod many;
mod rotate;
mod updatekeys;
mod vectors;
mod vouching;

use crate::bed::{Bed, testdata};
use crate::peers::sops;
use std::fs;

/// The recipients of `testdata/vectors/keys/{a,b,c}.txt`.
const A: &str = "age1rh8vkdkhqetmk6qs8v8jxuxlky0c9s2c8aeflydjyv87cs5tgaqq9ynmu3";
const B: &str = "age1jhtfnxg0f4pn5v2kh2yy7k8k5ct406ckxxqcnmg8me2k9akelplqlslnvp";
const C: &str = "age12emss458rkzan5e26umy9flrv0752322ys0fpst2alfl000505vs4yyzvh";

const YAML: &str = "\
# who may call: ops
db:
  user: app            # the role
  password: 'hunter2-db'
list: [p, q, q, 7]
none:
empty: \"\"
debug: false
host_unencrypted: db.example.org
note: |
  two
  lines
";
const JSON: &str = "{\n  \"a\": \"hunter2\",\n  \"n\": [1, 2.5, true, null],\n  \"x_unencrypted\": 7\n}\n";
const ENV: &str = "# who may call: ops\nA=hunter2\n\nEMPTY=\nB='q x'\nX_unencrypted=7\n";

/// One file of each format, and one with the line ends of Windows.
fn samples() -> Vec<(&'static str, Vec<u8>)> {
    vec![
        ("x.yaml", YAML.into()),
        ("x.json", JSON.into()),
        ("x.env", ENV.into()),
        ("x.bin", b"\x00\xff hunter2\n".to_vec()),
        ("crlf.yaml", YAML.replace('\n', "\r\n").into_bytes()),
        ("one-line.yaml", b"a: x".to_vec()),
    ]
}

/// Writes a rule for all files.
fn rule(bed: &Bed, recipients: &[&str]) {
    bed.write(".sops.yaml", format!("creation_rules:\n  - age: {}\n", recipients.join(",")));
}

/// Writes a rule of key groups for all files.
fn group_rule(bed: &Bed, groups: &[&[&str]], threshold: Option<usize>) {
    let mut text = "creation_rules:\n  - key_groups:\n".to_owned();
    for group in groups {
        text.push_str("      - age:\n");
        group.iter().for_each(|key| text.push_str(&format!("          - {key}\n")));
    }
    if let Some(threshold) = threshold {
        text.push_str(&format!("    shamir_threshold: {threshold}\n"));
    }
    bed.write(".sops.yaml", text);
}

/// Encrypts `content` as `name` by the rules.
fn sealed(bed: &Bed, name: &str, content: impl AsRef<[u8]>) {
    bed.write(name, content);
    bed.seal(&["encrypt", "-i", name]).ok();
}

/// Recipient and wrapped key of each age entry, whatever the format.
fn entries(bed: &Bed, name: &str) -> Vec<(String, String)> {
    let text = bed.text(name);
    if name.ends_with(".env") {
        let field = |line: &str, end: &str| {
            let (key, value) = line.split_once('=')?;
            let is_entry = key.starts_with("sops_age__list_") || key.starts_with("sops_key_groups__");
            (is_entry && key.ends_with(end)).then(|| value.to_owned())
        };
        let all = |end: &str| text.lines().filter_map(|line| field(line, end)).collect::<Vec<_>>();
        return all("__map_recipient").into_iter().zip(all("__map_enc")).collect();
    }
    if name.ends_with(".ini") {
        // Lines stand in any order; of one name the recipient and the wrapped key belong together.
        let (_, section) = text.split_once("[sops]").unwrap();
        let field = |line: &str, end: &str| {
            let (key, value) = line.split_once(" = ")?;
            Some((key.trim_end().strip_suffix(end)?.to_owned(), value.to_owned()))
        };
        // SOPS 3.13.0 wrote line ends between three quotes.
        let mut section = section.to_owned();
        while let Some((before, rest)) = section.split_once("\"\"\"") {
            let (inner, after) = rest.split_once("\"\"\"").unwrap();
            section = format!("{before}{}{after}", inner.replace('\n', "\\n"));
        }
        let all = |end: &str| {
            section.lines().filter_map(|line| field(line, end)).collect::<std::collections::BTreeMap<_, _>>()
        };
        return all("__map_recipient").into_values().zip(all("__map_enc").into_values()).collect();
    }
    let metadata: serde_json::Value = match name.ends_with(".yaml") {
        true => serde_yaml::from_str::<serde_yaml::Value>(text.split("\n---").next().unwrap())
            .map(|value| serde_json::to_value(&value["sops"]).unwrap())
            .unwrap(),
        false => serde_json::from_str::<serde_json::Value>(&text).unwrap()["sops"].clone(),
    };
    let groups = metadata["key_groups"].as_array().cloned().unwrap_or_default();
    let lists = std::iter::once(&metadata).chain(&groups).filter_map(|group| group["age"].as_array());
    let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
    lists.flatten().map(|entry| (text(&entry["recipient"]), text(&entry["enc"]))).collect()
}

fn recipients(bed: &Bed, name: &str) -> Vec<String> {
    entries(bed, name).into_iter().map(|(recipient, _)| recipient).collect()
}

/// The lines of `a` that are not in `b`, but for those with `allowed`.
fn lost(a: &str, b: &str, allowed: &[&str]) -> Vec<String> {
    let b: std::collections::HashSet<&str> = b.lines().collect();
    let lines = a.lines().filter(|line| !b.contains(line) && !allowed.iter().any(|word| line.contains(word)));
    lines.map(str::to_owned).collect()
}

/// Every `ENC[...]` of a text, and the text with each of them shortened.
fn tokens(text: &str) -> (Vec<String>, String) {
    let pattern =
        regex::Regex::new(r"ENC\[AES256_GCM,data:([^,]*),iv:([^,]*),tag:([^,]*),type:([a-z]+)\]").unwrap();
    let found = pattern.captures_iter(text).map(|token| format!("{} {} {}", &token[1], &token[2], &token[3]));
    (found.collect(), pattern.replace_all(text, "ENC[$4]").into_owned())
}

/// What the real sops decrypts with one identity.
fn by_sops(bed: &Bed, name: &str, identity: &str) -> Vec<u8> {
    sops(bed, &["decrypt", name]).identity(identity).ok().stdout
}

/// The program opens the file with that identity, and its strict record holds.
fn opens(bed: &Bed, name: &str, identity: &str) -> Vec<u8> {
    let done = bed.seal(&["decrypt", "--require-strict", name]).identity(identity).ok();
    assert!(done.stderr.is_empty(), "{done}");
    done.stdout
}

fn key_text(name: &str) -> String {
    fs::read_to_string(testdata().join("vectors/keys").join(format!("{name}.txt"))).unwrap()
}
