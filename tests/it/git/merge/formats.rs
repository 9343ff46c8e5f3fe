//! Merges in every format, and of files that come, go and move.

use super::super::bed::Repo;

/// The plain text of each format, with three values.
fn plain(format: &str, [a, b, c]: [&str; 3]) -> String {
    match format {
        "json" => {
            format!(
                "{{\n  \"db\": {{\n    \"a\": \"{a}\",\n    \"b\": \"{b}\"\n  }},\n  \"c\": \"{c}\"\n}}\n"
            )
        }
        "env" => format!("# about a\nA={a}\nB={b}\nC={c}\n"),
        "ini" => format!("[db]\na = {a}\nb = {b}\n\n[other]\nc = {c}\n"),
        "toml" => format!("# about c\nc = \"{c}\"\n\n[db]\na = \"{a}\"\nb = \"{b}\"\n"),
        _ => format!("# about db\ndb:\n  a: {a}\n  b: {b}\nc: {c}\n"),
    }
}

/// Replaces the content of an encrypted file.
fn put(repo: &Repo, file: &str, text: &str) {
    let editor = repo.bed.write("editor", format!("#!/bin/sh\ncat > \"$1\" <<'END'\n{text}END\n"));
    std::fs::set_permissions(&editor, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    repo.seal(&["edit", file]).env("EDITOR", &editor).ok();
    std::fs::remove_file(editor).unwrap();
}

fn decrypted(repo: &Repo, file: &str, format: &str) -> String {
    match format {
        "toml" => repo.seal(&["decrypt", "--require-strict", file]).ok().text(),
        _ => repo.sops_decrypt(file, "k1"),
    }
}

/// M12
#[test]
fn m12_every_format_is_merged_and_conflicts() {
    for format in ["yaml", "json", "env", "ini", "toml"] {
        let repo = Repo::new();
        let file = format!("it's a \"name\".enc.{format}");
        repo.bed.write(&file, plain(format, ["v1", "v2", "v3"]));
        repo.seal(&["encrypt", "-i", &file]).ok();
        repo.commit("new");
        repo.branch("x", "main", |repo| put(repo, &file, &plain(format, ["X-new", "v2", "v3"])));
        repo.branch("z", "main", |repo| put(repo, &file, &plain(format, ["v1", "Z-new", "Z-three"])));
        put(&repo, &file, &plain(format, ["v1", "Y-new", "v3"]));
        repo.commit("ours");
        repo.git(&["merge", "-q", "x"]).ok();
        assert_eq!(
            repo.seal(&["decrypt", &file]).ok().text(),
            plain(format, ["X-new", "Y-new", "v3"]),
            "{format}"
        );
        let text = decrypted(&repo, &file, format);
        assert!(text.contains("X-new") && text.contains("Y-new"), "{format}: {text}");
        let done = repo.git(&["merge", "z"]).done();
        assert_eq!(done.code, Some(1), "{format}: {done}");
        let text = repo.bed.text(&file);
        assert_eq!(text.matches("<<<<<<<").count(), 1, "{format}: {text}");
        repo.assert_no_leak(&["X-new", "Y-new", "Z-new", "Z-three"]);
    }
}

/// M12
#[test]
fn m12_files_that_both_sides_made_are_merged() {
    let repo = Repo::new();
    let make = |repo: &Repo, text: &str| {
        repo.bed.write("new.enc.yaml", text);
        repo.seal(&["encrypt", "-i", "new.enc.yaml"]).ok();
    };
    repo.branch("x", "main", |repo| make(repo, "a: BOTH-new\ntheirs: X-new\n"));
    make(&repo, "a: BOTH-new\nours: Y-new\n");
    repo.commit("ours");
    repo.git(&["merge", "-q", "x"]).ok();
    let plain = repo.sops_decrypt("new.enc.yaml", "k1");
    assert!(
        plain.contains("a: BOTH-new") && plain.contains("theirs: X-new") && plain.contains("ours: Y-new"),
        "{plain}"
    );
    repo.assert_no_leak(&["X-new", "Y-new", "BOTH-new"]);
}

/// M12
#[test]
fn m12_a_renamed_file_is_merged_and_a_removed_one_is_left_to_git() {
    let repo = Repo::new();
    repo.branch("x", "main", |repo| {
        repo.git(&["mv", "s.enc.yaml", "moved.enc.yaml"]).ok();
        repo.commit("moved");
        repo.set("moved.enc.yaml", "db.password", "X-new");
    });
    repo.branch("gone", "main", |repo| {
        repo.git(&["rm", "-q", "s.enc.yaml"]).ok();
    });
    repo.set("s.enc.yaml", "api.k1", "Y-new");
    repo.git(&["checkout", "-q", "-b", "keep"]).ok();
    repo.git(&["merge", "-q", "x"]).ok();
    let plain = repo.sops_decrypt("moved.enc.yaml", "k1");
    assert!(plain.contains("password: X-new") && plain.contains("k1: Y-new"), "{plain}");
    repo.git(&["checkout", "-q", "main"]).ok();
    let before = repo.bed.text("s.enc.yaml");
    let done = repo.git(&["merge", "gone"]).done();
    assert_eq!(done.code, Some(1), "{done}");
    assert!(!done.stderr.contains("seal:") && repo.bed.text("s.enc.yaml") == before, "{done}");
}

/// M12
#[test]
fn m12_comments_anchors_documents_and_maps_in_lists_are_merged() {
    let cases: [[&str; 4]; 4] = [
        [
            "# one\na: 1\n# two\nb: 2\n",
            "# one\n# of x\na: 1\n# two\nb: 3\n",
            "# one\n# of y\na: 4\n# two\nb: 2\n",
            "# one\n# of y\n# of x\na: 4\n# two\nb: 3\n",
        ],
        [
            "a: 1\n---\nb: 2\nc: 3\n",
            "a: 5\n---\nb: 2\nc: 3\n",
            "a: 1\n---\nb: 6\nc: 3\nd: 7\n",
            "a: 5\n---\nb: 6\nc: 3\nd: 7\n",
        ],
        [
            "u:\n  - name: n1\n    pw: p1\n  - name: n2\n    pw: p2\n",
            "u:\n  - name: n1\n    pw: X-one\n  - name: n2\n    pw: p2\n",
            "u:\n  - name: Y-one\n    pw: p1\n  - name: n2\n    pw: Y-two\n",
            "u:\n  - name: Y-one\n    pw: X-one\n  - name: n2\n    pw: Y-two\n",
        ],
        [
            "a_unencrypted: &x v\nb_unencrypted: *x\nc: 1\n",
            "a_unencrypted: &x w\nb_unencrypted: *x\nc: 1\n",
            "a_unencrypted: &x v\nb_unencrypted: *x\nc: 2\n",
            "a_unencrypted: &x w\nb_unencrypted: *x\nc: 2\n",
        ],
    ];
    for [base, theirs, ours, wanted] in cases {
        let repo = Repo::new();
        repo.bed.write("f.enc.yaml", base);
        repo.seal(&["encrypt", "-i", "f.enc.yaml"]).ok();
        repo.commit("new");
        repo.branch("x", "main", |repo| put(repo, "f.enc.yaml", theirs));
        put(&repo, "f.enc.yaml", ours);
        repo.commit("ours");
        repo.git(&["merge", "-q", "x"]).ok();
        assert_eq!(repo.seal(&["decrypt", "--require-strict", "f.enc.yaml"]).ok().text(), wanted);
        repo.sops_decrypt("f.enc.yaml", "k1");
    }
}

/// A binary file is merged line by line if it is a text.
#[test]
fn binary_files_are_merged_by_lines() {
    let repo = Repo::new();
    let make = |repo: &Repo, text: &str| {
        repo.bed.write("key.txt", text);
        repo.seal(&["encrypt", "key.txt", "-o", "key.sealed"]).ok();
        std::fs::remove_file(repo.bed.path("key.txt")).unwrap();
    };
    let rule = repo.bed.text(".sops.yaml");
    repo.bed.write(".sops.yaml", format!("{rule}  - age: {}\n", repo.recipient("k1")));
    make(&repo, "one\ntwo\nthree\nfour\n");
    repo.configure("key.sealed");
    repo.commit("new");
    repo.branch("x", "main", |repo| make(repo, "ONE\ntwo\nthree\nfour\n"));
    make(&repo, "one\ntwo\nthree\nFOUR\n");
    repo.commit("ours");
    repo.git(&["merge", "-q", "x"]).ok();
    assert_eq!(repo.seal(&["decrypt", "key.sealed"]).ok().text(), "ONE\ntwo\nthree\nFOUR\n");
    assert_eq!(repo.sops_decrypt("key.sealed", "k1"), "ONE\ntwo\nthree\nFOUR\n");
}
