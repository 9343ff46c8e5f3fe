//! Events: what they hold, what they never hold, and what follows if they cannot be written.

use super::memory::{Memory, SECRETS, events};
use crate::bed::Done;
use rustix::process::Signal;
use serde_json::Value;
use std::fs::{self, File, Permissions};
use std::os::unix::fs::{PermissionsExt as _, symlink};

/// Names of events in their order.
fn names(events: &[Value]) -> Vec<&str> {
    events.iter().map(|event| event["event"].as_str().unwrap()).collect()
}

/// What all events have.
fn assert_whole(event: &Value, done: &Done) {
    assert_eq!(event["seal"], 1, "{done}");
    let time = event["time"].as_str().unwrap();
    assert!(time.ends_with('Z'), "{time}");
    time::OffsetDateTime::parse(time, &time::format_description::well_known::Rfc3339).unwrap();
    let host = rustix::system::uname();
    assert_eq!(event["host"], host.nodename().to_str().unwrap(), "{done}");
    assert!(event["pid"].is_u64(), "{done}");
}

#[test]
fn e1_events_hold_every_field() {
    let memory = Memory::new();
    let args =
        ["--secret", "source=db.password", "--env", "U=db.user", "app.yaml", "--", "true", "argument-x"];
    let done = memory.run(&args).ok();
    let told = events(&done.stderr);
    assert_eq!(names(&told), ["key", "env", "render", "handover"], "{done}");
    told.iter().for_each(|event| assert_whole(event, &done));
    let reader = serde_json::json!([crate::cli::RECIPIENT]);
    assert_eq!((&told[0]["key_from"], &told[0]["identity"]), (&"file".into(), &reader));
    assert_eq!(told[1]["names"], serde_json::json!(["U"]));
    let sum = memory.bed.run("sha256sum", &["app.yaml"]).ok().text();
    let render = &told[2];
    for (field, expected) in [
        ("result", Value::from("ok")),
        ("sources", serde_json::json!([{ "file": "app.yaml", "sha256": sum.split(' ').next().unwrap() }])),
        ("target", memory.dir().into()),
        ("fs", "tmpfs".into()),
        ("disk", false.into()),
        ("generation", memory.current().unwrap().into()),
        ("names", serde_json::json!(["db.password"])),
        ("uid", rustix::process::geteuid().as_raw().into()),
        ("gid", rustix::process::getegid().as_raw().into()),
        ("identity", reader),
        ("key_from", "file".into()),
    ] {
        assert_eq!(render[field], expected, "{field}: {done}");
    }
    assert!(render["noswap"].is_boolean(), "{done}");
    assert_eq!(told[3]["program"], "true");
    assert!(!done.stderr.contains("argument-x"), "{done}");
    memory.assert_silent(&done);
    // The place of a program may be told by nobody, its name is.
    let done = memory.run(&["--supervise", "app.yaml", "--", "/usr/bin/env", "true"]).ok();
    let told = events(&done.stderr);
    assert_eq!(names(&told), ["key", "render", "handover", "exit"], "{done}");
    assert_eq!((&told[2]["program"], &told[3]["code"]), (&"env".into(), &0.into()));
}

#[test]
fn e1_events_of_a_supervised_app() {
    let memory = Memory::new();
    let script = "trap 'exit 7' USR1; echo ready; while :; do sleep 0.05; done";
    let app = memory.start(memory.run(&[
        "--watch",
        "--on-change",
        "signal:USR1",
        "app.yaml",
        "--",
        "sh",
        "-c",
        script,
    ]));
    app.prints("ready", 1);
    memory.seal_file("app.yaml", "db: {password: hunter2-new}\n");
    let (code, stderr) = app.end();
    assert_eq!(code, 7, "{stderr}");
    let told = events(&stderr);
    assert_eq!(names(&told), ["key", "render", "handover", "change", "signal", "exit"], "{stderr}");
    assert_eq!(told[4]["signal"], Signal::USR1.as_raw(), "{stderr}");
    assert_ne!(told[1]["generation"], told[3]["generation"]);
    assert_ne!(told[1]["sources"], told[3]["sources"]);
    assert_eq!(told[5]["code"], 7);
    for secret in SECRETS.iter().chain(&["hunter2-new"]) {
        assert!(!stderr.contains(secret), "{secret}: {stderr}");
    }
}

#[test]
fn e1_events_go_where_they_are_sent() {
    let memory = Memory::new();
    let log = memory.bed.path("audit.log");
    let to_file = format!("file:{}", log.display());
    for _ in 0..2 {
        let done = memory.mount(&["--audit", &to_file, "app.yaml"]).ok();
        assert!(events(&done.stderr).is_empty(), "{done}");
    }
    let told = events(&memory.bed.text("audit.log"));
    assert_eq!(names(&told), ["key", "render", "key", "render"]);
    let mode = fs::metadata(&log).unwrap().permissions().mode();
    assert_eq!(mode & 0o7177, 0, "{mode:o}");
    let script = "exec 5>>fd.log; exec \"$@\"";
    let all = ["-c", script, "sh", crate::bed::program().to_str().unwrap()].map(str::to_owned);
    let mount = ["mount", "--into", memory.dir(), "--audit", "fd:5", "app.yaml"].map(str::to_owned);
    memory.bed.run("sh", &[&all[..], &mount].concat()).env("SEAL_KEY_FILE", memory.bed.path("key")).ok();
    assert_eq!(names(&events(&memory.bed.text("fd.log"))), ["key", "render"]);
    let done = memory.mount(&["--audit", "none", "app.yaml"]).ok();
    assert!(events(&done.stderr).is_empty(), "{done}");
    // The app does not inherit the descriptor of the log.
    let script = "exec 5>>fd.log 6>&5; exec \"$@\" -- sh -c 'for n in 0 1 2 5 6; do test -e /proc/$$/fd/$n && echo $n; done'";
    let all = ["-c", script, "sh", crate::bed::program().to_str().unwrap()].map(str::to_owned);
    let run = ["run", "--into", memory.dir(), "--audit", "fd:5", "app.yaml"].map(str::to_owned);
    let done =
        memory.bed.run("sh", &[&all[..], &run].concat()).env("SEAL_KEY_FILE", memory.bed.path("key")).ok();
    assert_eq!(
        done.text().lines().collect::<Vec<_>>(),
        ["0", "1", "2", "6"],
        "others stay, as they would without"
    );
    // Standard streams stay the app's, too.
    let done = memory.run(&["--audit", "fd:1", "app.yaml", "--", "echo", "the app"]).ok();
    assert!(done.text().ends_with("}\nthe app\n"), "{done}");
}

#[test]
fn e1_without_events_nothing_is_rendered() {
    let memory = Memory::new();
    let marker = memory.bed.path("started");
    let app = ["--", "touch", marker.to_str().unwrap()];
    symlink("elsewhere", memory.bed.path("link.log")).unwrap();
    let seal = crate::bed::program();
    for sink in ["file:/dev/full", "fd:7", "fd:99", "file:missing/audit.log", "file:link.log", "file:."] {
        let run = |args: &[&str]| {
            let shell = ["-c", "exec 7>/dev/full; exec \"$@\"", "sh", seal.to_str().unwrap()];
            let all =
                [&shell[..], &args[..1], &["--into", memory.dir(), "--audit", sink], &args[1..]].concat();
            memory.bed.run("sh", &all).env("SEAL_KEY_FILE", memory.bed.path("key"))
        };
        for args in [&["mount", "app.yaml"][..], &["mount", "--watch", "app.yaml"]] {
            memory.refuses(run(args), 74, "E_AUDIT");
        }
        for stays in [&[][..], &["--supervise"]] {
            memory.refuses(run(&[&["run", "app.yaml"], stays, &app].concat()), 74, "E_AUDIT");
        }
        run(&["mount", "--audit-optional", "app.yaml"]).ok();
        assert_eq!(memory.seen().len(), 1);
        memory.seal(&["mount", "--clear", memory.dir()]).ok();
        run(&["run", "--audit-optional", "app.yaml", "--", "true"]).ok();
        memory.seal(&["mount", "--clear", memory.dir()]).ok();
        assert!(!marker.exists() && !memory.bed.path("elsewhere").exists());
    }
    // Standard error is a log like others.
    let all = [
        "-c",
        "exec 2>/dev/full; exec \"$@\"",
        "sh",
        seal.to_str().unwrap(),
        "mount",
        "--into",
        memory.dir(),
        "app.yaml",
    ];
    let done = memory.bed.run("sh", &all).env("SEAL_KEY_FILE", memory.bed.path("key")).done();
    assert_eq!(done.code, Some(74), "{done}");
    memory.assert_empty(&done);
}

/// A log that is full after the first event, when the secrets are there already.
#[test]
fn e1_a_log_that_fills_up_takes_the_secrets_back() {
    let memory = Memory::new();
    let marker = memory.bed.path("started");
    let script = "ulimit -f \"$1\"; trap '' XFSZ; shift; exec \"$@\"";
    let seal = crate::bed::program();
    let run = |args: &[&str]| {
        // The limit is in blocks of 512 bytes, and one key event is smaller than that.
        let log = memory.bed.path("audit.log");
        File::create(&log).unwrap().set_len(0).unwrap();
        let sink = format!("file:{}", log.display());
        let shell = ["-c", script, "sh", "1", seal.to_str().unwrap()];
        let all = [&shell[..], &args[..1], &["--into", memory.dir(), "--audit", &sink], &args[1..]].concat();
        memory.bed.run("sh", &all).env("SEAL_KEY_FILE", memory.bed.path("key")).done()
    };
    let app = ["--", "touch", marker.to_str().unwrap()];
    for args in [
        vec!["mount", "app.yaml"],
        [&["run", "app.yaml"], &app[..]].concat(),
        [&["run", "--supervise", "app.yaml"], &app[..]].concat(),
    ] {
        let done = run(&args);
        assert_eq!(done.code, Some(74), "{done}");
        assert!(done.stderr.contains("error[E_AUDIT]: "), "{done}");
        assert_eq!(names(&events(&memory.bed.text("audit.log"))), ["key"], "only the first fits");
        memory.assert_empty(&done);
        assert!(!marker.exists());
    }
}

#[test]
fn e1_names_from_files_are_escaped() {
    let memory = Memory::empty();
    let name = "app\u{1b}[31m\n{\"seal\":1}.yaml";
    memory.seal_file("x.yaml", "a: hunter2-db\n");
    fs::rename(memory.bed.path("x.yaml"), memory.bed.path(name)).unwrap();
    fs::set_permissions(memory.bed.path(name), Permissions::from_mode(0o644)).unwrap();
    let done = memory.mount(&["--secret", "source=a", name]).ok();
    assert!(!done.stderr.contains('\u{1b}'), "{done}");
    let told = events(&done.stderr);
    assert_eq!(names(&told), ["key", "render"], "{done}");
    assert_eq!(told[1]["sources"][0]["file"], name);
    let done = memory.run(&["--secret", "source=a", name, "--", "no\u{1b}[31m\nsuch"]).done();
    assert_eq!(done.code, Some(127), "{done}");
    assert!(!done.stderr.contains('\u{1b}'), "{done}");
}
