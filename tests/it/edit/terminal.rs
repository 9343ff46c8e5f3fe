//! Edits at a terminal: questions, and real editors.

use super::{CHANGE, Desk, changed};
use std::fs;

const QUESTION: &str = "=ctrl-c to give up";

/// Each time the editor runs it does the next of these; the last one for ever.
fn in_turn(scripts: &[&str]) -> String {
    let cases: String = scripts.iter().enumerate().map(|(n, script)| format!("{n}) {script};;\n")).collect();
    let last = scripts.last().unwrap();
    format!(
        "n=$(cat $HOME/n 2>/dev/null || echo 0)\necho $((n + 1)) > $HOME/n\ncase $n in\n{cases}*) {last};;\nesac\n"
    )
}

#[test]
fn text_that_does_not_parse_is_mended_in_the_editor() {
    let desk = Desk::new();
    let script = in_turn(&[
        r#"sed -i -e s/hunter2-db/changed-db/ -e 's/note:/a: [/' "$1""#,
        r#"grep -q 'a: \[' "$1" && sed -i 's/a: \[/note:/' "$1""#,
    ]);
    let done = desk.ends(desk.edit_at(&[QUESTION, ">\\r"], &script, &["x.yaml"]), 0);
    assert!(done.text().contains("the edited text of `x.yaml` cannot be saved"), "{done}");
    assert!(done.text().contains("--> x.yaml:"), "{done}");
    assert_eq!(desk.plain("x.yaml"), changed());
    desk.has_no_draft();
}

#[test]
fn text_that_does_not_parse_is_given_up_with_a_draft() {
    for key in [">\\x03", ">\\x04"] {
        let desk = Desk::new();
        let script = r#"sed -i -e s/hunter2-db/changed-db/ -e 's/note:/a: [/' "$1""#;
        let done = desk.fails_at(desk.edit_at(&[QUESTION, key], script, &["x.yaml"]), 2);
        assert_eq!(done.text().matches("error:").count(), 1, "{done}");
        assert!(done.text().contains("seal edit --resume x.yaml"), "{done}");
        desk.draft_is(&["x.yaml"], changed().replace("note:", "a: ["));
    }
}

#[test]
fn a_text_that_is_removed_in_the_second_round_is_that_of_the_first() {
    for second in [r#"rm "$1""#, r#"rm "$1"; exit 1"#, "kill -KILL $$"] {
        let desk = Desk::new();
        let script = in_turn(&[r#"sed -i 's/note:/a: [/' "$1""#, second]);
        desk.fails_at(desk.edit_at(&[QUESTION, ">\\r"], &script, &["x.yaml"]), 201);
        desk.draft_is(&["x.yaml"], crate::cli::PLAIN.replace("note:", "a: ["));
    }
}

#[test]
fn a_complete_draft_is_saved_without_the_editor() {
    let desk = Desk::new();
    desk.fails(desk.edit(&format!("{CHANGE}; exit 1"), &["x.yaml"]), 201);
    let steps = ["=[save/edit]", ">save\\r"];
    let done = desk.ends(desk.edit_at(&steps, "touch $HOME/opened", &["--resume", "x.yaml"]), 0);
    assert!(done.text().contains("1 value changed"), "{done}");
    assert!(!desk.bed.home().join("opened").exists());
    assert_eq!(desk.plain("x.yaml"), changed());
    desk.has_no_draft();
}

#[test]
fn ctrl_c_in_the_editor_is_its_own() {
    let desk = Desk::new();
    // Vim takes ctrl-c for a key.
    let steps = ["=hunter2-db", ">\\x03", ">:%s/hunter2-db/changed-db/\\r", "=changed-db", ">:wq\\r"];
    desk.ends(desk.edit_at(&steps, "", &["--editor", "vim", "x.yaml"]), 0);
    assert_eq!(desk.plain("x.yaml"), changed());
}

#[test]
fn ctrl_z_stops_the_editor_and_fg_brings_it_back() {
    let desk = Desk::new();
    let rc = desk.bed.home().join("rc");
    fs::write(&rc, "PS1='ready> '\n").unwrap();
    let program = crate::bed::program();
    let typist = crate::bed::testdata().join("typist.py");
    let edit = format!(">{} edit --editor vim x.yaml\\r", program.display());
    let steps = [
        "=ready> ",
        &edit,
        "=hunter2-db",
        ">\\x1a",
        "=ready> ",
        ">echo stopped-$((1+1))\\r",
        "=stopped-2",
        ">fg\\r",
        ">:%s/hunter2-db/changed-db/\\r",
        ">:wq\\r",
        "=1 value changed",
        ">exit 7\\r",
    ];
    let mut args = vec![typist.to_str().unwrap()];
    args.extend(steps);
    args.extend(["--", "bash", "--rcfile", rc.to_str().unwrap(), "-i"]);
    desk.ends_at(desk.ready(desk.bed.run("python3", &args), ""), 7);
    assert_eq!(desk.plain("x.yaml"), changed());
}

#[test]
fn what_nano_saves_when_the_terminal_goes_is_a_draft() {
    let desk = Desk::new();
    let done = desk.fails_at(
        desk.edit_at(&["=hunter2-db", ">new: typed\\r", "=typed", "!"], "", &["--editor", "nano", "x.yaml"]),
        201,
    );
    assert!(done.stderr.is_empty(), "{done}");
    desk.draft_is(&["x.yaml"], format!("new: typed\n{}", crate::cli::PLAIN));
}
