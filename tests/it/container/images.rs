//! Images from nothing: the program starts, hands over, renders exactly, and leaves nothing behind.

use super::engine::Engine;
use super::{APP, MARK, key_file, recipe, sealed, secret_line};
use crate::cli::RECIPIENT;
use std::fs;
use std::path::Path;

/// Builds the Dockerfile of docs/recipes/docker-run, with a script for the shell as the app.
pub(crate) fn app_image(engine: &Engine, script: &str) -> String {
    let seal = engine.name("image");
    let folder = engine.bed.path("seal-image");
    fs::create_dir_all(&folder).unwrap();
    fs::copy(super::static_program(), folder.join("seal")).unwrap();
    build(engine, &seal, &folder, &recipe("image/Dockerfile", &[]));

    let app = engine.name("image");
    let folder = engine.bed.path("app-image");
    fs::create_dir_all(&folder).unwrap();
    fs::copy(super::busybox(), folder.join("busybox")).unwrap();
    fs::write(folder.join("app"), script).unwrap();
    fs::write(folder.join("app.enc.yaml"), sealed(&engine.bed, "app.enc.yaml", APP)).unwrap();
    let changes = [
        ("--from=seal", format!("--from={seal}")),
        ("COPY app /app", "COPY busybox app /".to_owned()),
        ("CMD [\"/app\"]", "CMD [\"/busybox\", \"sh\", \"/app\"]".to_owned()),
    ];
    let changes: Vec<_> = changes.iter().map(|(from, to)| (*from, to.as_str())).collect();
    build(engine, &app, &folder, &recipe("docker-run/Dockerfile", &changes));
    app
}

/// Builds `dockerfile` in `folder` as the image `name`, on nothing that another test may remove meanwhile.
pub(crate) fn build(engine: &Engine, name: &str, folder: &Path, dockerfile: &str) {
    fs::write(folder.join("Dockerfile"), dockerfile).unwrap();
    engine.docker(&["build", "--quiet", "--no-cache", "--tag", name, folder.to_str().unwrap()]).ok();
}

/// What an app sees of its process and its secrets.
const LOOK: &str = "\
echo pid $$ uid $(id -u) gid $(id -g)
grep -E 'CapEff|NoNewPrivs|SigIgn|SigBlk' /proc/self/status
ls /run/secrets
stat -c '%n %a %u:%g' /run/secrets /run/secrets/..data/. /run/secrets/..data/*
stat -f -c %T /run/secrets
env | sort
cat /run/secrets/app.yaml
";

#[test]
fn i1_static_binary_in_scratch() {
    let Some(engine) = Engine::new() else { return };
    let image = app_image(&engine, LOOK);
    let key = key_file(&engine.bed, "app.key", 65532);
    let script = recipe(
        "docker-run/run.sh",
        &[("/srv/keys/app.key", key.to_str().unwrap()), ("\n  app\n", &format!("\n  {image}\n"))],
    );
    engine.bed.write("run.sh", script);
    let done = engine.tool("sh", &["run.sh"]).ok();
    let (seen, document) =
        done.text().split_once("tmpfs\n").map(|(a, b)| (a.to_owned(), b.to_owned())).unwrap();
    let seen: Vec<_> = seen.lines().collect();
    assert_eq!(seen[0], "pid 1 uid 65532 gid 65532", "{done}");
    for line in ["SigBlk:\t0000000000000000", "CapEff:\t0000000000000000", "NoNewPrivs:\t1"] {
        assert!(seen.contains(&line), "{line}: {done}");
    }
    assert!(seen.contains(&"/run/secrets 700 65532:65532"), "{done}");
    assert!(seen.contains(&"/run/secrets/..data/. 500 65532:65532"), "{done}");
    assert!(seen.contains(&"/run/secrets/..data/app.yaml 400 65532:65532"), "{done}");
    assert_eq!(seen.iter().filter(|line| line.starts_with("/run/secrets")).count(), 3, "{done}");
    assert!(!document.contains("SEAL_") && !document.contains("AGE-SECRET"), "{done}");
    assert!(document.ends_with(APP), "the environment, then the document: {done}");
    // The same user could read the key, and is told so.
    assert!(done.stderr.contains("warning: the app can read its own key"), "{done}");
    assert!(!done.stderr.contains(MARK), "{done}");
}

#[test]
fn i1_the_image_is_small() {
    let Some(engine) = Engine::new() else { return };
    let image = app_image(&engine, "");
    let seal = fs::metadata(super::static_program()).unwrap().len();
    let others = fs::metadata(super::busybox()).unwrap().len();
    let size: u64 = engine
        .docker(&["image", "inspect", "--format", "{{.Size}}", &image])
        .ok()
        .text()
        .trim()
        .parse()
        .unwrap();
    assert!(size < seal + others + 10_000, "nothing but the programs and a file: {size}");
    // Only the one that is shipped; what is built for tests is not made small.
    if std::env::var_os("SEAL_TEST_STATIC").is_some() {
        assert!(seal < 12_000_000, "{seal} bytes are more than 12 MB");
    }
}

#[test]
fn i2_documents_are_what_decrypt_prints() {
    let Some(engine) = Engine::new() else { return };
    let documents = [
        ("app.enc.yaml", "app.yaml", APP),
        ("set.sealed.json", "set.json", "{\n\t\"a\" : 1.10, \"b\":[ \"7f3a9c\" ,null], \"c\": {} }"),
        ("prod.enc.env", "prod.env", "# 7f3a9c\nA=1 7f3a9c\n\nB=\"x\"\r\n"),
    ];
    let mut files = Vec::new();
    let mut wanted = Vec::new();
    let mut line = vec!["/seal".to_owned(), "run".to_owned(), "--key-file=/key/seal.key".to_owned()];
    for (name, plain, text) in documents {
        engine.bed.write(name, text);
        engine.bed.seal(&["encrypt", "--age", RECIPIENT, "-i", name]).ok();
        files.push((format!("/etc/app/{name}"), engine.bed.read(name)));
        wanted.push((plain, engine.bed.seal(&["decrypt", name]).identity("a").ok().stdout));
        line.push(format!("/etc/app/{name}"));
    }
    let files: Vec<_> =
        files.iter().map(|(name, content)| (name.as_str(), 0o644, content.as_slice())).collect();
    let image = engine.image(&files, &[]);
    line.extend(["--", "/busybox", "tar", "-C", "/run/secrets/..data/", "-c", "."].map(str::to_owned));
    let key = key_file(&engine.bed, "seal.key", 0);
    let bind = format!("{}:/key/seal.key:ro", key.display());
    let options = ["--tmpfs", "/run/secrets:mode=0700,size=1m", "-v", &bind];
    let done = engine.run(&options, &image, &line.iter().map(String::as_str).collect::<Vec<_>>()).ok();
    engine.bed.write("out.tar", &done.stdout);
    fs::create_dir(engine.bed.path("out")).unwrap();
    engine.bed.run("tar", &["-C", "out", "-xf", "out.tar"]).ok();
    for (name, content) in &wanted {
        assert_eq!(&engine.bed.read(&format!("out/{name}")), content, "{name}");
    }
    assert_eq!(fs::read_dir(engine.bed.path("out")).unwrap().count(), wanted.len());
}

#[test]
fn l1_no_secret_is_left_on_disk() {
    let Some(engine) = Engine::new() else { return };
    let image = app_image(&engine, "trap 'exit 0' TERM; echo ready; while :; do sleep 0.1; done");
    let key = key_file(&engine.bed, "app.key", 65532);
    let bind = format!("{}:/run/seal.key:ro", key.display());
    // Not read-only, so that there is a disk to be found on.
    let options = ["--user", "65532:65532", "--tmpfs", "/run/secrets:mode=0700,uid=65532,gid=65532,size=1m"];
    let more = ["-v", &bind, "-e", "SEAL_KEY_FILE=/run/seal.key", "--ulimit", "core=-1"];
    let container = engine.start(&[&options[..], &more[..]].concat(), &image, &[]);
    container.says("ready");
    assert_eq!(fs::read_to_string(container.path("/run/secrets/app.yaml")).unwrap(), APP);

    let secret = secret_line();
    let found_in = |what: &str, bytes: &[u8]| {
        let is_there = bytes.windows(MARK.len()).any(|window| window == MARK.as_bytes());
        assert!(!is_there, "{what} holds a secret");
        assert!(
            !bytes.windows(secret.len()).any(|window| window == secret.as_bytes()),
            "{what} holds the key"
        );
        assert!(!bytes.is_empty(), "{what} is empty");
    };
    let upper = container.inspect("{{.GraphDriver.Data.UpperDir}}");
    let grep = || {
        let words = ["--recursive", "--text", "--files-with-matches", "-e", MARK, "-e", &secret];
        engine.bed.run("grep", &[&words[..], &[&upper]].concat()).done().text()
    };
    let look = |when: &str| {
        found_in(&format!("export {when}"), &container.docker(&["export"]).ok().stdout);
        found_in(&format!("inspect {when}"), &container.docker(&["inspect"]).ok().stdout);
        found_in(&format!("logs {when}"), container.logs().as_bytes());
        assert_eq!(grep(), "", "the layer on disk {when}");
        let cores = engine.bed.run("find", &[&upper, "-name", "core*"]).ok();
        assert_eq!(cores.text(), "", "core files {when}");
    };
    look("while it runs");
    found_in("save", &engine.docker(&["save", &image]).ok().stdout);
    // What would be there is found.
    container.exec(&["--user", "0"], &["/busybox", "cp", "/run/secrets/app.yaml", "/leak"]).ok();
    assert_eq!(grep(), format!("{upper}/leak\n"));
    container.exec(&["--user", "0"], &["/busybox", "rm", "/leak"]).ok();
    container.docker(&["stop"]).ok();
    assert_eq!(container.wait(), 0);
    look("after the end");
}
