//! Every way in which an edit fails: the text comes back with `--resume`, or the file is as it was.

use super::{CHANGE, Desk, changed, is_root, names};
use crate::cli::{PLAIN, RECIPIENT};
use std::fs;

/// An edit after which the editor fails.
fn change_and(end: &str) -> String {
    format!("{CHANGE}\n{end}")
}

#[test]
fn an_editor_that_is_missing() {
    let desk = Desk::new();
    let done = desk.fails(desk.edit("", &["x.yaml", "--editor", "no-such-editor"]), 201);
    assert!(done.stderr.contains("no-such-editor"), "{done}");
    desk.fails(desk.edit("", &["x.yaml", "--editor", "''"]), 201);
    desk.fails(desk.edit("", &["x.yaml", "--editor", "vi 'x"]), 201);
    desk.has_no_draft();
}

#[test]
fn standard_input_is_no_file() {
    let desk = Desk::new();
    desk.fails(desk.edit("touch $HOME/opened", &["-", "--age", RECIPIENT]), 100);
    assert!(!desk.bed.home().join("opened").exists());
}

#[test]
fn no_editor_at_all() {
    let desk = Desk::new();
    let empty = desk.bed.write("bin/none", "");
    let program = crate::bed::program();
    let run = desk.bed.run(program, &["edit", "x.yaml"]).env("PATH", empty.parent().unwrap());
    let done = desk.fails(run.identity("a").env("XDG_RUNTIME_DIR", &desk.memory), 201);
    assert!(done.stderr.contains("vim, nano, vi"), "{done}");
}

#[test]
fn an_editor_that_fails_at_once() {
    let desk = Desk::new();
    desk.fails(desk.edit("exit 1", &["x.yaml"]), 201);
    desk.has_no_draft();
}

#[test]
fn an_editor_that_fails_after_a_change() {
    let desk = Desk::new();
    let done = desk.fails(desk.edit(&change_and("exit 1"), &["x.yaml"]), 201);
    assert!(done.stderr.contains("seal edit --resume x.yaml"), "{done}");
    desk.draft_is(&["x.yaml"], changed());
}

#[test]
fn an_editor_that_is_killed() {
    let desk = Desk::new();
    let done = desk.fails(desk.edit(&change_and("kill -KILL $$"), &["x.yaml"]), 201);
    assert!(done.stderr.contains("SIGKILL"), "{done}");
    desk.draft_is(&["x.yaml"], changed());
}

#[test]
fn an_editor_that_is_interrupted() {
    let desk = Desk::new();
    desk.fails(desk.edit(&change_and("kill -INT $$"), &["x.yaml"]), 201);
    desk.draft_is(&["x.yaml"], changed());
}

/// An editor leaves `text`, which cannot be saved, where nobody can be asked.
fn cannot_be_saved(text: &str, code: i32, place: &str) {
    let desk = Desk::new();
    fs::write(desk.bed.home().join("new"), text).unwrap();
    let done = desk.fails(desk.edit(r#"cat "$HOME/new" > "$1""#, &["x.yaml"]), code);
    assert!(done.stderr.contains(place) && !done.stderr.contains("secret-1"), "{text}: {done}");
    assert_eq!(done.stderr.matches("error:").count(), 1, "{done}");
    desk.draft_is(&["x.yaml"], text);
}

#[test]
fn text_that_does_not_parse() {
    cannot_be_saved("a: [secret-1\n", 2, "x.yaml:");
}

#[test]
fn a_key_that_stands_twice() {
    cannot_be_saved("a: 1\na: secret-1\n", 2, "x.yaml:2:1");
}

#[test]
fn a_list_in_the_place_of_a_map() {
    cannot_be_saved("- secret-1\n", 2, "x.yaml:1:1");
}

#[test]
fn a_key_that_is_no_string() {
    cannot_be_saved("a: 2\n1: secret-1\n", 23, "x.yaml:2:1");
}

#[test]
fn a_number_without_end() {
    cannot_be_saved("a: 9999999999999999999\n", 23, "x.yaml:1:4");
}

#[test]
fn an_entry_called_sops() {
    cannot_be_saved("a: secret-1\nsops: {}\n", 203, "x.yaml:2:");
}

#[test]
fn a_document_without_content() {
    cannot_be_saved("# secret-1\n", 2, "x.yaml:1:1");
}

#[test]
fn an_emptied_text() {
    let desk = Desk::new();
    for name in ["e.env", "e.bin", "e.json", "e.yaml"] {
        desk.bed.write(name, if name.ends_with("n") || name.ends_with("l") { "{\"A\": 1}" } else { "A=1\n" });
        desk.bed.seal(&["encrypt", "--age", RECIPIENT, "-i", name]).ok();
        let before = desk.bed.text(name);
        desk.fails(desk.edit(": > \"$1\"", &[name]), 92);
        assert_eq!(desk.bed.text(name), before);
        desk.draft_is(&[name], "");
    }
}

#[test]
fn text_that_is_no_text() {
    let desk = Desk::new();
    desk.fails(desk.edit(r#"printf 'a: \377\376\n' > "$1""#, &["x.yaml"]), 2);
    let done = desk.ends(desk.edit(r#"cp "$1" "$HOME/seen"; exit 1"#, &["--resume", "x.yaml"]), 201);
    assert_eq!(fs::read(desk.bed.home().join("seen")).unwrap(), b"a: \xff\xfe\n", "{done}");
}

#[test]
fn a_text_that_is_removed() {
    let desk = Desk::new();
    let done = desk.fails(desk.edit(r#"rm "$1""#, &["x.yaml"]), 201);
    assert!(done.stderr.contains("it was removed"), "{done}");
    desk.has_no_draft();
}

#[test]
fn a_folder_in_the_place_of_the_text() {
    let desk = Desk::new();
    let done = desk.fails(desk.edit(r#"rm "$1"; mkdir -p "$1/a"; echo secret > "$1/a/b""#, &["x.yaml"]), 201);
    assert!(done.stderr.contains("a folder is in its place"), "{done}");
}

#[test]
fn a_link_in_the_place_of_the_text() {
    let desk = Desk::new();
    desk.bed.write("other.yaml", "a: 1\n");
    let script = format!("ln -sf {} \"$1\"", desk.bed.path("other.yaml").display());
    let done = desk.fails(desk.edit(&script, &["x.yaml"]), 201);
    assert!(done.stderr.contains("a symbolic link"), "{done}");
    assert_eq!(desk.bed.text("other.yaml"), "a: 1\n");
}

#[test]
fn a_pipe_in_the_place_of_the_text() {
    let desk = Desk::new();
    let done = desk.fails(desk.edit(r#"rm "$1"; mkfifo "$1""#, &["x.yaml"]), 201);
    assert!(done.stderr.contains("a device or pipe"), "{done}");
}

#[test]
fn a_text_beyond_all_bounds_stays_in_memory() {
    let desk = Desk::new();
    let done = desk.edit(r#"truncate -s 3G "$1""#, &["x.yaml"]).done();
    assert_eq!(done.code, Some(201), "{done}");
    desk.file_is_as_it_was();
    let [kept] = names(&desk.memory).try_into().unwrap();
    assert!(done.stderr.contains(&format!("{kept}/x.yaml")), "{done}");
    assert_eq!(fs::metadata(desk.memory.join(kept).join("x.yaml")).unwrap().len(), 3 << 30);
}

#[test]
fn a_file_that_was_changed_meanwhile() {
    let desk = Desk::new();
    // The other edit runs while the editor of the first one is open.
    let inner = desk.editor(r#"sed -i s/5432/9999/ "$1""#);
    let script = format!(
        "{CHANGE}\ncd {}; SEAL_EDITOR=\"{inner}\" {} edit x.yaml 2> /dev/null",
        desk.bed.path("").display(),
        crate::bed::program().display()
    );
    let done = desk.ends(desk.edit(&script, &["x.yaml"]), 3);
    assert!(done.stderr.contains("changed by another program"), "{done}");
    assert!(desk.plain("x.yaml").contains("9999") && !desk.plain("x.yaml").contains("changed-db"));
    desk.draft_is(&["x.yaml"], changed());
    // The person is told where the two differ, and decides.
    let merge = r#"sed -i s/5432/9999/ "$1""#;
    let done = desk.ends(desk.edit(merge, &["--resume", "x.yaml"]), 0);
    assert!(done.stderr.contains("differ in `db.password`, `hosts.port`"), "{done}");
    assert_eq!(desk.plain("x.yaml"), changed().replace("5432", "9999"));
    desk.has_no_draft();
}

#[test]
fn a_file_that_was_only_touched_meanwhile() {
    let desk = Desk::new();
    let script = format!("{CHANGE}\ntouch {}", desk.bed.path("x.yaml").display());
    desk.ends(desk.edit(&script, &["x.yaml"]), 0);
    assert_eq!(desk.plain("x.yaml"), changed());
}

#[test]
fn a_file_that_was_removed_meanwhile() {
    let desk = Desk::new();
    let script = format!("{CHANGE}\nrm {}", desk.bed.path("x.yaml").display());
    let done = desk.ends(desk.edit(&script, &["x.yaml"]), 3);
    assert!(done.stderr.contains("--resume"), "{done}");
    assert!(!desk.bed.path("x.yaml").exists());
    // A file that is gone is a new one: the rule says for whom.
    desk.draft_is(&["x.yaml", "--age", RECIPIENT], changed());
    desk.ends(desk.edit("true", &["--resume", "x.yaml", "--age", RECIPIENT]), 0);
    assert_eq!(desk.plain("x.yaml"), changed());
}

#[test]
fn a_new_file_that_somebody_else_made_meanwhile() {
    let desk = Desk::new();
    let script =
        format!("echo 'mine: 1' > \"$1\"; echo 'theirs: 1' > {}", desk.bed.path("new.yaml").display());
    desk.ends(desk.edit(&script, &["new.yaml", "--age", RECIPIENT]), 3);
    assert_eq!(desk.bed.text("new.yaml"), "theirs: 1\n");
    desk.bed.seal(&["encrypt", "-i", "--age", RECIPIENT, "new.yaml"]).ok();
    desk.draft_is(&["new.yaml"], "mine: 1\n");
}

#[test]
fn a_file_that_is_read_only() {
    let desk = Desk::new();
    let below = r#"mount --bind x.yaml x.yaml; mount -o remount,bind,ro x.yaml; "$@""#;
    let done = desk.fails(desk.edit_below(below, CHANGE, &["x.yaml"]), 3);
    assert!(done.stderr.contains("--resume"), "{done}");
    desk.draft_is(&["x.yaml"], changed());
}

#[test]
fn a_folder_that_is_read_only() {
    let desk = Desk::new();
    let below = r#"mount --bind . .; mount -o remount,bind,ro .; cd "$PWD"; "$@""#;
    desk.fails(desk.edit_below(below, CHANGE, &["x.yaml"]), 3);
    desk.draft_is(&["x.yaml"], changed());
}

#[test]
fn a_disk_that_is_full() {
    let desk = Desk::new();
    fs::create_dir(desk.bed.path("full")).unwrap();
    let below = r#"mount -t tmpfs -o size=16k none full; cp x.yaml full/x.yaml
        head -c 16384 /dev/zero > full/rest 2> /dev/null; "$@"; code=$?
        cmp x.yaml full/x.yaml || exit 77
        [ "$(ls full)" = "$(printf 'rest\nx.yaml')" ] || exit 78
        exit $code"#;
    let done = desk.fails(desk.edit_below(below, CHANGE, &["full/x.yaml"]), 3);
    assert!(done.stderr.contains("no space left"), "{done}");
    fs::copy(desk.bed.path("x.yaml"), desk.bed.path("full/x.yaml")).unwrap();
    desk.draft_is(&["full/x.yaml"], changed());
}

#[test]
fn a_file_that_may_not_grow() {
    let desk = Desk::new();
    // Above the bed there may be a repository.
    desk.bed.write(".git", "gitdir: /nowhere\n");
    // Neither the file nor a draft can be written: the text stays in memory.
    let done = desk.edit_below(r#"exec prlimit --fsize=700 "$@""#, CHANGE, &["x.yaml"]).done();
    assert_eq!(done.code, Some(3), "{done}");
    desk.file_is_as_it_was();
    let [kept] = names(&desk.memory).try_into().unwrap();
    assert!(done.stderr.contains(&format!("{kept}/x.yaml")), "{done}");
    assert_eq!(fs::read_to_string(desk.memory.join(&kept).join("x.yaml")).unwrap(), changed());
    // A later edit does not take it for a leftover.
    desk.edit("true", &["x.yaml"]).done();
    assert_eq!(names(&desk.memory), [kept]);
}

#[test]
fn drafts_that_have_no_place_of_their_own() {
    let desk = Desk::new();
    fs::write(desk.bed.home().join(".local"), "not a folder").unwrap();
    fs::create_dir(desk.bed.path(".git")).unwrap();
    desk.fails(desk.edit(&change_and("exit 1"), &["x.yaml"]), 201);
    assert_eq!(names(&desk.bed.path(".git/seal/drafts")).len(), 1);
    desk.draft_is(&["x.yaml"], changed());
}

#[test]
fn drafts_that_have_no_place_at_all() {
    let desk = Desk::new();
    // Above the bed there may be a repository.
    desk.bed.write(".git", "gitdir: /nowhere\n");
    fs::write(desk.bed.home().join(".local"), "not a folder").unwrap();
    let done = desk.edit(&change_and("exit 1"), &["x.yaml"]).done();
    assert_eq!(done.code, Some(201), "{done}");
    desk.file_is_as_it_was();
    let [kept] = names(&desk.memory).try_into().unwrap();
    assert!(done.stderr.contains(&format!("{kept}/x.yaml")), "{done}");
    assert_eq!(fs::read_to_string(desk.memory.join(kept).join("x.yaml")).unwrap(), changed());
}

#[test]
fn an_identity_that_is_missing() {
    let desk = Desk::new();
    let run = desk.edit("touch $HOME/opened", &["x.yaml"]).env("SOPS_AGE_KEY_FILE", "");
    desk.fails(run, 128);
    desk.fails(desk.edit("touch $HOME/opened", &["x.yaml"]).identity("b"), 128);
    assert!(!desk.bed.home().join("opened").exists());
}

#[test]
fn a_mac_that_is_wrong() {
    let desk = Desk::new();
    let kept = desk.sealed.lines().filter(|line| !line.starts_with("debug:"));
    let broken: String = kept.map(|line| format!("{line}\n")).collect();
    let desk = desk.with(&broken);
    desk.fails(desk.edit("touch $HOME/opened", &["x.yaml"]), 51);
    assert!(!desk.bed.home().join("opened").exists());
}

#[test]
fn a_file_that_is_not_encrypted() {
    let desk = Desk::new().with(PLAIN);
    desk.fails(desk.edit("touch $HOME/opened", &["x.yaml"]), 204);
    assert!(!desk.bed.home().join("opened").exists());
}

#[test]
fn no_place_in_memory() {
    let desk = Desk::new();
    let below = r#"for place in /dev/shm /run/user /tmp; do
            [ "$(stat -f -c %T "$place" 2> /dev/null)" != tmpfs ] || mount --bind "$TMPDIR" "$place" || exit 77
        done; unset XDG_RUNTIME_DIR; "$@""#;
    let done = desk.fails(desk.edit_below(below, "touch $HOME/opened", &["x.yaml"]), 1);
    assert!(done.stderr.contains("--allow-disk"), "{done}");
    assert!(!desk.bed.home().join("opened").exists());
    let script = format!("{CHANGE}; dirname \"$1\" > $HOME/opened");
    let done = desk.ends(desk.edit_below(below, &script, &["--allow-disk", "x.yaml"]), 0);
    assert!(done.stderr.contains("warning: the plain text stands on a disk"), "{done}");
    let place = fs::read_to_string(desk.bed.home().join("opened")).unwrap();
    assert!(!std::path::Path::new(place.trim()).exists());
    assert_eq!(desk.plain("x.yaml"), changed());
}

#[test]
fn a_new_file_without_a_rule() {
    let desk = Desk::new();
    desk.fails(desk.edit("touch $HOME/opened", &["new.yaml"]), 1);
    desk.bed.write(".sops.yaml", format!("creation_rules:\n  - path_regex: other\n    age: {RECIPIENT}\n"));
    let done = desk.fails(desk.edit("touch $HOME/opened", &["new.yaml"]), 1);
    assert!(done.stderr.contains("no creation rule"), "{done}");
    assert!(!desk.bed.home().join("opened").exists());
}

#[test]
fn a_new_file_with_a_broken_rule() {
    let desk = Desk::new();
    desk.bed
        .write(".sops.yaml", format!("creation_rules:\n  - encrypted_regex: '('\n    age: {RECIPIENT}\n"));
    desk.fails(desk.edit("touch $HOME/opened", &["new.yaml"]), 1);
    desk.fails(desk.edit("touch $HOME/opened", &["new.yaml", "--age", "age1nonsense"]), 1);
    assert!(!desk.bed.home().join("opened").exists());
}

#[test]
fn a_new_file_in_a_folder_that_is_missing() {
    let desk = Desk::new();
    desk.fails(desk.edit("echo 'a: mine' > \"$1\"", &["no/new.yaml", "--age", RECIPIENT]), 3);
    fs::create_dir(desk.bed.path("no")).unwrap();
    desk.ends(desk.edit("true", &["--resume", "no/new.yaml", "--age", RECIPIENT]), 0);
    assert_eq!(desk.plain("no/new.yaml"), "a: mine\n");
}

#[test]
fn a_new_file_of_which_nothing_is_selected() {
    let desk = Desk::new();
    let args = ["new.yaml", "--age", RECIPIENT, "--encrypted-regex", "^secret"];
    desk.fails(desk.edit("echo 'a: mine' > \"$1\"", &args), 205);
    desk.draft_is(&args, "a: mine\n");
}

#[test]
fn an_alias_that_would_show_a_secret() {
    let desk = Desk::new();
    let args = ["new.yaml", "--age", RECIPIENT, "--encrypted-regex", "^secret"];
    let text = "secret: &a mine\nopen: *a\n";
    fs::write(desk.bed.home().join("new"), text).unwrap();
    desk.fails(desk.edit("cat \"$HOME/new\" > \"$1\"", &args), 23);
    desk.draft_is(&args, text);
}

#[test]
fn a_draft_is_not_passed_over() {
    let desk = Desk::new();
    desk.fails(desk.edit(&change_and("exit 1"), &["x.yaml"]), 201);
    let done = desk.fails(desk.edit("touch $HOME/opened", &["x.yaml"]), 1);
    assert!(
        done.stderr.contains("--resume x.yaml") && done.stderr.contains("--discard-draft x.yaml"),
        "{done}"
    );
    assert!(!desk.bed.home().join("opened").exists());
    desk.fails(desk.edit("grep -q hunter2-db \"$1\"", &["--discard-draft", "x.yaml"]), 200);
    desk.has_no_draft();
    desk.fails(desk.edit("true", &["--resume", "--discard-draft", "x.yaml"]), 1);
}

#[test]
fn a_draft_outlives_a_failure_of_the_next_edit() {
    let desk = Desk::new();
    desk.fails(desk.edit(&change_and("exit 1"), &["x.yaml"]), 201);
    desk.fails(desk.edit("exit 1", &["--resume", "x.yaml"]), 201);
    desk.fails(desk.edit("rm \"$1\"", &["--resume", "x.yaml"]), 201);
    desk.fails(desk.edit("sed -i 's/note:/a: [/' \"$1\"", &["--resume", "x.yaml"]), 2);
    desk.draft_is(&["x.yaml"], changed().replace("note:", "a: ["));
    // The text of the file again: nothing to keep.
    desk.fails(
        desk.edit("sed -i -e 's/a: \\[/note:/' -e s/changed-db/hunter2-db/ \"$1\"", &["--resume", "x.yaml"]),
        200,
    );
    desk.has_no_draft();
}

#[test]
fn a_draft_survives_a_read_only_file_of_somebody_else() {
    // Without root's powers the mode of the file decides.
    let desk = Desk::new();
    use std::os::unix::fs::PermissionsExt as _;
    fs::set_permissions(desk.bed.path("x.yaml"), fs::Permissions::from_mode(0o444)).unwrap();
    if is_root() {
        let below = r#"exec setpriv --bounding-set=-all --inh-caps=-all "$@""#;
        desk.fails(desk.edit_below(below, CHANGE, &["x.yaml"]), 3);
    } else {
        desk.fails(desk.edit(CHANGE, &["x.yaml"]), 3);
    }
    desk.draft_is(&["x.yaml"], changed());
}
