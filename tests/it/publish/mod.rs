//! `seal publish`: values for Swarm, Kubernetes and `docker run --env-file`.

mod kubernetes;
mod real;
mod swarm;

use crate::bed::{Bed, Run};
use crate::cli::RECIPIENT;
use crate::expiry::backdate;

/// Values of all kinds; those that begin with `hunter2` must be seen nowhere but where they are meant to.
const PLAIN: &str = "\
db:
  user: app
  password: 'hunter2-db'
  port: 1.10
tokens:
  - hunter2-one
  - \"hunter2 two\\nlines\\n\"
open_unencrypted: seen
";

/// Encrypts `plain` as `name` for identity `a`.
fn sealed(bed: &Bed, name: &str, plain: impl AsRef<[u8]>) {
    bed.write(name, plain);
    bed.seal(&["encrypt", "-i", "--age", RECIPIENT, name]).ok();
}

/// `seal publish --to TARGET ARGS`.
fn publish<'b>(bed: &'b Bed, to: &str, args: &[&str]) -> Run<'b> {
    bed.seal(&[&["publish", "--to", to], args].concat()).identity("a")
}

#[test]
fn an_expired_file_goes_nowhere() {
    let bed = Bed::new();
    sealed(&bed, "app.yaml", PLAIN);
    backdate(&bed, "app.yaml", "2021-06-30T23:59:59Z");
    for to in ["swarm", "kubernetes", "env-file"] {
        let done = publish(&bed, to, &["app.yaml"]).fails(77);
        let said = "error[E_EXPIRED]: `app.yaml` has expired: it was valid until 2021-06-30T23:59:59Z\n";
        assert!(done.stderr.starts_with(said), "{done}");
        assert!(!done.stderr.contains("warning"), "{done}");
    }
}

#[test]
fn a_file_that_does_not_verify_goes_nowhere() {
    let bed = Bed::new();
    sealed(&bed, "app.yaml", PLAIN);
    bed.write("app.yaml", bed.text("app.yaml").replace("open_unencrypted: seen", "open_unencrypted: other"));
    publish(&bed, "kubernetes", &["app.yaml"]).fails(51);
    bed.seal(&["publish", "--to", "kubernetes", "app.yaml"]).fails(128);
    publish(&bed, "kubernetes", &["missing.yaml"]).fails(100);
}

#[test]
fn flags_that_say_nothing_together_are_refused() {
    let bed = Bed::new();
    sealed(&bed, "app.yaml", PLAIN);
    for (to, flags, said) in [
        ("kubernetes", &["--prefix", "x"][..], "`--prefix` and `--to kubernetes`"),
        ("kubernetes", &["--dry-run"], "`--dry-run` and `--to kubernetes`"),
        ("kubernetes", &["--as", "file", "--secret", "db.user"], "`--secret` and `--as file`"),
        ("kubernetes", &["--as", "file", "--sealed-only"], "`--sealed-only` and `--as file`"),
        ("swarm", &["--name", "x"], "`--name` and `--to swarm`"),
        ("swarm", &["--as", "keys"], "`--as` and `--to swarm`"),
        ("swarm", &["--secret", "db.user,env-file=X"], "`env-file=` and `--to swarm`"),
        ("env-file", &["--sep", "_"], "`--sep` and `--to env-file`"),
        ("env-file", &["--service", "x"], "`--service` and `--to env-file`"),
    ] {
        let done = publish(&bed, to, &[flags, &["app.yaml"]].concat()).fails(8);
        let said = format!("error: {said} cannot be used together; nothing was published\n");
        assert!(done.stderr.starts_with(&said), "{done}");
    }
    for flags in [&["--secret", "db..user"][..], &["--secret", "mode=0400"], &["--sep", ":"], &["--apply"]] {
        publish(&bed, "swarm", &[flags, &["app.yaml"]].concat()).fails(1);
    }
    bed.seal(&["publish", "app.yaml"]).fails(1);
}

#[test]
fn what_is_not_there_or_not_one_value_is_said() {
    let bed = Bed::new();
    sealed(&bed, "app.yaml", "db: {user: app, none: null}\na: {b: 1}\na_b: 2\n");
    for to in ["swarm", "kubernetes", "env-file"] {
        for (flags, name, said) in [
            (&["--secret", "db.users"][..], "E_NOT_FOUND", "hint: there are: none, user"),
            (&["--secret", "db"], "E_NOT_FOUND", "`db` is not a single value"),
            (&["--secret", "db.none"], "E_NULL", "hint: leave nulls out: --null skip"),
            (&["--secret", "db.user,target=a/b"], "E_NAME", "`a/b`, from `db.user` of `app.yaml`"),
        ] {
            let done = publish(&bed, to, &[flags, &["app.yaml"]].concat()).fails(78);
            assert!(done.stderr.starts_with(&format!("error[{name}]: nothing was published\n")), "{done}");
            assert!(done.stderr.contains(said), "{done}");
        }
        let flags: &[&str] = if to == "env-file" { &[] } else { &["--sep", "_"] };
        let done = publish(&bed, to, &[flags, &["--null", "skip", "app.yaml"]].concat()).fails(78);
        assert!(
            done.stderr.contains("error[E_COLLISION]") && done.stderr.contains("--> app.yaml:3:"),
            "{done}"
        );
    }
}

#[test]
fn an_env_file_has_a_line_for_each_variable() {
    let bed = Bed::new();
    sealed(
        &bed,
        "app.yaml",
        "db:\n  password: \"hunter2 'x' \\\"y\\\" $Z #\"\n  port: 1.10\nempty: ''\nlist: [a, b]\n",
    );
    let done = publish(&bed, "env-file", &["app.yaml"]).ok();
    let expected = "DB_PASSWORD=hunter2 'x' \"y\" $Z #\nDB_PORT=1.10\nEMPTY=\nLIST_0=a\nLIST_1=b\n";
    assert_eq!(done.text(), expected);
    assert!(done.stderr.is_empty(), "{done}");
    let one = ["--secret", "db.port,target=pg_port", "--secret", "db.password", "app.yaml"];
    let done = publish(&bed, "env-file", &one).ok();
    assert_eq!(done.text(), "PG_PORT=1.10\nDB_PASSWORD=hunter2 'x' \"y\" $Z #\n");

    sealed(&bed, "app.env", "Mixed_case=a b\nUPPER='x'\n");
    assert_eq!(publish(&bed, "env-file", &["app.env"]).ok().text(), "Mixed_case=a b\nUPPER='x'\n");
    let from_stdin = publish(&bed, "env-file", &["--input-type", "dotenv"]).stdin(bed.read("app.env"));
    assert_eq!(from_stdin.ok().text(), "Mixed_case=a b\nUPPER='x'\n");
}

#[test]
fn an_env_file_holds_nothing_that_docker_reads_otherwise() {
    let bed = Bed::new();
    let long = format!("a: {}\n", "x".repeat(70_000));
    for (name, plain, error, said) in [
        ("a.yaml", PLAIN, "E_VALUE", "`tokens[1]` of `a.yaml` cannot be a variable: it holds a line end"),
        ("b.yaml", "a b: x\n", "E_NAME", "`a b`, from `[\"a b\"]` of `b.yaml`, cannot be a name"),
        ("c.yaml", "1a: x\n", "E_NAME", "does not begin with a digit"),
        ("d.yaml", "a: {b: x}\na_b: y\n", "E_COLLISION", "have one name, `a_b`"),
        ("e.yaml", "a: x\nA: y\n", "E_COLLISION", "have one name, `A`"),
        ("f.bin", "hunter2", "E_VALUE", "is one value without a name"),
        ("g.yaml", &long, "E_VALUE", "docker reads no line that is so long"),
    ] {
        sealed(&bed, name, plain);
        let done = publish(&bed, "env-file", &[name]).fails(78);
        assert!(done.stderr.contains(error) && done.stderr.contains(said), "{done}");
        assert!(!done.stderr.contains("hunter2"), "{done}");
    }
    let named = publish(&bed, "env-file", &["--secret", "data,target=key", "f.bin"]).ok();
    assert_eq!(named.text(), "KEY=hunter2\n");
}

#[test]
fn a_terminal_is_no_place_for_secrets() {
    let bed = Bed::new();
    sealed(&bed, "app.env", "A=hunter2\n");
    let (program, typist) = (crate::bed::program(), crate::bed::testdata().join("typist.py"));
    let args =
        [typist.to_str().unwrap(), "--", program.to_str().unwrap(), "publish", "--to", "env-file", "app.env"];
    let done = bed.run("python3", &args).identity("a").ok();
    let seen = done.text() + &done.stderr;
    assert!(seen.contains("secrets stand in clear on this terminal") && seen.contains("A=hunter2"), "{done}");
}
