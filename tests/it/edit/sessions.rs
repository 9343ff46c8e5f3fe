//! Edits that go well, and what is written then.

use super::{CHANGE, Desk, changed, modified};
use crate::bed::program;
use crate::cli::{PLAIN, RECIPIENT};
use crate::peers::sops;
use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};

/// Lines of `after` that are not in `before`.
fn new_lines<'t>(before: &str, after: &'t str) -> Vec<&'t str> {
    after.lines().filter(|line| !before.lines().any(|old| old == *line)).collect()
}

#[test]
fn only_a_changed_value_gets_a_new_ciphertext() {
    let desk = Desk::new();
    let done = desk.ends(desk.edit(CHANGE, &["x.yaml"]), 0);
    assert_eq!(done.stderr, "`x.yaml`: 1 value changed\n");
    let after = desk.bed.text("x.yaml");
    let new = new_lines(&desk.sealed, &after);
    let expected = ["password: 'ENC[", "lastmodified:", "mac:", "seal:"];
    for line in &new {
        assert!(expected.iter().any(|start| line.trim_start().starts_with(start)), "{line}");
    }
    assert!(new.iter().any(|line| line.trim_start().starts_with(expected[0])), "{after}");
    assert_eq!(desk.plain("x.yaml"), changed());
    assert_eq!(
        sops(&desk.bed, &["decrypt", "--extract", r#"["db"]["password"]"#, "x.yaml"])
            .identity("a")
            .ok()
            .text(),
        "changed-db"
    );
}

#[test]
fn an_unchanged_text_leaves_the_file_untouched() {
    let desk = Desk::new();
    for script in ["true", r#"touch "$1""#, r#"cp "$1" "$1.new"; mv "$1.new" "$1""#] {
        let done = desk.fails(desk.edit(script, &["x.yaml"]), 200);
        assert_eq!(done.stderr, "`x.yaml`: nothing changed, nothing written\n");
    }
}

#[test]
fn comments_and_layout_are_changes() {
    let desk = Desk::new();
    let done = desk.ends(desk.edit(r##"printf '# new\n' >> "$1""##, &["x.yaml"]), 0);
    assert!(done.stderr.contains("no value changed"), "{done}");
    assert_eq!(desk.plain("x.yaml"), format!("{PLAIN}# new\n"));
    desk.ends(desk.edit(r#"sed -i 's/debug: false/debug:   false/' "$1""#, &["x.yaml"]), 0);
    assert!(desk.plain("x.yaml").contains("debug:   false"));
}

#[test]
fn values_are_counted() {
    let desk = Desk::new();
    let script =
        r#"sed -i -e s/5432/1/ -e s/5433/2/ -e /debug/d -e 's/^note:/a: 1\nb: 2\nc: 3\nnote:/' "$1""#;
    let done = desk.ends(desk.edit(script, &["x.yaml"]), 0);
    assert_eq!(done.stderr, "`x.yaml`: 2 values changed, 3 added, 1 removed\n");
}

#[test]
fn the_editor_sees_the_name_and_a_private_file_but_no_keys() {
    let desk = Desk::new();
    let script = r#"
        { stat -c %a "$1"; stat -c %a "$(dirname "$1")"; stat -f -c %T "$1"; basename "$1"
          dirname "$(dirname "$1")"; env; } > "$HOME/seen""#;
    let secret = fs::read_to_string(crate::bed::testdata().join("vectors/keys/a.txt")).unwrap();
    let run = desk.edit(script, &["x.yaml"]).env("SOPS_AGE_KEY", secret).env("SOPS_AGE_KEY_CMD", "echo key");
    desk.ends(run.env("SOPS_AGE_SSH_PRIVATE_KEY_CMD", "echo key").env("MINE", "kept"), 200);
    let seen = fs::read_to_string(desk.bed.home().join("seen")).unwrap();
    let memory = desk.memory.to_str().unwrap();
    assert!(seen.starts_with(&format!("600\n700\ntmpfs\nx.yaml\n{memory}\n")), "{seen}");
    assert!(seen.contains("MINE=kept\n") && seen.contains(&format!("TMPDIR={memory}/")), "{seen}");
    for word in ["AGE-SECRET-KEY", "SOPS_AGE_KEY=", "SOPS_AGE_KEY_CMD", "SOPS_AGE_SSH_PRIVATE_KEY_CMD"] {
        assert!(!seen.contains(word), "{word}: {seen}");
    }
}

#[test]
fn editors_have_an_order() {
    let desk = Desk::new();
    let run = |names: &[&str], flags: &[&str]| {
        let program = program();
        let mut args = vec!["--wait", program.to_str().unwrap(), "edit", "x.yaml"];
        args.extend(flags);
        let mut run = desk.bed.run("setsid", &args).identity("a").env("XDG_RUNTIME_DIR", &desk.memory);
        for name in names {
            run = run.env(name, desk.editor(&format!("echo {name} > $HOME/seen")));
        }
        desk.ends(run, 200);
        fs::read_to_string(desk.bed.home().join("seen")).unwrap().trim().to_owned()
    };
    let all = ["SEAL_EDITOR", "SOPS_EDITOR", "VISUAL", "EDITOR"];
    for index in 0..all.len() {
        assert_eq!(run(&all[index..], &[]), all[index]);
    }
    let flag = desk.editor("echo flag > $HOME/seen");
    assert_eq!(run(&all, &["--editor", &flag]), "flag");
}

#[test]
fn a_missing_file_is_made_by_its_rule() {
    let desk = Desk::new();
    desk.bed.write(
        ".sops.yaml",
        format!("creation_rules:\n  - encrypted_regex: ^secret\n    age: {RECIPIENT}\n"),
    );
    let script = r#"cp "$1" "$HOME/example"; printf 'secret: new\nopen: yes\n' > "$1""#;
    let done = desk.ends(desk.edit(script, &["new.yaml"]), 0);
    assert_eq!(done.stderr, "`new.yaml`: created\n");
    let text = desk.bed.text("new.yaml");
    assert!(text.contains("open: yes") && text.contains("secret: ENC["), "{text}");
    assert!(fs::read_to_string(desk.bed.home().join("example")).unwrap().contains("hello: "));
    for name in ["n.yaml", "n.json", "n.env", "n.txt"] {
        let done = desk.ends(desk.edit("true", &[name]), 200);
        assert!(done.stderr.contains("not created"), "{done}");
        assert!(!desk.bed.path(name).exists());
    }
    let done = desk.ends(
        desk.edit("printf 'KEY=new\n' > \"$1\"", &["n.env", "-a", RECIPIENT, "--encrypted-regex", "KEY"]),
        0,
    );
    assert!(desk.bed.text("n.env").contains("KEY=ENC["), "{done}");
}

#[test]
fn every_format_is_edited() {
    let desk = Desk::new();
    for (name, text) in [("f.json", "{\"a\": \"one\"}\n"), ("f.env", "A=one\n"), ("f.bin", "\0one\u{ff}\n")] {
        desk.bed.write(name, text);
        desk.bed.seal(&["encrypt", "--age", RECIPIENT, "-i", name]).ok();
        desk.ends(desk.edit(r#"sed -i s/one/two/ "$1""#, &[name]), 0);
        assert_eq!(desk.bed.seal(&["decrypt", name]).identity("a").ok().text(), text.replace("one", "two"));
        desk.ends(desk.edit("true", &[name]), 200);
    }
    fs::copy(desk.bed.path("f.json"), desk.bed.path("odd")).unwrap();
    desk.ends(desk.edit(r#"sed -i s/two/three/ "$1""#, &["odd", "--input-type", "json"]), 0);
    desk.ends(desk.edit("true", &["odd", "--input-type", "json", "--output-type", "yaml"]), 8);
}

#[test]
fn mode_and_link_of_the_file_stay() {
    let desk = Desk::new();
    fs::set_permissions(desk.bed.path("x.yaml"), fs::Permissions::from_mode(0o640)).unwrap();
    std::os::unix::fs::symlink("x.yaml", desk.bed.path("link.yaml")).unwrap();
    desk.ends(desk.edit(CHANGE, &["link.yaml"]), 0);
    assert!(fs::symlink_metadata(desk.bed.path("link.yaml")).unwrap().is_symlink());
    assert_eq!(fs::metadata(desk.bed.path("x.yaml")).unwrap().mode() & 0o7777, 0o640);
    assert_eq!(desk.plain("x.yaml"), changed());
}

#[test]
fn a_file_of_sops_gets_a_record_unless_that_is_not_wanted() {
    let desk = Desk::new();
    desk.bed.write("s.yaml", PLAIN);
    sops(&desk.bed, &["encrypt", "-i", "--age", RECIPIENT, "s.yaml"]).ok();
    desk.ends(desk.edit(CHANGE, &["--no-strict", "s.yaml"]), 0);
    assert!(!desk.bed.text("s.yaml").contains("seal: ENC["));
    desk.ends(desk.edit("true", &["--require-strict", "s.yaml"]), 206);
    // A record vouches for the recipients, so somebody has to vouch for them before.
    let done = desk.ends(desk.edit("sed -i s/changed-db/once/ \"$1\"", &["s.yaml"]), 0);
    assert!(done.stderr.contains("nobody vouches"), "{done}");
    assert!(!desk.bed.text("s.yaml").contains("seal: ENC["));
    desk.bed.write(".sops.yaml", format!("creation_rules:\n  - age: {RECIPIENT}\n"));
    desk.ends(desk.edit("sed -i s/once/again/ \"$1\"", &["s.yaml"]), 0);
    assert!(desk.bed.text("s.yaml").contains("seal: ENC["));
    desk.ends(desk.edit("true", &["--require-strict", "s.yaml"]), 200);
}

#[test]
fn a_wrong_mac_is_ignored_only_with_a_warning() {
    let desk = Desk::new();
    let broken = desk
        .sealed
        .lines()
        .filter(|line| !line.starts_with("debug:"))
        .map(|l| format!("{l}\n"))
        .collect::<String>();
    desk.bed.write("x.yaml", &broken);
    desk.ends(desk.edit(CHANGE, &["x.yaml"]), 51);
    let done = desk.ends(desk.edit(CHANGE, &["--ignore-mac", "x.yaml"]), 0);
    assert!(done.stderr.contains("new MAC"), "{done}");
    assert!(desk.plain("x.yaml").contains("changed-db"));
}

#[test]
fn a_draft_is_an_ordinary_encrypted_file() {
    let desk = Desk::new();
    let before = modified(&desk.bed.path("x.yaml"));
    desk.fails(desk.edit(&format!("{CHANGE}; exit 3"), &["x.yaml"]), 201);
    assert_eq!(modified(&desk.bed.path("x.yaml")), before);
    let drafts = desk.bed.home().join(".local/state/seal/drafts");
    let draft = fs::read_dir(&drafts).unwrap().next().unwrap().unwrap().path();
    assert_eq!(fs::metadata(&draft).unwrap().mode() & 0o7777, 0o600);
    let draft = draft.to_str().unwrap();
    assert!(!fs::read_to_string(draft).unwrap().contains("changed-db"));
    assert_eq!(desk.bed.seal(&["decrypt", draft]).identity("a").ok().text(), changed());
    assert_eq!(sops(&desk.bed, &["decrypt", draft]).identity("a").ok().text(), changed());
    // It goes once it is saved.
    desk.ends(desk.edit("true", &["--resume", "x.yaml"]), 0);
    assert_eq!(desk.plain("x.yaml"), changed());
    assert!(fs::read_dir(&drafts).unwrap().next().is_none());
}
