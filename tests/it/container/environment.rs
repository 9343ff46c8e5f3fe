//! Variables: those that stand for flags, and those that the app gets.

use super::memory::{APP, Memory, SECRETS, events};
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::os::unix::ffi::OsStringExt as _;
use std::os::unix::fs::PermissionsExt as _;

/// The variables that a run of `env -0` printed.
fn variables(stdout: &[u8]) -> BTreeMap<Vec<u8>, Vec<u8>> {
    let lines = stdout.split(|byte| *byte == 0).filter(|line| !line.is_empty());
    lines
        .map(|line| {
            let at = line.iter().position(|byte| *byte == b'=').unwrap();
            (line[..at].to_vec(), line[at + 1..].to_vec())
        })
        .collect()
}

#[test]
fn k2_the_app_gets_everything_but_keys_and_flags() {
    let memory = Memory::new();
    let raw = OsString::from_vec(b"\xff\xfe=\n\x01 'x'".to_vec());
    let own = [
        ("SEAL_INTO", memory.dir()),
        ("SEAL_AS", "file"),
        ("SEAL_AUDIT", "none"),
        ("SEAL_SOURCE", "app.yaml"),
        ("SEAL_TIMEOUT", "5"),
        // A flag of `seal mount`, with no meaning here.
        ("SEAL_HOLD", "false"),
    ];
    let key = fs::read_to_string(memory.bed.path("key")).unwrap();
    let keys = [
        ("SEAL_KEY", key.as_str()),
        ("SOPS_AGE_KEY", &key),
        ("SOPS_AGE_KEY_FILE", "/nowhere"),
        ("SOPS_AGE_KEY_CMD", "false"),
        ("SOPS_AGE_SSH_PRIVATE_KEY_FILE", "/nowhere"),
        ("SOPS_AGE_SSH_PRIVATE_KEY_CMD", "false"),
    ];
    let kept = [
        ("SEAL_PORT", "tcp://10.0.0.1:80"),
        ("SEAL_SERVICE_HOST", "10.0.0.1"),
        ("EMPTY", ""),
        ("SOPS_OTHER", "x"),
    ];
    for stays in [&[][..], &["--supervise"]] {
        let args = [&["run"], stays, &["--", "env", "-0"]].concat();
        let without = variables(&memory.bed.run("env", &["-0"]).env("RAW", &raw).ok().stdout);
        let mut run = memory.seal(&args).env("RAW", &raw);
        for (name, value) in own.iter().chain(&keys).chain(&kept) {
            run = run.env(name, value);
        }
        let done = run.ok();
        let mut expected = without;
        expected.extend(kept.map(|(name, value)| (name.into(), value.into())));
        assert_eq!(variables(&done.stdout), expected, "{stays:?}");
        assert!(!done.stderr.contains("no effect") && !done.stderr.contains("SEAL_PORT"), "{done}");
        assert_eq!(memory.generations().len(), usize::from(stays.is_empty()), "{stays:?}");
    }
}

#[test]
fn k2_an_unknown_variable_is_warned_of() {
    let memory = Memory::new();
    let run = || {
        let run = memory.mount(&["app.yaml"]).env("SEAL_INOT", "/x").env("SEAL_SUPERVISE", "true");
        run.env("SEAL_PORT", "x")
            .env("SEAL_PORT_80_TCP", "x")
            .env("SEAL_SERVICE_HOST", "x")
            .env("SEAL_SERVICE_PORT", "1")
    };
    let done = run().ok();
    assert!(done.stderr.contains("warning: ") && done.stderr.contains("SEAL_INOT"), "{done}");
    for known in ["SEAL_PORT", "SEAL_SERVICE", "SEAL_SUPERVISE", "SEAL_KEY_FILE"] {
        assert!(!done.stderr.contains(known), "{known}: {done}");
    }
    assert_eq!(memory.text("app.yaml"), APP);
    // The app gets what means nothing to seal: it may be its own.
    let run = memory.run(&["app.yaml", "--", "printenv", "SEAL_INOT"]).env("SEAL_INOT", "/x");
    assert_eq!(run.ok().text(), "/x\n");
}

#[test]
fn k2_every_flag_has_a_variable() {
    let memory = Memory::new();
    memory.bed.write("app.tmpl", "password={{ seal \"db.password\" }}\n");
    let clear = || memory.seal(&["mount", "--clear", memory.dir()]).ok();
    let names = || memory.seen().into_keys().collect::<Vec<_>>().join(" ");
    let mode = |name: &str| fs::metadata(memory.target().join(name)).unwrap().permissions().mode() & 0o7777;
    let with = |variables: &[(&str, &str)]| {
        let mut run = memory.seal(&["mount"]).env("SEAL_INTO", memory.dir()).env("SEAL_SOURCE", "app.yaml");
        for (name, value) in variables {
            run = run.env(name, value);
        }
        run
    };
    for (variables, expected) in [
        (&[][..], "app.yaml"),
        (&[("SEAL_AS", "env,file")], "app.env app.yaml"),
        (&[("SEAL_AS", "keys"), ("SEAL_SEP", "__")], "db__password db__user list__0 list__1"),
        (&[("SEAL_SECRET", "source=db.password,target=p;source=list[0],target=l")], "l p"),
        (&[("SEAL_SECRET", "source=db.password,target=p\nsource=db.user,target=u\n")], "p u"),
        (&[("SEAL_TEMPLATE", "app.tmpl=app.conf")], "app.conf"),
        (
            &[
                ("SEAL_AS", "env"),
                ("SEAL_INPUT_TYPE", "yaml"),
                ("SEAL_SEALED_ONLY", "true"),
                ("SEAL_NULL", "skip"),
            ],
            "app.env",
        ),
        (
            &[("SEAL_ALLOW_DISK", "true"), ("SEAL_REQUIRE_STRICT", "1"), ("SEAL_REQUIRE_NOSWAP", "false")],
            "app.yaml",
        ),
        (
            &[
                ("SEAL_WATCH", "false"),
                ("SEAL_HOLD", "0"),
                ("SEAL_MODE", ""),
                ("SEAL_AUDIT_OPTIONAL", "true"),
            ],
            "app.yaml",
        ),
    ] {
        with(variables).ok();
        assert_eq!(names(), expected, "{variables:?}");
        clear();
    }
    with(&[("SEAL_MODE", "0440")]).ok();
    assert_eq!(mode("app.yaml"), 0o440);
    clear();
    with(&[("SEAL_MODE", "0444"), ("SEAL_ALLOW_WORLD", "true")]).ok();
    assert_eq!(mode("app.yaml"), 0o444);
    clear();
    let done = with(&[("SEAL_AUDIT", "none")]).ok();
    assert!(events(&done.stderr).is_empty(), "{done}");
    clear();
    // What they hold is checked as that of flags is.
    for (name, value) in [
        ("SEAL_AS", "tree"),
        ("SEAL_SEP", "x"),
        ("SEAL_MODE", "999"),
        ("SEAL_HOLD", "maybe"),
        ("SEAL_TIMEOUT", "0"),
    ] {
        let done = with(&[(name, value)]).fails(64);
        memory.assert_empty(&done);
    }
    // Flags win, each over its own variable only.
    let done =
        memory.mount(&["--as", "file", "app.yaml"]).env("SEAL_AS", "keys").env("SEAL_INTO", "/nowhere");
    done.env("SEAL_SOURCE", "nothing.yaml").env("SEAL_MODE", "0440").ok();
    assert_eq!((names().as_str(), mode("app.yaml")), ("app.yaml", 0o440));
    clear();
    // Those of `seal run`.
    let run = memory.seal(&["run", "--", "sh", "-c", "echo $A; cat $B; cat $C; id -u"]);
    let run = run.env("SEAL_INTO", memory.dir()).env("SEAL_SOURCE", "app.yaml").env("SEAL_SUPERVISE", "true");
    let run = run.env("SEAL_ENV", "A=db.user").env("SEAL_FD", "B=list[0]");
    let run = run.env("SEAL_SECRET", "source=db.password,env-file=C");
    let done = run.ok();
    let id = rustix::process::geteuid().as_raw();
    assert_eq!(done.text(), format!("app-user-name\nfirst-itemhunter2-db{id}\n"));
    assert!(memory.names().is_empty(), "supervised: {done}");
}

#[test]
fn k2_values_that_are_asked_for() {
    let memory = Memory::new();
    // The name alone, without a folder: nothing is written.
    let script = "test \"$P\" = hunter2-db && test \"$L\" = second-item && env | grep -c AGE-SECRET";
    let args = ["run", "--env", "P=db.password", "--env", "L=list[1]", "app.yaml", "--", "sh", "-c", script];
    let done = memory.seal(&args).env("P", "old").done();
    assert_eq!((done.code, done.text().as_str()), (Some(1), "0\n"), "{done}");
    memory.assert_empty(&done);
    let told = events(&done.stderr).into_iter().find(|event| event["event"] == "env").unwrap();
    assert_eq!(told["names"], serde_json::json!(["P", "L"]));
    for secret in SECRETS {
        assert!(!done.stderr.contains(secret), "{secret}: {done}");
    }
    // Memory files: sealed, read again and again, gone with the process.
    let script = "cat $F $F; (echo x >> $F) 2>/dev/null && echo written; ls -l $F";
    let done = memory.seal(&["run", "--fd", "F=db.password", "app.yaml", "--", "sh", "-c", script]).ok();
    assert!(done.text().starts_with("hunter2-dbhunter2-db"), "{done}");
    assert!(!done.text().contains("written"), "{done}");
    memory.assert_empty(&done);
    // Files by the names that official images read.
    let spec = "source=db.password,target=pg,env-file=POSTGRES_PASSWORD_FILE";
    let script = "echo $POSTGRES_PASSWORD_FILE; cat $POSTGRES_PASSWORD_FILE";
    let done = memory.run(&["--secret", spec, "app.yaml", "--", "sh", "-c", script]).ok();
    assert_eq!(done.text(), format!("{}/pg\nhunter2-db", memory.dir()));
    memory.seal(&["mount", "--clear", memory.dir()]).ok();
    // What is not there, or cannot be a variable.
    memory.seal_file("nul.json", "{\"a\": \"hunter2-db\\u0000\", \"m\": {\"x\": \"first-item\"}}");
    for (pair, name) in
        [("X=db.passwd", "E_NOT_FOUND"), ("X=db", "E_NOT_FOUND"), ("X=list[9]", "E_NOT_FOUND")]
    {
        memory.refuses(memory.run(&["--env", pair, "app.yaml", "--", "true"]), 78, name);
        memory.refuses(memory.run(&["--fd", pair, "app.yaml", "--", "true"]), 78, name);
    }
    memory.refuses(memory.run(&["--env", "X=a", "nul.json", "--", "true"]), 78, "E_NAME");
    for pair in ["X", "=db.password", "X="] {
        let done = memory.run(&["--env", pair, "app.yaml", "--", "true"]).fails(64);
        memory.assert_empty(&done);
    }
}
