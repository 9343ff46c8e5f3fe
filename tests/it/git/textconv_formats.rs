//! How files of each format are shown, and what stands below them.

use super::bed::Repo;
use crate::peers::sops_binary;

/// What is shown of a file.
fn shown(repo: &Repo, how: &str, name: &str) -> String {
    repo.seal(&["git", "textconv", &format!("--show={how}"), "--", name]).ok().text()
}

/// The same with each digest as `~`.
fn structure(repo: &Repo, name: &str) -> String {
    let text = shown(repo, "structure", name);
    let mut parts = text.split('~');
    let first = parts.next().unwrap().to_owned();
    first + &parts.map(|part| format!("~{}", &part[10..])).collect::<String>()
}

#[test]
fn every_format_is_shown_in_its_layout() {
    let repo = Repo::new();
    let recipient = format!("seal: recipient age {}\n", repo.recipient("k1"));
    for (name, plain, masked, leader) in [
        (
            "a.enc.yaml",
            "# c\na:   'x'\nb: [1, true]\n",
            "#ENC<comment ~>\na:   'ENC<str ~>'\nb: [\"ENC<int ~>\", \"ENC<bool ~>\"]\n",
            "#",
        ),
        (
            "a.enc.json",
            "{\n  \"a\": \"x\",\n  \"b\": [1, 2.5]\n}\n",
            "{\n  \"a\": \"ENC<str ~>\",\n  \"b\": [\"ENC<int ~>\", \"ENC<float ~>\"]\n}\n",
            "//",
        ),
        ("a.enc.env", "# c\nA=x\nB=y z\n", "#ENC<comment ~>\nA=ENC<str ~>\nB=ENC<str ~>\n", "#"),
        ("a.enc.ini", "[s]\na = x\n", "[s]\na = ENC<str ~>\n", ";"),
        ("a.enc.toml", "a = \"x\"\n[t]\nb = 1\n", "a = \"ENC<str ~>\"\n[t]\nb = \"ENC<int ~>\"\n", "#"),
    ] {
        repo.bed.write(name, plain);
        repo.seal(&["encrypt", "-i", name]).ok();
        assert_eq!(structure(&repo, name), format!("{masked}{leader} {recipient}"));
        let text = shown(&repo, "plain", name);
        let rest =
            text.strip_prefix(plain).and_then(|rest| rest.strip_prefix(&format!("{leader} {recipient}")));
        let key =
            rest.and_then(|rest| rest.strip_prefix(&format!("{leader} seal: data key #"))).expect(&text);
        assert_eq!(key.len(), 9, "{text}");
    }
}

#[test]
fn files_of_sops_are_shown_too() {
    let repo = Repo::new();
    for (name, plain, value) in [
        ("b.enc.yaml", "a: ONE\n", "a: ONE\n"),
        ("b.enc.json", "{\"a\": \"ONE\"}\n", "\"a\": \"ONE\""),
        ("b.enc.env", "A=ONE\n", "A=ONE\n"),
        ("b.enc.ini", "[s]\na = ONE\n", "= ONE\n"),
    ] {
        repo.bed.write(name, plain);
        repo.run(sops_binary(), &["encrypt", "-i", name]).ok();
        let (text, masked) = (shown(&repo, "plain", name), shown(&repo, "structure", name));
        assert!(text.contains(value) && text.contains("data key #") && !text.contains("MISMATCH"), "{text}");
        assert!(
            masked.contains("ENC<str ~") && !masked.contains("ONE") && !masked.contains("mac"),
            "{masked}"
        );
    }
}

#[test]
fn binary_files_are_text_or_a_digest() {
    let repo = Repo::new();
    repo.bed.write(".sops.yaml", format!("creation_rules:\n  - age: {}\n", repo.recipient("k1")));
    repo.bed.write("t.bin", "one\ntwo");
    repo.bed.write("b.bin", b"\xff\x00\x01");
    for name in ["t.bin", "b.bin"] {
        repo.seal(&["encrypt", "-i", name]).ok();
        let masked = structure(&repo, name);
        assert!(masked.contains("\"data\": \"ENC<str ~>\"") && !masked.contains("sops"), "{masked}");
    }
    assert!(shown(&repo, "plain", "t.bin").starts_with("one\ntwo\n// seal: recipient"));
    let text = shown(&repo, "plain", "b.bin");
    assert!(text.starts_with("BINARY<3 bytes #") && text.lines().next().unwrap().len() == 27, "{text}");
}

#[test]
fn the_footer_tells_who_and_what() {
    let repo = Repo::new();
    let [one, two, three] = ["k1", "k2", "k3"].map(|name| repo.recipient(name).to_owned());
    repo.bed.write(
        ".sops.yaml",
        format!(
            "keys:\n  - &alice {one}\ncreation_rules:\n  - encrypted_regex: ^(data|token)$\n    mac_only_encrypted: true\n    shamir_threshold: 2\n    key_groups:\n      - age:\n          - *alice\n          - {two} # bob\n      - age: [{three}]\nseal: {{recipients: {{carol: {three}}}}}\n"
        ),
    );
    repo.bed.write("f.enc.yaml", "data: x\nother: y\n");
    repo.seal(&["encrypt", "-q", "-i", "f.enc.yaml"]).ok();
    let footer = format!(
        "# seal: recipient age {one} (alice) group 1\n# seal: recipient age {two} (bob) group 1\n# seal: recipient age {three} (carol) group 2\n# seal: shamir threshold 2\n# seal: rule encrypted_regex=^(data|token)$\n# seal: rule mac_only_encrypted=true\n"
    );
    let text = structure(&repo, "f.enc.yaml");
    assert_eq!(text, format!("data: ENC<str ~>\nother: y\n{footer}"));
    // A configuration that cannot be used tells names still, and no terminal anything else.
    repo.bed.write(".sops.yaml", format!("- &alice {one}\n- {two} # \u{1b}[31mbob\n\"\n"));
    let text = structure(&repo, "f.enc.yaml");
    assert!(text.contains(&format!("{one} (alice) group 1\n")), "{text}");
    assert!(text.contains(&format!("{two} (\\u{{1b}}[31mbob) group 1\n")), "{text}");
    std::fs::remove_file(repo.bed.path(".sops.yaml")).unwrap();
    assert!(structure(&repo, "f.enc.yaml").contains(&format!("{one} group 1\n")));
}

#[test]
fn the_one_word_takes_a_path_and_nothing_else() {
    let repo = Repo::new();
    let word = repo.bed.home().join("bin/seal-textconv");
    let sealed = repo.bed.text("s.enc.yaml");
    repo.bed.write("--show=plain", &sealed);
    let done = repo.run(&word, &["--show=plain"]).ok();
    assert_eq!(done.text(), shown(&repo, "structure", "--show=plain"));
    assert!(done.text().starts_with("db:\n    password: ENC<str ~"), "the content tells the format: {done}");
    let plain = repo.run(&word, &["s.enc.yaml"]).env("GIT_PAGER_IN_USE", "1").ok();
    assert!(plain.text().contains("password: BASEPW\n"), "{plain}");
    for args in [&[][..], &["--", "s.enc.yaml"], &["none.yaml"], &["."]] {
        repo.run(&word, args).fails(2);
    }
    for args in
        [&["--shown", "s.enc.yaml"][..], &["--show=all", "--", "s.enc.yaml"], &["--", "none.yaml"], &[]]
    {
        let args: Vec<&str> = ["git", "textconv"].iter().chain(args).copied().collect();
        repo.seal(&args).fails(2);
    }
    repo.git(&["config", "diff.seal.textconv", "seal-textconv"]).ok();
    repo.set("s.enc.yaml", "db.password", "NEWPW");
    assert!(repo.git(&["show"]).ok().text().contains("+    password: ENC<str ~"));
}

#[test]
fn settings_that_cannot_be_used_are_no_failure() {
    let repo = Repo::new();
    let run = repo.seal(&["git", "textconv", "--show=plain", "--", "s.enc.yaml"]);
    let done = run.env("SEAL_REQUIRE_STRICT", "perhaps").env("SOPS_DECRYPTION_ORDER", "age,age").ok();
    assert!(done.text().contains("password: BASEPW\n"), "{done}");
    assert_eq!(done.stderr, "", "{done}");
}
