//! What `docker` is given, as a script in its place writes it down. That Docker understands it: `real.rs`.

use super::{PLAIN, publish, sealed};
use crate::bed::{Bed, Run};
use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;

/// A `docker` that keeps secrets as files, and writes down arguments and environment.
const SCRIPT: &str = r#"#!/bin/sh
cd "$HOME/docker" || exit 9
for word in "$@"; do printf '%s\n' "$word"; done >> arguments
env >> environment
case "$1 $2" in
  "secret ls") [ "$3" = --quiet ] && exit; ls secrets ;;
  "secret create") for name in "$@"; do [ "$name" = - ] || last=$name; done
    [ -e refuse ] && { cat; cat refuse; exit 1; } >&2
    cat > "secrets/$last" && echo id ;;
  "service inspect") cat service ;;
  "service update") echo done ;;
  *) echo "docker: $1 $2?" >&2; exit 1 ;;
esac
"#;

struct Script {
    bed: Bed,
}

impl Script {
    fn new() -> Self {
        let bed = Bed::new();
        fs::create_dir_all(bed.home().join("docker/secrets")).unwrap();
        fs::create_dir_all(bed.home().join("bin")).unwrap();
        let script = bed.home().join("bin/docker");
        fs::write(&script, SCRIPT).unwrap();
        fs::set_permissions(&script, fs::Permissions::from_mode(0o755)).unwrap();
        sealed(&bed, "app.yaml", PLAIN);
        Self { bed }
    }

    fn publish(&self, args: &[&str]) -> Run<'_> {
        let path = format!("{}:/usr/bin:/bin", self.bed.home().join("bin").display());
        publish(&self.bed, "swarm", args).env("PATH", path)
    }

    fn kept(&self, name: &str) -> String {
        fs::read_to_string(self.bed.home().join("docker").join(name)).unwrap_or_default()
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.bed.home().join("docker").join(name), text).unwrap();
    }

    fn secrets(&self) -> Vec<String> {
        let names = fs::read_dir(self.bed.home().join("docker/secrets")).unwrap();
        let names: BTreeSet<_> = names.map(|name| name.unwrap().file_name().into_string().unwrap()).collect();
        names.into_iter().collect()
    }
}

#[test]
fn values_go_by_standard_input_and_keys_stay_here() {
    let script = Script::new();
    let key = fs::read_to_string(crate::bed::testdata().join("vectors/keys/a.txt")).unwrap();
    let keys = key.lines().find(|line| line.starts_with("AGE-SECRET-KEY-")).unwrap();
    let run = script.publish(&["--prefix", "shop.", "app.yaml"]);
    let done =
        run.env("SOPS_AGE_KEY", keys).env("SOPS_AGE_KEY_CMD", "false").env("DOCKER_HOST", "tcp://x").ok();
    let names = script.secrets();
    let values = ["hunter2-db", "1.10", "app", "seen", "hunter2-one", "hunter2 two\nlines\n"];
    let starts = ["db.password", "db.port", "db.user", "open_unencrypted", "tokens.0", "tokens.1"];
    assert_eq!(names.len(), values.len());
    for ((name, start), value) in names.iter().zip(starts).zip(values) {
        let version = name.strip_prefix(&format!("shop.{start}.")).unwrap();
        assert!(version.len() == 12 && version.bytes().all(|b| b"0123456789abcdef".contains(&b)), "{name}");
        assert_eq!(script.kept(&format!("secrets/{name}")), value, "{name}");
        assert!(done.stderr.contains(&format!("`{name}`: created\n")), "{done}");
    }
    assert!(
        done.stderr.ends_with("6 secrets created, 0 there already\n") && done.stdout.is_empty(),
        "{done}"
    );
    let arguments = script.kept("arguments");
    assert!(!arguments.contains("hunter2") && arguments.contains("seal.path=db.password\n"), "{arguments}");
    let environment = script.kept("environment");
    assert!(
        !environment.contains("AGE-SECRET-KEY") && !environment.contains("SOPS_AGE_KEY_CMD"),
        "{environment}"
    );
    assert!(environment.contains("DOCKER_HOST=tcp://x\n"), "{environment}");
}

#[test]
fn only_new_versions_are_made() {
    let script = Script::new();
    let count = |word: &str| script.kept("arguments").lines().filter(|line| *line == word).count();
    let done = script.publish(&["--dry-run", "app.yaml"]).ok();
    assert!(done.stderr.ends_with("6 secrets would be created, 0 there already\n"), "{done}");
    assert_eq!((count("create"), script.secrets().len()), (0, 0));
    script.publish(&["app.yaml"]).ok();
    let first = script.secrets();
    let done = script.publish(&["app.yaml"]).ok();
    assert_eq!(done.stderr, "0 secrets created, 6 there already\n");
    assert_eq!((count("create"), script.secrets()), (6, first.clone()));

    script.bed.seal(&["set", "app.yaml", "db.password", "hunter2-new"]).identity("a").ok();
    let done = script.publish(&["--json", "app.yaml"]).ok();
    let report: serde_json::Value = serde_json::from_str(&done.text()).unwrap();
    let status = |name: &str| {
        let all = report["secrets"].as_array().unwrap();
        all.iter().find(|secret| secret["name"] == name).unwrap()["status"].as_str().unwrap().to_owned()
    };
    assert_eq!((status("db.password"), status("db.user")), ("created".to_owned(), "present".to_owned()));
    let new: Vec<String> = script.secrets().into_iter().filter(|name| !first.contains(name)).collect();
    assert_eq!(new.len(), 1);
    assert_eq!(script.kept(&format!("secrets/{}", new[0])), "hunter2-new");
    assert!(!done.text().contains("hunter2"), "{done}");
}

#[test]
fn a_service_is_brought_up_to_date_by_one_command() {
    let script = Script::new();
    let service = r#"[{"Spec": {"TaskTemplate": {"ContainerSpec": {"Secrets": [
        {"SecretID": "1", "SecretName": "old", "File": {"Name": "pw", "UID": "7", "GID": "0", "Mode": 256}}
    ]}}}}]"#;
    script.write("service", service);
    let args =
        ["--secret", "source=db.password,target=pw", "--secret", "db.user,mode=0440,gid=9", "app.yaml"];
    let args = [&["--service", "web"][..], &args].concat();
    let done = script.publish(&args).ok();
    let names = script.secrets();
    let command = format!(
        "docker service update --secret-rm old --secret-add source={},target=pw,uid=7,gid=0,mode=0400 \
         --secret-add source={},target=db.user,gid=9,mode=0440 web\n",
        names[1], names[0]
    );
    assert_eq!(done.text(), command);
    assert!(done.stderr.ends_with("service `web`: is to be updated\n"), "{done}");
    assert!(!script.kept("arguments").contains("update"));

    let done = script.publish(&[&args[..], &["--apply"]].concat()).ok();
    assert!(done.stderr.ends_with("service `web`: updated\n") && done.stdout.is_empty(), "{done}");
    assert!(script.kept("arguments").contains("update\n--secret-rm\nold\n--secret-add\n"));

    script.write("service", &service.replace("old", &names[1]));
    let done = script.publish(&["--service", "web", "--secret", "db.password,target=pw", "app.yaml"]).ok();
    assert!(done.stderr.ends_with("service `web`: has these secrets already\n"), "{done}");
    assert!(done.stdout.is_empty(), "{done}");
}

#[test]
fn a_docker_that_fails_is_heard_but_never_with_the_value() {
    let script = Script::new();
    let done = script.publish(&["--service", "web", "app.yaml"]).done();
    assert_eq!(done.code, Some(1), "{done}");
    assert!(
        done.stderr.starts_with("error[E_DOCKER]: docker cannot look at a service\n  cause: cat: "),
        "{done}"
    );
    assert!(script.secrets().is_empty(), "nothing is made for a service that is not there");

    script.write("refuse", "no\x1b[2Jswarm\n");
    let done = script.publish(&["--secret", "db.password", "app.yaml"]).done();
    assert_eq!(done.code, Some(1), "{done}");
    assert!(done.stderr.contains("cause: exit status: 1") && !done.stderr.contains("hunter2"), "{done}");
    let done = script.publish(&["--secret", "db.user,target=u", "app.yaml"]).done();
    assert!(done.stderr.contains("no\\u{1b}[2Jswarm"), "{done}");
}

#[test]
fn no_docker_is_said() {
    let script = Script::new();
    let done = publish(&script.bed, "swarm", &["app.yaml"]).env("PATH", "bin:/nonexistent").fails(127);
    assert!(done.stderr.starts_with("error[E_DOCKER]: there is no `docker` on the path\n"), "{done}");
}

#[test]
fn what_swarm_does_not_take_is_refused_before_anything_is_made() {
    let script = Script::new();
    let bed = &script.bed;
    sealed(bed, "odd.yaml", "fine: x\na b: hunter2\n");
    sealed(bed, "empty.yaml", "fine: x\nnone: ''\n");
    sealed(bed, "big.bin", vec![b'x'; 512_000]);
    let long = "x".repeat(52);
    let long_key = format!("{}: hunter2\n", &long[..52]);
    sealed(bed, "long.yaml", long_key);
    for (args, error, said) in [
        (&["odd.yaml"][..], "E_NAME", "cannot publish `[\"a b\"]` of `odd.yaml`; nothing was published"),
        (&["empty.yaml"], "E_VALUE", "it is empty, and Swarm takes no empty secret"),
        (&["big.bin"], "E_VALUE", "it is larger than the 500 KiB that Swarm takes"),
        (&["long.yaml"], "E_NAME", "has 64 characters at most"),
        (&["--prefix", "_", "app.yaml"], "E_NAME", "begins with a letter or digit"),
        (&["--prefix", "a/b", "app.yaml"], "E_NAME", "`a/bdb.user."),
        (&["--service=-f", "app.yaml"], "E_USAGE", "`--service` takes the name of a service"),
    ] {
        let done = script.publish(args).fails(78);
        assert!(done.stderr.contains(&format!("error[{error}]: ")) && done.stderr.contains(said), "{done}");
        assert!(!done.stderr.contains("hunter2"), "{done}");
    }
    script.publish(&["--prune", "--input-type", "yaml"]).stdin(bed.read("app.yaml")).fails(8);
    assert_eq!(script.kept("arguments"), "");
}
