//! The files that every case starts with: plain ones, and the same encrypted by the real sops.

use crate::bed::{Bed, Run};
use crate::peers::sops;
use std::fs;
use std::path::Path;
use std::sync::OnceLock;

/// The recipients of `testdata/vectors/keys/{a,b,c}.txt`.
pub(super) const A: &str = "age1rh8vkdkhqetmk6qs8v8jxuxlky0c9s2c8aeflydjyv87cs5tgaqq9ynmu3";
pub(super) const B: &str = "age1jhtfnxg0f4pn5v2kh2yy7k8k5ct406ckxxqcnmg8me2k9akelplqlslnvp";
pub(super) const C: &str = "age12emss458rkzan5e26umy9flrv0752322ys0fpst2alfl000505vs4yyzvh";

/// A word that stands in every secret of the bed, and so may stand in no message.
pub(super) const SECRET: &str = "hush";

/// Plain files.
const PLAIN: &[(&str, &str)] = &[
    (
        "p.yaml",
        "# top comment\nname: hush-name\nport_unencrypted: 5432\ndb:\n    user: hush-user\n    password: hush-password\n    replicas:\n        - hush-one\n        - hush-two\n    ratio: 1.5\n    count: 42\n    on: true\n    nothing: null\n    empty: \"\"\n",
    ),
    (
        "p.json",
        "{\n\t\"name\": \"hush-name\",\n\t\"db\": {\n\t\t\"password\": \"hush-password\",\n\t\t\"count\": 42,\n\t\t\"ratio\": 1.5,\n\t\t\"on\": true,\n\t\t\"nothing\": null,\n\t\t\"list\": [\n\t\t\t\"hush-one\",\n\t\t\t2\n\t\t]\n\t}\n}\n",
    ),
    ("p.env", "# comment\nNAME=hush-name\nPASSWORD=hush pass=word\nEMPTY=\n"),
    ("p.ini", "[db]\nuser     = hush-user\npassword = hush-password\n"),
    ("p.bin", "hush\u{1}\u{2}\nno format at all: [\n"),
    ("flat.yaml", "NAME: hush-name\nLINES: |\n    hush-1\n    hush-2\nCOUNT: 7\nRATIO: 0.5\nON: true\n"),
    ("multi.yaml", "a: hush-1\n---\nb: hush-2\n"),
    ("eq.yaml", "a=b: hush\n"),
    ("null.yaml", "a: null\nb: hush\n"),
    (
        "comments.yaml",
        "# sops:enc\nsecret: hush\nplain: open\nmap:\n    # sops:enc\n    a: hush-a\n    b: open-b\n",
    ),
    ("taken.yaml", "a: hush\nsops: {}\n"),
    ("taken.json", "{\"a\": \"hush\", \"sops\": 1}\n"),
    ("taken.env", "A=hush\nsops_x=1\n"),
    ("taken.ini", "[a]\nb = hush\n[sops]\nc = 1\n"),
    ("empty.yaml", ""),
    ("empty.json", ""),
    ("empty.env", ""),
    ("empty.bin", ""),
    ("list.yaml", "- hush\n"),
    ("broken.yaml", "a: [hush\n"),
    ("broken.json", "{\"a\": hush\n"),
    ("number.yaml", "1: hush\n"),
    ("types.yaml", "when: 2001-12-14\nbig: 9223372036854775807\nmode: 0777\ntext: \"yes\"\n"),
];

/// Encrypted files: the name, the plain one, and the flags of the real sops.
const SEALED: &[(&str, &str, &[&str])] = &[
    ("s.yaml", "p.yaml", &["--age", A]),
    ("s.json", "p.json", &["--age", A]),
    ("s.env", "p.env", &["--age", A]),
    ("s.ini", "p.ini", &["--age", A]),
    ("s.bin", "p.bin", &["--age", A]),
    ("s.txt", "p.yaml", &["--age", A]),
    ("flat.enc.yaml", "flat.yaml", &["--age", A]),
    ("multi.enc.yaml", "multi.yaml", &["--age", A]),
    ("eq.enc.yaml", "eq.yaml", &["--age", A]),
    ("null.enc.yaml", "null.yaml", &["--age", A]),
    ("types.enc.yaml", "types.yaml", &["--age", A]),
    ("b.yaml", "p.yaml", &["--age", B]),
    ("ab.yaml", "p.yaml", &["--age", "{A},{B}"]),
    ("ssh.yaml", "p.yaml", &["--age", "{ssh}"]),
    ("rsa.yaml", "p.yaml", &["--age", "{rsa}"]),
    ("pq.yaml", "p.yaml", &["--age", "{pq}"]),
    ("suffix.yaml", "p.yaml", &["--age", A, "--encrypted-suffix", "word"]),
    ("regex.yaml", "p.yaml", &["--age", A, "--encrypted-regex", "^pass"]),
    ("clear.yaml", "p.yaml", &["--age", A, "--unencrypted-regex", "^(name|user)$"]),
    ("only.yaml", "p.yaml", &["--age", A, "--mac-only-encrypted", "--encrypted-regex", "^pass"]),
    ("enc-comments.yaml", "comments.yaml", &["--age", A, "--encrypted-comment-regex", "sops:enc"]),
    ("groups.yaml", "p.yaml", &["--config", "groups.sops.yaml"]),
    ("ruled/current.yaml", "p.yaml", &["--age", A]),
    ("ruled/stale.yaml", "p.yaml", &["--age", "{A},{B}"]),
    ("ruled/old.json", "p.json", &["--age", "{A},{B}"]),
    ("ruled/shared/g.yaml", "p.yaml", &["--age", "{A},{B}"]),
];

/// Rules, for the beds that have some.
const RULES: &[(&str, &str)] = &[
    (
        "groups.sops.yaml",
        "creation_rules:\n  - shamir_threshold: 2\n    key_groups:\n      - age: [{A}]\n      - age: [{B}]\n      - age: [{C}]\n",
    ),
    (
        "ruled/.sops.yaml",
        "creation_rules:\n  - path_regex: ^shared/\n    shamir_threshold: 2\n    key_groups:\n      - age: [{A}]\n      - age: [{B}]\n  - path_regex: \\.regex\\.yaml$\n    encrypted_regex: ^pass\n    age: {A}\n  - path_regex: \\.mac\\.yaml$\n    mac_only_encrypted: true\n    encrypted_regex: ^pass\n    age: {A}\n  - path_regex: \\.comments\\.yaml$\n    encrypted_comment_regex: sops:enc\n    age: {A}\n  - path_regex: \\.open\\.yaml$\n    unencrypted_comment_regex: sops:enc\n    age: {A}\n  - path_regex: \\.(yaml|json|env|ini|bin)$\n    age: {A}\n",
    ),
];

/// Recipients and folders in the place of their names.
pub(super) fn fill(text: &str, work: &Path) -> String {
    let keys = crate::bed::testdata().join("vectors/keys");
    let public = |name: &str| fs::read_to_string(keys.join(name)).unwrap().trim().to_owned();
    let mut text = text.to_owned();
    for (place, name) in [("{ssh}", "id_ed25519.pub"), ("{rsa}", "id_rsa.pub"), ("{pq}", "pq.pub")] {
        if text.contains(place) {
            text = text.replace(place, &public(name));
        }
    }
    text.replace("{A}", A)
        .replace("{B}", B)
        .replace("{C}", C)
        .replace("{keys}", keys.to_str().unwrap())
        .replace("{work}", work.to_str().unwrap())
}

/// Lays the files that `text` names into `bed`, and folders whole: the same bytes in every bed.
pub(super) fn lay(bed: &Bed, text: &str) {
    for (name, content) in files() {
        let named = name.split_once('/').map_or(name.as_str(), |(folder, _)| folder);
        if text.contains(named) {
            bed.write(name, content);
        }
    }
}

/// Lays all files into `bed`.
pub(super) fn lay_all(bed: &Bed) {
    for (name, content) in files() {
        bed.write(name, content);
    }
}

fn files() -> &'static [(String, Vec<u8>)] {
    static FILES: OnceLock<Vec<(String, Vec<u8>)>> = OnceLock::new();
    FILES.get_or_init(make)
}

/// Makes them, with the real sops.
fn make() -> Vec<(String, Vec<u8>)> {
    let bed = Bed::new();
    let mut made: Vec<(String, Vec<u8>)> = Vec::new();
    for (name, content) in PLAIN {
        made.push(((*name).to_owned(), content.as_bytes().to_vec()));
    }
    for (name, content) in RULES {
        made.push(((*name).to_owned(), fill(content, &bed.path("")).into_bytes()));
    }
    made.push(("ruled/p.regex.yaml".to_owned(), plain("p.yaml")));
    made.push(("ruled/p.mac.yaml".to_owned(), plain("p.yaml")));
    made.push(("ruled/p.comments.yaml".to_owned(), plain("comments.yaml")));
    made.push(("ruled/p.open.yaml".to_owned(), plain("comments.yaml")));
    made.push(("ruled/p.txt".to_owned(), plain("p.bin")));
    made.push(("ruled/p.yaml".to_owned(), plain("p.yaml")));
    made.push(("ruled/shared/p.yaml".to_owned(), plain("p.yaml")));
    for (name, content) in &made {
        bed.write(name, content);
    }
    for (name, plain, flags) in SEALED {
        let flags = flags.iter().map(|flag| fill(flag, &bed.path("")));
        let mut args = vec!["--encrypt".to_owned()];
        args.extend(flags);
        if !args.iter().any(|arg| arg == "--config") {
            args.extend(["--config", "/dev/null"].map(str::to_owned));
        }
        args.push((*plain).to_owned());
        let run: Run<'_> = sops(&bed, &args);
        made.push(((*name).to_owned(), run.ok().stdout));
    }
    let sealed = |name: &str| {
        let found = made.iter().find(|(n, _)| n == name).unwrap();
        String::from_utf8(found.1.clone()).unwrap()
    };
    let broken = [
        ("tampered.yaml", tampered(&sealed("s.yaml"))),
        ("badmac.yaml", sealed("s.yaml").replace("port_unencrypted: 5432", "port_unencrypted: 5433")),
        ("nomac.yaml", without(&sealed("s.yaml"), "    mac:")),
        ("noversion.yaml", without(&sealed("s.yaml"), "    version:")),
        ("badversion.yaml", sealed("s.yaml").replace("    version: 3", "    version: x")),
        (
            "nokeys.yaml",
            without(&sealed("s.yaml"), "    age:")
                .replace("        - recipient", "    other:\n        - recipient"),
        ),
        ("unwrapped.yaml", sealed("s.yaml").replacen("YWdl", "YWdm", 1)),
        ("moved.yaml", sealed("s.yaml").replacen("name: ENC", "title: ENC", 1)),
        ("clear-number.yaml", sealed("s.yaml").replacen("name: ENC", "number: 5\nname: ENC", 1)),
        (
            "two-selectors.yaml",
            sealed("s.yaml").replacen(
                "    unencrypted_suffix:",
                "    encrypted_regex: x\n    unencrypted_suffix:",
                1,
            ),
        ),
    ];
    for (name, text) in broken {
        made.push((name.to_owned(), text.into_bytes()));
    }
    made
}

fn plain(name: &str) -> Vec<u8> {
    PLAIN.iter().find(|(n, _)| *n == name).unwrap().1.as_bytes().to_vec()
}

/// The text with another first byte of ciphertext in its first value.
fn tampered(text: &str) -> String {
    let at = text.find("name: ENC[AES256_GCM,data:").unwrap() + "name: ENC[AES256_GCM,data:".len();
    let other = if text[at..].starts_with('A') { "B" } else { "A" };
    format!("{}{other}{}", &text[..at], &text[at + 1..])
}

/// The text without the lines that start with `start`.
fn without(text: &str, start: &str) -> String {
    text.split_inclusive('\n').filter(|line| !line.starts_with(start)).collect()
}

/// An identity file with all identities, in `bed`.
pub(super) fn all_identities(bed: &Bed) -> std::path::PathBuf {
    let keys = crate::bed::testdata().join("vectors/keys");
    let all: Vec<String> = ["a", "b", "c", "pq"]
        .iter()
        .map(|k| fs::read_to_string(keys.join(format!("{k}.txt"))).unwrap())
        .collect();
    bed.write("identities.txt", all.join("\n"))
}
