//! `seal exec-env` and `exec-file`: what the command sees, how it ends, and that nothing stays.

use crate::bed::{Bed, Done};
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const SECRET: &str = "hunter2-exec";

/// A bed with `app.env` and `app.yaml`, encrypted.
fn bed() -> Bed {
    let bed = Bed::new();
    let recipient = bed.run("age-keygen", &["-y", key().to_str().unwrap()]).ok().text();
    bed.write("app.env", format!("# c\nUSER_NAME=shop\nPASSWORD={SECRET}\nTEXT=a\\nb\nEMPTY=\n"));
    bed.write("app.yaml", format!("port: 5432\non: true\nnone: null\nratio: 1.0\npassword: {SECRET}\n"));
    for file in ["app.env", "app.yaml"] {
        bed.seal(&["encrypt", "-i", "--age", recipient.trim(), file]).ok();
    }
    bed
}

fn key() -> std::path::PathBuf {
    crate::bed::testdata().join("vectors/keys/a.txt")
}

fn seal(bed: &Bed, args: &[&str]) -> Done {
    bed.seal(args).identity("a").done()
}

/// Folders with plain text that programs of this user left.
fn left() -> Vec<String> {
    let mut found = Vec::new();
    for parent in ["/dev/shm", "/tmp"] {
        let Ok(entries) = std::fs::read_dir(parent) else { continue };
        for entry in entries.flatten() {
            let holds = std::fs::read(entry.path().join("seal-exec-test"));
            if holds.is_ok_and(|text| text.windows(SECRET.len()).any(|part| part == SECRET.as_bytes())) {
                found.push(entry.path().display().to_string());
            }
        }
    }
    found
}

#[test]
fn values_are_variables() {
    let bed = bed();
    let shown = |args: &[&str]| {
        let done = seal(&bed, args);
        assert_eq!((done.code, done.stderr.as_str()), (Some(0), ""), "{done}");
        done.text()
    };
    assert_eq!(
        shown(&["exec-env", "app.env", r#"printf '%s|' "$USER_NAME" "$PASSWORD" "$TEXT" "${EMPTY-unset}""#]),
        format!("shop|{SECRET}|a\nb||")
    );
    assert_eq!(
        shown(&["exec-env", "app.yaml", r#"printf '%s|' "$port" "$on" "${none-unset}" "$ratio""#]),
        "5432|true||1.0|"
    );
    // The variables of the caller are there, below those of the file, unless they are not wanted.
    let run =
        |args: &[&str]| bed.seal(args).identity("a").env("USER_NAME", "outer").env("OTHER", "o").ok().text();
    assert_eq!(run(&["exec-env", "app.env", "echo $USER_NAME $OTHER"]), "shop o\n");
    assert_eq!(run(&["exec-env", "--pristine", "app.env", "echo $USER_NAME $OTHER"]), "shop\n");
    assert_eq!(run(&["exec-env", "--same-process", "app.env", "echo $USER_NAME; exit 0"]), "shop\n");
}

#[test]
fn the_exit_code_is_that_of_the_command() {
    let bed = bed();
    for (command, code) in
        [("exit 0", 0), ("exit 7", 7), ("kill -KILL $$", 255), ("no-such-program-here", 127)]
    {
        for args in [&["exec-env"][..], &["exec-file"], &["exec-file", "--no-fifo"]] {
            let mut args = args.to_vec();
            args.extend(["app.env", command]);
            assert_eq!(seal(&bed, &args).code, Some(code), "{args:?}");
        }
    }
    assert_eq!(seal(&bed, &["exec-env", "--same-process", "app.env", "exit 9"]).code, Some(9));
}

#[test]
fn the_text_comes_through_a_pipe_or_a_file_in_memory() {
    let bed = bed();
    let plain = seal(&bed, &["decrypt", "app.yaml"]).stdout;
    for args in [&["exec-file", "app.yaml", "cat {}"][..], &["exec-file", "--no-fifo", "app.yaml", "cat {}"]]
    {
        assert_eq!(seal(&bed, args).stdout, plain);
    }
    let twice = seal(&bed, &["exec-file", "--no-fifo", "app.yaml", "cat {}; cat {}"]).stdout;
    assert_eq!(twice, plain.repeat(2));
    let json = seal(&bed, &["exec-file", "--output-type", "json", "app.yaml", "cat {}"]).stdout;
    assert_eq!(json, seal(&bed, &["decrypt", "--output-type", "json", "app.yaml"]).stdout);
    let looked = seal(
        &bed,
        &[
            "exec-file",
            "--no-fifo",
            "--filename",
            "c.yaml",
            "app.yaml",
            "stat -c %a {}; stat -f -c %T {}; stat -c %a \"$(dirname {})\"; basename {}",
        ],
    );
    assert_eq!(looked.text(), "600\ntmpfs\n700\nc.yaml\n", "{looked}");
    let pipe = seal(&bed, &["exec-file", "app.yaml", "stat -c '%a %F' {}"]);
    assert_eq!(pipe.text(), "600 fifo\n");
    // Larger than a pipe holds, read or not.
    bed.write("large.bin", "x".repeat(300_000));
    let recipient = bed.run("age-keygen", &["-y", key().to_str().unwrap()]).ok().text();
    bed.seal(&["encrypt", "-i", "--age", recipient.trim(), "large.bin"]).ok();
    assert_eq!(seal(&bed, &["exec-file", "large.bin", "wc -c < {}"]).text().trim(), "300000");
    assert_eq!(seal(&bed, &["exec-file", "large.bin", "head -c 1 {}"]).text(), "x");
    assert_eq!(seal(&bed, &["exec-file", "large.bin", "true"]).code, Some(0));
}

#[test]
fn what_cannot_be_is_refused_and_leaves_nothing() {
    let bed = bed();
    bed.write("tree.yaml", "a:\n  b: x\n");
    let recipient = bed.run("age-keygen", &["-y", key().to_str().unwrap()]).ok().text();
    bed.seal(&["encrypt", "-i", "--age", recipient.trim(), "tree.yaml"]).ok();
    for (args, code) in [
        (&["exec-env", "tree.yaml", "touch made"][..], 1),
        (&["exec-env", "missing.env", "touch made"], 2),
        (&["exec-file", "missing.env", "touch made"], 2),
        (&["exec-file", "--filename", "../x", "app.env", "touch made"], 1),
        (&["exec-file", "--filename", "a/b", "app.env", "touch made"], 1),
        (&["exec-file", "--background", "app.env", "touch made"], 8),
        (&["exec-env", "--background", "--same-process", "app.env", "touch made"], 8),
        (&["exec-env", "--user", "nobody-of-that-name", "app.env", "touch made"], 1),
        (&["exec-env", "app.env"], 1),
        (&["exec-env", "app.env", "touch", "made"], 1),
    ] {
        let done = bed.seal(args).identity("a").fails(code);
        assert!(!done.stderr.contains(SECRET), "{done}");
    }
    bed.seal(&["exec-env", "app.env", "touch made"]).fails(128);
    // An altered file starts nothing.
    let text = bed.text("app.env").replace("USER_NAME=", "USER_NAM=");
    bed.write("app.env", text);
    bed.seal(&["exec-env", "app.env", "touch made"]).identity("a").fails(25);
}

#[test]
fn a_command_in_the_background_outlives_the_call() {
    let bed = bed();
    let since = Instant::now();
    let done = seal(
        &bed,
        &["exec-env", "--background", "app.env", "exec >&- 2>&-; sleep 0.5; echo $USER_NAME > late"],
    );
    assert_eq!(done.code, Some(0), "{done}");
    while !bed.path("late").exists() || bed.read("late").is_empty() {
        assert!(since.elapsed() < Duration::from_secs(20), "the command did not go on");
        std::thread::sleep(Duration::from_millis(20));
    }
    assert_eq!(bed.text("late"), "shop\n");
}

#[test]
fn signals_end_the_command_and_the_file() {
    let bed = bed();
    for (signal, code) in [("TERM", 143), ("HUP", 129)] {
        let args = [
            "exec-file",
            "--no-fifo",
            "--filename",
            "seal-exec-test",
            "app.env",
            "trap 'exit 3' TERM HUP; echo {} > where; while :; do sleep 0.05; done",
        ];
        let mut command = bed.seal(&args).identity("a").command();
        let mut child = command.stdin(Stdio::null()).process_group(0).spawn().unwrap();
        let since = Instant::now();
        while !bed.path("where").exists() || bed.read("where").is_empty() {
            assert!(since.elapsed() < Duration::from_secs(30), "the command did not start");
            std::thread::sleep(Duration::from_millis(20));
        }
        let place = bed.text("where");
        assert!(Path::new(place.trim()).exists());
        let pid = child.id().to_string();
        assert!(Command::new("kill").args(["-s", signal, &pid]).status().unwrap().success());
        let status = child.wait().unwrap();
        assert_eq!(status.code(), Some(code), "{signal}");
        assert!(!Path::new(place.trim()).exists());
        std::fs::remove_file(bed.path("where")).unwrap();
    }
    assert_eq!(left(), Vec::<String>::new());
}

#[test]
fn a_user_is_taken_on_with_groups_and_home() {
    if !is_root() {
        assert_ne!(std::env::var("CI").as_deref(), Ok("true"), "this test needs root");
        return;
    }
    let bed = bed();
    let done = seal(
        &bed,
        &["exec-env", "--user", "nobody", "app.env", "id -un; echo $USER $LOGNAME $HOME $USER_NAME"],
    );
    assert!(done.text().starts_with("nobody\nnobody nobody /nonexistent shop"), "{done}");
    let done =
        seal(&bed, &["exec-file", "--user", "nobody", "--no-fifo", "app.env", "stat -c %U {}; grep USER {}"]);
    assert_eq!(done.text(), "nobody\nUSER_NAME=shop\n", "{done}");
    let done = seal(&bed, &["exec-file", "--user", "nobody", "app.env", "grep USER {}"]);
    assert_eq!(done.text(), "USER_NAME=shop\n", "{done}");
}

fn is_root() -> bool {
    rustix::process::getuid().is_root()
}
