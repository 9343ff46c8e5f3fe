//! Docker Swarm: the recipe, and the folder that is in memory only in parts.

use super::engine::Engine;
use super::images::app_image;
use super::{APP, MARK, key_file, recipe, sealed, until, with_password};
use crate::bed::program;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The right to make a swarm, or to rely on there being none: one engine is one node of one swarm.
pub(crate) struct Alone(#[expect(dead_code, reason = "it is held")] MutexGuard<'static, ()>);

impl Alone {
    pub(crate) fn new() -> Self {
        static ONE: Mutex<()> = Mutex::new(());
        Self(ONE.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// A swarm of this engine alone, for as long as this lives.
pub(crate) struct Swarm<'e> {
    engine: &'e Engine,
    _alone: Alone,
}

impl<'e> Swarm<'e> {
    pub(crate) fn new(engine: &'e Engine, alone: Alone) -> Self {
        let here = ["--advertise-addr", "127.0.0.1", "--listen-addr", "127.0.0.1:23377"];
        engine.docker(&[&["swarm", "init"], &here[..]].concat()).ok();
        Self { engine, _alone: alone }
    }

    /// Waits until the only task of a service was started and is in one of these states: the state, and the error.
    fn task(&self, service: &str, states: &[&str]) -> String {
        let format = "{{.CurrentState}} {{.Error}}";
        until("the task", || {
            let line = ["service", "ps", "--no-trunc", "--format", format, service];
            let text = self.engine.docker(&line).ok().text();
            states.iter().any(|state| text.starts_with(state)).then_some(text)
        })
    }

    fn logs(&self, service: &str) -> String {
        let done = self.engine.docker(&["service", "logs", "--raw", service]).ok();
        done.text() + &done.stderr
    }
}

impl Drop for Swarm<'_> {
    fn drop(&mut self) {
        let _ = self.engine.docker(&["swarm", "leave", "--force"]).done();
    }
}

/// Services that are not looked up elsewhere, and do not start again.
const CREATE: &str = "docker service create --detach --no-resolve-image --restart-condition none";

#[test]
fn c1_swarm_values_are_as_native_secrets() {
    let Some(engine) = Engine::new() else { return };
    let image = app_image(
        &engine,
        "stat -c '%a %u:%g' /run/seal/..data/db.password /run/secrets/native
        stat -f -c %T /run/seal/..data/db.password /run/secrets/native
        cmp /run/seal/db.password /run/secrets/native && echo same
        ls /run/seal; echo ready; while :; do sleep 0.1; done",
    );
    let key = key_file(&engine.bed, "app.key", 0);
    let swarm = Swarm::new(&engine, Alone::new());
    let [service, secret, native] = ["service", "secret", "secret"].map(|kind| engine.name(kind));
    let value = format!("first-{MARK}");
    engine.docker(&["secret", "create", &native, "-"]).stdin(value).ok();
    let add = format!(
        "--env SEAL_AS=keys --secret source={native},target=native,uid=65532,gid=65532,mode=0400 {image}\n"
    );
    let changes = [
        ("app_seal.key", secret.as_str()),
        ("/srv/keys/app.key", key.to_str().unwrap()),
        ("docker service create", CREATE),
        ("--name app ", &format!("--name {service} ")),
        ("app\n", &add),
    ];
    // The image stands alone on the last line.
    let text = recipe("swarm/deploy.sh", &changes[..4]);
    let text = text.strip_suffix("  app\n").unwrap().to_owned() + "  " + changes[4].1;
    engine.bed.write("deploy.sh", text);
    engine.tool("sh", &["deploy.sh"]).ok();
    let state = swarm.task(&service, &["Running", "Complete", "Failed", "Rejected"]);
    assert!(state.starts_with("Running"), "{state}{}", swarm.logs(&service));
    let logs = until("the app", || Some(swarm.logs(&service)).filter(|logs| logs.contains("ready")));
    let names = "db.password\ndb.user\nlist.0\nlist.1\nnote\n";
    let wanted = format!("400 65532:65532\n400 65532:65532\ntmpfs\ntmpfs\nsame\n{names}ready\n");
    assert!(logs.contains(&wanted), "{logs}");
}

#[test]
fn t2_swarm_has_run_secrets_on_disk() {
    let Some(engine) = Engine::new() else { return };
    let image = app_image(
        &engine,
        "ls /run/secrets; cat /run/secrets/app.yaml; echo ready; while :; do sleep 0.1; done",
    );
    let key = key_file(&engine.bed, "app.key", 0);
    let swarm = Swarm::new(&engine, Alone::new());
    let secret = engine.name("secret");
    engine.docker(&["secret", "create", &secret, key.to_str().unwrap()]).ok();
    let create = |more: &[&str]| {
        let service = engine.name("service");
        let secret = format!("source={secret},target=seal.key,uid=65532,gid=65532,mode=0400");
        let mut line: Vec<_> = CREATE.split(' ').skip(1).collect();
        line.extend(["--name", &service, "--secret", &secret, "--user", "65532:65532"]);
        line.extend(more);
        line.push(&image);
        engine.docker(&line).ok();
        service
    };
    let refused = create(&[]);
    let works = create(&["--mount", "type=tmpfs,destination=/run/secrets,tmpfs-size=1m"]);
    let state = swarm.task(&refused, &["Complete", "Failed", "Rejected"]);
    let logs = swarm.logs(&refused);
    assert!(state.contains("non-zero exit (73)"), "{state}{logs}");
    assert!(logs.contains("error[E_TARGET_NOT_MEMORY]") && logs.contains("overlay"), "{logs}");
    assert!(!logs.contains(MARK), "{logs}");
    let logs = until("the app", || Some(swarm.logs(&works)).filter(|logs| logs.contains("ready")));
    assert!(logs.contains(&format!("app.yaml\nseal.key\n{APP}ready\n")), "{logs}");
}

#[test]
fn c1_published_values_reach_the_service() {
    let Some(engine) = Engine::new() else { return };
    let script = "f=/run/secrets/db_password
        while ! [ -e $f ]; do /busybox sleep 0.1; done
        /busybox stat -c '%a %u:%g' $f; /busybox cat $f; echo; while :; do /busybox sleep 0.1; done";
    let image = engine.image(&[], &["USER 65532:65532"]);
    let swarm = Swarm::new(&engine, Alone::new());
    let service = engine.name("service");
    let create = "service create --detach --no-resolve-image --stop-grace-period 1s --name";
    let create: Vec<_> = create.split(' ').collect();
    engine.docker(&[&create[..], &[&service, &image, "/busybox", "sh", "-c", script]].concat()).ok();
    let program = program();
    let changes = [
        ("seal publish", format!("'{}' publish", program.display())),
        ("--service app ", format!("--service {service} ")),
    ];
    let changes: Vec<_> = changes.iter().map(|(from, to)| (*from, to.as_str())).collect();
    engine.bed.write("publish.sh", recipe("swarm/publish.sh", &changes));
    for password in ["first", "second"] {
        sealed(&engine.bed, "app.enc.yaml", &with_password(password));
        let done = engine.tool("sh", &["publish.sh"]).identity("a").ok();
        assert!(!done.to_string().contains(MARK), "{done}");
        let wanted = format!("400 65532:65532\n{password}-{MARK}\n");
        until("the value", || swarm.logs(&service).contains(&wanted).then_some(()));
    }
}
