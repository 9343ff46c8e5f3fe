//! Exit codes before the app runs, the app's own after it, and the line that Kubernetes shows.

use super::left_out;
use super::memory::Memory;
use crate::bed::program;
use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::time::{Duration, Instant};

#[test]
fn e1_arguments_that_are_wrong() {
    let memory = Memory::new();
    for args in [
        &["run"][..],
        &["run", "app.yaml"],
        &["run", "app.yaml", "true"],
        &["run", "--", "true"],
        &["run", "app.yaml", "--"],
        &["run", "--no-such-flag", "app.yaml", "--", "true"],
        &["run", "--as", "tree", "app.yaml", "--", "true"],
        &["run", "--sep", "x", "app.yaml", "--", "true"],
        &["run", "--mode", "999", "app.yaml", "--", "true"],
        &["run", "--secret", "target=x", "app.yaml", "--", "true"],
        &["run", "--secret", "source=db.password,color=red", "app.yaml", "--", "true"],
        &["run", "--secret", "source=db.password", "--as", "file", "app.yaml", "--", "true"],
        &["run", "--on-change", "signal:HUP", "app.yaml", "--", "true"],
        &["run", "--watch", "--on-change", "signal:KILL", "app.yaml", "--", "true"],
        &["run", "--audit", "syslog", "app.yaml", "--", "true"],
        &["mount"],
        &["mount", "--clear-on-exit", "app.yaml"],
        &["mount", "--supervise", "app.yaml"],
        &["mount", "--splay", "3", "app.yaml"],
        &["mount", "--on-fail", "exit", "app.yaml"],
        &["mount", "--watch=0", "app.yaml"],
        &["mount", "--timeout", "0", "app.yaml"],
        &["mount", "--allow-disk", "--require-noswap", "app.yaml"],
        &["mount", "--check", "/x", "app.yaml"],
    ] {
        let all = [&args[..1], &["--into", memory.dir()], &args[1..]].concat();
        let all = if args.contains(&"--check") { args.to_vec() } else { all };
        let done = memory.seal(&all).fails(64);
        assert!(done.stderr.starts_with("error") && !done.stderr.contains("Usage:"), "{done}");
        memory.assert_empty(&done);
    }
}

#[test]
fn t1_folders_that_are_not_taken() {
    let memory = Memory::new();
    let at = |name: &str| memory.target().join(name).into_os_string().into_string().unwrap();
    fs::create_dir(at("real")).unwrap();
    symlink("real", at("link")).unwrap();
    fs::write(at("file"), "").unwrap();
    fs::create_dir(at("open")).unwrap();
    fs::set_permissions(at("open"), Permissions::from_mode(0o777)).unwrap();
    let disk = memory.bed.path("disk");
    fs::create_dir(&disk).unwrap();
    let (disk, missing) = (disk.to_str().unwrap(), memory.bed.path("missing"));
    for (into, name) in [
        (disk, "E_TARGET_NOT_MEMORY"),
        (missing.to_str().unwrap(), "E_TARGET"),
        (&at("link"), "E_TARGET"),
        (&at("file"), "E_TARGET"),
        (&at("missing/missing"), "E_TARGET"),
    ] {
        for args in
            [&["mount", "--into", into, "app.yaml"][..], &["run", "--into", into, "app.yaml", "--", "true"]]
        {
            let done = memory.seal(args).fails(73);
            assert!(done.stderr.contains(&format!("error[{name}]: ")), "{done}");
            memory.assert_silent(&done);
        }
    }
    let done = memory.seal(&["mount", "--into", disk, "app.yaml"]).fails(73);
    let owner =
        format!("uid={},gid={}", rustix::process::geteuid().as_raw(), rustix::process::getegid().as_raw());
    assert!(done.stderr.contains("--tmpfs ") && done.stderr.contains(&owner), "{done}");
    assert!(!memory.bed.path("missing").exists());
    let done = memory.seal(&["mount", "--into", disk, "--allow-disk", "app.yaml"]).ok();
    assert!(done.stderr.contains("not in memory") && done.stderr.contains("\"disk\":true"), "{done}");
    // The last step of the way is made where it is in memory.
    memory.seal(&["mount", "--into", &at("new"), "app.yaml"]).ok();
    assert_eq!(fs::metadata(at("new")).unwrap().permissions().mode() & 0o7777, 0o700);
    assert_eq!(fs::read_dir(at("real")).unwrap().count(), 0);
}

#[test]
fn t6_a_folder_without_space() {
    if left_out("root, to mount", rustix::process::geteuid().is_root()) {
        return;
    }
    let memory = Memory::new();
    memory.seal_file("large.yaml", format!("a: {}\n", "x".repeat(300_000)));
    for (options, file, form) in [
        ("size=64k", "large.yaml", "file"),
        ("size=1m,nr_inodes=6", "app.yaml", "keys"),
        ("size=4k", "app.yaml", "keys"),
    ] {
        let script = "mount -t tmpfs -o \"$1\" tmpfs \"$2\" && shift && into=$1 && shift && \"$@\"; code=$?; \
                      ls -A \"$into\"; exit $code";
        let seal = program();
        let all = ["--mount", "sh", "-c", script, "sh", options, memory.dir(), seal.to_str().unwrap()];
        let mount = ["mount", "--into", memory.dir(), "--as", form, file];
        let run = memory.bed.run("unshare", &[&all[..], &mount].concat());
        let done = run.env("SEAL_KEY_FILE", memory.bed.path("key")).fails(74);
        assert!(done.stderr.contains("error[E_NO_SPACE]: ") && done.stderr.contains(" needed, "), "{done}");
        memory.assert_silent(&done);
    }
}

#[test]
fn p1_a_key_that_takes_too_long() {
    let memory = Memory::new();
    let start = Instant::now();
    let run = memory.bed.seal(&["mount", "--into", memory.dir(), "--timeout", "1", "app.yaml"]);
    let done = memory.refuses(run.env("SOPS_AGE_KEY_CMD", "sleep 60"), 75, "E_TIMEOUT");
    assert!(done.stderr.contains("--timeout SECONDS"), "{done}");
    assert!(start.elapsed() < Duration::from_secs(20), "{:?}", start.elapsed());
    let command = format!("cat {}", memory.bed.path("key").display());
    let run = memory.bed.seal(&["mount", "--into", memory.dir(), "--timeout", "9", "app.yaml"]);
    run.env("SOPS_AGE_KEY_CMD", command).ok();
}

#[test]
fn p5_programs_that_do_not_start() {
    let memory = Memory::new();
    memory.bed.write("script", "#!/bin/sh\n");
    fs::create_dir(memory.bed.path("folder")).unwrap();
    for (name, text) in [("orphan", "#!/no/such/interpreter\n"), ("no-shebang", "true\n")] {
        fs::set_permissions(memory.bed.write(name, text), Permissions::from_mode(0o755)).unwrap();
    }
    for (program, code) in
        [("./script", 126), ("./folder", 126), ("./missing", 127), ("no-such-program", 127), ("", 127)]
    {
        for stays in [&[][..], &["--supervise"]] {
            let args = [stays, &["app.yaml", "--", program]].concat();
            memory.refuses(memory.run(&args), code, "E_EXEC");
        }
    }
    // What only the system can tell, when the secrets are there already: they are taken back.
    for (program, code) in [("./orphan", 127), ("./no-shebang", 126)] {
        for stays in [&[][..], &["--supervise"]] {
            let done = memory.run(&[stays, &["app.yaml", "--", program]].concat()).done();
            assert_eq!(done.code, Some(code), "{done}");
            assert!(done.stderr.contains("error[E_EXEC]: "), "{done}");
            memory.assert_empty(&done);
        }
    }
}

#[test]
fn p5_the_code_of_the_app_is_passed_on() {
    let memory = Memory::new();
    for code in [0, 1, 7, 73, 128, 255] {
        for stays in [&[][..], &["--supervise"]] {
            let script = format!("exit {code}");
            let done = memory.run(&[stays, &["app.yaml", "--", "sh", "-c", &script]].concat()).done();
            assert_eq!(done.code, Some(code), "{done}");
        }
    }
    let done = memory.run(&["--supervise", "app.yaml", "--", "sh", "-c", "kill -USR1 $$"]).done();
    assert_eq!(done.code, Some(128 + 10), "{done}");
    let done = memory.run(&["app.yaml", "--", "sh", "-c", "kill -USR1 $$"]).done();
    assert_eq!(done.code, None, "killed as it would be without: {done}");
}

#[test]
fn n1_requests_that_cannot_be_met() {
    let memory = Memory::new();
    memory.bed.write("bad.tmpl", "{{ seal \"db.password\" | rot13 }}");
    memory.bed.write("none.tmpl", "{{ seal \"db.pass\" }}");
    for (args, name) in [
        (&["--secret", "source=db.pass"][..], "E_NOT_FOUND"),
        (&["--secret", "source=db.password,file=other.yaml"], "E_NOT_FOUND"),
        (&["--template", "bad.tmpl=x"], "E_TEMPLATE"),
        (&["--template", "none.tmpl=x"], "E_TEMPLATE"),
        (&["--group", "no-such-group"], "E_USER"),
        (&["--mode", "0666"], "E_ACCESS"),
        (&["--secret", "source=db.password,mode=0444"], "E_MODE"),
    ] {
        let done = memory.mount(&[args, &["app.yaml"]].concat()).done();
        assert_eq!(done.code, Some(78), "{done}");
        assert!(done.stderr.contains(&format!("error[{name}]: ")), "{name}: {done}");
        memory.assert_silent(&done);
        memory.assert_empty(&done);
    }
    memory.refuses(memory.run(&["--user", "no-such-user", "app.yaml", "--", "true"]), 78, "E_USER");
}

/// In a mount namespace with a `/dev` of its own.
#[test]
fn e1_the_line_that_kubernetes_shows() {
    if left_out("root, to mount", rustix::process::geteuid().is_root()) {
        return;
    }
    let memory = Memory::new();
    // Whatever is mounted here, nobody else sees.
    let script = "mount -t tmpfs -o size=1m tmpfs /mnt && mkdir -m 700 /mnt/into && mount --rbind /dev /run && \
                  mount -t tmpfs tmpfs /dev && cp -a /run/null /run/urandom /run/random /dev && \
                  eval \"$1\" && shift && \"$@\"; code=$?; cat /dev/termination-log; exit $code";
    let run = |before: &str, args: &[&str]| {
        let seal = program();
        let all = ["--mount", "sh", "-c", script, "sh", before, seal.to_str().unwrap()];
        let run = memory.bed.run("unshare", &[&all[..], args].concat());
        run.env("SEAL_KEY_FILE", memory.bed.path("key")).env("SEAL_AUDIT", "none").done()
    };
    let there = ": > /dev/termination-log";
    let mount = |file| ["mount", "--into", "/mnt/into", "--as", "keys", file];
    let done = run(there, &mount("app.yaml"));
    assert_eq!((done.code, done.text().as_str()), (Some(0), ""), "{done}");
    let done = run(there, &mount("missing.yaml"));
    assert_eq!(done.code, Some(100), "{done}");
    assert!(done.text().starts_with("seal") && done.text().contains("missing.yaml"), "{done}");
    let text = memory.bed.text("app.yaml");
    memory.bed.write("altered.yaml", text.replace("password:", "pass-word:"));
    let done = run(there, &mount("altered.yaml"));
    assert_eq!(done.code, Some(25), "{done}");
    assert!(done.text().starts_with("seal[E_ALTERED]: ") && done.text().contains("altered.yaml"), "{done}");
    assert_eq!(done.text().lines().count(), 1, "{done}");
    memory.assert_silent(&done);
    // It is never made, and a link is not followed.
    let done = run(":", &mount("altered.yaml"));
    assert!(done.code == Some(25) && done.stdout.is_empty(), "{done}");
    let done = run("echo mine > /dev/other && ln -s other /dev/termination-log", &mount("altered.yaml"));
    assert_eq!((done.code, done.text().as_str()), (Some(25), "mine\n"), "{done}");
    // A pipe that nobody reads keeps nobody waiting.
    let script = "mkfifo /dev/termination-log && exec 9<>/dev/null && cat() { :; }";
    assert_eq!(run(script, &mount("altered.yaml")).code, Some(25));
}
