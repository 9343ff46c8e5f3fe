//! The README's example of a container, as it is written there.

use super::busybox;
use super::engine::Engine;
use crate::bed::program;
use std::fs;
use std::path::Path;

/// The block of shell that holds `text`.
fn block(text: &str) -> String {
    let readme = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md")).unwrap();
    let mut blocks = readme.split("```sh\n").skip(1).map(|block| block.split("```").next().unwrap());
    blocks.find(|block| block.contains(text)).unwrap_or_else(|| panic!("no block with {text}")).to_owned()
}

#[test]
fn the_example_of_the_readme_runs_from_an_empty_folder() {
    let Some(engine) = Engine::new() else { return };
    let seal = engine.image(&[], &["ENTRYPOINT [\"/seal\"]"]);
    let tools = fs::read(busybox()).unwrap();
    let base = engine.image(&[("/bin/cat", 0o755, &tools)], &["ENV PATH=/bin"]);
    let app = engine.name("image");
    // Only the names of images are others: the engine may be somebody's.
    let script = block("docker build -t app")
        .replace("FROM busybox", &format!("FROM {base}"))
        .replace("--from=seal ", &format!("--from={seal} "))
        .replace("docker build -t app .", &format!("docker build -q --network none -t {app} ."))
        .replace("docker run --rm", "docker run --rm --pull never --network none")
        .replace("SEAL_KEY_FILE=/run/seal.key app\n", &format!("SEAL_KEY_FILE=/run/seal.key {app}\n"));
    assert!(script.contains(&base) && script.ends_with(&format!("{app}\n")), "{script}");
    let folder = program().parent().unwrap().to_str().unwrap().to_owned();
    let script = format!("PATH={folder}:$PATH\n{script}");
    let done = engine.tool("sh", &["-eu", "-c", &script]).ok();
    assert!(done.text().ends_with("db:\n  user: shop\n  password: hunter2\n"), "{done}");
    assert!(done.stderr.contains("\"event\":\"handover\""), "{done}");
    assert!(!done.stderr.contains("hunter2"), "{done}");
}

#[test]
fn the_example_without_an_engine_runs() {
    let bed = crate::bed::Bed::new();
    let memory = Path::new("/dev/shm").join(format!("seal-readme-{}", std::process::id()));
    let setup = block("docker build -t app").lines().take(3).collect::<Vec<_>>().join("\n");
    let script = block("seal mount --clear").replace("/dev/shm/app", memory.to_str().unwrap());
    let folder = program().parent().unwrap().to_str().unwrap().to_owned();
    let script = format!("PATH={folder}:$PATH\n{setup}\n{script}");
    let done = bed.run("sh", &["-eu", "-c", &script]).ok();
    assert!(done.text().ends_with("password: hunter2\n"), "{done}");
    assert_eq!(fs::read_dir(&memory).unwrap().count(), 0);
    fs::remove_dir(&memory).unwrap();
}
