//! The commands on ENV files in a dialect.

use super::files::taken;
use super::read;
use crate::bed::Bed;
use crate::cli::RECIPIENT;
use crate::peers::sops;
use seal::doc::Dialect;
use std::collections::BTreeMap;

/// Random files of each dialect that go through both programs.
const FILES: usize = 25;

const SHELL: &str = "\
# for the app
export DB_URL='postgres://app:hunter2@db/x'   # the role

  # behind blanks
export KEY=\"-----BEGIN-----
hunter2 \\$5 \\\"x\\\"
-----END-----\"
EMPTY=\"\"
PLAIN=hunter2
export PORT_unencrypted=\"5432\"
";

const SYSTEMD: &str = "; systemd\nA = \"hunter2 $HOME\" 'x' # y\n\nB=one \\\n  two\r\nC=\n; end\n";
const DOCKER: &str = "  A='hunter2' \\n # x\nB= ${X} \r\n\n\t# c\nC=\n";
const COMPOSE: &str = "export A=hunter2 and more # c\nB='it\\'s $5'\nC=\"tab\\there\\n\"\n";
const DOTENV: &str = "export A=\"two\nlines\\n\" # c\nB = 'hunter2 $5 #1'\n\nC=a=b\n";

fn sample(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::Dotenv => DOTENV,
        Dialect::Docker => DOCKER,
        Dialect::Compose => COMPOSE,
        Dialect::Systemd => SYSTEMD,
        Dialect::Shell => SHELL,
    }
}

/// A file encrypted in place.
fn seal(bed: &Bed, dialect: Dialect, text: &str, flags: &[&str]) {
    bed.write("x.env", text);
    let all = [&["encrypt", "-i", "--age", RECIPIENT, "--dialect", dialect.name()], flags, &["x.env"]];
    bed.seal(&all.concat()).ok();
}

fn decrypt(bed: &Bed, flags: &[&str]) -> String {
    bed.seal(&[&["decrypt"], flags, &["x.env"]].concat()).identity("a").ok().text()
}

fn get(bed: &Bed, name: &str) -> String {
    bed.seal(&["get", "x.env", name]).identity("a").ok().text()
}

/// What the real sops sees.
fn seen_by_sops(bed: &Bed) -> BTreeMap<String, String> {
    let text = sops(bed, &["decrypt", "--output-type", "json", "x.env"]).identity("a").ok().text();
    serde_json::from_str(&text).unwrap()
}

#[test]
fn every_byte_comes_back_and_sops_sees_what_the_reader_sees() {
    for dialect in Dialect::ALL {
        let samples = std::iter::once(sample(dialect).to_owned());
        let random = taken(dialect).into_iter().map(|(text, _)| text).take(FILES);
        for text in samples.chain(random) {
            let bed = Bed::new();
            seal(&bed, dialect, &text, &["--encrypted-regex", ""]);
            let sealed = bed.text("x.env");
            let lines = sealed.lines().filter(|line| !line.starts_with('#') && !line.starts_with("sops_"));
            for line in lines.filter(|line| !line.is_empty()) {
                let (_, value) = line.split_once('=').unwrap();
                let clear = value.is_empty() || line.starts_with("export PORT_unencrypted=");
                assert!(clear || value.starts_with("ENC["), "{dialect}: {line}");
            }
            assert_eq!(decrypt(&bed, &[]), text, "{dialect}");
            let mut expected = read(dialect, text.as_bytes()).unwrap();
            if let Some(clear) = expected.remove("PORT_unencrypted") {
                expected.insert("export PORT_unencrypted".to_owned(), format!("\"{clear}\""));
            }
            assert_eq!(seen_by_sops(&bed), expected, "{dialect}: {text:?}");
        }
    }
}

#[test]
fn the_dialect_stays_with_the_file() {
    let bed = Bed::new();
    bed.write(".sops.yaml", format!("creation_rules:\n  - age: {RECIPIENT}\n"));
    seal(&bed, Dialect::Shell, SHELL, &[]);
    assert_eq!(get(&bed, "KEY"), "-----BEGIN-----\nhunter2 $5 \"x\"\n-----END-----");
    bed.seal(&["rotate", "-i", "x.env"]).identity("a").ok();
    bed.seal(&["updatekeys", "-y", "x.env"]).identity("a").ok();
    assert_eq!(decrypt(&bed, &[]), SHELL);
    bed.seal(&["set", "x.env", "PLAIN", "it's $HOME"]).identity("a").ok();
    bed.seal(&["set", "x.env", "NEW", "a\nb"]).identity("a").ok();
    let mut expected = SHELL.replace("PLAIN=hunter2", r"PLAIN='it'\''s $HOME'");
    expected.push_str("export NEW='a\nb'\n");
    assert_eq!(decrypt(&bed, &[]), expected);
    bed.seal(&["unset", "x.env", "DB_URL"]).identity("a").ok();
    let expected = expected.replace("export DB_URL='postgres://app:hunter2@db/x'   # the role\n", "");
    assert_eq!(decrypt(&bed, &[]), expected);
    assert_eq!(get(&bed, "NEW"), "a\nb");
    // What did not change keeps its ciphertext.
    let before = bed.text("x.env");
    bed.write("editor.sh", "sed -i 's/^EMPTY=.*/EMPTY=\"now $1\"/;s/\\$1/full/' \"$1\"");
    bed.seal(&["edit", "--editor", "sh ./editor.sh", "--allow-disk", "x.env"]).identity("a").ok();
    assert_eq!(decrypt(&bed, &[]), expected.replace("EMPTY=\"\"", "EMPTY=\"now full\""));
    assert_eq!(get(&bed, "EMPTY"), "now full");
    let token = |text: &str, name: &str| text.lines().find(|line| line.starts_with(name)).unwrap().to_owned();
    assert_eq!(token(&before, "KEY="), token(&bed.text("x.env"), "KEY="));
    let shown = bed.seal(&["edit", "--show-master-keys", "x.env"]).identity("a").fails(4);
    assert!(shown.stderr.contains("its text is for shells"), "{}", shown.stderr);
}

#[test]
fn a_file_without_the_record_is_one_of_sops() {
    let bed = Bed::new();
    seal(&bed, Dialect::Shell, SHELL, &["--no-strict"]);
    let plain = decrypt(&bed, &[]);
    assert!(plain.contains("KEY=-----BEGIN-----\\nhunter2 $5 \"x\"\\n-----END-----\n"), "{plain}");
    assert!(plain.contains("\nEMPTY=\nPLAIN=hunter2\n"), "{plain}");
    let text = "A=a b\nB=x\\ny\n# c\n\nC=it's\n";
    bed.write("x.env", text);
    bed.seal(&["encrypt", "-i", "--age", RECIPIENT, "x.env"]).ok();
    assert_eq!(decrypt(&bed, &["--dialect", "shell"]), "A='a b'\nB='x\ny'\n# c\n\nC='it'\\''s'\n");
    assert_eq!(decrypt(&bed, &["--dialect", "systemd"]), "A=\"a b\"\nB=\"x\ny\"\n# c\n\nC=\"it's\"\n");
    assert_eq!(decrypt(&bed, &["--dialect", "sops"]), text);
    let refused = bed.seal(&["decrypt", "--dialect", "docker", "x.env"]).identity("a").fails(4);
    assert!(
        refused.stderr.contains("`B` has no spelling for docker: it holds a line end"),
        "{}",
        refused.stderr
    );
}

#[test]
fn another_reader_gets_its_spelling() {
    let bed = Bed::new();
    seal(&bed, Dialect::Systemd, "A=\"x y\" 'z'\n# c\nB=$5\n", &[]);
    assert_eq!(decrypt(&bed, &["--dialect", "systemd"]), "A=\"x y\" 'z'\n# c\nB=$5\n");
    assert_eq!(decrypt(&bed, &["--dialect", "shell"]), "A='x yz'\n# c\nB='$5'\n");
    assert_eq!(decrypt(&bed, &["--dialect", "sops"]), "A=x yz\n# c\nB=$5\n");
    bed.write("c.yaml", "A: it's\nB: 5\nC: |\n  two\n  lines\n");
    bed.seal(&["encrypt", "-i", "--age", RECIPIENT, "c.yaml"]).ok();
    let convert = ["decrypt", "--output-type", "dotenv", "--dialect", "shell", "c.yaml"];
    assert_eq!(bed.seal(&convert).identity("a").ok().text(), "A='it'\\''s'\nB=5\nC='two\nlines\n'\n");
    bed.write("p.yaml", "A: 1\n");
    bed.seal(&["encrypt", "-i", "--age", RECIPIENT, "--dialect", "shell", "p.yaml"]).fails(8);
    bed.seal(&["decrypt", "--dialect", "shell", "c.yaml"]).identity("a").fails(8);
}

/// Dialect, text and flags; exit code, place and words.
type Case = (&'static str, &'static str, &'static [&'static str], i32, &'static str, &'static str);

#[test]
fn what_would_not_be_the_same_for_both_is_refused() {
    let bed = Bed::new();
    let cases: &[Case] = &[
        ("shell", "A=1\nB=\"hunter2 $X\"\n", &[], 2, ":2:12", "put the value in single quotes"),
        ("shell", "A=hunter2 b\n", &[], 2, ":1:11", "what follows the value"),
        ("compose", "A=hunter2${X}\n", &[], 2, ":1:10", "single quotes"),
        ("dotenv", "A=hunter2 x\n", &[], 2, ":1:10", "put it in quotes"),
        ("docker", "export A=hunter2\n", &[], 2, ":1:1", "no `export`"),
        ("systemd", "A='hunter2\n", &[], 2, ":1:3", "does not end"),
        ("shell", "A_unencrypted='hunter2\nx'\nB=1\n", &[], 4, ":1:1", "over several lines"),
        ("shell", " # c\nA_unencrypted=hunter2\nB=1\n", &[], 4, ":1:1", "such lines above"),
        (
            "shell",
            "export A=hunter2\nB=1\n",
            &["--encrypted-regex", "export|B"],
            4,
            ":1:1",
            "name that SOPS reads",
        ),
        ("shell", "sops_x=hunter2\n", &[], 203, ":1:8", "belongs to SOPS metadata"),
    ];
    for (dialect, text, flags, code, place, words) in cases {
        bed.write("x.env", text);
        let all = [&["encrypt", "-i", "--age", RECIPIENT, "--dialect", dialect], *flags, &["x.env"]].concat();
        let done = bed.seal(&all).fails(*code);
        assert!(done.stderr.contains(&format!("x.env{place}")), "{text:?}: {}", done.stderr);
        assert!(done.stderr.contains(words) && !done.stderr.contains("hunter2"), "{text:?}: {}", done.stderr);
    }
    seal(&bed, Dialect::Docker, "A=1\n", &[]);
    let done = bed.seal(&["set", "x.env", "A", "two\nlines"]).identity("a").fails(4);
    assert!(done.stderr.contains("no spelling for docker"), "{}", done.stderr);
}

#[test]
fn quotes_without_a_dialect_are_pointed_out() {
    let bed = Bed::new();
    bed.write("x.env", "A=1\nexport B=2\nC='hunter2 x'\n");
    let encrypt = ["encrypt", "--age", RECIPIENT, "x.env"];
    let said = bed.seal(&encrypt).ok().stderr;
    assert!(said.contains("2 entries would be read otherwise") && said.contains("x.env:2:10"), "{said}");
    let said = bed.seal(&[&encrypt[..], &["--dialect", "sops"]].concat()).ok().stderr;
    assert_eq!(said, "");
    bed.write("x.env", "A='hunter2\nx'\n");
    let said = bed.seal(&encrypt).fails(2).stderr;
    assert!(said.contains("--dialect dotenv"), "{said}");
}
