//! Docker itself takes what is published, and its containers have the values.

use super::{publish, sealed};
use crate::bed::Run;
use crate::container::engine::{Engine, lines};
use crate::container::swarm::{Alone, Swarm};
use crate::container::{busybox, until};

/// An image with nothing but `/busybox`.
fn image(engine: &Engine) -> String {
    let name = engine.name("image");
    let archive = engine.bed.path(&format!("{name}.tar"));
    let archive = archive.to_str().unwrap();
    let program = busybox();
    let folder = program.parent().unwrap().to_str().unwrap();
    engine.bed.run("tar", &["--create", "--file", archive, "--directory", folder, "busybox"]).ok();
    engine.docker(&["import", archive, &name]).ok();
    name
}

/// `seal publish` with the engine of the tests.
fn published<'e>(engine: &'e Engine, to: &str, args: &[&str]) -> Run<'e> {
    ["DOCKER_HOST", "DOCKER_CONFIG"].iter().fold(publish(&engine.bed, to, args), |run, name| {
        match std::env::var_os(name) {
            Some(value) => run.env(name, value),
            None => run,
        }
    })
}

#[test]
fn docker_run_reads_an_env_file_as_it_was_meant() {
    let Some(engine) = Engine::new() else { return };
    let image = image(&engine);
    let values = [
        "plain",
        "  blanks  ",
        "#no comment",
        "a=b=c",
        "'single' \"double\" \\n $HOME ${X}",
        "",
        "\u{e9}\t\u{1f511}",
    ];
    let plain: serde_json::Value = serde_json::json!({ "v": values, "Long": "x".repeat(65_530) });
    sealed(&engine.bed, "app.json", plain.to_string());
    let text = published(&engine, "env-file", &["app.json"]).ok().stdout;
    let file = engine.bed.write("app.list", text);
    let done = engine.run(&["--env-file", file.to_str().unwrap()], &image, &["/busybox", "env"]).ok();
    let seen = lines(&done);
    for (at, value) in values.iter().enumerate() {
        assert!(seen.contains(&format!("V_{at}={value}")), "{at}: {done}");
    }
    assert!(seen.contains(&format!("LONG={}", "x".repeat(65_530))));
    sealed(&engine.bed, "app.json", format!("{{\"Long\": \"{}\"}}", "x".repeat(65_531)));
    published(&engine, "env-file", &["app.json"]).fails(78);
    let file = engine.bed.write("app.list", format!("LONG={}\n", "x".repeat(65_531)));
    let refused = engine.run(&["--env-file", file.to_str().unwrap()], &image, &["/busybox", "env"]).done();
    assert_ne!(refused.code, Some(0), "docker reads longer lines now");
}

#[test]
fn a_service_of_a_swarm_gets_each_version() {
    let Some(engine) = Engine::new() else { return };
    let bed = &engine.bed;
    let image = image(&engine);
    sealed(bed, "app.yaml", "db:\n  password: \"hunter2 \\n x\"\n  user: app\n");
    let app = ["--prefix", "shop.", "app.yaml"];
    let alone = Alone::new();
    let done = published(&engine, "swarm", &app).done();
    assert_eq!(done.code, Some(1), "{done}");
    assert!(done.stderr.contains("swarm"), "what docker says of an engine without a swarm: {done}");

    let _swarm = Swarm::new(&engine, alone);
    let secrets = || {
        let mut names = lines(&engine.docker(&["secret", "ls", "--format", "{{.Name}}"]).ok());
        names.sort();
        names
    };
    published(&engine, "swarm", &app).ok();
    let first = secrets();
    assert_eq!(first.len(), 2, "{first:?}");
    assert!(first[0].starts_with("shop.db.password.") && first[1].starts_with("shop.db.user."), "{first:?}");
    published(&engine, "swarm", &app).ok();
    assert_eq!(secrets(), first);

    // Not by the name of a service: it goes with the swarm.
    let service = format!("{image}-web");
    let script = "trap exit TERM; while :; do /busybox sleep 1; done";
    let create = ["service", "create", "--quiet", "--no-resolve-image", "--name", &service];
    engine.docker(&[&create[..], &[&image, "/busybox", "sh", "-c", script]].concat()).ok();
    let values = ["--secret", "db.password,mode=0400", "--secret", "db.user,uid=7,mode=0440"];
    let update = |flags: &[&str]| {
        published(&engine, "swarm", &[&["--service", &service], &values[..], &app, flags].concat()).ok()
    };
    let seen = |user: &str| {
        let filter = format!("label=com.docker.swarm.service.name={service}");
        until("the values in the container", || {
            let ids = lines(&engine.docker(&["ps", "--quiet", "--filter", &filter]).ok());
            let script = "cd /run/secrets && /busybox stat -L -c '%n %a %u %s' * && /busybox cat *";
            let done = engine.docker(&["exec", ids.first()?, "/busybox", "sh", "-c", script]).done();
            let size = user.len();
            let expected = format!("db.password 400 0 11\ndb.user 440 7 {size}\nhunter2 \n x{user}");
            (done.text() == expected).then_some(())
        });
    };
    let command = update(&[]).text();
    assert!(command.starts_with("docker service update --secret-add source=shop.db.password."), "{command}");
    update(&["--apply"]);
    seen("app");
    assert!(update(&["--apply"]).stderr.ends_with("has these secrets already\n"));

    // By the command that is printed, as a person would.
    bed.seal(&["set", "app.yaml", "db.user", "second"]).identity("a").ok();
    let command = update(&["--prune"]).text();
    assert_eq!(command.matches("--secret-rm").count(), 1, "{command}");
    let words: Vec<&str> = command.split_whitespace().skip(1).collect();
    engine.docker(&words).ok();
    seen("second");
    assert_eq!(secrets().len(), 3, "the first is still in use when it is looked at");

    bed.seal(&["set", "app.yaml", "db.user", "third"]).identity("a").ok();
    let done = update(&["--apply", "--prune"]);
    seen("third");
    assert!(done.stderr.contains(&format!("`{}`: removed\n", first[1])), "{done}");
    assert!(!secrets().contains(&first[1]) && secrets().len() == 3, "the one before stays for a rollback");
    // Another prefix is another app.
    published(&engine, "swarm", &["--prefix", "other.", "--prune", "app.yaml"]).ok();
    assert_eq!(secrets().len(), 5);
}
