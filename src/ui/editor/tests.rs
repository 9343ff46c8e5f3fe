//! Which editor is found, and how it is started.

use super::{Editor, EditorError, Surroundings};
use crate::io::testing::Folder;
use std::ffi::OsStr;
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;

fn program(folder: &Folder, name: &str, content: &[u8]) {
    let file = folder.file(name, content);
    fs::set_permissions(file, fs::Permissions::from_mode(0o755)).unwrap();
}

fn arguments(line: &str, path: &Folder) -> Vec<String> {
    let editor = Editor::find(Some(line), Some(path.0.as_os_str())).unwrap();
    let around = Surroundings { folder: Path::new("/shm/x"), home: None, config: None, withheld: &["KEY"] };
    let command = editor.command(Path::new("/shm/x/f.yaml"), &around);
    let words = command.get_args().map(|word| word.to_str().unwrap().to_owned());
    std::iter::once(command.get_program().to_str().unwrap().to_owned()).chain(words).collect()
}

#[test]
fn the_usual_ones_are_looked_for_in_order() {
    let folder = Folder::new();
    let find = || Editor::find(None, Some(folder.0.as_os_str())).map(|editor| editor.name().to_owned());
    assert_eq!(find(), Err(EditorError::None));
    folder.file("vim", b"not a program");
    for name in ["vi", "nano", "vim"] {
        let _ = fs::remove_file(folder.path(name));
        program(&folder, name, b"");
        assert_eq!(find().as_deref(), Ok(name));
    }
    assert_eq!(Editor::find(None, None), Err(EditorError::None));
}

#[test]
fn a_command_line_is_words() {
    let folder = Folder::new();
    assert_eq!(arguments("'my editor' -x \"a b\"", &folder), ["my editor", "-x", "a b", "/shm/x/f.yaml"]);
    assert_eq!(Editor::find(Some(" "), None), Err(EditorError::Empty));
    assert_eq!(Editor::find(Some("'' -x"), None), Err(EditorError::Empty));
    assert!(matches!(Editor::find(Some("vi 'x"), None), Err(EditorError::Words(_))));
}

#[test]
fn waiting_is_asked_for_once() {
    let folder = Folder::new();
    assert_eq!(arguments("code", &folder), ["code", "--wait", "/shm/x/f.yaml"]);
    assert_eq!(arguments("/opt/x/code -w", &folder), ["/opt/x/code", "-w", "/shm/x/f.yaml"]);
    assert_eq!(arguments("subl -n", &folder), ["subl", "--wait", "-n", "/shm/x/f.yaml"]);
    assert!(arguments("gvim", &folder).contains(&"-f".to_owned()));
    assert_eq!(
        arguments("nano -l", &folder),
        ["nano", "--rcfile", "/shm/x/.seal-nanorc", "-l", "/shm/x/f.yaml"]
    );
}

#[test]
fn vi_is_what_it_is_a_link_to() {
    let folder = Folder::new();
    let is_vim = |folder: &Folder| arguments("vi", folder).contains(&"-i".to_owned());
    program(&folder, "vim.basic", b"");
    program(&folder, "busybox", b"");
    symlink(folder.path("vim.basic"), folder.path("vi")).unwrap();
    assert!(is_vim(&folder));
    fs::remove_file(folder.path("vi")).unwrap();
    symlink(folder.path("busybox"), folder.path("vi")).unwrap();
    assert!(!is_vim(&folder));
    fs::remove_file(folder.path("vi")).unwrap();
    program(&folder, "vi", b"\x7fELF...VIMRUNTIME...");
    assert!(is_vim(&folder));
    program(&folder, "vi", b"\x7fELF");
    assert!(!is_vim(&folder));
    // A link of another name.
    symlink(folder.path("vim.basic"), folder.path("editor")).unwrap();
    assert!(arguments("editor", &folder).contains(&"NONE".to_owned()));
}

#[test]
fn an_editor_gets_no_keys_and_temporary_files_in_memory() {
    let around = Surroundings { folder: Path::new("/shm/x"), home: None, config: None, withheld: &["KEY"] };
    let variables = |line: &str| {
        let command = Editor::find(Some(line), None).unwrap().command(Path::new("/shm/x/f"), &around);
        let get = |name: &str| {
            let mut all = command.get_envs();
            all.find(|(key, _)| *key == OsStr::new(name)).map(|(_, value)| value.map(OsStr::to_owned))
        };
        (get("KEY"), get("TMPDIR"))
    };
    assert_eq!(variables("x"), (Some(None), Some(Some("/shm/x".into()))));
    assert_eq!(variables("code"), (Some(None), None));
}

#[test]
fn habits_are_told_until_the_person_took_care() {
    let folder = Folder::new();
    let around =
        Surroundings { folder: Path::new("/shm/x"), home: None, config: Some(&folder.0), withheld: &[] };
    let code = Editor::find(Some("code"), None).unwrap();
    assert!(code.habit(&around).is_some());
    fs::create_dir_all(folder.path("Code/User")).unwrap();
    folder.file("Code/User/settings.json", b"{\"workbench.localHistory.enabled\": false}");
    assert_eq!(code.habit(&around), None);
    assert_eq!(Editor::find(Some("vim"), None).unwrap().habit(&around), None);
}

#[test]
fn the_settings_of_nano_end_with_ours() {
    let folder = Folder::new();
    folder.file(".nanorc", b"set backup\nset tabsize 3");
    let around =
        Surroundings { folder: Path::new("/shm/x"), home: Some(&folder.0), config: None, withheld: &[] };
    let (name, text) = Editor::find(Some("nano"), None).unwrap().settings(&around).unwrap();
    let text = String::from_utf8(text).unwrap();
    assert_eq!(name, ".seal-nanorc");
    assert!(text.contains("set tabsize 3\nunset backup\nunset historylog\n"), "{text}");
}

#[test]
fn a_program_that_is_a_path_is_one_from_here() {
    let around = Surroundings { folder: Path::new("/private"), home: None, config: None, withheld: &[] };
    // ed runs in the private folder.
    let command = Editor::find(Some("./bin/ed -s"), None).unwrap().command(Path::new("/private/x"), &around);
    let here = std::env::current_dir().unwrap();
    assert_eq!(Path::new(command.get_program()), here.join("bin/ed"));
    assert_eq!(command.get_current_dir(), Some(Path::new("/private")));
    let command = Editor::find(Some("vim"), None).unwrap().command(Path::new("/private/x"), &around);
    assert_eq!(command.get_program(), "vim");
}
