//! The dialect of `docker run --env-file` against Docker itself.

use super::files::taken;
use super::spelled::{assert_same, spelled};
use crate::container::busybox;
use crate::container::engine::Engine;
use seal::doc::Dialect;
use std::collections::BTreeMap;
use std::fs;

/// Random files of which a container is made.
const FILES: usize = 60;

/// An image from nothing with `/busybox`.
fn image(engine: &Engine) -> String {
    let root = engine.bed.path("root");
    fs::create_dir(&root).unwrap();
    fs::copy(busybox(), root.join("busybox")).unwrap();
    let archive = engine.bed.path("root.tar");
    let (archive, root) = (archive.to_str().unwrap(), root.to_str().unwrap());
    engine.bed.run("tar", &["--create", "--file", archive, "--directory", root, "."]).ok();
    let name = engine.name("image");
    engine.docker(&["import", archive, &name]).ok();
    name
}

/// The variables of a list of lines, but for those that every container has.
fn variables<'t>(lines: impl Iterator<Item = &'t str>) -> BTreeMap<String, String> {
    let pairs = lines.map(|line| line.split_once('=').unwrap());
    let own = |name: &str| matches!(name, "PATH" | "HOSTNAME" | "HOME");
    pairs.filter(|(name, _)| !own(name)).map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

#[test]
fn docker_sees_what_was_spelled() {
    let Some(engine) = Engine::new() else { return };
    let image = image(&engine);
    let (text, expected) = spelled(Dialect::Docker);
    let file = engine.bed.write("values.env", text);
    let options = ["--env-file", file.to_str().unwrap()];
    let seen = engine.run(&options, &image, &["/busybox", "cat", "/proc/self/environ"]).ok().text();
    assert_same("docker", &expected, &variables(seen.split_terminator('\0')));
}

#[test]
fn docker_sees_what_seal_reads_in_random_files() {
    let Some(engine) = Engine::new() else { return };
    let image = image(&engine);
    for (text, ours) in taken(Dialect::Docker).into_iter().take(FILES) {
        let file = engine.bed.write("random.env", &text);
        let name = engine.name("container");
        let options = ["create", "--name", &name, "--network", "none", "--env-file"];
        engine.docker(&[&options[..], &[file.to_str().unwrap(), &image, "/busybox"]].concat()).ok();
        let seen = engine.docker(&["inspect", "--format", "{{json .Config.Env}}", &name]).ok().text();
        let seen: Vec<String> = serde_json::from_str(&seen).unwrap();
        let seen = variables(seen.iter().map(String::as_str));
        assert_eq!(seen, ours, "{text:?}");
    }
}

#[test]
fn docker_refuses_a_long_line() {
    let Some(engine) = Engine::new() else { return };
    let image = image(&engine);
    let longest = seal::doc::dotenv::docker::LONGEST_LINE;
    for (length, fits) in [(longest - 3, true), (longest - 2, false)] {
        let value = "x".repeat(length);
        assert_eq!(Dialect::Docker.spell(b"A", value.as_bytes()).is_ok(), fits);
        let file = engine.bed.write("long.env", format!("A={value}\n"));
        let options = ["--env-file", file.to_str().unwrap()];
        let done = engine.run(&options, &image, &["/busybox", "true"]).done();
        assert_eq!(done.code == Some(0), fits, "{length}: {}", done.stderr);
    }
}
